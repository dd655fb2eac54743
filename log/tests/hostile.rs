//! No input makes the crate panic, and whatever is read from a text of one encoding is written the same.

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::index::{Bin, Node256};
use headlock_log::note::{SignedNote, SigningKey, VerifierKey};
use headlock_log::page::{Page, growth};
use headlock_log::policy::Policy;
use headlock_log::record::Record;
use headlock_log::tile::{Tile, VerifiedTiles, parse_bundle};
use proptest::prelude::*;

/// Pieces that the formats are made of, so that more than the first check is reached.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\n",
        "\n\n",
        " ",
        "\t",
        "\u{2014} ",
        "0",
        "7",
        "18446744073709551615",
        "a:b",
        "registry.example",
        "AAAAAAA=",
        "uxaL/sHAhdJMf3aXxAmq1Rt0ErTSJTvJ0I/3RIF7fAc=",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "+",
        "PRIVATE+KEY+",
        "log ",
        "witness ",
        "group g any ",
        "quorum none\n",
        "tile/",
        "entries/",
        "0/",
        "x001/",
        ".p/",
        r#"{"release":{"package":"a:b","version":"1.0.0","content":""#,
        r#"{"yank":{"package":"a:b","version":"1.0.0"#,
        r#""}}"#,
        r#","prev":""#,
        r#","features":[{"name":""#,
        r#","dependencies":[{"package":"a:b","requirement":""#,
        "^1.2",
        "\"",
        "]",
        "}",
        "\u{202e}",
        "\u{0}",
    ]);
    prop::collection::vec(prop_oneof![9 => piece.prop_map(str::to_owned), 1 => any::<String>()], 0..12)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn texts(text in pieces()) {
        let bytes = text.as_bytes();
        if let Ok(digest) = text.parse::<Digest>() {
            prop_assert_eq!(digest.to_string(), text.as_str());
        }
        if let Ok(record) = Record::parse(bytes) {
            prop_assert_eq!(record.encode(), bytes);
        }
        if let Ok(note) = SignedNote::parse(bytes) {
            prop_assert_eq!(note.format(), bytes);
        }
        if let Ok(head) = Head::parse(&text) {
            prop_assert_eq!(head.text(), text.as_str());
        }
        if let Ok(key) = VerifierKey::parse(&text) {
            prop_assert_eq!(key.to_string(), text.as_str());
        }
        if let Ok(key) = SigningKey::parse(&text) {
            prop_assert_eq!(key.format(), text.as_str());
        }
        if let Ok(tile) = Tile::parse(&text) {
            prop_assert!(tile.path() == text || tile.entries_path() == text);
        }
        if let Ok(page) = Page::parse(bytes, "log.example", "a:b") {
            prop_assert!(page.fold().releases.len() <= page.lines.len());
        }
        if let Ok(policy) = Policy::parse(&text) {
            prop_assert!(policy.accept("registry.example", bytes).is_err());
        }
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        prop_assert_eq!(growth(bytes, bytes, 0), Ok(()));
        prop_assert!(half == 0 || growth(bytes, &bytes[..half], 0).is_err());
    }

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..600), number: u16, size: u64) {
        if let Ok(bin) = Bin::parse(&bytes, number) {
            prop_assert_eq!(bin.format(), &bytes[..]);
        }
        prop_assert!(Node256::parse(&bytes).is_err());
        if let Ok(entries) = parse_bundle(&bytes, number % 8) {
            prop_assert_eq!(entries.iter().map(|entry| entry.len() + 2).sum::<usize>(), bytes.len());
        }
        prop_assert!(Record::parse(&bytes).is_err());
        prop_assert!(SignedNote::parse(&bytes).is_err());
        prop_assert!(Page::parse(&bytes, "log.example", "a:b").is_err());
        let edge = VerifiedTiles::edge(size).into_iter().map(|tile| vec![bytes.first().copied().unwrap_or(0); tile.length()]);
        prop_assert!(VerifiedTiles::open(size, &Digest::of(&bytes), edge.collect()).is_err());
    }
}
