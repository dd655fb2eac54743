//! What a private registry is asked with: tokens and passwords, for the URLs that the user names, and shown to nobody.
//!
//! They change which files can be had, never what is made of them.

mod file;
mod netrc;
mod secret;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::secret::Secret;
use super::url::{Scheme, Url};
use crate::error::{Error, Result};
use crate::files;

/// Where credentials are: files that are read when a server is first to be asked, and not before.
#[derive(Default)]
pub struct Credentials {
    file: Option<PathBuf>,
    netrc: Option<Netrc>,
    /// What they held.
    read: Mutex<Option<Arc<Vec<Arc<Credential>>>>>,
}

/// A netrc file.
#[derive(Clone, Debug)]
pub struct Netrc {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is an error that there is none.
    pub is_required: bool,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("file", &self.file).field("netrc", &self.netrc).finish_non_exhaustive()
    }
}

/// What one credential is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// This URL and all below it.
    Below(Url),
    /// A host, at any port.
    Host(String),
}

impl Scope {
    fn covers(&self, url: &Url) -> bool {
        match self {
            Scope::Below(base) => url.is_below(base),
            Scope::Host(host) => may_be_told(url) && url.host() == host,
        }
    }

    /// The longer, the closer. A host alone is the widest.
    fn rank(&self) -> usize {
        match self {
            Scope::Below(base) => 1 + base.path_length(),
            Scope::Host(_) => 0,
        }
    }
}

/// Whether a server at a URL may be told a secret: nobody on the way can read it.
pub(super) fn may_be_told(url: &Url) -> bool {
    match url.scheme {
        Scheme::Https => true,
        Scheme::Http => url.is_loopback(),
        Scheme::File => false,
    }
}

/// What a server is shown.
pub(super) struct Credential {
    scope: Scope,
    is_token: bool,
    /// The value of the header `authorization`.
    header: Secret,
    /// What else must not be seen.
    secrets: Vec<Secret>,
    /// Where it stands, for messages.
    from: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("scope", &self.scope).field("from", &self.from).finish_non_exhaustive()
    }
}

impl Credential {
    fn bearer(scope: Scope, token: Secret, from: String) -> Credential {
        let header = Secret::new(format!("Bearer {}", token.reveal()));
        Credential { scope, is_token: true, header, secrets: vec![token], from }
    }

    fn basic(scope: Scope, login: &str, password: Secret, from: String) -> Credential {
        let pair = Secret::new(STANDARD.encode(format!("{login}:{}", password.reveal())));
        Credential {
            scope,
            is_token: false,
            header: Secret::new(format!("Basic {}", pair.reveal())),
            secrets: vec![pair, password],
            from,
        }
    }

    /// A token that a service gave for what is below a URL.
    ///
    /// # Errors
    /// What is wrong with it, without the token.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn given(base: &Url, token: String, from: String) -> Result<Credential, String> {
        let token = Secret::new(token);
        token.check_given().map_err(|what| format!("expected a token, and {what}"))?;
        Ok(Credential::bearer(Scope::Below(base.clone()), token, from))
    }

    /// Whether it is a token, and no login.
    pub(super) fn is_token(&self) -> bool {
        self.is_token
    }

    /// Whether it is for this URL.
    pub(super) fn covers(&self, url: &Url) -> bool {
        self.scope.covers(url)
    }

    /// The value of the header `authorization`. It goes to a server, and nowhere else.
    pub(super) fn header(&self) -> &str {
        self.header.reveal()
    }

    /// Where it stands.
    pub(super) fn from(&self) -> &str {
        &self.from
    }

    /// Whether a URL repeats a secret.
    pub(super) fn is_in_url(&self, url: &str) -> bool {
        self.secrets.iter().any(|secret| secret.is_in_url(url))
    }

    /// A text without it: what a server says may repeat it.
    pub(super) fn hide(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| secret.hide(text))
    }
}

impl Credentials {
    /// The credentials of a file and of a netrc file.
    pub fn new(file: Option<PathBuf>, netrc: Option<Netrc>) -> Credentials {
        Credentials { file, netrc, read: Mutex::default() }
    }

    /// What the server at a URL is shown: of those that are for it, the one for the longest path.
    ///
    /// # Errors
    /// Refused: others than the owner may read a file with secrets. Malformed: a file is not what it should be, or holds what
    /// cannot be sent. Could not check: it cannot be read.
    pub(super) fn for_url(&self, url: &Url) -> Result<Option<Arc<Credential>>> {
        if !may_be_told(url) {
            return Ok(None);
        }
        let all = self.all()?;
        // The first of equals, as the file has them.
        let mut best: Option<&Arc<Credential>> = None;
        for credential in all.iter().filter(|credential| credential.covers(url)) {
            if best.is_none_or(|best| credential.scope.rank() > best.scope.rank()) {
                best = Some(credential);
            }
        }
        Ok(best.map(Arc::clone))
    }

    /// Where the credential stands that the server at a URL is shown; nothing where it is shown none.
    ///
    /// # Errors
    /// Malformed: no URL of a registry. Of the files: refused where others than the owner may read one with secrets, malformed where
    /// one is not what it should be or holds what cannot be sent, could not check where one cannot be read.
    pub fn place_for(&self, url: &str) -> Result<Option<String>> {
        let credential = self.for_url(&Url::parse_base(url)?)?;
        Ok(credential.map(|credential| credential.from().to_owned()))
    }

    fn all(&self) -> Result<Arc<Vec<Arc<Credential>>>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = &*read {
            return Ok(Arc::clone(all));
        }
        let mut all = Vec::new();
        if let Some(path) = &self.file {
            all.extend(file::read(path)?);
        }
        if let Some(Netrc { path, is_required }) = &self.netrc {
            all.extend(netrc::read(path, *is_required)?);
        }
        let all = Arc::new(all.into_iter().map(Arc::new).collect());
        Ok(Arc::clone(read.insert(all)))
    }
}

/// Reads a file that holds secrets; nothing if there is none.
fn read_private(path: &std::path::Path, limit: u64) -> Result<Option<Secret>> {
    let Some(text) = files::read_text(path, limit)? else { return Ok(None) };
    refuse_open(path)?;
    Ok(Some(Secret::new(text)))
}

/// Refuses a file that others than its owner may read.
fn refuse_open(path: &std::path::Path) -> Result<()> {
    match files::mode_open_to_others(path)? {
        None => Ok(()),
        Some(found) => Err(Error::refused(format!("{}: expected mode 0600, found {found:04o}", path.display()))
            .hint(format!("others may have read what it holds; if not: chmod 600 {}", path.display()))),
    }
}

/// Refuses a file that others can write: they could say that a secret is for them.
fn refuse_writable(path: &std::path::Path) -> Result<()> {
    match files::mode_open_to_others(path)?.filter(|mode| mode & 0o022 != 0) {
        None => Ok(()),
        Some(found) => Err(Error::refused(format!(
            "{}: expected a file that only its owner can write, found mode {found:04o}",
            path.display()
        ))
        .hint(format!("chmod go-w {}", path.display()))),
    }
}

#[cfg(test)]
mod tests;
