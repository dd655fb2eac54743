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
//! | [`compatible`] | which versions the Component Model takes for compatible |
//! | [`inputs`], [`manifest`] | what an answer is asked for with; the file that says it |
//! | [`problem`] | the solver's input and output as the host holds them |
//! | [`canonical`], [`world`] | bytes that are hashed; how pages become a problem |
//! | [`component`], [`released`] | a solver's bytes, and what they are made of; the one that comes with this host |
//! | [`check`], [`explain`] | every outcome is checked by code that shares nothing with the solver, and explained |
//! | [`solve`] | rounds between the solver and the registries |
//! | [`sources`] | proven reads of registries |
//! | [`engine`], `imported` | runs a solver component; on WebAssembly, the solver that whoever embeds this runs |
//! | [`maintainers`] | whose word a package's releases are |
//! | [`lock`], [`mod@derive`] | the lock's format; what it says follows from what it claims |
//! | [`trust`], [`heads`], [`pages`] | whom a verifier believes; the memory of heads; registries at accepted heads |
//! | [`solvers`] | where a lock's solver was published, who accepts it, and its component by its hash |
//! | [`verify`] | a lock is derived again and compared |
//! | [`deps`] | what other tools' files depend on, in a manifest's terms |
//! | [`report`] | verdicts and failures in words |
//! | [`picture`] | a lock drawn |
//! | [`moving`], [`mod@diff`] | which releases stay when some move; what changed from one lock to another |
//! | [`loosen`] | which requirements would have to ask for less, where there is no answer |
//! | [`artifact`] | what components and WIT packages say of themselves |
//! | [`export`] | a lock in the formats of other tools |
//! | [`attest`] | statements that a lock was derived again, signed; so many of those who are believed say it |
//! | [`signing`] | keys that are elsewhere: programs that sign, and what was signed last |
//! | [`registry`] | writing a log |
//! | [`wkg`] | a `wkg.lock` held against a log |
//! | [`cli`] | the command |
//!
//! Where time goes can be told by a `tracing` subscriber: work is done inside of spans named `load` (a component's code),
//! `read` (files), `index` (what leads to pages), `hash` and `parse` (pages), `lower` (into the contract's lists), `solve` (the
//! solver, and crossing into it), `check` and `format`.
//!
//! # Example
//!
//! A registry that publishes a component, read again by whoever has its public key: its log says what it holds, an audit that
//! all which it commits to is so.
//!
//! ```
//! use headlock::artifact;
//! use headlock::registry::{Folder, Registry, ReleaseRequest, audit};
//! use headlock_log::note::SigningKey;
//!
//! let component = b"\0asm\x0d\0\x01\0";
//! let understood = artifact::read(component)?;
//! assert_eq!(understood.kind, artifact::Kind::Component);
//! assert!(understood.needs.is_empty());
//!
//! let folder = tempfile::tempdir()?;
//! let key = SigningKey::generate_from_seed("registry.example/log", [7; 32])?;
//! let mut registry = Registry::init(folder.path(), &key)?;
//! let request = ReleaseRequest {
//!     package: "my:app".to_owned(),
//!     version: "1.0.0".to_owned(),
//!     content: Some(understood.sha256),
//!     ..ReleaseRequest::default()
//! };
//! let published = registry.publish(&request, None)?;
//! assert_eq!((published.place, published.head.size), (1, 3));
//!
//! let report = audit::audit(&Folder::new(folder.path().to_owned()), &key.verifier(), &mut |_| ())?;
//! report.verdict()?;
//! assert_eq!(report.head, published.head);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The feature `wasi` lets the engine run solvers that import WASI, sealed. [`engine`] and [`cli`] are the feature `engine`; both
//! are on by default. Without it there is nothing that runs a solver:
//! formats, proofs, the checker and registries stay, for whoever brings an engine of their own ([`solve::Solving`]), and
//! for fuzzing.

pub mod artifact;
pub mod attest;
pub mod bundle;
pub mod canonical;
pub mod check;
#[cfg(feature = "engine")]
pub mod cli;
mod close;
pub mod compatible;
pub mod component;
pub mod contents;
#[cfg(feature = "engine")]
pub mod deps;
pub mod derive;
pub mod diff;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
pub mod explain;
pub mod export;
pub mod files;
pub mod fork;
pub mod graph;
pub mod grown;
pub mod heads;
#[cfg(target_family = "wasm")]
pub mod imported;
pub mod inputs;
pub mod keys;
pub mod lock;
pub mod loosen;
pub mod maintainers;
pub mod manifest;
mod mistake;
pub mod moving;
pub mod pages;
mod parallel;
pub mod picture;
pub mod problem;
pub mod registry;
pub mod released;
pub mod report;
pub mod rotated;
pub mod signing;
mod snippet;
pub mod solve;
pub mod solvers;
pub mod sources;
pub mod sync;
mod table;
pub mod trust;
pub mod verify;
pub mod witness;
pub mod wkg;
pub mod world;

pub use error::{Error, ErrorKind, Result};
