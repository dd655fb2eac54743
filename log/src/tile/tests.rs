use super::*;
use crate::merkle::{
    Frontier, leaf_hash, node_hash, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion,
};

/// A log of numbered entries, its tiles cut by the words of C2SP: the hash i of tile n at level l is the root over
/// the leaves from (n · 256 + i) · 256^l to (n · 256 + i + 1) · 256^l.
struct Log {
    /// Hashes by level of tiles, one row each.
    rows: Vec<Vec<Digest>>,
    /// Roots by size.
    roots: Vec<Digest>,
}

impl Log {
    fn new(size: u64) -> Log {
        let mut tree = Frontier::new();
        let mut roots = vec![tree.root()];
        let mut rows = vec![Vec::new()];
        for entry in 0..size {
            let leaf = leaf_hash(&entry.to_be_bytes());
            tree.push(leaf);
            rows[0].push(leaf);
            roots.push(tree.root());
        }
        while rows[rows.len() - 1].len() >= 256 {
            let row = rows[rows.len() - 1].chunks_exact(256).map(|tile| pairwise(tile.to_vec())).collect();
            rows.push(row);
        }
        Log { rows, roots }
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        let start = tile.index as usize * 256;
        let hashes = &self.rows[usize::from(tile.level)][start..start + usize::from(tile.width)];
        hashes.iter().flat_map(|hash| hash.0).collect()
    }

    fn open(&self, size: u64) -> VerifiedTiles {
        let edge = VerifiedTiles::edge(size).into_iter().map(|tile| self.tile(tile)).collect();
        VerifiedTiles::open(size, &self.roots[size as usize], edge).unwrap()
    }
}

fn pairwise(mut row: Vec<Digest>) -> Digest {
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row[0]
}

fn paths(tiles: &[Tile]) -> Vec<String> {
    tiles.iter().map(|tile| tile.path()).collect()
}

#[test]
fn paths_are_c2sps() {
    for (level, index, width, path, entries) in [
        (0, 0, 256, "tile/0/000", "tile/entries/000"),
        (1, 0, 3, "tile/1/000.p/3", "tile/entries/000.p/3"),
        (0, 999, 255, "tile/0/999.p/255", "tile/entries/999.p/255"),
        (0, 1000, 256, "tile/0/x001/000", "tile/entries/x001/000"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067", "tile/entries/x001/x234/067"),
        (63, 1_000_000_000, 1, "tile/63/x001/x000/x000/000.p/1", "tile/entries/x001/x000/x000/000.p/1"),
        (
            7,
            u64::MAX,
            256,
            "tile/7/x018/x446/x744/x073/x709/x551/615",
            "tile/entries/x018/x446/x744/x073/x709/x551/615",
        ),
    ] {
        let tile = Tile { level, index, width };
        assert_eq!(tile.path(), path);
        assert_eq!(tile.entries_path(), entries);
        assert_eq!(Tile::parse(path), Ok(tile));
        assert_eq!(Tile::parse(entries), Ok(Tile { level: 0, ..tile }));
    }
}

#[test]
fn other_paths_are_refused() {
    for path in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/xx01/000",
        "tile/0/x1/000",
        "tile/00/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/+0/000",
        "tile/0/+00",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/entries",
        "tile/entries/",
        "tile/entries/x000/000",
        "tile/8/0/000",
        "tile/0/\u{661}00",
    ] {
        assert_eq!(Tile::parse(path), Err(TileError::Path(path.to_owned())), "{path}");
    }
    assert_eq!(
        Tile::parse("tile/0/7").unwrap_err().to_string(),
        "expected the path of a tile, like tile/0/x001/067 or tile/1/000.p/3, found \"tile/0/7\""
    );
}

