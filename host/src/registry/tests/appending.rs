//! Which records a log takes.

use headlock_log::record::Epoch;

use super::*;
use crate::error::ErrorKind;
use crate::registry::{DependencyRequest, ReleaseRequest};

fn refused(records: &[Record<'_>]) -> (ErrorKind, String) {
    let (disk, key) = (Disk::default(), key());
    let mut registry = init(&disk, &key).unwrap();
    registry.append(&[release("t:a-b", "1.0.0"), release("t:a-b", "1.1.0"), yank("t:a-b", "1.1.0")]).unwrap();
    let head = registry.head().clone();
    let error = registry.append(records).unwrap_err();
    assert_eq!(*registry.head(), head);
    // The refused transaction leaves nothing behind, once somebody writes again.
    registry.append(&[release("t:z", "1.0.0")]).unwrap();
    audited(&disk).verdict().unwrap();
    (error.kind(), error.to_string())
}

#[test]
fn records_that_are_refused() {
    let no = |text: &str| (ErrorKind::No, text.to_owned());
    let same = "is already published, with the same content, and says the same";
    assert_eq!(refused(&[release("t:a-b", "1.0.0")]), no(&format!("t:a-b 1.0.0 {same}")));
    let twice = [release("t:new", "1.0.0"), release("t:new", "1.0.0")];
    assert_eq!(refused(&twice), no(&format!("t:new 1.0.0 {same}")));
    let Record::Release(mut other) = release("t:a-b", "1.0.0") else { unreachable!("a release") };
    other.content = Digest::of(b"other");
    let content = Digest::of(b"t:a-b 1.0.0");
    let published = format!("t:a-b 1.0.0 is already published, with content {content}");
    assert_eq!(refused(&[Record::Release(other)]), no(&published));
    assert_eq!(refused(&[yank("t:a-b", "2.0.0")]), no("t:a-b 2.0.0 is not in the registry"));
    assert_eq!(refused(&[yank("t:none", "1.0.0")]), no("t:none 1.0.0 is not in the registry"));
    assert_eq!(refused(&[yank("t:a-b", "1.1.0")]), no("t:a-b 1.1.0 is already yanked"));
    assert_eq!(refused(&[unyank("t:a-b", "1.0.0")]), no("t:a-b 1.0.0 is not yanked"));
    assert_eq!(refused(&[yank("t:a-b", "1.0.0"), yank("t:a-b", "1.0.0")]), no("t:a-b 1.0.0 is already yanked"));
    for alike in ["t:A-b", "T:a-b", "t:a_b"] {
        let why = "t:a-b is one, and names that differ only in case, `-` and `_` are the same";
        assert_eq!(refused(&[release(alike, "1.0.0")]), no(&format!("{alike} cannot be a new package: {why}")));
    }
    let why = "t:new-1 is one, and names that differ only in case, `-` and `_` are the same";
    assert_eq!(
        refused(&[release("t:new-1", "1.0.0"), release("t:new_1", "1.0.0")]),
        no(&format!("t:new_1 cannot be a new package: {why}"))
    );
}

#[test]
fn records_that_are_none() {
    let malformed = |text: &str| (ErrorKind::Malformed, text.to_owned());
    assert_eq!(
        refused(&[release("t:a-b", "1.0")]).1,
        "not a record: expected a semantic version, found \"1.0\": unexpected end of input while parsing minor version number"
    );
    assert_eq!(
        refused(&[Record::Epoch(Epoch { index: Digest::of(b"") })]),
        malformed("an epoch is written by the log itself")
    );
    let Record::Release(mut chained) = release("t:c", "1.0.0") else { unreachable!() };
    chained.prev = Some(Digest::of(b""));
    assert_eq!(refused(&[Record::Release(chained)]), malformed("prev is written by the log itself"));
    assert_eq!(
        refused(&[foreign("t:c", "other.example/x")]),
        (ErrorKind::No, "t:d is of the registry other.example/x, which is not a peer of this one".to_owned())
    );
    assert_eq!(
        refused(&[foreign("t:c", ORIGIN)]),
        malformed("t:d names this registry, registry.example/test; a record says so by naming none")
    );
    let long: Vec<String> = (0..300).map(|number| format!("{number:0>250}")).collect();
    let Record::Release(mut long_record) = release("t:c", "1.0.0") else { unreachable!() };
    long_record.exclusives = long.iter().map(String::as_str).collect();
    assert_eq!(
        refused(&[Record::Release(long_record)]),
        malformed("not a record: expected a record of at most 65535 bytes, found 76039 bytes")
    );
}

#[test]
fn no_records_make_no_head() {
    let (disk, key) = (filled(2), key());
    let mut registry = open(&disk, &key).unwrap();
    let before = disk.files();
    assert_eq!(registry.append(&[]).unwrap().size, 4);
    assert_eq!(disk.files(), before);
}

#[test]
fn another_key_is_refused() {
    let disk = filled(1);
    let stranger = SigningKey::generate_from_seed(ORIGIN, [8; 32]).unwrap();
    let error = open(&disk, &stranger).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.to_string(), format!("checkpoint is not signed with the key of {ORIGIN}"));
}

