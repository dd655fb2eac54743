//! The command beside programs that others wrote, or that were written from a specification alone: a web server, a witness.
//! What is not there is not tried, and the test says so; with `HEADLOCK_ORACLES=required` it fails.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

mod another_verifier;
mod nginx;
#[path = "../json/schema.rs"]
mod schema;
#[path = "../transcript.rs"]
mod transcript;
mod witness;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

/// A folder to work in, with a home of its own.
struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    fn new() -> Stage {
        Stage { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the command, in the folder `at`.
    fn run(&self, at: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(self.path(at)).env_clear().env("HOME", self.path("home")).args(arguments).output().unwrap()
    }

    /// What the command says; it must end well.
    fn done(&self, at: &str, arguments: &[&str]) -> String {
        let (code, said) = self.ended(at, arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}");
        said
    }

    /// How the command ends, and all that it says.
    fn ended(&self, at: &str, arguments: &[&str]) -> (i32, String) {
        let output = self.run(at, arguments);
        let said = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
        (output.status.code().unwrap(), said)
    }

    /// A registry, with its key beside it.
    fn registry(&self, name: &str) {
        let key = format!("{name}.key");
        self.done("", &["key", "generate", "--name", &format!("{name}.example/log"), "--out", &key]);
        self.done("", &["registry", "init", name, "--key", &key]);
        std::fs::write(self.path("content"), "content").unwrap();
    }

    fn publish(&self, registry: &str, more: &[&str]) {
        let key = format!("{registry}.key");
        let arguments = ["registry", "publish", "--registry", registry, "--key", &key, "--content", "content"];
        self.done("", &[&arguments, more].concat());
    }

    fn vkey(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{name}.key.pub"))).unwrap().trim().to_owned()
    }
}

/// Ends when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a program is there. Where all must be, it must.
fn has(program: &str) -> bool {
    let is_there = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file()));
    if !is_there {
        assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{program} is not there");
        eprintln!("SKIPPED: {program} is not there");
    }
    is_there
}
