//! The leaves of derivations: for each line of the page's two tables some that hold and some that do not.

use crate::check::limit::Meter;
use crate::check::{Extension, Fault, Leaves, Records, check, derivation};
use crate::problem::{Catalog, Cause, Derivation, Outcome, Step, Variable};

use super::derivations::{negative, positive, refused, step};
use super::prover;
use super::text::{catalog, feature_number, package_number, release, requirement_number};

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
    a:a 1.3.0 yanked
        feature f:
    a:a 2.0.0
        needs two/b:b *
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
        let (package, requirement) = (package_number(&self.catalog, package), requirement_number(&self.catalog, range));
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
            let ranges: Vec<(u32, u32)> = prover::ranges(&allowed.iter().copied().collect());
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

/// A dependency's features are asked of it alone, and a feature's variable is there only where they are asked.
#[test]
fn a_spanning_dependency_asks_for_its_own_features_only() {
    let case = Case::new();
    let (root, any) = ((Variable::Root, 0), case.bound_feature(None, "a:a", "*", "f"));
    case.requires(root, any, &[case.a1, case.a2]);
    case.requires_nothing(root, case.bound_feature(None, "a:a", "*", "g"));
    case.requires_nothing(root, case.bound_feature(None, "a:a", "^1", "f"));
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
    case.requires_nothing((of_a, newest), case.bound(Some(a2), "two/b:b", "*"));
    case.requires_nothing((Variable::Release { track: a2 }, a2), Variable::Release { track: b1 });
    // a:a 1.0.0 needs a:a 1.1.0 on its own track.
    case.available(of_a, &[middle, newest], &[a1, newest + 1, a2, b1, 100]);
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
    case.requires_nothing((f, middle), case.feature(case.a2, "g"));
    case.requires_nothing((f, newest), case.feature(a1, "g"));
    case.requires_nothing((case.feature(a1, "g"), middle), Variable::Release { track: b1 });
    case.available(f, &[middle, newest], &[a1, newest + 1]);
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
        let checked = derivation::check(&mut leaves, &extension, &derivation, &mut meter);
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
