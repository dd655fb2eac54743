use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::digest::LENGTH;
use crate::merkle::{Frontier, node_hash};

/// A key of a bin.
fn key(bin: u16, rest: u8) -> Digest {
    let mut key = [rest; LENGTH];
    key[..2].copy_from_slice(&bin.to_be_bytes());
    Digest(key)
}

/// The bytes of a bin, written by hand.
fn bin(entries: &[(Digest, Digest)]) -> Vec<u8> {
    entries.iter().flat_map(|(key, page)| [&key.0[..], &page.0[..]].concat()).collect()
}

/// The root over all bins, as RFC 6962 has it for 65,536 leaves.
fn root_of(bins: &BTreeMap<u16, Vec<u8>>) -> Digest {
    let mut tree = Frontier::new();
    for number in 0..=u16::MAX {
        tree.push(leaf_hash(bins.get(&number).map_or(&[][..], Vec::as_slice)));
    }
    tree.root()
}

fn index(entries: &[(Digest, Digest)]) -> (Index, BTreeMap<String, Vec<u8>>) {
    let mut index = Index::new();
    for (key, page) in entries {
        index.insert(*key, *page).unwrap();
    }
    let files = index.files().collect();
    (index, files)
}

/// What a lookup needs, found by name in a registry's files.
fn parts(root: &Digest, files: &BTreeMap<String, Vec<u8>>, key: &Digest) -> [Vec<u8>; 3] {
    let [high, low] = bin_of(key).to_be_bytes();
    let top = files[&node_path(root)].clone();
    let lower = files[&node_path(&Node256::parse(&top).unwrap().child(high))].clone();
    let bin = Node256::parse(&lower).unwrap().child(low);
    let bin = if bin == empty_bin() { Vec::new() } else { files[&bin_path(&bin)].clone() };
    [top, lower, bin]
}

#[test]
fn keys_and_bins() {
    let key = key_of_package("wasi:http");
    assert_eq!(key.to_string(), "b6ff2d92a01dd1bde490272e6f9ea4d2c1ee7a908b8646ec0b1faa578dc6022d");
    assert_eq!(bin_of(&Digest([0xab; 32])), 0xabab);
    assert_eq!(bin_of(&super::tests::key(0x0102, 9)), 0x0102);
    let hex = key.to_string();
    assert_eq!(page_path(&key), format!("page/{}/{hex}", &hex[..2]));
    assert_eq!(blob_path(&key), format!("blob/{}/{hex}", &hex[..2]));
    assert_eq!(bin_path(&key), format!("bin/{}/{hex}", &hex[..2]));
    assert_eq!(node_path(&key), format!("index/{}/{hex}", &hex[..2]));
}

