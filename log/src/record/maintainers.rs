//! Who speaks for a package: its maintainers' keys, and what they sign.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::check::{check_order, named};
use super::{Record, RecordError};
use crate::digest::Digest;
use crate::name::{check_origin, check_package_name, quoted};
use crate::note::{KeyKind, Signature, VerifierKey};

/// Most keys that a package's maintainers can have at a time.
pub const MAX_MAINTAINERS: usize = 16;

/// Most signatures of a record: those of all old maintainers, and of all new ones.
pub const MAX_RECORD_SIGNATURES: usize = 2 * MAX_MAINTAINERS;

/// The bytes of a signature: four of the key's id, 64 of Ed25519.
const SIGNATURE: usize = 4 + 64;

/// The first line of what maintainers sign. It has spaces, as no origin has: so it is no checkpoint's.
const FIRST_LINE: &str = "headlock maintainers 1";

/// The keys of a package's maintainers, and how many of them must sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintainers<'a> {
    /// How many of the keys must sign: 1 to all.
    pub threshold: u32,
    /// The keys, as vkeys, ascending; no two with one public key.
    #[serde(borrow)]
    pub keys: Vec<&'a str>,
}

/// A package gets other maintainers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover<'a> {
    /// The package's name.
    pub package: &'a str,
    /// The maintainers from now on.
    #[serde(borrow)]
    pub maintainers: Maintainers<'a>,
    /// sha256 of the package's page before this record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
    /// The signatures of maintainers, old and new, ascending; each base64 of the key's id and the signature.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<&'a str>,
}

impl Maintainers<'_> {
    /// Checks the number of keys, the threshold, and each key.
    ///
    /// # Errors
    /// [`RecordError::Maintainers`], [`RecordError::Maintainer`] and [`RecordError::Order`].
    pub fn check(&self) -> Result<(), RecordError> {
        let wrong = |what, found| Err(RecordError::Maintainers { what, found });
        let count = self.keys.len();
        if count == 0 || count > MAX_MAINTAINERS {
            return wrong("1 to 16 keys", count.to_string());
        }
        if self.threshold == 0 || self.threshold as usize > count {
            return wrong("a threshold of 1 to the number of keys", format!("{} of {count}", self.threshold));
        }
        let keys = self.keys.iter().map(|text| check_key(text)).collect::<Result<Vec<_>, _>>()?;
        check_order("keys", &self.keys, |key| *key)?;
        for (place, key) in keys.iter().enumerate() {
            // Whoever has one key has one voice, whatever its names are; and an id tells which key has signed.
            let is_same = |other: &&VerifierKey| other.public_key() == key.public_key() || other.id() == key.id();
            if let Some(other) = keys[..place].iter().find(is_same) {
                let reason = format!("it is the key of {} once more, or has its id", quoted(other.name()));
                return Err(RecordError::Maintainer { text: self.keys[place].to_owned(), reason });
            }
        }
        Ok(())
    }

    /// The keys, read.
    pub fn verifiers(&self) -> impl Iterator<Item = VerifierKey> {
        self.keys.iter().filter_map(|key| VerifierKey::parse(key).ok())
    }
}

impl Handover<'_> {
    pub(super) fn check(&self) -> Result<(), RecordError> {
        named("package", check_package_name(self.package))?;
        self.maintainers.check()?;
        check_signatures(&self.signatures)
    }
}

fn check_key(text: &str) -> Result<VerifierKey, RecordError> {
    let wrong = |reason: String| Err(RecordError::Maintainer { text: text.to_owned(), reason });
    match VerifierKey::parse(text) {
        Err(error) => wrong(error.to_string()),
        Ok(key) if key.kind() != KeyKind::Ed25519 => wrong("it makes cosignatures".to_owned()),
        Ok(key) if key.to_string() != text => wrong(format!("its one form is {key}")),
        Ok(key) => match check_origin(key.name()) {
            // As everywhere: a name that needs no escape.
            Err(error) => wrong(error.to_string()),
            Ok(()) => Ok(key),
        },
    }
}

