use super::*;
use crate::note::SigningKey;

const ORIGIN: &str = "log.example";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

fn handover(maintainers: &str, rest: &str) -> String {
    format!(r#"{{"maintainers":{{"package":"a:b","maintainers":{maintainers}{rest}}}}}"#)
}

fn said(text: &str) -> String {
    Record::parse(text.as_bytes()).map_or_else(|error| error.to_string(), |_| "a record".to_owned())
}

#[test]
fn keys_are_few_and_ascend_and_no_two_are_one() {
    let mut vkeys: Vec<String> = (0..17).map(|n| key(&format!("m{n:02}"), n).verifier().to_string()).collect();
    vkeys.sort();
    let of = |threshold: &str, keys: &[&str]| {
        said(&handover(&format!(r#"{{"threshold":{threshold},"keys":{}}}"#, serde_json::to_string(keys).unwrap()), ""))
    };
    let all: Vec<&str> = vkeys.iter().map(String::as_str).collect();
    for (threshold, keys) in [("1", &all[..1]), ("2", &all[..3]), ("3", &all[..3]), ("16", &all[..16])] {
        assert_eq!(of(threshold, keys), "a record");
    }
    assert_eq!(of("1", &[]), "expected maintainers with 1 to 16 keys, found 0");
    assert_eq!(of("1", &all), "expected maintainers with 1 to 16 keys, found 17");
    let threshold = "expected maintainers with a threshold of 1 to the number of keys, found ";
    assert_eq!(of("0", &all[..3]), format!("{threshold}0 of 3"));
    assert_eq!(of("4", &all[..3]), format!("{threshold}4 of 3"));
    assert!(of("-1", &all[..3]).starts_with("expected a record as JSON"));
    assert!(of("1.0", &all[..3]).starts_with("expected a record as JSON"));
    let ascend =
        "expected keys in ascending order, none twice, and found that entry 1 does not come after the one before it";
    assert_eq!(of("1", &[all[1], all[0]]), ascend);
    assert_eq!(of("1", &[all[0], all[0]]), ascend);
    // The same key under another name.
    let mut twice = [key("alice", 1).verifier().to_string(), key("bob", 1).verifier().to_string()];
    twice.sort();
    let found = of("2", &[&twice[0], &twice[1]]);
    assert!(found.ends_with("it is the key of \"alice\" once more, or has its id"), "{found}");

    let cosigner = key("alice", 1).cosigner().to_string();
    assert!(of("1", &[&cosigner]).ends_with(": it makes cosignatures"));
    assert!(of("1", &["alice"]).contains("expected a vkey NAME+ID+BASE64"));
    let elsewhere = key("alice/", 1).verifier().to_string();
    assert!(of("1", &[&elsewhere]).contains("expected no empty, `.` or `..` part"));
}

#[test]
fn signatures_have_one_form() {
    let vkey = key("alice", 1).verifier().to_string();
    let keys = format!(r#"{{"threshold":1,"keys":["{vkey}"]}}"#);
    let of = |signatures: &[&str]| {
        said(&handover(&keys, &format!(r#","signatures":{}"#, serde_json::to_string(signatures).unwrap())))
    };
    let signature = |n: u8| STANDARD.encode([n; 68]);
    let (one, two) = (signature(1), signature(2));
    assert_eq!(said(&handover(&keys, "")), "a record");
    assert_eq!(of(&[&one]), "a record");
    assert_eq!(of(&[&one, &two]), "a record");
    assert!(of(&[]).starts_with("expected the one encoding"));
    let ascend = "expected signatures in ascending order, none twice, and found that entry 1 does not come after the one before it";
    assert_eq!(of(&[&two, &one]), ascend);
    assert_eq!(of(&[&one, &one]), ascend);
    let form = "expected a signature, the 68 bytes of key id and signature in base64, found ";
    for wrong in ["", "AAAA", &STANDARD.encode([1; 67]), &STANDARD.encode([1; 69]), &one.replace('=', "")] {
        assert_eq!(of(&[wrong]), format!("{form}{}", quoted(wrong)));
    }
    // Bits behind the last byte.
    assert!(of(&[&one.replace("E=", "F=")]).starts_with(form));
    let many: Vec<String> = (0..33).map(signature).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(of(&many[..32]), "a record");
    assert_eq!(of(&many), "expected at most 32 signatures, found 33");
}

#[test]
fn a_statement_is_three_lines_and_a_record_without_signatures() {
    let vkey = key("alice", 1).verifier().to_string();
    let keys = format!(r#"{{"threshold":1,"keys":["{vkey}"]}}"#);
    let bare = handover(&keys, &format!(r#","prev":"{}""#, "1".repeat(64)));
    let signed =
        handover(&keys, &format!(r#","prev":"{}","signatures":["{}"]"#, "1".repeat(64), STANDARD.encode([1; 68])));
    let text = format!("headlock maintainers 1\n{ORIGIN}\n{bare}\n");
    for record in [&bare, &signed] {
        let record = Record::parse(record.as_bytes()).unwrap();
        assert_eq!(record.statement(ORIGIN), Some(text.clone()));
    }
    let statement = Statement::parse(&text).unwrap();
    assert_eq!((statement.origin, statement.to_string()), (ORIGIN, text.clone()));
    // No checkpoint: its first line is no origin.
    assert!(crate::checkpoint::Head::parse(&text).is_err());

    let refused = |text: &str| Statement::parse(text).unwrap_err().to_string();
    let form = "expected `headlock maintainers 1`, the log's origin and a record, each on a line of its own";
    for wrong in [
        String::new(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("\n{text}"),
        text.replace(" 1\n", " 2\n"),
        text.replace(ORIGIN, ""),
        text.replace(ORIGIN, "a b"),
        text.replace('\n', "\r\n"),
    ] {
        assert_eq!(refused(&wrong), form, "{wrong:?}");
    }
    assert!(refused(&text.replace("{\"package", "{ \"package")).starts_with("its record: expected the one encoding"));
    let what = "expected a release or a change of maintainers, without signatures, found ";
    assert_eq!(refused(&text.replace(&bare, &signed)), format!("{what}one with signatures"));
    let yank = r#"{"yank":{"package":"a:b","version":"1.0.0"}}"#;
    assert_eq!(refused(&text.replace(&bare, yank)), format!("{what}yank"));
    assert_eq!(Record::parse(yank.as_bytes()).unwrap().statement(ORIGIN), None);
}
