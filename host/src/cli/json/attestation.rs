//! What attesting, and checking attestations, tell.

use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;
use serde::Serialize;

use super::parts::{AcceptedBy, Override, Solver, Trust};
use super::path;
use super::verdict::Verification;
use crate::attest::{self, Agreement, HeadStanding, SolverStanding, Verdict};
use crate::trust;

/// `headlock.check-attestation/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Checked {
    format: &'static str,
    verdict: &'static str,
    subject: Subject,
    by: Vec<String>,
    attesters: usize,
    threshold: usize,
    trust: Trust,
    said: Vec<Said>,
    ignored: Vec<Ignored>,
    solver: Solver,
    solver_accepted: AcceptedBy,
    logs: Vec<Log>,
    overrides: Vec<Override>,
    preferences: usize,
}

#[derive(Serialize)]
struct Subject {
    path: String,
    sha256: Digest,
    releases: Option<usize>,
}

#[derive(Serialize)]
struct Said {
    file: String,
    attesters: Vec<String>,
    keys: Vec<String>,
    verifier: Program,
    engines: Vec<String>,
    same_trust: bool,
    trust_sha256: Digest,
    without: usize,
}

#[derive(Serialize)]
struct Program {
    name: String,
    version: String,
}

#[derive(Serialize)]
struct Ignored {
    file: String,
    key: String,
}

#[derive(Serialize)]
struct Log {
    origin: String,
    size: u64,
    standing: &'static str,
    cosigners: Vec<String>,
}

/// What was checked, and against what.
pub(in crate::cli) struct Found<'a> {
    pub(in crate::cli) path: &'a Path,
    pub(in crate::cli) subject: &'a attest::Subject,
    pub(in crate::cli) trust: &'a trust::Trust,
    pub(in crate::cli) agreement: &'a Agreement,
    pub(in crate::cli) accepted: &'a SolverStanding,
    pub(in crate::cli) heads: &'a [(String, u64, HeadStanding)],
}

impl Checked {
    pub(in crate::cli) fn of(found: &Found<'_>) -> Checked {
        let Found { path: at, subject, trust, agreement, accepted, heads } = *found;
        let attesters = trust.attesters.as_ref();
        let inputs = &subject.claim().inputs;
        Checked {
            format: "headlock.check-attestation/1",
            verdict: verdict(subject),
            subject: self::subject(subject, at),
            by: agreement.by.iter().cloned().collect(),
            attesters: attesters.map_or(0, |attesters| attesters.all().len()),
            threshold: attesters.map_or(0, trust::Attesters::threshold),
            trust: Trust::of(trust),
            said: agreement.said.iter().map(said).collect(),
            ignored: agreement
                .ignored
                .iter()
                .map(|(file, ignored)| Ignored { file: file.clone(), key: ignored.keyid.clone() })
                .collect(),
            solver: Solver::of(&subject.claim().solver),
            solver_accepted: match accepted {
                SolverStanding::Accepted(accepted) => AcceptedBy::of(accepted),
                SolverStanding::Ruled(rule) => AcceptedBy::attested(rule),
            },
            logs: heads.iter().map(log).collect(),
            overrides: Override::all(inputs),
            preferences: inputs.preferences.len(),
        }
    }
}

fn verdict(subject: &attest::Subject) -> &'static str {
    match subject.verdict() {
        Verdict::Verified => "verified",
        Verdict::Unsolvable => "unsolvable",
    }
}

fn subject(subject: &attest::Subject, at: &Path) -> Subject {
    let releases = match subject {
        attest::Subject::Lock(lock) => Some(lock.derived.packages.len()),
        attest::Subject::Claim(..) => None,
    };
    Subject { path: path(at), sha256: subject.digest(), releases }
}

fn said(said: &attest::Said) -> Said {
    let predicate = &said.predicate;
    Said {
        file: said.file.clone(),
        attesters: said.by.iter().cloned().collect(),
        keys: said.keys.iter().map(|key| key.keyid()).collect(),
        verifier: Program { name: predicate.verifier.name.clone(), version: predicate.verifier.version.clone() },
        engines: predicate.engines.clone(),
        same_trust: said.is_same_trust,
        trust_sha256: predicate.trust.sha256,
        without: predicate.without.len(),
    }
}

fn log((origin, size, standing): &(String, u64, HeadStanding)) -> Log {
    let (standing, cosigners) = match standing {
        HeadStanding::Accepted(cosigners) => ("accepted", cosigners.clone()),
        HeadStanding::Vouched => ("vouched", Vec::new()),
    };
    Log { origin: origin.clone(), size: *size, standing, cosigners }
}

/// `headlock.attest/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Attested {
    format: &'static str,
    verdict: &'static str,
    subject: Subject,
    signed: Vec<String>,
    written: Vec<String>,
    verification: Option<Verification>,
    explanation: Vec<String>,
}

/// What was found of a subject.
pub(in crate::cli) enum Basis {
    /// It was verified.
    Verified(Box<Verification>),
    /// There is no answer, for these reasons.
    Unsolvable(Vec<String>),
}

impl Attested {
    pub(in crate::cli) fn of<'p>(
        of: &attest::Subject,
        at: &Path,
        keys: &[SigningKey],
        written: impl Iterator<Item = &'p PathBuf>,
        basis: Basis,
    ) -> Attested {
        let (verification, explanation) = match basis {
            Basis::Verified(verification) => (Some(*verification), Vec::new()),
            Basis::Unsolvable(lines) => (None, lines),
        };
        Attested {
            format: "headlock.attest/1",
            verdict: verdict(of),
            subject: subject(of, at),
            signed: keys.iter().map(|key| key.verifier().keyid()).collect(),
            written: written.map(|written| path(written)).collect(),
            verification,
            explanation,
        }
    }
}
