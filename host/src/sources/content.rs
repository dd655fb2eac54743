//! Files that are named by their own hash.

use headlock_log::digest::Digest;
use headlock_log::index::{MAX_BIN, NODE_LENGTH, Node256, bin_path, blob_path, node_path, page_path};
use headlock_log::merkle::leaf_hash;
use headlock_log::page::MAX_PAGE;

/// The largest blob that is read into memory, in bytes.
pub const MAX_BLOB: u64 = 256 << 20;

/// A file that is named by its own hash, by the hash of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// A node of the index, by the RFC 6962 hash over its 256 children.
    Node(Digest),
    /// A bin of the index, by its RFC 6962 leaf hash.
    Bin(Digest),
    /// A page, by its sha256.
    Page(Digest),
    /// A release's content, by its sha256.
    Blob(Digest),
}

impl Content {
    /// Where it stands under a registry's base URL.
    pub fn path(&self) -> String {
        match self {
            Content::Node(hash) => node_path(hash),
            Content::Bin(hash) => bin_path(hash),
            Content::Page(digest) => page_path(digest),
            Content::Blob(digest) => blob_path(digest),
        }
    }

    /// How many bytes it may have.
    pub fn limit(&self) -> u64 {
        match self {
            Content::Node(_) => NODE_LENGTH as u64,
            Content::Bin(_) => MAX_BIN as u64,
            Content::Page(_) => MAX_PAGE as u64,
            Content::Blob(_) => MAX_BLOB,
        }
    }

    /// Checks bytes against the name.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        self.compare(match self {
            Content::Node(_) => Node256::parse(bytes).map_err(|error| error.to_string())?.hash(),
            Content::Bin(_) => leaf_hash(bytes),
            Content::Page(_) | Content::Blob(_) => Digest::of(bytes),
        })
    }

    /// Compares the hash of its kind that some bytes have with the name.
    ///
    /// # Errors
    /// As [`Content::check`].
    pub(super) fn compare(&self, found: Digest) -> Result<(), String> {
        let (what, expected) = match self {
            Content::Node(hash) => ("an index node with the hash", hash),
            Content::Bin(hash) => ("a bin with the hash", hash),
            Content::Page(digest) => ("a page with the sha256", digest),
            Content::Blob(digest) => ("content with the sha256", digest),
        };
        if *expected == found {
            return Ok(());
        }
        Err(format!("expected {what} {expected}, found {found}"))
    }
}
