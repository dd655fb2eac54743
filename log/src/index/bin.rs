//! Bins: pairs of key and page digest.

use super::{IndexError, bin_of};
use crate::digest::{Digest, LENGTH};
use crate::merkle::leaf_hash;

/// Most entries of a bin. An honest index of 100 million packages stays below 2,000; a flooder who looks for names of
/// one bin does not get far.
pub const MAX_ENTRIES: usize = 4096;

/// Longest bin, in bytes.
pub const MAX_BIN: usize = MAX_ENTRIES * ENTRY;

/// Bytes of an entry: key and page digest.
const ENTRY: usize = 2 * LENGTH;

/// A bin that has been read as a whole: keys ascending, all of them its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    entries: Vec<(Digest, Digest)>,
}

impl Bin {
    /// Reads the bin of a number; no bytes are the empty bin.
    ///
    /// # Errors
    /// Not a whole number of entries, more than [`MAX_ENTRIES`], keys that do not ascend, or a key of another bin.
    pub fn parse(bytes: &[u8], number: u16) -> Result<Bin, IndexError> {
        let (pairs, rest) = bytes.as_chunks::<ENTRY>();
        if !rest.is_empty() {
            return Err(IndexError::BinLength(bytes.len()));
        }
        if pairs.len() > MAX_ENTRIES {
            return Err(IndexError::BinFull(pairs.len()));
        }
        let mut entries: Vec<(Digest, Digest)> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let (mut key, mut page) = ([0; LENGTH], [0; LENGTH]);
            key.copy_from_slice(&pair[..LENGTH]);
            page.copy_from_slice(&pair[LENGTH..]);
            let key = Digest(key);
            if bin_of(&key) != number {
                return Err(IndexError::BinKey { number, key });
            }
            if entries.last().is_some_and(|(before, _)| *before >= key) {
                return Err(IndexError::BinOrder { number, key });
            }
            entries.push((key, Digest(page)));
        }
        Ok(Bin { entries })
    }

    /// The bin of entries that are checked already.
    pub(super) fn of(entries: Vec<(Digest, Digest)>) -> Bin {
        Bin { entries }
    }

    /// The bin's bytes: what [`Bin::parse`] reads.
    pub fn format(&self) -> Vec<u8> {
        self.entries.iter().flat_map(|(key, page)| [key.0, page.0]).flatten().collect()
    }

    /// The digest of the page of a key; nothing if the bin has no such key.
    pub fn get(&self, key: &Digest) -> Option<Digest> {
        let place = self.entries.binary_search_by(|(held, _)| held.cmp(key)).ok()?;
        Some(self.entries[place].1)
    }

    /// The entries, ascending by key.
    pub fn entries(&self) -> &[(Digest, Digest)] {
        &self.entries
    }

    /// The bin's hash: its name, and the leaf of the index.
    pub fn hash(&self) -> Digest {
        leaf_hash(&self.format())
    }
}
