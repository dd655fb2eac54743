mod peers;
mod releases;

use std::sync::Arc;

use super::*;
use crate::record::{Addition, Dependency, Epoch, Feature, Mention, Subject};

const ORIGIN: &str = "log.example";

const PACKAGE: &str = "wasi:http";

/// A page under construction, chained by hand.
#[derive(Clone, Default)]
struct Draft {
    bytes: Vec<u8>,
}

impl Draft {
    fn prev(&self) -> Option<Digest> {
        (!self.bytes.is_empty()).then(|| Digest::of(&self.bytes))
    }

    fn push(mut self, place: u64, record: Record<'_>) -> Draft {
        self.bytes.extend(format_line(place, &record.encode()));
        self
    }

    fn release(self, place: u64, version: &str) -> Draft {
        let record = Record::Release(Release {
            prev: self.prev(),
            ..Release::new(PACKAGE, version, Digest::of(&place.to_be_bytes()))
        });
        self.push(place, record)
    }

    /// A release that depends on these packages and has these features, each of which adds its dependencies.
    fn with(self, place: u64, packages: &[&'static str], features: &[(&'static str, &[u32])]) -> Draft {
        // `ORIGIN/PACKAGE` is of another registry.
        let dependency = |name: &&'static str| {
            let (registry, package) = name.split_once('/').map_or((None, *name), |(origin, name)| (Some(origin), name));
            let (content, features) = (None, Vec::new());
            Arc::new(Dependency { registry, package, requirement: "*", content, optional: true, features })
        };
        let addition = |dependency: &u32| Addition { dependency: *dependency, features: Vec::new() };
        let feature = |(name, additions): &(&'static str, &[u32])| {
            let additions = additions.iter().map(addition).collect();
            Arc::new(Feature { name, includes: Vec::new(), additions })
        };
        let version = format!("1.{place}.0");
        let record = Record::Release(Release {
            package: PACKAGE,
            version: &version,
            content: Digest([1; 32]),
            exclusives: vec![],
            dependencies: packages.iter().map(dependency).collect(),
            features: features.iter().map(feature).collect(),
            maintainers: None,
            prev: self.prev(),
            signatures: Vec::new(),
        });
        self.push(place, record)
    }

    fn yank(self, place: u64, version: &str) -> Draft {
        let prev = self.prev();
        self.push(place, Record::Yank(Mention { package: PACKAGE, version, prev }))
    }

    fn unyank(self, place: u64, version: &str) -> Draft {
        let prev = self.prev();
        self.push(place, Record::Unyank(Mention { package: PACKAGE, version, prev }))
    }

    fn page(&self) -> Page<'_> {
        Page::parse(&self.bytes, ORIGIN, PACKAGE).unwrap()
    }
}

fn refused(bytes: &[u8]) -> String {
    Page::parse(bytes, ORIGIN, PACKAGE).unwrap_err().to_string()
}

#[test]
fn a_page_is_chained_lines() {
    let draft = Draft::default().release(3, "0.2.0").release(10, "0.2.1").yank(11, "0.2.0");
    let page = draft.page();
    assert_eq!(page.subject, Subject::Package(PACKAGE));
    assert_eq!(page.digest, Digest::of(&draft.bytes));
    assert_eq!(page.lines.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [3, 10, 11]);
    let last = draft.bytes.split(|byte| *byte == b'\n').rev().nth(1).unwrap().strip_prefix(b"11 ").unwrap();
    assert_eq!(page.last(), (11, leaf_hash(last)));
    // By another's hand: the first record names no page before it, the second the first line.
    let first = draft.bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert_eq!(page.lines[0].1.prev(), None);
    assert_eq!(page.lines[1].1.prev(), Some(Digest::of(&draft.bytes[..first])));
}

