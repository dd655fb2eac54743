//! How places and contents of OCI registries are named.

use std::fmt;
use std::str::FromStr;

use headlock_log::digest::Digest;

use super::super::url::{Url, shown};
use crate::error::{Error, Result};

/// Longest name of a repository, in bytes: one that is longer some registries refuse.
const MAX_REPOSITORY: usize = 255;

/// Where contents are: one repository of an OCI registry, or one for each package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciPlace {
    server: Url,
    /// The repository, or what stands before NAMESPACE/NAME; perhaps empty.
    repository: String,
    /// Whether each package has its own.
    by_package: bool,
}

/// A content in a repository: the digest of its blob, or of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciReference {
    /// The repository in the registry's API.
    pub(super) base: Url,
    pub(super) digest: Digest,
}

impl OciPlace {
    /// The repository of a package in the registry's API; nothing where OCI has no repository of such a name.
    pub(super) fn base(&self, package: &str) -> Option<Url> {
        let repository = match self.by_package {
            false => self.repository.clone(),
            true => {
                let (namespace, name) = package.split_once(':')?;
                let before = if self.repository.is_empty() { "" } else { "/" };
                format!("{}{before}{namespace}/{name}", self.repository)
            }
        };
        check_repository(&repository).ok()?;
        Some(self.server.join(&format!("v2/{repository}")))
    }
}

impl FromStr for OciPlace {
    type Err = Error;

    /// Reads `oci://HOST/REPOSITORY`, or `oci://HOST/PREFIX/*`.
    fn from_str(text: &str) -> Result<OciPlace> {
        let expected = "expected oci://HOST/REPOSITORY, or oci://HOST/PREFIX/* with a repository for each package";
        let place = || -> Result<OciPlace, String> {
            let (server, path) = split(text)?;
            if path.contains('@') {
                return Err("it names one content, not where contents are".to_owned());
            }
            let (repository, by_package) = match path.strip_suffix('*') {
                Some("") => ("", true),
                Some(prefix) => (prefix.strip_suffix('/').ok_or("its * is no whole segment")?, true),
                None => (path, false),
            };
            if !repository.is_empty() || !by_package {
                check_repository(repository)?;
            }
            Ok(OciPlace { server, repository: repository.to_owned(), by_package })
        };
        place().map_err(|what| {
            Error::malformed(format!("{:?} is no place in an OCI registry: {what}", told(text))).hint(expected)
        })
    }
}

impl OciReference {
    /// Whether a text is meant as one, well-formed or not.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("oci://") || text.starts_with("oci+http://")
    }
}

impl FromStr for OciReference {
    type Err = Error;

    /// Reads `oci://HOST/REPOSITORY@sha256:HEX`.
    fn from_str(text: &str) -> Result<OciReference> {
        let reference = || -> Result<OciReference, String> {
            let (server, path) = split(text)?;
            let (repository, digest) = path.split_once('@').ok_or("it has no digest, `@sha256:…`")?;
            let last = repository.rsplit('/').next().unwrap_or_default();
            if last.contains(':') {
                return Err("it has a tag, which is another content tomorrow".to_owned());
            }
            check_repository(repository)?;
            let hex = digest.strip_prefix("sha256:").ok_or("its digest is no sha256")?;
            let digest = hex.parse::<Digest>().map_err(|error| format!("its digest: {error}"))?;
            Ok(OciReference { base: server.join(&format!("v2/{repository}")), digest })
        };
        reference().map_err(|what| {
            Error::malformed(format!("{:?} names no content of an OCI registry: {what}", told(text)))
                .hint("expected oci://HOST/REPOSITORY@sha256:HEX, with the digest of the blob or of its manifest")
        })
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.base.to_string();
        let shown = match base.strip_prefix("https") {
            Some(rest) => format!("oci{rest}"),
            None => format!("oci+{base}"),
        };
        write!(f, "{}@sha256:{}", shown.replacen("/v2/", "/", 1), self.digest)
    }
}

/// A text for a message: what stands before an `@` may be a password, but for the `@` of a digest.
fn told(text: &str) -> String {
    let is_digest = |rest: &str| {
        let (kind, hex) = rest.split_once(':').unwrap_or_default();
        matches!(kind, "sha256" | "sha512") && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    // Behind the host.
    let is_in_path = |before: &str| before.split_once("//").is_some_and(|(_, rest)| rest.contains('/'));
    match text.split_once('@') {
        Some((before, rest)) if is_digest(rest) && is_in_path(before) => format!("{}@{rest}", shown(before)),
        _ => shown(text),
    }
}

/// The server of a URL, and the rest of it behind its first slash.
fn split(text: &str) -> Result<(Url, &str), String> {
    let (scheme, rest) = match (text.strip_prefix("oci://"), text.strip_prefix("oci+http://")) {
        (Some(rest), _) => ("https", rest),
        (None, Some(rest)) => ("http", rest),
        (None, None) => return Err("it begins with neither oci:// nor oci+http://".to_owned()),
    };
    let (host, path) = rest.split_once('/').ok_or("it names no repository")?;
    let server = Url::parse_base(&format!("{scheme}://{host}"));
    let server = server.map_err(|_| format!("{:?} is no host", shown(host)))?;
    Ok((server, path))
}

/// Checks a repository's name: segments of lowercase letters and digits, between which one `.`, one or two `_` or any number
/// of `-` stand.
fn check_repository(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("it names no repository".to_owned());
    }
    if name.len() > MAX_REPOSITORY {
        return Err(format!("its repository has more than {MAX_REPOSITORY} bytes"));
    }
    let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    for segment in name.split('/') {
        let mut words = segment.as_bytes().split(is_letter).filter(|between| !between.is_empty());
        let is_joined =
            words.all(|between| matches!(between, b"." | b"_" | b"__") || between.iter().all(|&byte| byte == b'-'));
        let ends = [segment.as_bytes().first(), segment.as_bytes().last()];
        if !is_joined || !ends.iter().all(|end| end.is_some_and(is_letter)) {
            return Err(format!("no repository has a segment {segment:?}"));
        }
    }
    Ok(())
}
