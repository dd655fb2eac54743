//! `trust.toml`: whom one verifier believes. It decides whether a head or a solver is accepted, never what the answer is.

mod accepted;
mod age;
mod attesters;
mod read;
mod solvers;
mod urls;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use headlock_log::checkpoint::{Checkpoint, CheckpointError};
use headlock_log::digest::Digest;
use headlock_log::note::{NoteError, VerifierKey};
use headlock_log::policy::{Policy, PolicyError};

use crate::error::{Error, Result};
use crate::lock::{Cosignature, PinnedLog};
use crate::{files, sources};

pub use accepted::AcceptedHead;
use accepted::{check_written, with_cosignatures};
use age::Age;
pub use attesters::{Attester, Attesters, TrustDigests};
pub use read::wrong_policy;
pub use solvers::SolverRule;
pub use urls::{absolute_url, folder_url, mirror_url};

/// The usual name of a trust file.
pub const TRUST: &str = "trust.toml";

/// The usual name of a policy.
pub const POLICY: &str = "logs.policy";

/// Largest trust file or policy read, in bytes.
pub(crate) const MAX_TRUST: u64 = 1 << 20;

/// How far a witness's clock may be ahead of this host's, in seconds.
const MAX_AHEAD: u64 = 600;

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
    /// The policy's file, from whose folder relative URLs start.
    policy_path: PathBuf,
    /// The logs, witnesses and quorum.
    pub policy: Policy,
    /// Where a log is served, by its origin, whatever the policy or a peer says.
    urls: BTreeMap<String, Vec<String>>,
    /// Where every other log is served: prefixes, behind which the sha256 of its origin stands.
    mirrors: Vec<String>,
    /// How old a head may be that is newly pinned.
    max_age: Option<Age>,
    /// Keys that logs had: a head under one is good as far as an accepted head goes on from it.
    pub retired: Vec<VerifierKey>,
    /// Logs whose word on the keys of their peers is believed, and on those of their peers' peers as far as they say.
    pub vouching: BTreeSet<String>,
    /// Solvers accepted beside the one that this host was released with.
    pub solvers: BTreeSet<Digest>,
    /// Whose attestations count; none, if it says nothing of them.
    pub attesters: Option<Attesters>,
    /// The bytes that were read.
    pub digests: TrustDigests,
    /// Solvers accepted by where they were published, in the order of the file.
    pub solver_rules: Vec<SolverRule>,
}

