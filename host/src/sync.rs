//! The newest head of a peer, for a registry to record: signed by the peer, and proven to go on from the last one.

use std::sync::Arc;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::VerifierKey;
use headlock_log::record::Subject;

use crate::error::{Error, Result};
use crate::fork::forked;
use crate::graph::{Mention, read_mentions};
use crate::registry::KnownHead;
use crate::sources::{Access, Fetcher, LogReader};

/// Gets the newest checkpoint that a peer's URLs serve, under one of its keys. The log must be readable at it, and `last`,
/// the newest head that was recorded before, a beginning of it.
///
/// # Errors
/// Could not check: no URL serves one, or what proves it cannot be had. Refused: none that is served is signed by a key.
/// The answer is no: the log has forked, or commits to nothing that can be read.
pub fn newest_of_peer(
    access: &Access,
    origin: &str,
    urls: &[String],
    keys: &[VerifierKey],
    last: Option<&KnownHead>,
) -> Result<Checkpoint> {
    let named: Vec<&str> = urls.iter().map(String::as_str).collect();
    let fetcher = Arc::new(Fetcher::new(access, origin, &named)?);
    let mut newest: Option<Checkpoint> = None;
    let mut failure = None;
    for served in fetcher.checkpoints() {
        match served.bytes.and_then(|bytes| signed(origin, &bytes, keys)) {
            Ok(found) if newest.as_ref().is_none_or(|known| known.head().size < found.head().size) => {
                newest = Some(found)
            }
            Ok(_) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let newest = newest.ok_or_else(|| {
        failure.unwrap_or_else(|| Error::could_not_check(format!("no URL is known for the log {origin}")))
    })?;
    let head = newest.head();
    let mut reader = LogReader::open(Arc::clone(&fetcher), head)?;
    // A head that does not end in an epoch, or whose index is not to be had, is of use to nobody.
    reader.read_pages(&[&Subject::Peers.to_string()])?;
    if let Some(last) = last {
        let known = &last.head;
        let (newer, older) = if known.size > head.size { (known, head) } else { (head, known) };
        let holds = match newer == head {
            true => reader.holds(older)?,
            false => LogReader::open(Arc::clone(&fetcher), newer)?.holds(older)?,
        };
        if !holds {
            let text = |head: &Head| format!("{} records, root {}", head.size, head.root_base64());
            let (then, now) = (text(known), text(head));
            let what = format!(
                "the log {origin} has forked: a head with {then} is recorded, and now it serves one with {now}"
            );
            return Err(forked(what, [&last.note, &newest.note().format()], keys, |newer, size| {
                LogReader::open(Arc::clone(&fetcher), newer)?.beginning(size)
            }));
        }
    }
    Ok(newest)
}

/// The newest head that a registry serves, under its key, and what its log says of its peers.
///
/// # Errors
/// As [`newest_of_peer`], and the answer is no: the log has made a false statement about a peer.
pub fn peers_of(access: &Access, url: &str, key: &VerifierKey) -> Result<(Head, Vec<Mention>)> {
    let origin = key.name();
    let newest = newest_of_peer(access, origin, &[url.to_owned()], std::slice::from_ref(key), None)?;
    let mut reader = LogReader::open(Arc::new(Fetcher::new(access, origin, &[url])?), newest.head())?;
    let (peers, _) = read_mentions(origin, |_| true, |names| reader.read_pages(names))?;
    Ok((newest.head().clone(), peers))
}

fn signed(origin: &str, bytes: &[u8], keys: &[VerifierKey]) -> Result<Checkpoint> {
    let mut failure = None;
    for key in keys {
        match Checkpoint::verify(bytes, key) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let failure = failure.map_or("no key is known".to_owned(), |error| error.to_string());
    Err(Error::refused(format!("the checkpoint of {origin} is not accepted: {failure}"))
        .hint("if the peer has a new key, name it with `headlock registry peer add`"))
}
