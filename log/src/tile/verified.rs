//! Tiles proven to be those of one head.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{BITS, FULL_WIDTH, Tile, TileError, hashes_at};
use crate::digest::{Digest, LENGTH};
use crate::merkle::{Frontier, Row256, empty_root, subtree_root};

/// Tiles of one log that are proven against the root of one head: first the right edge, which gives the root itself,
/// then full tiles, each checked against the hash in the tile above it.
///
/// ```
/// # use headlock_log::{merkle::{Frontier, leaf_hash}, tile::VerifiedTiles};
/// # let leaves: Vec<_> = (0..3u8).map(|entry| leaf_hash(&[entry])).collect();
/// # let mut tree = Frontier::new();
/// # for leaf in &leaves { tree.push(*leaf); }
/// # let fetch = |tile: headlock_log::tile::Tile| leaves.iter().flat_map(|leaf| leaf.0).collect::<Vec<u8>>();
/// let edge = VerifiedTiles::edge(3).into_iter().map(|tile| fetch(tile)).collect();
/// let mut tiles = VerifiedTiles::open(3, &tree.root(), edge)?;
/// for tile in tiles.missing_for(&[1]) {
///     tiles.insert(tile, fetch(tile))?;
/// }
/// assert_eq!(tiles.leaf(1), Some(leaf_hash(&[1])));
/// # Ok::<(), headlock_log::tile::TileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedTiles {
    size: u64,
    root: Digest,
    /// By level and index; each holds as many hashes as the log has there.
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
}

impl VerifiedTiles {
    /// The right edge of a log of `size` entries: the partial tile of each level that has one. All else hangs from
    /// them, so they are fetched first. At most 8 tiles.
    pub fn edge(size: u64) -> Vec<Tile> {
        partials(size).rev().collect()
    }

    /// Takes the right edge, in the order of [`VerifiedTiles::edge`], and recomputes the root from it.
    ///
    /// # Errors
    /// Another number of tiles, a tile of another length, or another root.
    pub fn open(size: u64, root: &Digest, edge: Vec<Vec<u8>>) -> Result<VerifiedTiles, TileError> {
        let expected = VerifiedTiles::edge(size);
        if expected.len() != edge.len() {
            return Err(TileError::Edge { expected: expected.len(), found: edge.len() });
        }
        let mut tiles = BTreeMap::new();
        for (tile, bytes) in expected.into_iter().zip(edge) {
            check_length(tile, &bytes)?;
            tiles.insert((tile.level, tile.index), bytes);
        }
        let tiles = VerifiedTiles { size, root: *root, tiles };
        // Every hash of the edge goes into the root, so the root vouches for all of them.
        match tiles.recompute(size) {
            Some(found) if found == *root => Ok(tiles),
            found => Err(TileError::Root { expected: *root, found: found.unwrap_or_else(empty_root) }),
        }
    }

    /// How many entries the log has at the head.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The head's root.
    pub fn root(&self) -> Digest {
        self.root
    }

    /// The full tiles still needed so that [`VerifiedTiles::leaf`] knows the leaves at `indices`, each after the tile
    /// above it. Indices that the log does not have need nothing.
    pub fn missing_for(&self, indices: &[u64]) -> Vec<Tile> {
        let leaves = indices.iter().filter(|index| **index < self.size).map(|index| (0, index >> BITS));
        self.missing(leaves)
    }

    /// The full tiles still needed so that [`VerifiedTiles::root_at`] knows the root at `old_size`, each after the tile
    /// above it. A size beyond the head's needs nothing.
    pub fn missing_for_prefix(&self, old_size: u64) -> Vec<Tile> {
        if old_size > self.size {
            return Vec::new();
        }
        self.missing(partials(old_size).map(|tile| (tile.level, tile.index)))
    }

    /// The tiles of the log that are not there, of the given ones and all above them.
    fn missing(&self, wanted: impl Iterator<Item = (u8, u64)>) -> Vec<Tile> {
        let mut missing = BTreeSet::new();
        for (mut level, mut index) in wanted {
            // The highest tiles are of the edge, which is there; so this ends.
            while !self.tiles.contains_key(&(level, index)) && missing.insert((Reverse(level), index)) {
                level += 1;
                index >>= BITS;
            }
        }
        missing.into_iter().map(|(Reverse(level), index)| Tile { level, index, width: FULL_WIDTH }).collect()
    }