/// What to do where a head has too few cosignatures.
const UNCOSIGNED: &str = "whoever runs the registry has its heads cosigned (`headlock registry witness`); `headlock update` \
     moves a lock on to the newest head, with its cosignatures";

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
        Trust::parse(path, source, &text, |logs| files::read_text(logs, MAX_TRUST)).map_err(
            |error| match Policy::parse(&text) {
                Ok(_) => error.hint("this is a policy; the trust file is the one that names it: `logs = \"FILE\"`"),
                Err(_) => error,
            },
        )
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
        let document = files::from_toml(path, text)?;
        read::trust(path, source, text, document, policy)
    }

    /// Where the policy is.
    pub(crate) fn policy_path(&self) -> &Path {
        &self.policy_path
    }

    /// The lines to write into the trust file so that this log vouches for its peers.
    pub(crate) fn lines_to_vouch(&self, by: &str) -> [String; 2] {
        let all: BTreeSet<&str> = self.vouching.iter().map(String::as_str).chain([by]).collect();
        let quoted: Vec<String> = all.iter().map(|origin| format!("{origin:?}")).collect();
        let what = format!(
            "to take the word of {by}, and of those that it names in turn, on their peers' keys and URLs, write into {}, below \
             `logs`, in the place of any `vouching`:",
            self.path.display()
        );
        [what, format!("  vouching = [{}]", quoted.join(", "))]
    }

    /// Accepts a checkpoint: exactly three lines, signed by the key that the policy names for its origin and by the
    /// policy's quorum. Returns the head, and the cosignatures that count.
    ///
    /// # Errors
    /// Refused: an unknown log, a signature that does not hold or is missing, a quorum that is not reached.
    pub fn accept_checkpoint(&self, origin: &str, bytes: &[u8]) -> Result<(AcceptedHead, Vec<Cosignature>)> {
        let refused = |what: String| Error::refused(format!("the checkpoint of {origin} is not accepted: {what}"));
        self.require_log(origin)?;
        let accepted = self.policy.accept(origin, bytes).map_err(|error| match error {
            PolicyError::Quorum { .. } => refused(error.to_string()).hint(UNCOSIGNED),
            _ => refused(error.to_string()),
        })?;
        let head = accepted.head().clone();
        let held = accepted.cosignatures();
        let lines: BTreeSet<String> = held.iter().map(|held| held.signature.to_string()).collect();
        let cosignatures = lines.into_iter().map(|line| Cosignature { origin: origin.to_owned(), line }).collect();
        let cosigned_at = accepted.quorum_since();
        let cosigners: BTreeSet<String> = held.iter().map(|held| held.witness.clone()).collect();
        let cosigners = cosigners.into_iter().collect();
        let (key, signature) = (accepted.checkpoint().key().clone(), accepted.log_signature().to_string());
        Ok((AcceptedHead { head, key, signature, cosigners, cosigned_at, successor: None }, cosignatures))
    }

    /// As [`Trust::accept_checkpoint`], of one that is served: says what may be wrong where no key fits.
    ///
    /// # Errors
    /// As [`Trust::accept_checkpoint`].
    pub(crate) fn accept_served(&self, origin: &str, bytes: &[u8]) -> Result<(AcceptedHead, Vec<Cosignature>)> {
        self.accept_checkpoint(origin, bytes).map_err(|error| {
            let keys: Vec<String> = self.policy.keys(origin).map(VerifierKey::keyid).collect();
            let is_known = self.policy.keys(origin).any(|key| {
                !matches!(Checkpoint::verify(bytes, key), Err(CheckpointError::Note(NoteError::Unknown(_))))
            });
            if keys.is_empty() || is_known || error.hint_text().is_some() {
                return error;
            }
            let policy = self.policy_path().display();
            error.hint(format!(
                "{policy} has {}: either that is another one's key, or another registry is served where this one is read",
                keys.join(" and ")
            ))
        })
    }

    /// All keys that the log of an origin is known to have, or to have had.
    pub fn known_keys(&self, origin: &str) -> Vec<VerifierKey> {
        let retired = self.retired.iter().filter(|key| key.name() == origin);
        self.policy.keys(origin).chain(retired).cloned().collect()
    }

    /// A checkpoint that a retired key of the log of an origin has signed; nothing if none has.
    pub(crate) fn of_retired_key(&self, origin: &str, note: &[u8]) -> Option<Checkpoint> {
        let keys = self.retired.iter().filter(|key| key.name() == origin);
        Checkpoint::verify_any(note, keys).ok()
    }

    /// Checks what a lock says of a head beside the log's signature: how it is written, and who else has signed it.
    ///
    /// # Errors
    /// Malformed: not written as in a checkpoint. Refused: a cosignature that does not hold, or under a key that the policy does
    /// not name.
    pub(crate) fn check_stated(
        &self,
        pinned: &PinnedLog,
        cosignatures: &[Cosignature],
        accepted: &AcceptedHead,
    ) -> Result<()> {
        check_written(accepted, pinned)?;
        let origin = &pinned.origin;
        let (note, lines) = with_cosignatures(pinned, cosignatures);
        let known = self.policy.cosigned(note.as_bytes()).map_err(|error| {
            Error::refused(format!("the checkpoint of {origin} in the lock is not accepted: {error}"))
        })?;
        let known: Vec<String> = known.iter().map(|held| held.signature.to_string()).collect();
        self.check_asked_for(origin, &lines, &known)
    }

    /// Accepts a head as it stands in a lock, with the cosignatures that the lock holds of it.
    ///
    /// # Errors
    /// As [`Trust::accept_checkpoint`]; also refused: a cosignature under a key that the policy does not name.
    pub fn accept_pinned(&self, pinned: &PinnedLog, cosignatures: &[Cosignature]) -> Result<AcceptedHead> {
        let origin = &pinned.origin;
        let (note, lines) = with_cosignatures(pinned, cosignatures);
        let (head, known) = self.accept_checkpoint(origin, note.as_bytes()).map_err(|error| {
            let is_unknown = |key: &VerifierKey| {
                let checked = Checkpoint::verify(pinned.checkpoint().as_bytes(), key);
                matches!(checked, Err(CheckpointError::Note(NoteError::Unknown(_))))
            };
            let held = "the lock holds this head, whatever the registry serves: take the lock from where it was good, or make \
                        another with `headlock lock` where there is none";
            let hint = match self.policy.keys(origin).all(is_unknown) {
                false => held.to_owned(),
                true => {
                    let known: Vec<String> = self.policy.keys(origin).map(VerifierKey::keyid).collect();
                    format!(
                        "{held}; or compare the log's key with its operator's word: the policy has {}; if it has changed since, \
                         name the old one under `retired` in the trust file",
                        known.join(", ")
                    )
                }
            };
            if error.hint_text().is_some() { error } else { error.hint(hint) }
        })?;
        check_written(&head, pinned)?;
        let known: Vec<String> = known.into_iter().map(|held| held.line).collect();
        self.check_asked_for(origin, &lines, &known)?;
        Ok(head)
    }

    /// Every cosignature that a lock holds is by a witness that the policy names.
    fn check_asked_for(&self, origin: &str, lines: &[&str], known: &[String]) -> Result<()> {
        let Some(line) = lines.iter().find(|line| !known.iter().any(|held| held == **line)) else { return Ok(()) };
        Err(Error::refused(format!(
            "the lock holds a cosignature of {origin} under a key that {} does not name: {line}",
            self.path.display()
        ))
        .hint("nobody asked for it; remove the entry, or name its witness in the policy"))
    }

    /// Accepts a head of a log that another log, of the origin `from`, holds: signed by a key that is known for its origin.
    /// The quorum is not asked for: it stands behind the head of the log that holds this one, and so behind this one.
    ///
    /// # Errors
    /// Refused: an unknown log, or a signature that does not hold.
    pub fn accept_derived(&self, from: &str, origin: &str, note: &[u8]) -> Result<AcceptedHead> {
        if self.policy.log(origin).is_none() {
            return Err(self.unknown_log(origin));
        }
        let checkpoint = Checkpoint::verify_any(note, self.policy.keys(origin)).map_err(|failure| {
            Error::refused(format!("the head of {origin} that {from} holds is not accepted: {failure}"))
                .hint("the log has another key by now, or none that you trust: see the policy")
        })?;
        let (head, key) = (checkpoint.head().clone(), checkpoint.key().clone());
        let signature = checkpoint.signature().to_string();
        let (cosigners, cosigned_at, successor) = Default::default();
        Ok(AcceptedHead { head, key, signature, cosigners, cosigned_at, successor })
    }

    /// Believes what the log `by`, which may vouch and is served at `urls`, says of a peer's keys, and where it says that the
    /// peer is served.
    ///
    /// # Errors
    /// Refused: a key that another log or a witness has, or a URL that leads from a server to this host or its network.
    pub fn believe(&mut self, by: &str, urls: &[String], keys: &[VerifierKey], url: &str) -> Result<()> {
        let peer = keys.first().map(VerifierKey::name).unwrap_or_default();
        let refused =
            |what: String| Error::refused(format!("{by} names its peer {peer} so that it cannot be used: {what}"));
        // Where the trust file says itself where the peer is, nothing is asked for there.
        if !self.urls.contains_key(peer) && self.mirrors.is_empty() {
            sources::check_peer_url(urls, url).map_err(|error| refused(error.to_string()))?;
        }
        for key in keys {
            self.policy = self.policy.with_log(key, Some(url)).map_err(|error| refused(error.to_string()))?;
        }
        Ok(())
    }

    /// Judges how old a head is that is to be pinned newly, at a time in seconds since 1970: as old as the oldest of the
    /// newest cosignatures that make up the quorum, so that no wrong clock of a witness decides that the quorum can do without.
    /// An old lock's heads are not judged.
    ///
    /// # Errors
    /// Refused: the trust file states how old a head may be, and it is older, or nobody says when it was the newest, or that is
    /// said to be in the future.
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
        if time > now.saturating_add(MAX_AHEAD) {
            let ahead = Age(time - now);
            let what =
                format!("the head of {origin} is said to be cosigned {ahead} from now, which says nothing of its age");
            return Err(Error::refused(what).hint("a witness's clock is wrong, or this host's"));
        }
        let age = Age(now.saturating_sub(time));
        if age > most {
            return Err(Error::refused(format!(
                "the head of {origin} was cosigned {age} ago, and at most {most} are accepted"
            ))
            .hint(hint));
        }
        Ok(())
    }

    /// Checks that the policy names a log.
    ///
    /// # Errors
    /// Refused: it does not.
    pub fn require_log(&self, origin: &str) -> Result<()> {
        if self.policy.log(origin).is_some() { Ok(()) } else { Err(self.unknown_log(origin)) }
    }

    fn unknown_log(&self, origin: &str) -> Error {
        Error::refused(format!("{} names no log {origin}", self.path.display())).hint(read::unknown_log(
            &self.policy,
            &self.policy_path,
            origin,
        ))
    }

    /// Where a log is served: where the trust file says so, else in its mirrors, else by all lines of the policy for the log,
    /// among which are those of logs that are vouched for.
    ///
    /// # Errors
    /// Refused: an unknown log. Malformed: a log without a URL, or with one that names no registry.
    pub fn urls(&self, origin: &str) -> Result<Vec<String>> {
        self.require_log(origin)?;
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
            return Err(Error::malformed(format!("{} gives no URL for the log {origin}", self.policy_path.display()))
                .hint("write it behind the key: `log VKEY URL`"));
        }
        let folder = self.policy_path.parent().unwrap_or(Path::new(""));
        urls.into_iter().map(|url| absolute_url(folder, url)).collect()
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
