//! What several objects hold.

use headlock_log::checkpoint;
use headlock_log::digest::Digest;
use serde::Serialize;

use super::path;
use crate::graph::Basis;
use crate::inputs::{self, Inputs, Replacement};
use crate::lock::{Lock, LockedPackage, PublishedSolver, SolverId};
use crate::maintainers;
use crate::solvers::Accepted;
use crate::trust::{AcceptedHead, TrustSource};
use crate::{explain, trust};

/// A log's head.
#[derive(Serialize)]
pub(in crate::cli) struct Head {
    origin: String,
    size: u64,
    root: String,
}

impl Head {
    pub(in crate::cli) fn of(head: &checkpoint::Head) -> Head {
        Head { origin: head.origin.clone(), size: head.size, root: head.root_base64() }
    }
}

/// A release, by its name.
#[derive(Serialize)]
pub(in crate::cli) struct Release {
    pub(super) registry: String,
    pub(super) name: String,
    pub(super) version: String,
}

impl Release {
    pub(super) fn of((registry, name, version): &explain::Name) -> Release {
        Release { registry: registry.clone(), name: name.clone(), version: version.clone() }
    }
}

/// A package, by its name.
#[derive(Serialize)]
pub(in crate::cli) struct Package {
    pub(super) registry: String,
    pub(super) name: String,
}

/// A package's maintainers.
#[derive(Serialize)]
pub(in crate::cli) struct Maintainers {
    threshold: u32,
    keys: Vec<String>,
}

impl Maintainers {
    pub(in crate::cli) fn of(maintainers: &maintainers::Maintainers) -> Maintainers {
        Maintainers { threshold: maintainers.threshold(), keys: maintainers.keys().to_vec() }
    }
}

/// A solver.
#[derive(Serialize)]
pub(in crate::cli) struct Solver {
    name: Option<String>,
    version: Option<String>,
    world: String,
    sha256: Digest,
}

impl Solver {
    pub(in crate::cli) fn of(id: &SolverId) -> Solver {
        let SolverId { name, version, world, sha256, .. } = id.clone();
        Solver { name, version, world, sha256 }
    }
}

/// Where a lock says that its solver was published.
#[derive(Serialize)]
pub(in crate::cli) struct Published {
    origin: String,
    size: u64,
    root: String,
    record: u64,
}

impl Published {
    pub(super) fn of(published: &PublishedSolver) -> Published {
        let PublishedSolver { origin, size, root, record, .. } = published.clone();
        Published { origin, size, root, record }
    }
}

/// Who accepts a solver.
#[derive(Serialize)]
pub(in crate::cli) struct AcceptedBy {
    by: &'static str,
    rule: Option<String>,
    registry: Option<String>,
    record: Option<u64>,
}

impl AcceptedBy {
    pub(super) fn of(accepted: &Accepted) -> AcceptedBy {
        let plain = |by| AcceptedBy { by, rule: None, registry: None, record: None };
        match accepted {
            Accepted::Released => plain("host"),
            Accepted::ByTrust => plain("trust"),
            Accepted::ByOption => plain("option"),
            Accepted::ByRule { registry, record, rule } => {
                let (rule, registry) = (Some(rule.clone()), Some(registry.clone()));
                AcceptedBy { by: "rule", rule, registry, record: Some(*record) }
            }
        }
    }

    /// By a rule, and that what it is about was published so is the word of attesters.
    pub(super) fn attested(rule: &str) -> AcceptedBy {
        AcceptedBy { by: "attested-rule", rule: Some(rule.to_owned()), registry: None, record: None }
    }
}

/// A trust file.
#[derive(Serialize)]
pub(in crate::cli) struct Trust {
    path: String,
    given: bool,
    sha256: Digest,
    policy_sha256: Digest,
    log_keys: usize,
    witnesses: usize,
    quorum: Option<String>,
}

