//! Sigstore bundles, version 0.3: the same envelope, with a hint which key to ask for. No certificate, no log entry, no time.

use serde::{Deserialize, Serialize};

use super::dsse::{EnvelopeForm, SignatureForm};
use super::json;
use crate::error::{Error, Result};
use crate::table::Only;

/// The media type that is written.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// An older spelling of the same version, which readers must know.
const MEDIA_TYPE_BEFORE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.3";

#[derive(Serialize)]
struct Bundle<'a> {
    #[serde(rename = "mediaType")]
    media_type: &'static str,
    #[serde(rename = "verificationMaterial")]
    material: PublicKeyMaterial<'a>,
    #[serde(rename = "dsseEnvelope")]
    envelope: EnvelopeForm,
}

#[derive(Serialize)]
struct PublicKeyMaterial<'a> {
    #[serde(rename = "publicKey")]
    public_key: KeyHint<'a>,
}

#[derive(Serialize)]
struct KeyHint<'a> {
    hint: &'a str,
}

/// The bundle around an envelope of one signature. Its hint is that signature's keyid, as the format demands.
pub(super) fn format(envelope: EnvelopeForm, keyid: &str) -> String {
    let material = PublicKeyMaterial { public_key: KeyHint { hint: keyid } };
    json::line(&Bundle { media_type: MEDIA_TYPE, material, envelope })
}

/// A file that is an envelope, or a bundle. More names may stand in it, and are not looked at.
#[derive(Deserialize)]
pub(super) struct File {
    /// Of a statement by itself, which nobody has signed.
    #[serde(rename = "_type")]
    kind: Option<serde::de::IgnoredAny>,
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    #[serde(rename = "verificationMaterial")]
    material: Option<Only<Material>>,
    #[serde(rename = "dsseEnvelope")]
    envelope: Option<Only<EnvelopeForm>>,
    payload: Option<String>,
    #[serde(rename = "payloadType")]
    payload_type: Option<String>,
    signatures: Option<Vec<Only<SignatureForm>>>,
}

/// By what a bundle's signature can be checked. Log entries and times say nothing of a key that the reader has chosen.
#[derive(Deserialize)]
struct Material {
    #[serde(rename = "publicKey")]
    public_key: Option<Only<Hint>>,
}

#[derive(Deserialize)]
struct Hint {
    #[serde(default)]
    hint: String,
}

impl File {
    /// The envelope in it; `what` names the file in messages.
    ///
    /// # Errors
    /// Malformed: neither an envelope nor a bundle of this version around one, or a hint that is not the signature's keyid.
    pub(super) fn envelope(self, what: &str) -> Result<EnvelopeForm> {
        let malformed = |found: &str| Error::malformed(format!("{what}: {found}"));
        let Some(media_type) = self.media_type else {
            let (Some(payload), Some(payload_type), Some(signatures), None, None) =
                (self.payload, self.payload_type, self.signatures, &self.material, &self.envelope)
            else {
                let expected = "expected a DSSE envelope (payload, payloadType, signatures), or a Sigstore bundle (mediaType, \
                     verificationMaterial, dsseEnvelope)";
                let error = malformed(expected);
                return Err(match self.kind {
                    None => error,
                    Some(_) => error.hint(
                        "this is a statement that nobody has signed: `--statement-only` writes it for other signers, who put \
                         it into an envelope",
                    ),
                });
            };
            let signatures = signatures.into_iter().map(|Only(signature)| signature).collect();
            return Ok(EnvelopeForm { payload, payload_type, signatures });
        };
        if media_type != MEDIA_TYPE && media_type != MEDIA_TYPE_BEFORE {
            return Err(malformed(&format!("expected a bundle of media type {MEDIA_TYPE}, found {media_type:?}")));
        }
        if self.payload.is_some() || self.payload_type.is_some() || self.signatures.is_some() {
            return Err(malformed("expected a bundle's envelope in dsseEnvelope, found another beside it"));
        }
        let Some(Only(envelope)) = self.envelope else {
            return Err(malformed("expected a bundle with a dsseEnvelope, found none"));
        };
        let Some(keyid) = envelope.only_keyid() else {
            return Err(malformed("expected a bundle with exactly one signature, found another number"));
        };
        // Without a public key's hint it is of a certificate: no key of the reader's can have signed it under its name.
        let hint = self.material.and_then(|Only(material)| material.public_key).map(|Only(hint)| hint.hint);
        if hint.as_ref().is_some_and(|hint| hint != keyid) {
            let expected =
                "expected the bundle's key hint and its signature's keyid to be the same, as the format demands";
            return Err(malformed(expected));
        }
        Ok(envelope)
    }
}
