//! Single steps against all complete answers: whatever the checker lets pass, no complete answer may contradict.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::subset::{Of, Subset, contains, listed, numbered, well_formed};
use crate::check::{Fault, check};
use crate::problem::{Cause, Derivation, Outcome, Step, Term, Variable};

use super::prover::ranges;
use super::random::{Draw, problem};
use super::reference;
use super::tables::Problem;
use super::text::catalog;

/// What a step says is true of the values of an answer.
fn holds(term: &Term, variables: &[Variable], values: &BTreeMap<Variable, u32>) -> bool {
    let value = values.get(&variables[term.variable as usize]);
    value.is_some_and(|&value| contains(&term.ranges, value)) == term.positive
}

fn random_set(draw: &mut Draw, size: u32) -> BTreeSet<u32> {
    (0..size).filter(|_| draw.one_in(2)).collect()
}

#[test]
fn no_step_that_passes_contradicts_a_complete_answer() {
    let (mut leaves, mut resolved, mut refused) = (0, 0, 0);
    for seed in 0..400 {
        let mut draw = Draw::new(seed);
        let text = problem(&mut draw);
        let catalog = catalog(&text);
        let answers = reference::all(&catalog);
        if answers.is_empty() {
            continue;
        }
        let tables = Problem::plain(&catalog);
        let assignments: Vec<_> = answers.iter().map(|answer| tables.assignment(answer)).collect();
        let universe: BTreeSet<Variable> = assignments
            .iter()
            .flat_map(|values| values.iter())
            .flat_map(|(&variable, &value)| {
                let required = tables.required(variable, value).into_keys();
                required.chain([variable])
            })
            .collect();
        let variables: Vec<Variable> = universe.into_iter().collect();
        let count = catalog.releases.len() as u32;
        let mut steps = Vec::new();
        for _ in 0..60 {
            let step = random_step(&mut draw, &tables, &variables, &steps, count);
            let mut with = steps.clone();
            with.push(step.clone());
            let place = steps.len();
            let derivation = Derivation { variables: variables.clone(), steps: with };
            let wrong = match check(&catalog, &Outcome::Unsolvable(derivation)) {
                Err(Fault::Derivation(fault)) => fault.to_string().starts_with(&format!("step {place} ")),
                other => panic!("there is an answer: {other:?}\n{text}"),
            };
            if wrong {
                refused += 1;
                continue;
            }
            match step.cause {
                Cause::Both(..) => resolved += 1,
                _ => leaves += 1,
            }
            for values in &assignments {
                let all = step.terms.iter().all(|term| holds(term, &variables, values));
                assert!(!all, "{step:?} of {variables:?} contradicts {values:?}\n{text}");
            }
            steps.push(step);
        }
    }
    assert!(leaves > 1_000 && resolved > 1_000 && refused > 1_000, "{leaves} {resolved} {refused}");
}

/// A step that is often right, or nearly so.
fn random_step(draw: &mut Draw, tables: &Problem<'_>, variables: &[Variable], steps: &[Step], count: u32) -> Step {
    let number = |variable: &Variable| variables.binary_search(variable).ok().map(|place| place as u32);
    let term = |variable: u32, positive, values: &BTreeSet<u32>| Term { variable, positive, ranges: ranges(values) };
    let variable = draw.below(variables.len() as u32);
    if steps.len() >= 2 && draw.one_in(2) {
        return random_resolution(draw, variables, steps, count);
    }
    let mut values = random_set(draw, count);
    if draw.one_in(2) {
        values = values.into_iter().take(1).collect();
    }
    if draw.one_in(3) {
        return Step { terms: vec![term(variable, true, &values)], cause: Cause::Nothing };
    }
    let mut other = None;
    let mut allowed = BTreeSet::new();
    for &value in &values {
        if tables.available(variables[variable as usize], value) {
            for (required, of_value) in tables.required(variables[variable as usize], value) {
                let place = number(&required).filter(|_| other.is_none_or(|other| Some(other) == number(&required)));
                if let Some(place) = place {
                    other = Some(place);
                    allowed.extend(of_value);
                }
            }
        }
    }
    if draw.one_in(4) {
        let flipped = draw.below(count);
        if !allowed.remove(&flipped) {
            allowed.insert(flipped);
        }
    }
    let other = other.filter(|_| !draw.one_in(10)).unwrap_or_else(|| draw.below(variables.len() as u32));
    let mut terms = vec![term(variable, true, &values), term(other, false, &allowed)];
    terms.sort_by_key(|term| term.variable);
    Step { terms, cause: Cause::Requires }
}

