//! URLs of registries: an absolute base, strictly read, to which only paths of our own making are added.

mod near;
mod parts;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use self::parts::{check_characters, check_path, check_query, hex, parse_authority};
use crate::error::{Error, Result};

pub use near::check_peer_url;

/// The longest URL of a registry, in bytes.
const MAX_URL: usize = 2048;

/// The longest URL that a server redirects to, in bytes: those of storage hold long signatures. It fits into a request.
const MAX_TARGET: usize = 8192;

/// How a URL is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    File,
    Http,
    Https,
}

impl Scheme {
    fn prefix(self) -> &'static str {
        match self {
            Scheme::File => "file://",
            Scheme::Http => "http://",
            Scheme::Https => "https://",
        }
    }
}

/// What a URL is for. Bases of registries have no query, and only one spelling; where a server redirects to is its own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Base,
    Target,
}

/// An absolute URL. Two are the same where they differ in the case of the host alone, or in a port that goes without saying.
#[derive(Clone, Debug)]
pub(super) struct Url {
    pub(super) scheme: Scheme,
    /// Host and port as written; empty for files.
    authority: String,
    /// Lowercase, without the brackets of an IPv6 address; empty for files.
    host: String,
    port: u16,
    /// Empty, or from its first slash on; a base has no slash at its end.
    path: String,
}

/// Checks that a URL can be the base of a registry: `file:///…`, `https://HOST…` or `http://HOST…`, without user name,
/// query or fragment.
///
/// # Errors
/// Malformed, with what is wrong.
pub fn check_url(url: &str) -> Result<()> {
    Url::parse_base(url).map(|_| ())
}

/// The folder that a URL names, if it is one.
pub fn folder_of(url: &str) -> Option<std::path::PathBuf> {
    Url::parse_base(url).ok().filter(|url| url.scheme == Scheme::File).map(|url| url.folder())
}

/// Checks where a server redirects from the file `path` of the registry at `base`, and returns the URL that is asked next.
///
/// # Errors
/// Malformed: `base` names no registry. Could not check: the target is no URL, or must not be followed.
pub fn check_redirect(base: &str, path: &str, location: &str) -> Result<String> {
    let target = Url::parse_base(base)?.join(path).redirected(location).map_err(Error::could_not_check)?;
    Ok(target.to_string())
}

impl PartialEq for Url {
    fn eq(&self, other: &Url) -> bool {
        self.has_origin_of(other) && self.path == other.path
    }
}

impl Eq for Url {}

impl Url {
    /// Reads the base URL of a registry; a slash at its end makes no difference.
    ///
    /// # Errors
    /// Malformed, with what is wrong.
    pub(super) fn parse_base(text: &str) -> Result<Url> {
        Url::parse(text, Purpose::Base).map_err(|what| {
            Error::malformed(format!("the URL {:?} names no registry: {what}", shown(text)))
                .hint("expected file:///FOLDER, https://HOST/PATH, or http://HOST/PATH")
        })
    }

    fn parse(text: &str, purpose: Purpose) -> Result<Url, String> {
        let longest = if purpose == Purpose::Base { MAX_URL } else { MAX_TARGET };
        if text.len() > longest {
            return Err(format!("it is longer than {longest} bytes"));
        }
        let (text, asked) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
        check_characters(text)?;
        let (scheme, rest) = [Scheme::File, Scheme::Http, Scheme::Https]
            .into_iter()
            .find_map(|scheme| Some((scheme, behind_scheme(text, scheme, purpose)?)))
            .ok_or("it begins with none of file://, https://, http://")?;
        let asked = match purpose {
            Purpose::Base if asked.contains('#') => return Err("it has a fragment, `#…`".to_owned()),
            Purpose::Base if !asked.is_empty() => return Err("it has a query, `?…`".to_owned()),
            Purpose::Base => "",
            // A fragment is for whoever reads what is there.
            Purpose::Target => asked.split('#').next().unwrap_or_default(),
        };
        check_query(asked)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match scheme {
            Scheme::File if authority.is_empty() => (String::new(), 0),
            Scheme::File => return Err("a file URL names no host: file:///FOLDER".to_owned()),
            Scheme::Http => parse_authority(authority, 80)?,
            Scheme::Https => parse_authority(authority, 443)?,
        };
        check_path(path, purpose == Purpose::Base)?;
        let path = match purpose {
            Purpose::Base => path.strip_suffix('/').unwrap_or(path).to_owned(),
            Purpose::Target => format!("{path}{asked}"),
        };
        if scheme == Scheme::File && path.is_empty() {
            return Err("it names no folder".to_owned());
        }
        Ok(Url { scheme, authority: authority.to_owned(), host, port, path })
    }

