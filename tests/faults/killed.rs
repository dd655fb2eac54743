//! A run that is killed in the place of any of its changes to the disk, one whose disk is full from then on, and one for
//! which that change fails: what it leaves is the state before or the state after, and the next run needs no help.
//!
//! A kill loses nothing that was written. What a machine that loses power may lose is tried on a disk in memory:
//! host/src/registry/tests/crashing.rs.

use std::fs;

use super::stage::{AUDIT, PUBLISH, Said, Stage, served};
use super::traced::{Fault, can_trace, changes, struck};
use super::writers::HALF;

/// A command that writes to the registry.
struct Writing {
    arguments: &'static [&'static str],
    /// What it says if it was done before.
    again: &'static str,
    /// How many changes it makes at least.
    changes: usize,
}

/// Lets a command be killed at each of its changes, and meet every other fault at every so many of them.
fn strike_registry(first: &Stage, writing: &Writing, every: usize) {
    if !can_trace() {
        return;
    }
    let whole = first.copy();
    let changes = changes(&whole, writing.arguments);
    assert!(changes.len() >= writing.changes, "{} changes and no more: {changes:?}", changes.len());
    whole.does(&AUDIT);
    let (old, new) = (fs::read(first.path("reg/checkpoint")).ok(), whole.read("reg/checkpoint"));
    for fault in Fault::ALL {
        let step = if matches!(fault, Fault::Killed) { 1 } else { every };
        for (place, change) in changes.iter().enumerate().step_by(step) {
            let stage = first.copy();
            let at = format!("{fault:?} at {change:?}");
            let (said, met) = struck(&stage, fault, change, writing.arguments);
            assert!(met, "{at}: {said:?}");
            after(&stage, &at, &said, old.as_deref(), &new);
            // Whoever holds a lock from before sees nothing of it.
            if old.is_some() && place % 4 == 0 {
                stage.does(&["-C", "project", "verify"]);
            }
            finish(&stage, &whole, writing, &at);
        }
    }
}

/// What a run may leave: a head that is the old one or the new one, and all that it commits to.
fn after(stage: &Stage, at: &str, said: &Said, old: Option<&[u8]>, new: &[u8]) {
    let found = fs::read(stage.path("reg/checkpoint")).ok();
    assert!(found.as_deref() == old || found.as_deref() == Some(new), "{at}: neither the old head nor the new one");
    match said.code {
        // Killed; or what failed was not needed any more, or could be passed over.
        None => {}
        Some(0) => assert_eq!(found.as_deref(), Some(new), "{at}: {said:?}"),
        // Where nothing can be written, nothing can be said.
        Some(4) if said.err.lines().all(|line| line.starts_with("warning: ")) => {
            assert!(at.starts_with("Full at") && at.contains("write"), "{at}: {said:?}");
        }
        Some(4) => {
            let why = ["No space left on device (os error 28)", "Input/output error (os error 5)"];
            assert!(why.iter().any(|why| said.err.contains(why)), "{at}: {said:?}");
        }
        _ => panic!("{at}: {said:?}"),
    }
    if found.is_some() {
        let audit = stage.headlock(&AUDIT);
        assert_eq!(audit.code, Some(0), "{at}: {audit:?}");
    }
}

/// The next run does what is left to do: what was signed is never dropped, nothing else stays.
fn finish(stage: &Stage, whole: &Stage, writing: &Writing, at: &str) {
    let new = whole.read("reg/checkpoint");
    let signed = fs::read(stage.path("reg/.writer/pending")).is_ok_and(|pending| pending == new);
    let was_new = fs::read(stage.path("reg/checkpoint")).is_ok_and(|checkpoint| checkpoint == new);
    let said = stage.headlock(writing.arguments);
    if said.code != Some(0) {
        assert!(signed || was_new, "{at}: {said:?}");
        assert!(matches!(said.code, Some(1 | 2)), "{at}: {said:?}");
        assert!(said.err.contains(writing.again), "{at}: {said:?}");
    }
    assert!(served(&stage.path("reg")) == served(&whole.path("reg")), "{at}: not the files of an undisturbed run");
    let writer = stage.path("reg/.writer");
    let left = |name: &str| fs::metadata(writer.join(name)).is_ok_and(|found| !found.is_dir());
    assert!(!left("pending") && !left("transaction"), "{at}");
    assert!(fs::read_dir(writer.join("new")).is_ok_and(|mut new| new.next().is_none()), "{at}");
}

#[test]
fn publish() {
    let release = ["my:net", "0.2.1", "--content", "more", "--dependency", "my:logger ^1"];
    let arguments: Vec<&'static str> = PUBLISH.iter().copied().chain(release).collect();
    let stage = Stage::new();
    fs::write(stage.path("more"), "more content").unwrap();
    let again = "my:net 0.2.1 is already published";
    strike_registry(&stage, &Writing { arguments: arguments.leak(), again, changes: 60 }, 3);
}

