//! Every target on every seed, and on every input that has ever failed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use headlock_fuzz::{TARGETS, seeds};

fn names(folder: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else { return BTreeSet::new() };
    let name = |path: PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    entries.map(|entry| name(entry.unwrap_or_else(|error| panic!("{folder}: {error}")).path())).collect()
}

#[test]
fn every_target_has_seeds() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.len(), TARGETS.len(), "a target stands twice");
    assert_eq!(names("seeds"), listed, "seeds/");
    assert!(names("regressions").is_subset(&listed), "regressions/ holds a folder of no target");
}

/// `BLESS=1 cargo test -p headlock-fuzz` writes them.
#[test]
fn seeds_that_are_made_are_there() {
    for (target, name, bytes) in seeds::made() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
        let path = folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            std::fs::write(&path, &bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        let found = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(found == bytes, "{} is not as it is made; run this with BLESS=1", path.display());
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "shown only where a target panics, which cannot say of which input")]
fn what_is_there_holds() {
    for (name, run) in TARGETS {
        let mut inputs = Vec::new();
        for folder in ["seeds", "regressions"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            inputs.extend(entries.map(|entry| entry.unwrap_or_else(|error| panic!("{name}: {error}")).path()));
        }
        assert!(!inputs.is_empty(), "{name} has no seeds");
        inputs.sort();
        run(b"");
        for input in inputs {
            let bytes = std::fs::read(&input).unwrap_or_else(|error| panic!("{}: {error}", input.display()));
            println!("{name}: {}", input.display());
            run(&bytes);
        }
    }
}
