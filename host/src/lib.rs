//! Lock dependencies against the pinned heads of registries' transparency logs, and verify that a lock was produced
//! honestly by deriving it again.
//!
//! ```text
//! outcome = solver(problem)     problem = inputs + links + every record of every package asked for, at the heads
//! lock    = heads + sha256(solver) + sha256(problem) + outcome
//! ```
//!
//! Modules import only what stands above them:
//!
//! | module | what |
//! |---|---|
//! | [`error`], [`files`], [`keys`], `parallel` | failures and their exit codes; files that appear whole; private keys; many things at a time |
//! | [`inputs`], [`manifest`] | what an answer is asked for with; the file that says it |
//! | [`problem`] | the solver's input and output as the host holds them |
//! | [`canonical`], [`world`] | bytes that are hashed; how pages become a problem |
//! | [`component`], [`released`] | a solver's bytes, and what they are made of; the one that comes with this host |
//! | [`check`], [`explain`] | every outcome is checked by code that shares nothing with the solver, and explained |
//! | [`solve`] | rounds between the solver and the registries |
//! | [`sources`] | proven reads of registries |
//! | [`engine`] | runs a solver component |
//! | [`lock`], [`mod@derive`] | the lock's format; what it says follows from what it claims |
//! | [`trust`], [`heads`], [`pages`] | whom a verifier believes; the memory of heads; registries at accepted heads |
//! | [`verify`] | a lock is derived again and compared |
//! | [`moving`], [`mod@diff`] | which releases stay when some move; what changed from one lock to another |
//! | [`registry`] | writing a log |
//! | [`cli`] | the command |
//!
//! Where time goes can be told by a `tracing` subscriber: work is done inside of spans named `load` (a component's code),
//! `read` (files), `index` (what leads to pages), `hash` and `parse` (pages), `lower` (into the contract's lists), `solve` (the
//! solver, and crossing into it), `check` and `format`.
//!
//! [`engine`] and [`cli`] are the feature `engine`, which is on by default. Without it there is nothing that runs a solver:
//! formats, proofs, the checker and registries stay, for whoever brings an engine of their own ([`solve::Solving`]), and
//! for fuzzing.

pub mod bundle;
pub mod canonical;
pub mod check;
#[cfg(feature = "engine")]
pub mod cli;
pub mod component;
pub mod contents;
pub mod derive;
pub mod diff;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
pub mod explain;
pub mod files;
pub mod fork;
pub mod graph;
pub mod heads;
pub mod inputs;
pub mod keys;
pub mod lock;
pub mod manifest;
pub mod moving;
pub mod pages;
mod parallel;
pub mod problem;
pub mod registry;
pub mod released;
pub mod rotated;
pub mod solve;
pub mod sources;
pub mod sync;
mod table;
pub mod trust;
pub mod verify;
pub mod witness;
pub mod world;

pub use error::{Error, ErrorKind, Result};
