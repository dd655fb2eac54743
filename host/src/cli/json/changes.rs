//! What changed from one lock to another.

use headlock_log::digest::Digest;
use serde::Serialize;

use super::parts::{Maintainers, Override, Package, Published, Record, Release, Solver};
use crate::diff::{self, Asked, Cause, Diff, Moves};
use crate::lock::Lock;

/// `headlock.diff/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Difference {
    format: &'static str,
    same: bool,
    changes: Option<Changes>,
}

/// What changed.
#[derive(Serialize)]
pub(in crate::cli) struct Changes {
    maintainers: Vec<MaintainersChange>,
    solver: Option<BeforeAfter<Solver>>,
    solver_published: Option<BeforeAfter<Option<Published>>>,
    inputs: Vec<InputChange>,
    preferences: Option<BeforeAfter<usize>>,
    logs: Vec<LogChange>,
    peers: Vec<PeerChange>,
    releases: Vec<ReleaseChange>,
    yanked: Vec<Yanked>,
    restated: Vec<Restated>,
    moved: usize,
    added: usize,
    removed: usize,
}

#[derive(Serialize)]
struct BeforeAfter<T> {
    before: T,
    after: T,
}

#[derive(Serialize)]
struct MaintainersChange {
    registry: String,
    name: String,
    in_place_by: Option<Package>,
    before: Option<Maintainers>,
    after: Option<Maintainers>,
    record: Option<u64>,
}

/// What was asked for otherwise; of `dependency`, `forbidden` and `override` one is there.
#[derive(Serialize)]
struct InputChange {
    change: &'static str,
    dependency: Option<Dependency>,
    forbidden: Option<Forbidden>,
    r#override: Option<Override>,
}

#[derive(Serialize)]
struct Dependency {
    registry: String,
    name: String,
    requirement: String,
    sha256: Option<Digest>,
    features: Vec<String>,
}

#[derive(Serialize)]
struct Forbidden {
    dependent: Option<String>,
    dependency: String,
}

#[derive(Serialize)]
struct LogChange {
    origin: String,
    before: Option<u64>,
    after: Option<u64>,
}

#[derive(Serialize)]
struct PeerChange {
    origin: String,
    record: u64,
    change: &'static str,
    peer: String,
}

#[derive(Serialize)]
struct ReleaseChange {
    registry: String,
    name: String,
    before: Option<String>,
    after: Option<String>,
    local: bool,
    cause: CauseOf,
}

/// Why; what of the rest is there depends on the kind.
#[derive(Serialize)]
struct CauseOf {
    kind: &'static str,
    record: Option<Record>,
    release: Option<Release>,
    peer: Option<String>,
}

#[derive(Serialize)]
struct Yanked {
    registry: String,
    name: String,
    version: String,
    record: u64,
}

/// A release of which the locks say something else; what is the same is not there.
#[derive(Serialize)]
struct Restated {
    registry: String,
    name: String,
    version: String,
    local: bool,
    sha256: Option<BeforeAfter<Digest>>,
    record: Option<BeforeAfter<Option<u64>>>,
    features: Option<BeforeAfter<Vec<String>>>,
}

impl Difference {
    /// Of two locks that say the same.
    pub(in crate::cli) fn none() -> Difference {
        Difference { format: "headlock.diff/1", same: true, changes: None }
    }

    pub(in crate::cli) fn of(changes: Changes) -> Difference {
        Difference { format: "headlock.diff/1", same: false, changes: Some(changes) }
    }
}

impl Changes {
    pub(in crate::cli) fn of(diff: &Diff, old: &Lock, new: &Lock) -> Changes {
        let Moves { moved, added, removed } = diff.moves();
        let solvers = || BeforeAfter { before: Solver::of(&old.claim.solver), after: Solver::of(&new.claim.solver) };
        Changes {
            maintainers: diff.maintainers.iter().map(maintainers).collect(),
            solver: diff.solver.as_ref().map(|_| solvers()),
            solver_published: diff.published.as_ref().map(|(before, after)| BeforeAfter {
                before: before.as_ref().map(Published::of),
                after: after.as_ref().map(Published::of),
            }),
            inputs: diff.inputs.iter().map(input).collect(),
            preferences: diff.preferences.map(|(before, after)| BeforeAfter { before, after }),
            logs: diff
                .heads
                .iter()
                .map(|head| LogChange { origin: head.origin.clone(), before: head.before, after: head.after })
                .collect(),
            peers: diff.peers.iter().map(peer).collect(),
            releases: diff.releases.iter().map(release).collect(),
            yanked: diff.yanked.iter().map(yanked).collect(),
            restated: diff.restated.iter().map(restated).collect(),
            moved,
            added,
            removed,
        }
    }
}

