//! Logs and pages that only grow: what a lock is about is a beginning of what there is later, and what a lock says of a package still stands in its log, and under the same word.
//!
//! An index names one page a package, and whoever has a log's key can begin a package's records anew in it, beside those that
//! everybody has seen: a client that sees the package for the first time cannot know. Whoever has an older lock can.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::checkpoint::Checkpoint;
use headlock_log::digest::Digest;
use headlock_log::merkle::leaf_hash;
use headlock_log::note::VerifierKey;
use headlock_log::page::HashedPage;
use headlock_log::record::Record;

use crate::error::{Error, Result};
use crate::fork::forked;
use crate::graph::Graph;
use crate::lock::{Lock, LockedPackage, PinnedLog};
use crate::maintainers::Maintainers;
use crate::pages::Pages;
use crate::trust::{AcceptedHead, Trust};

/// Each log that the lock is about may only have grown since, and by more records behind those that it had.
///
/// # Errors
/// As [`check_log`].
pub fn check_logs(old: &Lock, graph: &Graph, trust: &Trust, pages: &mut Pages) -> Result<()> {
    for pinned in old.logs() {
        let Some(log) = graph.log(&pinned.origin) else { continue };
        check_log(pinned, &log.accepted, trust, pages)?;
    }
    Ok(())
}

/// A log may only have grown since a lock's head of it.
///
/// # Errors
/// The answer is no: it has forked. Refused: the lock's head is not the log's. Could not check: the newest head is an older one, or
/// what cannot be had.
pub fn check_log(pinned: &PinnedLog, accepted: &AcceptedHead, trust: &Trust, pages: &mut Pages) -> Result<()> {
    let old = pinned.checkpoint();
    let keys: Vec<VerifierKey> = trust.policy.keys(&pinned.origin).cloned().collect();
    let (before, now) = (pinned.head()?, accepted.head());
    let (origin, then, size) = (&now.origin, before.size, now.size);
    if size < then {
        return Err(Error::could_not_check(format!(
            "the newest head of {origin} has {size} records, and the lock one with {then}: nothing goes back"
        ))
        .hint("a copy that lags (`registry mirror` again), or a log that holds an older head of its peer than the lock: wait, or take the lock away and run `headlock lock`"));
    }
    if Checkpoint::verify_any(old.as_bytes(), &keys).is_err() {
        // A beginning of what is accepted is good, whoever has signed it: the log's key may have changed.
        if *now == before || before.size < now.size && pages.holds(now, &before)? {
            return Ok(());
        }
        let (origin, size) = (&pinned.origin, pinned.size);
        return Err(Error::refused(format!(
            "the head of {origin} in the lock, with {size} records, is not signed by a key of the log, nor a beginning of the newest: there is nothing to go on from"
        ))
        .hint("the lock was changed, or made from another log of that name: without the lock, `headlock lock` makes another"));
    }
    if *now != before && (size == then || !pages.holds(now, &before)?) {
        let text = |size: u64, root: String| format!("{size} records, root {root}");
        let what = format!(
            "the log {origin} has forked: the lock has a head with {}, and now there is one with {}",
            text(then, before.root_base64()),
            text(size, now.root_base64())
        );
        let new = accepted.checkpoint();
        return Err(forked(what, [old.as_bytes(), new.as_bytes()], &keys, |newer, size| pages.beginning(newer, size)));
    }
    Ok(())
}

/// Checks, of each package that both locks mention and whose log has another head in the newer one, that its page at that head
/// has the older lock's release at its place, as the log has it there, and that it has had the maintainers whom the older lock
/// states. With it go the records before it, to which it is chained. Where the newer lock's head is the older one of the two,
/// releases after it have to be missing, and maintainers are not looked for, who may be so since. `pages` has the newer lock's registries open.
///
/// # Errors
/// The answer is no: it is not so. Could not check: what cannot be had.
pub fn check_pages(old: &Lock, new: &Lock, pages: &mut Pages) -> Result<()> {
    let (before, now, mentioned) = (heads(old), heads(new), mentioned(new));
    let mut standing: BTreeMap<&str, Vec<(&LockedPackage, u64, Digest)>> = BTreeMap::new();
    for package in &old.derived.packages {
        let (registry, name) = (package.registry.as_str(), package.name.as_str());
        let has_moved = before.get(registry) != now.get(registry) && pages.has(registry);
        let Some(record) = package.record.filter(|_| has_moved && mentioned.contains(&(registry, name))) else {
            continue;
        };
        let size = |heads: &BTreeMap<&str, (u64, &str)>| heads.get(registry).map_or(0, |(size, _)| *size);
        let (size_before, size_now) = (size(&before), size(&now));
        let page = pages.of_subjects(registry, &[name])?.pop().flatten();
        // It may be there only since; but not with another record of the same version before.
        if (size_now..size_before).contains(&record) {
            if page.is_some_and(|page| releases(&page, package)) {
                return Err(not_there(package, record, "its page has that version at another record"));
            }
            continue;
        }
        let Some(page) = page else {
            return Err(not_there(package, record, "there is no such package any more"));
        };
        let maintainers = package.maintainers.as_ref().filter(|_| size_before <= size_now);
        standing.entry(registry).or_default().push((package, record, stands(package, record, maintainers, &page)?));
    }
    for (registry, standing) in standing {
        let places: Vec<u64> = standing.iter().map(|(_, record, _)| *record).collect();
        for ((package, record, expected), leaf) in standing.into_iter().zip(pages.leaves(registry, &places)?) {
            if leaf != Some(expected) {
                return Err(not_there(package, record, "its page has another record there than the log"));
            }
        }
    }
    Ok(())
}