#[test]
fn every_changed_byte_shows_at_the_end_of_the_page() {
    let draft = Draft::default().release(3, "0.2.0").release(10, "0.2.1").yank(11, "0.2.0");
    let last = draft.page().last();
    let (mut broken, mut at_the_end) = (0, 0);
    for at in 0..draft.bytes.len() {
        for value in (0..=255).filter(|value| *value != draft.bytes[at]) {
            let mut changed = draft.bytes.clone();
            changed[at] = value;
            match Page::parse(&changed, ORIGIN, PACKAGE) {
                Err(_) => broken += 1,
                // So the proof of the last record does not hold for it.
                Ok(page) => {
                    assert_ne!(page.last(), last, "byte {at} changed to {value:#04x}");
                    at_the_end += 1;
                }
            }
        }
    }
    assert!(broken > 100 * at_the_end && at_the_end > 0, "{broken}, {at_the_end}");
}

#[test]
fn a_line_left_out_breaks_the_chain() {
    let draft = Draft::default().release(3, "0.2.0").release(10, "0.2.1").yank(11, "0.2.0").release(12, "0.2.2");
    let lines: Vec<&[u8]> = draft.bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for left_out in 0..3 {
        let mut fewer = lines.clone();
        fewer.remove(left_out);
        let bytes = fewer.concat();
        assert!(refused(&bytes).starts_with(&format!("line {}: expected prev to be ", left_out + 1)));
        let mut swapped = lines.clone();
        swapped.swap(left_out, left_out + 1);
        assert!(Page::parse(&swapped.concat(), ORIGIN, PACKAGE).is_err());
    }
    // Without its last line a page is the page of an earlier epoch: the index says which is the newest.
    assert!(Page::parse(&lines[..3].concat(), ORIGIN, PACKAGE).is_ok());
}

#[test]
fn what_is_no_page_is_refused() {
    let draft = Draft::default().release(3, "0.2.0");
    let line = String::from_utf8(draft.bytes.clone()).unwrap();
    let form = "line 1: expected `PLACE RECORD`, PLACE in decimal without leading zeros";
    assert_eq!(refused(b""), "expected a page of at least one line, found nothing");
    assert_eq!(
        refused(&draft.bytes[..draft.bytes.len() - 1]),
        "expected a newline at the end of the last line; was the page cut off?"
    );
    assert_eq!(
        refused(&[&draft.bytes[..], b"x"].concat()),
        "expected a newline at the end of the last line; was the page cut off?"
    );
    assert_eq!(refused(&[&draft.bytes[..], b"\n"].concat()), form.replace("line 1", "line 2"));
    for place in ["", "03", "00", "-3", "+3", "3.0", " 3", "0x3", "18446744073709551616", "9223372036854775807", "٣"] {
        assert_eq!(refused(line.replacen('3', place, 1).as_bytes()), form, "{place}");
    }
    assert_eq!(refused(line.replacen(' ', "\t", 1).as_bytes()), form);
    assert!(refused(line.replacen(' ', "  ", 1).as_bytes()).starts_with("line 1: expected the one encoding"));
    assert!(refused(line.replace('\n', "\r\n").as_bytes()).starts_with("line 1: expected the one encoding"));
    assert_eq!(refused(b"3 {}\n"), "line 1: expected a record as JSON: expected value at line 1 column 2");
    assert_eq!(refused(b"3 \xff\n"), "expected a page in ASCII, found something else at byte 2");
    assert!(Page::parse(line.replacen('3', "0", 1).as_bytes(), ORIGIN, PACKAGE).is_ok());
    let largest = (i64::MAX - 1).to_string();
    assert!(Page::parse(line.replacen('3', &largest, 1).as_bytes(), ORIGIN, PACKAGE).is_ok());
}

