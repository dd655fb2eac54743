//! Notes, their keys, and checkpoints: what every oracle of them is asked.

use std::cell::RefCell;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::note::{Signature, SignedNote, SigningKey, VerifierKey};
use proptest::prelude::*;

use crate::keys::texts;
use crate::runner;
use crate::stricter::Stricter;

/// Name and id of a key.
pub(crate) type Signer = (String, [u8; 4]);

/// What a note is under some keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// Not even a note.
    NoNote,
    /// Signed by none of the keys, or wrongly.
    Refused,
    /// The text, and the keys that signed it.
    Signed(String, BTreeSet<Signer>),
}

/// Another implementation of notes.
pub(crate) trait Notes {
    fn vkeys(&mut self, vkeys: &[String]) -> Vec<Option<Signer>>;
    fn private_keys(&mut self, keys: &[String]) -> Vec<Option<Signer>>;
    /// The private key and the vkey, of type 01.
    fn generate(&mut self, seed: [u8; 32], name: &str) -> (String, String);
    /// The vkey of type 04.
    fn cosigner(&mut self, seed: [u8; 32], name: &str) -> String;
    fn open(&mut self, vkeys: &[String], notes: &[Vec<u8>]) -> Vec<Opened>;
    fn sign(&mut self, private: &str, text: &str) -> Vec<u8>;
    /// The note with a cosignature more, behind the others.
    fn cosign(&mut self, seed: [u8; 32], name: &str, time: u64, note: &[u8]) -> Vec<u8>;
    /// The characters that cannot stand in the name of a signature line.
    fn not_in_names(&mut self) -> BTreeSet<char>;
    /// Whether a signature of type 01 by a public key, given as bytes, holds.
    fn holds(&mut self, key: &[u8; 32], text: &str, signature: &[u8; 64]) -> bool;
    /// Whether it takes base64 whose last digit has bits that are not used and not zero.
    fn takes_unused_bits(&self) -> bool;
}

/// Another implementation of checkpoints.
pub(crate) trait Checkpoints {
    /// Size and root, if it is a checkpoint's text without extension lines.
    fn checkpoints(&mut self, texts: &[String]) -> Vec<Option<(u64, Digest)>>;
}

pub(crate) fn open(keys: &[VerifierKey], note: &[u8]) -> Opened {
    let Ok(note) = SignedNote::parse(note) else { return Opened::NoNote };
    let Ok(note) = note.verify(keys) else { return Opened::Refused };
    let signers = note.signatures().iter().map(|signed| signer(&signed.key)).collect();
    Opened::Signed(note.text().to_owned(), signers)
}

pub(crate) fn signer(key: &VerifierKey) -> Signer {
    (key.name().to_owned(), key.id())
}

pub(crate) fn parse_all(vkeys: &[String]) -> Vec<VerifierKey> {
    vkeys.iter().map(|vkey| VerifierKey::parse(vkey).unwrap()).collect()
}

/// Whether a signature line of a note is base64 but for unused bits.
fn has_unused_bits(note: &[u8]) -> bool {
    let lenient = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let lenient = GeneralPurpose::new(&alphabet::STANDARD, lenient);
    let unused = |base64: &str| STANDARD.decode(base64).is_err() && lenient.decode(base64).is_ok();
    String::from_utf8_lossy(note).lines().filter_map(|line| line.rsplit(' ').next()).any(unused)
}

/// Both open a note with the same signers or neither does, or it has bits that only they allow.
fn agree(takes_unused_bits: bool, note: &[u8], ours: &Opened, theirs: &Opened) {
    let is_open = |opened: &Opened| matches!(opened, Opened::Signed(..));
    if ours != theirs && (is_open(ours) || is_open(theirs)) {
        let why = has_unused_bits(note) && takes_unused_bits && *ours == Opened::NoNote;
        assert!(why, "ours: {ours:?}, theirs: {theirs:?}: {:?}", String::from_utf8_lossy(note));
        Stricter::Base64.is_documented();
    }
}

