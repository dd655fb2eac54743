//! The queue of "The answer", walked along anything that chooses, and *the* answer: for each item the highest candidate
//! with which there still is a complete answer, asked one after the other.

use std::collections::{BTreeMap, VecDeque};

use crate::oracle::outcome::{Answer, Binding, Chosen};

use super::encoding::Encoding;
use super::records::{Features, Id, Records};

/// An item that was taken.
#[derive(Clone, Debug)]
pub(super) struct Item<'r> {
    /// Place among the dependencies.
    pub(super) dependency: usize,
    pub(super) features: Features<'r>,
    pub(super) to: Id,
    pub(super) forced: bool,
    /// The candidates that rank higher, ascending; none if it is forced.
    pub(super) higher: Vec<Id>,
}

/// A complete answer, found along the queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Complete<'r> {
    pub(super) items: Vec<Item<'r>>,
    /// By place among the dependencies.
    pub(super) bindings: BTreeMap<usize, Id>,
    pub(super) on: BTreeMap<Id, Features<'r>>,
    queue: VecDeque<(usize, Features<'r>)>,
}

/// The answer, if there is one.
pub(super) fn answer<'r>(encoding: &mut Encoding<'r>) -> Option<Complete<'r>> {
    let mut kept = vec![encoding.consumer];
    if !encoding.is_satisfiable(&kept) {
        return None;
    }
    let mut model = encoding.bindings();
    let records = encoding.records;
    let complete = Complete::along(records, |dependency, candidates| {
        let highest = candidates.iter().rev().copied().find(|&to| {
            // What a complete answer with all that is kept has needs no question.
            if model[dependency] == Some(to) {
                return true;
            }
            let assumptions = [&kept[..], &[encoding.bound(dependency, to)]].concat();
            let possible = encoding.is_satisfiable(&assumptions);
            if possible {
                model = encoding.bindings();
            }
            possible
        });
        let to = highest.expect("the last model has a candidate for each dependency that it reaches");
        kept.push(encoding.bound(dependency, to));
        to
    });
    Some(complete)
}

/// The complete answer that is in the model that was found last.
pub(super) fn found<'r>(encoding: &Encoding<'r>) -> Complete<'r> {
    let bindings = encoding.bindings();
    Complete::along(encoding.records, |dependency, _| {
        bindings[dependency].expect("in a model each dependency is bound that is reached")
    })
}

impl<'r> Complete<'r> {
    /// What is reached from the consumer, where each dependency is bound as `choose` says, which is asked for each once:
    /// its place, and its candidates, ascending by rank.
    pub(super) fn along(records: &'r Records<'r>, mut choose: impl FnMut(usize, &[Id]) -> Id) -> Complete<'r> {
        let mut complete = Complete::default();
        complete.add_batch(records, None, &[], None);
        while let Some((dependency, features)) = complete.queue.pop_front() {
            let bound = complete.bindings.get(&dependency).copied();
            let mut candidates = Vec::new();
            if bound.is_none() {
                candidates.clone_from(&records.dependencies[dependency].accepted);
                candidates.retain(|&id| records.defines(id, &features));
                candidates.sort_by_key(|&id| records.rank(id));
            }
            let to = bound.unwrap_or_else(|| choose(dependency, &candidates));
            candidates.retain(|&id| records.rank(id) > records.rank(to));
            complete.bindings.insert(dependency, to);
            complete.bring_in(records, to, &features);
            complete.items.push(Item { dependency, features, to, forced: bound.is_some(), higher: candidates });
        }
        complete
    }

    fn bring_in(&mut self, records: &'r Records<'r>, id: Id, asked: &Features<'r>) {
        let new = !self.on.contains_key(&id);
        let on = self.on.entry(id).or_default();
        let mut first = Vec::new();
        let mut open: Vec<&str> = asked.iter().copied().collect();
        while let Some(name) = open.pop() {
            if on.insert(name) {
                first.push(name);
                let includes = &records.releases[id].release.features[name].includes;
                open.extend(includes.iter().map(String::as_str));
            }
        }
        self.add_batch(records, Some(id), &first, new.then_some(id));
    }

    /// Adds what features of a dependent add, and what is always there if the dependent is `new` or the consumer.
    fn add_batch(&mut self, records: &'r Records<'r>, dependent: Option<Id>, features: &[&str], new: Option<Id>) {
        let mut batch: BTreeMap<_, (usize, Features<'r>)> = BTreeMap::new();
        for place in records.declared_by(dependent) {
            let dependency = &records.dependencies[place];
            for ask in &dependency.asks {
                let counts = match ask.by {
                    None => new == dependent,
                    Some(feature) => features.contains(&feature),
                };
                if counts {
                    let item = batch.entry((dependency.package, dependency.requirement));
                    item.or_insert_with(|| (place, Features::new())).1.extend(&ask.features);
                }
            }
        }
        self.queue.extend(batch.into_values());
    }

    /// As scenario files have it, ceilings being the items that are not bound to their highest candidate.
    pub(super) fn in_names(&self, records: &Records<'_>) -> Answer {
        let of = |dependent: Option<Id>| {
            let mut bindings: Vec<Binding> = Vec::new();
            for (&place, &to) in &self.bindings {
                let dependency = &records.dependencies[place];
                if dependency.dependent == dependent {
                    bindings.push(Binding {
                        package: dependency.package.clone(),
                        requirement: dependency.requirement.clone(),
                        to: records.releases[to].version.clone(),
                    });
                }
            }
            bindings.sort();
            bindings
        };
        let releases = self.on.iter().map(|(&id, features)| Chosen {
            package: records.releases[id].package.clone(),
            version: records.releases[id].version.clone(),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            bindings: of(Some(id)),
        });
        Answer { consumer: of(None), releases: releases.collect(), ceilings: self.below_their_highest() }
    }

    /// The items, counted from 0, that are not bound to their highest candidate.
    pub(super) fn below_their_highest(&self) -> Vec<u32> {
        let below = self.items.iter().enumerate().filter(|(_, item)| !item.higher.is_empty());
        below.map(|(place, _)| u32::try_from(place).expect("few items")).collect()
    }
}
