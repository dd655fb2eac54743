//! A replay: all entries from the first to a false one, for what cannot be shown with less.

use std::collections::BTreeMap;

use super::error::EvidenceError;
use super::falsehood::{Falsehood, RecordName};
use crate::checkpoint::Head;
use crate::digest::{Digest, Hasher};
use crate::index::{Index, key_of};
use crate::merkle::{Frontier, leaf_hash, verify_consistency};
use crate::page::{Authority, MAX_PAGE, format_line};
use crate::record::{Epoch, Record};

/// The entries so far. It holds a hash for each page, who must sign its next record, and one entry.
#[derive(Debug)]
pub(super) struct Replay {
    origin: String,
    tree: Frontier,
    pages: BTreeMap<String, Growing>,
    /// The entry that came last, of which the others are the past.
    last: Option<Vec<u8>>,
    consistency: Option<Vec<Digest>>,
}

/// A page as it grows.
#[derive(Debug, Default)]
struct Growing {
    hasher: Hasher,
    length: u64,
    authority: Authority,
}

impl Replay {
    /// Nothing so far of the log of an origin.
    pub(super) fn new(origin: &str) -> Replay {
        Replay {
            origin: origin.to_owned(),
            tree: Frontier::new(),
            pages: BTreeMap::new(),
            last: None,
            consistency: None,
        }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What was expected: the entry at the next place, before the proof.
    pub(super) fn push(&mut self, place: u64, entry: Vec<u8>) -> Result<(), &'static str> {
        if place != self.tree.size() || self.consistency.is_some() {
            return Err("the entries in their order, from 0, and `consistency` behind them");
        }
        self.tree.push(leaf_hash(&entry));
        if let Some(before) = self.last.replace(entry) {
            self.absorb(place - 1, &before);
        }
        Ok(())
    }

    /// Takes the proof.
    ///
    /// # Errors
    /// What was expected: an entry, or no second proof.
    pub(super) fn prove(&mut self, consistency: Vec<Digest>) -> Result<(), &'static str> {
        if self.last.is_none() || self.consistency.is_some() {
            return Err("`consistency` once, behind the entries");
        }
        self.consistency = Some(consistency);
        Ok(())
    }

    /// What is no record is in no page.
    fn absorb(&mut self, place: u64, entry: &[u8]) {
        let Ok(record) = Record::parse(entry) else { return };
        if let Some(subject) = record.subject() {
            let page = self.pages.entry(subject.to_string()).or_default();
            let line = format_line(place, entry);
            page.length += line.len() as u64;
            page.hasher.update(&line);
            // One that was not signed is false, and gives nobody a say.
            let _ = page.authority.take(&self.origin, place, &record);
        }
    }

    /// What the last entry comes to.
    pub(super) fn judge(self, head: &Head) -> Result<Falsehood, EvidenceError> {
        let (Some(entry), Some(proof)) = (&self.last, &self.consistency) else {
            return Err(EvidenceError::Incomplete("`consistency`"));
        };
        verify_consistency(self.tree.size(), &self.tree.root(), head.size, &head.root, proof)
            .map_err(|error| EvidenceError::Proof { what: format!("{} entries", self.tree.size()), error })?;
        let place = self.tree.size() - 1;
        match Record::parse(entry) {
            Err(error) => Ok(Falsehood::NotARecord { place, error }),
            Ok(Record::Epoch(epoch)) => self.epoch(place, epoch),
            Ok(record) => self.record(place, &record, entry),
        }
    }

    fn epoch(&self, place: u64, epoch: Epoch) -> Result<Falsehood, EvidenceError> {
        let mut index = Index::new();
        for (subject, page) in &self.pages {
            if page.length > MAX_PAGE as u64 {
                return Ok(Falsehood::PageTooLong { place, subject: subject.clone() });
            }
            if index.insert(key_of(subject.as_str()), page.hasher.digest()).is_err() {
                return Ok(Falsehood::BinFull { place, subject: subject.clone() });
            }
        }
        let (expected, found) = (index.root(), epoch.index);
        if expected == found {
            return Err(EvidenceError::Nothing(format!(
                "the epoch at record {place} has the index over the records before it"
            )));
        }
        Ok(Falsehood::Index { place, expected, found })
    }

    fn record(&self, place: u64, record: &Record<'_>, entry: &[u8]) -> Result<Falsehood, EvidenceError> {
        let name = RecordName::of(place, record);
        let record_name = name.ok_or_else(|| EvidenceError::Nothing(format!("record {place} names no page")))?;
        let page = self.pages.get(&record_name.subject);
        let (expected, found) = (page.map(|page| page.hasher.digest()), record.prev());
        if expected != found {
            return Ok(Falsehood::Prev { record: record_name, expected, found });
        }
        let length = page.map_or(0, |page| page.length) + format_line(place, entry).len() as u64;
        if length > MAX_PAGE as u64 {
            return Ok(Falsehood::PageTooLong { place, subject: record_name.subject });
        }
        let mut authority = page.map(|page| page.authority.clone()).unwrap_or_default();
        authority.take(&self.origin, place, record).map_or_else(
            |fault| Ok(fault.into()),
            |()| Err(EvidenceError::Nothing(format!("{record_name} names the page before it"))),
        )
    }
}