#[test]
fn init_refuses_a_registry() {
    let (disk, key) = (filled(1), key());
    let error = init(&disk, &key).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(
        error.to_string(),
        "expected a folder without a registry, found the registry registry.example/test, size 3"
    );
    disk.set("checkpoint", None);
    let error = init(&disk, &key).err().unwrap();
    assert_eq!(error.to_string(), "expected a folder without a registry, found tile/0/000.p/1, but no checkpoint");
    let error = open(&disk, &key).err().unwrap();
    assert_eq!(error.to_string(), "expected a registry, found a folder without a checkpoint");
}

#[test]
fn damaged_files_stop_the_writer() {
    let key = key();
    for (path, what) in [("tile/0/000.p/4", "tiles"), ("tile/entries/000.p/4", "tiles")] {
        let disk = filled(2);
        let mut bytes = disk.files()[path].clone();
        *bytes.last_mut().unwrap() ^= 1;
        disk.set(path, Some(&bytes));
        let error = open(&disk, &key).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::No, "{error}");
        assert!(
            error.to_string().starts_with(&format!("the registry's {what} are not those of its signed head")),
            "{error}"
        );
        disk.set(path, None);
        let error = open(&disk, &key).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
        assert_eq!(error.to_string(), format!("expected {path} in the registry, found no such file"));
    }
    // Pages and the index are read when a package is touched.
    for folder in ["page/", "index/", "bin/"] {
        let disk = filled(2);
        for (path, mut bytes) in disk.files().into_iter().filter(|(path, _)| path.starts_with(folder)) {
            *bytes.last_mut().unwrap() ^= 1;
            disk.set(&path, Some(&bytes));
        }
        let error = open(&disk, &key).unwrap().append(&[yank("t:many", "1.0.0")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::No, "{error}");
    }
}

