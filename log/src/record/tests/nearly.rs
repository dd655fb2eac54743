//! What is nearly a record: all readings agree on it.

use super::*;

#[test]
fn every_shorter_record_is_refused() {
    let full = json(FULL);
    for length in 0..full.len() {
        assert!(Record::parse(&full.as_bytes()[..length]).is_err());
    }
}

#[test]
fn a_changed_record_is_refused_or_is_its_own_encoding() {
    let full = json(FULL).into_bytes();
    for at in 0..full.len() {
        for value in (0..=255).filter(|value| *value != full[at]) {
            let mut changed = full.clone();
            changed[at] = value;
            if let Ok(record) = Record::parse(&changed) {
                assert_eq!(record.encode(), changed);
            }
            if let Ok(text) = std::str::from_utf8(&changed) {
                read_twice(text);
            }
        }
    }
}

#[test]
fn both_readings_agree_on_what_is_nearly_a_record_with_maintainers() {
    for text in MAINTAINED {
        let full = json(text);
        for at in 0..full.len() {
            assert_eq!(read_twice(&full[..at]), None);
            for value in ["", "0", "3", "A", "\"", ",", "}", "]", " ", "=", "\\"] {
                read_twice(&format!("{}{value}{}", &full[..at], &full[at + 1..]));
            }
        }
        // Members in another order, and empty ones.
        for (member, other) in [
            (r#","prev":"@""#, ""),
            (r#""threshold":2,"#, ""),
            (r#""threshold":1,"#, ""),
            (r#""prev":"@","signatures""#, r#""signatures""#),
            (r#","signatures":["#, r#","signatures":[],"signatures":["#),
            (r#""maintainers":{"threshold"#, r#""maintainers":null,"maintainers":{"threshold"#),
        ] {
            read_twice(&json(&text.replace(member, other)));
        }
    }
}

/// Pieces that records are made of, and what may stand in their place by mistake.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "null",
    "true",
    "false",
    "0",
    "1",
    "01",
    "4294967296",
    "-0",
    "1.0",
    "1e0",
    "\"\"",
    "\"a\"",
    "\"\\u0061\"",
    "\"a:a\"",
    "\"1.0.0\"",
    "\"*\"",
    "\"^1\"",
    "\"@\"",
    "\"package\"",
    "\"version\"",
    "\"content\"",
    "\"exclusives\"",
    "\"dependencies\"",
    "\"features\"",
    "\"prev\"",
    "\"registry\"",
    "\"requirement\"",
    "\"optional\"",
    "\"name\"",
    "\"includes\"",
    "\"additions\"",
    "\"dependency\"",
    "\"release\"",
    "\"yank\"",
    "\"epoch\"",
    "\"index\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_readings_agree_on_what_is_nearly_a_record(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(PIECES), 0..3_usize), 1..4),
    ) {
        // Tokens are exchanged, added and taken away.
        let mut tokens: Vec<&str> = Vec::new();
        let mut rest = FULL;
        while let Some(first) = rest.chars().next() {
            let end = match first {
                '"' => 2 + rest[1..].find('"').unwrap(),
                'a'..='z' | '0'..='9' => rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap(),
                _ => 1,
            };
            let (token, behind) = rest.split_at(end);
            tokens.push(token);
            rest = behind;
        }
        for (place, piece, change) in changes {
            let place = place.index(tokens.len());
            match change {
                0 => tokens[place] = piece,
                1 => tokens.insert(place, piece),
                _ => drop(tokens.remove(place)),
            }
        }
        read_twice(&json(&tokens.concat()));
    }
}

#[test]
fn the_first_byte_that_is_otherwise_is_named() {
    let at = |json: &str| match Record::parse(json.as_bytes()) {
        Err(RecordError::NotCanonical(at)) => at,
        other => panic!("{json}: {other:?}"),
    };
    assert_eq!(at(r#" {"yank":{"package":"a:b","version":"1.0.0"}}"#), 0);
    assert_eq!(at(r#"{"yank": {"package":"a:b","version":"1.0.0"}}"#), 8);
    assert_eq!(at(r#"{"yank":{"version":"1.0.0","package":"a:b"}}"#), 10);
    let prev_first = format!(r#"{{"yank":{{"prev":"{}","package":"a:b","version":"1.0.0"}}}}"#, "0".repeat(64));
    assert_eq!(at(&prev_first), 11);
    assert_eq!(at(r#"{"yank":{"package":"a:b","version":"1.0.0"}} "#), 44);
}
