//! The queue of `docs/resolution.md`, walked along an answer's bindings: in which order the dependencies are bound, and
//! what the answer holds for a reason.

use std::collections::BTreeSet;

use super::answer::{Node, View, dependency_order};
use super::{AnswerFault, Edge, Records, Words};

/// One item: a dependency, with the features that it asks for there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'q> {
    /// The dependent; nothing for the consumer.
    pub(super) dependent: Option<u32>,
    /// Number of the package depended on.
    pub(super) package: u32,
    /// Number of the requirement.
    pub(super) requirement: u32,
    /// The release that the dependency is bound to.
    pub(super) to: u32,
    /// The features asked for, none twice, in no order that means anything.
    pub(super) features: &'q [u32],
    /// Whether an earlier item has bound the dependency.
    pub(super) forced: bool,
}

/// An item as it is kept: by places in the view and in the list of features.
#[derive(Debug)]
struct Kept {
    node: usize,
    binding: usize,
    features: std::ops::Range<usize>,
    forced: bool,
}

/// All items of an answer's queue.
#[derive(Debug)]
pub(super) struct Items<'a> {
    view: View<'a>,
    items: Vec<Kept>,
    features: Vec<u32>,
    replaced: BTreeSet<u32>,
}

impl Items<'_> {
    /// How many.
    pub(super) fn len(&self) -> u32 {
        self.items.len() as u32
    }

    /// The packages that were declared and that others stand in the place of.
    pub(super) fn replaced(&self) -> &BTreeSet<u32> {
        &self.replaced
    }

    /// In the order in which they are taken.
    pub(super) fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        self.items.iter().map(|item| {
            let node = &self.view.nodes[item.node];
            let binding = &node.bindings[item.binding];
            Item {
                dependent: node.release,
                package: binding.package,
                requirement: binding.requirement,
                to: binding.to,
                features: &self.features[item.features.clone()],
                forced: item.forced,
            }
        })
    }
}

/// What the walk has come by so far, of one node.
struct Seen {
    reached: bool,
    /// For each feature of the node.
    on: Vec<bool>,
    /// For each binding of the node.
    bound: Vec<bool>,
}

/// Walks the queue. Every release of the answer must be reached, and every feature turned on.
pub(super) fn walk<'a>(records: &Records<'a>, view: View<'a>) -> Result<Items<'a>, AnswerFault> {
    let mut seen: Vec<Seen> = view.nodes.iter().map(Seen::new).collect();
    let mut queue = Items { items: Vec::new(), features: Vec::new(), replaced: BTreeSet::new(), view };
    queue.add_batch(records, 0, records.root_edges().collect());
    seen[0].reached = true;
    let mut next = 0;
    while next < queue.items.len() {
        let item = &mut queue.items[next];
        let bound = &mut seen[item.node].bound[item.binding];
        item.forced = *bound;
        *bound = true;
        let place = queue.view.nodes[item.node].targets[item.binding];
        let node = &queue.view.nodes[place];
        let new = seen[place].turn_on(records, node, &queue.features[item.features.clone()]);
        let mut edges = Vec::new();
        if let Some(release) = node.release {
            if !seen[place].reached {
                edges.extend(records.release_edges(release));
            }
            for feature in new {
                edges.extend(records.feature_edges(release, node.features[feature].1));
            }
        }
        seen[place].reached = true;
        queue.add_batch(records, place, edges);
        next += 1;
    }
    check_reached(records, &queue.view, &seen)?;
    Ok(queue)
}

impl Items<'_> {
    /// Adds the items of one dependent: one for each package and requirement, features united, in order.
    fn add_batch(&mut self, records: &Records<'_>, node: usize, mut edges: Vec<Edge<'_>>) {
        let key = |edge: &Edge<'_>| (edge.package, edge.requirement);
        let replaced = edges.iter().filter(|edge| edge.declared != edge.package);
        self.replaced.extend(replaced.map(|edge| edge.declared));
        edges.sort_by(|a, b| dependency_order(records.catalog(), key(a), key(b)));
        for same in edges.chunk_by(|a, b| key(a) == key(b)) {
            let start = self.features.len();
            self.features.extend(same.iter().flat_map(|edge| edge.features()));
            self.features[start..].sort_unstable();
            let end = start + dedup(&mut self.features[start..]);
            self.features.truncate(end);
            let (package, requirement) = key(&same[0]);
            // The answer was checked to bind every dependency that its features imply, and an item's are among them.
            if let Some(binding) = self.view.nodes[node].place(package, requirement) {
                self.items.push(Kept { node, binding, features: start..end, forced: false });
            }
        }
    }
}

/// Moves what is not a repetition to the front of an ordered list, and says how much that is.
fn dedup(list: &mut [u32]) -> usize {
    let mut kept = 0;
    for place in 0..list.len() {
        if kept == 0 || list[kept - 1] != list[place] {
            list[kept] = list[place];
            kept += 1;
        }
    }
    kept
}

impl Seen {
    fn new(node: &Node<'_>) -> Seen {
        Seen { reached: false, on: vec![false; node.features.len()], bound: vec![false; node.bindings.len()] }
    }

    /// Turns features on with all that they include. Returns the places of those that were not on before.
    fn turn_on(&mut self, records: &Records<'_>, node: &Node<'_>, asked: &[u32]) -> Vec<usize> {
        let mut new = Vec::new();
        let mut turn = |name: u32, new: &mut Vec<usize>| {
            // The answer was checked to have on whatever is asked for or included.
            if let Some(place) = node.on(name)
                && !self.on[place]
            {
                self.on[place] = true;
                new.push(place);
            }
        };
        for &name in asked {
            turn(name, &mut new);
        }
        let mut next = 0;
        while next < new.len() {
            for &included in records.includes(node.features[new[next]].1) {
                turn(included, &mut new);
            }
            next += 1;
        }
        new
    }
}

fn check_reached(records: &Records<'_>, view: &View<'_>, seen: &[Seen]) -> Result<(), AnswerFault> {
    let words = Words::new(records.catalog());
    for (node, seen) in view.nodes.iter().zip(seen) {
        let Some(release) = node.release else { continue };
        if !seen.reached {
            return Err(AnswerFault::Unreachable { release: words.release(release) });
        }
        if let Some(place) = seen.on.iter().position(|on| !on) {
            let feature = words.feature(node.features[place].0).to_owned();
            return Err(AnswerFault::FeatureUnasked { release: words.release(release), feature });
        }
    }
    Ok(())
}
