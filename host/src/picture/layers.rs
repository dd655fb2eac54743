//! Layers: each node stands to the right of all that need it, and where in its layer.
//!
//! An edge that passes layers bends in each, at a place that all edges to its end share: what many need is reached by one
//! line into which theirs flow. So a picture has few lines, however many edges.

use std::collections::BTreeSet;

use super::sketch::{Mark, Sketch, Tie};
use super::{MAX_PLACES, limit};
use crate::error::Result;

/// How often the layers are ordered by their neighbours, there and back.
const SWEEPS: usize = 12;

/// What stands at a place of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The node.
    Node(usize),
    /// A bend of the lines of this kind to the node.
    Bend(usize, Tie),
}

/// Nodes and bends in layers, from left to right and in each from top to bottom.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// All places.
    pub(super) places: Vec<Place>,
    /// For each place which others of the next layer it is joined to.
    pub(super) next: Vec<Vec<usize>>,
    /// The other way.
    pub(super) before: Vec<Vec<usize>>,
    /// The places of each layer, in order.
    pub(super) order: Vec<Vec<usize>>,
    /// For each node its layer.
    pub(super) layer: Vec<usize>,
    /// For each node and kind of edge the layer of the first bend, and the places of the bends.
    pub(super) bends: [Vec<(usize, Vec<usize>)>; 2],
    /// The edges that close a circle, which lead back.
    pub(super) back: BTreeSet<(usize, usize)>,
}

/// All nodes so that each stands before what it needs, but for the edges that close a circle, which are the second.
pub(super) fn order(sketch: &Sketch) -> (Vec<usize>, BTreeSet<(usize, usize)>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let nodes = &sketch.nodes;
    let mut state = vec![State::New; nodes.len()];
    let (mut finished, mut back) = (Vec::with_capacity(nodes.len()), BTreeSet::new());
    // From what the consumer asks for, so that circles are opened where they are entered.
    let is_root = |&node: &usize| nodes[node].marks.iter().any(|mark| matches!(mark, Mark::Consumer | Mark::Root));
    let roots = (0..nodes.len()).filter(is_root).chain(0..nodes.len());
    for root in roots {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::Open;
        let mut open = vec![(root, 0)];
        while let Some((node, next)) = open.last_mut() {
            let node = *node;
            let Some(edge) = nodes[node].edges.get(*next) else {
                state[node] = State::Done;
                finished.push(node);
                open.pop();
                continue;
            };
            *next += 1;
            match state[edge.to] {
                State::New => {
                    state[edge.to] = State::Open;
                    open.push((edge.to, 0));
                }
                State::Open => drop(back.insert((node, edge.to))),
                State::Done => {}
            }
        }
    }
    finished.reverse();
    (finished, back)
}

