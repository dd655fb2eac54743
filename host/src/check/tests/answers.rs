//! Answers: right ones, and each way in which one can be wrong.

use crate::check::{Checked, check};
use crate::problem::{Answer, Binding, Catalog, Chosen, Outcome};

use super::text::{catalog, feature_number, package_number, release, requirement_number};
use super::{prover, reference};

/// Two releases of `a:a` on one track, two tracks of `b:b`, features that add dependencies, an exclusive resource.
const PROBLEM: &str = "
    root a:a ^1 [f]
    root b:b *
    a:a 1.0.0
        feature f:
    a:a 1.1.0
        needs b:b ^1
        optional c:c *
        feature e: +1
        feature f: g +1[x]
        feature g:
    b:b 1.0.0
        exclusive lib
    b:b 1.1.0 yanked
    b:b 1.2.0
        exclusive lib
    b:b 2.0.0
    c:c 1.0.0 #1
        feature x:
    c:c 2.0.0 #2
        feature x:
    d:d 1.0.0
";

/// A problem with its answer, ceilings included.
#[track_caller]
pub(super) fn solved(text: &str) -> (Catalog, Answer) {
    let catalog = catalog(text);
    let complete = reference::all(&catalog).into_iter().next().expect("the problem has an answer");
    let mut answer = complete.answer(&catalog);
    let (ceilings, possible) = prover::ceilings(&catalog, &complete);
    assert!(possible.is_empty(), "the answer is the highest");
    answer.ceilings = ceilings;
    (catalog, answer)
}

#[track_caller]
fn accepted(text: &str) {
    let (catalog, answer) = solved(text);
    match check(&catalog, &Outcome::Solved(answer.clone())) {
        Ok(Checked::Solved(checked)) => assert_eq!(checked.answer(), &answer),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn refused(catalog: &Catalog, answer: Answer, message: &str) {
    let fault = check(catalog, &Outcome::Solved(answer)).expect_err("the answer is wrong");
    assert_eq!(fault.to_string(), message);
}

/// The answer of [`PROBLEM`], changed.
#[track_caller]
pub(super) fn changed(change: impl FnOnce(&Catalog, &mut Answer), message: &str) {
    let (catalog, mut answer) = solved(PROBLEM);
    change(&catalog, &mut answer);
    refused(&catalog, answer, message);
}

/// The place of a release in an answer.
pub(super) fn place(catalog: &Catalog, answer: &Answer, text: &str) -> usize {
    let number = release(catalog, text);
    answer.releases.iter().position(|chosen| chosen.release == number).expect("it is in the answer")
}

fn alone(catalog: &Catalog, text: &str) -> Chosen {
    Chosen { release: release(catalog, text), features: Vec::new(), bindings: Vec::new() }
}

#[test]
fn the_answer_of_the_problem_is_accepted() {
    let (catalog, answer) = solved(PROBLEM);
    let versions: Vec<String> = answer
        .releases
        .iter()
        .map(|chosen| {
            let name = catalog.package_key(catalog.releases[chosen.release as usize].package).1;
            format!("{name} {}", catalog.version_of(chosen.release))
        })
        .collect();
    assert_eq!(versions, ["a:a 1.1.0", "b:b 1.2.0", "b:b 2.0.0", "c:c 2.0.0"]);
    accepted(PROBLEM);
}

#[test]
fn a_problem_without_roots_has_the_empty_answer() {
    accepted("");
}

#[test]
fn several_declarations_of_one_dependency_are_one() {
    accepted(
        "root a:a ^1 [f]
         root a:a ^1 [g]
         a:a 1.0.0
            needs b:b ^1 [x]
            optional b:b ^1 [y]
            feature f: +0[z] +1
            feature g:
         b:b 1.0.0
            feature x:
            feature y:
            feature z:",
    );
}

#[test]
fn releases_on_different_tracks_stand_side_by_side() {
    let mut text = String::new();
    for version in ["0.0.0", "0.0.1", "0.0.2", "0.1.0", "0.2.3", "1.0.0-rc.1", "2.1.0"] {
        text.push_str(&format!("root a:a ={version}\na:a {version}\n"));
    }
    let (catalog, answer) = solved(&text);
    assert_eq!(answer.releases.len(), 7);
    assert!(check(&catalog, &Outcome::Solved(answer)).is_ok());
}

#[test]
fn releases_on_one_track_do_not() {
    for (lower, higher) in [("0.0.1-rc.1", "0.0.1"), ("0.0.1", "0.0.1+b"), ("0.1.0", "0.1.9"), ("1.0.0-rc.1", "1.9.9")]
    {
        let text = format!("root a:a ={higher}\na:a {lower}\na:a {higher}");
        let (catalog, mut answer) = solved(&text);
        answer.releases.insert(0, alone(&catalog, &format!("a:a {lower}")));
        refused(
            &catalog,
            answer,
            &format!(
                "the answer holds both a:a {lower} (one) and a:a {higher} (one), but at most one release of a package on a \
                 track may be in it"
            ),
        );
    }
}

#[test]
fn cycles_are_accepted() {
    accepted(
        "root a:a *
         a:a 1.0.0
            needs b:b *
            needs a:a ^1
         b:b 1.0.0
            needs a:a *",
    );
}

#[test]
fn links_and_content_are_respected() {
    accepted(
        "root a:a *#2
         link one two
         a:a 1.0.0 #2
            needs two/b:b *
         a:a 1.1.0 #3
         two/b:b 1.0.0",
    );
}

/// A package, a requirement of it, and the release that they are bound to.
type Bound<'t> = (&'t str, &'t str, &'t str);

/// An answer: the consumer's bindings, then each release with its own.
fn made(catalog: &Catalog, roots: &[Bound<'_>], releases: &[(&str, &[Bound<'_>])]) -> Answer {
    let bindings = |bindings: &[Bound<'_>]| -> Vec<Binding> {
        let number = |&(package, requirement, to): &Bound<'_>| Binding {
            package: package_number(catalog, package),
            requirement: requirement_number(catalog, requirement),
            to: release(catalog, to),
        };
        bindings.iter().map(number).collect()
    };
    let releases = releases.iter().map(|(name, bound)| Chosen {
        release: release(catalog, name),
        features: Vec::new(),
        bindings: bindings(bound),
    });
    Answer { roots: bindings(roots), releases: releases.collect(), ceilings: Vec::new() }
}