#[test]
fn yank() {
    let arguments = &["registry", "yank", "--registry", "reg", "--key", "log.key", "my:logger", "1.0.0"];
    let again = "my:logger 1.0.0 is already yanked";
    strike_registry(&Stage::new(), &Writing { arguments, again, changes: 50 }, 5);
}

#[test]
fn import() {
    let stage = Stage::new();
    let rows = stage.path("rows");
    fs::create_dir(&rows).unwrap();
    let row = |name: &str, version: &str, yanked: bool| {
        format!(
            "{{\"name\":\"{name}\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":{yanked}}}\n",
            "cd".repeat(32)
        )
    };
    fs::write(rows.join("one"), row("one", "1.0.0", false) + &row("one", "1.1.0", true)).unwrap();
    fs::write(rows.join("two"), row("two", "0.1.0", false)).unwrap();
    let arguments = &["registry", "import", "crates-index", "rows", "--registry", "reg", "--key", "log.key"];
    strike_registry(&stage, &Writing { arguments, again: "nothing: it does what is left", changes: 60 }, 5);
}

#[test]
fn init() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.path("reg")).unwrap();
    let again = "expected a folder without a registry, found the registry registry.example/components, size 1";
    strike_registry(
        &stage,
        &Writing { arguments: &["registry", "init", "reg", "--key", "log.key"], again, changes: 40 },
        3,
    );
}

#[test]
fn lock() {
    if !can_trace() {
        return;
    }
    const LOCK: [&str; 3] = ["-C", "project", "lock"];
    let first = Stage::new();
    // The manifest asks for more than the lock was made from, and this host remembers nothing.
    let old = first.read("project/headlock.lock");
    let manifest = String::from_utf8(first.read("project/headlock.toml")).unwrap();
    fs::write(first.path("project/headlock.toml"), manifest + "\"my:logger\" = \"1\"\n").unwrap();
    fs::remove_dir_all(first.path("state/heads")).unwrap();
    let whole = first.copy();
    let changes = changes(&whole, &LOCK);
    assert!(changes.len() >= 8, "{changes:?}");
    let new = whole.read("project/headlock.lock");
    assert_ne!(old, new);
    for (fault, without) in Fault::ALL.into_iter().flat_map(|fault| [(fault, false), (fault, true)]) {
        let first = first.copy();
        if without {
            fs::remove_file(first.path("project/headlock.lock")).unwrap();
        }
        for change in &changes {
            let stage = first.copy();
            let at = format!("{fault:?} at {change:?}");
            let (said, met) = struck(&stage, fault, change, &LOCK);
            assert!(met, "{at}: {said:?}");
            let found = fs::read(stage.path("project/headlock.lock")).ok();
            let was = (!without).then_some(&old);
            assert!(found.as_ref() == was || found.as_ref() == Some(&new), "{at}: a lock of another kind");
            assert!(matches!(said.code, None | Some(0 | 4)), "{at}: {said:?}");
            assert!(said.code != Some(0) || found.as_ref() == Some(&new), "{at}: {said:?}");
            stage.does(&LOCK);
            assert_eq!(stage.read("project/headlock.lock"), new, "{fault:?}");
            let said = stage.does(&["-C", "project", "verify"]);
            assert!(said.starts_with("verified: 3 releases"), "{at}: {said}");
        }
    }
}

#[test]
fn key_generate() {
    if !can_trace() {
        return;
    }
    let generate = ["key", "generate", "--name", "registry.example/new", "--out", "new.key"];
    let first = Stage::new();
    let changes = changes(&first.copy(), &generate);
    assert!(changes.len() >= 8, "{changes:?}");
    for fault in Fault::ALL {
        for change in &changes {
            let stage = first.copy();
            let at = format!("{fault:?} at {change:?}");
            let (said, met) = struck(&stage, fault, change, &generate);
            assert!(met, "{at}: {said:?}");
            let (private, public) = (stage.path("new.key"), stage.path("new.key.pub"));
            // Whole or not there; the public one never alone.
            let key = fs::read_to_string(&private).ok().map(|text| {
                headlock_log::note::SigningKey::parse(text.trim_end()).unwrap_or_else(|error| panic!("{at}: {error}"))
            });
            if let Ok(text) = fs::read_to_string(&public) {
                let key = key.as_ref().unwrap_or_else(|| panic!("{at}: a public key without its private one"));
                assert_eq!(text.trim_end(), key.verifier().to_string(), "{at}");
            }
            let again = stage.headlock(&generate);
            match key {
                None => assert_eq!(again.code, Some(0), "{at}: {again:?}"),
                Some(_) => {
                    let is_public = public.exists();
                    assert_eq!(again.code, Some(2), "{at}: {again:?}");
                    assert!(again.err.contains("exists already, and a key is never overwritten"), "{again:?}");
                    assert_eq!(again.err.contains(HALF), !is_public, "{at}: {again:?}");
                    fs::remove_file(&private).unwrap();
                    if is_public {
                        fs::remove_file(&public).unwrap();
                    }
                    stage.does(&generate);
                }
            }
        }
    }
}
