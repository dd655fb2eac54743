//! Disks that are full, folders that cannot be written, and caches that are no folders. A cache and a memory are done
//! without; a lock and a registry are as they were, and the next run does what this one could not.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::server::Server;
use super::stage::{AUDIT, ORIGIN, PUBLISH, Stage, copy_folder, served};

const LOCK: [&str; 3] = ["-C", "project", "lock"];
const VERIFY: [&str; 3] = ["-C", "project", "verify"];

/// A file system of its own in memory, until it is dropped.
struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    /// Mounts one of so many KiB over a folder, which is made, with what the folder holds in it. Nothing, said aloud,
    /// where this user may not mount.
    fn over(folder: PathBuf, kib: u32) -> Option<Mounted> {
        fs::create_dir_all(&folder).unwrap();
        let aside = tempfile::tempdir().unwrap();
        copy_folder(&folder, aside.path());
        let size = format!("size={kib}k,mode=755");
        if !run("mount", &["-t", "tmpfs", "-o", &size, "headlock-test"], &folder) {
            eprintln!("SKIPPED: this user may not mount, so no disk is full or read-only");
            return None;
        }
        copy_folder(aside.path(), &folder);
        Some(Mounted { folder })
    }

    /// Lets nothing be written any more.
    fn read_only(&self) {
        assert!(run("mount", &["-o", "remount,ro"], &self.folder));
    }

    /// Fills what is left, but for so many KiB.
    fn fill(&self, but: usize) {
        let filler = self.folder.join("filler");
        // What does not fit is not written; the rest is.
        let _ = fs::write(&filler, vec![0; 1 << 20]);
        let whole = fs::metadata(&filler).unwrap().len() as usize;
        assert!(whole < 1 << 20, "the disk is larger than it should be");
        fs::write(&filler, vec![0; whole.saturating_sub(but << 10)]).unwrap();
    }

    fn clear(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.folder);
    }
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The names in a folder, ascending.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_lock_that_does_not_fit_leaves_the_old_one() {
    let stage = Stage::new();
    let Some(disk) = Mounted::over(stage.path("project"), 64) else { return };
    let old = stage.read("project/headlock.lock");
    let manifest = String::from_utf8(stage.read("project/headlock.toml")).unwrap();
    fs::write(stage.path("project/headlock.toml"), manifest + "\"my:logger\" = \"1\"\n").unwrap();
    let before = names(&disk.folder);
    disk.fill(0);
    stage
        .headlock(&LOCK)
        .ends(4, "error: could not write project/headlock.lock: No space left on device (os error 28)");
    assert_eq!(stage.read("project/headlock.lock"), old);
    disk.clear();
    assert_eq!(names(&disk.folder), before, "nothing is left behind");
    stage.headlock(&LOCK).ends(0, "");
    stage.headlock(&VERIFY).ends(0, "");
    // One page is room for the first part of a lock alone; there was none before.
    fs::remove_file(stage.path("project/headlock.lock")).unwrap();
    disk.fill(0);
    assert_eq!(stage.headlock(&LOCK).code, Some(4));
    disk.clear();
    assert!(!stage.path("project/headlock.lock").exists());
    disk.read_only();
    stage.headlock(&LOCK).ends(
        4,
        &format!(
            "pinned {ORIGIN} at 7 records\nerror: could not write project/headlock.lock: Read-only file system (os error 30)"
        ),
    );
}

#[test]
fn cache_and_memory_are_done_without() {
    let stage = Stage::new();
    let lock = stage.read("project/headlock.lock");
    let server = Server::serving(&stage.path("reg"), "nothing", vec![]);
    stage.serve_at(&server.url());
    let relock = |says: &str| {
        fs::remove_file(stage.path("project/headlock.lock")).unwrap();
        stage.headlock(&LOCK).ends(0, &format!("pinned {ORIGIN} at 7 records{says}"));
        assert_eq!(stage.read("project/headlock.lock"), lock);
        stage.headlock(&VERIFY).ends(0, says.trim_start());
    };
    for kib in [0, 8, 24] {
        fs::remove_dir_all(stage.path("cache")).unwrap();
        let Some(disk) = Mounted::over(stage.path("cache"), 64) else { return };
        disk.fill(kib);
        relock("");
        disk.clear();
        disk.read_only();
        relock("");
        drop(disk);
    }
    // What is not remembered is told: nobody is warned of a fork that way.
    fs::remove_dir_all(stage.path("state")).unwrap();
    let state = Mounted::over(stage.path("state"), 16).unwrap();
    state.fill(0);
    let warning = |why: &str| format!("\nwarning: the head of {ORIGIN} is not remembered: {why}");
    relock(&warning("could not write [DIR]/state/heads/[SHA256]: No space left on device (os error 28)"));
    assert_eq!(names(&state.folder.join("heads")), [""; 0]);
    state.read_only();
    relock(&warning("could not write [DIR]/state/heads/[SHA256]: Read-only file system (os error 30)"));
}

