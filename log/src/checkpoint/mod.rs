//! Checkpoints: signed notes that vouch for a log's head (C2SP tlog-checkpoint).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::Digest;
use crate::merkle::MAX_SIZE;
use crate::name::{NameError, check_origin, quoted};
use crate::note::{KeyKind, NoteError, Signature, SignedNote, SigningKey, VerifierKey};

/// A head: what is pinned of a log. By itself it is a claim; a [`Checkpoint`] holds a verified one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// The log's name.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// A checkpoint whose log has signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    head: Head,
    note: SignedNote,
    key: VerifierKey,
    signature: Signature,
}

/// A checkpoint that is none, or that its log has not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a note, or not under the log's key.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// Fewer than three lines, or lines that do not end.
    #[error("expected three lines (origin, size, root hash), each ending in a newline")]
    Lines,
    /// Lines after the third.
    #[error("expected three lines (origin, size, root hash), found an extension line {}", quoted(.0))]
    Extension(String),
    /// An origin that is not acceptable.
    #[error("{0}")]
    Origin(#[from] NameError),
    /// Another log's origin.
    #[error("expected a checkpoint of {}, found one of {}", quoted(.expected), quoted(.found))]
    OtherOrigin {
        /// The log asked for: the key's name.
        expected: String,
        /// The checkpoint's origin.
        found: String,
    },
    /// Not a size.
    #[error("expected a size of at most 2^63 - 1 in decimal without leading zeros, found {}", quoted(.0))]
    Size(String),
    /// Not a root hash.
    #[error("expected a root hash of 32 bytes in base64, found {}", quoted(.0))]
    Root(String),
    /// A key that does not sign checkpoints for its log.
    #[error("expected a log's key (type 01), found the cosignature key {}", quoted(.0))]
    Kind(String),
}

impl Head {
    /// The three lines that a log signs.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root_base64())
    }

    /// The root as the third line has it.
    pub fn root_base64(&self) -> String {
        STANDARD.encode(self.root.0)
    }

    /// Reads three lines. C2SP allows, and advises against, extension lines after them; they are refused here, since a
    /// head that is pinned is all that its log signed.
    ///
    /// # Errors
    /// Not exactly these three lines in their one form.
    pub fn parse(text: &str) -> Result<Head, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        if let Some(extension) = lines.next() {
            return Err(CheckpointError::Extension(extension.to_owned()));
        }
        check_origin(origin)?;
        let head = Head { origin: origin.to_owned(), size: parse_size(size)?, root: parse_root(root)? };
        Ok(head)
    }
}

fn parse_size(text: &str) -> Result<u64, CheckpointError> {
    let size = text.parse().ok().filter(|size: &u64| *size <= MAX_SIZE && size.to_string() == text);
    size.ok_or_else(|| CheckpointError::Size(text.to_owned()))
}

fn parse_root(text: &str) -> Result<Digest, CheckpointError> {
    let root = STANDARD.decode(text).ok().and_then(|bytes| Digest::from_slice(&bytes));
    root.ok_or_else(|| CheckpointError::Root(text.to_owned()))
}

impl Checkpoint {
    /// Reads a checkpoint and checks the log's signature, by the key whose name is the log's origin. Other signatures,
    /// which may be cosignatures, are not checked: see [`crate::policy::Policy::accept`].
    ///
    /// # Errors
    /// Not a note, not under the key, not the three lines of a head, or of another log.
    pub fn verify(bytes: &[u8], key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::verify_note(SignedNote::parse(bytes)?, std::slice::from_ref(key), key.name())
    }

    /// As [`Checkpoint::verify`], by the first of some keys that has signed it.
    ///
    /// # Errors
    /// As for the first key; or no key is given.
    pub fn verify_any<'k>(
        bytes: &[u8],
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Checkpoint, CheckpointError> {
        let mut failure = None;
        for key in keys {
            match Checkpoint::verify(bytes, key) {
                Ok(checkpoint) => return Ok(checkpoint),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or(CheckpointError::Note(NoteError::Unknown(None))))
    }

    /// As [`Checkpoint::verify`], by one or more keys of the log `origin`.
    pub(crate) fn verify_note(
        note: SignedNote,
        keys: &[VerifierKey],
        origin: &str,
    ) -> Result<Checkpoint, CheckpointError> {
        if let Some(key) = keys.iter().find(|key| key.kind() != KeyKind::Ed25519) {
            return Err(CheckpointError::Kind(key.name().to_owned()));
        }
        let verified = note.verify(keys)?;
        let head = Head::parse(verified.text())?;
        if head.origin != origin {
            return Err(CheckpointError::OtherOrigin { expected: origin.to_owned(), found: head.origin });
        }
        // Nobody signs the order of the lines, so the order of the keys decides.
        let made_by = |key: &VerifierKey| verified.signatures().iter().find(|signature| signature.key == *key);
        let by = keys.iter().find_map(made_by).ok_or(NoteError::Unknown(None))?;
        let (key, signature) = (by.key.clone(), by.signature.clone());
        Ok(Checkpoint { head, note, key, signature })
    }

    /// Signs a head, whose origin must be the key's name. Returns the checkpoint's bytes.
    ///
    /// # Errors
    /// A head that [`Head::parse`] would refuse, or of another log.
    pub fn sign(head: &Head, key: &SigningKey) -> Result<Vec<u8>, CheckpointError> {
        let text = head.text();
        Head::parse(&text)?;
        if head.origin != key.name() {
            return Err(CheckpointError::OtherOrigin { expected: key.name().to_owned(), found: head.origin.clone() });
        }
        Ok(SignedNote::new(&text, vec![key.sign(&text)?])?.format())
    }

    /// The head that the log vouches for.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The log's key that the signature is by. Another key may have the same name and id.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The log's own signature: if it signed with several keys, that of the first key by which it was verified.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The whole note, with signatures that nobody has checked.
    pub fn note(&self) -> &SignedNote {
        &self.note
    }
}

#[cfg(test)]
mod tests;