impl Trust {
    pub(in crate::cli) fn of(trust: &trust::Trust) -> Trust {
        let policy = &trust.policy;
        Trust {
            path: path(&trust.path),
            given: trust.source == TrustSource::Given,
            sha256: trust.digests.file,
            policy_sha256: trust.digests.policy,
            log_keys: policy.logs().len(),
            witnesses: policy.witnesses().len(),
            quorum: policy.quorum().map(str::to_owned),
        }
    }
}

/// A head, and why it is accepted.
#[derive(Serialize)]
pub(in crate::cli) struct Log {
    origin: String,
    size: u64,
    root: String,
    basis: &'static str,
    derived_from: Option<Record>,
    cosigners: Vec<String>,
    key: String,
    spoken_for_by: Option<u64>,
}

/// A record of a log.
#[derive(Serialize)]
pub(in crate::cli) struct Record {
    pub(super) origin: String,
    pub(super) record: u64,
}

impl Log {
    pub(super) fn of(accepted: &AcceptedHead, basis: &Basis) -> Log {
        let head = accepted.head();
        let (basis, derived_from) = match basis {
            Basis::Pinned => ("pinned", None),
            Basis::Derived { from, record } => ("derived", Some(Record { origin: from.clone(), record: *record })),
        };
        Log {
            origin: head.origin.clone(),
            size: head.size,
            root: head.root_base64(),
            basis,
            derived_from,
            cosigners: accepted.cosigners().to_vec(),
            key: accepted.key().to_string(),
            spoken_for_by: accepted.successor().map(|newer| newer.head().size),
        }
    }
}

/// An override that a lock states.
#[derive(Serialize)]
pub(in crate::cli) struct Override {
    registry: String,
    name: String,
    by_registry: Option<String>,
    by_name: Option<String>,
    by_version: Option<String>,
    by_sha256: Option<Digest>,
}

impl Override {
    pub(super) fn of(replaced: &inputs::Override) -> Override {
        let inputs::Override { registry, name, by } = replaced.clone();
        let plain = Override { registry, name, by_registry: None, by_name: None, by_version: None, by_sha256: None };
        match by {
            Replacement::Package { registry, name } => {
                Override { by_registry: Some(registry), by_name: Some(name), ..plain }
            }
            Replacement::Local(local) => {
                Override { by_version: Some(local.version), by_sha256: Some(local.content), ..plain }
            }
        }
    }

    pub(super) fn all(inputs: &Inputs) -> Vec<Override> {
        inputs.overrides.iter().map(Override::of).collect()
    }
}

/// A lock, in numbers.
#[derive(Serialize)]
pub(in crate::cli) struct LockFile {
    path: String,
    sha256: Digest,
    releases: usize,
    consulted: usize,
    overrides: Vec<Override>,
    preferences: usize,
    problem: Digest,
    outcome: Digest,
}

impl LockFile {
    pub(in crate::cli) fn of(lock: &Lock, at: &std::path::Path) -> LockFile {
        let derived = &lock.derived;
        LockFile {
            path: path(at),
            sha256: Digest::of(lock.format().as_bytes()),
            releases: derived.packages.len(),
            consulted: derived.consulted.iter().map(|consulted| consulted.names.len()).sum(),
            overrides: Override::all(&lock.claim.inputs),
            preferences: lock.claim.inputs.preferences.len(),
            problem: derived.problem,
            outcome: derived.outcome,
        }
    }
}

/// A release that a lock holds.
#[derive(Serialize)]
pub(in crate::cli) struct Locked {
    registry: String,
    name: String,
    version: String,
    sha256: Digest,
    record: Option<u64>,
    maintainers: Option<Maintainers>,
    features: Vec<String>,
}

impl Locked {
    pub(super) fn of(package: &LockedPackage) -> Locked {
        let LockedPackage { registry, name, version, sha256, record, maintainers, features, .. } = package.clone();
        let maintainers = maintainers.as_ref().map(Maintainers::of);
        Locked { registry, name, version, sha256, record, maintainers, features }
    }
}
