mod nearly;

use proptest::prelude::*;
use semver::{Version, VersionReq};

use super::*;

const CONTENT: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A release with everything in it, in its one encoding. `@` stands for a digest.
const FULL: &str = concat!(
    r#"{"release":{"package":"wasi:http","version":"0.2.1+a.01","content":"@","exclusives":["a","b+c.d-e_"],"#,
    r#""dependencies":[{"package":"a:a","requirement":"*"},{"package":"a:a","requirement":"^1.2"},"#,
    r#"{"package":"a:a","requirement":"^1.2","features":["x"]},{"package":"a:a","requirement":"^1.2","optional":true},"#,
    r#"{"package":"a:a","requirement":"^1.2","optional":true,"features":["x","y"]},"#,
    r#"{"package":"a:a","requirement":"^1.2","content":"@"},"#,
    r#"{"registry":"r.example","package":"a:a","requirement":">=1, <2.0.0-rc.1"}],"#,
    r#""features":[{"name":"default","includes":["more","unknown"]},{"name":"empty"},"#,
    r#"{"name":"more","additions":[{"dependency":0},{"dependency":6,"features":["p","q"]}]}],"prev":"@"}}"#
);

/// A release and a handover with all that a package with maintainers can have.
const MAINTAINED: [&str; 2] = [
    concat!(
        r#"{"release":{"package":"a:a","version":"1.0.0","content":"@","features":[{"name":"x"}],"maintainers":{"threshold":2,"#,
        r#""keys":["ann+6fb9240c+ASVDuS/xCVURR2rcg2nbbdyTNmWhGXjdoUBO4QZsqVWd","#,
        r#""ben+2b503693+ARdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V"]},"prev":"@","#,
        r#""signatures":["K1A2kxVsoEfR1gFPvpWznBbTu2m3RMmAb8uvEM2vFf9jhkIByTh7z7HfrmIYt8oGvSPdaptCq8+9XFd80EIItrFDhQc=","#,
        r#""b7kkDHw0FZyscXmnfQJRrG+G8KBDLs+CqQtaf+kjUZHAdRcqVB7zalcYkjRwmy76ZVHNMnAjRXTyPGlA2yw7peeBAwU="]}}"#
    ),
    concat!(
        r#"{"maintainers":{"package":"a:a","maintainers":{"threshold":1,"#,
        r#""keys":["ben+2b503693+ARdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V"]},"prev":"@","#,
        r#""signatures":["K1A2kxVsoEfR1gFPvpWznBbTu2m3RMmAb8uvEM2vFf9jhkIByTh7z7HfrmIYt8oGvSPdaptCq8+9XFd80EIItrFDhQc="]}}"#
    ),
];

fn json(text: &str) -> String {
    text.replace('@', CONTENT)
}

fn refused(text: &str) -> String {
    assert_eq!(read_twice(&json(text)), None, "{text}");
    Record::parse(json(text).as_bytes()).unwrap_err().to_string()
}

/// The record of a text, if it is one by all readings: by the grammar, after another record or not, and as JSON that is
/// encoded again.
fn read_twice(text: &str) -> Option<Record<'_>> {
    let by_grammar = canonical::read(text, None).map(|(record, _)| record);
    let as_json = Record::parse_json(text).ok();
    assert_eq!(by_grammar, as_json, "{text}");
    for before in [FULL, &FULL.replace("\"a:a\"", "\"b:b\""), &FULL.replace("\"dependency\":6", "\"dependency\":5")] {
        let before = json(before);
        let (Record::Release(release), texts) = canonical::read(&before, None).unwrap() else { panic!("{before}") };
        let after = canonical::read(text, Some((&release, &texts))).map(|(record, _)| record);
        assert_eq!(after, as_json, "{text} after {before}");
    }
    as_json
}

