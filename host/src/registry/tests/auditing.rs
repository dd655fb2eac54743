//! What an audit finds: logs whose operator lies, and folders that are damaged.

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Hasher;
use headlock_log::index::{Index, key_of_package, page_path};
use headlock_log::merkle::empty_root;
use headlock_log::page::format_line;
use headlock_log::record::Epoch;

use super::*;
use crate::error::ErrorKind;
use crate::registry::audit::{At, MAX_FINDINGS};
use crate::registry::store::Store;
use crate::registry::tree::Edge;

/// A log as a dishonest operator would write it: any entries, signed. Index and pages follow what was said to be in
/// them.
struct Liar {
    disk: Disk,
    edge: Edge,
    index: Index,
}

impl Liar {
    fn new() -> Liar {
        Liar { disk: Disk::default(), edge: Edge::default(), index: Index::new() }
    }

    fn push(&mut self, entry: &[u8]) -> &mut Liar {
        for (path, bytes) in self.edge.push(entry).unwrap() {
            self.disk.set(&path, Some(&bytes));
        }
        self
    }

    /// Adds records of one package, chained, and its page.
    fn package(&mut self, package: &str, records: &[Record<'_>]) -> &mut Liar {
        let mut page = Vec::new();
        for record in records {
            let mut record = record.clone();
            let before = (!page.is_empty()).then(|| Digest::of(&page));
            record.set_prev(before);
            page.extend(format_line(self.edge.size(), &record.encode()));
            self.push(&record.encode());
        }
        self.index.insert(key_of_package(package), Digest::of(&page)).unwrap();
        self.disk.set(&page_path(&Digest::of(&page)), Some(&page));
        self
    }

    fn epoch(&mut self) -> &mut Liar {
        let epoch = Record::Epoch(Epoch { index: self.index.root() }).encode();
        self.push(&epoch)
    }

    fn audit(&mut self) -> Audit {
        for (path, bytes) in self.index.files().chain(self.edge.partial(0)) {
            self.disk.set(&path, Some(&bytes));
        }
        let head = Head { origin: ORIGIN.to_owned(), size: self.edge.size(), root: self.edge.root() };
        self.disk.set("checkpoint", Some(&Checkpoint::sign(&head, &key()).unwrap()));
        audited(&self.disk)
    }
}

fn violations(audit: &Audit) -> Vec<String> {
    audit.violations.first.iter().map(ToString::to_string).collect()
}

#[test]
fn an_honest_log_passes() {
    let audit = Liar::new().epoch().package("t:a", &[release("t:a", "1.0.0"), yank("t:a", "1.0.0")]).epoch().audit();
    audit.verdict().unwrap();
    assert_eq!((audit.packages, audit.releases, audit.epochs, audit.head.size), (1, 1, 2, 4));
}

#[test]
fn a_hidden_version() {
    // The log has two releases; the page that the index shows has only the first.
    let mut liar = Liar::new();
    liar.epoch().package("t:a", &[release("t:a", "1.0.0")]);
    let Record::Release(mut hidden) = release("t:a", "1.1.0") else { unreachable!() };
    hidden.prev = liar.index.get(&key_of_package("t:a"));
    let audit = liar.push(&Record::Release(hidden).encode()).epoch().audit();
    let found = liar.index.root();
    let [fault] = &violations(&audit)[..] else { panic!("{:?}", violations(&audit)) };
    assert!(fault.starts_with("record 3, in epoch 2: expected the index "), "{fault}");
    let omits = "it omits record 2, the release of t:a 1.1.0";
    assert!(fault.ends_with(&format!(" over all records before, found {found}; {omits}")), "{fault}");
    let error = audit.verdict().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::No);
    assert_eq!(error.to_string(), format!("{ORIGIN}: 1 violation, the first: {fault}"));
}

#[test]
fn two_chains_for_one_package() {
    let mut liar = Liar::new();
    let audit = liar
        .epoch()
        .package("t:a", &[release("t:a", "1.0.0")])
        .package("t:a", &[release("t:a", "2.0.0")])
        .epoch()
        .audit();
    let [prev, index] = &violations(&audit)[..] else { panic!("{:?}", violations(&audit)) };
    let mut page = Hasher::new();
    let Record::Release(first) = release("t:a", "1.0.0") else { unreachable!() };
    page.update(&format_line(1, &Record::Release(first).encode()));
    let page = page.digest();
    let omits = "it omits record 1, the release of t:a 1.0.0";
    assert_eq!(
        *prev,
        format!("record 2, in epoch 2: expected prev {page}, the page of t:a so far, found none; {omits}")
    );
    assert!(index.starts_with("record 3, in epoch 2: expected the index"), "{index}");
}

#[test]
fn entries_that_are_no_records() {
    let entry = br#"{"yank": {"package":"t:a","version":"1.0.0"}}"#;
    let audit = Liar::new().epoch().push(entry).epoch().audit();
    assert_eq!(
        violations(&audit),
        ["record 1, in epoch 2: expected the one encoding of a record, found something else at byte 8"]
    );
}

