//! The same solve, of the same hashed bytes, in engines of other hands: the scripts of tests/engines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use fs_err as fs;
use headlock::engine::{Backend, Engine, Limits};
use headlock::released;

use super::engines::{Runner, Timed};
use super::recording::Recorded;
use super::{Project, TIMES, released_solver};
use crate::programs::Programs;
use crate::report::{Section, median, milliseconds, ratio};

/// The component, from the repository's folder, in which `cargo xtask bench` runs this.
const COMPONENT: &str = "solver/released/headlock-solver.wasm";

/// How often each process solves again after its first solve.
const AGAIN: usize = 20;

/// One engine: how its row is called, and the command that solves a root.
struct Solver {
    name: &'static str,
    command: fn(&Where) -> Command,
    /// How many processes are measured.
    times: usize,
    again: usize,
}

/// Where everything is that a command needs.
struct Where {
    project: PathBuf,
    recordings: PathBuf,
    installed: PathBuf,
    program: PathBuf,
    sha256: String,
}

const SOLVERS: [Solver; 5] = [
    Solver { name: "Cranelift", command: |of| of.own(Runner::Cranelift), times: TIMES, again: AGAIN },
    Solver { name: "Pulley", command: |of| of.own(Runner::Pulley), times: 3, again: 1 },
    Solver {
        name: "V8, by jco",
        command: |of| of.script("node", &[Path::new("tests/engines/v8_jco.mjs"), &of.installed]),
        times: TIMES,
        again: AGAIN,
    },
    Solver {
        name: "V8, by hand",
        command: |of| of.script("node", &[Path::new("tests/engines/v8_core.mjs")]),
        times: TIMES,
        again: AGAIN,
    },
    Solver {
        name: "wasmtime of PyPI",
        command: |of| {
            let python = of.installed.join("python/bin/python3");
            of.script(&python.display().to_string(), &[Path::new("tests/engines/wasmtime_pypi.py")])
        },
        times: 3,
        again: 1,
    },
];

impl Where {
    fn own(&self, runner: Runner) -> Command {
        let mut command = Command::new(&self.program);
        let name = runner.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        command.arg("--solve").arg(&self.project).args(["--engine", &name]);
        command
    }

    fn script(&self, program: &str, before: &[&Path]) -> Command {
        let mut command = Command::new(program);
        command.args(before).arg(COMPONENT).arg(&self.sha256).arg(&self.recordings);
        command
    }
}

/// What one process measured, in seconds.
struct Measured {
    compiled: f64,
    first: f64,
    again: f64,
}

impl Solver {
    fn run(&self, at: &Where) -> Result<Measured> {
        let mut command = (self.command)(at);
        if command.get_program() == at.program.as_os_str() {
            command.arg("--again");
        }
        let output = command.arg(self.again.to_string()).output().with_context(|| self.name)?;
        let said = String::from_utf8(output.stdout)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {said}{errors}", self.name);
        let compiled = said.lines().find_map(|line| line.strip_prefix("compiled: "));
        let solved = said.lines().find(|line| line.starts_with("same "));
        let (Some(compiled), Some((first, again))) = (compiled, solved.and_then(times)) else {
            bail!("{}: {said}", self.name)
        };
        Ok(Measured { compiled: seconds(compiled)?, first: seconds(first)?, again: seconds(again)? })
    }
}

/// The last two times of `same NAME: FIRST ms, again MEDIAN ms`.
fn times(line: &str) -> Option<(&str, &str)> {
    let (before, again) = line.rsplit_once(", again ")?;
    Some((before.rsplit_once(": ")?.1, again))
}

fn seconds(text: &str) -> Result<f64> {
    let number = text.strip_suffix(" ms").with_context(|| format!("expected milliseconds, found {text:?}"))?;
    Ok(number.parse::<f64>()? / 1000.0)
}

