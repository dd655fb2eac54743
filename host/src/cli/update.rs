//! `headlock update`.

use clap::Args;
use semver::Version;

use super::changes;
use super::json::FormatChoice;
use super::json::changes::Changes;
use super::json::locks::Updating;
use super::lock::{describe, write};
use super::output::Output;
use super::pins::{Consent, Pins};
use super::published;
use super::session::{self, Place, SolverChoice, TrustChoice, With, wanted};
use super::verify::Verifier;
use crate::check::Checked;
use crate::derive::FEW_LINES;
use crate::diff::Diff;
use crate::error::{Error, ErrorKind, Result};
use crate::explain;
use crate::graph::{self, Basis};
use crate::grown;
use crate::inputs::{Input, Inputs, Preference};
use crate::lock;
use crate::loosen::TRY_BUDGET;
use crate::moving::{HeldBack, Moving};
use crate::pages::Pages;
use crate::released;
use crate::solve::Solved;
use crate::trust::{AcceptedHead, Trust};
use crate::verify;

/// Moves the lock to the newest heads, each proven to go on from the lock's, solves again, and says what changed and why.
///
/// With PACKAGE only these move, and what they need: the lock's other releases are preferred to newer ones. The lock states
/// these preferences, and they hold until the next update.
#[derive(Args, Debug)]
pub(super) struct Update {
    /// What to move, NAME or NAME@VERSION; all, if there is none
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Move the first PACKAGE to this version
    #[arg(long, value_name = "VERSION", requires = "packages")]
    precise: Option<Version>,
    /// Say what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Where there is no answer, say the whole reason, step by step
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    trust: TrustChoice,
    #[command(flatten)]
    solver: SolverChoice,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Update {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.lock_path();
        let old = place.lock()?;
        let manifest = wanted::manifest(place)?;
        let mut trust = place.trust(self.trust.file())?;
        wanted::require_registries(&manifest, &trust)?;
        let mut inputs = manifest.inputs;
        let moving = match self.packages.as_slice() {
            [] => None,
            packages => {
                // What is kept of the lock goes into the next: nothing of it is taken on its word.
                self.verify(place, &old, &trust, output)?;
                Some(Moving::new(&old, packages, self.precise.as_ref())?)
            }
        };
        let solver = self.solver.for_lock(place)?;
        let mut pages = Pages::new(place.access());
        let consent = match self.dry_run {
            true => Consent::NotNeeded,
            false => Consent::by(self.trust.yes),
        };
        let mut pins = Pins::newest(place.access(), &old, consent, output);
        let graph = graph::resolve(&inputs, &mut trust, &mut pages, &mut pins)?;
        pages.expect(&old.derived);
        let memory = place.memory();
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        grown::check_logs(&old, &graph, &trust, &mut pages)?;
        verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        let mut free = None;
        if let Some(moving) = &moving {
            inputs.preferences = moving.free();
            let choice = self.solver.in_one_engine();
            let solved = session::solve_in_each(place, &solver, &choice, &inputs, &graph, &mut pages, output)?;
            inputs.preferences = moving.preferences(&solved);
            free = Some(solved);
        }
        let made_with = (&solver, &self.solver);
        let published = published::locate(place, made_with, &trust, &graph, &mut pages, Some(&old), false, output)?;
        let (choice, explain) = (&self.solver, self.explain);
        let with =
            With { solver: &solver, published: published.as_ref(), choice, explain, newest: true, old: Some(&old) };
        let (new, solved) = session::make_lock(place, with, inputs, &graph, &mut pages, output)?;
        if let Some(preferred) = moving.as_ref().and_then(Moving::precise) {
            let choice = self.solver.in_one_engine();
            // What is looked for is only said: that it cannot be found is no error of its own.
            let mut solve = |inputs: &Inputs| {
                session::solve_in_each(place, &solver, &choice, inputs, &graph, &mut pages, output).ok()
            };
            require(preferred, &new, &solved, &mut solve)?;
        }
        grown::check_pages(&old, &new, &mut pages)?;
        let diff = Diff::of(&old, &new, &graph, &mut pages)?;
        let mut lines = changes::describe(&diff);
        let held = match (&moving, &free) {
            (Some(moving), Some(free)) => moving.held_back(free, &solved),
            _ => Vec::new(),
        };
        lines.extend(held.iter().flat_map(|held| held_back(held, &solved)));
        let what = describe(&new, solved.rounds);
        let (action, said) = match (old == new, self.dry_run) {
            (true, _) => ("stays", format!("{} stays as it is: {what}", path.display())),
            (false, true) => ("would-write", format!("{} would be written: {what}", path.display())),
            (false, false) => {
                write(&path, &new)?;
                ("wrote", format!("wrote {}: {what}", path.display()))
            }
        };
        lines.push(said);
        if old == new {
            for (log, from) in derived(&graph) {
                output.note(&format!(
                    "note: {log} moves only when {from} records a newer head of it (`headlock registry sync`)"
                ));
            }
        }
        output.report(&lines, || {
            Updating::new(action, place, &new, solved.rounds, Changes::of(&diff, &old, &new), &held)
        })?;
        changes::warnings(&diff).iter().for_each(|warning| output.warning(warning));
        Ok(())
    }
}

