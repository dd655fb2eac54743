//! Writing a registry: the log of records, and the files that follow from it.
//!
//! A registry is a folder of static files. [`Registry`] is the one writer of such a folder; its [`Transaction`] takes
//! records and turns them into one new head. [`import`] makes records of rows of the crates.io index.

pub mod audit;
mod draft;
pub mod import;
mod index;
mod journal;
mod names;
mod package;
mod publish;
mod rejection;
mod replay;
mod store;
#[cfg(test)]
mod tests;
mod transaction;
mod tree;
mod writer;
mod yank;

pub use publish::{AdditionRequest, DependencyRequest, FeatureRequest, Published, ReleaseRequest};
pub use rejection::Rejection;
pub use store::{Folder, Reader};
pub use transaction::Transaction;
pub use writer::Registry;

/// How far something long is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Rows of an index found so far.
    Rows(u64),
    /// Records taken, of all that there are to take.
    Records {
        /// Taken.
        done: u64,
        /// To take.
        of: u64,
    },
    /// Files written, of all that there are to write.
    Files {
        /// Written.
        done: u64,
        /// To write.
        of: u64,
    },
}
