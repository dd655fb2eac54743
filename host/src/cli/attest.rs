//! `headlock attest`.

use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;

use super::json::FormatChoice;
use super::json::attestation::{Attested, Basis};
use super::output::Output;
use super::pins::{Consent, Pins};
use super::session::{self, Place, SolverChoice, wanted};
use super::solver_verdict;
use super::verify::{Told, verify_lock};
use crate::attest::{Envelope, Statement, Subject};
use crate::check::Checked;
use crate::error::{Error, Result};
use crate::explain;
use crate::graph::{self, Graph};
use crate::inputs::Inputs;
use crate::lock::{self, CLAIM, Claim, Cosignature, SolverId};
use crate::pages::Pages;
use crate::solvers::{Accepted, Judging, refuse_unknown};
use crate::trust::{AcceptedHead, Trust};
use crate::verify::{self, Stated, Verified};
use crate::world::World;
use crate::{files, keys};

/// How many lines of an explanation why there is no answer are said.
const EXPLANATION_LINES: usize = 40;

/// Verifies the lock, and writes a signed statement that it holds: an in-toto Statement in a DSSE envelope.
///
/// Nothing is taken on the project's word: whom to believe comes from --trust alone. Where verifying fails, nothing is written.
/// With one key the same envelope is written as a Sigstore bundle, too.
#[derive(Args, Debug)]
#[command(mut_arg("engine", |engine| engine.default_value("all")))]
pub(super) struct Attest {
    /// Sign with this private key; may be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "statement_only", conflicts_with = "statement_only")]
    key: Vec<PathBuf>,
    /// Write the bare statement, for somebody else to sign
    #[arg(long)]
    statement_only: bool,
    /// Whom to believe: the trust file of whoever attests, never the project's
    #[arg(long, value_name = "FILE", required = true)]
    trust: PathBuf,
    /// Where to write it [default: beside the lock, its name with .intoto.json, or .statement.json, behind it]
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Take all that is to be read from this bundle: no registry is asked, no cache is used
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// State that the manifest has no answer at the heads, instead: pinned as `lock` would, or those of --claim
    #[arg(long, conflicts_with = "bundle")]
    unsolvable: bool,
    /// The claim, as another has written it, instead of the manifest and the newest heads
    #[arg(long, value_name = "FILE", requires = "unsolvable")]
    claim: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

/// What was found, and what has to be written so that others can find it, too.
struct Found {
    statement: Statement,
    subject: Subject,
    /// Where the subject is, or is to be written.
    path: PathBuf,
    /// Whether it is to be written.
    is_new: bool,
    lines: Vec<String>,
    /// What the lines say of how it was found.
    basis: Basis,
}

impl Attest {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let trust = place.trust(Some(&self.trust))?;
        let keys = self.key.iter().map(|path| keys::read(&place.path(path))).collect::<Result<Vec<_>>>()?;
        refuse_same_key(&keys)?;
        let found = match self.unsolvable {
            false => self.verified(place, trust, output)?,
            true => self.unsolvable(place, trust, output)?,
        };
        self.write(place, &keys, found, output)
    }

    /// The lock is what it says.
    fn verified(&self, place: &Place, trust: Trust, output: Output) -> Result<Found> {
        let lock = place.lock()?;
        let manifest = place.manifest_if_any()?;
        let bundle = self.bundle.as_deref();
        let (verified, Told { lines, report }) =
            verify_lock(place, &lock, manifest.as_ref(), &trust, &self.solver, bundle, output)?;
        let Verified { graph, judged, .. } = &verified;
        let problem = lock.derived.problem;
        let subject = Subject::Lock(Box::new(lock));
        let statement = self.state(&subject, problem, graph, &judged.accepted, &trust);
        let basis = Basis::Verified(Box::new(report));
        Ok(Found { statement, subject, path: place.lock_path(), is_new: false, lines, basis })
    }

