//! What commands about solvers tell.

use std::path::Path;

use headlock_log::digest::Digest;
use serde::Serialize;

use super::parts::{Head, Solver};
use super::path;
use crate::component::{Export, Import, Inspection};
use crate::lock::SolverId;
use crate::solvers::Release;
use crate::trust::AcceptedHead;

/// `headlock.solver-show/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Shown {
    format: &'static str,
    #[serde(flatten)]
    solver: Solver,
    bytes: usize,
    released: bool,
}

impl Shown {
    pub(in crate::cli) fn of(id: &SolverId, bytes: usize, released: bool) -> Shown {
        Shown { format: "headlock.solver-show/1", solver: Solver::of(id), bytes, released }
    }
}

/// `headlock.solver-inspect/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Inspected {
    format: &'static str,
    sha256: Digest,
    bytes: usize,
    name: Option<String>,
    version: Option<String>,
    world: Option<&'static str>,
    core_modules: Vec<u64>,
    imports: Vec<Imported>,
    exports: Vec<Exported>,
    solver: bool,
}

#[derive(Serialize)]
struct Imported {
    kind: &'static str,
    name: String,
    sealed: bool,
}

#[derive(Serialize)]
struct Exported {
    kind: &'static str,
    name: String,
}

impl Inspected {
    pub(in crate::cli) fn of(inspection: &Inspection) -> Inspected {
        let (name, version) = inspection.name.clone().unzip();
        let import =
            |import: &Import| Imported { kind: import.kind, name: import.name.clone(), sealed: import.is_sealed() };
        let export = |export: &Export| Exported { kind: export.kind, name: export.name.clone() };
        Inspected {
            format: "headlock.solver-inspect/1",
            sha256: inspection.sha256,
            bytes: inspection.size,
            name,
            version,
            world: inspection.world,
            core_modules: inspection.core_modules.clone(),
            imports: inspection.imports.iter().map(import).collect(),
            exports: inspection.exports.iter().map(export).collect(),
            solver: inspection.refusal().is_none(),
        }
    }
}

/// `headlock.solver-list/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Listed {
    format: &'static str,
    packages: Vec<Package>,
}

/// A package of solvers.
#[derive(Serialize)]
pub(in crate::cli) struct Package {
    package: String,
    head: Head,
    releases: Vec<SolverRelease>,
}

/// A published solver, and who accepts it.
#[derive(Serialize)]
pub(in crate::cli) struct SolverRelease {
    version: String,
    record: u64,
    sha256: Digest,
    yanked: Option<u64>,
    accepted_by: Option<&'static str>,
    rule: Option<String>,
    released: bool,
    made_lock: bool,
}

/// Who accepts a published solver.
pub(in crate::cli) enum Standing {
    ByHash,
    ByRule { package: String, versions: String },
    ByHost,
    NotAccepted,
}

impl Listed {
    pub(in crate::cli) fn new(packages: Vec<Package>) -> Listed {
        Listed { format: "headlock.solver-list/1", packages }
    }
}

impl Package {
    pub(in crate::cli) fn new(package: &str, accepted: &AcceptedHead, releases: Vec<SolverRelease>) -> Package {
        Package { package: package.to_owned(), head: Head::of(accepted.head()), releases }
    }
}

impl SolverRelease {
    pub(in crate::cli) fn of(release: &Release, standing: &Standing, released: bool, made_lock: bool) -> SolverRelease {
        let (accepted_by, rule) = match standing {
            Standing::ByHash => (Some("trust"), None),
            Standing::ByRule { package, versions } => (Some("rule"), Some(format!("{package} {versions}"))),
            Standing::ByHost => (Some("host"), None),
            Standing::NotAccepted => (None, None),
        };
        SolverRelease {
            version: release.version.to_string(),
            record: release.record,
            sha256: release.content,
            yanked: release.yanked,
            accepted_by,
            rule,
            released,
            made_lock,
        }
    }
}

/// `headlock.solver-fetch/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Fetched {
    format: &'static str,
    path: String,
    registry: String,
    package: String,
    version: String,
    sha256: Digest,
    record: u64,
    yanked: Option<u64>,
}

impl Fetched {
    pub(in crate::cli) fn of(file: &Path, registry: &str, package: &str, release: &Release) -> Fetched {
        Fetched {
            format: "headlock.solver-fetch/1",
            path: path(file),
            registry: registry.to_owned(),
            package: package.to_owned(),
            version: release.version.to_string(),
            sha256: release.content,
            record: release.record,
            yanked: release.yanked,
        }
    }
}
