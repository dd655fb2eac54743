//! Measures headlock, and prints what it finds as one page of tables.
//!
//! Called as `cargo xtask bench`, which builds it and the command with optimisations. Every figure is a median of several
//! runs; what is compared is run in turn, A B A B …, so that a machine that slows down slows both. Nothing here passes
//! judgement: the tests hold what must hold, this says how fast and how large.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people: what it found is its output")]

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
use crate::speed::{Question, Runner};

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The command line.
#[derive(Parser)]
#[command(name = "cargo xtask bench", about)]
struct Arguments {
    /// Index rows of crates, one file a crate
    #[arg(long, value_name = "DIR", default_value = "examples/crates/rows")]
    rows: PathBuf,
    /// Crates of these rows to depend on
    #[arg(long, value_name = "NAME", default_value = "ammonia")]
    root: Vec<String>,
    /// Measure only this
    #[arg(long, value_enum, value_name = "QUESTION")]
    only: Vec<Question>,
    /// A copy of PubGrub's repository, for its large problem
    #[arg(long, value_name = "DIR")]
    large_cases: Option<PathBuf>,
    /// Solve the locked project in this folder once, and print the seconds that all calls into the solver took
    #[arg(long, value_name = "DIR", requires = "engine", hide = true)]
    solve: Option<PathBuf>,
    /// What solves it
    #[arg(long, value_enum, hide = true)]
    engine: Option<Runner>,
    /// Also write the page to this file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Measure the growth with a registry's size up to 200,000 packages: half an hour, 10 GB of disk
    #[arg(long)]
    largest: bool,
}

fn main() -> ExitCode {
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
        println!("{}", speed::solve_once(folder, runner)?);
        return Ok(());
    }
    let mut report = Report::new()?;
    if arguments.only.is_empty() {
        // First, while this process is small: a new process counts its parent's peak memory as its own.
        let sizes = if arguments.largest { Sizes::Largest } else { Sizes::Usual };
        scale::measure(&scale::command()?, sizes, &mut report)?;
    }
    let scratch = tempfile::tempdir()?;
    let programs = Programs::new(scratch.path(), &arguments.rows, &arguments.root)?;
    for question in Question::value_variants() {
        if arguments.only.is_empty() || arguments.only.contains(question) {
            report.push(speed::answer(*question, &programs, arguments.large_cases.as_deref())?);
        }
    }
    let page = report.format();
    print!("{page}");
    if let Some(path) = &arguments.write {
        fs_err::write(path, page)?;
    }
    Ok(())
}
