//! `headlock check-attestation`.

use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::digest::Digest;

use super::attest::read_claim;
use super::json::FormatChoice;
use super::json::attestation::{Checked, Found};
use super::output::Output;
use super::session::Place;
use super::words::count;
use crate::attest::{
    Agreement, Check, Given, HeadStanding, MAX_ATTESTATION, Said, Subject, Under, Verdict, accept_heads, accept_solver,
};
use crate::error::{Error, Result};
use crate::files;
use crate::lock::{CLAIM, LOCK, Lock};

/// Checks that so many attesters as the trust file asks for have verified the lock.
///
/// Nothing is derived again and no registry is asked: what is checked is the attesters' signatures, and that what they say fits
/// the lock and what the trust file accepts.
#[derive(Args, Debug)]
pub(super) struct CheckAttestation {
    /// The lock [default: the one beside the manifest]; with --unsolvable, the claim
    #[arg(value_name = "LOCK")]
    subject: Option<PathBuf>,
    /// A file with an attestation, a DSSE envelope or a Sigstore bundle; may be given several times
    #[arg(short, long, value_name = "FILE", required = true)]
    attestation: Vec<PathBuf>,
    /// Whom to believe: its [attesters] say whose keys count, and how many are needed
    #[arg(long, value_name = "FILE", required = true)]
    trust: PathBuf,
    /// Count only what was found under this very trust file and policy
    #[arg(long)]
    same_trust: bool,
    /// It is to be a claim that has no answer
    #[arg(long)]
    unsolvable: bool,
    /// Accept the solver component with this sha256
    #[arg(long, value_name = "SHA256")]
    accept_solver: Vec<Digest>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl CheckAttestation {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let trust = place.trust(Some(&self.trust))?;
        let path = match (&self.subject, self.unsolvable) {
            (Some(path), _) => place.path(path),
            (None, false) => place.lock_path(),
            (None, true) => place.folder().join(CLAIM),
        };
        let subject = match self.unsolvable {
            false => Subject::Lock(Box::new(read_lock(&path)?)),
            true => {
                let (claim, cosignatures) = read_claim(&path)?;
                Subject::Claim(Box::new(claim), cosignatures)
            }
        };
        let under = if self.same_trust { Under::Same } else { Under::Any };
        let mut given = Vec::new();
        for path in &self.attestation {
            let path = place.path(path);
            let bytes = files::read_bytes(&path, MAX_ATTESTATION)?
                .ok_or_else(|| Error::malformed(format!("there is no attestation at {}", path.display())))?;
            given.push(Given { name: path.display().to_string(), bytes });
        }
        let agreement = Check { subject: &subject, trust: &trust, under }.run(given)?;
        let accepted = accept_solver(&trust, &subject, &self.accept_solver)?;
        let heads = accept_heads(&trust, &subject)?;
        let Agreement { said, ignored, by } = &agreement;
        let attesters = trust.attesters.as_ref();
        let (all, needed) = attesters.map_or((0, 0), |attesters| (attesters.all().len(), attesters.threshold()));
        let what = match &subject {
            Subject::Lock(lock) => format!(
                "attested: {} verified, with {}{}",
                path.display(),
                count(lock.derived.packages.len() as u64, "release"),
                lock.claim.inputs.with_what_is_stated()
            ),
            Subject::Claim(claim, _) => {
                format!("attested: {} has no answer{}", path.display(), claim.inputs.with_what_is_stated())
            }
        };
        let mut lines = vec![
            format!("{what}; by {} of {all} attesters, {needed} needed; nothing was derived again", by.len()),
            format!("  subject: {} sha256 {}", subject_kind(&subject), subject.digest()),
            format!("  trust: {}", trust.describe()),
        ];
        lines.extend(said.iter().map(describe));
        lines.extend(ignored.iter().map(|(file, ignored)| format!("  {}", ignored.describe(file))));
        let solver = &subject.claim().solver;
        lines.push(format!("  solver: {} sha256 {}, {}", solver.describe(), solver.sha256, accepted.describe()));
        for (origin, size, standing) in &heads {
            let standing = match standing {
                HeadStanding::Accepted(cosigners) if cosigners.is_empty() => "signed by its log".to_owned(),
                HeadStanding::Accepted(cosigners) => format!("signed by its log, cosigned by {}", cosigners.join(", ")),
                HeadStanding::Vouched => "the trust file does not name it: its keys are the attesters' word".to_owned(),
            };
            lines.push(format!("  log: {origin} at {size} records, {standing}"));
        }
        lines.extend(subject.claim().inputs.overrides.iter().map(|replaced| format!("  override: {replaced}")));
        if output.is_quiet() {
            lines.truncate(1);
        }
        output.report(&lines, || {
            let (path, subject, trust) = (path.as_path(), &subject, &trust);
            let found = Found { path, subject, trust, agreement: &agreement, accepted: &accepted, heads: &heads };
            Checked::of(&found)
        })
    }
}

/// Reads a lock; of what is none it says what it might be.
fn read_lock(path: &Path) -> Result<Lock> {
    let lock = Lock::read(path).map_err(|error| {
        if read_claim(path).is_ok() {
            let what = format!("{} is the claim of what has no answer, and no lock", path.display());
            return Error::malformed(what).hint("with `--unsolvable` attestations of it are checked");
        }
        match files::read_start(path, 1) {
            Ok(Some(first)) if first == b"{" => error.hint("each attestation has an `--attestation` of its own"),
            _ => error,
        }
    })?;
    lock.ok_or_else(|| Error::not_current(format!("there is no lock at {}", path.display())))
}

fn subject_kind(subject: &Subject) -> &'static str {
    match subject.verdict() {
        Verdict::Verified => LOCK,
        Verdict::Unsolvable => CLAIM,
    }
}

/// Who says it, where, and what it rests on.
fn describe(said: &Said) -> String {
    let keys: Vec<String> = said.keys.iter().map(|key| key.keyid()).collect();
    let by: Vec<&str> = said.by.iter().map(String::as_str).collect();
    let names = match keys.iter().eq(by.iter()) {
        true => keys.join(", "),
        false => format!("{} ({})", by.join(", "), keys.join(", ")),
    };
    let predicate = &said.predicate;
    let trust = match said.is_same_trust {
        true => "under this trust file".to_owned(),
        false => format!("under another trust file, sha256 {}", predicate.trust.sha256),
    };
    let without = match predicate.without.len() {
        0 => String::new(),
        count => format!(", without {count} edges between registries"),
    };
    format!(
        "  attester: {names} in {}: by {}, engines {}, {trust}{without}",
        said.file,
        predicate.verifier.describe(),
        predicate.engines.join(", ")
    )
}