/// A release whose last members are given.
fn release(rest: &str) -> String {
    format!(r#"{{"release":{{"package":"a:a","version":"1.0.0","content":"@"{rest}}}}}"#)
}

/// A release of one dependency.
fn dependency(members: &str) -> String {
    release(&format!(r#","dependencies":[{{{members}}}]"#))
}

#[test]
fn every_kind_has_one_encoding() {
    for text in [
        FULL,
        MAINTAINED[0],
        MAINTAINED[1],
        &release(""),
        r#"{"yank":{"package":"a:a","version":"1.0.0"}}"#,
        r#"{"yank":{"package":"a:a","version":"1.0.0","prev":"@"}}"#,
        r#"{"unyank":{"package":"a:a","version":"1.0.0-rc.1","prev":"@"}}"#,
        r#"{"epoch":{"index":"@"}}"#,
    ] {
        let text = json(text);
        let record = Record::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(String::from_utf8(record.encode()).unwrap(), text);
        assert_eq!(record.check(), Ok(()));
        assert_eq!(read_twice(&text), Some(record));
    }
}

#[test]
fn a_record_says_what_it_is_about() {
    let content = CONTENT.parse().unwrap();
    let full = json(FULL);
    let Record::Release(release) = Record::parse(full.as_bytes()).unwrap() else { panic!("a release") };
    assert_eq!((release.package, release.version, release.content), ("wasi:http", "0.2.1+a.01", content));
    assert_eq!(release.exclusives, ["a", "b+c.d-e_"]);
    assert_eq!(release.dependencies.len(), 7);
    assert_eq!(release.dependencies[5].content, Some(content));
    assert_eq!(release.dependencies[6].registry, Some("r.example"));
    assert!(release.dependencies[4].optional && !release.dependencies[5].optional);
    assert_eq!(release.features[0].includes, ["more", "unknown"]);
    assert_eq!(release.features[2].additions[1], Addition { dependency: 6, features: vec!["p", "q"] });
    let about = |text: &str| {
        let text = json(text);
        let record = Record::parse(text.as_bytes()).unwrap();
        (record.package().map(str::to_owned), record.version().map(str::to_owned), record.prev())
    };
    assert_eq!(about(FULL), (Some("wasi:http".to_owned()), Some("0.2.1+a.01".to_owned()), Some(content)));
    let yank = r#"{"yank":{"package":"a:b","version":"1.0.0"}}"#;
    assert_eq!(about(yank), (Some("a:b".to_owned()), Some("1.0.0".to_owned()), None));
    assert_eq!(about(r#"{"epoch":{"index":"@"}}"#), (None, None, None));
}

#[test]
fn other_encodings_of_a_record_are_refused() {
    let other = |text: &str, at: usize| {
        assert_eq!(
            refused(text),
            format!("expected the one encoding of a record, found something else at byte {at}"),
            "{text}"
        );
    };
    let yank = r#"{"yank":{"package":"a:a","version":"1.0.0"}}"#;
    other(&format!("{yank} "), yank.len());
    other(&format!("{yank}\n"), yank.len());
    other(&format!(" {yank}"), 0);
    other(&yank.replace(r#"":{"#, r#"": {"#), 8);
    other(&yank.replace(',', ", "), 25);
    other(r#"{"yank":{"version":"1.0.0","package":"a:a"}}"#, 10);
    // As a list: serde would take it.
    other(r#"{"yank":["a:a","1.0.0",null]}"#, 8);
    // Members that say nothing.
    other(&yank.replace("}}", r#","prev":null}}"#), 42);
    let at = json(&release("")).len() - "}}".len();
    for member in ["exclusives", "dependencies", "features"] {
        other(&release(&format!(r#","{member}":[]"#)), at);
    }
    let plain = r#""package":"a:a","requirement":"*""#;
    let at = json(&dependency(plain)).len() - "}]}}".len();
    for member in [r#""registry":null"#, r#""content":null"#, r#""optional":false"#, r#""features":[]"#] {
        other(&dependency(&format!("{plain},{member}")), at);
    }
    // A number has more than one text, too.
    let feature = |number: &str| {
        let dependencies = r#","dependencies":[{"package":"a:a","requirement":"*"}]"#;
        release(&format!(r#"{dependencies},"features":[{{"name":"f","additions":[{{"dependency":{number}}}]}}]"#))
    };
    assert!(Record::parse(json(&feature("0")).as_bytes()).is_ok());
    for number in ["-0", "0.0", "0e0", "00", "\"0\"", "4294967296", "-1"] {
        assert!(Record::parse(json(&feature(number)).as_bytes()).is_err(), "{number}");
    }
}

#[test]
fn what_is_no_record_is_refused() {
    for (text, said) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{}", "expected value at line 1 column 2"),
        ("[]", "expected value at line 1 column 1"),
        ("null", "expected value at line 1 column 1"),
        (
            "{\"link\":{}}",
            "unknown variant `link`, expected one of `release`, `yank`, `unyank`, `maintainers`, `peer`, `unpeer`, `sync`, `epoch` at line 1 column 7",
        ),
        (
            "{\"Yank\":{}}",
            "unknown variant `Yank`, expected one of `release`, `yank`, `unyank`, `maintainers`, `peer`, `unpeer`, `sync`, `epoch` at line 1 column 7",
        ),
        (r#"{"yank":{}}"#, "missing field `package` at line 1 column 10"),
        (r#"{"yank":{"package":"a:a"}}"#, "missing field `version` at line 1 column 25"),
        (
            r#"{"yank":{"package":"a:a","package":"a:a","version":"1.0.0"}}"#,
            "duplicate field `package` at line 1 column 34",
        ),
        (
            r#"{"yank":{"package":"a:a","version":"1.0.0","why":"x"}}"#,
            "unknown field `why`, expected one of `package`, `version`, `prev` at line 1 column 48",
        ),
        (
            r#"{"yank":{"package":"a:a","version":"1.0.0","\u001b\u202e":"x"}}"#,
            "unknown field `\\u{1b}\\u{202e}`, expected one of `package`, `version`, `prev` at line 1 column 57",
        ),
        (
            r#"{"yank":{"package":"a:\u0061","version":"1.0.0"}}"#,
            "invalid type: string \"a:a\", expected a borrowed string at line 1 column 29",
        ),
        (
            r#"{"yank":{"package":1,"version":"1.0.0"}}"#,
            "invalid type: integer `1`, expected a borrowed string at line 1 column 20",
        ),
        (r#"{"epoch":{"index":"ab"}}"#, "expected 64 lowercase hexadecimal digits, found 2 bytes at line 1 column 22"),
        (r#"{"epoch":{"index":"@"}}x"#, "trailing characters at line 1 column 87"),
        ("\u{feff}{}", "expected value at line 1 column 1"),
    ] {
        assert_eq!(refused(text), format!("expected a record as JSON: {said}"), "{text}");
    }
    assert_eq!(
        Record::parse(b"{\"\xff").unwrap_err().to_string(),
        "expected a record as JSON: invalid utf-8 sequence of 1 bytes from index 2"
    );
    let deep = "[".repeat(60_000);
    assert!(Record::parse(deep.as_bytes()).is_err());
}

#[test]
fn a_record_has_a_length() {
    let long = |length: usize| {
        let text = json(&release(r#","exclusives":["#));
        let mut text = text.trim_end_matches('}').to_owned();
        let mut number = 0;
        while text.len() + 300 < length {
            text.push_str(&format!("\"{number:0200}\","));
            number += 1;
        }
        let rest = length - text.len() - "\"\"]}}".len();
        text.push_str(&format!("\"{}\"]}}}}", "z".repeat(rest)));
        assert_eq!(text.len(), length);
        text
    };
    assert_eq!(Record::parse(long(65_535).as_bytes()).map(|record| record.encode().len()), Ok(65_535));
    assert_eq!(
        Record::parse(long(65_536).as_bytes()).unwrap_err().to_string(),
        "expected a record of at most 65535 bytes, found 65536 bytes"
    );
}

#[test]
fn names_are_checked_wherever_they_stand() {
    let package = |name: &str| {
        format!(
            "package: expected a package name NAMESPACE:NAME, each a letter followed by letters, digits, `_` and `-`, \
             found \"{name}\""
        )
    };
    let feature = |field: &str| {
        format!(
            "{field}: expected a letter, digit or `_`, followed by letters, digits, `_`, `+`, `.` and `-`, found \"-\""
        )
    };
    assert_eq!(refused(r#"{"yank":{"package":"http","version":"1.0.0"}}"#), package("http"));
    assert_eq!(refused(r#"{"unyank":{"package":"a:..","version":"1.0.0"}}"#), package("a:.."));
    assert_eq!(refused(r#"{"release":{"package":"","version":"1.0.0","content":"@"}}"#), package(""));
    assert_eq!(refused(&dependency(r#""package":"b","requirement":"*""#)), package("b"));
    assert_eq!(
        refused(&dependency(r#""registry":"a/../b","package":"a:a","requirement":"*""#)),
        "registry: expected no empty, `.` or `..` part between the slashes of the origin, found \"a/../b\""
    );
    assert_eq!(refused(&release(r#","exclusives":["-"]"#)), feature("exclusives"));
    let asked = feature("features asked for");
    assert_eq!(refused(&dependency(r#""package":"a:a","requirement":"*","features":["-"]"#)), asked);
    assert_eq!(refused(&release(r#","features":[{"name":"-"}]"#)), feature("feature"));
    assert_eq!(refused(&release(r#","features":[{"name":"a","includes":["-"]}]"#)), feature("included features"));
    let added = r#"{"name":"a","additions":[{"dependency":0,"features":["-"]}]}"#;
    let one = r#""dependencies":[{"package":"a:a","requirement":"*"}]"#;
    assert_eq!(refused(&release(&format!(r#",{one},"features":[{added}]"#))), asked);
}

#[test]
fn lists_ascend() {
    let order = |list: &str, place: usize| {
        format!(
            "expected {list} in ascending order, none twice, and found that entry {place} does not come after the one \
             before it"
        )
    };
    for (names, place) in [(r#""b","a""#, 1), (r#""a","a""#, 1), (r#""a","b","b""#, 2), (r#""a","B""#, 1)] {
        assert_eq!(refused(&release(&format!(r#","exclusives":[{names}]"#))), order("exclusives", place));
        let asked = format!(r#""package":"a:a","requirement":"*","features":[{names}]"#);
        assert_eq!(refused(&dependency(&asked)), order("features asked for", place));
        let feature = format!(r#","features":[{{"name":"f","includes":[{names}]}}]"#);
        assert_eq!(refused(&release(&feature)), order("included features", place));
        let features: String = names.split(',').map(|name| format!(r#",{{"name":{name}}}"#)).collect();
        assert_eq!(refused(&release(&format!(r#","features":[{}]"#, &features[1..]))), order("features", place));
    }
    let one = r#""dependencies":[{"package":"a:a","requirement":"*"},{"package":"a:b","requirement":"*"}]"#;
    for additions in [r#"{"dependency":1},{"dependency":0}"#, r#"{"dependency":1},{"dependency":1,"features":["x"]}"#] {
        let text = release(&format!(r#",{one},"features":[{{"name":"f","additions":[{additions}]}}]"#));
        assert_eq!(refused(&text), order("added dependencies", 1));
    }
    // Of dependencies: registry, package, requirement, content, whether optional, features; absent and false first.
    let ascending = [
        r#""package":"a:a","requirement":"*""#,
        r#""package":"a:a","requirement":"*","features":["a"]"#,
        r#""package":"a:a","requirement":"*","features":["a","b"]"#,
        r#""package":"a:a","requirement":"*","features":["b"]"#,
        r#""package":"a:a","requirement":"*","optional":true"#,
        r#""package":"a:a","requirement":"*","content":"@""#,
        r#""package":"a:a","requirement":"^1""#,
        r#""package":"a:b","requirement":"*""#,
        r#""registry":"a","package":"a:a","requirement":"*""#,
        r#""registry":"b","package":"a:a","requirement":"*""#,
    ];
    for (place, one) in ascending.iter().enumerate() {
        for (other_place, other) in ascending.iter().enumerate() {
            let text = release(&format!(r#","dependencies":[{{{one}}},{{{other}}}]"#));
            if place < other_place {
                assert!(Record::parse(json(&text).as_bytes()).is_ok(), "{text}");
            } else {
                assert_eq!(refused(&text), order("dependencies", 1), "{text}");
            }
        }
    }
}

#[test]
fn a_feature_adds_dependencies_that_are_there() {
    let one = r#""dependencies":[{"package":"a:a","requirement":"*"}]"#;
    let text = release(&format!(r#",{one},"features":[{{"name":"f","additions":[{{"dependency":1}}]}}]"#));
    assert_eq!(refused(&text), "feature \"f\": expected one of the release's 1 dependencies, found number 1");
    let text = release(r#","features":[{"name":"f","additions":[{"dependency":4294967295}]}]"#);
    assert_eq!(refused(&text), "feature \"f\": expected one of the release's 0 dependencies, found number 4294967295");
}

#[test]
fn versions_are_semantic() {
    let of = |version: &str| format!(r#"{{"yank":{{"package":"a:a","version":"{version}"}}}}"#);
    for (version, reason) in [
        ("", "empty string, expected a semver version"),
        ("1", "unexpected end of input while parsing major version number"),
        ("1.0", "unexpected end of input while parsing minor version number"),
        ("01.0.0", "invalid leading zero in major version number"),
        ("1.0.0-01", "invalid leading zero in pre-release identifier"),
        ("v1.0.0", "unexpected character 'v' while parsing major version number"),
        ("1.0.0 ", "unexpected character ' ' after patch version number"),
        ("1.0.18446744073709551616", "value of patch version number exceeds u64::MAX"),
        ("1.0.*", "unexpected character '*' while parsing patch version number"),
    ] {
        assert_eq!(refused(&of(version)), format!("expected a semantic version, found {version:?}: {reason}"));
    }
    assert!(Record::parse(of("18446744073709551615.0.0-a.1+01.00").as_bytes()).is_ok());
    let text = r#"{"release":{"package":"a:a","version":"1","content":"@"}}"#;
    assert!(refused(text).starts_with("expected a semantic version, found \"1\""));
}

proptest! {
    // What lets the check of a version do without writing it again.
    #[test]
    fn a_version_has_one_text(text in "(0|[1-9][0-9]?|00|[0-9]{19,21})\\.[0-9]\\.[0-9](-[0-9a-z.-]{0,6})?(\\+[0-9a-z.-]{0,6})?") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert_eq!(version.to_string(), text);
        }
    }

    #[test]
    fn the_form_of_a_requirement_has_one_text(text in "(\\^|~|=|>|>=|<|<=|) {0,2}[0-9]{1,2}(\\.([0-9*]|x)){0,2}(-[a-z0-9.]{1,4})?(, ?[<>]=? ?[0-9])?") {
        if let Ok(requirement) = VersionReq::parse(&text) {
            let form = requirement.to_string();
            prop_assert_eq!(VersionReq::parse(&form).unwrap().to_string(), form.clone());
            let json = dependency(&format!(r#""package":"a:a","requirement":"{text}""#));
            prop_assert_eq!(Record::parse(self::json(&json).as_bytes()).is_ok(), text == form);
        }
    }
}

#[test]
fn requirements_have_one_form() {
    let of = |requirement: &str| dependency(&format!(r#""package":"a:a","requirement":"{requirement}""#));
    for form in ["*", "^1", "^1.2.3-rc.1", "~0.1", "=1.0.0", ">1, <=2.0.0", "1.*", ">=0.0.0", "1.2.*"] {
        assert!(Record::parse(json(&of(form)).as_bytes()).is_ok(), "{form}");
    }
    for (text, form) in [
        ("1.2", "^1.2"),
        ("^ 1.2", "^1.2"),
        (" ^1.2", "^1.2"),
        ("^1.2 ", "^1.2"),
        (">1,<2", ">1, <2"),
        (">1 , <2", ">1, <2"),
        ("x", "*"),
        ("1.x", "1.*"),
        ("1.*.*", "1.*"),
        ("=1.0.0+build", "=1.0.0"),
    ] {
        let said = refused(&of(text));
        assert_eq!(said, format!("expected the requirement {text:?} in its one form, {form:?}"));
    }
    for (text, reason) in [
        ("", "unexpected end of input while parsing major version number"),
        ("^1.0.0,", "unexpected end of input while parsing major version number"),
        ("latest", "unexpected character 'l' while parsing major version number"),
        ("^01", "invalid leading zero in major version number"),
        ("^1 ^2", "expected comma after major version number, found '^'"),
        ("^1 || ^2", "expected comma after major version number, found '|'"),
    ] {
        assert_eq!(refused(&of(text)), format!("expected a requirement, found {text:?}: {reason}"));
    }
    let many = vec!["<9"; 33].join(", ");
    assert!(refused(&of(&many)).ends_with(": excessive number of version comparators"));
}
