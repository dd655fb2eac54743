//! What changed from one lock to another, and which record caused it.
//!
//! Two locks of the same project differ because something was asked for otherwise, or because heads have moved and logs hold
//! more records: a release, a yank, a word about a peer. Each change is explained by such a record where there is one, else by
//! the release that needs it. The records are read, and proven, at the newer lock's heads.

mod cause;
mod maintainers;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use headlock_log::digest::Digest;
use headlock_log::record::{Record, Subject};
use semver::Version;

use crate::compatible::{self, Track};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::inputs::{Forbidden, Input, Inputs, Override};
use crate::lock::{Lock, LockedPackage, PublishedSolver, SolverId};
use crate::pages::Pages;

use cause::Causes;
pub use maintainers::MaintainersChange;
use records::Records;

/// What changed, in the order in which people want to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Maintainers of packages, ascending by registry and name.
    pub maintainers: Vec<MaintainersChange>,
    /// What was asked for otherwise.
    pub inputs: Vec<InputChange>,
    /// How many preferences each lock states, if these differ.
    pub preferences: Option<(usize, usize)>,
    /// The solver, before and after, if it is another.
    pub solver: Option<(String, String)>,
    /// Where the locks say that their solvers were published, before and after, if these differ.
    pub published: Option<(Option<PublishedSolver>, Option<PublishedSolver>)>,
    /// Heads, ascending by origin.
    pub heads: Vec<HeadChange>,
    /// Records about peers that came in between, ascending by log and place.
    pub peers: Vec<PeerChange>,
    /// Releases, ascending by registry, name and version.
    pub releases: Vec<ReleaseChange>,
    /// Releases that stayed in the answer and were yanked in between: only an older lock can hold them.
    pub yanked: Vec<(ReleaseName, u64)>,
    /// Releases that both locks hold and of which they say something else, ascending by registry, name and version.
    pub restated: Vec<Restated>,
}

/// A release of which two locks say something else. What a published release is never changes: one of the locks says what is not
/// so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// The release.
    pub release: ReleaseName,
    /// Whether it is a local component, whose content may change.
    pub is_local: bool,
    /// Its content, before and after, if it is another.
    pub content: Option<(Digest, Digest)>,
    /// The place of its record, before and after, if it is another.
    pub record: Option<(Option<u64>, Option<u64>)>,
    /// Its features, before and after, if they are others.
    pub features: Option<(Vec<String>, Vec<String>)>,
}

impl Restated {
    /// Whether it cannot be that both locks were made as locks are.
    pub fn is_contradiction(&self) -> bool {
        !self.is_local && (self.content.is_some() || self.record.is_some())
    }
}

/// A dependency, or a forbidden edge, that only one of the locks was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputChange {
    /// Whether the newer lock has it.
    pub is_new: bool,
    /// What it is.
    pub what: Asked,
}

/// Something that a lock was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A dependency of the consumer.
    Dependency(Input),
    /// An edge between registries that the consumer does without.
    Forbidden(Forbidden),
    /// A package that the consumer has replaced.
    Override(Override),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Dependency(input) => input.fmt(f),
            Asked::Forbidden(edge) => edge.fmt(f),
            Asked::Override(replaced) => write!(f, "an override of {replaced}"),
        }
    }
}

/// How many releases have changed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves {
    /// Releases that made way for another of their track.
    pub moved: usize,
    /// Releases that came.
    pub added: usize,
    /// Releases that went.
    pub removed: usize,
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
    /// The one before is published only after the newer lock's head, which is an older one.
    NotYet(u64),
    /// Another change leads to it.
    Follows,
}

impl Diff {
    /// Whether nothing that the locks say differs.
    pub fn is_empty(&self) -> bool {
        *self == Diff::default()
    }

    /// Whether other releases are there, and nothing that could have led to them.
    pub fn is_groundless(&self) -> bool {
        let Diff { maintainers, inputs, solver, heads, peers, releases, .. } = self;
        let is_same = maintainers.is_empty() && inputs.is_empty() && heads.is_empty() && peers.is_empty();
        is_same && solver.is_none() && !releases.is_empty() && releases.iter().all(|one| one.cause == Cause::Follows)
    }

