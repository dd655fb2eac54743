//! `headlock lock`.

use std::path::Path;

use clap::Args;

use super::changes;
use super::json::FormatChoice;
use super::json::changes::Changes;
use super::json::locks::Locking;
use super::output::Output;
use super::pins::{Consent, Pins};
use super::session::{self, Place, SolverChoice, TrustChoice, With, wanted};
use super::words::{lags, plural};
use super::{published, solver_verdict};
use crate::component::Solver;
use crate::diff::Diff;
use crate::error::{Error, Result};
use crate::files;
use crate::graph::{self, Basis, Graph};
use crate::inputs::Inputs;
use crate::lock::{self, Cosignature, SolverId, compare};
use crate::manifest::Manifest;
use crate::pages::Pages;
use crate::solvers::{Judging, Located, refuse_unknown};
use crate::trust::AcceptedHead;
use crate::verify::{self, Stated};
use crate::world::World;

/// Solves the manifest's dependencies at the registries' heads, and writes headlock.lock beside it.
///
/// Heads that the lock pins stay; registries that it does not pin yet are pinned at their newest head.
#[derive(Args, Debug)]
pub(super) struct Lock {
    /// Only check that manifest and lock agree: nothing is solved, nothing is written
    #[arg(long, conflicts_with_all = ["restore", "solver", "accept_solver"])]
    check: bool,
    /// Rebuild a lock of which only solver, inputs and heads are left, byte for byte
    #[arg(long)]
    restore: bool,
    /// Fail where the lock would have to change
    #[arg(long, conflicts_with_all = ["check", "restore"])]
    locked: bool,
    /// Where there is no answer, say the whole reason, step by step
    #[arg(long, conflicts_with = "check")]
    explain: bool,
    #[command(flatten)]
    trust: TrustChoice,
    #[command(flatten)]
    solver: SolverChoice,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Lock {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        if self.check {
            return check(place, output);
        }
        let path = place.lock_path();
        if self.restore {
            return self.restore(place, output);
        }
        let manifest = wanted::manifest(place)?;
        let mut trust = place.trust(self.trust.file())?;
        wanted::require_registries(&manifest, &trust)?;
        let solver = self.solver.for_lock(place)?;
        let old = lock::Lock::read(&path)?;
        if self.locked {
            wanted::current(&manifest, old.as_ref(), &path)?;
        }
        // What an update has kept stays, as heads do.
        let preferences = old.as_ref().map(|old| old.claim.inputs.preferences.clone()).unwrap_or_default();
        let inputs = Inputs { preferences, ..manifest.inputs };
        let mut pages = Pages::new(place.access());
        let mut pins = Pins::new(place.access(), old.as_ref(), Consent::by(self.trust.yes), output);
        let graph = graph::resolve(&inputs, &mut trust, &mut pages, &mut pins)?;
        if let Some(old) = &old {
            pages.expect(&old.derived);
        }
        let memory = place.memory();
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        let behind = verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        refuse_older(old.as_ref(), &graph, &behind)?;
        let solver = (&solver, &self.solver);
        let published = published::locate(place, solver, &trust, &graph, &mut pages, old.as_ref(), true, output)?;
        let with = self.with(solver.0, published.as_ref(), old.as_ref());
        let (new, solved) = session::make_lock(place, with, inputs, &graph, &mut pages, output)?;
        if let Some(old) = old.as_ref().filter(|old| self.locked && **old != new) {
            let differences: Vec<String> = compare(old, &new.derived).iter().map(ToString::to_string).collect();
            return Err(Error::not_current(format!("{} would change", path.display()))
                .list(differences)
                .hint("run `headlock lock` without --locked"));
        }
        let what = describe(&new, solved.rounds);
        if old.as_ref() == Some(&new) {
            let lines = [format!("{} stays as it is, its heads pinned: {what}", path.display())];
            return output.report(&lines, || Locking::new("stays", place, &new, Some(solved.rounds), None));
        }
        let diff = old.as_ref().map(|old| Diff::of(old, &new, &graph, &mut pages)).transpose()?;
        let mut lines = diff.as_ref().map(changes::describe).unwrap_or_default();
        write(&path, &new)?;
        lines.push(format!("wrote {}: {what}", path.display()));
        output.report(&lines, || {
            let changes = diff.iter().zip(&old).map(|(diff, old)| Changes::of(diff, old, &new)).next();
            Locking::new("wrote", place, &new, Some(solved.rounds), changes)
        })?;
        diff.iter().flat_map(changes::warnings).for_each(|warning| output.warning(&warning));
        Ok(())
    }

    fn with<'a>(&'a self, solver: &'a Solver, published: Option<&'a Located>, old: Option<&'a lock::Lock>) -> With<'a> {
        With { solver, published, choice: &self.solver, explain: self.explain, newest: old.is_none(), old }
    }

