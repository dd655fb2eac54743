//! The answer by its definition, to be read beside docs/resolution.md: what a complete answer is, then the procedure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::outcome::Outcome;
use super::problem::Problem;
use super::rule::{self, Rule};
use super::terms::{Asked, Bindings, Dependency, Features, Id, On, Terms, in_text};

/// The definition, applied to one problem.
struct Definition<'a> {
    terms: Terms<'a>,
    /// How often it may still be asked whether something is complete.
    questions: u64,
}

/// The problem takes too many questions for a search as plain as this.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Solves by the definition, asking at most `questions` times whether something is complete.
pub(crate) fn solve(problem: &Problem, questions: u64) -> Result<Outcome, TooLarge> {
    Definition { terms: Terms { problem, off: None }, questions }.answer()
}

/// Solves by the definition without one rule.
pub(crate) fn solve_without(rule: Rule, problem: &Problem, questions: u64) -> Result<Outcome, TooLarge> {
    let problem = rule::without(rule, problem);
    Definition { terms: Terms { problem: &problem, off: Some(rule) }, questions }.answer()
}

/// "A complete answer"
impl<'a> Definition<'a> {
    /// The releases that these bindings reach from the consumer, with their features (so that there is nothing else,
    /// point 4), and every dependency of these and of the consumer.
    fn reached(&self, bindings: &Bindings<'a>) -> (On<'a>, Asked<'a>) {
        let mut on = On::new();
        loop {
            let mut declared = self.terms.roots();
            for (&id, features) in &on {
                declared.extend(self.terms.fixed(id));
                declared.extend(features.iter().flat_map(|feature| self.terms.added(id, feature)));
            }
            let asked = self.terms.united(&declared);
            let mut reached = On::new();
            for (dependency, features) in &asked {
                if let Some(&to) = bindings.get(dependency) {
                    let first = !reached.contains_key(&to);
                    let on = reached.entry(to).or_default();
                    if first || !self.terms.off(Rule::FeaturesAddUp) {
                        on.extend(self.terms.closed(to, features));
                    }
                }
            }
            if reached == on {
                return (on, asked);
            }
            on = reached;
        }
    }

    /// Whether bindings contradict points 1 to 3 already, whatever is bound further.
    fn contradictory(&self, bindings: &Bindings<'a>, on: &On<'a>, asked: &Asked<'a>) -> bool {
        for (dependency, features) in asked {
            if let Some(to) = bindings.get(dependency) {
                let features = if self.terms.off(Rule::LaterFeatures) { &Features::new() } else { features };
                if !self.terms.candidates(*dependency, features).contains(to) {
                    return true;
                }
            }
        }
        if !self.terms.off(Rule::LaterFeatures) && on.iter().any(|(&id, features)| !self.terms.defines(id, features)) {
            return true;
        }
        let (mut tracks, mut named) = (BTreeSet::new(), BTreeMap::new());
        for &id in on.keys() {
            if !tracks.insert(self.terms.track(id)) && !self.terms.off(Rule::OnePerTrack) {
                return true;
            }
            for exclusive in &self.terms.release(id).exclusives {
                if let Some(other) = named.insert(exclusive, id.package)
                    && !(self.terms.off(Rule::ExclusiveTracks) && other == id.package)
                {
                    return true;
                }
            }
        }
        rule::contradictory_without(self.terms.off, bindings, asked)
    }

