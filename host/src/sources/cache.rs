//! Files of registries kept between runs. Nothing needs it, and nothing believes it: whoever takes a file from here
//! checks it like one from anywhere else, and a wrong one is fetched again and replaced.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use headlock_log::digest::Digest;

use super::copies::Copies;
use crate::bundle::{by_hash, of_log};
use crate::files::{open_regular, room};

/// A cache folder, or none.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
    /// The sha256 of the log's origin.
    log: Digest,
    copies: Option<Arc<Copies>>,
}

/// Where a file is kept below a folder; nothing for one that is not.
pub(super) fn place(folder: &Path, keep: Keep, log: &Digest, path: &str) -> Option<PathBuf> {
    Some(match keep {
        Keep::ByHash => folder.join(by_hash(path)),
        Keep::ByLog => folder.join(of_log(log, path)),
        Keep::Never => return None,
    })
}

fn write(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = place.parent().ok_or_else(|| io::Error::other("no folder"))?;
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".headlock-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(place).map_err(|error| error.error)?;
    Ok(())
}

/// By what a file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// By its hash, whatever log it is from.
    ByHash,
    /// By its path in the log.
    ByLog,
    /// Not at all: it holds more than was proven.
    Never,
}

impl Cache {
    /// The cache for one log's files.
    pub(super) fn new(folder: Option<PathBuf>, origin: &str, copies: Option<Arc<Copies>>) -> Cache {
        Cache { folder, log: Digest::of(origin.as_bytes()), copies }
    }

    fn place(&self, keep: Keep, path: &str) -> Option<PathBuf> {
        place(self.folder.as_ref()?, keep, &self.log, path)
    }

    /// A file of at most `limit` bytes, unchecked.
    pub(super) fn get(&self, keep: Keep, path: &str, limit: u64) -> Option<Vec<u8>> {
        let place = self.place(keep, path)?;
        let file = open_regular(&place).ok()?;
        let mut bytes = Vec::with_capacity(room(file.metadata().ok()?.len(), limit));
        file.take(limit + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= limit).then_some(bytes)
    }

    /// Keeps a file that was checked. Failing to is no failure.
    pub(super) fn put(&self, keep: Keep, path: &str, bytes: &[u8]) {
        self.copy(keep, path, bytes);
        let Some(place) = self.place(keep, path) else { return };
        if let Err(error) = write(&place, bytes) {
            tracing::debug!(path = %place.display(), %error, "not kept in the cache");
        }
    }

    /// Copies a file that was checked, for whoever wants copies of all that were.
    pub(super) fn copy(&self, keep: Keep, path: &str, bytes: &[u8]) {
        if let Some(copies) = &self.copies
            && let Some(place) = copies.place(keep, &self.log, path)
        {
            copies.note(write(&place, bytes));
        }
    }
}
