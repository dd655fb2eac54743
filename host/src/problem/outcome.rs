//! What a solver returns; see `wit/solver.wit` for what each part means.

/// See the contract's `binding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// Number of the package depended on.
    pub package: u32,
    /// Number of the requirement.
    pub requirement: u32,
    /// Release number of the release bound to.
    pub to: u32,
}

/// See the contract's `chosen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Release number.
    pub release: u32,
    /// Features that are on, ascending by name.
    pub features: Vec<u32>,
    /// Dependencies, ascending by registry, name and requirement.
    pub bindings: Vec<Binding>,
}

/// See the contract's `ceiling`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Which binding of the queue.
    pub item: u32,
    /// Why nothing higher is possible.
    pub derivation: Derivation,
}

/// See the contract's `answer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The consumer's dependencies.
    pub roots: Vec<Binding>,
    /// Every release.
    pub releases: Vec<Chosen>,
    /// One for each binding that is not to the highest acceptable release.
    pub ceilings: Vec<Ceiling>,
}

/// See the contract's `variable`. Tracks are named by the release number of their lowest release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// The consumer.
    Root,
    /// The release on a track.
    Release {
        /// The track.
        track: u32,
    },
    /// The release on a track, with a feature on.
    Feature {
        /// The track.
        track: u32,
        /// The feature's name.
        feature: u32,
    },
    /// The track that a spanning dependency is bound to.
    Bound {
        /// The dependent's track; nothing for the consumer.
        dependent: Option<u32>,
        /// The package depended on.
        package: u32,
        /// The requirement.
        requirement: u32,
    },
    /// The same, with a feature asked for.
    BoundFeature {
        /// The dependent's track; nothing for the consumer.
        dependent: Option<u32>,
        /// The package depended on.
        package: u32,
        /// The requirement.
        requirement: u32,
        /// The feature's name.
        feature: u32,
    },
    /// The release that names an exclusive resource.
    Exclusive {
        /// The resource's name.
        exclusive: u32,
    },
    /// The track of a wished-for higher release.
    Wish,
}

/// See the contract's `term`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Place in [`Derivation::variables`].
    pub variable: u32,
    /// Whether the variable has a value within the ranges, or has none there.
    pub positive: bool,
    /// Inclusive ranges, ascending, neither touching nor overlapping.
    pub ranges: Vec<(u32, u32)>,
}

/// See the contract's `cause`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A dependency.
    Requires,
    /// No available value.
    Nothing,
    /// Two earlier steps, resolved on one variable.
    Both(u32, u32),
}

/// See the contract's `step`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Terms, ascending by variable.
    pub terms: Vec<Term>,
    /// Why they cannot all be true.
    pub cause: Cause,
}

/// See the contract's `derivation`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derivation {
    /// The variables.
    pub variables: Vec<Variable>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// See the contract's `outcome`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer.
    Solved(Answer),
    /// Packages that are missing, ascending.
    Incomplete(Vec<u32>),
    /// There is no answer.
    Unsolvable(Derivation),
    /// The budget ran out.
    Exhausted,
}
