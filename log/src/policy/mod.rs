//! Policies: which logs are known, which witnesses, and which of these must have cosigned (C2SP tlog-policy).
//!
//! ```
//! use headlock_log::policy::Policy;
//!
//! let policy = Policy::parse(
//!     "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k https://example.com/foo/\n\
//!      quorum none\n",
//! )?;
//! let log = policy.log("example.com/foo").unwrap();
//! assert_eq!(log.url.as_deref(), Some("https://example.com/foo/"));
//! # Ok::<(), headlock_log::policy::PolicyError>(())
//! ```

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::checkpoint::{Checkpoint, CheckpointError, Head};
use crate::name::{NameError, quoted};
use crate::note::{KeyError, KeyKind, NoteError, Signature, SignedNote, VerifiedSignature, VerifierKey};

/// Longest policy, in bytes.
pub const MAX_POLICY: usize = 256 << 10;

/// Most logs, most witnesses, and most groups of a policy, each. C2SP asks for at least 32.
pub const MAX_LINES: usize = 256;

/// A policy, read: names are defined before they are used, no public key stands in it twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<LogEntry>,
    witnesses: Vec<Witness>,
    /// Each refers to witnesses and to earlier groups.
    groups: Vec<Group>,
    quorum: Quorum,
}

/// A log that the policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its key (type 01), whose name is the log's origin.
    pub key: VerifierKey,
    /// Where it is served, if the policy says so; opaque text.
    pub url: Option<String>,
}

/// A witness that the policy knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name within the policy.
    pub name: String,
    /// Its key (type 04).
    pub key: VerifierKey,
    /// Where it can be asked, if the policy says so; opaque text.
    pub url: Option<String>,
}

/// A group: it has witnessed what at least `threshold` of its members have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: usize,
    members: Vec<Member>,
}

/// A witness or a group, by its place in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// Who must have cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quorum {
    /// Nobody.
    None,
    /// That witness, or that group.
    Of(Member),
}

/// A checkpoint that a policy accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    checkpoint: Checkpoint,
    cosignatures: Vec<Cosignature>,
    quorum_since: Option<u64>,
}

/// A cosignature by a witness of the policy, which holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness's name within the policy.
    pub witness: String,
    /// When it says that it was made: seconds since 1970.
    pub time: u64,
    /// The signature as it stands in the checkpoint.
    pub signature: Signature,
}

/// A policy that C2SP refuses, or a checkpoint that a policy refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More bytes than [`MAX_POLICY`].
    #[error("expected a policy of at most {MAX_POLICY} bytes, found {0} bytes")]
    TooLong(usize),
    /// A line that is not acceptable.
    #[error("line {line}: {fault}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// The last line does not end in a newline: the policy may have been cut off.
    #[error("expected a newline at the end of the last line; was the policy cut off?")]
    CutOff,
    /// No quorum line.
    #[error("expected one line `quorum NAME` or `quorum none`, found none")]
    NoQuorum,
    /// A key that cannot be a further log's.
    #[error("expected the key of a log whose public key is not in the policy yet, found {}", quoted(.0))]
    NoFurtherLog(String),
    /// The checkpoint's log is not one of the policy's.
    #[error("the policy names no log {}", quoted(.0))]
    UnknownLog(String),
    /// The checkpoint is none, or its log has not signed it.
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses have cosigned.
    #[error("expected cosignatures that reach the quorum {}, found {}", quoted(.quorum), names(.found))]
    Quorum {
        /// The quorum's name.
        quorum: String,
        /// The witnesses that have cosigned.
        found: Vec<String>,
    },
}

