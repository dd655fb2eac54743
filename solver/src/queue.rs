//! The queue of `docs/resolution.md`: the order in which the dependencies of an answer are bound.

use std::collections::VecDeque;

use crate::catalog::{Catalog, IsNew, Merged};
use crate::contract;
use crate::hashing::Table;

/// An item of the queue.
pub(crate) struct Item {
    /// The depending release; nothing for the consumer.
    pub(crate) dependent: Option<u32>,
    /// The dependency, and the features that the item asks for.
    pub(crate) dependency: Merged,
}

/// A dependency: dependent, package, requirement.
type Key = (Option<u32>, u32, u32);

/// The walk over the queue: what waits, what is bound, what is on.
pub(crate) struct Queue {
    waiting: VecDeque<Item>,
    bound: Table<Key, u32>,
    /// Releases, in the order in which they came in.
    releases: Table<u32, ()>,
    /// Features that are on.
    on: Table<(u32, u32), ()>,
}

impl Queue {
    /// A queue with the first batch.
    pub(crate) fn new(catalog: &Catalog) -> Queue {
        let mut queue = Queue {
            waiting: VecDeque::new(),
            bound: Table::default(),
            releases: Table::default(),
            on: Table::default(),
        };
        queue.add_batch(None, catalog.root_dependencies());
        queue
    }

    fn add_batch(&mut self, dependent: Option<u32>, batch: Vec<Merged>) {
        self.waiting.extend(batch.into_iter().map(|dependency| Item { dependent, dependency }));
    }

    /// Takes the item at the front.
    pub(crate) fn next(&mut self) -> Option<Item> {
        self.waiting.pop_front()
    }

    /// What an item's dependency is bound to already, if the item is forced.
    pub(crate) fn forced(&self, item: &Item) -> Option<u32> {
        self.bound.get(&key(item)).copied()
    }

    /// Binds an item and turns its features on.
    pub(crate) fn bind(&mut self, catalog: &Catalog, item: &Item, release: u32) {
        self.bound.insert(key(item), release);
        let is_new = match self.releases.insert_full(release, ()) {
            (_, None) => IsNew::Yes,
            (_, Some(())) => IsNew::No,
        };
        let mut turned_on = Vec::new();
        let mut todo = item.dependency.features.clone();
        while let Some(feature) = todo.pop() {
            if self.on.insert((release, feature), ()).is_none() {
                turned_on.push(feature);
                todo.extend(catalog.includes(release, feature));
            }
        }
        if is_new == IsNew::Yes || !turned_on.is_empty() {
            self.add_batch(Some(release), catalog.batch(release, is_new, &turned_on));
        }
    }

    /// The answer, once the queue is empty.
    pub(crate) fn answer(self, catalog: &Catalog, ceilings: Vec<contract::Ceiling>) -> contract::Answer {
        let tables = &catalog.tables;
        let mut bindings: Vec<(Key, u32)> = self.bound.into_iter().collect();
        bindings.sort_unstable_by_key(|&((dependent, package, requirement), _)| {
            (dependent, tables.package_rank(package), tables.requirement_rank(requirement))
        });
        let bindings_of = |dependent: Option<u32>| -> Vec<contract::Binding> {
            let start = bindings.partition_point(|((other, _, _), _)| *other < dependent);
            let own = bindings[start..].iter().take_while(|((other, _, _), _)| *other == dependent);
            own.map(|&((_, package, requirement), to)| contract::Binding { package, requirement, to }).collect()
        };
        let mut on: Vec<(u32, u32)> = self.on.into_keys().collect();
        on.sort_unstable_by_key(|&(release, feature)| (release, tables.feature_rank(feature)));
        let features_of = |release: u32| -> Vec<u32> {
            let start = on.partition_point(|(other, _)| *other < release);
            on[start..].iter().take_while(|(other, _)| *other == release).map(|(_, feature)| *feature).collect()
        };
        let mut releases: Vec<u32> = self.releases.into_keys().collect();
        releases.sort_unstable_by_key(|&release| (tables.package_rank(catalog.package_of(release)), release));
        contract::Answer {
            roots: bindings_of(None),
            releases: releases
                .into_iter()
                .map(|release| contract::Chosen {
                    release,
                    features: features_of(release),
                    bindings: bindings_of(Some(release)),
                })
                .collect(),
            ceilings,
        }
    }
}

fn key(item: &Item) -> Key {
    (item.dependent, item.dependency.package, item.dependency.requirement)
}
