//! Judging changed files: in this process, as the command does it, with the compiled solver in memory; never a panic,
//! never a hang.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use headlock::derive::derive;
use headlock::engine::{LoadedSolver, Solver};
use headlock::error::{Error, Result};
use headlock::heads::Memory;
use headlock::lock::{Cosignature, Lock, PinnedLog, SolverId};
use headlock::manifest::Manifest;
use headlock::pages::newest_checkpoint;
use headlock::solvers::component::named_solver;
use headlock::sources::Access;
use headlock::trust::{Trust, TrustSource};
use headlock::verify::Verification;

use super::project::{LOCK, MANIFEST};

/// How long one judgement may take: some thousand times as long as it does.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a judgement ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The exit code.
    pub(crate) code: u8,
    /// What was said, for the messages of this test.
    pub(crate) text: String,
}

/// Judges, and gives what came of it; a panic fails the test, and a hang ends it.
pub(crate) fn judge<T>(what: impl Fn() -> String, work: impl FnOnce() -> Result<T>) -> (Verdict, Option<T>) {
    watch(Some(what()));
    let ended = catch_unwind(AssertUnwindSafe(work));
    watch(None);
    match ended {
        Ok(Ok(result)) => (Verdict { code: 0, text: String::new() }, Some(result)),
        Ok(Err(error)) => (Verdict { code: error.kind().exit_code(), text: error.to_string() }, None),
        Err(_) => panic!("{}: a panic", what()),
    }
}

/// Notes what a thread is about to do, or that it is done; something that takes too long ends the test.
fn watch(what: Option<String>) {
    static BUSY: Mutex<BTreeMap<String, (Instant, String)>> = Mutex::new(BTreeMap::new());
    static WATCHER: Once = Once::new();
    let name = |id: ThreadId| format!("{id:?}");
    WATCHER.call_once(|| {
        thread::spawn(|| {
            loop {
                thread::sleep(Duration::from_secs(1));
                for (began, what) in BUSY.lock().unwrap().values() {
                    if began.elapsed() > PATIENCE {
                        super::tally::say(&format!("{what}: not done after {} s", PATIENCE.as_secs()));
                        std::process::abort();
                    }
                }
            }
        });
    });
    let mut busy = BUSY.lock().unwrap();
    match what {
        Some(what) => busy.insert(name(thread::current().id()), (Instant::now(), what)),
        None => busy.remove(&name(thread::current().id())),
    };
}

/// What a verifier brings.
pub(crate) struct Verifier<'w> {
    pub(crate) solver: &'w Solver,
    pub(crate) loaded: &'w LoadedSolver,
    pub(crate) access: Access,
    pub(crate) memory: Option<Memory>,
}

/// The files of a project, read.
pub(crate) struct Read {
    lock: Lock,
    manifest: Option<Manifest>,
    trust: Trust,
}

impl Verifier<'_> {
    /// Reads what `headlock verify` reads, with `--trust` if it is given.
    pub(crate) fn read(&self, folder: &Path, trust: Option<&Path>) -> Result<Read> {
        let lock = Lock::read(&folder.join(LOCK))?.ok_or_else(|| Error::not_current("there is no lock"))?;
        let path = folder.join(MANIFEST);
        let manifest = match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            _ => Some(Manifest::read(&path)?),
        };
        let trust = match (trust, manifest.as_ref().and_then(Manifest::trust_path)) {
            (Some(path), _) => Trust::read(path, TrustSource::Given)?,
            (None, Some(path)) => Trust::read(&path, TrustSource::Beside)?,
            (None, None) => return Err(Error::malformed("no trust file")),
        };
        Ok(Read { lock, manifest, trust })
    }

    /// Verifies what was read; `component` is the file that `--solver` names, the right one by default.
    pub(crate) fn verify_read(&self, read: &Read, component: Option<&Path>) -> Result<()> {
        let path = Path::new(LOCK);
        let Read { lock, manifest, trust } = read;
        let (access, memory) = (&self.access, self.memory.as_ref());
        let verification =
            Verification { path, lock, manifest: manifest.as_ref(), trust, access, memory, seen: None, accept: &[] };
        verification.verify(
            |claim, _| self.named(claim, component),
            |solver, inputs, graph, pages| {
                assert_eq!(solver.sha256(), self.solver.sha256(), "another solver would have run");
                derive(inputs, graph, &mut self.loaded.begin()?, pages).map(|(derived, _)| derived)
            },
        )?;
        Ok(())
    }

    /// Reads and verifies.
    pub(crate) fn verify(&self, folder: &Path, trust: Option<&Path>) -> Result<()> {
        self.verify_read(&self.read(folder, trust)?, None)
    }

    fn named(&self, claim: &SolverId, component: Option<&Path>) -> Result<Solver> {
        match component {
            Some(path) => named_solver(claim, Some(component_bytes(path)?)),
            None if claim.sha256 == self.solver.sha256() => Ok(self.solver.clone()),
            None => named_solver(claim, Some(self.solver.bytes().to_vec())),
        }
    }

    /// The newest head that a log serves and the trust file accepts, as `headlock lock` would pin it.
    pub(crate) fn pin(&self, trust: &Trust, origin: &str) -> Result<(PinnedLog, Vec<Cosignature>)> {
        let bytes = newest_checkpoint(&self.access, trust, origin)?;
        let (accepted, cosignatures) = trust.accept_checkpoint(origin, &bytes)?;
        Ok((PinnedLog::from(&accepted), cosignatures))
    }
}

fn component_bytes(path: &Path) -> Result<Vec<u8>> {
    headlock::files::read_bytes(path, headlock::engine::MAX_COMPONENT + 1)?
        .ok_or_else(|| Error::malformed("there is no solver component"))
}
