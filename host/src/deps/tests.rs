use std::path::Path;

use super::{Found, Outcome, merge, read};
use crate::error::Result;

/// A project of these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn found(files: &[(&str, &str)]) -> Result<Found> {
    read(project(files).path())
}

/// What is asked for, `NAME REQUIREMENT (PLACES)` each.
fn wanted(found: &Found) -> Vec<String> {
    let each = |(name, wanted): (&String, &super::Wanted)| {
        format!("{name} {} ({})", wanted.requirement, wanted.places.join(", "))
    };
    found.wanted.iter().map(each).collect()
}

const WIT: &str = "package my:app@1.0.0;\nworld app {\n  import wasi:http/types@0.2.3;\n  export wasi:cli/run@0.2.0;\n  include wasi:io/imports@0.2.1;\n  import i: interface { use my:log/types.{level}; f: func(); }\n  import mine;\n}\ninterface mine { use wasi:io/streams@0.2.6.{input-stream}; }\n";

#[test]
fn wit_text_asks_for_what_it_names() {
    let found = found(&[
        ("wit/world.wit", WIT),
        ("wit/deps/log/log.wit", "package my:log@3.0.0; interface types { use other:x/y@1.0.0.{z}; }"),
        ("wit/notes.txt", "}"),
    ]);
    let found = found.unwrap();
    assert_eq!(
        wanted(&found),
        ["my:log * (wit)", "wasi:cli ^0.2.0 (wit)", "wasi:http ^0.2.3 (wit)", "wasi:io ^0.2.6 (wit)"]
    );
    assert_eq!(found.unsaid, ["wit: my:log is named without a version, so any is asked for"]);
}

#[test]
fn several_files_of_wit_are_one_package_and_nested_ones_are_its_own() {
    let found = found(&[
        ("wit/a.wit", "package my:app;\ninterface a { use b.{t}; }"),
        ("wit/b.wit", "interface b { use my:inner/x@1.0.0.{t}; }\n"),
        ("wit/c.wit", "package my:inner@1.0.0 { interface x { use wasi:io/streams@0.2.0.{s}; type t = u8; } }"),
    ]);
    assert_eq!(wanted(&found.unwrap()), ["wasi:io ^0.2.0 (wit)"]);
}

#[test]
fn two_tracks_of_one_package_are_not_one_requirement() {
    let wit = "package my:app;\nworld w { import wasi:io/a@0.2.0; import wasi:io/b@0.3.0; import wasi:io/c@0.2.5; }";
    let found = found(&[("wit/w.wit", wit)]).unwrap();
    assert_eq!(wanted(&found), Vec::<String>::new());
    let said = "wasi:io is asked for as ^0.2.5 and as ^0.3.0 (wit): a manifest has one requirement a package";
    assert_eq!(found.unsaid, [said]);
}

#[test]
fn wkg_toml_has_the_last_word() {
    let wkg = "[overrides]\n\"wasi:http\" = { version = \"0.2.5\" }\n\"wasi:io\" = { path = \"../io\" }\n\"my:log\" = {}\n[metadata]\nauthors = \"a\"\n";
    let found = found(&[("wit/world.wit", WIT), ("wkg.toml", wkg)]).unwrap();
    assert_eq!(wanted(&found), ["my:log * (wit)", "wasi:cli ^0.2.0 (wit)", "wasi:http ^0.2.5 (wkg.toml)"]);
    let unsaid: Vec<&str> = found.unsaid.iter().map(|text| text.split(", ").next().unwrap()).collect();
    let said = [
        "wit: my:log is named without a version",
        "wkg.toml: the override of my:log says neither path nor version",
        "wkg.toml: wasi:io is at \"../io\"",
    ];
    assert_eq!(unsaid, said);
}

