//! The examples verify as they stand, and their registries are what their rows and records lead to.
#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use headlock::lock::Lock;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Bench {
        Bench(tempfile::tempdir().unwrap())
    }

    /// Runs the command and gives its results; a failure is shown and fails the test.
    fn headlock(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(&self.0).args(arguments);
        command.env("HEADLOCK_CACHE", self.0.path().join("cache")).env("HEADLOCK_STATE", self.0.path().join("state"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A new registry under a new key of this origin.
    fn registry(&self, origin: &str) {
        self.headlock(&["key", "generate", "--name", origin, "--out", "log.key"]);
        self.headlock(&["registry", "init", "reg", "--key", "log.key"]);
    }
}

/// Size and root of a registry's head: the second and third line of its checkpoint.
fn head(registry: &Path) -> Vec<String> {
    let checkpoint = fs::read_to_string(registry.join("checkpoint")).unwrap();
    checkpoint.lines().skip(1).take(2).map(str::to_owned).collect()
}

#[test]
fn both_examples_verify_in_both_engines() {
    let bench = Bench::new();
    for (example, releases) in [("crates", 67), ("wasi", 7)] {
        let folder = examples().join(example);
        let folder = folder.to_str().unwrap();
        let said = bench.headlock(&["-C", folder, "verify", "--engine", "all"]);
        assert!(said.starts_with(&format!("verified: {releases} releases\n")), "{said}");
        bench.headlock(&["-C", folder, "lock", "--check"]);
        bench.headlock(&["-C", folder, "lock", "--locked"]);
    }
}

#[test]
fn the_crates_registry_is_what_its_rows_lead_to() {
    let bench = Bench::new();
    let example = examples().join("crates");
    bench.registry("crates.example/again");
    let rows = example.join("rows");
    let import = ["registry", "import", "crates-index", rows.to_str().unwrap()];
    bench.headlock(&[&import[..], &["--registry", "reg", "--key", "log.key"]].concat());
    assert_eq!(head(&bench.0.path().join("reg")), head(&example.join("registry")));
}

#[test]
fn the_wasi_registry_is_what_its_records_lead_to() {
    let bench = Bench::new();
    let example = examples().join("wasi");
    bench.registry("wasi.example/again");
    let releases =
        ["0.2.0-draft", "0.2.0-rc.1", "0.2.0", "0.2.1", "0.2.2", "0.2.3", "0.2.4", "0.2.6", "0.2.9", "0.2.12", "0.3.0"];
    for release in releases {
        let folder = fs::read_dir(example.join("records").join(release)).unwrap();
        let mut records: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        records.sort();
        for record in records {
            let record = record.to_str().unwrap();
            bench.headlock(&["registry", "publish", "--registry", "reg", "--key", "log.key", "--record", record]);
        }
    }
    assert_eq!(head(&bench.0.path().join("reg")), head(&example.join("registry")));
}

#[test]
fn the_lock_of_http_binds_the_true_dependencies() {
    let lock = Lock::read(&examples().join("wasi/headlock.lock")).unwrap().unwrap();
    let http = lock.derived.packages.iter().find(|package| package.name == "wasi:http").unwrap();
    let names: Vec<&str> = http.dependencies.iter().map(|target| target.parts(Some("")).unwrap().1).collect();
    assert_eq!(names, ["wasi:cli", "wasi:clocks", "wasi:io", "wasi:random"]);
}
