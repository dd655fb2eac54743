//! What the catalog makes of what it is told, and what it refuses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Catalog, IsNew, Merged};
use crate::Solver;
use crate::contract::{Link, Outcome, Override, Package, Packages, Preference, Problem, Supplied};
use crate::testing::{Teller, Telling};

const PROBLEM: &str = "
    root a * +f
    a 0.0.1
    a 0.0.2
    a 0.1.0-rc.1
    a 0.1.0
    a 0.1.1 yanked
    a 0.1.2
    a 1.0.0-alpha
    a 1.0.0
    a 1.1.0 #7
    a 2.0.0 | needs a ^1 +g | may a ^1 +h | needs a ^0.1 | feature g: h @1+g+h @2 | feature h: | feature f: @0 | only x";

/// The catalog after one round.
fn catalog() -> Catalog {
    let mut teller = Teller::new(PROBLEM, Telling::Forwards);
    let mut catalog = Catalog::new(teller.problem(1));
    catalog.supply(teller.supply(&[0]), &[0]);
    catalog
}

/// The tracks of what a range accepts, each with its ranges.
fn accepted(range: &str) -> Vec<(u32, Vec<(u32, u32)>)> {
    let problem = format!("{PROBLEM}\nroot a {range}");
    let mut teller = Teller::new(&problem, Telling::Forwards);
    let problem = teller.problem(1);
    let requirement = problem.roots[1].requirement;
    let mut catalog = Catalog::new(problem);
    catalog.supply(teller.supply(&[0]), &[0]);
    let accepted = catalog.accepted(0, requirement).expect("supplied");
    accepted.tracks().iter().map(|(track, set)| (*track, set.ranges().to_vec())).collect()
}

#[test]
fn tracks_are_stretches_of_compatible_versions() {
    let catalog = catalog();
    let tracks: Vec<u32> = (0..10).map(|release| catalog.track(release)).collect();
    assert_eq!(tracks, [0, 1, 2, 2, 2, 2, 6, 6, 6, 9]);
    let ends: Vec<u32> = [0, 1, 2, 6, 9].map(|track| catalog.track_end(track)).to_vec();
    assert_eq!(ends, [0, 1, 5, 8, 9]);
}

#[test]
fn ranges_are_matched_release_by_release() {
    assert_eq!(accepted("^1"), [(6, vec![(7, 8)])]);
    assert_eq!(accepted("^1.0.0-alpha"), [(6, vec![(6, 8)])]);
    assert_eq!(accepted(">=0.0.2,<1"), [(1, vec![(1, 1)]), (2, vec![(3, 5)])]);
    assert_eq!(accepted("=3.0.0"), []);
}

#[test]
fn a_gap_of_yanked_releases_is_bridged_and_an_end_is_not() {
    assert_eq!(accepted("^0.1"), [(2, vec![(3, 5)])]);
    assert_eq!(accepted("=0.1.1"), []);
    assert_eq!(accepted(">=0.1.1,<0.2"), [(2, vec![(5, 5)])]);
    assert_eq!(accepted("<0.1.2,>=0.1.0"), [(2, vec![(3, 3)])]);
}

#[test]
fn a_content_is_accepted_where_it_is_the_stated_one() {
    assert_eq!(accepted("*#7"), [(6, vec![(8, 8)])]);
    assert_eq!(accepted("^0.1#7"), []);
}

#[test]
fn declarations_of_one_dependency_are_one() {
    let catalog = catalog();
    let features = |merged: Vec<Merged>| -> Vec<usize> { merged.iter().map(|merged| merged.features.len()).collect() };
    // ^0.1 comes before ^1, as bytes.
    assert_eq!(features(catalog.dependencies_of(9)), [0, 1]);
    assert_eq!(features(catalog.root_dependencies()), [1]);
    let [f, g, _] = [0, 1, 2];
    assert_eq!(features(catalog.dependencies_of_feature(9, f)), [1]);
    assert_eq!(features(catalog.dependencies_of_feature(9, g)), [0, 2]);
    assert_eq!(features(catalog.batch(9, IsNew::No, &[f, g])), [0, 2]);
    assert_eq!(features(catalog.batch(9, IsNew::Yes, &[])), [0, 1]);
}

#[test]
fn features_are_found() {
    let catalog = catalog();
    assert_eq!([0, 1, 2].map(|feature| catalog.defines(9, feature)), [true; 3]);
    assert!(!catalog.defines(8, 0));
    assert_eq!(catalog.includes(9, 1).len(), 1);
    assert_eq!(catalog.namers(0), [9]);
}

