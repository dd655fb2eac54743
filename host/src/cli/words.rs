//! Wording that several commands share.

use headlock_log::checkpoint::Head;
use indicatif::ProgressBar;

use crate::registry::Step;

/// The word for so many.
pub(super) fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// So many of a thing whose plural has an s.
pub(super) fn count(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A head, as commands that make or read one say it.
pub(super) fn head_line(head: &Head) -> String {
    format!("head: {}, root {}", count(head.size, "record"), head.root_base64())
}

/// Shows how far a registry's long work is.
pub(super) fn show(bar: &ProgressBar, step: Step) {
    match step {
        Step::Records { done, of } | Step::Files { done, of } => {
            bar.set_length(of);
            bar.set_position(done);
        }
        Step::Rows(seen) | Step::Lines(seen) => bar.set_position(seen),
    }
}
