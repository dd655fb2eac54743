//! Artifacts as text, and what is understood of them.

use super::*;

fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text of a component")
}

fn needs(text: &str) -> Vec<String> {
    let artifact = read(&bytes(text)).expect("an artifact");
    artifact.needs.iter().map(|need| format!("{} {}", need.package, need.accepted.requirement())).collect()
}

fn refusal(bytes: &[u8]) -> String {
    let error = read(bytes).expect_err("no artifact");
    assert_eq!(error.kind(), crate::error::ErrorKind::Refused);
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}")
}

#[test]
fn a_component_needs_the_packages_of_its_imports() {
    let text = r#"(component
        (import "wasi:io/streams@0.2.0" (instance)) (import "wasi:io/error@0.2.1" (instance))
        (import "wasi:http/types@1.4.0" (instance)) (import "wasi:http/types@2.0.0" (instance))
        (import "a:draft/x@0.2.0-rc.1" (instance)) (import "a:draft/x@0.2.0-rc.2" (instance))
        (import "a:any/x" (instance)) (import "plain" (func)) (import "url=<https://a.example/x>" (component)))"#;
    let expected = [
        "a:any *",
        "a:draft =0.2.0-rc.1",
        "a:draft =0.2.0-rc.2",
        "wasi:http ^1.4.0",
        "wasi:http ^2.0.0",
        "wasi:io ^0.2.1",
    ];
    assert_eq!(needs(text), expected);
}

