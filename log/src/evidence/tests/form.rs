//! The form of evidence: one, and nothing of it can be changed.

use super::*;
use crate::record::MAX_RECORD;
use crate::tile::FULL_WIDTH;

/// Evidence of each kind.
fn all() -> Vec<Vec<u8>> {
    let (mut log, pages, other) = three_records();
    let epoch = log.epoch(&[("t:a", &pages[2]), ("t:b", &other)]);
    let hiding = log.epoch(&[("t:b", &other)]);
    log.push(&release("t:a", "2.0.0", None).encode());
    log.push(&release("T:a", "2.0.0", None).encode());
    log.push(b"x");
    log.epoch(&[]);
    vec![
        log.evidence(&log.index_claim(epoch, "t:a", Some(&pages[2]), Some(3))),
        log.evidence(&log.index_claim(hiding, "t:a", None, Some(1))),
        log.evidence(&log.prev_claim(7, None, Some(1))),
        log.evidence(&Claim::Names(log.proven(8), log.proven(1))),
        log.evidence(&Claim::Record(log.proven(9))),
        log.replay(6),
    ]
}

#[test]
fn no_byte_can_be_changed_added_or_left_out() {
    let key = key().verifier();
    for evidence in all() {
        check(&evidence, &key).unwrap();
        for at in 0..evidence.len() {
            let mut changed = evidence.clone();
            changed[at] ^= 1;
            assert!(check(&changed, &key).is_err(), "byte {at} of {}", String::from_utf8_lossy(&evidence));
            let mut shorter = evidence.clone();
            shorter.remove(at);
            assert!(check(&shorter, &key).is_err(), "without byte {at}");
            let mut longer = evidence.clone();
            longer.insert(at, evidence[at]);
            assert!(check(&longer, &key).is_err(), "with byte {at} twice");
            assert!(check(&evidence[..at], &key).is_err(), "cut at {at}");
        }
        assert!(check(&[&evidence[..], b"\n"].concat(), &key).is_err());
    }
}

#[test]
fn lines_cannot_be_left_out_doubled_or_swapped() {
    let key = key().verifier();
    for evidence in all() {
        let lines: Vec<&[u8]> = evidence.split_inclusive(|byte| *byte == b'\n').collect();
        for at in 0..lines.len() {
            let mut fewer = lines.clone();
            fewer.remove(at);
            assert!(check(&fewer.concat(), &key).is_err(), "without line {}", at + 1);
            let mut more = lines.clone();
            more.insert(at, lines[at]);
            assert!(check(&more.concat(), &key).is_err(), "line {} twice", at + 1);
            let mut swapped = lines.clone();
            swapped.swap(at, (at + 1) % lines.len());
            assert!(check(&swapped.concat(), &key).is_err(), "line {} swapped with the next", at + 1);
        }
    }
}

