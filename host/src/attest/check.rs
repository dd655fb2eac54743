//! So many of the attesters whom a trust file names say of a lock that it was verified.
//!
//! What counts is the keys that have signed, not the signatures: a key that signs twice, and two keys of one hand, count once.
//! Whatever is handed over and signed by a known key must hold and be about this very file; nothing of it is passed over.

use std::collections::BTreeSet;

use headlock_log::digest::Digest;
use headlock_log::name::quoted;
use headlock_log::note::VerifierKey;
use semver::Version;

use super::dsse::{Envelope, Ignored};
use super::facts::Subject;
use super::statement::{HeadStated, Predicate, Statement, Verdict};
use crate::error::{Error, Result};
use crate::lock::PinnedLog;
use crate::solvers::{Accepted, accept};
use crate::trust::{Attesters, Trust};

/// A file that is said to hold an attestation.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its name, for messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Under whose trust an attester has to have verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// Anybody's: the reader believes the attester in that, too.
    Any,
    /// The reader's own: the same trust file and policy, to the byte.
    Same,
}

/// A subject, and who is to have said something of it.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// What the statements have to be about.
    pub subject: &'a Subject,
    /// Who reads them.
    pub trust: &'a Trust,
    /// Under whose trust the attesters have to have verified.
    pub under: Under,
}

/// What enough attesters have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// What stands in the files that attesters have signed, in the order of the files.
    pub said: Vec<Said>,
    /// Signatures that say nothing, each with its file.
    pub ignored: Vec<(String, Ignored)>,
    /// Who counts: names of attesters, each once.
    pub by: BTreeSet<String>,
}

/// A statement about the subject, signed by attesters of the trust file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The file's name.
    pub file: String,
    /// The keys that signed it.
    pub keys: Vec<VerifierKey>,
    /// Whose they are.
    pub by: BTreeSet<String>,
    /// What is said.
    pub predicate: Predicate,
    /// Whether it was found under the very trust file and policy of the reader.
    pub is_same_trust: bool,
}

