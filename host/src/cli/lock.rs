//! `headlock lock`.

use std::path::Path;

use clap::Args;

use super::changes;
use super::output::Output;
use super::pins::Pins;
use super::session::{self, Place, SolverChoice, TrustChoice};
use super::words::plural;
use crate::diff::Diff;
use crate::error::{Error, Result};
use crate::files;
use crate::graph::{self, Basis, Graph};
use crate::inputs::Inputs;
use crate::lock::{self, SolverId, compare};
use crate::manifest::Manifest;
use crate::pages::Pages;
use crate::trust::AcceptedHead;
use crate::verify::{self, Stated};

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
    #[command(flatten)]
    trust: TrustChoice,
    #[command(flatten)]
    solver: SolverChoice,
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
        let manifest = Manifest::read(&place.manifest_path())?;
        require_dependencies(&manifest)?;
        manifest.require_files()?;
        let mut trust = place.trust(self.trust.file())?;
        let solver = self.solver.for_lock(place)?;
        let old = lock::Lock::read(&path)?;
        if self.locked {
            current(&manifest, old.as_ref(), &path)?;
        }
        // What an update has kept stays, as heads do.
        let preferences = old.as_ref().map(|old| old.claim.inputs.preferences.clone()).unwrap_or_default();
        let inputs = Inputs { preferences, ..manifest.inputs };
        let mut pages = Pages::new(place.access());
        let mut pins = Pins::new(place.access(), old.as_ref(), self.trust.yes, output);
        let graph = graph::resolve(&inputs, &mut trust, &mut pages, &mut pins)?;
        if let Some(old) = &old {
            pages.expect(&old.derived);
        }
        let memory = place.memory();
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        let behind = verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        refuse_older(old.as_ref(), &graph, &behind)?;
        let (new, solved) = session::make_lock(place, &solver, &self.solver, inputs, &graph, &mut pages, output)?;
        if let Some(old) = old.as_ref().filter(|old| self.locked && **old != new) {
            let differences: Vec<String> = compare(old, &new.derived).iter().map(ToString::to_string).collect();
            return Err(Error::not_current(format!("{} would change", path.display()))
                .list(differences)
                .hint("run `headlock lock` without --locked"));
        }
        let what = describe(&new, solved.rounds);
        if old.as_ref() == Some(&new) {
            return output.result(&format!("{} stays as it is, its heads pinned: {what}", path.display()));
        }
        let mut lines = match &old {
            Some(old) => changes::describe(&Diff::of(old, &new, &graph, &mut pages)?),
            None => Vec::new(),
        };
        write(&path, &new)?;
        lines.push(format!("wrote {}: {what}", path.display()));
        output.results(&lines)
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
        let (solver, _) = self.solver.for_claim(place, place.access(), &claim.solver, &trust)?;
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
        let mut pages = Pages::new(place.access());
        let graph = graph::resolve(&claim.inputs, &mut trust, &mut pages, &mut stated)?;
        stated.check_all_used(&path)?;
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        verify::consult_memory(place.memory().as_ref(), &trust, &heads, &mut pages)?;
        let (new, solved) = session::make_lock(place, &solver, &self.solver, claim.inputs, &graph, &mut pages, output)?;
        write(&path, &new)?;
        output.result(&format!("restored {}: {}", path.display(), describe(&new, solved.rounds)))
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
    require_dependencies(&manifest)?;
    let path = place.lock_path();
    let lock = lock::Lock::read(&path)?;
    current(&manifest, lock.as_ref(), &path)?;
    let count = manifest.inputs.dependencies.len();
    output.result(&format!(
        "{} and {} agree on {count} {}; nothing was solved or verified",
        manifest.path.display(),
        path.display(),
        plural(count, "dependency", "dependencies"),
    ))
}

pub(super) fn require_dependencies(manifest: &Manifest) -> Result<()> {
    if manifest.inputs.dependencies.is_empty() {
        return Err(Error::malformed(format!(
            "{} names no dependency, so there is nothing to lock",
            manifest.path.display()
        ))
        .hint("add one under [dependencies]: \"namespace:name\" = \"^1.2\""));
    }
    Ok(())
}

/// A lock that is there and was made from these inputs.
pub(super) fn current(manifest: &Manifest, lock: Option<&lock::Lock>, path: &Path) -> Result<()> {
    let Some(lock) = lock else {
        return Err(
            Error::not_current(format!("there is no lock at {}", path.display())).hint("`headlock lock` writes one")
        );
    };
    let (now, then) = (&manifest.inputs, &lock.claim.inputs);
    manifest.require_files()?;
    if manifest.asks_for(then) {
        return Ok(());
    }
    let mut lines = Vec::new();
    for input in now.dependencies.iter().filter(|input| !then.dependencies.contains(input)) {
        lines.push(format!("only in the manifest: {}", input));
    }
    for input in then.dependencies.iter().filter(|input| !now.dependencies.contains(input)) {
        lines.push(format!("only in the lock: {}", input));
    }
    for forbidden in now.forbidden.iter().filter(|forbidden| !then.forbidden.contains(forbidden)) {
        lines.push(format!("only in the manifest: {}", forbidden));
    }
    for forbidden in then.forbidden.iter().filter(|forbidden| !now.forbidden.contains(forbidden)) {
        lines.push(format!("only in the lock: {}", forbidden));
    }
    for replaced in now.overrides.iter().filter(|replaced| !then.overrides.contains(replaced)) {
        lines.push(format!("only in the manifest: an override of {}", replaced));
    }
    for replaced in then.overrides.iter().filter(|replaced| !now.overrides.contains(replaced)) {
        lines.push(format!("only in the lock: an override of {}", replaced));
    }
    if now.budget != then.budget {
        lines.push(format!("the manifest's budget is {}, the lock's {}", now.budget, then.budget));
    }
    Err(Error::not_current(format!("{} was made from another manifest", path.display()))
        .list(lines)
        .hint("`headlock lock` brings it up to date"))
}

/// A lock may stay at an older head than this host has seen, but is not newly pinned to one.
fn refuse_older(old: Option<&lock::Lock>, graph: &Graph, behind: &[u64]) -> Result<()> {
    for (log, behind) in graph.logs.iter().zip(behind) {
        let head = log.accepted.head();
        let is_pinned = old.is_some_and(|old| old.claim.logs.iter().any(|log| log.origin == head.origin));
        if *behind > 0 && log.basis == Basis::Pinned && !is_pinned {
            let (origin, size, known) = (&head.origin, head.size, head.size + behind);
            return Err(Error::could_not_check(format!(
                "the newest head of {origin} that is served has {size} records, and this host has seen one with {known}"
            ))
            .hint(
                "a copy that lags, or somebody who holds back what is newer: wait, or name another URL; \
                 another HEADLOCK_STATE forgets what was seen",
            ));
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
