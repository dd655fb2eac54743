//! What a writer and an audit read and write, counted: how much of it depends on the size of the registry.

use std::collections::BTreeMap;

use super::*;

/// A disk with a registry of so many packages of one release, in one epoch.
fn packages(count: usize) -> Disk {
    let (disk, key) = (Disk::default(), key());
    let names: Vec<String> = (0..count).map(|number| format!("t:p{number}")).collect();
    let records: Vec<Record<'_>> = names.iter().map(|name| release(name, "1.0.0")).collect();
    init(&disk, &key).unwrap().append(&records).unwrap();
    disk
}

/// By folder, the files that adding a record to a disk reads, those that it looks for in vain included, and those that
/// it leaves with another content.
fn touched(disk: &Disk, record: &Record<'_>) -> [BTreeMap<String, u64>; 2] {
    let (disk, key) = (disk.copy(), key());
    let before = disk.files();
    disk.take_reads();
    open(&disk, &key).unwrap().append(std::slice::from_ref(record)).unwrap();
    let mut read = BTreeMap::new();
    for (path, times) in disk.take_reads() {
        *read.entry(kind(&path)).or_default() += times;
    }
    let mut written = BTreeMap::new();
    for (path, _) in disk.files().iter().filter(|(path, content)| before.get(*path) != Some(*content)) {
        *written.entry(kind(path)).or_default() += 1;
    }
    [read, written]
}

/// The folder that a file is in, without numbers and hashes.
fn kind(path: &str) -> String {
    let words = path.split('/').filter(|word| (3..64).contains(&word.len()) && !word.starts_with(char::is_numeric));
    words.collect::<Vec<_>>().join("/")
}

fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

#[test]
fn one_release_touches_as_many_files_in_a_large_registry_as_in_a_small_one() {
    // Their sizes, 202, 2,002 and 20,002, have tiles of one, two and two levels.
    for (size, levels) in [(200, 1), (2_000, 2), (20_000, 2)] {
        let disk = packages(size);
        let read = [
            (".writer/pending", 1),
            (".writer/transaction", 1),
            (".writer/waiting", 1),
            ("bin", 1),
            ("checkpoint", 1),
            ("index", 2),
            // To be checked, and to be written with the line behind it.
            ("page", 2),
            ("tile", levels),
            ("tile/entries", 1),
        ];
        let written = [
            (".writer/names/size", 1),
            ("bin", 1),
            ("checkpoint", 1),
            ("index", 2),
            ("page", 1),
            ("tile", 1),
            ("tile/entries", 1),
        ];
        assert_eq!(touched(&disk, &release("t:p7", "1.1.0")), [counts(&read), counts(&written)], "{size}");
        assert_eq!(touched(&disk, &yank("t:p7", "1.0.0")), [counts(&read), counts(&written)], "{size}");

        // A package that is new: no page is there, one of the 256 files of names is read and written.
        let [mut read, written] = touched(&disk, &release("t:new", "1.0.0"));
        assert_eq!(read.get("page"), None, "{size}: {read:?}");
        assert_eq!(read.get(".writer/names"), Some(&1), "{size}: {read:?}");
        // Its bin may be empty still, and then has no file.
        read.remove("bin");
        assert_eq!(read.values().sum::<u64>(), 9 + levels, "{size}: {read:?}");
        assert_eq!(written.values().sum::<u64>(), 9, "{size}: {written:?}");
    }
}

#[test]
fn an_audit_reads_each_file_of_the_newest_epoch_once_and_no_other() {
    let (disk, key) = (packages(300), key());
    // Epochs whose pages, bins and nodes later ones replace.
    for minor in 1..=20 {
        open(&disk, &key).unwrap().append(&[release("t:p7", &format!("1.{minor}.0"))]).unwrap();
    }
    let all = disk.files();
    disk.take_reads();
    let audit = audited(&disk);
    audit.verdict().unwrap();
    assert_eq!((audit.epochs, audit.head.size), (22, 1 + 301 + 40));
    let reads = disk.take_reads();
    let twice: Vec<_> = reads.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(reads.keys().all(|path| all.contains_key(path)), "a file was looked for in vain");
    let count = |folder: &str| reads.keys().filter(|path| path.starts_with(folder)).count() as u64;
    assert_eq!(count("page/"), audit.packages);
    // Two bundles, two tiles of level 0 and one of level 1.
    assert_eq!(count("tile/"), 5);
    assert!(count("bin/") <= audit.packages && count("index/") <= 257);
    assert_eq!(reads.len() as u64, 1 + 5 + count("page/") + count("bin/") + count("index/"));
}
