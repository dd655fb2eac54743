//! What people read, word for word.

use std::collections::BTreeMap;

use crate::check::tests::random::{Draw, problem, supplied};
use crate::check::tests::text::catalog;
use crate::check::tests::{reference, unsolvable};
use crate::check::{Checked, check};
use crate::problem::{Catalog, Cause, Derivation, Outcome, Step, Term, Variable};

use super::explain;

/// What is said of a derivation, which must hold.
#[track_caller]
fn said(catalog: &Catalog, outcome: &Outcome, most: usize) -> Vec<String> {
    match check(catalog, outcome) {
        Ok(Checked::Unsolvable(derivation)) => explain(catalog, &derivation, most),
        other => panic!("{other:?}"),
    }
}

/// What is said of a problem.
#[track_caller]
fn explained(text: &str, expected: &[&str]) {
    let catalog = catalog(text);
    assert_eq!(said(&catalog, &unsolvable(&catalog), 20), expected);
}

#[test]
fn a_root_that_nothing_fits() {
    explained("root a:a ^9\na:a 1.0.0", &["Because the consumer needs a:a ^9 (no release fits), there is no answer."]);
    explained(
        "root a:a *\nabsent a:a",
        &["Because the consumer needs a:a * (a:a does not exist), there is no answer."],
    );
    explained(
        "root a:a ^1\na:a 1.0.0 yanked\na:a 2.0.0",
        &["Because the consumer needs a:a ^1 (every release that fits is yanked), there is no answer."],
    );
    explained(
        "root a:a ^1#7\na:a 1.0.0 #8",
        &[
            "Because the consumer needs a:a ^1 with content 07070707… (no release that fits has that content), there is no \
           answer.",
        ],
    );
}

#[test]
fn releases_whose_dependencies_nothing_fits() {
    explained(
        "root a:a *
         a:a 1.0.0
            needs b:b ^2
         a:a 1.1.0
            needs b:b ^2
         a:a 2.0.0
            needs two/c:c *
         a:a 3.0.0
            needs a:a =3.1.0
         a:a 3.1.0
            needs b:b ^3
         b:b 1.0.0
         two/c:c 1.0.0",
        &[
            "Because the consumer needs a:a * of one, a:a 1.x of one needs b:b ^2 of one (no release fits), a:a 2.x of one \
           needs c:c * of two (its registry may not depend on two), a:a 3.0.0 of one needs a:a =3.1.0 of one (another release on its \
           own track) and a:a 3.1.0 of one needs b:b ^3 of one (no release fits), there is no answer.",
        ],
    );
}

#[test]
fn features_that_are_not_there() {
    explained(
        "root a:a * [f]
         a:a 1.0.0
         a:a 1.1.0
            feature f: g
         a:a 1.2.0
            optional b:b *
            feature f: +0
         absent b:b",
        &[
            "Because the consumer needs a:a * with feature f, a:a 1.0.0 has no feature f, a:a 1.1.0 with feature f needs its \
           own feature g (there is none) and a:a 1.2.0 with feature f needs b:b * (b:b does not exist), there is no answer.",
        ],
    );
}

#[test]
fn an_included_feature() {
    explained(
        "root a:a * [f]
         a:a 1.0.0
            optional b:b * [x]
            feature f: g
            feature g: +0
         b:b 1.0.0",
        &[
            "Because the consumer needs a:a * with feature f, a:a 1.x with feature f has feature g on, a:a 1.x with feature g \
           needs b:b * with feature x and b:b 1.x has no feature x, there is no answer.",
        ],
    );
}

#[test]
fn requirements_that_exclude_each_other() {
    explained(
        "root a:a ^1
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
         c:c 1.2.0",
        &[
            "Because the consumer needs a:a ^1, a:a 1.0.0 needs c:c =1.1.0, the consumer needs b:b *, b:b 1.x needs c:c =1.0.0 \
           and a:a 1.1.0 needs c:c >=1.1, there is no answer.",
        ],
    );
}

#[test]
fn an_exclusive_resource_twice() {
    explained(
        "root a:a *
         root b:b *
         a:a 1.0.0
            exclusive lib
         b:b 0.1.0
            exclusive lib",
        &[
            "Because the consumer needs a:a *, a:a 1.x names the exclusive resource lib, the consumer needs b:b * and b:b 0.1.x \
           names the exclusive resource lib, there is no answer.",
        ],
    );
}

