//! What is wrong with a graph of registries.

use headlock_log::checkpoint::Head;
use headlock_log::fork::Beginning;

use super::mention::{Mention, Synced};
use crate::error::{Error, Result};
use crate::fork::forked;
use crate::trust::AcceptedHead;

/// What a log says of a peer is of another history than the peer's head.
pub(super) fn inconsistent(
    mention: &Mention,
    synced: &Synced,
    accepted: &AcceptedHead,
    beginning: impl FnOnce(&Head, u64) -> Result<Beginning>,
) -> Error {
    let text = |head: &Head| format!("{} records, root {}", head.size, head.root_base64());
    let what = format!(
        "the log {} has forked: the record {} of {} holds a head with {}, and the one that is taken has {}",
        mention.peer,
        synced.record,
        mention.by,
        text(&synced.head),
        text(accepted.head())
    );
    let keys = [synced.key.clone(), accepted.key().clone()];
    forked(what, [&synced.note, accepted.checkpoint().as_bytes()], &keys, beginning)
}

/// Neither the trust file nor a log that may vouch names a peer's keys.
pub(super) fn untrusted(origin: &str, mentions: &[Mention], trust: &str) -> Error {
    let by: Vec<&str> = mentions.iter().map(|mention| mention.by.as_str()).collect();
    let by = by.join(", ");
    Error::refused(format!("{by} names the peer {origin}, whose log neither {trust} nor a log that may vouch names"))
        .hint(format!(
            "add the log's line `log VKEY URL` to the policy, let {by} vouch for its peers with `vouching` in the trust file, \
             or do without: `[[forbid]]` in the manifest, its `dependency` being a name that `[registries]` gives to {origin}"
        ))
}

/// The only keys that all logs which may vouch name for a peer are retired.
pub(super) fn retired(origin: &str, by: &[&str]) -> Error {
    let by = by.join(", ");
    Error::refused(format!(
        "the trust file calls the key retired that {by} name for {origin}, and no other is common to all"
    ))
    .hint(format!("add the line `log VKEY URL` of {origin} with its new key to the policy"))
}

/// More logs than are followed.
pub(super) fn too_many(limit: usize) -> Error {
    Error::could_not_check(format!("the registries and their peers are more than {limit} logs"))
        .hint("forbid some of them in the manifest: `[[forbid]]`")
}
