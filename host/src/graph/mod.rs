//! The graph of registries: which logs a solve is about, at which heads, and which may depend on which.
//!
//! It begins with the registries that the consumer names, whose heads are *pinned*. Each log says, at its head, which other
//! logs are its peers, and perhaps which head of a peer it has seen. Such a head is *derived*: it follows from the head of
//! the log that says so. A peer of which no log holds a head is pinned, too. All heads are fixed here, before a solver's
//! first round, by one rule: pinned before derived, then breadth first from the consumer's registries, at equal distance
//! the largest; every other mention of a log must be consistent with the head that it has.
//!
//! So the graph is a function of what the consumer asks for and of the pinned heads. docs/registries.md is its
//! specification.

mod error;
mod mention;
mod walk;

#[cfg(test)]
mod tests;

use headlock_log::checkpoint::Head;
use headlock_log::note::VerifierKey;

use crate::error::Result;
use crate::lock::{Cosignature, DerivedLog, PinnedLog};
use crate::trust::{AcceptedHead, Trust};

pub(crate) use mention::read_mentions;
pub use mention::{Mention, Synced};
pub use walk::resolve;

/// Most logs of one graph.
pub const MAX_LOGS: usize = 256;

/// Most peers that one log may have at a head.
pub const MAX_PEERS: usize = 1024;

/// The logs of a solve, each at one accepted head, and their links.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Ascending by origin.
    pub logs: Vec<GraphLog>,
    /// Ascending by dependent and dependency.
    pub links: Vec<GraphLink>,
    /// What logs say of peers and does not count, ascending like the links.
    pub unusable: Vec<Unusable>,
}

/// A log of a graph.
#[derive(Clone, Debug)]
pub struct GraphLog {
    /// Its head.
    pub accepted: AcceptedHead,
    /// Where the head is from.
    pub basis: Basis,
    /// The cosignatures of a pinned head.
    pub cosignatures: Vec<Cosignature>,
    /// Whose word its keys rest on, if the trust file does not name the log.
    pub vouched_by: Option<String>,
    /// Over how many logs it was reached from the consumer's registries; 0 for those.
    pub distance: u32,
    /// The logs that name it as a peer, at that distance, ascending by origin.
    pub mentions: Vec<Mention>,
}

/// Where a head is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A lock states it.
    Pinned,
    /// The log of this origin holds it.
    Derived {
        /// The log's origin.
        from: String,
        /// The place of the record that holds it.
        record: u64,
    },
}

/// Releases of one log may depend on packages of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphLink {
    /// Origin of the depending log.
    pub dependent: String,
    /// Origin of the log depended on.
    pub dependency: String,
    /// The only packages that may be depended on, ascending; all, if there is no list.
    pub packages: Option<Vec<String>>,
}

/// A peer that does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unusable {
    /// Origin of the log that names the peer.
    pub dependent: String,
    /// The peer's origin.
    pub dependency: String,
    /// Why it does not count.
    pub why: Why,
}

/// Why a peer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Why {
    /// The manifest forbids it.
    #[error("the manifest forbids it, with [[forbid]]")]
    Forbidden,
    /// The peer's head is under a key that the log does not name for it.
    #[error("the head of the peer is signed by another key than it names")]
    OtherKey,
    /// Several logs name the peer, no key is common to all, and the trust file names none.
    #[error("other logs name it with other keys, and the trust file names none of them")]
    Disputed,
}

/// Gives pinned heads.
pub trait PinHeads {
    /// The pinned head of a log, accepted by the trust file, and its cosignatures. `mentions` are the logs that name it as a
    /// peer; none for a registry that the consumer names.
    ///
    /// # Errors
    /// Refused: not accepted. The answer is no: a lock does not pin it. Could not check: it cannot be had.
    fn pin(&mut self, trust: &Trust, origin: &str, mentions: &[Mention]) -> Result<(AcceptedHead, Vec<Cosignature>)>;

    /// Whether what is asked for is still to be chosen: whoever makes a lock can do without a peer, whoever reads one cannot.
    fn chooses(&self) -> bool {
        true
    }

    /// Whether a head that a log holds of another under a retired key is looked at, too. It is for a lock that was made when the
    /// key was none; else what is pinned is better.
    fn takes_retired(&self, _origin: &str) -> bool {
        false
    }

    /// Is asked before anything is read of logs that are trusted because another vouches for them.
    ///
    /// # Errors
    /// Refused: they are not to be.
    fn consent(&mut self, vouched: &[Vouched]) -> Result<()>;
}

/// A log whose keys are believed on another's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Its origin.
    pub origin: String,
    /// The keys.
    pub keys: Vec<VerifierKey>,
    /// Where it is said to be served.
    pub url: String,
    /// How it was reached: origins, from a registry of the consumer's to the log that vouches.
    pub through: Vec<String>,
}

impl Graph {
    /// The heads, ascending by origin.
    pub fn heads(&self) -> Vec<Head> {
        self.logs.iter().map(|log| log.accepted.head().clone()).collect()
    }

    /// The accepted heads, ascending by origin.
    pub fn accepted(&self) -> impl Iterator<Item = &AcceptedHead> {
        self.logs.iter().map(|log| &log.accepted)
    }

    /// The log of an origin.
    pub fn log(&self, origin: &str) -> Option<&GraphLog> {
        self.logs.iter().find(|log| log.accepted.head().origin == origin)
    }

    /// The pinned heads as a lock states them.
    pub fn pinned(&self) -> Vec<PinnedLog> {
        let pinned = self.logs.iter().filter(|log| log.basis == Basis::Pinned);
        pinned.map(|log| PinnedLog::from(&log.accepted)).collect()
    }

    /// The derived heads as a lock states them.
    pub fn derived(&self) -> Vec<DerivedLog> {
        let derived = self.logs.iter().filter_map(|log| match &log.basis {
            Basis::Pinned => None,
            Basis::Derived { from, .. } => Some(DerivedLog { log: PinnedLog::from(&log.accepted), from: from.clone() }),
        });
        derived.collect()
    }

    /// The cosignatures of the pinned heads, as a lock states them.
    pub fn cosignatures(&self) -> Vec<Cosignature> {
        let mut all: Vec<Cosignature> = self.logs.iter().flat_map(|log| log.cosignatures.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// How a log was reached from the consumer's registries: origins, from one of those to the log itself. Of several ways
    /// the first by the origins.
    pub fn path_to(&self, origin: &str) -> Vec<String> {
        path_to(|origin| self.log(origin), origin)
    }
}

/// See [`Graph::path_to`].
fn path_to<'a>(find: impl Fn(&str) -> Option<&'a GraphLog>, origin: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut next = find(origin);
    while let Some(log) = next {
        path.push(log.accepted.head().origin.clone());
        // The mentions of a log are by logs of a smaller distance, so this ends.
        next = log.mentions.first().and_then(|mention| find(&mention.by));
    }
    path.reverse();
    path
}
