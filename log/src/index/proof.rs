//! Proving that a bin is in an index with fewer bytes than its nodes have: the index is the RFC 6962 tree over its bins.

use super::{BINS, Node256};
use crate::digest::Digest;
use crate::merkle::{ProofError, prove_inclusion, subtree_root};

/// The levels of the tree below the hashes of the lower nodes.
const BELOW: u8 = 8;

/// Makes the inclusion proof of a bin, by its number, out of the top node and the lower node above the bin:
/// [`crate::merkle::verify_inclusion`] checks it against the index's root, the tree's size being [`BINS`] and the leaf
/// the bin's hash. That the nodes are those of the index is for whoever calls this to know.
///
/// # Errors
/// None, for nodes: they have all hashes of the proof.
pub fn prove_bin(top: &Node256, lower: &Node256, number: u16) -> Result<Vec<Digest>, ProofError> {
    prove_inclusion(u64::from(number), BINS as u64, |level, index| {
        let (node, level) = if level < BELOW { (lower, level) } else { (top, level - BELOW) };
        let first = index << level;
        // The lowest eight bits of a hash's number say where in its node it is.
        let children: Vec<Digest> = (first..first + (1 << level)).map(|child| node.child(child as u8)).collect();
        Some(subtree_root(&children))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Index, VerifiedIndex, bin_of, key_of_package, node_path};
    use crate::merkle::{leaf_hash, verify_inclusion};

    #[test]
    fn every_bin_is_proven_in_the_index_and_nowhere_else() {
        let mut index = Index::new();
        let keys: Vec<Digest> = (0..40).map(|number| key_of_package(&format!("a:p{number}"))).collect();
        keys.iter().for_each(|key| drop(index.insert(*key, *key)));
        let files: std::collections::BTreeMap<String, Vec<u8>> = index.files().collect();
        let node = |hash: &Digest| Node256::parse(&files[&node_path(hash)]).unwrap();
        let top = node(&index.root());
        let absent = key_of_package("a:none");
        for key in keys.iter().chain([&absent]) {
            let (number, lower) = (bin_of(key), node(&top.child(VerifiedIndex::lower_of(key))));
            let proof = prove_bin(&top, &lower, number).unwrap();
            assert_eq!(proof.len(), 16);
            let bin = index.bin(number);
            assert_eq!(bin.get(key), (*key != absent).then_some(*key));
            let leaf = leaf_hash(&bin.format());
            let verify = |number: u16| verify_inclusion(&leaf, number.into(), BINS as u64, &proof, &index.root());
            verify(number).unwrap();
            // Of an empty bin among empty ones the proof is that of its neighbours.
            if *key != absent {
                verify(number ^ 1).unwrap_err();
                verify(number ^ 0x100).unwrap_err();
            }
        }
    }
}
