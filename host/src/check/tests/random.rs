//! Random small problems: the checker against everything that there is to find.

use std::fmt::Write;

use crate::check::{CeilingFault, Checked, Fault, check};
use crate::problem::{Catalog, Outcome, State};

use super::prover::{self, Proof, prove};
use super::reference;
use super::tables::Problem;
use super::text::catalog;

/// A source of numbers that only look random.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        let mut draw = Draw(seed);
        // A first draw sets seeds that follow each other apart.
        Draw(u64::from(draw.below(u32::MAX)) << 32 | u64::from(draw.below(u32::MAX)))
    }

    pub(crate) fn below(&mut self, end: u32) -> u32 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % u64::from(end)) as u32
    }

    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len() as u32) as usize]
    }
}

const NAMES: [&str; 4] = ["a:a", "b:b", "c:c", "two/d:d"];
const VERSIONS: [&str; 7] = ["0.1.0", "0.1.1", "0.2.0-rc.1", "1.0.0", "1.1.0", "1.2.0+build", "2.0.0"];
const RANGES: [&str; 9] = ["*", "*", "^1", "^1.1", "=1.0.0", ">=1", "<1.1", "^0.1", ">=0.2.0-rc.0"];
const FEATURES: [&str; 3] = ["f", "g", "h"];

/// A problem as text: up to four packages on two registries, with everything that a record can say.
pub(crate) fn problem(draw: &mut Draw) -> String {
    let mut text = String::new();
    for _ in 0..1 + draw.below(3) {
        let _ = writeln!(text, "root {}", dependency(draw));
    }
    if !draw.one_in(4) {
        text.push_str("link one two\n");
    }
    if draw.one_in(3) {
        text.push_str("link two one\n");
    }
    for name in NAMES {
        match draw.below(16) {
            0 => {
                let _ = writeln!(text, "absent {name}");
            }
            1 => {}
            _ => {
                for version in VERSIONS {
                    if draw.one_in(2) {
                        release(draw, name, version, &mut text);
                    }
                }
            }
        }
    }
    text
}

/// The problem, every package of which is supplied: what is not given is proven absent.
pub(crate) fn supplied(text: &str) -> Catalog {
    let mut catalog = catalog(text);
    for package in 0..catalog.states.len() as u32 {
        if catalog.states[package as usize] == State::Unknown {
            catalog.supply_absent(package);
        }
    }
    catalog
}

fn dependency(draw: &mut Draw) -> String {
    let (name, range) = (draw.pick(&NAMES), draw.pick(&RANGES));
    let content = match draw.one_in(12) {
        true => "#1",
        false => "",
    };
    let features = match draw.below(4) {
        0 => format!(" [{}]", draw.pick(&FEATURES)),
        1 if draw.one_in(2) => " [f g]".to_owned(),
        _ => String::new(),
    };
    format!("{name} {range}{content}{features}")
}

fn release(draw: &mut Draw, name: &str, version: &str, text: &mut String) {
    let yanked = match draw.one_in(10) {
        true => " yanked",
        false => "",
    };
    let _ = writeln!(text, "{name} {version} #{}{yanked}", draw.below(2));
    let dependencies = match draw.below(4) {
        0 => 0,
        1 | 2 => 1,
        _ => 2,
    };
    for _ in 0..dependencies {
        let kind = match draw.one_in(3) {
            true => "optional",
            false => "needs",
        };
        let _ = writeln!(text, "    {kind} {}", dependency(draw));
    }
    for feature in FEATURES {
        if draw.one_in(3) {
            continue;
        }
        let _ = write!(text, "    feature {feature}:");
        if draw.one_in(4) {
            let _ = write!(text, " {}", draw.pick(&FEATURES));
        }
        if dependencies > 0 && draw.one_in(2) {
            let further = match draw.one_in(3) {
                true => format!("[{}]", draw.pick(&FEATURES)),
                false => String::new(),
            };
            let _ = write!(text, " +{}{further}", draw.below(dependencies));
        }
        text.push('\n');
    }
    if draw.one_in(8) {
        text.push_str("    exclusive lib\n");
    }
}

/// How many problems there were of each kind.
#[derive(Debug, Default)]
struct Count {
    unsolvable: u32,
    early: u32,
    solved: u32,
    with_ceilings: u32,
    others: u32,
    lower: u32,
    widened: u32,
}

