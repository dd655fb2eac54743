//! The checker's tests.
//!
//! `text.rs` reads small problems from text. `reference.rs` finds all complete answers by trying everything, and
//! `tables.rs` with `prover.rs` proves by trying everything that there is none; neither shares code with the checker.

mod answers;
mod bindings;
mod ceilings;
mod derivations;
mod leaves;
mod missing;
mod prover;
pub(crate) mod random;
pub(crate) mod reference;
mod steps;
mod tables;
pub(crate) mod text;
mod words;
mod work;

pub(crate) use prover::unsolvable;
