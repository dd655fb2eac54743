//! Looking keys up, with every part checked against the part above it.

use std::collections::BTreeMap;

use super::{Bin, IndexError, Node256, bin_of, empty_bin};
use crate::digest::Digest;
use crate::merkle::leaf_hash;

/// Looks one key up under an index's root, given the top node, the lower node and the bin that lead to it. The empty
/// bin is no bytes. Nothing: the index proves that the key is absent.
///
/// # Errors
/// A part that is none, or whose hash is not the one that the part above it says.
pub fn lookup(root: &Digest, top: &[u8], lower: &[u8], bin: &[u8], key: &Digest) -> Result<Option<Digest>, IndexError> {
    let mut index = VerifiedIndex::open(root, top)?;
    index.insert(VerifiedIndex::lower_of(key), lower)?;
    index.get(key, bin)
}

/// Nodes of one index that are proven against its root: first the top one, then lower ones, each hashed once however
/// many keys are looked up below it.
#[derive(Clone, Debug)]
pub struct VerifiedIndex {
    top: Node256,
    lower: BTreeMap<u8, Node256>,
}

impl VerifiedIndex {
    /// Takes the top node.
    ///
    /// # Errors
    /// Not a node, or not the one with the root as its hash.
    pub fn open(root: &Digest, top: &[u8]) -> Result<VerifiedIndex, IndexError> {
        let top = Node256::parse(top)?;
        check_hash("the index's top node", *root, top.hash())?;
        Ok(VerifiedIndex { top, lower: BTreeMap::new() })
    }

    /// The number of the lower node above the bin of a key.
    pub fn lower_of(key: &Digest) -> u8 {
        bin_of(key).to_be_bytes()[0]
    }

    /// The hash of a lower node, by which its file is named; nothing if it is there already.
    pub fn missing_lower(&self, number: u8) -> Option<Digest> {
        (!self.lower.contains_key(&number)).then(|| self.top.child(number))
    }

    /// Takes a lower node.
    ///
    /// # Errors
    /// Not a node, or not the one that the top node names.
    pub fn insert(&mut self, number: u8, bytes: &[u8]) -> Result<(), IndexError> {
        self.insert_node(number, Node256::parse(bytes)?)
    }

    /// Takes a lower node that has been read.
    ///
    /// # Errors
    /// Not the one that the top node names.
    pub fn insert_node(&mut self, number: u8, node: Node256) -> Result<(), IndexError> {
        check_hash("an index's lower node", self.top.child(number), node.hash())?;
        self.lower.insert(number, node);
        Ok(())
    }

    /// The hash of the bin of a key, by which its file is named. The bin with the hash [`empty_bin`] has no file.
    ///
    /// # Errors
    /// The lower node above it is not there.
    pub fn bin(&self, key: &Digest) -> Result<Digest, IndexError> {
        let [high, low] = bin_of(key).to_be_bytes();
        self.lower.get(&high).map(|node| node.child(low)).ok_or(IndexError::Missing(high))
    }

    /// Whether the bin of a key is empty, so that the key is absent without a look at any file.
    ///
    /// # Errors
    /// The lower node above it is not there.
    pub fn is_bin_empty(&self, key: &Digest) -> Result<bool, IndexError> {
        Ok(self.bin(key)? == empty_bin())
    }

    /// Looks a key up, given its bin; the empty bin is no bytes. Nothing: the index proves that the key is absent.
    ///
    /// # Errors
    /// The lower node is not there, the bin is not the one that it names, or is no bin.
    pub fn get(&self, key: &Digest, bin: &[u8]) -> Result<Option<Digest>, IndexError> {
        check_hash("a bin", self.bin(key)?, leaf_hash(bin))?;
        Ok(Bin::parse(bin, bin_of(key))?.get(key))
    }
}

fn check_hash(what: &'static str, expected: Digest, found: Digest) -> Result<(), IndexError> {
    if expected == found { Ok(()) } else { Err(IndexError::Hash { what, expected, found }) }
}
