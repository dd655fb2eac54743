//! 256 hashes in a row: what tiles of a log and nodes of an index are.

use super::subtree_root;
use crate::digest::{Digest, LENGTH};

/// 256 hashes and the root of the subtree over them: a full tile of a log, a node of an index. The root is computed once,
/// by whoever makes a row, and cannot be another.
#[derive(Clone, PartialEq, Eq)]
pub struct Row256 {
    bytes: Vec<u8>,
    root: Digest,
}

impl Row256 {
    /// Bytes of a row.
    pub const LENGTH: usize = 256 * LENGTH;

    /// Reads a row; nothing if there are more bytes or fewer than [`Row256::LENGTH`].
    pub fn new(bytes: Vec<u8>) -> Option<Row256> {
        if bytes.len() != Row256::LENGTH {
            return None;
        }
        let hashes: Vec<Digest> = bytes.chunks_exact(LENGTH).filter_map(Digest::from_slice).collect();
        Some(Row256 { root: subtree_root(&hashes), bytes })
    }

    /// A hash of the row.
    pub fn hash(&self, number: u8) -> Digest {
        let start = usize::from(number) * LENGTH;
        let mut hash = Digest([0; LENGTH]);
        hash.0.copy_from_slice(&self.bytes[start..start + LENGTH]);
        hash
    }

    /// The root of the subtree over the row, by RFC 6962's inner nodes.
    pub fn root(&self) -> Digest {
        self.root
    }

    /// The hashes, one behind the other.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl AsRef<[u8]> for Row256 {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for Row256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row256").field("root", &self.root).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_its_bytes_and_their_root() {
        let bytes: Vec<u8> = (0..Row256::LENGTH).map(|place| (place % 251) as u8).collect();
        let row = Row256::new(bytes.clone()).unwrap();
        let hashes: Vec<Digest> = bytes.chunks_exact(LENGTH).filter_map(Digest::from_slice).collect();
        assert_eq!(row.root(), subtree_root(&hashes));
        assert_eq!([row.hash(0), row.hash(7), row.hash(255)], [hashes[0], hashes[7], hashes[255]]);
        assert_eq!(row.as_ref(), bytes);
        assert_eq!(format!("{row:?}"), format!("Row256 {{ root: {}, .. }}", row.root()));
        assert_eq!(row.into_bytes(), bytes);
        assert!(Row256::new(bytes[1..].to_vec()).is_none() && Row256::new([&bytes[..], &[0]].concat()).is_none());
    }
}
