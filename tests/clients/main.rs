//! What the command hands to tools that others wrote, held against these: cargo takes the exported `Cargo.lock`, wkg the exported
//! `wkg.lock` with the contents that were fetched, wac, wasm-tools and cargo-component the contents, CycloneDX's own schema the bill
//! of materials. What cargo-component takes as a crate is read, and the lock that it writes.
//!
//! `HEADLOCK_CLIENTS` names the folder that they are installed in, `target/clients` without it. What is not there is not tried, and
//! the test says so; with `HEADLOCK_ORACLES=required` it fails. cargo is there wherever this runs.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

mod bill;
mod cargo;
mod cargo_component;
mod compose;
mod wkg;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The origin of the registry.
const ORIGIN: &str = "registry.example/components";

/// A component that exports an interface, and one that imports it.
const LOGGER: &str = r#"(component
  (core module $code (func (export "log") (param i32)))
  (core instance $code (instantiate $code))
  (func $log (param "level" u32) (canon lift (core func $code "log")))
  (instance $api (export "log" (func $log)))
  (export "my:api/log@1.0.0" (instance $api)))"#;
/// See [`LOGGER`].
const APP: &str = r#"(component
  (import "my:api/log@1.0.0" (instance $api (export "log" (func (param "level" u32)))))
  (core func $log (canon lower (func $api "log")))
  (core module $code (import "log" "log" (func $log (param i32))) (func (export "run") i32.const 1 call $log))
  (core instance $code (instantiate $code (with "log" (instance (export "log" (func $log))))))
  (func $run (canon lift (core func $code "run")))
  (export "run" (func $run)))"#;

/// A registry of components and WIT packages, a project, and its lock.
struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    fn new() -> Stage {
        let stage = Stage { dir: tempfile::tempdir().unwrap() };
        stage.done(&["key", "generate", "--name", ORIGIN, "--out", "registry.key"]);
        stage.done(&["registry", "init", "reg", "--key", "registry.key"]);
        stage.publish("my:logger", "1.2.0", &wat::parse_str(LOGGER).unwrap(), &["my:api ^1"]);
        stage.publish("my:app", "0.1.0", &wat::parse_str(APP).unwrap(), &["my:api ^1", "my:logger ^1"]);
        stage.publish("my:api", "1.0.0", &wit("package my:api@1.0.0; interface log { log: func(level: u32); }"), &[]);
        stage.done(&["init", "--log-key", "registry.key.pub", "--url", "file:reg"]);
        stage
    }

    /// With a manifest that asks for these.
    fn locked(dependencies: &[&str]) -> Stage {
        let stage = Stage::new();
        let manifest = stage.read("headlock.toml");
        stage.write("headlock.toml", format!("{manifest}{}\n", dependencies.join("\n")));
        stage.done(&["lock"]);
        stage
    }

    fn publish(&self, name: &str, version: &str, content: &[u8], dependencies: &[&str]) {
        self.write("content", content);
        let mut arguments = vec!["registry", "publish", "--registry", "reg", "--key", "registry.key", name, version];
        arguments.extend(["--content", "content"]);
        arguments.extend(dependencies.iter().flat_map(|dependency| ["--dependency", dependency]));
        self.done(&arguments);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn headlock(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(self.dir.path()).env("HOME", self.path("home")).args(arguments);
        for name in ["HEADLOCK_CACHE", "HEADLOCK_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    /// Runs the command, which must end well; gives what it prints.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.headlock(arguments);
        let said = said(&output);
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// Runs a client, which must end as expected; gives what it prints.
    fn client(&self, client: &Path, arguments: &[&str], ends_well: bool) -> String {
        let mut command = Command::new(client);
        command.current_dir(self.dir.path()).env("HOME", self.path("home")).args(arguments);
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
        let output = command.output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.success(), ends_well, "{} {arguments:?}: {said}", client.display());
        said
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
}

/// A WIT package in its binary form.
fn wit(text: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("package.wit", text).unwrap();
    wit_component::encode(&resolve, package, false).unwrap()
}

fn clients() -> PathBuf {
    let named = std::env::var_os("HEADLOCK_CLIENTS").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients"))
}

/// A client, if it is installed. Where all must be, it must.
fn installed(name: &str) -> Option<PathBuf> {
    let path = clients().join(name);
    if path.exists() {
        return Some(std::path::absolute(path).unwrap());
    }
    assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{} is not there", path.display());
    eprintln!("SKIPPED: {} is not there: see tests/README.md", path.display());
    None
}
