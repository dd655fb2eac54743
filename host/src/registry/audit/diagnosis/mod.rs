//! What is false, in detail: which record an epoch's index omits, reorders or invents, which one a `prev` passes over.
//!
//! While the entries are replayed, a wrong epoch's index is held against the right one, as far as its files are there.
//! Afterwards the entries are read once more, for the packages that differ; memory stays bounded.

mod index;
mod lie;
mod page;

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::index::{bin_of, key_of, page_path};
use headlock_log::name::same_name_key;
use headlock_log::page::{MAX_PAGE, Page};
use headlock_log::record::{Record, Subject};

use self::index::Differences;
pub(super) use self::index::{bin, node};
pub use self::lie::Lie;
pub(super) use self::lie::list;
use self::page::{Contradiction, Line, contradiction, earlier_page, lies, page_of_lines};
use super::evidence::Ground;
use super::fold::Fold;
use super::{At, Fault, Findings, Violation};
use crate::error::Result;
use crate::registry::replay;
use crate::registry::store::Reader;

/// Wrong epochs that are looked into: the first ones and the newest, whose files are the likeliest to be there.
const MAX_EPOCHS: usize = 8;
/// Wrong `prev`s, and records without their maintainers' signatures, that are looked into.
const MAX_PREVS: usize = 16;
/// Bytes of records that are held for comparing.
const MAX_BYTES: usize = 64 << 20;
/// What is said of one violation.
const MAX_LIES: usize = 8;

/// What is to be looked into, while the entries are replayed.
#[derive(Debug)]
pub(super) struct Inquiry {
    /// The log's.
    origin: String,
    epochs: Vec<WrongEpoch>,
}

#[derive(Debug)]
struct WrongEpoch {
    place: u64,
    root: Digest,
    differences: Differences,
    /// The names of the keys that differ, of subjects that the log has; and of one for each bin that is none.
    names: BTreeMap<Digest, String>,
    in_bins: BTreeMap<u16, String>,
}

/// What the second reading found.
#[derive(Debug, Default)]
struct Found {
    /// The records of the packages in question.
    lines: BTreeMap<String, Vec<Line>>,
    /// How many bytes they have.
    bytes: usize,
    /// The first epoch with each root in question: its number and place.
    epochs: BTreeMap<Digest, (u64, u64)>,
    /// The first record of each name in question, by what alike names share.
    firsts: BTreeMap<String, u64>,
}

impl Inquiry {
    /// Nothing so far of the log of this origin.
    pub(super) fn new(origin: &str) -> Inquiry {
        Inquiry { origin: origin.to_owned(), epochs: Vec::new() }
    }

    /// Notes that the newest epoch, at `place`, commits to the index `root`, which is not the one that it should be.
    /// Epochs between the first few and the newest one of the log, of `size` entries, are passed over.
    pub(super) fn wrong_epoch(&mut self, reader: &dyn Reader, fold: &Fold, (place, size): (u64, u64), root: Digest) {
        if self.epochs.len() >= MAX_EPOCHS - 1 && place + 1 != size {
            return;
        }
        let differences = Differences::of(reader, fold.index(), &root);
        let keys: BTreeSet<Digest> = differences.pages.iter().map(|(key, _)| *key).collect();
        let bins: BTreeSet<u16> = differences.no_bins.iter().map(|(number, _)| *number).collect();
        let (mut names, mut in_bins) = (BTreeMap::new(), BTreeMap::new());
        if !(keys.is_empty() && bins.is_empty()) {
            for name in fold.subjects() {
                let key = key_of(name);
                if keys.contains(&key) {
                    names.insert(key, name.to_owned());
                }
                if bins.contains(&bin_of(&key)) {
                    in_bins.entry(bin_of(&key)).or_insert_with(|| name.to_owned());
                }
            }
        }
        self.epochs.push(WrongEpoch { place, root, differences, names, in_bins });
    }

    /// Says of the violations what they come to, and finds what shows one of them to others: the first that little
    /// shows, else the first that a replay does.
    pub(super) fn conclude(
        self,
        reader: &dyn Reader,
        size: u64,
        violations: &mut Findings<Violation>,
    ) -> Result<Option<Ground>> {
        if violations.first.is_empty() {
            return Ok(None);
        }
        let found = self.read(reader, size, violations)?;
        let mut compact = None;
        let mut replayed = None;
        for violation in &mut violations.first {
            let (ground, long) = self.look_into(reader, violation, &found, size);
            compact = compact.or(ground);
            replayed = replayed.or(long.map(Ground::Replay));
        }
        Ok(compact.or(replayed))
    }

