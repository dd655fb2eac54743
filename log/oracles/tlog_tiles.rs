//! The crate `tlog_tiles`.

use std::collections::{BTreeMap, BTreeSet};

use ::tlog_tiles::{Error, Hash, HashReader, TileHashReader, TileReader};
use headlock_log::digest::Digest;
use headlock_log::merkle::leaf_hash;
use headlock_log::tile::Tile;

use crate::notes::{self, Checkpoints};
use crate::ours::entry;
use crate::tiles::{self, Tiles};
use crate::trees::{self, Claim, Trees};

/// Height of C2SP's tiles.
const HEIGHT: u8 = 8;

/// The hashes that the crate stores of a tree, in its order.
#[derive(Default)]
struct Crate {
    entries: u64,
    stored: Vec<Hash>,
}

impl HashReader for Crate {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| self.stored.get(*index as usize).copied().ok_or(Error::IndexesNotInTree);
        indexes.iter().map(read).collect()
    }
}

fn digest(hash: Hash) -> Digest {
    Digest(hash.0)
}

fn hashes(proof: &[Digest]) -> Vec<Hash> {
    proof.iter().map(|digest| Hash(digest.0)).collect()
}

impl Trees for Crate {
    const LARGEST: u64 = i64::MAX as u64 - 1;

    fn grow(&mut self, size: u64) {
        while self.entries < size {
            let more = ::tlog_tiles::stored_hashes(self.entries, &entry(self.entries), self).unwrap();
            self.stored.extend(more);
            self.entries += 1;
        }
    }

    fn leaf(&mut self, entry: &[u8]) -> Digest {
        digest(::tlog_tiles::record_hash(entry))
    }

    fn root(&mut self, size: u64) -> Digest {
        digest(::tlog_tiles::tree_hash(size, self).unwrap())
    }

    fn inclusion(&mut self, size: u64, places: &[u64]) -> Vec<Vec<Digest>> {
        let prove = |place: &u64| ::tlog_tiles::prove_record(size, *place, self).unwrap();
        places.iter().map(|place| prove(place).into_iter().map(digest).collect()).collect()
    }

    fn consistency(&mut self, size: u64, olds: &[u64]) -> Vec<Vec<Digest>> {
        let prove = |old: &u64| ::tlog_tiles::prove_tree(size, *old, self).unwrap();
        olds.iter().map(|old| prove(old).into_iter().map(digest).collect()).collect()
    }

    fn hold(&mut self, claims: &[Claim]) -> Vec<bool> {
        let holds = |claim: &Claim| match claim {
            Claim::Inclusion { entry, place, size, root, proof } => {
                let leaf = Hash(leaf_hash(entry).0);
                ::tlog_tiles::check_record(&hashes(proof), *size, Hash(root.0), *place, leaf).is_ok()
            }
            Claim::Consistency { old, old_root, size, root, proof } => {
                ::tlog_tiles::check_tree(&hashes(proof), *size, Hash(root.0), *old, Hash(old_root.0)).is_ok()
            }
        };
        claims.iter().map(holds).collect()
    }
}

/// C2SP's path of what the crate writes `tile/8/…`, and `data` for `entries`.
fn c2sp(tile: ::tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1).replacen("tile/data/", "tile/entries/", 1)
}

fn theirs(tile: Tile, is_data: bool) -> ::tlog_tiles::Tile {
    ::tlog_tiles::Tile::new(HEIGHT, tile.level, tile.index, tile.width.into(), is_data)
}

/// Tiles by C2SP's paths.
struct Files<'a>(&'a BTreeMap<String, Vec<u8>>);

impl TileReader for Files<'_> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[::tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, Error> {
        tiles.iter().map(|tile| self.0.get(&c2sp(*tile)).cloned().ok_or(Error::InvalidTile)).collect()
    }

    fn save_tiles(&self, _: &[::tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

impl Tiles for Crate {
    fn tile(&mut self, tile: Tile) -> Vec<u8> {
        theirs(tile, false).read_data(self).unwrap()
    }

    fn between(&mut self, old: u64, new: u64) -> BTreeSet<String> {
        ::tlog_tiles::Tile::new_tiles(HEIGHT, old, new).into_iter().map(c2sp).collect()
    }

    fn path(&mut self, tile: Tile) -> String {
        c2sp(theirs(tile, false))
    }

    fn entries_path(&mut self, tile: Tile) -> String {
        c2sp(theirs(Tile { level: 0, ..tile }, true))
    }

    fn parse(&mut self, path: &str) -> Option<Tile> {
        let rest = path.strip_prefix("tile/").filter(|rest| !rest.starts_with("data/"))?;
        let rest = rest.strip_prefix("entries/").map_or(rest.to_owned(), |place| format!("data/{place}"));
        // The crate lets a level beyond 63 and a width of 0 go so far as to panic.
        let parse = || ::tlog_tiles::Tile::from_path(&format!("tile/8/{rest}"));
        let tile = std::panic::catch_unwind(parse).ok()?.ok()?;
        Some(Tile { level: tile.level(), index: tile.level_index(), width: tile.width() as u16 })
    }

    fn read(
        &mut self,
        files: &BTreeMap<String, Vec<u8>>,
        size: u64,
        root: &Digest,
        leaves: &[u64],
    ) -> Option<Vec<Digest>> {
        let files = Files(files);
        let indexes: Vec<u64> = leaves.iter().map(|leaf| ::tlog_tiles::stored_hash_index(0, *leaf)).collect();
        let tiles = TileHashReader::new(size, Hash(root.0), &files);
        let hashes = tiles.read_hashes(&indexes).ok()?;
        // The reader alone lets a tile pass that the one above does not vouch for, as Go's did (CVE-2026-56865).
        for (leaf, hash) in leaves.iter().zip(&hashes) {
            let proof = ::tlog_tiles::prove_record(size, *leaf, &tiles).ok()?;
            ::tlog_tiles::check_record(&proof, size, Hash(root.0), *leaf, *hash).ok()?;
        }
        Some(hashes.into_iter().map(digest).collect())
    }
}

impl Checkpoints for Crate {
    fn checkpoints(&mut self, texts: &[String]) -> Vec<Option<(u64, Digest)>> {
        let read = |text: &String| {
            let checkpoint = ::tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).ok()?;
            assert_eq!(checkpoint.to_bytes(), text.as_bytes());
            checkpoint.extension().is_empty().then(|| (checkpoint.size(), digest(*checkpoint.hash())))
        };
        texts.iter().map(read).collect()
    }
}

asked! { Some(Crate::default());
    every_small_tree: |oracle| trees::every_small_tree(oracle, 600);
    every_wrong_proof: |oracle| trees::every_wrong_proof(oracle, 40);
    large_trees: trees::large_trees;
    proofs_of_any_size: |oracle| trees::proofs_of_any_size(oracle, 256);
    the_same_tiles: tiles::the_same_tiles;
    the_same_paths: tiles::the_same_paths;
    texts_of_paths: |oracle| tiles::texts_of_paths(oracle, 1024);
    each_reads_the_others_tiles: tiles::each_reads_the_others_tiles;
    texts_of_checkpoints: notes::texts_of_checkpoints;
}
