//! What commands about registries tell.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use headlock_log::checkpoint;
use headlock_log::digest::Digest;
use serde::Serialize;

use super::parts::{Head, Maintainers};
use super::path;
use crate::graph::{Mention, Synced};
use crate::registry::audit::{self, Void};
use crate::registry::import;
use crate::registry::{Published, ReleaseRequest};
use crate::wkg::{self, Finding};
use crate::{maintainers, trust};

/// `headlock.registry-audit/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Audited {
    format: &'static str,
    head: Head,
    epochs: u64,
    packages: u64,
    releases: u64,
    voids: u64,
    first_voids: Vec<VoidRecord>,
}

#[derive(Serialize)]
struct VoidRecord {
    record: u64,
    of: String,
    why: String,
}

impl Audited {
    pub(in crate::cli) fn of(report: &audit::Audit) -> Audited {
        let void = |Void { place, of, why }: &Void| VoidRecord { record: *place, of: of.clone(), why: why.clone() };
        Audited {
            format: "headlock.registry-audit/1",
            head: Head::of(&report.head),
            epochs: report.epochs,
            packages: report.packages,
            releases: report.releases,
            voids: report.voids.count,
            first_voids: report.voids.first.iter().map(void).collect(),
        }
    }
}

/// `headlock.registry-audit-evidence/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Evidence {
    format: &'static str,
    head: Head,
    falsehood: String,
}

impl Evidence {
    pub(in crate::cli) fn of(head: &checkpoint::Head, falsehood: String) -> Evidence {
        Evidence { format: "headlock.registry-audit-evidence/1", head: Head::of(head), falsehood }
    }
}

/// `headlock.registry-publish/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Publishing {
    format: &'static str,
    action: &'static str,
    package: String,
    version: String,
    sha256: Option<Digest>,
    dependencies: Vec<Dependency>,
    features: Vec<String>,
    exclusives: Vec<String>,
    record: Option<u64>,
    head: Option<Head>,
}

#[derive(Serialize)]
struct Dependency {
    registry: Option<String>,
    name: String,
    requirement: String,
    features: Vec<String>,
    optional: bool,
}

impl Publishing {
    /// Of what was understood, and what was done with it.
    pub(in crate::cli) fn of(
        action: &'static str,
        request: &ReleaseRequest,
        published: Option<&Published>,
    ) -> Publishing {
        let dependencies = request.dependencies.iter().map(|dependency| Dependency {
            registry: dependency.registry.clone(),
            name: dependency.package.clone(),
            requirement: dependency.requirement.clone(),
            features: dependency.features.clone(),
            optional: dependency.optional,
        });
        Publishing {
            format: "headlock.registry-publish/1",
            action,
            package: request.package.clone(),
            version: request.version.clone(),
            sha256: published.map(|published| published.content).or(request.content),
            dependencies: dependencies.collect(),
            features: request.features.iter().map(|feature| feature.name.clone()).collect(),
            exclusives: request.exclusives.clone(),
            record: published.map(|published| published.place),
            head: published.map(|published| Head::of(&published.head)),
        }
    }
}

/// `headlock.registry-peer-list/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Peers {
    format: &'static str,
    head: Head,
    peers: Vec<Peer>,
}

#[derive(Serialize)]
struct Peer {
    origin: String,
    record: u64,
    url: String,
    keys: Vec<String>,
    packages: Option<Vec<String>>,
    depth: Option<u32>,
    synced: Option<SyncedHead>,
}

#[derive(Serialize)]
struct SyncedHead {
    size: u64,
    root: String,
    record: u64,
}

impl Peers {
    pub(in crate::cli) fn of(head: &checkpoint::Head, peers: &[Mention]) -> Peers {
        let peer = |mention: &Mention| Peer {
            origin: mention.peer.clone(),
            record: mention.record,
            url: mention.url.clone(),
            keys: mention.keys.iter().map(ToString::to_string).collect(),
            packages: mention.packages.clone(),
            depth: mention.depth,
            synced: mention.synced.as_ref().map(|Synced { record, head, .. }| SyncedHead {
                size: head.size,
                root: head.root_base64(),
                record: *record,
            }),
        };
        let peers = peers.iter().map(peer).collect();
        Peers { format: "headlock.registry-peer-list/1", head: Head::of(head), peers }
    }
}

/// `headlock.registry-maintainers-show/1`.
#[derive(Serialize)]
pub(in crate::cli) struct MaintainersOf {
    format: &'static str,
    package: String,
    maintainers: Option<Maintainers>,
    record: Option<u64>,
}

impl MaintainersOf {
    pub(in crate::cli) fn of(package: &str, found: Option<&(maintainers::Maintainers, u64)>) -> MaintainersOf {
        MaintainersOf {
            format: "headlock.registry-maintainers-show/1",
            package: package.to_owned(),
            maintainers: found.map(|(maintainers, _)| Maintainers::of(maintainers)),
            record: found.map(|(_, record)| *record),
        }
    }
}

