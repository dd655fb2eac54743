//! cargo, on the rows that the example's registry was imported from.

use std::path::Path;
use std::process::{Command, Output};

use crate::{Stage, said};

/// A project that depends on the example's root, and a cargo that knows the rows and nothing else.
struct Project {
    stage: Stage,
}

impl Project {
    fn new() -> Project {
        let stage = Stage { dir: tempfile::tempdir().unwrap() };
        let rows = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/crates/rows");
        let mut count = 0;
        for row in std::fs::read_dir(rows).unwrap() {
            let row = row.unwrap();
            let name = row.file_name().into_string().unwrap();
            stage.write(&format!("rows/index/{}", place(&name)), std::fs::read(row.path()).unwrap());
            count += 1;
        }
        assert!(count > 60, "{count} crates");
        let rows = stage.path("rows");
        stage.write(
            "home/config.toml",
            format!(
                "[source.crates-io]\nreplace-with = \"rows\"\n[source.rows]\nlocal-registry = {:?}\n",
                rows.display().to_string()
            ),
        );
        let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nammonia = \"*\"\n[workspace]\n";
        stage.write("project/Cargo.toml", manifest);
        stage.write("project/src/lib.rs", "");
        Project { stage }
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(self.stage.path("project")).args(arguments).arg("--offline");
        command
            .env("CARGO_HOME", self.stage.path("home"))
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO_TARGET_DIR");
        command.output().unwrap()
    }

    /// Whether cargo keeps a lock as it stands, and what it says.
    fn keeps(&self, lock: &str) -> (bool, String) {
        self.stage.write("project/Cargo.lock", lock);
        let output = self.cargo(&["update", "--workspace", "--locked"]);
        assert_eq!(self.stage.read("project/Cargo.lock"), lock, "--locked writes nothing");
        (output.status.success(), said(&output))
    }

    /// The example's lock, exported.
    fn exported(&self, options: &[&str]) -> String {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/crates");
        let fixed = ["-C", example.to_str().unwrap(), "export", "cargo-lock"];
        let output = self.stage.headlock(&[&fixed[..], options].concat());
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Where an index has a crate.
fn place(name: &str) -> String {
    let lower = name.to_lowercase();
    match lower.len() {
        1 => format!("1/{lower}"),
        2 => format!("2/{lower}"),
        3 => format!("3/{}/{lower}", &lower[..1]),
        _ => format!("{}/{}/{lower}", &lower[..2], &lower[2..4]),
    }
}

#[test]
fn the_exported_lock_is_the_one_that_cargo_makes() {
    let project = Project::new();
    let output = project.cargo(&["generate-lockfile"]);
    assert!(output.status.success(), "{}", said(&output));
    let own = project.stage.read("project/Cargo.lock");
    let exported = project.exported(&["--package", "app@0.1.0"]);
    assert_eq!(exported, own);
    assert!(project.keeps(&exported).0);
}

#[test]
fn cargo_refuses_it_where_one_thing_is_changed() {
    let project = Project::new();
    let exported = project.exported(&["--package", "app@0.1.0"]);
    let (is_kept, said) = project.keeps(&exported);
    assert!(is_kept, "{said}");
    for (what, from, to) in [
        ("an edge", " \"maplit\",\n", ""),
        ("a version", "name = \"maplit\"\nversion = \"1.0.2\"", "name = \"maplit\"\nversion = \"1.0.1\""),
        ("a checksum", "checksum = \"1f45", "checksum = \"0f45"),
        ("the consumer", "name = \"app\"\nversion = \"0.1.0\"", "name = \"app\"\nversion = \"0.2.0\""),
    ] {
        let changed = exported.replacen(from, to, 1);
        assert_ne!(changed, exported, "{what}");
        let (is_kept, said) = project.keeps(&changed);
        assert!(!is_kept, "{what}: {said}");
    }
}

#[test]
fn without_a_consumer_cargo_adds_it_and_keeps_the_rest() {
    let project = Project::new();
    let exported = project.exported(&[]);
    assert!(!project.keeps(&exported).0, "the consumer is missing");
    let output = project.cargo(&["update", "--workspace"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(project.stage.read("project/Cargo.lock"), project.exported(&["--package", "app@0.1.0"]));
}
