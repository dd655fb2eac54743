//! The command: one file a command, and `output`, the one place that prints.

mod artifact;
mod attest;
mod audit;
mod bundle;
mod changes;
mod check_attestation;
mod check_fork;
mod check_wkg;
mod colour;
mod deps;
mod diff;
mod draft;
mod elsewhere;
mod export;
mod fetch;
mod graph;
mod init;
mod json;
mod key;
mod lock;
mod maintainers;
mod manual;
mod mirror;
mod named;
mod output;
mod peer;
mod pins;
mod prune;
mod published;
mod registry;
mod request;
mod session;
mod sign;
mod solver;
mod solver_verdict;
mod topics;
mod tree;
mod update;
mod verify;
mod why;
mod why_package;
mod witness;
mod words;
mod writer;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::files;
pub use output::escape;
use output::{Output, Volume};

/// Lock dependencies against the pinned heads of registries' transparency logs, and verify that a lock was produced
/// honestly by deriving it again.
///
/// Exit codes: 0 done, verified; 1 the answer is no; 2 wrong usage or a malformed file; 3 lock missing or not current;
/// 4 could not check; 5 refused (key, quorum, solver).
#[derive(Debug, Parser)]
#[command(name = "headlock", bin_name = "headlock", version, max_term_width = 100, after_help = TOPICS)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The heading of options that every command has.
const GLOBAL: &str = "Global options";

/// The heading of those that say how registries are reached.
const NETWORK: &str = "Reaching registries";

/// Both.
const HEADINGS: [&str; 2] = [GLOBAL, NETWORK];

const TOPICS: &str = "See also `headlock help TOPIC`: environment, exit-codes, formats.";

/// Options of every command.
#[derive(Args, Debug)]
struct Global {
    /// Run as if started in DIR: all relative paths start there
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = GLOBAL)]
    directory: Option<PathBuf>,
    /// The manifest [default: headlock.toml]; the lock is beside it
    #[arg(long, value_name = "FILE", global = true, help_heading = GLOBAL)]
    manifest_path: Option<PathBuf>,
    /// Use no network: files and the cache only
    #[arg(long, global = true, help_heading = NETWORK)]
    offline: bool,
    /// Keep nothing in a cache, and take nothing from one
    #[arg(long, global = true, help_heading = NETWORK, hide_short_help = true)]
    no_cache: bool,
    /// Allow http:// to other hosts than this one
    #[arg(long, global = true, help_heading = NETWORK, hide_short_help = true)]
    allow_http: bool,
    /// Give up on a file that a server has not sent by then, after however many tries [default: 120]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = NETWORK, hide_short_help = true, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: Option<u32>,
    /// Ask private registries with the tokens that this file names
    #[arg(long, value_name = "FILE", global = true, help_heading = NETWORK, hide_short_help = true)]
    credentials: Option<PathBuf>,
    /// Ask hosts with their passwords in the netrc file, $NETRC or ~/.netrc
    #[arg(long, global = true, help_heading = NETWORK, hide_short_help = true)]
    netrc: bool,
    /// Say results and errors only
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    quiet: bool,
    /// Whether errors, warnings and hints have colours: auto (on a terminal, unless NO_COLOR is set), always, or never
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true, help_heading = GLOBAL, hide_possible_values = true)]
    color: colour::Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a manifest, a trust file and its policy of logs, for a registry
    Init(init::Init),
    /// Add to the manifest what wit/, wkg.toml, deps.toml or Cargo.toml depend on
    Deps(deps::Deps),
    /// Solve and write the lock; heads that are pinned stay
    Lock(lock::Lock),
    /// Move the lock to the newest heads, and say what changed and why
    Update(update::Update),
    /// Derive the lock again and compare
    Verify(verify::Verify),
    /// Verify the lock, and sign a statement that it holds
    Attest(attest::Attest),
    /// Check that enough attesters have verified the lock
    CheckAttestation(check_attestation::CheckAttestation),
    /// Write what verifying the lock reads into one file
    Bundle(bundle::Bundle),
    /// Get the contents of the lock's releases, by their hashes
    Fetch(fetch::Fetch),
    /// Write the lock in another tool's format
    Export(export::Export),
    /// Say what changed from one lock to another, and why
    Diff(diff::Compare),
    /// Show the lock as a tree
    Tree(tree::Tree),
    /// Draw the lock: its releases, or its registries
    Graph(graph::Graph),
    /// Say why a release, or a registry, is in the lock
    Why(why::Why),
    /// Make keys
    #[command(subcommand)]
    Key(key::Key),
    /// Run a registry, or audit another's
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Publish solvers, list and get those that are published, accept them, look at components
    #[command(subcommand)]
    Solver(solver::Solver),
    /// Write completions for a shell
    Completions(manual::Completions),
    /// Write pages for man
    Man(manual::Man),
}

