//! A crash after any operation leaves a folder that the next writer brings to the old head or to the new one.

use super::*;
use crate::registry::import::import_crates_index;
use crate::registry::journal::CHECKPOINT;
use crate::registry::store::{Reader, Store};

const SEEDS: u64 = 4;

/// One transaction with a new package, an old one, and a tile that fills up.
fn extend(disk: &Disk, key: &SigningKey) -> Result<()> {
    let mut registry = open(disk, key)?;
    registry.append(&[
        release("t:many", "2.0.0"),
        release("t:new", "1.0.0"),
        yank("t:many", "1.0.0"),
        release("t:other", "1.0.0"),
    ])?;
    Ok(())
}

fn checkpoint(disk: &Disk) -> Vec<u8> {
    disk.read(CHECKPOINT, 1 << 16).unwrap().unwrap()
}

/// The files that a registry serves.
fn served(disk: &Disk) -> Vec<(String, Vec<u8>)> {
    disk.files().into_iter().filter(|(path, _)| !path.starts_with(".writer/")).collect()
}

/// Does something to a registry.
type Writing<'a> = &'a dyn Fn(&Disk, &SigningKey) -> Result<()>;

/// What must hold of a disk that crashed while the old one became the new one.
fn check(disk: &Disk, old: &Disk, new: &Disk, writing: Writing<'_>) {
    let key = key();
    let (before_crash, old, new) = (old, &checkpoint(old)[..], &checkpoint(new)[..]);
    let signed = disk.files().values().any(|content| content == new);
    let before: Vec<String> = disk.files().into_keys().collect();
    let head = open(disk, &key).unwrap_or_else(|error| panic!("{error}, with {before:?}")).head().clone();
    let found = checkpoint(disk);
    assert!(found == old || found == new, "neither the old head nor the new one: {head:?}");
    assert!(!signed || found == new, "what was signed was dropped");
    let audit = audited(disk);
    audit.verdict().unwrap_or_else(|error| panic!("{error}, with {before:?}"));
    let left: Vec<String> = disk.files().into_keys().filter(|path| path.starts_with(".writer/")).collect();
    assert!(!left.iter().any(|path| path.contains("new/") || path.contains("pending") || path.contains("transaction")));
    // Nothing is left that no head implies.
    if found == old {
        assert_eq!(served(disk), served(before_crash));
        writing(disk, &key).unwrap();
        assert_eq!(checkpoint(disk), new);
    }
}

/// Lets a disk crash at each operation.
fn crash_anywhere(base: &Disk, operations: u64, writing: Writing<'_>) {
    let key = key();
    let whole = base.copy();
    writing(&whole, &key).unwrap();
    assert!(whole.operations() > operations, "{} operations", whole.operations());
    for operation in 0..whole.operations() {
        let disk = base.copy();
        disk.fail_after(operation);
        // Past the last step that matters, removing what is in the way may fail quietly.
        let failed = writing(&disk, &key).is_err();
        assert!(failed || checkpoint(&disk) == checkpoint(&whole));
        for seed in 0..SEEDS {
            check(&disk.crash(seed), base, &whole, writing);
        }
    }
}

#[test]
fn a_crash_anywhere_in_a_transaction() {
    // 252 entries: the transaction's five pass the end of the first tile.
    crash_anywhere(&filled(250), 50, &extend);
}

#[test]
fn a_crash_anywhere_in_a_yank() {
    crash_anywhere(&filled(3), 40, &|disk, key| open(disk, key)?.yank("t:many", "1.0.0").map(|_| ()));
}

#[test]
fn a_crash_anywhere_in_an_import() {
    let rows = tempfile::tempdir().unwrap();
    let row = |name: &str, version: &str, yanked: bool| {
        let cksum = Digest::of(version.as_bytes());
        let rest = r#""deps":[],"features":{}"#;
        format!("{{\"name\":\"{name}\",\"vers\":\"{version}\",{rest},\"cksum\":\"{cksum}\",\"yanked\":{yanked}}}\n")
    };
    std::fs::write(rows.path().join("one"), row("one", "1.0.0", false) + &row("one", "1.1.0", true)).unwrap();
    std::fs::write(rows.path().join("two"), row("two", "0.1.0", false)).unwrap();
    crash_anywhere(&filled(3), 50, &|disk, key| {
        let mut registry = open(disk, key)?;
        let report = import_crates_index(rows.path(), &mut registry, None, &mut |_| ())?;
        assert_eq!((report.released, report.yanked), (3, 1));
        Ok(())
    });
}

