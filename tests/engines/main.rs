//! Other engines, on the same hashed bytes: what the command's engine was told and answered is recorded, and V8 and another
//! version of wasmtime, told the same, must answer the same, to the last step of every derivation.
//!
//! [`problems`] is what is solved, [`recording`] a solve as data, [`script`] an engine that replays it; [`changed`] makes
//! recordings that are false, which must be told. What is not installed is not tried, and the test says so; with
//! `HEADLOCK_ORACLES=required` it fails.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic, and figures are printed")]

mod changed;
#[path = "../native/mod.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod native;
mod problems;
mod real;
mod recording;
#[path = "../rounds/mod.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod rounds;
mod script;

/// Problems as people speak of them; the oracle's searches are left out.
#[path = "../oracle"]
#[allow(dead_code, reason = "other tests use more of it")]
mod oracle {
    pub(crate) mod outcome;
    pub(crate) mod problem;
    pub(crate) mod random;
    pub(crate) mod rule;
    pub(crate) mod scenario;
    mod terms;
}

#[path = "../sat"]
mod sat {
    pub(crate) mod large;
}

use std::path::Path;

use headlock::released;
use serde_json::Value;

/// The released component, as a file.
const COMPONENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../solver/released/headlock-solver.wasm");

fn sha256() -> String {
    released::digest().unwrap().to_string()
}

/// Writes recordings into a folder, numbered.
fn keep<'r>(folder: &Path, recordings: impl IntoIterator<Item = &'r Value>) -> (usize, usize) {
    let (mut solves, mut calls) = (0, 0);
    for recording in recordings {
        std::fs::write(folder.join(format!("{solves:05}.json")), serde_json::to_vec(recording).unwrap()).unwrap();
        solves += 1;
        calls += recording["calls"].as_array().unwrap().len();
    }
    (solves, calls)
}

#[test]
fn other_engines_give_the_same_outcomes() {
    let scripts = script::installed();
    if scripts.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let recordings = problems::all();
    // Each kind of outcome is there, and more than one of it.
    for kind in ["solved", "incomplete", "unsolvable", "exhausted"] {
        let calls = recordings.iter().flat_map(|recording| recording["calls"].as_array().unwrap());
        let of_kind = calls.filter(|call| call["outcome"]["tag"] == kind).count();
        eprintln!("recorded: {of_kind} outcomes are {kind}");
        assert!(of_kind > 10, "{kind}: {of_kind}");
    }
    let (solves, calls) = keep(folder.path(), &recordings);
    drop(recordings);
    for script in scripts {
        let ended = script.replay(Path::new(COMPONENT), &sha256(), folder.path());
        let different: Vec<&str> = ended.lines("different ").collect();
        assert_eq!(ended.code, 0, "{}: {}\n{}", script.name, different.join("\n"), ended.errors);
        assert_eq!(ended.lines("replayed: ").next().unwrap(), format!("{solves} solves, {calls} calls, 0 different"));
        assert_eq!(ended.lines("same ").count(), solves);
        ended.lines("").filter(|line| !line.starts_with("same ")).for_each(|line| eprintln!("{line}"));
        ended.lines("same real: ").for_each(|line| eprintln!("  {line}"));
    }
}

#[test]
fn a_changed_recording_is_told() {
    let scripts = script::installed();
    if scripts.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut recordings = problems::small();
    let unchanged = recordings.len();
    for recording in &recordings.clone() {
        recordings.extend(changed::outcomes(recording));
    }
    recordings.extend(changed::digests(&problems::digests()));
    let (solves, _) = keep(folder.path(), &recordings);
    for script in scripts {
        let ended = script.replay(Path::new(COMPONENT), &sha256(), folder.path());
        assert_eq!(ended.code, 1, "{}: {}", script.name, ended.errors);
        let told = ended.lines("different ").count();
        assert_eq!(ended.lines("same ").count(), unchanged, "{}: of {solves} recordings {told} differ", script.name);
        assert_eq!(told, solves - unchanged, "{}", script.name);
        eprintln!("{}: {told} changed recordings are told", script.name);
    }
}

#[test]
fn a_changed_component_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(COMPONENT).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let component = folder.path().join("changed.wasm");
    std::fs::write(&component, &bytes).unwrap();
    for script in script::installed() {
        let ended = script.replay(&component, &sha256(), folder.path());
        assert_eq!((ended.code, ended.output.as_str()), (2, ""), "{}", script.name);
        let expected = format!("expected the component {} at {}, found ", sha256(), component.display());
        assert!(ended.errors.starts_with(&expected), "{}: {}", script.name, ended.errors);
    }
}

#[test]
fn nothing_to_replay_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    for script in script::installed() {
        let ended = script.replay(Path::new(COMPONENT), &sha256(), folder.path());
        let expected = format!("expected recordings in {}, found none\n", folder.path().display());
        assert_eq!((ended.code, ended.errors), (2, expected), "{}", script.name);
    }
}
