//! Proofs: of the index, of the tree, of tiles. What is accepted must be true by the slow definition of RFC 6962.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use headlock_log::digest::Digest;
use headlock_log::index::{Bin, Index, Node256, VerifiedIndex, bin_of, bin_path, lookup, node_path};
use headlock_log::merkle::{
    Frontier, empty_root, leaf_hash, node_hash, prove_consistency, prove_inclusion, verify_consistency,
    verify_inclusion,
};
use headlock_log::tile::{Tile, VerifiedTiles, parse_bundle, push_entry, tiles as all_tiles};

use crate::Choices;

/// One encoding of a bin; its keys ascend and are its own.
pub fn bin(data: &[u8]) {
    let Some((number, bytes)) = data.split_first_chunk() else { return };
    let number = u16::from_be_bytes(*number);
    let Ok(bin) = Bin::parse(bytes, number) else { return };
    assert_eq!(bin.format(), bytes, "a second encoding");
    assert!(bin.entries().is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(bin.hash(), leaf_hash(bytes));
    for (key, page) in bin.entries() {
        assert_eq!(bin_of(key), number);
        assert_eq!(bin.get(key), Some(*page));
        let mut other = *key;
        other.0[31] ^= 1;
        let there = bin.entries().iter().find(|(key, _)| *key == other).map(|(_, page)| *page);
        assert_eq!(bin.get(&other), there);
    }
}

/// An index tells of each key what was put there, and takes no file that it did not write.
pub fn index(data: &[u8]) {
    static EMPTY: OnceLock<(Index, BTreeMap<String, Vec<u8>>)> = OnceLock::new();
    let (empty, files_of_empty) = EMPTY.get_or_init(|| {
        let index = Index::new();
        let files = index.files().collect();
        (index, files)
    });
    let mut choices = Choices(data);
    let mut index = empty.clone();
    let mut entries: BTreeMap<Digest, Digest> = BTreeMap::new();
    // Few bins, so that they hold several keys.
    let key = |choices: &mut Choices<'_>| {
        let mut key = [0; 32];
        key[0] = [0, 0x14, 0xff][choices.below(3)];
        key[1] = [0, 0xe2][choices.below(2)];
        key[31] = choices.byte();
        Digest(key)
    };
    for _ in 0..choices.below(12) {
        let (key, page) = (key(&mut choices), Digest([choices.byte(); 32]));
        assert_eq!(index.insert(key, page), Ok(entries.insert(key, page)));
    }
    let root = index.root();
    let wanted = key(&mut choices);
    let lower_number = VerifiedIndex::lower_of(&wanted);
    let [_, low] = bin_of(&wanted).to_be_bytes();
    let files: BTreeMap<String, Vec<u8>> = index.files_since(empty).collect();
    let file = |path: String| files.get(&path).or_else(|| files_of_empty.get(&path)).cloned();
    let top = file(node_path(&root)).expect("the top node");
    let lower = Node256::parse(&top).expect("a node").child(lower_number);
    let lower = file(node_path(&lower)).expect("a lower node");
    let bin = file(bin_path(&Node256::parse(&lower).expect("a node").child(low))).unwrap_or_default();
    let expected = entries.get(&wanted).copied();
    assert_eq!(index.get(&wanted), expected);
    assert_eq!(lookup(&root, &top, &lower, &bin, &wanted), Ok(expected));
    // Any change of any part is noticed.
    let mut parts = [top, lower, bin];
    let part = &mut parts[choices.below(3)];
    let place = choices.below(1 << 16);
    match (choices.below(3), part.len()) {
        (_, 0) | (0, _) => part.push(choices.byte()),
        (1, _) => drop(part.pop()),
        (_, length) => part[place % length] ^= choices.byte().max(1),
    }
    let [top, lower, bin] = parts;
    assert!(lookup(&root, &top, &lower, &bin, &wanted).is_err(), "a changed part was taken");
}

