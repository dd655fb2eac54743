//! Solvers as packages: published in a log, yanked there, found again by their hash.
//!
//! A lock may state where its solver was published: the record, and a pinned head of the log. A trust file may accept
//! solvers by where they were published, and in which versions. docs/solvers.md is the specification.
//!
//! | module | what |
//! |---|---|
//! | [`release`] | what the page of a package says of its releases: a pure function |
//! | [`log`] | that page, at a head of a log |
//! | [`stated`] | what a lock states of where its solver was published, checked |
//! | [`look`] | what is said of a solver at the newest head that can be seen: its yank, perhaps |
//! | [`yanked`] | the yanks that were seen, kept |
//! | [`accept`] | who accepts a solver: decided from all of these, nothing is read |
//! | [`judge`] | these three, one after the other |
//! | [`locate`] | where the solver of a new lock was published |
//! | [`component`] | the bytes of a solver, by their hash |

pub mod accept;
pub mod component;
pub mod judge;
pub mod locate;
pub mod log;
pub mod look;
pub mod release;
pub mod stated;
pub mod yanked;

pub use accept::{Accepted, Yank, refuse_unknown};
pub use component::{ComponentCache, Lookup, Place};
pub use judge::{Judged, Judging, served};
pub use locate::{Located, Locating};
pub use look::Look;
pub use release::Release;
pub use stated::Publication;
