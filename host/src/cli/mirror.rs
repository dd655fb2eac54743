//! `headlock registry mirror`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use headlock_log::checkpoint::Checkpoint;
use headlock_log::digest::Digest;
use headlock_log::name::check_origin;
use headlock_log::note::{MAX_NOTE, NoteError, SignedNote};

use super::output::Output;
use super::session::{Place, SolverChoice, refuse_succeeded};
use super::verify::Verifier;
use super::words::{count, plural, show};
use crate::contents::{Wanted, fetch, wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::fork::forked;
use crate::graph;
use crate::keys;
use crate::lock::{Cosignature, Lock};
use crate::pages::{Pages, newest_checkpoint};
use crate::registry::audit::audit;
use crate::registry::{Entries, Folder, add_cosignatures, contents, is_whole_copy, mirror};
use crate::rotated;
use crate::sources::{Access, Copies, Fetcher, LogReader};
use crate::trust::{AcceptedHead, Trust};
use crate::verify::{Stated, Verified};

/// Copies registries, whole or as much as locks need, so that they can be served from elsewhere.
///
/// The folder is then what C2SP tlog-mirror calls a monitoring prefix: each log is under the sha256 of its origin. With `mirrors` in
/// a trust file it takes the place of the registries themselves.
#[derive(Args, Debug)]
pub(super) struct Mirror {
    /// The folder of mirrors
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// The origins of the logs to copy whole
    #[arg(required_unless_present = "locks", conflicts_with = "locks")]
    origins: Vec<String>,
    /// Copy what verifying these locks reads, and their contents
    #[arg(long = "for", value_name = "LOCK", num_args = 1..)]
    locks: Vec<PathBuf>,
    /// Copy the records alone, and no contents
    #[arg(long)]
    without_contents: bool,
    /// Audit the whole copy, and cosign its head with this key: it says that all of the log is here
    #[arg(long, value_name = "FILE", conflicts_with = "locks")]
    cosign: Option<PathBuf>,
    /// Which logs are believed, and where they are served
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
}

impl Mirror {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let trust = place.trust(self.trust.as_deref())?;
        let into = place.path(&self.into);
        if !self.locks.is_empty() {
            return self.locks.iter().try_for_each(|lock| self.sparse(place, &trust, &into, &place.path(lock), output));
        }
        self.origins.iter().try_for_each(|origin| self.whole(place, &trust, &into, origin, output))
    }

    /// A whole copy.
    fn whole(&self, place: &Place, trust: &Trust, into: &Path, origin: &str, output: Output) -> Result<()> {
        check_origin(origin).map_err(|error| Error::malformed(error.to_string()))?;
        let note = newest_checkpoint(place.access(), trust, origin)?;
        let (accepted, _) = trust.accept_checkpoint(origin, &note)?;
        let head = accepted.head();
        let dir = folder(into, origin);
        not_sparse(&dir)?;
        let fetcher = fetcher(place.access(), trust, origin)?;
        let mut reader = LogReader::open(fetcher, head)?;
        go_on(&dir, &accepted, trust, &mut reader)?;
        let bar = output.progress("copying");
        let mirrored = mirror(&dir, head, &note, &mut Read(reader), &mut |step| show(&bar, step));
        bar.finish_and_clear();
        let mirrored = mirrored?;
        if !self.without_contents {
            let wanted: Vec<Wanted> =
                contents(&dir, head)?.into_iter().map(|sha256| Wanted::blob(origin, sha256)).collect();
            blobs(place.access(), trust, origin, &wanted, into, output)?;
        }
        let mut said = format!(
            "{origin}: {} in {}, {} added, {} there already",
            count(head.size, "record"),
            dir.display(),
            mirrored.added,
            mirrored.had
        );
        if let Some(key) = &self.cosign {
            self.cosign(&place.path(key), &dir, &accepted, output)?;
            said.push_str("; audited and cosigned");
        }
        output.result(&said)
    }

    fn cosign(&self, key: &Path, dir: &Path, accepted: &AcceptedHead, output: Output) -> Result<()> {
        let path = key;
        let key = keys::read(path)?;
        if key.verifier().public_key() == accepted.key().public_key() {
            let what =
                format!("expected another key than the log's own to cosign with, found that at {}", path.display());
            return Err(Error::malformed(what).hint("a cosignature says that somebody else has looked"));
        }
        let bar = output.progress("auditing");
        let report = audit(&Folder::new(dir), accepted.key(), &mut |step| show(&bar, step));
        bar.finish_and_clear();
        let report = report?;
        report.verdict()?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let failed = |error: NoteError| Error::could_not_check(error.to_string());
        let signature = key.cosign(now, &report.head.text()).map_err(failed)?;
        add_cosignatures(dir, accepted.key(), &report.head, &[signature])
    }

    /// As much as a lock needs.
    fn sparse(&self, place: &Place, trust: &Trust, into: &Path, path: &Path, output: Output) -> Result<()> {
        let lock =
            Lock::read(path)?.ok_or_else(|| Error::malformed(format!("there is no lock at {}", path.display())))?;
        let copies = Arc::new(Copies::mirrors(into));
        for log in lock.logs() {
            not_whole(&folder(into, &log.origin))?;
        }
        if let Some(published) = &lock.claim.solver.published {
            not_whole(&folder(into, &published.origin))?;
        }
        {
            // Before anything is written.
            let (mut trust, mut pages) = (trust.clone(), Pages::new(place.access()));
            let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust, place.access())?;
            let graph = graph::resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
            let of_solver = lock.claim.solver.published.as_ref().filter(|at| graph.log(&at.origin).is_none());
            let of_solver = of_solver
                .map(|at| rotated::accept(place.access(), &trust, &at.log(), &lock.cosignatures))
                .transpose()?;
            refuse_succeeded(&graph, of_solver.as_ref(), "such a copy")?;
        }
        let access = Access { copies: Some(Arc::clone(&copies)), ..place.access().clone() };
        let verifier = Verifier { place, access: &access, trust, solver: &self.solver, memory: None };
        let Verified { graph, trust, judged, .. } = verifier.verify(&lock, None, output)?;
        if !self.without_contents {
            for (registry, wanted) in wanted(&lock, path)? {
                blobs(place.access(), &trust, &registry, &wanted, into, output)?;
            }
            if let Some(publication) = &judged.publication {
                let (origin, wanted) = (publication.origin(), publication.release.content);
                blobs(place.access(), &trust, origin, &[Wanted::blob(origin, wanted)], into, output)?;
            }
        }
        copies.check()?;
        for log in &graph.logs {
            checkpoint(&log.accepted, &log.cosignatures, &trust, into)?;
        }
        let of_solver = judged.publication.as_ref().and_then(|publication| publication.own_head());
        if let Some(head) = of_solver {
            let is_own = |held: &&Cosignature| held.origin == head.head().origin;
            let held: Vec<Cosignature> = lock.cosignatures.iter().filter(is_own).cloned().collect();
            checkpoint(head, &held, &trust, into)?;
        }
        let logs = graph.logs.len() + usize::from(of_solver.is_some());
        output.result(&format!(
            "{}: what verifying {} reads of {logs} {}",
            into.display(),
            path.display(),
            plural(logs, "log", "logs")
        ))
    }
}

