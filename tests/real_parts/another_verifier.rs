//! contrib/python, a verifier that was written from the specification alone: its own tests, and its verdicts beside the
//! command's on what is good and on what is not, in every way that its worlds know.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::transcript;

/// A Python that has the package `wasmtime`, as `.ci/run` makes it for tests/engines, too.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engines/python/bin/python3");
    if python.exists() {
        return Some(python);
    }
    assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{} is not there", python.display());
    eprintln!("SKIPPED: {} is not there; tests/engines/requirements.txt says what it has", python.display());
    None
}

fn run(python: &Path, arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contrib/python");
    let output = Command::new(python).current_dir(folder).args(["-B", "-m"]).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

#[test]
fn a_verifier_of_another_hand_passes_its_own_tests() {
    let Some(python) = python() else { return };
    let said = run(&python, &["unittest", "discover", "-s", "tests", "-t", "."]);
    assert!(said.trim_end().ends_with("OK"), "{said}");
}

#[test]
fn a_verifier_of_another_hand_has_the_same_verdicts() {
    let Some(python) = python() else { return };
    let headlock = env!("CARGO_BIN_EXE_headlock");
    let worlds: [&[&str]; 8] = [
        &["--world", "single"],
        &["--world", "overridden", "--only", "lock"],
        &["--world", "witnessed", "--only", "trust"],
        &["--lies"],
        &["--graphs", "3"],
        &["--orders"],
        &["--solvers"],
        &["--world", "published", "--only", "trust"],
    ];
    for world in worlds {
        let said = run(&python, &[&["tests.compare", headlock], world].concat());
        let last = said.lines().last().unwrap_or_default();
        let compared = last.split_once(" cases, 0 differ").map(|(count, _)| count.parse::<usize>().unwrap());
        assert!(compared.is_some_and(|count| count > 20), "{world:?}: {said}");
        eprintln!("{world:?}: {last}");
    }
}

/// Runs the transcripts of attacks with a command that keeps, for each `verify`, the lock, whom it was told to believe, and
/// a bundle; and says how the command itself ended with these.
fn attacked(cases: &Path) {
    let programs = tempfile::tempdir().unwrap();
    let real = Path::new(env!("CARGO_BIN_EXE_headlock"));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/real_parts/beside.py");
    let script = "#!/bin/sh\n\"$REAL\" \"$@\"; code=$?\n\
                  case \" $* \" in *' verify '*) python3 -B \"$BESIDE\" $code \"$@\" >> \"$CASES/said\" 2>&1 ;; esac\nexit $code\n";
    let command = programs.path().join("headlock");
    std::fs::write(&command, script).unwrap();
    std::fs::set_permissions(&command, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let paths = transcript::beginning_with("attack-");
    assert!(paths.len() > 5, "{paths:?}");
    let rest = std::sync::Mutex::new(paths.iter());
    std::thread::scope(|scope| {
        let run = || {
            while let Some(path) = { rest.lock().unwrap().next() } {
                let own = cases.join(path.file_stem().unwrap());
                std::fs::create_dir(&own).unwrap();
                let scratch = tempfile::tempdir().unwrap();
                std::fs::create_dir(scratch.path().join("work")).unwrap();
                let variables: [(&str, &Path); 3] = [("REAL", real), ("BESIDE", &beside), ("CASES", &own)];
                transcript::replay(&std::fs::read_to_string(path).unwrap(), |command| {
                    transcript::shell(command, scratch.path(), programs.path(), &variables);
                    String::new()
                });
                let said = std::fs::read_to_string(own.join("said")).unwrap_or_default();
                assert!(said.is_empty(), "{}: {said}", path.display());
            }
        };
        scope.spawn(run);
        scope.spawn(run);
    });
}

#[test]
fn a_verifier_of_another_hand_has_the_same_verdicts_on_attacks() {
    let Some(python) = python() else { return };
    let cases = tempfile::tempdir().unwrap();
    attacked(cases.path());
    let released = headlock::released::digest().unwrap().to_string();
    let solver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../solver/released/headlock-solver.wasm");
    let mut batch = String::new();
    let mut expected: Vec<(PathBuf, Value)> = Vec::new();
    for transcript in std::fs::read_dir(cases.path()).unwrap() {
        for case in std::fs::read_dir(transcript.unwrap().path()).unwrap() {
            let case = case.unwrap().path();
            let Ok(kept) = std::fs::read(case.join("case.json")) else { continue };
            let kept: Value = serde_json::from_slice(&kept).unwrap();
            let mut asked = json!({
                "lock": case.join("headlock.lock"), "bundle": case.join("bundle"), "trust": case.join("trust.toml"),
                "released": released,
            });
            let list = std::fs::read(case.join("bundle")).unwrap();
            let list = String::from_utf8_lossy(&list[..list.windows(2).position(|ends| ends == b"\n\n").unwrap()])
                .into_owned();
            if kept["solver"] == true {
                asked["solver"] = json!(case.join("solver.wasm"));
            } else if !list.contains(" solver/") {
                // It brings none of its own.
                asked["solver"] = json!(solver);
            }
            if kept["accept"].is_string() {
                asked["accept"] = kept["accept"].clone();
            }
            batch += &format!("{asked}\n");
            expected.push((case, kept));
        }
    }
    let path = cases.path().join("batch");
    std::fs::write(&path, batch).unwrap();
    let said = run(&python, &["headlock_verify", "--batch", path.to_str().unwrap()]);
    let mut differ = Vec::new();
    let mut codes = std::collections::BTreeMap::<i64, usize>::new();
    assert_eq!(said.lines().count(), expected.len(), "{said}");
    for (line, (case, kept)) in said.lines().zip(&expected) {
        let found: Value = serde_json::from_str(line).unwrap();
        *codes.entry(kept["exit"].as_i64().unwrap()).or_default() += 1;
        if found["exit"] != kept["exit"] {
            differ.push(format!("{}: {} {}: {}", case.display(), kept["exit"], kept["said"], found));
        }
    }
    eprintln!("attacks: verdicts by exit code {codes:?}");
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(expected.len() > 40 && [0, 1, 4, 5].iter().all(|code| codes.contains_key(code)), "{codes:?}");
}