/// What is wrong with a line of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// A control character.
    #[error("expected no control character but tabs, found {0:#04x}")]
    Control(u8),
    /// An unknown first word, which is not repeated: it may be of a file that is no policy, and a secret.
    #[error("expected `log`, `witness`, `group`, `quorum` or a comment, found another word")]
    Keyword,
    /// Too few or too many words.
    #[error("expected `{0}`")]
    Form(&'static str),
    /// Not a usable vkey.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A log's key whose name cannot be an origin.
    #[error("the key's name is the log's origin: {0}")]
    Origin(#[from] NameError),
    /// A key of a kind that does not fit.
    #[error("expected {expected}, found the key {}", quoted(.found))]
    Kind {
        /// Which kind a log or a witness has.
        expected: &'static str,
        /// The key.
        found: String,
    },
    /// A public key that stands in the policy already.
    #[error("the public key of {} stands in line {first} already, perhaps under another name", quoted(.key))]
    KeyTwice {
        /// The key.
        key: String,
        /// Where it stands first.
        first: usize,
    },
    /// A name that is taken.
    #[error("the name {} is taken: every witness and group has its own, and `none` is nobody's", quoted(.0))]
    NameTaken(String),
    /// A name that no earlier line defines.
    #[error("expected the name of a witness or group of an earlier line, found {}", quoted(.0))]
    NameUnknown(String),
    /// A name that is a member already.
    #[error("{} is a member of a group already, and each name may be one once", quoted(.0))]
    MemberTwice(String),
    /// A threshold that is none.
    #[error("expected `all`, `any` or a number from 1 to {members}, found {}", quoted(.found))]
    Threshold {
        /// What stands there.
        found: String,
        /// How many members the group has.
        members: usize,
    },
    /// A second quorum.
    #[error("expected one quorum line, found a second")]
    QuorumTwice,
    /// Too many lines of a kind.
    #[error("expected at most {MAX_LINES} lines of each kind, found more")]
    TooMany,
}

fn names(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
    }
}

impl Policy {
    /// The log of an origin: its first line, if there are several keys for it.
    pub fn log(&self, origin: &str) -> Option<&LogEntry> {
        self.logs.iter().find(|log| log.key.name() == origin)
    }

