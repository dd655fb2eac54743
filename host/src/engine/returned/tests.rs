use contract::{BoundFeatureVariable, BoundVariable, FeatureVariable};
use headlock_log::digest::Digest;
use headlock_log::record;
use semver::Version;

use super::*;
use crate::problem::ReleaseParts;

/// Two packages, the first with two releases; one requirement; two features; one exclusive resource.
fn catalog() -> Catalog {
    let mut catalog = Catalog::new(1);
    catalog.add_root("r.example/r", "ns:a", "*", None, &["f", "g"]).expect("a root");
    catalog.add_root("r.example/r", "ns:b", "*", None, &[]).expect("a root");
    let releases = ["1.0.0", "2.0.0"].map(|version| record::Release {
        package: "ns:a",
        version,
        content: Digest([0; 32]),
        exclusives: vec!["x"],
        dependencies: Vec::new(),
        features: Vec::new(),
        maintainers: None,
        prev: None,
        signatures: Vec::new(),
    });
    let versions = [Version::new(1, 0, 0), Version::new(2, 0, 0)];
    let parts: Vec<ReleaseParts<'_>> = releases
        .iter()
        .zip(&versions)
        .map(|(record, version)| ReleaseParts { record, version, yanked: false, place: 0 })
        .collect();
    catalog.supply(0, &parts).expect("releases");
    catalog
}

fn refused(given: contract::Outcome, expected: &str) {
    assert_eq!(outcome(&catalog(), given).map_err(|nonsense| nonsense.to_string()), Err(expected.to_owned()));
}

fn binding(package: u32, requirement: u32, to: u32) -> contract::Binding {
    contract::Binding { package, requirement, to }
}

fn solved(change: impl FnOnce(&mut contract::Answer)) -> contract::Outcome {
    let mut answer = contract::Answer {
        roots: vec![binding(0, 0, 1)],
        releases: vec![contract::Chosen { release: 1, features: vec![0, 1], bindings: vec![binding(0, 0, 1)] }],
        ceilings: Vec::new(),
    };
    change(&mut answer);
    contract::Outcome::Solved(answer)
}

/// Two leaves and the step that rests on them.
fn derivation() -> contract::Derivation {
    let term = |variable, positive, ranges| contract::Term { variable, positive, ranges };
    contract::Derivation {
        variables: vec![
            contract::Variable::Root,
            contract::Variable::Release(0),
            contract::Variable::Feature(FeatureVariable { track: 1, feature: 1 }),
        ],
        steps: vec![
            contract::Step { terms: 2, cause: contract::Cause::Requires },
            contract::Step { terms: 1, cause: contract::Cause::Nothing },
            contract::Step { terms: 1, cause: contract::Cause::Both((0, 1)) },
        ],
        terms: vec![term(0, true, 1), term(1, false, 2), term(1, true, 1), term(0, true, 1)],
        ranges: vec![(0, 0), (0, 1), (3, u32::MAX), (0, u32::MAX), (0, 0)],
    }
}

fn unsolvable(change: impl FnOnce(&mut contract::Derivation)) -> contract::Outcome {
    let mut derivation = derivation();
    change(&mut derivation);
    contract::Outcome::Unsolvable(derivation)
}

#[test]
fn what_makes_sense_is_taken_over() {
    let catalog = catalog();
    let to = Binding { package: 0, requirement: 0, to: 1 };
    assert_eq!(
        outcome(
            &catalog,
            solved(|answer| {
                answer.ceilings.push(contract::Ceiling { item: 4, derivation: derivation() });
            })
        )
        .map(|outcome| match outcome {
            Outcome::Solved(answer) => (answer.roots, answer.releases, answer.ceilings.len()),
            other => panic!("{other:?}"),
        }),
        Ok((vec![to], vec![Chosen { release: 1, features: vec![0, 1], bindings: vec![to] }], 1))
    );
    assert_eq!(outcome(&catalog, contract::Outcome::Incomplete(vec![1])), Ok(Outcome::Incomplete(vec![1])));
    assert_eq!(outcome(&catalog, contract::Outcome::Exhausted), Ok(Outcome::Exhausted));
    let term = |variable, positive, ranges: &[(u32, u32)]| Term { variable, positive, ranges: ranges.to_vec() };
    assert_eq!(
        outcome(&catalog, unsolvable(|_| {})),
        Ok(Outcome::Unsolvable(Derivation {
            variables: vec![Variable::Root, Variable::Release { track: 0 }, Variable::Feature { track: 1, feature: 1 },],
            steps: vec![
                Step {
                    terms: vec![term(0, true, &[(0, 0)]), term(1, false, &[(0, 1), (3, u32::MAX)])],
                    cause: Cause::Requires,
                },
                Step { terms: vec![term(1, true, &[(0, u32::MAX)])], cause: Cause::Nothing },
                Step { terms: vec![term(0, true, &[(0, 0)])], cause: Cause::Both(0, 1) },
            ],
        }))
    );
}

