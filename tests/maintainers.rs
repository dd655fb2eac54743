//! Packages with maintainers, from the outside: what `lock`, `verify` and an audit say where whoever has the log's key
//! publishes what the maintainers have not signed; and that the evidence convinces others.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test: a failure is a panic")]

#[allow(dead_code, reason = "other tests use more of it")]
mod lying;

use std::fs;

use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;
use headlock_log::page::format_line;
use headlock_log::record::{Handover, Maintainers, Record, Release, format_signature};

use lying::{Kind, ORIGIN, Project, Registry, at_head_of, honest_lock, record};

fn person(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

/// Alice, Bob and Carol, two of whom must sign; and Mallory, who has the log's key.
fn people() -> [SigningKey; 4] {
    [person("alice", 1), person("bob", 2), person("carol", 3), person("mallory", 9)]
}

fn vkeys(keys: &[&SigningKey]) -> Vec<String> {
    let mut vkeys: Vec<String> = keys.iter().map(|key| key.verifier().to_string()).collect();
    vkeys.sort();
    vkeys
}

fn named(threshold: u32, vkeys: &[String]) -> Maintainers<'_> {
    Maintainers { threshold, keys: vkeys.iter().map(String::as_str).collect() }
}

/// A release of `t:a`, as it is without maintainers.
fn release(version: &str, prev: Option<Digest>) -> Vec<u8> {
    record("t:a", version, Kind::Release, prev)
}

/// The record with the keys' signatures of another one, in a log.
fn signed_as(record: &Record<'_>, other: &Record<'_>, origin: &str, keys: &[&SigningKey]) -> Vec<u8> {
    let statement = other.statement(origin).unwrap();
    let mut signatures: Vec<String> = keys.iter().map(|key| format_signature(&key.sign(&statement).unwrap())).collect();
    signatures.sort();
    let mut signed = record.clone();
    signed.set_signatures(signatures.iter().map(String::as_str).collect());
    signed.encode()
}

fn signed(record: &Record<'_>, keys: &[&SigningKey]) -> Vec<u8> {
    signed_as(record, record, ORIGIN, keys)
}

fn read(encoded: &[u8]) -> Record<'_> {
    Record::parse(encoded).unwrap()
}

/// A registry with 1.0.0 of `t:a`, record 1, whose maintainers are two of three.
fn begun() -> Registry {
    let [alice, bob, carol, _] = people();
    let keys = vkeys(&[&alice, &bob, &carol]);
    let plain = release("1.0.0", None);
    let Record::Release(first) = read(&plain) else { unreachable!() };
    let first = Record::Release(Release { maintainers: Some(named(2, &keys)), ..first });
    let mut registry = Registry::default();
    registry.epoch();
    registry.add("t:a", signed(&first, &[&alice, &carol]));
    registry
}

fn prev(registry: &Registry) -> Option<Digest> {
    Some(Digest::of(&registry.pages["t:a"]))
}

fn handover<'a>(package: &'a str, vkeys: &'a [String], prev: Option<Digest>) -> Record<'a> {
    Record::Maintainers(Handover { package, maintainers: named(1, vkeys), prev, signatures: Vec::new() })
}

const HINT: &str = "\n  hint: the log's operator has signed this: `headlock registry audit --evidence FILE`, on a copy of the registry, writes down what shows it to others";

const THREE: &str = "alice+4124365a, bob+9ebaaa42, carol+88d8b2f6";

