//! wkg, with the exported `wkg.lock`, and what was fetched as its registry.

use std::path::Path;

use crate::{ORIGIN, Stage, installed, wit};

/// A project whose WIT text names a package, locked; its contents in the folder `store`, which wkg takes for a registry; and in
/// that also a newer release, which the lock does not have.
fn project(requirement: &str) -> Stage {
    let stage = Stage::locked(&[&format!("\"my:api\" = \"{requirement}\"")]);
    stage.done(&["fetch", "--into", "store"]);
    stage.write("store/my/api/1.1.0.wasm", wit("package my:api@1.1.0; interface log { log: func(level: u32); }"));
    stage.write("wit/world.wit", "package my:mine@0.1.0;\nworld mine { import my:api/log@1.0.0; }\n");
    stage.write(
        "config.toml",
        "default_registry = \"store.example\"\n[registry.\"store.example\"]\ndefault = \"local\"\n[registry.\"store.example\".local]\nroot = \"store\"\n",
    );
    stage.done(&["export", "wkg-lock", "-o", "wkg.lock", "--known-as", &format!("{ORIGIN}=store.example")]);
    stage
}

fn fetch(stage: &Stage, wkg: &Path) {
    stage.client(wkg, &["fetch", "--config", "config.toml", "--cache", "wkg-cache", "--type", "wasm"], true);
}

/// Builds the project's WIT package, which is what wkg holds to its lock in.
fn build(stage: &Stage, wkg: &Path, ends_well: bool) -> String {
    let arguments = ["build", "--config", "config.toml", "--cache", "wkg-cache", "--output", "mine.wasm"];
    stage.client(wkg, &arguments, ends_well)
}

/// What a file says of requirements and what they are locked to, ascending.
fn entries(lock: &str) -> Vec<String> {
    let lock: toml::Table = toml::from_str(lock).unwrap();
    let mut entries = Vec::new();
    for package in lock["packages"].as_array().unwrap() {
        for entry in package["versions"].as_array().unwrap() {
            let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
            entries.push(
                [&package["name"], &package["registry"], &entry["requirement"], &entry["version"], &entry["digest"]]
                    .map(text)
                    .join(" "),
            );
        }
    }
    entries.sort();
    entries
}

#[test]
fn wkg_takes_the_lock_and_the_contents() {
    let Some(wkg) = installed("bin/wkg") else { return };
    let stage = project("=1.0.0");
    let exported = stage.read("wkg.lock");
    assert_eq!(entries(&exported).len(), 1);
    fetch(&stage, &wkg);
    let got = std::fs::read(stage.path("wit/deps/my-api-1.0.0.wasm")).unwrap();
    assert_eq!(got, std::fs::read(stage.path("store/my/api/1.0.0.wasm")).unwrap());
    // It writes its lock anew, and says the same.
    assert_eq!(entries(&stage.read("wkg.lock")), entries(&exported));
    build(&stage, &wkg, true);
    assert_eq!(entries(&stage.read("wkg.lock")), entries(&exported));
}

#[test]
fn the_lock_decides_which_release_wkg_builds_with() {
    let Some(wkg) = installed("bin/wkg") else { return };
    let stage = project("^1");
    stage.write("wkg.toml", "[overrides]\n\"my:api\" = { version = \"^1\" }\n");
    let exported = stage.read("wkg.lock");
    assert!(exported.contains("requirement = \"^1\"\nversion = \"1.0.0\""), "{exported}");
    build(&stage, &wkg, true);
    let built = entries(&stage.read("wkg.lock"));
    // Of what it needs no more it leaves out the entry.
    assert_eq!(built.len(), 1);
    assert!(entries(&exported).contains(&built[0]) && built[0].contains("^1 1.0.0"), "{built:?}");
    // Without it, wkg takes the newest that its registry has, which the log does not know.
    std::fs::remove_file(stage.path("wkg.lock")).unwrap();
    fetch(&stage, &wkg);
    let own = stage.read("wkg.lock");
    assert!(own.contains("version = \"1.1.0\""), "{own}");
    let output = stage.headlock(&["registry", "check-wkg"]);
    assert_eq!(output.status.code(), Some(1), "{}", crate::said(&output));
}

#[test]
fn wkg_refuses_to_build_with_other_contents_than_the_locked_ones() {
    let Some(wkg) = installed("bin/wkg") else { return };
    let stage = project("=1.0.0");
    stage.write("store/my/api/1.0.0.wasm", wit("package my:api@1.0.0; interface log { log: func(level: u64); }"));
    let said = build(&stage, &wkg, false);
    assert!(said.contains("but the lock file specifies digest"), "{said}");
}

#[test]
fn what_wkg_locks_by_itself_is_held_against_the_log() {
    let Some(wkg) = installed("bin/wkg") else { return };
    let stage = project("=1.0.0");
    std::fs::remove_file(stage.path("wkg.lock")).unwrap();
    fetch(&stage, &wkg);
    let said = stage.done(&["registry", "check-wkg", "--registry", "reg", "--log-key", "registry.key.pub"]);
    assert!(said.contains("my:api 1.0.0 (=1.0.0) of store.example, registry.example/components: agrees"), "{said}");
    // A content that wkg took from elsewhere.
    stage.write("store/my/api/1.0.0.wasm", wit("package my:api@1.0.0; interface log { log: func(level: u64); }"));
    std::fs::remove_file(stage.path("wkg.lock")).unwrap();
    std::fs::remove_dir_all(stage.path("wkg-cache")).unwrap();
    fetch(&stage, &wkg);
    let output = stage.headlock(&["registry", "check-wkg"]);
    assert_eq!(output.status.code(), Some(1), "{}", crate::said(&output));
}
