//! What evidence shows.

use std::fmt;

use crate::digest::Digest;
use crate::index::IndexError;
use crate::name::quoted;
use crate::page::{AuthorityFault, PageError};
use crate::record::{Peer, Record, RecordError, Sync, Unpeer};

/// A record that stands in a page, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordName {
    /// Its place in the log.
    pub place: u64,
    /// Its kind: `release`, `yank`, `peer` and so on.
    pub kind: &'static str,
    /// The name of its subject, whose page it stands in.
    pub subject: String,
    /// What it says something of: a package and a version, or a peer.
    pub of: String,
}

impl RecordName {
    /// The name of a record at a place; none for an epoch.
    pub fn of(place: u64, record: &Record<'_>) -> Option<RecordName> {
        let subject = record.subject()?.to_string();
        let of = match record {
            Record::Peer(Peer { peer, .. }) | Record::Unpeer(Unpeer { peer, .. }) | Record::Sync(Sync { peer, .. }) => {
                (*peer).to_owned()
            }
            Record::Maintainers(_) => subject.clone(),
            _ => format!("{subject} {}", record.version()?),
        };
        Some(RecordName { place, kind: record.kind(), subject, of })
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordName { place, kind, of, .. } = self;
        write!(f, "record {place}, the {kind} of {of}")
    }
}

/// What commits to a page of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commitment {
    /// The index of the epoch at this place.
    Epoch(u64),
    /// The `prev` of the record at this place.
    Record(u64),
}

impl Commitment {
    /// Its place in the log: what stands before it is what it speaks of.
    pub fn place(self) -> u64 {
        match self {
            Commitment::Epoch(place) | Commitment::Record(place) => place,
        }
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Commitment::Epoch(place) => write!(f, "the index of the epoch at record {place}"),
            Commitment::Record(place) => write!(f, "the prev of record {place}"),
        }
    }
}

/// A statement of a log's signer that is false by the signer's other statements, or that no log may make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Falsehood {
    /// An entry that is no record.
    #[error("entry {place} is no record: {error}")]
    NotARecord {
        /// Its place.
        place: u64,
        /// Why.
        error: RecordError,
    },
    /// A dependency that names the log's own origin, which a record leaves out.
    #[error("{record} depends on {dependency} of {registry}, which is the log itself and is not to be named")]
    OwnRegistry {
        /// The release.
        record: RecordName,
        /// The package depended on.
        dependency: String,
        /// The log's origin.
        registry: String,
    },
    /// A head whose last entry is no epoch.
    #[error("the signed head ends with entry {place}, which is no epoch")]
    NoEpoch {
        /// The entry's place.
        place: u64,
    },
    /// Two packages whose names are the same.
    #[error("{first} and {second}: names that differ only in case, `-` and `_` are the same")]
    Names {
        /// A record of the one.
        first: RecordName,
        /// A record of the other.
        second: RecordName,
    },
    /// A bin that is none.
    #[error("{by} has a bin that is none: {error}")]
    NoBin {
        /// The index.
        by: Commitment,
        /// Why.
        error: IndexError,
    },
    /// A page that is none.
    #[error("{by} leads to a page of {subject} that is none: {error}")]
    NoPage {
        /// What commits to it.
        by: Commitment,
        /// The name of the page's subject.
        subject: String,
        /// Why.
        error: PageError,
    },
    /// A page with a record that comes later.
    #[error("{by} leads to a page of {subject} that ends with record {place}, which does not come before")]
    Later {
        /// What commits to it.
        by: Commitment,
        /// The name of the page's subject.
        subject: String,
        /// The last record's place.
        place: u64,
    },
    /// No page, though there are records for it.
    #[error("{by} says that there is no page of {}, though there is {record}", .record.subject)]
    Absent {
        /// What says so.
        by: Commitment,
        /// A record before it.
        record: RecordName,
    },
    /// A page without a record.
    #[error("{by} leads to a page that leaves out {record}")]
    Omitted {
        /// What commits to the page.
        by: Commitment,
        /// The record that is left out.
        record: RecordName,
    },
    /// A page with another record than the log at a place.
    #[error("{by} leads to a page of {subject} with another entry {place} than the log has")]
    Altered {
        /// What commits to the page.
        by: Commitment,
        /// The name of the page's subject.
        subject: String,
        /// The place.
        place: u64,
    },
    /// A record that its package's maintainers have not signed.
    #[error("{0}")]
    Authority(#[from] AuthorityFault),
    /// By replay: an epoch with another index than that over the records before it.
    #[error(
        "the epoch at record {place} commits to the index {found}, and that over all records before it is {expected}"
    )]
    Index {
        /// The epoch's place.
        place: u64,
        /// The root over the records.
        expected: Digest,
        /// What it says.
        found: Digest,
    },
    /// By replay: a record with another `prev` than its subject's page.
    #[error("{record} names the prev {}, and the page before it is {}", or_none(.found), or_none(.expected))]
    Prev {
        /// The record.
        record: RecordName,
        /// The page before it, if there is one.
        expected: Option<Digest>,
        /// What it says.
        found: Option<Digest>,
    },
    /// By replay: a page beyond the limit.
    #[error("by record {place} the page of {} is longer than any reader takes", quoted(.subject))]
    PageTooLong {
        /// The place of the entry that makes or commits to it.
        place: u64,
        /// The name of the page's subject.
        subject: String,
    },
    /// By replay: a bin beyond the limit.
    #[error("by record {place} the index has no room for {}", quoted(.subject))]
    BinFull {
        /// The epoch's place.
        place: u64,
        /// The name of a subject whose page the bin leads to.
        subject: String,
    },
}

fn or_none(digest: &Option<Digest>) -> String {
    digest.map_or("none".to_owned(), |digest| digest.to_string())
}
