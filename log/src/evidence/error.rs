//! What is wrong with bytes that are no evidence.

use crate::checkpoint::CheckpointError;
use crate::merkle::ProofError;
use crate::name::quoted;

/// Bytes that are no evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A line that is not what should stand there.
    #[error("line {line}: expected {expected}, found {}", quoted(.found))]
    Line {
        /// Which, from 1.
        line: u64,
        /// What should stand there.
        expected: &'static str,
        /// What does, cut after some characters.
        found: String,
    },
    /// It ends too early.
    #[error("expected {0} before the end; was the evidence cut off?")]
    Incomplete(&'static str),
    /// The checkpoint is not under the log's key.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A part that is not in what was signed.
    #[error("{what} is not proven to be in what the log signed: {error}")]
    Proof {
        /// Which part.
        what: String,
        /// Why.
        error: ProofError,
    },
    /// A part that adds nothing.
    #[error("what it shows needs no page or entry beside it, and one is there")]
    Superfluous,
    /// All of it may be true at once.
    #[error("it shows nothing false: {0}")]
    Nothing(String),
}
