//! What several commands share: where things are, what is chosen, and the parts of a solve put together.

mod choice;
mod place;
pub(super) mod wanted;

use indicatif::ProgressBar;

use super::output::Output;
use crate::derive::{FEW_LINES, NEWER_HEADS, besides, derive, derive_or_tell, missing, no_answer};
use crate::engine::{Engine, Limits, Solver};
use crate::error::{Error, Result};
use crate::graph::{Basis, Graph};
use crate::heads::Memory;
use crate::inputs::Inputs;
use crate::lock::{Claim, Derived, Lock, SolverId};
use crate::loosen::{self, Loosened};
use crate::pages::Pages;
use crate::released;
use crate::solve::{Agreeing, Solved, Solving, solve};
use crate::solvers::Located as Published;
use crate::trust::AcceptedHead;

pub(super) use choice::{SolverChoice, TrustChoice, read_solver};
pub(super) use place::Place;

/// Most lines of the whole reason why there is no answer.
const MAX_EXPLAINED: usize = 10_000;

/// Engines that run the released solver as fast as it goes, and end the process if it does not end in time.
fn engines(limits: Limits, bar: ProgressBar, output: Output) -> Result<Engine> {
    Ok(Engine::new(limits).uninterrupted(released::digest()?, move |error| {
        bar.finish_and_clear();
        output.error(&error);
        // Nobody can wait for the solver. What was half written has no name yet, as after a kill.
        std::process::exit(error.kind().exit_code().into())
    }))
}

/// Runs what solves with such engines, under a bar that is gone when it has run.
fn solving<T>(choice: &SolverChoice, output: Output, run: impl FnOnce(&Engine) -> Result<T>) -> Result<T> {
    let bar = output.progress("solving");
    let outcome = engines(choice.limits(), bar.clone(), output).and_then(|engines| run(&engines));
    bar.finish_and_clear();
    outcome
}

/// A solve in every chosen engine.
fn in_each(engines: &Engine, place: &Place, solver: &Solver, choice: &SolverChoice) -> Result<Agreeing<'static>> {
    let cache = place.compiled_cache();
    let mut sessions: Vec<(&str, Box<dyn Solving>)> = Vec::new();
    for &backend in choice.engine.backends() {
        let session = engines.load(solver, backend, cache.as_ref())?.begin()?;
        sessions.push((backend.name(), Box::new(session)));
    }
    Agreeing::new(sessions)
}