#[test]
fn names_that_are_alike_and_dependencies_that_name_the_log() {
    let audit = Liar::new()
        .epoch()
        .package("t:a-b", &[release("t:a-b", "1.0.0")])
        .package("T:A_B", &[release("T:A_B", "1.0.0")])
        .package("t:b", &[foreign("t:b", ORIGIN)])
        .package("t:c", &[foreign("t:c", "other.example/x")])
        .epoch()
        .audit();
    assert_eq!(
        violations(&audit),
        [
            "record 2, in epoch 2: T:A_B begins, though t:a-b is there: names that differ only in case, `-` and `_` are the same",
            "record 3, in epoch 2: t:b depends on t:d of the log itself, which is not to be named",
        ]
    );
}

#[test]
fn void_records_are_told_and_pass() {
    let records = [
        yank("t:a", "1.0.0"),
        release("t:a", "1.0.0"),
        release("t:a", "1.0.0"),
        unyank("t:a", "1.0.0"),
        yank("t:a", "1.0.0"),
        yank("t:a", "1.0.0"),
    ];
    let audit = Liar::new().epoch().package("t:a", &records).epoch().audit();
    audit.verdict().unwrap();
    let voids: Vec<String> = audit.voids.first.iter().map(|void| format!("{} {}", void.place, void.why)).collect();
    assert_eq!(
        voids,
        [
            "1 the version was not released before",
            "3 the version was released before",
            "4 the version is not yanked",
            "6 the version is yanked already",
        ]
    );
    assert_eq!(audit.releases, 1);
}

#[test]
fn a_head_without_an_epoch_or_with_another_root() {
    let audit = Liar::new().epoch().package("t:a", &[release("t:a", "1.0.0")]).audit();
    assert_eq!(violations(&audit), ["expected an epoch as the last record of the head, found none"]);

    let disk = filled(1);
    let size = audited(&disk).head.size;
    let head = Head { origin: ORIGIN.to_owned(), size, root: empty_root() };
    disk.set("checkpoint", Some(&Checkpoint::sign(&head, &key()).unwrap()));
    let audit = audited(&disk);
    let [fault] = &audit.violations.first[..] else { panic!("{:?}", violations(&audit)) };
    assert_eq!(fault.at, At::Head);
    assert!(fault.to_string().ends_with(&format!(", found {} in the signed head", empty_root())), "{fault}");
}

#[test]
fn findings_are_counted_beyond_those_that_are_kept() {
    let mut liar = Liar::new();
    liar.epoch();
    (0..MAX_FINDINGS + 50).for_each(|_| {
        liar.push(b"{}");
    });
    let audit = liar.epoch().audit();
    assert_eq!((audit.violations.count, audit.violations.first.len()), (150, 100));
}

/// Every byte of every file matters, and every file.
#[test]
fn every_damaged_or_missing_file_is_found() {
    let base = filled(300);
    audited(&base).verdict().unwrap();
    let mut kinds = std::collections::BTreeMap::new();
    for (path, content) in base.files() {
        if path.starts_with(".writer/") {
            continue;
        }
        // Of old epochs the files may be gone; they are no longer read.
        let disk = base.copy();
        disk.set(&path, None);
        let missing = audit(&disk, &key().verifier(), &mut |_| ());
        let disk = base.copy();
        let mut damaged = content.clone();
        *damaged.last_mut().unwrap() ^= 1;
        disk.set(&path, Some(&damaged));
        let damaged = audit(&disk, &key().verifier(), &mut |_| ());
        let kind = path.split('/').take(2).collect::<Vec<_>>().join("/");
        let verdict = |result: Result<Audit>| result.and_then(|audit| audit.verdict()).map_err(|error| error.kind());
        kinds.insert((kind, path), (verdict(missing), verdict(damaged)));
    }
    let (old, new): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|(_, verdicts)| *verdicts == (Ok(()), Ok(())));
    // The top node of the empty index, and the partial tiles of the first epoch.
    let old: Vec<String> = old.into_iter().map(|((kind, _), _)| kind).collect();
    assert_eq!(old.len(), 1, "{old:?}");
    assert!(old[0].starts_with("index/"), "{old:?}");
    for ((_, path), (missing, damaged)) in new {
        assert_eq!(missing, Err(ErrorKind::CouldNotCheck), "{path}");
        let expected = match path.as_str() {
            "checkpoint" => ErrorKind::Refused,
            _ => ErrorKind::No,
        };
        assert_eq!(damaged, Err(expected), "{path}");
    }
}

#[test]
fn another_log_is_refused() {
    let disk = filled(1);
    let stranger = SigningKey::generate_from_seed("other.example/x", [7; 32]).unwrap();
    let error = audit(&disk, &stranger.verifier(), &mut |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[test]
fn a_partial_tile_may_be_gone_once_it_is_full() {
    let (disk, key) = (filled(200), key());
    let old = disk.files().remove("checkpoint").unwrap();
    let versions: Vec<String> = (0..100).map(|minor| format!("3.{minor}.0")).collect();
    let records: Vec<Record<'_>> = versions.iter().map(|version| release("t:many", version)).collect();
    open(&disk, &key).unwrap().append(&records).unwrap();
    // Whoever still holds the older head finds the full tile.
    disk.set("checkpoint", Some(&old));
    assert!(!disk.exists("tile/0/000.p/202").unwrap());
    audited(&disk).verdict().unwrap();
}
