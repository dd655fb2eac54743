//! Ceilings: exactly where they are needed, each proven with the earlier bindings kept.

use crate::check::{Checked, check};
use crate::problem::{Ceiling, Derivation, Outcome, Variable};

use super::answers::{refused, solved};
use super::prover::{self, Proof, prove};
use super::reference;
use super::tables::Problem;
use super::text::{catalog, release};

/// `a:a 1.1.0` cannot be had, since `x:x` wants an older `b:b` than it; `b:b` follows. Items: a:a, x:x, then b:b twice.
const HELD_BACK: &str = "
    root a:a ^1
    root x:x ^1
    a:a 1.0.0
        needs b:b ^1
    a:a 1.1.0
        needs b:b ^1.5
    b:b 1.0.0
    b:b 1.5.0
    x:x 1.0.0
        needs b:b >=1,<1.5";

#[test]
fn bindings_below_the_highest_have_ceilings() {
    let (catalog, answer) = solved(HELD_BACK);
    let items: Vec<u32> = answer.ceilings.iter().map(|ceiling| ceiling.item).collect();
    assert_eq!(items, [0, 2]);
    match check(&catalog, &Outcome::Solved(answer.clone())) {
        Ok(Checked::Solved(checked)) => {
            assert_eq!(checked.items(), 4);
            assert_eq!((checked.roots(), checked.releases()), (&answer.roots[..], &answer.releases[..]));
            assert_eq!((checked.roots().len(), checked.releases().len()), (2, 3));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_preferred_release_ranks_first() {
    let problem = |preferences: &str| catalog(&format!("root a:a *\n{preferences}\na:a 1.0.0\na:a 1.1.0\na:a 2.0.0"));
    let check_only = |preferences: &str, version: &str| {
        let catalog = problem(preferences);
        let number = release(&catalog, version);
        let all = reference::all(&catalog);
        let complete = all.iter().find(|complete| complete.answer(&catalog).roots[0].to == number);
        let answer = complete.expect("a complete answer").answer(&catalog);
        check(&catalog, &Outcome::Solved(answer)).map(drop).map_err(|fault| fault.to_string())
    };
    let no_ceiling = |to: &str, higher: &str| {
        Err(format!(
            "there is no ceiling of item 0: the dependency of the consumer on a:a * (one) is bound to a:a {to} (one), and \
             nothing says why not to a:a {higher} (one)"
        ))
    };
    assert_eq!(check_only("", "a:a 2.0.0"), Ok(()));
    assert_eq!(check_only("prefer a:a 1.0.0", "a:a 1.0.0"), Ok(()));
    assert_eq!(check_only("prefer a:a 1.0.0", "a:a 2.0.0"), no_ceiling("2.0.0", "1.0.0"));
    assert_eq!(check_only("prefer a:a 1.0.0\nprefer a:a 1.1.0", "a:a 1.0.0"), no_ceiling("1.0.0", "1.1.0"));
    assert_eq!(check_only("prefer a:a 1.0.0\nprefer a:a 1.1.0", "a:a 1.1.0"), Ok(()));
    // What is not there, or of another package, is no preference.
    assert_eq!(check_only("prefer a:a 3.0.0\nprefer b:b 1.0.0", "a:a 2.0.0"), Ok(()));
    assert_eq!(check_only("prefer two/a:a 1.0.0", "a:a 1.1.0"), no_ceiling("1.1.0", "2.0.0"));
}

#[test]
fn a_missing_ceiling() {
    let (catalog, mut answer) = solved(HELD_BACK);
    answer.ceilings.pop();
    refused(
        &catalog,
        answer,
        "there is no ceiling of item 2: the dependency of a:a 1.0.0 (one) on b:b ^1 (one) is bound to b:b 1.0.0 (one), and \
         nothing says why not to b:b 1.5.0 (one)",
    );
}

#[test]
fn a_lower_version_without_a_ceiling() {
    let catalog = catalog("root a:a *\na:a 1.0.0\na:a 1.1.0");
    let lower = reference::all(&catalog).pop().expect("two complete answers");
    refused(
        &catalog,
        lower.answer(&catalog),
        "there is no ceiling of item 0: the dependency of the consumer on a:a * (one) is bound to a:a 1.0.0 (one), and \
         nothing says why not to a:a 1.1.0 (one)",
    );
}

#[test]
fn a_lower_version_with_the_ceiling_of_another_problem() {
    // Where a:a 1.1.0 needs what is not there, the ceiling is right; where it does not, the same ceiling is not.
    let (_, answer) = solved("root a:a *\na:a 1.0.0\na:a 1.1.0\n needs b:b *\nabsent b:b");
    let catalog = catalog("root a:a *\na:a 1.0.0\na:a 1.1.0\n optional b:b *\nabsent b:b");
    refused(
        &catalog,
        answer,
        "the ceiling of item 0, the dependency of the consumer on a:a * (one), bound to a:a 1.0.0 (one), does not hold: \
         step 5 does not hold: a:a 1.1.0 (one) is available",
    );
}

#[test]
fn a_lower_track_with_the_ceiling_of_the_higher_one_only() {
    // Nothing is wrong with a:a 1.1.0, so a ceiling must speak of it, too.
    let catalog = catalog(
        "root a:a *
         a:a 1.0.0
         a:a 1.1.0
         a:a 2.0.0
            needs b:b *
         absent b:b",
    );
    let lowest = reference::all(&catalog).pop().expect("two complete answers");
    let mut answer = lowest.answer(&catalog);
    assert_eq!(answer.roots[0].to, release(&catalog, "a:a 1.0.0"));
    assert!(matches!(prove(&Problem::ceiling(&catalog, &lowest, 0)), Proof::Satisfied(_)));
    let (_, right) = solved("root a:a *\na:a 1.0.0\na:a 1.1.0\na:a 2.0.0\n needs b:b *\nabsent b:b");
    answer.ceilings = right.ceilings;
    refused(
        &catalog,
        answer,
        "the ceiling of item 0, the dependency of the consumer on a:a * (one), bound to a:a 1.0.0 (one), does not hold: \
         step 1 does not hold: what the consumer requires does not rule out the wish for a higher release on \
         a:a 1.x (one)",
    );
}

#[test]
fn a_ceiling_of_a_forced_item() {
    let text = "
        root a:a *
        a:a 1.0.0
            needs b:b * [f]
            optional b:b *
            feature late: +1
        b:b 1.0.0
            needs a:a * [late]
            feature f:";
    let (catalog, mut answer) = solved(text);
    answer.ceilings = vec![Ceiling { item: 3, derivation: Derivation::default() }];
    refused(
        &catalog,
        answer,
        "there is a ceiling of item 3, which needs none: the dependency of a:a 1.0.0 (one) on b:b * (one) was bound by an \
         earlier item",
    );
}

#[test]
fn a_ceiling_of_a_binding_to_the_highest() {
    let (catalog, mut answer) = solved(HELD_BACK);
    answer.ceilings[1].item = 1;
    refused(
        &catalog,
        answer,
        "there is a ceiling of item 1, which needs none: the dependency of the consumer on x:x ^1 (one) is bound to the \
         highest of its candidates",
    );
}

#[test]
fn a_ceiling_of_no_item() {
    let (catalog, mut answer) = solved(HELD_BACK);
    answer.ceilings[1].item = 4;
    refused(&catalog, answer, "there is a ceiling of item 4, but the queue has only 4 items, counted from 0");
}

#[test]
fn ceilings_out_of_order() {
    let (catalog, mut answer) = solved(HELD_BACK);
    answer.ceilings.swap(0, 1);
    refused(&catalog, answer, "the ceilings are not in ascending order: that of item 0 stands after that of item 2");
}

#[test]
fn a_ceiling_twice() {
    let (catalog, mut answer) = solved(HELD_BACK);
    answer.ceilings[1] = answer.ceilings[0].clone();
    refused(&catalog, answer, "the ceilings are not in ascending order: that of item 0 stands after that of item 0");
}

#[test]
fn a_ceiling_that_leans_on_a_later_binding() {
    // With x:x bound first the ceiling of a:a is easy; but x:x comes after a:a.
    let (catalog, mut answer) = solved(HELD_BACK);
    let complete = reference::all(&catalog).remove(0);
    let Proof::Refuted(derivation) = prove(&Problem::ceiling(&catalog, &complete, 2)) else {
        panic!("b:b cannot go higher");
    };
    answer.ceilings[0].derivation = derivation;
    refused(
        &catalog,
        answer,
        "the ceiling of item 0, the dependency of the consumer on a:a ^1 (one), bound to a:a 1.0.0 (one), does not hold: \
         step 0 does not hold: what the consumer requires does not rule out a:a 1.1.0 (one)",
    );
}

#[test]
fn releases_without_an_asked_feature_are_no_candidates() {
    let (catalog, answer) = solved("root a:a * [f]\na:a 1.0.0\n feature f:\na:a 2.0.0");
    assert!(answer.ceilings.is_empty());
    assert!(matches!(check(&catalog, &Outcome::Solved(answer)), Ok(Checked::Solved(_))));
}

#[test]
fn yanked_releases_are_no_candidates() {
    let (catalog, answer) = solved("root a:a *\na:a 1.0.0\na:a 2.0.0 yanked");
    assert!(answer.ceilings.is_empty());
    assert!(matches!(check(&catalog, &Outcome::Solved(answer)), Ok(Checked::Solved(_))));
}

#[test]
fn spanning_dependencies_are_pinned_to_their_track() {
    // Once x:x is bound to z:z 2.0.0, whose feature f wants the older w:w, y:y cannot go higher. Were x:x free to take
    // z:z 1.0.0 beside it, y:y could.
    let text = "
        root v:v *
        root x:x *
        v:v 1.0.0
            needs u:u *
        u:u 1.0.0
            needs y:y *
            needs z:z ^1
        x:x 1.0.0
            needs z:z * [f]
        y:y 1.0.0
        y:y 1.1.0
            needs w:w =1.1.0
        z:z 1.0.0
            feature f:
        z:z 2.0.0
            optional w:w =1.0.0
            feature f: +0
        w:w 1.0.0
        w:w 1.1.0";
    let (catalog, answer) = solved(text);
    let [ceiling] = answer.ceilings.as_slice() else { panic!("one ceiling: {:?}", answer.ceilings) };
    let bound = |variable: &Variable| matches!(variable, Variable::Bound { dependent: Some(_), .. });
    assert!(ceiling.derivation.variables.iter().any(bound));
    assert!(matches!(check(&catalog, &Outcome::Solved(answer)), Ok(Checked::Solved(_))));
}

#[test]
fn a_wish_for_a_higher_track_of_a_spanning_dependency() {
    let text = "
        root a:a *
        root d:d *
        a:a 1.0.0
            needs l:l ^1
        a:a 2.0.0
            needs l:l ^2
        d:d 1.0.0
            needs l:l *
        d:d 1.1.0
            needs l:l ^1
        l:l 1.0.0
            exclusive lib
        l:l 2.0.0
            exclusive lib";
    let (catalog, answer) = solved(text);
    let items: Vec<u32> = answer.ceilings.iter().map(|ceiling| ceiling.item).collect();
    assert_eq!(items, [1]);
    assert!(matches!(check(&catalog, &Outcome::Solved(answer)), Ok(Checked::Solved(_))));
}

#[test]
fn no_complete_answer_but_the_highest_has_all_its_ceilings() {
    let catalog = catalog(HELD_BACK);
    let all = reference::all(&catalog);
    assert_eq!(all.len(), 1, "an older a:a has only an older b:b");
    assert!(prover::ceilings(&catalog, &all[0]).1.is_empty());
}
