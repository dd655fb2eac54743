//! What changed from one lock to another, and which record caused it.
//!
//! Two locks of the same project differ because something was asked for otherwise, or because heads have moved and logs hold
//! more records: a release, a yank, a word about a peer. Each change is explained by such a record where there is one, else by
//! the release that needs it. The records are read, and proven, at the newer lock's heads.

mod cause;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use headlock_log::record::{Record, Subject};
use semver::Version;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::lock::{Lock, LockedPackage};
use crate::moving;
use crate::pages::Pages;

use cause::Causes;
use records::Records;

/// What changed, in the order in which people want to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// What was asked for otherwise.
    pub inputs: Vec<InputChange>,
    /// How many preferences each lock states, if these differ.
    pub preferences: Option<(usize, usize)>,
    /// The solver, before and after, if it is another.
    pub solver: Option<(String, String)>,
    /// Heads, ascending by origin.
    pub heads: Vec<HeadChange>,
    /// Records about peers that came in between, ascending by log and place.
    pub peers: Vec<PeerChange>,
    /// Releases, ascending by registry, name and version.
    pub releases: Vec<ReleaseChange>,
    /// Releases that stayed in the answer and were yanked in between: only an older lock can hold them.
    pub yanked: Vec<(ReleaseName, u64)>,
}

/// A dependency, or a forbidden edge, that only one of the locks was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputChange {
    /// Whether the newer lock has it.
    pub is_new: bool,
    /// What it is, in words.
    pub what: String,
}

/// The head of a log in two locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadChange {
    /// The log's origin.
    pub origin: String,
    /// How many records it had; nothing if the lock was not about it.
    pub before: Option<u64>,
    /// How many it has.
    pub after: Option<u64>,
}

/// A record about a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerChange {
    /// Origin of the log that holds it.
    pub log: String,
    /// Its place.
    pub record: u64,
    /// Whether it names a peer, or ends one.
    pub is_peer: bool,
    /// The peer's origin.
    pub peer: String,
}

/// A release of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseName {
    /// Origin of the registry.
    pub registry: String,
    /// The package.
    pub name: String,
    /// The version.
    pub version: String,
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// A release that one of the locks holds, or two of one track, one in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseChange {
    /// Origin of the registry.
    pub registry: String,
    /// The package.
    pub name: String,
    /// The version in the older lock.
    pub before: Option<String>,
    /// The version in the newer lock.
    pub after: Option<String>,
    /// Whether it is a local component, which is in no registry: the one that came, or the one that went.
    pub is_local: bool,
    /// Why.
    pub cause: Cause,
}

/// Why a release came, went, or made way for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was published in between.
    Released(u64),
    /// The one before was yanked in between.
    Yanked(u64),
    /// Its yank was taken back in between.
    Unyanked(u64),
    /// The consumer asks for it, or no longer does.
    Asked,
    /// The consumer asks for its package in other words.
    AskedOtherwise,
    /// An override has come, or gone, that it stands for, or that stands in its place.
    Override {
        /// Whether it has come.
        is_new: bool,
    },
    /// The one before needs what was yanked in between.
    NeededYanked(ReleaseName, u64),
    /// It needs something whose yank was taken back in between.
    NeedsUnyanked(ReleaseName, u64),
    /// It needs something that was published in between.
    NeedsReleased(ReleaseName, u64),
    /// The one before needs a package of a log that is no longer a peer of its own.
    PeerGone(String, u64),
    /// It needs a package of a log that has become a peer of its own, or is one in other words.
    PeerCame(String, u64),
    /// The newer lock no longer prefers the one before.
    Unpreferred,
    /// The newer lock prefers it.
    Preferred,
    /// A release that changed, too, needs it; or the only one that needed it is gone.
    Needs(ReleaseName),
    /// Nothing needs it any more.
    Unneeded,
    /// Another change leads to it.
    Follows,
}

impl Diff {
    /// Whether nothing that the locks say differs.
    pub fn is_empty(&self) -> bool {
        *self == Diff::default()
    }

    /// Compares two locks. `pages` has the newer one's registries open, at the heads of `graph`.
    ///
    /// # Errors
    /// The answer is no, or could not check: as the records' registries say.
    pub fn of(old: &Lock, new: &Lock, graph: &Graph, pages: &mut Pages) -> Result<Diff> {
        let heads = heads(old, new);
        let mut records = Records::new(pages, sizes(old));
        let names = |id: &crate::lock::SolverId| format!("{} sha256 {}", id.describe(), id.sha256);
        let solver =
            (old.claim.solver != new.claim.solver).then(|| (names(&old.claim.solver), names(&new.claim.solver)));
        let (then, now) = (&old.claim.inputs.preferences, &new.claim.inputs.preferences);
        Ok(Diff {
            inputs: inputs(old, new),
            preferences: (then != now).then_some((then.len(), now.len())),
            solver,
            peers: peers(graph, &mut records)?,
            releases: releases(old, new, &mut records)?,
            yanked: yanked(old, new, &mut records)?,
            heads,
        })
    }
}

/// The sizes of a lock's logs.
fn sizes(lock: &Lock) -> BTreeMap<&str, u64> {
    let pinned = lock.claim.logs.iter();
    pinned.chain(lock.derived.logs.iter().map(|held| &held.log)).map(|log| (log.origin.as_str(), log.size)).collect()
}

