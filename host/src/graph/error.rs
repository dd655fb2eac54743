//! What is wrong with a graph of registries.

use std::collections::BTreeMap;

use headlock_log::checkpoint::Head;
use headlock_log::fork::Beginning;

use super::mention::{Mention, Synced};
use crate::error::{Error, Result};
use crate::fork::forked;
use crate::manifest::lines_to_forbid;
use crate::sources::check_peer_url;
use crate::trust::{AcceptedHead, Trust};

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

/// Neither the trust file nor a log that may vouch names a peer's keys. `urls` are those of the log that names it. Whoever
/// `chooses` what is asked for can do without it, too.
pub(super) fn untrusted(
    origin: &str,
    mentions: &[Mention],
    trust: &Trust,
    urls: impl Fn(&str) -> Vec<String>,
    chooses: bool,
) -> Error {
    let by: Vec<&str> = mentions.iter().map(|mention| mention.by.as_str()).collect();
    let mut lines = Vec::new();
    for by in &by {
        lines.extend(trust.lines_to_vouch(by));
    }
    lines.extend(lines_to_name(origin, mentions, trust, urls));
    if chooses {
        lines.extend(lines_to_forbid(&[origin]));
    }
    let (names, trust) = (if by.len() > 1 { "name" } else { "names" }, trust.path.display());
    let by = by.join(", ");
    let what =
        format!("{by} {names} the peer {origin}, and neither {trust} nor a log that may vouch says what its key is");
    Error::refused(what).list(lines)
}

/// The lines to write into the policy so that it names a log: one for each key that is not retired.
fn lines_to_name(origin: &str, mentions: &[Mention], trust: &Trust, urls: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut by_key: BTreeMap<String, Vec<&Mention>> = BTreeMap::new();
    for mention in mentions {
        for key in mention.keys.iter().filter(|key| !trust.retired.contains(key)) {
            by_key.entry(key.to_string()).or_default().push(mention);
        }
    }
    let policy = trust.policy_path().display();
    let mut lines =
        vec![format!("to trust {origin} alone, once you know that key and URL are its own, write into {policy}:")];
    for (key, by) in &by_key {
        // Whoever writes it down takes it as their own word, so it may not be what the log could not say for itself.
        let may_say = |mention: &&Mention| check_peer_url(&urls(&mention.by), &mention.url).is_ok();
        let url = by.iter().copied().find(may_say).map_or("URL", |mention| &mention.url);
        if mentions.len() > 1 {
            let by: Vec<&str> = by.iter().map(|mention| mention.by.as_str()).collect();
            lines.push(format!("  # as {} has it:", by.join(", ")));
        }
        lines.push(format!("  log {key} {url}"));
    }
    lines
}

/// All keys that logs name for a peer are retired.
pub(super) fn all_retired(origin: &str, mentions: &[Mention], trust: &Trust, chooses: bool) -> Error {
    let by: Vec<&str> = mentions.iter().map(|mention| mention.by.as_str()).collect();
    let what =
        format!("{} calls each key retired that {} has for the peer {origin}", trust.path.display(), by.join(", "));
    let error = Error::refused(what)
        .hint(format!("add the line `log VKEY URL` with its new key to {}", trust.policy_path().display()));
    if chooses { error.list(lines_to_forbid(&[origin])) } else { error }
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