    /// Reads the URL of a service that a server names: as strictly as that of a registry.
    ///
    /// # Errors
    /// What is wrong.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn parse_service(text: &str) -> Result<Url, String> {
        Url::parse(text, Purpose::Base)
    }

    /// The same URL with a query: what is not unreserved (RFC 3986) is percent-encoded.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn asking(&self, pairs: &[(&str, &str)]) -> Url {
        let mut path = self.path.clone();
        for (name, value) in pairs {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(name);
            path.push('=');
            for byte in value.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(byte.into()),
                    other => path.push_str(&format!("%{other:02X}")),
                }
            }
        }
        Url { path, ..self.clone() }
    }

    /// The path behind its first segment, where that is this one.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn behind(&self, first: &str) -> Option<String> {
        let rest = self.path.strip_prefix('/')?.strip_prefix(first)?;
        rest.strip_prefix('/').map(str::to_owned)
    }

    /// The server alone.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn server(&self) -> Url {
        Url { path: String::new(), ..self.clone() }
    }

    /// The URL of a file of the registry. The path is one that our own code makes: names of files, slashes between.
    pub(super) fn join(&self, path: &str) -> Url {
        Url { path: format!("{}/{path}", self.path), ..self.clone() }
    }

    /// Where a redirect leads.
    ///
    /// # Errors
    /// A target that is no URL, or that must not be followed: from https to http, or from http to anywhere else.
    pub(super) fn redirected(&self, location: &str) -> Result<Url, String> {
        // A scheme ends before any of these.
        let first = location.split(['/', '?', '#']).next().unwrap_or_default();
        let absolute = if location.starts_with("//") {
            format!("{}{location}", self.scheme.prefix().trim_end_matches('/'))
        } else if location.starts_with('/') {
            format!("{}{}{location}", self.scheme.prefix(), self.authority)
        } else if first.ends_with(':') {
            location.to_owned()
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = path.rfind('/').map_or("", |slash| &path[..slash]);
            format!("{}{}{folder}/{location}", self.scheme.prefix(), self.authority)
        };
        let target = Url::parse(&absolute, Purpose::Target)
            .map_err(|what| format!("it redirects to {:?}, which is no URL to follow: {what}", shown(location)))?;
        let told = shown(&target.to_string());
        match (self.scheme, target.scheme) {
            (Scheme::Https, Scheme::Https) => Ok(target),
            (Scheme::Http, _) if self.has_origin_of(&target) => Ok(target),
            (Scheme::Https, _) => Err(format!("it redirects from https to {told}, which is not followed")),
            _ => Err(format!("it redirects to another place, {told}, which is not followed from http")),
        }
    }

    /// Whether another URL has the same scheme, host and port.
    pub(super) fn has_origin_of(&self, other: &Url) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// Whether it is a base, or stands below it: in the same origin, and whole segments of its path are the base's.
    pub(super) fn is_below(&self, base: &Url) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        let rest = path.strip_prefix(&*base.path);
        self.has_origin_of(base) && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// How long the path is, in bytes.
    pub(super) fn path_length(&self) -> usize {
        self.path.len()
    }

    /// Whether the host is this very machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The host, for messages.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The folder that a file URL names.
    pub(super) fn folder(&self) -> PathBuf {
        let mut bytes = Vec::with_capacity(self.path.len());
        let mut rest = self.path.as_bytes();
        while let Some((&byte, behind)) = rest.split_first() {
            let encoded = (byte == b'%').then(|| behind.split_first_chunk()).flatten();
            match encoded.and_then(|(pair, behind)| Some((hex(*pair)?, behind))) {
                Some((decoded, behind)) => {
                    bytes.push(decoded);
                    rest = behind;
                }
                None => {
                    bytes.push(byte);
                    rest = behind;
                }
            }
        }
        path_of(bytes)
    }
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

/// What stands behind a scheme. Its case does not matter where a server says it.
fn behind_scheme(text: &str, scheme: Scheme, purpose: Purpose) -> Option<&str> {
    let (start, rest) = text.split_at_checked(scheme.prefix().len())?;
    let is_meant =
        start == scheme.prefix() || purpose == Purpose::Target && start.eq_ignore_ascii_case(scheme.prefix());
    is_meant.then_some(rest)
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.scheme.prefix(), self.authority, self.path)
    }
}

/// A URL, or what was meant as one, for a message: without what stands before an `@`, which may be a password, and without a
/// query, which may hold a signature.
pub(super) fn shown(text: &str) -> String {
    let start = text.find("//").map_or(0, |at| at + 2);
    let (scheme, rest) = text.split_at(start);
    // An `@` behind a `?` may end a password that holds a `?`, or stand in a query: neither is shown.
    let (user, query) = (rest.rfind('@'), rest.find('?'));
    if user.zip(query).is_some_and(|(user, query)| user > query) {
        return format!("{scheme}…");
    }
    let (rest, query) = query.map_or((rest, ""), |at| (&rest[..at], "?…"));
    match rest.rsplit_once('@') {
        Some((_, behind)) => format!("{scheme}…@{behind}{query}"),
        None => format!("{scheme}{rest}{query}"),
    }
}

#[cfg(test)]
mod tests;
