//! Records about other logs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::RecordError;
use super::check::{check_order, named};
use crate::checkpoint::{Checkpoint, CheckpointError, Head};
use crate::digest::Digest;
use crate::merkle::MAX_SIZE;
use crate::name::{check_origin, check_package_name};
use crate::note::{KeyKind, VerifierKey};

/// Most keys that a log can have at a time.
pub const MAX_KEYS: usize = 8;

/// Longest URL of a peer, in bytes.
pub const MAX_URL: usize = 2048;

/// The bytes of a log's signature: four of the key's id, 64 of Ed25519.
const SIGNATURE: usize = 4 + 64;

/// Another log, whose packages those of this log may depend on. It replaces what was said of the peer before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer<'a> {
    /// Its origin.
    pub peer: &'a str,
    /// Its keys, as vkeys, ascending: a head of it is one that any of them has signed.
    #[serde(borrow)]
    pub keys: Vec<&'a str>,
    /// Where it is served.
    pub url: &'a str,
    /// The only packages of it that may be depended on, ascending; all, if there is no list.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Vec<&'a str>>,
    /// How far its own peers are followed: 0 for not at all, absent for as far as they go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// sha256 of the peers' page before this record; absent for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
}

/// A log that is a peer no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpeer<'a> {
    /// Its origin.
    pub peer: &'a str,
    /// sha256 of the peers' page before this record; absent for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
}

/// A head of a peer, as the peer signed it: whoever reads this log at a head has the peer's head, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync<'a> {
    /// The peer's origin.
    pub peer: &'a str,
    /// How many records it has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The peer's signature, as in a signed note: base64 of the key's id and the signature.
    pub signature: &'a str,
    /// sha256 of the peer's page before this record; absent for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
}

impl Peer<'_> {
    pub(super) fn check(&self) -> Result<(), RecordError> {
        named("peer", check_origin(self.peer))?;
        if self.keys.is_empty() || self.keys.len() > MAX_KEYS {
            return Err(RecordError::Keys(self.keys.len()));
        }
        for key in &self.keys {
            check_key(self.peer, key)?;
        }
        check_order("keys", &self.keys, |key| *key)?;
        let is_printable = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if self.url.is_empty() || self.url.len() > MAX_URL || !self.url.bytes().all(is_printable) {
            return Err(RecordError::Url(self.url.to_owned()));
        }
        let Some(packages) = &self.packages else { return Ok(()) };
        if packages.is_empty() {
            return Err(RecordError::NoPackages);
        }
        for package in packages {
            named("allowed package", check_package_name(package))?;
        }
        check_order("allowed packages", packages, |package| *package)
    }

    /// The peer's keys, read.
    pub fn verifiers(&self) -> impl Iterator<Item = VerifierKey> {
        self.keys.iter().filter_map(|key| VerifierKey::parse(key).ok())
    }
}

impl Unpeer<'_> {
    pub(super) fn check(&self) -> Result<(), RecordError> {
        named("peer", check_origin(self.peer))
    }
}

impl Sync<'_> {
    pub(super) fn check(&self) -> Result<(), RecordError> {
        named("peer", check_origin(self.peer))?;
        let head = |what, found: String| Err(RecordError::Head { what, found });
        if self.size == 0 || self.size > MAX_SIZE {
            return head("1 to 2^63 - 1 records", self.size.to_string());
        }
        // Standard base64 has one text for some bytes: padding is asked for, and bits that say nothing must be zero.
        match STANDARD.decode(self.signature) {
            Ok(bytes) if bytes.len() == SIGNATURE => Ok(()),
            _ => head("the 68 bytes of key id and signature in base64", self.signature.to_owned()),
        }
    }

    /// The head, which nobody has checked.
    pub fn head(&self) -> Head {
        Head { origin: self.peer.to_owned(), size: self.size, root: self.root }
    }

    /// The id of the key that is said to have signed the head; nothing of a record that was not checked.
    pub fn key_id(&self) -> Option<[u8; 4]> {
        STANDARD.decode(self.signature).ok()?.first_chunk().copied()
    }

    /// The peer's checkpoint: its head with its signature.
    pub fn note(&self) -> Vec<u8> {
        format!("{}\n\u{2014} {} {}\n", self.head().text(), self.peer, self.signature).into_bytes()
    }

    /// Checks the peer's signature.
    ///
    /// # Errors
    /// The key has not signed the head.
    pub fn verify(&self, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::verify(&self.note(), key)
    }

    /// The form in which a signature stands in a record.
    pub fn format_signature(checkpoint: &Checkpoint) -> String {
        let signature = checkpoint.signature();
        STANDARD.encode([&signature.id[..], &signature.bytes].concat())
    }
}

fn check_key(peer: &str, text: &str) -> Result<(), RecordError> {
    let wrong = |reason: String| Err(RecordError::Key { peer: peer.to_owned(), text: text.to_owned(), reason });
    match VerifierKey::parse(text) {
        Err(error) => wrong(error.to_string()),
        Ok(key) if key.kind() != KeyKind::Ed25519 => wrong("it makes cosignatures".to_owned()),
        Ok(key) if key.name() != peer => wrong("its name is another".to_owned()),
        Ok(key) if key.to_string() != text => wrong(format!("its one form is {key}")),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
