//! Plain backtracking in the queue's order: what docs/resolution.md says finds the answer first. It never asks whether
//! something is complete; it binds, goes on, and comes back.

use std::collections::VecDeque;

use super::definition::TooLarge;
use super::outcome::Outcome;
use super::problem::Problem;
use super::terms::{Bindings, Dependency, Features, Id, On, Terms, in_text};

/// What the search found, and how it went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) outcome: Outcome,
    /// How many bindings were taken back after something else had been bound on top of them or was found impossible.
    pub(crate) undone: u64,
}

/// Searches, taking at most `steps` items from queues.
pub(crate) fn search(problem: &Problem, steps: u64) -> Result<Search, TooLarge> {
    let mut search = Backtracking { terms: Terms { problem, off: None }, steps, undone: 0 };
    let mut start = State::default();
    start.enqueue(&search.terms, &search.terms.roots());
    let found = search.go_on(start)?;
    let outcome =
        found.map_or(Outcome::Unsolvable, |end| Outcome::Solved(in_text(&end.bindings, &end.on, end.ceilings)));
    Ok(Search { outcome, undone: search.undone })
}

struct Backtracking<'a> {
    terms: Terms<'a>,
    steps: u64,
    undone: u64,
}

#[derive(Clone, Default)]
struct State<'a> {
    queue: VecDeque<(Dependency<'a>, Features<'a>)>,
    bindings: Bindings<'a>,
    on: On<'a>,
    item: u32,
    ceilings: Vec<u32>,
}

impl<'a> Backtracking<'a> {
    fn go_on(&mut self, mut state: State<'a>) -> Result<Option<State<'a>>, TooLarge> {
        self.steps = self.steps.checked_sub(1).ok_or(TooLarge)?;
        let Some((dependency, features)) = state.queue.pop_front() else {
            return Ok(Some(state));
        };
        let item = state.item;
        state.item += 1;
        let candidates = match state.bindings.get(&dependency) {
            Some(&bound) => vec![bound],
            None => self.terms.candidates(dependency, &features),
        };
        for &candidate in candidates.iter().rev() {
            let mut next = state.clone();
            if Some(&candidate) != candidates.last() {
                next.ceilings.push(item);
            }
            if next.bind(&self.terms, dependency, candidate, &features) {
                if let Some(end) = self.go_on(next)? {
                    return Ok(Some(end));
                }
                self.undone += 1;
            }
        }
        Ok(None)
    }
}

impl<'a> State<'a> {
    /// Binds, and says whether nothing that is bound so far contradicts it.
    fn bind(&mut self, terms: &Terms<'a>, dependency: Dependency<'a>, to: Id<'a>, features: &Features<'a>) -> bool {
        let new = !self.on.contains_key(&to);
        let exclusives = |id: Id<'a>| &terms.release(id).exclusives;
        let clash =
            |&other: &Id<'a>| terms.track(other) == terms.track(to) || !exclusives(other).is_disjoint(exclusives(to));
        if new && self.on.keys().any(clash) {
            return false;
        }
        self.bindings.insert(dependency, to);
        let closed = terms.closed(to, features);
        let on = self.on.entry(to).or_default();
        let first: Vec<&str> = closed.difference(on).copied().collect();
        on.extend(&first);
        let mut declared = if new { terms.fixed(to) } else { Vec::new() };
        declared.extend(first.iter().flat_map(|feature| terms.added(to, feature)));
        self.enqueue(terms, &declared);
        terms.defines(to, &closed)
    }

    fn enqueue(&mut self, terms: &Terms<'a>, declared: &[(Dependency<'a>, Features<'a>)]) {
        self.queue.extend(terms.united(declared));
    }
}
