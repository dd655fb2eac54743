//! Derivations that there is no answer: right ones, and each way in which one can be wrong.

use crate::check::limit::Meter;
use crate::check::{Checked, Extension, Fault, Leaves, Limit, Records, check, derivation};
use crate::problem::{Catalog, Cause, Derivation, Outcome, Step, Term, Variable};

use super::text::{catalog, on, package_number, requirement_number};
use super::unsolvable;

/// The consumer needs `a:a ^1`; all of it needs `c:c ^1`, `b:b` excludes that. Releases are numbered from 0 in this order.
const PROBLEM: &str = "
    root a:a ^1
    root b:b *
    a:a 1.0.0
        needs c:c =1.1.0
    a:a 1.1.0
        needs c:c >=1.1
    a:a 1.2.0 yanked
    b:b 1.0.0
        needs c:c =1.0.0
    c:c 1.0.0
    c:c 1.1.0
    c:c 1.2.0";

pub(super) fn positive(variable: u32, ranges: &[(u32, u32)]) -> Term {
    Term { variable, positive: true, ranges: ranges.to_vec() }
}

pub(super) fn negative(variable: u32, ranges: &[(u32, u32)]) -> Term {
    Term { variable, positive: false, ranges: ranges.to_vec() }
}

pub(super) fn step(terms: &[Term], cause: Cause) -> Step {
    Step { terms: terms.to_vec(), cause }
}

/// A derivation for [`PROBLEM`]. Variables: consumer, a:a, b:b, c:c.
fn derivation(catalog: &Catalog) -> Derivation {
    let variables = vec![Variable::Root, on(catalog, "a:a 1.0.0"), on(catalog, "b:b 1.0.0"), on(catalog, "c:c 1.0.0")];
    let steps = vec![
        // 0: the consumer needs a:a.
        step(&[positive(0, &[(0, 0)]), negative(1, &[(0, 1)])], Cause::Requires),
        // 1: a:a needs c:c, from 1.1.0.
        step(&[positive(1, &[(0, u32::MAX)]), negative(3, &[(5, 6)])], Cause::Requires),
        // 2: so the consumer needs that.
        step(&[positive(0, &[(0, 0)]), negative(3, &[(5, 6)])], Cause::Both(0, 1)),
        // 3: the consumer needs b:b.
        step(&[positive(0, &[(0, 0)]), negative(2, &[(3, 3)])], Cause::Requires),
        // 4: which needs c:c 1.0.0.
        step(&[positive(2, &[(3, 3)]), negative(3, &[(4, 4)])], Cause::Requires),
        // 5: so the consumer needs that.
        step(&[positive(0, &[(0, 0)]), negative(3, &[(4, 4)])], Cause::Both(3, 4)),
        // 6: but c:c is one release.
        step(&[positive(0, &[(0, 0)])], Cause::Both(2, 5)),
    ];
    Derivation { variables, steps }
}

#[track_caller]
pub(super) fn refused(catalog: &Catalog, derivation: Derivation, message: &str) {
    let fault = check(catalog, &Outcome::Unsolvable(derivation)).expect_err("the derivation is wrong");
    assert_eq!(fault.to_string(), format!("the derivation that there is no answer does not hold: {message}"));
}

/// The derivation for [`PROBLEM`], changed.
#[track_caller]
fn changed(change: impl FnOnce(&mut Derivation), message: &str) {
    let catalog = catalog(PROBLEM);
    let mut derivation = derivation(&catalog);
    change(&mut derivation);
    refused(&catalog, derivation, message);
}

