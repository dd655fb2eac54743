//! Steps of a derivation, while it is being put together.

use crate::contract::Cause;
use crate::encoding::Var;
use crate::hashing::Table;
use crate::set::Set;
use pubgrub::VersionSet;

/// A statement about a variable.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Term {
    pub(super) var: Var,
    pub(super) is_positive: bool,
    pub(super) set: Set,
}

impl Term {
    /// The variable has a value within the set.
    pub(super) fn positive(var: Var, set: Set) -> Term {
        Term { var, is_positive: true, set }
    }

    /// Root has its value.
    pub(super) fn root() -> Term {
        Term::positive(Var::ROOT, Set::singleton(0))
    }

    /// The variable has no value within the set.
    pub(super) fn negative(var: Var, set: Set) -> Term {
        Term { var, is_positive: false, set }
    }
}

/// Terms that can't all be true.
pub(super) struct Step {
    /// Sorted by variable.
    pub(super) terms: Vec<Term>,
    pub(super) cause: Cause,
}

/// Steps; those that a step refers to come before it.
#[derive(Default)]
pub(super) struct Steps {
    causes: Vec<Cause>,
    places: Table<Vec<Term>, ()>,
}

impl Steps {
    /// Adds a step, unless one is there that says the same. Its place.
    pub(super) fn add(&mut self, mut terms: Vec<Term>, cause: Cause) -> u32 {
        terms.sort_unstable_by_key(|term| term.var);
        let (place, known) = self.places.insert_full(terms, ());
        if known.is_none() {
            self.causes.push(cause);
        }
        place as u32
    }

    /// Adds a step that follows from two others. If one of them is about root having its value, it is, too.
    pub(super) fn resolve(&mut self, mut terms: Vec<Term>, first: u32, second: u32) -> u32 {
        if !terms.iter().any(|term| term.var == Var::ROOT) && (self.needs_root(first) || self.needs_root(second)) {
            terms.push(Term::root());
        }
        self.add(terms, Cause::Both((first, second)))
    }

    fn needs_root(&self, place: u32) -> bool {
        self.places.get_index(place as usize).is_some_and(|(terms, ())| terms.contains(&Term::root()))
    }

    /// Why a step holds.
    pub(super) fn cause(&self, place: u32) -> Cause {
        self.causes[place as usize]
    }

    /// The steps that one needs, itself the last, numbered anew.
    pub(super) fn leading_to(self, conclusion: u32) -> Vec<Step> {
        let mut is_needed = vec![false; self.causes.len()];
        let mut todo = vec![conclusion];
        while let Some(place) = todo.pop() {
            if !std::mem::replace(&mut is_needed[place as usize], true)
                && let Cause::Both((first, second)) = self.causes[place as usize]
            {
                todo.extend([first, second]);
            }
        }
        let mut numbers = vec![0; self.causes.len()];
        let mut steps: Vec<Step> = Vec::new();
        for (place, (terms, cause)) in self.places.into_keys().zip(self.causes).enumerate() {
            if is_needed[place] {
                numbers[place] = steps.len() as u32;
                let cause = match cause {
                    Cause::Both((a, b)) => Cause::Both((numbers[a as usize], numbers[b as usize])),
                    leaf => leaf,
                };
                steps.push(Step { terms, cause });
            }
        }
        steps
    }
}
