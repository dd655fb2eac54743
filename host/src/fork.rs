//! Forks of logs: an error that says so carries what shows it to others, where all of that is at hand.

use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, CheckpointError, Head};
use headlock_log::fork::{Beginning, Fork, ForkError, MAX_FORK};
use headlock_log::note::{NoteError, VerifierKey};

use crate::error::{Error, Result};
use crate::files;

/// Two signed heads of one log that are no beginning of one another. `keys` are the log's; `beginning` proves what the newer
/// one says that the log was at the size of the older. What is wrong is said with or without a proof.
pub(crate) fn forked(
    what: String,
    notes: [&[u8]; 2],
    keys: &[VerifierKey],
    beginning: impl FnOnce(&Head, u64) -> Result<Beginning>,
) -> Error {
    let error = Error::no(what);
    match prove(notes, keys, beginning) {
        Some(fork) => error.shown_by(fork.format()),
        None => {
            error.hint("both heads are signed: together they show that the log's operator has made false statements")
        }
    }
}

fn prove(
    notes: [&[u8]; 2],
    keys: &[VerifierKey],
    beginning: impl FnOnce(&Head, u64) -> Result<Beginning>,
) -> Option<Fork> {
    let [one, other] = notes.map(|note| Checkpoint::verify_any(note, keys).ok());
    let (mut older, mut newer) = (one?, other?);
    if older.head().size > newer.head().size {
        (older, newer) = (newer, older);
    }
    let beginning = match older.head().size == newer.head().size {
        true => None,
        // Without the tiles that it is made of there are still the two heads.
        false => Some(beginning(newer.head(), older.head().size).ok()?),
    };
    Fork::new(older, newer, beginning).ok()
}

/// Checks the proof of a fork in a file, with nothing but the log's keys.
///
/// # Errors
/// Malformed: no such file, or not of the form. Refused: a head that none of the keys has signed. No: both heads can be true,
/// or what the newer says of the older's size is not proven.
pub fn check_fork(path: &Path, keys: &[VerifierKey]) -> Result<Fork> {
    let name = path.display();
    let bytes = files::read_bytes(path, MAX_FORK as u64)?
        .ok_or_else(|| Error::malformed(format!("there is no proof of a fork at {name}")))?;
    Fork::check(&bytes, keys).map_err(|error| match error {
        ForkError::TooLong(_) | ForkError::Form { .. } | ForkError::Order(..) | ForkError::Beginning(_) => {
            Error::malformed(format!("{name}: {error}"))
        }
        ForkError::Checkpoint { error: CheckpointError::Note(NoteError::Bad(_) | NoteError::Unknown(_)), .. }
        | ForkError::TwoLogs(..) => Error::refused(format!("{name}: {error}"))
            .hint("give the keys of the log that it is about; if it is those, the file was changed"),
        ForkError::Checkpoint { .. } => Error::malformed(format!("{name}: {error}")),
        _ => Error::no(format!("{name} shows no fork: {error}")),
    })
}