    /// Takes a full tile, checked against the hash in the tile above it, which must be there. A tile that is there
    /// already is checked again and changes nothing.
    ///
    /// # Errors
    /// Not a full tile of the log, the tile above it not there, another length, or another hash.
    pub fn insert(&mut self, tile: Tile, bytes: Vec<u8>) -> Result<(), TileError> {
        self.expected(tile)?;
        let found = bytes.len();
        let row = Row256::new(bytes).ok_or(TileError::Length { tile, found })?;
        self.insert_row(tile, row)
    }

    /// As [`VerifiedTiles::insert`], of a tile that has been read.
    ///
    /// # Errors
    /// As [`VerifiedTiles::insert`].
    pub fn insert_row(&mut self, tile: Tile, row: Row256) -> Result<(), TileError> {
        let (expected, found) = (self.expected(tile)?, row.root());
        if found != expected {
            return Err(TileError::Hash { tile, expected, found });
        }
        self.tiles.insert((tile.level, tile.index), row.into_bytes());
        Ok(())
    }

    /// The hash that a full tile must have.
    fn expected(&self, tile: Tile) -> Result<Digest, TileError> {
        let hash = match tile.level.checked_add(1) {
            Some(above) if tile.is_full() => self.hash(above, tile.index),
            _ => None,
        };
        hash.ok_or(TileError::Parent(tile))
    }

    /// The hash of the entry at `index`: nothing if the log has no such entry, or its tile is not there.
    pub fn leaf(&self, index: u64) -> Option<Digest> {
        self.hash(0, index)
    }

    /// A hash of a level: over the 256^level leaves from index · 256^level on.
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let tile = self.tiles.get(&(level, index >> BITS))?;
        let start = (index % u64::from(FULL_WIDTH)) as usize * LENGTH;
        Digest::from_slice(tile.get(start..start + LENGTH)?)
    }

    /// The root of the full subtree over the 2^level leaves from index · 2^level on: nothing if the log has no such
    /// subtree, or its tile is not there. Proofs are made of these.
    pub fn node(&self, level: u8, index: u64) -> Option<Digest> {
        let (tiles, within) = (level / BITS as u8, u32::from(level) % BITS);
        let first = index.checked_mul(1 << within)?;
        let start = (first % u64::from(FULL_WIDTH)) as usize * LENGTH;
        let tile = self.tiles.get(&(tiles, first >> BITS))?;
        Some(subtree_root(&digests(tile.get(start..start + (LENGTH << within))?)))
    }

    /// The root that the log had at `old_size`: nothing if the head is smaller, or a tile is not there. It being equal
    /// to a pinned root is the proof that the pinned head is a beginning of this one.
    pub fn root_at(&self, old_size: u64) -> Option<Digest> {
        if old_size == self.size {
            return Some(self.root);
        }
        if old_size > self.size {
            return None;
        }
        self.recompute(old_size)
    }

    fn recompute(&self, size: u64) -> Option<Digest> {
        let mut roots = Vec::new();
        for level in (0..u64::BITS as u8).rev().filter(|level| size >> level & 1 == 1) {
            roots.push(self.node(level, (size >> level) - 1)?);
        }
        Some(Frontier::from_parts(size, roots)?.root())
    }
}

/// The partial tile of each level that has one, ascending.
fn partials(size: u64) -> impl DoubleEndedIterator<Item = Tile> {
    (0..8).filter_map(move |level| {
        let hashes = hashes_at(level, size);
        let width = (hashes % u64::from(FULL_WIDTH)) as u16;
        (width > 0).then_some(Tile { level, index: hashes >> BITS, width })
    })
}

fn check_length(tile: Tile, bytes: &[u8]) -> Result<(), TileError> {
    if bytes.len() == tile.length() { Ok(()) } else { Err(TileError::Length { tile, found: bytes.len() }) }
}

fn digests(bytes: &[u8]) -> Vec<Digest> {
    bytes.chunks_exact(LENGTH).filter_map(Digest::from_slice).collect()
}
