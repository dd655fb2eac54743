//! Measures headlock, and prints what it finds as one page of tables.
//!
//! Called as `cargo xtask bench`, which builds it and the command with optimisations. Every figure is a median of several
//! runs; what is compared is run in turn, A B A B …, so that a machine that slows down slows both. Nothing here passes
//! judgement: the tests hold what must hold, this says how fast and how large.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people: what it found is its output")]

mod charts;
mod graph;
mod process;
mod programs;
mod report;
mod scale;
mod server;
mod spans;
mod speed;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::programs::Programs;
use crate::report::Report;
use crate::scale::Sizes;
use crate::speed::{Runner, solve_in_fresh_instances, solve_once};

/// The command line.
#[derive(Parser)]
#[command(name = "cargo xtask bench", about)]
struct Arguments {
    /// What to measure; everything where nothing is named
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Index rows of crates, one file a crate
    #[arg(long, value_name = "DIR", default_value = "examples/crates/rows")]
    rows: PathBuf,
    /// Crates of these rows to depend on
    #[arg(long, value_name = "NAME", default_value = "ammonia")]
    root: Vec<String>,
    /// A copy of PubGrub's repository, for its large problem
    #[arg(long, value_name = "DIR")]
    large_cases: Option<PathBuf>,
    /// Measure the growth with a registry's size up to 200,000 packages, not 20,000: minutes more, and 5 GB of disk
    #[arg(long)]
    largest: bool,
    /// Also write the page to this file; what is not measured now stays there as it is
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Measure nothing: draw the charts of the tables in a page again, and write them beside it
    #[arg(long, value_name = "PAGE", num_args = 0..=1, default_missing_value = "docs/benchmarks.md", exclusive = true)]
    draw: Option<PathBuf>,
    /// Solve the locked project in this folder once, and print the seconds that all calls into the solver took
    #[arg(long, value_name = "DIR", requires = "engine", hide = true)]
    solve: Option<PathBuf>,
    /// What solves it
    #[arg(long, value_enum, hide = true)]
    engine: Option<Runner>,
    /// Compile the component first, then solve so many times more, and print milliseconds as the scripts of tests/engines do
    #[arg(long, value_name = "AGAIN", requires = "solve", hide = true)]
    again: Option<usize>,
}

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Verifying, beside cargo making a lock
    Verify,
    /// What verifying takes its time for
    Time,
    /// How far that is from hashing the evidence once
    Floor,
    /// The solver natively and in the engines
    Engines,
    /// The same solve in engines of other hands: V8, another wasmtime
    OtherEngines,
    /// One bundle, verified by the command, the page and a verifier of another hand
    Everywhere,
    /// PubGrub's own large problem
    LargeCase,
    /// Locking from a server 20 ms away
    Http,
    /// Fetching contents, beside wget
    Fetch,
    /// Sizes of sparse mirrors and bundles
    Copies,
    /// Moving a lock on, beside making it anew
    Update,
    /// What a registry keeps of its past
    Prune,
    /// Twenty registries beside one
    Registries,
    /// How costs grow with a registry
    Scale,
}

/// The whole command.
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let (Some(folder), Some(runner)) = (&arguments.solve, arguments.engine) {
        match arguments.again {
            None => println!("{}", solve_once(folder, runner)?),
            Some(again) => print!("{}", solve_in_fresh_instances(folder, runner, again)?),
        }
        return Ok(());
    }
    if let Some(page) = &arguments.draw {
        return charts::write(page, &fs_err::read_to_string(page)?);
    }
    let mut report = Report::new()?;
    let measured = |part: &Part| arguments.parts.is_empty() || arguments.parts.contains(part);
    // First, while this process is small: a new process counts its parent's peak memory as its own.
    if measured(&Part::Scale) {
        let sizes = if arguments.largest { Sizes::Largest } else { Sizes::Usual };
        scale::measure(&scale::command()?, sizes, &mut report)?;
    }
    let parts: Vec<&Part> =
        Part::value_variants().iter().filter(|part| **part != Part::Scale && measured(part)).collect();
    if !parts.is_empty() {
        let scratch = tempfile::tempdir()?;
        let programs = Programs::new(scratch.path(), &arguments.rows, &arguments.root)?;
        for part in parts {
            report.push(match part {
                Part::Verify => speed::verify::against_cargo(&programs)?,
                Part::Time => speed::parts::of_verify(&programs)?,
                Part::Floor => speed::floor::distance(&programs)?,
                Part::Engines => speed::engines::compared(&programs)?,
                Part::OtherEngines => speed::others::compared(&programs)?,
                Part::Everywhere => speed::everywhere::compared(&programs.headlock)?,
                Part::LargeCase => speed::large_case::compared(arguments.large_cases.as_deref())?,
                Part::Http => speed::http::lock(&programs)?,
                Part::Fetch => speed::fetch::throughput(&programs)?,
                Part::Copies => graph::sizes(&programs)?,
                Part::Update => graph::update(&programs)?,
                Part::Prune => graph::storage(scratch.path())?,
                Part::Registries => graph::one_or_twenty(&programs)?,
                Part::Scale => continue,
            });
        }
    }
    print!("{}", report.format());
    if let Some(path) = &arguments.write {
        let before = if path.exists() { fs_err::read_to_string(path)? } else { String::new() };
        charts::write(path, &report.format_over(&before))?;
    }
    Ok(())
}
