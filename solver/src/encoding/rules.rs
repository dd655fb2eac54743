//! What values require, and which are available: the tables of `docs/resolution.md`, section Derivations.

use pubgrub::VersionSet;

use super::variables::{Spanning, Var, Variable, Variables};
use crate::catalog::{Catalog, Merged};
use crate::hashing::Table;
use crate::set::Set;

/// One requirement of a value: a variable must have a value within a set.
#[derive(Clone)]
pub(crate) struct Requirement {
    /// The variable.
    pub(crate) var: Var,
    /// Where its value must lie.
    pub(crate) set: Set,
    /// Where the requirement comes from.
    pub(crate) origin: Origin,
}

/// Where a requirement comes from, which decides when the variable is decided.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    /// The same item of the queue that the requiring value belongs to.
    Same,
    /// A dependency: an item of the requiring value's batch.
    Dependency { package: u32, requirement: u32 },
    /// A ceiling's wish.
    Wish,
    /// An item that is fixed, by its number.
    Fixed { item: u32 },
}

/// What a value requires.
pub(crate) struct Requires {
    /// Whether the value can be had at all.
    pub(crate) available: bool,
    /// Requirements, at most one of a variable, in the order of the queue.
    pub(crate) list: Vec<Requirement>,
    /// Packages depended on that were not supplied.
    pub(super) missing: Vec<u32>,
}

/// Where a dependency leads.
pub(crate) enum Edge {
    /// Its package was not supplied.
    Missing,
    /// To no release.
    Nowhere,
    /// To these releases on one track.
    Track(u32, Set),
    /// To several tracks, from the first to the last.
    Spanning(Spanning, u32, u32),
}

/// The catalog, read as variables.
pub(crate) struct Rules {
    /// What the solver was told.
    pub(crate) catalog: Catalog,
    /// The variables met so far.
    pub(crate) variables: Variables,
}

impl Rules {
    /// Where a dependency leads. `dependent` is the dependent's track.
    pub(crate) fn edge(&mut self, dependent: Option<u32>, dependency: &Merged) -> Edge {
        let Merged { package, requirement, legal, .. } = *dependency;
        if !legal {
            // Before anything is asked for: a package that no legal dependency mentions is nobody's business.
            return Edge::Nowhere;
        }
        let Some(accepted) = self.catalog.accepted(package, requirement) else { return Edge::Missing };
        match accepted.tracks() {
            [] => Edge::Nowhere,
            [(track, set)] => Edge::Track(*track, set.clone()),
            [(first, _), .., (last, _)] => Edge::Spanning(Spanning { dependent, package, requirement }, *first, *last),
        }
    }

    /// What a value of a variable requires. Root and wish depend on the question; they are never asked for here.
    pub(super) fn requires(&mut self, var: Var, value: u32) -> Requires {
        let variable = self.variables.meaning(var);
        let mut draft = Draft::new(self, variable, value);
        match variable {
            Variable::Root | Variable::Wish => draft.available = false,
            Variable::Release { track } => draft.release(track),
            Variable::Feature { track, feature } => draft.feature(track, feature),
            Variable::Bound(bound) => draft.bound(bound, None),
            Variable::BoundFeature { bound, feature } => draft.bound(bound, Some(feature)),
            Variable::Exclusive(exclusive) => {
                draft.available = draft.rules.catalog.namers(exclusive).binary_search(&value).is_ok();
            }
        }
        draft.finish()
    }

    /// What root requires: all that a question adds, and the consumer's dependencies.
    pub(crate) fn root_requires(&mut self, question: Vec<Requirement>) -> Requires {
        let mut draft = Draft::new(self, Variable::Root, 0);
        for requirement in question {
            draft.require(requirement.var, requirement.set, requirement.origin);
        }
        for dependency in draft.rules.catalog.root_dependencies() {
            draft.dependency(None, &dependency);
        }
        draft.finish()
    }

    /// The variable that must have the same value as this one, wherever this one has a value.
    pub(super) fn echoed(&mut self, var: Var) -> Option<Var> {
        let echoed = match self.variables.meaning(var) {
            Variable::Feature { track, .. } => Variable::Release { track },
            Variable::BoundFeature { bound, .. } => Variable::Bound(bound),
            _ => return None,
        };
        Some(self.variables.number(echoed))
    }

    /// The values of a variable in a set that rank first because they are preferred, or lead to what is; first one first.
    pub(super) fn preferred(&mut self, var: Var, set: &Set) -> Vec<u32> {
        if !self.catalog.has_preferences() {
            return Vec::new();
        }
        let (first, last, accepted) = match self.variables.meaning(var) {
            Variable::Root | Variable::Wish | Variable::Exclusive(_) => return Vec::new(),
            Variable::Release { track } | Variable::Feature { track, .. } => {
                (track, self.catalog.track_end(track), None)
            }
            Variable::Bound(bound) | Variable::BoundFeature { bound, .. } => {
                let Some(accepted) = self.catalog.accepted(bound.package, bound.requirement) else { return Vec::new() };
                let tracks = accepted.tracks().to_vec();
                let (Some((first, _)), Some((last, _))) = (tracks.first(), tracks.last()) else { return Vec::new() };
                (*first, self.catalog.track_end(*last), Some(tracks))
            }
        };
        let preferred = self.catalog.preferred_within(first, last).iter().rev().copied();
        match accepted {
            None => preferred.filter(|release| set.has(*release)).collect(),
            Some(tracks) => {
                let accepts = |&release: &u32| {
                    let track = self.catalog.track(release);
                    set.has(track)
                        && tracks
                            .binary_search_by_key(&track, |(track, _)| *track)
                            .is_ok_and(|place| tracks[place].1.has(release))
                };
                preferred.filter(accepts).map(|release| self.catalog.track(release)).collect()
            }
        }
    }