#[test]
fn a_cache_that_is_no_folder_and_files_that_are_no_files_are_done_without() {
    let stage = Stage::new();
    let lock = stage.read("project/headlock.lock");
    let server = Server::serving(&stage.path("reg"), "nothing", vec![]);
    stage.serve_at(&server.url());
    let relocks = |what: &str| {
        fs::remove_file(stage.path("project/headlock.lock")).unwrap();
        let said = stage.headlock(&LOCK);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert_eq!(stage.read("project/headlock.lock"), lock, "{what}");
    };
    relocks("a folder");
    let cached: Vec<PathBuf> = served(&stage.path("cache/content")).into_iter().map(|(path, _)| path).collect();
    assert!(cached.len() > 8, "{cached:?}");
    type Make = fn(&Path);
    let strangers: [(&str, Make); 7] = [
        ("a file", |path| fs::write(path, "x").unwrap()),
        ("a pipe", |path| rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap()),
        ("nothing at all", |path| symlink("/dev/null", path).unwrap()),
        ("zeros without end", |path| symlink("/dev/zero", path).unwrap()),
        ("a full device", |path| symlink("/dev/full", path).unwrap()),
        ("a link to nowhere", |path| symlink("nowhere", path).unwrap()),
        ("a link to itself", |path| symlink(path, path).unwrap()),
    ];
    for (what, make) in strangers {
        // In the place of the cache, then in the place of each file of it.
        fs::rename(stage.path("cache"), stage.path("aside")).unwrap();
        make(&stage.path("cache"));
        relocks(what);
        fs::remove_file(stage.path("cache")).unwrap();
        fs::rename(stage.path("aside"), stage.path("cache")).unwrap();
        for path in &cached {
            let path = stage.path("cache/content").join(path);
            fs::remove_file(&path).unwrap();
            make(&path);
        }
        relocks(what);
        for path in &cached {
            let kind = fs::symlink_metadata(stage.path("cache/content").join(path)).unwrap().file_type();
            assert!(kind.is_file() && !kind.is_fifo(), "{what}: {} was not replaced", path.display());
        }
    }
}

#[test]
fn a_registry_on_a_full_disk_is_as_it_was() {
    let stage = Stage::new();
    let whole = stage.copy();
    let release = ["my:logger", "1.1.0", "--content", "content"];
    let publish = [&PUBLISH[..], &release].concat();
    whole.does(&publish);
    let (old, new) = (stage.read("reg/checkpoint"), whole.read("reg/checkpoint"));
    let mut failed = 0;
    for room in [0, 4, 8, 12, 16, 20, 28, 36, 48] {
        let stage = stage.copy();
        let Some(disk) = Mounted::over(stage.path("reg"), 512) else { return };
        disk.fill(room);
        let said = stage.headlock(&publish);
        stage.does(&AUDIT);
        let checkpoint = stage.read("reg/checkpoint");
        if said.code == Some(0) {
            assert_eq!(checkpoint, new);
            continue;
        }
        failed += 1;
        assert_eq!(said.code, Some(4), "{said:?}");
        assert!(said.err.contains("No space left on device (os error 28)"), "{said:?}");
        assert_eq!(checkpoint, old, "{room} KiB");
        disk.clear();
        stage.does(&publish);
        assert_eq!(served(&disk.folder), served(&whole.path("reg")), "{room} KiB");
    }
    assert!((3..9).contains(&failed), "{failed} of 9 disks were too small");
}

#[test]
fn a_registry_that_cannot_be_written_is_read_and_audited() {
    let stage = Stage::new();
    let Some(disk) = Mounted::over(stage.path("reg"), 512) else { return };
    disk.read_only();
    stage.does(&AUDIT);
    stage.does(&VERIFY);
    stage
        .headlock(&[&PUBLISH[..], &["my:logger", "1.1.0", "--content", "content"]].concat())
        .ends(4, "error: failed to open file `reg/.writer/lock`: Read-only file system (os error 30)");
}

#[test]
fn a_new_key_or_registry_on_a_full_disk_is_none() {
    let stage = Stage::new();
    let Some(disk) = Mounted::over(stage.path("new"), 64) else { return };
    let generate = ["key", "generate", "--name", "registry.example/new", "--out", "new/new.key"];
    disk.fill(0);
    stage.headlock(&generate).ends(4, "error: could not write new/new.key: No space left on device (os error 28)");
    let init = ["registry", "init", "new/reg", "--key", "log.key"];
    assert_eq!(stage.headlock(&init).code, Some(4));
    assert!(!stage.path("new/reg/.writer/pending").exists());
    disk.clear();
    assert_eq!(names(&disk.folder), ["reg"]);
    stage.does(&generate);
    stage.does(&init);
    stage.does(&["registry", "audit", "new/reg", "--log-key", "log.key.pub"]);
}

#[test]
fn a_registry_with_pipes_in_it_does_not_make_anyone_wait() {
    let first = Stage::new();
    for path in ["checkpoint", "tile/0/000.p/7", "tile/entries/000.p/7"] {
        let stage = first.copy();
        let place = stage.path("reg").join(path);
        fs::remove_file(&place).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &place, rustix::fs::Mode::RWXU).unwrap();
        let says = format!("error: could not read reg/{path}: expected a file, found something else");
        stage.headlock(&[&PUBLISH[..], &["my:logger", "1.1.0", "--content", "content"]].concat()).ends(4, &says);
        let said = stage.headlock(&AUDIT);
        assert_eq!(said.code, Some(4), "{said:?}");
        assert!(said.err.contains(&format!("reg/{path}: expected a file, found something else")), "{said:?}");
    }
}

#[test]
fn a_verdict_that_cannot_be_told_is_none() {
    let stage = Stage::new();
    for arguments in [&VERIFY, &LOCK] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = stage.command(&[]);
        command.args(arguments).stdout(full).stderr(Stdio::piped());
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{err}");
        assert_eq!(err, "error: could not write to stdout: No space left on device (os error 28)\n");
    }
}
