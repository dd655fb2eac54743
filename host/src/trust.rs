//! `trust.toml`: whom one verifier believes. It decides whether a head or a solver is accepted, never what the answer is.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::note::VerifierKey;
use headlock_log::policy::Policy;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::files;
use crate::lock::{Cosignature, PinnedLog};
use crate::{sources, table};

/// Largest trust file or policy read, in bytes.
const MAX_TRUST: u64 = 1 << 20;

/// Where a trust file came from: a verdict says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustSource {
    /// It was found beside the lock, by the manifest's word: whoever wrote the lock may have written it, too.
    Beside,
    /// Whoever verifies named it.
    Given,
}

/// A trust file, read.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Where it was read from.
    pub path: PathBuf,
    /// Who named it.
    pub source: TrustSource,
    /// The policy's folder, from which relative URLs start.
    folder: PathBuf,
    /// The logs, witnesses and quorum.
    pub policy: Policy,
    /// Solvers accepted beside the one that this host was released with.
    pub solvers: BTreeSet<Digest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    logs: String,
    #[serde(default, deserialize_with = "table::only")]
    solvers: Solvers,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Solvers {
    #[serde(default)]
    accept: Vec<String>,
}

/// A head that a trust file accepts: signed by its log's key, and by the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedHead {
    head: Head,
    key: VerifierKey,
    signature: String,
    cosigners: Vec<String>,
}

impl AcceptedHead {
    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The log's key that has signed the head.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The head as its log signed it: a checkpoint with the log's own signature.
    pub fn checkpoint(&self) -> String {
        format!("{}\n{}\n", self.head.text(), self.signature)
    }

    /// The names of the cosigners whose signatures were checked, in the policy's words.
    pub fn cosigners(&self) -> &[String] {
        &self.cosigners
    }
}

impl Trust {
    /// Reads a trust file and the policy that it names, relative to its folder.
    ///
    /// # Errors
    /// Malformed: not there, not TOML, an unknown field, a policy that C2SP's tlog-policy refuses.
    pub fn read(path: &Path, source: TrustSource) -> Result<Trust> {
        let text = files::read_text(path, MAX_TRUST)?.ok_or_else(|| {
            Error::malformed(format!("there is no trust file at {}", path.display()))
                .hint("`headlock init --log-key FILE --url URL` writes one; `--trust FILE` names another")
        })?;
        Trust::parse(path, source, &text, |logs| files::read_text(logs, MAX_TRUST))
    }