    /// The keys of a log, in the order of the policy.
    pub fn keys(&self, origin: &str) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().map(|log| &log.key).filter(move |key| key.name() == origin)
    }

    /// All logs, in the order of the policy. Two with one origin are two keys of one log.
    pub fn logs(&self) -> &[LogEntry] {
        &self.logs
    }

    /// All witnesses, in the order of the policy.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The quorum's name: that of a witness or a group; nothing where no cosignature is asked for.
    pub fn quorum(&self) -> Option<&str> {
        match self.quorum {
            Quorum::None => None,
            Quorum::Of(Member::Witness(place)) => Some(&self.witnesses[place].name),
            Quorum::Of(Member::Group(place)) => Some(&self.groups[place].name),
        }
    }

    /// The policy with one more key of a log: a log that somebody vouches for whom one believes. Its heads need the same
    /// quorum.
    ///
    /// # Errors
    /// Not a log's key, or one whose public key stands in the policy already, be it a log's or a witness's.
    pub fn with_log(&self, key: &VerifierKey, url: Option<&str>) -> Result<Policy, PolicyError> {
        let logs = self.logs.iter().map(|log| &log.key);
        let mut known = logs.chain(self.witnesses.iter().map(|witness| &witness.key));
        let is_known = known.any(|known| known.public_key() == key.public_key());
        if is_known || key.kind() != KeyKind::Ed25519 {
            return Err(PolicyError::NoFurtherLog(key.to_string()));
        }
        let mut policy = self.clone();
        policy.logs.push(LogEntry { key: key.clone(), url: url.map(str::to_owned) });
        Ok(policy)
    }

    /// The policy in a few words: `1 log key, quorum none`, `2 log keys, 3 witnesses, quorum "two-of-three"`.
    pub fn describe_quorum(&self) -> String {
        let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let logs = count(self.logs.len(), "log key");
        match self.quorum() {
            None => format!("{logs}, quorum none"),
            Some(quorum) => {
                let witnesses = self.witnesses.len();
                let witnesses = format!("{witnesses} witness{}", if witnesses == 1 { "" } else { "es" });
                format!("{logs}, {witnesses}, quorum {}", quoted(quorum))
            }
        }
    }

    /// Accepts a checkpoint of the log `origin`: signed by a key of the policy for that log, every signature by a known
    /// key good, cosigned by the quorum. A cosignature's time is reported, not judged.
    ///
    /// # Errors
    /// An unknown log; not a checkpoint of it; a signature of the log or of a known witness missing or bad; no quorum.
    pub fn accept(&self, origin: &str, bytes: &[u8]) -> Result<Accepted, PolicyError> {
        let keys: Vec<VerifierKey> = self.keys(origin).cloned().collect();
        if keys.is_empty() {
            return Err(PolicyError::UnknownLog(origin.to_owned()));
        }
        let note = SignedNote::parse(bytes).map_err(CheckpointError::Note)?;
        let checkpoint = Checkpoint::verify_note(note, &keys, origin)?;
        let cosignatures = self.cosignatures(checkpoint.note())?;
        self.check_quorum(&cosignatures)?;
        let quorum_since = self.quorum_since(&cosignatures);
        Ok(Accepted { checkpoint, cosignatures, quorum_since })
    }

    /// The cosignatures of a note by witnesses that the policy names, whoever else has signed it. A quorum is not asked for.
    ///
    /// # Errors
    /// Not a note, or a known witness's signature that does not hold.
    pub fn cosigned(&self, bytes: &[u8]) -> Result<Vec<Cosignature>, PolicyError> {
        self.cosignatures(&SignedNote::parse(bytes).map_err(CheckpointError::Note)?)
    }

    /// The latest time from which on a quorum has cosigned; with no quorum, the time of the latest cosignature.
    fn quorum_since(&self, cosignatures: &[Cosignature]) -> Option<u64> {
        let mut latest_first = cosignatures.to_vec();
        latest_first.sort_by_key(|cosignature| std::cmp::Reverse(cosignature.time));
        let mut counts = 1..=latest_first.len();
        let enough = counts.find(|count| self.check_quorum(&latest_first[..*count]).is_ok())?;
        latest_first.get(enough - 1).map(|cosignature| cosignature.time)
    }

    /// The cosignatures by known witnesses, all of which must hold.
    fn cosignatures(&self, note: &SignedNote) -> Result<Vec<Cosignature>, PolicyError> {
        let keys: Vec<VerifierKey> = self.witnesses.iter().map(|witness| witness.key.clone()).collect();
        let verified = match note.verify(&keys) {
            Ok(verified) => verified,
            Err(NoteError::Unknown(_)) => return Ok(Vec::new()),
            Err(error) => return Err(CheckpointError::Note(error).into()),
        };
        let cosignature = |signature: &VerifiedSignature| {
            let witness = self.witnesses.iter().find(|witness| witness.key == signature.key)?;
            let (witness, signed) = (witness.name.clone(), signature.signature.clone());
            Some(Cosignature { witness, time: signature.time?, signature: signed })
        };
        Ok(verified.signatures().iter().filter_map(cosignature).collect())
    }

    fn check_quorum(&self, cosignatures: &[Cosignature]) -> Result<(), PolicyError> {
        let Quorum::Of(quorum) = self.quorum else { return Ok(()) };
        // By name, so that a witness that cosigned twice counts once.
        let found: BTreeSet<&str> = cosignatures.iter().map(|cosignature| cosignature.witness.as_str()).collect();
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let has_witnessed = |member: &Member, groups: &[bool]| match member {
            Member::Witness(place) => found.contains(self.witnesses[*place].name.as_str()),
            Member::Group(place) => groups[*place],
        };
        for group in &self.groups {
            let count = group.members.iter().filter(|member| has_witnessed(member, &groups)).count();
            groups.push(count >= group.threshold);
        }
        if has_witnessed(&quorum, &groups) {
            return Ok(());
        }
        let quorum = self.quorum().unwrap_or_default().to_owned();
        Err(PolicyError::Quorum { quorum, found: found.into_iter().map(str::to_owned).collect() })
    }
}

impl Accepted {
    /// The head that the log vouches for.
    pub fn head(&self) -> &Head {
        self.checkpoint.head()
    }

    /// The checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The log's own signature.
    pub fn log_signature(&self) -> &Signature {
        self.checkpoint.signature()
    }

    /// When a quorum had said that this was the newest head, in seconds since 1970: no cosignature is needed for the quorum
    /// that says an earlier time. With no quorum, what the latest cosignature says, if there is one.
    pub fn quorum_since(&self) -> Option<u64> {
        self.quorum_since
    }

    /// The cosignatures by witnesses of the policy, in the order of the checkpoint; all of them hold.
    pub fn cosignatures(&self) -> &[Cosignature] {
        &self.cosignatures
    }
}
