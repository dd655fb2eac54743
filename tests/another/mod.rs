//! A solver in another language, that was written from docs/ and wit/ alone (tests/another/), gives the same answers: on every
//! scenario, and on the examples' real dependencies. What it gives as evidence may differ, and passes the same checker.
//!
//! README.md says how its components are made. Without them nothing is compared, and the test says so; with
//! `HEADLOCK_ORACLES=required` it fails. `HEADLOCK_ANOTHER` names the folder that they are in, if it is not target/another/dist.
#![expect(clippy::print_stderr, reason = "a test: what it did is its output")]

mod component;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use headlock::component::Solver;
use headlock::engine::{Backend, Engine, Limits};
use headlock::lock::Lock;

use component::{PURE, component};

use crate::oracle::{definition, random, scenario};
use crate::rounds::{self, Order};

/// How many random problems are solved.
const PROBLEMS: u64 = 150;

/// It imports WASI, which it is given sealed.
const SEALED: &str = "solver-wasi.wasm";

#[test]
fn every_scenario_and_random_problems_have_the_same_answers() {
    let Some(path) = component(PURE) else { return };
    let solver = Solver::new(fs::read(path).expect("a file")).expect("a solver");
    assert_eq!(solver.inspection().imports, [], "it imports nothing");
    let limits = Limits { time: Duration::from_secs(600), ..Limits::default() };
    let loaded = Engine::new(limits).load(&solver, Backend::Cranelift, None).expect("it loads");
    let solve = |problem: &_, budget| -> String {
        let session = loaded.begin().map_err(|error| error.to_string());
        let ended = session.and_then(|mut session| rounds::solve(problem, budget, Order::Canonical, &mut session));
        ended.map_or_else(|error| format!("{error}\n"), |ended| ended.outcome.to_string())
    };

    let mut wrong = String::new();
    let mut compare = |name: &str, expected: &str, found: &str| {
        if found != expected {
            let _ = writeln!(wrong, "{name}: expected\n{expected}found\n{found}");
        }
    };
    let began = Instant::now();
    let scenarios = scenario::all();
    for (name, scenario) in &scenarios {
        compare(name, &scenario.expected, &solve(&scenario.problem, scenario.budget.unwrap_or(super::BUDGET)));
    }
    eprintln!("{} scenarios in {:?}", scenarios.len(), began.elapsed());
    let mut compared = 0;
    for seed in 0..PROBLEMS {
        let problem = random::problem(seed);
        // Those that take the oracle too many questions are left out.
        let Ok(expected) = definition::solve(&problem, super::QUESTIONS) else { continue };
        compare(&format!("random problem {seed}"), &expected.to_string(), &solve(&problem, super::BUDGET));
        compared += 1;
    }
    assert!(compared > PROBLEMS / 2, "{compared} random problems compared");
    assert!(wrong.is_empty(), "{wrong}");
}

/// A copy of an example's project, and the command in it.
struct Project(tempfile::TempDir);

impl Project {
    fn new(example: &str) -> Project {
        let folder = tempfile::tempdir().expect("a folder");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
        let examples = fs::canonicalize(examples).expect("the example");
        for file in ["headlock.toml", "logs.policy", "trust.toml", "headlock.lock"] {
            fs::copy(examples.join(file), folder.path().join(file)).expect("a copy");
        }
        std::os::unix::fs::symlink(examples.join("registry"), folder.path().join("registry")).expect("a link");
        Project(folder)
    }

    fn lock(&self) -> PathBuf {
        self.0.path().join("headlock.lock")
    }

    fn read(&self) -> Lock {
        Lock::read(&self.lock()).expect("well-formed").expect("a lock")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(&self.0).args(arguments).args(["--time-limit", "1200"]);
        for name in ["HEADLOCK_CACHE", "HEADLOCK_STATE"] {
            command.env(name, self.0.path().join(name));
        }
        command.output().expect("it runs")
    }

    /// Makes a lock with a component, and verifies it.
    fn lock_and_verify(&self, solver: &Path) -> String {
        let solver = solver.to_str().expect("a path in UTF-8");
        let locked = self.run(&["lock", "--solver", solver]);
        assert!(locked.status.success(), "{}", String::from_utf8_lossy(&locked.stderr));
        let verified = self.verify(solver);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        String::from_utf8(verified.stdout).expect("text")
    }

    fn verify(&self, solver: &str) -> Output {
        let sha256 = self.read().claim.solver.sha256.to_string();
        self.run(&["verify", "--solver", solver, "--accept-solver", &sha256])
    }
}

#[test]
fn the_examples_locks_have_the_same_answers() {
    let Some(solver) = component(PURE) else { return };
    for example in ["crates", "wasi"] {
        let project = Project::new(example);
        let released = project.read();
        let began = Instant::now();
        let said = project.lock_and_verify(&solver);
        assert!(said.starts_with("verified: "), "{said}");
        let another = project.read();
        assert_ne!(another.claim.solver.sha256, released.claim.solver.sha256, "{example}");
        // The heads stay, so all that follows from them is the same.
        assert_eq!(another.claim.logs, released.claim.logs, "{example}");
        assert_eq!(another.derived, released.derived, "{example}");
        eprintln!("{example}: {} releases in {:?}", another.derived.packages.len(), began.elapsed());
    }
}

#[test]
fn a_runtime_that_imports_wasi_gets_it_sealed_and_the_lock_says_so() {
    let Some(solver) = component(SEALED) else { return };
    let project = Project::new("wasi");
    let released = project.read();
    let said = project.lock_and_verify(&solver);
    let another = project.read();
    assert_eq!(another.derived, released.derived);
    let imports = &another.claim.solver.imports;
    assert!(imports.len() > 1 && imports.iter().all(|import| import.starts_with("wasi:")), "{imports:?}");
    assert!(said.contains(&format!("given {} sealed imports", imports.len())), "{said}");

    // What it was given is no byte that nobody checks.
    let text = fs::read_to_string(project.lock()).expect("a lock");
    let first = format!("    \"{}\",\n", imports[0]);
    for changed in [text.replace(&first, ""), text.replace(&first, &first.replace("wasi:", "wasj:"))] {
        assert_ne!(changed, text);
        fs::write(project.lock(), changed).expect("written");
        let output = project.verify(solver.to_str().expect("a path in UTF-8"));
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("the lock states other imports of its solver than the component has"), "{error}");
    }
}
