//! Records: the entries of a registry's log.
//!
//! A record is JSON, one encoding each: an object with one member, named after the record's kind; members in the order
//! of the structs here, none that is empty, absent or false; no space; no escape, for every text in it is printable
//! ASCII. A record is read by that grammar, byte for byte, and then checked for what it cannot say. A text that does not
//! follow it is read as JSON into structs that refuse unknown and repeated members, checked, encoded again and compared:
//! slower, and it finds what is wrong. Tests hold the two readings against each other.
//!
//! ```
//! use headlock_log::record::Record;
//!
//! let json = br#"{"yank":{"package":"wasi:http","version":"0.2.1"}}"#;
//! let record = Record::parse(json)?;
//! assert_eq!(record.package(), Some("wasi:http"));
//! assert_eq!(record.encode(), json);
//! assert!(Record::parse(br#"{"yank": {"package":"wasi:http","version":"0.2.1"}}"#).is_err());
//! # Ok::<(), headlock_log::record::RecordError>(())
//! ```

mod canonical;
mod check;
mod maintainers;
mod peer;
mod subject;
#[cfg(test)]
mod tests;

pub(crate) use canonical::{Before, Texts};
pub(crate) use maintainers::read_signature;
pub use maintainers::{
    Handover, MAX_MAINTAINERS, MAX_RECORD_SIGNATURES, Maintainers, Statement, StatementError, format_signature,
};
pub use peer::{MAX_KEYS, MAX_URL, Peer, Sync, Unpeer};
pub use subject::Subject;

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::{NameError, harmless, quoted};

/// Longest record, in bytes: what the length prefix of an entry bundle can say (C2SP tlog-tiles, "Log entries").
pub const MAX_RECORD: usize = 65_535;

/// One entry of a log, borrowing from its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record<'a> {
    /// A version of a package, published.
    #[serde(borrow)]
    Release(Release<'a>),
    /// A version that no new answer may hold.
    Yank(Mention<'a>),
    /// A yank taken back.
    Unyank(Mention<'a>),
    /// Other maintainers of a package, or the first ones of one that had none.
    Maintainers(Handover<'a>),
    /// Another log that packages of this one may depend on.
    Peer(Peer<'a>),
    /// They may no longer.
    Unpeer(Unpeer<'a>),
    /// A head of a peer that this log has seen.
    Sync(Sync<'a>),
    /// The index over all records before this one.
    Epoch(Epoch),
}

/// A version of a package, with all that resolution needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release<'a> {
    /// The package's name.
    pub package: &'a str,
    /// The version, as the crate `semver` writes it.
    pub version: &'a str,
    /// sha256 of the content.
    pub content: Digest,
    /// Exclusive resources, ascending: an answer holds at most one release that names the same.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub exclusives: Vec<&'a str>,
    /// Dependencies, ascending, none twice. What one release of a page repeats of the one before, they share.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Arc<Dependency<'a>>>,
    /// Features, ascending by name; shared likewise.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Arc<Feature<'a>>>,
    /// The package's maintainers; only its first release may name them.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub maintainers: Option<Maintainers<'a>>,
    /// sha256 of the package's page before this record; absent for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
    /// The signatures of the package's maintainers, ascending; each base64 of the key's id and the signature.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<&'a str>,
}

impl<'a> Release<'a> {
    /// The first release of a package, which needs nothing and offers no features.
    pub fn new(package: &'a str, version: &'a str, content: Digest) -> Release<'a> {
        Release {
            package,
            version,
            content,
            exclusives: Vec::new(),
            dependencies: Vec::new(),
            features: Vec::new(),
            maintainers: None,
            prev: None,
            signatures: Vec::new(),
        }
    }
}

/// A dependency of a release. The order of the fields is the order of dependencies in a record; an absent one comes
/// first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency<'a> {
    /// Origin of the registry that holds the package; absent for the release's own.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<&'a str>,
    /// The name of the package depended on.
    pub package: &'a str,
    /// The accepted versions, as the crate `semver` writes them: `^1.2`, `>=1, <3`, `*`.
    pub requirement: &'a str,
    /// The only accepted content, where one is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// Whether it is there only where a feature adds it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Features asked for, ascending.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<&'a str>,
}

/// A feature of a release: a named set of further features of the same release, and of dependencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature<'a> {
    /// Its name.
    pub name: &'a str,
    /// Other features of the same release that it turns on, ascending.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<&'a str>,
    /// Dependencies that it adds, ascending by place.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub additions: Vec<Addition<'a>>,
}

/// A dependency that a feature adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addition<'a> {
    /// Its place among the release's dependencies, from 0.
    pub dependency: u32,
    /// Features asked of it beside those that stand there, ascending.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<&'a str>,
}

/// A version of a package that something is said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mention<'a> {
    /// The package's name.
    pub package: &'a str,
    /// The version, as the crate `semver` writes it.
    pub version: &'a str,
    /// sha256 of the package's page before this record; absent for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
}

