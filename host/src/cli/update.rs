//! `headlock update`.

use clap::Args;
use headlock_log::checkpoint::Checkpoint;
use headlock_log::note::VerifierKey;
use semver::Version;

use super::changes;
use super::lock::{describe, require_dependencies, write};
use super::output::Output;
use super::pins::Pins;
use super::session::{self, Place, SolverChoice, TrustChoice};
use super::verify::Verifier;
use crate::diff::Diff;
use crate::error::{Error, ErrorKind, Result};
use crate::explain;
use crate::fork::forked;
use crate::graph::{self, Graph};
use crate::inputs::Preference;
use crate::lock;
use crate::manifest::Manifest;
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
    #[command(flatten)]
    trust: TrustChoice,
    #[command(flatten)]
    solver: SolverChoice,
}

impl Update {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.lock_path();
        let old = place.lock()?;
        let manifest = Manifest::read(&place.manifest_path())?;
        require_dependencies(&manifest)?;
        manifest.require_files()?;
        let mut inputs = manifest.inputs;
        let mut trust = place.trust(self.trust.file())?;
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
        let mut pins = Pins::newest(place.access(), &old, self.trust.yes || self.dry_run, output);
        let graph = graph::resolve(&inputs, &mut trust, &mut pages, &mut pins)?;
        pages.expect(&old.derived);
        let memory = place.memory();
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        go_on(&old, &graph, &trust, &mut pages)?;
        verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        let mut free = None;
        if let Some(moving) = &moving {
            inputs.preferences = moving.free();
            let solved = session::solve_once(place, &solver, &self.solver, &inputs, &graph, &mut pages, output)?;
            inputs.preferences = moving.preferences(&solved);
            free = Some(solved);
        }
        let (new, solved) = session::make_lock(place, &solver, &self.solver, inputs, &graph, &mut pages, output)?;
        if let Some(preferred) = moving.as_ref().and_then(Moving::precise) {
            require(preferred, &new, &solved)?;
        }
        let diff = Diff::of(&old, &new, &graph, &mut pages)?;
        let mut lines = changes::describe(&diff);
        if let (Some(moving), Some(free)) = (&moving, &free) {
            lines.extend(moving.held_back(free, &solved).iter().flat_map(|held| held_back(held, &solved)));
        }
        let what = describe(&new, solved.rounds);
        lines.push(match (old == new, self.dry_run) {
            (true, _) => format!("{} stays as it is: {what}", path.display()),
            (false, true) => format!("{} would be written: {what}", path.display()),
            (false, false) => {
                write(&path, &new)?;
                format!("wrote {}: {what}", path.display())
            }
        });
        output.results(&lines)
    }
}

/// The release that was asked for is in the answer, or why it is not.
fn require(preferred: &Preference, new: &lock::Lock, solved: &Solved) -> Result<()> {
    let Preference { registry, name, version } = preferred;
    let is_it = |package: &lock::LockedPackage| {
        (&package.registry, &package.name) == (registry, name) && package.version == version.to_string()
    };
    if new.derived.packages.iter().any(is_it) {
        return Ok(());
    }
    let (lines, hint) = explain::why_not(&solved.catalog, &solved.checked, (registry, name), version);
    Err(Error::no(format!("{name} cannot be {version} as things are; nothing was written"))
        .list(lines.into_iter().map(|line| format!("  {line}")).collect())
        .hint(hint))
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

/// Each log that the lock is about may only have grown since, and by more records behind those that it had.
fn go_on(old: &lock::Lock, graph: &Graph, trust: &Trust, pages: &mut Pages) -> Result<()> {
    let derived = old.derived.logs.iter().map(|held| &held.log);
    for pinned in old.claim.logs.iter().chain(derived) {
        let Some(log) = graph.log(&pinned.origin) else { continue };
        let old = pinned.checkpoint();
        let keys: Vec<VerifierKey> = trust.policy.keys(&pinned.origin).cloned().collect();
        let (before, now) = (pinned.head()?, log.accepted.head());
        let (origin, then, size) = (&now.origin, before.size, now.size);
        if size < then {
            return Err(Error::could_not_check(format!(
                "the newest head of {origin} has {size} records, and the lock one with {then}: nothing goes back"
            ))
            .hint("a copy that lags (`registry mirror` again), or a log that holds an older head of its peer than the lock: wait, or take the lock away and run `headlock lock`"));
        }
        if Checkpoint::verify_any(old.as_bytes(), &keys).is_err() {
            // A beginning of what is accepted is good, whoever has signed it: the log's key may have changed.
            if *now == before || before.size < now.size && pages.holds(now, &before)? {
                continue;
            }
            let (origin, size) = (&pinned.origin, pinned.size);
            return Err(Error::refused(format!(
                "the head of {origin} in the lock, with {size} records, is not signed by a key of the log, nor a beginning of the newest: there is nothing to go on from"
            ))
            .hint("the lock was changed, or made from another log of that name: without the lock, `headlock lock` makes another"));
        }
        if *now != before && (size == then || !pages.holds(now, &before)?) {
            let text = |size: u64, root: String| format!("{size} records, root {root}");
            let what = format!(
                "the log {origin} has forked: the lock has a head with {}, and now there is one with {}",
                text(then, before.root_base64()),
                text(size, now.root_base64())
            );
            let new = log.accepted.checkpoint();
            return Err(forked(what, [old.as_bytes(), new.as_bytes()], &keys, |newer, size| {
                pages.beginning(newer, size)
            }));
        }
    }
    Ok(())
}
