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
//! # Example
//!
//! A consumer that needs one package, which has one release: the solver asks for the package, then answers.
//!
//! ```
//! use headlock_solver::Solver;
//! use headlock_solver::contract::*;
//!
//! let none = || Tables {
//!     registries: vec![], names: vec![], packages: vec![], versions: vec![], requirements: vec![], features: vec![],
//!     exclusives: vec![],
//! };
//! let problem = Problem {
//!     tables: Tables {
//!         registries: vec!["registry.example".into()],
//!         names: vec!["my:app".into()],
//!         packages: vec![Package { registry: 0, name: 0 }],
//!         requirements: vec![Requirement { range: "^1".into(), content: None }],
//!         ..none()
//!     },
//!     roots: vec![Root { package: 0, requirement: 0, features: vec![] }],
//!     links: vec![],
//!     overrides: vec![],
//!     preferences: vec![],
//!     budget: 1_000,
//! };
//! let (mut solver, outcome) = Solver::start(problem);
//! assert_eq!(outcome, Outcome::Incomplete(vec![0]));
//!
//! let nothing = || Dependencies { packages: vec![], requirements: vec![], features: vec![], optional: vec![] };
//! let release =
//!     Release { version: 0, content: (0, 0, 0, 0), yanked: false, exclusives: 0, dependencies: 0, features: 0 };
//! let outcome = solver.supply(Packages {
//!     tables: Tables { versions: vec!["1.2.0".into()], ..none() },
//!     supplied: vec![Supplied { package: 0, releases: Some(1) }],
//!     releases: vec![release],
//!     exclusives: vec![],
//!     dependencies: nothing(),
//!     dependency_features: vec![],
//!     features: Features { names: vec![], includes: vec![], additions: vec![] },
//!     included: vec![],
//!     additions: Additions { dependencies: vec![], features: vec![] },
//!     addition_features: vec![],
//! });
//! let Outcome::Solved(answer) = outcome else { panic!("{outcome:?}") };
//! assert_eq!(answer.roots, [Binding { package: 0, requirement: 0, to: 0 }]);
//! ```
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
