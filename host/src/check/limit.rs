//! How much a check may cost. A solver is not trusted, so what it returns may be as large and as slow to check as it
//! can make it.

use thiserror::Error;

use crate::problem::Derivation;

/// Most steps in all derivations of one outcome. The longest derivation measured on real problems has 5,400 steps, and
/// an answer had at most 14 ceilings: this is some fifty times both together.
pub const MAX_STEPS: u64 = 1 << 22;

/// Most variables in all derivations of one outcome: a step brings in at most one or two.
pub const MAX_VARIABLES: u64 = 1 << 22;

/// Most terms in all derivations of one outcome: sixteen for each of the most steps.
pub const MAX_TERMS: u64 = 1 << 26;

/// Most ranges in all derivations of one outcome: two for each of the most terms.
pub const MAX_RANGES: u64 = 1 << 27;

/// Most units of work for one outcome. A unit is one range compared, one value looked at, or one edge followed: some
/// nanoseconds. The limit is some ten seconds; real outcomes take under a million units.
pub const MAX_WORK: u64 = 1 << 30;

/// A limit was reached, so the checker cannot tell whether the outcome holds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("could not tell whether it holds: it has more than the {most} {what} that a check may take")]
pub struct Limit {
    /// What there is too much of.
    pub what: &'static str,
    /// How much of it is allowed.
    pub most: u64,
}

/// Counts what a check costs.
#[derive(Debug)]
pub(super) struct Meter {
    left: u64,
}

impl Meter {
    /// For the derivations of one outcome, whose sizes are checked here.
    pub(super) fn new<'a>(derivations: impl IntoIterator<Item = &'a Derivation>) -> Result<Meter, Limit> {
        let (mut steps, mut variables, mut terms, mut ranges) = (0, 0, 0, 0);
        for derivation in derivations {
            steps += derivation.steps.len() as u64;
            variables += derivation.variables.len() as u64;
            for step in &derivation.steps {
                terms += step.terms.len() as u64;
                ranges += step.terms.iter().map(|term| term.ranges.len() as u64).sum::<u64>();
            }
        }
        let sizes = [
            ("steps", steps, MAX_STEPS),
            ("variables", variables, MAX_VARIABLES),
            ("terms", terms, MAX_TERMS),
            ("ranges", ranges, MAX_RANGES),
        ];
        match sizes.into_iter().find(|&(_, size, most)| size > most) {
            Some((what, _, most)) => Err(Limit { what, most }),
            None => Ok(Meter { left: MAX_WORK }),
        }
    }

    /// Allows `units` of work, or refuses.
    pub(super) fn work(&mut self, units: usize) -> Result<(), Limit> {
        match self.left.checked_sub(units as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Limit { what: "units of work", most: MAX_WORK }),
        }
    }

    #[cfg(test)]
    pub(super) fn with(left: u64) -> Meter {
        Meter { left }
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> u64 {
        self.left
    }
}