#[test]
fn the_tiles_of_c2sps_examples() {
    assert_eq!(paths(&tiles(256)), ["tile/0/000", "tile/1/000.p/1"]);
    let tiles = tiles(70_000);
    assert_eq!(tiles.iter().filter(|tile| tile.level == 0 && tile.is_full()).count(), 273);
    let rest: Vec<String> =
        paths(&tiles).into_iter().filter(|path| !path.starts_with("tile/0/") || path.contains(".p/")).collect();
    assert_eq!(rest, ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert!(tiles.is_sorted());
}

#[test]
fn the_tiles_of_every_size_have_c2sps_widths() {
    assert_eq!(tiles(0), []);
    for size in (1..2000).chain([65_535, 65_536, 65_537, 65_536 + 256, 70_000]) {
        let tiles = tiles(size);
        for level in 0..4_u8 {
            let hashes = size / 256_u64.pow(level.into());
            let widths: Vec<u64> =
                tiles.iter().filter(|tile| tile.level == level).map(|tile| tile.width.into()).collect();
            assert_eq!(widths.iter().sum::<u64>(), hashes, "level {level} of {size}");
            assert!(widths.iter().rev().skip(1).all(|width| *width == 256));
            assert!(widths.iter().all(|width| (1..=256).contains(width)));
        }
        assert_eq!(Tile::of_entry(size - 1, size).as_ref(), tiles.iter().rfind(|tile| tile.level == 0));
        assert_eq!(Tile::of_entry(size, size), None);
    }
}

#[test]
fn tiles_between_two_sizes_are_those_that_only_the_newer_has() {
    for old in (0..600).step_by(7).chain([255, 256, 257, 512, 65_535, 65_536]) {
        for new in (old..old + 600).step_by(31).chain([old, old + 1, 65_536, 65_537, 70_000]) {
            if new < old {
                assert_eq!(tiles_between(old, new), []);
                continue;
            }
            let before = tiles(old);
            let expected: Vec<Tile> = tiles(new).into_iter().filter(|tile| !before.contains(tile)).collect();
            assert_eq!(tiles_between(old, new), expected, "{old} to {new}");
        }
    }
    assert_eq!(tiles_between(u64::MAX - 1, u64::MAX).len(), 1);
    assert_eq!(tiles_between(u64::MAX, u64::MAX), []);
}

#[test]
fn the_edge_is_the_partial_tiles() {
    assert_eq!(paths(&VerifiedTiles::edge(0)), [""; 0]);
    assert_eq!(paths(&VerifiedTiles::edge(1)), ["tile/0/000.p/1"]);
    assert_eq!(paths(&VerifiedTiles::edge(256)), ["tile/1/000.p/1"]);
    assert_eq!(paths(&VerifiedTiles::edge(70_000)), ["tile/2/000.p/1", "tile/1/001.p/17", "tile/0/273.p/112"]);
    assert_eq!(VerifiedTiles::edge(u64::MAX).len(), 8);
}

#[test]
fn leaves_nodes_and_older_roots_come_from_verified_tiles() {
    let log = Log::new(70_000);
    for size in [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 10_000, 65_535, 65_536, 65_537, 65_792, 70_000_u64] {
        let wanted = [0, 1, size / 3, size / 2, size - 1].map(|index| index.min(size - 1));
        let mut tiles = log.open(size);
        assert_eq!((tiles.size(), tiles.root()), (size, log.roots[size as usize]));
        assert_eq!(tiles.missing_for(&[size, size + 1, u64::MAX]), [], "{size} has no such leaves");
        let missing = tiles.missing_for(&wanted);
        assert!(
            missing.windows(2).all(|pair| pair[0].level > pair[1].level
                || (pair[0].level == pair[1].level && pair[0].index < pair[1].index))
        );
        for tile in &missing {
            assert!(tile.is_full());
            tiles.insert(*tile, log.tile(*tile)).unwrap();
        }
        assert_eq!(tiles.missing_for(&wanted), []);
        for index in wanted {
            assert_eq!(tiles.leaf(index), Some(log.rows[0][index as usize]), "{index} of {size}");
        }
        assert_eq!(tiles.leaf(size), None);
        for old in [0, 1, 2, 255, 256, 257, size / 3, size / 2, size - 1, size] {
            if old > size {
                assert_eq!(tiles.missing_for_prefix(old), []);
                assert_eq!(tiles.root_at(old), None);
                continue;
            }
            for tile in tiles.missing_for_prefix(old) {
                tiles.insert(tile, log.tile(tile)).unwrap();
            }
            assert_eq!(tiles.missing_for_prefix(old), []);
            assert_eq!(tiles.root_at(old), Some(log.roots[old as usize]), "{old} of {size}");
        }
    }
}

#[test]
fn every_prefix_of_a_small_log_has_its_root() {
    let log = Log::new(600);
    for size in (0..=600).step_by(25).chain([255, 256, 257, 511, 512, 513]) {
        let mut tiles = log.open(size);
        for tile in tiles.missing_for(&(0..size).collect::<Vec<_>>()) {
            tiles.insert(tile, log.tile(tile)).unwrap();
        }
        for old in 0..=size {
            assert_eq!(tiles.root_at(old), Some(log.roots[old as usize]), "{old} of {size}");
        }
        assert_eq!(tiles.root_at(size + 1), None);
    }
}

#[test]
fn proofs_are_made_of_tiles() {
    let log = Log::new(70_000);
    let mut tiles = log.open(70_000);
    assert_eq!(
        prove_inclusion(65_000, 70_000, |level, index| tiles.node(level, index)).unwrap_err().to_string(),
        "the hash over leaves 65001 to 65002 is not known"
    );
    for tile in tiles.missing_for(&[65_000]).into_iter().chain(tiles.missing_for_prefix(1_000)) {
        tiles.insert(tile, log.tile(tile)).unwrap();
    }
    let node = |level, index| tiles.node(level, index);
    let proof = prove_inclusion(65_000, 70_000, node).unwrap();
    assert_eq!(verify_inclusion(&log.rows[0][65_000], 65_000, 70_000, &proof, &log.roots[70_000]), Ok(()));
    for tile in tiles.missing_for_prefix(1_024) {
        tiles.insert(tile, log.tile(tile)).unwrap();
    }
    let proof = prove_consistency(1_000, 70_000, |level, index| tiles.node(level, index)).unwrap();
    assert_eq!(verify_consistency(1_000, &log.roots[1_000], 70_000, &log.roots[70_000], &proof), Ok(()));
    assert_eq!(tiles.node(64, 0), None);
    assert_eq!(tiles.node(255, u64::MAX), None);
    assert_eq!(tiles.node(17, 0), None);
    assert_eq!(tiles.node(16, 1), None);
}

#[test]
fn every_changed_byte_of_the_edge_is_refused() {
    let log = Log::new(70_000);
    let edge: Vec<Vec<u8>> = VerifiedTiles::edge(70_000).into_iter().map(|tile| log.tile(tile)).collect();
    for tile in 0..edge.len() {
        for at in 0..edge[tile].len() {
            let mut changed = edge.clone();
            changed[tile][at] ^= 1 << (at % 8);
            let refused = VerifiedTiles::open(70_000, &log.roots[70_000], changed).unwrap_err();
            assert!(matches!(refused, TileError::Root { .. }), "{refused}");
        }
    }
}

#[test]
fn every_changed_byte_of_a_tile_is_refused() {
    let log = Log::new(600);
    let mut tiles = log.open(600);
    let tile = Tile { level: 0, index: 1, width: 256 };
    let bytes = log.tile(tile);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(matches!(tiles.insert(tile, changed), Err(TileError::Hash { .. })));
    }
    assert_eq!(tiles.leaf(256), None);
    assert_eq!(tiles.insert(tile, bytes), Ok(()));
    assert_eq!(tiles.leaf(256), Some(log.rows[0][256]));
}

