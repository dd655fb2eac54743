//! Which records about peers a log takes, and what they come to.

use headlock_log::record::Unpeer;

use super::*;
use crate::error::ErrorKind;
use crate::registry::PeerRequest;

fn request() -> PeerRequest {
    let url = "https://peer.example/log".to_owned();
    PeerRequest { keys: vec![peer_key().verifier()], url, packages: None, depth: None }
}

fn refused(registry: &mut Registry<'_>, record: &Record<'_>) -> (ErrorKind, String) {
    let head = registry.head().clone();
    let error = registry.append(std::slice::from_ref(record)).unwrap_err();
    assert_eq!(*registry.head(), head);
    (error.kind(), error.to_string())
}

#[test]
fn peers_are_added_and_replaced_and_removed() {
    let (disk, key, vkey) = (Disk::default(), key(), peer_key().verifier().to_string());
    let mut registry = init(&disk, &key).unwrap();
    registry.add_peer(&request()).unwrap();
    let said = |kind, text: &str| (kind, text.to_owned());
    let no = |text: &str| said(ErrorKind::No, text);
    let same = no("peer.example/log is a peer already, and nothing else is said of it");
    assert_eq!(refused(&mut registry, &peer(&vkey)), same);
    // What was said is replaced as a whole; order and doubles are the writer's to mend.
    let packages = ["t:b", "t:a", "t:b"].map(str::to_owned).to_vec();
    let narrow = PeerRequest { packages: Some(packages), depth: Some(2), ..request() };
    registry.add_peer(&narrow).unwrap();
    let known = registry.peers().unwrap().remove(PEER).unwrap();
    assert_eq!((known.place, known.depth), (3, Some(2)));
    assert_eq!(known.packages, Some(vec!["t:a".to_owned(), "t:b".to_owned()]));
    let needs = |package: &'static str| {
        let Record::Release(mut release) = foreign("t:x", PEER) else { unreachable!() };
        let dependency = Dependency { package, ..(*release.dependencies[0]).clone() };
        release.dependencies = vec![dependency.into()];
        Record::Release(release)
    };
    let not_allowed = "t:c is of the peer peer.example/log, and not among its packages that may be depended on";
    assert_eq!(refused(&mut registry, &needs("t:c")), no(not_allowed));
    registry.append(&[needs("t:a")]).unwrap();
    registry.remove_peer(PEER).unwrap();
    let no_peer = "t:a is of the registry peer.example/log, which is not a peer of this one";
    assert_eq!(refused(&mut registry, &needs("t:a")), no(no_peer));
    let stranger = no("peer.example/log is not a peer");
    assert_eq!(refused(&mut registry, &Record::Unpeer(Unpeer { peer: PEER, prev: None })), stranger);
    let itself = PeerRequest { keys: vec![key.verifier()], ..request() };
    let error = registry.add_peer(&itself).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Malformed, "registry.example/test is this registry itself")
    );
    let chained = |mut record: Record<'static>| {
        record.set_prev(Some(Digest([1; 32])));
        record
    };
    let reserved = said(ErrorKind::Malformed, "prev is written by the log itself");
    assert_eq!(refused(&mut registry, &chained(Record::Unpeer(Unpeer { peer: PEER, prev: None }))), reserved);
    // All in one transaction is as good as one after the other.
    let packages = [peer(&vkey), needs("t:d"), Record::Unpeer(Unpeer { peer: PEER, prev: None })];
    let error = registry.append(&packages).unwrap_err();
    assert!(error.to_string().contains("t:x 1.0.0 is already published"), "{error}");
    registry.append(&[peer(&vkey), Record::Unpeer(Unpeer { peer: PEER, prev: None }), peer(&vkey)]).unwrap();
    let audit = audited(&disk);
    audit.verdict().unwrap();
    assert_eq!((audit.packages, audit.voids.count), (1, 0));
}

