//! What several commands share: where things are, and the parts of a solve put together.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use headlock_log::digest::Digest;
use indicatif::ProgressBar;

use super::Global;
use super::output::Output;
use crate::derive::derive;
use crate::engine::{Backend, CompiledCache, Engine, Limits, MAX_COMPONENT, Solver};
use crate::error::{Error, Result};
use crate::files;
use crate::graph::{Basis, Graph};
use crate::heads::Memory;
use crate::inputs::Inputs;
use crate::lock::{Claim, Derived, LOCK, Lock, SolverId};
use crate::manifest::{MANIFEST, Manifest};
use crate::pages::Pages;
use crate::released;
use crate::solve::{Solved, solve};
use crate::sources::{Access, Network};
use crate::trust::{AcceptedHead, Trust, TrustSource};
use crate::verify::{self, Accepted};

/// Where a command works.
pub(super) struct Place {
    directory: PathBuf,
    manifest: PathBuf,
    access: Access,
    cache: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Place {
    pub(super) fn new(global: &Global) -> Place {
        let directory = global.directory.clone().unwrap_or_default();
        let manifest = directory.join(global.manifest_path.as_deref().unwrap_or(Path::new(MANIFEST)));
        let network = match (global.offline, global.allow_http) {
            (true, _) => Network::Offline,
            (false, false) => Network::Online,
            (false, true) => Network::OnlineWithHttp,
        };
        let cache = if global.no_cache { None } else { folder("HEADLOCK_CACHE", "XDG_CACHE_HOME", ".cache") };
        let state = folder("HEADLOCK_STATE", "XDG_STATE_HOME", ".local/state");
        let give_up = global.timeout.map(|seconds| Duration::from_secs(seconds.into()));
        let access = Access { network, cache: cache.clone(), give_up, ..Access::default() };
        Place { directory, manifest, access, cache, state }
    }

    /// A path as the user gave it, relative to where the command works.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// The manifest's path.
    pub(super) fn manifest_path(&self) -> PathBuf {
        self.manifest.clone()
    }

    /// The manifest's folder; empty for the current one.
    pub(super) fn folder(&self) -> PathBuf {
        self.manifest.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The lock's path: beside the manifest.
    pub(super) fn lock_path(&self) -> PathBuf {
        self.folder().join(LOCK)
    }

    /// The lock.
    pub(super) fn lock(&self) -> Result<Lock> {
        let path = self.lock_path();
        Lock::read(&path)?.ok_or_else(|| {
            Error::not_current(format!("there is no lock at {}", path.display()))
                .hint("`headlock lock` writes one; `-C DIR` names another folder")
        })
    }

    /// The manifest, if there is one.
    pub(super) fn manifest_if_any(&self) -> Result<Option<Manifest>> {
        self.has_manifest().then(|| Manifest::read(&self.manifest)).transpose()
    }

    fn has_manifest(&self) -> bool {
        // A link that leads nowhere is a manifest that cannot be read, not none.
        let found = std::fs::symlink_metadata(&self.manifest);
        !found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// The trust file: the one that the user names, else the one that the manifest names.
    pub(super) fn trust(&self, given: Option<&Path>) -> Result<Trust> {
        if let Some(path) = given {
            return Trust::read(&self.path(path), TrustSource::Given);
        }
        let beside = match self.has_manifest() {
            true => Manifest::read_trust_path(&self.manifest)?,
            false => None,
        };
        let path = beside.ok_or_else(|| {
            let why = if self.manifest.exists() { "names none" } else { "is not there to name one" };
            Error::malformed(format!("no trust file: {} {why}", self.manifest.display()))
                .hint("name one with `--trust FILE`, or with `trust = \"trust.toml\"` in the manifest")
        })?;
        Trust::read(&path, TrustSource::Beside)
    }

    /// How registries are reached.
    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    /// What this host remembers of logs' heads; nothing where there is no home folder.
    pub(super) fn memory(&self) -> Option<Memory> {
        self.state.as_ref().map(|state| Memory::new(&state.join("heads")))
    }

    /// Writes what shows something to others into a file of its own, in the folder of this host's state; nothing where there is
    /// no home folder.
    pub(super) fn keep_proof(&self, proof: &str) -> Result<Option<PathBuf>> {
        let Some(state) = &self.state else { return Ok(None) };
        let path = state.join("forks").join(format!("{}.fork", Digest::of(proof.as_bytes())));
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent).map_err(|error| Error::could_not_check(error.to_string()))?;
        }
        files::replace(&path, proof.as_bytes())?;
        Ok(Some(path))
    }

    fn compiled_cache(&self) -> Option<CompiledCache> {
        let (cache, state) = (self.cache.as_ref()?, self.state.as_ref()?);
        CompiledCache::open(cache, state)
    }
}

/// A folder of headlock's own: from its variable, else below the platform's, else below the home folder.
fn folder(own: &str, platform: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set(own)
        .or_else(|| set(platform).map(|path| path.join("headlock")))
        .or_else(|| set("HOME").map(|home| home.join(below_home).join("headlock")))
}

/// Whom to believe, and whether to ask about those that are new.
#[derive(Args, Debug)]
pub(super) struct TrustChoice {
    /// Believe the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Trust the logs that are new in the lock and that a log vouches for, without asking
    #[arg(long)]
    pub(super) yes: bool,
}

impl TrustChoice {
    /// The trust file that the user names.
    pub(super) fn file(&self) -> Option<&Path> {
        self.trust.as_deref()
    }
}

/// Which engines run the solver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    /// Compiled to machine code
    #[default]
    Cranelift,
    /// Interpreted: about 20 times slower
    Pulley,
    /// Both; they must agree to the byte
    All,
}