/// Texts that are nearly the given one: each byte another, taken away or doubled; cut short.
pub(crate) fn near(text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut near = Vec::new();
    for at in 0..text.len() {
        let bits = (0..8).map(|bit| text[at] ^ 1 << bit);
        for other in bits.chain([0, b'\n', b' ', b'=', b'A', b'+', 0x7f, 0xff]).filter(|other| *other != text[at]) {
            let mut changed = text.to_vec();
            changed[at] = other;
            near.push((at, changed));
        }
        near.push((at, [&text[..at], &text[at + 1..]].concat()));
        near.push((at, [&text[..=at], &text[at..]].concat()));
        near.push((at, text[..at].to_vec()));
    }
    near
}

/// Texts, keys of both types and subsets of them that are known: what ours signs, theirs opens, and the other way round.
pub(crate) fn signed_here_and_there(oracle: &mut impl Notes, cases: u32) {
    let pieces =
        ["\n", "\n\n", "\u{2014} ", "a", "é", "\u{2014} x AAAAAAA=\n", " ", "\u{7f}", "\u{85}", "\u{2028}", "😀", "+"];
    let text = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..9);
    let text = text.prop_map(|pieces| pieces.concat() + "\n");
    let name = prop::sample::select(vec!["a", "log.example", "é", "x"]);
    let keys = prop::collection::btree_set((any::<u8>(), name, any::<bool>(), any::<bool>()), 1..5);
    let shapes = (text, keys, any::<u64>().prop_map(|time| time >> 1));
    let oracle = RefCell::new(oracle);
    let mut runner = runner(cases);
    let result = runner.run(&shapes, |(text, keys, time)| {
        let mut signatures = Vec::new();
        let mut known = Vec::new();
        let mut theirs: Option<Vec<u8>> = None;
        // Those of type 01 first, since a note begins with one on their side.
        for (seed, name, is_known, _) in &keys {
            let key = SigningKey::generate_from_seed(name, [*seed; 32]).unwrap();
            if theirs.is_none() {
                signatures.push(key.sign(&text).unwrap());
                known.extend(is_known.then(|| key.verifier()));
                theirs = Some(oracle.borrow_mut().sign(&key.format(), &text));
            }
            signatures.push(key.cosign(time, &text).unwrap());
            known.extend(is_known.then(|| key.cosigner()));
            theirs = theirs.map(|note| oracle.borrow_mut().cosign([*seed; 32], name, time, &note));
        }
        let mut seen = BTreeSet::new();
        signatures.retain(|signature| seen.insert((signature.name.clone(), signature.id)));
        known.sort_by_key(VerifierKey::to_string);
        known.dedup();
        let ours = SignedNote::new(&text, signatures).unwrap().format();
        let theirs = theirs.unwrap_or_default();
        let same_lines =
            |note: &[u8]| String::from_utf8_lossy(note).lines().map(str::to_owned).collect::<BTreeSet<_>>();
        prop_assert_eq!(same_lines(&ours), same_lines(&theirs));
        let signers: BTreeSet<Signer> = known.iter().map(signer).collect();
        let expected = if known.is_empty() { Opened::Refused } else { Opened::Signed(text, signers) };
        let vkeys: Vec<String> = known.iter().map(VerifierKey::to_string).collect();
        for note in [&ours, &theirs] {
            prop_assert_eq!(&open(&known, note), &expected);
            prop_assert_eq!(&oracle.borrow_mut().open(&vkeys, std::slice::from_ref(note))[0], &expected);
        }
        Ok(())
    });
    result.unwrap();
}

/// A note by a known key, a known cosigner and a key that is not known: both sides say the same of every note that is
/// nearly it, and open no other text.
pub(crate) fn every_changed_byte(oracle: &mut impl Notes) {
    let text = "log.example/ä\n7\n\nx\n";
    let [log, witness, other] = [("log.example/ä", 1), ("w", 2), ("other", 3)]
        .map(|(name, seed)| SigningKey::generate_from_seed(name, [seed; 32]).unwrap());
    let signatures =
        vec![other.sign(text).unwrap(), log.sign(text).unwrap(), witness.cosign(1_700_000_000, text).unwrap()];
    let unknown_line = format!("{}\n", signatures[0]);
    let note = SignedNote::new(text, signatures).unwrap().format();
    let keys = [log.verifier(), witness.cosigner()];
    let vkeys = keys.each_ref().map(VerifierKey::to_string);
    let whole = open(&keys, &note);
    assert!(matches!(&whole, Opened::Signed(_, signers) if signers.len() == 2));
    let (at, changed): (Vec<usize>, Vec<Vec<u8>>) = near(&note).into_iter().unzip();
    let theirs = oracle.open(&vkeys, &changed);
    let unknown = text.len() + 1..text.len() + 1 + unknown_line.len();
    let takes_unused_bits = oracle.takes_unused_bits();
    for ((at, changed), theirs) in at.into_iter().zip(&changed).zip(theirs) {
        let ours = open(&keys, changed);
        agree(takes_unused_bits, changed, &ours, &theirs);
        assert!(ours != whole || unknown.contains(&at), "byte {at} counts for nothing");
        if let Opened::Signed(opened, _) = ours {
            assert_eq!(opened, text, "byte {at}");
        }
    }
}