#[test]
fn a_page_is_of_one_package() {
    let draft = Draft::default().release(3, "0.2.0");
    assert_eq!(
        Page::parse(&draft.bytes, ORIGIN, "wasi:clocks").unwrap_err().to_string(),
        "line 1: expected a record of \"wasi:clocks\", found one of \"wasi:http\""
    );
    let mixed = draft.clone();
    let prev = mixed.prev();
    let mixed = mixed.push(4, Record::Yank(Mention { package: "wasi:clocks", version: "0.2.0", prev }));
    assert_eq!(refused(&mixed.bytes), "line 2: expected a record of \"wasi:http\", found one of \"wasi:clocks\"");
    let epoch = Draft::default().push(4, Record::Epoch(Epoch { index: Digest::of(b"") }));
    assert_eq!(
        refused(&epoch.bytes),
        "line 1: expected a record of \"wasi:http\", found one of nothing that has a page"
    );
}

#[test]
fn places_ascend() {
    for (first, second) in [(3, 3), (3, 2), (10, 9)] {
        let draft = Draft::default().release(first, "0.2.0").release(second, "0.2.1");
        assert_eq!(refused(&draft.bytes), format!("line 2: expected a place after {first}, found {second}"));
    }
}

#[test]
fn prev_is_the_page_before() {
    let first = Draft::default().release(3, "0.2.0");
    let (right, wrong) = (Digest::of(&first.bytes), Digest::of(b"wrong"));
    let yank = |prev| Record::Yank(Mention { package: PACKAGE, version: "0.2.0", prev });
    let said = |expected: &str, found: &str, line: usize| {
        format!("line {line}: expected prev to be {expected}, the page before this line, found {found}")
    };
    assert!(Page::parse(&first.clone().push(4, yank(Some(right))).bytes, ORIGIN, PACKAGE).is_ok());
    let other = first.clone().push(4, yank(Some(wrong)));
    assert_eq!(refused(&other.bytes), said(&right.to_string(), &wrong.to_string(), 2));
    assert_eq!(refused(&first.push(4, yank(None)).bytes), said(&right.to_string(), "absent", 2));
    let orphan = Draft::default().push(4, yank(Some(wrong)));
    assert_eq!(refused(&orphan.bytes), said("absent", &wrong.to_string(), 1));
}

#[test]
fn a_page_has_a_length() {
    assert_eq!(refused(&vec![b'x'; MAX_PAGE + 1]), "expected a page of at most 16777216 bytes, found 16777217 bytes");
    assert_eq!(refused(&vec![b'x'; MAX_PAGE]), "expected a newline at the end of the last line; was the page cut off?");
}

#[test]
fn a_page_only_grows() {
    let older = Draft::default().release(3, "0.2.0").release(10, "0.2.1");
    let newer = older.clone().yank(20, "0.2.0").release(21, "0.2.2");
    assert_eq!(growth(&older.bytes, &newer.bytes, 20), Ok(()));
    assert_eq!(growth(&older.bytes, &newer.bytes, 11), Ok(()));
    assert_eq!(growth(&older.bytes, &older.bytes, 20), Ok(()));
    assert_eq!(growth(b"", &newer.bytes, 0), Ok(()));
    let refused = |older: &[u8], newer: &[u8], size| growth(older, newer, size).unwrap_err().to_string();
    assert_eq!(
        refused(&older.bytes, &newer.bytes, 21),
        "expected every added record at place 21 or later, the older head's size, found one at place 20"
    );
    let length = newer.bytes.len();
    let prefix = |at: usize| {
        format!("expected the newer page to begin with the older one's {length} bytes, and they differ at byte {at}")
    };
    assert_eq!(refused(&newer.bytes, &older.bytes, 30), prefix(older.bytes.len()));
    let mut changed = newer.bytes.clone();
    changed[5] ^= 1;
    assert_eq!(refused(&newer.bytes, &changed, 30), prefix(5));
    let behind = |bytes: &[u8]| refused(&older.bytes, &[&older.bytes, bytes].concat(), 20);
    let form = "expected lines of a page behind the older one, found something else";
    for bytes in [&b"x"[..], b"\n", b"020 {}\n", b"\xff\n"] {
        assert_eq!(behind(bytes), form);
    }
}
