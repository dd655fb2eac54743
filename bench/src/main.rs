//! Measures headlock, and prints what it finds as one page of tables.
//!
//! Called as `cargo xtask bench`, which builds it and the command with optimisations. Every figure is a median of several
//! runs; what is compared is run in turn, A B A B …, so that a machine that slows down slows both. Nothing here passes
//! judgement: the tests hold what must hold, this says how fast and how large.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people: what it found is its output")]

mod process;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::report::Report;

/// The command line.
#[derive(Parser)]
#[command(name = "cargo xtask bench", about)]
struct Arguments {
    /// Also write the page to this file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
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
    let report = Report::new()?;
    let page = report.format();
    print!("{page}");
    if let Some(path) = &arguments.write {
        fs_err::write(path, page)?;
    }
    Ok(())
}
