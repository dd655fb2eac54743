//! Writing a registry: the log of records, and the files that follow from it. Reading all of one, to audit it.
//!
//! A registry is a folder of static files. [`Registry`] is the one writer of such a folder: a lock sees to that. Its
//! [`Transaction`] takes records, refuses those that the log's rules forbid, and turns the others into one epoch and one
//! new head; [`Registry::publish`], [`Registry::yank`] and [`Registry::unyank`] are transactions of one record.
//! [`import`] makes records of rows of the crates.io index. [`audit`] replays a log and checks everything that its head
//! commits to.
//!
//! Files are durable before a head that commits to them is signed, and a head that was signed is finished by the next
//! writer if this one crashes. What a writer needs for itself (the lock, a transaction's list, the names that are taken)
//! is in the folder `.writer`: nobody else reads it, a copy of the registry can do without it, and a web server may as
//! well hide it.
//!
//! What no program can see by itself: a folder that was brought back from an older copy. Whoever publishes to it signs a
//! second history, which everyone who remembers a newer head will refuse.

pub mod audit;
mod commit;
mod cosign;
mod draft;
mod files;
mod homes;
pub mod import;
mod index;
mod journal;
mod lines;
mod maintainers;
mod mirror;
mod names;
mod package;
mod peers;
mod prune;
mod publish;
mod rejection;
mod replay;
mod request;
mod signer;
mod store;
#[cfg(test)]
mod tests;
mod transaction;
mod tree;
mod waiting;
mod writer;
mod yank;

pub use cosign::add_cosignatures;
pub use homes::{Home, homes};
pub use maintainers::{Approval, Drafted, NamedMaintainers, Taken, draft_handover, draft_release, maintainers};
pub use mirror::{Entries, Mirrored, contents, is_whole_copy, mirror};
pub use peers::{KnownHead, KnownPeer, PeerRequest};
pub use prune::{Pruned, prune};
pub use publish::{AdditionRequest, DependencyRequest, FeatureRequest, Published, Rehearsed, ReleaseRequest};
pub use rejection::Rejection;
pub use request::{MAX_REQUEST, Request, Standing};
pub use signer::Signer;
pub use store::{Folder, Reader};
pub use transaction::Transaction;
pub use waiting::{Finished, discard, finish, waiting};
pub use writer::Registry;

/// How far something long is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Rows of an index found so far.
    Rows(u64),
    /// Lines of evidence read so far.
    Lines(u64),
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
