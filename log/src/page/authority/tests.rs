use super::*;
use crate::digest::Digest;
use crate::note::SigningKey;
use crate::page::{Page, format_line};
use crate::record::{Handover, Mention, Release, format_signature};

const ORIGIN: &str = "log.example";
const PACKAGE: &str = "my:app";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

/// Alice, Bob, Carol; then Mallory.
fn people() -> [SigningKey; 4] {
    [key("alice", 1), key("bob", 2), key("carol", 3), key("mallory", 9)]
}

/// Maintainers to be named: texts that a record borrows.
struct Named {
    threshold: u32,
    keys: Vec<String>,
}

fn named(threshold: u32, keys: &[&SigningKey]) -> Named {
    let mut keys: Vec<String> = keys.iter().map(|key| key.verifier().to_string()).collect();
    keys.sort();
    Named { threshold, keys }
}

impl Named {
    fn maintainers(&self) -> Maintainers<'_> {
        Maintainers { threshold: self.threshold, keys: self.keys.iter().map(String::as_str).collect() }
    }
}

fn release<'a>(version: &'a str, maintainers: Option<&'a Named>, prev: Option<Digest>) -> Record<'a> {
    let release = Release::new(PACKAGE, version, Digest::of(version.as_bytes()));
    Record::Release(Release { maintainers: maintainers.map(Named::maintainers), prev, ..release })
}

fn handover(maintainers: &Named, prev: Option<Digest>) -> Record<'_> {
    Record::Maintainers(Handover {
        package: PACKAGE,
        maintainers: maintainers.maintainers(),
        prev,
        signatures: Vec::new(),
    })
}

fn signed_as(record: &Record<'_>, statement: &str, keys: &[&SigningKey]) -> Vec<u8> {
    let mut signatures: Vec<String> = keys.iter().map(|key| format_signature(&key.sign(statement).unwrap())).collect();
    signatures.sort();
    let mut record = record.clone();
    record.set_signatures(signatures.iter().map(String::as_str).collect());
    record.encode()
}

fn signed(record: &Record<'_>, keys: &[&SigningKey]) -> Vec<u8> {
    signed_as(record, &record.statement(ORIGIN).unwrap(), keys)
}

fn prev(page: &[u8]) -> Option<Digest> {
    (!page.is_empty()).then(|| Digest::of(page))
}

/// The page with a record more, two places on.
fn with(page: &[u8], record: &[u8]) -> Vec<u8> {
    let lines = page.iter().filter(|byte| **byte == b'\n').count() as u64;
    [page, &format_line(1 + 2 * lines, record)].concat()
}

fn said(page: &[u8]) -> String {
    Page::parse(page, ORIGIN, PACKAGE).map_or_else(|error| error.to_string(), |_| "a page".to_owned())
}

/// 1.0.0, whose maintainers are two of Alice, Bob and Carol.
fn two_of_three() -> (Named, Vec<u8>) {
    let [alice, bob, carol, _] = people();
    let named = named(2, &[&alice, &bob, &carol]);
    let page = with(b"", &signed(&release("1.0.0", Some(&named), None), &[&alice, &bob]));
    (named, page)
}

const THREE: &str = "alice+4124365a, bob+9ebaaa42, carol+88d8b2f6";

#[test]
fn maintainers_sign_what_comes() {
    let [alice, bob, carol, mallory] = people();
    let (_, mut page) = two_of_three();
    for (version, keys) in [
        ("1.1.0", vec![&alice, &bob]),
        ("1.2.0", vec![&alice, &carol]),
        ("1.3.0", vec![&carol, &bob]),
        ("1.4.0", vec![&alice, &bob, &carol]),
    ] {
        page = with(&page, &signed(&release(version, None, prev(&page)), &keys));
        assert_eq!(said(&page), "a page");
    }
    // A yank is the registry's.
    let yank = Record::Yank(Mention { package: PACKAGE, version: "1.0.0", prev: prev(&page) });
    page = with(&page, &yank.encode());
    assert_eq!(said(&page), "a page");

    // Carol makes way for Mallory; then those who are left and Mallory sign.
    let new = named(1, &[&alice, &mallory]);
    page = with(&page, &signed(&handover(&new, prev(&page)), &[&alice, &carol]));
    assert_eq!(said(&page), "a page");
    page = with(&page, &signed(&release("2.0.0", None, prev(&page)), &[&mallory]));
    assert_eq!(said(&page), "a page");
    let read = Page::parse(&page, ORIGIN, PACKAGE).unwrap();
    let keyring = read.authority().keyring().unwrap();
    assert_eq!((keyring.threshold(), keyring.since(), keyring.keys().len()), (1, 13, 2));
    assert!(keyring.says(&new.maintainers()));
    assert_eq!(read.fold().releases.len(), 6);
}