const REPLACED: &str = "
    root a:a *
    override b:b two/f:f
    a:a 1.0.0
        needs b:b ^1
    b:b 1.0.0
    two/f:f 1.0.0";

#[test]
fn what_replaces_a_package_is_bound_and_nothing_else() {
    let catalog = catalog(REPLACED);
    let root = [("a:a", "*", "a:a 1.0.0")];
    let fork = [("two/f:f", "^1", "two/f:f 1.0.0")];
    let right = made(&catalog, &root, &[("a:a 1.0.0", &fork), ("two/f:f 1.0.0", &[])]);
    match check(&catalog, &Outcome::Solved(right)) {
        Ok(Checked::Solved(checked)) => {
            assert_eq!(checked.replaced().iter().copied().collect::<Vec<_>>(), [package_number(&catalog, "b:b")]);
        }
        other => panic!("{other:?}"),
    }
    let itself = [("b:b", "^1", "b:b 1.0.0")];
    refused(
        &catalog,
        made(&catalog, &root, &[("a:a 1.0.0", &itself), ("b:b 1.0.0", &[])]),
        "the dependency of a:a 1.0.0 (one) on f:f ^1 (two) is bound to nothing",
    );
}

#[test]
fn a_replacement_is_not_linked_by_being_one() {
    // a:a declares the fork itself, too, which no link allows.
    let catalog = catalog(&REPLACED.replace("needs b:b ^1", "needs b:b ^1\n needs two/f:f ^1"));
    let fork = [("two/f:f", "^1", "two/f:f 1.0.0")];
    let answer = made(&catalog, &[("a:a", "*", "a:a 1.0.0")], &[("a:a 1.0.0", &fork), ("two/f:f 1.0.0", &[])]);
    refused(
        &catalog,
        answer,
        "the dependency of a:a 1.0.0 (one) on f:f ^1 (two) is not legal: the problem has no link from one to two",
    );
}

#[test]
fn a_feature_dropped() {
    changed(
        |catalog, answer| {
            let c = place(catalog, answer, "c:c 2.0.0");
            answer.releases[c].features.clear();
        },
        "the dependency of a:a 1.1.0 (one) on c:c * (one) asks for feature x, which is not on at c:c 2.0.0 (one)",
    );
}

#[test]
fn an_included_feature_dropped() {
    changed(
        |catalog, answer| {
            let a = place(catalog, answer, "a:a 1.1.0");
            answer.releases[a].features.retain(|&feature| feature != feature_number(catalog, "g"));
        },
        "a:a 1.1.0 (one) has feature f on, which includes g, but g is not on",
    );
}

#[test]
fn a_feature_that_nothing_asks_for() {
    changed(
        |catalog, answer| {
            let a = place(catalog, answer, "a:a 1.1.0");
            answer.releases[a].features.insert(0, feature_number(catalog, "e"));
        },
        "a:a 1.1.0 (one) has feature e on, but nothing in the answer asks for it",
    );
}

#[test]
fn a_feature_that_only_its_own_addition_asks_for() {
    let text = "
        root a:a *
        a:a 1.0.0
            optional a:a *
            feature f: +0[f]";
    let (catalog, mut answer) = solved(text);
    let binding = Binding {
        package: package_number(&catalog, "a:a"),
        requirement: requirement_number(&catalog, "*"),
        to: release(&catalog, "a:a 1.0.0"),
    };
    answer.releases[0].features.push(feature_number(&catalog, "f"));
    answer.releases[0].bindings.push(binding);
    refused(&catalog, answer, "a:a 1.0.0 (one) has feature f on, but nothing in the answer asks for it");
}

