//! From an answer to *the* answer: wherever PubGrub did not take the highest candidate, is a higher one possible?

use std::collections::BTreeSet;

use pubgrub::VersionSet;

use crate::catalog::Merged;
use crate::contract::{Ceiling, Derivation, Outcome};
use crate::derivation;
use crate::encoding::{Edge, Encoding, Origin, Requirement, Spanning, Var, Variable};
use crate::queue::{Item, Queue};
use crate::search::{Model, Question, Verdict, search};
use crate::set::{Set, SetBuilder};

/// Solves what is known so far.
pub(crate) fn solve(encoding: &mut Encoding, budget: &mut u64) -> Outcome {
    match search(encoding, Question::default(), budget) {
        Verdict::Found(model) => Pass { encoding, budget, model, fixed: Vec::new() }.run(),
        Verdict::Impossible(reason) => Outcome::Unsolvable(derivation::of(reason, encoding)),
        Verdict::RootUnavailable => Outcome::Unsolvable(derivation::of_unavailable_root(encoding)),
        Verdict::Exhausted => Outcome::Exhausted,
    }
}

/// The pass over an answer.
struct Pass<'a> {
    encoding: &'a mut Encoding,
    budget: &'a mut u64,
    model: Model,
    /// What the items so far are bound to.
    fixed: Vec<Binding>,
}

/// What an item is bound to.
#[derive(Clone, Copy)]
struct Binding {
    track: u32,
    release: u32,
    /// The dependency, if it spans.
    spanning: Option<Spanning>,
}

/// Why the pass ended early.
enum Stop {
    Missing(BTreeSet<u32>),
    Exhausted,
}

impl Pass<'_> {
    fn run(mut self) -> Outcome {
        match self.settle() {
            Ok(outcome) => outcome,
            Err(Stop::Missing(packages)) => Outcome::Incomplete(packages.into_iter().collect()),
            Err(Stop::Exhausted) => Outcome::Exhausted,
        }
    }

    /// Walks the queue, raising each binding as far as it goes.
    fn settle(&mut self) -> Result<Outcome, Stop> {
        self.check_complete()?;
        let mut queue = Queue::new(self.encoding.catalog());
        let mut ceilings = Vec::new();
        while let Some(item) = queue.next() {
            let Some(mut binding) = self.binding(&item) else { continue };
            if queue.forced(&item).is_none()
                && let Some(derivation) = self.raise(&item, &mut binding)?
            {
                ceilings.push(Ceiling { item: self.fixed.len() as u32, derivation });
            }
            self.fixed.push(binding);
            queue.bind(self.encoding.catalog(), &item, binding.release);
        }
        Ok(Outcome::Solved(queue.answer(self.encoding.catalog(), ceilings)))
    }

    /// Asks whether the item can be bound to something higher, as long as it can; the model follows. The ceiling, if
    /// that ends below the highest candidate.
    fn raise(&mut self, item: &Item, binding: &mut Binding) -> Result<Option<Derivation>, Stop> {
        loop {
            let higher = self.candidates_above(item, binding.release);
            if higher.is_empty() {
                return Ok(None);
            }
            let question = self.question(higher, binding.spanning);
            match search(self.encoding, question, self.budget) {
                Verdict::Found(model) => {
                    self.model = model;
                    self.check_complete()?;
                    let Some(raised) = self.binding(item) else { return Ok(None) };
                    *binding = raised;
                }
                Verdict::Impossible(reason) => return Ok(Some(derivation::of(reason, self.encoding))),
                Verdict::RootUnavailable => return Ok(Some(derivation::of_unavailable_root(self.encoding))),
                Verdict::Exhausted => return Err(Stop::Exhausted),
            }
        }
    }

    /// What the model binds an item to; nothing if the package is missing.
    fn binding(&mut self, item: &Item) -> Option<Binding> {
        let dependent = item.dependent.map(|release| self.encoding.catalog().track(release));
        let Merged { package, requirement, .. } = item.dependency;
        let (track, spanning) = match self.encoding.rules.edge(dependent, package, requirement) {
            Edge::Missing | Edge::Nowhere => return None,
            Edge::Track(track, _) => (track, None),
            Edge::Spanning(bound, _, _) => (self.model.value(self.encoding, Variable::Bound(bound))?, Some(bound)),
        };
        let release = self.model.value(self.encoding, Variable::Release { track })?;
        Some(Binding { track, release, spanning })
    }

    /// The candidates of an item's dependency above a release: tracks, ascending, each with its candidates.
    fn candidates_above(&mut self, item: &Item, release: u32) -> Vec<(u32, Set)> {
        let Merged { package, requirement, ref features } = item.dependency;
        let Some(accepted) = self.encoding.rules.catalog.accepted(package, requirement) else { return Vec::new() };
        let above = Set::range(release + 1, u32::MAX);
        let accepted: Vec<(u32, Set)> =
            accepted.tracks().iter().map(|(track, set)| (*track, set.intersection(&above))).collect();
        let catalog = self.encoding.catalog();
        let is_candidate =
            |&value: &u32| catalog.is_usable(value) && features.iter().all(|&feature| catalog.defines(value, feature));
        let candidates = |set: Set| {
            let mut candidates = SetBuilder::default();
            let values = set.ranges().iter().flat_map(|&(first, last)| first..=last);
            values.filter(is_candidate).for_each(|value| candidates.push((value, value)));
            candidates.finish()
        };
        let tracks = accepted.into_iter().map(|(track, set)| (track, candidates(set)));
        tracks.filter(|(_, set)| !set.is_empty()).collect()
    }

    /// All earlier items as they are bound, and this one higher.
    fn question(&mut self, higher: Vec<(u32, Set)>, spanning: Option<Spanning>) -> Question {
        let variables = &mut self.encoding.rules.variables;
        let mut question = Question::default();
        let mut fix = |variable, value, item| {
            let (var, set) = (variables.number(variable), Set::singleton(value));
            question.root.push(Requirement { var, set, origin: Origin::Fixed { item } });
        };
        for (item, binding) in (0..).zip(&self.fixed) {
            if let Some(bound) = binding.spanning {
                fix(Variable::Bound(bound), binding.track, item);
            }
            fix(Variable::Release { track: binding.track }, binding.release, item);
        }
        if let [(first, _), ..] = higher[..]
            && let [.., (last, _)] = higher[..]
        {
            question.root.push(Requirement { var: Var::WISH, set: Set::range(first, last), origin: Origin::Wish });
        }
        for (track, set) in higher {
            let var = variables.number(Variable::Release { track });
            let mut list = vec![Requirement { var, set, origin: Origin::Wish }];
            if let Some(bound) = spanning {
                let (var, set) = (variables.number(Variable::Bound(bound)), Set::singleton(track));
                list.push(Requirement { var, set, origin: Origin::Wish });
            }
            question.wish.push((track, list));
        }
        question
    }

    /// An answer that lacks packages is none: they must be supplied first.
    fn check_complete(&mut self) -> Result<(), Stop> {
        let mut missing = BTreeSet::new();
        let mut queue = Queue::new(self.encoding.catalog());
        while let Some(item) = queue.next() {
            match self.binding(&item) {
                Some(binding) => queue.bind(self.encoding.catalog(), &item, binding.release),
                None => {
                    missing.insert(item.dependency.package);
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(Stop::Missing(missing)) }
    }
}
