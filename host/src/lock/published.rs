//! Where the solver of a lock was published.

use serde::Deserialize;

use super::PinnedLog;

/// The release record of a solver, in a log at a pinned head. What it states is checked: `solvers/stated.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedSolver {
    /// Origin of the log.
    pub origin: String,
    /// How many records it had.
    pub size: u64,
    /// Its root hash then, base64 as in a checkpoint.
    pub root: String,
    /// The log's signature line, as in a checkpoint.
    pub signature: String,
    /// Place of the release's record.
    pub record: u64,
}

impl PublishedSolver {
    /// The record at this place of the log at this head.
    pub fn new(log: PinnedLog, record: u64) -> PublishedSolver {
        let PinnedLog { origin, size, root, signature } = log;
        PublishedSolver { origin, size, root, signature, record }
    }

    /// The pinned head.
    pub fn log(&self) -> PinnedLog {
        let PublishedSolver { origin, size, root, signature, .. } = self.clone();
        PinnedLog { origin, size, root, signature }
    }
}
