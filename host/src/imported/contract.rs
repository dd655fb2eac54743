//! The contract of `wit/solver.wit` as Rust types, and its two functions as imports.

/// What the macro writes.
#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package headlock:host; world host { import headlock:solver/solving@0.1.0; }",
        world: "headlock:host/host",
        generate_all,
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// The names that the engine's bindings have. The world of the contract exports what is imported here, so that the macro
/// counts what is given as something that is also kept, and tells the two apart.
pub(super) mod solving {
    pub(in crate::imported) use super::bindings::headlock::solver::solving::*;
    pub(in crate::imported) use super::bindings::headlock::solver::solving::{
        AdditionsParam as Additions, DependenciesParam as Dependencies, FeaturesParam as Features, LinkParam as Link,
        PackagesParam as Packages, ProblemParam as Problem, RequirementParam as Requirement, RootParam as Root,
        TablesParam as Tables,
    };
}