#[test]
fn the_answer_is_accepted_and_nothing_else() {
    let mut count = Count::default();
    for seed in 0..2_000 {
        let mut draw = Draw::new(seed);
        let text = problem(&mut draw);
        let partly = catalog(&text);
        let catalog = supplied(&text);
        let all = reference::all(&catalog);
        if let Proof::Refuted(derivation) = prove(&Problem::plain(&partly)) {
            // Whatever is still to come, there will be no answer.
            count.early += u32::from(partly.states.contains(&State::Unknown));
            assert_eq!(all.len(), 0, "{text}");
            let checked = check(&partly, &Outcome::Unsolvable(derivation));
            assert!(matches!(checked, Ok(Checked::Unsolvable(_))), "{checked:?}\n{text}");
        }
        let Some(the_answer) = all.first() else {
            count.unsolvable += 1;
            let checked = check(&catalog, &super::unsolvable(&catalog));
            assert!(matches!(checked, Ok(Checked::Unsolvable(_))), "{checked:?}\n{text}");
            continue;
        };
        count.solved += 1;
        for (place, complete) in all.iter().enumerate().take(20) {
            let (ceilings, possible) = prover::ceilings(&catalog, complete);
            // The items at which something higher is possible are known without any derivation: it is in another answer.
            let expected: Vec<u32> = (0..complete.items.len())
                .filter(|&item| {
                    let mut others = all.iter().filter(|other| other.items.len() > item);
                    others.any(|other| {
                        other.items[..item] == complete.items[..item] && other.items[item].to > complete.items[item].to
                    })
                })
                .map(|item| item as u32)
                .collect();
            assert_eq!(possible, expected, "{text}");
            let mut answer = complete.answer(&catalog);
            answer.ceilings = ceilings;
            let needed = !answer.ceilings.is_empty();
            let checked = check(&catalog, &Outcome::Solved(answer));
            match (place, possible.first()) {
                (0, None) => {
                    count.with_ceilings += u32::from(needed);
                    assert!(matches!(checked, Ok(Checked::Solved(_))), "{checked:?}\n{text}");
                }
                (0, Some(item)) => panic!("something higher than the answer at item {item}\n{text}"),
                (_, None) => panic!("{complete:?} is as high as {the_answer:?}\n{text}"),
                (_, Some(&first)) => {
                    count.others += 1;
                    match checked {
                        Err(Fault::Ceiling(CeilingFault::Missing { item, .. })) => assert_eq!(item, first, "{text}"),
                        other => panic!("{other:?}\n{text}"),
                    }
                }
            }
        }
    }
    assert!(count.unsolvable > 300 && count.solved > 300, "{count:?}");
    assert!(count.early > 50 && count.with_ceilings > 50 && count.others > 1_000, "{count:?}");
}

#[test]
fn a_derivation_of_another_problem_is_refused() {
    let mut count = Count::default();
    for seed in 10_000..12_000 {
        let mut draw = Draw::new(seed);
        let text = problem(&mut draw);
        let mut catalog = supplied(&text);
        if let Proof::Refuted(derivation) = prove(&Problem::plain(&catalog)) {
            // Nothing yanked, or something not yet supplied, and there may be an answer. The numbers stay the same.
            let mut variants = vec![catalog.clone(); 2];
            for release in &mut variants[0].releases {
                release.yanked = false;
            }
            let package = draw.below(catalog.states.len() as u32) as usize;
            variants[1].states[package] = State::Unknown;
            for variant in variants {
                if let Proof::Satisfied(_) = prove(&Problem::plain(&variant)) {
                    count.widened += 1;
                    let checked = check(&variant, &Outcome::Unsolvable(derivation.clone()));
                    assert!(matches!(checked, Err(Fault::Derivation(_))), "{checked:?}\n{text}");
                }
            }
            continue;
        }
        // A ceiling, once what it speaks of is no longer true.
        let the_answer = reference::all(&catalog).remove(0);
        let mut answer = the_answer.answer(&catalog);
        answer.ceilings = prover::ceilings(&catalog, &the_answer).0;
        for release in &mut catalog.releases {
            release.yanked = false;
        }
        let now = reference::all(&catalog).remove(0);
        if now.answer(&catalog).releases != the_answer.answer(&catalog).releases {
            count.lower += 1;
            let checked = check(&catalog, &Outcome::Solved(answer));
            assert!(matches!(checked, Err(Fault::Ceiling(_))), "{checked:?}\n{text}");
        }
    }
    assert!(count.widened > 200 && count.lower > 30, "{count:?}");
}
