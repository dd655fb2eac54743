//! Complete answers that are not *the* one, and proofs of what is true only in a problem nearby: the checker refuses them.

use headlock::check::Fault;
use headlock::problem::{Answer, Catalog, Ceiling, Derivation, Outcome};

use crate::oracle::outcome as named;
use crate::oracle::problem::Problem;
use crate::oracle::random::Random;
use crate::rounds;

use super::agreement::natively;
use super::encoding::Encoding;
use super::forgeries;
use super::numbers::Numbers;
use super::queue::{self, Complete};
use super::records::{Id, Records};
use super::refusals::Judged;

/// Problems, and how many other answers of each kind of each.
const PROBLEMS: u64 = 80;
const ANSWERS: usize = 5;

#[test]
fn every_other_complete_answer_is_refused_for_not_being_the_highest() {
    let (mut judged, mut answers) = (Judged::default(), 0);
    let seeds = super::seeds(0..PROBLEMS);
    for seed in seeds.clone() {
        let problem = super::problem(seed);
        let records = Records::new(&problem);
        let mut encoding = Encoding::new(&records);
        let Some(right) = queue::answer(&mut encoding) else { continue };
        let ended = natively(&problem).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let Outcome::Solved(solved) = &ended.numbered else { continue };
        let mut catalog = ended.catalog;
        rounds::supply_rest(&problem, &mut catalog);
        let fault = judged.fault(&catalog, "the answer", &ended.numbered);
        assert_eq!(fault, None, "seed {seed}: no longer the answer once all packages are supplied");
        let numbers = Numbers::new(&records, &catalog);
        let mut random = Random::new(seed);
        for other in others(&mut encoding, &right, &mut random) {
            answers += 1;
            let bare = numbers.answer(&other);
            for (what, ceilings) in proofs(solved, &other, &mut random) {
                let outcome = Outcome::Solved(Answer { ceilings, ..bare.clone() });
                let fault = judged.fault(&catalog, what, &outcome);
                // That it is complete is not in question.
                let for_its_ceilings = matches!(fault, Some(Fault::Ceiling(_) | Fault::CouldNotTell(_)));
                assert!(for_its_ceilings, "seed {seed}: another answer with {what}: {fault:?}");
            }
        }
    }
    judged.print(&format!("{answers} other complete answers"));
    if seeds == (0..PROBLEMS) {
        assert!(answers > 200 && judged.refused.kinds() == 4, "only {answers} other complete answers");
    }
}

#[test]
fn what_the_solver_proves_of_a_problem_nearby_is_refused() {
    let mut judged = Judged::default();
    let seeds = super::seeds(0..PROBLEMS);
    for seed in seeds.clone() {
        let problem = super::problem(seed);
        let records = Records::new(&problem);
        match queue::answer(&mut Encoding::new(&records)) {
            Some(right) => {
                without_a_release(&mut judged, seed, &problem, &records, &right);
                without_a_link(&mut judged, seed, &problem, &right.in_names(&records));
                without_what_is_stated(&mut judged, seed, &problem, &right.in_names(&records));
            }
            None => without_an_answer(&mut judged, seed, &problem),
        }
    }
    judged.print("proofs of a problem nearby");
    if seeds == (0..PROBLEMS) {
        let (kinds, refused) = (judged.refused.kinds(), judged.refused.sum());
        assert!(kinds == 8 && refused > 200, "only {refused} of {kinds} kinds were refused");
    }
}

/// Complete answers that are the right one up to an item and bind that lower, and some more.
fn others<'r>(encoding: &mut Encoding<'r>, right: &Complete<'r>, random: &mut Random) -> Vec<Complete<'r>> {
    let mut others = Vec::new();
    let (mut kept, mut lower) = (vec![encoding.consumer], Vec::new());
    for item in right.items.iter().filter(|item| !item.forced) {
        let bound = encoding.bound(item.dependency, item.to);
        lower.push([&kept[..], &[!bound]].concat());
        kept.push(bound);
    }
    random.shuffle(&mut lower);
    for assumptions in lower {
        if others.len() < ANSWERS && encoding.is_satisfiable(&assumptions) {
            others.push(queue::found(encoding));
        }
    }
    // Then any, each of those that were found ruled out.
    let blocked = encoding.literal();
    for place in 0..ANSWERS {
        for complete in if place == 0 { std::slice::from_ref(right) } else { &others[others.len() - 1..] } {
            let bound = complete.bindings.iter().map(|(&dependency, &to)| !encoding.bound(dependency, to));
            let clause: Vec<_> = bound.chain([!blocked]).collect();
            encoding.clause(&clause);
        }
        if !encoding.is_satisfiable(&[encoding.consumer, blocked]) {
            break;
        }
        others.push(queue::found(encoding));
    }
    others
}

/// What might be offered as a proof that an answer is the highest.
fn proofs(right: &Answer, other: &Complete<'_>, random: &mut Random) -> Vec<(&'static str, Vec<Ceiling>)> {
    let needed = other.below_their_highest();
    let mut of_any = Vec::new();
    for &item in &needed {
        let same = right.ceilings.iter().find(|ceiling| ceiling.item == item);
        let derivation = match right.ceilings.len() {
            0 => Derivation::default(),
            count => same.unwrap_or(&right.ceilings[random.below(count)]).derivation.clone(),
        };
        of_any.push(Ceiling { item, derivation });
    }
    let mut proofs = vec![
        ("no ceilings", Vec::new()),
        ("the right answer's ceilings", right.ceilings.clone()),
        ("the right answer's ceilings where some are needed", of_any),
    ];
    for forged in forgeries::all() {
        let made_up = needed.iter().map(|&item| Ceiling { item, derivation: forged.clone() });
        proofs.push(("ceilings made up", made_up.collect()));
    }
    proofs
}

