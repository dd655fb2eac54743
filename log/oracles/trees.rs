//! Trees and proofs: what every oracle of them is asked.

use std::cell::RefCell;

use headlock_log::digest::Digest;
use headlock_log::merkle::{ProofError, empty_root, leaf_hash, verify_consistency, verify_inclusion};
use proptest::prelude::*;

use crate::ours::{Ours, entry};
use crate::runner;

/// Another implementation of trees. It knows the tree whose entry i is `entry i`, as far as it has grown.
pub(crate) trait Trees {
    /// Largest size that it can reckon with.
    const LARGEST: u64;

    /// Lets the tree have at least `size` entries.
    fn grow(&mut self, size: u64);
    fn leaf(&mut self, entry: &[u8]) -> Digest;
    /// `size` is neither 0 nor beyond what has grown, in all of these.
    fn root(&mut self, size: u64) -> Digest;
    fn inclusion(&mut self, size: u64, places: &[u64]) -> Vec<Vec<Digest>>;
    fn consistency(&mut self, size: u64, olds: &[u64]) -> Vec<Vec<Digest>>;
    /// Which of the claims are proven.
    fn hold(&mut self, claims: &[Claim]) -> Vec<bool>;
}

/// A statement and what should prove it.
#[derive(Clone, Debug)]
pub(crate) enum Claim {
    /// The entry stands at the place in the tree.
    Inclusion { entry: Vec<u8>, place: u64, size: u64, root: Digest, proof: Vec<Digest> },
    /// The old tree, not empty, is the beginning of the tree.
    Consistency { old: u64, old_root: Digest, size: u64, root: Digest, proof: Vec<Digest> },
}

impl Claim {
    fn check(&self) -> Result<(), ProofError> {
        match self {
            Claim::Inclusion { entry, place, size, root, proof } => {
                verify_inclusion(&leaf_hash(entry), *place, *size, proof, root)
            }
            Claim::Consistency { old, old_root, size, root, proof } => {
                verify_consistency(*old, old_root, *size, root, proof)
            }
        }
    }

    fn with_proof(&self, proof: Vec<Digest>) -> Claim {
        let mut claim = self.clone();
        match &mut claim {
            Claim::Inclusion { proof: old, .. } | Claim::Consistency { proof: old, .. } => *old = proof,
        }
        claim
    }

    fn proof(&self) -> &[Digest] {
        match self {
            Claim::Inclusion { proof, .. } | Claim::Consistency { proof, .. } => proof,
        }
    }

    /// Claims like this one, which holds, of which none does.
    fn wrong(&self) -> Vec<Claim> {
        let mut wrong = Vec::new();
        let proof = self.proof();
        let flipped = |digest: &Digest, bit: usize| {
            let mut digest = *digest;
            digest.0[bit / 8] ^= 1 << (bit % 8);
            digest
        };
        for place in 0..proof.len() {
            let mut changed = proof.to_vec();
            changed[place] = flipped(&proof[place], 37 * place % 256);
            wrong.push(self.with_proof(changed));
            let mut shorter = proof.to_vec();
            shorter.remove(place);
            wrong.push(self.with_proof(shorter));
            let mut longer = proof.to_vec();
            longer.insert(place, proof[place]);
            wrong.push(self.with_proof(longer));
        }
        wrong.push(self.with_proof([&[Digest([0; 32])], proof].concat()));
        wrong.push(self.with_proof([proof, &[Digest([0; 32])]].concat()));
        let mut change = |change: &dyn Fn(&mut Claim)| {
            let mut claim = self.clone();
            change(&mut claim);
            wrong.push(claim);
        };
        change(&|claim| match claim {
            Claim::Inclusion { root, .. } | Claim::Consistency { root, .. } => *root = flipped(root, 200),
        });
        change(&|claim| match claim {
            Claim::Inclusion { entry, .. } => entry.push(b'!'),
            Claim::Consistency { old_root, .. } => *old_root = flipped(old_root, 0),
        });
        change(&|claim| match claim {
            Claim::Inclusion { place, size, .. } => *place = *size,
            Claim::Consistency { old, size, .. } => *old = *size + 1,
        });
        wrong
    }