/// Solves in every chosen engine, which must agree at every call, to see what there is.
pub(super) fn solve_in_each(
    place: &Place,
    solver: &Solver,
    choice: &SolverChoice,
    inputs: &Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<Solved> {
    solving(choice, output, |engines| {
        let mut session = in_each(engines, place, solver, choice)?;
        solve(inputs, &graph.heads(), &graph.links, &mut session, pages)
    })
}

/// Derives what follows from a claim whose heads are accepted, in every chosen engine, which must agree at every call.
pub(super) fn derive_claim(
    place: &Place,
    solver: &Solver,
    choice: &SolverChoice,
    inputs: &Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<(Derived, Solved)> {
    solving(choice, output, |engines| derive(inputs, graph, &mut in_each(engines, place, solver, choice)?, pages))
}

/// What a lock is made with.
#[derive(Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) solver: &'a Solver,
    /// Where the solver is published.
    pub(super) published: Option<&'a Published>,
    pub(super) choice: &'a SolverChoice,
    /// Whether the whole reason is told where there is no answer.
    pub(super) explain: bool,
    /// Whether the heads are the newest.
    pub(super) newest: bool,
    /// The lock that there is.
    pub(super) old: Option<&'a Lock>,
}

/// The same for a new lock: where there is no answer, what there would have to be asked for instead is told, too.
fn derive_or_hint(
    place: &Place,
    with: With<'_>,
    inputs: &Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<(Derived, Solved)> {
    let With { solver, choice, explain, newest, old, .. } = with;
    solving(choice, output, |engines| {
        let solved = match derive_or_tell(inputs, graph, &mut in_each(engines, place, solver, choice)?, pages)? {
            Ok(derived) => return Ok(derived),
            Err(solved) => solved,
        };
        let most = if explain { MAX_EXPLAINED } else { FEW_LINES };
        let locked = old.into_iter().flat_map(|old| &old.derived.packages).map(|package| package.name.as_str());
        let mut error = no_answer(inputs, graph, &solved, most, newest, locked);
        if !explain && error.listed().iter().any(|line| line.starts_with('…')) {
            let mut lines = error.listed().to_vec();
            lines.push("`--explain` tells all steps".to_owned());
            error = error.list(lines);
        }
        if missing(inputs, &solved).is_some() {
            return Err(error);
        }
        // To see what there is, one engine is enough.
        let one = choice.in_one_engine();
        let found = loosen::fewest(inputs, &mut |inputs| {
            let mut session = in_each(engines, place, solver, &one)?;
            solve(inputs, &graph.heads(), &graph.links, &mut session, pages)
        });
        let is_told = !found.choices.is_empty() || found.is_hopeless;
        let hint = match found.is_hopeless {
            true => Some(
                "to loosen requirements of the manifest does not help: with `*` for each there is no answer either"
                    .to_owned(),
            ),
            false => hint(&found.choices).or_else(|| error.hint_text().map(str::to_owned)),
        };
        let not_all = (found.tried < found.of)
            .then(|| format!("only the first {} of {} dependencies were tried", found.tried, found.of));
        let besides = besides(inputs, graph).into_iter().filter(|_| is_told).map(|also| match found.is_hopeless {
            true => also.to_owned(),
            false => format!("or {also}"),
        });
        let newer = (!newest && is_told).then(|| NEWER_HEADS.to_owned());
        let hints: Vec<String> = hint.into_iter().chain(besides).chain(newer).chain(not_all).collect();
        Err(if hints.is_empty() { error } else { error.hint(hints.join("; ")) })
    })
}

/// How many choices of requirements to loosen are named.
const MAX_CHOICES: usize = 3;

/// Which requirements to loosen, each choice tried.
fn hint(found: &[Loosened]) -> Option<String> {
    let one = |loosened: &Loosened| {
        let each = loosened.dependencies.iter().map(|(input, version)| {
            format!("{} {:?} (with {version} there is an answer)", input.name, input.requirement)
        });
        each.collect::<Vec<_>>().join(" and ")
    };
    let choices: Vec<String> = found.iter().take(MAX_CHOICES).map(one).collect();
    let more = match found.len().saturating_sub(MAX_CHOICES) {
        0 => String::new(),
        more => format!(", or one of {more} more"),
    };
    (!choices.is_empty()).then(|| format!("loosen {}{more}", choices.join(", or ")))
}

/// Makes a lock of inputs at the heads of a graph, and remembers these.
pub(super) fn make_lock(
    place: &Place,
    with: With<'_>,
    inputs: Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<(Lock, Solved)> {
    inputs.check().map_err(|what| Error::malformed(format!("the inputs {what}")))?;
    let (derived, solved) = derive_or_hint(place, with, &inputs, graph, pages, output)?;
    let With { solver, published, .. } = with;
    remember(place.memory().as_ref(), graph.accepted(), output);
    let mut cosignatures = graph.cosignatures();
    let mut id = SolverId::of(solver);
    if let Some(Published { publication, cosignatures: held }) = published {
        remember(place.memory().as_ref(), publication.own_head(), output);
        id.published = Some(publication.as_stated());
        cosignatures.extend_from_slice(held);
        cosignatures.sort();
    }
    let claim = Claim { solver: id, inputs, logs: graph.pinned() };
    Ok((Lock { claim, derived, cosignatures }, solved))
}

/// What holds a lock's heads and no newer ones is no place for one that a newer head has to speak for.
pub(super) fn refuse_succeeded(graph: &Graph, solver: Option<&AcceptedHead>, place: &str) -> Result<()> {
    if let Some(head) = solver.filter(|head| head.successor().is_some()) {
        let origin = &head.head().origin;
        let what = format!(
            "the head of {origin}, where the solver was published, is signed by a retired key, and {place} has no newer head to speak for it"
        );
        return Err(Error::refused(what).hint("`headlock update` moves the lock to a head under the log's key"));
    }
    let Some(log) = graph.logs.iter().find(|log| log.accepted.successor().is_some()) else { return Ok(()) };
    let origin = &log.accepted.head().origin;
    let what =
        format!("the head of {origin} is signed by a retired key, and {place} has no newer head to speak for it");
    Err(Error::refused(what).hint(match &log.basis {
        Basis::Pinned => "`headlock update` moves the lock to a head under the log's key".to_owned(),
        Basis::Derived { from, .. } => {
            format!("{from} holds it: its operator has to name the new key, and to sync; then `headlock update`")
        }
    }))
}

/// Remembers heads after everything else has held.
pub(super) fn remember<'h>(memory: Option<&Memory>, heads: impl IntoIterator<Item = &'h AcceptedHead>, output: Output) {
    // Of one that another speaks for, that other: its own signature is under no key that the log still has.
    for head in heads.into_iter().map(|head| head.successor().unwrap_or(head)) {
        if let Some(Err(error)) = memory.map(|memory| memory.remember(head)) {
            output.warning(&format!("the head of {} is not remembered: {error}", head.head().origin));
        }
    }
}