/// The solver's outcomes where a release of the right answer is yanked: an answer that is complete, and nearly all of its
/// proof holds, or a derivation; each offered where the release is not yanked.
fn without_a_release(judged: &mut Judged, seed: u64, problem: &Problem, records: &Records<'_>, right: &Complete<'_>) {
    let mut random = Random::new(seed);
    let mut chosen: Vec<Id> = right.on.keys().copied().collect();
    random.shuffle(&mut chosen);
    for &id in chosen.iter().take(ANSWERS) {
        let numbered = &records.releases[id];
        let mut nearby = problem.clone();
        let releases = nearby.packages.get_mut(numbered.package).expect("the package of a release");
        releases.get_mut(numbered.version).expect("the release").yanked = true;
        let ended = natively(&nearby).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let what = match ended.numbered {
            Outcome::Solved(_) => "an answer where a release is yanked",
            Outcome::Unsolvable(_) => "a derivation where a release is yanked",
            _ => continue,
        };
        let mut catalog = ended.catalog;
        let Some(release) = Numbers::new(records, &catalog).release(id) else { continue };
        catalog.releases[release as usize].yanked = false;
        refused(judged, seed, &catalog, what, &ended.numbered);
        rounds::supply_rest(problem, &mut catalog);
        refused(judged, seed, &catalog, what, &ended.numbered);
    }
}

/// The solver's outcomes where a link is missing, unless it has the right answer, offered where the link is there.
fn without_a_link(judged: &mut Judged, seed: u64, problem: &Problem, right: &named::Answer) {
    let held = |answer: &named::Answer| (answer.consumer.clone(), answer.releases.clone());
    for link in &problem.links {
        let mut nearby = problem.clone();
        nearby.links.remove(link);
        let ended = natively(&nearby).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let what = match &ended.outcome {
            named::Outcome::Solved(answer) if held(answer) != held(right) => "an answer where a link is missing",
            named::Outcome::Unsolvable => "a derivation where a link is missing",
            _ => continue,
        };
        let mut catalog = ended.catalog;
        let (to, package) = link.1.split_once('/').map_or((&*link.1, None), |(to, package)| (to, Some(package)));
        catalog.add_link(&link.0, to, package.as_ref().map(std::slice::from_ref));
        refused(judged, seed, &catalog, what, &ended.numbered);
        rounds::supply_rest(problem, &mut catalog);
        refused(judged, seed, &catalog, what, &ended.numbered);
    }
}

/// The solver's outcomes where nothing is preferred, or nothing replaced, unless it has the right answer, offered where
/// something is.
fn without_what_is_stated(judged: &mut Judged, seed: u64, problem: &Problem, right: &named::Answer) {
    let held = |answer: &named::Answer| (answer.consumer.clone(), answer.releases.clone());
    for (is_about_preferences, what) in [
        (true, ["an answer where nothing is preferred", "a derivation where nothing is preferred"]),
        (false, ["an answer where nothing is replaced", "a derivation where nothing is replaced"]),
    ] {
        let mut nearby = problem.clone();
        match is_about_preferences {
            true => nearby.preferences.clear(),
            false => nearby.overrides.clear(),
        }
        let ended = natively(&nearby).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let what = match &ended.outcome {
            named::Outcome::Solved(answer) if held(answer) != held(right) => what[0],
            named::Outcome::Unsolvable => what[1],
            _ => continue,
        };
        let mut catalog = ended.catalog;
        match is_about_preferences {
            true => problem.preferences.iter().for_each(|(package, version)| {
                catalog.add_preference(&package.registry, &package.name, version);
            }),
            false => problem.overrides.iter().for_each(|(package, by)| {
                catalog.add_override((&package.registry, &package.name), (&by.registry, &by.name));
            }),
        }
        rounds::supply_rest(problem, &mut catalog);
        let fault = judged.fault(&catalog, what, &ended.numbered);
        assert!(fault.is_some(), "seed {seed}: {what} is accepted");
    }
}

/// The solver's derivation where there is no answer, offered where there is one, a root being left out or nothing yanked.
fn without_an_answer(judged: &mut Judged, seed: u64, problem: &Problem) {
    let ended = natively(problem).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    if ended.numbered == Outcome::Exhausted {
        return;
    }
    let has_an_answer = |problem: &Problem| queue::answer(&mut Encoding::new(&Records::new(problem))).is_some();
    for root in 0..problem.roots.len() {
        let mut nearby = problem.clone();
        nearby.roots.remove(root);
        if has_an_answer(&nearby) {
            let mut catalog = ended.catalog.clone();
            catalog.roots.remove(root);
            refused(judged, seed, &catalog, "a derivation where there is one root more", &ended.numbered);
        }
    }
    let mut nearby = problem.clone();
    nearby.packages.values_mut().flat_map(|releases| releases.values_mut()).for_each(|release| release.yanked = false);
    if has_an_answer(&nearby) {
        let mut catalog = ended.catalog;
        catalog.releases.iter_mut().for_each(|release| release.yanked = false);
        refused(judged, seed, &catalog, "a derivation where releases are yanked", &ended.numbered);
    }
}

fn refused(judged: &mut Judged, seed: u64, catalog: &Catalog, what: &'static str, outcome: &Outcome) {
    let fault = judged.fault(catalog, what, outcome);
    let for_its_proof = matches!(fault, Some(Fault::Ceiling(_) | Fault::Derivation(_) | Fault::CouldNotTell(_)));
    assert!(for_its_proof, "seed {seed}: {what}: {fault:?}");
}
