//! What logs say that lie, and what the evidence says of it.

use super::*;
use crate::digest::Hasher;
use crate::index::empty_bin;
use crate::page::MAX_PAGE;

/// A log whose last epoch has this page of `t:a`, and what evidence says with this page and entry.
fn page_of_a(page: Option<&[u8]>, shown: Option<&[u8]>, entry: Option<u64>) -> Result<String, String> {
    let (mut log, _, other) = three_records();
    let mut pages: Vec<(&str, &[u8])> = vec![("t:b", &other)];
    pages.extend(page.map(|page| ("t:a", page)));
    let epoch = log.epoch(&pages);
    log.shows(&log.index_claim(epoch, "t:a", shown, entry))
}

#[test]
fn an_index_that_leaves_records_out() {
    let (_, pages, _) = three_records();
    let ok = |text: &str| Ok(text.to_owned());
    // The last records: the yank, or all but the first.
    assert_eq!(
        page_of_a(Some(&pages[2]), Some(&pages[2]), Some(3)),
        ok("the index of the epoch at record 5 leads to a page that leaves out record 3, the yank of t:a 1.0.0")
    );
    assert_eq!(
        page_of_a(Some(&pages[1]), Some(&pages[1]), Some(2)),
        ok("the index of the epoch at record 5 leads to a page that leaves out record 2, the release of t:a 1.1.0")
    );
    // The whole package.
    assert_eq!(
        page_of_a(None, None, Some(1)),
        ok(
            "the index of the epoch at record 5 says that there is no page of t:a, though there is record 1, the release of t:a 1.0.0"
        )
    );
}

#[test]
fn an_index_that_reorders_or_adds() {
    let (log, pages, other) = three_records();
    let line = |place: u64, record: usize| format_line(place, &log.entries[record]);
    let by = "the index of the epoch at record 5 leads to a page of t:a";
    // Swapped lines; swapped records under the right places, chained anew.
    let swapped = [line(2, 2), line(1, 1)].concat();
    let shown = page_of_a(Some(&swapped), Some(&swapped), None).unwrap();
    assert!(shown.starts_with(&format!("{by} that is none: line 1: expected prev to be absent")), "{shown}");
    let first = format_line(1, &release("t:a", "1.1.0", None).encode());
    let second = format_line(2, &release("t:a", "1.0.0", Some(Digest::of(&first))).encode());
    let renamed = [first, second].concat();
    assert_eq!(
        page_of_a(Some(&renamed), Some(&renamed), Some(1)),
        Ok(format!("{by} with another entry 1 than the log has"))
    );
    // A line of another package, by its words and by its place.
    let foreign = [&pages[3][..], &other].concat();
    let shown = page_of_a(Some(&foreign), Some(&foreign), None);
    assert_eq!(shown, Ok(format!("{by} that is none: line 4: expected a record of \"t:a\", found one of \"t:b\"")));
    let made_up = format_line(4, &release("t:a", "9.0.0", Some(Digest::of(&pages[3]))).encode());
    let added = [&pages[3][..], &made_up].concat();
    assert_eq!(
        page_of_a(Some(&added), Some(&added), Some(4)),
        Ok(format!("{by} with another entry 4 than the log has"))
    );
    // A line that is still to come; twice the same; nothing.
    let later = format_line(5, &release("t:a", "9.0.0", Some(Digest::of(&pages[3]))).encode());
    let later = [&pages[3][..], &later].concat();
    let shown = page_of_a(Some(&later), Some(&later), None);
    assert_eq!(shown, Ok(format!("{by} that ends with record 5, which does not come before")));
    let twice = [&pages[1][..], &pages[1]].concat();
    let shown = page_of_a(Some(&twice), Some(&twice), None);
    assert_eq!(shown, Ok(format!("{by} that is none: line 2: expected a place after 1, found 1")));
    let shown = page_of_a(Some(b""), Some(b""), None);
    assert_eq!(shown, Ok(format!("{by} that is none: expected a page of at least one line, found nothing")));
}

