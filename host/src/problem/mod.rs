//! The solver's input and output as the host holds them, in the shapes of `wit/solver.wit`.
//!
//! [`Catalog`] is everything that a solver was told: tables of text, and flat lists that refer to them by number.
//! [`Outcome`] is what a solver returns. Neither knows of an engine or of a log.

mod catalog;
mod numbers;
mod outcome;
mod part;
mod records;
mod supply;

pub use catalog::Catalog;
pub use outcome::{Answer, Binding, Cause, Ceiling, Chosen, Derivation, Outcome, Step, Term, Variable};
pub use part::Part;
pub use records::{
    Addition, Dependency, Feature, Link, Mark, Override, Package, Preference, Release, ReleaseParts, Requirement, Root,
    Span, State,
};
