//! Keys of notes: verifier keys as vkeys (C2SP signed-note, "Verifier keys"), private keys as Go's notes write them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;

use super::cosignature::{MAX_TIME, cosignature_message};
use super::{NoteError, Signature};
use crate::digest::Digest;
use crate::name::quoted;

/// Longest name of a key, in bytes.
const MAX_NAME: usize = 255;

/// Longest vkey or private key, in bytes.
const MAX_KEY: usize = 512;

const PRIVATE: &str = "PRIVATE+KEY+";

/// What a key signs. The number is C2SP's signature type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The text of notes: type 01.
    Ed25519 = 1,
    /// Checkpoints and the time: type 04, a cosignature.
    Cosignature = 4,
}

/// The public half of a key, with its name: what signatures are checked with.
///
/// Its text is a vkey: `NAME+ID+BASE64`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: ed25519_dalek::VerifyingKey,
}

/// The private half of a key, with its name. It is wiped from memory when dropped, and never shown but by
/// [`SigningKey::format`].
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

/// What was found where a vkey was expected, but for a private key, which is a secret.
fn quoted_vkey(text: &str) -> String {
    if text.starts_with(PRIVATE) { "a private key".to_owned() } else { quoted(text) }
}

/// A key that is none, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the text of a public key.
    #[error("expected a vkey NAME+ID+BASE64, found {}", quoted_vkey(.0))]
    Form(String),
    /// Not the text of a private key. It is not shown.
    #[error("expected a private key PRIVATE+KEY+NAME+ID+BASE64")]
    PrivateForm,
    /// A name that a key cannot have.
    #[error("expected a key's name of 1 to {MAX_NAME} bytes without spaces, control characters and `+`, found {}", quoted(.0))]
    Name(String),
    /// A signature type that is not known here.
    #[error("expected an Ed25519 key (type 01) or an Ed25519 cosignature key (type 04), found type {0:02x}")]
    Kind(u8),
    /// A key of another type than its place asks for.
    #[error("expected a private key of type 01, found type {0:02x}")]
    PrivateKind(u8),
    /// The id is not that of the key.
    #[error("expected the id {expected}, found {found}: the name or the key was changed")]
    Id {
        /// The id of name and key.
        expected: String,
        /// The id that stands there.
        found: String,
    },
    /// Bytes that are no public key, not in its one encoding, or one under which anybody can sign.
    #[error("the key's bytes are not a usable Ed25519 public key")]
    Bytes,
}

/// Whether a signature line may name a key so: not empty, no Unicode space, no `+`.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|character: char| character.is_whitespace() || character == '+')
}

/// Checks the name of a key that is to be used: also short, and without any control character.
fn check_name(name: &str) -> Result<(), KeyError> {
    if is_name(name) && name.len() <= MAX_NAME && !name.contains(char::is_control) {
        Ok(())
    } else {
        Err(KeyError::Name(name.to_owned()))
    }
}

/// The first four bytes of sha256(name ‖ 0x0A ‖ type ‖ key).
fn id(name: &str, kind: KeyKind, key: &ed25519_dalek::VerifyingKey) -> [u8; 4] {
    let Digest([a, b, c, d, ..]) = Digest::of(&[name.as_bytes(), &[b'\n', kind as u8], key.as_bytes()].concat());
    [a, b, c, d]
}

pub(super) fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