/// Where a log is in a folder of mirrors.
fn folder(into: &Path, origin: &str) -> PathBuf {
    into.join(Digest::of(origin.as_bytes()).to_string())
}

/// The head of a whole copy, or of a registry, says that all of the log is there: it is not for a part to move.
fn not_whole(dir: &Path) -> Result<()> {
    match dir.join(".writer").exists() {
        true => Err(Error::malformed(format!("expected no whole copy or registry at {}, found one", dir.display()))
            .hint("copy whole with the log's origin instead of `--for`, or name another folder")),
        false => Ok(()),
    }
}

/// A copy for locks has a checkpoint, and not all that this promises. A registry of its own is for its operator to write.
fn not_sparse(dir: &Path) -> Result<()> {
    if !dir.join("checkpoint").exists() || is_whole_copy(dir) {
        return Ok(());
    }
    let what = match dir.join(".writer").exists() {
        true => "a registry of its own",
        false => "a copy for locks",
    };
    Err(Error::malformed(format!("expected a whole copy of a registry or nothing at {}, found {what}", dir.display()))
        .hint("name another folder with `--into`"))
}

/// Copies contents of a registry into its mirror. What is there is not asked for.
fn blobs(access: &Access, trust: &Trust, origin: &str, wanted: &[Wanted], into: &Path, output: Output) -> Result<()> {
    let dir = folder(into, origin);
    let bar = output.progress("copying contents");
    let urls = [(origin.to_owned(), trust.urls(origin)?)].into();
    let fetched = fetch(access, &urls, &[], wanted, &dir, &|step| show(&bar, step));
    bar.finish_and_clear();
    fetched.map(drop).map_err(|error| match error.kind() {
        ErrorKind::CouldNotCheck => {
            error.hint("a registry need not hold contents: `--without-contents` copies the records alone")
        }
        _ => error,
    })
}