#[test]
fn too_few_is_no_page() {
    let [alice, bob, carol, mallory] = people();
    let (_, page) = two_of_three();
    let next = release("1.1.0", None, prev(&page));
    let expected = |found: &str| {
        format!(
            "line 2: record 3, the release of my:app 1.1.0: expected signatures by 2 of the maintainers, whom record 1 names: {THREE}, found {found}"
        )
    };
    assert_eq!(said(&with(&page, &next.encode())), expected("none"));
    assert_eq!(said(&with(&page, &signed(&next, &[&bob]))), expected("bob+9ebaaa42"));
    // A key that is nobody's adds no voice, and nothing else.
    let stranger = format!(
        "line 2: record 3, the release of my:app 1.1.0: expected signatures by {THREE} only, found one under the key id ab0027c5"
    );
    assert_eq!(said(&with(&page, &signed(&next, &[&alice, &mallory]))), stranger);
    assert_eq!(said(&with(&page, &signed(&next, &[&alice, &carol, &mallory]))), stranger);
    // Bob's key under Alice's name, and the other way round, are no keys of theirs.
    assert!(
        said(&with(&page, &signed(&next, &[&alice, &key("bob", 1)]))).contains("only, found one under the key id ")
    );

    // Alice twice: her signature and another that she makes.
    let statement = next.statement(ORIGIN).unwrap();
    let once = format_signature(&alice.sign(&statement).unwrap());
    let Record::Release(mut twice) = next.clone() else { unreachable!() };
    twice.signatures = vec![&once, &once];
    assert!(said(&with(&page, &Record::Release(twice).encode())).contains("signatures in ascending order, none twice"));
}

#[test]
fn one_key_has_one_voice_whatever_its_names_are() {
    // Among old and new maintainers it may have two names; it still signs once, for both.
    let [alice, ..] = people();
    let also_alice = key("alice2", 1);
    let old = named(1, &[&alice]);
    let page = with(b"", &signed(&release("1.0.0", Some(&old), None), &[&alice]));
    let new = named(1, &[&also_alice]);
    let change = handover(&new, prev(&page));
    assert_eq!(said(&with(&page, &signed(&change, &[&alice]))), "a page");
    assert_eq!(said(&with(&page, &signed(&change, &[&also_alice]))), "a page");
    let both = said(&with(&page, &signed(&change, &[&alice, &also_alice])));
    assert!(both.contains("expected one signature of each key, found two of alice"), "{both}");
    // Two of one key under two names are not two maintainers.
    let fake = named(2, &[&alice, &also_alice]);
    assert!(
        said(&with(b"", &signed(&release("1.0.0", Some(&fake), None), &[&alice, &also_alice]))).contains("once more")
    );
}

