//! `trust.toml`: whom one verifier believes. It decides whether a head or a solver is accepted, never what the answer is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Component, Path, PathBuf};

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::name::check_origin;
use headlock_log::note::VerifierKey;
use headlock_log::policy::Policy;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::files;
use crate::graph::Mention;
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
    /// Where a log is served, by its origin, whatever the policy or a peer says.
    urls: BTreeMap<String, Vec<String>>,
    /// Where every other log is served: prefixes, behind which the sha256 of its origin stands.
    mirrors: Vec<String>,
    /// How old a head may be that is newly pinned.
    max_age: Option<Age>,
    /// Logs whose word on the keys of their peers is believed, and on those of their peers' peers as far as they say.
    pub vouching: BTreeSet<String>,
    /// Solvers accepted beside the one that this host was released with.
    pub solvers: BTreeSet<Digest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    logs: String,
    #[serde(default)]
    vouching: Vec<String>,
    #[serde(default, rename = "max-age")]
    max_age: Option<String>,
    #[serde(default)]
    mirrors: Vec<String>,
    #[serde(default)]
    urls: BTreeMap<String, Vec<String>>,
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
    /// The newest time that a cosignature says, in seconds since 1970.
    cosigned_at: Option<u64>,
}

/// A head as a lock states it: without what of its signatures was checked.
impl From<&AcceptedHead> for PinnedLog {
    fn from(accepted: &AcceptedHead) -> PinnedLog {
        let AcceptedHead { head, signature, .. } = accepted;
        let (origin, root, signature) = (head.origin.clone(), head.root_base64(), signature.clone());
        PinnedLog { origin, size: head.size, root, signature }
    }
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
        let mut vouching = BTreeSet::new();
        for origin in document.vouching {
            if policy.log(&origin).is_none() {
                let what = format!("vouching names {origin:?}, which is no log of {}", logs.display());
                return Err(Error::malformed(format!("{}: {what}", path.display())));
            }
            vouching.insert(origin);
        }
        // Both start from the trust file's own folder, which may be another than the policy's.
        let own = path.parent().unwrap_or(Path::new(""));
        let absolute = |urls: Vec<String>| -> Result<Vec<String>> {
            let named = |url: &String| {
                absolute_url(own, url).map_err(|error| Error::malformed(format!("{}: {error}", path.display())))
            };
            urls.iter().map(named).collect()
        };
        let mut urls = BTreeMap::new();
        for (origin, named) in document.urls {
            let at = |what: String| Error::malformed(format!("{}: urls: {what}", path.display()));
            check_origin(&origin).map_err(|error| at(error.to_string()))?;
            if named.is_empty() {
                return Err(at(format!("expected URLs of {origin}, found none")));
            }
            urls.insert(origin, absolute(named)?);
        }
        let mirrors = absolute(document.mirrors)?;
        let max_age = document.max_age.map(|text| {
            Age::parse(&text).ok_or_else(|| {
                let what =
                    format!("expected max-age as a number and one of s, m, h, d, such as \"7d\", found {text:?}");
                Error::malformed(format!("{}: {what}", path.display()))
            })
        });
        let max_age = max_age.transpose()?;
        Ok(Trust { path: path.to_owned(), source, folder, policy, urls, mirrors, max_age, vouching, solvers })
    }

    /// Accepts a checkpoint: exactly three lines, signed by the key that the policy names for its origin and by the
    /// policy's quorum. Returns the head, and the cosignatures that count.
    ///
    /// # Errors
    /// Refused: an unknown log, a signature that does not hold or is missing, a quorum that is not reached.
    pub fn accept_checkpoint(&self, origin: &str, bytes: &[u8]) -> Result<(AcceptedHead, Vec<Cosignature>)> {
        let refused = |what: String| Error::refused(format!("the checkpoint of {origin} is not accepted: {what}"));
        if self.policy.log(origin).is_none() {
            return Err(self.unknown_log(origin));
        }
        let accepted = self.policy.accept(origin, bytes).map_err(|error| refused(error.to_string()))?;
        let head = accepted.head().clone();
        let held = accepted.cosignatures();
        let lines: BTreeSet<String> = held.iter().map(|held| held.signature.to_string()).collect();
        let cosignatures = lines.into_iter().map(|line| Cosignature { origin: origin.to_owned(), line }).collect();
        let cosigned_at = held.iter().map(|held| held.time).max();
        let cosigners: BTreeSet<String> = held.iter().map(|held| held.witness.clone()).collect();
        let cosigners = cosigners.into_iter().collect();
        let signed = accepted.log_signature();
        let mut keys = self.policy.logs().iter().map(|log| &log.key);
        let key = keys.find(|key| key.name() == origin && key.id() == signed.id);
        let key = key.ok_or_else(|| refused("its key is not in the policy".to_owned()))?.clone();
        let signature = signed.to_string();
        Ok((AcceptedHead { head, key, signature, cosigners, cosigned_at }, cosignatures))
    }

    /// Accepts a head as it stands in a lock, with the cosignatures that the lock holds of it.
    ///
    /// # Errors
    /// As [`Trust::accept_checkpoint`]; also refused: a cosignature under a key that the policy does not name.
    pub fn accept_pinned(&self, pinned: &PinnedLog, cosignatures: &[Cosignature]) -> Result<AcceptedHead> {
        let origin = &pinned.origin;
        let mut note = pinned.checkpoint();
        let lines: Vec<&str> =
            cosignatures.iter().filter(|held| held.origin == *origin).map(|held| held.line.as_str()).collect();
        for line in &lines {
            note.push_str(line);
            note.push('\n');
        }
        let (head, known) = self.accept_checkpoint(origin, note.as_bytes()).map_err(|error| {
            let hint = "the lock holds this head, whatever the registry serves";
            if error.hint_text().is_some() { error } else { error.hint(hint) }
        })?;
        if PinnedLog::from(&head) != *pinned {
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

    /// Accepts a head of a log that another log, of the origin `from`, holds: signed by a key that is known for its origin.
    /// The quorum is not asked for: it stands behind the head of the log that holds this one, and so behind this one.
    ///
    /// # Errors
    /// Refused: an unknown log, or a signature that does not hold.
    pub fn accept_derived(&self, from: &str, origin: &str, note: &[u8]) -> Result<AcceptedHead> {
        let mut failure = None;
        for log in self.policy.logs().iter().filter(|log| log.key.name() == origin) {
            match Checkpoint::verify(note, &log.key) {
                Ok(checkpoint) => {
                    let (head, signature) = (checkpoint.head().clone(), checkpoint.signature().to_string());
                    return Ok(AcceptedHead {
                        head,
                        key: log.key.clone(),
                        signature,
                        cosigners: Vec::new(),
                        cosigned_at: None,
                    });
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let Some(failure) = failure else { return Err(self.unknown_log(origin)) };
        let what = format!("the head of {origin} that {from} holds is not accepted: {failure}");
        Err(Error::refused(what).hint("the log has another key by now, or none that you trust: see the policy"))
    }

    /// Believes what a log that may vouch says of a peer's keys, and where it says that the peer is served; `urls` are those
    /// of the log that says it.
    ///
    /// # Errors
    /// Refused: a key that another log or a witness has, or a URL that leads from a server to this host or its network.
    pub fn believe(&mut self, mention: &Mention, urls: &[String]) -> Result<()> {
        let (by, peer, url) = (&mention.by, &mention.peer, &mention.url);
        let refused =
            |what: String| Error::refused(format!("{by} names its peer {peer} so that it cannot be used: {what}"));
        sources::check_peer_url(urls, url).map_err(|error| refused(error.to_string()))?;
        for key in &mention.keys {
            self.policy = self.policy.with_log(key, Some(url)).map_err(|error| refused(error.to_string()))?;
        }
        Ok(())
    }

    /// Judges how old a head is that is to be pinned newly, at a time in seconds since 1970: by the newest cosignature that the
    /// policy counts. An old lock's heads are not judged.
    ///
    /// # Errors
    /// Refused: the trust file states how old a head may be, and it is older, or nobody says when it was the newest.
    pub fn judge_age(&self, accepted: &AcceptedHead, now: u64) -> Result<()> {
        let Some(most) = self.max_age else { return Ok(()) };
        let origin = &accepted.head.origin;
        let hint = "somebody may hold back newer heads; or the log's operator has not asked its witnesses: `headlock registry witness`";
        let Some(time) = accepted.cosigned_at else {
            return Err(Error::refused(format!(
                "nobody says when the head of {origin} was the newest: expected a cosignature of at most {most} ago"
            ))
            .hint(hint));
        };
        let age = Age(now.saturating_sub(time));
        if age > most {
            return Err(Error::refused(format!(
                "the head of {origin} was cosigned {age} ago, and at most {most} are accepted"
            ))
            .hint(hint));
        }
        Ok(())
    }

    fn unknown_log(&self, origin: &str) -> Error {
        Error::refused(format!("{} names no log {origin}", self.path.display()))
            .hint("add a line `log VKEY URL` with the log's key to the policy, if you trust it")
    }

    /// Where a log is served: where the trust file says so, else in its mirrors, else by all lines of the policy for the log,
    /// among which are those of logs that are vouched for.
    ///
    /// # Errors
    /// Refused: an unknown log. Malformed: a log without a URL, or with one that names no registry.
    pub fn urls(&self, origin: &str) -> Result<Vec<String>> {
        if self.policy.log(origin).is_none() {
            return Err(self.unknown_log(origin));
        }
        if let Some(urls) = self.urls.get(origin) {
            return Ok(urls.clone());
        }
        if !self.mirrors.is_empty() {
            return Ok(self.mirrors.iter().map(|prefix| mirror_url(prefix, origin)).collect());
        }
        let lines = self.policy.logs().iter().filter(|log| log.key.name() == origin);
        // A log that is vouched for has a line for each of its keys.
        let mut urls: Vec<&str> = Vec::new();
        for url in lines.filter_map(|log| log.url.as_deref()) {
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
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

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Age(u64);

/// What a letter stands for, in seconds, the largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Age {
    /// Reads a number and a letter.
    fn parse(text: &str) -> Option<Age> {
        let (number, seconds) =
            UNITS.iter().find_map(|(letter, seconds)| Some((text.strip_suffix(*letter)?, seconds)))?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(*seconds).map(Age)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, seconds)| self.0 >= *seconds && self.0 % seconds == 0);
        let (letter, seconds) = whole.or(UNITS.iter().find(|(_, seconds)| self.0 >= *seconds)).unwrap_or(&('s', 1));
        write!(f, "{}{letter}", self.0 / seconds)
    }
}

/// Where a mirror that serves logs under this prefix has the log of an origin (C2SP tlog-mirror).
pub fn mirror_url(prefix: &str, origin: &str) -> String {
    format!("{}/{}", prefix.trim_end_matches('/'), Digest::of(origin.as_bytes()))
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
    folder_url(&folder.join(relative))
}

/// The URL of a registry that is a folder here.
///
/// # Errors
/// Malformed: the folder has no absolute path.
pub fn folder_url(folder: &Path) -> Result<String> {
    let path = std::path::absolute(folder)
        .map_err(|error| Error::malformed(format!("{} names no registry: {error}", folder.display())))?;
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
    fn ages_are_a_number_and_a_letter() {
        let said = |text| Age::parse(text).map(|age| format!("{} {age}", age.0));
        for (text, expected) in
            [("7d", "604800 7d"), ("24h", "86400 1d"), ("90m", "5400 90m"), ("0s", "0 0s"), ("90061s", "90061 90061s")]
        {
            assert_eq!(said(text).as_deref(), Some(expected));
        }
        for text in ["", "d", "7", "7w", "-7d", "+7d", "7 d", "1.5h", "99999999999999999999s", "213503982334602d"] {
            assert_eq!(said(text), None, "{text}");
        }
    }

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
