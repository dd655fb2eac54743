//! Complete answers as clauses.
//!
//! A variable for the consumer (it is there), for each release (it is in the answer), for each feature that one defines (it
//! is on), and for each dependency with each release that it accepts (it is bound to it). The clauses are points 1 to 3 of
//! "A complete answer", and that what is on, or bound, belongs to a release that is there. A complete answer is a model in
//! which the consumer is there; without it the clauses can always be met, by nothing at all, so that what follows from them
//! is worth something even if there is no answer.
//!
//! Point 4, that there is nothing else, is left out. It does not matter for the question whether there is a complete
//! answer with certain bindings of items that the queue has taken: of any model keep only what is reached from the
//! consumer, with the features that are asked for or included on the way. What is kept needs nothing that was left out, so
//! it is a complete answer; and items taken from the queue are reached by their own bindings, so theirs are kept. Which
//! complete answer is *the* one is not encoded at all: [`super::queue`] asks for it, one candidate after the other.

use std::collections::BTreeMap;

use batsat::{BasicSolver, Lit, SolverInterface, lbool};

use super::records::{Dependency, Id, Records};

/// A problem as clauses, in a solver that can be asked again and again.
pub(super) struct Encoding<'r> {
    pub(super) records: &'r Records<'r>,
    solver: BasicSolver,
    /// A literal that is true.
    yes: Lit,
    /// The consumer is there.
    pub(super) consumer: Lit,
    /// For each release.
    pub(super) there: Vec<Lit>,
    /// For each release, by the names of what it defines.
    pub(super) on: Vec<BTreeMap<&'r str, Lit>>,
    /// For each dependency, along its accepted releases.
    bound: Vec<Vec<Lit>>,
    /// For each dependency, by the tracks of its accepted releases.
    pub(super) bound_on: Vec<BTreeMap<usize, Lit>>,
}

