//! Signed notes and what is made of them. The keys are those of the vectors in docs/log.md, private halves included: a
//! signature that is accepted must be the one that the private key makes.

use std::collections::BTreeMap;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::note::{KeyKind, SignedNote, SigningKey, VerifierKey};
use headlock_log::policy::Policy;

/// The origin of the vectors.
pub(crate) const ORIGIN: &str = "registry.example/components";

/// The log's key.
pub(crate) fn log_key() -> SigningKey {
    seeded(ORIGIN, 0)
}

/// The witnesses' keys: `witness.example/w1` of the vectors, `…/w2`, `…/w3`.
pub(crate) fn witness_keys() -> [SigningKey; 3] {
    [seeded("witness.example/w1", 0x20), seeded("witness.example/w2", 0x40), seeded("witness.example/w3", 0x60)]
}

fn seeded(name: &str, first: u8) -> SigningKey {
    let seed = std::array::from_fn(|place| first + place as u8);
    SigningKey::generate_from_seed(name, seed).expect("a name of the vectors")
}

fn head() -> Head {
    Head { origin: ORIGIN.to_owned(), size: 7, root: Digest([7; 32]) }
}

/// One encoding; what a key vouches for is what that key signs.
pub fn note(data: &[u8]) {
    let Ok(note) = SignedNote::parse(data) else { return };
    assert_eq!(note.format(), data, "a second encoding");
    let [witness, ..] = witness_keys();
    let key = log_key();
    let Ok(verified) = note.verify(&[key.verifier(), witness.cosigner()]) else { return };
    assert_eq!(verified.text(), note.text());
    assert!(!verified.signatures().is_empty());
    for held in verified.signatures() {
        let again = match held.time {
            None => key.sign(note.text()),
            Some(time) => witness.cosign(time, note.text()),
        };
        assert_eq!(again.expect("it was signed"), held.signature, "a signature that the key did not make");
    }
}

/// One encoding of public and private keys.
pub fn key(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text, "a second encoding");
        let again = VerifierKey::new(key.name(), key.kind(), &key.public_key()).expect("it was a key");
        assert_eq!(again, key);
    }
    if let Ok(key) = SigningKey::parse(text) {
        assert_eq!(key.format(), text, "a second encoding");
        let public = key.verifier();
        assert_eq!(VerifierKey::parse(&public.to_string()).as_ref(), Ok(&public));
        assert_eq!(public.kind(), KeyKind::Ed25519);
    }
}

