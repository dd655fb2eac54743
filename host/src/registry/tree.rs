//! The growing end of a log: its entries and the tiles of its Merkle tree, written as they fill up.

use headlock_log::digest::Digest;
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::record::RecordError;
use headlock_log::tile::{FULL_WIDTH, MAX_BUNDLE, Tile, VerifiedTiles, parse_bundle, push_entry};

use super::store::Reader;
use crate::error::{Error, Result};

/// Longest tile.
pub(super) const MAX_TILE: u64 = FULL_WIDTH as u64 * 32;
/// Hashes of a full tile.
const FULL: usize = FULL_WIDTH as usize;

/// The right edge of a tree: the tiles that are not full yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Edge {
    frontier: Frontier,
    /// For each level the hashes of the tile that is not full, from level 0 on.
    levels: Vec<Vec<Digest>>,
    /// The entries of the bundle that is not full, as they stand in it.
    bundle: Vec<u8>,
}

/// Files: paths and contents.
pub(super) type Contents = Vec<(String, Vec<u8>)>;

impl Edge {
    /// Reads the right edge of a tree that is not empty, and proves it against the root. Returns the last entry, too.
    ///
    /// # Errors
    /// No: what the registry holds is not what was signed. Could not check: a tile is missing.
    pub(super) fn read(reader: &dyn Reader, size: u64, root: &Digest) -> Result<(Edge, Vec<u8>)> {
        let edge = VerifiedTiles::edge(size);
        let mut contents = Vec::with_capacity(edge.len());
        let mut levels: Vec<Vec<Digest>> = Vec::new();
        for tile in &edge {
            let bytes = required(reader, &tile.path(), MAX_TILE)?;
            let level = usize::from(tile.level);
            levels.resize_with(levels.len().max(level + 1), Vec::new);
            levels[level] = bytes.chunks_exact(32).filter_map(Digest::from_slice).collect();
            contents.push(bytes);
        }
        let damaged = |error: String| {
            Error::no(format!("the registry's tiles are not those of its signed head, size {size}: {error}"))
                .hint("bring them back from a copy of the registry")
        };
        let mut tiles = VerifiedTiles::open(size, root, contents).map_err(|error| damaged(error.to_string()))?;
        let subtrees = (0..u64::BITS as u8).rev().filter(|level| size >> level & 1 == 1);
        let roots: Option<Vec<Digest>> = subtrees.map(|level| tiles.node(level, (size >> level) - 1)).collect();
        let frontier = roots.and_then(|roots| Frontier::from_parts(size, roots));
        let frontier = frontier.ok_or_else(|| damaged("the edge is not whole".to_owned()))?;
        let last = size.saturating_sub(1);
        for tile in tiles.missing_for(&[last]) {
            let bytes = required(reader, &tile.path(), MAX_TILE)?;
            tiles.insert(tile, bytes).map_err(|error| damaged(error.to_string()))?;
        }
        let tile = Tile::of_entry(last, size).ok_or_else(|| damaged("it has no entry".to_owned()))?;
        let first = tile.index * FULL as u64;
        let leaves = (first..=last).filter_map(|index| tiles.leaf(index));
        let path = tile.entries_path();
        let bundle = required(reader, &path, MAX_BUNDLE)?;
        let entry = match parse_bundle(&bundle, tile.width) {
            Ok(entries) if entries.iter().map(|entry| leaf_hash(entry)).eq(leaves) => {
                entries.last().map(|&e| e.to_vec())
            }
            _ => None,
        };
        let entry = entry.ok_or_else(|| damaged(format!("{path} holds other entries")))?;
        let bundle = if tile.is_full() { Vec::new() } else { bundle };
        Ok((Edge { frontier, levels, bundle }, entry))
    }

    /// The roots of the full subtrees over all entries.
    pub(super) fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// How many entries there are.
    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all entries.
    pub(super) fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// Adds an entry. Returns the files that are full with it.
    ///
    /// # Errors
    /// An entry that is too long.
    pub(super) fn push(&mut self, entry: &[u8]) -> Result<Contents, RecordError> {
        push_entry(&mut self.bundle, entry)?;
        let mut hash = leaf_hash(entry);
        let mut index = self.size();
        self.frontier.push(hash);
        let mut full = Contents::new();
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            index /= FULL as u64;
            if hashes.len() < FULL {
                break;
            }
            let tile = Tile { level: level as u8, index, width: FULL_WIDTH };
            if level == 0 {
                full.push((tile.entries_path(), std::mem::take(&mut self.bundle)));
            }
            full.push((tile.path(), bytes(hashes)));
            hash = root_of(hashes);
            hashes.clear();
        }
        Ok(full)
    }

    /// The tiles that are not full and were not there at size `older`, and the bundle.
    pub(super) fn partial(&self, older: u64) -> Contents {
        let mut partial = Contents::new();
        for (level, hashes) in (0..).zip(&self.levels) {
            let count = |size: u64| size.checked_shr(8 * u32::from(level)).unwrap_or(0);
            if hashes.is_empty() || count(older) == count(self.size()) {
                continue;
            }
            let tile = Tile { level, index: count(self.size()) / FULL as u64, width: hashes.len() as u16 };
            if level == 0 {
                partial.push((tile.entries_path(), self.bundle.clone()));
            }
            partial.push((tile.path(), bytes(hashes)));
        }
        partial
    }
}

/// Reads a file that must be there.
pub(super) fn required(reader: &dyn Reader, path: &str, limit: u64) -> Result<Vec<u8>> {
    reader.read(path, limit)?.ok_or_else(|| {
        Error::could_not_check(format!("expected {path} in the registry, found no such file"))
            .hint("bring it back from a copy of the registry")
    })
}

/// The root over hashes: of a full tile, of the children of a node.
pub(super) fn root_of(hashes: &[Digest]) -> Digest {
    let mut subtree = Frontier::new();
    hashes.iter().for_each(|hash| subtree.push(*hash));
    subtree.root()
}

/// Hashes as a file holds them.
pub(super) fn bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}
