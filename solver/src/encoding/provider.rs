//! The encoding as PubGrub asks for it: which variable to decide next, which value, what it requires.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::fmt;

use pubgrub::{Dependencies, DependencyConstraints, DependencyProvider, PackageResolutionStatistics};

use super::Encoding;
use super::rules::{Origin, Requirement};
use super::variables::{Var, Variable};
use crate::hashing::Table;
use crate::set::{Set, take_looks};

/// When a variable is decided: the place of its item in the queue, then its place in the item. Lower is earlier.
///
/// PubGrub backtracks, the queue does not; a variable keeps the place that it got when it was first required. That is
/// only a good order, the pass over the answer makes it exact. Decided in this order, most answers need no change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    item: Item,
    part: Part,
    /// Rank of the feature's name, where the variable is about one.
    feature: u32,
}

/// An item of the queue: its batch, and its place there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Item {
    batch: u32,
    /// Rank of the package's registry and name.
    package: u32,
    /// Rank of the requirement.
    requirement: u32,
}

/// The variables of one item, in the order of decision. Features come before the release, which follows from them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Bound,
    BoundFeature,
    Feature,
    Release,
}

impl Item {
    const ROOT: Item = Item::first_of(0);
    /// A wish comes before everything else, so that one that can't come true fails early.
    const WISH: Item = Item::first_of(1);
    /// Which release names an exclusive resource follows from all others.
    const LAST: Item = Item::first_of(u32::MAX);

    const fn first_of(batch: u32) -> Item {
        Item { batch, package: 0, requirement: 0 }
    }
}

/// The batch of all items that a question fixes.
const FIXED_BATCH: u32 = 2;
/// The batch of the consumer's dependencies.
const CONSUMER_BATCH: u32 = 3;
/// The first batch of a release.
const FIRST_BATCH: u32 = 4;

/// No release: there are never so many.
const NO_HINT: u32 = u32::MAX;

/// One search over an encoding.
pub(crate) struct Provider<'a> {
    inner: RefCell<Inner<'a>>,
}

struct Inner<'a> {
    encoding: &'a mut Encoding,
    /// What root requires.
    root: Vec<Requirement>,
    /// What each value of wish requires, ascending.
    wish: Vec<(u32, Vec<Requirement>)>,
    /// Steps left.
    budget: &'a mut u64,
    /// For each variable that was required: its place.
    places: Vec<Option<Place>>,
    /// Items that added a batch, and its number.
    batches: Table<Item, u32>,
    /// For each variable of a release: the release that was last chosen.
    hints: Vec<u32>,
}

/// The budget ran out.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the budget ran out")
    }
}

impl std::error::Error for Exhausted {}

/// A value that is not available has no requirements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not available")
    }
}

impl<'a> Provider<'a> {
    /// A search for values of everything that root requires.
    pub(crate) fn new(
        encoding: &'a mut Encoding,
        root: Vec<Requirement>,
        wish: Vec<(u32, Vec<Requirement>)>,
        budget: &'a mut u64,
    ) -> Provider<'a> {
        let batches = Table::default();
        let mut inner = Inner { encoding, root, wish, budget, places: Vec::new(), batches, hints: Vec::new() };
        inner.grow();
        // Of sets that others asked about.
        take_looks();
        inner.places[Var::ROOT.index()] = Some(Place { item: Item::ROOT, part: Part::Release, feature: 0 });
        Provider { inner: RefCell::new(inner) }
    }
}