/// Entries of a log that is read from wherever it is served.
struct Read(LogReader);

impl Entries for Read {
    fn from(&mut self, place: u64) -> Result<Vec<Vec<u8>>> {
        self.0.entries(place)
    }
}

fn fetcher(access: &Access, trust: &Trust, origin: &str) -> Result<Arc<Fetcher>> {
    let urls = trust.urls(origin)?;
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    Ok(Arc::new(Fetcher::new(access, origin, &urls)?))
}

/// The head that a mirror has of a log already, if it has one: under any of the log's keys, for the newest may be by another.
fn held(dir: &Path, origin: &str, trust: &Trust) -> Result<Option<Checkpoint>> {
    let path = dir.join("checkpoint");
    let Some(bytes) = files::read_bytes(&path, MAX_NOTE as u64)? else { return Ok(None) };
    Checkpoint::verify_any(&bytes, &trust.known_keys(origin)).map(Some).map_err(|error| {
        Error::refused(format!("{}: {error}", path.display()))
            .hint("it is of another log, or under a key that the policy names no longer: copy into another folder")
    })
}

/// A mirror only goes forward, along one history.
fn go_on(dir: &Path, accepted: &AcceptedHead, trust: &Trust, reader: &mut LogReader) -> Result<()> {
    let head = accepted.head();
    let Some(copy) = held(dir, &head.origin, trust)? else { return Ok(()) };
    let held = copy.head();
    let (origin, then, now) = (&head.origin, held.size, head.size);
    if now < then {
        return Err(Error::could_not_check(format!(
            "the newest head of {origin} that is served has {now} records, and the mirror one with {then}"
        ))
        .hint("a copy that lags, or somebody who holds back what is newer: wait, or name another URL"));
    }
    if held != head && !reader.holds(held)? {
        let note = format!("{}\n{}\n", held.text(), copy.signature());
        let keys = [copy.key().clone(), accepted.key().clone()];
        let what = format!(
            "the log {origin} has forked: the mirror has {then} records of one history, and {now} of another are served"
        );
        return Err(forked(what, [note.as_bytes(), accepted.checkpoint().as_bytes()], &keys, |_, size| {
            reader.beginning(size)
        }));
    }
    Ok(())
}

/// Writes a log's head as its checkpoint, unless the mirror has a newer one.
fn checkpoint(accepted: &AcceptedHead, cosignatures: &[Cosignature], trust: &Trust, into: &Path) -> Result<()> {
    let head = accepted.head();
    let dir = folder(into, &head.origin);
    not_whole(&dir)?;
    if held(&dir, &head.origin, trust)?.is_some_and(|held| held.head().size >= head.size) {
        return Ok(());
    }
    let cosigned: String = cosignatures.iter().map(|held| format!("{}\n", held.line)).collect();
    let note = format!("{}{cosigned}", accepted.checkpoint());
    SignedNote::parse(note.as_bytes()).map_err(|error| Error::could_not_check(error.to_string()))?;
    fs_err::create_dir_all(&dir).map_err(|error| Error::could_not_check(error.to_string()))?;
    files::replace(&dir.join("checkpoint"), note.as_bytes())
}
