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
