//! Importing rows from a folder.

use std::path::Path;

use super::*;
use crate::error::ErrorKind;
use crate::registry::import::{Report, Until, import_crates_index};
use crate::registry::{Folder, Reader};

/// A row: crate, version, time of publication (none if empty), yanked.
fn row(name: &str, version: &str, time: &str, yanked: bool) -> String {
    let content = Digest::of(format!("{name} {version}").as_bytes());
    let time = if time.is_empty() { String::new() } else { format!(r#","pubtime":"{time}""#) };
    format!(
        r#"{{"name":"{name}","vers":"{version}","deps":[],"cksum":"{content}","features":{{}},"yanked":{yanked}{time}}}"#
    )
}

fn write(path: &Path, rows: &[String]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, rows.join("\n")).unwrap();
}

/// A file of cargo's cache.
fn write_cache(path: &Path, rows: &[String]) {
    let mut bytes = vec![3, 2, 0, 0, 0];
    bytes.extend(b"etag: x\0");
    for row in rows {
        bytes.extend(b"1.0.0\0");
        bytes.extend(row.as_bytes());
        bytes.push(0);
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn import(rows: &Path, base: &Path, until: Option<&str>) -> Result<Report> {
    let key = key();
    let mut registry = match base.join("checkpoint").exists() {
        true => Registry::open(base, &key)?,
        false => Registry::init(base, &key)?,
    };
    let until = until.map(Until::parse).transpose()?;
    import_crates_index(rows, &mut registry, until.as_ref(), &mut |_| ())
}

/// The records of a log, without epochs: what was said, of what.
fn said(base: &Path) -> Vec<String> {
    let folder = Folder::new(base);
    let audit = audit(&folder, &key().verifier(), &mut |_| ()).unwrap();
    audit.verdict().unwrap();
    let mut said = Vec::new();
    crate::registry::replay::entries(&folder, 0, audit.head.size, &mut |_, entry| {
        let record = Record::parse(entry).unwrap();
        if let (Some(package), Some(version)) = (record.package(), record.version()) {
            said.push(format!("{} {package} {version}", record.kind()));
        }
        Ok(())
    })
    .unwrap();
    said
}

#[test]
fn rows_go_in_by_time_then_name_then_version() {
    let dir = tempfile::tempdir().unwrap();
    let rows = dir.path().join("rows");
    write(&rows.join("b/b"), &[row("b", "1.0.0", "2020-01-02T00:00:00Z", false), row("b", "0.9.0", "", false)]);
    let a = [row("a", "1.10.0", "2020-01-02T00:00:00Z", true), row("a", "1.9.0", "2020-01-02T00:00:00Z", false)];
    write(&rows.join("z/a"), &a);
    write_cache(&rows.join("registry/.cache/c/c"), &[row("c", "1.0.0", "2020-01-01T00:00:00Z", false)]);
    // What is passed over, and what is named.
    write(&rows.join("config.json"), &["{}".to_owned()]);
    write(&rows.join(".git/config"), &["[core]".to_owned()]);
    write(&rows.join("README.md"), &["# rows".to_owned()]);
    std::fs::write(rows.join("old"), [1, b'x', 0]).unwrap();
    std::fs::write(rows.join("empty"), []).unwrap();
    std::fs::write(rows.join("schema"), [3, 9, 0, 0, 0, b'x', 0]).unwrap();
    std::fs::write(rows.join("torn"), [3, 2, 0, 0, 0, b'x', 0, b'1']).unwrap();

    let base = dir.path().join("reg");
    let report = import(&rows, &base, None).unwrap();
    assert_eq!(
        said(&base),
        [
            "release crates:b 0.9.0",
            "release crates:c 1.0.0",
            "release crates:a 1.9.0",
            "release crates:a 1.10.0",
            "yank crates:a 1.10.0",
            "release crates:b 1.0.0",
        ]
    );
    assert_eq!((report.files, report.rows, report.released, report.yanked), (3, 5, 5, 1));
    assert_eq!(report.head.size, 8);
    let strangers: Vec<String> = report
        .strangers
        .iter()
        .map(|(path, why)| format!("{}: {why}", path.file_name().unwrap().to_str().unwrap()))
        .collect();
    assert_eq!(
        strangers,
        [
            "README.md: neither rows of the index, a JSON object a line, nor a file of cargo's cache",
            "empty: an empty file",
            "old: a file of cargo's cache in format 1; format 3 is what can be read",
            "schema: a file of cargo's cache for schema 9; 2 is what can be read",
            "torn: a file of cargo's cache that is cut off",
        ]
    );
}

#[test]
fn importing_day_by_day_says_the_same_as_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, at_once, daily) = (dir.path().join("rows"), dir.path().join("at-once"), dir.path().join("daily"));
    let a: Vec<String> =
        (1..9).map(|day| row("a", &format!("1.{day}.0"), &format!("2020-01-0{day}T12:00:00Z"), day % 3 == 0)).collect();
    write(&rows.join("a"), &a);
    write(&rows.join("b"), &[row("b", "1.0.0", "2020-01-03T00:00:00Z", false), row("b", "1.1.0", "", true)]);
    import(&rows, &at_once, None).unwrap();
    let mut heads = Vec::new();
    for day in ["2020-01-01", "2020-01-03", "2020-01-03", "2020-01-09"] {
        let report = import(&rows, &daily, Some(day)).unwrap();
        heads.push((report.head.size, report.released, report.unchanged, report.later));
    }
    // The first epoch, then two records of b and an epoch; two of a, one of b and an epoch; nothing; the rest.
    assert_eq!(heads, [(4, 1, 0, 9), (8, 3, 1, 6), (8, 0, 4, 6), (17, 6, 4, 0)]);
    assert_eq!(said(&daily), said(&at_once));
}

#[test]
fn importing_again_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, base) = (dir.path().join("rows"), dir.path().join("reg"));
    let a = |yanked: [bool; 3]| {
        let versions = ["1.0.0", "1.1.0", "1.2.0"].iter().zip(yanked);
        versions.map(|(version, yanked)| row("a", version, "2020-01-01T00:00:00Z", yanked)).collect::<Vec<_>>()
    };
    write(&rows.join("a"), &a([true, false, false]));
    import(&rows, &base, None).unwrap();
    let head = import(&rows, &base, None).unwrap().head;
    assert_eq!(head.size, 6);
    write(&rows.join("a"), &a([false, true, false]));
    let report = import(&rows, &base, None).unwrap();
    assert_eq!((report.released, report.yanked, report.unyanked, report.unchanged), (0, 1, 1, 1));
    assert_eq!(said(&base)[4..], ["unyank crates:a 1.0.0", "yank crates:a 1.1.0"]);
}

