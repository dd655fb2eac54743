//! Copies of all files that were read and proven: what a bundle is made of.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use headlock_log::digest::Digest;

use super::cache::{Keep, place};
use crate::bundle::Part;
use crate::error::{Error, Result};

/// Where copies go.
#[derive(Debug)]
enum Folder {
    /// A temporary folder, laid out as the cache.
    Bundle(tempfile::TempDir),
    /// A folder of mirrors, one for each log.
    Mirrors(PathBuf),
}

/// A folder of copies. A file that could not be copied is told when all is done.
#[derive(Debug)]
pub struct Copies {
    folder: Folder,
    failure: Mutex<Option<io::Error>>,
}

impl Copies {
    /// None yet.
    ///
    /// # Errors
    /// Could not check: no temporary folder can be made.
    pub fn new() -> Result<Copies> {
        let folder = tempfile::tempdir()
            .map_err(|error| Error::could_not_check(format!("could not make a temporary folder: {error}")))?;
        Ok(Copies { folder: Folder::Bundle(folder), failure: Mutex::default() })
    }

    /// Copies into a folder of mirrors: each log's files are under the sha256 of its origin, those by their hashes, too, so that
    /// each is a registry of its own.
    pub fn mirrors(folder: &Path) -> Copies {
        Copies { folder: Folder::Mirrors(folder.to_owned()), failure: Mutex::default() }
    }

    /// Where a copy of a log's file goes; nothing for one that holds more than was proven.
    pub(super) fn place(&self, keep: Keep, log: &Digest, path: &str) -> Option<PathBuf> {
        match &self.folder {
            Folder::Bundle(folder) => place(folder.path(), keep, log, path),
            Folder::Mirrors(_) if keep == Keep::Never => None,
            Folder::Mirrors(folder) => Some(folder.join(log.to_string()).join(path)),
        }
    }

    /// What could not be copied.
    ///
    /// # Errors
    /// Could not check: a file could not be copied.
    pub fn check(&self) -> Result<()> {
        self.failure().take().map_or(Ok(()), |error| Err(not_copied(error)))
    }

    /// What became of a copy.
    pub(super) fn note(&self, copied: io::Result<()>) {
        if let Err(error) = copied {
            self.failure().get_or_insert(error);
        }
    }

    fn failure(&self) -> MutexGuard<'_, Option<io::Error>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All copies, as files of a bundle. They are there for as long as this is.
    ///
    /// # Errors
    /// Could not check: a file could not be copied.
    pub fn parts(&self) -> Result<Vec<Part<'static>>> {
        self.check()?;
        let failed = not_copied;
        let mut parts = Vec::new();
        let Folder::Bundle(base) = &self.folder else { return Ok(parts) };
        let mut folders = vec![(String::new(), base.path().to_owned())];
        while let Some((prefix, folder)) = folders.pop() {
            for entry in fs_err::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let metadata = entry.metadata().map_err(failed)?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                match metadata.is_dir() {
                    true => folders.push((format!("{name}/"), entry.path())),
                    false => parts.push(Part::file(name, metadata.len(), entry.path())),
                }
            }
        }
        Ok(parts)
    }
}

fn not_copied(error: io::Error) -> Error {
    Error::could_not_check(format!("could not copy what was read: {error}"))
}
