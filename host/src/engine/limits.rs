//! What a solver may use: memory and time.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

/// How many table entries a component may have, all tables together.
const MAX_TABLE_ENTRIES: usize = 1 << 20;
/// How many core instances, memories and tables a component may have, each.
const MAX_PARTS: usize = 64;

/// What one solve may use. Running into a limit means "could not check": it never leads to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, all memories together. A growth beyond is a trap, for a solver that saw it fail could
    /// go on and answer something else.
    pub memory: usize,
    /// Time inside the solver, all calls of a solve together.
    pub time: Duration,
    /// Bytes of one outcome, as the host holds it. Lists inside memory may overlap, so an outcome can be larger than
    /// the memory it was read from.
    pub outcome: usize,
}

impl Default for Limits {
    /// 1 GiB of memory, 300 s, outcomes of 256 MiB.
    fn default() -> Self {
        Limits { memory: 1 << 30, time: Duration::from_secs(300), outcome: 256 << 20 }
    }
}

/// Why a solver was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// By [`Limits::memory`], or because the machine has no more.
    Memory,
    /// By [`MAX_TABLE_ENTRIES`].
    Table,
    /// By [`Limits::time`].
    Time,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stopped::Memory => "stopped by the memory limit",
            Stopped::Table => "stopped by the limit on tables",
            Stopped::Time => "stopped by the time limit",
        })
    }
}

impl std::error::Error for Stopped {}

/// The state of a store: what is used so far, and when to stop.
#[derive(Debug)]
pub(super) struct Guard {
    limits: Limits,
    memory: usize,
    table_entries: usize,
    /// When the current call is stopped.
    pub(super) deadline: Instant,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Guard {
        Guard { limits, memory: 0, table_entries: 0, deadline: Instant::now() + limits.time }
    }

    /// What is set for this solve.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }
}

impl ResourceLimiter for Guard {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A growth beyond what the component itself declares fails by the language's own rules, everywhere alike.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.limits.memory {
            return Err(Stopped::Memory.into());
        }
        self.memory = total;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stopped::Memory.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.table_entries.saturating_add(desired.saturating_sub(current));
        if total > MAX_TABLE_ENTRIES {
            return Err(Stopped::Table.into());
        }
        self.table_entries = total;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stopped::Table.into())
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
    }
}

/// Raises an engine's epoch when a call's time is over, until the call has ended.
///
/// Only a wake-up: the store's own callback compares the clock with its own deadline, so waking another solve of the
/// same engine does no harm.
#[derive(Debug)]
pub(super) struct Watchdog {
    ended: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// How often a call whose time is over is told so.
    const AGAIN: Duration = Duration::from_millis(5);

    /// Watches one call, until the value is dropped.
    ///
    /// # Errors
    /// When the system has no thread to spare.
    pub(super) fn watch(engine: &wasmtime::Engine, deadline: Instant) -> std::io::Result<Watchdog> {
        let ended = Arc::new((Mutex::new(false), Condvar::new()));
        let (engine, watched) = (engine.clone(), Arc::clone(&ended));
        let thread = std::thread::Builder::new().name("headlock-time-limit".to_owned()).spawn(move || {
            let (lock, signal) = &*watched;
            let mut wait = deadline.saturating_duration_since(Instant::now());
            let mut ended = lock.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                ended =
                    signal.wait_timeout_while(ended, wait, |ended| !*ended).unwrap_or_else(PoisonError::into_inner).0;
                if *ended {
                    return;
                }
                engine.increment_epoch();
                wait = Watchdog::AGAIN;
            }
        })?;
        Ok(Watchdog { ended, thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        *self.ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.1.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; if it did, there would be nothing to do about it here.
            let _ = thread.join();
        }
    }
}
