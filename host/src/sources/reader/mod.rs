//! Proven reads of one log at one head.

mod another;
mod packages;
mod tiles;

use std::fmt;
use std::sync::Arc;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::fork::Beginning;
use headlock_log::index::VerifiedIndex;
use headlock_log::record::Record;

use self::tiles::Tiles;
use super::content::Content;
use super::fetcher::Fetcher;
use crate::error::{Error, Result};
pub(crate) use packages::{MAX_PAGE_BYTES, PageEnd, PageSource};

/// Reads one log at one head. What it returns is proven against that head; whether the head is to be believed is for its
/// signatures to say.
#[derive(Debug)]
pub struct LogReader {
    fetcher: Arc<Fetcher>,
    head: Head,
    tiles: Tiles,
    /// The index of the head's epoch, once anyone has asked for a package.
    index: Option<VerifiedIndex>,
    source: PageSource,
}

impl LogReader {
    /// Opens a log at a head: gets the tiles of its right edge, and proves that they have its root.
    ///
    /// # Errors
    /// The answer is no: an empty head, or tiles that have another root. Could not check: tiles that cannot be had.
    pub fn open(fetcher: Arc<Fetcher>, head: &Head) -> Result<LogReader> {
        if head.size == 0 {
            return Err(Error::no(format!(
                "the head of {} is that of an empty log, which commits to nothing",
                head.origin
            )));
        }
        let tiles = Tiles::open(&fetcher, head)?;
        let source = PageSource::new(Arc::clone(&fetcher), &head.origin);
        Ok(LogReader { fetcher, head: head.clone(), tiles, index: None, source })
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Whether the log at `older` is a beginning of the log at this head. If it is not, the two heads together are
    /// evidence that the log has forked.
    ///
    /// # Errors
    /// The answer is no: tiles that do not belong to this head. Could not check: tiles that cannot be had.
    pub fn holds(&mut self, older: &Head) -> Result<bool> {
        if older.origin != self.head.origin || older.size > self.head.size {
            return Ok(false);
        }
        Ok(self.tiles.root_at(&self.fetcher, older.size)? == older.root)
    }

    /// The leaf hashes at these places; nothing beyond the head.
    ///
    /// # Errors
    /// As [`LogReader::holds`].
    pub fn leaves(&mut self, places: &[u64]) -> Result<Vec<Option<Digest>>> {
        let there: Vec<u64> = places.iter().copied().filter(|place| *place < self.head.size).collect();
        self.tiles.load_leaves(&self.fetcher, &there)?;
        Ok(places.iter().map(|place| self.tiles.leaf(*place)).collect())
    }

    /// Entries from a place on, at least one if the log has it, each proven to be at its place.
    ///
    /// # Errors
    /// As [`LogReader::holds`].
    pub fn entries(&mut self, place: u64) -> Result<Vec<Vec<u8>>> {
        if place >= self.head.size {
            return Ok(Vec::new());
        }
        self.tiles.entries(&self.fetcher, place)
    }

    /// What the log was at an older size, as this head has it, with an RFC 6962 consistency proof.
    ///
    /// # Errors
    /// As [`LogReader::holds`].
    pub fn beginning(&mut self, size: u64) -> Result<Beginning> {
        self.tiles.beginning(&self.fetcher, size)
    }

    /// The index of the head's epoch: the root stands in the head's last record, its top node is got and proven.
    fn index(&mut self) -> Result<&mut VerifiedIndex> {
        let index = match self.index.take() {
            Some(index) => index,
            None => {
                let root = self.epoch()?;
                let top = self.fetcher.content(Content::Node(root))?;
                VerifiedIndex::open(&root, &top).map_err(|error| committed(&self.head.origin, "an index", &error))?
            }
        };
        Ok(self.index.insert(index))
    }

    /// The root of the index, from the head's last record.
    fn epoch(&mut self) -> Result<Digest> {
        let place = self.head.size - 1;
        let entry = self.tiles.entry(&self.fetcher, place)?;
        let no_epoch = |found: &str| {
            let (origin, size) = (&self.head.origin, self.head.size);
            Error::no(format!(
                "the head of {origin} with {size} records does not end in an epoch: expected one, found {found}"
            ))
        };
        match Record::parse(&entry) {
            Ok(Record::Epoch(epoch)) => Ok(epoch.index),
            Ok(record @ (Record::Unyank(_) | Record::Unpeer(_))) => Err(no_epoch(&format!("an {}", record.kind()))),
            Ok(record) => Err(no_epoch(&format!("a {}", record.kind()))),
            Err(error) => Err(no_epoch("something that is no record").because(error)),
        }
    }
}

/// What to do about a false statement.
pub(crate) const EVIDENCE: &str = "the log's operator has signed this: `headlock registry audit --evidence FILE`, on a copy of the registry, writes down what shows it to others";

/// A log has committed to something that cannot be.
fn committed(origin: &str, what: &str, error: &dyn fmt::Display) -> Error {
    Error::no(format!("{origin} has committed to {what} that is none: {error}")).hint(EVIDENCE)
}
