//! Locks that older solvers made stay verifiable: what stands in tests/frozen/ was made by headlock 0.1.0 and its solver, is
//! never made again, and verifies with every engine of this host. A world that this host did not know any more, or read
//! pages otherwise, would fail here.
#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use headlock::component::Solver;
use headlock::released;
use headlock::world::World;
use headlock_log::digest::Digest;

const COMPONENT: &str = "headlock-solver-0.1.0.wasm";

/// The files, and their sha256: nobody changes them, not even by accident.
const FROZEN: [(&str, &str); 6] = [
    (COMPONENT, "24285a57dea04522e3c52f93d5ae2137ce19a5cb3e72dbca7b4b061af05585db"),
    ("headlock.lock", "c227d35dab07c70366dbf9f8de7c6c6d584a52dd22c243c9bcb5fad79adc4977"),
    ("headlock.toml", "bf22babddbb66da6bcdb7901d5a4ce1961ec5e587958aa8b85d1deb619d9fc0a"),
    ("lock.bundle", "42b649b5afb003406b67997eeb3fa7da4f169137fc0e7bad64dde2e452db47ad"),
    ("logs.policy", "8e8f78f2f767006856ece35a564f2513c420c8bf2f98829fbf25fcc85203117a"),
    ("trust.toml", "e207bb672fdfea52109e1fbc87222aa6e8ac69ae5147ea018e806ff7167ce57b"),
];

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/frozen")
}

/// Verifies in a folder, with nothing that a host keeps.
fn verify(folder: &Path, arguments: &[&str]) -> Output {
    let kept = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
    command.current_dir(folder).args(["verify", "--bundle", "lock.bundle"]).args(arguments);
    command.env("HEADLOCK_CACHE", kept.path().join("cache")).env("HEADLOCK_STATE", kept.path().join("state"));
    command.output().unwrap()
}

#[test]
fn what_is_frozen_is_as_it_was() {
    for (name, sha256) in FROZEN {
        assert_eq!(Digest::of(&fs::read(frozen().join(name)).unwrap()).to_string(), sha256, "{name}");
    }
    let solver = Solver::new(fs::read(frozen().join(COMPONENT)).unwrap()).unwrap();
    assert_eq!(solver.inspection().name, Some(("headlock:solver".to_owned(), "0.1.0".to_owned())));
    assert_eq!(World::named(solver.world()).unwrap(), World::V0_1_0);
}

#[test]
fn the_lock_of_an_older_solver_verifies_in_both_engines() {
    assert_ne!(FROZEN[0].1, released::digest().unwrap().to_string(), "it is older than the one of this host");
    let output = verify(&frozen(), &["--trust", "trust.toml", "--solver", COMPONENT, "--engine", "all"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("verified: 5 releases\n"), "{said}");
    let rule = "published in frozen.example/solvers, record 1, accepted by the trust file's rule headlock:solver ^0.1";
    assert!(said.contains(rule), "{said}");
}

#[test]
fn without_its_component_it_is_not_verified_by_another() {
    let output = verify(&frozen(), &["--trust", "trust.toml"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn what_the_older_solver_did_not_answer_is_no_lock_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in FROZEN {
        fs::copy(frozen().join(name), folder.path().join(name)).unwrap();
    }
    let path = folder.path().join("headlock.lock");
    let lock = fs::read_to_string(&path).unwrap();
    let changed = lock.replacen("version = \"2.1.0\"", "version = \"2.0.0\"", 1);
    assert_ne!(changed, lock);
    fs::write(&path, changed).unwrap();
    let output = verify(folder.path(), &["--trust", "trust.toml", "--solver", COMPONENT]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}
