//! The types of `wit/solver.wit`, generated; natively they are plain Rust types.

pub use bindings::exports::headlock::solver::solving::*;

/// What the macro writes.
#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "solver",
        additional_derives: [PartialEq, Eq],
    });
}
