//! A page that was committed to, held against the records that it should have.

use std::collections::{BTreeMap, VecDeque};

use headlock_log::digest::{Digest, Hasher};
use headlock_log::evidence::RecordName;
use headlock_log::page::{Page, format_line};
use headlock_log::record::Record;

use super::lie::Lie;

/// Lines of one page that are told of as added.
const MAX_ADDED: usize = 4;

/// A record of a package, as the log has it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) place: u64,
    pub(super) entry: Vec<u8>,
}

/// What contradicts a commitment to a page, or to there being none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// The page itself: it is none, or goes on behind what commits to it.
    Itself,
    /// The entry at this place.
    Entry(u64),
}

/// The page that has this digest, if it is one that the package has had.
pub(super) fn earlier_page(right: &[Line], digest: &Digest) -> Option<Vec<u8>> {
    let mut hasher = Hasher::new();
    let end = right.iter().position(|line| {
        hasher.update(&format_line(line.place, &line.entry));
        hasher.digest() == *digest
    })?;
    Some(page_of_lines(&right[..=end]))
}

/// All of these lines as a page.
pub(super) fn page_of_lines(lines: &[Line]) -> Vec<u8> {
    lines.iter().flat_map(|line| format_line(line.place, &line.entry)).collect()
}

/// What contradicts the page, or the package's absence, at `before`; nothing if it is as it should be.
pub(super) fn contradiction(
    origin: &str,
    subject: &str,
    page: Option<&[u8]>,
    right: &[Line],
    before: u64,
) -> Option<Contradiction> {
    let Some(bytes) = page else { return right.first().map(|line| Contradiction::Entry(line.place)) };
    let Ok(page) = Page::parse(bytes, origin, subject) else { return Some(Contradiction::Itself) };
    if page.last().0 >= before {
        return Some(Contradiction::Itself);
    }
    let shown: BTreeMap<u64, Vec<u8>> = page.lines.iter().map(|(place, record)| (*place, record.encode())).collect();
    let missing = right.iter().find(|line| shown.get(&line.place) != Some(&line.entry));
    let is_right = |place: &u64| right.binary_search_by_key(place, |line| line.place).is_ok();
    let place = missing.map(|line| line.place).or_else(|| shown.into_keys().find(|place| !is_right(place)))?;
    Some(Contradiction::Entry(place))
}

/// What a page says that is not so.
pub(super) fn lies(origin: &str, subject: &str, page: Option<&[u8]>, right: &[Line]) -> Vec<Lie> {
    let Some(bytes) = page else {
        let more = right.len().saturating_sub(1) as u64;
        return right.first().and_then(name).map(|first| Lie::Hides { first, more }).into_iter().collect();
    };
    let shown = shown_lines(bytes);
    let matched = matching(&shown, right);

    let mut lies = Vec::new();
    let omitted: Vec<&Line> = right.iter().zip(&matched).filter(|(_, at)| at.is_none()).map(|(line, _)| line).collect();
    if let Some(first) = omitted.first().copied().and_then(name) {
        lies.push(Lie::Omits { first, more: omitted.len() as u64 - 1 });
    }
    let mut last: Option<(usize, &Line)> = None;
    for (line, at) in right.iter().zip(&matched) {
        let Some(at) = *at else { continue };
        if let Some((before, earlier)) = last
            && at < before
            && let (Some(earlier), Some(later)) = (name(earlier), name(line))
        {
            lies.push(Lie::Reorders { earlier, later });
            break;
        }
        last = Some((at, line));
    }
    lies.extend(added(subject, &shown, &matched, right));
    if lies.is_empty() {
        let altered = right.iter().zip(&matched).find(|(line, at)| {
            at.is_some_and(|at| shown[at].place != Some(line.place) || shown[at].entry != line.entry)
        });
        lies.extend(altered.and_then(|(line, _)| name(line)).map(|record| Lie::Alters { record }));
    }
    if lies.is_empty()
        && let Err(error) = Page::parse(bytes, origin, subject)
    {
        lies.push(Lie::NoPage { subject: subject.to_owned(), error });
    }
    lies
}

/// Lines of the page that are none of the records: the first few.
fn added(subject: &str, shown: &[Shown<'_>], matched: &[Option<usize>], right: &[Line]) -> Vec<Lie> {
    let mut is_matched = vec![false; shown.len()];
    matched.iter().flatten().for_each(|at| is_matched[*at] = true);
    let lines: Vec<usize> = (0..shown.len()).filter(|at| !is_matched[*at]).take(MAX_ADDED).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let mut said = BTreeMap::new();
    for line in right {
        if let Some(statement) = statement(&line.entry) {
            said.entry(statement).or_insert(line);
        }
    }
    let lie = |at: &usize| {
        let twice = statement(shown[*at].entry).and_then(|statement| said.get(&statement).copied());
        match twice.and_then(name) {
            Some(record) => Lie::Doubles { record },
            None => Lie::Adds { subject: subject.to_owned(), line: at + 1, what: in_words(shown[*at].entry) },
        }
    };
    lines.iter().map(lie).collect()
}

fn name(line: &Line) -> Option<RecordName> {
    RecordName::of(line.place, &Record::parse(&line.entry).ok()?)
}

/// A line as it stands in a page that may be none.
struct Shown<'a> {
    place: Option<u64>,
    entry: &'a [u8],
}

fn shown_lines(bytes: &[u8]) -> Vec<Shown<'_>> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let split = |line| -> Option<Shown<'_>> {
        let line: &[u8] = line;
        let space = line.iter().position(|byte| *byte == b' ')?;
        let place = std::str::from_utf8(&line[..space]).ok()?.parse().ok();
        Some(Shown { place, entry: &line[space + 1..] })
    };
    lines.map(|line| split(line).unwrap_or(Shown { place: None, entry: line })).collect()
}

/// For each record of the log the line of the page that has it: the same bytes, else what says the same.
fn matching(shown: &[Shown<'_>], right: &[Line]) -> Vec<Option<usize>> {
    let mut exact: BTreeMap<&[u8], VecDeque<usize>> = BTreeMap::new();
    for (at, line) in shown.iter().enumerate() {
        exact.entry(line.entry).or_default().push_back(at);
    }
    let mut matched: Vec<Option<usize>> =
        right.iter().map(|line| exact.get_mut(line.entry.as_slice())?.pop_front()).collect();
    let mut is_taken = vec![false; shown.len()];
    matched.iter().flatten().for_each(|at: &usize| is_taken[*at] = true);
    let mut alike: BTreeMap<Vec<u8>, VecDeque<usize>> = BTreeMap::new();
    for (at, line) in shown.iter().enumerate().filter(|(at, _)| !is_taken[*at]) {
        if let Some(statement) = statement(line.entry) {
            alike.entry(statement).or_default().push_back(at);
        }
    }
    for (line, at) in right.iter().zip(&mut matched).filter(|(_, at)| at.is_none()) {
        *at = statement(&line.entry).and_then(|statement| alike.get_mut(&statement)?.pop_front());
    }
    matched
}

/// A record without its `prev`: equal for equal statements.
fn statement(entry: &[u8]) -> Option<Vec<u8>> {
    let mut record = Record::parse(entry).ok()?;
    record.set_prev(None);
    record.subject().map(|_| record.encode())
}

fn in_words(entry: &[u8]) -> String {
    match Record::parse(entry).ok().and_then(|record| RecordName::of(0, &record)) {
        Some(RecordName { kind, of, .. }) => format!("a {kind} of {of}"),
        None => "what is no record that stands in a page".to_owned(),
    }
}