#[test]
fn what_cannot_be_carried_over_is_named_and_the_rest_goes_in() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, base) = (dir.path().join("rows"), dir.path().join("reg"));
    let time = "2020-01-01T00:00:00Z";
    let other = row("a", "1.0.0", "2020-01-02T00:00:00Z", false)
        .replace("\"deps\":[]", "\"deps\":[{\"name\":\"b\",\"req\":\"*\"}]");
    let content =
        row("a", "1.1.0", "2020-01-03T00:00:00Z", false).replace(&Digest::of(b"a 1.1.0").to_string(), &"00".repeat(32));
    write(
        &rows.join("a"),
        &[
            row("a", "1.0.0", time, false),
            row("a", "1.1.0", time, false),
            other,
            content,
            "{\"name\":\"a\"}".to_owned(),
            row("a", "1.2", time, false),
            row("a", "1.3.0", "yesterday", false),
            row("a", "1.4.0", time, false).replace("\"features\":{}", "\"features\":{\"x y\":[]}"),
            row("1a", "1.0.0", time, false),
            row("A", "1.0.0", "2020-01-02T00:00:00Z", false),
            row("a", "1.5.0", time, false).replace("\"features\":{}", "\"features\":{\"f\":[\"g\"]}"),
            row("b", "1.0.0", time, false),
        ],
    );
    let report = import(&rows, &base, None).unwrap();
    assert_eq!(said(&base), ["release crates:a 1.0.0", "release crates:a 1.1.0", "release crates:b 1.0.0"]);
    let refused: Vec<String> = report
        .refused
        .iter()
        .map(|finding| format!("{} {} {} {}", finding.row, finding.name, finding.version, finding.what))
        .collect();
    assert_eq!(
        refused,
        [
            "5   expected a row of the index, found something else: missing field `vers` at line 1 column 12",
            "6 a 1.2 the version `1.2` cannot be in a record: unexpected end of input while parsing minor version number",
            "7 a 1.3.0 expected a time of publication like 2025-06-01T12:00:00Z, found `yesterday`",
            "9 1a 1.0.0 the log refuses it: not a record: package: expected a package name NAMESPACE:NAME, each a letter followed by letters, digits, `_` and `-`, found \"crates:1a\"",
            "8 a 1.4.0 the log refuses it: not a record: feature: expected a letter, digit or `_`, followed by letters, digits, `_`, `+`, `.` and `-`, found \"x y\"",
            "11 a 1.5.0 feature `f` names `g`, which is neither a feature nor a dependency that it can turn on",
            "10 A 1.0.0 `crates:A` differs from `crates:a` only in case, `-` and `_`",
        ]
    );
    let contradicting: Vec<String> =
        report.contradicting.iter().map(|finding| format!("{} {}", finding.row, finding.what)).collect();
    assert_eq!(
        contradicting,
        [
            "3 the row's dependencies, features or links are not those that the log holds".to_owned(),
            format!("4 the log has content {}, the row {}", Digest::of(b"a 1.1.0"), "00".repeat(32)),
        ]
    );
}

