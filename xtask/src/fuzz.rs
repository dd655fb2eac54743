//! Fuzzing: every target of `fuzz/` for some seconds, from the committed seeds, several at a time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fs_err as fs;

/// The version of cargo-fuzz that CI installs.
const CARGO_FUZZ: &str = "0.13.2";

/// Longest that one input may take, in seconds: a bound on work that was lost is a finding, too.
const TIMEOUT: u32 = 20;

/// Most memory of a target, in MiB.
const MEMORY: u32 = 2048;

/// How many lines of a failed target are shown.
const SHOWN: usize = 60;

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// How many targets run at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Where inputs that reach something new are kept, in a folder for each target.
    #[arg(long, default_value = "target/fuzz/corpus")]
    corpus: PathBuf,
    /// What watches memory: nothing of ours that is fuzzed has `unsafe`, so this is for dependencies; building takes twice the time
    #[arg(long, default_value = "address", value_parser = ["address", "none"])]
    sanitizer: String,
    /// Only these targets.
    targets: Vec<String>,
}

/// What a run of a target came to.
struct Run {
    target: String,
    seconds: u64,
    executions: u64,
    edges: u64,
    corpus: usize,
    failed: Option<String>,
}

/// Builds the fuzzer and runs each target. There is no list of targets to forget one in: each has a folder in `fuzz/seeds/`,
/// or a test of `fuzz/` fails.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let all = names(&root.join("fuzz/seeds"))?;
    ensure!(!all.is_empty(), "fuzz/seeds holds no target's seeds");
    if let Some(unknown) = options.targets.iter().find(|target| !all.contains(target)) {
        bail!("expected one of {}, found {unknown:?}", all.join(", "));
    }
    let targets: Vec<String> =
        all.into_iter().filter(|target| options.targets.is_empty() || options.targets.contains(target)).collect();
    build(root, &options.sanitizer)?;
    let queue = Mutex::new(targets.iter());
    let runs = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.max(1))
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    loop {
                        let Some(target) = queue.lock().ok().and_then(|mut queue| queue.next()) else { return Ok(()) };
                        let run = fuzz(root, target, options).with_context(|| format!("target {target}"))?;
                        println!("{}", line(&run));
                        if let Ok(mut runs) = runs.lock() {
                            runs.push(run);
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")))
    })?;
    let runs = runs.into_inner().unwrap_or_default();
    ensure!(runs.len() == targets.len(), "{} of {} targets were run", runs.len(), targets.len());
    let failed: Vec<String> =
        runs.iter().filter_map(|run| Some(format!("{}: {}", run.target, run.failed.as_ref()?))).collect();
    if !failed.is_empty() {
        for run in runs.iter().filter(|run| run.failed.is_some()) {
            tell(root, &run.target)?;
        }
        bail!(
            "{} of {} targets failed\n  {}\nrun an input again with `cargo test -p headlock-fuzz` after putting it into \
             fuzz/regressions/TARGET/",
            failed.len(),
            runs.len(),
            failed.join("\n  ")
        );
    }
    let (seconds, executions) =
        runs.iter().fold((0, 0), |(seconds, all), run| (seconds + run.seconds, all + run.executions));
    println!("{} targets, {seconds} s, {executions} executions, nothing found", runs.len());
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Prints the end of what a target said, which has the input that it failed on, where that is small: from a machine that is
/// gone tomorrow, this is all that stays.
fn tell(root: &Path, target: &str) -> Result<()> {
    let log = fs::read_to_string(artifacts(root, target).join("log"))?;
    let lines: Vec<&str> = log.lines().collect();
    println!("{target} said, at the end:");
    lines[lines.len().saturating_sub(SHOWN)..].iter().for_each(|line| println!("  {line}"));
    Ok(())
}

fn artifacts(root: &Path, target: &str) -> PathBuf {
    root.join("target/fuzz/artifacts").join(target)
}

/// Coverage and the sanitizer want flags of an unreleased compiler; the pinned one has them behind a variable.
/// Optimizing as the release profile does takes longer than it gains in a run of seconds.
fn build(root: &Path, sanitizer: &str) -> Result<()> {
    let found = cargo().args(["fuzz", "--version"]).output().context("cargo fuzz")?;
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    ensure!(
        found == format!("cargo-fuzz {CARGO_FUZZ}"),
        "expected cargo-fuzz {CARGO_FUZZ}, found {found:?}: cargo install cargo-fuzz --locked --version {CARGO_FUZZ}"
    );
    let arguments = ["fuzz", "build", "--fuzz-dir", "fuzz", "--features", "libfuzzer", "--codegen-units", "16"];
    let status = cargo()
        .args(arguments)
        .args(["--sanitizer", sanitizer])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .current_dir(root)
        .status()?;
    ensure!(status.success(), "cargo fuzz build failed");
    Ok(())
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn fuzz(root: &Path, target: &str, options: &Options) -> Result<Run> {
    let corpus = root.join(&options.corpus).join(target);
    let artifacts = artifacts(root, target);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let mut command = Command::new(root.join("target/x86_64-unknown-linux-gnu/release/fuzzer"));
    command
        .env("HEADLOCK_FUZZ_TARGET", target)
        .arg(&corpus)
        .arg(root.join("fuzz/seeds").join(target))
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1");
    for (argument, path) in [("", "fuzz/regressions"), ("-dict=", "fuzz/dictionaries")] {
        let path = root.join(path).join(target);
        if path.exists() {
            command.arg(format!("{argument}{}", path.display()));
        }
    }
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    fs::write(artifacts.join("log"), &log)?;
    let after = |what: &str| {
        let number = log.rsplit_once(what).and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
        number.unwrap_or(0)
    };
    let executions = after("stat::number_of_executed_units:");
    let failed = match (output.status.success(), executions) {
        (true, 0) => Some("nothing was executed".to_owned()),
        (true, _) => None,
        (false, _) => Some(format!("{}; see {}", output.status, artifacts.join("log").display())),
    };
    let corpus = fs::read_dir(&corpus)?.count();
    let seconds = begun.elapsed().as_secs();
    Ok(Run { target: target.to_owned(), seconds, executions, edges: after(" cov: "), corpus, failed })
}

fn line(run: &Run) -> String {
    let Run { target, seconds, executions, edges, corpus, failed } = run;
    let outcome = failed.as_deref().unwrap_or("nothing found");
    format!("{target:12} {seconds:5} s {executions:10} executions {edges:6} edges {corpus:5} inputs kept  {outcome}")
}
