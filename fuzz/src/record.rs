//! Names, requirements, records, and the pages that hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use headlock::problem::{Catalog, ReleaseParts};
use headlock::world::World;
use headlock_log::digest::Digest;
use headlock_log::merkle::leaf_hash;
use headlock_log::name::{check_feature_name, check_origin, check_package_name, quoted, same_name_key};
use headlock_log::note::{SignedNote, VerifierKey};
use headlock_log::page::{HashedPage, Page, format_line, growth as check_growth};
use headlock_log::record::{
    Addition, Dependency, Feature, Maintainers, Mention, Record, RecordError, Release, Subject,
};
use semver::{Version, VersionReq};

use crate::Choices;
use crate::note::ORIGIN;

/// Accepted names are what docs/log.md says, by a second reading; what is quoted shows no control character.
pub fn name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let letters = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let part = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic()) && letters(text, "_-");
    let parts: Vec<&str> = text.split(':').collect();
    let is_package = parts.len() == 2 && parts.iter().all(|text| part(text)) && text.len() <= 128;
    assert_eq!(check_package_name(text).is_ok(), is_package);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    assert_eq!(check_feature_name(text).is_ok(), begins && letters(text, "_+.-") && text.len() <= 255);
    let plain = !text.is_empty() && text.len() <= 255 && text.chars().all(|c| ('!'..='~').contains(&c));
    let parts = text.split('/').all(|part| !["", ".", ".."].contains(&part));
    assert_eq!(check_origin(text).is_ok(), plain && !text.contains(['+', '"', '\\']) && parts);
    let same = same_name_key(text);
    assert_eq!(same_name_key(&same), same);
    let shown = quoted(text);
    assert!(!shown.contains(char::is_control) && shown.chars().count() <= 10 * 81 + 3, "{shown:?}");
    let marks = ['\u{200e}', '\u{200f}', '\u{061c}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{feff}'];
    assert!(!shown.contains(marks), "{shown:?}");
}

/// A requirement's written form is a fixed point and accepts the same versions; so does a version's.
pub fn requirement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(version) = Version::parse(text) {
        assert_eq!(version.to_string(), text, "a second form of a version");
    }
    let Ok(read) = VersionReq::parse(text) else { return };
    let form = read.to_string();
    let again = VersionReq::parse(&form).unwrap_or_else(|error| panic!("{text:?} is written {form:?}: {error}"));
    assert_eq!(again.to_string(), form, "of {text:?}");
    let near = read.comparators.iter().flat_map(|comparator| {
        let (minor, patch) = (comparator.minor.unwrap_or(0), comparator.patch.unwrap_or(0));
        let exact = Version::new(comparator.major, minor, patch);
        let before = Version { pre: comparator.pre.clone(), ..exact.clone() };
        let raise = |number: u64| number.saturating_add(1);
        let next = [(0, 0, 1), (0, 1, 0), (1, 0, 0)].map(|(major, minor, patch)| {
            let Version { major: a, minor: b, patch: c, .. } = exact;
            let pick = |on: u64, number: u64| if on == 1 { raise(number) } else { number };
            Version::new(pick(major, a), pick(minor, b), pick(patch, c))
        });
        [exact, before].into_iter().chain(next)
    });
    for version in near.take(200) {
        assert_eq!(read.matches(&version), again.matches(&version), "{text:?} as {form:?} on {version}");
    }
}

/// One encoding of a record, and all in it is as it says.
pub fn record(data: &[u8]) {
    let Ok(record) = Record::parse(data) else { return };
    assert_eq!(record.encode(), data, "a second encoding");
    assert_eq!(record.check(), Ok(()));
    assert!(data.iter().all(|byte| (b' '..=b'~').contains(byte)), "not printable ASCII");
    if let Some(version) = record.version() {
        assert_eq!(Version::parse(version).map(|version| version.to_string()).ok().as_deref(), Some(version));
    }
    if let Some(package) = record.package() {
        assert_eq!(check_package_name(package), Ok(()));
    }
    if let Record::Release(release) = &record {
        assert!(release.dependencies.is_sorted_by(|a, b| a < b));
        assert!(release.features.is_sorted_by(|a, b| a.name < b.name));
        for addition in release.features.iter().flat_map(|feature| &feature.additions) {
            assert!((addition.dependency as usize) < release.dependencies.len());
        }
    }
}