#[test]
fn a_feature_that_is_not_defined() {
    changed(
        |catalog, answer| {
            let b = place(catalog, answer, "b:b 2.0.0");
            answer.releases[b].features.push(feature_number(catalog, "x"));
        },
        "b:b 2.0.0 (one) has feature x on, which it does not define",
    );
}

#[test]
fn features_out_of_order() {
    changed(
        |catalog, answer| {
            let a = place(catalog, answer, "a:a 1.1.0");
            answer.releases[a].features.reverse();
        },
        "the features of a:a 1.1.0 (one) are not in ascending order: f stands after g",
    );
}

#[test]
fn a_feature_twice() {
    changed(
        |catalog, answer| {
            let c = place(catalog, answer, "c:c 2.0.0");
            answer.releases[c].features.push(feature_number(catalog, "x"));
        },
        "the features of c:c 2.0.0 (one) are not in ascending order: x stands after x",
    );
}

#[test]
fn a_release_that_nothing_leads_to() {
    changed(
        |catalog, answer| answer.releases.push(alone(catalog, "d:d 1.0.0")),
        "the answer holds d:d 1.0.0 (one), but nothing in it leads there",
    );
}

#[test]
fn releases_that_only_lead_to_each_other() {
    let (catalog, mut answer) = solved("root a:a *\na:a 1.0.0\nb:b 1.0.0\n needs c:c *\nc:c 1.0.0\n needs b:b *");
    for (dependent, dependency) in [("b:b", "c:c"), ("c:c", "b:b")] {
        let binding = Binding {
            package: package_number(&catalog, dependency),
            requirement: requirement_number(&catalog, "*"),
            to: release(&catalog, &format!("{dependency} 1.0.0")),
        };
        let release = release(&catalog, &format!("{dependent} 1.0.0"));
        answer.releases.push(Chosen { release, features: Vec::new(), bindings: vec![binding] });
    }
    refused(&catalog, answer, "the answer holds b:b 1.0.0 (one), but nothing in it leads there");
}

#[test]
fn a_yanked_release() {
    changed(
        |catalog, answer| {
            let b = place(catalog, answer, "b:b 1.2.0");
            answer.releases[b].release = release(catalog, "b:b 1.1.0");
        },
        "the answer holds b:b 1.1.0 (one), which is yanked",
    );
}

#[test]
fn two_releases_on_one_track() {
    changed(
        |catalog, answer| {
            let b = place(catalog, answer, "b:b 1.2.0");
            answer.releases.insert(b, alone(catalog, "b:b 1.0.0"));
        },
        "the answer holds both b:b 1.0.0 (one) and b:b 1.2.0 (one), but at most one release of a package on a track may \
         be in it",
    );
}

#[test]
fn an_exclusive_resource_twice() {
    let text = "
        root a:a *
        root b:b *
        a:a 1.0.0
            exclusive lib
        b:b 1.0.0
        b:b 1.1.0
            exclusive lib";
    let (catalog, mut answer) = solved(text);
    let other = release(&catalog, "b:b 1.1.0");
    answer.roots[1].to = other;
    answer.releases[1].release = other;
    refused(
        &catalog,
        answer,
        "the answer holds both a:a 1.0.0 (one) and b:b 1.1.0 (one), which both name the exclusive resource lib",
    );
}

#[test]
fn releases_out_of_order() {
    changed(
        |_, answer| answer.releases.swap(1, 2),
        "the answer's releases are not in ascending order: b:b 1.2.0 (one) stands after b:b 2.0.0 (one)",
    );
}

#[test]
fn a_release_twice() {
    changed(
        |_, answer| {
            let again = answer.releases[1].clone();
            answer.releases.insert(1, again);
        },
        "the answer's releases are not in ascending order: b:b 1.2.0 (one) stands after b:b 1.2.0 (one)",
    );
}

#[test]
fn numbers_out_of_range() {
    type Change = fn(&mut Answer);
    let changes: [(Change, &str); 5] = [
        (|a| a.releases[0].release = 9, "the answer refers to release 9, but there are only 9, counted from 0"),
        (|a| a.releases[0].features[0] = 4, "the answer refers to feature 4, but there are only 4, counted from 0"),
        (|a| a.roots[0].to = u32::MAX, "the answer refers to release 4294967295, but there are only 9, counted from 0"),
        (|a| a.roots[1].package = 4, "the answer refers to package 4, but there are only 4, counted from 0"),
        (
            |a| a.releases[0].bindings[0].requirement = 2,
            "the answer refers to requirement 2, but there are only 2, counted from 0",
        ),
    ];
    for (change, message) in changes {
        changed(|_, answer| change(answer), message);
    }
}

#[test]
fn a_resource_that_one_release_names_twice_is_named_by_one_release() {
    // No record holds it, and nothing is wrong with it.
    accepted("root a:a *\na:a 1.0.0\n exclusive lib\n exclusive lib");
}