/// Compiles the component, and solves a locked project in it, then `again` times more, each time in a fresh instance. What
/// it gives is written as the scripts write theirs.
pub(crate) fn solve_in_fresh_instances(folder: &Path, runner: Runner, again: usize) -> Result<String> {
    let backend = match runner {
        Runner::Native => bail!("the native solver has no instances"),
        Runner::Cranelift => Backend::Cranelift,
        Runner::Pulley => Backend::Pulley,
    };
    let (project, component) = (Project::open(folder)?, released::solver()?);
    // Not the cache's: what is compiled here is thrown away.
    let engine = Engine::new(Limits::default());
    let began = Instant::now();
    engine.load(&component, backend, None)?;
    let compiled = began.elapsed().as_secs_f64();
    let solver = released_solver(folder.parent().unwrap_or(folder), backend)?;
    let mut solved = Vec::new();
    for _ in 0..=again {
        // Everything is read before, so that only solving is left.
        let mut pages = project.pages()?;
        let began = Instant::now();
        let session = solver.begin()?;
        let instance = began.elapsed().as_secs_f64();
        let mut session = Timed::new(session);
        project.derive(&mut session, &mut pages)?;
        solved.push(instance + session.seconds());
    }
    let (first, later) = (solved[0], median(solved[1..].to_vec()));
    let mut text = String::new();
    let [compiled, first, later] = [compiled, first, later].map(|seconds| seconds * 1000.0);
    writeln!(text, "compiled: {compiled:.3} ms\nsame lock: {first:.3} ms, again {later:.3} ms")?;
    Ok(text)
}

/// A lock's solve as data, for the scripts.
fn record(project: &Path, into: &Path) -> Result<()> {
    let folder = project.parent().unwrap_or(project);
    let opened = Project::open(project)?;
    let mut session = Recorded::new(released_solver(folder, Backend::Cranelift)?.begin()?);
    opened.derive(&mut session, &mut opened.pages()?)?;
    fs::create_dir_all(into)?;
    fs::write(into.join("lock.json"), serde_json::to_vec(&session.finish("lock"))?)?;
    Ok(())
}

pub(crate) fn compared(programs: &Programs) -> Result<Section> {
    let installed = std::env::var_os("HEADLOCK_ENGINES").map_or_else(|| PathBuf::from("target/engines"), PathBuf::from);
    let mut rows = Vec::new();
    for root in &programs.roots {
        let project = programs.folder.join(root);
        let recordings = programs.folder.join(format!("recording-{root}"));
        record(&project, &recordings)?;
        let (program, sha256) = (std::env::current_exe()?, released::digest()?.to_string());
        let at = Where { project, recordings, installed: installed.clone(), program, sha256 };
        let mut measured: Vec<Vec<Measured>> = SOLVERS.iter().map(|_| Vec::new()).collect();
        for turn in 0..TIMES {
            for (solver, measured) in SOLVERS.iter().zip(&mut measured) {
                if turn < solver.times {
                    measured.push(solver.run(&at)?);
                }
            }
        }
        let middle =
            |measured: &[Measured], of: fn(&Measured) -> f64| median(measured.iter().map(of).collect::<Vec<f64>>());
        let own = middle(&measured[0], |measured| measured.first);
        for (solver, measured) in SOLVERS.iter().zip(&measured) {
            let first = middle(measured, |measured| measured.first);
            rows.push(vec![
                format!("{root}, {}", solver.name),
                milliseconds(middle(measured, |measured| measured.compiled)),
                milliseconds(first),
                milliseconds(middle(measured, |measured| measured.again)),
                ratio(first / own),
            ]);
        }
    }
    Ok(Section {
        title: "The same solve in other engines",
        about: format!(
            "One lock's solve, of the same hashed component, an engine a row. *Compile*: from the component's bytes to code, \
             nothing being kept from before; V8 compiles a function when it is first called, so that most of it lies in the \
             first solve. *First solve*: a fresh instance in a fresh process, and all calls into it, what it is told and what it \
             answers included, as the caller's values: the host's lists, JavaScript's objects, Python's; compiling, reading \
             pages and checking excluded. *Again*: the same in another fresh instance of the same process, the median of \
             {AGAIN}, or of one where the first takes seconds. Every outcome was compared with the one that was recorded."
        ),
        columns: ["root, engine", "compile", "first solve", "again", "first / Cranelift"].map(str::to_owned).to_vec(),
        rows,
        notes: vec![
            "PyPI's wasmtime compiles with the same Cranelift, of another version: its time goes into making a C value of each \
             Python object."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_scripts_write_them() {
        assert_eq!(times("same lock: 1.234 ms, again 0.500 ms"), Some(("1.234 ms", "0.500 ms")));
        assert_eq!(times("same lock: 1.234 ms"), None);
        assert!(seconds("1.234 ms").is_ok_and(|seconds| (seconds - 0.001_234).abs() < 1e-12));
        assert!(seconds("1.234 s").is_err());
    }
}