fn heads(old: &Lock, new: &Lock) -> Vec<HeadChange> {
    let (before, after) = (sizes(old), sizes(new));
    let origins: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let changes = origins.into_iter().map(|origin| HeadChange {
        origin: origin.to_owned(),
        before: before.get(origin).copied(),
        after: after.get(origin).copied(),
    });
    changes.filter(|change| change.before != change.after).collect()
}

fn inputs(old: &Lock, new: &Lock) -> Vec<InputChange> {
    let (then, now) = (&old.claim.inputs, &new.claim.inputs);
    let in_words = |lock: &crate::inputs::Inputs| -> Vec<String> {
        let dependencies = lock.dependencies.iter().map(ToString::to_string);
        let forbidden = lock.forbidden.iter().map(ToString::to_string);
        let overrides = lock.overrides.iter().map(|replaced| format!("an override of {replaced}"));
        dependencies.chain(forbidden).chain(overrides).collect()
    };
    let (then, now) = (in_words(then), in_words(now));
    let gone =
        then.iter().filter(|what| !now.contains(what)).map(|what| InputChange { is_new: false, what: what.clone() });
    let come =
        now.iter().filter(|what| !then.contains(what)).map(|what| InputChange { is_new: true, what: what.clone() });
    gone.chain(come).collect()
}

fn peers(graph: &Graph, records: &mut Records<'_>) -> Result<Vec<PeerChange>> {
    let mut changes = Vec::new();
    for origin in graph.accepted().map(|head| head.head().origin.clone()).collect::<Vec<_>>() {
        let Some(size) = records.size(&origin) else { continue };
        let Some(page) = records.pages.of_subjects(&origin, &[&Subject::Peers.to_string()])?.pop().flatten() else {
            continue;
        };
        let page =
            page.parse(Subject::Peers).map_err(|error| Error::no(format!("the page of peers of {origin}: {error}")))?;
        let new = page.lines.iter().filter(|(place, _)| *place >= size);
        changes.extend(new.filter_map(|(place, record)| {
            let (is_peer, peer) = match record {
                Record::Peer(peer) => (true, peer.peer),
                Record::Unpeer(unpeer) => (false, unpeer.peer),
                _ => return None,
            };
            Some(PeerChange { log: origin.clone(), record: *place, is_peer, peer: peer.to_owned() })
        }));
    }
    Ok(changes)
}

type Key<'l> = (&'l str, &'l str);

/// The releases of a lock by package.
fn by_package(lock: &Lock) -> BTreeMap<Key<'_>, Vec<&LockedPackage>> {
    let mut packages: BTreeMap<Key<'_>, Vec<&LockedPackage>> = BTreeMap::new();
    for package in &lock.derived.packages {
        packages.entry((&package.registry, &package.name)).or_default().push(package);
    }
    packages
}

/// What versions that exclude one another share.
fn track(version: &str) -> Option<(u64, u64, u64)> {
    Version::parse(version).ok().map(|version| moving::track(&version))
}

fn releases(old: &Lock, new: &Lock, records: &mut Records<'_>) -> Result<Vec<ReleaseChange>> {
    let (before, after) = (by_package(old), by_package(new));
    let keys: BTreeSet<Key<'_>> = before.keys().chain(after.keys()).copied().collect();
    let none = Vec::new();
    let mut pairs: Vec<(Option<&LockedPackage>, Option<&LockedPackage>)> = Vec::new();
    for key in keys {
        let (then, now) = (before.get(&key).unwrap_or(&none), after.get(&key).unwrap_or(&none));
        let is_in = |all: &[&LockedPackage], one: &LockedPackage| all.iter().any(|other| other.version == one.version);
        let gone: Vec<&LockedPackage> = then.iter().copied().filter(|one| !is_in(now, one)).collect();
        let mut come: Vec<&LockedPackage> = now.iter().copied().filter(|one| !is_in(then, one)).collect();
        // Of one track where there are such, then whichever are left.
        let mut left = Vec::new();
        for one in gone {
            match come.iter().position(|other| track(&other.version) == track(&one.version)) {
                Some(place) => pairs.push((Some(one), Some(come.remove(place)))),
                None => left.push(one),
            }
        }
        let count = left.len().max(come.len());
        pairs.extend((0..count).map(|place| (left.get(place).copied(), come.get(place).copied())));
    }
    let mut causes = Causes::new(old, new, records);
    let mut changes = Vec::new();
    for (gone, come) in pairs {
        let Some(one) = come.or(gone) else { continue };
        changes.push(ReleaseChange {
            registry: one.registry.clone(),
            name: one.name.clone(),
            before: gone.map(|package| package.version.clone()),
            after: come.map(|package| package.version.clone()),
            is_local: one.record.is_none(),
            cause: causes.of(gone, come)?,
        });
    }
    Ok(changes)
}

fn name_of(package: &LockedPackage) -> ReleaseName {
    release_name((&package.registry, &package.name, &package.version))
}

/// The release of an origin, a name and a version.
fn release_name((registry, name, version): (&str, &str, &str)) -> ReleaseName {
    ReleaseName { registry: registry.to_owned(), name: name.to_owned(), version: version.to_owned() }
}

fn yanked(old: &Lock, new: &Lock, records: &mut Records<'_>) -> Result<Vec<(ReleaseName, u64)>> {
    let kept: BTreeSet<ReleaseName> = new.derived.packages.iter().map(name_of).collect();
    let mut found = Vec::new();
    for package in old.derived.packages.iter().map(name_of).filter(|name| kept.contains(name)) {
        if let Some(Cause::Yanked(place)) = records.word_on(&package.registry, &package.name, &package.version)? {
            found.push((package, place));
        }
    }
    Ok(found)
}
