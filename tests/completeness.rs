//! Completeness, from the outside: what `lock` and `verify` say where records are hidden, doubled or slipped in by
//! whoever serves a registry, and by its operator; and what only an audit can say, with evidence that checks offline.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test: a failure is a panic")]

mod lying;
#[path = "json/schema.rs"]
mod schema;

use std::collections::BTreeMap;
use std::fs;

use headlock_log::digest::Digest;
use headlock_log::index::{
    Index, Node256, VerifiedIndex, bin_of, bin_path, empty_bin, key_of_package, node_path, page_path,
};
use headlock_log::merkle::leaf_hash;
use headlock_log::note::SigningKey;
use headlock_log::page::format_line;
use headlock_log::tile::push_entry;

use lying::{Kind, ORIGIN, Project, at_head_of, honest, honest_lock, lying, neighbour, of_another_log, record, said};

/// Both commands refuse, with the same words.
fn both_say(found: [(i32, String); 2], code: i32, text: &str, case: &str) {
    for (command, found) in ["lock", "verify"].iter().zip(found) {
        assert_eq!(found, (code, format!("error: {text}\n")), "{case}: {command}");
    }
}

#[test]
fn what_whoever_serves_a_registry_changes() {
    let (registry, lock) = (honest(), honest_lock());
    let neighbour = neighbour();
    let page = registry.pages["t:a"].clone();
    let page_path = page_path(&Digest::of(&page));
    let key = key_of_package("t:a");
    let [high, low] = bin_of(&key).to_be_bytes();
    let node = |hash: &Digest| Node256::parse(&registry.files[&node_path(hash)]).unwrap();
    let top = node(&registry.index.root());
    let lower = node(&top.child(high));
    let empty = Index::new();
    let file = |path: String, bytes: Option<Vec<u8>>| {
        move |served: &mut BTreeMap<String, Vec<u8>>| {
            let replaced = match &bytes {
                Some(bytes) => served.insert(path.clone(), bytes.clone()),
                None => served.remove(&path),
            };
            assert!(replaced.is_some(), "{path}");
        }
    };
    type Change = Box<dyn Fn(&mut BTreeMap<String, Vec<u8>>)>;
    let pages = |bytes: Vec<u8>| -> Change { Box::new(file(page_path.clone(), Some(bytes))) };
    let bins = |bytes: Option<Vec<u8>>| -> Change { Box::new(file(bin_path(&lower.child(low)), bytes)) };
    let only_neighbour = {
        let mut index = Index::new();
        index.insert(key_of_package(&neighbour), Digest::of(&registry.pages[&neighbour])).unwrap();
        index.bin(bin_of(&key)).format()
    };
    let mut bundle = Vec::new();
    let mut entries = registry.entries.clone();
    *entries.last_mut().unwrap() = entries[0].clone();
    entries.iter().for_each(|entry| push_entry(&mut bundle, entry).unwrap());

    let another = "REG/page/X: expected a page with the sha256 X, found X,";
    let none = format!("{another} which is no page of t:a:");
    let before_it = "the page before this line, found X";
    let cases: Vec<(&str, Change, i32, String)> = vec![
        (
            "the first record is missing",
            pages(registry.lines("t:a", &[1, 2])),
            1,
            format!("{none} line 1: expected prev to be absent, {before_it}"),
        ),
        (
            "a record in the middle is missing",
            pages(registry.lines("t:a", &[0, 2])),
            1,
            format!("{none} line 2: expected prev to be X, {before_it}"),
        ),
        (
            "the last record, a yank, is missing",
            pages(registry.lines("t:a", &[0, 1])),
            1,
            format!("{another} a page of t:a that ends with record 2"),
        ),
        (
            "all records are missing",
            pages(Vec::new()),
            1,
            format!("{none} expected a page of at least one line, found nothing"),
        ),
        (
            "a record stands twice",
            pages(registry.lines("t:a", &[0, 1, 1, 2])),
            1,
            format!("{none} line 3: expected a place after 2, found 2"),
        ),
        (
            "two records are swapped",
            pages(registry.lines("t:a", &[1, 0, 2])),
            1,
            format!("{none} line 1: expected prev to be absent, {before_it}"),
        ),
        (
            "a record of another package",
            pages([&page[..], &registry.pages["t:b"]].concat()),
            1,
            format!("{none} line 4: expected a place after 5, found 3"),
        ),
        (
            "a record of another package behind it",
            pages([&page[..], &format_line(6, &registry.entries[3])].concat()),
            1,
            format!("{none} line 4: expected a record of \"t:a\", found one of \"t:b\""),
        ),
        (
            "a record of another log, chained",
            pages([page.clone(), of_another_log(6, Some(Digest::of(&page)))].concat()),
            1,
            format!("{another} a page of t:a that ends with record 6"),
        ),
        (
            "a record of another log",
            pages([page.clone(), of_another_log(6, None)].concat()),
            1,
            format!("{none} line 4: expected prev to be X, the page before this line, found absent"),
        ),
        (
            "the page of another package",
            pages(registry.pages["t:b"].clone()),
            1,
            format!("{none} line 1: expected a record of \"t:a\", found one of \"t:b\""),
        ),
        (
            "no page",
            Box::new(file(page_path.clone(), None)),
            4,
            "REG/page/X: expected a file, and there is none\n  hint: either this is no registry, or not all of it, as a copy for other locks or one that was pruned: see where the trust file says that the log is read".to_owned(),
        ),
        (
            "a bin that hides the name",
            bins(Some(only_neighbour)),
            1,
            "REG/bin/X: expected a bin with the hash X, found X, a bin without t:a".to_owned(),
        ),
        (
            "the empty bin",
            bins(Some(Vec::new())),
            1,
            "REG/bin/X: expected a bin with the hash X, found X, a bin without t:a".to_owned(),
        ),
        (
            "a bin that is none",
            bins(Some(vec![0; 63])),
            1,
            "REG/bin/X: expected a bin with the hash X, found X, which is no bin: expected a bin of 64 bytes for each entry, found 63 bytes"
                .to_owned(),
        ),
        ("no bin", bins(None), 4, "REG/bin/X: expected a file, and there is none\n  hint: either this is no registry, or not all of it, as a copy for other locks or one that was pruned: see where the trust file says that the log is read".to_owned()),
        (
            "a lower node of the first epoch, when there was no package",
            Box::new(file(
                node_path(&top.child(high)),
                Some(registry.files[&node_path(&empty.lower_hash(high))].clone()),
            )),
            1,
            "REG/index/X: expected an index node with the hash X, found X, a node with the empty bin for t:a".to_owned(),
        ),
        (
            "the top node of the first epoch",
            Box::new(file(
                node_path(&registry.index.root()),
                Some(registry.files[&node_path(&empty.root())].clone()),
            )),
            1,
            "REG/index/X: expected an index node with the hash X, found X".to_owned(),
        ),
        (
            "the epoch record of the first epoch",
            Box::new(file("tile/entries/000.p/7".to_owned(), Some(bundle))),
            1,
            "REG/tile/entries/000.p/7: expected the record 6 with the leaf hash X, found one with X".to_owned(),
        ),
    ];
    assert_eq!(VerifiedIndex::lower_of(&key), high);
    for (case, change, code, text) in cases {
        let mut served = registry.served();
        change(&mut served);
        both_say(Project::new(&served).lock_and_verify(lock), code, &text, case);
    }
}