impl<'r> Encoding<'r> {
    pub(super) fn new(records: &'r Records<'r>) -> Encoding<'r> {
        let mut solver = BasicSolver::default();
        let yes = Lit::new(solver.new_var_default(), true);
        let consumer = Lit::new(solver.new_var_default(), true);
        let (there, on, bound, bound_on) = Default::default();
        let mut encoding = Encoding { records, solver, yes, consumer, there, on, bound, bound_on };
        encoding.clause(&[yes]);
        for numbered in &records.releases {
            let there = encoding.literal();
            let defined = numbered.release.features.keys();
            let on = defined.map(|name| (name.as_str(), encoding.literal())).collect();
            encoding.there.push(there);
            encoding.on.push(on);
        }
        for id in 0..records.releases.len() {
            encoding.release(id);
        }
        encoding.once();
        for dependency in &records.dependencies {
            encoding.dependency(dependency);
        }
        encoding
    }

    /// A new literal.
    pub(super) fn literal(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    /// At least one is true.
    pub(super) fn clause(&mut self, literals: &[Lit]) {
        self.solver.add_clause_reuse(&mut literals.to_vec());
    }

    /// A literal that is true where one of these is.
    pub(super) fn any(&mut self, literals: &[Lit]) -> Lit {
        match literals {
            [] => !self.yes,
            &[literal] => literal,
            _ => {
                let any = self.literal();
                for &literal in literals {
                    self.clause(&[!literal, any]);
                }
                self.clause(&[literals, &[!any]].concat());
                any
            }
        }
    }

    /// A literal that is true where both of these are.
    pub(super) fn both(&mut self, a: Lit, b: Lit) -> Lit {
        !self.any(&[!a, !b])
    }

    /// Whether clauses and assumptions can be met.
    pub(super) fn is_satisfiable(&mut self, assumptions: &[Lit]) -> bool {
        let answer = self.solver.solve_limited(assumptions);
        assert!(answer == lbool::TRUE || answer == lbool::FALSE, "the SAT solver has no limit");
        answer == lbool::TRUE
    }

    /// What each dependency is bound to in the model that was found last, if it is bound there.
    pub(super) fn bindings(&self) -> Vec<Option<Id>> {
        let of = |(dependency, literals): (&Dependency<'_>, &Vec<Lit>)| {
            let place = literals.iter().position(|&literal| self.solver.value_lit(literal) == lbool::TRUE);
            place.map(|place| dependency.accepted[place])
        };
        self.records.dependencies.iter().zip(&self.bound).map(of).collect()
    }

    /// The literal that a dependency is bound to a release, which it accepts.
    pub(super) fn bound(&self, dependency: usize, to: Id) -> Lit {
        let accepted = &self.records.dependencies[dependency].accepted;
        self.bound[dependency][accepted.iter().position(|&id| id == to).expect("an accepted release")]
    }

    /// What a dependency's dependent says where a declaration counts.
    pub(super) fn guard(&self, dependency: &Dependency<'_>, by: Option<&str>) -> Lit {
        match (dependency.dependent, by) {
            (None, _) => self.consumer,
            (Some(id), None) => self.there[id],
            (Some(id), Some(feature)) => self.on[id][feature],
        }
    }

    /// Never yanked; features on only where they are defined, at a release that is there, with what they include.
    fn release(&mut self, id: Id) {
        let release = self.records.releases[id].release;
        if release.yanked {
            self.clause(&[!self.there[id]]);
        }
        for (name, feature) in &release.features {
            let on = self.on[id][name.as_str()];
            self.clause(&[!on, self.there[id]]);
            for included in &feature.includes {
                let included = self.on[id].get(included.as_str()).copied();
                self.clause(&[!on, included.unwrap_or(!self.yes)]);
            }
        }
    }

    /// One release a track, one an exclusive resource.
    fn once(&mut self) {
        let mut tracks: BTreeMap<usize, Vec<Lit>> = BTreeMap::new();
        let mut exclusives: BTreeMap<&str, Vec<Lit>> = BTreeMap::new();
        for (numbered, &there) in self.records.releases.iter().zip(&self.there) {
            tracks.entry(numbered.track).or_default().push(there);
            for exclusive in &numbered.release.exclusives {
                exclusives.entry(exclusive).or_default().push(there);
            }
        }
        for together in tracks.values().chain(exclusives.values()) {
            self.at_most_one(together);
        }
    }

    fn at_most_one(&mut self, literals: &[Lit]) {
        for (place, &one) in literals.iter().enumerate() {
            for &other in &literals[place + 1..] {
                self.clause(&[!one, !other]);
            }
        }
    }

    /// Bound where it is declared, once, to an accepted release that is there and has the asked-for features on.
    fn dependency(&mut self, dependency: &Dependency<'r>) {
        let bound: Vec<Lit> = dependency.accepted.iter().map(|_| self.literal()).collect();
        let mut on_tracks: BTreeMap<usize, Vec<Lit>> = BTreeMap::new();
        for (&to, &bound) in dependency.accepted.iter().zip(&bound) {
            self.clause(&[!bound, self.there[to]]);
            if let Some(dependent) = dependency.dependent {
                self.clause(&[!bound, self.there[dependent]]);
            }
            on_tracks.entry(self.records.releases[to].track).or_default().push(bound);
        }
        for ask in &dependency.asks {
            let guard = self.guard(dependency, ask.by);
            if !ask.legal {
                self.clause(&[!guard]);
            }
            self.clause(&[&[!guard][..], &bound].concat());
            for feature in &ask.features {
                for (&to, &bound) in dependency.accepted.iter().zip(&bound) {
                    let on = self.on[to].get(feature).copied().unwrap_or(!self.yes);
                    self.clause(&[!guard, !bound, on]);
                }
            }
        }
        // On one track it is bound to one release because only one is there.
        let bound_on: BTreeMap<usize, Lit> =
            on_tracks.into_iter().map(|(track, bound)| (track, self.any(&bound))).collect();
        self.at_most_one(&bound_on.values().copied().collect::<Vec<_>>());
        self.bound.push(bound);
        self.bound_on.push(bound_on);
    }
}
