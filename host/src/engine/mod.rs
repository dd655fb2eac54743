//! Running a solver: a WebAssembly component that imports nothing, or WASI with nothing behind it, named by its sha256.
//!
//! ```text
//! bytes ── Solver::new ──> Solver ── Engine::load ──> LoadedSolver ── begin ──> Session ── start, supply… ──> Outcome
//!          (inspected)               (compiled)                       (a fresh instance)
//! ```
//!
//! A solver is not trusted. It gets no import but [sealed ones](crate::component::SEALED), a bounded memory and a bounded time, and everything that it returns is
//! checked for its shape here and for its truth by the checker. Whatever it runs into (a trap, a limit, an answer
//! without sense) is "could not check": never a lock, never a verdict.
//!
//! Two backends run the same bytes: [`Backend::Cranelift`] compiles them for this machine, [`Backend::Pulley`] for a
//! portable interpreter. Compiled code is as good as the program that runs it, so [`CompiledCache`] takes back only
//! what it has sealed itself.
//!
//! Code asks at every turn of a loop whether its time is over, but for that of the one solver that a host was released
//! with: see [`Engine::uninterrupted`].

mod compiled;
mod configuration;
mod contract;
mod given;
mod limits;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod memory;
mod returned;
#[cfg(feature = "wasi")]
mod sealed;
mod session;
mod trusted;

#[cfg(test)]
mod components;
#[cfg(test)]
mod tests;

pub use crate::component::{Export, Import, Inspection, MAX_COMPONENT, NAME_SECTION, SOLVING, Solver, inspect};
pub use compiled::{CompiledCache, WASMTIME};
pub use configuration::Backend;
pub use limits::Limits;
pub use session::{Engine, LoadedSolver, Session};