#[test]
fn every_variable_is_taken_over() {
    let bound = BoundVariable { dependent: Some(1), package: 1, requirement: 0 };
    let given = vec![
        contract::Variable::Bound(bound),
        contract::Variable::Bound(BoundVariable { dependent: None, ..bound }),
        contract::Variable::BoundFeature(BoundFeatureVariable { bound, feature: 1 }),
        contract::Variable::Exclusive(0),
        contract::Variable::Wish,
    ];
    let taken = outcome(&catalog(), unsolvable(|derivation| derivation.variables.extend(given)));
    let Ok(Outcome::Unsolvable(derivation)) = taken else { panic!("{taken:?}") };
    assert_eq!(
        derivation.variables[3..],
        [
            Variable::Bound { dependent: Some(1), package: 1, requirement: 0 },
            Variable::Bound { dependent: None, package: 1, requirement: 0 },
            Variable::BoundFeature { dependent: Some(1), package: 1, requirement: 0, feature: 1 },
            Variable::Exclusive { exclusive: 0 },
            Variable::Wish,
        ]
    );
}

#[test]
fn numbers_that_refer_to_nothing_are_nonsense() {
    let cases: Vec<(contract::Outcome, &str)> = vec![
        (solved(|answer| answer.roots[0].package = 2), "it names the package 2, of which it was told 2"),
        (solved(|answer| answer.roots[0].requirement = 1), "it names the requirement 1, of which it was told 1"),
        (solved(|answer| answer.roots[0].to = u32::MAX), "it names the release 4294967295, of which it was told 2"),
        (solved(|answer| answer.releases[0].release = 2), "it names the release 2, of which it was told 2"),
        (solved(|answer| answer.releases[0].features[1] = 2), "it names the feature 2, of which it was told 2"),
        (solved(|answer| answer.releases[0].bindings[0].to = 2), "it names the release 2, of which it was told 2"),
        (
            unsolvable(|derivation| derivation.variables[1] = contract::Variable::Release(2)),
            "it names the release 2, of which it was told 2",
        ),
        (
            unsolvable(|derivation| derivation.variables[1] = contract::Variable::Exclusive(1)),
            "it names the exclusive resource 1, of which it was told 1",
        ),
        (unsolvable(|derivation| derivation.terms[3].variable = 3), "it names the variable 3, of which it was told 3"),
    ];
    for (given, expected) in cases {
        refused(given, expected);
    }
}

#[test]
fn missing_packages_ascend_and_are_missing() {
    refused(contract::Outcome::Incomplete(vec![]), "it is incomplete and names no missing package");
    refused(contract::Outcome::Incomplete(vec![1, 1]), "the missing packages are not ascending: 1 before 1");
    refused(contract::Outcome::Incomplete(vec![0]), "it asks for the package 0, which it was given");
    refused(contract::Outcome::Incomplete(vec![1, 2]), "it names the package 2, of which it was told 2");
}

#[test]
fn counts_add_up() {
    let cases: Vec<(contract::Outcome, &str)> = vec![
        (
            unsolvable(|derivation| derivation.steps[2].terms = 2),
            "its terms of a derivation are 4, and their owners count more",
        ),
        (
            unsolvable(|derivation| derivation.steps[2].terms = u32::MAX),
            "its terms of a derivation are 4, and their owners count more",
        ),
        (
            unsolvable(|derivation| derivation.steps[2].terms = 0),
            "its terms of a derivation are 4, and their owners count 3",
        ),
        (
            unsolvable(|derivation| derivation.terms[3].ranges = 2),
            "its ranges of a derivation are 5, and their owners count more",
        ),
        (
            unsolvable(|derivation| derivation.terms[3].ranges = 0),
            "its ranges of a derivation are 5, and their owners count 4",
        ),
    ];
    for (given, expected) in cases {
        refused(given, expected);
    }
}

#[test]
fn steps_rest_on_earlier_ones_and_their_parts_ascend() {
    let cases: Vec<(contract::Outcome, &str)> = vec![
        (
            unsolvable(|derivation| derivation.steps[2].cause = contract::Cause::Both((0, 2))),
            "step 2 of a derivation rests on step 2",
        ),
        (
            unsolvable(|derivation| derivation.terms[1].variable = 0),
            "the terms of step 0 of a derivation are not ascending",
        ),
        (
            unsolvable(|derivation| derivation.ranges[0] = (1, 0)),
            "a range in step 0 of a derivation ends before it begins: 1 to 0",
        ),
        (
            unsolvable(|derivation| derivation.ranges[2] = (2, 5)),
            "ranges in step 0 of a derivation overlap, touch or are not ascending",
        ),
        (
            unsolvable(|derivation| derivation.ranges[1] = (0, u32::MAX)),
            "ranges in step 0 of a derivation overlap, touch or are not ascending",
        ),
    ];
    for (given, expected) in cases {
        refused(given, expected);
    }
}
