//! Wording of what changed from one lock to another.

use super::words::count;
use crate::diff::{
    Cause, Diff, HeadChange, InputChange, MaintainersChange, Moves, PeerChange, ReleaseChange, Restated,
};
use crate::lock::PublishedSolver;

/// A line for each change, and one that counts the releases.
pub(super) fn describe(diff: &Diff) -> Vec<String> {
    let mut lines: Vec<String> = diff.maintainers.iter().map(maintainers).collect();
    if let Some((before, after)) = &diff.solver {
        lines.push(format!("solver: {before} -> {after}"));
    }
    if let Some((before, after)) = &diff.published {
        let at = |published: &Option<PublishedSolver>| match published {
            None => "not stated".to_owned(),
            Some(PublishedSolver { origin, size, record, .. }) => {
                format!("record {record} of {origin} at {}", count(*size, "record"))
            }
        };
        lines.push(format!("solver published: {} -> {}", at(before), at(after)));
    }
    for InputChange { is_new, what } in &diff.inputs {
        lines.push(format!("{} {what}", if *is_new { "asked for:" } else { "no longer asked for:" }));
    }
    if let Some((before, after)) = diff.preferences {
        lines.push(format!("preferences: {before} -> {after}"));
    }
    for HeadChange { origin, before, after } in &diff.heads {
        lines.push(match (before, after) {
            (Some(before), Some(after)) => format!("log {origin}: {before} -> {}", count(*after, "record")),
            (None, Some(after)) => format!("log {origin}: new in the lock, at {}", count(*after, "record")),
            (before, None) => {
                format!("log {origin}: no longer in the lock, was at {}", count(before.unwrap_or(0), "record"))
            }
        });
    }
    for PeerChange { log, record, is_peer, peer } in &diff.peers {
        let what = if *is_peer { "names as a peer" } else { "has no longer as a peer" };
        lines.push(format!("log {log} {what} {peer}: record {record}"));
    }
    let several = diff.releases.iter().any(|change| change.registry != diff.releases[0].registry);
    let is_groundless = diff.is_groundless();
    lines.extend(diff.releases.iter().map(|change| release(change, several, is_groundless)));
    for (name, record) in &diff.yanked {
        lines.push(format!("{name} of {} was yanked in between: record {record}", name.registry));
    }
    lines.extend(diff.restated.iter().flat_map(restated));
    let Moves { moved, added, removed } = diff.moves();
    match diff.releases.len() {
        0 if diff.restated.is_empty() => lines.push("no release changes".to_owned()),
        0 => {}
        _ => lines.push(format!("{moved} moved, {added} added, {removed} removed")),
    }
    lines
}

/// What there is to be looked at before anything is believed: other people speak for packages than before, or one of the locks
/// says what cannot be.
pub(super) fn warnings(diff: &Diff) -> Vec<String> {
    let mut warnings = Vec::new();
    if !diff.maintainers.is_empty() {
        let changes = count(diff.maintainers.len() as u64, "package");
        warnings.push(format!(
            "the maintainers of {changes} have changed, see above: what they release is other people's word than before"
        ));
    }
    let contradictions = diff.restated.iter().filter(|change| change.is_contradiction()).count();
    if diff.is_groundless() {
        warnings.push(
            "nothing else has changed, see above: one of the locks was changed by hand, or is not what its inputs, heads and \
             solver lead to"
                .to_owned(),
        );
    }
    if contradictions > 0 {
        let changes = count(contradictions as u64, "release");
        warnings.push(format!(
            "the locks contradict each other about {changes}, see above: one of them was changed, or is not what its inputs, \
             heads and solver lead to"
        ));
    }
    warnings
}