impl EngineChoice {
    fn backends(self) -> &'static [Backend] {
        match self {
            EngineChoice::Cranelift => &[Backend::Cranelift],
            EngineChoice::Pulley => &[Backend::Pulley],
            EngineChoice::All => &[Backend::Cranelift, Backend::Pulley],
        }
    }

    /// In words, for a verdict.
    pub(super) fn describe(self) -> &'static str {
        match self {
            EngineChoice::Cranelift => "cranelift",
            EngineChoice::Pulley => "pulley",
            EngineChoice::All => "cranelift and pulley, the same bytes",
        }
    }
}

/// Which solver, and who accepts it.
#[derive(Args, Clone, Debug)]
pub(super) struct SolverChoice {
    /// Use this solver component instead of the one that comes with headlock
    #[arg(long, value_name = "FILE")]
    solver: Option<PathBuf>,
    /// Accept the solver component with this sha256
    #[arg(long, value_name = "SHA256")]
    accept_solver: Vec<Digest>,
    /// Which engine runs the solver
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    pub(super) engine: EngineChoice,
    /// Stop the solver after so many seconds; nothing is known then
    #[arg(long, default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    time_limit: u32,
}

impl SolverChoice {
    fn limits(&self) -> Limits {
        Limits { time: Duration::from_secs(self.time_limit.into()), ..Limits::default() }
    }

    /// The same, but for the component that comes with headlock.
    pub(super) fn released(&self) -> SolverChoice {
        SolverChoice { solver: None, ..self.clone() }
    }

    /// The component to lock with. Whoever names a file accepts it.
    pub(super) fn for_lock(&self, place: &Place) -> Result<Solver> {
        match &self.solver {
            Some(path) => read_solver(&place.path(path)),
            None => released::solver(),
        }
    }

