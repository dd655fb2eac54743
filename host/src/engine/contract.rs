//! The contract of `wit/solver.wit` as Rust types, and the two calls of an instance.
#![allow(missing_docs, unreachable_pub, reason = "generated; wit/solver.wit is the documentation")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "solver",
    ownership: Borrowing { duplicate_if_necessary: false },
});

pub(super) use exports::headlock::solver::solving;
