//! From a solver's bytes to a solve.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use headlock_log::digest::Digest;
use tracing::debug_span;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Store, Trap, UpdateDeadline};

use super::compiled::CompiledCache;
use super::configuration::Backend;
use super::contract::{self, solving};
use super::limits::{Guard, Limits, Stopped, Watchdog};
use super::{given, returned};
use crate::component::{SOLVING, Solver};
use crate::error::{Error, Result};
use crate::problem::{Catalog, Mark, Outcome};
use crate::solve::Solving;
use crate::world::World;

/// How many characters of what a solver has printed a message quotes.
const MAX_QUOTED: usize = 1_000;

/// Runs solvers, within limits.
pub struct Engine {
    limits: Limits,
    uninterrupted: Option<Uninterrupted>,
    backends: Mutex<BTreeMap<Mode, wasmtime::Engine>>,
}

/// What runs a solver, and whether it asks on its way if its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mode {
    backend: Backend,
    is_interruptible: bool,
}

/// See [`Engine::uninterrupted`].
#[derive(Clone)]
struct Uninterrupted {
    solver: Digest,
    overdue: Overdue,
}

/// What is called with the failure when an uninterrupted solver's time is over.
type Overdue = Arc<dyn Fn(Error) + Send + Sync>;

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine whose solves may use so much.
    pub fn new(limits: Limits) -> Engine {
        Engine { limits, uninterrupted: None, backends: Mutex::default() }
    }

    /// Lets one solver run without asking for the time at every turn of a loop, which takes it an eighth of its time.
    ///
    /// It is for the solver that the host was released with, which counts its steps and ends by itself; and only machine
    /// code runs so. When its time is over nevertheless, `overdue` is called once, from another thread, and had better
    /// end the process, for nothing else ends the call. If it returns, the call goes on until it ends, and fails then.
    pub fn uninterrupted(self, solver: Digest, overdue: impl Fn(Error) + Send + Sync + 'static) -> Engine {
        Engine { uninterrupted: Some(Uninterrupted { solver, overdue: Arc::new(overdue) }), ..self }
    }

    /// What to do when a solver's time is over; nothing if its code asks for itself.
    fn overdue(&self, solver: Digest, backend: Backend) -> Option<Overdue> {
        let uninterrupted = self.uninterrupted.as_ref().filter(|own| own.solver == solver)?;
        (backend == Backend::Cranelift).then(|| Arc::clone(&uninterrupted.overdue))
    }

    fn engine(&self, mode: Mode) -> Result<wasmtime::Engine> {
        let mut engines = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = engines.get(&mode) {
            return Ok(engine.clone());
        }
        let Mode { backend, is_interruptible } = mode;
        let engine = backend.engine(is_interruptible).map_err(|error| {
            Error::could_not_check(format!("the engine {backend} does not run on this machine: {}", cause(&error)))
        })?;
        engines.insert(mode, engine.clone());
        Ok(engine)
    }

    /// Makes a solver ready to run: takes its code from the cache, or compiles it (and keeps the code there).
    ///
    /// # Errors
    /// Refused: its code is not valid, uses what may differ from machine to machine (threads, relaxed SIMD), or lacks a
    /// function of the contract. Could not check: the machine cannot run the backend.
    pub fn load(&self, solver: &Solver, backend: Backend, cache: Option<&CompiledCache>) -> Result<LoadedSolver> {
        let _span = debug_span!("load").entered();
        let name = solver.sha256();
        let overdue = self.overdue(name, backend);
        let engine = &self.engine(Mode { backend, is_interruptible: overdue.is_none() })?;
        let component = match cache.and_then(|cache| cache.load(engine, backend, solver)) {
            Some(component) => component,
            None => {
                let component = Component::from_binary(engine, solver.bytes()).map_err(|error| {
                    Error::refused(format!("the solver {name} cannot be compiled: {}", cause(&error)))
                })?;
                if let Some(cache) = cache {
                    cache.store(engine, backend, solver, &component);
                }
                component
            }
        };
        // Whatever else a component asks for, it does not get.
        let (instance, exports) = linker(engine, solver)
            .and_then(|linker| linker.instantiate_pre(&component))
            .and_then(|instance| contract::SolverIndices::new(&instance).map(|exports| (instance, exports)))
            .map_err(|error| breaks_contract(name, &error))?;
        Ok(LoadedSolver { name, limits: self.limits, backend, overdue, instance, exports })
    }
}