/// Checks the form of signatures, and that they ascend; not that they hold.
pub(super) fn check_signatures(signatures: &[&str]) -> Result<(), RecordError> {
    if signatures.len() > MAX_RECORD_SIGNATURES {
        return Err(RecordError::Signatures(signatures.len()));
    }
    if let Some(wrong) = signatures.iter().find(|text| read_signature(text).is_none()) {
        return Err(RecordError::Signature((*wrong).to_owned()));
    }
    check_order("signatures", signatures, |signature| *signature)
}

/// The id of the key that is said to have signed, and the signature. Standard base64 has one text for some bytes.
pub(crate) fn read_signature(text: &str) -> Option<([u8; 4], [u8; 64])> {
    if text.len() != SIGNATURE.div_ceil(3) * 4 {
        return None;
    }
    let bytes = STANDARD.decode(text).ok()?;
    let (id, signature) = bytes.split_first_chunk()?;
    Some((*id, signature.try_into().ok()?))
}

/// The form in which a signature stands in a record.
pub fn format_signature(signature: &Signature) -> String {
    STANDARD.encode([&signature.id[..], &signature.bytes].concat())
}

impl<'a> Record<'a> {
    /// The signatures of a package's maintainers.
    pub fn signatures(&self) -> &[&'a str] {
        match self {
            Record::Release(release) => &release.signatures,
            Record::Maintainers(handover) => &handover.signatures,
            _ => &[],
        }
    }

    /// Signs the record, if it is of a kind that maintainers sign.
    pub fn set_signatures(&mut self, signatures: Vec<&'a str>) {
        match self {
            Record::Release(release) => release.signatures = signatures,
            Record::Maintainers(handover) => handover.signatures = signatures,
            _ => {}
        }
    }

    /// What a package's maintainers sign of the record, in the log of an origin; nothing if they do not sign its kind.
    pub fn statement(&self, origin: &str) -> Option<String> {
        let mut bare = self.clone();
        match &bare {
            Record::Release(_) | Record::Maintainers(_) => bare.set_signatures(Vec::new()),
            _ => return None,
        }
        let record = String::from_utf8(bare.encode()).ok()?;
        Some(Statement::text(origin, &record))
    }
}

/// What maintainers sign, as it is handed to them: a text of three lines, the first of which is no other signed text's.
///
/// It binds the log, and the record with its package, its version and the page before it, so that a signature is good at
/// one place of one log only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// The record without signatures.
    pub record: Record<'a>,
}

/// A text that is no statement to be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not its three lines.
    #[error("expected `{FIRST_LINE}`, the log's origin and a record, each on a line of its own")]
    Form,
    /// Not a record.
    #[error("its record: {0}")]
    Record(#[from] RecordError),
    /// A record that maintainers do not sign, or one that is signed.
    #[error("expected a release or a change of maintainers, without signatures, found {0}")]
    Kind(&'static str),
}

impl<'a> Statement<'a> {
    fn text(origin: &str, record: &str) -> String {
        format!("{FIRST_LINE}\n{origin}\n{record}\n")
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// Not the text that is signed, byte for byte.
    pub fn parse(text: &'a str) -> Result<Statement<'a>, StatementError> {
        let lines = || {
            let rest = text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?.strip_suffix('\n')?;
            rest.split_once('\n').filter(|(origin, record)| check_origin(origin).is_ok() && !record.contains('\n'))
        };
        let (origin, record) = lines().ok_or(StatementError::Form)?;
        let record = Record::parse(record.as_bytes())?;
        match &record {
            Record::Release(_) | Record::Maintainers(_) if record.signatures().is_empty() => {
                Ok(Statement { origin, record })
            }
            Record::Release(_) | Record::Maintainers(_) => Err(StatementError::Kind("one with signatures")),
            other => Err(StatementError::Kind(other.kind())),
        }
    }
}

impl fmt::Display for Statement<'_> {
    /// The text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.record.statement(self.origin).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