/// What is signed as it must be is locked, and the lock says whose word it is.
#[test]
fn what_maintainers_have_signed() {
    let [alice, bob, _, mallory] = people();
    let mut registry = begun();
    let plain = release("1.1.0", prev(&registry));
    registry.add("t:a", signed(&read(&plain), &[&alice, &bob]));
    let new = vkeys(&[&mallory]);
    let change = handover("t:a", &new, prev(&registry));
    registry.add("t:a", signed(&change, &[&alice, &bob, &mallory]));
    let plain = release("1.2.0", prev(&registry));
    registry.add("t:a", signed(&read(&plain), &[&mallory]));
    registry.say("t:a", "1.2.0", Kind::Yank);
    registry.show_all();
    registry.epoch();
    let project = Project::new(&registry.served());
    let wrote = "wrote headlock.lock: 1 release, 0 more consulted, in 1 round\n".to_owned();
    assert_eq!(project.run(&["lock"]), (0, wrote));
    let lock = fs::read_to_string(project.path("headlock.lock")).unwrap();
    let stated = format!("record = 2\nmaintainers = [\n    \"1 of 1\",\n    \"{}\",\n]\n", new[0]);
    assert!(lock.contains("version = \"1.1.0\"\n") && lock.contains(&stated), "{lock}");
    assert_eq!(project.run(&["verify"]).0, 0);
    assert_eq!(project.run(&["registry", "audit", "reg", "--log-key", "log.pub"]).0, 0);

    // Other maintainers in the lock than the page has, fewer of them, or none.
    let other = vkeys(&[&alice]);
    let none = stated.split_once("maintainers").unwrap().0;
    for (changed, found) in
        [(stated.replace(&new[0], &other[0]), format!("1 of 1, {}", other[0])), (none.to_owned(), "none".to_owned())]
    {
        fs::write(project.path("headlock.lock"), lock.replace(&stated, &changed)).unwrap();
        let (code, said) = project.run(&["verify"]);
        let line = format!(
            "package t:a of {ORIGIN}, version 1.1.0, its maintainers: expected 1 of 1, {}, found {found}",
            new[0]
        );
        assert!(code == 1 && said.lines().any(|said| said.trim() == line), "{code}: {said}\n{line}");
    }
    fs::write(project.path("headlock.lock"), lock.replace("1 of 1", "2 of 1")).unwrap();
    let (code, said) = project.run(&["verify"]);
    assert!(code == 2 && said.contains("a threshold of 1 to the number of keys, found 2 of 1"), "{code}: {said}");
}

/// A case: what it is, the records behind the first release, and what is said of the last of them, of the page's line.
struct Case {
    what: &'static str,
    registry: Registry,
    says: String,
}

fn case(what: &'static str, says: &str, change: impl FnOnce(&mut Registry)) -> Case {
    let mut registry = begun();
    change(&mut registry);
    registry.show_all();
    registry.epoch();
    Case { what, registry, says: says.to_owned() }
}

#[test]
fn what_maintainers_have_not_signed_is_no_page() {
    let [alice, bob, carol, mallory] = people();
    let its = "record 2, the release of t:a 1.1.0";
    let change = "record 2, a change of the maintainers of t:a";
    let too_few = |what: &str, found: &str| {
        format!("{what}: expected signatures by 2 of the maintainers, whom record 1 names: {THREE}, found {found}")
    };
    let not_its = |name: &str| {
        format!(
            "{its}: the signature by {name} does not hold: expected one of this very record, in this log and behind this page"
        )
    };
    let next = |registry: &Registry| release("1.1.0", prev(registry));
    let stolen = |what, other: &dyn Fn(&Registry) -> Vec<u8>, origin: &str| {
        case(what, &not_its("alice+4124365a"), |registry| {
            let (plain, other) = (next(registry), other(registry));
            registry.add("t:a", signed_as(&read(&plain), &read(&other), origin, &[&alice]));
        })
    };
    let new = vkeys(&[&mallory]);
    let cases = [
        case("no signature", &too_few(its, "none"), |registry| {
            let plain = next(registry);
            registry.add("t:a", plain);
        }),
        case("a signature too few", &too_few(its, "bob+9ebaaa42"), |registry| {
            let plain = next(registry);
            registry.add("t:a", signed(&read(&plain), &[&bob]));
        }),
        case(
            "the thief of one maintainer's key, with a key of their own",
            &format!("{its}: expected signatures by {THREE} only, found one under the key id ab0027c5"),
            |registry| {
                let plain = next(registry);
                registry.add("t:a", signed(&read(&plain), &[&carol, &mallory]));
            },
        ),
        case(
            "one key under two names",
            &format!("{its}: expected signatures by {THREE} only, found one under the key id b917d2bd"),
            |registry| {
                let plain = next(registry);
                registry.add("t:a", signed(&read(&plain), &[&alice, &person("alice2", 1)]));
            },
        ),
        stolen("of another package", &|registry| record("t:b", "1.1.0", Kind::Release, prev(registry)), ORIGIN),
        stolen("of another version", &|registry| release("1.2.0", prev(registry)), ORIGIN),
        stolen("behind another page", &|_| release("1.1.0", Some(Digest([7; 32]))), ORIGIN),
        stolen("of another log", &next, "other.example/log"),
        case("keys changed by the new keys only", &too_few(change, "none"), |registry| {
            let record = handover("t:a", &new, prev(registry));
            registry.add("t:a", signed(&record, &[&mallory]));
        }),
        case("keys changed by one old key and the new ones", &too_few(change, "bob+9ebaaa42"), |registry| {
            let record = handover("t:a", &new, prev(registry));
            registry.add("t:a", signed(&record, &[&bob, &mallory]));
        }),
        case(
            "keys changed to some that nobody has",
            &format!("{change}: expected signatures by 1 of the new maintainers mallory+ab0027c5, found none"),
            |registry| {
                let record = handover("t:a", &new, prev(registry));
                registry.add("t:a", signed(&record, &[&alice, &bob]));
            },
        ),
        case(
            "old keys behind a change",
            "record 3, the release of t:a 1.1.0: expected signatures by mallory+ab0027c5 only, found one under the key id 4124365a",
            |registry| {
                let record = handover("t:a", &new, prev(registry));
                registry.add("t:a", signed(&record, &[&alice, &bob, &mallory]));
                let plain = next(registry);
                registry.add("t:a", signed(&read(&plain), &[&alice]));
            },
        ),
        case(
            "maintainers in a later release",
            &format!(
                "{its}: expected maintainers to be named by the package's first release, or by a record of their own"
            ),
            |registry| {
                let plain = next(registry);
                let Record::Release(release) = read(&plain) else { unreachable!() };
                let taken = Record::Release(Release { maintainers: Some(named(1, &new)), ..release });
                registry.add("t:a", signed(&taken, &[&mallory]));
            },
        ),
        case("a double of a version", &too_few("record 2, the release of t:a 1.0.0", "none"), |registry| {
            let plain = release("1.0.0", prev(registry));
            registry.add("t:a", plain);
        }),
    ];
    let lock = honest_lock();
    for Case { what, registry, says } in cases {
        let line = registry.pages["t:a"].iter().filter(|byte| **byte == b'\n').count();
        let none = format!("error: {ORIGIN} has committed to a page of t:a that is none: line {line}: {says}{HINT}\n");
        let project = Project::new(&registry.served());
        let found = project.lock_and_verify(&at_head_of(lock, &registry));
        assert_eq!(found, [(1, none.clone()), (1, none)], "{what}");
        assert_eq!(convicted(&project), says, "{what}");
    }
}