#[test]
fn folders_of_wit_deps_say_themselves_what_they_are() {
    let deps = "http = \"https://a.example/v0.2.3.tar.gz\"\nlog = { path = \"../log\" }\nio = { url = \"https://a.example/io\", sha256 = \"00\" }\n";
    let found = found(&[
        ("wit/deps.toml", deps),
        ("wit/deps/http/types.wit", "package wasi:http@0.2.3;"),
        ("wit/deps/log.wit", "package my:log;"),
    ]);
    let found = found.unwrap();
    assert_eq!(wanted(&found), ["my:log * (wit/deps.toml)", "wasi:http ^0.2.3 (wit/deps.toml)"]);
    assert_eq!(found.unsaid.len(), 2, "{found:?}");
    assert!(
        found.unsaid[0].starts_with("wit/deps.toml: which package io is, no WIT text at wit/deps/io says"),
        "{found:?}"
    );
}

#[test]
fn cargo_component_has_a_target_and_dependencies() {
    let cargo = r#"[package]
name = "app"
[package.metadata.component]
target = "wasi:http/proxy@0.2.3"
proxy = true
[package.metadata.component.dependencies]
"my:a" = "1.2"
"my:b" = { package = "my:c", version = "=2.0.0", registry = "main" }
"my:d" = { path = "../d.wasm" }
[dependencies]
serde = "1"
"#;
    let found_ =
        found(&[("Cargo.toml", cargo), ("wit/w.wit", "package my:app; world w { import my:a/i@1.3.0; }")]).unwrap();
    assert_eq!(
        wanted(&found_),
        ["my:a ^1.3.0 (Cargo.toml, wit)", "my:c =2.0.0 (Cargo.toml)", "wasi:http ^0.2.3 (Cargo.toml)"]
    );
    assert_eq!(found_.unsaid.len(), 2, "{found_:?}");
    let local = "[package.metadata.component.target]\npath = \"world\"\n[package.metadata.component.target.dependencies]\n\"wasi:cli\" = \"0.2.0\"\n";
    let found_ = found(&[("Cargo.toml", local), ("world/w.wit", WIT), ("wit/x.wit", "}")]).unwrap();
    assert_eq!(wanted(&found_)[1], "wasi:cli ^0.2.0 (Cargo.toml, world)");
    // One file of a folder, and what wit-deps says beside it.
    let file = local.replace("\"world\"", "\"world/w.wit\"");
    let deps = ("world/deps.toml", "io = \"https://io.example/io.tar.gz\"");
    let io = ("world/deps/io/io.wit", "package wasi:io@0.2.0; interface a {}");
    let found_ = found(&[("Cargo.toml", &file), ("world/w.wit", WIT), ("world/x.wit", "}"), deps, io]).unwrap();
    assert!(wanted(&found_).contains(&"wasi:io ^0.2.6 (world/deps.toml, world/w.wit)".to_owned()), "{found_:?}");
}

#[test]
fn what_is_none_is_said_with_its_place() {
    let component = |text: &str| format!("[package.metadata.component]\n{text}\n");
    for (name, text, said) in [
        (
            "Cargo.toml",
            "[dependencies]\n".to_owned(),
            "expected a folder wit of WIT text, wkg.toml, deps.toml, or Cargo.toml",
        ),
        (
            "Cargo.toml",
            component("target = \"wasi:http\""),
            "Cargo.toml:2: expected a target NAMESPACE:NAME[/WORLD]@VERSION",
        ),
        ("Cargo.toml", component("target = \"http@1\""), "Cargo.toml:2: expected a package name NAMESPACE:NAME"),
        (
            "Cargo.toml",
            component("target = { path = \"../../etc\" }"),
            "expected the target's path inside of the project",
        ),
        ("Cargo.toml", component("target = { path = \"/etc\" }"), "expected the target's path inside of the project"),
        ("Cargo.toml", component("target = { package = \"a:b\" }"), "expected a version of the target a:b, found none"),
        ("Cargo.toml", component("dependencies = { \"a:b\" = {} }"), "expected a version or a path of a:b"),
        (
            "Cargo.toml",
            component("dependencies = { \"a:b\" = \"one\" }"),
            "a:b is asked for as \"one\", which is no requirement",
        ),
        (
            "wkg.toml",
            "[overrides]\n\"../a\" = { version = \"1\" }".to_owned(),
            "expected a package name NAMESPACE:NAME",
        ),
        ("wkg.toml", "[overrides]\n\"a:b\" = { version = \"one\" }".to_owned(), "which is no requirement"),
        ("wkg.toml", "x = 1".to_owned(), "unknown field `x`"),
        ("deps.toml", "\"../a\" = \"b\"".to_owned(), "expected a name of letters, digits"),
        ("deps.toml", "\".a\" = \"b\"".to_owned(), "expected a name of letters, digits"),
        ("wit/a.wit", "interface a {}".to_owned(), "no `package` header"),
        ("wit/a.wit", "package a:b;\nworld w { import }".to_owned(), "a.wit:2:18: "),
        (
            "wit/a.wit",
            format!("package a:b; interface i {{ type t = {}u8{}; }}", "list<".repeat(100_000), ">".repeat(100_000)),
            "nest",
        ),
    ] {
        let error = found(&[(name, &text)]).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2, "{error}");
        assert!(error.to_string().contains(said), "expected {said:?}, found {error}");
    }
}