/// What a solver's imports are linked to: nothing, or sealed WASI where it imports some.
fn linker(engine: &wasmtime::Engine, solver: &Solver) -> wasmtime::Result<Linker<Guard>> {
    #[cfg_attr(not(feature = "wasi"), expect(unused_mut, reason = "nothing is linked"))]
    let mut linker = Linker::new(engine);
    #[cfg(feature = "wasi")]
    if !solver.inspection().imports.is_empty() {
        super::sealed::link(&mut linker)?;
    }
    Ok(linker)
}

/// A solver that is ready to run.
pub struct LoadedSolver {
    name: Digest,
    limits: Limits,
    backend: Backend,
    overdue: Option<Overdue>,
    instance: InstancePre<Guard>,
    exports: contract::SolverIndices,
}

impl fmt::Debug for LoadedSolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedSolver").field("limits", &self.limits).field("backend", &self.backend).finish()
    }
}

impl LoadedSolver {
    /// What runs it.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// A fresh instance, for one solve.
    ///
    /// # Errors
    /// Could not check: it trapped or reached a limit before it was called. Refused: its functions take or return
    /// something else than the contract's.
    pub fn begin(&self) -> Result<Session> {
        let mut store = Store::new(self.instance.engine(), Guard::new(self.limits));
        store.limiter(|guard| guard);
        store.set_hostcall_fuel(self.limits.outcome);
        store.epoch_deadline_callback(|store| {
            if Instant::now() < store.data().deadline {
                // Woken for another solve of the same engine.
                return Ok(UpdateDeadline::Continue(1));
            }
            Err(Stopped::Time.into())
        });
        let mut clock = Clock::new(self.limits, self.instance.engine(), self.overdue.clone())?;
        let instance = clock
            .run(&mut store, |store| self.instance.instantiate(store))
            .map_err(|error| failure(&error, store.data(), "could not be started"))?;
        let instance = self.exports.load(&mut store, &instance).map_err(|error| breaks_contract(self.name, &error))?;
        Ok(Session { store, clock, instance, told: Mark::default() })
    }
}

/// One solve: an instance, and what it was told.
pub struct Session {
    store: Store<Guard>,
    clock: Clock,
    instance: contract::Solver,
    told: Mark,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("told", &self.told).finish_non_exhaustive()
    }
}

impl Solving for Session {
    /// That of the contract which this runs.
    fn world(&self) -> World {
        World::V0_1_0
    }

    fn start(&mut self, catalog: &Catalog) -> Result<Outcome> {
        let instance = self.instance.headlock_solver_solving();
        let outcome = given::problem(catalog, |problem| {
            let _span = debug_span!("solve").entered();
            self.clock.run(&mut self.store, |store| instance.call_start(store, problem))
        });
        let outcome = outcome.map_err(|error| failure(&error, self.store.data(), "answered nonsense"))?;
        self.told = given::after_start(catalog);
        take(catalog, outcome)
    }

    fn supply(&mut self, catalog: &Catalog) -> Result<Outcome> {
        let instance = self.instance.headlock_solver_solving();
        let _span = debug_span!("lower").entered();
        let outcome = given::packages(catalog, &self.told, |packages| {
            let _span = debug_span!("solve").entered();
            self.clock.run(&mut self.store, |store| instance.call_supply(store, packages))
        });
        let outcome = outcome.map_err(|error| failure(&error, self.store.data(), "answered nonsense"))?;
        self.told = catalog.mark();
        take(catalog, outcome)
    }
}

fn take(catalog: &Catalog, outcome: solving::Outcome) -> Result<Outcome> {
    returned::outcome(catalog, outcome)
        .map_err(|nonsense| Error::could_not_check(format!("the solver answered nonsense: {nonsense}")))
}

/// The time that a solve has left. It runs while the solver does, not between calls.
struct Clock {
    left: Duration,
    watchdog: Watchdog,
}

impl Clock {
    /// The time of a solve in this engine. Without `overdue`, its code asks for the epoch, which a new one wakes it by:
    /// the store's own callback compares the clock with its own deadline, so other solves of the engine come to no harm.
    fn new(limits: Limits, engine: &wasmtime::Engine, overdue: Option<Overdue>) -> Result<Clock> {
        let left = limits.time;
        let watchdog = match overdue {
            None => {
                let engine = engine.clone();
                Watchdog::new(left, move || engine.increment_epoch())
            }
            Some(overdue) => {
                let mut told = Some(move || overdue(stopped(Stopped::Time, limits)));
                Watchdog::new(left, move || told.take().into_iter().for_each(|tell| tell()))
            }
        };
        let watchdog = watchdog
            .map_err(|error| Error::could_not_check(format!("could not watch over the solver's time: {error}")))?;
        Ok(Clock { left, watchdog })
    }