/// The registry that the project asks has gone on.
fn serve(project: &Project, registry: &Registry) {
    for (path, bytes) in registry.served() {
        let path = project.path("reg").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Whoever has the log's key begins a package's records anew, behind those that its maintainers signed: one client's page is
/// everyone's, so who sees the package for the first time sees nothing wrong. Who has an older lock does, and so does an audit.
#[test]
fn records_begun_anew_do_not_go_on_from_an_older_lock() {
    let old = {
        let mut registry = begun();
        registry.show_all();
        registry.epoch();
        registry
    };
    let anew = |line: Option<Vec<u8>>| {
        let mut registry = old.clone();
        let page = line.map(|line| format_line(1, &line)).unwrap_or_default();
        registry.pages.insert("t:a".to_owned(), page.clone());
        let prev = (!page.is_empty()).then(|| Digest::of(&page));
        registry.add("t:a", release("9.9.9", prev));
        registry.show_all();
        registry.epoch();
        registry
    };
    let stripped = release("1.0.0", None);
    let cases = [
        (anew(None), "the lock has 1.0.0, record 1: its page has something else there, or nothing"),
        (
            anew(Some(release("1.0.1", None))),
            "the lock has 1.0.0, record 1: its page has something else there, or nothing",
        ),
        (anew(Some(stripped)), "the lock says who its maintainers were, and the page has never had those"),
    ];
    for (registry, says) in cases {
        let project = Project::new(&old.served());
        assert_eq!(project.run(&["lock"]).0, 0);
        let before = fs::read_to_string(project.path("headlock.lock")).unwrap();
        serve(&project, &registry);
        let (code, said) = project.run(&["update"]);
        let first = format!("error: the page of t:a of {ORIGIN} does not go on from what the lock says\n  {says}\n");
        assert!(code == 1 && said.starts_with(&first), "{code}: {said}");
        assert_eq!(fs::read_to_string(project.path("headlock.lock")).unwrap(), before);
        // Who reviews a lock that another has made anew is told, too.
        fs::rename(project.path("headlock.lock"), project.path("old.lock")).unwrap();
        assert_eq!(project.run(&["lock"]).0, 0);
        let (code, said) = project.run(&["diff", "old.lock", "headlock.lock"]);
        assert!(code == 1 && said.contains("maintainers: t:a") && said.contains(&first), "{code}: {said}");
        let (code, said) = project.run(&["registry", "audit", "reg", "--log-key", "log.pub"]);
        assert_eq!(code, 1, "{said}");
    }
    // A package whose lock states no maintainers: the record is another than the log's.
    let plain = |registry: &mut Registry| {
        registry.epoch();
        registry.add("t:a", release("1.0.0", None));
        registry.show_all();
        registry.epoch();
    };
    let mut registry = Registry::default();
    plain(&mut registry);
    let project = Project::new(&registry.served());
    assert_eq!(project.run(&["lock"]).0, 0);
    let double = read(&registry.entries[1]);
    let Record::Release(double) = double else { unreachable!() };
    let page = format_line(1, &Record::Release(Release { exclusives: vec!["a"], ..double }).encode());
    registry.pages.insert("t:a".to_owned(), page.clone());
    registry.add("t:a", release("1.1.0", Some(Digest::of(&page))));
    registry.show_all();
    registry.epoch();
    serve(&project, &registry);
    let (code, said) = project.run(&["update"]);
    assert!(
        code == 1 && said.contains("the lock has 1.0.0, record 1: its page has another record there than the log"),
        "{said}"
    );
}

/// A registry that copies signed records of another one: its packages are its own operator's word, or nobody's.
#[test]
fn a_fork_that_copies_signed_records() {
    let [alice, _, carol, _] = people();
    let own = begun();
    let copied = own.entries[1].clone();
    let signed_there = {
        let Record::Release(release) = read(&copied) else { unreachable!() };
        let bare = Record::Release(Release { signatures: Vec::new(), ..release });
        signed_as(&bare, &bare, "original.example/log", &[&alice, &carol])
    };
    let mut registry = Registry::default();
    registry.epoch();
    registry.add("t:a", signed_there);
    registry.show_all();
    registry.epoch();
    let project = Project::new(&registry.served());
    let (code, said) = project.run(&["lock"]);
    let expected = "line 1: record 1, the release of t:a 1.0.0: the signature by ";
    assert!(code == 1 && said.contains(expected) && said.contains("does not hold"), "{code}: {said}");
    let shown = convicted(&project);
    assert!(shown.starts_with("record 1, the release of t:a 1.0.0: the signature by "), "{shown}");
}

/// A package that names nobody is the registry's word. Whoever gives it maintainers cannot take that back.
#[test]
fn a_package_without_maintainers_gets_some() {
    let [alice, ..] = people();
    let new = vkeys(&[&alice]);
    let mut registry = Registry::default();
    registry.epoch();
    registry.add("t:a", release("1.0.0", None));
    let change = handover("t:a", &new, prev(&registry));
    registry.add("t:a", signed(&change, &[&alice]));
    let good = registry.clone();
    let sealed = |mut registry: Registry| {
        registry.show_all();
        registry.epoch();
        Project::new(&registry.served())
    };
    let project = sealed(good);
    assert_eq!(project.run(&["lock"]).0, 0);
    assert!(fs::read_to_string(project.path("headlock.lock")).unwrap().contains(&new[0]));
    let plain = release("1.1.0", prev(&registry));
    registry.add("t:a", plain);
    let (code, said) = sealed(registry).run(&["lock"]);
    assert!(
        code == 1 && said.contains("by 1 of the maintainers, whom record 2 names: alice+4124365a, found none"),
        "{said}"
    );
}

/// The audit says no and writes evidence, of the kind that needs the record and its page alone; it holds without the
/// registry. What it shows.
fn convicted(project: &Project) -> String {
    let (code, said) = project.run(&["registry", "audit", "reg", "--log-key", "log.pub", "--evidence", "lie"]);
    assert_eq!(code, 1, "{said}");
    let shown = said.lines().next().and_then(|line| line.strip_prefix("wrote lie: evidence that ")).expect("evidence");
    assert!(fs::read_to_string(project.path("lie")).unwrap().contains("\nkind maintainers\n"));
    fs::rename(project.path("reg"), project.path("gone")).unwrap();
    let (code, checked) = project.run(&["registry", "audit", "--check-evidence", "lie", "--log-key", "log.pub"]);
    assert_eq!(code, 0, "{checked}");
    let first = format!("{ORIGIN} has made a false statement: {shown}");
    assert_eq!(checked.lines().next(), Some(first.as_str()));
    shown.to_owned()
}