/// The index over all records that stand before this one in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The index's root.
    pub index: Digest,
}

/// Bytes that are not a record, or not in its one encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// More bytes than [`MAX_RECORD`].
    #[error("expected a record of at most {MAX_RECORD} bytes, found {0} bytes")]
    TooLong(usize),
    /// Not JSON, or not the JSON of a record.
    #[error("expected a record as JSON: {0}")]
    Json(String),
    /// The JSON of a record, but not its one encoding.
    #[error("expected the one encoding of a record, found something else at byte {0}")]
    NotCanonical(usize),
    /// A name that is not acceptable.
    #[error("{field}: {error}")]
    Name {
        /// Which name.
        field: &'static str,
        /// What is wrong with it.
        error: NameError,
    },
    /// Not a version.
    #[error("expected a semantic version, found {}: {reason}", quoted(.text))]
    Version {
        /// What stands there.
        text: String,
        /// Why it is none.
        reason: String,
    },
    /// Not a requirement.
    #[error("expected a requirement, found {}: {reason}", quoted(.text))]
    Requirement {
        /// What stands there.
        text: String,
        /// Why it is none.
        reason: String,
    },
    /// A requirement, but not in its one form.
    #[error("expected the requirement {} in its one form, {}", quoted(.text), quoted(.form))]
    RequirementForm {
        /// What stands there.
        text: String,
        /// How the crate `semver` writes it.
        form: String,
    },
    /// Not a key of the peer.
    #[error("expected keys of the log {}, found {}: {reason}", quoted(.peer), quoted(.text))]
    Key {
        /// The peer's origin.
        peer: String,
        /// What stands there.
        text: String,
        /// Why it is none.
        reason: String,
    },
    /// Too many keys, or none.
    #[error("expected 1 to {MAX_KEYS} keys, found {0}")]
    Keys(usize),
    /// Not a URL.
    #[error(
        "expected a URL of 1 to {MAX_URL} printable ASCII characters without spaces, `\"` and `\\`, found {}",
        quoted(.0)
    )]
    Url(String),
    /// Maintainers that are none.
    #[error("expected maintainers with {what}, found {found}")]
    Maintainers {
        /// What they should have.
        what: &'static str,
        /// What they have.
        found: String,
    },
    /// Not a key of a maintainer.
    #[error("expected keys of maintainers, found {}: {reason}", quoted(.text))]
    Maintainer {
        /// What stands there.
        text: String,
        /// Why it is none.
        reason: String,
    },
    /// Not a signature, in the form of a record.
    #[error("expected a signature, the 68 bytes of key id and signature in base64, found {}", quoted(.0))]
    Signature(String),
    /// Too many signatures.
    #[error("expected at most {MAX_RECORD_SIGNATURES} signatures, found {0}")]
    Signatures(usize),
    /// A list of packages without a package.
    #[error("expected packages, or no list of them, found an empty list")]
    NoPackages,
    /// No head, or not in the form of a record.
    #[error("expected the head of a log with {what}, found {}", quoted(.found))]
    Head {
        /// What it should have.
        what: &'static str,
        /// What it has.
        found: String,
    },
    /// A list whose entries do not ascend.
    #[error(
        "expected {list} in ascending order, none twice, and found that entry {place} does not come after the one before it"
    )]
    Order {
        /// Which list.
        list: &'static str,
        /// Which entry, from 0.
        place: usize,
    },
    /// A feature that adds a dependency which is not there.
    #[error("feature {}: expected one of the release's {count} dependencies, found number {dependency}", quoted(.feature))]
    Addition {
        /// The feature's name.
        feature: String,
        /// The place that it names.
        dependency: u32,
        /// How many dependencies the release has.
        count: usize,
    },
}