#[test]
fn a_signature_is_good_at_one_place_of_one_log() {
    let [alice, bob, ..] = people();
    let (_, page) = two_of_three();
    let next = release("1.1.0", None, prev(&page));
    let keys = [&alice, &bob];
    assert_eq!(said(&with(&page, &signed(&next, &keys))), "a page");
    let own = next.statement(ORIGIN).unwrap();
    let Record::Release(bare) = &next else { unreachable!() };
    let other = |change: &dyn Fn(&mut Release<'_>)| {
        let mut other = bare.clone();
        change(&mut other);
        Record::Release(other).statement(ORIGIN).unwrap()
    };
    let others = [
        ("another log", next.statement("other.example/log").unwrap()),
        ("another package", other(&|release| release.package = "my:other")),
        ("another version", other(&|release| release.version = "1.1.1")),
        ("another content", other(&|release| release.content = Digest([0; 32]))),
        ("another page before", other(&|release| release.prev = Some(Digest([0; 32])))),
        ("no page before", other(&|release| release.prev = None)),
        ("another first line", own.replacen("maintainers 1", "maintainers 2", 1)),
        ("the bare record", format!("{}\n", own.lines().nth(2).unwrap())),
    ];
    for (what, statement) in others {
        let found = said(&with(&page, &signed_as(&next, &statement, &keys)));
        let expected = "line 2: record 3, the release of my:app 1.1.0: the signature by ";
        assert!(found.starts_with(expected) && found.contains("does not hold"), "{what}: {found}");
    }
    // What was signed and not published is good no more once anything else was.
    let third = signed(&release("1.2.0", None, prev(&page)), &keys);
    let behind = with(&with(&page, &signed(&next, &keys)), &third);
    assert!(said(&behind).starts_with("line 3: expected prev to be "));
    // The page in another log of the same entries.
    let found = Page::parse(&page, "other.example/log", PACKAGE).unwrap_err().to_string();
    assert!(found.starts_with("line 1: record 1, the release of my:app 1.0.0: the signature by "), "{found}");
}

#[test]
fn a_change_is_signed_by_those_who_go_and_by_those_who_come() {
    let [alice, bob, carol, mallory] = people();
    let (_, page) = two_of_three();
    let new = named(1, &[&mallory]);
    let change = handover(&new, prev(&page));
    let it = "line 2: record 3, a change of the maintainers of my:app: expected signatures by";
    let old = |found: &str| format!("{it} 2 of the maintainers, whom record 1 names: {THREE}, found {found}");
    assert_eq!(said(&with(&page, &change.encode())), old("none"));
    assert_eq!(said(&with(&page, &signed(&change, &[&mallory]))), old("none"));
    assert_eq!(said(&with(&page, &signed(&change, &[&mallory, &carol]))), old("carol+88d8b2f6"));
    let possession = format!("{it} 1 of the new maintainers mallory+ab0027c5, found none");
    assert_eq!(said(&with(&page, &signed(&change, &[&alice, &bob]))), possession);
    let changed = with(&page, &signed(&change, &[&alice, &bob, &mallory]));
    assert_eq!(said(&changed), "a page");

    // From then on the old ones are nobody.
    let next = release("1.1.0", None, prev(&changed));
    let found = said(&with(&changed, &signed(&next, &[&alice, &bob])));
    assert!(
        found
            .starts_with("line 3: record 5, the release of my:app 1.1.0: expected signatures by mallory+ab0027c5 only"),
        "{found}"
    );
    assert_eq!(said(&with(&changed, &signed(&next, &[&mallory]))), "a page");
    // And back, and forth again: the first change is no good a second time.
    let back = named(2, &[&alice, &bob, &carol]);
    let back = with(&changed, &signed(&handover(&back, prev(&changed)), &[&mallory, &alice, &bob]));
    assert_eq!(said(&back), "a page");
    let again = signed_as(&handover(&new, prev(&back)), &change.statement(ORIGIN).unwrap(), &[&alice, &bob, &mallory]);
    assert!(said(&with(&back, &again)).contains("does not hold"));
}

