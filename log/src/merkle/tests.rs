use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Every tree of up to this many leaves is tried.
const MOST: u64 = 600;

/// RFC 6962 section 2.1 word by word, by recursion, with a memory of what was hashed.
struct Naive {
    leaves: Vec<Digest>,
    roots: HashMap<(u64, u64), Digest>,
}

impl Naive {
    fn new(count: u64) -> Naive {
        let leaves = (0..count).map(|entry| leaf_hash(&entry.to_be_bytes())).collect();
        Naive { leaves, roots: HashMap::new() }
    }

    /// The largest power of two smaller than `count`.
    fn split(count: u64) -> u64 {
        let mut k = 1;
        while 2 * k < count {
            k *= 2;
        }
        k
    }

    /// MTH(D[start:end]).
    fn root(&mut self, start: u64, end: u64) -> Digest {
        match end - start {
            0 => Digest::of(b""),
            1 => self.leaves[start as usize],
            count => {
                if let Some(root) = self.roots.get(&(start, end)) {
                    return *root;
                }
                let middle = start + Naive::split(count);
                let mut bytes = vec![1];
                bytes.extend(self.root(start, middle).0);
                bytes.extend(self.root(middle, end).0);
                let root = Digest::of(&bytes);
                self.roots.insert((start, end), root);
                root
            }
        }
    }

    /// PATH(m, D[start:end]), m counted from `start`.
    fn path(&mut self, m: u64, start: u64, end: u64) -> Vec<Digest> {
        if end - start == 1 {
            return Vec::new();
        }
        let k = Naive::split(end - start);
        if m < k {
            let mut path = self.path(m, start, start + k);
            path.push(self.root(start + k, end));
            path
        } else {
            let mut path = self.path(m - k, start + k, end);
            path.push(self.root(start, start + k));
            path
        }
    }

    /// SUBPROOF(m, D[start:end], whole).
    fn subproof(&mut self, m: u64, start: u64, end: u64, whole: bool) -> Vec<Digest> {
        let count = end - start;
        if m == count {
            return if whole { Vec::new() } else { vec![self.root(start, end)] };
        }
        let k = Naive::split(count);
        if m <= k {
            let mut proof = self.subproof(m, start, start + k, whole);
            proof.push(self.root(start + k, end));
            proof
        } else {
            let mut proof = self.subproof(m - k, start + k, end, false);
            proof.push(self.root(start, start + k));
            proof
        }
    }

    fn node(&mut self, level: u8, index: u64) -> Option<Digest> {
        let (start, end) = (index << level, (index + 1) << level);
        (end <= self.leaves.len() as u64).then(|| self.root(start, end))
    }
}

fn flipped(digest: Digest) -> Digest {
    let mut other = digest;
    other.0[17] ^= 4;
    other
}

#[test]
fn roots_of_certificate_transparencys_test_tree() {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Frontier::new();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(tree.root().to_string(), *root, "size {size}");
        if let Some(entry) = entries.get(size) {
            tree.push(leaf_hash(entry));
        }
    }
}

#[test]
fn the_frontier_has_the_root_of_every_size() {
    let mut naive = Naive::new(MOST);
    let mut tree = Frontier::new();
    for size in 0..=MOST {
        assert_eq!(tree.size(), size);
        assert_eq!(tree.root(), naive.root(0, size), "size {size}");
        assert_eq!(Frontier::from_parts(size, tree.roots().to_vec()).as_ref(), Some(&tree));
        if size < MOST {
            tree.push(naive.leaves[size as usize]);
        }
    }
}

#[test]
fn a_frontier_has_one_root_for_each_bit_of_its_size() {
    let some = Digest::of(b"");
    assert_eq!(Frontier::from_parts(0, vec![]), Some(Frontier::new()));
    assert_eq!(Frontier::from_parts(0, vec![some]), None);
    assert_eq!(Frontier::from_parts(6, vec![some]), None);
    assert_eq!(Frontier::from_parts(6, vec![some; 3]), None);
    assert!(Frontier::from_parts(MAX_SIZE, vec![some; 63]).is_some());
    assert_eq!(Frontier::from_parts(1 << 63, vec![some]), None);
    assert_eq!(Frontier::from_parts(u64::MAX, vec![some; 64]), None);
}

