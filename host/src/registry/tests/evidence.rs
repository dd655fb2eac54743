//! What an audit says of logs whose operator lies, to the record; and the evidence that it writes, checked with nothing
//! but the log's key.

use headlock_log::checkpoint::Head;
use headlock_log::index::page_path;
use headlock_log::page::format_line;
use headlock_log::record::{Handover, Maintainers, Unpeer, format_signature};

use super::operator::{Operator, chained};
use super::*;
use crate::error::ErrorKind;

/// What is said of the one violation, and what evidence shows.
fn one((said, shown): (Vec<String>, Option<String>)) -> (String, String) {
    let [said] = &said[..] else { panic!("{said:#?}") };
    (said.clone(), shown.expect("evidence"))
}

/// An index in the epoch at a place that is not the right one, for this reason; and what evidence shows.
fn wrong_index(operator: &mut Operator, place: u64, why: &str, shown: &str) {
    let epoch = 3;
    let said =
        format!("record {place}, in epoch {epoch}: expected the index [X] over all records before, found [X]; {why}");
    assert_eq!(one(operator.audited()), (said, shown.to_owned()));
}

#[test]
fn an_omitted_record() {
    let mut operator = Operator::new();
    operator.say(release("t:c", "1.0.0")).say(release("t:a", "1.2.0"));
    let page = operator.page("t:c");
    operator.show("t:c", &page).epoch();
    wrong_index(
        &mut operator,
        7,
        "it omits record 6, the release of t:a 1.2.0",
        "kind index: the index of the epoch at record 7 leads to a page that leaves out record 6, the release of t:a 1.2.0",
    );
}

#[test]
fn a_yank_that_is_kept_out_of_a_page() {
    let mut operator = Operator::new();
    operator.say(release("t:c", "1.0.0")).say(yank("t:a", "1.0.0"));
    let page = operator.page("t:c");
    operator.show("t:c", &page).epoch();
    wrong_index(
        &mut operator,
        7,
        "it omits record 6, the yank of t:a 1.0.0",
        "kind index: the index of the epoch at record 7 leads to a page that leaves out record 6, the yank of t:a 1.0.0",
    );
}

#[test]
fn a_record_omitted_from_the_middle() {
    let mut operator = Operator::new();
    operator.say(yank("t:a", "1.0.0"));
    let page = operator.lines("t:a", &[0, 2]);
    operator.show("t:a", &page).epoch();
    let (said, shown) = one(operator.audited());
    assert!(said.ends_with("; it omits record 2, the release of t:a 1.1.0"), "{said}");
    assert_eq!(
        shown,
        "kind index: the index of the epoch at record 6 leads to a page of t:a that is none: line 2: expected prev to be [X], the page before this line, found [X]"
    );
}

#[test]
fn the_index_of_another_epoch() {
    let mut operator = Operator::new();
    operator.say(release("t:a", "1.2.0")).say(release("t:c", "1.0.0")).epoch();
    let (said, shown) = one(operator.audited());
    assert_eq!(
        said,
        "record 7, in epoch 3: expected the index [X] over all records before, found [X]; it is the index of epoch 2, record 4; \
         it omits record 5, the release of t:a 1.2.0; it hides the package t:c: record 6, the release of t:c 1.0.0"
    );
    assert_eq!(
        shown,
        "kind index: the index of the epoch at record 7 leads to a page that leaves out record 5, the release of t:a 1.2.0"
    );
}

#[test]
fn reordered_records() {
    // The lines in another order; and what they say in another order, chained anew.
    let mut operator = Operator::new();
    let swapped = operator.lines("t:a", &[1, 0]);
    operator.show("t:a", &swapped).epoch();
    let reorders = "it puts record 2, the release of t:a 1.1.0 before record 1, the release of t:a 1.0.0";
    wrong_index(
        &mut operator,
        5,
        reorders,
        "kind index: the index of the epoch at record 5 leads to a page of t:a that is none: line 1: expected prev to be absent, the page before this line, found [X]",
    );

    let mut operator = Operator::new();
    let first = format_line(1, &release("t:a", "1.1.0").encode());
    let second = format_line(2, &chained(release("t:a", "1.0.0"), Some(Digest::of(&first))).encode());
    operator.show("t:a", &[first, second].concat()).epoch();
    wrong_index(
        &mut operator,
        5,
        reorders,
        "kind index: the index of the epoch at record 5 leads to a page of t:a with another entry 1 than the log has",
    );
}

