//! What the oracle says of itself: its two searches agree, every scenario's outcome is its outcome, and every rule
//! decides the scenarios that name it.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::backtracking::search;
use super::definition::{solve, solve_without};
use super::outcome::Outcome;
use super::random;
use super::rule::Rule;
use super::scenario::{self, Scenario};

/// More than any scenario needs.
const QUESTIONS: u64 = 2_000_000;
const PROBLEMS: u64 = 4_000;

#[test]
fn every_scenario_has_the_outcome_of_the_definition() {
    let mut wrong = String::new();
    for (name, scenario) in scenario::all() {
        let outcome = solve(&scenario.problem, QUESTIONS).expect("scenarios are small").to_string();
        if outcome != scenario.expected && scenario.budget.is_none() {
            wrong += &format!("{name}: expected\n{}found\n{outcome}\n", scenario.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_readme_shows_a_scenario() {
    let readme = include_str!("../README.md");
    let example = readme.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("an example").0;
    let scenario = Scenario::parse(example).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(solve(&scenario.problem, QUESTIONS).expect("it is small").to_string(), scenario.expected);
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let file = |line: &str| format!("why = \"It is wrong in one place.\"\noutcome = \"\"\n{line}\n");
    let refused = |text: &str| Scenario::parse(text).expect_err(text);
    let roots = |root: &str| refused(&file(&format!("roots = [\"{root}\"]")));
    assert_eq!(
        refused(&file("roots = []").replace("It is wrong in one place.", "wrong")),
        "why = \"wrong\" is not a sentence"
    );
    assert_eq!(
        refused(&file("roots = []\nrule = \"yank\"")),
        "no rule is called `yank`; they stand in tests/oracle/rule.rs"
    );
    assert_eq!(refused(&file("roots = []\nlinks = [\"a\"]")), "link `a` is not `FROM -> TO`");
    assert_eq!(roots("a:x"), "`a:x` has no range");
    assert_eq!(roots("a:x 1"), "`a:x 1`: the range is written `^1`");
    assert_eq!(roots("a:x ^1 +g +f"), "`a:x ^1 +g +f` is written `a:x ^1 +f +g`");
    assert_eq!(roots("a:x ^1 ?"), "root `a:x ^1 ?`: the consumer's dependencies cannot be optional");
    let release = "roots = []\n[packages.\"a:x\"]\n\"1.0.0\" = { features = { f = [\"a:y ^1\"] } }";
    assert_eq!(refused(&file(release)), "a:x 1.0.0: `a:y ^1` adds none of the release's dependencies");
    assert!(refused(&file("roots = []\nroot = []")).contains("unknown field `root`"));
}

#[test]
fn each_rule_alone_decides_every_scenario_that_names_it() {
    let mut decided: BTreeMap<Rule, u32> = Rule::ALL.iter().map(|&rule| (rule, 0)).collect();
    let mut idle = String::new();
    for (name, scenario) in scenario::all() {
        for &rule in &scenario.rules {
            let without = solve_without(rule, &scenario.problem, QUESTIONS).expect("scenarios are small").to_string();
            if without == scenario.expected {
                idle += &format!("{name}: the outcome is the same without the rule `{}`\n", rule.name());
            }
            decided.entry(rule).and_modify(|count| *count += 1);
        }
    }
    for (rule, _) in decided.iter().filter(|(_, count)| **count == 0) {
        idle += &format!("no scenario names the rule `{}`\n", rule.name());
    }
    assert!(idle.is_empty(), "{idle}");
}

#[test]
fn plain_backtracking_finds_the_answer_of_many_kinds_of_problem() {
    let (mut unsolvable, mut backtracked, mut both, mut lower, mut left_out) = (0, 0, 0, 0, 0);
    for seed in 0..PROBLEMS {
        let problem = random::problem(seed);
        let (Ok(defined), Ok(found)) = (solve(&problem, 20_000), search(&problem, 20_000)) else {
            left_out += 1;
            continue;
        };
        assert_eq!(defined.to_string(), found.outcome.to_string(), "seed {seed}");
        let without_answer = defined == Outcome::Unsolvable;
        unsolvable += u64::from(without_answer);
        backtracked += u64::from(found.undone > 0);
        both += u64::from(without_answer && found.undone > 0);
        lower += u64::from(matches!(defined, Outcome::Solved(answer) if !answer.ceilings.is_empty()));
    }
    // Past the test's capture of output: these numbers say what the other tests are worth.
    let _ = writeln!(
        std::io::stderr(),
        "of {PROBLEMS} random problems {unsolvable} are unsolvable and {backtracked} make backtracking go back, \
         {both} both; {lower} have an answer that is not the highest in everything; {left_out} are too large"
    );
    assert!(
        unsolvable * 10 >= PROBLEMS * 3 && unsolvable * 10 <= PROBLEMS * 6,
        "{unsolvable} of {PROBLEMS} unsolvable"
    );
    assert!(backtracked * 10 >= PROBLEMS * 3, "{backtracked} of {PROBLEMS} go back");
    assert!((backtracked - both) * 10 >= PROBLEMS, "{backtracked} of {PROBLEMS} go back, {both} of them for nothing");
    assert!(left_out * 100 <= PROBLEMS, "{left_out} of {PROBLEMS} left out");
}

#[test]
fn random_problems_depend_on_every_rule() {
    let mut idle: Vec<Rule> = Rule::ALL.to_vec();
    for seed in 0..3 * PROBLEMS {
        let problem = random::problem(seed);
        let Ok(outcome) = solve(&problem, 20_000) else { continue };
        idle.retain(|&rule| solve_without(rule, &problem, 20_000).is_ok_and(|without| without == outcome));
        if idle.is_empty() {
            return;
        }
    }
    let names: Vec<&str> = idle.iter().map(|rule| rule.name()).collect();
    panic!("no random problem of {} depends on {}", 3 * PROBLEMS, names.join(", "));
}

#[test]
fn a_problem_survives_its_file() {
    for seed in 0..500 {
        let problem = random::problem(seed);
        let file = scenario::format(&problem, "unsolvable\n").replacen("\"\"", "\"A problem made up by a test.\"", 1);
        let read = Scenario::parse(&file).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{file}"));
        assert_eq!(read.problem, problem, "seed {seed}\n{file}");
    }
}