/// A page that is read is the lines that it was read from, each chained to those before it.
pub fn page(data: &[u8]) {
    let first = std::str::from_utf8(data).ok().and_then(|text| {
        let (_, record) = text.lines().next()?.split_once(' ')?;
        Record::parse(record.as_bytes()).ok()?.subject()
    });
    let subject = first.unwrap_or(Subject::Package("acme:http"));
    assert_eq!(Subject::from(subject.to_string().as_str()), subject);
    let Ok(page) = Page::parse(data, ORIGIN, subject) else { return };
    let mut again = Vec::new();
    for (place, record) in &page.lines {
        let prev = (!again.is_empty()).then(|| Digest::of(&again));
        assert_eq!(record.prev(), prev);
        assert_eq!(record.subject(), Some(subject));
        again.extend(format_line(*place, &record.encode()));
    }
    assert_eq!(again, data, "a second encoding");
    assert_eq!(page.digest, Digest::of(data));
    let (place, record) = page.lines.last().expect("a page has a line");
    assert_eq!(page.last(), (*place, leaf_hash(&record.encode())));
    match subject {
        Subject::Package(_) => {
            check_fold(&page);
            check_authority(&page);
        }
        Subject::Peers => check_peers(&page),
        Subject::Peer(_) => assert!(page.syncs().newest(&[]).is_none()),
    }
}

/// Of each peer the last word counts.
fn check_peers(page: &Page<'_>) {
    let peers = page.peers("log.example").peers;
    for (place, record) in &page.lines {
        let (origin, is_peer) = match record {
            Record::Peer(peer) => (peer.peer, true),
            Record::Unpeer(unpeer) => (unpeer.peer, false),
            other => panic!("{other:?} in a page about peers"),
        };
        let is_last =
            page.lines.iter().rev().find(|(_, later)| named(later) == Some(origin)).is_some_and(|(at, _)| at == place);
        if is_last {
            assert_eq!(peers.contains_key(origin), is_peer && origin != "log.example");
        }
    }
}

fn named<'a>(record: &Record<'a>) -> Option<&'a str> {
    match record {
        Record::Peer(peer) => Some(peer.peer),
        Record::Unpeer(unpeer) => Some(unpeer.peer),
        _ => None,
    }
}

/// What a page says in the end, by a plain reading of it from the first line to the last.
fn check_fold(page: &Page<'_>) {
    let mut releases: BTreeMap<Version, (u64, bool)> = BTreeMap::new();
    let mut voids = Vec::new();
    for (place, record) in &page.lines {
        let Some(version) = record.version() else {
            assert_eq!(record.kind(), "maintainers");
            continue;
        };
        let version = Version::parse(version).expect("checked");
        let known = releases.get(&version).map(|(_, yanked)| *yanked);
        match (record, known) {
            (Record::Release(_), None) => drop(releases.insert(version, (*place, false))),
            (Record::Yank(_), Some(false)) => releases.get_mut(&version).expect("known").1 = true,
            (Record::Unyank(_), Some(true)) => releases.get_mut(&version).expect("known").1 = false,
            _ => voids.push(*place),
        }
    }
    let folded = page.fold();
    let found: Vec<_> =
        folded.releases.iter().map(|release| (release.version.clone(), (release.place, release.yanked))).collect();
    assert_eq!(found, releases.into_iter().collect::<Vec<_>>());
    assert_eq!(folded.voids.iter().map(|void| void.place).collect::<Vec<_>>(), voids);
    for release in &folded.releases {
        let record = page.release(release).expect("a release of this page");
        assert_eq!(record.version, release.version.to_string());
    }
}

