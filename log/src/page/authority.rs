//! Whose word a package's records are: its maintainers', where it has any.
//!
//! A package's first release may name maintainers; a record of the kind `maintainers` gives it others. Whoever comes in has
//! signed that, and so has whoever goes. Between the two each release is signed by as many maintainers as they have said.
//! A record that is not so signed is in no page, also if it would change nothing: see [`super::Page::parse`].

use std::fmt;

use crate::note::VerifierKey;
use crate::record::{Maintainers, Record, read_signature};

/// Who must sign a package's next record, as its page so far says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    has_release: bool,
    keyring: Option<Keyring>,
}

/// The maintainers of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    threshold: u32,
    keys: Vec<VerifierKey>,
    /// The place of the record that names them.
    since: u64,
}

/// A record that its package's maintainers have not signed as they must, or that only they could write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {place}, {what}: {why}")]
pub struct AuthorityFault {
    /// The record's place in the log.
    pub place: u64,
    /// Which record, in words: of what package and version.
    pub what: String,
    /// What is wrong with it.
    pub why: AuthorityWhy,
}

/// What is wrong with a record that maintainers should have signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityWhy {
    /// Too few have signed.
    #[error("expected signatures by {threshold} of {whose} {keys}, found {found}")]
    TooFew {
        /// How many must.
        threshold: u32,
        /// Of which keys.
        whose: Whose,
        /// Their names and ids.
        keys: String,
        /// The names and ids of those that have.
        found: String,
    },
    /// A signature under a maintainer's key does not hold.
    #[error("the signature by {0} does not hold: expected one of this very record, in this log and behind this page")]
    Bad(String),
    /// A signature under no maintainer's key.
    #[error("expected signatures by {expected} only, found one under the key id {id}")]
    Stranger {
        /// Who may sign.
        expected: String,
        /// The key's id.
        id: String,
    },
    /// A key that signs twice.
    #[error("expected one signature of each key, found two of {0}'s")]
    Twice(String),
    /// A signature, though nobody needs to sign.
    #[error("expected no signature, for the package has no maintainers' keys, found {0}")]
    Nobody(usize),
    /// Maintainers in another release than the first.
    #[error("expected maintainers to be named by the package's first release, or by a record of their own")]
    Late,
    /// A change of maintainers before there is a release.
    #[error("expected a release of the package before it, found none")]
    NoRelease,
}

/// Which of a package's maintainers must sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those whom a record before names.
    Present {
        /// The record's place.
        since: u64,
    },
    /// Those whom the record itself names.
    New,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whose::Present { since } => write!(f, "the maintainers, whom record {since} names:"),
            Whose::New => f.write_str("the new maintainers"),
        }
    }
}

impl Keyring {
    /// Those whom the record at a place names.
    fn new(maintainers: &Maintainers<'_>, since: u64) -> Keyring {
        Keyring { threshold: maintainers.threshold, keys: maintainers.verifiers().collect(), since }
    }

    /// How many of the keys must sign.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// The keys, in the order of their texts.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The place of the record that names them.
    pub fn since(&self) -> u64 {
        self.since
    }

    /// Whether these are the same maintainers, whichever record names them.
    pub fn says(&self, maintainers: &Maintainers<'_>) -> bool {
        let texts = self.keys.iter().map(ToString::to_string);
        self.threshold == maintainers.threshold && texts.eq(maintainers.keys.iter().copied())
    }

    /// Checks that enough of those who have signed are among these.
    fn require(&self, signed: &[VerifierKey], whose: Whose) -> Result<(), AuthorityWhy> {
        let is_here = |key: &&VerifierKey| self.keys.iter().any(|own| own.public_key() == key.public_key());
        // No two of `signed` have one public key, so keys are counted, not names.
        let found: Vec<&VerifierKey> = signed.iter().filter(is_here).collect();
        if found.len() >= self.threshold as usize && self.threshold > 0 {
            return Ok(());
        }
        let found = if found.is_empty() { "none".to_owned() } else { names(found.into_iter()) };
        Err(AuthorityWhy::TooFew { threshold: self.threshold, whose, keys: names(self.keys.iter()), found })
    }
}