#[test]
fn a_page_with_a_line_doubled_foreign_or_made_up() {
    let mut operator = Operator::new();
    let twice = operator.lines("t:a", &[0, 1, 1]);
    operator.show("t:a", &twice).epoch();
    let none = "kind index: the index of the epoch at record 5 leads to a page of t:a that is none: line 3: expected";
    wrong_index(
        &mut operator,
        5,
        "it holds record 2, the release of t:a 1.1.0 twice",
        &format!("{none} a place after 2, found 2"),
    );

    let mut operator = Operator::new();
    let foreign = [operator.page("t:a"), operator.page("t:b")].concat();
    operator.show("t:a", &foreign).epoch();
    wrong_index(
        &mut operator,
        5,
        "it holds, in line 3 of the page of t:a, a release of t:b 1.0.0, which the log does not have before it",
        &format!("{none} a record of \"t:a\", found one of \"t:b\""),
    );

    let mut operator = Operator::new();
    let made_up = chained(release("t:a", "9.0.0"), Some(Digest::of(&operator.page("t:a"))));
    let page = [operator.page("t:a"), format_line(3, &made_up.encode())].concat();
    operator.show("t:a", &page).epoch();
    wrong_index(
        &mut operator,
        5,
        "it holds, in line 3 of the page of t:a, a release of t:a 9.0.0, which the log does not have before it",
        "kind index: the index of the epoch at record 5 leads to a page of t:a with another entry 3 than the log has",
    );

    // A package that the log does not have at all.
    let mut operator = Operator::new();
    let made_up = format_line(3, &release("t:z", "9.0.0").encode());
    operator.show("t:z", &made_up).epoch();
    wrong_index(
        &mut operator,
        5,
        "it holds, in line 1 of the page of t:z, a release of t:z 9.0.0, which the log does not have before it",
        "kind index: the index of the epoch at record 5 leads to a page of t:z with another entry 3 than the log has",
    );
}

#[test]
fn an_index_whose_files_are_missing() {
    let mut operator = Operator::new();
    operator.say(release("t:a", "1.2.0"));
    operator.epoch_of(Digest([9; 32]));
    wrong_index(
        &mut operator,
        6,
        "not all of its files are to be had",
        "kind replay: the epoch at record 6 commits to the index [X], and that over all records before it is [X]",
    );
    // A later epoch of which little shows that it is false is preferred.
    operator.epoch();
    let (said, shown) = operator.audited();
    assert_eq!(said.len(), 2);
    assert_eq!(
        shown.unwrap(),
        "kind index: the index of the epoch at record 7 leads to a page that leaves out record 5, the release of t:a 1.2.0"
    );
    // The page that it names is gone, and none that the package has had.
    let mut operator = Operator::new();
    operator.show("t:a", b"gone").epoch();
    operator.disk.set(&page_path(&Digest::of(b"gone")), None);
    wrong_index(
        &mut operator,
        5,
        "it leads to a page of t:a with the sha256 [X], which is not to be had",
        "kind replay: the epoch at record 5 commits to the index [X], and that over all records before it is [X]",
    );
}

#[test]
fn a_prev_that_passes_over_a_record() {
    let skipping = |found: fn(&Operator) -> Option<Digest>| {
        let mut operator = Operator::new();
        let prev = found(&operator);
        operator.say_after(prev, release("t:a", "1.2.0")).show_all().epoch();
        one(operator.audited())
    };
    let (said, shown) = skipping(|operator| Some(Digest::of(&operator.lines("t:a", &[0]))));
    assert_eq!(
        said,
        "record 5, in epoch 3: expected prev [X], the page of t:a so far, found [X]; it omits record 2, the release of t:a 1.1.0"
    );
    assert_eq!(
        shown,
        "kind prev: the prev of record 5 leads to a page that leaves out record 2, the release of t:a 1.1.0"
    );
    let (said, shown) = skipping(|_| None);
    assert_eq!(
        said,
        "record 5, in epoch 3: expected prev [X], the page of t:a so far, found none; it omits record 1, the release of t:a 1.0.0, and 1 more"
    );
    assert_eq!(
        shown,
        "kind prev: the prev of record 5 says that there is no page of t:a, though there is record 1, the release of t:a 1.0.0"
    );
    let (said, shown) = skipping(|_| Some(Digest([7; 32])));
    assert_eq!(said, "record 5, in epoch 3: expected prev [X], the page of t:a so far, found [X]");
    assert_eq!(
        shown,
        "kind replay: record 5, the release of t:a 1.2.0 names the prev [X], and the page before it is [X]"
    );
}

