//! Checks what a solver returns against what it was told, by the rules of `docs/resolution.md`.
//!
//! The checker shares no code with any solver. It trusts the catalog (whose records the host has proven) and nothing
//! else: numbers may be out of range, lists in any order, derivations about things that do not exist. What passes comes
//! back as a type that only this module makes, so whoever holds a [`CheckedAnswer`] knows that it is *the* answer.
//!
//! | file | checks |
//! |---|---|
//! | `answer.rs` | an answer is a complete one, and every list in it stands in its order |
//! | `queue.rs` | nothing in it is unreachable; which bindings are not to their highest candidate |
//! | `ceiling.rs` | exactly those have a derivation that nothing higher is possible |
//! | `derivation.rs` | a derivation, step by step |
//! | `leaf.rs` | a derivation's leaves: what the records require, and which values are available |
//! | `missing.rs` | the packages that an outcome asks for |
//!
//! Below them: `records.rs` reads the records by the page's terms (tracks, accepted releases, edges), `stated.rs` what the
//! problem states beside them (links, overrides, preferences), `subset.rs` is the arithmetic of sets, `limit.rs` bounds the work, `words.rs` names things for people.

mod answer;
mod ceiling;
mod derivation;
mod fault;
mod leaf;
mod limit;
mod missing;
mod queue;
mod records;
mod stated;
mod subset;
#[cfg(test)]
pub(crate) mod tests;
mod words;

use std::collections::BTreeSet;

use crate::problem::{Answer, Binding, Catalog, Chosen, Derivation, Outcome};

pub use fault::{AnswerFault, CeilingFault, DerivationFault, Fault, MissingFault, StepFault};
pub use limit::{Limit, MAX_RANGES, MAX_STEPS, MAX_TERMS, MAX_VARIABLES, MAX_WORK};

pub(crate) use leaf::{Extension, Leaves};
pub(crate) use records::{Edge, Records, Supply};

use leaf::Available;
use limit::Meter;
use stated::Stated;
use words::Words;

/// An outcome that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The answer.
    Solved(CheckedAnswer),
    /// Packages are missing: at least one, each mentioned by what the solver was told, none supplied yet, ascending.
    Incomplete,
    /// There is no answer.
    Unsolvable(CheckedDerivation),
    /// The budget ran out. There is nothing to check: it leads to no lock.
    Exhausted,
}

/// *The* answer of a problem: complete, and as high as the problem allows. Its numbers are those of the catalog that it
/// was checked against. Only [`check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedAnswer {
    answer: Answer,
    items: u32,
    replaced: BTreeSet<u32>,
}

impl CheckedAnswer {
    /// The whole answer, its ceilings included.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The consumer's dependencies, ascending by registry, name and requirement.
    pub fn roots(&self) -> &[Binding] {
        &self.answer.roots
    }

    /// Every release with its features and bindings, ascending by registry, name and version.
    pub fn releases(&self) -> &[Chosen] {
        &self.answer.releases
    }

    /// The packages that the consumer, or a release in the answer, declares a dependency on, and that are replaced.
    pub fn replaced(&self) -> &BTreeSet<u32> {
        &self.replaced
    }

    /// How many items the queue had, forced ones included.
    pub fn items(&self) -> u32 {
        self.items
    }
}

/// A derivation each of whose steps holds, and whose last says that there is no answer. Its numbers are those of the
/// catalog that it was checked against. Only [`check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedDerivation {
    derivation: Derivation,
}

impl CheckedDerivation {
    /// The derivation.
    pub fn derivation(&self) -> &Derivation {
        &self.derivation
    }
}

/// Checks an outcome against everything that the solver was told.
///
/// # Errors
/// The first thing that is wrong with the outcome, in words; or [`Fault::CouldNotTell`], if checking it would take more
/// than the limits allow, which says nothing about it.
pub fn check(catalog: &Catalog, outcome: &Outcome) -> Result<Checked, Fault> {
    match outcome {
        Outcome::Solved(answer) => {
            let mut leaves = Leaves::new(Records::new(catalog));
            let view = answer::check(leaves.records(), answer)?;
            let items = queue::walk(leaves.records(), view)?;
            let mut meter = Meter::new(answer.ceilings.iter().map(|ceiling| &ceiling.derivation))?;
            ceiling::check(&mut leaves, &items, &answer.ceilings, &mut meter)?;
            let replaced = items.replaced().clone();
            Ok(Checked::Solved(CheckedAnswer { answer: answer.clone(), items: items.len(), replaced }))
        }
        Outcome::Incomplete(packages) => {
            missing::check(catalog, packages)?;
            Ok(Checked::Incomplete)
        }
        Outcome::Unsolvable(derivation) => {
            let mut leaves = Leaves::new(Records::new(catalog));
            let mut meter = Meter::new([derivation])?;
            derivation::check(&mut leaves, &Extension::none(), derivation, &mut meter)?;
            Ok(Checked::Unsolvable(CheckedDerivation { derivation: derivation.clone() }))
        }
        Outcome::Exhausted => Ok(Checked::Exhausted),
    }
}