/// `headlock.registry-check-wkg/1`.
#[derive(Serialize)]
pub(in crate::cli) struct WkgChecked {
    format: &'static str,
    file: String,
    entries: Vec<WkgEntry>,
    wrong: usize,
    logs: Vec<Head>,
}

/// An entry of the file, and what the log says of it.
#[derive(Serialize)]
pub(in crate::cli) struct WkgEntry {
    origin: String,
    name: String,
    requirement: String,
    version: String,
    sha256: Digest,
    finding: &'static str,
    record: Option<u64>,
    yanked: Option<u64>,
    logged_sha256: Option<Digest>,
}

impl WkgChecked {
    pub(in crate::cli) fn of(
        file: &Path,
        entries: Vec<WkgEntry>,
        wrong: usize,
        heads: &[trust::AcceptedHead],
    ) -> WkgChecked {
        let logs = heads.iter().map(|accepted| Head::of(accepted.head())).collect();
        WkgChecked { format: "headlock.registry-check-wkg/1", file: path(file), entries, wrong, logs }
    }
}

impl WkgEntry {
    pub(in crate::cli) fn of(name: &str, entry: &wkg::Entry, finding: &Finding, origin: &str) -> WkgEntry {
        let (said, record, yanked, logged_sha256) = match *finding {
            Finding::Agrees { record, yanked } => ("agrees", Some(record), yanked, None),
            Finding::Differs { record, logged } => ("differs", Some(record), None, Some(logged)),
            Finding::NoRelease => ("no-release", None, None, None),
            Finding::NoPackage => ("no-package", None, None, None),
            Finding::Contradicts => ("contradicts", None, None, None),
        };
        WkgEntry {
            origin: origin.to_owned(),
            name: name.to_owned(),
            requirement: entry.requirement.to_string(),
            version: entry.version.to_string(),
            sha256: entry.sha256,
            finding: said,
            record,
            yanked,
            logged_sha256,
        }
    }
}

/// `headlock.registry-check-fork/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Forked {
    format: &'static str,
    older: Head,
    newer: Head,
}

impl Forked {
    pub(in crate::cli) fn of(older: &checkpoint::Head, newer: &checkpoint::Head) -> Forked {
        Forked { format: "headlock.registry-check-fork/1", older: Head::of(older), newer: Head::of(newer) }
    }
}

/// `headlock.registry-witness/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Witnessed {
    format: &'static str,
    head: Head,
    cosigned: Vec<String>,
    failed: Vec<String>,
    not_asked: Vec<String>,
}

impl Witnessed {
    /// Of a head, and the names of the witnesses who have cosigned it now, have not, and were not asked.
    pub(in crate::cli) fn of(
        head: &checkpoint::Head,
        cosigned: Vec<String>,
        failed: Vec<String>,
        not_asked: Vec<String>,
    ) -> Witnessed {
        Witnessed { format: "headlock.registry-witness/1", head: Head::of(head), cosigned, failed, not_asked }
    }
}

/// `headlock.registry-import/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Imported {
    format: &'static str,
    head: Head,
    prepared: bool,
    files: u64,
    rows: u64,
    released: u64,
    yanked: u64,
    unyanked: u64,
    unchanged: u64,
    later: u64,
    refused: Vec<Row>,
    contradicting: Vec<Row>,
    strangers: Vec<Stranger>,
}

/// A row of the index, and what is to be said of it.
#[derive(Serialize)]
struct Row {
    name: String,
    version: String,
    path: String,
    row: u32,
    why: String,
}

/// A file without rows.
#[derive(Serialize)]
struct Stranger {
    path: String,
    why: String,
}

impl Imported {
    pub(in crate::cli) fn of(report: &import::Report, prepared: bool) -> Imported {
        fn row<T: Display>(finding: &import::Finding<T>) -> Row {
            let import::Finding { name, version, path: file, row, what } = finding;
            let (name, version, why) = (name.clone(), version.clone(), what.to_string());
            Row { name, version, path: path(file), row: *row, why }
        }
        let stranger = |(file, why): &(PathBuf, String)| Stranger { path: path(file), why: why.clone() };
        let import::Report { files, rows, released, yanked, unyanked, unchanged, later, .. } = *report;
        Imported {
            format: "headlock.registry-import/1",
            head: Head::of(&report.head),
            prepared,
            files,
            rows,
            released,
            yanked,
            unyanked,
            unchanged,
            later,
            refused: report.refused.iter().map(row).collect(),
            contradicting: report.contradicting.iter().map(row).collect(),
            strangers: report.strangers.iter().map(stranger).collect(),
        }
    }
}
