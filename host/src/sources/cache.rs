//! Files of registries kept between runs. Nothing needs it, and nothing believes it: whoever takes a file from here
//! checks it like one from anywhere else, and a wrong one is fetched again and replaced.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use headlock_log::digest::Digest;

use crate::files::{open_regular, room};

/// A cache folder, or none.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
    log: String,
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
    pub(super) fn new(folder: Option<PathBuf>, origin: &str) -> Cache {
        Cache { folder, log: Digest::of(origin.as_bytes()).to_string() }
    }

    fn place(&self, keep: Keep, path: &str) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(match keep {
            Keep::ByHash => folder.join("content").join(path),
            Keep::ByLog => folder.join("logs").join(&self.log).join(path),
            Keep::Never => return None,
        })
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
        let Some(place) = self.place(keep, path) else { return };
        let write = || -> io::Result<()> {
            let folder = place.parent().ok_or_else(|| io::Error::other("no folder"))?;
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(".headlock-").tempfile_in(folder)?;
            file.write_all(bytes)?;
            file.persist(&place).map_err(|error| error.error)?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::debug!(path = %place.display(), %error, "not kept in the cache");
        }
    }
}