#[test]
fn wit_text_has_limits() {
    let dir = project(&[("wit/a.wit", "package a:b;")]);
    for place in 0..1_000 {
        std::fs::write(dir.path().join(format!("wit/{place}.wit")), "").unwrap();
    }
    let error = read(dir.path()).unwrap_err();
    assert!(error.to_string().contains("expected at most 1000 WIT files, found more"), "{error}");
    let large = project(&[("wit/a.wit", &format!("package a:b;{}", " ".repeat(16 << 20)))]);
    let error = read(large.path()).unwrap_err();
    assert_eq!(error.kind().exit_code(), 2);
    assert!(error.to_string().contains("expected at most 16777216 bytes, found more"), "{error}");
}

const MANIFEST: &str = "# mine\n[registries]\ndefault = \"a.example\" # here\nother = \"b.example\"\n\n[dependencies]\n\"my:a\" = \"^1\" # kept\n\"my:b\" = { version = \"0.2\", features = [\"x\"] }\n# the end\n";

#[test]
fn a_manifest_keeps_what_it_has() {
    let cargo =
        "[package.metadata.component.dependencies]\n\"my:a\" = \"2\"\n\"my:b\" = \"^0.2\"\n\"my:c\" = \"0.1.0\"\n";
    let found = found(&[("Cargo.toml", cargo)]).unwrap();
    let merged = merge(Path::new("headlock.toml"), MANIFEST, &found, None).unwrap();
    let outcomes: Vec<(&str, &Outcome)> =
        merged.outcomes.iter().map(|(name, outcome)| (name.as_str(), outcome)).collect();
    let differs = Outcome::Differs("^1".to_owned());
    assert_eq!(outcomes, [("my:a", &differs), ("my:b", &Outcome::There), ("my:c", &Outcome::Added)]);
    let before = "features = [\"x\"] }\n";
    assert_eq!(merged.text, MANIFEST.replace(before, &format!("{before}\"my:c\" = \"^0.1.0\"\n")));
    // Again there is nothing to add.
    let again = merge(Path::new("headlock.toml"), &merged.text, &found, None).unwrap();
    assert_eq!(again.text, merged.text);
    let other = merge(Path::new("headlock.toml"), MANIFEST, &found, Some("other")).unwrap();
    assert!(other.text.contains("\"my:c\" = { version = \"^0.1.0\", registry = \"other\" }\n"), "{}", other.text);
}

#[test]
fn a_manifest_that_would_be_none_is_refused() {
    let found = found(&[("wit/w.wit", "package a:b; world w { import c:d/e@1.0.0; }")]).unwrap();
    let refused =
        |text: &str, registry| merge(Path::new("headlock.toml"), text, &found, registry).unwrap_err().to_string();
    assert!(refused("x = 1", None).contains("unknown field `x`"));
    assert!(refused(MANIFEST, Some("third")).contains("looked for in the registry \"third\""));
    assert!(refused("dependencies = 1", None).starts_with("headlock.toml:1: expected a table"));
    let none = merge(Path::new("headlock.toml"), "[registries]\ndefault = \"a.example\"\n", &found, None).unwrap();
    assert_eq!(none.text, "[registries]\ndefault = \"a.example\"\n\n[dependencies]\n\"c:d\" = \"^1.0.0\"\n");
}