/// One path for each tile and each bundle.
pub fn tile(data: &[u8]) {
    let Ok(path) = std::str::from_utf8(data) else { return };
    let Ok(tile) = Tile::parse(path) else { return };
    assert!(tile.path() == path || tile.entries_path() == path, "a second path");
    assert!((1..=256).contains(&tile.width) && tile.level <= 63);
    assert_eq!(Tile::parse(&tile.path()), Ok(tile));
    assert!(path.split('/').all(|part| !["", ".", ".."].contains(&part)));
}

/// One encoding of a bundle of a width.
pub fn bundle(data: &[u8]) {
    let Some((width, bytes)) = data.split_first_chunk() else { return };
    let width = u16::from_be_bytes(*width) % 300;
    let Ok(entries) = parse_bundle(bytes, width) else { return };
    assert_eq!(entries.len(), usize::from(width));
    let mut again = Vec::new();
    for entry in entries {
        push_entry(&mut again, entry).expect("it was an entry");
    }
    assert_eq!(again, bytes, "a second encoding");
    assert!(parse_bundle(bytes, width + 1).is_err());
    assert!(width == 0 || parse_bundle(bytes, width - 1).is_err());
}

/// The leaves that most trees here are the beginning of.
fn leaves() -> &'static [Digest] {
    static LEAVES: OnceLock<Vec<Digest>> = OnceLock::new();
    LEAVES.get_or_init(|| (0..70_000_u32).map(|entry| leaf_hash(&entry.to_be_bytes())).collect())
}

/// The tree of the first of them.
fn tree_of(size: usize) -> Frontier {
    static TREES: OnceLock<Vec<Frontier>> = OnceLock::new();
    let trees = TREES.get_or_init(|| {
        let mut trees = vec![Frontier::new()];
        for tile in leaves().as_chunks::<256>().0 {
            let mut tree = trees[trees.len() - 1].clone();
            tile.iter().for_each(|leaf| tree.push(*leaf));
            trees.push(tree);
        }
        trees
    });
    let mut tree = trees[size / 256].clone();
    leaves()[size / 256 * 256..size].iter().for_each(|leaf| tree.push(*leaf));
    tree
}

