//! The problem as variables with at most one value each, and what each value requires of other variables.

mod prospects;
mod provider;
mod rules;
#[cfg(test)]
mod tests;
mod variables;

use prospects::Prospects;
pub(crate) use prospects::{Forced, Hopeless, Settled, Source, Why};
pub(crate) use provider::{Provider, Unavailable};
use rules::Requires;
pub(crate) use rules::{Edge, Origin, Requirement, Rules};
pub(crate) use variables::{Spanning, Var, Variable, Variables};

use crate::catalog::Catalog;
use crate::set::Set;

/// Everything that the solver was told, as variables, and what was found out about their values.
pub(crate) struct Encoding {
    /// What values require.
    pub(crate) rules: Rules,
    prospects: Prospects,
}

impl Encoding {
    /// An encoding of a catalog.
    pub(crate) fn new(catalog: Catalog) -> Encoding {
        Encoding { rules: Rules { catalog, variables: Variables::new() }, prospects: Prospects::default() }
    }

    /// What the solver was told.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.rules.catalog
    }

    /// A requirement of a variable.
    pub(crate) fn require(&mut self, variable: Variable, set: Set, origin: Origin) -> Requirement {
        Requirement { var: self.rules.variables.number(variable), set, origin }
    }

    /// Takes note that packages came that were missing.
    pub(crate) fn packages_came(&mut self) {
        self.prospects.packages_came();
    }

    /// What a value requires; nothing if it is hopeless.
    fn hopeful(&mut self, var: Var, value: u32) -> Option<&Requires> {
        self.prospects.hopeful(&mut self.rules, var, value)
    }

    /// Why a value is hopeless, and what it requires; nothing if it is not.
    pub(crate) fn hopeless(&mut self, var: Var, value: u32) -> Option<(Hopeless, &[Requirement])> {
        self.prospects.hopeless(&mut self.rules, var, value)
    }

    /// Until packages come, all questions are about answers in which root requires this, too.
    pub(crate) fn assume(&mut self, requirements: impl Iterator<Item = Requirement>) {
        self.prospects.assume(&mut self.rules, requirements);
    }

    /// What forces a variable, under what is assumed.
    pub(crate) fn forced(&self, var: Var) -> Option<&Forced> {
        self.prospects.forced(var)
    }

    /// The value of a set that is not hopeless and ranks first: preferred ones do, then higher ones.
    fn first_hopeful(&mut self, var: Var, set: &Set) -> Option<u32> {
        let mut preferred = self.rules.preferred(var, set).into_iter();
        preferred.find(|&value| self.hopeful(var, value).is_some()).or_else(|| self.highest_hopeful(var, set))
    }

    fn highest_hopeful(&mut self, var: Var, set: &Set) -> Option<u32> {
        let mut highest = self.rules.highest(var, set, u32::MAX);
        while let Some(value) = highest
            && self.hopeful(var, value).is_none()
        {
            highest = value.checked_sub(1).and_then(|last| self.rules.highest(var, set, last));
        }
        highest
    }
}
