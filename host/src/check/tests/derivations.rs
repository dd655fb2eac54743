//! Derivations that there is no answer: right ones, and each way in which one can be wrong.

use crate::check::limit::Meter;
use crate::check::{Checked, Extension, Fault, Leaves, Limit, Records, check, derivation};
use crate::problem::{Catalog, Cause, Derivation, Outcome, Step, Term, Variable};

use super::text::{catalog, feature_number, on, package_number, release, requirement_number};
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

fn positive(variable: u32, ranges: &[(u32, u32)]) -> Term {
    Term { variable, positive: true, ranges: ranges.to_vec() }
}

fn negative(variable: u32, ranges: &[(u32, u32)]) -> Term {
    Term { variable, positive: false, ranges: ranges.to_vec() }
}

fn step(terms: &[Term], cause: Cause) -> Step {
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
fn refused(catalog: &Catalog, derivation: Derivation, message: &str) {
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

/// A problem, and for each line of the page's tables leaves that hold and leaves that do not.
mod tables {
    use super::*;

    const PROBLEM: &str = "
        root a:a * [f]
        root a:a ^1 [f]
        link one two
        a:a 1.0.0
            needs a:a =1.1.0
        a:a 1.1.0
            needs two/b:b * [x]
            optional two/b:b ~1.1 [x]
            feature f: g +1[y]
            feature g:
            feature half: nowhere
            exclusive lib
        a:a 1.2.0
            feature f: +0[y]
            needs two/b:b *
            needs two/b:b >=1.0.1
            needs two/b:b <2
            feature g:
            feature more:
        a:a 2.0.0
            feature f:
            exclusive lib
            exclusive other
        two/b:b 1.0.0
            feature x:
        two/b:b 1.1.0
            feature x:
        two/b:b 2.0.0";

    struct Case {
        catalog: Catalog,
        a1: u32,
        a2: u32,
    }

    impl Case {
        fn new() -> Case {
            let catalog = catalog(PROBLEM);
            let (a1, a2) = (release(&catalog, "a:a 1.0.0"), release(&catalog, "a:a 2.0.0"));
            Case { catalog, a1, a2 }
        }

        fn feature(&self, track: u32, name: &str) -> Variable {
            Variable::Feature { track, feature: feature_number(&self.catalog, name) }
        }

        fn bound(&self, dependent: Option<u32>, package: &str, range: &str) -> Variable {
            let (package, requirement) =
                (package_number(&self.catalog, package), requirement_number(&self.catalog, range));
            Variable::Bound { dependent, package, requirement }
        }

        fn bound_feature(&self, dependent: Option<u32>, package: &str, range: &str, feature: &str) -> Variable {
            match self.bound(dependent, package, range) {
                Variable::Bound { dependent, package, requirement } => {
                    let feature = feature_number(&self.catalog, feature);
                    Variable::BoundFeature { dependent, package, requirement, feature }
                }
                other => other,
            }
        }

        /// Whether `variable` at `value` requires of `other` what lies within `allowed`, and no less.
        #[track_caller]
        fn requires(&self, (variable, value): (Variable, u32), other: Variable, allowed: &[u32]) {
            let claims = |allowed: &[u32]| {
                let ranges: Vec<(u32, u32)> = super::super::prover::ranges(&allowed.iter().copied().collect());
                let terms = [positive(0, &[(value, value)]), negative(1, &ranges)];
                self.holds(vec![variable, other], step(&terms, Cause::Requires))
            };
            assert!(claims(allowed), "{variable:?} = {value} requires {other:?} in {allowed:?}");
            for place in 0..allowed.len() {
                let mut fewer = allowed.to_vec();
                fewer.remove(place);
                assert!(!claims(&fewer), "{variable:?} = {value} allows {other:?} = {}", allowed[place]);
            }
        }

        #[track_caller]
        fn requires_nothing(&self, (variable, value): (Variable, u32), other: Variable) {
            let terms = [positive(0, &[(value, value)]), negative(1, &[(0, u32::MAX)])];
            assert!(!self.holds(vec![variable, other], step(&terms, Cause::Requires)));
        }

        #[track_caller]
        fn available(&self, variable: Variable, available: &[u32], unavailable: &[u32]) {
            for (values, expected) in [(available, true), (unavailable, false)] {
                for &value in values {
                    let leaf = step(&[positive(0, &[(value, value)])], Cause::Nothing);
                    assert_eq!(!self.holds(vec![variable], leaf), expected, "{variable:?} = {value}");
                }
            }
        }

        fn holds(&self, variables: Vec<Variable>, step: Step) -> bool {
            let derivation = Derivation { variables, steps: vec![step] };
            match check(&self.catalog, &Outcome::Unsolvable(derivation)) {
                Err(Fault::Derivation(fault)) => !fault.to_string().starts_with("step 0"),
                Ok(_) => true,
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn the_consumer() {
        let case = Case::new();
        let Case { a1, a2, .. } = case;
        let root = (Variable::Root, 0);
        // ^1 stands on one track, * on two.
        case.requires(root, Variable::Release { track: a1 }, &[a1, a1 + 1, a1 + 2]);
        case.requires(root, case.feature(a1, "f"), &[a1, a1 + 1, a1 + 2]);
        case.requires(root, case.bound(None, "a:a", "*"), &[a1, a2]);
        case.requires(root, case.bound_feature(None, "a:a", "*", "f"), &[a1, a2]);
        case.requires_nothing(root, case.feature(a1, "g"));
        case.requires_nothing(root, case.bound_feature(None, "a:a", "*", "g"));
        case.requires_nothing(root, Variable::Release { track: a2 });
        case.requires_nothing(root, case.bound(None, "a:a", "^1"));
        case.available(Variable::Root, &[0], &[1, u32::MAX]);
    }

    #[test]
    fn a_release() {
        let case = Case::new();
        let Case { a1, a2, .. } = case;
        let (middle, newest) = (a1 + 1, a1 + 2);
        let b1 = release(&case.catalog, "two/b:b 1.0.0");
        let of_a = Variable::Release { track: a1 };
        let dependent = Some(a1);
        case.requires((of_a, middle), case.bound(dependent, "two/b:b", "*"), &[b1, b1 + 2]);
        case.requires((of_a, middle), case.bound_feature(dependent, "two/b:b", "*", "x"), &[b1, b1 + 2]);
        case.requires((of_a, middle), Variable::Exclusive { exclusive: 0 }, &[middle]);
        case.requires((of_a, newest), Variable::Release { track: b1 }, &[b1, b1 + 1]);
        case.requires_nothing((of_a, middle), Variable::Release { track: b1 });
        case.requires_nothing((of_a, middle), Variable::Exclusive { exclusive: 1 });
        case.requires_nothing((of_a, newest), case.bound_feature(dependent, "two/b:b", "*", "x"));
        case.requires_nothing((of_a, newest), case.bound(None, "a:a", "*"));
        case.requires_nothing((Variable::Release { track: a2 }, a2), Variable::Release { track: b1 });
        // a:a 1.0.0 needs a:a 1.1.0 on its own track.
        case.available(of_a, &[middle, newest], &[a1, a2, b1, 100]);
        case.available(Variable::Release { track: a2 }, &[a2], &[a1]);
    }

    #[test]
    fn a_feature() {
        let case = Case::new();
        let a1 = case.a1;
        let (middle, newest) = (a1 + 1, a1 + 2);
        let b1 = release(&case.catalog, "two/b:b 1.0.0");
        let f = case.feature(a1, "f");
        for value in [middle, newest] {
            case.requires((f, value), Variable::Release { track: a1 }, &[value]);
        }
        case.requires((f, middle), case.feature(a1, "g"), &[middle]);
        case.requires((f, middle), Variable::Release { track: b1 }, &[b1 + 1]);
        case.requires((f, middle), case.feature(b1, "x"), &[b1 + 1]);
        case.requires((f, middle), case.feature(b1, "y"), &[b1 + 1]);
        case.requires((f, newest), case.bound_feature(Some(a1), "two/b:b", "*", "y"), &[b1, b1 + 2]);
        case.requires_nothing((f, newest), case.feature(a1, "g"));
        case.requires_nothing((case.feature(a1, "g"), middle), Variable::Release { track: b1 });
        case.available(f, &[middle, newest], &[a1]);
        case.available(case.feature(a1, "more"), &[newest], &[a1, middle]);
        case.available(case.feature(a1, "half"), &[], &[a1, middle, newest]);
    }

    #[test]
    fn a_bound_dependency() {
        let case = Case::new();
        let Case { a1, a2, .. } = case;
        let bound = case.bound(None, "a:a", "*");
        case.requires((bound, a1), Variable::Release { track: a1 }, &[a1, a1 + 1, a1 + 2]);
        case.requires((bound, a2), Variable::Release { track: a2 }, &[a2]);
        case.requires_nothing((bound, a1), Variable::Release { track: a2 });
        case.available(bound, &[a1, a2], &[a1 + 1, 100]);
        let b1 = release(&case.catalog, "two/b:b 1.0.0");
        let narrowed = case.bound(Some(a1), "two/b:b", ">=1.0.1");
        case.requires((narrowed, b1), Variable::Release { track: b1 }, &[b1 + 1]);
    }

    #[test]
    fn a_bound_dependency_with_a_feature() {
        let case = Case::new();
        let Case { a1, a2, .. } = case;
        let bound = case.bound_feature(None, "a:a", "*", "f");
        case.requires((bound, a1), case.bound(None, "a:a", "*"), &[a1]);
        case.requires((bound, a1), case.feature(a1, "f"), &[a1, a1 + 1, a1 + 2]);
        case.requires((bound, a2), case.feature(a2, "f"), &[a2]);
        case.requires_nothing((bound, a1), case.feature(a2, "f"));
        case.requires_nothing((bound, a1), case.feature(a1, "g"));
        case.requires_nothing((bound, a1), Variable::Release { track: a1 });
        case.available(bound, &[a1, a2], &[a1 + 1]);
    }

    #[test]
    fn an_exclusive_resource() {
        let case = Case::new();
        let Case { a1, a2, .. } = case;
        let lib = Variable::Exclusive { exclusive: 0 };
        case.requires_nothing((lib, a2), Variable::Release { track: a2 });
        case.available(lib, &[a1 + 1, a2], &[a1, a1 + 2]);
        case.available(Variable::Exclusive { exclusive: 1 }, &[a2], &[a1 + 1]);
    }

    #[test]
    fn a_wish_and_what_is_kept() {
        let case = Case::new();
        let Case { a1, a2, .. } = case;
        let spanning = case.bound(None, "a:a", "*");
        let b1 = release(&case.catalog, "two/b:b 1.0.0");
        let one_track = case.bound(Some(a1), "two/b:b", "<2");
        let holds = |variables: &[Variable], step: Step| {
            let mut leaves = Leaves::new(Records::new(&case.catalog));
            let mut extension = Extension::none();
            extension.wish_for(leaves.records(), vec![a1 + 1, a1 + 2, a2], spanning);
            extension.keep(one_track, b1, b1);
            let derivation = Derivation { variables: variables.to_vec(), steps: vec![step] };
            let mut meter = Meter::with(1 << 10);
            let checked = super::super::super::derivation::check(&mut leaves, &extension, &derivation, &mut meter);
            !checked.is_err_and(|fault| fault.to_string().contains("step 0"))
        };
        let requires = |from: Variable, value: u32, to: Variable, allowed: &[(u32, u32)]| {
            let leaf = [positive(0, &[(value, value)]), negative(1, allowed)];
            holds(&[from, to], step(&leaf, Cause::Requires))
        };
        let all = &[(0, u32::MAX)][..];
        let (root, wish) = (Variable::Root, Variable::Wish);
        // The consumer wishes for one of the tracks, and keeps what is bound.
        assert!(requires(root, 0, wish, &[(a1, a1), (a2, a2)]));
        assert!(!requires(root, 0, wish, &[(a1, a1)]));
        assert!(requires(root, 0, Variable::Release { track: b1 }, &[(b1, b1)]));
        assert!(!requires(root, 0, Variable::Release { track: b1 }, &[(b1 + 1, b1 + 1)]));
        assert!(!requires(root, 0, one_track, all));
        // What is wished for on a track, and the binding to it.
        assert!(requires(wish, a1, Variable::Release { track: a1 }, &[(a1 + 1, a1 + 2)]));
        assert!(!requires(wish, a1, Variable::Release { track: a1 }, &[(a1, a1 + 1)]));
        assert!(!requires(wish, a1, Variable::Release { track: a2 }, all));
        assert!(requires(wish, a2, spanning, &[(a2, a2)]));
        assert!(!requires(wish, a2, spanning, &[(a1, a1)]));
        assert!(!requires(wish, a2, case.bound_feature(None, "a:a", "*", "f"), all));
        assert!(holds(&[wish], step(&[positive(0, &[(a1 + 1, a2 - 1)])], Cause::Nothing)));
        assert!(!holds(&[wish], step(&[positive(0, &[(a1 + 1, a2)])], Cause::Nothing)));
    }
}

#[test]
fn additions_ask_for_their_own_features_too() {
    let catalog = catalog(
        "root a:a *
         a:a 1.0.0
            optional b:b * [x]
            feature f: +0[y]
         b:b 1.0.0
            feature x:",
    );
    let (a, b) = (release(&catalog, "a:a 1.0.0"), release(&catalog, "b:b 1.0.0"));
    let feature = |track, name| Variable::Feature { track, feature: feature_number(&catalog, name) };
    let variables = vec![feature(a, "f"), feature(b, "x"), feature(b, "y"), Variable::Release { track: b }];
    let steps = (1..4).map(|of| step(&[positive(0, &[(a, a)]), negative(of, &[(b, b)])], Cause::Requires)).collect();
    let derivation = Derivation { variables, steps };
    refused(
        &catalog,
        derivation,
        "the last step says something about a:a 1.x (one) with feature f, so it does not say that there is no answer",
    );
}

#[test]
fn edges_that_can_never_be_followed_make_their_value_unavailable() {
    // Illegal even though it is not supplied; absent; nothing accepted; on the own track, but not the release itself.
    for (needs, unavailable) in [
        ("two/b:b *", true),
        ("two/u:u *", true),
        ("u:u *", false),
        ("e:e *", true),
        ("c:c ^2", true),
        ("c:c ^1", false),
        ("a:a =1.1.0", true),
        ("a:a ^1", false),
        ("a:a >1.0", false),
    ] {
        for (kind, feature) in [("needs", "feature f:"), ("optional", "feature f: +0")] {
            let catalog = catalog(&format!(
                "root a:a *
                 absent e:e
                 a:a 1.0.0
                    {kind} {needs}
                    {feature}
                 a:a 1.1.0
                 a:a 2.0.0
                 two/b:b 1.0.0
                 c:c 1.0.0"
            ));
            let track = release(&catalog, "a:a 1.0.0");
            let variable = match kind {
                "needs" => Variable::Release { track },
                _ => Variable::Feature { track, feature: 0 },
            };
            let derivation = Derivation {
                variables: vec![variable, Variable::Root],
                steps: vec![step(&[positive(0, &[(track, track)])], Cause::Nothing)],
            };
            let fault = check(&catalog, &Outcome::Unsolvable(derivation)).expect_err("the problem has an answer");
            assert_eq!(fault.to_string().contains("the last step"), unavailable, "{kind} {needs}: {fault}");
        }
    }
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
