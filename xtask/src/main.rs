//! Tasks of this repository: building the released component, and the checks that stand beside the tests.
//!
//! Called as `cargo xtask TASK`. Nothing here runs at a user's; it needs cargo and the pinned toolchain, no git.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people: what it did is its output")]

mod bench;
mod component;
mod fuzz;
mod licences;
mod packages;
mod page;
mod readme;
mod wasi;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// The command line.
#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds with optimisations and measures; with `--write docs/benchmarks.md` it keeps the page that it prints, and its
    /// charts; with `--draw` alone it draws the charts of that page again.
    Bench {
        /// For the benchmarks themselves; `-- --help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds the released component from solver/ and writes it there, with its sha256.
    Component {
        /// Write nothing: fail if the released component is not what the sources give.
        #[arg(long, conflicts_with = "reproduce")]
        check: bool,
        /// Write nothing: build here and, from a copy, in another folder, with another cargo home, another place of the
        /// toolchain, another umask and other file dates, and fail if the bytes differ.
        #[arg(long)]
        reproduce: bool,
    },
    /// Runs every fuzz target for some seconds, and fails if one finds something.
    Fuzz(fuzz::Options),
    /// Fails if a dependency's licence is not on the list.
    Licences,
    /// Packs the crates that are published, and checks each as it would be got.
    Packages,
    /// Fails if a file holds a path of one machine or the host name of a package registry.
    Words,
    /// Downloads published crates with the wasi:* WIT packages and writes the records in examples/wasi/.
    WasiFacts,
    /// Builds the page from web/ and writes it there, into dist/.
    Page {
        /// The command that makes the samples; without it, it is built.
        #[arg(long, value_name = "FILE")]
        headlock: Option<PathBuf>,
    },
    /// Prints the README's sh block of this number, counted from 1.
    Readme {
        /// Which block.
        block: usize,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let root = workspace()?;
    match task {
        Task::Bench { arguments } => bench::run(&root, &arguments),
        Task::Component { check: true, .. } => component::check(&root),
        Task::Component { reproduce: true, .. } => component::reproduce(&root),
        Task::Component { .. } => component::release(&root),
        Task::Fuzz(options) => fuzz::run(&root, &options),
        Task::Licences => licences::check(&root),
        Task::Packages => packages::check(&root),
        Task::Words => words::check(&root),
        Task::WasiFacts => wasi::write(&root),
        Task::Page { headlock } => page::build(&root, headlock.as_deref()),
        Task::Readme { block } => readme::command(&root, block).map(|command| println!("{command}")),
    }
}

/// The workspace's folder. cargo tells where this crate's manifest is, so a moved or copied workspace finds itself.
fn workspace() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask …`")?;
    let here = PathBuf::from(manifest);
    here.parent().map(PathBuf::from).with_context(|| format!("{} has no parent folder", here.display()))
}
