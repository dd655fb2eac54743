//! Auditing a log: reading all of it, and checking everything that its head commits to.
//!
//! An audit replays the entries from the first to the last. It checks that each is a record in its one encoding, that
//! each record names the page before it, that names are unique and the heads of peers signed by them, that
//! every epoch commits to the index over all records before it, that the tree over the entries is that of the tiles and
//! of the signed head, and that the files of the newest epoch are there and right. So whoever audits a log knows what a
//! client of the log cannot: that nothing is left out of what the log shows.
//!
//! Memory grows with the number of packages and versions, not with the length of the log.
//!
//! What is false is told in detail ([`Lie`]): which record an epoch omits, which a page puts elsewhere. And it can be
//! written down ([`Audit::write_evidence`]) so that whoever has the log's key sees it without the registry
//! ([`headlock_log::evidence`]).

mod diagnosis;
mod evidence;
mod files;
mod fold;
mod peers;

use std::fmt;
use std::io::Write;

use headlock_log::checkpoint::{Checkpoint, CheckpointError, Head};
use headlock_log::digest::Digest;
use headlock_log::evidence::Checked;
use headlock_log::note::{NoteError, VerifierKey};
use headlock_log::page::AuthorityFault;
use headlock_log::record::RecordError;
use thiserror::Error as ThisError;

pub use self::diagnosis::Lie;
use self::diagnosis::{Inquiry, list};
use self::evidence::Showable;
pub use self::evidence::check_evidence;
use self::files::Compared;
use self::fold::Fold;
use super::journal::{CHECKPOINT, MAX_CHECKPOINT};
use super::store::Reader;
use super::tree::{Edge, required};
use super::{Step, replay};
use crate::error::{Error, Result};

/// How many findings of a kind a report holds; more are counted.
pub const MAX_FINDINGS: usize = 100;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The audited head.
    pub head: Head,
    /// Packages.
    pub packages: u64,
    /// Releases, without void ones.
    pub releases: u64,
    /// Epochs.
    pub epochs: u64,
    /// Records that change nothing: a release of what was released before, a yank of what is not there. They are no
    /// violations; every reader passes over them.
    pub voids: Findings<Void>,
    /// What the log must not say or show.
    pub violations: Findings<Violation>,
    /// Files that should be there and are not: nothing that was signed is wrong, but not all of it can be read.
    pub missing: Findings<String>,
    /// A violation of what was signed, which can be shown to others.
    showable: Option<Showable>,
}

/// The first findings of a kind, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings<T> {
    /// The first [`MAX_FINDINGS`], in the order of the log; before them what all others follow from.
    pub first: Vec<T>,
    /// How many there are.
    pub count: u64,
}

impl<T> Default for Findings<T> {
    fn default() -> Findings<T> {
        Findings { first: Vec::new(), count: 0 }
    }
}

impl<T> Findings<T> {
    fn push(&mut self, finding: T) {
        self.count += 1;
        if self.first.len() < MAX_FINDINGS {
            self.first.push(finding);
        }
    }

    fn push_first(&mut self, finding: T) {
        self.count += 1;
        self.first.insert(0, finding);
        self.first.truncate(MAX_FINDINGS);
    }
}

/// A record that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// Its place in the log.
    pub place: u64,
    /// What it says something of: a package and a version, or a peer.
    pub of: String,
    /// Why it changes nothing.
    pub why: String,
}

/// What a log must not say or show, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub at: At,
    /// What.
    pub fault: Fault,
}

/// Where a violation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At a record.
    Record {
        /// Its place in the log, from 0.
        place: u64,
        /// The epoch that it is in, from 1: an epoch ends with its epoch record.
        epoch: u64,
    },
    /// In the head, or in a file that follows from it.
    Head,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            At::Record { place, epoch } => write!(f, "record {place}, in epoch {epoch}: {}", self.fault),
            At::Head => write!(f, "{}", self.fault),
        }
    }
}

/// What a log must not say or show.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Fault {
    /// Not a record, or not in its one encoding.
    #[error("{0}")]
    NotARecord(#[from] RecordError),
    /// A record that names another page before it.
    #[error("expected prev {}, the page of {subject} so far, found {}{}", or_none(.expected), or_none(.found), list(.why))]
    Prev {
        /// The name of its subject.
        subject: String,
        /// sha256 of its page so far.
        expected: Option<Digest>,
        /// What the record names.
        found: Option<Digest>,
        /// What is wrong with what it names, as far as it can be told.
        why: Vec<Lie>,
    },
    /// A package whose name is another's but for case, `-` and `_`.
    #[error("{package} begins, though {taken} is there: names that differ only in case, `-` and `_` are the same")]
    NameTaken {
        /// The later package.
        package: String,
        /// The earlier one.
        taken: String,
    },
    /// A dependency that names the log's own origin, which a record leaves out.
    #[error("{package} depends on {dependency} of the log itself, which is not to be named")]
    OwnRegistry {
        /// The package.
        package: String,
        /// The package depended on.
        dependency: String,
    },
    /// A record that its package's maintainers have not signed.
    #[error("{}: {}", .fault.what, .fault.why)]
    Authority {
        /// The package.
        package: String,
        /// What is wrong with the record.
        fault: AuthorityFault,
    },
    /// A head of a peer that none of the keys which the log names for it has signed.
    #[error("the head of {peer} is signed by no key that the log names for it")]
    Unsigned {
        /// The peer's origin.
        peer: String,
    },
    /// A head of a peer behind one that the log had already.
    #[error("the head of {peer} with {size} records does not go on from the one with {known} that the log had already")]
    SyncedBack {
        /// The peer's origin.
        peer: String,
        /// How many records it has.
        size: u64,
        /// How many the one before has.
        known: u64,
    },
    /// A page beyond the limit.
    #[error("the page of {subject} is longer than any reader takes")]
    PageTooLong {
        /// The name of its subject.
        subject: String,
    },
    /// More pages in one bin of the index than the limit.
    #[error("the index has no room for {subject}")]
    BinFull {
        /// The name of a subject.
        subject: String,
    },
    /// An epoch that commits to another index.
    #[error("expected the index {expected} over all records before, found {found}{}", list(.why))]
    Index {
        /// The root over the records.
        expected: Digest,
        /// What the epoch says.
        found: Digest,
        /// What is wrong with that index, as far as it can be told.
        why: Vec<Lie>,
    },
    /// A head that does not end in an epoch.
    #[error("expected an epoch as the last record of the head, found none")]
    NoEpoch,
    /// A head with another root than the entries give.
    #[error("expected the root {expected} over the entries, found {found} in the signed head")]
    Root {
        /// The root over the entries.
        expected: Digest,
        /// What the head says.
        found: Digest,
    },
    /// A file with another content than follows from the entries.
    #[error("{path} is not what follows from the entries")]
    File {
        /// Its path.
        path: String,
    },
}