#[test]
fn parts_inside_import_for_themselves() {
    assert!(needs(r#"(component (component (import "a:b/c@1.0.0" (instance))))"#).is_empty());
}

#[test]
fn its_own_package_is_brought_along() {
    let text = r#"(component (import "my:app/x@1.2.0" (instance)) (import "my:app/y" (instance))
        (import "my:app/x@0.9.0" (instance)))"#;
    let artifact = read(&bytes(text)).expect("an artifact");
    let needs = artifact.needs_as("my:app", &Version::new(1, 3, 0));
    assert_eq!(needs.iter().map(|need| need.accepted.requirement()).collect::<Vec<_>>(), ["^0.9.0"]);
    assert_eq!(artifact.needs_as("my:other", &Version::new(1, 3, 0)).len(), 3);
}

#[test]
fn a_component_may_say_its_name_and_version() {
    let read = |text: &str| read(&bytes(text)).expect("an artifact");
    let said = read(r#"(component $my:app (@custom "version" "1.2.3"))"#);
    assert_eq!((said.name.as_deref(), said.version), (Some("my:app"), Some(Version::new(1, 2, 3))));
    let other = read(r#"(component $app (@custom "version" "of today"))"#);
    assert_eq!((other.name, other.version), (None, None));
    let inner = read(r#"(component (component $my:app (@custom "version" "1.2.3")))"#);
    assert_eq!((inner.name, inner.version), (None, None));
}

#[test]
fn producers_are_listed_and_may_be_broken() {
    let text = r#"(component (@custom "producers" "\01\08language\01\04Rust\041.95"))"#;
    let artifact = read(&bytes(text)).expect("an artifact");
    let producer = &artifact.producers[0];
    assert_eq!((&*producer.field, &*producer.name, &*producer.version), ("language", "Rust", "1.95"));
    assert!(read(&bytes(r#"(component (@custom "producers" "\ff"))"#)).expect("an artifact").producers.is_empty());
}

#[cfg(feature = "engine")]
#[test]
fn a_wit_package_says_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("deps/io/io.wit", "package a:io@0.2.6; interface poll { type t = u32; } interface other { type o = u8; }");
    write("deps/log/log.wit", "package a:log; interface out { use a:io/poll@0.2.6.{t}; put: func(t: t); }");
    write(
        "app.wit",
        "package my:app@1.0.0; interface api { use types.{id}; get: func() -> id; } interface types { type id = u64; }
         world w { import a:log/out; export api; export a:io/other@0.2.6; }",
    );
    let bytes = text::encode(folder.path()).expect("a package");
    assert_eq!(bytes, text::encode(folder.path()).expect("a package"), "the same bytes each time");
    let artifact = read(&bytes).expect("an artifact");
    assert_eq!((artifact.kind, artifact.name.as_deref()), (Kind::Wit, Some("my:app")));
    assert_eq!(artifact.version, Some(Version::new(1, 0, 0)));
    let needs: Vec<String> =
        artifact.needs.iter().map(|need| format!("{} {}", need.package, need.accepted.requirement())).collect();
    assert_eq!(needs, ["a:io ^0.2.6", "a:log *"]);
    write("app.wit", "package my:app@1.0.0;");
    assert_eq!(text::encode(folder.path()).expect_err("nothing in it").kind(), crate::error::ErrorKind::Malformed);
    write("app.wit", "package my:app@1.0.0; interface a { use b:c/d.{e}; }");
    assert_eq!(text::encode(folder.path()).expect_err("not there").kind(), crate::error::ErrorKind::Malformed);
}

/// Of versions that differ in build metadata alone each is a release; what one is asked for as does not tell them apart.
#[cfg(feature = "engine")]
#[test]
fn a_wit_packages_version_has_its_build_metadata() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::fs::create_dir(folder.path().join("deps")).expect("a folder");
    write("deps/io.wit", "package a:io@0.2.6+built; interface poll { type t = u32; }");
    write(
        "app.wit",
        "package a:b@1.0.0+build5; interface one { use a:io/poll@0.2.6+built.{t}; } interface two {} world w { import two; }",
    );
    let artifact = read(&text::encode(folder.path()).expect("a package")).expect("an artifact");
    assert_eq!((artifact.kind, artifact.name.as_deref()), (Kind::Wit, Some("a:b")));
    assert_eq!(artifact.version.as_ref().map(Version::to_string).as_deref(), Some("1.0.0+build5"));
    let needs = |needs: &[Need]| -> Vec<String> {
        needs.iter().map(|need| format!("{} {}", need.package, need.accepted.requirement())).collect()
    };
    assert_eq!(needs(&artifact.needs), ["a:io ^0.2.6"]);
    // Under another build of the same version it is still its own package.
    let own = read(&bytes(r#"(component (import "my:app/x@1.2.0-a" (instance)))"#)).expect("an artifact");
    assert!(own.needs_as("my:app", &"1.2.0-a+b".parse().expect("a version")).is_empty());
    assert_eq!(needs(&own.needs_as("my:app", &Version::new(1, 2, 0))), ["my:app =1.2.0-a"]);
}

#[test]
fn what_is_no_artifact_is_refused_with_what_it_is() {
    for (bytes, why) in [
        (&b""[..], "found an empty file"),
        (b"#!/bin/sh", "found no WebAssembly"),
        (b"\0as", "found no WebAssembly"),
        (b"(component)", "found what looks like its text"),
        (b"\0asm\x01\0\0\0", "found a core WebAssembly module"),
        (b"\0asm\x0a\0\x01\x01", "found WebAssembly of another version"),
        (b"\0asm\x0d\0\x01", "expected"),
        (b"\0asm\x0d\0\x01\0\x0b\x07\x01\0\x01a\x03\0\0", "expected a valid component"),
    ] {
        assert!(refusal(bytes).contains(why), "{bytes:?}: {}", refusal(bytes));
    }
    let nested = refusal(&bytes(r#"(component (import "a:b:c/d" (instance)))"#));
    assert!(nested.contains("no package that a registry could have"), "{nested}");
}

#[test]
fn what_lies_too_deep_is_refused_before_it_takes_long() {
    let mut inner = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..2_000 {
        let mut length = inner.len();
        let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
        while length >= 128 {
            outer.push((length % 128 + 128) as u8);
            length /= 128;
        }
        outer.push(length as u8);
        outer.extend(inner);
        inner = outer;
    }
    assert!(refusal(&inner).contains("components in one another"), "{}", refusal(&inner));
}

#[cfg(feature = "engine")]
#[test]
fn plain_names_of_a_world_are_of_the_packages_that_they_implement() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("deps")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("deps/dep.wit", "package evil:dep@1.2.0; interface c { f: func(); }");
    write("me.wit", "package me:pkg@1.0.0; world w { import primary: evil:dep/c@1.2.0; }");
    let artifact = read(&text::encode(folder.path()).expect("a package")).expect("an artifact");
    let needs: Vec<String> =
        artifact.needs.iter().map(|need| format!("{} {}", need.package, need.accepted.requirement())).collect();
    assert_eq!(needs, ["evil:dep ^1.2.0"]);
}

#[cfg(all(feature = "engine", unix))]
#[test]
fn a_folder_holds_files_and_not_too_many() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("a.wit")).expect("a link");
    let error = text::encode(folder.path()).expect_err("no file");
    assert!(error.to_string().contains("expected a file, found something else"), "{error}");
}
