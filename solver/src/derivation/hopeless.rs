//! Why values are hopeless, as steps.
//!
//! For each variable there is one step that says of all its hopeless values that matter: it has none of these. It rests
//! on the same kind of step for the variables that those values insist on. Only where values of two variables lean on
//! each other in turn (packages may depend on each other) a variable's step comes in parts.

use pubgrub::VersionSet;

use super::forced::Settlements;
use super::steps::{Steps, Term};
use crate::contract::Cause;
use crate::encoding::{Encoding, Var, Why};
use crate::hashing::Table;
use crate::set::Set;

/// Steps that say which values variables do not have.
pub(super) struct Facts {
    needs: Table<Var, Need>,
    settlements: Settlements,
}

/// What is to be shown of a variable.
#[derive(Default)]
struct Need {
    /// None of these numbers can be its value. Some are no available values at all.
    set: Set,
    /// The others, as long as it has not been shown of them.
    open: Vec<Open>,
    /// What has been shown, and in which step.
    shown: Option<(Set, u32)>,
}

/// A value that is available, but hopeless.
struct Open {
    value: u32,
    rank: u32,
    reason: Reason,
}

/// Why it is hopeless.
enum Reason {
    /// It requires a variable to have a value within a set of hopeless ones.
    Unmet(Var, Set),
    /// It lies beyond a part of what forces its variable: the place among the parts.
    Beyond(usize),
}

