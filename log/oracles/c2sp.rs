//! The vectors in C2SP's own documents, read out of a checkout of C2SP/C2SP that `HEADLOCK_C2SP` names.
//!
//! Nothing of theirs is copied here: each test finds in a document what can be checked, says how much that was, and fails
//! if it is less than there was at the commit that docs/log.md names.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::merkle::{ProofError, verify_consistency, verify_inclusion};
use headlock_log::note::{Signature, SignedNote, SigningKey, cosignature_message};
use headlock_log::policy::Policy;
use headlock_log::tile::{Tile, tiles};

use crate::{say, vectors};

/// A document of the checkout. Without a checkout, says so.
fn document(name: &str) -> Option<String> {
    let Some(checkout) = std::env::var_os("HEADLOCK_C2SP") else {
        say(&format!("SKIPPED: vectors of C2SP's {name}: HEADLOCK_C2SP names no checkout of C2SP/C2SP"));
        return None;
    };
    Some(std::fs::read_to_string(Path::new(&checkout).join(name)).unwrap())
}

/// That at least so many vectors were checked.
fn found(name: &str, checked: usize, expected: usize) {
    say(&format!("{checked} vectors of C2SP's {name}"));
    assert!(checked >= expected, "expected at least {expected} vectors in {name}, found {checked}");
}

/// The fenced blocks.
fn blocks(document: &str) -> Vec<String> {
    let fenced = document.split("```").enumerate().filter(|(number, _)| number % 2 == 1);
    fenced.map(|(_, block)| block.trim_start_matches('\n').to_owned()).collect()
}

#[test]
fn signed_note() {
    let Some(document) = document("signed-note.md") else { return };
    let checked = vectors::check(&document);
    found("signed-note.md", checked.vkeys + checked.notes + checked.signatures, 1 + 2 + 1);
    assert!(checked.vkeys >= 1 && checked.signatures >= 1, "{checked:?}");
}

/// The documents' notes that are whole, with their heads.
fn heads(document: &str) -> Vec<(SignedNote, Head)> {
    let mut heads = Vec::new();
    for block in blocks(document).into_iter().chain(vectors::indented(document)) {
        let block =
            block.find("\n\n").filter(|_| block.starts_with("old ")).map_or(&block[..], |end| &block[end + 2..]);
        let Ok(note) = SignedNote::parse(block.as_bytes()) else { continue };
        let Ok(head) = Head::parse(note.text()) else { continue };
        assert_eq!(note.format(), block.as_bytes());
        assert_eq!(head.text(), note.text());
        heads.push((note, head));
    }
    heads
}

#[test]
fn tlog_checkpoint() {
    let Some(document) = document("tlog-checkpoint.md") else { return };
    let heads = heads(&document);
    for (note, head) in &heads {
        assert_eq!(note.signatures()[0].name, head.origin);
        assert_eq!(note.signatures()[0].bytes.len(), 64);
    }
    found("tlog-checkpoint.md", heads.len(), 1);
}

/// The example's cosignature says the time that the example's message does.
#[test]
fn tlog_cosignature() {
    let Some(document) = document("tlog-cosignature.md") else { return };
    let heads = heads(&document);
    let messages: Vec<String> =
        vectors::indented(&document).into_iter().filter(|block| block.starts_with("cosignature/v1\n")).collect();
    let mut checked = 0;
    for (note, _) in &heads {
        for cosignature in note.signatures().iter().filter(|signature| signature.bytes.len() == 8 + 64) {
            let time = u64::from_be_bytes(cosignature.bytes[..8].try_into().unwrap());
            let message = String::from_utf8(cosignature_message(time, note.text())).unwrap();
            assert!(messages.contains(&message), "{message}");
            checked += 1;
        }
    }
    found("tlog-cosignature.md", heads.len() + checked, 2);
    assert!(checked >= 1, "no cosignature");
}

/// What follows `start`, up to where a sentence ends.
fn sentence<'a>(document: &'a str, start: &str) -> &'a str {
    let after = &document[document.find(start).unwrap_or_else(|| panic!("no {start:?}")) + start.len()..];
    &after[..after.find(". ").or(after.find(".\n")).unwrap()]
}

#[test]
fn tlog_tiles() {
    let Some(document) = document("tlog-tiles.md") else { return };
    let document = document.replace('\n', " ");
    let path = sentence(&document, "For example, index ");
    let (index, path) = path.split_once(" will be encoded as ").unwrap();
    let place = path.split('`').nth(1).unwrap();
    let tile = Tile { level: 0, index: index.parse().unwrap(), width: 256 };
    assert_eq!(tile.path(), format!("tile/0/{place}"));
    assert_eq!(Tile::parse(&format!("tile/entries/{place}")), Ok(tile));
    let mut checked = 1;
    for size in ["70,000", "256"] {
        let stated = sentence(&document, &format!("tree of size {size} will be represented by "));
        let mut counts: BTreeMap<(u8, u16), usize> = BTreeMap::new();
        for tile in tiles(size.replace(',', "").parse().unwrap()) {
            *counts.entry((tile.level, tile.width)).or_default() += 1;
        }
        assert_eq!(said(stated), counts, "{size}");
        checked += 1;
    }
    found("tlog-tiles.md", checked, 3);
}

/// Reads `273 full level 0 tiles, one partial level 0 tile of width 112, and …`: how many tiles of a level and a width.
fn said(sentence: &str) -> BTreeMap<(u8, u16), usize> {
    let mut counts = BTreeMap::new();
    let sentence = sentence.replace(" and ", ", ");
    for part in sentence.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let [count, fullness, "level", level, ref rest @ ..] = words[..] else { panic!("{part:?}") };
        let count = if ["a", "one"].contains(&count) { 1 } else { count.parse().unwrap() };
        let width = match (fullness, rest) {
            ("full", ["tile" | "tiles"]) => 256,
            ("partial", ["tile", "of", "width", width]) => width.parse().unwrap(),
            _ => panic!("{part:?}"),
        };
        *counts.entry((level.parse().unwrap(), width)).or_default() += count;
    }
    counts
}

