//! What a lock states of where its solver was published, checked: every byte of it.

use semver::Version;

use super::log::open_releases;
use super::release::{Release, records};
use crate::error::{Error, Result};
use crate::graph::{Basis, Graph};
use crate::lock::{Cosignature, PinnedLog, PublishedSolver, SolverId};
use crate::pages::Pages;
use crate::rotated;
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};

/// Where a solver was published: proven at an accepted head.
#[derive(Debug)]
pub struct Publication {
    /// The head.
    pub accepted: AcceptedHead,
    /// Whether it is pinned, or which record it is derived from.
    pub basis: Basis,
    /// Whether a rule may rest on it: the head is accepted as a pinned one is, by the log's key and the policy's quorum. Another
    /// log's word for a derived head is no quorum.
    pub is_accepted: bool,
    /// The release. Its content is the solver's.
    pub release: Release,
    /// The log, open at the head, if none of the lock's own logs is it.
    pub pages: Option<Pages>,
}

impl Publication {
    /// A release at an accepted head.
    pub(super) fn new(
        accepted: AcceptedHead,
        basis: Basis,
        release: Release,
        pages: Option<Pages>,
        trust: &Trust,
    ) -> Publication {
        let is_accepted = basis == Basis::Pinned || trust.accept_pinned(&PinnedLog::from(&accepted), &[]).is_ok();
        Publication { accepted, basis, is_accepted, release, pages }
    }

    /// Origin of the log.
    pub fn origin(&self) -> &str {
        &self.accepted.head().origin
    }

    /// The head, if none of the lock's own logs has it.
    pub fn own_head(&self) -> Option<&AcceptedHead> {
        self.pages.as_ref().map(|_| &self.accepted)
    }

    /// As a lock states it.
    pub fn as_stated(&self) -> PublishedSolver {
        PublishedSolver::new(PinnedLog::from(&self.accepted), self.release.record)
    }
}

/// Checks what a lock states of where its solver was published. `pages` has the lock's own logs open; a log that is none of
/// them is opened at the stated head, if that is accepted as a pinned head is.
///
/// # Errors
/// As [`rotated::accept`]. The answer is no: another head than the lock has of its own log, or a record that does not say so.
/// Malformed: a cosignature of a head that is derived.
pub fn check_stated(
    access: &Access,
    claim: &SolverId,
    cosignatures: &[Cosignature],
    graph: &Graph,
    trust: &Trust,
    pages: &mut Pages,
) -> Result<Option<Publication>> {
    let Some(published) = &claim.published else { return Ok(None) };
    let (Some(name), Some(version)) = (&claim.name, &claim.version) else {
        return Err(Error::malformed("the lock says where its solver was published, and not its name and version"));
    };
    let (origin, log) = (&published.origin, published.log());
    let (accepted, basis, mut own) = match graph.log(origin) {
        Some(shared) => {
            if PinnedLog::from(&shared.accepted) != log {
                let what = format!("the lock has two heads of {origin}: its own, and that of its solver");
                return Err(Error::no(what).hint("`headlock lock` or `headlock update` writes one"));
            }
            if shared.basis != Basis::Pinned && cosignatures.iter().any(|held| held.origin == *origin) {
                return Err(Error::malformed(format!(
                    "the lock holds a cosignature of {origin:?}, whose head is derived"
                )));
            }
            (shared.accepted.clone(), shared.basis.clone(), None)
        }
        None => {
            let accepted = rotated::accept(access, trust, &log, cosignatures)?;
            let mut own = Pages::new(access);
            own.open(trust, &accepted)?;
            (accepted, Basis::Pinned, Some(own))
        }
    };
    let found = open_releases(own.as_mut().unwrap_or(pages), origin, name)?;
    let release = judge(published, claim, (name, version), found)?;
    Ok(Some(Publication::new(accepted, basis, release, own, trust)))
}

/// Finds the release that a lock states among those of the package at the head.
fn judge(
    published: &PublishedSolver,
    claim: &SolverId,
    (name, version): (&str, &str),
    found: Option<Vec<Release>>,
) -> Result<Release> {
    let PublishedSolver { origin, size, record, .. } = published;
    let stated = format!("the lock says that its solver {name} {version} is record {record} of {origin}");
    let no = |found: String| {
        Err(Error::no(format!("{stated}, and at the head with {} {found}", records(*size)))
            .hint("without its section [solver.published] the lock says nothing of it; `headlock lock` writes it anew"))
    };
    let Some(releases) = found else { return no(format!("that has no package {name}")) };
    let is_it = |release: &&Release| Version::parse(version).is_ok_and(|version| version == release.version);
    let Some(release) = releases.iter().find(is_it) else {
        return no(format!("{name} has no release {version}"));
    };
    if release.record != *record {
        return no(format!("the release is record {}", release.record));
    }
    if release.content != claim.sha256 {
        return no(format!("that release is the component {}, and not {}", release.content, claim.sha256));
    }
    Ok(release.clone())
}