#[test]
fn tiles_that_cannot_be_checked_are_refused() {
    let log = Log::new(70_000);
    let mut tiles = log.open(70_000);
    let full = |level, index| Tile { level, index, width: 256 };
    let refused =
        |tiles: &mut VerifiedTiles, tile: Tile, bytes: Vec<u8>| tiles.insert(tile, bytes).unwrap_err().to_string();
    let zeros = || vec![0; 8192];
    // Its parent is a full tile, which is not there yet.
    assert_eq!(
        refused(&mut tiles, full(0, 0), log.tile(full(0, 0))),
        "tile/0/000 is not a full tile of the tree, or the tile above it is not there yet"
    );
    assert_eq!(tiles.insert(full(1, 0), log.tile(full(1, 0))), Ok(()));
    assert_eq!(tiles.insert(full(0, 0), log.tile(full(0, 0))), Ok(()));
    // The partial tile is there; a full one in its place is none of this tree.
    assert!(matches!(tiles.insert(full(0, 273), zeros()), Err(TileError::Parent(_))));
    assert!(matches!(tiles.insert(full(0, u64::MAX), zeros()), Err(TileError::Parent(_))));
    assert!(matches!(tiles.insert(full(255, 0), zeros()), Err(TileError::Parent(_))));
    assert!(matches!(
        tiles.insert(Tile { level: 0, index: 1, width: 255 }, vec![0; 255 * 32]),
        Err(TileError::Parent(_))
    ));
    assert_eq!(refused(&mut tiles, full(0, 1), vec![0; 8191]), "tile/0/001: expected 8192 bytes, found 8191");
    assert_eq!(refused(&mut tiles, full(0, 1), vec![0; 8193]), "tile/0/001: expected 8192 bytes, found 8193");
    let found = pairwise(vec![Digest([0; 32]); 256]);
    assert_eq!(
        refused(&mut tiles, full(0, 1), zeros()),
        format!("tile/0/001 gives the hash {found}, and the tile above it says {}", log.rows[1][1])
    );
}