/// A line for each thing that two locks say otherwise of a release.
fn restated(change: &Restated) -> Vec<String> {
    let Restated { release, is_local, content, record, features } = change;
    let of = if *is_local { "(local)".to_owned() } else { format!("of {}", release.registry) };
    let never = if *is_local { "" } else { " (which never changes)" };
    let mut lines = Vec::new();
    if let Some((before, after)) = content {
        lines.push(format!("  {release} {of}: content {before} -> {after}{never}"));
    }
    if let Some((before, after)) = record {
        let place = |place: &Option<u64>| place.map_or("none".to_owned(), |place| place.to_string());
        lines.push(format!("  {release} {of}: record {} -> {}{never}", place(before), place(after)));
    }
    if let Some((before, after)) = features {
        let only_in = |all: &[String], others: &[String], sign: char| -> Option<String> {
            let only: Vec<&str> = all.iter().filter(|it| !others.contains(it)).map(String::as_str).collect();
            (!only.is_empty()).then(|| format!("{sign} {}", only.join(", ")))
        };
        let parts = [only_in(before, after, '-'), only_in(after, before, '+')];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(format!("  {release} {of}: features {}", parts.join("; ")));
    }
    lines
}

fn maintainers(change: &MaintainersChange) -> String {
    let MaintainersChange { registry, name, instead_of, before, after, record } = change;
    let words = |maintainers: &Option<crate::maintainers::Maintainers>| {
        maintainers.as_ref().map_or("no maintainers' keys".to_owned(), ToString::to_string)
    };
    let (before, after) = (words(before), words(after));
    let what = match instead_of {
        Some((by_registry, by_name)) => {
            format!("maintainers: {by_name} of {by_registry}, in the place of {name} of {registry}")
        }
        None => format!("maintainers: {name} of {registry}"),
    };
    let by = record.map_or(String::new(), |record| format!(" (record {record})"));
    format!("{what}: {before} -> {after}{by}")
}

fn release(change: &ReleaseChange, several: bool, is_groundless: bool) -> String {
    let ReleaseChange { registry, name, before, after, is_local, cause } = change;
    let of = match (*is_local, several) {
        (true, _) => " (local)".to_owned(),
        (false, true) => format!(" of {registry}"),
        (false, false) => String::new(),
    };
    let (what, is_back) = match (before, after) {
        (None, Some(after)) => (format!("+ {name} {after}{of}"), false),
        (Some(before), None) => (format!("- {name} {before}{of}"), false),
        (before, after) => {
            let (before, after) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
            let parse = |version: &str| semver::Version::parse(version).ok();
            (format!("  {name} {before} -> {after}{of}"), parse(after) < parse(before))
        }
    };
    let back = if is_back { ", back" } else { "" };
    let why = match cause {
        Cause::Released(record) => format!("released: record {record}"),
        Cause::Yanked(record) => format!("the one before was yanked: record {record}"),
        Cause::Unyanked(record) => format!("its yank was taken back: record {record}"),
        Cause::NeededYanked(what, record) => format!("{what}, which the one before needs, was yanked: record {record}"),
        Cause::NeedsUnyanked(what, record) => format!("it needs {what}, whose yank was taken back: record {record}"),
        Cause::PeerGone(log, record) => {
            format!("it needs packages of {log}, which is no longer a peer of {registry}: record {record} there")
        }
        Cause::PeerCame(log, record) => {
            format!("it needs packages of {log}, a peer of {registry} by its record {record}")
        }
        Cause::Asked if after.is_none() => "nothing asks for it any more".to_owned(),
        Cause::Asked => "the consumer asks for it".to_owned(),
        Cause::Unpreferred => "the lock no longer prefers the one before".to_owned(),
        Cause::Preferred => "the lock prefers it now".to_owned(),
        Cause::AskedOtherwise => "what the consumer asks for has changed".to_owned(),
        Cause::Override { is_new: true } => "by an override".to_owned(),
        Cause::Override { is_new: false } => "an override is gone".to_owned(),
        Cause::NeedsReleased(what, record) => format!("it needs {what}, released: record {record}"),
        Cause::Unneeded => "nothing needs it any more".to_owned(),
        Cause::Needs(by) if after.is_none() => format!("only {by} needed it"),
        Cause::Needs(by) => format!("{by} needs it"),
        Cause::NotYet(record) => format!("the one before is not published yet at this head: record {record}"),
        Cause::Follows if is_groundless => "no other change leads to it".to_owned(),
        Cause::Follows => "it follows from other changes".to_owned(),
    };
    format!("{what}{back} ({why})")
}
