//! A lock's solver, judged: what the lock states of it is checked, what is seen of it, and who accepts it.

use headlock_log::digest::Digest;

use super::accept::{Accepted, Yank, accept, yanks};
use super::component::{Place, places};
use super::look::{Look, Source, look_around};
use super::stated::{Publication, check_stated};
use super::yanked;
use crate::error::Result;
use crate::graph::Graph;
use crate::heads::Memory;
use crate::lock::{Cosignature, SolverId};
use crate::pages::Pages;
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};

/// What a verifier brings.
#[derive(Clone, Copy, Debug)]
pub struct Judging<'a> {
    /// How registries are reached.
    pub access: &'a Access,
    /// Whom the verifier believes.
    pub trust: &'a Trust,
    /// The newest heads of solvers' registries that this host has seen, which can only refuse.
    pub seen: Option<&'a Memory>,
    /// The components that whoever runs the command accepts.
    pub accept: &'a [Digest],
}

/// How a lock's solver stands.
#[derive(Debug)]
pub struct Judged {
    /// Who accepts it.
    pub accepted: Accepted,
    /// Where the lock says that it was published, checked.
    pub publication: Option<Publication>,
    /// What was seen of it.
    pub looks: Vec<Look>,
    /// Its yanks that were seen: only whom these do not bind accepts it.
    pub yanks: Vec<Yank>,
    /// The registries that have its component.
    pub places: Vec<Place>,
}

impl Judged {
    /// How many records the newest head of a registry has that was seen beside the one that the lock pins, if any was.
    pub fn newest_seen(&self, registry: &str) -> Option<u64> {
        let of_it = self.looks.iter().filter(|look| look.registry == registry);
        let seen = of_it.filter_map(|look| look.seen.as_ref().ok());
        seen.filter(|seen| !matches!(seen.from, Source::Lock(_))).map(|seen| seen.size).max()
    }
}

impl Judging<'_> {
    /// Judges the solver of a lock whose own logs are open in `pages`.
    ///
    /// # Errors
    /// As [`check_stated`], [`look_around`] and [`accept`].
    pub fn judge(
        &self,
        claim: &SolverId,
        cosignatures: &[Cosignature],
        graph: &Graph,
        pages: &mut Pages,
    ) -> Result<Judged> {
        let Judging { access, trust, .. } = *self;
        let publication = check_stated(access, claim, cosignatures, graph, trust, pages)?;
        let looks = look_around(access, trust, self.seen, claim, publication.as_ref())?;
        let accepted = accept(claim, trust, self.accept, publication.as_ref(), &looks).inspect_err(|_| {
            // What refuses a solver is remembered at once: whoever serves the registry may soon serve less.
            for (memory, head) in self.seen.iter().flat_map(|memory| served(&looks).map(move |head| (memory, head))) {
                if let Err(error) = memory.remember(head) {
                    tracing::debug!(%error, origin = head.head().origin, "not remembered");
                }
            }
            if let Some(Err(error)) = self.seen.map(|memory| yanked::remember(memory, &looks)) {
                tracing::debug!(%error, "yanks are not remembered");
            }
        })?;
        let yanks = yanks(claim, trust, publication.as_ref(), &looks);
        let places = places(claim, trust, publication.as_ref(), &looks);
        Ok(Judged { accepted, publication, looks, yanks, places })
    }
}

/// The newest heads that looks have seen, served and accepted: to be remembered once all else has held.
pub fn served(looks: &[Look]) -> impl Iterator<Item = &AcceptedHead> {
    looks.iter().filter_map(|look| match &look.seen.as_ref().ok()?.from {
        Source::Served(accepted) => Some(accepted.as_ref()),
        Source::Lock(_) | Source::Remembered(_) => None,
    })
}