impl Layers {
    /// The layers of a sketch.
    ///
    /// # Errors
    /// Could not check: there would be too many places.
    pub(super) fn of(sketch: &Sketch) -> Result<Layers> {
        let (sorted, back) = order(sketch);
        let mut layer = vec![0; sketch.nodes.len()];
        for &from in &sorted {
            for edge in &sketch.nodes[from].edges {
                if !back.contains(&(from, edge.to)) {
                    layer[edge.to] = layer[edge.to].max(layer[from] + 1);
                }
            }
        }
        // Where lines to a node begin.
        let mut first = [vec![usize::MAX; layer.len()], vec![usize::MAX; layer.len()]];
        for (from, node) in sketch.nodes.iter().enumerate() {
            for edge in node.edges.iter().filter(|edge| !back.contains(&(from, edge.to))) {
                let first = &mut first[edge.tie as usize][edge.to];
                *first = (*first).min(layer[from]);
            }
        }
        let bends = first.iter().flat_map(|first| first.iter().zip(&layer));
        let bends: usize = bends.map(|(&first, &layer)| layer.saturating_sub(first.saturating_add(1))).sum();
        limit("places", sketch.nodes.len().saturating_add(bends), MAX_PLACES)?;
        let mut layers = Layers {
            places: (0..layer.len()).map(Place::Node).collect(),
            next: vec![Vec::new(); layer.len()],
            before: Vec::new(),
            order: vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)],
            layer,
            bends: [Vec::new(), Vec::new()],
            back,
        };
        // In the order of a walk, so that what belongs together begins together.
        sorted.iter().for_each(|&node| layers.order[layers.layer[node]].push(node));
        for tie in [Tie::Needs, Tie::Holds] {
            for (to, &first) in first[tie as usize].iter().enumerate() {
                layers.bend(to, tie, first);
            }
        }
        for (from, node) in sketch.nodes.iter().enumerate() {
            for edge in &node.edges {
                if !layers.back.contains(&(from, edge.to)) {
                    let joined = layers.way(from, edge.to, edge.tie).next().unwrap_or(edge.to);
                    layers.next[from].push(joined);
                }
            }
        }
        layers.next.iter_mut().for_each(|next| {
            next.sort_unstable();
            next.dedup();
        });
        layers.before = vec![Vec::new(); layers.places.len()];
        for (from, next) in layers.next.iter().enumerate() {
            next.iter().for_each(|&to| layers.before[to].push(from));
        }
        layers.sort();
        Ok(layers)
    }

    /// Puts the bends of the lines to a node between the layer of the first that needs it and its own.
    fn bend(&mut self, to: usize, tie: Tie, first: usize) {
        let begin = first.saturating_add(1);
        let mut bends = Vec::new();
        for layer in begin..self.layer[to].max(begin) {
            let place = self.places.len();
            self.places.push(Place::Bend(to, tie));
            self.next.push(Vec::new());
            if let Some(&last) = bends.last() {
                let last: usize = last;
                self.next[last].push(place);
            }
            self.order[layer].push(place);
            bends.push(place);
        }
        if let Some(&last) = bends.last() {
            self.next[last].push(to);
        }
        self.bends[tie as usize].push((begin, bends));
    }

    /// The places that an edge leads over, behind its beginning: bends, and its end.
    pub(super) fn way(&self, from: usize, to: usize, tie: Tie) -> impl Iterator<Item = usize> {
        let bends = self.bends[tie as usize].get(to);
        let joined = bends.and_then(|(begin, bends)| bends.get((self.layer[from] + 1).saturating_sub(*begin)..));
        joined.unwrap_or_default().iter().copied().chain([to])
    }

    /// Orders each layer by where its neighbours stand, forth and back, and keeps the order with the fewest crossings.
    fn sort(&mut self) {
        let mut at = vec![0; self.places.len()];
        self.order.iter().for_each(|layer| number(layer, &mut at));
        let (mut best, mut fewest) = (self.order.clone(), self.crossings(&at));
        for sweep in 0..SWEEPS {
            let forth = sweep % 2 == 0;
            for step in 1..self.order.len() {
                let layer = if forth { step } else { self.order.len() - 1 - step };
                let neighbours = if forth { &self.before } else { &self.next };
                let mut keyed: Vec<(usize, usize)> = self.order[layer]
                    .iter()
                    .map(|&place| {
                        let others = &neighbours[place];
                        // The mean, in thousandths.
                        let sum: usize = others.iter().map(|&other| at[other]).sum();
                        let mean = (sum * 1000).checked_div(others.len());
                        (mean.unwrap_or(at[place] * 1000), place)
                    })
                    .collect();
                keyed.sort_by_key(|&(mean, place)| (mean, at[place]));
                self.order[layer] = keyed.into_iter().map(|(_, place)| place).collect();
                number(&self.order[layer], &mut at);
            }
            let crossings = self.crossings(&at);
            if crossings < fewest {
                (best, fewest) = (self.order.clone(), crossings);
            }
        }
        self.order = best;
    }

    /// How often lines cross.
    fn crossings(&self, at: &[usize]) -> u64 {
        let mut crossings = 0;
        for (layer, next) in self.order.iter().zip(self.order.iter().skip(1)) {
            // How many lines end at or before a place: sums in a tree.
            let mut sums = vec![0_u64; next.len() + 1];
            let mut lines = 0;
            for &from in layer {
                let mut ends: Vec<usize> = self.next[from].iter().map(|&to| at[to]).collect();
                ends.sort_unstable();
                for &end in &ends {
                    let (mut before, mut node) = (0, end + 1);
                    while node > 0 {
                        before += sums[node];
                        node &= node - 1;
                    }
                    crossings += lines - before;
                }
                for &end in &ends {
                    let mut node = end + 1;
                    while node < sums.len() {
                        sums[node] += 1;
                        node += node & node.wrapping_neg();
                    }
                }
                lines += ends.len() as u64;
            }
        }
        crossings
    }
}

/// Writes down where each place of a layer stands in it.
fn number(layer: &[usize], at: &mut [usize]) {
    layer.iter().enumerate().for_each(|(order, &place)| at[place] = order);
}
