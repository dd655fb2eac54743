//! Nodes: the hashes of 256 children.

use super::IndexError;
use crate::digest::{Digest, LENGTH};
use crate::merkle::subtree_root;

/// Bytes of a node.
pub const NODE_LENGTH: usize = 256 * LENGTH;

/// A node of the index: the hashes of its 256 children, which are nodes below the top and bins below those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node256(Vec<Digest>);

impl Node256 {
    /// The node over children that are 256 already.
    pub(super) fn of(children: Vec<Digest>) -> Node256 {
        Node256(children)
    }

    /// Reads a node.
    ///
    /// # Errors
    /// Another length than [`NODE_LENGTH`].
    pub fn parse(bytes: &[u8]) -> Result<Node256, IndexError> {
        match bytes.as_chunks::<LENGTH>() {
            (children, []) if children.len() == 256 => Ok(Node256(children.iter().copied().map(Digest).collect())),
            _ => Err(IndexError::NodeLength(bytes.len())),
        }
    }

    /// The node's bytes: what [`Node256::parse`] reads.
    pub fn format(&self) -> Vec<u8> {
        self.0.iter().flat_map(|child| child.0).collect()
    }

    /// The hash of a child.
    pub fn child(&self, number: u8) -> Digest {
        self.0[usize::from(number)]
    }

    /// The node's hash, over its children's by RFC 6962's inner nodes: its name, and what the part above it holds.
    pub fn hash(&self) -> Digest {
        subtree_root(&self.0)
    }
}