#[test]
fn heads_of_a_peer_only_grow() {
    let (disk, key, vkey) = (Disk::default(), key(), peer_key().verifier().to_string());
    let mut registry = init(&disk, &key).unwrap();
    let (five, seven) = (sync_signature(5), sync_signature(7));
    let stranger = (ErrorKind::No, "peer.example/log is not a peer".to_owned());
    assert_eq!(refused(&mut registry, &sync(5, &five)), stranger);
    registry.append(&[peer(&vkey), sync(5, &five)]).unwrap();
    let (kind, said) = refused(&mut registry, &sync(6, &five));
    assert_eq!(kind, ErrorKind::Refused);
    assert!(
        said.starts_with("the head of peer.example/log is not signed by a key that this log names for it: "),
        "{said}"
    );
    registry.append(&[sync(7, &seven)]).unwrap();
    for (size, signature) in [(5, &five), (7, &seven)] {
        let known = format!(
            "the head of peer.example/log with {size} records is not newer than the one with 7 that the log has"
        );
        assert_eq!(refused(&mut registry, &sync(size, signature)), (ErrorKind::No, known));
    }
    drop(registry);
    let mut registry = open(&disk, &key).unwrap();
    let known = registry.peers().unwrap().remove(PEER).unwrap();
    let known = known.synced.unwrap();
    assert_eq!((known.place, known.head), (4, peer_head(7)));
    // A head under a key that is the peer's no longer says nothing.
    let other = SigningKey::generate_from_seed(PEER, [9; 32]).unwrap();
    registry.add_peer(&PeerRequest { keys: vec![other.verifier()], ..request() }).unwrap();
    assert_eq!(registry.peers().unwrap().remove(PEER).unwrap().synced, None);
    audited(&disk).verdict().unwrap();
}

/// Two keys of one name and one id.
fn twins() -> [SigningKey; 2] {
    [23_282_u64, 38_698].map(|number| {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        SigningKey::generate_from_seed("twin.example/log", seed).expect("a key")
    })
}

fn head_of_twin(size: u64, key: &SigningKey) -> Checkpoint {
    let head = Head { origin: "twin.example/log".to_owned(), size, root: Digest([size as u8; 32]) };
    Checkpoint::verify(&Checkpoint::sign(&head, key).expect("signed"), &key.verifier()).expect("signed")
}

#[test]
fn a_key_that_cannot_be_told_from_an_earlier_one_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let key = key();
    let mut registry = Registry::init(&dir.path().join("reg"), &key).expect("a registry");
    let [one, other] = twins();
    let named = |key: &SigningKey| PeerRequest { keys: vec![key.verifier()], ..request() };
    registry.add_peer(&named(&one)).expect("a peer");
    registry.sync(&head_of_twin(5, &one)).expect("a head");
    let error = registry.add_peer(&named(&other)).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let text = "a key of twin.example/log has the id of another, under which this log has a head of it: the head would look forged";
    assert_eq!(error.to_string(), text);
    let both = PeerRequest { keys: vec![other.verifier(), one.verifier()], ..request() };
    registry.add_peer(&both).expect("one of them has signed it");
}

#[test]
fn whoever_writes_and_whoever_audits_agree_on_what_goes_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let (dir, key) = (dir.path().join("reg"), key());
    let mut registry = Registry::init(&dir, &key).expect("a registry");
    let keys = [1, 2].map(|seed| SigningKey::generate_from_seed("twin.example/log", [seed; 32]).expect("a key"));
    let named =
        |keys: &[&SigningKey]| PeerRequest { keys: keys.iter().map(|key| key.verifier()).collect(), ..request() };
    registry.add_peer(&named(&[&keys[0]])).expect("a peer");
    registry.sync(&head_of_twin(5, &keys[0])).expect("a head");
    // Under another key alone it is another history.
    registry.add_peer(&named(&[&keys[1]])).expect("a peer");
    registry.sync(&head_of_twin(3, &keys[1])).expect("a head");
    registry.add_peer(&named(&[&keys[1], &keys[0]])).expect("a peer");
    registry.sync(&head_of_twin(4, &keys[0])).expect("newer than the newest");
    assert!(registry.sync(&head_of_twin(4, &keys[1])).is_err());
    let report = crate::registry::audit::audit(&crate::registry::Folder::new(&dir), &key.verifier(), &mut |_| ());
    report.expect("audited").verdict().expect("nothing is wrong");
}

#[test]
fn a_signature_that_would_take_the_place_of_the_log_s_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let (dir, [key, twin]) = (dir.path().join("reg"), twins());
    drop(Registry::init(&dir, &key).expect("a registry"));
    let bytes = fs_err::read(dir.join("checkpoint")).expect("a head");
    let checkpoint = Checkpoint::verify(&bytes, &key.verifier()).expect("signed");
    let head = checkpoint.head();
    let signature = twin.sign(&head.text()).expect("signed");
    let error = crate::registry::add_cosignatures(&dir, &key.verifier(), head, &[signature]).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(fs_err::read(dir.join("checkpoint")).expect("a head"), bytes);
}