impl Check<'_> {
    /// Checks what is handed over, and counts.
    ///
    /// # Errors
    /// The answer is no: a statement about another file, of another result, or that says something else of the file than it says
    /// itself; two attesters who contradict each other. Refused: a signature that does not hold, fewer attesters than the trust
    /// file asks for, another trust file where the same was asked for. Malformed: what is no attestation, or one of another
    /// version; a trust file that names no attesters.
    pub fn run(&self, files: Vec<Given>) -> Result<Agreement> {
        let attesters = self.attesters()?;
        let known = attesters.keys();
        let (mut said, mut ignored, mut by): (Vec<Said>, Vec<(String, Ignored)>, BTreeSet<String>) = Default::default();
        for Given { name, bytes } in files {
            let (payload, unknown) = Envelope::parse(&name, &bytes)?.verify(&name, &known)?;
            ignored.extend(unknown.into_iter().map(|unknown| (name.clone(), unknown)));
            let Some(payload) = payload else { continue };
            let statement = Statement::parse(&name, payload.bytes())?;
            let is_same_trust = self.judge(&name, &statement)?;
            let keys = payload.keys().to_vec();
            let whose: BTreeSet<String> =
                keys.iter().filter_map(|key| attesters.of(key)).map(|attester| attester.name.clone()).collect();
            by.extend(whose.iter().cloned());
            said.push(Said { file: name, keys, by: whose, predicate: statement.predicate, is_same_trust });
        }
        if by.len() < attesters.threshold() {
            let (expected, found) = (attesters.threshold(), by.len());
            let what = format!(
                "expected the word of {expected} of the {} attesters that {} names, found that of {found}",
                attesters.all().len(),
                self.trust.path.display()
            );
            let counted = by.iter().map(|name| format!("  counted: {name}"));
            let passed = ignored.iter().map(|(file, ignored)| format!("  {}", ignored.describe(file)));
            return Err(Error::refused(what).list(counted.chain(passed).collect()));
        }
        agree(&said)?;
        Ok(Agreement { said, ignored, by })
    }

    fn attesters(&self) -> Result<&Attesters> {
        self.trust.attesters.as_ref().ok_or_else(|| {
            Error::malformed(format!("{} names no attesters", self.trust.path.display())).list(vec![
                "write at its end how many are needed, and their public keys, as their .pub files hold them:"
                    .to_owned(),
                "  [attesters]".to_owned(),
                "  threshold = 1".to_owned(),
                "  keys = [\"VKEY\"]".to_owned(),
            ])
        })
    }

    /// Whether a statement is about the subject and says the same of it; returns whether it was found under the reader's trust.
    fn judge(&self, file: &str, statement: &Statement) -> Result<bool> {
        let (name, expected) = (self.subject.name(), self.subject.digest());
        let found = statement.about();
        let predicate = &statement.predicate;
        if found != Some(expected) {
            let found = found.map_or("none".to_owned(), |digest| digest.to_string());
            let what =
                format!("{file}: expected a statement about {name} with sha256 {expected}, found one about {found}");
            return Err(Error::no(what).hint("it is about another file, or about an older or newer one of this name"));
        }
        if predicate.result != self.subject.verdict() {
            let (expected, found) = (self.subject.verdict().name(), predicate.result.name());
            return Err(Error::no(format!("{file}: expected the result {expected}, found {found}")));
        }
        let differences = self.subject.facts().differences(predicate);
        if !differences.is_empty() {
            let what = format!("{file}: the statement says something else of {name} than it says itself");
            let lines = differences.into_iter().map(|difference| format!("  {difference}")).collect();
            return Err(Error::no(what).list(lines).hint("the attester's program is broken, or the attester lies"));
        }
        let ours = self.trust.digests;
        let theirs = predicate.trust;
        let is_same = (ours.file, ours.policy) == (theirs.sha256, theirs.policy.sha256);
        if !is_same && self.under == Under::Same {
            let what = format!("{file}: found under another trust file than {}", self.trust.path.display());
            let both = [("trust file", ours.file, theirs.sha256), ("policy", ours.policy, theirs.policy.sha256)];
            let differ = both.into_iter().filter(|(_, ours, theirs)| ours != theirs);
            let line = |(which, ours, theirs)| format!("  sha256 of the {which}: expected {ours}, found {theirs}");
            return Err(Error::refused(what)
                .list(differ.map(line).collect())
                .hint("without --same-trust it counts, and the verdict says so"));
        }
        Ok(is_same)
    }
}

/// What follows from a claim stands in no claim: attesters have to say the same of it.
fn agree(said: &[Said]) -> Result<()> {
    let Some(first) = said.first() else { return Ok(()) };
    let heads = |said: &Said| -> Vec<HeadStated> {
        let bare = |head: &HeadStated| HeadStated { vouched_by: None, successor: None, ..head.clone() };
        said.predicate.heads.iter().map(bare).collect()
    };
    let contradicts =
        |other: &&Said| other.predicate.problem != first.predicate.problem || heads(other) != heads(first);
    let Some(other) = said.iter().find(contradicts) else { return Ok(()) };
    Err(Error::no(format!(
        "{} and {} contradict each other: other records or other heads led to what they say",
        first.file, other.file
    ))
    .hint("under other keys for its peers a registry can lead elsewhere; else one of them is wrong"))
}

impl Ignored {
    /// In words, with the file that it stands in.
    pub fn describe(&self, file: &str) -> String {
        match self.keyid.as_str() {
            "" => format!("ignored: a signature in {file} that names no key, and by none that the trust file names"),
            keyid => {
                // Nobody has signed it.
                let is_short = keyid.len() <= 100 && keyid.bytes().all(|byte| byte.is_ascii_graphic());
                let keyid = if is_short { keyid.to_owned() } else { quoted(keyid) };
                format!("ignored: the signature by {keyid} in {file}, a key that the trust file does not name")
            }
        }
    }
}

impl Verdict {
    /// Its name, as in a statement.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::Unsolvable => "unsolvable",
        }
    }
}

/// Who accepts the solver of a subject, of which no log is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SolverStanding {
    /// By its hash.
    Accepted(Accepted),
    /// By a rule of the trust file, in words; that it was published so, at the head that the subject states, is the attesters'
    /// word.
    Ruled(String),
}