#[test]
fn an_edge_of_another_shape_is_refused() {
    let log = Log::new(300);
    let root = log.roots[300];
    let edge = || -> Vec<Vec<u8>> { VerifiedTiles::edge(300).into_iter().map(|tile| log.tile(tile)).collect() };
    let refused = |edge| VerifiedTiles::open(300, &root, edge).unwrap_err().to_string();
    assert_eq!(refused(edge()[..1].to_vec()), "expected the 2 tiles of the tree's right edge, found 1");
    assert_eq!(refused([edge(), edge()].concat()), "expected the 2 tiles of the tree's right edge, found 4");
    let mut short = edge();
    short[1].pop();
    assert_eq!(refused(short), "tile/0/001.p/44: expected 1408 bytes, found 1407");
    let other = VerifiedTiles::open(300, &log.roots[299], edge()).unwrap_err().to_string();
    assert_eq!(
        other,
        format!("the tiles of the right edge give the root {root}, and the head says {}", log.roots[299])
    );
    assert!(VerifiedTiles::open(0, &log.roots[0], vec![]).is_ok());
    assert!(VerifiedTiles::open(0, &root, vec![]).is_err());
    assert!(VerifiedTiles::open(u64::MAX, &root, vec![vec![0; 255 * 32]; 8]).is_err());
}

#[test]
fn bundles() {
    let entries: [&[u8]; 4] = [b"one", b"", &[7; 65_535], b"\x00\x01"];
    let mut bundle = Vec::new();
    for entry in entries {
        push_entry(&mut bundle, entry).unwrap();
    }
    assert_eq!(&bundle[..7], b"\x00\x03one\x00\x00");
    assert_eq!(parse_bundle(&bundle, 4).unwrap(), entries);
    assert_eq!(parse_bundle(b"", 0), Ok(vec![]));
    let refused = |bytes: &[u8], width| parse_bundle(bytes, width).unwrap_err().to_string();
    assert_eq!(refused(&bundle, 5), "expected a bundle of 5 entries, and it ends within entry 4");
    assert_eq!(refused(&bundle, 3), "expected a bundle of 3 entries, and 4 bytes follow them");
    assert_eq!(refused(b"", 1), "expected a bundle of 1 entries, and it ends within entry 0");
    for length in 0..bundle.len() {
        assert!(matches!(parse_bundle(&bundle[..length], 4), Err(TileError::BundleShort { .. })));
    }
    let before = bundle.clone();
    assert_eq!(
        push_entry(&mut bundle, &[0; 65_536]).unwrap_err().to_string(),
        "expected a record of at most 65535 bytes, found 65536 bytes"
    );
    assert_eq!(bundle, before);
}

#[test]
fn a_full_tile_has_256_hashes() {
    let partial = Tile { level: 1, index: 3, width: 7 };
    assert_eq!(partial.full(), Tile { level: 1, index: 3, width: 256 });
    assert!(partial.full().is_full() && !partial.is_full());
}
