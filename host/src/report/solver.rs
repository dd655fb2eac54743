//! What a verdict says of the solver beside who accepts it.

use headlock_log::digest::Digest;

use super::{basis, count};
use crate::solvers::Judged;
use crate::solvers::look::{Seen, Source};

/// Lines of a verdict: where the lock says that the solver was published, and what was seen there.
pub(super) fn lines(judged: &Judged, sha256: &Digest) -> Vec<String> {
    let Judged { publication, looks, yanks, .. } = judged;
    let stated = publication.iter().map(|publication| {
        let (head, record) = (publication.accepted.head(), publication.release.record);
        let basis = basis(&publication.basis, &publication.accepted);
        format!(
            "  solver's log: {} at {}, {basis}; record {record} is its release",
            head.origin,
            count(head.size, "record")
        )
    });
    let seen = looks.iter().map(|look| match &look.seen {
        Ok(seen) => format!("  solver's registry: {}, {}", look.registry, describe(seen, sha256)),
        Err(why) => format!("  solver's registry: {}, of which no yank could be seen: {why}", look.registry),
    });
    let yanked = yanks.iter().map(|yank| {
        format!("  solver: yanked in {}, record {}, and accepted all the same", yank.registry, yank.record)
    });
    stated.chain(seen).chain(yanked).collect()
}

fn describe(Seen { size, from, release }: &Seen, sha256: &Digest) -> String {
    let found = match release {
        None => "has no such release",
        Some(release) if release.content != *sha256 => "has another component as that release",
        Some(release) if release.yanked.is_some() => "has yanked it",
        Some(_) => "has not yanked it",
    };
    let records = count(*size, "record");
    match from {
        Source::Lock(None) => format!("{found} at {records}, the head that the lock pins (no newer one was asked for)"),
        Source::Lock(Some(why)) => {
            format!("{found} at {records}, the head that the lock pins; no newer one could be read: {why}")
        }
        Source::Served(_) => format!("{found} at {records}, the newest head that is served"),
        Source::Remembered(why) => format!("{found} at {records}, a head that this host has seen ({why})"),
    }
}