/// What a call to `start` dies of.
fn start_breach(change: impl FnOnce(&mut Problem)) -> String {
    let mut problem = Teller::new(PROBLEM, Telling::Forwards).problem(100);
    change(&mut problem);
    message(|| drop(Solver::start(problem)))
}

/// What a call to `supply` dies of.
fn supply_breach(change: impl FnOnce(&mut Packages)) -> String {
    let mut teller = Teller::new(PROBLEM, Telling::Forwards);
    let (mut solver, outcome) = Solver::start(teller.problem(100));
    let Outcome::Incomplete(asked) = outcome else { panic!("nothing asked for") };
    let mut packages = teller.supply(&asked);
    change(&mut packages);
    message(|| drop(solver.supply(packages)))
}

fn message(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("a breach");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("a message")
}

#[test]
fn breaches_of_a_problem() {
    assert_eq!(start_breach(|p| p.roots[0].package = 1), "problem.roots: no such package");
    assert_eq!(start_breach(|p| p.roots[0].requirement = 1), "problem.roots: no such requirement");
    assert_eq!(start_breach(|p| p.roots[0].features = vec![1]), "problem.roots: no such feature");
    let link = |dependent, dependency| vec![Link { dependent, dependency, packages: None }];
    assert_eq!(start_breach(|p| p.links = link(0, 1)), "problem.links: no such registry");
    assert_eq!(start_breach(|p| p.links = link(1, 0)), "problem.links: no such registry");
    let allowing = |packages| vec![Link { dependent: 0, dependency: 0, packages: Some(packages) }];
    assert_eq!(start_breach(|p| p.links = allowing(vec![0, 9])), "problem.links: no such package");
    let twice = "problem.links: two between the same registries";
    assert_eq!(start_breach(|p| p.links = [link(0, 0), allowing(vec![])].concat()), twice);
    let replaced = |package, replacement| vec![Override { package, replacement }];
    assert_eq!(start_breach(|p| p.overrides = replaced(1, 0)), "problem.overrides: no such package");
    assert_eq!(start_breach(|p| p.overrides = replaced(0, 1)), "problem.overrides: no such package");
    assert_eq!(start_breach(|p| p.overrides = replaced(0, 0)), "problem.overrides: a replacement is replaced");
    let two = |p: &mut Problem| {
        p.tables.names.push("b".into());
        p.tables.packages.push(Package { registry: 0, name: 1 });
    };
    let twice = |p: &mut Problem| {
        two(p);
        p.overrides = [replaced(0, 1), replaced(0, 1)].concat();
    };
    assert_eq!(start_breach(twice), "problem.overrides: two of the same package");
    let circle = |p: &mut Problem| {
        two(p);
        p.overrides = [replaced(0, 1), replaced(1, 0)].concat();
    };
    assert_eq!(start_breach(circle), "problem.overrides: a replacement is replaced");
    let preferred = |package, version| vec![Preference { package, version }];
    assert_eq!(start_breach(|p| p.preferences = preferred(1, 0)), "problem.preferences: no such package");
    assert_eq!(start_breach(|p| p.preferences = preferred(0, 0)), "problem.preferences: no such version");
    let twice = |p: &mut Problem| {
        p.tables.versions.push("1.0.0".into());
        p.preferences = [preferred(0, 0), preferred(0, 0)].concat();
    };
    assert_eq!(start_breach(twice), "problem.preferences: one twice");
    assert_eq!(start_breach(|p| p.tables.packages[0].name = 1), "tables.packages: no such name");
    assert_eq!(start_breach(|p| p.tables.packages[0].registry = 1), "tables.packages: no such registry");
    assert_eq!(start_breach(|p| p.tables.versions.push("1.0".into())), "tables.versions: not a version");
    assert_eq!(start_breach(|p| p.tables.requirements[0].range = "^".into()), "tables.requirements: not a range");
    let twice = |what: &str| format!("tables.{what}: an entry stands there twice");
    assert_eq!(start_breach(|p| p.tables.registries.push("r".into())), twice("registries"));
    assert_eq!(start_breach(|p| p.tables.packages.push(p.tables.packages[0])), twice("packages"));
    assert_eq!(start_breach(|p| p.tables.requirements.push(p.tables.requirements[0].clone())), twice("requirements"));
    assert_eq!(start_breach(|p| p.tables.features.push("f".into())), twice("features"));
    assert_eq!(start_breach(|p| p.tables.exclusives = vec!["x".into(), "x".into()]), twice("exclusives"));
}

