//! Who signs a log's heads: a key in memory, or something elsewhere.

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::{Signature, SignedNote, SigningKey, VerifierKey};

use super::request::Request;
use crate::error::{Error, Result};
use crate::report::count;

/// Who signs a log's heads.
pub trait Signer {
    /// The log's key.
    fn verifier(&self) -> VerifierKey;

    /// Whether what is to be signed leaves this process, so that a signature can exist that it does not get to see. Such a head is
    /// written down first, and no other one of its size is ever asked for.
    fn is_elsewhere(&self) -> bool {
        true
    }

    /// Signs the text of a head; nothing if that is done another time.
    ///
    /// # Errors
    /// Could not check: it is not signed.
    fn sign(&self, head: &Head) -> Result<Option<Signature>>;

    /// Takes what is to be signed another time.
    ///
    /// # Errors
    /// Could not check: it cannot be kept.
    fn take(&self, _: &Request) -> Result<()> {
        Ok(())
    }
}

impl Signer for SigningKey {
    fn verifier(&self) -> VerifierKey {
        SigningKey::verifier(self)
    }

    fn is_elsewhere(&self) -> bool {
        false
    }

    fn sign(&self, head: &Head) -> Result<Option<Signature>> {
        let signature = SigningKey::sign(self, &head.text());
        signature.map(Some).map_err(|error| Error::could_not_check(error.to_string()))
    }
}

/// The checkpoint of a head and its log's signature, which is checked.
pub(super) fn checkpoint(head: &Head, key: &VerifierKey, signature: Signature) -> Result<Vec<u8>> {
    let wrong = |why: String| {
        Error::refused(format!(
            "expected the signature of {} over its head of {}, found another: {why}",
            key.name(),
            count(head.size, "record")
        ))
    };
    let note = SignedNote::new(&head.text(), vec![signature]).map_err(|error| wrong(error.to_string()))?.format();
    match Checkpoint::verify(&note, key) {
        Ok(signed) if signed.head() == head => Ok(note),
        Ok(_) => Err(wrong("it is of another head".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}
