//! Cosignatures of a registry's newest head, which stand in its checkpoint beside the log's own signature.

use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::{Signature, SignedNote, VerifierKey};

use super::files::Files;
use super::journal::{CHECKPOINT, MAX_CHECKPOINT};
use super::store::LockedFolder;
use super::tree::required;
use crate::error::{Error, Result};

/// Adds signatures to the checkpoint of the registry in a folder, in the place of those that the same keys have made before.
/// Each must have been verified.
///
/// # Errors
/// Refused: the checkpoint is not under the log's key. Could not check: it is another head by now, or cannot be written.
pub fn add_cosignatures(dir: &Path, key: &VerifierKey, head: &Head, cosignatures: &[Signature]) -> Result<()> {
    let mut files = Files::new(Box::new(LockedFolder::lock(dir)?))?;
    let bytes = required(&files, CHECKPOINT, MAX_CHECKPOINT)?;
    let checkpoint =
        Checkpoint::verify(&bytes, key).map_err(|error| Error::refused(format!("{CHECKPOINT}: {error}")))?;
    if checkpoint.head() != head {
        let (then, now) = (head.size, checkpoint.head().size);
        return Err(Error::could_not_check(format!(
            "the registry had {then} records when it was read, and has {now} now"
        ))
        .hint("do this again"));
    }
    let is_replaced = |held: &&Signature| cosignatures.iter().any(|new| (&new.name, new.id) == (&held.name, held.id));
    let kept = checkpoint.note().signatures().iter().filter(|held| !is_replaced(held)).cloned();
    let note = SignedNote::new(checkpoint.note().text(), kept.chain(cosignatures.iter().cloned()).collect())
        .map_err(|error| Error::could_not_check(format!("{CHECKPOINT}: {error}")))?;
    // Another key can have the name and the id of the log's.
    if Checkpoint::verify(&note.format(), key).is_err() {
        return Err(Error::refused(format!(
            "the new signature has the name and the id of the log's own, {}",
            key.name()
        ))
        .hint("two keys of one name with one id are no accident: generate another"));
    }
    files.put(CHECKPOINT, &note.format())?;
    files.settle()
}