/// Who accepts the solver of a subject: as [`accept::accept`], without any look at a log, so that no yank is seen.
///
/// # Errors
/// Refused: nobody. Could not check: this build is damaged.
pub fn accept_solver(trust: &Trust, subject: &Subject, options: &[Digest]) -> Result<SolverStanding> {
    let claim = &subject.claim().solver;
    let refused = match accept::accept(claim, trust, options, None, &[]) {
        Ok(accepted) => return Ok(SolverStanding::Accepted(accepted)),
        Err(refused) => refused,
    };
    let version = claim.version.as_ref().and_then(|version| Version::parse(version).ok());
    let (Some(published), Some(version)) = (&claim.published, version) else { return Err(refused) };
    // Another log's word for a derived head is no quorum.
    let is_derived = subject.derived().iter().any(|derived| derived.log.origin == published.origin);
    if is_derived && trust.accept_pinned(&published.log(), &[]).is_err() {
        return Err(refused);
    }
    let rule = trust.solver_rules.iter().find(|rule| {
        rule.registry == published.origin && rule.is_about(claim.name.as_deref()) && rule.covers(&version)
    });
    rule.map(|rule| SolverStanding::Ruled(rule.to_string())).ok_or(refused)
}

impl SolverStanding {
    /// In words, for a verdict.
    pub fn describe(&self) -> String {
        match self {
            SolverStanding::Accepted(accepted) => accepted.describe(),
            SolverStanding::Ruled(rule) => {
                format!("accepted by the trust file's rule for {rule}; that it was published so is the attesters' word")
            }
        }
    }
}

/// How a head that a subject states stands to the reader's trust file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadStanding {
    /// It is signed as the trust file demands; these have cosigned it.
    Accepted(Vec<String>),
    /// The trust file does not name the log, and lets others vouch for their peers: its keys are the attesters' word.
    Vouched,
}

/// Holds the heads that a subject states, with their signatures, against a trust file. No log is asked. Returns each head's
/// origin and size with its standing.
///
/// # Errors
/// Refused: a log that the trust file neither names nor lets others vouch for, or a head that is not signed as it demands. Could
/// not check: signed by a retired key, for which a newer head would have to be asked for.
pub fn accept_heads(trust: &Trust, subject: &Subject) -> Result<Vec<(String, u64, HeadStanding)>> {
    let wanted = subject.claim().inputs.registries();
    let mut standings = Vec::new();
    let pinned = subject.claim().logs.iter().map(|log| (log, None));
    let derived = subject.derived().iter().map(|derived| (&derived.log, Some(&derived.from)));
    let own: Vec<(&PinnedLog, Option<&String>)> = pinned.chain(derived).collect();
    // Where the solver was published, if that is none of the others.
    let published = subject.claim().solver.published.as_ref().map(|published| published.log());
    let published = published.filter(|published| !own.iter().any(|(log, _)| log.origin == published.origin));
    for (log, from) in own.into_iter().chain(published.iter().map(|log| (log, None))) {
        let (origin, note) = (&log.origin, log.checkpoint());
        let is_named_by_trust = published.as_ref() == Some(log) || wanted.contains(origin.as_str());
        let may_be_vouched = !trust.vouching.is_empty() && !is_named_by_trust;
        if trust.policy.log(origin).is_none() && may_be_vouched {
            standings.push((origin.clone(), log.size, HeadStanding::Vouched));
            continue;
        }
        let accepted = match from {
            None => trust.accept_pinned(log, subject.cosignatures()),
            Some(from) => trust.accept_derived(from, origin, note.as_bytes()),
        };
        match accepted {
            Ok(head) => {
                standings.push((origin.clone(), log.size, HeadStanding::Accepted(head.cosigners().to_vec())));
            }
            Err(_) if trust.of_retired_key(origin, note.as_bytes()).is_some() => {
                let what = format!("the head of {origin} is signed by a retired key, and no log is asked here");
                return Err(
                    Error::could_not_check(what).hint("`headlock verify` asks for a newer head to speak for it")
                );
            }
            Err(error) => return Err(error),
        }
    }
    standings.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    Ok(standings)
}
