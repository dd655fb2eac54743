//! The command: one file a command, and `output`, the one place that prints.

mod audit;
mod bundle;
mod changes;
mod check_fork;
mod diff;
mod fetch;
mod init;
mod key;
mod lock;
mod mirror;
mod output;
mod peer;
mod pins;
mod prune;
mod registry;
mod session;
mod sign;
mod solver;
mod tree;
mod update;
mod verify;
mod why;
mod witness;
mod words;
mod writer;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Result};
pub use output::escape;
use output::{Output, Volume};

/// Lock dependencies against the pinned heads of registries' transparency logs, and verify that a lock was produced
/// honestly by deriving it again.
///
/// Exit codes: 0 done, verified; 1 the answer is no; 2 wrong usage or a malformed file; 3 lock missing or not current;
/// 4 could not check; 5 refused (key, quorum, solver).
#[derive(Debug, Parser)]
#[command(name = "headlock", bin_name = "headlock", version, max_term_width = 100, after_long_help = ENVIRONMENT)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The heading of options that every command has.
const GLOBAL: &str = "Global options";

const ENVIRONMENT: &str = "\
Environment:
  HEADLOCK_CACHE  files of registries and compiled solvers [default: $XDG_CACHE_HOME/headlock or ~/.cache/headlock]
  HEADLOCK_STATE  heads that were seen, and the key of the compiled solvers
                  [default: $XDG_STATE_HOME/headlock or ~/.local/state/headlock]
Nothing that stands in them turns a no into a yes, and both can be removed. Whoever removes
HEADLOCK_STATE forgets the heads that were seen, so a fork or a rollback may go unnoticed.";

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
    #[arg(long, global = true, help_heading = GLOBAL)]
    offline: bool,
    /// Keep nothing in a cache, and take nothing from one
    #[arg(long, global = true, help_heading = GLOBAL)]
    no_cache: bool,
    /// Allow http:// to other hosts than this one
    #[arg(long, global = true, help_heading = GLOBAL)]
    allow_http: bool,
    /// Give up on a file that a server has not sent by then, after however many tries [default: 120]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = GLOBAL, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: Option<u32>,
    /// Say results and errors only
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a manifest, a trust file and its policy of logs, for a registry
    Init(init::Init),
    /// Solve and write the lock; heads that are pinned stay
    Lock(lock::Lock),
    /// Move the lock to the newest heads, and say what changed and why
    Update(update::Update),
    /// Derive the lock again and compare
    Verify(verify::Verify),
    /// Write what verifying the lock reads into one file
    Bundle(bundle::Bundle),
    /// Get the contents of the lock's releases, by their hashes
    Fetch(fetch::Fetch),
    /// Say what changed from one lock to another, and why
    Diff(diff::Compare),
    /// Show the lock as a tree
    Tree(tree::Tree),
    /// Say why a registry is in the lock
    Why(why::Why),
    /// Make keys
    #[command(subcommand)]
    Key(key::Key),
    /// Run a registry, or audit another's
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Look at solver components
    #[command(subcommand)]
    Solver(solver::Solver),
}

/// Runs the command line and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap repeats arguments as they are, so it is asked again, with arguments that are safe to print. Where
            // these are no error, they were no UTF-8, and nothing of them is repeated.
            let safe = arguments.iter().map(|argument| escape(&argument.to_string_lossy()));
            let error = Cli::try_parse_from(safe).err().unwrap_or(error);
            // It prints help to stdout and usage errors to stderr; nobody can be told if that fails.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let output = Output::new(if cli.global.quiet { Volume::Quiet } else { Volume::Normal });
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
    let place = session::Place::new(&cli.global);
    match &cli.command {
        Command::Init(command) => command.run(&place, output),
        Command::Lock(command) => command.run(&place, output),
        Command::Update(command) => command.run(&place, output),
        Command::Fetch(command) => command.run(&place, output),
        Command::Diff(command) => command.run(&place, output),
        Command::Verify(command) => command.run(&place, output),
        Command::Bundle(command) => command.run(&place, output),
        Command::Tree(command) => command.run(&place, output),
        Command::Why(command) => command.run(&place, output),
        Command::Key(command) => command.run(&place, output),
        Command::Registry(command) => command.run(&place, output),
        Command::Solver(command) => command.run(&place, output),
    }
}