impl Authority {
    /// The package's maintainers, if it has any.
    pub fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_ref()
    }

    /// Takes the package's next record, at a place of the log of an origin. A record that is refused changes nothing.
    ///
    /// # Errors
    /// It is not signed as it must be, or names maintainers where it may not.
    pub fn take(&mut self, origin: &str, place: u64, record: &Record<'_>) -> Result<(), AuthorityFault> {
        let fault = |why| AuthorityFault { place, what: in_words(record), why };
        let named = match record {
            Record::Release(release) if self.has_release && release.maintainers.is_some() => {
                return Err(fault(AuthorityWhy::Late));
            }
            Record::Release(release) => release.maintainers.as_ref(),
            Record::Maintainers(_) if !self.has_release => return Err(fault(AuthorityWhy::NoRelease)),
            Record::Maintainers(handover) => Some(&handover.maintainers),
            // A yank adds nothing that anybody runs: it is the registry's matter.
            _ => return Ok(()),
        };
        let new = named.map(|named| Keyring::new(named, place));
        check(origin, record, self.keyring.as_ref(), new.as_ref()).map_err(fault)?;
        self.has_release = true;
        if new.is_some() {
            self.keyring = new;
        }
        Ok(())
    }
}

/// Checks the signatures of a record: each holds, under a key of one of the two, and of each there are enough.
fn check(
    origin: &str,
    record: &Record<'_>,
    present: Option<&Keyring>,
    new: Option<&Keyring>,
) -> Result<(), AuthorityWhy> {
    let signatures = record.signatures();
    if present.is_none() && new.is_none() {
        return if signatures.is_empty() { Ok(()) } else { Err(AuthorityWhy::Nobody(signatures.len())) };
    }
    let keys = || present.into_iter().chain(new).flat_map(|keyring| &keyring.keys);
    let statement = record.statement(origin).unwrap_or_default();
    let mut signed: Vec<VerifierKey> = Vec::with_capacity(signatures.len());
    for text in signatures {
        // A record has been checked, so its signatures have the form of one.
        let Some((id, signature)) = read_signature(text) else { return Err(AuthorityWhy::Bad((*text).to_owned())) };
        let mut named = keys().filter(|key| key.id() == id).peekable();
        let Some(first) = named.peek().copied() else {
            let expected = names(keys());
            return Err(AuthorityWhy::Stranger { expected, id: format!("{:08x}", u32::from_be_bytes(id)) });
        };
        let Some(key) = named.find(|key| key.has_signed(&statement, &signature)) else {
            return Err(AuthorityWhy::Bad(name(first)));
        };
        if signed.iter().any(|other| other.public_key() == key.public_key()) {
            return Err(AuthorityWhy::Twice(name(key)));
        }
        signed.push(key.clone());
    }
    if let Some(present) = present {
        present.require(&signed, Whose::Present { since: present.since })?;
    }
    if let Some(new) = new {
        new.require(&signed, Whose::New)?;
    }
    Ok(())
}

/// A key as people tell it from others: its name, and its id, which is short and no secure hash.
fn name(key: &VerifierKey) -> String {
    format!("{}+{:08x}", key.name(), u32::from_be_bytes(key.id()))
}

/// Each once, in their order.
fn names<'k>(keys: impl Iterator<Item = &'k VerifierKey>) -> String {
    let mut all: Vec<String> = Vec::new();
    for name in keys.map(name) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all.join(", ")
}

fn in_words(record: &Record<'_>) -> String {
    let package = record.package().unwrap_or_default();
    match record.version() {
        Some(version) => format!("the {} of {package} {version}", record.kind()),
        None => format!("a change of the maintainers of {package}"),
    }
}

#[cfg(test)]
mod tests;
