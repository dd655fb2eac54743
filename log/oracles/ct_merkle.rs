//! The crate `ct-merkle`: RFC 6962 by places of nodes in an array, where the others recurse.

use ::ct_merkle::mem_backed_tree::MemoryBackedTree;
use ::ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use headlock_log::digest::Digest;
use sha2::Sha256;

use crate::ours::entry;
use crate::trees::{self, Claim, Trees};

/// The crate's tree knows its present size only, so it is grown to what is asked for.
#[derive(Default)]
struct Crate(MemoryBackedTree<Sha256, Vec<u8>>);

impl Crate {
    fn at(&mut self, size: u64) -> &MemoryBackedTree<Sha256, Vec<u8>> {
        if self.0.len() > size {
            *self = Crate::default();
        }
        for place in self.0.len()..size {
            self.0.push(entry(place));
        }
        &self.0
    }
}

fn root_hash(root: &Digest, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

fn digests(bytes: &[u8]) -> Vec<Digest> {
    bytes.chunks(32).map(|hash| Digest::from_slice(hash).unwrap()).collect()
}

fn bytes(proof: &[Digest]) -> Vec<u8> {
    proof.iter().flat_map(|digest| digest.0).collect()
}

impl Trees for Crate {
    const LARGEST: u64 = i64::MAX as u64 - 1;

    fn grow(&mut self, _: u64) {}

    fn leaf(&mut self, entry: &[u8]) -> Digest {
        // The root of a tree of one entry.
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        tree.push(entry.to_vec());
        Digest::from_slice(tree.root().as_bytes()).unwrap()
    }

    fn root(&mut self, size: u64) -> Digest {
        Digest::from_slice(self.at(size).root().as_bytes()).unwrap()
    }

    fn inclusion(&mut self, size: u64, places: &[u64]) -> Vec<Vec<Digest>> {
        let tree = self.at(size);
        places.iter().map(|place| digests(tree.prove_inclusion(*place as usize).as_bytes())).collect()
    }

    fn consistency(&mut self, size: u64, olds: &[u64]) -> Vec<Vec<Digest>> {
        let tree = self.at(size);
        olds.iter().map(|old| digests(tree.prove_consistency((size - old) as usize).as_bytes())).collect()
    }

    fn hold(&mut self, claims: &[Claim]) -> Vec<bool> {
        let holds = |claim: &Claim| match claim {
            Claim::Inclusion { entry, place, size, root, proof } => {
                let proof = InclusionProof::try_from_bytes(bytes(proof)).unwrap();
                root_hash(root, *size).verify_inclusion(entry, *place, &proof).is_ok()
            }
            Claim::Consistency { old, old_root, size, root, proof } => {
                let proof = ConsistencyProof::try_from_bytes(bytes(proof)).unwrap();
                root_hash(root, *size).verify_consistency(&root_hash(old_root, *old), &proof).is_ok()
            }
        };
        claims.iter().map(holds).collect()
    }
}

asked! { Some(Crate::default());
    every_small_tree: |oracle| trees::every_small_tree(oracle, 600);
    every_wrong_proof: |oracle| trees::every_wrong_proof(oracle, 40);
    large_trees: trees::large_trees;
    proofs_of_any_size: |oracle| trees::proofs_of_any_size(oracle, 256);
}