impl<'a> Record<'a> {
    /// Reads a record.
    ///
    /// # Errors
    /// Too long, not a record, a name, version, requirement or order that is not acceptable, or not the one encoding.
    pub fn parse(bytes: &'a [u8]) -> Result<Record<'a>, RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLong(bytes.len()));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Record::parse_text(text, None).map(|(record, _)| record),
            Err(error) => Err(RecordError::Json(harmless(&error))),
        }
    }

    /// As [`Record::parse`], of text, perhaps after another release of the same package. Also gives what it takes to be such a
    /// release.
    pub(crate) fn parse_text(text: &'a str, before: Before<'_, 'a>) -> Result<(Record<'a>, Texts<'a>), RecordError> {
        if text.len() > MAX_RECORD {
            return Err(RecordError::TooLong(text.len()));
        }
        match canonical::read(text, before) {
            Some(read) => Ok(read),
            None => Record::parse_json(text).map(|record| (record, Texts::default())),
        }
    }

    /// Reads a record by what the page says of it: read as JSON, checked, encoded again, compared. Slower than
    /// [`canonical::read`], which reads what this does; it also says what is wrong.
    fn parse_json(text: &'a str) -> Result<Record<'a>, RecordError> {
        let record: Record<'a> = serde_json::from_str(text).map_err(|error| RecordError::Json(harmless(&error)))?;
        record.check()?;
        let mut compare = Compare { expected: text.as_bytes(), at: 0 };
        match serde_json::to_writer(&mut compare, &record) {
            Ok(()) if compare.at == text.len() => Ok(record),
            _ => Err(RecordError::NotCanonical(compare.at)),
        }
    }

    /// The record's one encoding. It is only as good as the record: see [`Record::check`].
    #[expect(clippy::unwrap_used, reason = "structs of strings and numbers into memory: nothing in it can fail")]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap()
    }

    /// What the record is about, and so in which page it stands; nothing for an epoch.
    pub fn subject(&self) -> Option<Subject<'a>> {
        Some(match self {
            Record::Release(release) => Subject::Package(release.package),
            Record::Yank(mention) | Record::Unyank(mention) => Subject::Package(mention.package),
            Record::Maintainers(handover) => Subject::Package(handover.package),
            Record::Peer(_) | Record::Unpeer(_) => Subject::Peers,
            Record::Sync(sync) => Subject::Peer(sync.peer),
            Record::Epoch(_) => return None,
        })
    }

    /// The package that the record is about, if it is about one.
    pub fn package(&self) -> Option<&'a str> {
        match self.subject() {
            Some(Subject::Package(name)) => Some(name),
            _ => None,
        }
    }

    /// The version that the record is about, if it is about one.
    pub fn version(&self) -> Option<&'a str> {
        match self {
            Record::Release(release) => Some(release.version),
            Record::Yank(mention) | Record::Unyank(mention) => Some(mention.version),
            _ => None,
        }
    }

    /// sha256 of its subject's page before this record, if it has one.
    pub fn prev(&self) -> Option<Digest> {
        match self {
            Record::Release(release) => release.prev,
            Record::Yank(mention) | Record::Unyank(mention) => mention.prev,
            Record::Maintainers(handover) => handover.prev,
            Record::Peer(peer) => peer.prev,
            Record::Unpeer(unpeer) => unpeer.prev,
            Record::Sync(sync) => sync.prev,
            Record::Epoch(_) => None,
        }
    }

    /// Names the subject's page before this record. An epoch has none.
    pub fn set_prev(&mut self, page: Option<Digest>) {
        match self {
            Record::Release(release) => release.prev = page,
            Record::Yank(mention) | Record::Unyank(mention) => mention.prev = page,
            Record::Maintainers(handover) => handover.prev = page,
            Record::Peer(peer) => peer.prev = page,
            Record::Unpeer(unpeer) => unpeer.prev = page,
            Record::Sync(sync) => sync.prev = page,
            Record::Epoch(_) => {}
        }
    }

    /// The kind's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Record::Release(_) => "release",
            Record::Yank(_) => "yank",
            Record::Unyank(_) => "unyank",
            Record::Maintainers(_) => "maintainers",
            Record::Peer(_) => "peer",
            Record::Unpeer(_) => "unpeer",
            Record::Sync(_) => "sync",
            Record::Epoch(_) => "epoch",
        }
    }
}

/// A writer that compares instead of keeping: it fails at the first byte that differs.
struct Compare<'a> {
    expected: &'a [u8],
    at: usize,
}

impl io::Write for Compare<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = &self.expected[self.at..];
        if rest.starts_with(bytes) {
            self.at += bytes.len();
            return Ok(bytes.len());
        }
        self.at += rest.iter().zip(bytes).take_while(|(expected, found)| expected == found).count();
        Err(io::ErrorKind::InvalidData.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