#[test]
fn a_crash_anywhere_in_the_recovery_from_a_crash() {
    let key = key();
    let base = filled(250);
    let whole = base.copy();
    extend(&whole, &key).unwrap();
    for operation in (0..whole.operations()).step_by(7) {
        let disk = base.copy();
        disk.fail_after(operation);
        let _ = extend(&disk, &key);
        let crashed = disk.crash(operation);
        let recovered = crashed.copy();
        open(&recovered, &key).unwrap();
        for again in (0..recovered.operations()).step_by(3) {
            let disk = crashed.copy();
            disk.fail_after(again);
            assert!(open(&disk, &key).is_err());
            check(&disk.crash(operation + again), &base, &whole, &extend);
        }
    }
}

#[test]
fn a_crash_anywhere_in_init() {
    let key = key();
    let whole = Disk::default();
    init(&whole, &key).unwrap();
    for operation in 0..whole.operations() {
        for seed in 0..SEEDS {
            let disk = Disk::default();
            disk.fail_after(operation);
            assert!(init(&disk, &key).is_err());
            let crashed = disk.crash(seed);
            match init(&crashed, &key) {
                Ok(registry) => assert_eq!(registry.head().size, 1),
                // The checkpoint was there already: only the tidying up was left to do.
                Err(error) => assert!(error.to_string().ends_with("size 1"), "{error}"),
            }
            assert_eq!(checkpoint(&crashed), checkpoint(&whole));
            audited(&crashed).verdict().unwrap();
        }
    }
}

#[test]
fn a_failed_write_does_not_end_the_writer() {
    let key = key();
    let base = filled(3);
    let whole = base.copy();
    extend(&whole, &key).unwrap();
    for operation in 10..whole.operations() {
        let disk = base.copy();
        let mut registry = open(&disk, &key).unwrap();
        disk.fail_after(operation);
        let failed = registry.append(&[release("t:new", "1.0.0")]).is_err();
        disk.fail_after(u64::MAX);
        let size = registry.append(&[release("t:late", "1.0.0")]).unwrap().size;
        // The first epoch, three releases and theirs, then both appended ones or only the second.
        assert!(size == 7 || size == 9, "{size}");
        assert!(failed || size == 9);
        audited(&disk).verdict().unwrap();
    }
}

#[test]
fn a_signed_head_that_contradicts_the_checkpoint_stops_the_writer() {
    let key = key();
    let (disk, other) = (filled(3), filled(2));
    let fork = checkpoint(&other);
    disk.set(".writer/pending", Some(&fork));
    let error = open(&disk, &key).err().unwrap();
    assert_eq!(
        error.to_string(),
        "checkpoint and .writer/pending hold two signed heads that do not extend one another"
    );
    assert!(disk.exists(".writer/pending").unwrap());
}

#[test]
fn a_pending_head_under_another_key_stops_the_writer() {
    let disk = filled(3);
    let stranger = SigningKey::generate_from_seed(ORIGIN, [8; 32]).unwrap();
    let other = Disk::default();
    init(&other, &stranger).unwrap();
    disk.set(".writer/pending", Some(&checkpoint(&other)));
    let error = open(&disk, &key()).err().unwrap();
    assert_eq!(error.to_string(), format!(".writer/pending is not signed with the key of {ORIGIN}"));
}

#[test]
fn a_list_of_other_files_is_not_followed() {
    for path in ["../index/aa/x", "blob/aa/aabb", "checkpoint", "page/00/0123"] {
        let disk = filled(3);
        let list = format!("headlock transaction 1\nbase 5\nnew {path}\n");
        disk.set(".writer/transaction", Some(list.as_bytes()));
        let error = open(&disk, &key()).err().unwrap();
        assert_eq!(
            error.to_string(),
            ".writer/transaction: expected the list of an unfinished transaction, found otherwise"
        );
    }
}