    /// The component that a lock names, if it is accepted: from the file that the user names, else from a bundle that
    /// carries it, else the released one.
    pub(super) fn for_claim(
        &self,
        place: &Place,
        access: &Access,
        claim: &SolverId,
        trust: &Trust,
    ) -> Result<(Solver, Accepted)> {
        let accepted = verify::accept_solver(claim, trust, &self.accept_solver)?;
        // What a bundle carries is checked, whosever component is used.
        let carried = access.bundle.as_ref().and_then(|bundle| bundle.component(&claim.sha256, MAX_COMPONENT));
        let carried = carried.transpose()?;
        let Some(path) = &self.solver else { return Ok((verify::named_solver(claim, carried)?, accepted)) };
        let path = place.path(path);
        let bytes = read_component(&path)?;
        Ok((verify::named_solver(claim, Some(bytes)).map_err(|error| at(&path, error))?, accepted))
    }
}

/// Reads a solver component.
pub(super) fn read_solver(path: &Path) -> Result<Solver> {
    Solver::new(read_component(path)?).map_err(|error| at(path, error))
}

fn read_component(path: &Path) -> Result<Vec<u8>> {
    // One byte more than a component may have, so that what is too large is refused like whatever else is no solver.
    files::read_start(path, MAX_COMPONENT + 1)?
        .ok_or_else(|| Error::malformed(format!("there is no solver component at {}", path.display())))
}

/// What is wrong with a component, and which it is.
fn at(path: &Path, error: Error) -> Error {
    let named = Error::new(error.kind(), format!("{}: {error}", path.display()));
    match error.hint_text() {
        Some(hint) => named.hint(hint),
        None => named,
    }
}

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

/// Solves by the first chosen engine, to see what there is: the outcome goes into no lock.
pub(super) fn solve_once(
    place: &Place,
    solver: &Solver,
    choice: &SolverChoice,
    inputs: &Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<Solved> {
    let backend = choice.engine.backends().first().copied();
    let backend = backend.ok_or_else(|| Error::could_not_check("no engine was chosen"))?;
    solving(choice, output, |engines| {
        let mut session = engines.load(solver, backend, place.compiled_cache().as_ref())?.begin()?;
        solve(inputs, &graph.heads(), &graph.links, &mut session, pages)
    })
}

/// Derives what follows from a claim whose heads are accepted, in every chosen engine.
pub(super) fn derive_claim(
    place: &Place,
    solver: &Solver,
    choice: &SolverChoice,
    inputs: &Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<(Derived, Solved)> {
    let cache = place.compiled_cache();
    solving(choice, output, |engines| {
        let mut first: Option<(Derived, Solved)> = None;
        for &backend in choice.engine.backends() {
            let mut session = engines.load(solver, backend, cache.as_ref())?.begin()?;
            let (derived, solved) = derive(inputs, graph, &mut session, pages)?;
            match &first {
                None => first = Some((derived, solved)),
                Some((before, _)) if *before == derived => {}
                Some(_) => {
                    return Err(Error::could_not_check(
                        "two engines gave different outcomes for the same solver and problem",
                    )
                    .hint("one of the engines is broken; please report it with the lock's inputs"));
                }
            }
        }
        first.ok_or_else(|| Error::could_not_check("no engine was chosen"))
    })
}

/// Makes a lock of inputs at the heads of a graph, and remembers these.
pub(super) fn make_lock(
    place: &Place,
    solver: &Solver,
    choice: &SolverChoice,
    inputs: Inputs,
    graph: &Graph,
    pages: &mut Pages,
    output: Output,
) -> Result<(Lock, Solved)> {
    inputs.check().map_err(|what| Error::malformed(format!("the inputs {what}")))?;
    let (derived, solved) = derive_claim(place, solver, choice, &inputs, graph, pages, output)?;
    remember(place.memory().as_ref(), graph.accepted(), output);
    let claim = Claim { solver: SolverId::of(solver), inputs, logs: graph.pinned() };
    Ok((Lock { claim, derived, cosignatures: graph.cosignatures() }, solved))
}

/// What holds a lock's heads and no newer ones is no place for one that a newer head has to speak for.
pub(super) fn refuse_succeeded(graph: &Graph, place: &str) -> Result<()> {
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