#[test]
fn the_empty_index() {
    let (index, files) = index(&[]);
    assert_eq!(index.root(), root_of(&BTreeMap::new()));
    assert_eq!(index, Index::default());
    // The top node and one lower one, which is the same 256 times.
    assert_eq!(files.len(), 2);
    let [top, lower, bin] = parts(&index.root(), &files, &key(7, 7));
    assert_eq!(lookup(&index.root(), &top, &lower, &bin, &key(7, 7)), Ok(None));
    assert_eq!(empty_bin().to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

#[test]
fn an_empty_bin_is_told_from_another() {
    let (there, absent) = (key(5, 1), key(6, 1));
    let (written, files) = index(&[(there, Digest([9; 32]))]);
    let mut read = VerifiedIndex::open(&written.root(), &files[&node_path(&written.root())]).unwrap();
    assert_eq!(read.is_bin_empty(&there), Err(IndexError::Missing(0)));
    let lower = read.missing_lower(0).unwrap();
    read.insert(0, &files[&node_path(&lower)]).unwrap();
    assert_eq!(read.is_bin_empty(&there), Ok(false));
    assert_eq!(read.is_bin_empty(&absent), Ok(true));
}

#[test]
fn the_root_is_rfc_6962s_over_all_bins() {
    let page = Digest::of(b"page");
    let entries = [
        (key(0, 1), page),
        (key(0, 2), page),
        (key(255, 0), page),
        (key(256, 0), page),
        (key(0x8000, 0xff), page),
        (key(u16::MAX, 0xff), page),
    ];
    let (index, files) = index(&entries);
    let bins = BTreeMap::from([
        (0, bin(&entries[..2])),
        (255, bin(&entries[2..3])),
        (256, bin(&entries[3..4])),
        (0x8000, bin(&entries[4..5])),
        (u16::MAX, bin(&entries[5..])),
    ]);
    assert_eq!(index.root(), root_of(&bins));
    assert_eq!(index.entries().collect::<Vec<_>>(), entries);
    // The top node, the empty lower one, four others, five bins; each named by its hash.
    assert_eq!(files.len(), 1 + 1 + 4 + 5);
    for (path, bytes) in &files {
        let hash = match path.split('/').next() {
            Some("bin") => leaf_hash(bytes),
            _ => Node256::parse(bytes).unwrap().hash(),
        };
        assert!(path.ends_with(&hash.to_string()), "{path}");
    }
    for (key, page) in entries {
        let [top, lower, bin] = parts(&index.root(), &files, &key);
        assert_eq!(lookup(&index.root(), &top, &lower, &bin, &key), Ok(Some(page)));
        assert_eq!(index.get(&key), Some(page));
    }
    // In a full bin, in an empty bin below a node with others, below an empty node.
    for absent in [key(0, 3), key(1, 1), key(0x4000, 1)] {
        let [top, lower, bin] = parts(&index.root(), &files, &absent);
        assert_eq!(lookup(&index.root(), &top, &lower, &bin, &absent), Ok(None));
        assert_eq!(index.get(&absent), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_order_of_insertion_gives_the_same_index(
        names in prop::collection::btree_map("[a-z]{1,4}", any::<[u8; 32]>(), 0..60),
        seed: u64,
    ) {
        let entries: Vec<(Digest, Digest)> =
            names.iter().map(|(name, page)| (key_of_package(name), Digest(*page))).collect();
        let mut shuffled = entries.clone();
        shuffled.sort_by_key(|(key, _)| Digest::of(&[&seed.to_be_bytes()[..], &key.0].concat()));
        let (index, files) = index(&entries);
        prop_assert_eq!(&super::tests::index(&shuffled).0, &index);
        let mut bins: BTreeMap<u16, Vec<(Digest, Digest)>> = BTreeMap::new();
        for entry in &entries {
            bins.entry(bin_of(&entry.0)).or_default().push(*entry);
        }
        let bins = bins.into_iter().map(|(number, mut entries)| {
            entries.sort_unstable();
            (number, bin(&entries))
        });
        prop_assert_eq!(index.root(), root_of(&bins.collect()));
        let mut verified = VerifiedIndex::open(&index.root(), &files[&node_path(&index.root())]).unwrap();
        for (name, page) in &names {
            let key = key_of_package(name);
            let number = VerifiedIndex::lower_of(&key);
            if let Some(hash) = verified.missing_lower(number) {
                verified.insert(number, &files[&node_path(&hash)]).unwrap();
            }
            let bin = verified.bin(&key).unwrap();
            prop_assert!(!verified.is_bin_empty(&key).unwrap());
            prop_assert_eq!(verified.get(&key, &files[&bin_path(&bin)]), Ok(Some(Digest(*page))));
        }
    }
}

#[test]
fn a_later_index_adds_only_the_files_that_changed() {
    let (older, mut files) = index(&[(key(1, 1), Digest::of(b"one")), (key(0x0200, 1), Digest::of(b"two"))]);
    let mut newer = older.clone();
    assert_eq!(newer.files_since(&older).count(), 0);
    assert_eq!(newer.insert(key(2, 1), Digest::of(b"three")), Ok(None));
    assert_eq!(newer.insert(key(0x0200, 1), Digest::of(b"two, longer")), Ok(Some(Digest::of(b"two"))));
    let added: BTreeMap<String, Vec<u8>> = newer.files_since(&older).collect();
    // The top node, two lower ones, two bins.
    assert_eq!(added.len(), 5);
    assert!(added.keys().all(|path| !files.contains_key(path)));
    files.extend(added);
    let all: BTreeMap<String, Vec<u8>> = newer.files().collect();
    assert!(all.iter().all(|(path, bytes)| files.get(path) == Some(bytes)));
}

#[test]
fn every_changed_byte_of_a_lookup_is_refused() {
    let (page, wanted) = (Digest::of(b"page"), key(7, 7));
    let (index, files) = index(&[(key(7, 1), page), (wanted, page), (key(7, 9), page)]);
    let root = index.root();
    let good = parts(&root, &files, &wanted);
    for part in 0..3 {
        for at in 0..good[part].len() {
            let mut changed = good.clone();
            changed[part][at] ^= 1 << (at % 8);
            let [top, lower, bin] = &changed;
            let refused = lookup(&root, top, lower, bin, &wanted).unwrap_err();
            assert!(matches!(refused, IndexError::Hash { .. }), "part {part}, byte {at}: {refused}");
        }
    }
}

#[test]
fn parts_of_another_place_are_refused() {
    let page = Digest::of(b"page");
    let (index, files) = index(&[(key(7, 1), page), (key(0x0107, 1), page)]);
    let root = index.root();
    let [top, lower, bin] = parts(&root, &files, &key(7, 1));
    let [_, other_lower, other_bin] = parts(&root, &files, &key(0x0107, 1));
    let refused =
        |top: &[u8], lower: &[u8], bin: &[u8]| lookup(&root, top, lower, bin, &key(7, 1)).unwrap_err().to_string();
    let hash = |what, expected, found| format!("expected {what} with the hash {expected}, found one with {found}");
    let node = |bytes: &[u8]| Node256::parse(bytes).unwrap().hash();
    assert_eq!(refused(&lower, &lower, &bin), hash("the index's top node", root, node(&lower)));
    assert_eq!(refused(&top, &other_lower, &bin), hash("an index's lower node", node(&lower), node(&other_lower)));
    assert_eq!(refused(&top, &lower, &other_bin), hash("a bin", leaf_hash(&bin), leaf_hash(&other_bin)));
    // An empty bin in the place of a full one would hide a package.
    assert_eq!(refused(&top, &lower, b""), hash("a bin", leaf_hash(&bin), empty_bin()));
    for length in [0, 8191, 8193] {
        let expected = format!("expected an index node of 8192 bytes, found {length} bytes");
        assert_eq!(refused(&vec![0; length], &lower, &bin), expected);
        assert_eq!(refused(&top, &vec![0; length], &bin), expected);
    }
    let verified = VerifiedIndex::open(&root, &top).unwrap();
    assert_eq!(
        verified.get(&key(7, 1), &bin).unwrap_err().to_string(),
        "the lower node 0x00 of the index is not there yet"
    );
    assert_eq!(verified.missing_lower(0), Some(node(&lower)));
}

#[test]
fn a_bin_is_checked_as_a_whole() {
    let page = Digest::of(b"page");
    let refused = |entries: &[(Digest, Digest)]| Bin::parse(&bin(entries), 7).unwrap_err().to_string();
    let (one, two) = ((key(7, 1), page), (key(7, 2), page));
    let parsed = Bin::parse(&bin(&[one, two]), 7).unwrap();
    assert_eq!(parsed.entries(), [one, two]);
    assert_eq!(parsed.format(), bin(&[one, two]));
    assert_eq!(parsed.hash(), leaf_hash(&bin(&[one, two])));
    assert_eq!((parsed.get(&one.0), parsed.get(&key(7, 3))), (Some(page), None));
    assert_eq!(Bin::parse(b"", 7).unwrap().hash(), empty_bin());
    let order =
        |key| format!("expected the keys of bin 0x0007 in ascending order, none twice, found {key} out of order");
    assert_eq!(refused(&[two, one]), order(one.0));
    assert_eq!(refused(&[one, one]), order(one.0));
    assert_eq!(refused(&[one, (one.0, Digest::of(b"other"))]), order(one.0));
    let other = key(8, 1);
    assert_eq!(refused(&[one, (other, page)]), format!("expected the keys of bin 0x0007, found {other}"));
    for length in [1, 32, 63, 65, 127] {
        let bytes = &bin(&[one, two])[..length];
        assert_eq!(
            Bin::parse(bytes, 7).unwrap_err().to_string(),
            format!("expected a bin of 64 bytes for each entry, found {length} bytes")
        );
    }
}

#[test]
fn a_bin_has_a_cap() {
    let page = Digest::of(b"page");
    let many: Vec<(Digest, Digest)> = (0..=MAX_ENTRIES as u32)
        .map(|number| {
            let mut key = key(7, 0);
            key.0[2..6].copy_from_slice(&number.to_be_bytes());
            (key, page)
        })
        .collect();
    assert!(Bin::parse(&bin(&many[1..]), 7).is_ok());
    assert_eq!(bin(&many[1..]).len(), MAX_BIN);
    assert_eq!(
        Bin::parse(&bin(&many), 7).unwrap_err().to_string(),
        "expected a bin of at most 4096 entries, found 4097"
    );
}

#[test]
fn the_writer_keeps_to_the_cap() {
    let page = Digest::of(b"page");
    let numbered = |number: u32| {
        let mut key = key(7, 0);
        key.0[2..6].copy_from_slice(&number.to_be_bytes());
        key
    };
    let mut index = Index::new();
    for number in 0..MAX_ENTRIES as u32 {
        index.insert(numbered(number), page).unwrap();
    }
    let full = index.clone();
    assert_eq!(
        index.insert(numbered(1 << 20), page).unwrap_err().to_string(),
        "expected a bin of at most 4096 entries, found 4097"
    );
    assert_eq!(index, full);
    // A package that is there may still grow, and other bins are free.
    assert_eq!(index.insert(numbered(0), Digest::of(b"longer")), Ok(Some(page)));
    assert_eq!(index.insert(key(8, 0), page), Ok(None));
}

#[test]
fn nodes_hash_their_children_in_pairs() {
    let bytes: Vec<u8> = (0..256_u32).flat_map(|number| Digest::of(&number.to_be_bytes()).0).collect();
    let node = Node256::parse(&bytes).unwrap();
    assert_eq!(node.format(), bytes);
    let mut row: Vec<Digest> = (0..=255).map(|number| node.child(number)).collect();
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    assert_eq!(node.hash(), row[0]);
}