impl Inner<'_> {
    /// New variables may have been numbered.
    fn grow(&mut self) {
        let len = self.encoding.rules.variables.len();
        self.places.resize(len, None);
        self.hints.resize(len, NO_HINT);
    }

    fn choose(&mut self, var: Var, set: &Set) -> Option<u32> {
        match self.encoding.rules.variables.meaning(var) {
            Variable::Root => set.has(0).then_some(0),
            Variable::Wish => self.wish.iter().rev().map(|(track, _)| *track).find(|track| set.has(*track)),
            Variable::Release { .. } => {
                let chosen = self.encoding.first_hopeful(var, set)?;
                self.grow();
                self.hints[var.index()] = chosen;
                Some(chosen)
            }
            Variable::Feature { track, .. } => {
                let release = self.encoding.rules.variables.number(Variable::Release { track });
                self.grow();
                let hint = self.hints[release.index()];
                if hint != NO_HINT && set.has(hint) && self.encoding.hopeful(var, hint).is_some() {
                    return Some(hint);
                }
                self.encoding.first_hopeful(var, set)
            }
            Variable::Bound(_) | Variable::BoundFeature { .. } | Variable::Exclusive(_) => {
                self.encoding.first_hopeful(var, set)
            }
        }
    }

    /// What a value requires. Variables that are required for the first time get their places.
    fn expand(&mut self, var: Var, value: u32) -> Option<DependencyConstraints<Var, Set>> {
        let requirements = match var {
            Var::ROOT => self.root.clone(),
            Var::WISH => self.wish.iter().find(|(track, _)| *track == value).map(|(_, list)| list.clone())?,
            _ => self.encoding.hopeful(var, value)?.list.clone(),
        };
        self.grow();
        for requirement in &requirements {
            if self.places[requirement.var.index()].is_none() {
                let place = self.place(var, requirement);
                self.places[requirement.var.index()] = place;
            }
        }
        Some(requirements.into_iter().map(|requirement| (requirement.var, requirement.set)).collect())
    }

    /// The place of a variable that is required for the first time.
    fn place(&mut self, from: Var, requirement: &Requirement) -> Option<Place> {
        let from = self.places[from.index()]?.item;
        let tables = &self.encoding.rules.catalog.tables;
        let item = match requirement.origin {
            Origin::Same => from,
            Origin::Wish => Item::WISH,
            Origin::Fixed { item } => Item { batch: FIXED_BATCH, package: item, requirement: 0 },
            Origin::Dependency { package, requirement } => {
                let next = FIRST_BATCH + self.batches.len() as u32;
                let batch = match from {
                    Item::ROOT => CONSUMER_BATCH,
                    _ => *self.batches.entry(from).or_insert(next),
                };
                let (package, requirement) = (tables.package_rank(package), tables.requirement_rank(requirement));
                Item { batch, package, requirement }
            }
        };
        Some(match self.encoding.rules.variables.meaning(requirement.var) {
            Variable::Bound(_) => Place { item, part: Part::Bound, feature: 0 },
            Variable::BoundFeature { feature, .. } => {
                Place { item, part: Part::BoundFeature, feature: tables.feature_rank(feature) }
            }
            Variable::Feature { feature, .. } => {
                Place { item, part: Part::Feature, feature: tables.feature_rank(feature) }
            }
            Variable::Root | Variable::Wish | Variable::Release { .. } => {
                Place { item, part: Part::Release, feature: 0 }
            }
            Variable::Exclusive(_) => Place { item: Item::LAST, part: Part::Release, feature: 0 },
        })
    }
}

impl DependencyProvider for Provider<'_> {
    type P = Var;
    type V = u32;
    type VS = Set;
    type Priority = Reverse<Option<Place>>;
    type M = Unavailable;
    type Err = Exhausted;

    fn prioritize(&self, var: &Var, _: &Set, _: &PackageResolutionStatistics) -> Self::Priority {
        Reverse(self.inner.borrow().places[var.index()])
    }

    fn choose_version(&self, var: &Var, set: &Set) -> Result<Option<u32>, Exhausted> {
        Ok(self.inner.borrow_mut().choose(*var, set))
    }

    fn get_dependencies(&self, var: &Var, value: &u32) -> Result<Dependencies<Var, Set, Unavailable>, Exhausted> {
        Ok(match self.inner.borrow_mut().expand(*var, *value) {
            Some(constraints) => Dependencies::Available(constraints),
            None => Dependencies::Unavailable(Unavailable),
        })
    }

    fn should_cancel(&self) -> Result<(), Exhausted> {
        let mut inner = self.inner.borrow_mut();
        let steps = 1 + take_looks();
        let left = inner.budget.checked_sub(steps);
        *inner.budget = left.unwrap_or(0);
        left.map(drop).ok_or(Exhausted)
    }
}
