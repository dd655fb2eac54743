//! The headlock solver: a pure function from a problem to its answer.
//!
//! `wit/solver.wit` says how problems and outcomes look, `docs/resolution.md` which answer is *the* answer and how a
//! derivation proves that there is none. This crate is one way to compute them: [PubGrub] finds an answer, a pass over
//! it makes it the answer. Natively it is a library; for wasm32 the same code is a component that imports nothing.
//!
//! Each module imports only from those above it:
//!
//! | module | what |
//! |---|---|
//! | [`contract`] | the types of `wit/solver.wit` |
//! | `set` | sets of numbers, the only kind of set that PubGrub sees here |
//! | `hashing` | hash tables that are the same everywhere |
//! | `catalog` | what the solver was told: text read once, releases, tracks, what a requirement accepts |
//! | `encoding` | the problem as variables and what their values require |
//! | `search` | PubGrub, asked for one complete answer |
//! | `derivation` | PubGrub's reason why there is none, as steps that can be checked one by one |
//! | `queue` | the canonical walk over the dependencies of an answer |
//! | `answer` | the pass: is a higher release possible? |
//! | `solver` | the rounds: [`Solver::start`], [`Solver::supply`] |
//! | `component` | the exports, on wasm32 only |
//!
//! **The same everywhere.** Nothing here depends on the order of the input, on the width of a pointer, or on a hash.
//! What has an order has it by text. Hash tables are asked for single entries only, or keep the order of insertion.
//! PubGrub's decisions follow from priorities and from the order in which variables are first mentioned; both are
//! functions of text alone.
//!
//! **Breaches.** A caller that breaks the contract gets a panic with a short message (in the component: a trap).
//!
//! [PubGrub]: https://github.com/dart-lang/pub/blob/master/doc/solver.md

mod answer;
mod catalog;
#[cfg(target_arch = "wasm32")]
mod component;
pub mod contract;
mod derivation;
mod encoding;
mod hashing;
mod queue;
mod search;
mod set;
mod solver;
#[cfg(test)]
mod testing;

pub use solver::Solver;
