//! What is solved and recorded.

use std::fmt::Write as _;

use headlock::engine::{Backend, Engine, Limits, LoadedSolver, Session};
use headlock::released;
use serde_json::Value;

use crate::oracle::problem::Problem;
use crate::oracle::random;
use crate::oracle::scenario::{self, Scenario};
use crate::real;
use crate::recording::Recorded;
use crate::rounds::{self, Order};
use crate::sat::large;

/// The solver's steps where nothing says how many; far more than any problem here takes.
const BUDGET: u64 = 100_000_000;
/// Random problems, of which one in four has so few steps that they may run out.
const RANDOM: u64 = 400;
/// Large problems, and the solver's steps for each.
const LARGE: u64 = 60;
const LARGE_BUDGET: u64 = 1_000_000;

/// Runs the released solver, and records.
pub(crate) struct Recorder(LoadedSolver);

impl Recorder {
    pub(crate) fn new() -> Recorder {
        let solver = released::solver().unwrap();
        Recorder(Engine::new(Limits::default()).load(&solver, Backend::Cranelift, None).unwrap())
    }

    /// A fresh instance, for one solve.
    pub(crate) fn begin(&self) -> Recorded<Session> {
        Recorded::new(self.0.begin().unwrap())
    }

    fn problem(&self, name: &str, problem: &Problem, budget: u64) -> Value {
        let mut session = self.begin();
        rounds::solve(problem, budget, Order::Canonical, &mut session).unwrap();
        session.finish(name)
    }

    fn scenario(&self, name: &str, scenario: &Scenario) -> Value {
        self.problem(&format!("scenario: {name}"), &scenario.problem, scenario.budget.unwrap_or(BUDGET))
    }
}

/// Every scenario, random problems, large ones, and real roots.
pub(crate) fn all() -> Vec<Value> {
    let recorder = Recorder::new();
    let mut all: Vec<Value> =
        scenario::all().iter().map(|(name, scenario)| recorder.scenario(name, scenario)).collect();
    for seed in 0..RANDOM {
        let budget = if seed % 4 == 0 { seed / 4 } else { BUDGET };
        all.push(recorder.problem(&format!("random: {seed}"), &random::problem(seed), budget));
    }
    for seed in 0..LARGE {
        all.push(recorder.problem(&format!("large: {seed}"), &large::problem(seed), LARGE_BUDGET));
    }
    all.push(digests());
    all.extend(real::examples(&recorder));
    all.extend(real::programs(&recorder));
    all
}

/// A few small scenarios, which together have outcomes of each kind, and all that can be in one.
pub(crate) fn small() -> Vec<Value> {
    let names = [
        "budget",
        "exclusive-two-packages",
        "feature-conflict-without-answer",
        "hard-spanning-joins-another",
        "highest-ceilings-are-counted-by-item",
        "spanning-split-by-exclusives",
    ];
    let recorder = Recorder::new();
    let all = scenario::all();
    let of = |name: &&str| {
        all.iter()
            .find(|(found, _)| found.strip_suffix(".toml") == Some(*name))
            .unwrap_or_else(|| panic!("no scenario {name}"))
    };
    names.iter().map(of).map(|(name, scenario)| recorder.scenario(name, scenario)).collect()
}

/// A root for each bit of a content's last byte of each 64-bit word, and a release with that content: whoever rounds a word
/// takes another.
pub(crate) fn digests() -> Value {
    let contents: Vec<String> = (0..32)
        .map(|bit| {
            let mut bytes = [0xff_u8; 32];
            bytes[bit / 8 * 8 + 7] ^= 1 << (bit % 8);
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        })
        .collect();
    let mut text = String::from("why = \"A release is told from others by any bit of its content.\"\nroots = [\n");
    for content in &contents {
        let _ = writeln!(text, "    \"a:x * #{content}\",");
    }
    text.push_str("]\noutcome = \"\"\n\n[packages.\"a:x\"]\n");
    for (major, content) in (1..).zip(&contents) {
        let _ = writeln!(text, "\"{major}.0.0\" = {{ content = \"{content}\" }}");
    }
    let recording = Recorder::new().scenario("digests", &Scenario::parse(&text).unwrap());
    let releases = &recording["calls"][1]["outcome"]["val"]["releases"];
    assert_eq!(releases.as_array().unwrap().len(), contents.len());
    recording
}
