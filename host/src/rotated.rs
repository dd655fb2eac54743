//! Heads that outlive their log's key: a lock is made, the log's key changes, and the policy names the new one alone. The head
//! in the lock stays good if a head that the policy accepts goes on from it: then that one speaks for it.
//!
//! The trust file still has to name the old key, as a retired one: else a lock's signature could be any bytes, and a lock has
//! no byte that nobody checks. Whoever has stolen the old key gains nothing by it.

use crate::error::{Error, Result};
use crate::lock::{Cosignature, PinnedLog};
use crate::pages::{Pages, newest_checkpoint};
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};

/// Accepts a head as it stands in a lock, with the cosignatures that the lock holds of it: by its own signature, or, if that
/// is by a retired key, by the newest head that the log's URLs serve and the policy accepts.
///
/// # Errors
/// As [`Trust::accept_pinned`]. The answer is no: no beginning of the newest head.
pub fn accept(
    access: &Access,
    trust: &Trust,
    pinned: &PinnedLog,
    cosignatures: &[Cosignature],
) -> Result<AcceptedHead> {
    let accepted = trust.accept_pinned(pinned, cosignatures);
    if accepted.is_ok() || !trust.is_of_retired_key(pinned) {
        return accepted;
    }
    let PinnedLog { origin, size, .. } = pinned;
    let (newer, mut pages) = newest(access, trust, origin).map_err(|error| {
        let what = format!("a retired key has signed the head of {origin} in the lock, and no newer one can be had");
        Error::new(error.kind(), what).because(error).hint("a head that the policy accepts has to speak for it")
    })?;
    let (head, size_now) = (pinned.head()?, newer.head().size);
    let is_beginning = head == *newer.head() || head.size < size_now && pages.holds(newer.head(), &head)?;
    if !is_beginning {
        return Err(Error::no(format!(
            "the head of {origin} in the lock, with {size} records, is signed by a retired key, and is no beginning of the \
             accepted head with {size_now}"
        ))
        .hint("whoever has the old key has signed what the log never was, or the log has forked"));
    }
    trust.accept_beginning(pinned, cosignatures, &newer)
}

/// The newest head of a log that is accepted, and the log open at it.
fn newest(access: &Access, trust: &Trust, origin: &str) -> Result<(AcceptedHead, Pages)> {
    let bytes = newest_checkpoint(access, trust, origin)?;
    let (newer, _) = trust.accept_checkpoint(origin, &bytes)?;
    let mut pages = Pages::new(access);
    pages.open(trust, &newer)?;
    Ok((newer, pages))
}
