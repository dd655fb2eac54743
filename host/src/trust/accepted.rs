//! Heads that a trust file accepts, and how locks state them.

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::VerifierKey;

use crate::error::{Error, Result};
use crate::lock::{Cosignature, PinnedLog};

/// A head that a trust file accepts: signed by its log's key, and by the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedHead {
    pub(super) head: Head,
    pub(super) key: VerifierKey,
    pub(super) signature: String,
    pub(super) cosigners: Vec<String>,
    /// When a quorum had cosigned it, in seconds since 1970.
    pub(super) cosigned_at: Option<u64>,
    /// The accepted head that goes on from this one, if its own key is a retired one.
    pub(super) successor: Option<Box<AcceptedHead>>,
}

/// A head as a lock states it: without what of its signatures was checked.
impl From<&AcceptedHead> for PinnedLog {
    fn from(accepted: &AcceptedHead) -> PinnedLog {
        let AcceptedHead { head, signature, .. } = accepted;
        let (origin, root, signature) = (head.origin.clone(), head.root_base64(), signature.clone());
        PinnedLog { origin, size: head.size, root, signature }
    }
}

/// A head of a lock as a note, with the cosignatures that the lock holds of it, and these.
pub(super) fn with_cosignatures<'c>(pinned: &PinnedLog, cosignatures: &'c [Cosignature]) -> (String, Vec<&'c str>) {
    let held = cosignatures.iter().filter(|held| held.origin == pinned.origin);
    let lines: Vec<&str> = held.map(|held| held.line.as_str()).collect();
    let mut note = pinned.checkpoint();
    for line in &lines {
        note.push_str(line);
        note.push('\n');
    }
    (note, lines)
}

/// A lock writes a head as a checkpoint does.
pub(super) fn check_written(head: &AcceptedHead, pinned: &PinnedLog) -> Result<()> {
    if PinnedLog::from(head) == *pinned {
        return Ok(());
    }
    let origin = &pinned.origin;
    Err(Error::malformed(format!("the head of {origin} in the lock is not written as in a checkpoint")))
}

impl AcceptedHead {
    /// A head that a retired key has signed, by the word of an accepted one that was proven to go on from it.
    pub(crate) fn succeeded(checkpoint: &Checkpoint, newer: AcceptedHead) -> AcceptedHead {
        let (head, key) = (checkpoint.head().clone(), checkpoint.key().clone());
        let signature = checkpoint.signature().to_string();
        let (cosigners, cosigned_at, successor) = (Vec::new(), None, Some(Box::new(newer)));
        AcceptedHead { head, key, signature, cosigners, cosigned_at, successor }
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The log's key that has signed the head.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The head as its log signed it: a checkpoint with the log's own signature.
    pub fn checkpoint(&self) -> String {
        format!("{}\n{}\n", self.head.text(), self.signature)
    }

    /// The accepted head that this one is a beginning of, if a retired key has signed this one: then nothing else speaks for it.
    pub fn successor(&self) -> Option<&AcceptedHead> {
        self.successor.as_deref()
    }

    /// The names of the cosigners whose signatures were checked, in the policy's words.
    pub fn cosigners(&self) -> &[String] {
        &self.cosigners
    }
}