impl Facts {
    /// Shows that variables have no value within sets.
    pub(super) fn show(demands: Vec<(Var, Set)>, encoding: &mut Encoding, steps: &mut Steps) -> Facts {
        let mut facts = Facts { needs: Table::default(), settlements: Settlements::default() };
        facts.collect(demands, encoding);
        facts.settlements.show(encoding, steps);
        while facts.show_what_follows(encoding, steps) {}
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
            let new = set.intersection(&need.set.complement());
            need.set = need.set.union(&set);
            let mut last = Some(u32::MAX);
            while let Some(value) = last.and_then(|last| encoding.rules.highest(var, &new, last)) {
                last = value.checked_sub(1);
                let Some((hopeless, requirements)) = encoding.hopeless(var, value) else { continue };
                let reason = match hopeless.why {
                    Why::Unavailable => continue,
                    Why::Unmet(number) => {
                        let requirement = &requirements[number];
                        if !requirement.set.is_empty() {
                            demands.push((requirement.var, requirement.set.clone()));
                        }
                        Reason::Unmet(requirement.var, requirement.set.clone())
                    }
                    Why::Excluded => {
                        let parts = encoding.forced(var).map_or(&[][..], |forced| &forced.parts);
                        let Some(place) = parts.iter().position(|(_, set)| !set.has(value)) else { continue };
                        self.settlements.need(parts[place].0, encoding);
                        Reason::Beyond(place)
                    }
                };
                need.open.push(Open { value, rank: hopeless.rank, reason });
            }
        }
    }

    /// Adds steps for all variables of which everything can be shown now. If there is none, for what turned out hopeless
    /// first. Whether there was anything left to show.
    fn show_what_follows(&mut self, encoding: &Encoding, steps: &mut Steps) -> bool {
        let mut progress = false;
        // What was found last rests on the least.
        for place in (0..self.needs.len()).rev() {
            let need = &self.needs[place];
            let is_done = need.open.is_empty() && need.shown.is_some();
            if !is_done && need.open.iter().all(|open| self.follows(open)) {
                self.show_variable(place, need.set.clone(), encoding, steps);
                progress = true;
            }
        }
        progress || self.show_first(encoding, steps)
    }

    /// Shows the value that turned out hopeless first, or what it still rests on.
    fn show_first(&mut self, encoding: &Encoding, steps: &mut Steps) -> bool {
        let open = self.needs.values().enumerate();
        let open = open.flat_map(|(place, need)| need.open.iter().map(move |open| (open.rank, place, open)));
        let Some((_, place, first)) = open.min_by_key(|(rank, place, _)| (*rank, *place)) else { return false };
        if self.follows(first) {
            let set = Set::singleton(first.value);
            self.show_variable(place, set, encoding, steps);
            return true;
        }
        let Reason::Unmet(var, set) = &first.reason else { return false };
        let Some((required, _, need)) = self.needs.get_full(var) else { return false };
        // All that the value insists on turned out hopeless before it, so what is not shown yet is not available.
        let open = need.open.iter().fold(Set::empty(), |set, open| set.union(&Set::singleton(open.value)));
        let set = set.intersection(&open.complement());
        if set.is_empty() {
            return false;
        }
        self.show_variable(required, set, encoding, steps);
        true
    }

    /// Whether everything that a value's hopelessness rests on has been shown.
    fn follows(&self, open: &Open) -> bool {
        match &open.reason {
            Reason::Beyond(_) => true,
            Reason::Unmet(var, set) => {
                let shown = self.needs.get(var).and_then(|need| need.shown.as_ref());
                set.is_empty() || shown.is_some_and(|(shown, _)| set.subset_of(shown))
            }
        }
    }

    /// Shows that a variable has no value within a set.
    fn show_variable(&mut self, place: usize, set: Set, encoding: &Encoding, steps: &mut Steps) {
        let Some((&var, need)) = self.needs.get_index_mut(place) else { return };
        let (now, later): (Vec<Open>, Vec<Open>) =
            std::mem::take(&mut need.open).into_iter().partition(|open| set.has(open.value));
        need.open = later;
        let mut shown = Shown { var, shown: need.shown.take(), steps };
        let mut rest = match &shown.shown {
            Some((before, _)) => set.intersection(&before.complement()),
            None => set,
        };
        let parts = encoding.forced(var).map_or(&[][..], |forced| &forced.parts);
        for (place, part) in parts.iter().enumerate() {
            if now.iter().any(|open| matches!(open.reason, Reason::Beyond(beyond) if beyond == place)) {
                let beyond = rest.intersection(&part.1.complement());
                rest = rest.intersection(&part.1);
                let step = self.settlements.part(var, part, encoding, shown.steps);
                shown.add(beyond, step);
            }
        }
        let mut unmet: Table<Var, Set> = Table::default();
        for open in &now {
            if let Reason::Unmet(required, _) = open.reason
                && rest.has(open.value)
            {
                let value = Set::singleton(open.value);
                rest = rest.intersection(&value.complement());
                let values = unmet.entry(required).or_default();
                *values = values.union(&value);
            }
        }
        // What is no available value goes with any requirement. It needs a step of its own only if there is none.
        match unmet.first_mut() {
            Some((_, values)) => *values = values.union(&rest),
            None if rest.is_empty() && shown.shown.is_some() => {}
            None => {
                let step = shown.steps.add(vec![Term::positive(var, rest.clone())], Cause::Nothing);
                shown.add(rest, step);
            }
        }
        for (required, values) in unmet {
            let fact = self.needs.get(&required).and_then(|need| need.shown.clone());
            let absent = fact.as_ref().map_or_else(Set::empty, |(absent, _)| absent.clone());
            let terms = vec![Term::positive(var, values.clone()), Term::negative(required, absent)];
            let leaf = shown.steps.add(terms, Cause::Requires);
            // A value within an empty set can't be had without any further reason.
            let fact = fact.map_or(leaf, |(_, fact)| fact);
            let step = shown.steps.resolve(vec![Term::positive(var, values.clone())], leaf, fact);
            shown.add(values, step);
        }
        self.needs[place].shown = shown.shown;
    }
}

/// What has been shown of a variable.
struct Shown<'a> {
    var: Var,
    shown: Option<(Set, u32)>,
    steps: &'a mut Steps,
}

impl Shown<'_> {
    /// Joins what has been shown with what a further step shows.
    fn add(&mut self, set: Set, step: u32) {
        self.shown = Some(match self.shown.take() {
            None => (set, step),
            Some((before, first)) => {
                let set = before.union(&set);
                let step = self.steps.resolve(vec![Term::positive(self.var, set.clone())], first, step);
                (set, step)
            }
        });
    }
}
