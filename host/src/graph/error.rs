//! What is wrong with a graph of registries.

use headlock_log::checkpoint::Head;

use super::mention::{Mention, Synced};
use crate::error::Error;
use crate::sources::EVIDENCE;

/// A log holds a head of a peer that the peer has not signed.
pub(super) fn unsigned(by: &str, peer: &str, record: u64, failure: &str) -> Error {
    Error::no(format!("{by} has made a false statement: its record {record} holds a head of {peer}, and {failure}"))
        .hint(EVIDENCE)
}

/// What a log says of a peer is of another history than the peer's head.
pub(super) fn inconsistent(mention: &Mention, synced: &Synced, head: &Head) -> Error {
    let text = |head: &Head| format!("{} records, root {}", head.size, head.root_base64());
    Error::no(format!(
        "the log {} has forked: the record {} of {} holds a head with {}, and the one that is taken has {}",
        mention.peer,
        synced.record,
        mention.by,
        text(&synced.head),
        text(head)
    ))
    .hint("both heads are signed: together they prove that the log's operator has made false statements")
}

/// Neither the trust file nor a log that may vouch names a peer's keys.
pub(super) fn untrusted(origin: &str, mentions: &[Mention], trust: &str) -> Error {
    let by: Vec<&str> = mentions.iter().map(|mention| mention.by.as_str()).collect();
    let by = by.join(", ");
    Error::refused(format!("{by} names the peer {origin}, whose log neither {trust} nor a log that may vouch names"))
        .hint(format!(
            "add the log's line `log VKEY URL` to the policy, let {by} vouch for its peers with `vouching` in the trust file, \
             or do without: `[[forbid]]` in the manifest"
        ))
}

/// More logs than are followed.
pub(super) fn too_many(limit: usize) -> Error {
    Error::could_not_check(format!("the registries and their peers are more than {limit} logs"))
        .hint("forbid some of them in the manifest: `[[forbid]]`")
}