    /// The highest number up to `last` that is in a set and may be a value of a variable.
    pub(crate) fn highest(&mut self, var: Var, set: &Set, last: u32) -> Option<u32> {
        match self.variables.meaning(var) {
            Variable::Root | Variable::Wish => None,
            Variable::Release { track } | Variable::Feature { track, .. } => {
                set.highest_within(track, last.min(self.catalog.track_end(track)))
            }
            Variable::Bound(bound) | Variable::BoundFeature { bound, .. } => {
                let accepted = self.catalog.accepted(bound.package, bound.requirement)?;
                let mut tracks = accepted.tracks().iter().rev().map(|(track, _)| *track);
                tracks.find(|track| *track <= last && set.has(*track))
            }
            Variable::Exclusive(exclusive) => {
                let mut namers = self.catalog.namers(exclusive).iter().rev().copied();
                namers.find(|release| *release <= last && set.has(*release))
            }
        }
    }
}

/// What a value requires, being worked out.
struct Draft<'a> {
    rules: &'a mut Rules,
    variable: Variable,
    value: u32,
    available: bool,
    list: Table<Var, (Set, Origin)>,
    missing: Vec<u32>,
}

impl<'a> Draft<'a> {
    fn new(rules: &'a mut Rules, variable: Variable, value: u32) -> Draft<'a> {
        Draft { rules, variable, value, available: true, list: Table::default(), missing: Vec::new() }
    }

    fn release(&mut self, track: u32) {
        let catalog = &self.rules.catalog;
        if catalog.track(self.value) != track || !catalog.is_usable(self.value) {
            self.available = false;
            return;
        }
        let mut exclusives = catalog.exclusives_of(self.value).to_vec();
        exclusives.sort_unstable_by_key(|&exclusive| catalog.tables.exclusive_rank(exclusive));
        for dependency in catalog.dependencies_of(self.value) {
            self.dependency(Some(track), &dependency);
        }
        for exclusive in exclusives {
            self.require_variable(Variable::Exclusive(exclusive), Set::singleton(self.value), Origin::Same);
        }
    }

    fn feature(&mut self, track: u32, feature: u32) {
        let catalog = &self.rules.catalog;
        let mut includes = catalog.includes(self.value, feature).to_vec();
        catalog.tables.sort_features(&mut includes);
        if catalog.track(self.value) != track
            || !catalog.is_usable(self.value)
            || !catalog.defines(self.value, feature)
            || !includes.iter().all(|&included| catalog.defines(self.value, included))
        {
            self.available = false;
            return;
        }
        let added = catalog.dependencies_of_feature(self.value, feature);
        let this = Set::singleton(self.value);
        self.require_variable(Variable::Release { track }, this.clone(), Origin::Same);
        for feature in includes.into_iter().filter(|included| *included != feature) {
            self.require_variable(Variable::Feature { track, feature }, this.clone(), Origin::Same);
        }
        for dependency in added {
            self.dependency(Some(track), &dependency);
        }
    }

    fn bound(&mut self, bound: Spanning, feature: Option<u32>) {
        let track = self.value;
        let accepted = self.rules.catalog.accepted(bound.package, bound.requirement);
        let Some(set) = accepted.and_then(|accepted| accepted.on(track)).cloned() else {
            self.available = false;
            return;
        };
        match feature {
            None => self.require_variable(Variable::Release { track }, set, Origin::Same),
            Some(feature) => {
                self.require_variable(Variable::Bound(bound), Set::singleton(track), Origin::Same);
                self.require_variable(Variable::Feature { track, feature }, set, Origin::Same);
            }
        }
    }

    fn dependency(&mut self, dependent: Option<u32>, dependency: &Merged) {
        let Merged { package, requirement, ref features, .. } = *dependency;
        let origin = Origin::Dependency { package, requirement };
        match self.rules.edge(dependent, dependency) {
            Edge::Missing => self.missing.push(package),
            Edge::Nowhere => self.available = false,
            Edge::Track(track, set) => {
                for &feature in features {
                    let variable = Variable::Feature { track, feature };
                    // A feature that requires itself requires its release, too, within the same set.
                    if variable != self.variable {
                        self.require_variable(variable, set.clone(), origin);
                    }
                }
                let variable = Variable::Release { track };
                if variable != self.variable {
                    self.require_variable(variable, set, origin);
                } else if !set.has(self.value) {
                    self.available = false;
                }
            }
            Edge::Spanning(bound, first, last) => {
                let tracks = Set::range(first, last);
                for &feature in features {
                    self.require_variable(Variable::BoundFeature { bound, feature }, tracks.clone(), origin);
                }
                self.require_variable(Variable::Bound(bound), tracks, origin);
            }
        }
    }

    fn require_variable(&mut self, variable: Variable, set: Set, origin: Origin) {
        let var = self.rules.variables.number(variable);
        self.require(var, set, origin);
    }

    fn require(&mut self, var: Var, set: Set, origin: Origin) {
        match self.list.get_mut(&var) {
            Some((known, _)) => *known = known.intersection(&set),
            None => {
                self.list.insert(var, (set, origin));
            }
        }
    }

    fn finish(self) -> Requires {
        let list = self.list.into_iter().map(|(var, (set, origin))| Requirement { var, set, origin }).collect();
        Requires { available: self.available, list, missing: self.missing }
    }
}