#[test]
fn dependencies_that_span_tracks() {
    explained(
        "root a:a *
         root l:l ^1
         a:a 1.0.0
            needs l:l >1.0.0 [x]
         l:l 1.0.0
            exclusive lib
         l:l 2.0.0
            feature x:
            exclusive lib
         l:l 3.0.0",
        &[
            "Because a:a 1.x needs l:l >1.0.0 with feature x, l:l 1.x names the exclusive resource lib, l:l 2.x names the \
             exclusive resource lib and l:l 3.x has no feature x, no answer holds both a:a 1.x and l:l 1.x.",
            "And because the consumer needs a:a * and the consumer needs l:l ^1, there is no answer.",
        ],
    );
}

#[test]
fn many_stretches_of_versions() {
    let mut text = String::from("root a:a *\nabsent b:b\nabsent c:c\n");
    for patch in 0..9 {
        let needs = ["b:b", "c:c"][patch % 2];
        text.push_str(&format!("a:a 1.{patch}.0\n needs {needs} *\n"));
    }
    explained(
        &text,
        &[
            "Because the consumer needs a:a *, a:a 1.0.0, 1.2.0 or 3 others needs b:b * (b:b does not exist) and a:a 1.1.0, \
           1.3.0 or 2 others needs c:c * (c:c does not exist), there is no answer.",
        ],
    );
}

#[test]
fn long_stories_are_cut_before_their_end() {
    let text = "
        root a:a *
        root b:b *
        a:a 1.0.0
            needs x:x =1.0.0
        a:a 2.0.0
            needs x:x =1.1.0
        a:a 3.0.0
            needs x:x =1.2.0
        b:b 1.0.0
            needs x:x =1.3.0
        b:b 2.0.0
            needs x:x =1.4.0
        b:b 3.0.0
            needs x:x =1.5.0
        x:x 1.0.0
        x:x 1.1.0
        x:x 1.2.0
        x:x 1.3.0
        x:x 1.4.0
        x:x 1.5.0";
    let catalog = catalog(text);
    let outcome = unsolvable(&catalog);
    let whole = said(&catalog, &outcome, usize::MAX);
    assert!(whole.len() > 5, "{whole:#?}");
    let cut = said(&catalog, &outcome, 4);
    let hidden = format!("… and {} more steps.", whole.len() - 3);
    assert_eq!(cut, [whole[0].as_str(), &whole[1], &hidden, &whole[whole.len() - 1]]);
    assert_eq!(said(&catalog, &outcome, 0).len(), 3);
    assert_eq!(said(&catalog, &outcome, whole.len()), whole);
    let one_hidden = said(&catalog, &outcome, whole.len() - 1);
    assert_eq!(one_hidden[whole.len() - 3], "… and 2 more steps.");
}

#[test]
fn the_same_problem_told_in_another_order_is_explained_in_the_same_words() {
    let mut explained = 0;
    for seed in 0..2_000 {
        let mut draw = Draw::new(seed);
        let text = problem(&mut draw);
        let one = supplied(&text);
        if !reference::all(&one).is_empty() {
            continue;
        }
        let Outcome::Unsolvable(derivation) = unsolvable(&one) else { panic!("no derivation\n{text}") };
        // The same problem, its lines in another order, and the same derivation in other numbers.
        let two = supplied(&shuffled(&text, &mut draw));
        let renumbered = Renumbering { one: &one, two: &two }.derivation(&derivation, &mut draw);
        let words = said(&one, &Outcome::Unsolvable(derivation), 100);
        assert_eq!(words, said(&two, &Outcome::Unsolvable(renumbered), 100), "{text}");
        explained += u32::from(words.len() > 1);
    }
    assert!(explained > 20, "{explained}");
}

/// The roots, links and packages of a problem in another order.
fn shuffled(text: &str, draw: &mut Draw) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        match blocks.last_mut() {
            Some(block) if line.starts_with(' ') => *block += &format!("{line}\n"),
            _ => blocks.push(format!("{line}\n")),
        }
    }
    for place in (1..blocks.len()).rev() {
        blocks.swap(place, draw.below(place as u32 + 1) as usize);
    }
    blocks.concat()
}

/// One problem under two numberings.
struct Renumbering<'a> {
    one: &'a Catalog,
    two: &'a Catalog,
}

