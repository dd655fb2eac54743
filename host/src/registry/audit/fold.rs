//! The records of a log, one after the other, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::index::{Index, key_of_package};
use headlock_log::name::same_name_key;
use headlock_log::page::VoidReason;
use headlock_log::record::{Record, Release};

use super::{At, Fault, Findings, Violation, Void};
use crate::registry::package::GrowingPage;

/// What the records so far come to.
pub(super) struct Fold {
    origin: String,
    pages: BTreeMap<String, GrowingPage<()>>,
    /// The name of the package that came first, by what alike names share.
    names: BTreeMap<String, String>,
    /// The index of the newest epoch, as it should be.
    index: Index,
    /// Packages with records since then.
    changed: BTreeSet<String>,
    last: Last,
    /// Epochs.
    pub(super) epochs: u64,
    /// Releases, without void ones.
    pub(super) releases: u64,
    /// Records that change nothing.
    pub(super) voids: Findings<Void>,
    /// What the log must not say.
    pub(super) violations: Findings<Violation>,
}

/// What the last record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// An epoch with the right index.
    Epoch,
    /// An epoch with another one, of this root.
    WrongEpoch(Digest),
    /// Anything else.
    Other,
}

impl Fold {
    /// Nothing so far of the log of this origin.
    pub(super) fn new(origin: &str) -> Fold {
        Fold {
            origin: origin.to_owned(),
            pages: BTreeMap::new(),
            names: BTreeMap::new(),
            index: Index::new(),
            changed: BTreeSet::new(),
            last: Last::Other,
            epochs: 0,
            releases: 0,
            voids: Findings::default(),
            violations: Findings::default(),
        }
    }

    /// Takes the entry at a place.
    pub(super) fn push(&mut self, place: u64, entry: &[u8]) {
        let at = At::Record { place, epoch: self.epochs + 1 };
        let mut faults = Vec::new();
        self.last = match Record::parse(entry) {
            Ok(Record::Epoch(epoch)) => self.epoch(epoch.index, &mut faults),
            Ok(record) => {
                self.record(place, &record, entry, &mut faults);
                Last::Other
            }
            Err(error) => {
                faults.push(Fault::NotARecord(error));
                Last::Other
            }
        };
        for fault in faults {
            self.violations.push(Violation { at, fault });
        }
    }

    /// How many packages there are.
    pub(super) fn packages(&self) -> u64 {
        self.pages.len() as u64
    }

    /// Whether the last record was an epoch.
    pub(super) fn ends_in_epoch(&self) -> bool {
        self.last != Last::Other
    }

    /// Whether the last record was an epoch with the index that it should have.
    pub(super) fn newest_index_is_right(&self) -> bool {
        self.last == Last::Epoch
    }

    /// What the last record commits to, if it is an epoch with another index than it should have.
    pub(super) fn newest_wrong_index(&self) -> Option<Digest> {
        match self.last {
            Last::WrongEpoch(found) => Some(found),
            Last::Epoch | Last::Other => None,
        }
    }

    /// The packages' names, ascending.
    pub(super) fn package_names(&self) -> impl Iterator<Item = &str> {
        self.pages.keys().map(String::as_str)
    }

    /// The index of the newest epoch.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// The sha256 of each package's page.
    pub(super) fn page_digests(&self) -> impl Iterator<Item = Digest> {
        self.pages.values().filter_map(GrowingPage::digest)
    }

    fn epoch(&mut self, found: Digest, faults: &mut Vec<Fault>) -> Last {
        for package in std::mem::take(&mut self.changed) {
            let page = self.pages.get(&package).and_then(GrowingPage::digest);
            let inserted = page.map(|page| self.index.insert(key_of_package(&package), page));
            if let Some(Err(_)) = inserted {
                faults.push(Fault::BinFull { package });
            }
        }
        self.epochs += 1;
        let expected = self.index.root();
        if expected == found {
            return Last::Epoch;
        }
        faults.push(Fault::Index { expected, found, why: Vec::new() });
        Last::WrongEpoch(found)
    }

    fn record(&mut self, place: u64, record: &Record<'_>, entry: &[u8], faults: &mut Vec<Fault>) {
        let (Some(package), Some(version)) = (record.package(), record.version()) else { return };
        if !self.pages.contains_key(package) {
            let first = self.names.entry(same_name_key(package)).or_insert_with(|| package.to_owned());
            if first != package {
                faults.push(Fault::NameTaken { package: package.to_owned(), taken: first.clone() });
            }
            self.pages.insert(package.to_owned(), GrowingPage::empty());
        }
        if let Record::Release(release) = record {
            faults.extend(self.foreign(release));
        }
        let Some(page) = self.pages.get_mut(package) else { return };
        let known = page.version(version).map(|known| known.yanked);
        let void = match (record, known) {
            (Record::Release(_), None) | (Record::Epoch(_), _) => None,
            (Record::Release(_), Some(_)) => Some(VoidReason::Released),
            (_, None) => Some(VoidReason::NotReleased),
            (Record::Yank(_), Some(yanked)) => yanked.then_some(VoidReason::Yanked),
            (Record::Unyank(_), Some(yanked)) => (!yanked).then_some(VoidReason::NotYanked),
        };
        match void {
            Some(why) => {
                self.voids.push(Void { place, package: package.to_owned(), version: version.to_owned(), why });
            }
            None => self.releases += u64::from(matches!(record, Record::Release(_))),
        }
        let (expected, found) = (page.digest(), record.prev());
        if expected != found {
            faults.push(Fault::Prev { package: package.to_owned(), expected, found, why: Vec::new() });
        }
        if page.push(place, record, entry).is_none() {
            faults.push(Fault::PageTooLong { package: package.to_owned() });
        }
        if !self.changed.contains(package) {
            self.changed.insert(package.to_owned());
        }
    }

    fn foreign(&self, release: &Release<'_>) -> Vec<Fault> {
        let foreign = release.dependencies.iter().filter_map(|dependency| {
            dependency.registry.map(|registry| Fault::NoPeer {
                package: release.package.to_owned(),
                dependency: dependency.package.to_owned(),
                registry: if registry == self.origin { format!("{registry} (itself)") } else { registry.to_owned() },
            })
        });
        foreign.collect()
    }
}