#[test]
fn entries_that_no_log_may_hold() {
    let mut operator = Operator::new();
    let (said, shown) = one(operator.entry(b"{}").epoch().audited());
    assert!(said.starts_with("record 5, in epoch 3: expected a record as JSON"), "{said}");
    assert!(shown.starts_with("kind record: entry 5 is no record: expected a record as JSON"), "{shown}");

    let mut operator = Operator::new();
    operator.say(release("T:A", "1.0.0")).show_all().epoch();
    assert_eq!(
        one(operator.audited()).1,
        "kind names: record 5, the release of T:A 1.0.0 and record 1, the release of t:a 1.0.0: names that differ only in case, `-` and `_` are the same"
    );

    let mut operator = Operator::new();
    operator.say(foreign("t:c", "other.example")).show_all().epoch();
    assert_eq!(operator.audited(), (Vec::new(), None));
    operator.say(foreign("t:d", ORIGIN)).show_all().epoch();
    assert_eq!(
        one(operator.audited()).1,
        "kind record: record 7, the release of t:d 1.0.0 depends on t:d of registry.example/test, which is the log itself and is not to be named"
    );

    let mut operator = Operator::new();
    operator.say(release("t:c", "1.0.0"));
    assert_eq!(one(operator.audited()).1, "kind record: the signed head ends with entry 5, which is no epoch");
}

/// Whoever stores the registry can change its files: that says nothing of whoever signed.
#[test]
fn damage_is_no_evidence() {
    let mut operator = Operator::new();
    assert_eq!(operator.audited(), (Vec::new(), None));
    let whole = operator.disk.copy();
    let head = Head { origin: ORIGIN.to_owned(), size: operator.edge.size(), root: operator.edge.root() };
    for (path, content) in whole.files() {
        if path == "checkpoint" || path.starts_with(".writer/") {
            continue;
        }
        for at in [0, content.len() / 2, content.len() - 1] {
            let disk = whole.copy();
            let mut damaged = content.clone();
            damaged[at] ^= 1;
            disk.set(&path, Some(&damaged));
            match audit(&disk, &key().verifier(), &mut |_| ()) {
                Ok(audit) => assert!(!audit.has_evidence(), "{path} at {at}: {:?}", audit.violations.first),
                Err(error) => assert_eq!(error.kind(), ErrorKind::No, "{path} at {at}"),
            }
        }
    }
    // Other entries than those that were signed come first among what is said.
    let mut bundle = whole.files()["tile/entries/000.p/5"].clone();
    let at = bundle.windows(5).position(|word| word == b"1.1.0").unwrap();
    bundle[at] = b'2';
    whole.set("tile/entries/000.p/5", Some(&bundle));
    let audit = audited(&whole);
    let first = audit.violations.first[0].to_string();
    assert!(first.starts_with("expected the root ") && first.ends_with("in the signed head"), "{first}");
    assert_eq!(audit.head, head);
    let hint = audit.verdict().unwrap_err();
    assert_eq!(
        hint.hint_text(),
        Some("nothing that was signed is shown to be false; bring the registry back from a copy")
    );
}

/// Of many wrong epochs the first ones and the newest are looked into.
#[test]
fn the_newest_of_many_wrong_epochs_is_looked_into() {
    let mut operator = Operator::new();
    operator.say(release("t:a", "1.2.0"));
    for _ in 0..20 {
        operator.epoch();
    }
    let (said, _) = operator.audited();
    assert_eq!(said.len(), 20);
    let told: Vec<bool> =
        said.iter().map(|said| said.ends_with("it omits record 5, the release of t:a 1.2.0")).collect();
    assert!(told[0] && told[6] && !told[7] && told[19], "{said:#?}");
}

