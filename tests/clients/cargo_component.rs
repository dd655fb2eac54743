//! cargo-component: the `Cargo.toml` that it takes is read, the contents that were fetched are what it builds with, and the lock
//! that it writes is held against the log.
//!
//! It is asked for bindings, which need every dependency and no target of the compiler.

use std::path::Path;
use std::process::{Command, Output};

use crate::{ORIGIN, Stage, installed, said, wit};

/// A WIT package with a world.
const WORLD: &str = "package my:target@0.3.0; interface x { f: func(); } world app { import x; }";

/// A crate's manifest without its section.
const CRATE: &str = "[package]\nname = \"mine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";

/// A project whose lock holds all that a crate may ask for, with the contents in the folder `store`; and an empty crate.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.publish("my:target", "0.3.0", &wit(WORLD), &[]);
    let manifest = stage.read("headlock.toml");
    stage.write(
        "headlock.toml",
        format!("{manifest}\"my:api\" = \"*\"\n\"my:logger\" = \"*\"\n\"my:target\" = \"*\"\n"),
    );
    stage.done(&["lock"]);
    stage.done(&["fetch", "--into", "store"]);
    stage.write("crate/src/lib.rs", "");
    stage.write("crate/headlock.toml", format!("[registries]\ndefault = \"{ORIGIN}\"\n"));
    let root = stage.path("store");
    stage.write(
        "config.toml",
        format!(
            "default_registry = \"store.example\"\n[registry.\"store.example\"]\ndefault = \"local\"\n[registry.\"store.example\".local]\nroot = {:?}\n",
            root.display().to_string()
        ),
    );
    stage.write("nothing.toml", "");
    stage
}

/// Lets it read the crate, whose section is this, and write bindings; says how it ended, and what it said.
fn bindings(stage: &Stage, client: &Path, config: &str, section: &str) -> (bool, String) {
    stage.write("crate/Cargo.toml", format!("{CRATE}{section}"));
    let mut command = Command::new(client);
    command.current_dir(stage.path("crate")).args(["component", "bindings"]);
    command.arg("--config").arg(stage.path(config)).arg("--cache-dir").arg(stage.path("component-cache"));
    command.env("HOME", stage.path("home")).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    let output = command.output().unwrap();
    (output.status.success(), said(&output))
}

fn accepts(stage: &Stage, client: &Path, config: &str, section: &str) {
    let _ = std::fs::remove_file(stage.path("crate/src/bindings.rs"));
    let (ends_well, said) = bindings(stage, client, config, section);
    assert!(ends_well && stage.path("crate/src/bindings.rs").exists(), "{section}\n{said}");
}

/// Its lock, held against the log.
fn check(stage: &Stage, options: &[&str]) -> Output {
    let fixed = ["registry", "check-wkg", "crate/Cargo-component.lock"];
    stage.headlock(&[&fixed[..], options].concat())
}

const BOTH: &str = "[package.metadata.component.target.dependencies]\n\"my:api\" = \"1\"\n\
                    [package.metadata.component.dependencies]\n\"my:logger\" = { version = \"1.2\", registry = \"main\" }\n";

#[test]
fn what_cargo_component_locks_by_itself_is_held_against_the_log() {
    let Some(client) = installed("bin/cargo-component") else { return };
    let stage = stage();
    stage.write("crate/wit/world.wit", "package my:mine@0.1.0;\nworld mine { import my:api/log@1.0.0; }\n");
    accepts(&stage, &client, "config.toml", BOTH);
    let lock = stage.read("crate/Cargo-component.lock");
    assert!(lock.contains("[[package]]") && lock.contains("[[package.version]]"), "{lock}");
    let found = said(&check(&stage, &[]));
    for line in [
        "my:api 1.0.0 (^1), registry.example/components: agrees: record 5",
        "my:logger 1.2.0 (^1.2) of main, registry.example/components: agrees: record 1",
    ] {
        assert!(found.lines().any(|said| said == line), "{line}\n{found}");
    }
    // It names a registry as the crate does. Which log that is can be said.
    let known = said(&check(&stage, &["--known-as", &format!("{ORIGIN}=main")]));
    assert!(known.contains("my:logger 1.2.0 (^1.2) of main, registry.example/components: agrees"), "{known}");
    // Another content: with its lock it refuses that, without it takes it, and the log knows better.
    stage.write("store/my/api/1.0.0.wasm", wit("package my:api@1.0.0; interface log { log: func(level: u64); }"));
    std::fs::remove_dir_all(stage.path("component-cache")).unwrap();
    let (ends_well, refusal) = bindings(&stage, &client, "config.toml", BOTH);
    assert!(!ends_well && refusal.contains("but the lock file specifies digest"), "{refusal}");
    std::fs::remove_file(stage.path("crate/Cargo-component.lock")).unwrap();
    let target = BOTH.split_once("[package.metadata.component.dependencies]").unwrap().0;
    accepts(&stage, &client, "config.toml", target);
    let output = check(&stage, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("my:api 1.0.0 (^1), registry.example/components: differs"), "{}", said(&output));
}

