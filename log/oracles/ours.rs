//! A tree of our own, told to the oracles: entry i is the text `entry i`.

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use headlock_log::merkle::{Frontier, leaf_hash, prove_consistency, prove_inclusion};
use headlock_log::tile::{FULL_WIDTH, Tile, VerifiedTiles, push_entry, tiles};

/// The entry at a place.
pub(crate) fn entry(place: u64) -> Vec<u8> {
    format!("entry {place}").into_bytes()
}

/// A tree that has grown.
pub(crate) struct Ours {
    /// Hashes of the levels of tiles.
    rows: Vec<Vec<Digest>>,
    /// The root at each size.
    roots: Vec<Digest>,
}

impl Ours {
    pub(crate) fn new(size: u64) -> Ours {
        let mut tree = Frontier::new();
        let mut roots = vec![tree.root()];
        let mut leaves = Vec::new();
        for place in 0..size {
            let leaf = leaf_hash(&entry(place));
            leaves.push(leaf);
            tree.push(leaf);
            roots.push(tree.root());
        }
        let mut rows = vec![leaves];
        while let Some(row) = rows.last().filter(|row| row.len() >= usize::from(FULL_WIDTH)) {
            let above = row.chunks_exact(usize::from(FULL_WIDTH)).map(|hashes| {
                let mut tree = Frontier::new();
                hashes.iter().for_each(|hash| tree.push(*hash));
                tree.root()
            });
            let above = above.collect();
            rows.push(above);
        }
        Ours { rows, roots }
    }

    pub(crate) fn size(&self) -> u64 {
        self.rows[0].len() as u64
    }

    pub(crate) fn leaf(&self, place: u64) -> Digest {
        self.rows[0][place as usize]
    }

    pub(crate) fn root(&self, size: u64) -> Digest {
        self.roots[size as usize]
    }

    pub(crate) fn tile(&self, tile: Tile) -> Vec<u8> {
        let start = tile.index as usize * usize::from(FULL_WIDTH);
        let hashes = &self.rows[usize::from(tile.level)][start..start + usize::from(tile.width)];
        hashes.iter().flat_map(|hash| hash.0).collect()
    }

    /// The tiles and bundles of a size, by path.
    pub(crate) fn files(&self, size: u64) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for tile in tiles(size) {
            files.insert(tile.path(), self.tile(tile));
            if tile.level == 0 {
                let mut bundle = Vec::new();
                let first = tile.index * u64::from(FULL_WIDTH);
                for place in first..first + u64::from(tile.width) {
                    push_entry(&mut bundle, &entry(place)).unwrap();
                }
                files.insert(tile.entries_path(), bundle);
            }
        }
        files
    }

    /// The tiles of a size, proven, as many as the leaves need.
    pub(crate) fn open(&self, size: u64, leaves: &[u64]) -> VerifiedTiles {
        let edge = VerifiedTiles::edge(size).into_iter().map(|tile| self.tile(tile)).collect();
        let mut tiles = VerifiedTiles::open(size, &self.root(size), edge).unwrap();
        for tile in tiles.missing_for(leaves) {
            tiles.insert(tile, self.tile(tile)).unwrap();
        }
        tiles
    }

    /// Inclusion proofs made of tiles.
    pub(crate) fn inclusion(&self, size: u64, places: &[u64]) -> Vec<Vec<Digest>> {
        let tiles = self.open(size, places);
        let prove = |place: &u64| prove_inclusion(*place, size, |level, index| tiles.node(level, index)).unwrap();
        places.iter().map(prove).collect()
    }

    /// Consistency proofs made of tiles, from trees that are not empty.
    pub(crate) fn consistency(&self, size: u64, olds: &[u64]) -> Vec<Vec<Digest>> {
        let last: Vec<u64> = olds.iter().map(|old| old - 1).collect();
        let tiles = self.open(size, &last);
        let prove = |old: &u64| prove_consistency(*old, size, |level, index| tiles.node(level, index)).unwrap();
        olds.iter().map(prove).collect()
    }
}