#[test]
fn a_derivation_that_holds() {
    let catalog = catalog(PROBLEM);
    let derivation = derivation(&catalog);
    match check(&catalog, &Outcome::Unsolvable(derivation.clone())) {
        Ok(Checked::Unsolvable(checked)) => assert_eq!(checked.derivation(), &derivation),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_last_step_without_terms_will_do() {
    let catalog = catalog(PROBLEM);
    let mut derivation = derivation(&catalog);
    // Nothing is known to rule out a consumer without a value, so this does not follow.
    derivation.steps.push(step(&[], Cause::Both(6, 6)));
    refused(
        &catalog,
        derivation.clone(),
        "step 7 does not hold: it does not follow from steps 6 and 6: neither rules out the consumer without a value",
    );
    derivation.steps[7] = step(&[positive(1, &[])], Cause::Nothing);
    derivation.steps.push(step(&[positive(0, &[(0, 0)])], Cause::Both(6, 7)));
    assert!(check(&catalog, &Outcome::Unsolvable(derivation)).is_ok());
}

#[test]
fn requirements_that_exclude_each_other_leave_an_empty_set() {
    let catalog = catalog("root a:a =1.0.0\nroot a:a =1.1.0\na:a 1.0.0\na:a 1.1.0");
    let variables = vec![Variable::Root, on(&catalog, "a:a 1.0.0")];
    let leaf = step(&[positive(0, &[(0, 0)]), negative(1, &[])], Cause::Requires);
    let derivation = Derivation { variables, steps: vec![leaf] };
    assert!(check(&catalog, &Outcome::Unsolvable(derivation)).is_ok());
}

#[test]
fn no_steps() {
    changed(|derivation| derivation.steps.clear(), "it has no steps");
}

#[test]
fn a_last_step_that_says_something_else() {
    changed(
        |derivation| {
            derivation.steps.pop();
        },
        "the last step says something about c:c 1.x (one), so it does not say that there is no answer",
    );
    let of_another_consumer = "the last step says something about a consumer other than the one, so it does not say that \
                               there is no answer";
    changed(|derivation| derivation.steps[6].terms = vec![positive(0, &[])], of_another_consumer);
    changed(|derivation| derivation.steps.push(step(&[positive(0, &[(1, 5)])], Cause::Nothing)), of_another_consumer);
}

#[test]
fn a_step_that_leans_on_itself_or_a_later_one() {
    changed(
        |derivation| derivation.steps[2].cause = Cause::Both(0, 2),
        "step 2 does not hold: it follows from step 2, which is not an earlier one",
    );
    changed(
        |derivation| derivation.steps[2].cause = Cause::Both(u32::MAX, 0),
        "step 2 does not hold: it follows from step 4294967295, which is not an earlier one",
    );
}

#[test]
fn a_leaf_with_too_small_a_set() {
    changed(
        |derivation| derivation.steps[1].terms[1] = negative(3, &[(5, 5)]),
        "step 1 does not hold: what a:a 1.1.0 (one) requires does not rule out c:c 1.2.0 (one)",
    );
    changed(
        |derivation| derivation.steps[0].terms[1] = negative(1, &[]),
        "step 0 does not hold: what the consumer requires does not rule out a:a 1.0.0 (one)",
    );
}

#[test]
fn a_leaf_about_what_is_not_required() {
    changed(
        |derivation| derivation.steps[1].terms = vec![negative(1, &[(0, 2)]), positive(2, &[(3, 3)])],
        "step 1 does not hold: b:b 1.0.0 (one) requires nothing of a:a 1.x (one)",
    );
    changed(
        |derivation| derivation.steps[1].terms = vec![negative(0, &[(0, 0)]), positive(3, &[(5, 9)])],
        "step 1 does not hold: c:c 1.1.0 (one) requires nothing of the consumer",
    );
}

#[test]
fn a_leaf_about_an_available_release() {
    changed(
        |derivation| derivation.steps[0] = step(&[positive(1, &[(1, 2)])], Cause::Nothing),
        "step 0 does not hold: a:a 1.1.0 (one) is available",
    );
}

#[test]
fn a_leaf_about_what_is_yanked_or_does_not_exist() {
    let catalog = catalog(PROBLEM);
    let mut derivation = derivation(&catalog);
    derivation.steps.insert(0, step(&[positive(1, &[(2, u32::MAX)])], Cause::Nothing));
    derivation.steps.insert(0, step(&[positive(1, &[(2, 2)]), negative(3, &[])], Cause::Requires));
    for step in &mut derivation.steps {
        if let Cause::Both(a, b) = &mut step.cause {
            (*a, *b) = (*a + 2, *b + 2);
        }
    }
    assert!(check(&catalog, &Outcome::Unsolvable(derivation)).is_ok());
}

#[test]
fn leaves_of_the_wrong_shape() {
    let requires = "step 0 does not hold: it says that something is required, but does not have one positive and one \
                    negative term";
    let both = [positive(0, &[(0, 0)]), positive(1, &[(0, 1)])];
    let neither = [negative(0, &[(0, 0)]), negative(1, &[(0, 1)])];
    let three = [positive(0, &[(0, 0)]), negative(1, &[(0, 1)]), negative(2, &[(3, 3)])];
    for terms in [&both[..], &neither, &three, &both[..1], &[]] {
        changed(|derivation| derivation.steps[0] = step(terms, Cause::Requires), requires);
    }
    let nothing = "step 0 does not hold: it says that nothing is available, but does not have one positive term alone";
    for terms in [&both[..], &neither[..1], &[]] {
        changed(|derivation| derivation.steps[0] = step(terms, Cause::Nothing), nothing);
    }
}

#[test]
fn a_wrong_pivot() {
    changed(
        |derivation| derivation.steps[2].terms = vec![negative(1, &[(0, 1)]), negative(3, &[(5, 6)])],
        "step 2 does not hold: it does not follow from steps 0 and 1: it would need both the consumer and a:a 1.x (one) \
         for a pivot",
    );
    changed(
        |derivation| derivation.steps[6].cause = Cause::Both(2, 4),
        "step 6 does not hold: it does not follow from steps 2 and 4: it would need both b:b 1.x (one) and c:c 1.x (one) \
         for a pivot",
    );
}

#[test]
fn a_pivot_whose_values_are_not_all_ruled_out() {
    changed(
        |derivation| derivation.steps[4].terms[1] = negative(3, &[(4, 5)]),
        "step 5 does not hold: it does not follow from steps 3 and 4: it would need both b:b 1.x (one) and c:c 1.x (one) \
         for a pivot",
    );
    changed(
        |derivation| {
            derivation.steps[1].terms[1] = negative(3, &[(4, 6)]);
            derivation.steps[2].terms[1] = negative(3, &[(4, 6)]);
        },
        "step 6 does not hold: it does not follow from steps 2 and 5: neither rules out c:c 1.0.0 (one)",
    );
    changed(
        |derivation| derivation.steps[1].terms[0] = positive(1, &[(1, 9)]),
        "step 2 does not hold: it does not follow from steps 0 and 1: neither rules out a:a 1.0.0 (one)",
    );
}

#[test]
fn ranges_that_touch_overlap_or_descend() {
    for ranges in [&[(0, 0), (1, 1)][..], &[(0, 1), (1, 2)], &[(1, 1), (0, 0)], &[(1, 0)], &[(0, u32::MAX), (0, 0)]] {
        changed(
            |derivation| derivation.steps[0].terms[1] = negative(1, ranges),
            "step 0 does not hold: its ranges of a:a 1.x (one) are not ascending and apart",
        );
    }
}

#[test]
fn terms_out_of_order_or_twice() {
    changed(
        |derivation| derivation.steps[2].terms.swap(0, 1),
        "step 2 does not hold: its terms are not in ascending order: variable 0 stands after variable 3",
    );
    changed(
        |derivation| {
            let again = derivation.steps[2].terms[0].clone();
            derivation.steps[2].terms.insert(0, again);
        },
        "step 2 does not hold: its terms are not in ascending order: variable 0 stands after variable 0",
    );
    changed(
        |derivation| derivation.steps[2].terms[1].variable = 4,
        "step 2 does not hold: it has a term about variable 4, but there are only 4",
    );
}

#[test]
fn variables_about_nothing() {
    type Make = fn(&Catalog) -> Variable;
    let cases: [(Make, &str); 10] = [
        (|_| Variable::Release { track: 1 }, "variable 4 is about track 1, which there is not"),
        (|_| Variable::Release { track: 7 }, "variable 4 is about track 7, which there is not"),
        (|_| Variable::Feature { track: 2, feature: 0 }, "variable 4 is about track 2, which there is not"),
        (|_| Variable::Feature { track: 0, feature: 0 }, "variable 4 is about feature 0, which there is not"),
        (|_| Variable::Exclusive { exclusive: 0 }, "variable 4 is about exclusive resource 0, which there is not"),
        (
            |_| Variable::Bound { dependent: None, package: 3, requirement: 0 },
            "variable 4 is about package 3, which there is not",
        ),
        (
            |_| Variable::Bound { dependent: Some(0), package: 0, requirement: 5 },
            "variable 4 is about requirement 5, which there is not",
        ),
        (
            |_| Variable::BoundFeature { dependent: Some(1), package: 0, requirement: 0, feature: 0 },
            "variable 4 is about track 1, which there is not",
        ),
        (
            |catalog| Variable::Bound {
                dependent: Some(0),
                package: package_number(catalog, "b:b"),
                requirement: requirement_number(catalog, "*"),
            },
            "variable 4, what the dependency of a:a 1.x (one) on b:b * (one) is bound to, is about a dependency that there \
             is not",
        ),
        (|_| Variable::Wish, "variable 4 is a wish, which only ceilings know"),
    ];
    for (make, message) in cases {
        let catalog = catalog(PROBLEM);
        let mut derivation = derivation(&catalog);
        derivation.variables.push(make(&catalog));
        refused(&catalog, derivation, message);
    }
}

#[test]
fn a_variable_twice() {
    changed(
        |derivation| derivation.variables.push(derivation.variables[2]),
        "variables 2 and 4 are the same: b:b 1.x (one)",
    );
}

#[test]
fn a_problem_that_lacks_packages_can_be_unsolvable() {
    let catalog = catalog("root a:a *\nroot u:u *\na:a 1.0.0\n needs v:v *\n needs b:b *\nabsent b:b");
    assert!(check(&catalog, &unsolvable(&catalog)).is_ok());
}

#[test]
fn too_much_of_anything_is_no_verdict() {
    let sized = |steps: usize, terms: usize, variables: usize| Derivation {
        variables: vec![Variable::Root; variables],
        steps: vec![step(&vec![positive(0, &[(0, 0)]); terms], Cause::Nothing); steps],
    };
    let limit = |derivation: Derivation| Meter::new([&derivation]).expect_err("too large").to_string();
    assert_eq!(
        limit(sized((1 << 22) + 1, 0, 0)),
        "could not tell whether it holds: it has more than the 4194304 steps that a check may take"
    );
    assert_eq!(
        limit(sized(0, 0, (1 << 22) + 1)),
        "could not tell whether it holds: it has more than the 4194304 variables that a check may take"
    );
    let catalog = catalog(PROBLEM);
    let right = derivation(&catalog);
    let mut meter = Meter::with(20);
    let mut leaves = Leaves::new(Records::new(&catalog));
    let fault = derivation::check(&mut leaves, &Extension::none(), &right, &mut meter);
    assert_eq!(fault, Err(Fault::CouldNotTell(Limit { what: "units of work", most: 1 << 30 })));
}