impl VerifierKey {
    /// The key of a name, a kind and the 32 bytes of an Ed25519 public key.
    ///
    /// # Errors
    /// A name that a key cannot have, or bytes that are no usable key.
    pub fn new(name: &str, kind: KeyKind, key: &[u8; 32]) -> Result<VerifierKey, KeyError> {
        check_name(name)?;
        let bytes = key;
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Bytes)?;
        // A y from the field's order on is read as if it were reduced, and would be a second encoding of the key.
        if key.is_weak() || key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::Bytes);
        }
        Ok(VerifierKey { name: name.to_owned(), kind, key })
    }

    /// Reads a vkey, without a newline.
    ///
    /// # Errors
    /// Not a vkey, not in its one form, of an unknown kind, with an id that is not its own, or no usable key.
    pub fn parse(vkey: &str) -> Result<VerifierKey, KeyError> {
        let form = || KeyError::Form(vkey.to_owned());
        if vkey.len() > MAX_KEY {
            return Err(form());
        }
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form());
        };
        let bytes = STANDARD.decode(base64).map_err(|_| form())?;
        let (kind, key) = match bytes.split_first() {
            Some((1, key)) => (KeyKind::Ed25519, key),
            Some((4, key)) => (KeyKind::Cosignature, key),
            Some((kind, _)) => return Err(KeyError::Kind(*kind)),
            None => return Err(form()),
        };
        let key = VerifierKey::new(name, kind, key.try_into().map_err(|_| form())?)?;
        let expected = hex(key.id());
        if expected != id {
            return Err(KeyError::Id { expected, found: quoted(id) });
        }
        Ok(key)
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key's id: it stands in each of its signatures, and is no secure hash.
    pub fn id(&self) -> [u8; 4] {
        id(&self.name, self.kind, &self.key)
    }

    /// `NAME+ID`, as the vkey begins: what names the key where it does not stand itself. Like the id it is no secure hash.
    pub fn keyid(&self) -> String {
        format!("{}+{}", self.name, hex(self.id()))
    }

    /// The 32 bytes of the Ed25519 public key. Two keys that have the same are one, whatever their names and kinds.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether a signature by the key itself over these bytes holds, as [`SigningKey::sign_bytes`] makes it. For an Ed25519
    /// key (type 01) alone: one of another kind signs nothing so.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.kind == KeyKind::Ed25519 && self.key.verify_strict(message, &signature).is_ok()
    }

    /// Whether a signature over a note's text is this key's. A cosigner's key signs no such text.
    pub(crate) fn has_signed(&self, text: &str, signature: &[u8; 64]) -> bool {
        self.kind == KeyKind::Ed25519 && self.verify(text, signature).is_some()
    }

    /// Checks a signature over a note's text. Gives a cosignature's time; nothing at all if the signature does not
    /// hold.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Option<Option<u64>> {
        let (time, message, signature) = match self.kind {
            KeyKind::Ed25519 => (None, text.as_bytes().to_vec(), signature),
            KeyKind::Cosignature => {
                let (time, signature) = signature.split_first_chunk()?;
                let time = u64::from_be_bytes(*time);
                if time > MAX_TIME {
                    return None;
                }
                (Some(time), cosignature_message(time, text), signature)
            }
        };
        let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
        self.key.verify_strict(&message, &signature).ok()?;
        Some(time)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind as u8][..], self.key.as_bytes()].concat();
        write!(f, "{}+{}", self.keyid(), STANDARD.encode(bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(vkey: &str) -> Result<VerifierKey, KeyError> {
        VerifierKey::parse(vkey)
    }
}

impl SigningKey {
    /// The key of a name and 32 bytes of randomness, which are the private key.
    ///
    /// # Errors
    /// A name that a key cannot have.
    pub fn generate_from_seed(name: &str, seed: [u8; 32]) -> Result<SigningKey, KeyError> {
        check_name(name)?;
        Ok(SigningKey { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(&seed) })
    }

    /// Reads a private key as [`SigningKey::format`] writes it, without a newline.
    ///
    /// # Errors
    /// Not a private key, of another type than 01, or with an id that is not its own. No message holds the key.
    pub fn parse(text: &str) -> Result<SigningKey, KeyError> {
        if text.len() > MAX_KEY {
            return Err(KeyError::PrivateForm);
        }
        let mut parts = text.strip_prefix(PRIVATE).ok_or(KeyError::PrivateForm)?.splitn(3, '+');
        let (Some(name), Some(id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::PrivateForm);
        };
        let mut bytes = STANDARD.decode(base64).map_err(|_| KeyError::PrivateForm)?;
        let key = match bytes.split_first() {
            Some((1, seed)) => match seed.try_into() {
                Ok(seed) => SigningKey::generate_from_seed(name, seed),
                Err(_) => Err(KeyError::PrivateForm),
            },
            Some((kind, _)) => Err(KeyError::PrivateKind(*kind)),
            None => Err(KeyError::PrivateForm),
        };
        wipe(&mut bytes);
        let key = key?;
        let expected = hex(key.verifier().id());
        if expected != id {
            return Err(KeyError::Id { expected, found: quoted(id) });
        }
        Ok(key)
    }

    /// The private key's text, `PRIVATE+KEY+NAME+ID+BASE64`, as Go's package `note` writes it: a secret.
    pub fn format(&self) -> String {
        let mut bytes = [0; 33];
        bytes[0] = KeyKind::Ed25519 as u8;
        bytes[1..].copy_from_slice(self.key.as_bytes());
        let text = format!("{PRIVATE}{}+{}+{}", self.name, hex(self.verifier().id()), STANDARD.encode(bytes));
        wipe(&mut bytes);
        text
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key for what [`SigningKey::sign`] makes.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), kind: KeyKind::Ed25519, key: self.key.verifying_key() }
    }

    /// The public key for what [`SigningKey::cosign`] makes.
    pub fn cosigner(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), kind: KeyKind::Cosignature, key: self.key.verifying_key() }
    }

    /// Signs a note's text (type 01).
    ///
    /// # Errors
    /// A text that does not end in a newline.
    pub fn sign(&self, text: &str) -> Result<Signature, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        Ok(Signature { name: self.name.clone(), id: self.verifier().id(), bytes })
    }

    /// Signs bytes that are no note, by plain Ed25519 (RFC 8032). Whoever asks for it answers for it that they cannot be taken
    /// for a note's text, which ends in a newline: they begin or end otherwise than any.
    pub fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// Cosigns a checkpoint's text (type 04): a statement that at `time`, in seconds since 1970, this was the largest
    /// consistent head that the cosigner had seen of the log.
    ///
    /// # Errors
    /// A text that does not end in a newline, or a time beyond 2^63 − 1.
    pub fn cosign(&self, time: u64, text: &str) -> Result<Signature, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        if time > MAX_TIME {
            return Err(NoteError::Time(time));
        }
        let signature = self.key.sign(&cosignature_message(time, text)).to_bytes();
        let bytes = [&time.to_be_bytes()[..], &signature].concat();
        Ok(Signature { name: self.name.clone(), id: self.cosigner().id(), bytes })
    }
}

impl fmt::Debug for SigningKey {
    /// Shows the public key only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifier())
    }
}

/// Overwrites a copy of a secret, in a way that the compiler cannot see through.
fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    std::hint::black_box(bytes);
}
