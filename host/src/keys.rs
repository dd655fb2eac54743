//! Private keys as files: mode 0600, the encoding of Go's and C2SP's notes.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fs_err as fs;
use headlock_log::name::check_origin;
use headlock_log::note::{KeyKind, SigningKey, VerifierKey};

use crate::error::{Error, Result};
use crate::files;

/// Largest key file read, in bytes.
const MAX_KEY: u64 = 4096;

/// Makes a key named `name` from the operating system's randomness; writes the private one to `path` and the public one
/// beside it, `.pub` appended. Returns the public one as a vkey.
///
/// # Errors
/// Malformed: the name cannot be a log's. Could not check: a file exists already or cannot be written; nothing is
/// overwritten.
pub fn generate(name: &str, path: &Path) -> Result<String> {
    check_origin(name).map_err(|error| {
        Error::malformed(format!("the key's name: {error}")).hint("a log's name is like registry.example/components")
    })?;
    files::require_folder(path.parent().unwrap_or(Path::new("")), "the key would be")?;
    let mut seed = [0; 32];
    randomness(&mut seed)
        .map_err(|error| Error::could_not_check(format!("the system gives no randomness: {error}")))?;
    let key = SigningKey::generate_from_seed(name, seed)
        .map_err(|error| Error::malformed(format!("the key's name {name:?}: {error}")))?;
    let vkey = key.verifier().to_string();
    let public = public_path(path);
    if fs::symlink_metadata(&public).is_ok() {
        return Err(exists(&public));
    }
    if !files::create_private(path, format!("{}\n", key.format()).as_bytes())? {
        return Err(match fs::symlink_metadata(&public).is_ok() {
            true => exists(path),
            false => exists(path)
                .hint("a run that was broken off may have left it without its public key: then remove it; else name another file"),
        });
    }
    files::replace(&public, format!("{vkey}\n").as_bytes())?;
    Ok(vkey)
}

#[cfg(not(target_family = "wasm"))]
fn randomness(seed: &mut [u8]) -> std::result::Result<(), getrandom::Error> {
    getrandom::fill(seed)
}

#[cfg(target_family = "wasm")]
fn randomness(_: &mut [u8]) -> std::result::Result<(), &'static str> {
    Err("WebAssembly has none")
}

/// Where the public key of a private one stands: `.pub` appended.
fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn exists(path: &Path) -> Error {
    Error::malformed(format!("{} exists already, and a key is never overwritten", path.display()))
        .hint("name another file, or move that one away first")
}

/// Reads a private key.
///
/// # Errors
/// Refused: others than its owner may read the file. Malformed: there is none, or it holds no private key.
pub fn read(path: &Path) -> Result<SigningKey> {
    let text = files::read_text(path, MAX_KEY)?.ok_or_else(|| {
        Error::malformed(format!("there is no key at {}", path.display()))
            .hint("`headlock key generate --name ORIGIN --out FILE` makes one")
    })?;
    if headlock_log::note::VerifierKey::parse(text.trim_end_matches('\n')).is_ok() {
        let private = path.with_extension("");
        let error = Error::malformed(format!("{}: expected a private key, found a public one", path.display()));
        return Err(match path.extension().is_some_and(|end| end == "pub") {
            true => error.hint(format!("the private key would be in {}", private.display())),
            false => error,
        });
    }
    if let Some(found) = files::mode_open_to_others(path)? {
        return Err(Error::refused(format!("{}: expected mode 0600, found {found:04o}", path.display()))
            .hint(format!("others may have read the key; if not: chmod 600 {}", path.display())));
    }
    SigningKey::parse(text.trim_end_matches('\n'))
        .map_err(|error| Error::malformed(format!("{}: expected a private key: {error}", path.display())))
}

/// Reads a key file of either kind, and gives the public key.
///
/// # Errors
/// As [`read`], where it holds no public key.
pub fn read_either(path: &Path) -> Result<VerifierKey> {
    let text = files::read_text(path, MAX_KEY)?;
    match text.and_then(|text| VerifierKey::parse(text.trim_end_matches('\n')).ok()) {
        Some(key) => Ok(key),
        None => read(path).map(|key| key.verifier()),
    }
}

/// The key of a cosigner with the same name and bytes.
///
/// # Errors
/// Malformed: never for a key that exists.
pub fn as_cosigner(key: &VerifierKey) -> Result<VerifierKey> {
    VerifierKey::new(key.name(), KeyKind::Cosignature, &key.public_key())
        .map_err(|error| Error::malformed(error.to_string()))
}

/// A public key as SubjectPublicKeyInfo in PEM, a line each (RFC 8410, RFC 7468): without its name.
pub fn pem(key: &VerifierKey) -> [String; 3] {
    // SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }, in DER.
    const ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = [&ED25519[..], &key.public_key()].concat();
    ["-----BEGIN PUBLIC KEY-----".to_owned(), STANDARD.encode(der), "-----END PUBLIC KEY-----".to_owned()]
}

/// Reads a public key file: one line, a vkey.
///
/// # Errors
/// Malformed: there is none, or it holds no vkey.
pub fn read_public(path: &Path) -> Result<headlock_log::note::VerifierKey> {
    let text = files::read_text(path, MAX_KEY)?
        .ok_or_else(|| Error::malformed(format!("there is no public key at {}", path.display())))?;
    if text.trim_start().starts_with("PRIVATE+KEY") {
        // What it holds is never repeated in a message.
        return Err(Error::malformed(format!("{}: expected a public key, found a private one", path.display()))
            .hint(format!("the public key is in {}", public_path(path).display())));
    }
    headlock_log::note::VerifierKey::parse(text.trim_end_matches('\n'))
        .map_err(|error| Error::malformed(format!("{}: expected a public key (vkey): {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.1, has this key, in both forms.
    #[test]
    fn pem_is_as_rfc_8410_has_it() {
        let bytes = STANDARD.decode("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=").expect("base64");
        let key = VerifierKey::new("a", KeyKind::Ed25519, &bytes.try_into().expect("32 bytes")).expect("a key");
        assert_eq!(pem(&key)[1], "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
    }
}
