//! contrib/python, a verifier that was written from the specification alone: its own tests, and its verdicts beside the
//! command's on what is good and on what is not, in every way that its worlds know.

use std::path::{Path, PathBuf};
use std::process::Command;

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