/// Texts made of what notes are made of, and whether they are notes.
pub(crate) fn texts_of_notes(oracle: &mut impl Notes, cases: u32) {
    let pieces = [
        "\n",
        "\n\n",
        "\u{2014} ",
        "\u{2014}",
        "a",
        " ",
        "AAAAAAA=",
        "AAAAAAAA",
        "AAAAAAB=",
        "AAAAAA==",
        "AAAA",
        "=",
        "\u{2014} a AAAAAAA=\n",
        "text\n\n",
        "\r",
        "\u{7f}",
        "\u{a0}",
        "+",
        "é",
        "-",
    ];
    let text = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..10);
    let notes = (text, any::<bool>()).prop_map(|(pieces, whole)| {
        let end = if whole { "\n\n\u{2014} a AAAAAAA=\n" } else { "" };
        (pieces.concat() + end).into_bytes()
    });
    let notes = prop::collection::vec(notes, 64);
    let takes_unused_bits = oracle.takes_unused_bits();
    let oracle = RefCell::new(oracle);
    let mut runner = runner(cases / 64);
    let result = runner.run(&notes, |notes| {
        let theirs = oracle.borrow_mut().open(&[], &notes);
        for (note, theirs) in notes.iter().zip(theirs) {
            let allowed = takes_unused_bits && has_unused_bits(note);
            prop_assert!(open(&[], note) == theirs || allowed, "{:?}: {:?}", String::from_utf8_lossy(note), theirs);
        }
        Ok(())
    });
    result.unwrap();
}

/// Notes at the edges of what a note is.
pub(crate) fn edges(oracle: &mut impl Notes) {
    let text = "text\n";
    let key = SigningKey::generate_from_seed("a", [1; 32]).unwrap();
    let (good, cosigned) = (key.sign(text).unwrap(), key.cosign(5, text).unwrap());
    let mut bad = good.clone();
    bad.bytes[0] ^= 1;
    let mut other_name = good.clone();
    other_name.name = "b".to_owned();
    let mut other_id = bad.clone();
    other_id.id[3] ^= 1;
    let late = |time: u64| {
        let mut late = cosigned.clone();
        late.bytes[..8].copy_from_slice(&time.to_be_bytes());
        late
    };
    let short = Signature { bytes: good.bytes[1..].to_vec(), ..good.clone() };
    let as_cosignature = Signature { id: key.cosigner().id(), ..good.clone() };
    let as_signature = Signature { id: key.verifier().id(), ..cosigned.clone() };
    let many = |count: usize| {
        (0..count).map(|id| Signature { name: "u".to_owned(), id: (id as u32).to_be_bytes(), bytes: vec![0] })
    };
    let notes: Vec<(&str, Vec<Signature>)> = vec![
        ("twice", vec![good.clone(), good.clone()]),
        ("bad and good", vec![bad.clone(), good.clone()]),
        ("known names with other ids, known ids with other names", vec![other_name, other_id, good.clone()]),
        ("known name, other id alone", vec![Signature { id: [0; 4], ..good.clone() }]),
        ("bad cosignature beside a good signature", vec![good.clone(), late(6)]),
        ("a time beyond 2^63 - 1", vec![good.clone(), late(1 << 63)]),
        ("a time of 0", vec![key.cosign(0, text).unwrap()]),
        ("the largest time", vec![key.cosign((1 << 63) - 1, text).unwrap()]),
        ("a byte short", vec![short]),
        ("a signature as cosignature", vec![as_cosignature]),
        ("a cosignature as signature", vec![as_signature]),
        ("sixteen unknown ones", many(16).chain([good.clone()]).collect()),
        ("a hundred", many(99).chain([good.clone()]).collect()),
        ("a hundred and one", many(100).chain([good.clone()]).collect()),
    ];
    let keys = [key.verifier(), key.cosigner()];
    let vkeys = keys.each_ref().map(VerifierKey::to_string);
    let lines = |signatures: &[Signature]| {
        let lines: String = signatures.iter().map(|signature| format!("{signature}\n")).collect();
        format!("{text}\n{lines}").into_bytes()
    };
    let bytes: Vec<Vec<u8>> = notes.iter().map(|(_, signatures)| lines(signatures)).collect();
    for ((what, _), (note, theirs)) in notes.iter().zip(bytes.iter().zip(oracle.open(&vkeys, &bytes))) {
        assert_eq!(open(&keys, note), theirs, "{what}");
    }
    // They leave aside what a key signs after its first.
    let repeated = lines(&[good, bad]);
    assert_eq!(open(&keys, &repeated), Opened::Refused);
    assert!(matches!(oracle.open(&vkeys, &[repeated])[0], Opened::Signed(..)));
    Stricter::Repeated.is_documented();
    // What a key of both types signs may mean two things, on either side: policies refuse such keys.
    let confused = format!("cosignature/v1\ntime 5\n{text}");
    let signed = key.sign(&confused).unwrap();
    let bytes = [&5u64.to_be_bytes()[..], &signed.bytes].concat();
    let crossed = lines(&[Signature { id: key.cosigner().id(), bytes, ..signed }]);
    assert_eq!(oracle.open(&vkeys, std::slice::from_ref(&crossed))[0], open(&keys, &crossed));
}