    /// Parses a trust file's text; `policy` reads the policy that it names, or finds none there.
    ///
    /// # Errors
    /// As [`Trust::read`], and those of `policy`.
    pub fn parse(
        path: &Path,
        source: TrustSource,
        text: &str,
        policy: impl FnOnce(&Path) -> Result<Option<String>>,
    ) -> Result<Trust> {
        let document: Document = files::from_toml(path, text)?;
        let mut solvers = BTreeSet::new();
        for text in &document.solvers.accept {
            let digest = text.parse::<Digest>().map_err(|error| {
                Error::malformed(format!("{}: solvers.accept holds {text:?}: {error}", path.display()))
            })?;
            solvers.insert(digest);
        }
        let logs = path.parent().unwrap_or(Path::new("")).join(&document.logs);
        let text = policy(&logs)?.ok_or_else(|| {
            Error::malformed(format!("{}: the policy {} is not there", path.display(), logs.display()))
        })?;
        let policy = Policy::parse(&text).map_err(|error| Error::malformed(format!("{}: {error}", logs.display())))?;
        let folder = logs.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Trust { path: path.to_owned(), source, folder, policy, solvers })
    }

    /// Accepts a checkpoint: exactly three lines, signed by the key that the policy names for its origin and by the
    /// policy's quorum. Returns the head and how a lock holds it.
    ///
    /// # Errors
    /// Refused: an unknown log, a signature that does not hold or is missing, a quorum that is not reached.
    pub fn accept_checkpoint(&self, origin: &str, bytes: &[u8]) -> Result<(AcceptedHead, PinnedLog, Vec<Cosignature>)> {
        let refused = |what: String| Error::refused(format!("the checkpoint of {origin} is not accepted: {what}"));
        if self.policy.log(origin).is_none() {
            return Err(self.unknown_log(origin));
        }
        let accepted = self.policy.accept(origin, bytes).map_err(|error| refused(error.to_string()))?;
        let head = accepted.head().clone();
        let pinned = PinnedLog {
            origin: origin.to_owned(),
            size: head.size,
            root: head.root_base64(),
            signature: accepted.log_signature().to_string(),
        };
        let held = accepted.cosignatures();
        let lines: BTreeSet<String> = held.iter().map(|held| held.signature.to_string()).collect();
        let cosignatures = lines.into_iter().map(|line| Cosignature { origin: origin.to_owned(), line }).collect();
        let cosigners: BTreeSet<String> = held.iter().map(|held| held.witness.clone()).collect();
        let cosigners = cosigners.into_iter().collect();
        let signed = accepted.log_signature();
        let mut keys = self.policy.logs().iter().map(|log| &log.key);
        let key = keys.find(|key| key.name() == origin && key.id() == signed.id);
        let key = key.ok_or_else(|| refused("its key is not in the policy".to_owned()))?.clone();
        let signature = pinned.signature.clone();
        Ok((AcceptedHead { head, key, signature, cosigners }, pinned, cosignatures))
    }

    /// Accepts a head as it stands in a lock, with the cosignatures that the lock holds of it.
    ///
    /// # Errors
    /// As [`Trust::accept_checkpoint`]; also refused: a cosignature under a key that the policy does not name.
    pub fn accept_pinned(&self, pinned: &PinnedLog, cosignatures: &[Cosignature]) -> Result<AcceptedHead> {
        let origin = &pinned.origin;
        let mut note = format!("{origin}\n{}\n{}\n\n{}\n", pinned.size, pinned.root, pinned.signature);
        let lines: Vec<&str> =
            cosignatures.iter().filter(|held| held.origin == *origin).map(|held| held.line.as_str()).collect();
        for line in &lines {
            note.push_str(line);
            note.push('\n');
        }
        let (head, again, known) = self.accept_checkpoint(origin, note.as_bytes()).map_err(|error| {
            let hint = "the lock holds this head, whatever the registry serves";
            if error.hint_text().is_some() { error } else { error.hint(hint) }
        })?;
        if again != *pinned {
            return Err(Error::malformed(format!(
                "the head of {origin} in the lock is not written as in a checkpoint"
            )));
        }
        if let Some(line) = lines.iter().find(|line| !known.iter().any(|held| held.line == **line)) {
            return Err(Error::refused(format!(
                "the lock holds a cosignature of {origin} under a key that {} does not name: {line}",
                self.path.display()
            ))
            .hint("nobody asked for it; remove the entry, or name its witness in the policy"));
        }
        Ok(head)
    }

    fn unknown_log(&self, origin: &str) -> Error {
        Error::refused(format!("{} names no log {origin}", self.path.display()))
            .hint("add a line `log VKEY URL` with the log's key to the policy, if you trust it")
    }

    /// Where the policy says that a log is served, by all its lines for the log.
    ///
    /// # Errors
    /// Refused: an unknown log. Malformed: a log without a URL, or with one that names no registry.
    pub fn urls(&self, origin: &str) -> Result<Vec<String>> {
        if self.policy.log(origin).is_none() {
            return Err(self.unknown_log(origin));
        }
        let lines = self.policy.logs().iter().filter(|log| log.key.name() == origin);
        let urls: Vec<&str> = lines.filter_map(|log| log.url.as_deref()).collect();
        if urls.is_empty() {
            return Err(Error::malformed(format!("{} gives no URL for the log {origin}", self.path.display()))
                .hint("write it behind the key: `log VKEY URL`"));
        }
        urls.into_iter().map(|url| absolute_url(&self.folder, url)).collect()
    }

    /// In words, for a verdict: who named it, how many keys, which quorum.
    pub fn describe(&self) -> String {
        let quorum = self.policy.describe_quorum();
        match self.source {
            TrustSource::Given => format!("accepted under {}, given by --trust ({quorum})", self.path.display()),
            TrustSource::Beside => {
                format!(
                    "consistent under the trust file found beside the lock, {} ({quorum}): whoever wrote the lock may have written it",
                    self.path.display()
                )
            }
        }
    }
}

/// The absolute form of a registry's URL. `file:FOLDER`, without slashes, starts from the folder of the file that it
/// stands in, so that a registry can be handed on together with what trusts it.
///
/// # Errors
/// Malformed: no URL of a registry.
pub fn absolute_url(folder: &Path, url: &str) -> Result<String> {
    let Some(relative) = url.strip_prefix("file:").filter(|rest| !rest.starts_with('/')) else {
        sources::check_url(url)?;
        return Ok(url.to_owned());
    };
    let path = std::path::absolute(folder.join(relative))
        .map_err(|error| Error::malformed(format!("the URL {url:?} names no registry: {error}")))?;
    let mut absolute = String::from("file://");
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::ParentDir => drop(parts.pop()),
            _ => {}
        }
    }
    for part in parts {
        absolute.push('/');
        for &byte in part.as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => absolute.push(byte.into()),
                other => absolute.push_str(&format!("%{other:02X}")),
            }
        }
    }
    sources::check_url(&absolute)?;
    Ok(absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_start_from_the_policy() {
        let at = |url| absolute_url(Path::new("/a b/project"), url).map_err(|error| error.to_string());
        assert_eq!(at("file:registry"), Ok("file:///a%20b/project/registry".to_owned()));
        assert_eq!(at("file:../reg/./x"), Ok("file:///a%20b/reg/x".to_owned()));
        assert_eq!(at("https://registry.example/x"), Ok("https://registry.example/x".to_owned()));
        let error =
            "the URL \"ftp://registry.example\" names no registry: it begins with none of file://, https://, http://";
        assert_eq!(at("ftp://registry.example"), Err(error.to_owned()));
    }
}
