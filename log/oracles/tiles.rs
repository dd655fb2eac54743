//! Tiles: which there are, their paths and bytes, and what a reader proves with them.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::merkle::leaf_hash;
use headlock_log::tile::{FULL_WIDTH, MAX_LEVEL, Tile, VerifiedTiles, parse_bundle, tiles, tiles_between};
use proptest::prelude::*;

use crate::ours::{Ours, entry};
use crate::runner;
use crate::trees::Trees;

/// Another implementation of tiles. Paths are C2SP's.
pub(crate) trait Tiles: Trees {
    /// The bytes of a tile of the tree, which has grown that far.
    fn tile(&mut self, tile: Tile) -> Vec<u8>;
    /// The paths of the tiles that a tree has and an older one has not.
    fn between(&mut self, old: u64, new: u64) -> BTreeSet<String>;
    fn path(&mut self, tile: Tile) -> String;
    fn entries_path(&mut self, tile: Tile) -> String;
    fn parse(&mut self, path: &str) -> Option<Tile>;
    /// The hashes of leaves, and that proofs made of the files prove them.
    fn read(
        &mut self,
        files: &BTreeMap<String, Vec<u8>>,
        size: u64,
        root: &Digest,
        leaves: &[u64],
    ) -> Option<Vec<Digest>>;
}

/// Sizes at which levels of tiles begin and end.
const SIZES: [u64; 14] = [1, 2, 255, 256, 257, 511, 512, 513, 65_280, 65_535, 65_536, 65_537, 65_792, 66_100];

/// Which tiles there are, of each of many sizes and from each to each, and the bytes of all.
pub(crate) fn the_same_tiles(oracle: &mut impl Tiles) {
    let ours = Ours::new(SIZES[SIZES.len() - 1]);
    oracle.grow(ours.size());
    let paths = |tiles: Vec<Tile>| tiles.iter().map(|tile| tile.path()).collect::<BTreeSet<String>>();
    let mut known = BTreeSet::new();
    for size in (1..=600).chain(SIZES) {
        assert_eq!(paths(tiles(size)), oracle.between(0, size), "tiles of {size}");
        for tile in tiles(size) {
            if known.insert(tile) {
                assert_eq!(ours.tile(tile), oracle.tile(tile), "{tile}");
            }
        }
    }
    for old in SIZES {
        for new in SIZES.into_iter().filter(|new| *new >= old) {
            assert_eq!(paths(tiles_between(old, new)), oracle.between(old, new), "tiles from {old} to {new}");
        }
    }
    // Sizes of which no tree is made.
    for size in [70_000, 1 << 24, (1 << 24) + 255, 16_777_471] {
        let old = size - 1000;
        assert_eq!(paths(tiles_between(old, size)), oracle.between(old, size), "tiles from {old} to {size}");
    }
}

/// Paths written and read: of tiles of all levels, widths and places, and texts that are nearly paths.
pub(crate) fn the_same_paths(oracle: &mut impl Tiles) {
    let places = [0, 1, 9, 99, 999, 1000, 1001, 999_999, 1_000_000, 1_234_067, (1 << 55) + 7, (1 << 62) + 12_345];
    let mut written = Vec::new();
    for level in [0, 1, 2, 7, 8, 63] {
        for index in places {
            for width in [1, 2, 99, 255, 256] {
                let tile = Tile { level, index, width };
                assert_eq!(tile.path(), oracle.path(tile));
                assert_eq!(tile.entries_path(), oracle.entries_path(tile));
                for path in [tile.path(), tile.entries_path()] {
                    assert_eq!(oracle.parse(&path), Tile::parse(&path).ok(), "{path}");
                    assert!(Tile::parse(&path).is_ok());
                    written.push(path);
                }
            }
        }
    }
    for path in written.into_iter().step_by(29) {
        for at in 0..path.len() {
            for other in ["", "0", "x", "/", "p", ".", "00", "-", "+", "9/"] {
                let changed = [&path[..at], other, &path[at + 1..]].concat();
                agree_on_path(oracle, &changed);
            }
        }
    }
    for level in ["64", "255", "256", "data", "00", "01", "-1", "+1", ""] {
        let path = format!("tile/{level}/000");
        assert!(Tile::parse(&path).is_err(), "{path}");
        agree_on_path(oracle, &path);
    }
}