#[test]
fn the_manifest_asks_for_what_the_crate_asks_for() {
    let Some(client) = installed("bin/cargo-component") else { return };
    let wit_text = ("crate/wit/world.wit", "package my:mine@0.1.0;\nworld mine { import my:api/log@1.0.0; }\n");
    for (section, is_local, added) in [
        ("[package.metadata.component]\ntarget = \"my:target@0.3.0\"\n", false, &["my:target ^0.3.0"][..]),
        ("[package.metadata.component]\ntarget = \"my:target/app@0.3\"\n", false, &["my:target ^0.3"]),
        (
            "[package.metadata.component.target]\npackage = \"my:target\"\nversion = \"=0.3.0\"\nworld = \"app\"\n",
            false,
            &["my:target =0.3.0"],
        ),
        (BOTH, true, &["my:api ^1", "my:logger ^1.2"]),
        (
            "[package.metadata.component.target]\npath = \"wit/world.wit\"\ndependencies = { \"my:api\" = \"1.0.0\" }\n",
            true,
            &["my:api ^1.0.0"],
        ),
        (
            "[package.metadata.component]\npackage = \"my:mine\"\nproxy = false\n[package.metadata.component.dependencies]\n\
             \"my:other\" = { package = \"my:logger\", version = \">=1, <2\" }\n",
            false,
            &["my:logger >=1, <2"],
        ),
        (
            "[package.metadata.component.target.dependencies]\n\"my:api\" = { path = \"../store/my/api/1.0.0.wasm\" }\n",
            true,
            &[],
        ),
    ] {
        let stage = stage();
        if is_local {
            stage.write(wit_text.0, wit_text.1);
        }
        accepts(&stage, &client, "config.toml", section);
        stage.done(&["-C", "crate", "deps"]);
        let manifest: toml::Table = stage.read("crate/headlock.toml").parse().unwrap();
        let found = manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flatten();
        let found: Vec<String> = found.map(|(name, asked)| format!("{name} {}", asked.as_str().unwrap())).collect();
        assert_eq!(found, added, "{section}");
    }
}

#[test]
fn cargo_component_takes_the_contents_where_paths_lead_to_them() {
    let Some(client) = installed("bin/cargo-component") else { return };
    let stage = stage();
    stage.write("crate/wit/world.wit", "package my:mine@0.1.0;\nworld mine { import my:api/log@1.0.0; }\n");
    stage.done(&["fetch", "--into", "crate/deps", "--layout", "wkg"]);
    for [api, logger] in [
        ["../store/my/api/1.0.0.wasm", "../store/my/logger/1.2.0.wasm"],
        ["deps/my-api-1.0.0.wasm", "deps/my-logger-1.2.0.wasm"],
    ] {
        let section = format!(
            "[package.metadata.component.target.dependencies]\n\"my:api\" = {{ path = {api:?} }}\n\
             [package.metadata.component.dependencies]\n\"my:logger\" = {{ path = {logger:?} }}\n"
        );
        // It knows no registry, and needs none.
        accepts(&stage, &client, "nothing.toml", &section);
        let bindings = stage.read("crate/src/bindings.rs");
        assert!(bindings.contains("pub fn log(level: u32"), "{bindings}");
        assert!(!stage.path("crate/Cargo-component.lock").exists());
        std::fs::remove_file(stage.path("crate").join(api)).unwrap();
        let (ends_well, refusal) = self::bindings(&stage, &client, "nothing.toml", &section);
        assert!(!ends_well && refusal.contains("failed to create a target world"), "{refusal}");
    }
}
