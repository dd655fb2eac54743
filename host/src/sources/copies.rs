//! Copies of all files that were read and proven: what a bundle is made of.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bundle::Part;
use crate::error::{Error, Result};

/// A temporary folder of copies, laid out as the cache. A file that could not be copied is told when all is done.
#[derive(Debug)]
pub struct Copies {
    folder: tempfile::TempDir,
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
        Ok(Copies { folder, failure: Mutex::default() })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
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
        let failed = |error: io::Error| Error::could_not_check(format!("could not copy what was read: {error}"));
        self.failure().take().map_or(Ok(()), Err).map_err(failed)?;
        let mut parts = Vec::new();
        let mut folders = vec![(String::new(), self.folder.path().to_owned())];
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
