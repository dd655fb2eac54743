//! An index that was committed to, held against the one over the records.

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use headlock_log::index::{Bin, Index, IndexError, MAX_BIN, NODE_LENGTH, Node256, bin_path, empty_bin, node_path};
use headlock_log::merkle::leaf_hash;

use crate::registry::store::Reader;

/// Packages that are looked into; more are passed over.
const MAX_PACKAGES: usize = 16;
/// Files of nodes and bins that are looked into.
const MAX_FILES: usize = 1024;

/// Where a committed index differs from the right one.
#[derive(Clone, Debug, Default)]
pub(super) struct Differences {
    /// Keys, and the pages that the committed index has for them; nothing if it has none.
    pub(super) pages: Vec<(Digest, Option<Digest>)>,
    /// Bins that are none, by number.
    pub(super) no_bins: Vec<(u16, IndexError)>,
    /// Whether files were missing.
    pub(super) partial: bool,
    /// Whether there is more than was looked into.
    pub(super) more: bool,
}

/// A file that is named by its hash; nothing if it is not there, or is something else.
pub(super) fn file(reader: &dyn Reader, path: &str, limit: usize, is: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    // What cannot be read tells nothing, like what is not there: the audit has its findings without it.
    reader.read(path, limit as u64).ok().flatten().filter(|bytes| is(bytes))
}

/// A node by its hash.
pub(in crate::registry::audit) fn node(reader: &dyn Reader, hash: &Digest) -> Option<Node256> {
    let is = |bytes: &[u8]| Node256::parse(bytes).is_ok_and(|node| node.hash() == *hash);
    Node256::parse(&file(reader, &node_path(hash), NODE_LENGTH, is)?).ok()
}

/// A bin by its hash; the empty one needs no file.
pub(in crate::registry::audit) fn bin(reader: &dyn Reader, hash: &Digest) -> Option<Vec<u8>> {
    if *hash == empty_bin() {
        return Some(Vec::new());
    }
    file(reader, &bin_path(hash), MAX_BIN, |bytes| leaf_hash(bytes) == *hash)
}

impl Differences {
    /// Reads the index with the root `found`, but for what it shares with the right one.
    pub(super) fn of(reader: &dyn Reader, right: &Index, found: &Digest) -> Differences {
        let mut differences = Differences::default();
        let Some(top) = node(reader, found) else {
            differences.partial = true;
            return differences;
        };
        let mut files = 0;
        for high in (0..=255).filter(|high| top.child(*high) != right.lower_hash(*high)) {
            let Some(lower) = node(reader, &top.child(high)) else {
                differences.partial = true;
                continue;
            };
            for low in 0..=255 {
                let number = u16::from_be_bytes([high, low]);
                if lower.child(low) == right.bin_hash(number) {
                    continue;
                }
                files += 1;
                if files > MAX_FILES || differences.pages.len() >= MAX_PACKAGES {
                    differences.more = true;
                    return differences;
                }
                match bin(reader, &lower.child(low)) {
                    Some(bytes) => differences.bin(number, &bytes, &right.bin(number)),
                    None => differences.partial = true,
                }
            }
        }
        differences
    }

    fn bin(&mut self, number: u16, bytes: &[u8], right: &Bin) {
        let shown = match Bin::parse(bytes, number) {
            Ok(shown) => shown,
            Err(error) => return self.no_bins.push((number, error)),
        };
        let mut pages: BTreeMap<Digest, Option<Digest>> = right.entries().iter().map(|(key, _)| (*key, None)).collect();
        pages.extend(shown.entries().iter().map(|(key, page)| (*key, Some(*page))));
        for (key, page) in pages.into_iter().filter(|(key, page)| *page != right.get(key)) {
            if self.pages.len() >= MAX_PACKAGES {
                self.more = true;
                return;
            }
            self.pages.push((key, page));
        }
    }
}
