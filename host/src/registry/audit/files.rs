//! Files that follow from the entries, compared with those that a registry shows.

use std::collections::BTreeSet;

use headlock_log::digest::Digest;
use headlock_log::index::page_path;
use headlock_log::page::MAX_PAGE;
use headlock_log::tile::Tile;

use super::Findings;
use super::fold::Fold;
use crate::error::Result;
use crate::registry::Step;
use crate::registry::store::Reader;
use crate::registry::tree::Contents;

/// What comparing came to.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Files with another content.
    pub(super) wrong: Vec<String>,
    /// Files that are not there.
    pub(super) missing: Findings<String>,
}

impl Compared {
    /// Compares tiles. Bundles among them are passed over: they are what the tiles were made from.
    pub(super) fn tiles(&mut self, reader: &dyn Reader, expected: Contents) -> Result<()> {
        for (path, bytes) in expected {
            if path.starts_with("tile/entries/") {
                continue;
            }
            match reader.read(&path, limit(bytes.len()))? {
                Some(found) => self.compare(path, found == bytes),
                // A partial tile may be gone once it is full.
                None => match full(&path) {
                    Some(full) => match reader.read(&full.path(), limit(full.length()))? {
                        Some(found) => self.compare(full.path(), found.starts_with(&bytes)),
                        None => self.missing.push(path),
                    },
                    None => self.missing.push(path),
                },
            }
        }
        Ok(())
    }

    /// Compares the pages and the index of the newest epoch.
    pub(super) fn derived(&mut self, reader: &dyn Reader, fold: &Fold, progress: &mut dyn FnMut(Step)) -> Result<()> {
        for (done, digest) in (1..).zip(fold.page_digests()) {
            let path = page_path(&digest);
            match reader.read(&path, limit(MAX_PAGE))? {
                Some(found) => self.compare(path, Digest::of(&found) == digest),
                None => self.missing.push(path),
            }
            progress(Step::Files { done, of: fold.page_count() });
        }
        let mut seen = BTreeSet::new();
        for (path, bytes) in fold.index().files() {
            if !seen.insert(path.clone()) {
                continue;
            }
            match reader.read(&path, limit(bytes.len()))? {
                Some(found) => self.compare(path, found == bytes),
                None => self.missing.push(path),
            }
        }
        Ok(())
    }

    fn compare(&mut self, path: String, same: bool) {
        if !same {
            self.wrong.push(path);
        }
    }
}

/// How much to read of a file that should have `expected` bytes: enough to see that it is another one.
fn limit(expected: usize) -> u64 {
    expected as u64 + (1 << 20)
}

fn full(path: &str) -> Option<Tile> {
    Tile::parse(path).ok().filter(|tile| !tile.is_full()).map(Tile::full)
}