#[test]
fn breaches_of_packages() {
    let unasked = "packages.supplied: not the packages that were asked for";
    assert_eq!(supply_breach(|p| p.supplied.clear()), unasked);
    assert_eq!(supply_breach(|p| p.supplied.push(Supplied { package: 0, releases: None })), unasked);
    assert_eq!(supply_breach(|p| p.supplied[0].releases = Some(11)), "packages.releases: fewer than counted");
    assert_eq!(supply_breach(|p| p.supplied[0].releases = Some(9)), "packages.releases: more than counted");
    assert_eq!(supply_breach(|p| p.supplied[0].releases = None), "packages.releases: more than counted");
    assert_eq!(supply_breach(|p| p.releases[0].version = 10), "packages.releases: no such version");
    let order = "packages.releases: versions of a package do not ascend";
    assert_eq!(supply_breach(|p| p.releases.swap(0, 1)), order);
    assert_eq!(supply_breach(|p| p.releases[1].version = 0), order);
    assert_eq!(supply_breach(|p| p.releases[0].exclusives = 2), "packages.exclusives: fewer than counted");
    assert_eq!(supply_breach(|p| p.releases[9].exclusives = 0), "packages.exclusives: more than counted");
    assert_eq!(supply_breach(|p| p.exclusives[0] = 1), "packages.exclusives: no such resource");
    assert_eq!(supply_breach(|p| p.releases[0].dependencies = 4), "packages.dependencies: fewer than counted");
    assert_eq!(supply_breach(|p| p.releases[0].dependencies = u32::MAX), "packages.dependencies: fewer than counted");
    assert_eq!(
        supply_breach(|p| {
            for column in [&mut p.dependencies.packages, &mut p.dependencies.requirements, &mut p.dependencies.features]
            {
                column.push(column[0]);
            }
        }),
        "packages.dependencies: more than counted"
    );
    let uneven = |column: &str| format!("packages.{column}: columns of different lengths");
    assert_eq!(supply_breach(|p| p.dependencies.features.push(0)), uneven("dependencies"));
    assert_eq!(supply_breach(|p| p.dependencies.requirements.truncate(1)), uneven("dependencies"));
    assert_eq!(supply_breach(|p| p.features.additions.push(0)), uneven("features"));
    assert_eq!(supply_breach(|p| p.additions.features.push(0)), uneven("additions"));
    let (descends, none) = ("optional ones do not ascend", "no such optional one");
    assert_eq!(supply_breach(|p| p.dependencies.optional = vec![1, 1]), format!("packages.dependencies: {descends}"));
    assert_eq!(supply_breach(|p| p.dependencies.optional = vec![1, 0]), format!("packages.dependencies: {descends}"));
    assert_eq!(supply_breach(|p| p.dependencies.optional = vec![3]), format!("packages.dependencies: {none}"));
    assert_eq!(supply_breach(|p| p.dependencies.packages[0] = 1), "packages.dependencies: no such package");
    assert_eq!(supply_breach(|p| p.dependencies.requirements[0] = 3), "packages.dependencies: no such requirement");
    assert_eq!(supply_breach(|p| p.dependencies.features[2] = 1), "packages.dependency-features: fewer than counted");
    assert_eq!(supply_breach(|p| p.dependencies.features[0] = 0), "packages.dependency-features: more than counted");
    assert_eq!(supply_breach(|p| p.dependency_features[0] = 3), "packages.dependency-features: no such feature");
    assert_eq!(supply_breach(|p| p.releases[0].features = 4), "packages.features: fewer than counted");
    assert_eq!(supply_breach(|p| p.releases[9].features = 2), "packages.features: more than counted");
    assert_eq!(supply_breach(|p| p.features.names[0] = 3), "packages.features: no such feature");
    assert_eq!(
        supply_breach(|p| p.features.names[0] = p.features.names[1]),
        "packages.features: one of a release twice"
    );
    assert_eq!(supply_breach(|p| p.features.includes[1] = 1), "packages.included: fewer than counted");
    assert_eq!(supply_breach(|p| p.features.includes[0] = 0), "packages.included: more than counted");
    assert_eq!(supply_breach(|p| p.included[0] = 3), "packages.included: no such feature");
    assert_eq!(supply_breach(|p| p.features.additions[1] = 2), "packages.additions: fewer than counted");
    assert_eq!(supply_breach(|p| p.features.additions[0] = 1), "packages.additions: more than counted");
    assert_eq!(supply_breach(|p| p.additions.dependencies[0] = 3), "packages.additions: no such dependency");
    assert_eq!(supply_breach(|p| p.additions.features[2] = 1), "packages.addition-features: fewer than counted");
    assert_eq!(supply_breach(|p| p.additions.features[0] = 1), "packages.addition-features: more than counted");
    assert_eq!(supply_breach(|p| p.addition_features[0] = 3), "packages.addition-features: no such feature");
}
