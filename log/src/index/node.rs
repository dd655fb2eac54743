//! Nodes: the hashes of 256 children.

use super::IndexError;
use crate::digest::{Digest, LENGTH};
use crate::merkle::Row256;

/// Bytes of a node.
pub const NODE_LENGTH: usize = 256 * LENGTH;

/// A node of the index: the hashes of its 256 children, which are nodes below the top and bins below those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node256(Row256);

impl Node256 {
    /// Reads a node.
    ///
    /// # Errors
    /// Another length than [`NODE_LENGTH`].
    pub fn parse(bytes: &[u8]) -> Result<Node256, IndexError> {
        Row256::new(bytes.to_vec()).map(Node256).ok_or(IndexError::NodeLength(bytes.len()))
    }

    /// The node's bytes: what [`Node256::parse`] reads.
    pub fn format(&self) -> Vec<u8> {
        self.0.as_ref().to_vec()
    }

    /// The hash of a child.
    pub fn child(&self, number: u8) -> Digest {
        self.0.hash(number)
    }

    /// The node's hash, over its children's by RFC 6962's inner nodes: its name, and what the part above it holds.
    pub fn hash(&self) -> Digest {
        self.0.root()
    }
}

impl From<Row256> for Node256 {
    fn from(row: Row256) -> Node256 {
        Node256(row)
    }
}
