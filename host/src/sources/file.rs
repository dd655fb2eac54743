//! Registries in a folder.

use std::fs::{self, File};
use std::io::{ErrorKind as IoKind, Read};
use std::path::PathBuf;

use super::transport::{Answer, Failure, Transport};
use super::url::Url;
use crate::files::room;
use crate::parallel::cores;

/// A registry in a folder of this machine.
#[derive(Debug)]
pub(super) struct Folder {
    base: Url,
    folder: PathBuf,
}

impl Folder {
    pub(super) fn new(base: Url) -> Folder {
        let folder = base.folder();
        Folder { base, folder }
    }
}

impl Transport for Folder {
    fn get(&self, path: &str, limit: u64) -> Result<Answer, Failure> {
        let failure = |error: std::io::Error| Failure::lasting(error.to_string());
        let path = self.folder.join(path);
        // Looked at before it is opened: opening a pipe would wait for its other end.
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), IoKind::NotFound | IoKind::NotADirectory) => {
                return Ok(Answer::Missing);
            }
            Err(error) => return Err(failure(error)),
        };
        if !metadata.is_file() {
            return Err(Failure::lasting("expected a file, found something else"));
        }
        let mut bytes = Vec::with_capacity(room(metadata.len(), limit));
        let file = File::open(&path).map_err(failure)?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failure)?;
        if bytes.len() as u64 > limit {
            return Ok(Answer::TooLong);
        }
        Ok(Answer::Found(bytes))
    }

    fn url(&self, path: &str) -> String {
        self.base.join(path).to_string()
    }

    fn parallel(&self) -> usize {
        cores().min(8)
    }

    fn is_lossy(&self) -> bool {
        false
    }

    fn is_remote(&self) -> bool {
        false
    }
}