    /// The claim leads to no answer.
    fn unsolvable(&self, place: &Place, mut trust: Trust, output: Output) -> Result<Found> {
        let (access, memory, seen, accept) = (place.access(), place.memory(), place.seen(), self.solver.accepted());
        let mut pages = Pages::new(access);
        let (claim, cosignatures, graph) = match &self.claim {
            Some(path) => self.stated(&place.path(path), place, &mut trust, &mut pages)?,
            None => self.pinned(place, &mut trust, &mut pages, output)?,
        };
        let judging = Judging { access, trust: &trust, seen: seen.as_ref(), accept };
        let judged = judging.judge(&claim.solver, &cosignatures, &graph, &mut pages)?;
        let solver = self.solver.for_claim(place, access, &claim.solver, &judged.places)?;
        if !claim.solver.is_of(&solver) {
            let (found, expected) = (claim.solver.describe(), SolverId::of(&solver).describe());
            return Err(Error::no(format!("the claim names its solver {found}, and the component is {expected}")));
        }
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        let solved = session::solve_in_each(place, &solver, &self.solver, &claim.inputs, &graph, &mut pages, output)?;
        let Checked::Unsolvable(derivation) = &solved.checked else {
            if matches!(solved.checked, Checked::Solved(_)) {
                return Err(Error::no("there is an answer at these heads, so nothing is stated")
                    .hint("`headlock lock` writes it down, and `headlock attest` attests the lock"));
            }
            let budget = claim.inputs.budget;
            return Err(Error::could_not_check(format!("the solver ran out of its budget of {budget} steps"))
                .hint("raise `budget` under [solver] in the manifest; it is part of what is stated"));
        };
        let mut lines = vec!["unsolvable: there is no answer at these heads".to_owned()];
        let explained = explain::explain(&solved.catalog, derivation, EXPLANATION_LINES);
        lines.extend(explained.iter().map(|line| format!("  {line}")));
        lines.push(format!("  trust: {}", trust.describe()));
        let (id, accepted) = (&claim.solver, judged.accepted.describe());
        lines.push(format!("  solver: {} sha256 {}, {accepted}", id.describe(), id.sha256));
        lines.push(format!("  engine: {}", self.solver.engine.describe()));
        session::remember(memory.as_ref(), graph.accepted(), output);
        solver_verdict::consult(place, &trust, &judged, output)?;
        let subject = Subject::Claim(Box::new(claim), cosignatures);
        let statement = self.state(&subject, solved.problem, &graph, &judged.accepted, &trust);
        let (path, is_new) = match &self.claim {
            Some(path) => (place.path(path), false),
            None => (place.folder().join(CLAIM), true),
        };
        Ok(Found { statement, subject, path, is_new, lines, basis: Basis::Unsolvable(explained) })
    }

    /// A claim that somebody has stated.
    fn stated(
        &self,
        path: &Path,
        place: &Place,
        trust: &mut Trust,
        pages: &mut Pages,
    ) -> Result<(Claim, Vec<Cosignature>, Graph)> {
        let (claim, cosignatures) = read_claim(path)?;
        let mut stated = Stated::new(&claim, &cosignatures, trust, place.access())?;
        World::named(&claim.solver.world)?;
        refuse_unknown(&claim.solver, trust, self.solver.accepted())?;
        let graph = graph::resolve(&claim.inputs, trust, pages, &mut stated)?;
        stated.check_all_used(path)?;
        Ok((claim, cosignatures, graph))
    }

    /// The claim of what the manifest asks for, at heads pinned as `lock` pins them.
    fn pinned(
        &self,
        place: &Place,
        trust: &mut Trust,
        pages: &mut Pages,
        output: Output,
    ) -> Result<(Claim, Vec<Cosignature>, Graph)> {
        let manifest = wanted::manifest(place)?;
        wanted::require_registries(&manifest, trust)?;
        let solver = SolverId::of(&self.solver.for_lock(place)?);
        refuse_unknown(&solver, trust, self.solver.accepted())?;
        let old = lock::Lock::read(&place.lock_path())?;
        let preferences = old.as_ref().map(|old| old.claim.inputs.preferences.clone()).unwrap_or_default();
        let inputs = Inputs { preferences, ..manifest.inputs };
        // The trust file says whose word counts; nobody else is asked.
        let mut pins = Pins::new(place.access(), old.as_ref(), Consent::Given, output);
        let graph = graph::resolve(&inputs, trust, pages, &mut pins)?;
        Ok((Claim { solver, inputs, logs: graph.pinned() }, graph.cosignatures(), graph))
    }

