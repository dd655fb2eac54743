//! headlock-log held against implementations by others, which share no code with it: ours read by theirs, theirs by
//! ours, and what the one refuses refused by the other.
//!
//! `notes`, `trees` and `tiles` say what is compared. Each oracle is a file: Go's packages `note` and `tlog`, asked
//! through a program in `go/`; the crate `ct-merkle`; the crates `signed_note` and `tlog_tiles`, behind the feature
//! `crates`. `c2sp` reads the vectors out of C2SP's own documents, `published` out of tests that others have published.
//! tests/README.md says what each needs, and how to make its absence a failure.

#![expect(clippy::unwrap_used, reason = "a test's panic is its failure")]

/// A test for each thing that an oracle is asked, if there is the oracle.
macro_rules! asked {
    ($oracle:expr; $($name:ident: $question:expr;)+) => {$(
        #[test]
        fn $name() {
            if let Some(mut oracle) = $oracle {
                $question(&mut oracle);
            }
        }
    )+};
}

mod c2sp;
mod ct_merkle;
mod go;
mod keys;
mod notes;
mod ours;
mod published;
#[cfg(feature = "crates")]
mod signed_note;
mod stricter;
mod tiles;
#[cfg(feature = "crates")]
mod tlog_tiles;
mod trees;
mod vectors;

use std::io::Write as _;

use proptest::test_runner::{Config, TestRunner};

/// Says what was not compared. Where `HEADLOCK_ORACLES` is `required` it fails.
fn skipped(what: &str, why: &str) {
    let required = std::env::var_os("HEADLOCK_ORACLES").is_some_and(|value| value == "required");
    assert!(!required, "{what}: not compared, and HEADLOCK_ORACLES says that it is required: {why}");
    say(&format!("SKIPPED: {what}: not compared: {why}"));
}

/// Says something past the test harness, which keeps to itself what tests that pass print.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Runs properties so often, and leaves no files behind.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[cfg(not(feature = "crates"))]
#[test]
fn the_crates() {
    let how = "cargo test --package headlock-log-oracles --features crates";
    say(&format!("SKIPPED: signed_note, tlog_tiles: not compared: they are built by `{how}`"));
}
