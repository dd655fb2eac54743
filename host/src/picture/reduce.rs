//! Fewer edges that say the same: one that a longer way implies is left out.

use super::layers::order;
use super::sketch::{Sketch, Tie};

/// Leaves out each edge to what is needed by something else that its node needs, too. Edges that close a circle stay, and
/// imply nothing.
pub(super) fn reduce(sketch: &mut Sketch) {
    let (order, back) = order(sketch);
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(at, &node)| place[node] = at);
    let words = sketch.nodes.len().div_ceil(64);
    let mut reached: Vec<Vec<u64>> = vec![Vec::new(); sketch.nodes.len()];
    let mut implied = 0;
    for &from in order.iter().rev() {
        let mut all = vec![0_u64; words];
        let edges = &mut sketch.nodes[from].edges;
        let mut near: Vec<usize> = (0..edges.len()).filter(|&edge| !back.contains(&(from, edges[edge].to))).collect();
        near.sort_by_key(|&edge| place[edges[edge].to]);
        let mut dropped = vec![false; edges.len()];
        for edge in near {
            let to = edges[edge].to;
            if all[to / 64] >> (to % 64) & 1 == 1 && edges[edge].tie == Tie::Needs {
                dropped[edge] = true;
                continue;
            }
            all[to / 64] |= 1 << (to % 64);
            all.iter_mut().zip(&reached[to]).for_each(|(all, more)| *all |= more);
        }
        implied += dropped.iter().filter(|&&dropped| dropped).count();
        let mut dropped = dropped.into_iter();
        edges.retain(|_| !dropped.next().unwrap_or(false));
        reached[from] = all;
    }
    sketch.implied = implied;
}