/// Whatever a page holds its package's maintainers have signed, by a plain reading: each signature as a note's.
fn check_authority(page: &Page<'_>) {
    let mut present: Option<&Maintainers<'_>> = None;
    for (place, record) in &page.lines {
        let (new, is_first) = match record {
            Record::Release(release) => {
                let earlier = page.lines.iter().take_while(|(other, _)| other < place);
                let is_first = !earlier.into_iter().any(|(_, record)| matches!(record, Record::Release(_)));
                (release.maintainers.as_ref(), is_first)
            }
            Record::Maintainers(handover) => (Some(&handover.maintainers), true),
            _ => continue,
        };
        assert!(new.is_none() || is_first, "maintainers in a later release");
        let statement = record.statement(ORIGIN).expect("a kind that is signed");
        let has_signed = |key: &VerifierKey| {
            record.signatures().iter().any(|text| {
                let line = format!("\u{2014} {} {text}", key.name());
                let signature = line.parse().expect("the form of a signature");
                SignedNote::new(&statement, vec![signature])
                    .is_ok_and(|note| note.verify(std::slice::from_ref(key)).is_ok())
            })
        };
        for maintainers in present.into_iter().chain(new) {
            let keys: BTreeMap<[u8; 32], VerifierKey> =
                maintainers.verifiers().map(|key| (key.public_key(), key)).collect();
            assert_eq!(keys.len(), maintainers.keys.len(), "one key twice");
            // Under a name that a key has among the others it signs for these, too: at most one of the two is asked here.
            let all = present.into_iter().chain(new).flat_map(Maintainers::verifiers);
            let signed: BTreeSet<[u8; 32]> = all.filter(|key| has_signed(key)).map(|key| key.public_key()).collect();
            let count = keys.keys().filter(|key| signed.contains(*key)).count();
            assert!(count >= maintainers.threshold as usize, "record {place} is signed by {count}");
        }
        assert!(present.is_some() || new.is_some() || record.signatures().is_empty());
        present = new.or(present);
    }
    let keyring = page.authority().keyring();
    assert_eq!(keyring.is_some(), present.is_some());
    assert!(keyring.zip(present).is_none_or(|(keyring, maintainers)| keyring.says(maintainers)));
}

const VERSIONS: [&str; 8] = ["0.1.0", "0.1.1", "1.0.0-rc.1", "1.0.0", "1.0.0+b.2", "1.0.0+b.10", "1.10.0", "2.0.0"];

/// A release as it may stand in a page: what it lists is much like what others of the page list, and not always in order.
fn made_release<'a>(version: &'a str, prev: Option<Digest>, choices: &mut Choices<'_>) -> Release<'a> {
    let features = |choices: &mut Choices<'_>| ["a", "b", "c"][..choices.below(4)].to_vec();
    let dependency = |choices: &mut Choices<'_>| {
        Arc::new(Dependency {
            registry: None,
            package: ["acme:a", "acme:b", "acme:c"][choices.below(3)],
            requirement: ["*", "^1", "^1.2", "1"][choices.below(4)],
            content: (choices.below(4) == 1).then_some(Digest([1; 32])),
            optional: choices.below(2) == 1,
            features: features(choices),
        })
    };
    let mut dependencies: Vec<_> = (0..choices.below(4)).map(|_| dependency(choices)).collect();
    if choices.below(8) > 0 {
        dependencies.sort();
        dependencies.dedup();
    }
    let feature = |choices: &mut Choices<'_>| {
        let addition =
            |choices: &mut Choices<'_>| Addition { dependency: choices.below(3) as u32, features: features(choices) };
        let additions = (0..choices.below(2)).map(|_| addition(choices)).collect();
        Arc::new(Feature { name: ["a", "b", "default"][choices.below(3)], includes: features(choices), additions })
    };
    let mut features: Vec<_> = (0..choices.below(3)).map(|_| feature(choices)).collect();
    if choices.below(8) > 0 {
        features.sort_by_key(|feature| feature.name);
        features.dedup_by_key(|feature| feature.name);
    }
    let content = Digest([choices.byte(); 32]);
    Release { dependencies, features, prev, ..Release::new("acme:http", version, content) }
}

