//! Wording that several commands share.

use std::path::Path;

use headlock_log::checkpoint::Head;
use indicatif::ProgressBar;

use super::output::advance;
use crate::error::Error;
use crate::registry::Step;
pub(super) use crate::report::{count, plural};

/// Where no registry is.
pub(super) fn no_registry(dir: &Path) -> Error {
    Error::malformed(format!("there is no registry at {}", dir.display()))
        .hint("name its folder, or make one with `headlock registry init`")
}

/// A head, as commands that make or read one say it.
pub(super) fn head_line(head: &Head) -> String {
    format!("head: {}, root {}", count(head.size, "record"), head.root_base64())
}

/// The newest head that is served is older than one that this host has seen.
pub(super) fn lags(head: &Head, behind: u64) -> Error {
    let Head { origin, size, .. } = head;
    let known = size + behind;
    Error::could_not_check(format!(
        "the newest head of {origin} that is served has {size} records, and this host has seen one with {known}"
    ))
    .hint(
        "a copy that lags, or somebody who holds back what is newer: wait, or name another URL; another HEADLOCK_STATE forgets \
         what was seen",
    )
}

/// Shows how far a registry's long work is.
pub(super) fn show(bar: &ProgressBar, step: Step) {
    match step {
        Step::Records { done, of } => advance(bar, "records", done, Some(of)),
        Step::Files { done, of } => advance(bar, "files", done, Some(of)),
        Step::Rows(seen) => advance(bar, "rows", seen, None),
        Step::Lines(seen) => advance(bar, "lines", seen, None),
    }
}