    /// Reads the entries once more, for the packages in question.
    fn read(&self, reader: &dyn Reader, size: u64, violations: &Findings<Violation>) -> Result<Found> {
        let mut found = Found::default();
        for wrong in &self.epochs {
            for name in wrong.names.values() {
                found.lines.entry(name.clone()).or_default();
            }
        }
        let mut prevs = 0;
        let mut taken = BTreeSet::new();
        for violation in &violations.first {
            match &violation.fault {
                Fault::Prev { subject, .. } | Fault::Authority { package: subject, .. } if prevs < MAX_PREVS => {
                    prevs += 1;
                    found.lines.entry(subject.clone()).or_default();
                }
                Fault::NameTaken { package, .. } => drop(taken.insert(same_name_key(package))),
                _ => {}
            }
        }
        let roots: BTreeSet<Digest> = self.epochs.iter().map(|wrong| wrong.root).collect();
        if found.lines.is_empty() && taken.is_empty() && roots.is_empty() {
            return Ok(found);
        }
        let mut number = 0;
        replay::entries(reader, 0, size, &mut |place, entry| {
            let Ok(record) = Record::parse(entry) else { return Ok(()) };
            if let Record::Epoch(epoch) = record {
                number += 1;
                if roots.contains(&epoch.index) {
                    found.epochs.entry(epoch.index).or_insert((number, place));
                }
            } else if let Some(subject) = record.subject() {
                found.record(place, &subject.to_string(), entry);
                let Subject::Package(package) = subject else { return Ok(()) };
                if !taken.is_empty() && taken.contains(&same_name_key(package)) {
                    found.firsts.entry(same_name_key(package)).or_insert(place);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// What shows a violation with little, and the entry up to which a replay shows it.
    fn look_into(
        &self,
        reader: &dyn Reader,
        violation: &mut Violation,
        found: &Found,
        size: u64,
    ) -> (Option<Ground>, Option<u64>) {
        let At::Record { place, .. } = violation.at else {
            let ends_elsewhere = matches!(violation.fault, Fault::NoEpoch);
            return (size.checked_sub(1).filter(|_| ends_elsewhere).map(Ground::Record), None);
        };
        match &mut violation.fault {
            Fault::NotARecord(_) | Fault::OwnRegistry { .. } => (Some(Ground::Record(place)), None),
            Fault::NameTaken { package, .. } => {
                let first = found.firsts.get(&same_name_key(package));
                (first.map(|first| Ground::Names(place, *first)), None)
            }
            Fault::PageTooLong { .. } | Fault::BinFull { .. } => (None, Some(place)),
            Fault::Index { why, .. } => {
                let wrong = self.epochs.iter().find(|wrong| wrong.place == place);
                let ground = wrong.and_then(|wrong| wrong.look_into(&self.origin, reader, found, why));
                (ground, Some(place))
            }
            Fault::Authority { package, .. } => {
                let lines = found.lines.get(package.as_str());
                (lines.and_then(|lines| unsigned(&self.origin, package, lines, place)), Some(place))
            }
            Fault::Prev { subject, found: named, why, .. } => {
                let ground = found.lines.get(subject).and_then(|lines| {
                    let right = before(lines, place);
                    let page = named.map(|page| page_of(reader, right, &page));
                    let page = match page {
                        Some(None) => return None,
                        None => None,
                        Some(Some(page)) => Some(page),
                    };
                    *why = lies(&self.origin, subject, page.as_deref(), right);
                    why.truncate(MAX_LIES);
                    for lie in why.iter_mut() {
                        // Of a record that names no page before it: it passes over them.
                        if let Lie::Hides { first, more } = lie {
                            *lie = Lie::Omits { first: first.clone(), more: *more };
                        }
                    }
                    let shown = contradiction(&self.origin, subject, page.as_deref(), right, place)?;
                    Some(Ground::Prev { place, page, entry: shown.entry() })
                });
                (ground, Some(place))
            }
            _ => (None, None),
        }
    }
}

impl Found {
    /// Keeps a record of a package in question. A package whose records would take too much memory is no longer one.
    fn record(&mut self, place: u64, subject: &str, entry: &[u8]) {
        let Some(lines) = self.lines.get_mut(subject) else { return };
        self.bytes += entry.len();
        lines.push(Line { place, entry: entry.to_vec() });
        if self.bytes > MAX_BYTES {
            let freed = self.lines.remove(subject).unwrap_or_default();
            self.bytes -= freed.iter().map(|line| line.entry.len()).sum::<usize>();
        }
    }
}

impl WrongEpoch {
    /// Says what the index says that is not so, and finds what shows it.
    fn look_into(&self, origin: &str, reader: &dyn Reader, found: &Found, why: &mut Vec<Lie>) -> Option<Ground> {
        if let Some((number, place)) = found.epochs.get(&self.root).filter(|(_, place)| *place < self.place) {
            why.push(Lie::OtherEpoch { number: *number, place: *place });
        }
        let mut ground = None;
        for (key, named) in &self.differences.pages {
            let (shown, said) = self.subject((origin, reader), found, key, *named);
            why.extend(said);
            ground = ground.or(shown);
        }
        for (number, error) in &self.differences.no_bins {
            why.push(Lie::NoBin(error.clone()));
            let subject = self.in_bins.get(number);
            ground = ground.or(subject.map(|subject| Ground::Index {
                subject: subject.clone(),
                epoch: self.place,
                page: None,
                entry: None,
            }));
        }
        if self.differences.partial {
            why.push(Lie::Partial);
        }
        if self.differences.more || why.len() > MAX_LIES {
            why.truncate(MAX_LIES);
            why.push(Lie::More);
        }
        ground
    }

    /// What the index says of one subject.
    fn subject(
        &self,
        (origin, reader): (&str, &dyn Reader),
        found: &Found,
        key: &Digest,
        named: Option<Digest>,
    ) -> (Option<Ground>, Vec<Lie>) {
        let name = self.names.get(key);
        let right = match name.map(|name| found.lines.get(name)) {
            Some(Some(lines)) => before(lines, self.place),
            // Too much to be held: what differs is named, and no more.
            Some(None) => return (None, vec![Lie::More]),
            None => &[],
        };
        let page = named.map(|page| (page, page_of(reader, right, &page)));
        let (bytes, subject) = match (page, name) {
            (None, Some(name)) => (None, name.clone()),
            (Some((_, Some(bytes))), Some(name)) => (Some(bytes), name.clone()),
            (Some((page, None)), Some(name)) => {
                return (None, vec![Lie::Unread { subject: name.clone(), page }]);
            }
            (Some((page, bytes)), None) => match bytes.and_then(|bytes| Some((subject_of(&bytes, key)?, bytes))) {
                Some((subject, bytes)) => (Some(bytes), subject),
                None => return (None, vec![Lie::Stranger { page }]),
            },
            (None, None) => return (None, Vec::new()),
        };
        let lies = lies(origin, &subject, bytes.as_deref(), right);
        let ground = contradiction(origin, &subject, bytes.as_deref(), right, self.place).map(|shown| Ground::Index {
            subject,
            epoch: self.place,
            page: bytes,
            entry: shown.entry(),
        });
        (ground, lies)
    }
}

impl Contradiction {
    fn entry(self) -> Option<u64> {
        match self {
            Contradiction::Itself => None,
            Contradiction::Entry(place) => Some(place),
        }
    }
}

/// What shows that the record at a place is not signed by its package's maintainers: the page before it, if that is one, and
/// the one that the record names.
fn unsigned(origin: &str, package: &str, lines: &[Line], place: u64) -> Option<Ground> {
    let at = lines.binary_search_by_key(&place, |line| line.place).ok()?;
    let record = Record::parse(&lines[at].entry).ok()?;
    let page = Some(page_of_lines(&lines[..at])).filter(|page| !page.is_empty());
    let is_page = page.as_ref().is_none_or(|page| Page::parse(page, origin, package).is_ok());
    let is_named = record.prev() == page.as_ref().map(|page| Digest::of(page));
    (is_page && is_named).then_some(Ground::Maintainers { place, page })
}

/// The records that stand before a place.
fn before(lines: &[Line], place: u64) -> &[Line] {
    &lines[..lines.partition_point(|line| line.place < place)]
}

/// A page by its digest: one that the package has had, or the file of that name.
fn page_of(reader: &dyn Reader, right: &[Line], digest: &Digest) -> Option<Vec<u8>> {
    let file = || index::file(reader, &page_path(digest), MAX_PAGE, |bytes| Digest::of(bytes) == *digest);
    earlier_page(right, digest).or_else(file)
}

/// The name of the subject that a page with this key is of, by its first line.
fn subject_of(page: &[u8], key: &Digest) -> Option<String> {
    let line = page.split(|byte| *byte == b'\n').next()?;
    let space = line.iter().position(|byte| *byte == b' ')?;
    let record = Record::parse(&line[space + 1..]).ok()?;
    record.subject().filter(|subject| subject.key() == *key).map(|subject| subject.to_string())
}
