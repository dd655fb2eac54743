//! The page of a package with maintainers in `docs/log.md`, computed again. The document's blocks `keys`, `statement` and
//! `page` are compared whole.

#![expect(clippy::unwrap_used, reason = "a test's panic is its failure")]

use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;
use headlock_log::page::{Page, format_line};
use headlock_log::record::{Dependency, Handover, Maintainers, Record, Release, Statement, format_signature};

const DOCUMENT: &str = include_str!("../../docs/log.md");

const ORIGIN: &str = "registry.example/components";
const KIT: &str = "acme:kit";

/// The contents of the document's one fenced block of a kind.
fn block(kind: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("\n```{kind}\n")).unwrap_or_else(|| panic!("no block of {kind}"));
    let (block, rest) = rest.split_once("```\n").unwrap();
    assert!(!rest.contains(&format!("\n```{kind}\n")), "one block of {kind}");
    block
}

fn key(name: &str, first: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, std::array::from_fn(|place| first + place as u8)).unwrap()
}

fn release<'a>(version: &'a str, content: &str) -> Release<'a> {
    Release::new(KIT, version, Digest::of(content.as_bytes()))
}

/// Adds the line of a record, signed; gives what was signed.
fn add(page: &mut Vec<u8>, place: u64, mut record: Record<'_>, keys: [&SigningKey; 2]) -> String {
    record.set_prev((!page.is_empty()).then(|| Digest::of(page)));
    let statement = record.statement(ORIGIN).unwrap();
    let mut signatures = keys.map(|key| format_signature(&key.sign(&statement).unwrap()));
    signatures.sort();
    let mut signed = record.clone();
    signed.set_signatures(signatures.iter().map(String::as_str).collect());
    page.extend(format_line(place, &signed.encode()));
    statement
}

#[test]
fn the_page_with_maintainers_is_what_this_crate_computes() {
    let [ann, ben, cleo] = [key("ann", 64), key("ben", 96), key("cleo", 128)];
    let vkeys = [&ann, &ben, &cleo].map(|key| key.verifier().to_string());
    let keys: Vec<&str> = vkeys.iter().map(String::as_str).collect();
    let stated: Vec<&str> = block("keys").lines().collect();
    assert_eq!(stated, keys);

    let mut page = Vec::new();
    let maintainers = Some(Maintainers { threshold: 2, keys: keys.clone() });
    let first = Release { maintainers, ..release("1.0.0", "kit 1.0.0\n") };
    add(&mut page, 1, Record::Release(first), [&ann, &cleo]);
    let features = Vec::new();
    let http = Dependency {
        registry: None,
        package: "acme:http",
        requirement: "^1.0",
        content: None,
        optional: false,
        features,
    };
    let next = Release { dependencies: vec![http.into()], ..release("1.1.0", "kit 1.1.0\n") };
    let statement = add(&mut page, 3, Record::Release(next), [&ann, &ben]);
    let maintainers = Maintainers { threshold: 1, keys: keys[1..].to_vec() };
    let handover = Handover { package: KIT, maintainers, prev: None, signatures: Vec::new() };
    add(&mut page, 5, Record::Maintainers(handover), [&ann, &ben]);

    assert_eq!(block("statement"), statement);
    assert_eq!(Statement::parse(&statement).unwrap().to_string(), statement);
    assert_eq!(block("page"), String::from_utf8(page.clone()).unwrap());
    let read = Page::parse(&page, ORIGIN, KIT).unwrap();
    let keyring = read.authority().keyring().unwrap();
    assert_eq!((keyring.threshold(), keyring.since(), keyring.keys().len()), (1, 5, 2));
    assert_eq!(read.fold().releases.len(), 2);
    assert!(Page::parse(&page, "other.example/log", KIT).is_err());
}