#[test]
fn an_index_with_a_bin_that_is_none() {
    let (mut log, _, _) = three_records();
    let number = bin_of(&key_of_package("t:a"));
    // The index over empty bins, but for one that is none.
    let mut hashes = vec![empty_bin(); 1 << 16];
    hashes[usize::from(number)] = leaf_hash(b"no bin");
    let root = subtree_root(&hashes);
    let epoch = log.size();
    log.push(&Record::Epoch(Epoch { index: root }).encode());
    let path = prove_inclusion(u64::from(number), 1 << 16, |level, index| {
        let first = (index << level) as usize;
        Some(subtree_root(&hashes[first..first + (1 << level)]))
    });
    let mut claim = Claim::Index {
        subject: "t:a".to_owned(),
        epoch: log.proven(epoch),
        bin: b"no bin".to_vec(),
        path: path.unwrap(),
        page: None,
        entry: None,
    };
    let text = "the index of the epoch at record 5 has a bin that is none: expected a bin of 64 bytes for each entry, found 6 bytes";
    assert_eq!(log.shows(&claim), Ok(text.to_owned()));
    let Claim::Index { entry, .. } = &mut claim else { unreachable!() };
    *entry = Some(log.proven(1));
    assert_eq!(log.shows(&claim), Err("what it shows needs no page or entry beside it, and one is there".to_owned()));
}

#[test]
fn a_prev_that_passes_over_records() {
    let (mut log, pages, _) = three_records();
    let skipping = log.size();
    log.push(&release("t:a", "2.0.0", Some(Digest::of(&pages[2]))).encode());
    let anew = log.size();
    log.push(&release("t:a", "3.0.0", None).encode());
    let made_up = format_line(2, &release("t:a", "8.0.0", None).encode());
    let inventing = log.size();
    log.push(&release("t:a", "4.0.0", Some(Digest::of(&made_up))).encode());
    assert_eq!(
        log.shows(&log.prev_claim(skipping, Some(&pages[2]), Some(3))),
        Ok("the prev of record 5 leads to a page that leaves out record 3, the yank of t:a 1.0.0".to_owned())
    );
    assert_eq!(
        log.shows(&log.prev_claim(anew, None, Some(1))),
        Ok("the prev of record 6 says that there is no page of t:a, though there is record 1, the release of t:a 1.0.0"
            .to_owned())
    );
    assert_eq!(
        log.shows(&log.prev_claim(inventing, Some(&made_up), Some(2))),
        Ok("the prev of record 7 leads to a page of t:a with another entry 2 than the log has".to_owned())
    );
    // Without the page that it names, all entries show the same.
    let shown = said(&log.replay(inventing + 1)).unwrap();
    assert!(shown.starts_with("record 7, the release of t:a 4.0.0 names the prev "), "{shown}");
    assert!(shown.contains(&format!("{}, and the page before it is ", Digest::of(&made_up))), "{shown}");
}