/// What follows from two steps on a variable of both, perhaps with a value too many or too few.
fn random_resolution(draw: &mut Draw, variables: &[Variable], steps: &[Step], count: u32) -> Step {
    let (a, b) = (draw.below(steps.len() as u32), draw.below(steps.len() as u32));
    let (one, two) = (&steps[a as usize], &steps[b as usize]);
    let shared: Vec<u32> = one
        .terms
        .iter()
        .map(|term| term.variable)
        .filter(|variable| two.terms.iter().any(|term| term.variable == *variable))
        .collect();
    let pivot = match shared.is_empty() {
        true => draw.below(variables.len() as u32),
        false => shared[draw.below(shared.len() as u32) as usize],
    };
    let mut terms = Vec::new();
    for variable in 0..variables.len() as u32 {
        let find = |step: &Step| step.terms.iter().find(|term| term.variable == variable).cloned();
        let all = Term { variable, positive: false, ranges: Vec::new() };
        let (of_one, of_two) = (find(one).unwrap_or(all.clone()), find(two).unwrap_or(all));
        let inside = |value: Option<u32>| {
            let of = |term: &Term| value.is_some_and(|value| contains(&term.ranges, value)) == term.positive;
            match variable == pivot {
                true => of(&of_one) || of(&of_two),
                false => of(&of_one) && of(&of_two),
            }
        };
        // Values beyond the releases are all alike, but the highest must stay in: it stands for them.
        let beyond = inside(Some(count));
        let none = inside(None);
        let mut values: BTreeSet<u32> = (0..count).filter(|&value| inside(Some(value)) != none).collect();
        if draw.one_in(20) {
            values.insert(draw.below(count));
        }
        let mut term = Term { variable, positive: !none, ranges: ranges(&values) };
        if beyond != none {
            match term.ranges.last_mut() {
                Some((_, last)) if *last + 1 == count => *last = u32::MAX,
                _ => term.ranges.push((count, u32::MAX)),
            }
        }
        if term.positive || !term.ranges.is_empty() {
            terms.push(term);
        }
    }
    Step { terms, cause: Cause::Both(a, b) }
}

#[test]
fn subsets_escape_as_their_elements_do() {
    let mut draw = Draw::new(7);
    for _ in 0..5_000 {
        let mut term = || {
            let mut ranges = ranges(&random_set(&mut draw, 8));
            if draw.one_in(4) {
                match ranges.last_mut() {
                    Some((_, last)) if *last == 7 => *last = u32::MAX,
                    _ => ranges.push((u32::MAX, u32::MAX)),
                }
            }
            Term { variable: 0, positive: draw.one_in(2), ranges }
        };
        let terms = [term(), term(), term()];
        let inside = |term: &Term, element: Option<u32>| {
            element.is_some_and(|value| contains(&term.ranges, value)) == term.positive
        };
        for of in [Of::Union, Of::Intersection] {
            let elements = [None].into_iter().chain((0..10).chain([u32::MAX]).map(Some));
            let expected = elements.into_iter().find(|&element| {
                let [own, a, b] = terms.each_ref().map(|term| inside(term, element));
                own && match of {
                    Of::Union => !(a || b),
                    Of::Intersection => !(a && b),
                }
            });
            let [own, a, b] = terms.each_ref().map(Subset::of);
            assert_eq!(own.escapes(of, a, b), expected, "{of:?} of {terms:?}");
        }
    }
}

#[test]
fn ranges_are_apart_and_ascending() {
    for right in [&[][..], &[(0, 0)], &[(0, 1), (3, 3)], &[(0, u32::MAX)], &[(3, 4), (u32::MAX, u32::MAX)]] {
        assert!(well_formed(right), "{right:?}");
    }
    for wrong in [
        &[(1, 0)][..],
        &[(0, 1), (2, 3)],
        &[(0, 2), (2, 3)],
        &[(4, 5), (0, 1)],
        &[(0, u32::MAX), (0, 0)],
        &[(0, u32::MAX - 1), (u32::MAX, u32::MAX)],
    ] {
        assert!(!well_formed(wrong), "{wrong:?}");
    }
}

#[test]
fn values_within_ranges() {
    let ranges = [(0, 1), (4, 4), (6, u32::MAX)];
    let all = |list: &[u32]| listed(list, &ranges).collect::<Vec<u32>>();
    assert_eq!(all(&[0, 2, 4, 5, 7, u32::MAX]), [0, 4, 7, u32::MAX]);
    assert_eq!(all(&[]), [0; 0]);
    assert_eq!(numbered(1, 8, &ranges).collect::<Vec<u32>>(), [1, 4, 6, 7]);
    assert_eq!(numbered(2, 4, &ranges).collect::<Vec<u32>>(), [0; 0]);
    assert_eq!(numbered(0, 2, &[]).collect::<Vec<u32>>(), [0; 0]);
}