    fn run<R>(
        &mut self,
        store: &mut Store<Guard>,
        call: impl FnOnce(&mut Store<Guard>) -> wasmtime::Result<R>,
    ) -> wasmtime::Result<R> {
        let began = Instant::now();
        let deadline = began + self.left;
        store.data_mut().deadline = deadline;
        store.set_epoch_deadline(1);
        self.watchdog.begin(deadline);
        let result = call(store);
        let taken = began.elapsed();
        let is_late = taken > self.left;
        self.left = self.left.saturating_sub(taken);
        self.watchdog.pause(self.left);
        if is_late && result.is_ok() { Err(Stopped::Time.into()) } else { result }
    }
}

/// What it means that a limit was reached.
fn stopped(by: Stopped, limits: Limits) -> Error {
    Error::could_not_check(match by {
        Stopped::Memory => format!("the solver needs more than its {} MiB of memory", limits.memory >> 20),
        Stopped::Table => "the solver needs larger tables than any solver should".to_owned(),
        Stopped::Time => format!("the solver was stopped after {} s", limits.time.as_secs_f64()),
        #[cfg(feature = "wasi")]
        Stopped::Waiting => "the solver waits for a time to come, and its clocks stand still".to_owned(),
    })
}

/// What it means that a call into the solver failed: always that nothing was checked. What is neither a trap nor a limit
/// is told in the caller's words; and what the solver has printed may say more.
fn failure(error: &wasmtime::Error, guard: &Guard, otherwise: &str) -> Error {
    let failure = why(error, guard.limits(), otherwise);
    match guard.printed().trim() {
        "" => failure,
        printed => failure.hint(format!("it printed {:?}", printed.chars().take(MAX_QUOTED).collect::<String>())),
    }
}

fn why(error: &wasmtime::Error, limits: Limits, otherwise: &str) -> Error {
    if let Some(&by) = error.downcast_ref::<Stopped>() {
        return stopped(by, limits);
    }
    #[cfg(feature = "wasi")]
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return Error::could_not_check(format!("the solver ended itself, with exit code {}", exit.0));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => Error::could_not_check("the solver ran out of stack: its calls nest too deep"),
        Some(trap) => {
            let trap = trap.to_string();
            let what = trap.strip_prefix("wasm trap: ").unwrap_or(&trap);
            Error::could_not_check(format!("the solver trapped: {what}"))
                .hint("a trap says nothing about the lock; if this is a released solver, please report it")
        }
        None => match cause(error) {
            // Wasmtime has no type for it that can be asked for; a test keeps the words.
            much if much.contains("fuel allocated for hostcalls") => {
                Error::could_not_check(format!("the solver's outcome is larger than {} MiB", limits.outcome >> 20))
            }
            other => Error::could_not_check(format!("the solver {otherwise}: {other}")),
        },
    }
}

fn breaks_contract(name: Digest, error: &wasmtime::Error) -> Error {
    Error::refused(format!("the solver {name} breaks the contract {SOLVING}: {}", cause(error)))
        .hint("it may be made for another version of headlock")
}

/// What lies at the bottom of one of wasmtime's errors, on one line.
fn cause(error: &wasmtime::Error) -> String {
    error.root_cause().to_string().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::components::{EXHAUSTED, solver};

    #[test]
    fn stopping_one_solve_leaves_others_of_the_engine_alone() {
        // Counts down, which takes most of a second interpreted, while other solves are stopped all the time.
        let counting = format!(
            "(local $n i32) (local.set $n (i32.const 30000000))
             (loop $more (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $more (local.get $n)))
             {EXHAUSTED}"
        );
        let catalog = Catalog::new(1);
        let engine = Engine::new(Limits::default());
        let load = |start: &str| {
            let solver = Solver::new(solver("1", "", start, EXHAUSTED)).expect("a solver");
            engine.load(&solver, Backend::Pulley, None).expect("loaded")
        };
        let slow = load(&counting);
        let mut endless = load("(loop $forever (br $forever)) unreachable");
        endless.limits.time = Duration::from_millis(1);
        let mut stopped = 0;
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| slow.begin().and_then(|mut session| session.start(&catalog)));
            while !slow.is_finished() {
                endless.begin().and_then(|mut session| session.start(&catalog)).expect_err("stopped");
                stopped += 1;
            }
            assert_eq!(slow.join().expect("no panic").expect("an outcome"), Outcome::Exhausted);
        });
        assert!(stopped > 10, "{stopped}");
    }
}
