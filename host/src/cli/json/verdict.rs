//! What verifying a lock tells.

use headlock_log::digest::Digest;
use serde::Serialize;

use super::parts::{AcceptedBy, LockFile, Log, Solver, Trust};
use super::path;
use crate::cli::session::Place;
use crate::graph::{Unusable, Why};
use crate::lock::Lock;
use crate::report::Beside;
use crate::solvers::Judged;
use crate::solvers::look::{Look, Seen, Source};
use crate::verify::Verified;

/// `headlock.verify/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Verification {
    format: &'static str,
    lock: LockFile,
    trust: Trust,
    solver: Solver,
    solver_accepted: AcceptedBy,
    solver_log: Option<SolverLog>,
    solver_registries: Vec<SolverSeen>,
    solver_yanks: Vec<SolverYank>,
    engines: Vec<&'static str>,
    logs: Vec<VerifiedLog>,
    without: Vec<Without>,
    bundle: Option<Bundle>,
    manifest: Option<Manifest>,
}

/// Where the lock says that its solver was published: proven.
#[derive(Serialize)]
struct SolverLog {
    #[serde(flatten)]
    log: Log,
    record: u64,
}

/// What was seen of the solver in a registry.
#[derive(Serialize)]
struct SolverSeen {
    registry: String,
    head: Option<&'static str>,
    size: Option<u64>,
    sha256: Option<Digest>,
    yanked: Option<u64>,
}

#[derive(Serialize)]
struct SolverYank {
    registry: String,
    record: u64,
    size: u64,
}

#[derive(Serialize)]
struct VerifiedLog {
    #[serde(flatten)]
    log: Log,
    vouched_by: Option<String>,
    behind: Option<u64>,
}

#[derive(Serialize)]
struct Without {
    dependent: String,
    dependency: String,
    why: &'static str,
}

#[derive(Serialize)]
struct Bundle {
    path: String,
    files: usize,
}

#[derive(Serialize)]
struct Manifest {
    path: String,
    not_compared: Vec<String>,
}

impl Verification {
    /// Of what the verdict's lines are made from.
    pub(in crate::cli) fn of(
        place: &Place,
        lock: &Lock,
        verified: &Verified,
        beside: &Beside<'_>,
        engines: Vec<&'static str>,
    ) -> Verification {
        let Verified { graph, behind, judged, .. } = verified;
        let Judged { accepted, publication, looks, yanks, .. } = judged;
        let log = |(log, behind): (&crate::graph::GraphLog, &Option<u64>)| VerifiedLog {
            log: Log::of(&log.accepted, &log.basis),
            vouched_by: log.vouched_by.clone(),
            behind: *behind,
        };
        Verification {
            format: "headlock.verify/1",
            lock: LockFile::of(lock, &place.lock_path()),
            trust: Trust::of(beside.trust),
            solver: Solver::of(&lock.claim.solver),
            solver_accepted: AcceptedBy::of(accepted),
            solver_log: publication.as_ref().map(|publication| SolverLog {
                log: Log::of(&publication.accepted, &publication.basis),
                record: publication.release.record,
            }),
            solver_registries: looks.iter().map(seen).collect(),
            solver_yanks: yanks
                .iter()
                .map(|yank| SolverYank { registry: yank.registry.clone(), record: yank.record, size: yank.size })
                .collect(),
            engines,
            logs: graph.logs.iter().zip(behind).map(log).collect(),
            without: graph.unusable.iter().map(without).collect(),
            bundle: beside.bundle.map(|(at, files)| Bundle { path: path(at), files }),
            manifest: beside.manifest.map(|manifest| Manifest {
                path: path(&manifest.path),
                not_compared: manifest.missing().map(|file| path(&file.path)).collect(),
            }),
        }
    }
}

fn seen(look: &Look) -> SolverSeen {
    let registry = look.registry.clone();
    let Ok(Seen { size, from, release }) = &look.seen else {
        return SolverSeen { registry, head: None, size: None, sha256: None, yanked: None };
    };
    let head = match from {
        Source::Lock(_) => "pinned",
        Source::Served(_) => "served",
        Source::Remembered(_) => "remembered",
    };
    SolverSeen {
        registry,
        head: Some(head),
        size: Some(*size),
        sha256: release.as_ref().map(|release| release.content),
        yanked: release.as_ref().and_then(|release| release.yanked),
    }
}

fn without(unusable: &Unusable) -> Without {
    let why = match unusable.why {
        Why::Forbidden => "forbidden",
        Why::OtherKey => "other-key",
        Why::Disputed => "disputed",
    };
    Without { dependent: unusable.dependent.clone(), dependency: unusable.dependency.clone(), why }
}