    fn state(
        &self,
        subject: &Subject,
        problem: Digest,
        graph: &Graph,
        accepted: &Accepted,
        trust: &Trust,
    ) -> Statement {
        Statement::new(subject, problem, graph, accepted, &self.solver.engine.names(), trust.digests)
    }

    /// Writes what is to be written: all that is signed has been found by now.
    fn write(&self, place: &Place, keys: &[SigningKey], found: Found, output: Output) -> Result<()> {
        let Found { statement, subject, path: subject_path, is_new, mut lines, basis } = found;
        let payload = statement.encode();
        let ending = if self.statement_only { ".statement.json" } else { ".intoto.json" };
        let path = match &self.output {
            Some(path) => place.path(path),
            None => with_ending(&subject_path, ending),
        };
        let mut written: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        if is_new {
            written.push((subject_path.clone(), subject.text().into_bytes()));
        }
        if self.statement_only {
            written.push((path, payload));
        } else {
            let envelope = Envelope::sign(&payload, keys);
            let bundle = envelope.format_bundle().map(|bundle| (bundle_path(&path), bundle.into_bytes()));
            written.push((path, envelope.format().into_bytes()));
            written.extend(bundle);
        }
        for (at, (path, bytes)) in written.iter().enumerate() {
            refuse_other_file(path, bytes)?;
            if written[..at].iter().any(|(before, _)| before == path) {
                return Err(Error::malformed(format!("two files would be written to {}", path.display()))
                    .hint("name another with `-o`"));
            }
        }
        lines.push(format!("  subject: {}, sha256 {}", subject.name(), subject.digest()));
        lines.extend(keys.iter().map(|key| format!("  signed: by {}", key.verifier().keyid())));
        for (path, bytes) in &written {
            files::replace(path, bytes)?;
            lines.push(format!("wrote {}", path.display()));
        }
        if output.is_quiet() {
            lines.truncate(1);
        }
        output
            .report(&lines, || Attested::of(&subject, &subject_path, keys, written.iter().map(|(path, _)| path), basis))
    }
}

/// Reads a claim file.
pub(super) fn read_claim(path: &Path) -> Result<(Claim, Vec<Cosignature>)> {
    let text = files::read_text(path, lock::MAX_LOCK)?.ok_or_else(|| {
        Error::not_current(format!("there is no claim at {}", path.display()))
            .hint("`headlock attest --unsolvable` writes one")
    })?;
    Claim::parse(path, &text)
}

fn refuse_same_key(keys: &[SigningKey]) -> Result<()> {
    for (at, key) in keys.iter().enumerate() {
        let public = key.verifier().public_key();
        if keys[..at].iter().any(|before| before.verifier().public_key() == public) {
            return Err(Error::malformed(format!("the key {} is given twice", key.verifier().keyid())));
        }
    }
    Ok(())
}

/// How the files begin that attesting writes: envelope, statement, bundle; and an envelope of others.
const ATTESTATIONS: [&[u8]; 4] = [b"{\"payload\":", b"{\"_type\":", b"{\"mediaType\":", b"{\"payloadType\":"];

/// An attestation takes the place of an older one, a claim that of a claim, and nothing that of anything else.
fn refuse_other_file(path: &Path, bytes: &[u8]) -> Result<()> {
    if ATTESTATIONS.iter().any(|start| bytes.starts_with(start)) {
        let is_one = ATTESTATIONS.iter().any(|start| files::refuse_other(path, start, "attestation").is_ok());
        return if is_one { Ok(()) } else { files::refuse_other(path, b"{\"payload\":", "attestation") };
    }
    let first = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    files::refuse_other(path, first, "claim")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The Sigstore bundle's place, beside the envelope.
fn bundle_path(envelope: &Path) -> PathBuf {
    match envelope.to_str().and_then(|path| path.strip_suffix(".intoto.json")) {
        Some(stem) => PathBuf::from(format!("{stem}.sigstore.json")),
        None => with_ending(envelope, ".sigstore.json"),
    }
}
