//! A registry, a project that is locked to it, and the command run in their folder.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use headlock_log::note::SigningKey;

pub(crate) const ORIGIN: &str = "registry.example/components";

/// A folder with `reg` (the registry), `log.key`, `project`, and this host's `cache` and `state`. All paths between them
/// are relative, so that a copy is another one.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
}

/// What a run of the command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit code; nothing if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The most memory that it held, in KiB.
    pub(crate) peak: u64,
}

impl Stage {
    /// Three packages, a project that depends on the third, and its lock. It is made once and copied.
    pub(crate) fn new() -> Stage {
        static FIRST: OnceLock<Stage> = OnceLock::new();
        FIRST.get_or_init(Stage::made).copy()
    }

    fn made() -> Stage {
        let stage = Stage { folder: tempfile::tempdir().unwrap() };
        stage.does(&["key", "generate", "--name", ORIGIN, "--out", "log.key"]);
        stage.does(&["registry", "init", "reg", "--key", "log.key"]);
        fs::write(stage.path("content"), "content").unwrap();
        for release in [
            &["my:logger", "1.0.0"][..],
            &["my:net", "0.2.0", "--dependency", "my:logger ^1"],
            &["my:app", "0.1.0", "--dependency", "my:net ^0.2"],
        ] {
            stage.does(&[&PUBLISH, release, &["--content", "content"]].concat());
        }
        fs::create_dir(stage.path("project")).unwrap();
        stage.does(&["-C", "project", "init", "--quiet", "--log-key", "../log.key.pub", "--url", "file:../reg"]);
        let manifest = stage.path("project/headlock.toml");
        fs::write(&manifest, fs::read_to_string(&manifest).unwrap() + "\"my:app\" = \"*\"\n").unwrap();
        stage.does(&["-C", "project", "lock"]);
        stage
    }

    /// Another stage that begins as this one is.
    pub(crate) fn copy(&self) -> Stage {
        let copy = Stage { folder: tempfile::tempdir().unwrap() };
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap()
    }

    /// The log's key.
    pub(crate) fn key(&self) -> SigningKey {
        SigningKey::parse(String::from_utf8(self.read("log.key")).unwrap().trim_end()).unwrap()
    }

    /// Where the project's policy says that the registry is.
    pub(crate) fn serve_at(&self, url: &str) {
        let key = self.key().verifier();
        fs::write(self.path("project/logs.policy"), format!("log {key} {url}\nquorum none\n")).unwrap();
    }

    /// The program with its surroundings, to be given arguments. A wrapper, as `strace`, may stand before it.
    pub(crate) fn command(&self, wrapper: &[&str]) -> Command {
        let headlock = env!("CARGO_BIN_EXE_headlock");
        let mut command = match wrapper {
            [] => Command::new(headlock),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(headlock);
                command
            }
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("HEADLOCK_CACHE", self.path("cache")).env("HEADLOCK_STATE", self.path("state"));
        command
    }

    /// Runs the command in the stage's folder.
    pub(crate) fn headlock(&self, arguments: &[&str]) -> Said {
        self.ended(self.command(&[]).args(arguments).spawn().unwrap())
    }

    /// Runs the command, which must do it.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let said = self.headlock(arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        said.out
    }

    /// Waits for a run of the command, and names what differs from run to run.
    pub(crate) fn ended(&self, mut child: Child) -> Said {
        let reading = |mut from: Box<dyn Read + Send>| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).unwrap();
                String::from_utf8(bytes).unwrap()
            })
        };
        let out = reading(Box::new(child.stdout.take().unwrap()));
        let err = reading(Box::new(child.stderr.take().unwrap()));
        let mut peak = 0;
        let status = loop {
            peak = peak_of(child.id()).max(peak);
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        let named = |text: String| named(&text, self.folder.path());
        let code = if status.signal().is_some() { None } else { status.code() };
        Said { code, out: named(out.join().unwrap()), err: named(err.join().unwrap()), peak }
    }
}

/// The beginning of a publication.
pub(crate) const PUBLISH: [&str; 6] = ["registry", "publish", "--registry", "reg", "--key", "log.key"];
/// An audit of the registry.
pub(crate) const AUDIT: [&str; 5] = ["registry", "audit", "reg", "--log-key", "log.key.pub"];

impl Said {
    /// It must have ended so, with these words and no others.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, err: &str) {
        assert_eq!((self.code, self.err.trim_end()), (Some(code), err), "{self:?}");
    }
}

/// The most memory that a process has held so far, in KiB.
fn peak_of(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

/// Puts names in the place of the stage's folder, of digests and of roots.
fn named(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[DIR]");
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '=');
    let mut named = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        named.push_str(&rest[..start]);
        let is_hex = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        named.push_str(if is_hex { "[SHA256]" } else { word });
        rest = &rest[end..];
    }
    named.push_str(rest);
    named
}

/// Copies all files of a folder, with their modes.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_folder(&path, &copy),
            false => assert!(fs::copy(&path, &copy).is_ok(), "{}", path.display()),
        }
    }
}

/// All files of a folder but the writer's own, with their bytes, by path.
pub(crate) fn served(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with(".writer") {
                    folders.push(path);
                }
            } else {
                files.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_gauge_of_memory_shows_what_a_process_holds() {
    let mut command = Command::new("sh");
    command.args(["-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = Stage::new().ended(child);
    assert_eq!(said.out, "200000000\n");
    assert!(said.peak > 190_000, "{} KiB", said.peak);
}
