//! The variables, numbered in the order in which they are first needed.

use std::fmt;

use crate::hashing::Table;

/// A variable's number. Nothing may depend on which number it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Var(u32);

impl Var {
    /// [`Variable::Root`].
    pub(crate) const ROOT: Var = Var(0);
    /// [`Variable::Wish`].
    pub(crate) const WISH: Var = Var(1);

    /// The number as a place in a list.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a variable stands for; see the contract's `variable`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Variable {
    /// The consumer.
    Root,
    /// The wish of a ceiling.
    Wish,
    /// The release on a track.
    Release { track: u32 },
    /// The release on a track, a feature being on.
    Feature { track: u32, feature: u32 },
    /// The track that a spanning dependency is bound to.
    Bound(Spanning),
    /// The same, a feature being asked for.
    BoundFeature { bound: Spanning, feature: u32 },
    /// The release that names an exclusive resource.
    Exclusive(u32),
}

/// A dependency that accepts releases on several tracks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Spanning {
    /// The dependent's track; nothing for the consumer.
    pub(crate) dependent: Option<u32>,
    /// The package depended on.
    pub(crate) package: u32,
    /// The requirement.
    pub(crate) requirement: u32,
}

/// All variables met so far in a solve.
pub(crate) struct Variables {
    numbers: Table<Variable, ()>,
}

impl Variables {
    /// Root and wish.
    pub(crate) fn new() -> Variables {
        let mut variables = Variables { numbers: Table::default() };
        variables.number(Variable::Root);
        variables.number(Variable::Wish);
        variables
    }

    /// The number of a variable.
    pub(crate) fn number(&mut self, variable: Variable) -> Var {
        Var(self.numbers.insert_full(variable, ()).0 as u32)
    }

    /// The number of a variable, if it was ever needed.
    pub(crate) fn find(&self, variable: Variable) -> Option<Var> {
        self.numbers.get_index_of(&variable).map(|index| Var(index as u32))
    }

    /// What a variable stands for.
    pub(crate) fn meaning(&self, var: Var) -> Variable {
        // Every number was given out by this table.
        self.numbers.get_index(var.index()).map_or(Variable::Root, |(variable, _)| *variable)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }
}
