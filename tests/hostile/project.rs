//! A project that depends on one package of one registry, and the command in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use headlock::cli::escape;
use headlock_log::digest::Digest;
use tempfile::TempDir;

use crate::registry::{self, Log, ORIGIN};

/// The dependency that the honest lock is made from.
pub(crate) const ROOT: &str = r#""my:a" = "1""#;

pub(crate) struct Project {
    folder: TempDir,
}

/// What a command printed, both streams, digests and folders named; and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) text: String,
}

impl Project {
    /// With an honest registry: `my:a` 1.0.0 and 1.1.0, `my:b` 1.0.0.
    pub(crate) fn new() -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(project.path("")).unwrap();
        let log = Log::honest();
        project.serve(&log, &registry::checkpoint(&log.head()));
        fs::write(project.path("trust.toml"), "logs = \"logs.policy\"\n").unwrap();
        project.manifest(&[ROOT]);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("project").join(name)
    }

    pub(crate) fn manifest(&self, dependencies: &[&str]) {
        let dependencies = dependencies.join("\n");
        let text =
            format!("trust = \"trust.toml\"\n[registries]\ndefault = \"{ORIGIN}\"\n[dependencies]\n{dependencies}\n");
        fs::write(self.path("headlock.toml"), text).unwrap();
    }

    /// Puts another log in the registry's place, and forgets that there was one.
    pub(crate) fn serve(&self, log: &Log, checkpoint: &[u8]) {
        let registry = self.folder.path().join("registry");
        let _ = fs::remove_dir_all(&registry);
        let _ = fs::remove_dir_all(self.folder.path().join("state/heads"));
        log.write(&registry);
        fs::write(registry.join("checkpoint"), checkpoint).unwrap();
        self.served_at("file:../registry");
    }

    pub(crate) fn served_at(&self, url: &str) {
        let policy = format!("log {} {url}\nquorum none\n", registry::key().verifier());
        fs::write(self.path("logs.policy"), policy).unwrap();
    }

    /// The lock that the released solver makes; it is not left there.
    pub(crate) fn honest_lock(&self) -> String {
        let said = self.run(&["lock", "--quiet"]);
        assert_eq!(said.exit, 0, "{}", said.text);
        let lock = fs::read_to_string(self.path("headlock.lock")).unwrap();
        self.remove_lock();
        lock
    }

    /// Writes a lock that says that another solver made it.
    pub(crate) fn claim(&self, lock: &str, solver: &str) {
        let begin = lock.find("[solver]\n").unwrap();
        let end = begin + lock[begin..].find("\n\n").unwrap();
        let claimed = format!("[solver]\nworld = \"headlock:solver@0.1.0\"\nsha256 = \"{solver}\"");
        fs::write(self.path("headlock.lock"), format!("{}{claimed}{}", &lock[..begin], &lock[end..])).unwrap();
    }

    pub(crate) fn remove_lock(&self) {
        let _ = fs::remove_file(self.path("headlock.lock"));
    }

    /// What stands in the project's folder beside its own files and the solver.
    pub(crate) fn left(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let own = ["headlock.toml", "trust.toml", "logs.policy", "solver.wasm"];
        names.filter(|name| !own.contains(&name.as_str())).collect()
    }

    /// Runs the command in the project's folder. Whatever is printed is safe for a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let folder = self.folder.path();
        let output = Command::new(env!("CARGO_BIN_EXE_headlock"))
            .args(arguments)
            .current_dir(self.path(""))
            .env_clear()
            .env("HOME", folder.join("home"))
            .env("HEADLOCK_CACHE", folder.join("cache"))
            .env("HEADLOCK_STATE", folder.join("state"))
            .output()
            .unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("output is UTF-8");
        for line in text.lines() {
            assert_eq!(escape(line), line, "printed as it came, by {arguments:?}");
        }
        let exit = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {text}"));
        Said { exit, text: self.named(text.trim_end()) }
    }

    fn named(&self, text: &str) -> String {
        let mut text = text.replace(&url_of(self.folder.path()), "[DIR]");
        if let Ok(solver) = fs::read(self.path("solver.wasm")) {
            text = text.replace(&Digest::of(&solver).to_string(), "[SOLVER]");
        }
        text
    }
}

fn url_of(folder: &Path) -> String {
    fs::canonicalize(folder).unwrap().display().to_string()
}
