//! Wording of what changed from one lock to another.

use super::words::count;
use crate::diff::{Cause, Diff, HeadChange, InputChange, PeerChange, ReleaseChange};

/// A line for each change, and one that counts the releases.
pub(super) fn describe(diff: &Diff) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((before, after)) = &diff.solver {
        lines.push(format!("solver: {before} -> {after}"));
    }
    for InputChange { is_new, what } in &diff.inputs {
        lines.push(format!("{} {what}", if *is_new { "asked for:" } else { "no longer:" }));
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
    lines.extend(diff.releases.iter().map(|change| release(change, several)));
    for (name, record) in &diff.yanked {
        lines.push(format!("{name} of {} was yanked in between: record {record}", name.registry));
    }
    let (mut added, mut removed, mut moved) = (0, 0, 0);
    for change in &diff.releases {
        match (&change.before, &change.after) {
            (None, _) => added += 1,
            (_, None) => removed += 1,
            _ => moved += 1,
        }
    }
    lines.push(match diff.releases.len() {
        0 => "no release changes".to_owned(),
        _ => format!("{moved} moved, {added} added, {removed} removed"),
    });
    lines
}

fn release(change: &ReleaseChange, several: bool) -> String {
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
        Cause::AskedOtherwise => "the consumer asks for it in other words".to_owned(),
        Cause::Override { is_new: true } => "by an override".to_owned(),
        Cause::Override { is_new: false } => "an override is gone".to_owned(),
        Cause::NeedsReleased(what, record) => format!("it needs {what}, released: record {record}"),
        Cause::Unneeded => "nothing needs it any more".to_owned(),
        Cause::Needs(by) if after.is_none() => format!("only {by} needed it"),
        Cause::Needs(by) => format!("{by} needs it"),
        Cause::Follows => "it follows from other changes".to_owned(),
    };
    format!("{what}{back} ({why})")
}
