//! DSSE 1.0.2: what is signed, and the JSON envelope around it.
//!
//! An envelope is untrusted until keys have been tried on it. What comes out then is the very bytes that they signed, and the
//! envelope is gone: nobody can read it again and find something else in it.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use headlock_log::note::{SigningKey, VerifierKey};
use serde::{Deserialize, Serialize};

use super::{json, sigstore};
use crate::error::{Error, Result};
use crate::table;

/// What an envelope of a Statement says its payload is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Largest attestation read, in bytes: far more than one of a lock with as many overrides as there may be.
pub const MAX_ATTESTATION: u64 = 8 << 20;

/// Most signatures of one envelope.
pub const MAX_SIGNATURES: usize = 32;

/// Most of them that say not whose they are: each is tried with every key.
pub const MAX_UNNAMED: usize = 2;

/// The bytes that are signed for a payload (DSSE's "PAE"). Lengths are in bytes, so no payload begins where another type ends.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let (kind, length) = (payload_type.len(), payload.len());
    [format!("DSSEv1 {kind} {payload_type} {length} ").as_bytes(), payload].concat()
}

/// A payload with signatures that nobody has checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    payload_type: String,
    signatures: Vec<Signature>,
}

/// A signature, and whose it says it is: nobody has signed that.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    keyid: String,
    bytes: Vec<u8>,
}

/// An envelope's JSON. More names may stand in it, and are not looked at.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct EnvelopeForm {
    pub(super) payload: String,
    #[serde(rename = "payloadType")]
    pub(super) payload_type: String,
    #[serde(deserialize_with = "table::each")]
    pub(super) signatures: Vec<SignatureForm>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct SignatureForm {
    /// Not there is the same as empty.
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// The bytes that keys of the reader's have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPayload {
    bytes: Vec<u8>,
    keys: Vec<VerifierKey>,
}

/// A signature that says nothing to the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Whose it says it is; may be empty.
    pub keyid: String,
}

impl Envelope {
    /// Signs a statement's bytes with each of these keys.
    pub fn sign(payload: &[u8], keys: &[SigningKey]) -> Envelope {
        let message = pae(PAYLOAD_TYPE, payload);
        let sign =
            |key: &SigningKey| Signature { keyid: key.verifier().keyid(), bytes: key.sign_bytes(&message).to_vec() };
        let signatures = keys.iter().map(sign).collect();
        Envelope { payload: payload.to_owned(), payload_type: PAYLOAD_TYPE.to_owned(), signatures }
    }

    /// The envelope's JSON, a line.
    pub fn format(&self) -> String {
        json::line(&self.form())
    }

    /// The Sigstore bundle v0.3 around it, a line; nothing if it has not exactly one signature, which a bundle must have.
    pub fn format_bundle(&self) -> Option<String> {
        let [signature] = self.signatures.as_slice() else { return None };
        Some(sigstore::format(self.form(), &signature.keyid))
    }

    /// Reads an envelope, or a Sigstore bundle with one in it; `what` names it in messages.
    ///
    /// # Errors
    /// Malformed: neither, a name that stands twice, base64 that is none, no signature or too many.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Envelope> {
        let file: sigstore::File = json::parse(what, bytes)?;
        let form = file.envelope(what)?;
        let malformed = |found: String| Error::malformed(format!("{what}: {found}"));
        let most = MAX_SIGNATURES;
        if form.signatures.is_empty() || form.signatures.len() > most {
            return Err(malformed(format!("expected 1 to {most} signatures, found {}", form.signatures.len())));
        }
        let signature = |form: SignatureForm| {
            let bytes = decode(&form.sig).ok_or_else(|| malformed("a signature is no base64".to_owned()))?;
            Ok(Signature { keyid: form.keyid, bytes })
        };
        let unnamed = form.signatures.iter().filter(|signature| signature.keyid.is_empty()).count();
        if unnamed > MAX_UNNAMED {
            return Err(malformed(format!(
                "expected at most {MAX_UNNAMED} signatures without a keyid, found {unnamed}"
            )));
        }
        let payload = decode(&form.payload).ok_or_else(|| malformed("the payload is no base64".to_owned()))?;
        let signatures = form.signatures.into_iter().map(signature).collect::<Result<_>>()?;
        Ok(Envelope { payload, payload_type: form.payload_type, signatures })
    }

    /// Tries keys on the signatures: the one that a signature names, or all, if it names none. What a key that is known has not
    /// signed is nothing; a signature that says it is of a known key and does not hold spoils the whole envelope.
    ///
    /// # Errors
    /// Refused: such a signature. Malformed: known keys have signed something that is no statement.
    pub fn verify(self, what: &str, known: &[VerifierKey]) -> Result<(Option<VerifiedPayload>, Vec<Ignored>)> {
        let message = pae(&self.payload_type, &self.payload);
        let (mut keys, mut ignored): (Vec<VerifierKey>, Vec<Ignored>) = (Vec::new(), Vec::new());
        for Signature { keyid: named, bytes } in self.signatures {
            let holds = |key: &&VerifierKey| {
                <&[u8; 64]>::try_from(bytes.as_slice()).is_ok_and(|bytes| key.verifies(&message, bytes))
            };
            let signer = match known.iter().find(|key| key.keyid() == named) {
                Some(key) if holds(&key) => Some(key),
                Some(key) => {
                    let what = format!("{what}: the signature by {} does not hold", key.keyid());
                    return Err(Error::refused(what)
                        .hint("the statement or the signature was changed, or another key has signed"));
                }
                None if named.is_empty() => known.iter().find(holds),
                None => None,
            };
            match signer {
                None => ignored.push(Ignored { keyid: named }),
                Some(key) if keys.contains(key) => {}
                Some(key) => keys.push(key.clone()),
            }
        }
        if keys.is_empty() {
            return Ok((None, ignored));
        }
        if self.payload_type != PAYLOAD_TYPE {
            let found = self.payload_type;
            return Err(Error::malformed(format!(
                "{what}: expected a payload of type {PAYLOAD_TYPE}, found {found:?}"
            )));
        }
        Ok((Some(VerifiedPayload { bytes: self.payload, keys }), ignored))
    }

    fn form(&self) -> EnvelopeForm {
        let form = |signature: &Signature| SignatureForm {
            keyid: signature.keyid.clone(),
            sig: STANDARD.encode(&signature.bytes),
        };
        EnvelopeForm {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(form).collect(),
        }
    }
}

