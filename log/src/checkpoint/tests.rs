use super::*;
use crate::note::KeyError;

const ORIGIN: &str = "registry.example/components";

fn key() -> SigningKey {
    SigningKey::generate_from_seed(ORIGIN, [1; 32]).unwrap()
}

fn head(size: u64) -> Head {
    Head { origin: ORIGIN.to_owned(), size, root: Digest::of(b"root") }
}

/// A note under the log's key, whatever its text.
fn signed(text: &str) -> Vec<u8> {
    SignedNote::new(text, vec![key().sign(text).unwrap()]).unwrap().format()
}

fn refused(text: &str) -> String {
    Checkpoint::verify(&signed(text), &key().verifier()).unwrap_err().to_string()
}

#[test]
fn c2sps_example_is_read() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let head = Head::parse(text).unwrap();
    assert_eq!((head.origin.as_str(), head.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(head.root.to_string(), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    assert_eq!(head.root_base64(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!(head.text(), text);
    let note = format!(
        "{text}\n\
         — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
         — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    );
    let note = SignedNote::parse(note.as_bytes()).unwrap();
    assert_eq!(note.text(), text);
    // The cosignature's time, as the document's signed message has it.
    assert_eq!(note.signatures()[1].bytes[..8], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(note.signatures()[1].bytes.len(), 72);
}

#[test]
fn what_is_signed_verifies() {
    for size in [0, 1, 256, i64::MAX as u64] {
        let bytes = Checkpoint::sign(&head(size), &key()).unwrap();
        let checkpoint = Checkpoint::verify(&bytes, &key().verifier()).unwrap();
        assert_eq!(checkpoint.head(), &head(size));
        assert_eq!(checkpoint.note().format(), bytes);
        assert_eq!(checkpoint.signature().name, ORIGIN);
        assert_eq!(format!("{}\n{}\n", head(size).text(), checkpoint.signature()).as_bytes(), bytes);
    }
}

#[test]
fn every_changed_byte_of_a_checkpoint_is_refused() {
    let bytes = Checkpoint::sign(&head(7), &key()).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(Checkpoint::verify(&changed, &key().verifier()).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn signatures_of_others_are_ignored() {
    let witness = SigningKey::generate_from_seed("witness.example", [2; 32]).unwrap();
    let text = head(7).text();
    let mut cosigned = Checkpoint::sign(&head(7), &key()).unwrap();
    cosigned.extend(format!("{}\n", witness.cosign(9, &text).unwrap()).into_bytes());
    let checkpoint = Checkpoint::verify(&cosigned, &key().verifier()).unwrap();
    assert_eq!(checkpoint.note().signatures().len(), 2);
    assert_eq!(checkpoint.signature().name, ORIGIN);
    // But a witness alone vouches for no head of the log.
    let error = Checkpoint::verify(&cosigned, &witness.cosigner()).unwrap_err().to_string();
    assert_eq!(error, "expected a log's key (type 01), found the cosignature key \"witness.example\"");
    let error = Checkpoint::verify(&cosigned, &witness.verifier()).unwrap_err().to_string();
    let by = key().verifier().keyid();
    assert_eq!(error, format!("no signature is by a known key; the note is signed by {by:?}"));
}

#[test]
fn other_texts_are_refused_even_when_signed() {
    let root = head(7).root_base64();
    let lines = "expected three lines (origin, size, root hash), each ending in a newline";
    assert_eq!(refused("\n"), lines);
    assert_eq!(refused(&format!("{ORIGIN}\n")), lines);
    assert_eq!(refused(&format!("{ORIGIN}\n7\n")), lines);
    for extension in ["", "extension"] {
        let expected = format!("expected three lines (origin, size, root hash), found an extension line {extension:?}");
        assert_eq!(refused(&format!("{ORIGIN}\n7\n{root}\n{extension}\n")), expected);
    }
    for size in [
        "",
        "-1",
        "+7",
        "07",
        "00",
        "7 ",
        " 7",
        "0x7",
        "7.0",
        "1e3",
        "９",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
    ] {
        let expected = format!("expected a size of at most 2^63 - 1 in decimal without leading zeros, found {size:?}");
        assert_eq!(refused(&format!("{ORIGIN}\n{size}\n{root}\n")), expected);
    }
    // 0xfb 0xff: both letters in which the alphabets differ; one byte of the last group, so that bits are left over.
    let root = Head { root: Digest([0xfb; 32]), ..head(7) }.root_base64();
    assert_eq!(root, "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=");
    for other in [
        "",
        "AAAA",
        &root[..43],
        &root[1..],
        &format!("{root}="),
        &format!("{root} "),
        &root.replace('=', ""),
        &root.replace('+', "-").replace('/', "_"),
        &root.replace('s', "t"),
        &STANDARD.encode([0; 31]),
        &STANDARD.encode([0; 33]),
        &Digest([0xfb; 32]).to_string(),
    ] {
        let expected = format!("expected a root hash of 32 bytes in base64, found {other:?}");
        assert_eq!(refused(&format!("{ORIGIN}\n7\n{other}\n")), expected);
    }
    assert!(refused(&format!("../x\n7\n{root}\n")).starts_with("expected no empty, `.` or `..` part"));
    assert!(refused(&format!("a b\n7\n{root}\n")).starts_with("expected an origin of printable ASCII"));
    assert_eq!(
        refused(&format!("registry.example/other\n7\n{root}\n")),
        "expected a checkpoint of \"registry.example/components\", found one of \"registry.example/other\""
    );
}

#[test]
fn a_head_has_one_text() {
    let text = head(7).text();
    assert_eq!(Head::parse(&text), Ok(head(7)));
    assert_eq!(Head::parse(text.trim_end()), Err(CheckpointError::Lines));
    assert!(Head::parse(&text.replace('\n', "\r\n")).is_err());
    assert!(Head::parse(&format!("\u{feff}{text}")).is_err());
}

#[test]
fn only_a_logs_own_acceptable_head_is_signed() {
    let other = Head { origin: "other.example".to_owned(), ..head(7) };
    assert_eq!(
        Checkpoint::sign(&other, &key()).unwrap_err().to_string(),
        "expected a checkpoint of \"registry.example/components\", found one of \"other.example\""
    );
    assert!(matches!(Checkpoint::sign(&head(1 << 63), &key()), Err(CheckpointError::Size(_))));
    let origin = "a/../b";
    let sly = SigningKey::generate_from_seed(origin, [1; 32]).unwrap();
    assert!(matches!(
        Checkpoint::sign(&Head { origin: origin.to_owned(), ..head(7) }, &sly),
        Err(CheckpointError::Origin(_))
    ));
    assert!(matches!(SigningKey::generate_from_seed("a\nb", [1; 32]), Err(KeyError::Name(_))));
}
