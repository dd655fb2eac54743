//! Sets of values, and of values and "none".

use crate::problem::Term;

/// One past the highest value.
const END: u64 = 1 << 32;

/// A subset of all values and "none", as a term stands for one: the ranges, or all but the ranges. What is all but
/// something holds "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subset<'a> {
    ranges: &'a [(u32, u32)],
    all_but: bool,
}

/// What one subset may lie within, of two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Union,
    Intersection,
}

/// An element: a value, or "none".
pub(super) type Element = Option<u32>;

impl<'a> Subset<'a> {
    /// All values and "none": a variable of which nothing is said.
    pub(super) const ALL: Subset<'static> = Subset { ranges: &[], all_but: true };

    /// What a term says.
    pub(super) fn of(term: &'a Term) -> Subset<'a> {
        Subset { ranges: &term.ranges, all_but: !term.positive }
    }

    /// An element of this subset that is not in the union, or the intersection, of two others; `None` if it lies
    /// within. Takes time linear in the number of ranges, which must be ascending and apart.
    pub(super) fn escapes(self, of: Of, a: Subset<'_>, b: Subset<'_>) -> Option<Element> {
        let lacks = |own: bool, a: bool, b: bool| match of {
            Of::Union => own && !(a || b),
            Of::Intersection => own && !(a && b),
        };
        if lacks(self.all_but, a.all_but, b.all_but) {
            return Some(None);
        }
        let (mut own, mut one, mut two) = (Cursor::new(self), Cursor::new(a), Cursor::new(b));
        let mut value = 0;
        while value < END {
            let ((in_own, end_own), (in_a, end_a), (in_b, end_b)) = (own.at(value), one.at(value), two.at(value));
            if lacks(in_own, in_a, in_b) {
                // Below END, so it fits.
                return Some(Some(value as u32));
            }
            value = end_own.min(end_a).min(end_b);
        }
        None
    }
}

/// Walks a subset upwards.
struct Cursor<'a> {
    subset: Subset<'a>,
    next: usize,
}

impl<'a> Cursor<'a> {
    fn new(subset: Subset<'a>) -> Self {
        Cursor { subset, next: 0 }
    }

    /// Whether the value is in the subset, and the next value for which that may change. Values must not descend.
    fn at(&mut self, value: u64) -> (bool, u64) {
        let Subset { ranges, all_but } = self.subset;
        while ranges.get(self.next).is_some_and(|&(_, last)| u64::from(last) < value) {
            self.next += 1;
        }
        match ranges.get(self.next) {
            None => (all_but, END),
            Some(&(first, _)) if value < u64::from(first) => (all_but, u64::from(first)),
            Some(&(_, last)) => (!all_but, u64::from(last) + 1),
        }
    }
}

/// Whether ranges are each in order, ascending, and neither touching nor overlapping.
pub(super) fn well_formed(ranges: &[(u32, u32)]) -> bool {
    ranges.iter().all(|&(first, last)| first <= last)
        && ranges.windows(2).all(|pair| u64::from(pair[0].1) + 1 < u64::from(pair[1].0))
}

/// Whether a value lies within ranges.
pub(crate) fn contains(ranges: &[(u32, u32)], value: u32) -> bool {
    let after = ranges.partition_point(|&(_, last)| last < value);
    ranges.get(after).is_some_and(|&(first, _)| first <= value)
}

/// The entries of an ascending list that lie within ranges, ascending.
pub(crate) fn listed<'l>(list: &'l [u32], ranges: &'l [(u32, u32)]) -> impl Iterator<Item = u32> + 'l {
    ranges.iter().flat_map(move |&(first, last)| {
        let start = list.partition_point(|&value| value < first);
        list[start..].iter().copied().take_while(move |&value| value <= last)
    })
}

/// The numbers of `start..end` that lie within ranges, ascending.
pub(crate) fn numbered(start: u32, end: u32, ranges: &[(u32, u32)]) -> impl Iterator<Item = u32> + '_ {
    let from = ranges.partition_point(move |&(_, last)| last < start);
    ranges[from..]
        .iter()
        .take_while(move |&&(first, _)| first < end)
        .flat_map(move |&(first, last)| first.max(start)..last.saturating_add(1).min(end))
}