#[test]
fn every_inclusion_proof_is_rfc_6962s_and_verifies() {
    let mut naive = Naive::new(MOST);
    for size in 1..=MOST {
        let root = naive.root(0, size);
        for index in 0..size {
            let proof = prove_inclusion(index, size, |level, index| naive.node(level, index)).unwrap();
            assert_eq!(proof, naive.path(index, 0, size), "{index} of {size}");
            let leaf = naive.leaves[index as usize];
            assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()), "{index} of {size}");
        }
    }
}

#[test]
fn every_consistency_proof_is_rfc_6962s_and_verifies() {
    let mut naive = Naive::new(MOST);
    for size in 1..=MOST {
        let root = naive.root(0, size);
        for old in 0..=size {
            let old_root = naive.root(0, old);
            let proof = prove_consistency(old, size, |level, index| naive.node(level, index)).unwrap();
            let expected = if old == 0 { Vec::new() } else { naive.subproof(old, 0, size, true) };
            assert_eq!(proof, expected, "{old} of {size}");
            assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()), "{old} of {size}");
        }
    }
}

#[test]
fn an_inclusion_proof_changed_anywhere_is_refused() {
    let mut naive = Naive::new(70);
    for size in 1..=70 {
        let root = naive.root(0, size);
        for index in 0..size {
            let proof = naive.path(index, 0, size);
            let leaf = naive.leaves[index as usize];
            let check = |leaf, index, proof: &[Digest], root| verify_inclusion(&leaf, index, size, proof, &root);
            assert!(matches!(check(flipped(leaf), index, &proof, root), Err(ProofError::Root { .. })));
            assert!(matches!(check(leaf, index, &proof, flipped(root)), Err(ProofError::Root { .. })));
            for other in (0..size).filter(|other| *other != index) {
                assert!(check(leaf, other, &proof, root).is_err(), "{index} said to be {other} of {size}");
            }
            for place in 0..proof.len() {
                let mut changed = proof.clone();
                changed[place] = flipped(changed[place]);
                assert!(matches!(check(leaf, index, &changed, root), Err(ProofError::Root { .. })));
                changed.remove(place);
                assert!(matches!(check(leaf, index, &changed, root), Err(ProofError::Length { .. })));
            }
            let longer = [&proof[..], &[root]].concat();
            assert!(matches!(check(leaf, index, &longer, root), Err(ProofError::Length { .. })));
        }
    }
}

#[test]
fn a_consistency_proof_changed_anywhere_is_refused() {
    let mut naive = Naive::new(70);
    for size in 1..=70 {
        let root = naive.root(0, size);
        for old in 0..=size {
            let old_root = naive.root(0, old);
            let proof = prove_consistency(old, size, |level, index| naive.node(level, index)).unwrap();
            let check = |old_root, root, proof: &[Digest]| verify_consistency(old, &old_root, size, &root, proof);
            assert!(check(flipped(old_root), root, &proof).is_err(), "{old} of {size}");
            // Everything begins with the empty tree, so nothing is said of the newer one there.
            if old > 0 {
                assert!(check(old_root, flipped(root), &proof).is_err(), "{old} of {size}");
            }
            for place in 0..proof.len() {
                let mut changed = proof.clone();
                changed[place] = flipped(changed[place]);
                assert!(check(old_root, root, &changed).is_err(), "{old} of {size}");
                changed.remove(place);
                assert!(matches!(check(old_root, root, &changed), Err(ProofError::Length { .. })));
            }
            let longer = [&proof[..], &[root]].concat();
            assert!(matches!(check(old_root, root, &longer), Err(ProofError::Length { .. })));
        }
    }
}

