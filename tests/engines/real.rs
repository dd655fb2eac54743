//! Real programs: the examples' locks, and, where there are index rows in `../shared`, larger ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use headlock::derive::derive;
use headlock::graph::resolve;
use headlock::inputs::Input;
use headlock::lock::{Claim, Derived, Lock};
use headlock::pages::Pages;
use headlock::sources::{Access, Network};
use headlock::trust::{Trust, TrustSource};
use headlock::verify::Stated;
use serde_json::Value;

use crate::problems::Recorder;

const ORIGIN: &str = "crates.example/index";
/// A day at which one of the roots has no answer, which takes a long derivation to say.
const DATE: &str = "2026-05-01";
/// The first has a lock; the last has no answer.
const ROOTS: [&str; 3] = ["bevy", "polars", "surrealdb"];

/// What a claim leads to, with every call recorded.
fn derived(recorder: &Recorder, name: &str, folder: &Path, claim: &Claim) -> (headlock::Result<Derived>, Value) {
    let mut trust = Trust::read(&folder.join("trust.toml"), TrustSource::Given).unwrap();
    let access = Access { network: Network::Offline, ..Access::default() };
    let (mut stated, mut pages) = (Stated::new(claim, &[], &trust, &access).unwrap(), Pages::new(&access));
    let graph = resolve(&claim.inputs, &mut trust, &mut pages, &mut stated).unwrap();
    let mut session = recorder.begin();
    let derived = derive(&claim.inputs, &graph, &mut session, &mut pages);
    (derived.map(|(derived, _)| derived), session.finish(&format!("real: {name}")))
}

/// The examples' locks.
pub(crate) fn examples(recorder: &Recorder) -> Vec<Value> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let record = |name: &str| {
        let folder = examples.join(name);
        let lock = Lock::read(&folder.join("headlock.lock")).unwrap().unwrap();
        let (derived, recording) = derived(recorder, name, &folder, &lock.claim);
        assert_eq!(derived.unwrap(), lock.derived);
        recording
    };
    ["crates", "wasi"].map(record).into()
}

/// Larger programs of real index rows; nothing where there are none.
pub(crate) fn programs(recorder: &Recorder) -> Vec<Value> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/crates-index.tar.xz");
    if !archive.exists() {
        eprintln!("SKIPPED: no index rows at {}: no larger program was recorded", archive.display());
        return Vec::new();
    }
    let scratch = tempfile::tempdir().unwrap();
    run(Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(scratch.path()));
    let headlock = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(&scratch).args(arguments);
        command.env("HEADLOCK_CACHE", scratch.path().join("cache"));
        command.env("HEADLOCK_STATE", scratch.path().join("state"));
        run(&mut command);
    };
    headlock(&["key", "generate", "--name", ORIGIN, "--out", "log.key"]);
    headlock(&["registry", "init", "reg", "--key", "log.key"]);
    let into = ["--registry", "reg", "--key", "log.key", "--until", DATE];
    headlock(&[&["registry", "import", "crates-index", "crates-index/rows"], &into[..]].concat());
    let url = format!("file://{}/reg", scratch.path().display());
    let folder = scratch.path().join("project");
    fs::create_dir(&folder).unwrap();
    headlock(&["-C", "project", "init", "--log-key", "../log.key.pub", "--url", &url]);
    let manifest = fs::read_to_string(folder.join("headlock.toml")).unwrap();
    let wanted = format!("\"crates:{}\" = {{ version = \"*\", features = [\"default\"] }}\n", ROOTS[0]);
    fs::write(folder.join("headlock.toml"), manifest + &wanted).unwrap();
    headlock(&["-C", "project", "lock"]);
    let lock = Lock::read(&folder.join("headlock.lock")).unwrap().unwrap();

    let record = |root: &str| {
        // The same head, and another root.
        let mut claim = lock.claim.clone();
        let own = claim.inputs.dependencies[0].clone();
        claim.inputs.dependencies = vec![Input { name: format!("crates:{root}"), ..own }];
        let (derived, recording) = derived(recorder, &format!("{root}@{DATE}"), &folder, &claim);
        let last = recording["calls"].as_array().unwrap().last().unwrap();
        let expected = if root == ROOTS[2] { "unsolvable" } else { "solved" };
        assert_eq!(
            (last["outcome"]["tag"].as_str(), derived.is_ok()),
            (Some(expected), expected == "solved"),
            "{root}"
        );
        recording
    };
    ROOTS.map(record).into()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