/// One encoding of a head; a checkpoint that is accepted is one that its log's key has signed.
pub fn checkpoint(data: &[u8]) {
    let key = log_key();
    if let Ok(checkpoint) = Checkpoint::verify(data, &key.verifier()) {
        let text = checkpoint.head().text();
        assert_eq!(checkpoint.note().text(), text);
        assert_eq!(checkpoint.note().format(), data);
        assert_eq!(key.sign(&text).as_ref(), Ok(checkpoint.signature()));
        assert_eq!(checkpoint.head().origin, ORIGIN);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(head) = Head::parse(text) else { return };
    assert_eq!(head.text(), text, "a second encoding");
    // Signed by whatever key has its origin for a name, it is a checkpoint; and of no other log.
    let Ok(own) = SigningKey::generate_from_seed(&head.origin, [9; 32]) else { return };
    let signed = Checkpoint::sign(&head, &own).expect("a head of the key's log");
    let checkpoint = Checkpoint::verify(&signed, &own.verifier()).expect("it was just signed");
    assert_eq!(checkpoint.head(), &head);
    assert!(Checkpoint::verify(&signed, &seeded("other.example", 1).verifier()).is_err());
}

/// Lines behind a signed checkpoint: the quorum is reached exactly by cosignatures that its witnesses' keys make.
pub fn cosignature(data: &[u8]) {
    let [one, two, three] = witness_keys();
    let vkey = log_key().verifier();
    let (w1, w2, w3) = (one.cosigner(), two.cosigner(), three.cosigner());
    let policy =
        format!("log {vkey}\nwitness w1 {w1}\nwitness w2 {w2}\nwitness w3 {w3}\ngroup two 2 w1 w2 w3\nquorum two\n");
    let policy = Policy::parse(&policy).expect("a policy");
    let signed = Checkpoint::sign(&head(), &log_key()).expect("a head");
    let Ok(accepted) = policy.accept(ORIGIN, &[&signed, data].concat()) else { return };
    assert_eq!(accepted.head(), &head());
    let mut found: Vec<&str> = Vec::new();
    for held in accepted.cosignatures() {
        let key = match held.witness.as_str() {
            "w1" => &one,
            "w2" => &two,
            "w3" => &three,
            other => panic!("a witness that is none: {other}"),
        };
        let again = key.cosign(held.time, &head().text()).expect("it was signed");
        assert_eq!(again, held.signature, "a cosignature that the key did not make");
        assert!(data.split(|byte| *byte == b'\n').any(|line| line == again.to_string().as_bytes()));
        found.push(&held.witness);
    }
    found.sort_unstable();
    found.dedup();
    assert!(found.len() >= 2, "{found:?}");
}

/// Comments and spaces change nothing; a quorum is reached exactly when a plain reading of the lines says so.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(policy) = Policy::parse(text) else { return };
    let lines: Vec<&str> = text.lines().collect();
    let spaced: String = lines.iter().map(|line| format!("#\n \t{}\t \n\n", line.replace(' ', "\t "))).collect();
    if spaced.len() <= headlock_log::policy::MAX_POLICY {
        assert_eq!(Policy::parse(&spaced).as_ref(), Ok(&policy), "space or a comment changed it");
    }
    for log in policy.logs() {
        assert_eq!(VerifierKey::parse(&log.key.to_string()).as_ref(), Ok(&log.key));
        assert_eq!(log.key.kind(), KeyKind::Ed25519);
        assert!(policy.log(log.key.name()).is_some());
    }
    assert!(!policy.describe_quorum().is_empty());
    let key = log_key();
    let signed = Checkpoint::sign(&head(), &key).expect("a head");
    let mut note = String::from_utf8(signed).expect("a note is text");
    let witnesses = witness_keys();
    for present in 0..1_u32 << witnesses.len() {
        let whole = note.len();
        let there = |place: usize| present >> place & 1 == 1;
        for (_, witness) in witnesses.iter().enumerate().filter(|(place, _)| there(*place)) {
            note.push_str(&format!("{}\n", witness.cosign(1_750_000_000, &head().text()).expect("a checkpoint")));
        }
        let signers: Vec<String> = witnesses.iter().map(|witness| witness.cosigner().to_string()).collect();
        let cosigned = |vkey: &str| signers.iter().position(|signer| signer == vkey).is_some_and(there);
        let known = lines.iter().any(|line| words(line).get(..2) == Some(&["log", &key.verifier().to_string()][..]));
        let expected = known && quorum_reached(&lines, &cosigned);
        let accepted = policy.accept(ORIGIN, note.as_bytes());
        assert_eq!(accepted.is_ok(), expected, "cosigned by {present:03b}: {accepted:?}");
        note.truncate(whole);
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split([' ', '\t']).filter(|word| !word.is_empty()).collect()
}

/// Whether the quorum of a well-formed policy is reached by those whose vkeys have cosigned.
fn quorum_reached(lines: &[&str], cosigned: &dyn Fn(&str) -> bool) -> bool {
    let mut reached = BTreeMap::from([("none", true)]);
    let mut quorum = false;
    for line in lines {
        match words(line)[..] {
            ["witness", name, vkey, ..] => drop(reached.insert(name, cosigned(vkey))),
            ["group", name, threshold, ref members @ ..] => {
                let count = members.iter().filter(|member| reached[**member]).count();
                let needed = match threshold {
                    "any" => 1,
                    "all" => members.len(),
                    number => number.parse().expect("a threshold"),
                };
                reached.insert(name, count >= needed);
            }
            ["quorum", name] => quorum = reached[name],
            _ => {}
        }
    }
    quorum
}