const HINT: &str = "\n  hint: the log's operator has signed this: `headlock registry audit --evidence FILE`, on a copy of the registry, writes down what shows it to others";

/// What an operator signs that any client sees to be false. The audit says so, too, and its evidence holds.
#[test]
fn what_an_operator_signs_and_a_client_notices() {
    let (honest, lock) = (honest(), honest_lock());
    let page = honest.pages["t:a"].clone();
    let none = "registry.example/test has committed to a page of t:a that is none:";
    let end = "registry.example/test has made a false statement: its index at the head with 7 records says that the page of t:a ends with the record";
    let before_it = "the page before this line, found X";
    let foreign = of_another_log(6, Some(Digest::of(&page)));
    let itself = |why: &str| (format!("{none} {why}"), format!("of t:a that is none: {why}"));
    let cases: Vec<(&str, Vec<u8>, (String, String))> = vec![
        (
            "a record in the middle is missing",
            honest.lines("t:a", &[0, 2]),
            itself(&format!("line 2: expected prev to be X, {before_it}")),
        ),
        (
            "a record stands twice",
            honest.lines("t:a", &[0, 0, 1, 2]),
            itself("line 2: expected a place after 1, found 1"),
        ),
        (
            "two records are swapped",
            honest.lines("t:a", &[1, 0, 2]),
            itself(&format!("line 1: expected prev to be absent, {before_it}")),
        ),
        (
            "a record of another package in the middle",
            [honest.lines("t:a", &[0, 1]), honest.pages["t:b"].clone(), honest.lines("t:a", &[2])].concat(),
            itself("line 3: expected a record of \"t:a\", found one of \"t:b\""),
        ),
        (
            "the page of another package",
            honest.pages["t:b"].clone(),
            itself("line 1: expected a record of \"t:a\", found one of \"t:b\""),
        ),
        (
            "a record of another log in the middle",
            [honest.lines("t:a", &[0, 1]), of_another_log(3, None), honest.lines("t:a", &[2])].concat(),
            itself("line 3: expected prev to be X, the page before this line, found absent"),
        ),
        (
            "a record of another log at the end",
            [honest.lines("t:a", &[0, 1]), of_another_log(3, Some(Digest::of(&honest.lines("t:a", &[0, 1]))))].concat(),
            (
                format!("{end} 3 of leaf hash X, and the log has one of X there"),
                "that leaves out record 5, the yank of t:a 1.1.0".to_owned(),
            ),
        ),
        (
            "a record that is not logged yet",
            [page.clone(), [b"7 ", &foreign[2..]].concat()].concat(),
            (
                format!("{end} 7, which the log does not have"),
                "of t:a that ends with record 7, which does not come before".to_owned(),
            ),
        ),
        (
            "an empty page",
            Vec::new(),
            (
                format!("{none} expected lines, each ending in a newline"),
                "of t:a that is none: expected a page of at least one line, found nothing".to_owned(),
            ),
        ),
    ];
    for (case, page, (text, shown)) in cases {
        let registry = lying(&page);
        let project = Project::new(&registry.served());
        let found = project.lock_and_verify(&at_head_of(lock, &registry));
        both_say(found, 1, &format!("{text}{HINT}"), case);
        let by = "the index of the epoch at record 6 leads to a page";
        assert_eq!(convicted(&project), format!("{by} {shown}"), "{case}");
    }
}

