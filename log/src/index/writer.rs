//! The whole index, as whoever runs or audits a registry holds it.

use std::collections::BTreeMap;

use super::{BINS, Bin, IndexError, MAX_ENTRIES, bin_of, bin_path, empty_bin, node_path};
use crate::digest::{Digest, LENGTH};
use crate::merkle::node_hash;

/// A whole index, its tree of 4 MiB always up to date: an insertion hashes one bin and the way up from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    entries: BTreeMap<Digest, Digest>,
    /// The root at 1, the children of `n` at `2n` and `2n + 1`: so the lower nodes' hashes are from 256 on, the bins'
    /// from 65,536 on.
    tree: Vec<Digest>,
}

/// Where the lower nodes' hashes stand in the tree.
const LOWER: usize = 256;

impl Index {
    /// The index without entries.
    pub fn new() -> Index {
        let mut tree = vec![empty_bin(); 2 * BINS];
        let (mut level, mut hash) = (BINS, empty_bin());
        while level > 1 {
            level /= 2;
            hash = node_hash(&hash, &hash);
            tree[level..2 * level].fill(hash);
        }
        Index { entries: BTreeMap::new(), tree }
    }

    /// Sets the page of a key; gives the digest of the page that it had.
    ///
    /// # Errors
    /// The key's bin has [`MAX_ENTRIES`] already; the index is as before.
    pub fn insert(&mut self, key: Digest, page: Digest) -> Result<Option<Digest>, IndexError> {
        let number = bin_of(&key);
        if !self.entries.contains_key(&key) && self.entries_of(number).count() >= MAX_ENTRIES {
            return Err(IndexError::BinFull(MAX_ENTRIES + 1));
        }
        let before = self.entries.insert(key, page);
        let mut place = BINS + usize::from(number);
        self.tree[place] = self.bin(number).hash();
        while place > 1 {
            place /= 2;
            self.tree[place] = node_hash(&self.tree[2 * place], &self.tree[2 * place + 1]);
        }
        Ok(before)
    }

    /// The digest of the page of a key.
    pub fn get(&self, key: &Digest) -> Option<Digest> {
        self.entries.get(key).copied()
    }

    /// The entries, ascending by key.
    pub fn entries(&self) -> impl Iterator<Item = (Digest, Digest)> {
        self.entries.iter().map(|(key, page)| (*key, *page))
    }

    /// The root: what an epoch record holds.
    pub fn root(&self) -> Digest {
        self.tree[1]
    }

    /// The hash of the lower node of a number.
    pub fn lower_hash(&self, number: u8) -> Digest {
        self.tree[LOWER + usize::from(number)]
    }

    /// The hash of the bin of a number.
    pub fn bin_hash(&self, number: u16) -> Digest {
        self.tree[BINS + usize::from(number)]
    }

    fn entries_of(&self, number: u16) -> impl Iterator<Item = (&Digest, &Digest)> {
        let (mut first, mut last) = ([0; LENGTH], [0xff; LENGTH]);
        first[..2].copy_from_slice(&number.to_be_bytes());
        last[..2].copy_from_slice(&number.to_be_bytes());
        self.entries.range(Digest(first)..=Digest(last))
    }

    /// The bin of a number.
    pub fn bin(&self, number: u16) -> Bin {
        Bin::of(self.entries_of(number).map(|(key, page)| (*key, *page)).collect())
    }

    /// A node over the 256 hashes of the tree from a place on.
    fn node(&self, start: usize) -> (String, Vec<u8>) {
        let children = self.tree[start..start + 256].iter().flat_map(|child| child.0);
        (node_path(&self.tree[start / 256]), children.collect())
    }

    /// Every file of the index: paths under the registry's base URL, and contents. Empty bins have none; a node that
    /// stands in several places comes several times.
    pub fn files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.changed(None)
    }

    /// The files that this index has and an older one did not, as [`Index::files`]; perhaps some that it did.
    pub fn files_since<'a>(&'a self, older: &'a Index) -> impl Iterator<Item = (String, Vec<u8>)> + 'a {
        self.changed(Some(older))
    }

    fn changed<'a>(&'a self, older: Option<&'a Index>) -> impl Iterator<Item = (String, Vec<u8>)> + 'a {
        let differs = move |place: usize| older.is_none_or(|older| older.tree[place] != self.tree[place]);
        let empty = empty_bin();
        let top = differs(1).then(|| self.node(LOWER));
        let lower = (0..256).filter(move |number| differs(LOWER + number)).flat_map(move |number| {
            let first = BINS + number * 256;
            let bins = (first..first + 256)
                .filter(move |place| differs(*place) && self.tree[*place] != empty)
                .map(|place| (bin_path(&self.tree[place]), self.bin((place - BINS) as u16).format()));
            std::iter::once(self.node(first)).chain(bins)
        });
        top.into_iter().chain(lower)
    }
}

impl Default for Index {
    fn default() -> Index {
        Index::new()
    }
}