    /// Claims like this one, of which some may hold, since a proof does not say of which tree it is.
    fn other(&self) -> Vec<Claim> {
        let mut other = Vec::new();
        let proof = self.proof();
        for place in 1..proof.len() {
            let mut swapped = proof.to_vec();
            swapped.swap(place - 1, place);
            other.push(self.with_proof(swapped));
        }
        other.push(self.with_proof(proof.iter().rev().copied().collect()));
        for bit in 0..10 {
            let mut claim = self.clone();
            match &mut claim {
                Claim::Inclusion { place, .. } => *place ^= 1 << bit,
                Claim::Consistency { old, .. } => *old ^= 1 << bit,
            }
            other.push(claim);
            let mut claim = self.clone();
            match &mut claim {
                Claim::Inclusion { size, .. } | Claim::Consistency { size, .. } => *size ^= 1 << bit,
            }
            other.push(claim);
        }
        other.retain(|claim| match claim {
            Claim::Inclusion { size, .. } => *size > 0,
            Claim::Consistency { old, size, .. } => *size > 0 && *old > 0,
        });
        other
    }
}

/// Every tree of 1 to `most` entries: root, and proofs made and checked on either side: all of them up to where a second
/// tile begins, of the larger trees one in eleven.
pub(crate) fn every_small_tree(oracle: &mut impl Trees, most: u64) {
    let ours = Ours::new(most);
    oracle.grow(most);
    for size in 1..=most {
        assert_eq!(oracle.leaf(&entry(size - 1)), ours.leaf(size - 1), "leaf {}", size - 1);
        assert_eq!(oracle.root(size), ours.root(size), "root of {size}");
        let step = if size <= 260 { 1 } else { 11 };
        let places: Vec<u64> = (size % step..size).step_by(step as usize).collect();
        let olds: Vec<u64> = places.iter().map(|place| place + 1).collect();
        compare(oracle, &ours, size, &places, &olds, false);
    }
}

/// Trees of many entries: proofs at and around the places where tiles begin and end.
pub(crate) fn large_trees(oracle: &mut impl Trees) {
    const SIZES: [u64; 9] = [255, 256, 257, 511, 4096, 65_535, 65_536, 65_537, 66_049];
    let ours = Ours::new(SIZES[SIZES.len() - 1]);
    oracle.grow(ours.size());
    for size in SIZES {
        assert_eq!(oracle.root(size), ours.root(size), "root of {size}");
        let near = [0, 256, 512, 32_768, 65_280, 65_536, size / 3, size];
        let near = near.iter().flat_map(|place: &u64| place.saturating_sub(1)..=place + 1);
        let mut places: Vec<u64> = near.filter(|place| *place < size).collect();
        places.sort_unstable();
        places.dedup();
        let olds: Vec<u64> = places.iter().map(|place| place + 1).collect();
        compare(oracle, &ours, size, &places, &olds, true);
    }
}

/// Wrong proofs of trees of 1 to `most` entries.
pub(crate) fn every_wrong_proof(oracle: &mut impl Trees, most: u64) {
    let ours = Ours::new(most);
    oracle.grow(most);
    for size in 1..=most {
        let places: Vec<u64> = (0..size).collect();
        let olds: Vec<u64> = (1..=size).collect();
        compare(oracle, &ours, size, &places, &olds, true);
    }
}

/// Makes the proofs on both sides and lets both check them; and such as are wrong, if asked to.
fn compare(oracle: &mut impl Trees, ours: &Ours, size: u64, places: &[u64], olds: &[u64], wrong_ones: bool) {
    let inclusion = ours.inclusion(size, places);
    let consistency = ours.consistency(size, olds);
    assert_eq!(oracle.inclusion(size, places), inclusion, "inclusion in {size}");
    assert_eq!(oracle.consistency(size, olds), consistency, "consistency with {size}");
    let root = ours.root(size);
    let included = places.iter().zip(inclusion);
    let included =
        included.map(|(place, proof)| Claim::Inclusion { entry: entry(*place), place: *place, size, root, proof });
    let consistent = olds.iter().zip(consistency);
    let consistent =
        consistent.map(|(old, proof)| Claim::Consistency { old: *old, old_root: ours.root(*old), size, root, proof });
    let claims: Vec<Claim> = included.chain(consistent).collect();
    for (claim, theirs) in claims.iter().zip(oracle.hold(&claims)) {
        assert_eq!((claim.check(), theirs), (Ok(()), true), "{claim:?}");
    }
    if !wrong_ones {
        return;
    }
    let wrong: Vec<Claim> = claims.iter().flat_map(Claim::wrong).collect();
    for (claim, theirs) in wrong.iter().zip(oracle.hold(&wrong)) {
        assert!(claim.check().is_err() && !theirs, "ours: {:?}, theirs: {theirs}: {claim:?}", claim.check());
    }
    let other: Vec<Claim> = claims.iter().flat_map(Claim::other).collect();
    for (claim, theirs) in other.iter().zip(oracle.hold(&other)) {
        assert_eq!(claim.check().is_ok(), theirs, "ours: {:?}: {claim:?}", claim.check());
    }
}

