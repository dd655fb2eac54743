//! What the page verifies with: the command's own `verify --bundle`, over files in memory, with a report for the page.
//!
//! ```text
//! files ── given ──> Trust, Lock, Bundle ── verify ──> report (JSON)
//!                                             │
//!                     Solver ── shape ──> core module ──> the page's browser runs it
//! ```
//!
//! Nothing here prints, reads a file or asks a server: compiled for a page, the module's only imports are the solver and
//! `engine.begin`.

mod given;
mod report;
mod shape;
mod verify;

#[cfg(target_family = "wasm")]
mod page;

pub use given::{File, Given, Role};
pub use report::Report;
pub use shape::core_module;
pub use verify::{Engine, verify};
