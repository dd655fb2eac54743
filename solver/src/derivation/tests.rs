//! Derivations as text: what each step says, and what it follows from.

use std::sync::Arc;

use pubgrub::{Derived, External, Term, VersionSet};

use crate::catalog::Catalog;
use crate::encoding::{Encoding, Var};
use crate::search::Reason;
use crate::set::Set;
use crate::testing::{Teller, Telling, solve};

/// The outcome of a problem must be this; the margin of the lines does not count.
fn check(problem: &str, expected: &str) {
    let lines = expected.lines().map(str::trim).filter(|line| !line.is_empty());
    let expected: Vec<&str> = lines.collect();
    let outcome = solve(problem);
    let lines: Vec<&str> = outcome.lines().map(str::trim).collect();
    assert_eq!(lines, expected, "\n{outcome}");
}

#[test]
fn a_root_that_accepts_nothing() {
    check("root a ^2\n a 1.0.0", "unsolvable\n 0: consumer {0} (not available)");
}

#[test]
fn hopeless_values_of_one_variable_are_one_step() {
    check(
        "root a ^1
        a 1.0.0 | needs b ^1
        a 1.1.0 | needs c ^1
        a 1.2.0 | needs c ^1.0
        a 1.3.0 yanked
        b 1.0.0 | needs gone ^1
        c 1.0.0 | needs gone ^1",
        "unsolvable
        0: [c 1.0.0] {1.0.0} (not available)
        1: [b 1.0.0] {1.0.0} (not available)
        2: [a 1.0.0] {1.1.0..1.2.0}; not [c 1.0.0] {1.0.0} (required)
        3: [a 1.0.0] {1.1.0..1.2.0} (2, 0)
        4: [a 1.0.0] {1.0.0}; not [b 1.0.0] {1.0.0} (required)
        5: [a 1.0.0] {1.0.0} (4, 1)
        6: [a 1.0.0] {1.0.0..1.2.0} (3, 5)
        7: consumer {0}; not [a 1.0.0] {1.0.0..1.2.0} (required)
        8: consumer {0} (6, 7)",
    );
}

#[test]
fn where_two_packages_lean_on_each_other_a_variable_comes_in_parts() {
    check(
        "root c ^1
        c 1.1.0 | needs x ^1 | feature d:
        c 1.2.0 | needs f ^1
        f 1.0.0 | needs c =1.1.0 +d",
        "unsolvable
        0: [c 1.1.0] {1.1.0} (not available)
        1: not [c 1.1.0] {1.1.0}; [f 1.0.0] {1.0.0} (required)
        2: [f 1.0.0] {1.0.0} (1, 0)
        3: [c 1.1.0] {1.2.0}; not [f 1.0.0] {1.0.0} (required)
        4: [c 1.1.0] {1.2.0} (3, 2)
        5: [c 1.1.0] {1.1.0..1.2.0} (0, 4)
        6: consumer {0}; not [c 1.1.0] {1.1.0..1.2.0} (required)
        7: consumer {0} (5, 6)",
    );
}

#[test]
fn a_value_within_an_empty_set() {
    check(
        "root b *
        a 1.0.0
        a 1.1.0
        b 1.0.0 | needs a =1.0.0 | needs a =1.1.0",
        "unsolvable
        0: not [a 1.0.0] {}; [b 1.0.0] {1.0.0} (required)
        1: [b 1.0.0] {1.0.0} (0, 0)
        2: consumer {0}; not [b 1.0.0] {1.0.0} (required)
        3: consumer {0} (1, 2)",
    );
    check(
        "root a =1.0.0
        root a =1.1.0
        a 1.0.0
        a 1.1.0",
        "unsolvable
        0: consumer {0}; not [a 1.0.0] {} (required)
        1: consumer {0} (0, 0)",
    );
}

#[test]
fn a_conflict_that_no_value_is_hopeless_for() {
    check(
        "root a ^1
        root b ^1
        a 1.0.0 | needs c =1.0.0
        a 1.1.0 | needs c =1.1.0
        b 1.0.0 | needs c =1.2.0
        b 1.1.0 | needs c =1.3.0
        c 1.0.0
        c 1.1.0
        c 1.2.0
        c 1.3.0",
        "unsolvable
        0: [b 1.0.0] {1.1.0}; not [c 1.0.0] {1.3.0} (required)
        1: [b 1.0.0] {1.0.0}; not [c 1.0.0] {1.2.0} (required)
        2: [b 1.0.0] {1.0.0..1.1.0}; not [c 1.0.0] {1.2.0..1.3.0} (0, 1)
        3: [a 1.0.0] {1.0.0}; not [c 1.0.0] {1.0.0} (required)
        4: [a 1.0.0] {1.0.0}; [b 1.0.0] {1.0.0..1.1.0} (2, 3)
        5: [a 1.0.0] {1.1.0}; not [c 1.0.0] {1.1.0} (required)
        6: [a 1.0.0] {1.1.0}; [b 1.0.0] {1.0.0..1.1.0} (2, 5)
        7: [a 1.0.0] {1.0.0..1.1.0}; [b 1.0.0] {1.0.0..1.1.0} (4, 6)
        8: consumer {0}; not [a 1.0.0] {1.0.0..1.1.0} (required)
        9: consumer {0}; [b 1.0.0] {1.0.0..1.1.0} (7, 8)
        10: consumer {0}; not [b 1.0.0] {1.0.0..1.1.0} (required)
        11: consumer {0} (9, 10)",
    );
}