/// The example, with keys in the places that it leaves open, accepts what the text says that it does. All other blocks
/// are forms of lines.
#[test]
fn tlog_policy() {
    let Some(document) = document("tlog-policy.md") else { return };
    let blocks = blocks(&document);
    let [example, forms @ ..] = &blocks[..] else { panic!("no block") };
    let key = |name: &str, seed: u8| SigningKey::generate_from_seed(name, [seed; 32]).unwrap();
    let log = key("log.example", 0);
    let witnesses = [1, 2, 3, 4, 5, 6].map(|seed| key("witness.example", seed));
    let mut policy = example.replacen("<vkey>", &log.verifier().to_string(), 1);
    for witness in &witnesses {
        policy = policy.replacen("<vkey>", &witness.cosigner().to_string(), 1);
    }
    let policy = Policy::parse(&policy).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len(), policy.quorum()), (1, 6, Some("X-and-Y")));
    let head = Head { origin: log.name().to_owned(), size: 1, root: Digest::of(b"") };
    for subset in 0u8..64 {
        let cosigned = witnesses.iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1);
        let mut signatures = vec![log.sign(&head.text()).unwrap()];
        signatures.extend(cosigned.map(|(_, witness)| witness.cosign(7, &head.text()).unwrap()));
        let checkpoint = SignedNote::new(&head.text(), signatures).unwrap().format();
        let expected = (subset & 7).count_ones() >= 2 && subset >> 3 > 0;
        assert_eq!(policy.accept("log.example", &checkpoint).is_ok(), expected, "{subset:06b}");
    }
    let forms: Vec<&str> = forms.iter().flat_map(|block| block.lines()).collect();
    for form in &forms {
        // What stands before the form, what it names, and what must follow.
        let (before, name, after) = match form.split(' ').next() {
            Some("log") => ("", "", "quorum none\n"),
            Some("witness") => ("", "w", "quorum w\n"),
            Some("group") => ("witness w <other>\nwitness v <another>\n", "g", "quorum g\n"),
            Some("quorum") => ("witness w <other>\n", "w", ""),
            _ => panic!("{form:?}"),
        };
        let vkey = if form.starts_with("log") { log.verifier() } else { witnesses[2].cosigner() };
        for url in ["", " https://log.example/"] {
            let line = form.replacen("<name>", name, 1).replace("<name>...", "w v").replace(" [<url>]", url);
            let policy = format!("{before}{line}\n{after}").replace("<vkey>", &vkey.to_string()).replace("<k>", "2");
            let policy = policy.replace("<other>", &witnesses[0].cosigner().to_string());
            let policy = policy.replace("<another>", &witnesses[1].cosigner().to_string());
            assert!(Policy::parse(&policy).is_ok(), "{policy}{:?}", Policy::parse(&policy));
        }
    }
    found("tlog-policy.md", 1 + forms.len(), 8);
}

fn hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Digest> {
    lines.map(|line| Digest::from_slice(&STANDARD.decode(line).unwrap()).unwrap()).collect()
}

/// The example of a proof leaves hashes and signatures out. Its parts are read, and it proves nothing.
#[test]
fn tlog_proof() {
    let Some(document) = document("tlog-proof.md") else { return };
    let block = blocks(&document).into_iter().find(|block| block.starts_with("c2sp.org/tlog-proof@v1\n")).unwrap();
    let (proof, note) = block.split_once("\n\n").unwrap();
    let (text, signatures) = note.split_once("\n\n").unwrap();
    let head = Head::parse(&format!("{text}\n")).unwrap();
    let index = proof.lines().find_map(|line| line.strip_prefix("index ")).unwrap().parse().unwrap();
    let proof = hashes(proof.lines().skip_while(|line| !line.starts_with("index ")).skip(1));
    let refused = verify_inclusion(&Digest::of(b""), index, head.size, &proof, &head.root).unwrap_err();
    assert!(matches!(refused, ProofError::Length { found, .. } if found == proof.len()), "{refused}");
    assert!(
        signatures.lines().all(|line| line.parse::<Signature>().is_err()),
        "the example's signatures are whole now"
    );
    found("tlog-proof.md", 1, 1);
}

/// The examples of a witness's request and answer. The request's proof leaves hashes out, and proves nothing.
#[test]
fn tlog_witness() {
    let Some(document) = document("tlog-witness.md") else { return };
    let blocks = vectors::indented(&document);
    let request = blocks.iter().find(|block| block.starts_with("old ")).unwrap();
    let old = request.lines().find_map(|line| line.strip_prefix("old ")).unwrap().parse().unwrap();
    let head = heads(&document).remove(0).1;
    let proof = hashes(request.lines().skip(1).take_while(|line| !line.is_empty()));
    let refused = verify_consistency(old, &head.root, head.size, &head.root, &proof).unwrap_err();
    assert!(matches!(refused, ProofError::Length { found, .. } if found == proof.len()), "{refused}");
    let answer = blocks.iter().find(|block| block.starts_with('\u{2014}')).unwrap();
    for line in answer.lines() {
        let cosignature: Signature = line.parse().unwrap();
        assert_eq!((cosignature.to_string().as_str(), cosignature.bytes.len()), (line, 8 + 64));
    }
    found("tlog-witness.md", 1 + answer.lines().count(), 4);
}