    /// The logs that are at an older head in the newer lock: origin, and how many records before and after.
    pub fn moved_back(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.heads.iter().filter_map(|HeadChange { origin, before, after }| {
            let (before, after) = ((*before)?, (*after)?);
            (after < before).then_some((origin.as_str(), before, after))
        })
    }

    /// How many releases have changed, and how.
    pub fn moves(&self) -> Moves {
        let mut moves = Moves { moved: 0, added: 0, removed: 0 };
        for change in &self.releases {
            match (&change.before, &change.after) {
                (None, _) => moves.added += 1,
                (_, None) => moves.removed += 1,
                _ => moves.moved += 1,
            }
        }
        moves
    }

    /// Compares two locks. `pages` has the newer one's registries open, at the heads of `graph`.
    ///
    /// # Errors
    /// The answer is no, or could not check: as the records' registries say.
    pub fn of(old: &Lock, new: &Lock, graph: &Graph, pages: &mut Pages) -> Result<Diff> {
        let heads = heads(old, new);
        let mut records = Records::new(pages, sizes(old));
        let names = |id: &SolverId| format!("{} sha256 {}", id.describe(), id.sha256);
        let (before, after) = (&old.claim.solver, &new.claim.solver);
        let is_same = SolverId { published: after.published.clone(), ..before.clone() } == *after;
        let (was, is) = (&before.published, &after.published);
        let (then, now) = (&old.claim.inputs.preferences, &new.claim.inputs.preferences);
        Ok(Diff {
            maintainers: maintainers::changes(old, new, &mut records)?,
            inputs: inputs(old, new),
            preferences: (then != now).then_some((then.len(), now.len())),
            solver: (!is_same).then(|| (names(before), names(after))),
            published: (was != is).then(|| (was.clone(), is.clone())),
            peers: peers(graph, &mut records)?,
            releases: releases(old, new, &mut records)?,
            yanked: yanked(old, new, &mut records)?,
            restated: restated(old, new),
            heads,
        })
    }
}

/// The sizes of a lock's logs.
fn sizes(lock: &Lock) -> BTreeMap<&str, u64> {
    lock.logs().map(|log| (log.origin.as_str(), log.size)).collect()
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
    let all = |inputs: &Inputs| -> Vec<Asked> {
        let dependencies = inputs.dependencies.iter().cloned().map(Asked::Dependency);
        let forbidden = inputs.forbidden.iter().cloned().map(Asked::Forbidden);
        let overrides = inputs.overrides.iter().cloned().map(Asked::Override);
        dependencies.chain(forbidden).chain(overrides).collect()
    };
    let (then, now) = (all(then), all(now));
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
        let page = page
            .parse(&origin, Subject::Peers)
            .map_err(|error| Error::no(format!("the page of peers of {origin}: {error}")))?;
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
fn track(version: &str) -> Option<Track> {
    Version::parse(version).ok().map(|version| compatible::track(&version))
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

fn restated(old: &Lock, new: &Lock) -> Vec<Restated> {
    let before: BTreeMap<ReleaseName, &LockedPackage> =
        old.derived.packages.iter().map(|package| (name_of(package), package)).collect();
    let mut found = Vec::new();
    for now in &new.derived.packages {
        let Some(then) = before.get(&name_of(now)) else { continue };
        let restated = Restated {
            release: name_of(now),
            is_local: then.record.is_none() && now.record.is_none(),
            content: (then.sha256 != now.sha256).then_some((then.sha256, now.sha256)),
            record: (then.record != now.record).then_some((then.record, now.record)),
            features: (then.features != now.features).then(|| (then.features.clone(), now.features.clone())),
        };
        if restated.content.is_some() || restated.record.is_some() || restated.features.is_some() {
            found.push(restated);
        }
    }
    found.sort_by(|one, other| one.release.cmp(&other.release));
    found
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
