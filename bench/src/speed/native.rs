//! The solver natively, as the tests use it.

#![expect(clippy::expect_used, reason = "shared with the tests")]

#[path = "../../../tests/native/mod.rs"]
mod tests_native;

pub(super) use tests_native::{Native, packages, problem};