/// A row with so many features of long names, each including all before it.
fn wide_row(version: &str, features: usize) -> String {
    let names: Vec<String> = (0..features).map(|number| format!("feature-with-a-long-name-{number:03}")).collect();
    let features: Vec<String> =
        (0..features).map(|number| format!("{:?}:{:?}", names[number], &names[..number])).collect();
    row("wide", version, "", false).replace("\"features\":{}", &format!("\"features\":{{{}}}", features.join(",")))
}

#[test]
fn records_that_would_be_too_long_leave_out_what_is_implied() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, base) = (dir.path().join("rows"), dir.path().join("reg"));
    let (short, long, hopeless) = (wide_row("1.0.0", 50), wide_row("1.1.0", 80), wide_row("1.2.0", 800));
    write(&rows.join("wide"), &[short, long, hopeless]);
    let report = import(&rows, &base, None).unwrap();
    let refused: Vec<String> = report.refused.iter().map(|finding| finding.what.to_string()).collect();
    let [refused] = &refused[..] else { panic!("{refused:?}") };
    assert!(
        refused.starts_with("its record would be ") && refused.ends_with(" bytes long, the limit is 65535"),
        "{refused}"
    );
    let folder = Folder::new(&base);
    crate::registry::replay::entries(&folder, 1, report.head.size, &mut |place, entry| {
        let Ok(Record::Release(release)) = Record::parse(entry) else {
            assert_eq!(place, 3);
            return Ok(());
        };
        let includes: Vec<usize> = release.features.iter().map(|feature| feature.includes.len()).collect();
        // The feature `default` comes first. The shorter one says what its row says.
        let expected: Vec<usize> = match place {
            1 => [0].into_iter().chain(0..50).collect(),
            _ => [0, 0].into_iter().chain([1; 79]).collect(),
        };
        assert_eq!(includes, expected);
        Ok(())
    })
    .unwrap();
    // Again the same record: nothing contradicts the log.
    assert_eq!(import(&rows, &base, None).unwrap().contradicting, []);
}

#[test]
fn a_folder_without_rows_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, base) = (dir.path().join("rows"), dir.path().join("reg"));
    write(&rows.join("README.md"), &["# rows".to_owned()]);
    let error = import(&rows, &base, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(error.to_string(), format!("expected rows of the crates.io index in {}, found none", rows.display()));
    let error = import(&dir.path().join("none"), &base, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
    assert_eq!(Folder::new(&base).read("tile/0/000.p/1", 1 << 20).unwrap().map(|tile| tile.len()), Some(32));
}