/// Whole pages, made record by record. A page is read exactly if each of its records is one by itself, and then as the same;
/// what it says is what a plain reading says; and it has grown exactly if its new lines lie beyond the older head.
pub fn page_fold(data: &[u8]) {
    let mut choices = Choices(data);
    let size = choices.below(64) as u64;
    let older_lines = choices.below(8);
    let (mut page, mut older, mut places, mut records) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut place = choices.below(16) as u64;
    while !choices.is_over() && places.len() < 32 {
        if places.len() == older_lines {
            older.clone_from(&page);
        }
        let prev = (!page.is_empty()).then(|| Digest::of(&page));
        let (package, version) = ("acme:http", VERSIONS[choices.below(VERSIONS.len())]);
        let mention = Mention { package, version, prev };
        let record = match choices.below(5) {
            0 => Record::Yank(mention),
            1 => Record::Unyank(mention),
            _ => Record::Release(made_release(version, prev, &mut choices)),
        };
        let mut encoded = record.encode();
        if choices.below(24) == 1 {
            let at = choices.below(encoded.len());
            encoded[at] = [b' ', b'"', b',', b'a', b'0', b']', b'\\'][choices.below(7)];
        }
        page.extend(format_line(place, &encoded));
        places.push(place);
        records.push(encoded);
        place += 1 + choices.below(5) as u64;
    }
    if places.is_empty() {
        return;
    }
    let alone: Vec<_> = records.iter().map(|record| Record::parse(record)).collect();
    let mut prefix = Vec::new();
    let hold = alone.iter().zip(&records).zip(&places).all(|((record, encoded), place)| {
        let prev = (!prefix.is_empty()).then(|| Digest::of(&prefix));
        prefix.extend(format_line(*place, encoded));
        record.as_ref().is_ok_and(|record| record.package() == Some("acme:http") && record.prev() == prev)
    });
    let read = Page::parse(&page, "log.example", "acme:http");
    assert_eq!(read.is_ok(), hold, "{:?}: {}", read.as_ref().err(), String::from_utf8_lossy(&page));
    if let Ok(read) = &read {
        assert_eq!(read.digest, Digest::of(&page));
        assert_eq!(read.lines.iter().map(|(place, _)| *place).collect::<Vec<_>>(), places);
        assert!(read.lines.iter().map(|(_, record)| Some(record)).eq(alone.iter().map(|record| record.as_ref().ok())));
        check_fold(read);
        check_told(read, &page, &alone);
    }
    assert!(Page::parse(&page, "log.example", "acme:other").is_err());
    let added = if older.is_empty() { &places } else { &places[older_lines..] };
    assert_eq!(check_growth(&older, &page, size).is_ok(), added.iter().all(|place| *place >= size));
    // Without its first line, or its last newline, it is no page.
    let first = page.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    assert!(Page::parse(&page[..page.len() - 1], "log.example", "acme:http").is_err());
    assert!(Page::parse(&page[first..], "log.example", "acme:http").is_err());
}

/// What a solver is told of a page is what it would be told of its records, each read by itself and numbered by itself.
fn check_told(page: &Page<'_>, bytes: &[u8], alone: &[Result<Record<'_>, RecordError>]) {
    let Subject::Package(name) = page.subject else { panic!("a page of a package") };
    let folded = page.fold();
    let parts: Vec<ReleaseParts<'_>> = folded
        .releases
        .iter()
        .map(|release| {
            let Ok(Record::Release(record)) = &alone[release.line] else {
                panic!("line {} is a release", release.line)
            };
            ReleaseParts { record, version: &release.version, yanked: release.yanked, place: release.place }
        })
        .collect();
    let mut plain = Catalog::new(9);
    let mut quick = Catalog::new(9);
    let [number, same] = [&mut plain, &mut quick].map(|catalog| {
        catalog.add_root("log.example", "acme:c", "^1.2", None, &["c", "b"]).expect("a root");
        let registry = catalog.registry("log.example");
        catalog.package(registry, name)
    });
    assert_eq!(number, same);
    plain.supply(number, &parts).expect("ranges");
    let part = World::V0_1_0.read_page("log.example", name, &HashedPage::new(bytes.to_vec())).expect("a page");
    quick.supply_part(number, part);
    assert_eq!(told(&plain), told(&quick));
}

/// All lists of a catalog.
fn told(catalog: &Catalog) -> Vec<String> {
    let lists: [&dyn std::fmt::Debug; 16] = [
        &catalog.registries,
        &catalog.names,
        &catalog.packages,
        &catalog.states,
        &catalog.versions,
        &catalog.requirements,
        &catalog.feature_names,
        &catalog.exclusive_names,
        &catalog.supplied,
        &catalog.releases,
        &catalog.exclusives,
        &catalog.dependencies,
        &catalog.dependency_features,
        &catalog.features,
        &(&catalog.included, &catalog.additions),
        &catalog.addition_features,
    ];
    lists.map(|list| format!("{list:?}")).into()
}

/// Whatever has grown begins with what it was, and every added line lies beyond the older head.
pub fn growth(data: &[u8]) {
    let mut choices = Choices(data);
    let size = choices.below(64) as u64;
    let cut = choices.below(1 << 16);
    let newer = choices.rest();
    let older = &newer[..cut.min(newer.len())];
    if check_growth(older, newer, size).is_ok() {
        let added = std::str::from_utf8(&newer[older.len()..]).expect("lines are text");
        for line in added.lines() {
            let place: u64 = line.split(' ').next().and_then(|place| place.parse().ok()).expect("a place");
            assert!(place >= size, "{line:?}");
        }
    }
    assert_eq!(check_growth(newer, newer, size), Ok(()));
    if !older.is_empty() && older != newer {
        assert!(check_growth(newer, older, size).is_err(), "it shrank");
    }
}
