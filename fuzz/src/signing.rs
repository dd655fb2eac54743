//! What a key that is kept elsewhere is asked to sign. The key is that of the vectors in docs/log.md.

use headlock::registry::{Request, Standing};
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::record::Record;

use crate::Choices;
use crate::note::{ORIGIN, log_key};
use crate::seeds::{Part, request_text, vectors};

/// A request has one encoding, and what it says of its records is so: whoever signs it signs a head that goes on from the last one.
pub fn request(data: &[u8]) {
    match data.split_first() {
        // Text that is nearly one is found by no change of bytes: a root must be right.
        Some((0, choices)) => chosen(Choices(choices)),
        _ => drop(std::str::from_utf8(data).map(text)),
    }
}

fn text(text: &str) {
    let Ok(request) = Request::parse(text) else { return };
    assert_eq!(request.format(), text, "a second encoding");
    assert!(Request::is_meant(text));
    let (head, since) = (request.head().clone(), request.since());
    assert_eq!(head.size.checked_sub(since), Some(request.records().len() as u64));
    let last = request.records().last().expect("an epoch");
    assert!(matches!(Record::parse(last), Ok(Record::Epoch(_))), "it does not end in an epoch");
    let key = log_key().verifier();
    let stands = |last: Option<&Head>, is_first| request.stands(&key, last, is_first);
    if head.origin != ORIGIN {
        assert!(stands(Some(&head), false).is_err(), "a head of another log");
        return;
    }
    assert_eq!(stands(Some(&head), false).ok(), Some(Standing::Again));
    assert!(stands(None, false).is_err() && stands(Some(&head), true).is_err());
    let mut other = head.clone();
    other.root.0[0] ^= 1;
    assert!(stands(Some(&other), false).is_err(), "two heads of one size");
    other.size += 1;
    assert!(stands(Some(&other), false).is_err(), "it rolls the log back");
    if stands(None, true).is_ok() && since > 0 {
        let held = text.lines().find_map(|line| line.strip_prefix("checkpoint ")).expect("a checkpoint");
        let held = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, held).expect("base64");
        let held = Checkpoint::verify(&held, &key).expect("the key's own");
        assert_eq!(held.head().size, since);
        assert_eq!(stands(Some(held.head()), false).ok(), Some(Standing::Next { seen: 0 }));
    }
    if since > 0 {
        return;
    }
    // Of a request from the beginning all heads on the way are known.
    let mut tree = Frontier::new();
    for (seen, record) in request.records().iter().enumerate() {
        let mut known = Head { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
        assert_eq!(stands(Some(&known), false).ok(), Some(Standing::Next { seen }));
        known.root.0[31] ^= 1;
        assert!(stands(Some(&known), false).is_err(), "a fork");
        tree.push(leaf_hash(record));
    }
    assert_eq!(tree.root(), head.root);
}

/// A request for a head of a log of records that are chosen, and one that is wrong in one place.
fn chosen(mut choices: Choices<'_>) {
    let vectors = vectors();
    let entry = |number: usize| vectors[format!("entry-{number}").as_str()].as_bytes();
    let entries: Vec<&[u8]> = (0..1 + choices.below(40)).map(|_| entry(choices.below(7))).chain([entry(6)]).collect();
    let since = choices.below(entries.len());
    let with_checkpoint = since > 0 && choices.below(2) == 1;
    let right = request_text(&entries, since, with_checkpoint, None);
    text(&right);
    assert!(Request::parse(&right).is_ok(), "{right}");
    let part = *choices.of(&[Part::Size, Part::Root, Part::Since, Part::Subtree, Part::Record]);
    if (part, since) != (Part::Subtree, 0) {
        let wrong = request_text(&entries, since, with_checkpoint, Some(part));
        assert!(Request::parse(&wrong).is_err(), "{part:?}\n{wrong}");
    }
}
