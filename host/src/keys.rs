//! Private keys as files: mode 0600, the encoding of Go's and C2SP's notes.

use std::path::{Path, PathBuf};

use fs_err as fs;
use headlock_log::name::check_origin;
use headlock_log::note::SigningKey;

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
    check_origin(name).map_err(|error| Error::malformed(format!("the key's name {name:?}: {error}")))?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
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
        return Err(Error::malformed(format!("{}: expected a private key, found a public one", path.display())));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|error| Error::could_not_check(error.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            let found = mode & 0o777;
            return Err(Error::refused(format!("{}: expected mode 0600, found {found:04o}", path.display()))
                .hint(format!("others may have read the key; if not: chmod 600 {}", path.display())));
        }
    }
    SigningKey::parse(text.trim_end_matches('\n'))
        .map_err(|error| Error::malformed(format!("{}: expected a private key: {error}", path.display())))
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