/// Proofs of trees of any size, up to the largest: no tree is needed for them, since any hashes prove some root. Ours
/// says how many hashes a proof has and which root they lead to; the oracle must find the same.
pub(crate) fn proofs_of_any_size<T: Trees>(oracle: &mut T, cases: u32) {
    let sizes = (0..63u32).prop_flat_map(|bits| {
        let top = 1u64 << bits;
        let near = prop_oneof![Just(top), Just(top - 1), Just(top + 1), top..=(top | (top - 1))];
        near.prop_map(|size| size.clamp(1, T::LARGEST))
    });
    let shapes = (sizes, any::<prop::sample::Index>(), any::<[u8; 32]>());
    let shapes =
        shapes.prop_map(|(size, index, seed)| (size, index.index(size.min(usize::MAX as u64) as usize) as u64, seed));
    let oracle = RefCell::new(oracle);
    let mut runner = runner(cases);
    let result = runner.run(&shapes, |(size, place, seed)| {
        let hash = |number: usize| Digest::of(&[&seed[..], &number.to_be_bytes()].concat());
        let zero = Digest([0; 32]);
        let mut claims = vec![
            Claim::Inclusion { entry: seed.to_vec(), place, size, root: zero, proof: Vec::new() },
            Claim::Consistency { old: place + 1, old_root: zero, size, root: zero, proof: Vec::new() },
        ];
        for claim in &mut claims {
            if let Err(ProofError::Length { expected, .. }) = claim.check() {
                *claim = claim.with_proof((0..expected).map(hash).collect());
            }
            if let (Err(ProofError::OldRoot { found, .. }), Claim::Consistency { old_root, .. }) =
                (claim.check(), &mut *claim)
            {
                *old_root = found;
            }
            if let (
                Err(ProofError::Root { found, .. }),
                Claim::Inclusion { root, .. } | Claim::Consistency { root, .. },
            ) = (claim.check(), &mut *claim)
            {
                *root = found;
            }
            prop_assert_eq!(claim.check(), Ok(()));
        }
        let theirs = oracle.borrow_mut().hold(&claims);
        prop_assert_eq!(theirs, vec![true, true], "{:?}", &claims);
        let wrong: Vec<Claim> =
            claims.iter().flat_map(Claim::wrong).filter(|claim| claim.is_within(T::LARGEST)).collect();
        let theirs = oracle.borrow_mut().hold(&wrong);
        for (claim, theirs) in wrong.iter().zip(theirs) {
            prop_assert!(claim.check().is_err() && !theirs, "{:?}", claim);
        }
        Ok(())
    });
    result.unwrap();
}

impl Claim {
    fn is_within(&self, largest: u64) -> bool {
        match self {
            Claim::Inclusion { place, size, .. } => *place <= largest && *size <= largest,
            Claim::Consistency { old, size, .. } => *old <= largest && *size <= largest,
        }
    }
}

/// What C2SP's tlog-witness says of the empty tree, of which the oracles do not speak.
#[test]
fn the_empty_tree_is_the_beginning_of_every_tree_by_the_empty_proof_alone() {
    let ours = Ours::new(9);
    for size in 0..=9 {
        let root = ours.root(size);
        assert_eq!(verify_consistency(0, &empty_root(), size, &root, &[]), Ok(()));
        assert!(verify_consistency(0, &empty_root(), size, &root, &[root]).is_err());
        if size > 0 {
            assert!(verify_consistency(0, &root, size, &root, &[]).is_err());
        }
    }
}