fn or_none(digest: &Option<Digest>) -> String {
    digest.map_or("none".to_owned(), |digest| digest.to_string())
}

impl Audit {
    /// Whether all is as it must be.
    ///
    /// # Errors
    /// No: there are violations. Could not check: there are none, but files are missing.
    pub fn verdict(&self) -> Result<()> {
        if let Some(first) = self.violations.first.first() {
            let (count, origin) = (self.violations.count, &self.head.origin);
            let violations = counted(count, "violation", "violations");
            return Err(Error::no(format!("{origin}: {violations}, the first: {first}"))
                .hint(match self.showable {
                    Some(_) => "`--evidence FILE` writes down what shows it to whoever has the log's key; keep a copy of the registry",
                    None => "nothing that was signed is shown to be false; bring the registry back from a copy",
                }));
        }
        if let Some(first) = self.missing.first.first() {
            let (count, origin) = (self.missing.count, &self.head.origin);
            let files = counted(count, "file is missing", "files are missing");
            return Err(Error::could_not_check(format!("{origin}: {files}, the first: {first}"))
                .hint("a copy of the registry has them; `headlock registry mirror` of it into another folder makes them again from the log, all but contents"));
        }
        Ok(())
    }

    /// Whether a violation is one of what was signed, so that it can be shown to others.
    pub fn has_evidence(&self) -> bool {
        self.showable.is_some()
    }

    /// Writes down what shows a violation to whoever has the log's key and nothing else, and what it shows; nothing if
    /// no violation is one of what was signed. What little shows is preferred; else it is as long as the log.
    ///
    /// # Errors
    /// Could not check: the registry cannot be read any more, or the output cannot be written.
    pub fn write_evidence(
        &self,
        reader: &dyn Reader,
        key: &VerifierKey,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(Step),
    ) -> Result<Option<Checked>> {
        self.showable.as_ref().map(|showable| showable.write(reader, key, out, progress)).transpose()
    }
}

/// Audits a registry at its newest head, which must be under `key`.
///
/// Findings are in the report: see [`Audit::verdict`].
///
/// # Errors
/// Refused: the head is not under the key. Could not check: the checkpoint or entries are missing or cannot be read.
/// No: a bundle of entries that cannot be taken apart.
pub fn audit(reader: &dyn Reader, key: &VerifierKey, progress: &mut dyn FnMut(Step)) -> Result<Audit> {
    let bytes = required(reader, CHECKPOINT, MAX_CHECKPOINT)?;
    let checkpoint = Checkpoint::verify(&bytes, key).map_err(|error| {
        let hint = match &error {
            CheckpointError::Note(NoteError::Unknown(_)) => "give the key of the log that is to be audited",
            _ => "the file was changed, or never was its log's; bring it back from a copy of the registry",
        };
        Error::refused(format!("{CHECKPOINT}: {error}")).hint(hint)
    })?;
    let head = checkpoint.head().clone();

    let mut fold = Fold::new(&head.origin);
    let mut edge = Edge::default();
    let mut compared = Compared::default();
    let mut inquiry = Inquiry::new(&head.origin);
    replay::entries(reader, 0, head.size, &mut |place, entry| {
        fold.push(place, entry);
        if let Some(root) = fold.newest_wrong_index() {
            inquiry.wrong_epoch(reader, &fold, (place, head.size), root);
        }
        let full = edge.push(entry).map_err(|error| Error::no(error.to_string()))?;
        compared.tiles(reader, full)?;
        progress(Step::Records { done: place + 1, of: head.size });
        Ok(())
    })?;
    compared.tiles(reader, edge.partial(0))?;

    let mut violations = std::mem::take(&mut fold.violations);
    if !fold.ends_in_epoch() {
        violations.push(Violation { at: At::Head, fault: Fault::NoEpoch });
    }
    let showable = if edge.root() == head.root {
        let ground = inquiry.conclude(reader, head.size, &mut violations)?;
        ground.map(|ground| Showable { checkpoint, ground })
    } else {
        // These are not the entries that were signed: all else follows from that, and says nothing of the signer.
        let fault = Fault::Root { expected: edge.root(), found: head.root };
        violations.push_first(Violation { at: At::Head, fault });
        None
    };
    if fold.newest_index_is_right() {
        compared.derived(reader, &fold, progress)?;
    }
    for path in compared.wrong {
        violations.push(Violation { at: At::Head, fault: Fault::File { path } });
    }
    Ok(Audit {
        packages: fold.packages(),
        releases: fold.releases,
        epochs: fold.epochs,
        voids: fold.voids,
        violations,
        missing: compared.missing,
        showable,
        head,
    })
}

/// So many things, in words.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
