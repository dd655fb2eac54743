use std::sync::Arc;

use semver::Version;

use super::*;
use crate::record::{Addition, Dependency, Epoch, Feature, Mention, Subject};

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
            package: PACKAGE,
            version,
            content: Digest::of(&place.to_be_bytes()),
            exclusives: vec![],
            dependencies: vec![],
            features: vec![],
            prev: self.prev(),
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
            prev: self.prev(),
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
        Page::parse(&self.bytes, PACKAGE).unwrap()
    }
}

fn refused(bytes: &[u8]) -> String {
    Page::parse(bytes, PACKAGE).unwrap_err().to_string()
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
            match Page::parse(&changed, PACKAGE) {
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
        assert!(Page::parse(&swapped.concat(), PACKAGE).is_err());
    }
    // Without its last line a page is the page of an earlier epoch: the index says which is the newest.
    assert!(Page::parse(&lines[..3].concat(), PACKAGE).is_ok());
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
    assert!(Page::parse(line.replacen('3', "0", 1).as_bytes(), PACKAGE).is_ok());
    let largest = (i64::MAX - 1).to_string();
    assert!(Page::parse(line.replacen('3', &largest, 1).as_bytes(), PACKAGE).is_ok());
}

#[test]
fn a_page_is_of_one_package() {
    let draft = Draft::default().release(3, "0.2.0");
    assert_eq!(
        Page::parse(&draft.bytes, "wasi:clocks").unwrap_err().to_string(),
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
    assert!(Page::parse(&first.clone().push(4, yank(Some(right))).bytes, PACKAGE).is_ok());
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

fn releases(page: &Page<'_>) -> Vec<(u64, String, bool)> {
    page.fold().releases.iter().map(|release| (release.place, release.version.to_string(), release.yanked)).collect()
}

#[test]
fn releases_are_ascending_by_precedence() {
    let versions = ["1.10.0", "1.9.0", "0.1.0", "1.10.0-rc.2", "1.10.0-rc.10", "1.10.0+b", "1.10.0+a"];
    let mut draft = Draft::default();
    for (place, version) in versions.iter().enumerate() {
        draft = draft.release(place as u64, version);
    }
    let page = draft.page();
    let folded = page.fold();
    assert_eq!(
        releases(&page).into_iter().map(|(place, version, _)| (place, version)).collect::<Vec<_>>(),
        [
            (2, "0.1.0"),
            (1, "1.9.0"),
            (3, "1.10.0-rc.2"),
            (4, "1.10.0-rc.10"),
            (0, "1.10.0"),
            (6, "1.10.0+a"),
            (5, "1.10.0+b")
        ]
        .map(|(place, version)| (place, version.to_owned()))
    );
    assert_eq!(folded.voids, []);
    for release in &folded.releases {
        let record = page.release(release).unwrap();
        assert_eq!(Version::parse(record.version).unwrap(), release.version);
        assert_eq!(record.content, Digest::of(&release.place.to_be_bytes()));
    }
    let elsewhere = Draft::default().release(100, "1.10.0");
    assert_eq!(elsewhere.page().release(&folded.releases[0]), None);
}

#[test]
fn the_first_release_stays_and_the_last_word_on_yanking_counts() {
    let draft = Draft::default()
        .yank(0, "1.0.0")
        .release(1, "1.0.0")
        .release(2, "1.0.0")
        .yank(3, "1.0.0")
        .release(4, "1.0.0")
        .yank(5, "1.0.0")
        .release(6, "2.0.0")
        .unyank(7, "2.0.0")
        .unyank(8, "3.0.0")
        .yank(9, "2.0.0")
        .unyank(10, "2.0.0")
        .yank(11, "2.0.0+build");
    let page = draft.page();
    assert_eq!(releases(&page), [(1, "1.0.0".to_owned(), true), (6, "2.0.0".to_owned(), false)]);
    let voids: Vec<(u64, String)> = page.fold().voids.iter().map(|void| (void.place, void.why.to_string())).collect();
    assert_eq!(
        voids,
        [
            (0, "the version was not released before"),
            (2, "the version was released before"),
            (4, "the version was released before"),
            (5, "the version is yanked already"),
            (7, "the version is not yanked"),
            (8, "the version was not released before"),
            (11, "the version was not released before"),
        ]
        .map(|(place, why)| (place, why.to_owned()))
    );
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

#[test]
fn a_release_of_another_page_is_none_of_this() {
    let record = Record::Release(Release {
        package: PACKAGE,
        version: "1.0.0",
        content: Digest([1; 32]),
        exclusives: Vec::new(),
        dependencies: Vec::new(),
        features: Vec::new(),
        prev: None,
    });
    let (one, other) = (format_line(3, &record.encode()), format_line(4, &record.encode()));
    let (one, other) = (Page::parse(&one, PACKAGE).unwrap(), Page::parse(&other, PACKAGE).unwrap());
    let own = &one.fold().releases[0];
    assert!(one.release(own).is_some());
    assert!(other.release(own).is_none());
}

#[test]
fn what_a_release_repeats_it_shares_with_the_one_before() {
    // Of each release which entries, by their names, are those of the release before it.
    let shared = |draft: &Draft| -> Vec<String> {
        let page = draft.page();
        let releases: Vec<&Release<'_>> = page
            .lines
            .iter()
            .filter_map(|(_, record)| match record {
                Record::Release(release) => Some(release),
                _ => None,
            })
            .collect();
        let pair = |pair: &[&Release<'_>]| {
            let (before, after) = (&pair[0], &pair[1]);
            let of_before =
                |entry: &Arc<Dependency<'_>>| before.dependencies.iter().any(|other| Arc::ptr_eq(other, entry));
            let dependencies = after.dependencies.iter().filter(|entry| of_before(entry)).map(|entry| entry.package);
            let of_before = |entry: &Arc<Feature<'_>>| before.features.iter().any(|other| Arc::ptr_eq(other, entry));
            let features = after.features.iter().filter(|entry| of_before(entry)).map(|entry| entry.name);
            dependencies.chain(features).collect::<Vec<_>>().join(" ")
        };
        releases.windows(2).map(pair).collect()
    };
    let first: (&[&str], &[(&str, &[u32])]) = (&["t:a", "t:c", "t:e"], &[("f", &[0]), ("h", &[1]), ("j", &[2])]);
    let draft = Draft::default().with(0, first.0, first.1);
    let then = |packages: &[&'static str], features: &[(&'static str, &[u32])]| {
        shared(&draft.clone().yank(1, "1.0.0").with(2, packages, features)).concat()
    };
    assert_eq!(then(first.0, first.1), "t:a t:c t:e f h j");
    // One more, at each place.
    assert_eq!(then(&["t:A", "t:a", "t:c", "t:e"], first.1), "t:a t:c t:e f h j");
    assert_eq!(
        then(&["t:a", "t:b", "t:c", "t:e"], &[("f", &[0]), ("g", &[]), ("h", &[1]), ("j", &[2])]),
        "t:a t:c t:e f h j"
    );
    assert_eq!(
        then(&["t:a", "t:c", "t:e", "t:f"], &[("f", &[0]), ("h", &[1]), ("j", &[2]), ("k", &[3])]),
        "t:a t:c t:e f h j"
    );
    // Another in the place of one.
    assert_eq!(then(&["t:a", "t:d", "t:e"], &[("f", &[0]), ("i", &[1]), ("j", &[2])]), "t:a t:e f j");
    assert_eq!(then(first.0, &[("f", &[1]), ("h", &[1]), ("j", &[2])]), "t:a t:c t:e h j");
    // One more before those of another registry.
    let foreign = Draft::default().with(0, &["t:a", "r/t:b"], &[]).with(1, &["t:a", "t:z", "r/t:b"], &[]);
    assert_eq!(shared(&foreign).concat(), "t:a t:b");
    // Features of a release with more dependencies are read anew: what they add may not be there.
    assert_eq!(then(&["t:c", "t:e"], &[("f", &[0]), ("h", &[1])]), "t:e");
}

#[test]
fn a_feature_adds_what_is_there_whatever_the_release_before_it_had() {
    let features: &[(&str, &[u32])] = &[("f", &[1])];
    let draft = Draft::default().with(0, &["t:a", "t:b"], features);
    assert!(Page::parse(&draft.bytes, PACKAGE).is_ok());
    let fewer = draft.with(1, &["t:a"], features);
    assert_eq!(
        refused(&fewer.bytes),
        "line 2: feature \"f\": expected one of the release's 1 dependencies, found number 1"
    );
}

/// A page about peers, or about the heads of one.
fn about_peers<'a>(records: impl IntoIterator<Item = Record<'a>>) -> Draft {
    records.into_iter().zip(3..).fold(Draft::default(), |draft, (mut record, place)| {
        record.set_prev(draft.prev());
        draft.push(place, record)
    })
}

#[test]
fn the_last_word_on_a_peer_counts() {
    use crate::note::SigningKey;
    use crate::record::{Peer, Unpeer};

    let vkeys = ["a.example", "b.example", "own.example"]
        .map(|name| (name, SigningKey::generate_from_seed(name, [1; 32]).unwrap().verifier().to_string()));
    let peer = |name: usize, depth| {
        let (peer, key) = &vkeys[name];
        Record::Peer(Peer { peer, keys: vec![key], url: "https://x", packages: None, depth, prev: None })
    };
    let unpeer = |name: usize| Record::Unpeer(Unpeer { peer: vkeys[name].0, prev: None });
    let records =
        || [peer(0, None), peer(1, Some(1)), unpeer(0), unpeer(0), peer(2, None), peer(1, Some(1)), peer(1, None)];
    let draft = about_peers(records());
    let page = Page::parse(&draft.bytes, Subject::Peers).unwrap();
    let peers = page.peers("own.example").peers;
    assert_eq!(
        peers.iter().map(|(origin, (place, peer))| (*origin, *place, peer.depth)).collect::<Vec<_>>(),
        [("b.example", 9, None)]
    );
    let mut taken = Peers::default();
    let voids: Vec<Option<String>> =
        records().iter().map(|record| taken.take("own.example", 0, record).err().map(|why| why.to_string())).collect();
    let said = |text: &str| Some(text.to_owned());
    let same = said("the peer is one already, and nothing else is said of it");
    assert_eq!(voids, [None, None, None, said("it is not a peer"), said("it is the log itself"), same, None]);
    assert!(Page::parse(&draft.bytes, PACKAGE).is_err() && Page::parse(&draft.bytes, "peer b.example").is_err());
}

#[test]
fn the_newest_head_under_a_key_that_counts_is_the_newest() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::record::Sync;

    let signature = |id: u8| STANDARD.encode([[id; 4].to_vec(), vec![0; 64]].concat());
    let (one, two) = (signature(1), signature(2));
    let sync =
        |size, signature| Record::Sync(Sync { peer: "b.example", size, root: Digest([0; 32]), signature, prev: None });
    let draft = about_peers([sync(5, &one), sync(6, &two), sync(8, &one), sync(9, &two)]);
    let page = Page::parse(&draft.bytes, Subject::Peer("b.example")).unwrap();
    let newest = |keys: &[u8]| {
        let ids: Vec<[u8; 4]> = keys.iter().map(|id| [*id; 4]).collect();
        page.syncs().newest(&ids).map(|(place, sync)| (place, sync.size))
    };
    assert_eq!(newest(&[1]), Some((5, 8)));
    assert_eq!(newest(&[1, 2]), Some((6, 9)));
    assert_eq!(newest(&[3]), None);
}