/// RFC 6962, section 2.1.
pub(crate) fn root_of(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// Proofs that are made are accepted; changed ones are not; whatever is accepted of any numbers is no panic.
pub fn merkle(data: &[u8]) {
    let mut choices = Choices(data);
    let size = 1 + choices.below(100);
    let older = choices.below(size + 1);
    let index = choices.below(size);
    let leaves = &leaves()[..size];
    let (root, old_root) = (root_of(leaves), root_of(&leaves[..older]));
    let mut tree = Frontier::new();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    assert_eq!(tree.root(), root);
    let again = Frontier::from_parts(tree.size(), tree.roots().to_vec()).expect("its own parts");
    assert_eq!(again, tree);
    let node = |level: u8, index: u64| {
        let (start, end) = (index << level, (index + 1) << level);
        Some(root_of(leaves.get(start as usize..end as usize)?))
    };
    let (size, older, index) = (size as u64, older as u64, index as u64);
    let leaf = leaves[index as usize];
    let mut inclusion = prove_inclusion(index, size, node).expect("all nodes are known");
    let mut consistency = prove_consistency(older, size, node).expect("all nodes are known");
    assert_eq!(verify_inclusion(&leaf, index, size, &inclusion, &root), Ok(()));
    assert_eq!(verify_consistency(older, &old_root, size, &root, &consistency), Ok(()));
    // Another place, and another older root.
    let other = choices.below(size as usize) as u64;
    if other != index {
        assert!(verify_inclusion(&leaf, other, size, &inclusion, &root).is_err());
    }
    if older > 0 {
        let other = root_of(&leaves[..older as usize - 1]);
        assert!(verify_consistency(older, &other, size, &root, &consistency).is_err());
        assert!(verify_consistency(older - 1, &old_root, size, &root, &consistency).is_err());
    }
    for proof in [&mut inclusion, &mut consistency] {
        let place = choices.byte();
        match (choices.below(3), proof.len()) {
            (_, 0) | (0, _) => proof.push(Digest([choices.byte(); 32])),
            (1, _) => drop(proof.pop()),
            (_, length) => proof[usize::from(place) % length].0[0] ^= choices.byte().max(1),
        }
    }
    assert!(verify_inclusion(&leaf, index, size, &inclusion, &root).is_err());
    assert!(verify_consistency(older, &old_root, size, &root, &consistency).is_err());
    // Any numbers at all, with a proof of any length.
    let (index, size) = (choices.word(), choices.word());
    let proof = vec![leaf; choices.below(70)];
    let included = verify_inclusion(&leaf, index, size, &proof, &root);
    // The root of a tree of one leaf is that leaf.
    assert_eq!(included.is_ok(), proof.is_empty() && (index, size, root) == (0, 1, leaf), "{included:?}");
    let consistent = verify_consistency(index, &old_root, size, &root, &proof);
    let same = if index == 0 { old_root == empty_root() } else { index == size && old_root == root };
    assert_eq!(consistent.is_ok(), proof.is_empty() && same, "{consistent:?}");
}

/// A reader of tiles knows the leaves that it has proven, and takes no tile of another tree.
pub fn tiles(data: &[u8]) {
    static FULL: OnceLock<Vec<Digest>> = OnceLock::new();
    let mut choices = Choices(data);
    // Mostly sizes near full tiles, of one level and of two.
    let near = [1, 255, 256, 257, 511, 512, 600, 1024, 65_535, 65_536, 65_537, 66_000][choices.below(12)];
    let size = near + choices.below(3);
    let leaves = &leaves()[..size];
    let full = FULL.get_or_init(|| self::leaves().as_chunks::<256>().0.iter().map(|tile| root_of(tile)).collect());
    let hashes = |level: u8| match level {
        0 => leaves.to_vec(),
        1 => full[..size / 256].to_vec(),
        _ => full[..size / 256].as_chunks::<256>().0.iter().map(|tile| root_of(tile)).collect(),
    };
    let levels: Vec<Vec<Digest>> = (0..3).map(hashes).collect();
    let fetch = |tile: Tile| -> Vec<u8> {
        let start = tile.index as usize * 256;
        let hashes = &levels[usize::from(tile.level)][start..start + usize::from(tile.width)];
        hashes.iter().flat_map(|hash| hash.0).collect()
    };
    let root = tree_of(size).root();
    let size = size as u64;
    let edge: Vec<Vec<u8>> = VerifiedTiles::edge(size).into_iter().map(fetch).collect();
    let mut broken = edge.clone();
    let which = choices.below(broken.len());
    let place = choices.below(broken[which].len());
    broken[which][place] ^= choices.byte().max(1);
    assert!(VerifiedTiles::open(size, &root, broken).is_err(), "a changed edge was taken");
    let mut tiles = VerifiedTiles::open(size, &root, edge).expect("the edge of this tree");
    let all = all_tiles(size);
    for _ in 0..4 {
        let wanted = (choices.word() % (size + 2)).min(size + 1);
        for tile in tiles.missing_for(&[wanted]) {
            assert!(all.contains(&tile), "{tile} is none of the log's");
            let bytes = fetch(tile);
            let mut changed = bytes.clone();
            let place = choices.below(changed.len());
            changed[place] ^= choices.byte().max(1);
            assert!(tiles.insert(tile, changed).is_err(), "a changed tile was taken");
            assert_eq!(tiles.insert(tile, bytes), Ok(()));
        }
        assert_eq!(tiles.leaf(wanted), leaves.get(wanted as usize).copied());
    }
    let older = choices.below(size as usize + 1);
    for tile in tiles.missing_for_prefix(older as u64) {
        assert_eq!(tiles.insert(tile, fetch(tile)), Ok(()));
    }
    assert_eq!(tiles.root_at(older as u64), Some(tree_of(older).root()));
    // Whatever else is asked, there is no panic and no made-up hash.
    let (level, index) = (choices.byte() % 64, choices.word());
    let start = usize::try_from(index).ok().and_then(|index| index.checked_shl(level.into()));
    if let Some(found) = tiles.node(level, index) {
        let start = start.expect("a node of the tree");
        assert_eq!(found, root_of(&leaves[start..start + (1 << level)]));
    }
}