/// Both read the same. C2SP's levels end at 63, those of others do not.
fn agree_on_path(oracle: &mut impl Tiles, path: &str) {
    let theirs = oracle.parse(path).filter(|tile| tile.level <= MAX_LEVEL);
    assert_eq!(Tile::parse(path).ok(), theirs, "{path:?}");
}

/// A reader of ours proves leaves by the oracle's tiles, and the oracle by ours; and neither does if a byte of any file
/// that it reads is another.
pub(crate) fn each_reads_the_others_tiles(oracle: &mut impl Tiles) {
    let ours = Ours::new(65_800);
    oracle.grow(ours.size());
    for size in [1, 2, 255, 256, 257, 600, 65_536, 65_800] {
        let root = ours.root(size);
        let mut leaves = vec![0, size / 2, size - 1];
        leaves.dedup();
        let expected: Vec<Digest> = leaves.iter().map(|leaf| ours.leaf(*leaf)).collect();
        let files = ours.files(size);
        assert_eq!(oracle.read(&files, size, &root, &leaves), Some(expected.clone()), "{size}");
        let theirs: BTreeMap<String, Vec<u8>> =
            tiles(size).into_iter().map(|tile| (tile.path(), oracle.tile(tile))).collect();
        assert_eq!(read(&theirs, size, &root, &leaves), Some(expected));
        // The edge and what the leaves need are read; other tiles are not.
        let mut needed: Vec<Tile> = VerifiedTiles::edge(size);
        needed.extend(ours.open(size, &[]).missing_for(&leaves));
        for (number, tile) in needed.into_iter().enumerate() {
            let mut files = files.clone();
            let bytes = files.get_mut(&tile.path()).unwrap();
            let at = (number * 7919 + 5) % bytes.len();
            bytes[at] ^= 4;
            assert_eq!(oracle.read(&files, size, &root, &leaves), None, "{tile} of {size}, byte {at}");
            assert_eq!(read(&files, size, &root, &leaves), None, "{tile} of {size}, byte {at}");
            let shorter = &mut files.get_mut(&tile.path()).unwrap();
            shorter.pop();
            assert_eq!(oracle.read(&files, size, &root, &leaves), None, "{tile} of {size}, cut");
            assert_eq!(read(&files, size, &root, &leaves), None, "{tile} of {size}, cut");
        }
        let mut other = root;
        other.0[31] ^= 1;
        assert_eq!(oracle.read(&files, size, &other, &leaves), None);
        assert_eq!(read(&files, size, &other, &leaves), None);
    }
}

/// Reads as a client of ours does.
pub(crate) fn read(files: &BTreeMap<String, Vec<u8>>, size: u64, root: &Digest, leaves: &[u64]) -> Option<Vec<Digest>> {
    let get = |tile: &Tile| files.get(&tile.path()).cloned();
    let edge = VerifiedTiles::edge(size).iter().map(get).collect::<Option<_>>()?;
    let mut tiles = VerifiedTiles::open(size, root, edge).ok()?;
    for tile in tiles.missing_for(leaves) {
        tiles.insert(tile, get(&tile)?).ok()?;
    }
    leaves.iter().map(|leaf| tiles.leaf(*leaf)).collect()
}

/// That all bundles of a size are there and hold the tree's entries.
pub(crate) fn bundles_are_ours(files: &BTreeMap<String, Vec<u8>>, ours: &Ours, size: u64) {
    for tile in tiles(size).into_iter().filter(|tile| tile.level == 0) {
        let bundle = parse_bundle(&files[&tile.entries_path()], tile.width).unwrap();
        for (place, bytes) in (tile.index * u64::from(FULL_WIDTH)..).zip(bundle) {
            assert_eq!(bytes, entry(place));
            assert_eq!(leaf_hash(bytes), ours.leaf(place));
        }
    }
}

/// Texts made of what paths are made of.
pub(crate) fn texts_of_paths(oracle: &mut impl Tiles, cases: u32) {
    let pieces =
        ["tile/", "entries/", "data/", "0", "1", "63", "000", "001", "x", "x001", "x999", "/", ".p/", "255", "256"];
    let texts = prop::collection::vec(prop::sample::select(pieces.to_vec()), 1..8).prop_map(|pieces| pieces.concat());
    let mut runner = runner(cases);
    let oracle = std::cell::RefCell::new(oracle);
    let result = runner.run(&texts, |text| {
        for path in [format!("tile/{text}"), format!("tile/0/{text}"), text] {
            agree_on_path(*oracle.borrow_mut(), &path);
        }
        Ok(())
    });
    result.unwrap();
}
