//! What a writer takes of packages with maintainers.

use headlock_log::record::{Handover, Maintainers, format_signature};

use super::*;
use crate::error::ErrorKind;
use crate::registry::{
    Approval, NamedMaintainers, Rejection, ReleaseRequest, draft_handover, draft_release, maintainers,
};

fn person(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

fn request(version: &str) -> ReleaseRequest {
    let content = Some(Digest([4; 32]));
    ReleaseRequest { package: "t:m".to_owned(), version: version.to_owned(), content, ..ReleaseRequest::default() }
}

fn named(keys: &[&SigningKey]) -> NamedMaintainers {
    let keys: Vec<_> = keys.iter().map(|key| key.verifier()).collect();
    NamedMaintainers::new(1, &keys).unwrap()
}

#[test]
fn a_writer_takes_what_is_signed_and_goes_on_without_what_is_not() {
    let (disk, key) = (Disk::default(), key());
    let (alice, bob) = ([person("alice", 1)], [person("bob", 2)]);
    let mut registry = init(&disk, &key).unwrap();
    let by = |keys| Approval { keys, signatures: &[] };
    let first = named(&[&alice[0]]);
    let error = registry.publish_approved(&request("1.0.0"), None, Some(&first), &by(&bob)).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (
            ErrorKind::Refused,
            "the release of t:m 1.0.0: expected signatures by alice+4124365a only, found one under the key id 9ebaaa42"
        )
    );
    registry.publish_approved(&request("1.0.0"), None, Some(&first), &by(&alice)).unwrap();
    // Of a batch the others stay, and what was refused is as if it had not been tried.
    let mut transaction = registry.begin().unwrap();
    let refused = transaction.push(&release("t:m", "1.1.0")).unwrap_err();
    assert!(matches!(refused, Rejection::Authority(_)), "{refused}");
    transaction.push(&release("t:a", "1.0.0")).unwrap();
    let vkey = bob[0].verifier().to_string();
    let handover = |prev| {
        let maintainers = Maintainers { threshold: 1, keys: vec![&vkey] };
        Record::Maintainers(Handover { package: "t:m", maintainers, prev, signatures: Vec::new() })
    };
    let refused = transaction.push(&handover(None)).unwrap_err();
    assert!(matches!(refused, Rejection::Authority(_)), "{refused}");
    assert!(matches!(transaction.push(&handover(Some(Digest([1; 32])))).unwrap_err(), Rejection::Reserved("prev")));
    // Keys at hand sign several records of one epoch, each behind the one before.
    let content = request("1.1.0");
    let draft = content.draft(ORIGIN, Digest([5; 32])).unwrap().canonical();
    transaction.approved_release(&draft.release(), &by(&alice)).unwrap();
    let both = [person("alice", 1), person("bob", 2)];
    let Record::Maintainers(change) = handover(None) else { unreachable!() };
    transaction.handover(&change, &by(&both)).unwrap();
    let draft = request("1.2.0").draft(ORIGIN, Digest([6; 32])).unwrap().canonical();
    assert!(matches!(transaction.approved_release(&draft.release(), &by(&alice)), Err(Rejection::Authority(_))));
    transaction.approved_release(&draft.release(), &by(&bob)).unwrap();
    transaction.yank("t:m", "1.2.0").unwrap();
    transaction.commit(&mut |_| ()).unwrap();
    drop(registry);

    // The next writer knows from the page who must sign.
    let mut registry = open(&disk, &key).unwrap();
    let error = registry.append(&[release("t:m", "1.3.0")]).unwrap_err();
    assert!(error.to_string().contains("by 1 of the maintainers, whom record "), "{error}");
    registry.publish_approved(&request("1.3.0"), None, None, &by(&bob)).unwrap();
    let (now, record) = maintainers(&disk, &key.verifier(), "t:m").unwrap().unwrap();
    assert_eq!((now.to_string().as_str(), record), ("1 of bob+9ebaaa42", 5));
    let audit = audited(&disk);
    assert_eq!((audit.violations.count, audit.voids.count, audit.releases), (0, 0, 5));
}

#[test]
fn what_is_signed_elsewhere_is_good_until_something_else_comes() {
    let (disk, key) = (Disk::default(), key());
    let alice = [person("alice", 1)];
    let mut registry = init(&disk, &key).unwrap();
    let approval = Approval { keys: &alice, signatures: &[] };
    let named = named(&[&alice[0]]);
    registry.publish_approved(&request("1.0.0"), None, Some(&named), &approval).unwrap();
    let draft = |version| draft_release(&disk, &key.verifier(), &request(version), None, None).unwrap().text;
    let (one, two) = (draft("1.1.0"), draft("1.2.0"));
    let sign = |text: &str| [alice[0].sign(text).unwrap()];
    let put = |registry: &mut Registry<'_>, text: &str, signed: &str| {
        let signatures = sign(signed);
        registry.publish_draft(text, None, &Approval { keys: &[], signatures: &signatures })
    };
    let error = put(&mut registry, &one, &two).unwrap_err();
    assert!(error.to_string().contains("the signature by alice+4124365a does not hold"), "{error}");
    assert_eq!(put(&mut registry, &one, &one).unwrap().what, "the release of t:m 1.1.0");
    for (text, why) in [
        (&one, "t:m 1.1.0 is already published, with the same content, and says the same"),
        (&two, "t:m has got other records since the draft was made: it names another page before it"),
    ] {
        let error = put(&mut registry, text, text).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::No, why));
    }
    let error = draft_handover(&disk, &key.verifier(), "t:m", &named).unwrap_err();
    assert_eq!(error.to_string(), "t:m has these maintainers already");
    let elsewhere = two.replace(ORIGIN, "other.example/log");
    let error = put(&mut registry, &elsewhere, &elsewhere).unwrap_err();
    let expected = "expected a draft for the log registry.example/test, found one for other.example/log";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Malformed, expected));
    // A text that is no signature's bytes is no record's either.
    let mut signatures = sign(&two);
    signatures[0].bytes.pop();
    let error =
        registry.publish_draft(&draft("1.2.0"), None, &Approval { keys: &[], signatures: &signatures }).unwrap_err();
    assert!(error.to_string().contains("expected a signature, the 68 bytes"), "{error}");
    assert_ne!(format_signature(&signatures[0]), format_signature(&sign(&two)[0]));
}
