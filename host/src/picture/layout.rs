//! Coordinates: whole numbers, of pixels.

use super::layers::{Layers, Place};
use super::sketch::Sketch;

/// How often all heights are moved towards their neighbours, forth and back.
const SWEEPS: usize = 10;

/// Width of a character, in tenths.
const CHARACTER: i64 = 66;

/// Longest text on a node, in characters.
pub(super) const MAX_TEXT: usize = 40;

/// Height of a node's first line, and of each further one.
const LINE: (i64, i64) = (18, 14);

/// Space around a node, and around a bend.
const SPACE: (i64, i64) = (4, 3);

/// Space around the picture.
pub(super) const MARGIN: i64 = 16;

/// A node's rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// Where everything is.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// By layer: where it begins, and how wide it is.
    pub(super) columns: Vec<(i64, i64)>,
    /// For each place the height of its middle.
    pub(super) middle: Vec<i64>,
    /// For each node its rectangle.
    pub(super) nodes: Vec<Rectangle>,
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) layers: Layers,
}

impl Layout {
    /// Places all.
    pub(super) fn of(sketch: &Sketch, layers: Layers) -> Layout {
        let lines = sketch.nodes.iter().map(|node| node.lines.len()).max().unwrap_or(1) as i64;
        let height = LINE.0 + LINE.1 * (lines - 1);
        let middle = heights(&layers, height);
        let width = |node: usize| {
            let longest = sketch.nodes[node].lines.iter().map(|line| line.chars().count().min(MAX_TEXT)).max();
            longest.unwrap_or(0) as i64 * CHARACTER / 10 + 14
        };
        let (mut columns, mut x) = (Vec::new(), MARGIN);
        for (number, order) in layers.order.iter().enumerate() {
            let nodes = order.iter().filter_map(|&place| match layers.places[place] {
                Place::Node(node) => Some(width(node)),
                Place::Bend(..) => None,
            });
            let wide = nodes.max().unwrap_or(0);
            columns.push((x, wide));
            // Room for lines to bend, the more the farther they go up and down.
            let far = order.iter().flat_map(|&place| layers.next[place].iter().map(move |&to| (place, to)));
            let far = far.map(|(from, to)| (middle[from] - middle[to]).abs()).max().unwrap_or(0);
            let is_last = number + 1 == layers.order.len();
            x += wide + if is_last { 0 } else { (28 + far / 12).min(80) };
        }
        let nodes = layers.layer.iter().enumerate().map(|(node, &layer)| {
            let (x, _) = columns[layer];
            Rectangle { x, y: middle[node] - height / 2, width: width(node), height }
        });
        let nodes: Vec<Rectangle> = nodes.collect();
        let lowest = middle.iter().max().map_or(0, |middle| middle + height / 2);
        Layout { nodes, width: x + MARGIN, height: lowest + MARGIN, columns, middle, layers }
    }
}

/// The middles of all places: each as near to its neighbours as the order in its layer lets it.
fn heights(layers: &Layers, height: i64) -> Vec<i64> {
    let own = |place: usize| match layers.places[place] {
        Place::Node(_) => height + SPACE.0,
        Place::Bend(..) => SPACE.1 * 2,
    };
    let mut middle = vec![0; layers.places.len()];
    for order in &layers.order {
        let all: i64 = order.iter().map(|&place| own(place)).sum();
        let mut y = -all / 2;
        for &place in order {
            middle[place] = y + own(place) / 2;
            y += own(place);
        }
    }
    for sweep in 0..SWEEPS {
        let forth = sweep % 2 == 0;
        for step in 0..layers.order.len() {
            let layer = if forth { step } else { layers.order.len() - 1 - step };
            let order = &layers.order[layer];
            // What each would like; above the others by as much as these take.
            let (mut offset, mut offsets, mut wanted) = (0, Vec::new(), Vec::new());
            for (number, &place) in order.iter().enumerate() {
                if let Some(&before) = number.checked_sub(1).and_then(|before| order.get(before)) {
                    offset += (own(before) + own(place)).div_euclid(2);
                }
                let neighbours = match (forth, sweep + 2 > SWEEPS) {
                    (_, true) => layers.before[place].iter().chain(&layers.next[place]),
                    (true, false) => layers.before[place].iter().chain(&[]),
                    (false, false) => layers.next[place].iter().chain(&[]),
                };
                let (sum, count) = neighbours.fold((0, 0), |(sum, count), &other| (sum + middle[other], count + 1));
                let mean = if count == 0 { middle[place] } else { i64::div_euclid(sum, count) };
                offsets.push(offset);
                wanted.push(mean - offset);
            }
            let placed = ascending(&wanted);
            order.iter().zip(placed).zip(offsets).for_each(|((&place, y), offset)| middle[place] = y + offset);
        }
    }
    let top = middle.iter().min().copied().unwrap_or(0);
    middle.iter().map(|y| y - top + height / 2 + MARGIN).collect()
}

/// The numbers nearest to some that ascend: where they do not, all that are in each other's way take their mean.
fn ascending(wanted: &[i64]) -> Vec<i64> {
    let mut blocks: Vec<(i64, i64)> = Vec::new();
    for &one in wanted {
        let mut block = (one, 1);
        while let Some(&(sum, count)) = blocks.last() {
            if sum * block.1 <= block.0 * count {
                break;
            }
            block = (block.0 + sum, block.1 + count);
            blocks.pop();
        }
        blocks.push(block);
    }
    let means = blocks.into_iter().map(|(sum, count)| (sum.div_euclid(count), count));
    means.flat_map(|(mean, count)| std::iter::repeat_n(mean, usize::try_from(count).unwrap_or(0))).collect()
}

#[cfg(test)]
mod tests {
    use super::ascending;

    #[test]
    fn what_is_in_each_others_way_shares_a_mean() {
        let cases: [(&[i64], &[i64]); 5] = [
            (&[], &[]),
            (&[1, 2, 3], &[1, 2, 3]),
            (&[3, 1], &[2, 2]),
            (&[5, 4, 3, 10], &[4, 4, 4, 10]),
            (&[0, 9, -9, 1], &[0, 0, 0, 1]),
        ];
        for (wanted, expected) in cases {
            assert_eq!(ascending(wanted), expected, "{wanted:?}");
        }
    }
}
