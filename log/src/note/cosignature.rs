//! What an Ed25519 cosignature is made over (C2SP tlog-cosignature, "Ed25519 signed message").

/// Largest time of a cosignature (C2SP tlog-cosignature, "Format").
pub(super) const MAX_TIME: u64 = i64::MAX as u64;

/// The bytes that a cosignature signs: two lines, then the whole text of the note. They do not name the cosigner, so
/// one public key is one cosigner, whatever names it goes by.
pub fn cosignature_message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}
