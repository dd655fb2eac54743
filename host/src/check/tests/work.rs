//! What a check costs, to the unit: a limit means something only if all work is counted.

use crate::check::limit::Meter;
use crate::check::{Extension, Leaves, Records, answer, ceiling, derivation, queue};
use crate::problem::{Cause, Derivation, Variable};

use super::answers::solved;
use super::derivations::{negative, positive, step};
use super::text::{catalog, feature_number, on, package_number, requirement_number};
use super::unsolvable;

const PLENTY: u64 = 1 << 30;

/// The cost of one derivation, whether it holds or not.
fn of_derivation(text: &str, make: impl FnOnce(&crate::problem::Catalog) -> Derivation) -> u64 {
    let catalog = catalog(text);
    let derivation = make(&catalog);
    let mut meter = Meter::with(PLENTY);
    let mut leaves = Leaves::new(Records::new(&catalog));
    let _ = derivation::check(&mut leaves, &Extension::none(), &derivation, &mut meter);
    PLENTY - meter.left()
}

/// The cost of an answer's ceilings.
fn of_ceilings(text: &str) -> u64 {
    let (catalog, answer) = solved(text);
    let mut leaves = Leaves::new(Records::new(&catalog));
    let view = answer::check(leaves.records(), &answer).expect("a complete answer");
    let items = queue::walk(leaves.records(), view).expect("all of it is reached");
    let mut meter = Meter::with(PLENTY);
    ceiling::check(&mut leaves, &items, &answer.ceilings, &mut meter).expect("the answer");
    PLENTY - meter.left()
}

#[test]
fn every_candidate_of_a_ceiling_is_paid_for_with_its_features() {
    // Three releases above the one that is taken, which define 2, 3 and 0 features; two features are asked for. So
    // 1 + 4, 1 + 6 and 1.
    let text = "
        root a:a * [f g]
        a:a 1.0.0
            feature f:
            feature g:
        a:a 1.1.0
            feature f:
            feature h:
        a:a 1.2.0
            feature f:
            feature h:
            feature i:
        a:a 1.3.0";
    assert_eq!(of_ceilings(text), 13);
}

#[test]
fn whether_there_is_a_dependency_is_paid_for() {
    let text = "
        root a:a *
        a:a 1.0.0
            needs b:b ^1
            needs b:b ^2
            needs b:b ^3
        a:a 1.1.0
            needs b:b *
        b:b 1.0.0
        b:b 2.0.0";
    let cost = of_derivation(text, |catalog| {
        let (package, requirement) = (package_number(catalog, "b:b"), requirement_number(catalog, "*"));
        let dependent = Some(super::text::release(catalog, "a:a 1.0.0"));
        Derivation { variables: vec![Variable::Bound { dependent, package, requirement }], steps: Vec::new() }
    });
    assert_eq!(cost, 6);
}

#[test]
fn terms_and_their_ranges_are_paid_for() {
    let ranges = [(0, 0), (2, 2), (4, 5)];
    let cost = of_derivation("root a:a *\na:a 1.0.0", |catalog| {
        let nothing = step(&[positive(1, &[(7, 7)])], Cause::Nothing);
        let both = step(&[positive(0, &ranges), negative(1, &ranges)], Cause::Both(0, 0));
        Derivation { variables: vec![Variable::Root, on(catalog, "a:a 1.0.0")], steps: vec![nothing, both] }
    });
    // Terms 2 + 4 + 4; of the resolution 6 for the consumer, 8 for the track.
    assert_eq!(cost, 24);
}

#[test]
fn features_and_what_they_include_are_paid_for() {
    let text = "
        root a:a *
        a:a 1.0.0
            feature f: g h i
            feature g:
            feature h:
            feature i:
            feature k:";
    let cost = of_derivation(text, |catalog| {
        let track = super::text::release(catalog, "a:a 1.0.0");
        let variable = Variable::Feature { track, feature: feature_number(catalog, "f") };
        Derivation { variables: vec![variable], steps: vec![step(&[positive(0, &[(0, 9)])], Cause::Nothing)] }
    });
    // A term with a range, a value, a look through 5 features, and three times 5 for what is included.
    assert_eq!(cost, 24);
}

#[test]
fn a_whole_derivation_is_paid_for() {
    let text = "
        root a:a *
        root b:b * [f]
        a:a 1.0.0
            needs c:c ^1
        a:a 2.0.0
            needs c:c ^1
            exclusive lib
        b:b 1.0.0
            feature f: +0
            optional c:c ^2
            exclusive lib
        b:b 2.0.0
            feature f: +0
            needs c:c ^2
        c:c 1.0.0
        c:c 1.5.0 yanked";
    let cost = of_derivation(text, |catalog| match unsolvable(catalog) {
        crate::problem::Outcome::Unsolvable(derivation) => derivation,
        other => panic!("{other:?}"),
    });
    assert_eq!(cost, 222);
}