/// The heads of a lock's logs: how many records, and the root.
fn heads(lock: &Lock) -> BTreeMap<&str, (u64, &str)> {
    lock.logs().map(|log| (log.origin.as_str(), (log.size, log.root.as_str()))).collect()
}

/// The packages of a lock's registries: of its answer, and those that were consulted.
fn mentioned(lock: &Lock) -> BTreeSet<(&str, &str)> {
    let packages = lock.derived.packages.iter().map(|package| (package.registry.as_str(), package.name.as_str()));
    let consulted = lock
        .derived
        .consulted
        .iter()
        .flat_map(|consulted| consulted.names.iter().map(|name| (consulted.registry.as_str(), name.as_str())));
    packages.chain(consulted).collect()
}

/// Whether a page has a release of a package's version. One that cannot be read has none.
fn releases(page: &HashedPage, package: &LockedPackage) -> bool {
    let is_it = |(_, said): &(u64, Record<'_>)| match said {
        Record::Release(release) => release.version == package.version,
        _ => false,
    };
    page.parse(&package.registry, package.name.as_str()).is_ok_and(|parsed| parsed.lines.iter().any(is_it))
}

/// The leaf hash of a package's release in a page, if that has it, and has had these maintainers of the package.
fn stands(
    package: &LockedPackage,
    record: u64,
    maintainers: Option<&Maintainers>,
    page: &HashedPage,
) -> Result<Digest> {
    let LockedPackage { registry, name, version, sha256, .. } = package;
    let parsed = page
        .parse(registry, name.as_str())
        .map_err(|error| Error::no(format!("the page of {name} of {registry}: {error}")))?;
    let is_it = |(place, said): &(u64, Record<'_>)| match said {
        Record::Release(release) => *place == record && release.version == *version && release.content == *sha256,
        _ => false,
    };
    let Some(at) = parsed.lines.iter().position(is_it) else {
        return Err(not_there(package, record, "its page has something else there, or nothing"));
    };
    if let Some(maintainers) = maintainers {
        let named = |(_, said): &(u64, Record<'_>)| match said {
            Record::Release(release) => release.maintainers.as_ref().map(Maintainers::named),
            Record::Maintainers(change) => Some(Maintainers::named(&change.maintainers)),
            _ => None,
        };
        if !parsed.lines.iter().any(|line| named(line).as_ref() == Some(maintainers)) {
            let what = format!("the page of {name} of {registry} does not go on from what the lock says");
            let line = "  the lock says who its maintainers were, and the page has never had those".to_owned();
            return Err(Error::no(what).list(vec![line]).hint(HINT));
        }
    }
    // A line is the place, a space, and the entry.
    let line = page.bytes().split(|byte| *byte == b'\n').nth(at).unwrap_or_default();
    let entry = line.iter().position(|byte| *byte == b' ').map_or(line, |space| &line[space + 1..]);
    Ok(leaf_hash(entry))
}

const HINT: &str = "either the lock was changed, or the registry has begun the package's records anew, which `headlock registry \
                    audit` finds; without the lock, `headlock lock` makes another";

fn not_there(package: &LockedPackage, record: u64, found: &str) -> Error {
    let LockedPackage { registry, name, version, .. } = package;
    let what = format!("the page of {name} of {registry} does not go on from what the lock says");
    Error::no(what).list(vec![format!("  the lock has {version}, record {record}: {found}")]).hint(HINT)
}
