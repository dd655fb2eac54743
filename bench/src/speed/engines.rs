//! The same solver natively and in both engines.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use headlock::engine::Backend;
use headlock::pages::Pages;
use headlock::problem::{Catalog, Outcome};
use headlock::solve::Solving;

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

fn timed(project: &Project, pages: &mut Pages, session: impl Solving) -> Result<f64> {
    let mut session = Timed::new(session);
    project.derive(&mut session, pages)?;
    Ok(session.seconds())
}

/// The same in a process of its own, as a command does it: nothing is warm, for nobody.
fn alone(folder: &Path, runner: Runner) -> Result<f64> {
    let name = runner.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let output =
        Command::new(std::env::current_exe()?).arg("--solve").arg(folder).args(["--engine", &name]).output()?;
    ensure!(output.status.success(), "solving failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

pub(crate) fn compared(programs: &Programs) -> Result<Section> {
    let mut rows = Vec::new();
    for root in &programs.roots {
        let folder = programs.folder.join(root);
        for runner in [Runner::Cranelift, Runner::Pulley] {
            alone(&folder, runner)?;
        }
        let mut pairs = Vec::new();
        for _ in 0..TIMES {
            pairs.push((alone(&folder, Runner::Native)?, alone(&folder, Runner::Cranelift)?));
        }
        let interpreted = median((0..3).map(|_| alone(&folder, Runner::Pulley)).collect::<Result<_>>()?);
        let native = median(pairs.iter().map(|(native, _)| *native).collect());
        rows.push(vec![
            root.clone(),
            milliseconds(native),
            milliseconds(median(pairs.iter().map(|(_, compiled)| *compiled).collect())),
            milliseconds(interpreted),
            ratio(median(pairs.iter().map(|(native, compiled)| compiled / native).collect())),
            ratio(interpreted / native),
        ]);
    }
    let columns = ["root", "native", "Cranelift", "Pulley", "Cranelift / native", "Pulley / native"];
    Ok(Section {
        title: "The solver natively and in the engines",
        about: "All calls into the solver for one lock, what it is told included: natively as copies of the host's lists, in \
                the engines as the contract's lists, lowered into the component's memory. One solve in a process of its own, \
                as the command does it; the component is compiled before, and the pages are read. The same answers, to the \
                last step."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}