/// The logs whose heads other logs hold, and these.
fn derived(graph: &graph::Graph) -> impl Iterator<Item = (&str, &str)> {
    graph.logs.iter().filter_map(|log| match &log.basis {
        Basis::Derived { from, .. } => Some((log.accepted.head().origin.as_str(), from.as_str())),
        Basis::Pinned => None,
    })
}

/// The release that was asked for is in the answer, or why it is not.
fn require(
    preferred: &Preference,
    new: &lock::Lock,
    solved: &Solved,
    solve: &mut dyn FnMut(&Inputs) -> Option<Solved>,
) -> Result<()> {
    let Preference { registry, name, version } = preferred;
    let is_it = |package: &lock::LockedPackage| {
        (&package.registry, &package.name) == (registry, name) && package.version == version.to_string()
    };
    if new.derived.packages.iter().any(is_it) {
        return Ok(());
    }
    let (mut lines, mut hint) = explain::why_not(&solved.catalog, &solved.checked, (registry, name), version);
    if lines.is_empty()
        && let Some(solved) = solve(&with_it(&new.claim.inputs, preferred))
        && let Checked::Unsolvable(derivation) = &solved.checked
    {
        lines = explain::explain(&solved.catalog, derivation, FEW_LINES);
        hint = "no update leads there: another version of it, or another manifest";
    }
    Err(Error::no(format!("{name} cannot be {version} as things are; nothing was written"))
        .list(lines.into_iter().map(|line| format!("  {line}")).collect())
        .hint(hint))
}

/// What would be asked for if the consumer asked for this very release, too.
fn with_it(inputs: &Inputs, wanted: &Preference) -> Inputs {
    let Preference { registry, name, version } = wanted;
    let Inputs { budget, dependencies, forbidden, overrides, preferences } = inputs.clone();
    let is_it = |input: &Input| (&input.registry, &input.name) == (registry, name);
    let (mine, mut others): (Vec<Input>, Vec<Input>) = dependencies.into_iter().partition(is_it);
    let asked = mine.into_iter().next().unwrap_or_else(|| Input {
        registry: registry.clone(),
        name: name.clone(),
        requirement: String::new(),
        content: None,
        features: Vec::new(),
    });
    others.push(Input { requirement: format!("={version}"), ..asked });
    Inputs::from_unsorted(budget.min(TRY_BUDGET), others, forbidden, overrides, preferences)
}

impl Update {
    /// The old lock is what its inputs, heads and solver lead to.
    fn verify(&self, place: &Place, old: &lock::Lock, trust: &Trust, output: Output) -> Result<()> {
        let made_by = &old.claim.solver.sha256;
        let is_given = self.solver.for_lock(place)?.sha256() == *made_by;
        if !is_given && *made_by != released::digest()? {
            let what = format!("nothing of {} can be kept: another solver made it", place.lock_path().display());
            return Err(Error::could_not_check(what).hint(
                "`headlock lock` makes it with this one, at the same heads; or name the other with `--solver FILE`",
            ));
        }
        let (access, memory) = (place.access(), place.memory());
        let solver = if is_given { self.solver.clone() } else { self.solver.released() };
        let verifier = Verifier { place, access, trust, solver: &solver, memory: memory.as_ref() };
        verifier.verify(old, None, output).map(drop).map_err(|error| {
            if error.kind() != ErrorKind::No || error.proof().is_some() {
                return error;
            }
            let what = format!("nothing of {} can be kept, for it does not verify", place.lock_path().display());
            let hint = "`headlock update` without a package takes nothing of the lock but its heads";
            Error::new(error.kind(), what).list(error.listed().to_vec()).hint(hint)
        })
    }
}

/// What a package that was named would be if everything were free, and what keeps it from that.
fn held_back(HeldBack { registry, name, is, would_be }: &HeldBack, solved: &Solved) -> Vec<String> {
    let is = is.as_ref().map_or("not there".to_owned(), ToString::to_string);
    let mut lines = vec![format!("{name} is {is}; with everything free to move it would be {would_be}")];
    let (why, _) = explain::why_not(&solved.catalog, &solved.checked, (registry, name), would_be);
    lines.extend(why.into_iter().map(|line| format!("  {line}")));
    lines
}