#[test]
fn partial_tiles_go_when_the_full_one_is_there() {
    let (disk, key) = (filled(250), key());
    assert!(disk.files().contains_key("tile/0/000.p/252"));
    let versions: Vec<String> = (0..10).map(|minor| format!("3.{minor}.0")).collect();
    let records: Vec<Record<'_>> = versions.iter().map(|version| release("t:many", version)).collect();
    open(&disk, &key).unwrap().append(&records).unwrap();
    let paths: Vec<String> = disk.files().into_keys().filter(|path| path.starts_with("tile/")).collect();
    assert_eq!(paths, ["tile/0/000", "tile/0/001.p/7", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/7"]);
    audited(&disk).verdict().unwrap();
}

#[test]
fn a_transaction_that_is_dropped_leaves_nothing() {
    let (disk, key) = (filled(1), key());
    let before = disk.files();
    let mut registry = open(&disk, &key).unwrap();
    let mut transaction = registry.begin().unwrap();
    for minor in 0..600 {
        transaction.push(&release("t:dropped", &format!("1.{minor}.0"))).unwrap();
    }
    drop(transaction);
    registry.append(&[release("t:kept", "1.0.0")]).unwrap();
    audited(&disk).verdict().unwrap();
    let new: Vec<String> = disk.files().into_keys().filter(|path| !before.contains_key(path)).collect();
    assert!(
        new.iter().filter(|path| path.starts_with("tile/")).eq(["tile/0/000.p/5", "tile/entries/000.p/5"]),
        "{new:?}"
    );
}

#[test]
fn lost_names_are_found_again_in_the_log() {
    let key = key();
    let disk = filled(2);
    for path in disk.files().into_keys().filter(|path| path.starts_with(".writer/")) {
        disk.set(&path, None);
    }
    let error = open(&disk, &key).unwrap().append(&[release("T:Many", "1.0.0")]).unwrap_err();
    assert!(error.to_string().starts_with("T:Many cannot be a new package: t:many is one"), "{error}");
}

#[test]
fn damaged_names_stop_the_writer() {
    let (disk, key) = (filled(2), key());
    let path =
        disk.files().into_keys().find(|path| path.starts_with(".writer/names/") && !path.ends_with("size")).unwrap();
    disk.set(&path, Some(b"many\n"));
    let error = open(&disk, &key).unwrap().append(&[release("T:Many", "1.0.0")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
    assert_eq!(error.to_string(), format!("{path}: expected package names, found something else"));
    assert_eq!(error.hint_text(), Some("take the folder .writer/names away; it is made anew from the log"));
}

#[test]
fn a_request_is_put_in_order() {
    let (disk, key) = (Disk::default(), key());
    let mut registry = init(&disk, &key).unwrap();
    let json = format!(
        r#"{{"package":"t:a","version":"1.0.0","content":"{}","exclusives":["y","x"],
            "dependencies":[
                {{"package":"t:c","requirement":"1","optional":true,"registry":"{ORIGIN}"}},
                {{"package":"t:b","requirement":">= 1.2 , <2","features":["g","f","g"]}}],
            "features":[{{"name":"z"}},{{"name":"n","includes":["z"],"additions":[{{"dependency":0,"features":["k"]}}]}}]}}"#,
        "ab".repeat(32),
    );
    let request = ReleaseRequest::parse(json.as_bytes(), "release.json").unwrap();
    let published = registry.publish(&request, None).unwrap();
    assert_eq!((published.place, published.head.size), (1, 3));
    let page = disk.files().into_iter().find(|(path, _)| path.starts_with("page/")).unwrap().1;
    let expected = r#"1 {"release":{"package":"t:a","version":"1.0.0","content":"HASH","exclusives":["x","y"],"dependencies":[{"package":"t:b","requirement":">=1.2, <2","features":["f","g"]},{"package":"t:c","requirement":"^1","optional":true}],"features":[{"name":"n","includes":["z"],"additions":[{"dependency":1,"features":["k"]}]},{"name":"z"}]}}
"#;
    assert_eq!(String::from_utf8(page).unwrap(), expected.replace("HASH", &"ab".repeat(32)));
    audited(&disk).verdict().unwrap();
}

#[test]
fn requests_that_are_none() {
    let (disk, key) = (Disk::default(), key());
    let mut registry = init(&disk, &key).unwrap();
    let mut refuse = |request: &ReleaseRequest| {
        let error = registry.publish(request, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        error.to_string()
    };
    let request = ReleaseRequest {
        package: "t:a".to_owned(),
        version: "1.0.0".to_owned(),
        content: Some(Digest::of(b"")),
        ..ReleaseRequest::default()
    };
    assert_eq!(
        refuse(&ReleaseRequest { content: None, ..request.clone() }),
        "expected a content file or its sha256, found neither"
    );
    assert_eq!(
        refuse(&ReleaseRequest { version: "1\u{202e}".to_owned(), ..request.clone() }),
        r"expected a semantic version like 1.2.3, found `1\u{202e}`"
    );
    let dependency =
        DependencyRequest { package: "t:b".to_owned(), requirement: "one".to_owned(), ..DependencyRequest::default() };
    assert_eq!(
        refuse(&ReleaseRequest { dependencies: vec![dependency], ..request.clone() }),
        "dependency t:b: expected a requirement like ^1.2, found `one`"
    );
    assert_eq!(
        refuse(&ReleaseRequest { package: "ab".to_owned(), ..request.clone() }),
        "not a record: package: expected a package name NAMESPACE:NAME, each a letter followed by letters, digits, `_` and `-`, found \"ab\""
    );
    let parse = |json: &str| ReleaseRequest::parse(json.as_bytes(), "r.json").unwrap_err().to_string();
    assert_eq!(
        parse(r#"{"package":"t:a","version":"1.0.0","prev":"00"}"#),
        "r.json: expected a release as JSON, found otherwise: unknown field `prev`, expected one of `package`, `version`, `content`, `exclusives`, `dependencies`, `features` at line 1 column 41"
    );
    assert_eq!(
        parse(r#"{"package":"t:a","package":"t:a","version":"1.0.0"}"#),
        "r.json: expected a release as JSON, found otherwise: duplicate field `package` at line 1 column 26"
    );
    let features = parse_features(r#"[{"name":"f"},{"name":"f"}]"#);
    assert_eq!(refuse(&features), "expected each feature once, found `f` twice");
    let features = parse_features(r#"[{"name":"f","additions":[{"dependency":0}]}]"#);
    assert_eq!(refuse(&features), "feature `f` adds dependency 0, but there are 0, counted from 0");
}

fn parse_features(features: &str) -> ReleaseRequest {
    let content = Digest::of(b"");
    let json = format!(r#"{{"package":"t:a","version":"1.0.0","content":"{content}","features":{features}}}"#);
    ReleaseRequest::parse(json.as_bytes(), "r.json").unwrap()
}
