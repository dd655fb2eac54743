//! What a new lock states of where its solver was published.

use super::output::Output;
use super::session::{Place, SolverChoice};
use super::solver_verdict::unseen;
use super::words::lags;
use crate::component::Solver;
use crate::error::Result;
use crate::graph::Graph;
use crate::grown;
use crate::heads::Memory;
use crate::lock::{Lock, SolverId};
use crate::pages::Pages;
use crate::solvers::accept::{refuse_yanked, yanks};
use crate::solvers::look::{Look, look_around};
use crate::solvers::{Located, Locating};
use crate::trust::{AcceptedHead, Trust};
use crate::verify;

/// Refuses a head of a solvers' registry that is older than what this host has seen there.
///
/// # Errors
/// Could not check: it is older, or cannot be compared. The answer is no: the log has forked.
pub(super) fn refuse_lagging(
    seen: Option<&Memory>,
    trust: &Trust,
    head: &AcceptedHead,
    pages: &mut Pages,
) -> Result<()> {
    match verify::consult_memory(seen, trust, std::slice::from_ref(head), pages)?[..] {
        [behind] if behind > 0 => Err(lags(head.head(), behind)),
        _ => Ok(()),
    }
}

/// Finds where the solver of a new lock was published, if the trust file has rules for its package. `stay` keeps the head that
/// the lock before pins for the same solver.
///
/// # Errors
/// Refused: the solver came with headlock, and is yanked. Else as [`Locating::locate`], [`look_around`] and [`grown::check_log`].
#[expect(clippy::too_many_arguments, reason = "the parts of a lock before it is made")]
pub(super) fn locate(
    place: &Place,
    (solver, choice): (&Solver, &SolverChoice),
    trust: &Trust,
    graph: &Graph,
    pages: &mut Pages,
    old: Option<&Lock>,
    stay: bool,
    output: Output,
) -> Result<Option<Located>> {
    let id = SolverId::of(solver);
    if !trust.solver_rules.iter().any(|rule| rule.is_about(id.name.as_deref())) {
        return Ok(None);
    }
    let access = place.access();
    let mut located = Locating { access, trust, graph, old, stay }.locate(&id, pages)?;
    let publication = located.as_ref().map(|located| &located.publication);
    let looks = look_around(access, trust, place.seen().as_ref(), &id, publication)?;
    if let Some(yank) = yanks(&id, trust, publication, &looks).first() {
        let is_meant =
            choice.is_given() || choice.accepted().contains(&id.sha256) || trust.solvers.contains(&id.sha256);
        if !is_meant {
            return Err(refuse_yanked(&id, yank));
        }
        let (registry, record) = (&yank.registry, yank.record);
        output.warning(&format!("the solver {} is yanked in {registry}: record {record}", id.full_name()));
        return Ok(None);
    }
    for (registry, why) in unseen(&looks) {
        output.note(&format!("no yank of the solver could be seen in {registry}: {why}"));
    }
    match &mut located {
        None => output.note(&match published_since(&looks, &id) {
            Some(registry) => format!(
                "note: the solver {} is published in {registry}, at a newer head than the lock pins, which so does not say where: \
                 `headlock update` moves it on",
                id.full_name()
            ),
            None => format!(
                "note: the solver {} is published in no registry that {} accepts it from: the lock does not say where",
                id.full_name(),
                trust.path.display()
            ),
        }),
        Some(Located { publication, .. }) => {
            let before = old.and_then(|old| old.claim.solver.published.as_ref());
            if let Some(before) = before.filter(|before| before.origin == publication.origin()) {
                let open = publication.pages.as_mut().unwrap_or(pages);
                grown::check_log(&before.log(), &publication.accepted, trust, open)?;
            }
            if let Some(own) = &mut publication.pages {
                let head = &publication.accepted;
                verify::consult_memory(place.memory().as_ref(), trust, std::slice::from_ref(head), own)?;
                // A lock may stay where it is, but is not newly pinned to a head older than one that was seen.
                if before.is_none_or(|before| before.log().head().ok().as_ref() != Some(head.head())) {
                    refuse_lagging(place.seen().as_ref(), trust, head, own)?;
                }
            }
        }
    }
    Ok(located)
}

/// A registry whose newest head has the very component, not yanked.
fn published_since<'l>(looks: &'l [Look], id: &SolverId) -> Option<&'l str> {
    let has_it = |look: &&Look| {
        let release = look.seen.as_ref().ok().and_then(|seen| seen.release.as_ref());
        release.is_some_and(|release| release.content == id.sha256 && release.yanked.is_none())
    };
    looks.iter().find(has_it).map(|look| look.registry.as_str())
}