#[test]
fn errors_say_what_was_expected() {
    let evidence = String::from_utf8(all().remove(0)).unwrap();
    let changed = |from: &str, to: &str| said(evidence.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(said(b"").unwrap_err(), "expected `headlock evidence 1` before the end; was the evidence cut off?");
    assert_eq!(
        changed("evidence 1\n", "evidence 2\n"),
        "line 1: expected `headlock evidence 1`, found \"headlock evidence 2\""
    );
    assert_eq!(
        changed("kind index", "kind indices"),
        "line 7: expected `kind index`, `prev`, `record`, `names`, `maintainers` or `replay`, found \"kind indices\""
    );
    assert_eq!(changed("kind index", "kind prev"), "line 8: expected `entry PLACE BASE64`, found \"package t:a\"");
    assert_eq!(
        changed("package t:a", "package a"),
        "line 8: expected `package NAME`, `peers` or `peer ORIGIN`, found \"package a\""
    );
    assert_eq!(changed("package t:a", "packages t:a"), "line 8: expected a line of evidence, found \"packages t:a\"");
    assert!(
        changed("entry 5", "entry 05").starts_with("line 9: expected the one encoding of a line of evidence, found ")
    );
    assert!(
        changed("entry 5", "entry 9223372036854775807").starts_with("line 9: expected `entry PLACE BASE64`, an entry ")
    );
    assert!(changed("proof ", "proof").starts_with("line 10: expected a line of evidence, found "));
    assert!(
        changed("proof ", "proof  ")
            .starts_with("line 10: expected `proof HASH…`, at most 64 hashes in base64, found ")
    );
    assert!(
        changed("package t:a", "package t:b")
            .starts_with("the bin in the index is not proven to be in what the log signed: ")
    );
    assert!(changed("entry 3", "entry 2").starts_with("entry 2 is not proven to be in what the log signed: "));
    let cut = &evidence[..evidence.rfind("proof").unwrap()];
    assert_eq!(said(cut.as_bytes()).unwrap_err(), "expected `proof HASH…` before the end; was the evidence cut off?");
    let stranger = SigningKey::generate_from_seed(ORIGIN, [8; 32]).unwrap().verifier();
    assert_eq!(
        check(evidence.as_bytes(), &stranger).unwrap_err().to_string(),
        format!("its checkpoint: no signature is by a known key; the note is signed by {:?}", key().verifier().keyid())
    );
}

#[test]
fn a_line_that_is_missing_is_named() {
    let evidence = String::from_utf8(all().remove(0)).unwrap();
    let without = |name: &str| {
        let mut lines: Vec<&str> = evidence.split_inclusive('\n').collect();
        let at = lines.iter().position(|line| line.starts_with(&format!("{name} "))).unwrap();
        lines.remove(at);
        said(lines.concat().as_bytes()).unwrap_err()
    };
    assert!(
        without("package").starts_with("line 8: expected `package NAME`, `peers` or `peer ORIGIN`, found \"entry ")
    );
    assert!(without("entry").starts_with("line 9: expected `entry PLACE BASE64`, found \"proof "));
    assert!(without("proof").starts_with("line 10: expected `proof HASH…`, found \"bin "));
    assert!(without("path").starts_with("line 12: expected `path HASH…`, found \"page "));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_decoded() {
    let start = String::from_utf8(all().remove(0)).unwrap();
    let start = &start[..start.find("package").unwrap()];
    let refused = |line: String| said(format!("{start}package t:a\n{line}").as_bytes()).unwrap_err();
    assert!(
        refused(format!("entry 1 {}\n", "A".repeat(87_384)))
            .starts_with("line 9: expected `entry PLACE BASE64`, an entry of at most 65535 bytes")
    );
    assert!(
        refused(format!("{}\n", "A".repeat(MAX_LINE)))
            .starts_with("line 9: expected a line of at most 22369630 bytes, found ")
    );
    assert!(
        refused(format!("{}\n", "A".repeat(MAX_LINE - 1))).starts_with("line 9: expected a line of evidence, found ")
    );
    assert_eq!(MAX_LINE, 22_369_630);
    let hashes = |count| [vec!["A".repeat(43) + "="; count].join(" "), "\n".to_owned()].concat();
    assert!(refused(format!("entry 0 AA==\nproof {}", hashes(64))).starts_with("expected `path HASH…` before the end"));
    assert!(
        refused(format!("entry 0 AA==\nproof {}", hashes(65)))
            .starts_with("line 10: expected `proof HASH…`, at most 64 hashes in base64, found ")
    );
    let note = format!("headlock evidence 1\n{}\n", "A".repeat(2000));
    assert!(said(note.as_bytes()).unwrap_err().starts_with("line 2: expected a line of a checkpoint, found "));
    assert!(u64::from(FULL_WIDTH) < MAX_LINE as u64);
}

#[test]
fn an_entry_may_be_as_long_as_a_record() {
    let mut log = Log::default();
    log.epoch(&[]);
    log.push(&vec![b'x'; MAX_RECORD]);
    log.epoch(&[]);
    let shown = log.shows(&Claim::Record(log.proven(1))).unwrap();
    assert!(shown.starts_with("entry 1 is no record"), "{shown}");
}

/// A log as long as its tree needs several tiles.
#[test]
fn proofs_are_checked_at_every_place_of_a_longer_log() {
    let mut log = Log::default();
    log.epoch(&[]);
    for place in 1..300 {
        log.push(format!("{{{place}").as_bytes());
    }
    for place in (1..300).step_by(23) {
        assert!(
            log.shows(&Claim::Record(log.proven(place))).unwrap().starts_with(&format!("entry {place} is no record"))
        );
        let mut wrong = log.proven(place);
        wrong.place -= 1;
        assert!(log.shows(&Claim::Record(wrong)).is_err());
        let shown = said(&log.replay(place + 1)).unwrap();
        assert!(shown.starts_with(&format!("entry {place} is no record")), "{shown}");
    }
}