#[test]
fn what_is_false_about_peers() {
    let vkey = peer_key().verifier().to_string();
    let mut operator = Operator::new();
    operator.say(peer(&vkey)).show_all().epoch();
    // The end of the peer is hidden, then the head that was seen of it.
    operator.say(Record::Unpeer(Unpeer { peer: PEER, prev: None })).epoch();
    let (said, shown) = one(operator.audited());
    assert!(said.ends_with("; it omits record 7, the unpeer of peer.example/log"), "{said}");
    assert_eq!(
        shown,
        "kind index: the index of the epoch at record 8 leads to a page that leaves out record 7, the unpeer of peer.example/log"
    );

    let mut operator = Operator::new();
    let signature = sync_signature(5);
    operator.say(peer(&vkey)).show_all().say(sync(5, &signature)).epoch();
    let (said, shown) = one(operator.audited());
    assert!(
        said.ends_with("; it hides the page of peer peer.example/log: record 6, the sync of peer.example/log"),
        "{said}"
    );
    assert_eq!(
        shown,
        "kind index: the index of the epoch at record 7 says that there is no page of peer peer.example/log, though there is record 6, the sync of peer.example/log"
    );

    // What the peer has not signed, or signed before: an audit names it.
    let mut operator = Operator::new();
    let (five, four) = (sync_signature(5), sync_signature(4));
    operator
        .say(sync(5, &five))
        .say(peer(&vkey))
        .say(sync(6, &five))
        .say(sync(5, &five))
        .say(sync(4, &four))
        .show_all()
        .epoch();
    let (said, shown) = operator.audited();
    assert_eq!(
        said,
        [
            "record 5, in epoch 3: the head of peer.example/log is signed by no key that the log names for it",
            "record 7, in epoch 3: the head of peer.example/log is signed by no key that the log names for it",
            "record 9, in epoch 3: the head of peer.example/log with 4 records does not go on from the one with 5 that the log had already",
        ]
    );
    assert_eq!(shown, None);
}

/// Signs a record of this log as the maintainer of `t:m`.
fn signed_by(record: &Record<'_>, maintainer: &SigningKey) -> Vec<u8> {
    let statement = record.statement(ORIGIN).unwrap();
    let signature = format_signature(&maintainer.sign(&statement).unwrap());
    let mut signed = record.clone();
    signed.set_signatures(vec![&signature]);
    signed.encode()
}

#[test]
fn what_maintainers_have_not_signed() {
    let maintainer = SigningKey::generate_from_seed("maintainer", [1; 32]).unwrap();
    let vkey = maintainer.verifier().to_string();
    let Record::Release(mut first) = release("t:m", "1.0.0") else { unreachable!() };
    first.maintainers = Some(Maintainers { threshold: 1, keys: vec![&vkey] });
    let first = signed_by(&Record::Release(first), &maintainer);
    let begun = || {
        let mut operator = Operator::new();
        operator.say(Record::parse(&first).unwrap());
        operator
    };
    let behind = |operator: &Operator, record| chained(record, Some(Digest::of(&operator.page("t:m"))));

    // Signed releases and yanks are as they must be.
    let mut operator = begun();
    let next = behind(&operator, release("t:m", "1.1.0"));
    operator.say(Record::parse(&signed_by(&next, &maintainer)).unwrap()).say(yank("t:m", "1.1.0")).show_all().epoch();
    assert_eq!(operator.audited(), (vec![], None));

    let missing =
        "expected signatures by 1 of the maintainers, whom record 5 names: maintainer+370cba57, found none".to_owned();
    let expect = |mut operator: Operator, what: &str, why: &str| {
        operator.show_all().epoch();
        let said = format!("record 6, in epoch 3: {what}: {why}");
        assert_eq!(one(operator.audited()), (said, format!("kind maintainers: record 6, {what}: {why}")));
    };
    let mut operator = begun();
    operator.say(release("t:m", "1.1.0"));
    expect(operator, "the release of t:m 1.1.0", &missing);
    // A double of a version, which would be void.
    let mut operator = begun();
    operator.say(release("t:m", "1.0.0"));
    operator.show_all().epoch();
    let (said, shown) = one(operator.audited());
    assert_eq!(said, format!("record 6, in epoch 3: the release of t:m 1.0.0: {missing}"));
    assert_eq!(shown, format!("kind maintainers: record 6, the release of t:m 1.0.0: {missing}"));
    // Maintainers of the registry's own.
    let own = key().verifier().to_string();
    let change = Record::Maintainers(Handover {
        package: "t:m",
        maintainers: Maintainers { threshold: 1, keys: vec![&own] },
        prev: None,
        signatures: Vec::new(),
    });
    let mut operator = begun();
    let change = signed_by(&behind(&operator, change), &key());
    operator.say(Record::parse(&change).unwrap());
    expect(operator, "a change of the maintainers of t:m", &missing);

    // Where more is false of the package, the first is shown; what cannot be shown with little takes a replay.
    let mut operator = begun();
    operator.say(release("t:m", "1.1.0")).say(release("t:m", "1.2.0")).show_all().epoch();
    let (said, shown) = operator.audited();
    assert_eq!(said.len(), 2);
    assert_eq!(shown, Some(format!("kind maintainers: record 6, the release of t:m 1.1.0: {missing}")));
}
