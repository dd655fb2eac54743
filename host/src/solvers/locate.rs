//! Where the solver of a new lock was published: what the lock will state of it.

use std::time::SystemTime;

use semver::Version;

use super::log::open_releases;
use super::stated::Publication;
use crate::error::Result;
use crate::graph::{Basis, Graph};
use crate::lock::{Cosignature, Lock, SolverId};
use crate::pages::{Pages, newest_checkpoint};
use crate::rotated;
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};

/// What is needed to find it.
#[derive(Clone, Copy, Debug)]
pub struct Locating<'a> {
    /// How registries are reached.
    pub access: &'a Access,
    /// Whose rules say which registries are looked at.
    pub trust: &'a Trust,
    /// The logs of the lock: of one that is among them, the head is theirs.
    pub graph: &'a Graph,
    /// The lock before, if there is one.
    pub old: Option<&'a Lock>,
    /// Whether the head that it pins for the same solver stays.
    pub stay: bool,
}

/// Where a solver was published, and who has cosigned that head beside the lock's own logs.
#[derive(Debug)]
pub struct Located {
    /// Where.
    pub publication: Publication,
    /// Cosignatures of its head; none if it is of one of the lock's own logs.
    pub cosignatures: Vec<Cosignature>,
}

impl Locating<'_> {
    /// The first registry of the trust file's rules that has published this very component, under the name and version that
    /// it states, and has not yanked it; the one that the lock before states comes before the others. Nothing if none has.
    ///
    /// # Errors
    /// As [`newest_checkpoint`] and the readers of logs: where a rule names a registry, what is in it has to be known.
    pub fn locate(&self, solver: &SolverId, pages: &mut Pages) -> Result<Option<Located>> {
        let version = solver.version.as_ref().and_then(|version| Version::parse(version).ok());
        let (Some(name), Some(version)) = (&solver.name, version) else { return Ok(None) };
        let rules = self.trust.solver_rules.iter().filter(|rule| rule.is_about(Some(name)) && rule.covers(&version));
        let mut registries: Vec<&str> = Vec::new();
        for rule in rules {
            if !registries.contains(&rule.registry.as_str()) {
                registries.push(&rule.registry);
            }
        }
        let before = self.staying(solver);
        // A stable sort: the others stay in the order of the file.
        registries.sort_by_key(|registry| Some(*registry) != before);
        for origin in registries {
            let (accepted, cosignatures, mut own) = self.head(origin, before == Some(origin))?;
            let found = open_releases(own.as_mut().unwrap_or(pages), origin, name)?.unwrap_or_default();
            let is_it = |release: &super::release::Release| {
                release.version == version && release.content == solver.sha256 && release.yanked.is_none()
            };
            if let Some(release) = found.into_iter().find(is_it) {
                let basis = self.graph.log(origin).map_or(Basis::Pinned, |log| log.basis.clone());
                let publication = Publication::new(accepted, basis, release, own, self.trust);
                return Ok(Some(Located { publication, cosignatures }));
            }
        }
        Ok(None)
    }

    /// The registry whose head stays: the lock before says that this solver was published there.
    fn staying(&self, solver: &SolverId) -> Option<&str> {
        let before = &self.old.filter(|_| self.stay)?.claim.solver;
        let published = before.published.as_ref().filter(|_| before.sha256 == solver.sha256)?;
        Some(&published.origin)
    }

    /// The head of a registry: that of the lock's own log, the one that stays, or the newest.
    fn head(&self, origin: &str, stays: bool) -> Result<(AcceptedHead, Vec<Cosignature>, Option<Pages>)> {
        if let Some(shared) = self.graph.log(origin) {
            return Ok((shared.accepted.clone(), Vec::new(), None));
        }
        let old = self.old.filter(|_| stays).and_then(|old| Some((old.claim.solver.published.as_ref()?, old)));
        let (accepted, cosignatures) = match old {
            Some((published, old)) => {
                let held: Vec<Cosignature> =
                    old.cosignatures.iter().filter(|held| held.origin == origin).cloned().collect();
                (rotated::accept(self.access, self.trust, &published.log(), &held)?, held)
            }
            None => {
                let note = newest_checkpoint(self.access, self.trust, origin)?;
                let (accepted, cosignatures) = self.trust.accept_checkpoint(origin, &note)?;
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
                self.trust.judge_age(&accepted, now)?;
                (accepted, cosignatures)
            }
        };
        let mut pages = Pages::new(self.access);
        pages.open(self.trust, &accepted)?;
        Ok((accepted, cosignatures, Some(pages)))
    }
}
