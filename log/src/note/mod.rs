//! Signed notes: text under one or more signatures (C2SP signed-note).
//!
//! A [`SignedNote`] has been read and says nothing yet; a [`VerifiedNote`] has been checked under keys.

mod cosignature;
mod key;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use cosignature::cosignature_message;
pub use key::{KeyError, KeyKind, SigningKey, VerifierKey};

use crate::name::quoted;

/// Longest note, in bytes, signatures included.
pub const MAX_NOTE: usize = 64 << 10;

/// Most signatures of a note. C2SP asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;

const DASH: &str = "\u{2014} ";

/// A note as it was read: nothing in it is vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

/// A signature line of a note, not checked by itself: `— NAME BASE64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name of the key.
    pub name: String,
    /// Id of the key: with the name, it tells which key and which algorithm.
    pub id: [u8; 4],
    /// What the algorithm made, at least one byte.
    pub bytes: Vec<u8>,
}

/// A note under at least one known key, with every signature of a known key checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedNote {
    text: String,
    signatures: Vec<VerifiedSignature>,
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// The key that made it.
    pub key: VerifierKey,
    /// Of a cosignature, when it says that it was made: seconds since 1970, at most 2^63 − 1.
    pub time: Option<u64>,
    /// The signature as it stands in the note.
    pub signature: Signature,
}

/// A note that is none, or that is not vouched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More bytes than [`MAX_NOTE`].
    #[error("expected a signed note of at most {MAX_NOTE} bytes, found {0} bytes")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("expected a signed note in UTF-8, found something else at byte {0}")]
    Utf8(usize),
    /// A control character.
    #[error("expected a signed note without control characters, found {byte:#04x} at byte {at}")]
    Control {
        /// The character.
        byte: u8,
        /// Where it stands.
        at: usize,
    },
    /// No blank line between text and signatures.
    #[error("expected a signed note: text, a blank line, and signature lines, each line ending in a newline")]
    Form,
    /// A line after the last blank one that is no signature.
    #[error("expected a signature line `— NAME BASE64`, found {}", quoted(.0))]
    Signature(String),
    /// More signatures than [`MAX_SIGNATURES`].
    #[error("expected at most {MAX_SIGNATURES} signatures, found more")]
    Signatures,
    /// Text that cannot be signed.
    #[error("expected a text that ends in a newline")]
    Text,
    /// A time that a cosignature cannot hold.
    #[error("expected a time of at most 2^63 - 1 seconds, found {0}")]
    Time(u64),
    /// A known key's signature does not hold.
    #[error("the signature by {} does not hold: the note or the signature was changed", quoted(.0))]
    Bad(String),
    /// No signature is by a known key; the first is by that of this name and id.
    #[error("no signature is by a known key; the note is signed by {}", .0.as_deref().map_or("nobody".to_owned(), quoted))]
    Unknown(Option<String>),
}

impl Signature {
    /// Whose it is, as keys are written: `NAME+ID`.
    fn keyid(&self) -> String {
        format!("{}+{}", self.name, key::hex(self.id))
    }
}

impl SignedNote {
    /// Reads a note: UTF-8 without control characters other than newline; a text ending in a newline; a blank line, the
    /// last one; one or more signature lines.
    ///
    /// # Errors
    /// Not of that form, or beyond a limit.
    pub fn parse(bytes: &[u8]) -> Result<SignedNote, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let note = std::str::from_utf8(bytes).map_err(|error| NoteError::Utf8(error.valid_up_to()))?;
        if let Some((at, byte)) = note.bytes().enumerate().find(|(_, byte)| *byte < b' ' && *byte != b'\n') {
            return Err(NoteError::Control { byte, at });
        }
        let blank = note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::Signatures);
            }
            signatures.push(line.parse()?);
        }
        Ok(SignedNote { text: text.to_owned(), signatures })
    }

    /// A note of a text and signatures that were made of it.
    ///
    /// # Errors
    /// What [`SignedNote::parse`] would refuse.
    pub fn new(text: &str, signatures: Vec<Signature>) -> Result<SignedNote, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        let note = SignedNote { text: text.to_owned(), signatures };
        SignedNote::parse(&note.format())
    }

    /// The note's bytes: what [`SignedNote::parse`] reads.
    pub fn format(&self) -> Vec<u8> {
        let mut note = format!("{}\n", self.text);
        for signature in &self.signatures {
            note.push_str(&format!("{signature}\n"));
        }
        note.into_bytes()
    }

    /// The text, final newline included. Nobody vouches for it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in their order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Checks the signatures of the given keys. Signatures of other keys are ignored; a key may sign more than once.
    ///
    /// # Errors
    /// A signature of a given key does not hold, or none is there.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<VerifiedNote, NoteError> {
        let mut signatures = Vec::new();
        for signature in &self.signatures {
            let mut known =
                keys.iter().filter(|key| key.name() == signature.name && key.id() == signature.id).peekable();
            if known.peek().is_none() {
                continue;
            }
            let holds = known.find_map(|key| Some((key, key.verify(&self.text, &signature.bytes)?)));
            let (key, time) = holds.ok_or_else(|| NoteError::Bad(signature.name.clone()))?;
            signatures.push(VerifiedSignature { key: key.clone(), time, signature: signature.clone() });
        }
        if signatures.is_empty() {
            return Err(NoteError::Unknown(self.signatures.first().map(Signature::keyid)));
        }
        Ok(VerifiedNote { text: self.text.clone(), signatures })
    }
}

impl VerifiedNote {
    /// The text, final newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures by known keys, in the order of the note. All of them hold.
    pub fn signatures(&self) -> &[VerifiedSignature] {
        &self.signatures
    }
}

impl fmt::Display for Signature {
    /// The line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    /// Reads a signature line without its newline.
    fn from_str(line: &str) -> Result<Signature, NoteError> {
        let signature = || {
            let (name, base64) = line.strip_prefix(DASH)?.split_once(' ')?;
            let bytes = STANDARD.decode(base64).ok()?;
            let (id, bytes) = bytes.split_first_chunk()?;
            (key::is_name(name) && !bytes.is_empty()).then(|| Signature {
                name: name.to_owned(),
                id: *id,
                bytes: bytes.to_vec(),
            })
        };
        signature().ok_or_else(|| NoteError::Signature(line.to_owned()))
    }
}
