//! The records of a log, one after the other, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::evidence::RecordName;
use headlock_log::index::{Index, key_of};
use headlock_log::name::same_name_key;
use headlock_log::page::VoidReason;
use headlock_log::record::{Record, Release, Subject};

use super::peers::PeerFold;
use super::{At, Fault, Findings, Violation, Void};
use crate::registry::package::GrowingPage;

/// What the records so far come to.
pub(super) struct Fold {
    origin: String,
    /// By the names of their subjects.
    pages: BTreeMap<String, GrowingPage<()>>,
    packages: u64,
    peers: PeerFold,
    /// The name of the package that came first, by what alike names share.
    names: BTreeMap<String, String>,
    /// The index of the newest epoch, as it should be.
    index: Index,
    /// Subjects with records since then.
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
            packages: 0,
            peers: PeerFold::default(),
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
        self.packages
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

    /// How many pages there are.
    pub(super) fn page_count(&self) -> u64 {
        self.pages.len() as u64
    }

    /// The names of what the pages are about, ascending.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.pages.keys().map(String::as_str)
    }

    /// The index of the newest epoch.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// The sha256 of each page.
    pub(super) fn page_digests(&self) -> impl Iterator<Item = Digest> {
        self.pages.values().filter_map(GrowingPage::digest)
    }

    fn epoch(&mut self, found: Digest, faults: &mut Vec<Fault>) -> Last {
        for subject in std::mem::take(&mut self.changed) {
            let page = self.pages.get(&subject).and_then(GrowingPage::digest);
            let inserted = page.map(|page| self.index.insert(key_of(subject.as_str()), page));
            if let Some(Err(_)) = inserted {
                faults.push(Fault::BinFull { subject });
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
        let Some(subject) = record.subject() else { return };
        let name = subject.to_string();
        if !self.pages.contains_key(&name) {
            if let Subject::Package(package) = subject {
                self.packages += 1;
                let first = self.names.entry(same_name_key(package)).or_insert_with(|| package.to_owned());
                if first != package {
                    faults.push(Fault::NameTaken { package: package.to_owned(), taken: first.clone() });
                }
            }
            self.pages.insert(name.clone(), GrowingPage::empty());
        }
        if let Record::Release(release) = record {
            faults.extend(self.own_registry(release));
        }
        let (peer_void, fault) = self.peers.take(&self.origin, record);
        faults.extend(fault);
        let void = self.void(&name, record).or(peer_void.map(|why| why.to_string()));
        match void {
            Some(why) => {
                let of = RecordName::of(place, record).map(|name| name.of).unwrap_or_default();
                self.voids.push(Void { place, of, why });
            }
            None => self.releases += u64::from(matches!(record, Record::Release(_))),
        }
        let Some(page) = self.pages.get_mut(&name) else { return };
        match page.after(&self.origin, place, record) {
            Ok(authority) => page.hand_to(authority),
            Err(fault) => faults.push(Fault::Authority { package: name.clone(), fault }),
        }
        let (expected, found) = (page.digest(), record.prev());
        if expected != found {
            faults.push(Fault::Prev { subject: name.clone(), expected, found, why: Vec::new() });
        }
        if page.push(place, record, entry).is_none() {
            faults.push(Fault::PageTooLong { subject: name.clone() });
        }
        self.changed.insert(name);
    }

    /// Why a record changes nothing, if it does not.
    fn void(&self, subject: &str, record: &Record<'_>) -> Option<String> {
        let version = record.version()?;
        let known = self.pages.get(subject).and_then(|page| page.version(version)).map(|known| known.yanked);
        let why = match (record, known) {
            (Record::Release(_), None) => None,
            (Record::Release(_), Some(_)) => Some(VoidReason::Released),
            (_, None) => Some(VoidReason::NotReleased),
            (Record::Yank(_), Some(yanked)) => yanked.then_some(VoidReason::Yanked),
            (_, Some(yanked)) => (!yanked).then_some(VoidReason::NotYanked),
        };
        why.map(|why| why.to_string())
    }

    /// Dependencies that name the log itself.
    fn own_registry(&self, release: &Release<'_>) -> Vec<Fault> {
        let own = release.dependencies.iter().filter(|dependency| dependency.registry == Some(&self.origin));
        own.map(|dependency| Fault::OwnRegistry {
            package: release.package.to_owned(),
            dependency: dependency.package.to_owned(),
        })
        .collect()
    }
}
