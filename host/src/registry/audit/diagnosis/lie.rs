//! What a false index or a false `prev` says, as far as it can be told.

use headlock_log::digest::Digest;
use headlock_log::evidence::RecordName;
use headlock_log::index::IndexError;
use headlock_log::page::PageError;
use headlock_log::record::Subject;
use thiserror::Error as ThisError;

/// One thing that a false commitment says of a package.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Lie {
    /// It is the index that another epoch commits to.
    #[error("it is the index of epoch {number}, record {place}")]
    OtherEpoch {
        /// The other epoch's number, from 1.
        number: u64,
        /// Its record's place.
        place: u64,
    },
    /// Records that its page lacks.
    #[error("it omits {first}{}", and_more(*.more))]
    Omits {
        /// The first of them.
        first: RecordName,
        /// How many more.
        more: u64,
    },
    /// A package that it lacks.
    #[error("it hides {}: {first}{}", hidden(.first), and_more(*.more))]
    Hides {
        /// The package's first record.
        first: RecordName,
        /// How many more it has.
        more: u64,
    },
    /// Records in another order than the log's.
    #[error("it puts {later} before {earlier}")]
    Reorders {
        /// What stands first in the log.
        earlier: RecordName,
        /// What stands first in the page.
        later: RecordName,
    },
    /// A record that the page holds more than once.
    #[error("it holds {record} twice")]
    Doubles {
        /// The record.
        record: RecordName,
    },
    /// A line that is no record of the package in the log.
    #[error("it holds, in line {line} of the page of {subject}, {what}, which the log does not have before it")]
    Adds {
        /// The name of the page's subject.
        subject: String,
        /// The line, from 1.
        line: usize,
        /// What stands there, in words.
        what: String,
    },
    /// A record that stands in the page in another form, or at another place, than in the log.
    #[error("it holds {record} in another form than the log")]
    Alters {
        /// The record.
        record: RecordName,
    },
    /// A page that is none.
    #[error("it leads to a page of {subject} that is none: {error}")]
    NoPage {
        /// The name of its subject.
        subject: String,
        /// Why.
        error: PageError,
    },
    /// A page that cannot be read: its file is missing or something else.
    #[error("it leads to a page of {subject} with the sha256 {page}, which is not to be had")]
    Unread {
        /// The name of its subject.
        subject: String,
        /// The page's digest.
        page: Digest,
    },
    /// A page of a package that the log does not have.
    #[error("it leads to the page {page} of a package that the log does not have before it")]
    Stranger {
        /// The page's digest.
        page: Digest,
    },
    /// A bin that is none.
    #[error("it has a bin that is none: {0}")]
    NoBin(#[from] IndexError),
    /// Nodes or bins whose files are missing.
    #[error("not all of its files are to be had")]
    Partial,
    /// More differences than are looked into.
    #[error("and there is more")]
    More,
}

/// What a page that is not there is about.
fn hidden(first: &RecordName) -> String {
    match Subject::from(first.subject.as_str()) {
        Subject::Package(name) => format!("the package {name}"),
        subject => format!("the page of {subject}"),
    }
}

fn and_more(more: u64) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more") }
}

/// All of them, for the end of a sentence.
pub(in crate::registry::audit) fn list(lies: &[Lie]) -> String {
    lies.iter().map(|lie| format!("; {lie}")).collect()
}
