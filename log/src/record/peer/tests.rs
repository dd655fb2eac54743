use super::*;
use crate::note::SigningKey;
use crate::record::{Record, Subject};

const ORIGIN: &str = "peer.example/log";

fn key(seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(ORIGIN, [seed; 32]).unwrap()
}

fn vkeys() -> [String; 2] {
    let mut keys = [1, 2].map(|seed| key(seed).verifier().to_string());
    keys.sort();
    keys
}

fn peer(keys: &str, rest: &str) -> String {
    format!(r#"{{"peer":{{"peer":"{ORIGIN}","keys":[{keys}],"url":"https://peer.example/log"{rest}}}}}"#)
}

fn head() -> Head {
    Head { origin: ORIGIN.to_owned(), size: 7, root: Digest([3; 32]) }
}

fn sync(size: &str, signature: &str) -> String {
    format!(r#"{{"sync":{{"peer":"{ORIGIN}","size":{size},"root":"{}","signature":"{signature}"}}}}"#, Digest([3; 32]))
}

fn signature(seed: u8) -> String {
    let signed = Checkpoint::sign(&head(), &key(seed)).unwrap();
    Sync::format_signature(&Checkpoint::verify(&signed, &key(seed).verifier()).unwrap())
}

fn refused(text: &str) -> String {
    match Record::parse(text.as_bytes()) {
        Ok(_) => panic!("{text} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn records_about_peers_have_one_encoding_and_a_page() {
    let [first, second] = vkeys();
    let prev = format!(r#","prev":"{}""#, Digest([4; 32]));
    for (text, subject) in [
        (peer(&format!("\"{first}\""), ""), Subject::Peers),
        (
            peer(&format!("\"{first}\",\"{second}\""), &format!(r#","packages":["a:a","a:b"],"depth":0{prev}"#)),
            Subject::Peers,
        ),
        (format!(r#"{{"unpeer":{{"peer":"{ORIGIN}"{prev}}}}}"#), Subject::Peers),
        (sync("7", &signature(1)), Subject::Peer(ORIGIN)),
        (sync("9223372036854775807", &signature(2)), Subject::Peer(ORIGIN)),
    ] {
        let mut record = Record::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(String::from_utf8(record.encode()).unwrap(), text);
        assert_eq!((record.subject(), record.package(), record.version()), (Some(subject), None, None));
        assert_eq!(record.prev().is_some(), text.contains("prev"));
        record.set_prev(Some(Digest([5; 32])));
        assert_eq!(record.prev(), Some(Digest([5; 32])));
        // White space, another order of members, a member that says nothing.
        assert!(refused(&text.replacen(":{", ": {", 1)).starts_with("expected the one encoding"));
        assert!(refused(&text.replacen("}}", r#","prev":null}}"#, 1)).starts_with("expected "));
    }
}

#[test]
fn what_no_peer_has_is_refused() {
    let [first, second] = vkeys();
    let one = format!("\"{first}\"");
    assert_eq!(refused(&peer("", "")), "expected 1 to 8 keys, found 0");
    assert_eq!(refused(&peer(&[one.as_str(); 9].join(","), "")), "expected 1 to 8 keys, found 9");
    let unordered = refused(&peer(&format!("\"{second}\",\"{first}\""), ""));
    assert!(unordered.starts_with("expected keys in ascending order"), "{unordered}");
    assert!(refused(&peer(&format!("{one},{one}"), "")).starts_with("expected keys in ascending order"));
    let key_of = |key: String| refused(&peer(&format!("\"{key}\""), ""));
    let other = SigningKey::generate_from_seed("other.example", [1; 32]).unwrap().verifier();
    assert!(key_of(other.to_string()).ends_with("its name is another"));
    assert!(key_of(key(1).cosigner().to_string()).ends_with("it makes cosignatures"));
    assert!(
        key_of("x".to_owned()).starts_with("expected keys of the log \"peer.example/log\", found \"x\": expected ")
    );
    for url in ["", "https://peer.example/ ", "https://peer.example/\u{7f}", &"u".repeat(2049)] {
        let text = peer(&one, "").replace("https://peer.example/log", url);
        assert!(refused(&text).starts_with("expected a URL of 1 to 2048 printable"), "{url}");
    }
    assert_eq!(refused(&peer(&one, r#","packages":[]"#)), "expected packages, or no list of them, found an empty list");
    let packages = |list: &str| refused(&peer(&one, &format!(r#","packages":[{list}]"#)));
    assert!(packages(r#""a:b","a:a""#).starts_with("expected allowed packages in ascending order"));
    assert!(packages(r#""a""#).starts_with("allowed package: expected a package name"));
    assert!(refused(&peer(&one, r#","depth":4294967296"#)).contains("expected u32"));
    assert!(refused(&peer(&one, "").replace(ORIGIN, "peer.example//log")).starts_with("peer: expected no empty"));
    assert!(refused(r#"{"unpeer":{"peer":"a b"}}"#).starts_with("peer: expected an origin"));
}

#[test]
fn a_sync_holds_what_the_peer_signed() {
    let text = sync("7", &signature(1));
    let Record::Sync(parsed) = Record::parse(text.as_bytes()).unwrap() else { panic!("a sync") };
    assert_eq!(parsed.head(), head());
    assert_eq!(parsed.key_id(), Some(key(1).verifier().id()));
    assert_eq!(parsed.verify(&key(1).verifier()).unwrap().head(), &head());
    assert_eq!(parsed.note(), Checkpoint::sign(&head(), &key(1)).unwrap());
    parsed.verify(&key(2).verifier()).unwrap_err();
    Sync { size: 8, ..parsed }.verify(&key(1).verifier()).unwrap_err();
    for size in ["0", "9223372036854775808"] {
        assert!(
            refused(&sync(size, &signature(1))).starts_with("expected the head of a log with 1 to 2^63 - 1 records")
        );
    }
    let long = STANDARD.encode([0; 69]);
    for signature in ["", "AAAA", long.as_str(), &signature(1).replace('=', "")] {
        let said = refused(&sync("7", signature));
        assert!(said.starts_with("expected the head of a log with the 68 bytes of key id and signature"), "{said}");
    }
}
