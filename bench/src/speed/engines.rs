//! The same solver natively and in both engines.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use headlock::engine::Backend;
use headlock::graph::Graph;
use headlock::pages::Pages;
use headlock::problem::{Catalog, Outcome};
use headlock::solve::Solving;
use headlock::world::World;

use super::native::Native;
use super::{Project, TIMES, released_solver};
use crate::programs::Programs;
use crate::report::{Section, median, milliseconds, ratio};

/// A solve whose calls are timed: the solver, and handing it what it is told.
pub(super) struct Timed<S> {
    inner: S,
    time: Duration,
}

impl<S: Solving> Timed<S> {
    pub(super) fn new(inner: S) -> Timed<S> {
        Timed { inner, time: Duration::ZERO }
    }

    /// How long all calls took.
    pub(super) fn seconds(&self) -> f64 {
        self.time.as_secs_f64()
    }
}

impl<S: Solving> Solving for Timed<S> {
    fn world(&self) -> World {
        self.inner.world()
    }

    fn start(&mut self, catalog: &Catalog) -> headlock::Result<Outcome> {
        let began = Instant::now();
        let outcome = self.inner.start(catalog);
        self.time += began.elapsed();
        outcome
    }

    fn supply(&mut self, catalog: &Catalog) -> headlock::Result<Outcome> {
        let began = Instant::now();
        let outcome = self.inner.supply(catalog);
        self.time += began.elapsed();
        outcome
    }
}

/// What runs the solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runner {
    /// As a library
    Native,
    /// As a component, compiled
    Cranelift,
    /// As a component, interpreted
    Pulley,
}

/// Solves a locked project once; returns the seconds that all calls into the solver took.
pub(crate) fn solve_once(folder: &Path, runner: Runner) -> Result<f64> {
    let project = Project::open(folder)?;
    // Everything is read before, so that only solving is left.
    let mut pages = project.pages()?;
    let shared = folder.parent().unwrap_or(folder);
    let component = |backend| -> Result<_> { Ok(released_solver(shared, backend)?.begin()?) };
    match runner {
        Runner::Native => timed(&project, &mut pages, Native::new()),
        Runner::Cranelift => timed(&project, &mut pages, component(Backend::Cranelift)?),
        Runner::Pulley => timed(&project, &mut pages, component(Backend::Pulley)?),
    }
}

fn timed(project: &Project, pages: &mut (Graph, Pages), session: impl Solving) -> Result<f64> {
    let mut session = Timed::new(session);
    project.derive(&mut session, pages)?;
    Ok(session.seconds())
}

/// Whose allocator a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allocator {
    /// The command's, mimalloc, which takes memory in huge pages, as a component's is.
    Command,
    /// The system's: what a Rust program has that asks for nothing else.
    System,
}

/// The same in a process of its own, as a command does it: nothing is warm, for nobody.
fn alone(folder: &Path, runner: Runner, allocator: Allocator) -> Result<f64> {
    let name = runner.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut program = std::env::current_exe()?;
    if allocator == Allocator::System {
        program.set_file_name(format!("headlock-bench-system{}", std::env::consts::EXE_SUFFIX));
    }
    let output = Command::new(program).arg("--solve").arg(folder).args(["--engine", &name]).output()?;
    ensure!(output.status.success(), "solving failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

pub(crate) fn compared(programs: &Programs) -> Result<Section> {
    let mut rows = Vec::new();
    for root in &programs.roots {
        let folder = programs.folder.join(root);
        for runner in [Runner::Cranelift, Runner::Pulley] {
            alone(&folder, runner, Allocator::Command)?;
        }
        let mut turns = Vec::new();
        for _ in 0..TIMES {
            let system = alone(&folder, Runner::Native, Allocator::System)?;
            let native = alone(&folder, Runner::Native, Allocator::Command)?;
            turns.push([system, native, alone(&folder, Runner::Cranelift, Allocator::Command)?]);
        }
        let pulley = (0..3).map(|_| alone(&folder, Runner::Pulley, Allocator::Command)).collect::<Result<_>>()?;
        let interpreted = median(pulley);
        let middle = |of: fn(&[f64; 3]) -> f64| median(turns.iter().map(of).collect());
        let native = middle(|[system, ..]| *system);
        rows.push(vec![
            root.clone(),
            milliseconds(native),
            milliseconds(middle(|[_, native, _]| *native)),
            milliseconds(middle(|[_, _, compiled]| *compiled)),
            milliseconds(interpreted),
            ratio(middle(|[system, _, compiled]| compiled / system)),
            ratio(middle(|[_, native, compiled]| compiled / native)),
            ratio(interpreted / native),
        ]);
    }
    let columns = [
        "root",
        "native",
        "native, mimalloc",
        "Cranelift",
        "Pulley",
        "Cranelift / native",
        "Cranelift / native, mimalloc",
        "Pulley / native",
    ];
    Ok(Section {
        title: "The solver natively and in the engines",
        about: "All calls into the solver for one lock, what it is told included: natively as copies of the host's lists, in \
                the engines as the contract's lists, lowered into the component's memory. One solve in a process of its own, \
                as the command does it; the component is compiled before, and the pages are read. *Native* is the solver as \
                any Rust program has it, with the system's allocator; beside it with mimalloc, which gets its memory in huge \
                pages, as the component does."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}
