//! Sets of 32-bit numbers.
//!
//! PubGrub works on any kind of set that can be intersected and complemented. This one knows that nothing lies between
//! two neighbouring numbers, so one set has one form: equal sets compare equal, and an empty set is seen to be empty.
//! Most sets are one range, which needs no allocation; the others are shared, since PubGrub copies sets often.
//!
//! What a search costs is what PubGrub asks sets. Each operation is a *look*, for a budget; one on long sets is several. The
//! length of short ones does not count: it depends on numbers, and these on the order in which the solver was told.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use pubgrub::VersionSet;

/// How many ranges are one more look.
const RANGES_OF_A_LOOK: usize = 64;

thread_local! {
    /// Looks that nobody has taken account of yet. PubGrub hands nothing through to a set's operations.
    static LOOKS: Cell<u64> = const { Cell::new(0) };
}

/// How many looks there were on this thread since this was last asked.
pub(crate) fn take_looks() -> u64 {
    LOOKS.replace(0)
}

/// An inclusive range of numbers, first and last.
pub(crate) type Range = (u32, u32);

/// A set of numbers.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Set {
    /// No number.
    #[default]
    Empty,
    /// One range.
    One(Range),
    /// At least two ranges, ascending, neither touching nor overlapping.
    Many(Arc<[Range]>),
}

impl Set {
    /// The numbers from `first` to `last`, both included; none if `first` is above `last`.
    pub(crate) fn range(first: u32, last: u32) -> Set {
        if first <= last { Set::One((first, last)) } else { Set::Empty }
    }

    /// The set's ranges, ascending, neither touching nor overlapping.
    pub(crate) fn ranges(&self) -> &[Range] {
        match self {
            Set::Empty => &[],
            Set::One(range) => std::slice::from_ref(range),
            Set::Many(ranges) => ranges,
        }
    }

    /// Whether a number is in it.
    pub(crate) fn has(&self, number: u32) -> bool {
        // Most sets are short, and most questions are about their upper end.
        self.ranges().iter().rev().find(|range| range.0 <= number).is_some_and(|range| number <= range.1)
    }

    /// Counts an operation on these ranges.
    fn look(&self, others: &[Range]) {
        let ranges = self.ranges().len() + others.len();
        LOOKS.set(LOOKS.get() + 1 + (ranges / RANGES_OF_A_LOOK) as u64);
    }

    /// Whether there is no number in it.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Set::Empty)
    }

    /// The highest number of the set between `first` and `last`, both included.
    pub(crate) fn highest_within(&self, first: u32, last: u32) -> Option<u32> {
        let range = self.ranges().iter().rev().find(|range| range.0 <= last)?;
        let highest = range.1.min(last);
        (highest >= first).then_some(highest)
    }
}

/// Makes a set of ranges that come in ascending order of their first number.
#[derive(Default)]
pub(crate) struct SetBuilder {
    done: Vec<Range>,
    last: Option<Range>,
}

impl SetBuilder {
    /// Adds a range that begins at or after the one before it.
    pub(crate) fn push(&mut self, (first, last): Range) {
        match &mut self.last {
            Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
            Some(open) => {
                self.done.push(*open);
                *open = (first, last);
            }
            None => self.last = Some((first, last)),
        }
    }

    /// The set.
    pub(crate) fn finish(mut self) -> Set {
        match self.last {
            None => Set::Empty,
            Some(range) if self.done.is_empty() => Set::One(range),
            Some(range) => {
                self.done.push(range);
                Set::Many(self.done.into())
            }
        }
    }
}

impl VersionSet for Set {
    type V = u32;

    fn empty() -> Set {
        Set::Empty
    }

    fn full() -> Set {
        Set::One((0, u32::MAX))
    }

    fn singleton(number: u32) -> Set {
        Set::One((number, number))
    }

    fn complement(&self) -> Set {
        self.look(&[]);
        let mut result = SetBuilder::default();
        let mut next = Some(0);
        for &(first, last) in self.ranges() {
            if let Some(start) = next
                && start < first
            {
                result.push((start, first - 1));
            }
            next = last.checked_add(1);
        }
        if let Some(start) = next {
            result.push((start, u32::MAX));
        }
        result.finish()
    }

