//! Why values are hopeless, as steps.
//!
//! For each variable there is one step that says of all its hopeless values that matter: it has none of these. It rests
//! on the same kind of step for the variables that those values insist on. Only where values of two variables lean on
//! each other in turn (packages may depend on each other) a variable's step comes in parts.

use pubgrub::{Term, VersionSet};

use super::Draft;
use crate::contract::Cause;
use crate::encoding::{Encoding, Var};
use crate::hashing::Table;
use crate::set::Set;

/// Steps that say which values variables do not have.
pub(super) struct Facts {
    needs: Table<Var, Need>,
}

/// What is to be shown of a variable.
#[derive(Default)]
struct Need {
    /// None of these numbers can be its value. Many are no values at all.
    set: Option<Set>,
    /// Those that would be values but for a requirement.
    open: Vec<Unmet>,
    /// What has been shown, and in which step.
    shown: Option<(Set, u32)>,
}

/// A value that requires what can't be had.
struct Unmet {
    value: u32,
    rank: u32,
    var: Var,
    set: Set,
}

impl Facts {
    /// Shows that variables have no value within sets. Steps are added to `steps`.
    pub(super) fn show(demands: Vec<(Var, Set)>, encoding: &mut Encoding, steps: &mut Vec<Draft>) -> Facts {
        let mut facts = Facts { needs: Table::default() };
        facts.collect(demands, encoding);
        while facts.show_what_follows(steps) {}
        facts
    }

    /// The step that shows it of a variable.
    pub(super) fn step(&self, var: Var) -> Option<u32> {
        self.needs.get(&var).and_then(|need| need.shown.as_ref()).map(|(_, step)| *step)
    }

    /// Finds everything that the demands rest on.
    fn collect(&mut self, mut demands: Vec<(Var, Set)>, encoding: &mut Encoding) {
        demands.reverse();
        while let Some((var, set)) = demands.pop() {
            let need = self.needs.entry(var).or_default();
            let known = need.set.take().unwrap_or_else(Set::empty);
            let new = set.intersection(&known.complement());
            need.set = Some(known.union(&set));
            let mut last = Some(u32::MAX);
            while let Some(value) = last.and_then(|last| encoding.rules.highest(var, &new, last)) {
                if let Some((why, requirements)) = encoding.hopeless(var, value)
                    && let Some(unmet) = why.unmet
                {
                    let requirement = &requirements[unmet];
                    let (var, set) = (requirement.var, requirement.set.clone());
                    need.open.push(Unmet { value, rank: why.rank, var, set: set.clone() });
                    if !set.is_empty() {
                        demands.push((var, set));
                    }
                }
                last = value.checked_sub(1);
            }
        }
    }

    /// Adds steps for all variables of which everything can be shown now. If there is none left, but something is,
    /// for the value that turned out hopeless first. Whether there was anything to show.
    fn show_what_follows(&mut self, steps: &mut Vec<Draft>) -> bool {
        let mut progress = false;
        // What was found last rests on the least.
        for place in (0..self.needs.len()).rev() {
            let need = &self.needs[place];
            let is_done = need.open.is_empty() && need.shown.is_some();
            if !is_done && need.open.iter().all(|unmet| self.is_shown(unmet)) {
                let set = need.set.clone().unwrap_or_else(Set::empty);
                self.show_variable(place, set, steps);
                progress = true;
            }
        }
        if progress {
            return true;
        }
        let open = self.needs.values().enumerate();
        let open = open.flat_map(|(place, need)| need.open.iter().map(move |unmet| (unmet.rank, place, unmet)));
        let Some((_, place, unmet)) = open.min_by_key(|(rank, place, _)| (*rank, *place)) else { return false };
        if self.is_shown(unmet) {
            let set = Set::singleton(unmet.value);
            self.show_variable(place, set, steps);
        } else if let Some((required, _, need)) = self.needs.get_full(&unmet.var) {
            // All that the value insists on turned out hopeless before it, so what is not shown yet is not available.
            let open = need.open.iter().fold(Set::empty(), |set, unmet| set.union(&Set::singleton(unmet.value)));
            let set = unmet.set.intersection(&open.complement());
            self.show_variable(required, set, steps);
        }
        true
    }

    /// Whether what a value requires has been shown not to be.
    fn is_shown(&self, unmet: &Unmet) -> bool {
        let shown = self.needs.get(&unmet.var).and_then(|need| need.shown.as_ref());
        unmet.set.is_empty() || shown.is_some_and(|(shown, _)| unmet.set.subset_of(shown))
    }

    /// Shows that a variable has no value within a set.
    fn show_variable(&mut self, place: usize, set: Set, steps: &mut Vec<Draft>) {
        let Some((&var, need)) = self.needs.get_index_mut(place) else { return };
        let (now, later) = std::mem::take(&mut need.open).into_iter().partition(|unmet| set.contains(&unmet.value));
        need.open = later;
        let mut shown = need.shown.take();
        let mut reasons: Table<Var, Set> = Table::default();
        let now: Vec<Unmet> = now;
        let mut rest = set;
        for unmet in now {
            let value = Set::singleton(unmet.value);
            rest = rest.intersection(&value.complement());
            let values = reasons.entry(unmet.var).or_insert_with(Set::empty);
            *values = values.union(&value);
        }
        if let Some((before, _)) = &shown {
            rest = rest.intersection(&before.complement());
        }
        // What is no available value goes with any reason, and needs one of its own only if there is no other.
        match reasons.first_mut() {
            Some((_, values)) => *values = values.union(&rest),
            None => {
                let step = add(steps, vec![(var, Term::Positive(rest.clone()))], Cause::Nothing);
                shown = Some(both(steps, var, shown, (rest, step)));
            }
        }
        for (required, values) in reasons {
            let fact = self.needs.get(&required).and_then(|need| need.shown.clone());
            let absent = fact.as_ref().map_or_else(Set::empty, |(absent, _)| absent.clone());
            let terms = vec![(var, Term::Positive(values.clone())), (required, Term::Negative(absent))];
            let leaf = add(steps, terms, Cause::Requires);
            // A value within an empty set can't be had without any further reason.
            let fact = fact.map_or(leaf, |(_, fact)| fact);
            let step = add(steps, vec![(var, Term::Positive(values.clone()))], Cause::Both((leaf, fact)));
            shown = Some(both(steps, var, shown, (values, step)));
        }
        self.needs[place].shown = shown;
    }
}

/// Two facts about a variable as one.
fn both(steps: &mut Vec<Draft>, var: Var, first: Option<(Set, u32)>, second: (Set, u32)) -> (Set, u32) {
    let Some(first) = first else { return second };
    let set = first.0.union(&second.0);
    let step = add(steps, vec![(var, Term::Positive(set.clone()))], Cause::Both((first.1, second.1)));
    (set, step)
}

fn add(steps: &mut Vec<Draft>, terms: Vec<(Var, Term<Set>)>, cause: Cause) -> u32 {
    steps.push(Draft { terms, cause });
    steps.len() as u32 - 1
}
