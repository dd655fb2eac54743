//! What a question forces upon an answer.
//!
//! Root requires what the question fixes and what the consumer depends on. A variable that is left with one value must
//! have it: it is *settled*, and what the value requires is forced, too, and so on.

use pubgrub::VersionSet;

use super::super::rules::{Requirement, Rules};
use super::super::variables::Var;
use crate::hashing::Table;
use crate::set::Set;

/// Everything that is forced.
#[derive(Default)]
pub(super) struct Premises {
    forced: Table<Var, Forced>,
    /// How many variables are settled.
    settled: u32,
    /// For each variable, those that echo it and are forced.
    echoes: Table<Var, Vec<Var>>,
}

/// A variable that must have a value.
pub(crate) struct Forced {
    /// What forces it, each part narrowing its values down further.
    pub(crate) parts: Vec<(Source, Set)>,
    /// Where its value must lie.
    set: Set,
    /// Its value, if it is settled.
    pub(crate) settled: Option<Settled>,
}

/// What forces a variable to have a value within a set.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Root requires it.
    Root,
    /// The value of a settled variable requires it.
    Settled(Var),
}

/// The only value that is left of a variable.
#[derive(Clone, Copy)]
pub(crate) struct Settled {
    /// The value.
    pub(crate) value: u32,
    /// The place in the order in which variables were settled: what it follows from came before it.
    pub(crate) rank: u32,
    /// The variable that it echoes, if it is settled because that one is.
    pub(crate) echoed: Option<Var>,
}

impl Premises {
    /// What forces a variable.
    pub(super) fn forced(&self, var: Var) -> Option<&Forced> {
        self.forced.get(&var)
    }

    /// Whether a value lies beyond what is forced.
    pub(super) fn excludes(&self, var: Var, value: u32) -> bool {
        self.forced.get(&var).is_some_and(|forced| !forced.set.has(value))
    }

    /// Forces a variable. Whether that leaves it fewer values.
    pub(super) fn force(&mut self, requirement: &Requirement, source: Source, rules: &mut Rules) -> bool {
        let Requirement { var, ref set, .. } = *requirement;
        match self.forced.get_mut(&var) {
            Some(forced) => {
                let narrowed = forced.set.intersection(set);
                if let Source::Root = source
                    && narrowed == *set
                {
                    // Root alone says it all: that is the shortest reason.
                    forced.parts.clear();
                } else if narrowed == forced.set {
                    return false;
                }
                forced.parts.push((source, set.clone()));
                let is_new = narrowed != forced.set;
                forced.set = narrowed;
                return is_new;
            }
            None => {
                let forced = Forced { parts: vec![(source, set.clone())], set: set.clone(), settled: None };
                self.forced.insert(var, forced);
                if let Some(echoed) = rules.echoed(var) {
                    self.echoes.entry(echoed).or_default().push(var);
                }
            }
        }
        true
    }

    /// Settles a variable that was forced, and those that echo it, as far as this follows. Those settled, with their
    /// values.
    pub(super) fn settle(&mut self, var: Var, rules: &mut Rules) -> Vec<(Var, u32)> {
        let mut settled = Vec::new();
        settled.extend(self.settle_one(var, rules));
        if !settled.is_empty() {
            for echo in self.echoes.get(&var).cloned().unwrap_or_default() {
                settled.extend(self.settle_one(echo, rules));
            }
        }
        settled
    }

    fn settle_one(&mut self, var: Var, rules: &mut Rules) -> Option<(Var, u32)> {
        let echoed = rules.echoed(var);
        let echoed_value = echoed.and_then(|echoed| self.forced.get(&echoed)).and_then(|forced| forced.settled);
        let forced = self.forced.get_mut(&var)?;
        if forced.settled.is_some() {
            return None;
        }
        let (value, echoed) = match (&forced.set, echoed_value) {
            (Set::One((first, last)), _) if first == last => (*first, None),
            (set, Some(settled)) if set.has(settled.value) => (settled.value, echoed),
            _ => return None,
        };
        forced.settled = Some(Settled { value, rank: self.settled, echoed });
        self.settled += 1;
        Some((var, value))
    }
}
