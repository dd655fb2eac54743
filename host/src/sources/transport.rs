//! What a way to a registry's files is.

use std::time::Duration;

use super::permits::Later;
use crate::parallel::cores;

/// What a place gave when asked for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// These bytes; framed if they were certainly all that was sent, and not what came before a connection ended.
    Found { bytes: Vec<u8>, is_framed: bool },
    /// More bytes than the file may have: whatever it is, it is not the file.
    TooLong,
    /// There is no such file.
    Missing,
}

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// For a person, without the URL.
    pub(super) what: String,
    /// Whether to ask again.
    pub(super) again: Again,
    /// What can be done, where something can be said.
    pub(super) hint: Option<String>,
    /// Of a server that wants to know who asks (status 401 or 403): what it wants to be shown, in its own words, perhaps none.
    pub(super) challenge: Option<String>,
}

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It will not.
    Never,
    /// It may, after this pause at least.
    After(Duration),
}

impl Failure {
    pub(super) fn lasting(what: impl Into<String>) -> Failure {
        Failure { what: what.into(), again: Again::Never, hint: None, challenge: None }
    }

    pub(super) fn passing(what: impl Into<String>) -> Failure {
        Failure { again: Again::After(Duration::ZERO), ..Failure::lasting(what) }
    }
}

/// A way to the files of one registry: on this machine, unless it says otherwise.
pub(super) trait Transport: Send + Sync {
    /// Gets a file of at most `limit` bytes; nothing larger is ever held in memory. Asks once, and waits at most so long.
    /// What comes from afar and turns out to be large is held in memory with the permit only.
    fn get(&self, path: &str, limit: u64, within: Duration, large: &Later<'_>) -> Result<Answer, Failure>;

    /// The URL of a file, for messages.
    fn url(&self, path: &str) -> String;

    /// How many files to ask for at a time.
    fn parallel(&self) -> usize {
        cores().min(8)
    }

    /// Whether what arrives may be cut off on its way, so that wrong content is worth asking for again.
    fn is_lossy(&self) -> bool {
        false
    }

    /// Whether files are worth keeping in the cache.
    fn is_remote(&self) -> bool {
        false
    }
}
