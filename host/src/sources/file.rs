//! Registries in a folder.

use std::io::{ErrorKind as IoKind, Read};
use std::path::PathBuf;
use std::time::Duration;

use super::permits::Later;
use super::transport::{Answer, Failure, Transport};
use super::url::Url;
use crate::files::{open_regular, room};

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

    fn no_folder(&self) -> Failure {
        let hint =
            "the policy, `mirrors` in the trust file, a peer's record or `--url` says that the log is read there";
        Failure {
            hint: Some(hint.to_owned()),
            ..Failure::lasting(format!("there is no folder {}", self.folder.display()))
        }
    }
}

impl Transport for Folder {
    fn get(&self, path: &str, limit: u64, _: Duration, _: &Later<'_>) -> Result<Answer, Failure> {
        let failure = |error: std::io::Error| Failure::lasting(error.to_string());
        let file = match open_regular(&self.folder.join(path)) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), IoKind::NotFound | IoKind::NotADirectory) => {
                return if self.folder.is_dir() { Ok(Answer::Missing) } else { Err(self.no_folder()) };
            }
            Err(error) => return Err(failure(error)),
        };
        let length = file.metadata().map_err(failure)?.len();
        let mut bytes = Vec::with_capacity(room(length, limit));
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failure)?;
        if bytes.len() as u64 > limit {
            return Ok(Answer::TooLong);
        }
        Ok(Answer::Found { bytes, is_framed: true })
    }

    fn url(&self, path: &str) -> String {
        self.base.join(path).to_string()
    }
}
