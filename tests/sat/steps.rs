//! Derivations by what they mean: the terms of each step, read as statements about a model of the encoding, cannot all be
//! true in any. Models without the consumer are among them, so this says something even where there is no answer: with
//! the consumer nothing can be true, and of a step that does not speak of it everything could be claimed.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use batsat::Lit;
use headlock::problem::{Derivation, Step, Term, Variable};

use super::encoding::Encoding;
use super::numbers::Numbers;
use super::queue::Item;
use super::records::Id;

/// The values of a variable, each with the literal that it has it.
type Values = Rc<Vec<(u32, Lit)>>;

/// Derivations' variables and terms as literals of an encoding.
pub(super) struct Steps<'e, 'r> {
    encoding: &'e mut Encoding<'r>,
    numbers: &'e Numbers<'r>,
    values: HashMap<Variable, Values>,
    terms: HashMap<(Variable, Vec<(u32, u32)>), Lit>,
    /// In a ceiling: what the consumer requires besides.
    wish: Option<Lit>,
}

impl<'e, 'r> Steps<'e, 'r> {
    pub(super) fn new(encoding: &'e mut Encoding<'r>, numbers: &'e Numbers<'r>) -> Steps<'e, 'r> {
        Steps { encoding, numbers, values: HashMap::new(), terms: HashMap::new(), wish: None }
    }

    /// From now on the consumer requires these items' bindings, but the last one bound to something higher.
    pub(super) fn wish(&mut self, items: &[Item<'r>]) {
        let (last, earlier) = items.split_last().expect("a ceiling is of an item");
        let wish = self.encoding.literal();
        let not = [!wish, !self.encoding.consumer];
        for item in earlier {
            let bound = self.encoding.bound(item.dependency, item.to);
            self.encoding.clause(&[not[0], not[1], bound]);
        }
        let mut tracks: BTreeMap<u32, Vec<Lit>> = BTreeMap::new();
        for &higher in &last.higher {
            let track = self.encoding.records.releases[higher].track;
            let track = self.numbers.track(track).expect("an accepted release was supplied");
            tracks.entry(track).or_default().push(self.encoding.bound(last.dependency, higher));
        }
        let values: Vec<(u32, Lit)> =
            tracks.into_iter().map(|(track, bound)| (track, self.encoding.any(&bound))).collect();
        let granted: Vec<Lit> = values.iter().map(|&(_, literal)| literal).chain(not).collect();
        self.encoding.clause(&granted);
        self.wish = Some(wish);
        self.terms.retain(|(variable, _), _| *variable != Variable::Wish);
        self.values.insert(Variable::Wish, Rc::new(values));
    }

    /// The first step, if any, whose terms can all be true.
    pub(super) fn first_untrue(&mut self, derivation: &Derivation) -> Option<usize> {
        derivation.steps.iter().position(|step| !self.is_true(derivation, step))
    }

    /// Whether a step's terms cannot all be true.
    pub(super) fn is_true(&mut self, derivation: &Derivation, step: &Step) -> bool {
        let mut assumptions: Vec<Lit> = self.wish.into_iter().collect();
        for term in &step.terms {
            let literal = self.term(derivation.variables[term.variable as usize], term);
            assumptions.push(if term.positive { literal } else { !literal });
        }
        !self.encoding.is_satisfiable(&assumptions)
    }

    /// The literal that a variable has a value within a term's ranges.
    fn term(&mut self, variable: Variable, term: &Term) -> Lit {
        if let Some(&known) = self.terms.get(&(variable, term.ranges.clone())) {
            return known;
        }
        let within = |value: u32| term.ranges.iter().any(|&(first, last)| (first..=last).contains(&value));
        let values = self.values(variable);
        let within: Vec<Lit> = values.iter().filter(|(value, _)| within(*value)).map(|&(_, literal)| literal).collect();
        let literal = self.encoding.any(&within);
        self.terms.insert((variable, term.ranges.clone()), literal);
        literal
    }

    fn values(&mut self, variable: Variable) -> Values {
        if let Some(known) = self.values.get(&variable) {
            return Rc::clone(known);
        }
        let numbers = self.numbers;
        let values = match variable {
            Variable::Root => vec![(0, self.encoding.consumer)],
            Variable::Release { track } => {
                let on_track = numbers.on_track_of(track).into_iter();
                on_track.map(|(number, id)| (number, self.encoding.there[id])).collect()
            }
            Variable::Feature { track, feature } => {
                let on = |id: Id| self.encoding.on[id].get(numbers.feature(feature)).copied();
                let on_track = numbers.on_track_of(track).into_iter();
                on_track.filter_map(|(number, id)| Some((number, on(id)?))).collect()
            }
            Variable::Bound { dependent, package, requirement } => self.bound(dependent, package, requirement, None),
            Variable::BoundFeature { dependent, package, requirement, feature } => {
                self.bound(dependent, package, requirement, Some(feature))
            }
            Variable::Exclusive { exclusive } => {
                let name = numbers.exclusive(exclusive);
                let releases = self.encoding.records.releases.iter().enumerate();
                let naming = releases.filter(|(_, numbered)| numbered.release.exclusives.contains(name));
                naming.filter_map(|(id, _)| Some((numbers.release(id)?, self.encoding.there[id]))).collect()
            }
            Variable::Wish => Vec::new(),
        };
        let values = Rc::new(values);
        self.values.insert(variable, Rc::clone(&values));
        values
    }

    /// The tracks that a dependency of any release on a track, or of the consumer, is bound to; with a feature, those
    /// where it asks for it.
    fn bound(
        &mut self,
        dependent: Option<u32>,
        package: u32,
        requirement: u32,
        feature: Option<u32>,
    ) -> Vec<(u32, Lit)> {
        let numbers = self.numbers;
        let records = self.encoding.records;
        let dependents = match dependent {
            None => vec![None],
            Some(track) => numbers.on_track_of(track).into_iter().map(|(_, id)| Some(id)).collect(),
        };
        let mut tracks: BTreeMap<u32, Vec<Lit>> = BTreeMap::new();
        for dependent in dependents {
            let place = records.dependency(dependent, numbers.package(package), numbers.requirement(requirement));
            let Some(place) = place else { continue };
            let dependency = &records.dependencies[place];
            let asked = feature.map(|feature| {
                let feature = numbers.feature(feature);
                let asking = dependency.asks.iter().filter(|ask| ask.features.contains(feature));
                let guards: Vec<Lit> = asking.map(|ask| self.encoding.guard(dependency, ask.by)).collect();
                self.encoding.any(&guards)
            });
            for (track, bound) in self.encoding.bound_on[place].clone() {
                // On a package that was not supplied derivations say nothing.
                if let Some(track) = numbers.track(track) {
                    let bound = asked.map_or(bound, |asked| self.encoding.both(bound, asked));
                    tracks.entry(track).or_default().push(bound);
                }
            }
        }
        tracks.into_iter().map(|(track, bound)| (track, self.encoding.any(&bound))).collect()
    }
}