/// A bin that its operator has signed, and that is none.
#[test]
fn a_bin_that_an_operator_signs_and_that_is_none() {
    let (honest, lock) = (honest(), honest_lock());
    let number = bin_of(&key_of_package("t:a"));
    let (bin, [high, low]) = (honest.index.bin(number).format(), number.to_be_bytes());
    let (first, second) = bin.split_at(64);
    let swapped = [second, first].concat();
    let mut registry = said();
    registry.show_all();
    registry.files.extend(registry.index.files().collect::<Vec<_>>());
    let mut top = registry.files[&node_path(&registry.index.root())].clone();
    let mut lower = registry.files[&node_path(&registry.index.lower_hash(high))].clone();
    lower[usize::from(low) * 32..][..32].copy_from_slice(&leaf_hash(&swapped).0);
    let lower_hash = Node256::parse(&lower).unwrap().hash();
    top[usize::from(high) * 32..][..32].copy_from_slice(&lower_hash.0);
    let root = Node256::parse(&top).unwrap().hash();
    for (path, bytes) in
        [(node_path(&root), top), (node_path(&lower_hash), lower), (bin_path(&leaf_hash(&swapped)), swapped)]
    {
        registry.files.insert(path, bytes);
    }
    registry.epoch_of(root);
    let project = Project::new(&registry.served());
    let found = project.lock_and_verify(&at_head_of(lock, &registry));
    let text = format!(
        "registry.example/test has committed to an index that is none: expected the keys of bin {number:#06x} in ascending order, none twice, found X out of order{HINT}"
    );
    both_say(found, 1, &text, "a bin that is none");
    // What was found stands where it cannot be written down, and nothing is left of the attempt.
    let (code, said) = project.run(&["registry", "audit", "reg", "--log-key", "log.pub", "--evidence", "nowhere/lie"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("warning: no evidence is written: could not write nowhere/lie: "), "{said}");
    let shown = convicted(&project);
    assert!(shown.starts_with("the index of the epoch at record 6 has a bin that is none: "), "{shown}");
    assert_ne!(leaf_hash(b""), Digest::of(b""));
    assert_eq!(leaf_hash(b""), empty_bin());
}

/// What an operator signs and no client can see: an end that is none, a package that is left out, a chain that passes
/// over a record. `lock` and `verify` say what they do say of an honest log of that content; the audit names the record.
#[test]
fn what_an_operator_signs_and_only_an_audit_notices() {
    let lock = honest_lock();
    let ended = {
        let page = said().lines("t:a", &[0, 1]);
        lying(&page)
    };
    let project = Project::new(&ended.served());
    let [locked, verified] = project.lock_and_verify(&at_head_of(lock, &ended));
    assert_eq!(locked, (0, "wrote headlock.lock: 1 release, 0 more consulted, in 1 round\n".to_owned()));
    // The honest lock holds 1.0.0, for 1.1.0 is yanked; at this head it is not.
    assert_eq!(verified.0, 1, "{verified:?}");
    project.run(&["lock"]);
    fs::remove_file(project.path("headlock.lock")).unwrap();
    project.run(&["lock"]);
    let (code, said_of_it) = project.run(&["verify"]);
    assert_eq!(code, 0);
    assert_eq!(said_of_it, "verified: 1 release, under the trust file found beside the lock, trust.toml\n");
    let shown = convicted(&project);
    assert_eq!(
        shown,
        "the index of the epoch at record 6 leads to a page that leaves out record 5, the yank of t:a 1.1.0"
    );

    let hidden = {
        let mut registry = said();
        for package in ["t:b", &neighbour()] {
            let page = registry.pages[package].clone();
            registry.show(package, &page);
        }
        registry.epoch();
        registry
    };
    let project = Project::new(&hidden.served());
    let [locked, verified] = project.lock_and_verify(&at_head_of(lock, &hidden));
    let no_answer = "error: there is no answer at these heads\nBecause the consumer needs t:a * (t:a does not exist), there is no answer.\n";
    assert_eq!(locked.0, 1);
    assert!(locked.1.starts_with(no_answer), "{}", locked.1);
    assert_eq!(verified.0, 1);
    let shown = convicted(&project);
    assert_eq!(
        shown,
        "the index of the epoch at record 6 says that there is no page of t:a, though there is record 1, the release of t:a 1.0.0"
    );

    // Two chains: the later one passes over 1.1.0.
    let mut registry = said();
    let first = registry.lines("t:a", &[0]);
    let other = record("t:a", "1.2.0", Kind::Release, Some(Digest::of(&first)));
    registry.show_all();
    registry.show("t:a", &[first, format_line(6, &other)].concat());
    registry.entries.push(other);
    registry.epoch();
    let project = Project::new(&registry.served());
    assert_eq!(project.run(&["lock"]).0, 0);
    assert_eq!(project.run(&["verify"]).0, 0);
    let shown = convicted(&project);
    assert_eq!(shown, "the prev of record 6 leads to a page that leaves out record 2, the release of t:a 1.1.0");
}

/// The audit says no and writes evidence; it holds without the registry, and not against another key. What it shows.
fn convicted(project: &Project) -> String {
    let (code, said) = project.run(&["registry", "audit", "reg", "--log-key", "log.pub", "--evidence", "lie"]);
    assert_eq!(code, 1, "{said}");
    let shown = said.lines().next().and_then(|line| line.strip_prefix("wrote lie: evidence that ")).expect("evidence");
    fs::rename(project.path("reg"), project.path("gone")).unwrap();
    let (code, checked) = project.run(&["registry", "audit", "--check-evidence", "lie", "--log-key", "log.pub"]);
    assert_eq!(code, 0, "{checked}");
    let first = format!("registry.example/test has made a false statement: {shown}");
    assert_eq!(checked.lines().next(), Some(first.as_str()));
    let json = ["registry", "audit", "--check-evidence", "lie", "--log-key", "log.pub", "--format", "json"];
    let (code, object) = project.run(&json);
    assert_eq!(code, 0, "{object}");
    assert_eq!(schema::check(&object, "registry-audit-evidence")["falsehood"], shown);
    let stranger = SigningKey::generate_from_seed(ORIGIN, [8; 32]).unwrap();
    fs::write(project.path("stranger.pub"), stranger.verifier().to_string()).unwrap();
    let (code, _) = project.run(&["registry", "audit", "--check-evidence", "lie", "--log-key", "stranger.pub"]);
    assert_eq!(code, 5);
    shown.to_owned()
}