    fn intersection(&self, other: &Set) -> Set {
        self.look(other.ranges());
        if let (Set::One(a), Set::One(b)) = (self, other) {
            return Set::range(a.0.max(b.0), a.1.min(b.1));
        }
        let mut result = SetBuilder::default();
        let (mut left, mut right) = (self.ranges(), other.ranges());
        while let (Some(a), Some(b)) = (left.first(), right.first()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                result.push((first, last));
            }
            if a.1 <= b.1 {
                left = &left[1..];
            } else {
                right = &right[1..];
            }
        }
        result.finish()
    }

    fn union(&self, other: &Set) -> Set {
        self.look(other.ranges());
        let mut result = SetBuilder::default();
        let (mut left, mut right) = (self.ranges(), other.ranges());
        loop {
            let from = match (left.first(), right.first()) {
                (Some(a), Some(b)) if a.0 <= b.0 => &mut left,
                (Some(_), None) => &mut left,
                (_, Some(_)) => &mut right,
                (None, None) => return result.finish(),
            };
            result.push(from[0]);
            *from = &from[1..];
        }
    }

    fn contains(&self, number: &u32) -> bool {
        self.look(&[]);
        self.has(*number)
    }

    fn is_disjoint(&self, other: &Set) -> bool {
        self.look(other.ranges());
        let (mut left, mut right) = (self.ranges(), other.ranges());
        while let (Some(a), Some(b)) = (left.first(), right.first()) {
            if a.0.max(b.0) <= a.1.min(b.1) {
                return false;
            }
            if a.1 <= b.1 {
                left = &left[1..];
            } else {
                right = &right[1..];
            }
        }
        true
    }

    fn subset_of(&self, other: &Set) -> bool {
        self.look(other.ranges());
        let mut right = other.ranges();
        self.ranges().iter().all(|a| {
            while let Some(b) = right.first()
                && b.1 < a.0
            {
                right = &right[1..];
            }
            right.first().is_some_and(|b| b.0 <= a.0 && a.1 <= b.1)
        })
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ranges()).finish()
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers at both ends, where arithmetic could overflow, and a stretch between that is never told apart.
    const NUMBERS: [u32; 8] = [0, 1, 2, 3, u32::MAX - 3, u32::MAX - 2, u32::MAX - 1, u32::MAX];

    /// The set of those numbers whose bit is set; the stretch between goes with bit 8.
    fn of(bits: u32) -> Set {
        let mut set = SetBuilder::default();
        for (place, &number) in NUMBERS.iter().enumerate() {
            if place == 4 && bits & 256 != 0 {
                set.push((4, u32::MAX - 4));
            }
            if bits & (1 << place) != 0 {
                set.push((number, number));
            }
        }
        set.finish()
    }

    fn all() -> impl Iterator<Item = u32> {
        0..512
    }

    #[test]
    fn one_set_has_one_form() {
        for bits in all() {
            let set = of(bits);
            let ascend = |pair: &[Range]| pair[0].1 < u32::MAX && pair[0].1 + 1 < pair[1].0;
            assert!(set.ranges().windows(2).all(ascend), "{set}");
            assert_eq!(set.is_empty(), bits == 0);
            assert_eq!(set.complement(), of(511 - bits));
            assert_eq!(set.complement().complement(), set);
            for (place, number) in NUMBERS.iter().enumerate() {
                assert_eq!(set.contains(number), bits & (1 << place) != 0, "{number} in {set}");
            }
            assert_eq!(set.contains(&1000), bits & 256 != 0);
        }
    }

    #[test]
    fn operations_are_those_of_bits() {
        for a in all().step_by(3) {
            for b in all().step_by(7) {
                let (left, right) = (of(a), of(b));
                assert_eq!(left.intersection(&right), of(a & b), "{left} {right}");
                assert_eq!(left.union(&right), of(a | b), "{left} {right}");
                assert_eq!(left.is_disjoint(&right), a & b == 0, "{left} {right}");
                assert_eq!(left.subset_of(&right), a & b == a, "{left} {right}");
            }
        }
    }

    #[test]
    fn what_is_looked_at_is_counted() {
        let (two, one) = (of(0b1001), of(0b0110));
        let looks = |ask: &dyn Fn()| {
            take_looks();
            ask();
            (take_looks(), take_looks())
        };
        assert_eq!(looks(&|| drop(two.intersection(&one))), (1, 0));
        assert_eq!(looks(&|| drop(two.union(&two))), (1, 0));
        assert_eq!(looks(&|| drop(one.complement())), (1, 0));
        assert_eq!(looks(&|| assert!(!two.is_disjoint(&one) || !two.subset_of(&one) && !two.contains(&1))), (3, 0));
        let mut long = SetBuilder::default();
        (0..100).for_each(|number| long.push((3 * number, 3 * number)));
        let long = long.finish();
        assert_eq!(looks(&|| assert!(long.contains(&297))), (1 + 1, 0));
        assert_eq!(looks(&|| assert!(long.subset_of(&long))), (1 + 3, 0));
    }

    #[test]
    fn the_highest_within_bounds() {
        let set = of(0b0000_1011);
        assert_eq!(set.highest_within(0, u32::MAX), Some(3));
        assert_eq!(set.highest_within(0, 2), Some(1));
        assert_eq!(set.highest_within(2, 2), None);
        assert_eq!(set.highest_within(4, 9), None);
        assert_eq!(Set::empty().highest_within(0, u32::MAX), None);
    }
}