#[test]
fn refusals_say_what_was_expected() {
    let some = Digest::of(b"");
    let none = |_: u8, _: u64| None;
    let refused = |result: Result<(), ProofError>| result.unwrap_err().to_string();
    assert_eq!(refused(verify_inclusion(&some, 3, 3, &[], &some)), "expected a place below the tree's size 3, found 3");
    assert_eq!(refused(verify_inclusion(&some, 0, 0, &[], &some)), "expected a place below the tree's size 0, found 0");
    assert_eq!(refused(verify_inclusion(&some, 0, 3, &[], &some)), "expected a proof of 2 hashes, found 0");
    let other = leaf_hash(b"");
    assert_eq!(
        refused(verify_inclusion(&some, 0, 1, &[], &other)),
        format!("the proof leads to the root {some}, not to {other}")
    );
    assert_eq!(
        refused(verify_consistency(4, &some, 3, &some, &[])),
        "expected an older tree of at most 3 leaves, found one of 4"
    );
    assert_eq!(refused(verify_consistency(3, &some, 7, &some, &[])), "expected a proof of 4 hashes, found 0");
    assert_eq!(refused(verify_consistency(4, &some, 7, &some, &[])), "expected a proof of 1 hashes, found 0");
    assert_eq!(refused(verify_consistency(0, &some, 7, &some, &[some])), "expected a proof of 0 hashes, found 1");
    assert_eq!(
        refused(verify_consistency(3, &other, 3, &some, &[])),
        format!("the proof starts from an older tree with the root {some}, not {other}")
    );
    assert_eq!(prove_inclusion(0, 7, none).unwrap_err().to_string(), "the hash over leaves 1 to 2 is not known");
    assert_eq!(
        prove_inclusion(9, 7, none).unwrap_err().to_string(),
        "expected a place below the tree's size 7, found 9"
    );
    assert_eq!(prove_consistency(6, 7, none).unwrap_err().to_string(), "the hash over leaves 4 to 6 is not known");
    assert_eq!(
        prove_consistency(8, 7, none).unwrap_err().to_string(),
        "expected an older tree of at most 7 leaves, found one of 8"
    );
}

/// A tree whose leaves are all the same has one hash for each level, so any size can be tried.
fn uniform() -> Vec<Digest> {
    let mut levels = vec![leaf_hash(b"same")];
    for level in 0..63 {
        levels.push(node_hash(&levels[level], &levels[level]));
    }
    levels
}

fn uniform_root(levels: &[Digest], size: u64) -> Digest {
    let roots = (0..64).rev().filter(|level| size >> level & 1 == 1).map(|level| levels[level]).collect::<Vec<_>>();
    fold(&roots)
}

proptest! {
    #[test]
    fn sizes_up_to_the_largest_number_are_proven(size in 1..=u64::MAX, index: u64, old: u64) {
        let levels = uniform();
        let (index, old) = (index % size, old % size);
        let node = |level: u8, index: u64| {
            assert!(index < size >> level);
            Some(levels[usize::from(level)])
        };
        let root = uniform_root(&levels, size);
        let proof = prove_inclusion(index, size, node).unwrap();
        prop_assert_eq!(verify_inclusion(&levels[0], index, size, &proof, &root), Ok(()));
        let proof = prove_consistency(old, size, node).unwrap();
        prop_assert_eq!(verify_consistency(old, &uniform_root(&levels, old), size, &root, &proof), Ok(()));
    }
}

#[test]
fn the_largest_sizes_are_proven() {
    let levels = uniform();
    let node = |level: u8, _: u64| Some(levels[usize::from(level)]);
    for size in [MAX_SIZE - 1, MAX_SIZE, 1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        let root = uniform_root(&levels, size);
        for place in [0, 1, size / 2, size - 2, size - 1] {
            let proof = prove_inclusion(place, size, node).unwrap();
            assert_eq!(verify_inclusion(&levels[0], place, size, &proof, &root), Ok(()), "{place} of {size}");
            let proof = prove_consistency(place, size, node).unwrap();
            let old_root = uniform_root(&levels, place);
            assert_eq!(verify_consistency(place, &old_root, size, &root, &proof), Ok(()), "{place} of {size}");
        }
    }
}
