//! The checker refuses every answer but *the* one, whatever is offered as a proof, or says that it could not tell. What it
//! accepts beside the solver's own outcome is the same outcome with another proof, each step of which is true.

use headlock::check::{Fault, check};
use headlock::problem::{Answer, Catalog, Derivation, Outcome};

use crate::oracle::random::Random;

use super::agreement::natively;
use super::encoding::Encoding;
use super::forgeries;
use super::mutants::Mutants;
use super::numbers::Numbers;
use super::queue::{self, Complete};
use super::records::Records;
use super::steps::Steps;
use super::tally::Tally;

/// Problems of which mutants are made, and at how many places each change.
const PROBLEMS: u64 = 50;
const PLACES: usize = 4;

/// How the checker judged what it was offered, by kind.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) refused: Tally,
    could_not_tell: Tally,
    other_proofs: Tally,
}

impl Judged {
    /// Counts an outcome that the checker does not accept, and returns why; nothing for one that it accepts.
    pub(super) fn fault(&mut self, catalog: &Catalog, what: &'static str, outcome: &Outcome) -> Option<Fault> {
        let fault = check(catalog, outcome).err()?;
        let counts = match fault {
            Fault::CouldNotTell(_) => &mut self.could_not_tell,
            _ => &mut self.refused,
        };
        counts.add(what, 1);
        Some(fault)
    }

    pub(super) fn print(&self, of: &str) {
        self.refused.print(&format!("{of}: the checker refused {}", self.refused.sum()));
        self.could_not_tell.print(&format!("{of}: it could not tell of {}", self.could_not_tell.sum()));
        self.other_proofs.print(&format!("{of}: it accepted {} other proofs of the same", self.other_proofs.sum()));
    }
}

/// One problem's outcome, of which mutants are offered to the checker.
struct Offer<'j, 'e, 'r> {
    seed: u64,
    judged: &'j mut Judged,
    catalog: &'e Catalog,
    steps: Steps<'e, 'r>,
}

#[test]
fn every_mutant_is_refused_or_is_another_proof_of_the_same() {
    let mut judged = Judged::default();
    let seeds = super::seeds(0..PROBLEMS);
    for seed in seeds.clone() {
        let problem = super::problem(seed);
        let records = Records::new(&problem);
        let mut encoding = Encoding::new(&records);
        let answer = queue::answer(&mut encoding);
        let ended = natively(&problem).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let numbers = Numbers::new(&records, &ended.catalog);
        let steps = Steps::new(&mut encoding, &numbers);
        let mut offer = Offer { seed, judged: &mut judged, catalog: &ended.catalog, steps };
        let mut mutants = Mutants { catalog: &ended.catalog, random: Random::new(seed), most: PLACES };
        match (&ended.numbered, &answer) {
            (Outcome::Solved(solved), Some(answer)) => offer.solved(&mut mutants, solved, answer),
            (Outcome::Unsolvable(derivation), None) => offer.unsolvable(&mut mutants, derivation),
            // The other test counts what takes too many steps.
            _ => {}
        }
    }
    judged.print("mutants");
    if seeds == (0..PROBLEMS) {
        let (kinds, refused, accepted) = (judged.refused.kinds(), judged.refused.sum(), judged.other_proofs.sum());
        assert!(kinds >= 50 && refused > 10_000, "only {refused} mutants of {kinds} kinds were refused");
        assert!(accepted > 100, "only {accepted} other proofs were accepted");
    }
}

impl<'r> Offer<'_, '_, 'r> {
    fn solved(&mut self, mutants: &mut Mutants<'_>, right: &Answer, answer: &Complete<'r>) {
        mutants.answers(right, &mut |what, mutant| {
            if mutant != *right {
                let fault = self.judged.fault(self.catalog, what, &Outcome::Solved(mutant));
                assert!(fault.is_some(), "seed {}: accepted {what}", self.seed);
            }
        });
        let items = u32::try_from(answer.items.len()).expect("few items");
        mutants.ceilings(right, items, &mut |what, mutant| {
            if mutant == *right || self.judged.fault(self.catalog, what, &Outcome::Solved(mutant.clone())).is_some() {
                return;
            }
            // Two ceilings of the same items may have one proof.
            assert_eq!(right.ceilings.len(), mutant.ceilings.len(), "seed {}: accepted {what}", self.seed);
            self.judged.other_proofs.add(what, 1);
            for (right, other) in right.ceilings.iter().zip(&mutant.ceilings) {
                assert_eq!(right.item, other.item, "seed {}: accepted {what}", self.seed);
                if right != other {
                    self.steps.wish(&answer.items[..=other.item as usize]);
                    self.is_true(what, &Derivation::default(), &other.derivation);
                }
            }
        });
        for place in mutants.places(right.ceilings.len()) {
            let ceiling = &right.ceilings[place];
            self.steps.wish(&answer.items[..=ceiling.item as usize]);
            forgeries::of(mutants, &ceiling.derivation, &mut |what, derivation| {
                let mut mutant = right.clone();
                mutant.ceilings[place].derivation.clone_from(&derivation);
                self.derivation(what, &ceiling.derivation, &derivation, &Outcome::Solved(mutant));
            });
        }
    }

    fn unsolvable(&mut self, mutants: &mut Mutants<'_>, right: &Derivation) {
        forgeries::of(mutants, right, &mut |what, derivation| {
            self.derivation(what, right, &derivation, &Outcome::Unsolvable(derivation.clone()));
        });
        for forged in forgeries::all() {
            self.derivation("a forged derivation", right, &forged, &Outcome::Unsolvable(forged.clone()));
        }
    }

    /// An outcome that differs from the right one in a derivation.
    fn derivation(&mut self, what: &'static str, right: &Derivation, other: &Derivation, outcome: &Outcome) {
        if other != right && self.judged.fault(self.catalog, what, outcome).is_none() {
            self.judged.other_proofs.add(what, 1);
            self.is_true(what, right, other);
        }
    }

    /// Of a proof that was accepted, every step that the right one does not have in its place is true.
    fn is_true(&mut self, what: &str, right: &Derivation, other: &Derivation) {
        for (place, step) in other.steps.iter().enumerate() {
            let as_it_was = other.variables == right.variables && right.steps.get(place) == Some(step);
            let is_true = as_it_was || self.steps.is_true(other, step);
            assert!(is_true, "seed {}: accepted {what}, though step {place} is not true: {step:?}", self.seed);
        }
    }
}
