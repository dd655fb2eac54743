//! The index: from package to page, a Merkle tree of 65,536 bins whose root stands in an epoch record.
//!
//! A package's key is the sha256 of `package\nNAME`, and pages about peers have theirs ([`key_of`]); a key's first 16 bits say in which bin it is. A bin holds pairs of key and page
//! digest, ascending, and is hashed as an RFC 6962 leaf. The tree over the bins' hashes is RFC 6962's, cut in two
//! levels of nodes with 256 children each: one top node, 256 lower ones. So both presence and absence are proven by two
//! nodes and one bin: [`lookup`], or [`VerifiedIndex`] for many keys under one root.

mod bin;
mod node;
mod proof;
#[cfg(test)]
mod tests;
mod verified;
mod writer;

pub use bin::{Bin, MAX_BIN, MAX_ENTRIES};
pub use node::{NODE_LENGTH, Node256};
pub use proof::prove_bin;
pub use verified::{VerifiedIndex, lookup};
pub use writer::Index;

use crate::digest::Digest;
use crate::merkle::leaf_hash;
use crate::record::Subject;

/// How many bins there are.
pub const BINS: usize = 1 << 16;

/// The key under which a package's page is found.
pub fn key_of_package(name: &str) -> Digest {
    Subject::Package(name).key()
}

/// The key under which a subject's page is found, by the subject or its name.
pub fn key_of<'a>(subject: impl Into<Subject<'a>>) -> Digest {
    subject.into().key()
}

/// The bin that a key is in: its first 16 bits.
pub fn bin_of(key: &Digest) -> u16 {
    u16::from_be_bytes([key.0[0], key.0[1]])
}

/// The hash of a bin without entries, which needs no file.
pub fn empty_bin() -> Digest {
    leaf_hash(b"")
}

/// Where a node of the index with this hash stands under the registry's base URL.
pub fn node_path(hash: &Digest) -> String {
    path("index", hash)
}

/// Where a bin with this hash stands.
pub fn bin_path(hash: &Digest) -> String {
    path("bin", hash)
}

/// Where a page with this digest stands.
pub fn page_path(digest: &Digest) -> String {
    path("page", digest)
}

/// Where content with this digest stands.
pub fn blob_path(digest: &Digest) -> String {
    path("blob", digest)
}

fn path(folder: &str, digest: &Digest) -> String {
    let hex = digest.to_string();
    format!("{folder}/{}/{hex}", &hex[..2])
}

/// A part of an index that is none, or not the one that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// A node of another length.
    #[error("expected an index node of {NODE_LENGTH} bytes, found {0} bytes")]
    NodeLength(usize),
    /// A node or a bin with another hash than the part above it says.
    #[error("expected {what} with the hash {expected}, found one with {found}")]
    Hash {
        /// Which part.
        what: &'static str,
        /// The hash that it should have.
        expected: Digest,
        /// The hash that it has.
        found: Digest,
    },
    /// A bin that is no row of pairs.
    #[error("expected a bin of 64 bytes for each entry, found {0} bytes")]
    BinLength(usize),
    /// A bin with more entries than [`MAX_ENTRIES`].
    #[error("expected a bin of at most {MAX_ENTRIES} entries, found {0}")]
    BinFull(usize),
    /// A bin whose keys do not ascend.
    #[error("expected the keys of bin {number:#06x} in ascending order, none twice, found {key} out of order")]
    BinOrder {
        /// The bin's number.
        number: u16,
        /// The key.
        key: Digest,
    },
    /// A key that belongs in another bin.
    #[error("expected the keys of bin {number:#06x}, found {key}")]
    BinKey {
        /// The bin's number.
        number: u16,
        /// The key.
        key: Digest,
    },
    /// A lookup below a lower node that is not there yet.
    #[error("the lower node {0:#04x} of the index is not there yet")]
    Missing(u8),
}
