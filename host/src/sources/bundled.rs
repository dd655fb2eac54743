//! Registries in a bundle.

use std::sync::Arc;
use std::time::Duration;

use headlock_log::digest::Digest;

use super::permits::Later;
use super::transport::{Answer, Failure, Transport};
use crate::bundle::{Bundle, ReadError, by_hash, of_log};

/// A log's files in a bundle.
#[derive(Debug)]
pub(super) struct Bundled {
    bundle: Arc<Bundle>,
    origin: String,
    /// The sha256 of the origin.
    log: Digest,
}

impl Bundled {
    pub(super) fn new(bundle: Arc<Bundle>, origin: &str) -> Bundled {
        Bundled { bundle, origin: origin.to_owned(), log: Digest::of(origin.as_bytes()) }
    }
}

impl Transport for Bundled {
    fn get(&self, path: &str, limit: u64, _: Duration, _: &Later<'_>) -> Result<Answer, Failure> {
        // Each file has one name, so there is one bundle of what is in it.
        let name = match path.split_once('/') {
            Some(("index" | "bin" | "page", _)) => by_hash(path),
            Some(("tile", _)) => of_log(&self.log, path),
            _ => return Ok(Answer::Missing),
        };
        match self.bundle.read(&name, limit) {
            None => Ok(Answer::Missing),
            Some(Ok(bytes)) => Ok(Answer::Found { bytes, is_framed: true }),
            Some(Err(ReadError::TooLong)) => Ok(Answer::TooLong),
            Some(Err(ReadError::Failed(error))) => Err(Failure::lasting(error.to_string())),
        }
    }

    fn url(&self, path: &str) -> String {
        match path {
            "" => self.bundle.place(&self.origin),
            path => self.bundle.place(&format!("{path} of {}", self.origin)),
        }
    }
}