#[test]
fn maintainers_are_named_in_the_first_release_or_by_a_record_of_their_own() {
    let [alice, bob, ..] = people();
    let (three, page) = two_of_three();
    let late = "expected maintainers to be named by the package's first release, or by a record of their own";
    let found = said(&with(&page, &signed(&release("1.1.0", Some(&three), prev(&page)), &[&alice, &bob])));
    assert_eq!(found, format!("line 2: record 3, the release of my:app 1.1.0: {late}"));

    // The first release of a package is signed, too.
    let found = said(&with(b"", &release("1.0.0", Some(&three), None).encode()));
    assert_eq!(
        found,
        format!(
            "line 1: record 1, the release of my:app 1.0.0: expected signatures by 2 of the new maintainers {THREE}, found none"
        )
    );

    // Without maintainers nobody signs, until a record names some.
    let plain = with(b"", &release("1.0.0", None, None).encode());
    assert_eq!(said(&plain), "a page");
    let signed_plain = said(&with(&plain, &signed(&release("1.1.0", None, prev(&plain)), &[&alice])));
    let nobody = "expected no signature, for the package has no maintainers' keys, found 1";
    assert_eq!(signed_plain, format!("line 2: record 3, the release of my:app 1.1.0: {nobody}"));
    assert!(
        said(&with(&plain, &signed(&release("1.1.0", Some(&three), prev(&plain)), &[&alice, &bob]))).ends_with(late)
    );
    let change = handover(&three, prev(&plain));
    assert!(said(&with(&plain, &change.encode())).ends_with(&format!("2 of the new maintainers {THREE}, found none")));
    let given = with(&plain, &signed(&change, &[&alice, &bob]));
    assert_eq!(said(&given), "a page");
    assert!(said(&with(&given, &release("1.1.0", None, prev(&given)).encode())).ends_with("found none"));

    // There is nothing to be maintained before the first release, whatever was yanked.
    let none = "line 1: record 1, a change of the maintainers of my:app: expected a release of the package before it, found none";
    assert_eq!(said(&with(b"", &signed(&handover(&three, None), &[&alice, &bob]))), none);
    let yank = with(b"", &Record::Yank(Mention { package: PACKAGE, version: "1.0.0", prev: None }).encode());
    assert_eq!(said(&with(&yank, &signed(&release("1.0.0", Some(&three), prev(&yank)), &[&alice, &bob]))), "a page");
}

#[test]
fn a_double_of_a_version_is_void_and_signed_like_others() {
    let [alice, bob, ..] = people();
    let (_, page) = two_of_three();
    let double = release("1.0.0", None, prev(&page));
    assert!(said(&with(&page, &double.encode())).ends_with("found none"));
    let signed = with(&page, &signed(&double, &[&alice, &bob]));
    let read = Page::parse(&signed, ORIGIN, PACKAGE).unwrap();
    assert_eq!((read.fold().releases.len(), read.fold().voids.len()), (1, 1));
}

#[test]
fn what_is_refused_changes_nothing() {
    let [alice, bob, _, mallory] = people();
    let (_, page) = two_of_three();
    let mut authority = Page::parse(&page, ORIGIN, PACKAGE).unwrap().authority().clone();
    let before = authority.clone();
    let new = named(1, &[&mallory]);
    let change = handover(&new, prev(&page));
    let forged = signed(&change, &[&mallory]);
    let forged = Record::parse(&forged).unwrap();
    authority.take(ORIGIN, 3, &forged).unwrap_err();
    assert_eq!(authority, before);
    let good = signed(&change, &[&alice, &bob, &mallory]);
    authority.take(ORIGIN, 3, &Record::parse(&good).unwrap()).unwrap();
    assert_eq!(authority.keyring().map(Keyring::since), Some(3));
}

#[test]
fn every_changed_byte_of_a_signed_page_is_refused_or_shows_at_its_end() {
    let [alice, bob, ..] = people();
    let (_, page) = two_of_three();
    let page = with(&page, &signed(&release("1.1.0", None, prev(&page)), &[&alice, &bob]));
    let places = |page: &[u8]| -> Vec<u64> {
        Page::parse(page, ORIGIN, PACKAGE)
            .map(|page| page.lines.iter().map(|line| line.0).collect())
            .unwrap_or_default()
    };
    assert_eq!(places(&page), [1, 3]);
    for at in 0..page.len() {
        for value in
            [b'0', b'1', b'9', b'A', b'a', b'/', b'"', b' ', b'\n'].into_iter().filter(|value| *value != page[at])
        {
            let mut changed = page.clone();
            changed[at] = value;
            // Only the last record's place is nobody's signature's: the log's tree says where it stands.
            let last = places(&changed).last().copied();
            assert!(last.is_none_or(|last| last != 3), "byte {at} changed to {value:#04x}");
        }
    }
}