#[test]
fn a_ceiling_rests_on_what_root_forces() {
    check(
        "root a * +f
        root b *
        a 1.0.0 | feature f:
        a 2.0.0 | feature f: @0 | may c ^1.1
        b 1.0.0 | needs d ^1 +g
        d 1.0.0 | feature g: @0 | may c =1.0.0
        c 1.0.0
        c 1.1.0",
        "consumer: a * = a 1.0.0, b * = b 1.0.0
        a 1.0.0 +f:
        b 1.0.0: d ^1 = d 1.0.0
        c 1.0.0:
        d 1.0.0 +g: c =1.0.0 = c 1.0.0
        item 0 no higher
        0: consumer {0}; not [b 1.0.0] {1.0.0} (required)
        1: [b 1.0.0] {1.0.0}; not [d 1.0.0]+g {1.0.0} (required)
        2: consumer {0}; not [d 1.0.0]+g {1.0.0} (1, 0)
        3: not [c 1.0.0] {1.0.0}; [d 1.0.0]+g {1.0.0} (required)
        4: consumer {0}; not [c 1.0.0] {1.0.0} (3, 2)
        5: not [c 1.0.0] {1.1.0}; [a 2.0.0]+f {2.0.0} (required)
        6: consumer {0}; [a 2.0.0]+f {2.0.0} (5, 4)
        7: not [a 2.0.0]+f {2.0.0}; [consumer -> a *]+f {2.0.0} (required)
        8: consumer {0}; [consumer -> a *]+f {2.0.0} (7, 6)
        9: wish {2.0.0}; not [consumer -> a *] {2.0.0} (required)
        10: not [consumer -> a *] {1.0.0}; [consumer -> a *]+f {1.0.0} (required)
        11: wish {2.0.0}; [consumer -> a *]+f {1.0.0} (9, 10)
        12: consumer {0}; wish {2.0.0}; [consumer -> a *]+f {1.0.0..2.0.0} (11, 8)
        13: consumer {0}; not wish {2.0.0} (required)
        14: consumer {0}; [consumer -> a *]+f {1.0.0..2.0.0} (12, 13)
        15: consumer {0}; not [consumer -> a *]+f {1.0.0..2.0.0} (required)
        16: consumer {0} (14, 15)",
    );
}

#[test]
fn two_releases_that_name_one_resource() {
    check(
        "root a *
        root b *
        a 1.0.0 | only x
        b 1.0.0 | only x",
        "unsolvable
        0: [b 1.0.0] {1.0.0}; not <x> {b 1.0.0} (required)
        1: [a 1.0.0] {1.0.0}; not <x> {a 1.0.0} (required)
        2: [a 1.0.0] {1.0.0}; [b 1.0.0] {1.0.0} (0, 1)
        3: consumer {0}; not [a 1.0.0] {1.0.0} (required)
        4: consumer {0}; [b 1.0.0] {1.0.0} (2, 3)
        5: consumer {0}; not [b 1.0.0] {1.0.0} (required)
        6: consumer {0} (4, 5)",
    );
}

/// PubGrub's trees are as deep as conflicts are long. Neither reading nor freeing one may recurse.
#[test]
fn a_deep_reason_needs_no_deep_stack() {
    let run = || {
        let mut teller = Teller::new("root a ^1", Telling::Forwards);
        let problem = teller.problem(1);
        let mut encoding = Encoding::new(Catalog::new(problem));
        let terms = |last: u32| [(Var::ROOT, Term::Positive(Set::range(0, last)))].into_iter().collect();
        let mut reason = Arc::new(Reason::External(External::NoVersions(Var::ROOT, Set::singleton(0))));
        for last in 0..100_000 {
            let leaf = Arc::new(Reason::External(External::NoVersions(Var::ROOT, Set::range(0, last))));
            let derived = Derived { terms: terms(last), shared_id: None, cause1: reason, cause2: leaf };
            reason = Arc::new(Reason::Derived(derived));
        }
        let reason = Arc::into_inner(reason).expect("the only one");
        super::of(reason, &mut encoding).steps.len()
    };
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    assert!(small.spawn(run).expect("a thread").join().expect("no overflow") > 0);
}