#[test]
fn entries_that_no_log_may_hold() {
    let (mut log, _, _) = three_records();
    let no_record = log.size();
    log.push(b"");
    let foreign = log.size();
    log.push(br#"{"release":{"package":"t:c","version":"1.0.0","content":"0000000000000000000000000000000000000000000000000000000000000000","dependencies":[{"registry":"registry.example/test","package":"t:d","requirement":"*"}]}}"#);
    let alike = log.size();
    log.push(&release("T:A", "1.0.0", None).encode());
    let shown = log.shows(&Claim::Record(log.proven(no_record))).unwrap();
    assert!(shown.starts_with("entry 5 is no record: expected a record as JSON: "), "{shown}");
    assert_eq!(
        log.shows(&Claim::Record(log.proven(foreign))),
        Ok("record 6, the release of t:c 1.0.0 depends on t:d of registry.example/test, which is the log itself and is not to be named"
            .to_owned())
    );
    let names = "record 7, the release of T:A 1.0.0 and record 2, the release of t:a 1.1.0: names that differ only in case, `-` and `_` are the same";
    assert_eq!(log.shows(&Claim::Names(log.proven(alike), log.proven(2))), Ok(names.to_owned()));
    assert_eq!(
        log.shows(&Claim::Record(log.proven(alike))),
        Ok("the signed head ends with entry 7, which is no epoch".to_owned())
    );
    // What is no record is in no page: a replay beyond it shows nothing more.
    let shown = said(&log.replay(no_record + 1)).unwrap();
    assert!(shown.starts_with("entry 5 is no record: "), "{shown}");
}

#[test]
fn a_root_whose_files_nobody_has_is_shown_false_by_all_entries() {
    let (mut log, pages, other) = three_records();
    log.epoch(&[("t:a", &pages[3]), ("t:b", &other)]);
    let mut expected = Index::new();
    expected.insert(key_of_package("t:a"), Digest::of(&pages[3])).unwrap();
    expected.insert(key_of_package("t:b"), Digest::of(&other)).unwrap();
    let found = Digest([9; 32]);
    log.push(&Record::Epoch(Epoch { index: found }).encode());
    log.push(&release("t:c", "1.0.0", None).encode());
    let root = expected.root();
    assert_eq!(
        said(&log.replay(7)),
        Ok(format!(
            "the epoch at record 6 commits to the index {found}, and that over all records before it is {root}"
        ))
    );
    assert_eq!(
        said(&log.replay(6)),
        Err("it shows nothing false: the epoch at record 5 has the index over the records before it".to_owned())
    );
}

/// A release whose line at a place has so many bytes.
fn release_of_length(place: u64, bytes: usize, version: &str, prev: Option<Digest>) -> Vec<u8> {
    let with = |names: Vec<String>| {
        let Record::Release(release) = release("t:a", version, prev) else { unreachable!() };
        let exclusives = names.iter().map(String::as_str).collect();
        Record::Release(Release { exclusives, ..release }).encode()
    };
    let names = |first: usize, count: usize, last: usize| -> Vec<String> {
        let name = |number: usize| format!("{number:0width$}", width = if number == 0 { first } else { 250 });
        (0..count).map(name).chain(["z".repeat(last)]).collect()
    };
    let length = |names: Vec<String>| format_line(place, &with(names)).len();
    // A shorter first name where what is left would be too little for a last one.
    for first in [250, 240] {
        let count = bytes.saturating_sub(length(names(first, 1, 1))) / 253 + 1;
        let left = bytes - length(names(first, count, 0));
        if (1..=250).contains(&left) {
            return with(names(first, count, left));
        }
    }
    unreachable!("no release of {bytes} bytes")
}

#[test]
fn a_page_beyond_its_limit_is_shown_by_all_entries() {
    let mut log = Log::default();
    log.epoch(&[]);
    let (mut page, mut length) = (Hasher::new(), 0);
    let mut add = |log: &mut Log, bytes: usize| {
        let prev = (length > 0).then(|| page.digest());
        let version = format!("{}.0.0", log.size());
        let line = log.push(&release_of_length(log.size(), bytes, &version, prev));
        assert_eq!(line.len(), bytes);
        page.update(&line);
        length += line.len();
        length
    };
    while add(&mut log, 65_000) < MAX_PAGE - 2 * 65_000 {}
    let left = MAX_PAGE - add(&mut log, 65_000);
    assert_eq!(add(&mut log, left), MAX_PAGE);
    let full = log.size() - 1;
    let epoch = Record::Epoch(Epoch { index: Digest([9; 32]) }).encode();
    log.push(&epoch);
    add(&mut log, 800);
    log.push(&epoch);
    let refused = said(&log.replay(full + 1)).unwrap_err();
    assert_eq!(
        refused,
        format!("it shows nothing false: record {full}, the release of t:a {full}.0.0 names the page before it")
    );
    let shown = said(&log.replay(full + 2)).unwrap();
    assert!(shown.starts_with(&format!("the epoch at record {} commits to the index ", full + 1)), "{shown}");
    for place in [full + 2, full + 3] {
        let shown = format!("by record {place} the page of \"t:a\" is longer than any reader takes");
        assert_eq!(said(&log.replay(place + 1)), Ok(shown));
    }
}
