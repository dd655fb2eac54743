//! Heads that outlive their log's key: a lock is made, the log's key changes, and the policy names the new one alone. The head
//! in the lock stays good if a head that the policy accepts goes on from it: then that one speaks for it.
//!
//! The trust file still has to name the old key, as a retired one: else a lock's signature could be any bytes, and a lock has
//! no byte that nobody checks. Whoever has stolen the old key gains nothing by it.

use headlock_log::checkpoint::Checkpoint;

use crate::error::{Error, Result};
use crate::lock::{Cosignature, PinnedLog};
use crate::pages::{Pages, newest_checkpoint};
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};

/// Accepts a head as it stands in a lock, with the cosignatures that the lock holds of it: by its own signature, or, if that
/// is by a retired key, by the newest head that the log's URLs serve and the policy accepts.
///
/// # Errors
/// As [`Trust::accept_pinned`]. The answer is no: signed by a retired key, and no beginning of that head. Could not check: none
/// that is as new can be had.
pub fn accept(
    access: &Access,
    trust: &Trust,
    pinned: &PinnedLog,
    cosignatures: &[Cosignature],
) -> Result<AcceptedHead> {
    let accepted = trust.accept_pinned(pinned, cosignatures);
    if accepted.is_ok() {
        return accepted;
    }
    let Some(checkpoint) = trust.of_retired_key(&pinned.origin, pinned.checkpoint().as_bytes()) else {
        return accepted;
    };
    let head = succeed(access, trust, &checkpoint)?;
    trust.check_stated(pinned, cosignatures, &head)?;
    Ok(head)
}

/// Accepts a head that a retired key has signed, by the newest head that the log's URLs serve and the policy accepts.
///
/// # Errors
/// The answer is no: no beginning of that head. Could not check: none that is as new can be had.
pub(crate) fn succeed(access: &Access, trust: &Trust, checkpoint: &Checkpoint) -> Result<AcceptedHead> {
    let head = checkpoint.head();
    let origin = &head.origin;
    let unspoken = format!("a retired key has signed the head of {origin} with {} records", head.size);
    let hint = "a newer head that the policy accepts has to speak for it: read the log where its newest is";
    let (newer, mut pages) = newest(access, trust, origin).map_err(|error| {
        Error::new(error.kind(), format!("{unspoken}, and no newer one can be had")).because(error).hint(hint)
    })?;
    let found = newer.head();
    if found.size < head.size {
        let what = format!("{unspoken}, and the newest that is served and accepted has {}", found.size);
        return Err(Error::could_not_check(what).hint(hint));
    }
    let is_beginning = head == found || head.size < found.size && pages.holds(found, head)?;
    if !is_beginning {
        return Err(Error::no(format!("{unspoken}, and it is no beginning of the accepted one with {}", found.size))
            .hint("whoever has the old key has signed what the log never was, or the log has forked"));
    }
    Ok(AcceptedHead::succeeded(checkpoint, newer))
}

/// The newest head of a log that is accepted, and the log open at it.
fn newest(access: &Access, trust: &Trust, origin: &str) -> Result<(AcceptedHead, Pages)> {
    let bytes = newest_checkpoint(access, trust, origin)?;
    let (newer, _) = trust.accept_checkpoint(origin, &bytes)?;
    let mut pages = Pages::new(access);
    pages.open(trust, &newer)?;
    Ok((newer, pages))
}