fn maintainers(change: &diff::MaintainersChange) -> MaintainersChange {
    let diff::MaintainersChange { registry, name, instead_of, before, after, record } = change;
    MaintainersChange {
        registry: registry.clone(),
        name: name.clone(),
        in_place_by: instead_of
            .as_ref()
            .map(|(registry, name)| Package { registry: registry.clone(), name: name.clone() }),
        before: before.as_ref().map(Maintainers::of),
        after: after.as_ref().map(Maintainers::of),
        record: *record,
    }
}

fn input(change: &diff::InputChange) -> InputChange {
    let is = if change.is_new { "added" } else { "removed" };
    let none = InputChange { change: is, dependency: None, forbidden: None, r#override: None };
    match &change.what {
        Asked::Dependency(input) => {
            let crate::inputs::Input { registry, name, requirement, content, features } = input.clone();
            InputChange {
                dependency: Some(Dependency { registry, name, requirement, sha256: content, features }),
                ..none
            }
        }
        Asked::Forbidden(edge) => {
            let crate::inputs::Forbidden { dependent, dependency } = edge.clone();
            InputChange { forbidden: Some(Forbidden { dependent, dependency }), ..none }
        }
        Asked::Override(replaced) => InputChange { r#override: Some(Override::of(replaced)), ..none },
    }
}

fn peer(change: &diff::PeerChange) -> PeerChange {
    let diff::PeerChange { log, record, is_peer, peer } = change;
    let is = if *is_peer { "added" } else { "removed" };
    PeerChange { origin: log.clone(), record: *record, change: is, peer: peer.clone() }
}

fn release(change: &diff::ReleaseChange) -> ReleaseChange {
    let diff::ReleaseChange { registry, name, before, after, is_local, cause: why } = change;
    let cause = cause(why, registry);
    let (registry, name) = (registry.clone(), name.clone());
    ReleaseChange { registry, name, before: before.clone(), after: after.clone(), local: *is_local, cause }
}

fn cause(cause: &Cause, registry: &str) -> CauseOf {
    let plain = |kind| CauseOf { kind, record: None, release: None, peer: None };
    let record = |origin: &str, record: u64| Some(Record { origin: origin.to_owned(), record });
    let named = |kind, what: &diff::ReleaseName| CauseOf { release: Some(release_name(what)), ..plain(kind) };
    match cause {
        Cause::Released(at) => CauseOf { record: record(registry, *at), ..plain("released") },
        Cause::Yanked(at) => CauseOf { record: record(registry, *at), ..plain("yanked") },
        Cause::Unyanked(at) => CauseOf { record: record(registry, *at), ..plain("unyanked") },
        Cause::NeededYanked(what, at) => {
            CauseOf { record: record(&what.registry, *at), ..named("needed-yanked", what) }
        }
        Cause::NeedsUnyanked(what, at) => {
            CauseOf { record: record(&what.registry, *at), ..named("needs-unyanked", what) }
        }
        Cause::NeedsReleased(what, at) => {
            CauseOf { record: record(&what.registry, *at), ..named("needs-released", what) }
        }
        Cause::PeerGone(log, at) => {
            CauseOf { record: record(registry, *at), peer: Some(log.clone()), ..plain("peer-gone") }
        }
        Cause::PeerCame(log, at) => {
            CauseOf { record: record(registry, *at), peer: Some(log.clone()), ..plain("peer-came") }
        }
        Cause::Asked => plain("asked"),
        Cause::AskedOtherwise => plain("asked-otherwise"),
        Cause::Unpreferred => plain("unpreferred"),
        Cause::Preferred => plain("preferred"),
        Cause::Override { is_new: true } => plain("override-added"),
        Cause::Override { is_new: false } => plain("override-removed"),
        Cause::Unneeded => plain("unneeded"),
        Cause::Needs(by) => named("needed-by", by),
        Cause::NotYet(at) => CauseOf { record: record(registry, *at), ..plain("not-yet") },
        Cause::Follows => plain("follows"),
    }
}

fn release_name(diff::ReleaseName { registry, name, version }: &diff::ReleaseName) -> Release {
    Release { registry: registry.clone(), name: name.clone(), version: version.clone() }
}

fn yanked((what, record): &(diff::ReleaseName, u64)) -> Yanked {
    let diff::ReleaseName { registry, name, version } = what.clone();
    Yanked { registry, name, version, record: *record }
}

fn restated(change: &diff::Restated) -> Restated {
    let diff::Restated { release, is_local, content, record, features } = change.clone();
    let diff::ReleaseName { registry, name, version } = release;
    Restated {
        registry,
        name,
        version,
        local: is_local,
        sha256: content.map(|(before, after)| BeforeAfter { before, after }),
        record: record.map(|(before, after)| BeforeAfter { before, after }),
        features: features.map(|(before, after)| BeforeAfter { before, after }),
    }
}