    /// Whether there is a complete answer with all these bindings.
    fn complete(&mut self, bindings: &mut Bindings<'a>) -> Result<bool, TooLarge> {
        self.questions = self.questions.checked_sub(1).ok_or(TooLarge)?;
        let (on, asked) = self.reached(bindings);
        if self.contradictory(bindings, &on, &asked) {
            return Ok(false);
        }
        let Some((&dependency, features)) = asked.iter().find(|(dependency, _)| !bindings.contains_key(dependency))
        else {
            return Ok(true);
        };
        for candidate in self.terms.candidates(dependency, features) {
            bindings.insert(dependency, candidate);
            let complete = self.complete(bindings);
            bindings.remove(&dependency);
            if complete? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// "The answer"
impl<'a> Definition<'a> {
    fn answer(mut self) -> Result<Outcome, TooLarge> {
        let (mut bindings, mut on, mut queue) = (Bindings::new(), On::new(), VecDeque::new());
        let (mut item, mut ceilings, mut leftovers) = (0, Vec::new(), Vec::new());
        self.enqueue(&mut queue, &[self.terms.roots()]);
        while let Some((dependency, features)) = queue.pop_front() {
            let forced = bindings.get(&dependency).copied().filter(|_| !self.terms.off(Rule::Forced));
            let to = match forced {
                Some(bound) => bound,
                None => {
                    let candidates = self.terms.candidates(dependency, &features);
                    let Some(to) = self.highest(dependency, &candidates, &mut bindings, &on)? else {
                        return Ok(Outcome::Unsolvable);
                    };
                    let of = if self.terms.off(Rule::CeilingFeatures) {
                        self.terms.accepted(dependency)
                    } else {
                        candidates
                    };
                    if of.last() != Some(&to) {
                        ceilings.push(item);
                        leftovers.extend(of.last().filter(|_| self.terms.off(Rule::NothingElse)));
                    }
                    to
                }
            };
            bindings.insert(dependency, to);
            let new = !on.contains_key(&to);
            let before = on.entry(to).or_default();
            let closed = self.terms.closed(to, &features);
            let first: Vec<&str> = closed.iter().filter(|&feature| !before.contains(feature)).copied().collect();
            if new || !self.terms.off(Rule::FeaturesAddUp) {
                before.extend(&first);
                let fixed = if new { self.terms.fixed(to) } else { Vec::new() };
                let added = first.iter().map(|feature| self.terms.added(to, feature));
                self.enqueue(&mut queue, &[vec![fixed], added.collect()].concat());
            }
            item += u32::from(forced.is_none() || !self.terms.off(Rule::ForcedCounted));
        }
        for leftover in leftovers {
            on.entry(leftover).or_default();
        }
        Ok(Outcome::Solved(in_text(&bindings, &on, ceilings)))
    }

    /// The highest candidate for which, with all earlier bindings kept, there is a complete answer.
    fn highest(
        &mut self,
        dependency: Dependency<'a>,
        candidates: &[Id<'a>],
        bindings: &mut Bindings<'a>,
        on: &On<'a>,
    ) -> Result<Option<Id<'a>>, TooLarge> {
        let mut order: Vec<Id<'_>> = candidates.iter().rev().copied().collect();
        if self.terms.off(Rule::Highest) {
            order.reverse();
        }
        if self.terms.off(Rule::NoPreference) {
            order.sort_by_key(|id| !on.contains_key(id));
        }
        let earlier = bindings.remove(&dependency);
        for candidate in order {
            bindings.insert(dependency, candidate);
            let complete = if self.terms.off(Rule::Lookahead) {
                let (on, asked) = self.reached(bindings);
                Ok(!self.contradictory(bindings, &on, &asked))
            } else {
                self.complete(bindings)
            };
            bindings.remove(&dependency);
            bindings.extend(earlier.map(|to| (dependency, to)));
            if complete? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Puts a batch at the end of the queue: what `declared` says in all, merged and sorted.
    fn enqueue(
        &self,
        queue: &mut VecDeque<(Dependency<'a>, Features<'a>)>,
        declared: &[Vec<(Dependency<'a>, Features<'a>)>],
    ) {
        let all = [declared.concat()];
        for declared in if self.terms.off(Rule::OneBatch) { declared } else { &all } {
            let mut batch: Vec<(Dependency<'_>, Features<'_>)> = self.terms.united(declared).into_iter().collect();
            rule::sort_without(self.terms.off, &mut batch, declared);
            if self.terms.off(Rule::Breadth) {
                batch.drain(..).rev().for_each(|item| queue.push_front(item));
            }
            queue.extend(batch);
        }
    }
}