impl Renumbering<'_> {
    fn release(&self, release: u32) -> u32 {
        let key = |catalog: &Catalog, number: u32| {
            let (origin, name) = catalog.package_key(catalog.releases[number as usize].package);
            format!("{origin} {name} {}", catalog.version_of(number))
        };
        let wanted = key(self.one, release);
        let found = (0..self.two.releases.len() as u32).find(|&number| key(self.two, number) == wanted);
        found.expect("the same problem")
    }

    fn package(&self, package: u32) -> u32 {
        let wanted = self.one.package_key(package);
        let found = (0..self.two.packages.len() as u32).find(|&number| self.two.package_key(number) == wanted);
        found.expect("the same problem")
    }

    fn requirement(&self, requirement: u32) -> u32 {
        let wanted = &self.one.requirements[requirement as usize];
        self.two.requirements.iter().position(|known| known == wanted).expect("the same problem") as u32
    }

    fn feature(&self, feature: u32) -> u32 {
        let wanted = &self.one.feature_names[feature as usize];
        self.two.feature_names.iter().position(|known| known == wanted).expect("the same problem") as u32
    }

    fn variable(&self, variable: Variable) -> Variable {
        let bound = |dependent: Option<u32>, package, requirement| {
            (dependent.map(|track| self.release(track)), self.package(package), self.requirement(requirement))
        };
        match variable {
            Variable::Release { track } => Variable::Release { track: self.release(track) },
            Variable::Feature { track, feature } => {
                Variable::Feature { track: self.release(track), feature: self.feature(feature) }
            }
            Variable::Bound { dependent, package, requirement } => {
                let (dependent, package, requirement) = bound(dependent, package, requirement);
                Variable::Bound { dependent, package, requirement }
            }
            Variable::BoundFeature { dependent, package, requirement, feature } => {
                let (dependent, package, requirement) = bound(dependent, package, requirement);
                Variable::BoundFeature { dependent, package, requirement, feature: self.feature(feature) }
            }
            // There is only one resource in these problems.
            other => other,
        }
    }

    /// Variables, terms and causes in other places; values that are releases renumbered one by one.
    fn derivation(&self, derivation: &Derivation, draw: &mut Draw) -> Derivation {
        let count = derivation.variables.len();
        let mut places: Vec<usize> = (0..count).collect();
        for place in (1..count).rev() {
            places.swap(place, draw.below(place as u32 + 1) as usize);
        }
        let new_place: BTreeMap<usize, u32> = (0..).zip(&places).map(|(new, &old)| (old, new)).collect();
        let variables = places.iter().map(|&old| self.variable(derivation.variables[old])).collect();
        // Any order of the steps will do that has causes first and the conclusion last.
        let last = derivation.steps.len() - 1;
        let mut order: Vec<usize> = Vec::new();
        while order.len() < last {
            let is_ready = |step: &usize| match derivation.steps[*step].cause {
                Cause::Both(a, b) => [a, b].iter().all(|&cause| order.contains(&(cause as usize))),
                _ => true,
            };
            let ready: Vec<usize> = (0..last).filter(|step| !order.contains(step) && is_ready(step)).collect();
            order.push(ready[draw.below(ready.len() as u32) as usize]);
        }
        order.push(last);
        let new_step = |old: u32| order.iter().position(|&step| step == old as usize).expect("in order") as u32;
        let steps = order.iter().map(|&step| &derivation.steps[step]).map(|step| {
            let mut terms: Vec<Term> = step
                .terms
                .iter()
                .map(|term| {
                    let of_root = derivation.variables[term.variable as usize] == Variable::Root;
                    let values = term.ranges.iter().flat_map(|&(first, last)| first..=last);
                    let mut values: Vec<u32> =
                        values.map(|value| if of_root { value } else { self.release(value) }).collect();
                    values.sort_unstable();
                    let mut ranges: Vec<(u32, u32)> = Vec::new();
                    for value in values {
                        match ranges.last_mut() {
                            Some((_, last)) if *last + 1 == value => *last = value,
                            _ => ranges.push((value, value)),
                        }
                    }
                    Term { variable: new_place[&(term.variable as usize)], positive: term.positive, ranges }
                })
                .collect();
            terms.sort_by_key(|term| term.variable);
            let cause = match step.cause {
                Cause::Both(a, b) if draw.one_in(2) => Cause::Both(new_step(b), new_step(a)),
                Cause::Both(a, b) => Cause::Both(new_step(a), new_step(b)),
                cause => cause,
            };
            Step { terms, cause }
        });
        let steps = steps.collect();
        Derivation { variables, steps }
    }
}