/// Runs the command line and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(lines) = topics::asked(&arguments) {
        let printed = Output::new(Volume::Normal, colour::Color::Auto).results(&lines);
        return printed.map_or_else(|error| ExitCode::from(error.kind().exit_code()), |()| ExitCode::SUCCESS);
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap repeats arguments as they are, so it is asked again, with arguments that are safe to print. Where
            // these are no error, they were no UTF-8, and nothing of them is repeated.
            let safe = arguments.iter().map(|argument| escape(&argument.to_string_lossy()));
            let mut error = Cli::try_parse_from(safe).err().unwrap_or(error);
            elsewhere::suggest(&mut error);
            // It prints help to stdout and usage errors to stderr; nobody can be told if that fails.
            let _ = error.print();
            if error.use_stderr() && json::is_asked(&arguments) {
                let _ = output::write_object(&AtomicBool::new(false), &json::Failure::of_usage(&error.to_string()));
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let volume = if cli.global.quiet { Volume::Quiet } else { Volume::Normal };
    let output = Output::new(volume, cli.global.color).reporting(json::chosen(&cli.command));
    match dispatch(&cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            keep_proof(&cli, &error, output);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Writes down what shows to others what an error says, and says where.
fn keep_proof(cli: &Cli, error: &Error, output: Output) {
    let Some(proof) = error.proof() else { return };
    match session::Place::new(&cli.global).keep_proof(proof) {
        Ok(Some(path)) => output.warning(&format!(
            "{} shows it to whoever has the log's key: `headlock registry check-fork FILE --log-key KEY`",
            path.display()
        )),
        Ok(None) => {}
        Err(failure) => output.warning(&format!("what shows it could not be written: {failure}")),
    }
}

fn dispatch(cli: &Cli, output: Output) -> Result<()> {
    if let Some(directory) = &cli.global.directory {
        files::require_folder(directory, "`-C` says to work")?;
    }
    let place = session::Place::new(&cli.global);
    match &cli.command {
        Command::Init(command) => command.run(&place, output),
        Command::Deps(command) => command.run(&place, output),
        Command::Lock(command) => command.run(&place, output),
        Command::Update(command) => command.run(&place, output),
        Command::Fetch(command) => command.run(&place, output),
        Command::Export(command) => command.run(&place, output),
        Command::Diff(command) => command.run(&place, output),
        Command::Verify(command) => command.run(&place, output),
        Command::Attest(command) => command.run(&place, output),
        Command::CheckAttestation(command) => command.run(&place, output),
        Command::Bundle(command) => command.run(&place, output),
        Command::Tree(command) => command.run(&place, output),
        Command::Graph(command) => command.run(&place, output),
        Command::Why(command) => command.run(&place, output),
        Command::Key(command) => command.run(&place, output),
        Command::Registry(command) => command.run(&place, output),
        Command::Solver(command) => command.run(&place, output),
        Command::Completions(command) => command.run(output),
        Command::Man(command) => command.run(&place, output),
    }
}