    fn restore(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.lock_path();
        let text = files::read_text(&path, lock::MAX_LOCK)?.ok_or_else(|| {
            Error::not_current(format!("there is nothing to restore at {}", path.display()))
                .hint("`headlock lock` writes a lock")
        })?;
        let (claim, mut cosignatures) = lock::Lock::parse_claim(&path, &text)?;
        cosignatures.sort();
        cosignatures.dedup();
        let mut trust = place.trust(self.trust.file())?;
        let mut stated = Stated::new(&claim, &cosignatures, &trust, place.access())?;
        World::named(&claim.solver.world)?;
        let accept = self.solver.accepted();
        refuse_unknown(&claim.solver, &trust, accept)?;
        let mut pages = Pages::new(place.access());
        let graph = graph::resolve(&claim.inputs, &mut trust, &mut pages, &mut stated)?;
        stated.check_all_used(&path)?;
        let seen = place.seen();
        let judging = Judging { access: place.access(), trust: &trust, seen: seen.as_ref(), accept };
        let mut judged = judging.judge(&claim.solver, &cosignatures, &graph, &mut pages)?;
        let solver = self.solver.for_claim(place, place.access(), &claim.solver, &judged.places)?;
        let solver_is = SolverId::of(&solver);
        let named = &claim.solver;
        let differs = |stated: &Option<String>, is: &Option<String>| stated.is_some() && stated != is;
        if named.world != solver_is.world
            || differs(&named.name, &solver_is.name)
            || differs(&named.version, &solver_is.version)
        {
            let what = "name, version or world of its solver otherwise than the component does";
            return Err(Error::no(format!("{} states {what}", path.display())));
        }
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        verify::consult_memory(place.memory().as_ref(), &trust, &heads, &mut pages)?;
        solver_verdict::consult(place, &trust, &judged, output)?;
        let published = judged.publication.take().map(|publication| {
            let is_own = |held: &&Cosignature| publication.own_head().is_some() && held.origin == publication.origin();
            let cosignatures = cosignatures.iter().filter(is_own).cloned().collect();
            Located { publication, cosignatures }
        });
        let with = With { newest: false, ..self.with(&solver, published.as_ref(), None) };
        let (new, solved) = session::make_lock(place, with, claim.inputs, &graph, &mut pages, output)?;
        write(&path, &new)?;
        let lines = [format!("restored {}: {}", path.display(), describe(&new, solved.rounds))];
        output.report(&lines, || Locking::new("restored", place, &new, Some(solved.rounds), None))
    }
}

/// Writes a lock that can be read again.
pub(super) fn write(path: &Path, lock: &lock::Lock) -> Result<()> {
    let text = lock.format();
    if text.len() as u64 > lock::MAX_LOCK {
        let (found, limit) = (text.len(), lock::MAX_LOCK);
        return Err(Error::could_not_check(format!(
            "the lock would have {found} bytes, and no lock has more than {limit}"
        )));
    }
    files::replace(path, text.as_bytes())
}

/// `--check`: do manifest and lock agree?
fn check(place: &Place, output: Output) -> Result<()> {
    let manifest = Manifest::read(&place.manifest_path())?;
    wanted::require_dependencies(&manifest)?;
    let path = place.lock_path();
    let lock = lock::Lock::read(&path)?;
    let lock = wanted::current(&manifest, lock.as_ref(), &path)?;
    let count = manifest.inputs.dependencies.len();
    let lines = [format!(
        "{} and {} agree on {count} {}; nothing was solved or verified",
        manifest.path.display(),
        path.display(),
        plural(count, "dependency", "dependencies"),
    )];
    output.report(&lines, || Locking::new("agrees", place, lock, None, None))
}

/// A lock may stay at an older head than this host has seen, but is not newly pinned to one.
fn refuse_older(old: Option<&lock::Lock>, graph: &Graph, behind: &[u64]) -> Result<()> {
    for (log, behind) in graph.logs.iter().zip(behind) {
        let head = log.accepted.head();
        let is_pinned = old.is_some_and(|old| old.claim.logs.iter().any(|log| log.origin == head.origin));
        if *behind > 0 && log.basis == Basis::Pinned && !is_pinned {
            return Err(lags(head, *behind));
        }
    }
    Ok(())
}

pub(super) fn describe(lock: &lock::Lock, rounds: u32) -> String {
    let packages = lock.derived.packages.len();
    let consulted: usize = lock.derived.consulted.iter().map(|consulted| consulted.names.len()).sum();
    format!(
        "{packages} {}{}, {consulted} more consulted, in {rounds} {}",
        plural(packages, "release", "releases"),
        lock.claim.inputs.with_what_is_stated(),
        plural(rounds as usize, "round", "rounds")
    )
}
