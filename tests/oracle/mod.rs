//! An oracle for resolution: a second implementation of docs/resolution.md that shares no code with the solver and
//! none with the checker, and is slow and plain enough to be read beside the page.
//!
//! [`problem`] is the model, [`terms`] and [`definition`] are the page, [`backtracking`] is the search that finds the same
//! answer. [`rule`] lists the rules and switches any one of them off. [`scenario`] reads and writes the files of
//! tests/scenarios, [`random`] makes up problems, [`shrink`] makes a failing one small.

pub(crate) mod backtracking;
pub(crate) mod definition;
pub(crate) mod outcome;
pub(crate) mod problem;
pub(crate) mod random;
pub(crate) mod rule;
pub(crate) mod scenario;
pub(crate) mod shrink;
mod terms;

#[cfg(test)]
mod tests;