/// Every character there is, in the name of a signature line.
pub(crate) fn names(oracle: &mut impl Notes) {
    assert_eq!(not_in_names(), oracle.not_in_names());
}

fn not_in_names() -> BTreeSet<char> {
    let refused = |name: &char| SignedNote::parse(format!("text\n\n\u{2014} a{name}b AAAAAAA=\n").as_bytes()).is_err();
    ('\0'..=char::MAX).filter(refused).collect()
}

/// Texts of checkpoints, right and nearly right.
pub(crate) fn texts_of_checkpoints(oracle: &mut impl Checkpoints) {
    let root = STANDARD.encode(Digest::of(b"root").0);
    let mut roots: Vec<String> = texts(near(root.as_bytes()));
    roots.extend([root.clone(), STANDARD.encode([7; 31]), STANDARD.encode([7; 33]), root.replace('=', "")]);
    let sizes = [
        "0",
        "1",
        "7",
        "20852163",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "00",
        "07",
        "-0",
        "-1",
        "+1",
        "",
        " 1",
        "1 ",
        "1e3",
        "0x1",
        "1_0",
        "\u{ff11}",
    ];
    let sizes_only = sizes.iter().map(|size| format!("{size}\n{root}\n"));
    let roots_only = roots.iter().map(|root| format!("7\n{root}\n"));
    let ends = ["", "\n\n", "\nextension\n", "\nextension", "\n\nextension\n"].map(|end| format!("7\n{root}{end}"));
    let texts: Vec<String> =
        sizes_only.chain(roots_only).chain(ends).map(|rest| format!("log.example\n{rest}")).collect();
    let mut same = 0;
    for (text, theirs) in texts.iter().zip(oracle.checkpoints(&texts)) {
        let ours = Head::parse(text).ok();
        if let Some(head) = &ours {
            assert_eq!(head.text(), *text);
            same += 1;
        }
        let ours = ours.map(|head| (head.size, head.root));
        if ours != theirs {
            let beyond = theirs.is_some_and(|(size, _)| size >> 63 == 1);
            let why = if beyond { Stricter::Size } else { Stricter::Base64 };
            assert!(ours.is_none() && (beyond || has_unused_bits(text.as_bytes())), "{text:?}: {ours:?}, {theirs:?}");
            why.is_documented();
        }
    }
    assert!(same >= 6, "only {same} texts are checkpoints");
}