impl EnvelopeForm {
    /// What its one signature says whose it is; nothing if it has not exactly one.
    pub(super) fn only_keyid(&self) -> Option<&str> {
        match self.signatures.as_slice() {
            [signature] => Some(&signature.keyid),
            _ => None,
        }
    }
}

impl VerifiedPayload {
    /// The bytes that were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The keys that signed them, each once, at least one.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }
}

/// Standard base64 or the one for URLs, padded or not: DSSE lets signers take either.
fn decode(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::generate_from_seed(name, [seed; 32]).expect("a name")
    }

    #[test]
    fn what_is_signed_is_as_dsse_publishes_it() {
        let message = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        // Lengths are of bytes, and nothing else is between the parts.
        assert_eq!(pae("é", "é".as_bytes()), "DSSEv1 2 é 2 é".as_bytes());
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
        assert_ne!(pae("a 1 b", b"c"), pae("a", b"1 b c"));
    }

    #[test]
    fn what_was_signed_comes_back_and_nothing_else() {
        let (ours, other) = (key("a.example", 1), key("b.example", 2));
        let text = Envelope::sign(b"{}", std::slice::from_ref(&ours)).format();
        let parsed = || Envelope::parse("file", text.as_bytes()).expect("an envelope");
        let (payload, ignored) = parsed().verify("file", &[other.verifier(), ours.verifier()]).expect("holds");
        let payload = payload.expect("signed by a known key");
        assert_eq!((payload.bytes(), payload.keys(), ignored.len()), (&b"{}"[..], &[ours.verifier()][..], 0));
        let (payload, ignored) = parsed().verify("file", &[other.verifier()]).expect("unknown");
        assert_eq!((payload, ignored), (None, vec![Ignored { keyid: ours.verifier().keyid() }]));
    }

    #[test]
    fn each_changed_byte_is_refused_or_says_nothing() {
        let key = key("a.example", 1);
        let known = [key.verifier()];
        let text = Envelope::sign(b"{\"a\":1}", &[key]).format();
        let mut refused = 0;
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut changed = text.clone().into_bytes();
                changed[at] ^= 1 << bit;
                let Ok(envelope) = Envelope::parse("file", &changed) else { continue };
                match envelope.verify("file", &known) {
                    Err(error) => {
                        refused += 1;
                        assert!(matches!(error.kind(), ErrorKind::Refused | ErrorKind::Malformed));
                    }
                    Ok((None, _)) => {}
                    // Of a name that nobody has signed and that is gone now, nothing depends.
                    Ok((Some(payload), _)) => {
                        assert_eq!(payload.bytes(), b"{\"a\":1}", "byte {at}, bit {bit}");
                        assert!(
                            String::from_utf8_lossy(&changed).matches("\"keyid\"").count() == 0,
                            "byte {at}, bit {bit}"
                        );
                    }
                }
            }
        }
        assert!(refused > 100, "{refused}");
    }

    #[test]
    fn both_alphabets_are_read_and_no_mixture() {
        assert_eq!(decode("-_8="), decode("+/8="));
        assert_eq!(decode("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decode("-/8="), None);
        assert_eq!(decode("+/9="), None, "bits behind the end");
        assert_eq!(decode("+/8=\n"), None);
    }
}
