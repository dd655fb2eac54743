//! What a solver may use: memory and time.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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
    /// go on and answer something else. The released solver takes 64 MiB when it begins, and touches what it needs.
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
    /// It waits for a time to come, and its clocks stand still.
    #[cfg(feature = "wasi")]
    Waiting,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stopped::Memory => "stopped by the memory limit",
            Stopped::Table => "stopped by the limit on tables",
            Stopped::Time => "stopped by the time limit",
            #[cfg(feature = "wasi")]
            Stopped::Waiting => "stopped waiting",
        })
    }
}

impl std::error::Error for Stopped {}

/// The state of a store: what is used so far, and when to stop.
pub(super) struct Guard {
    limits: Limits,
    memory: usize,
    table_entries: usize,
    /// What WASI knows, for a solver that asks it something.
    #[cfg(feature = "wasi")]
    sealed: Option<Box<super::sealed::Sealed>>,
    /// When the current call is stopped.
    pub(super) deadline: Instant,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Guard {
        Guard {
            limits,
            memory: 0,
            table_entries: 0,
            #[cfg(feature = "wasi")]
            sealed: None,
            deadline: Instant::now() + limits.time,
        }
    }

    /// What WASI knows.
    #[cfg(feature = "wasi")]
    pub(super) fn sealed(&mut self) -> &mut super::sealed::Sealed {
        self.sealed.get_or_insert_with(|| Box::new(super::sealed::Sealed::new()))
    }

    /// What the solver has printed.
    pub(super) fn printed(&self) -> String {
        #[cfg(feature = "wasi")]
        return self.sealed.as_ref().map(|sealed| sealed.printed()).unwrap_or_default();
        #[cfg(not(feature = "wasi"))]
        String::new()
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

/// Does something about it when the time of a solve is over, again and again as long as a call goes on.
///
/// One thread watches all calls of a solve. Time runs during calls only, so no deadline is earlier than the one before
/// it, and the thread need not be told of a new one: it sleeps until the one it knows of.
#[derive(Debug)]
pub(super) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    watched: Mutex<Watched>,
    ended: Condvar,
}

/// What a solve does at the moment.
#[derive(Clone, Copy, Debug)]
enum Watched {
    /// It waits for its next call, which may take so long.
    Idle(Duration),
    /// It is in a call, until then.
    Running(Instant),
    /// It is over.
    Ended,
}

impl Shared {
    fn get(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, watched: Watched) {
        *self.get() = watched;
    }

    /// Watches until the solve is over.
    fn watch(&self, mut overdue: impl FnMut()) {
        let mut watched = self.get();
        loop {
            let wait = match *watched {
                Watched::Ended => return,
                Watched::Idle(left) => left,
                Watched::Running(deadline) => deadline.saturating_duration_since(Instant::now()),
            };
            if wait.is_zero() && matches!(*watched, Watched::Running(_)) {
                // However long that takes, the call can end meanwhile.
                drop(watched);
                overdue();
                watched = self.get();
                if matches!(*watched, Watched::Ended) {
                    return;
                }
            }
            let wait = wait.max(Watchdog::AGAIN);
            watched = self.ended.wait_timeout(watched, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Watchdog {
    /// How often something is done about a call whose time is over, and how late it may begin.
    const AGAIN: Duration = Duration::from_millis(5);

    /// Watches a solve whose calls may take so long all together, until the value is dropped. `overdue` is called from
    /// another thread.
    ///
    /// # Errors
    /// When the system has no thread to spare.
    pub(super) fn new(time: Duration, overdue: impl FnMut() + Send + 'static) -> std::io::Result<Watchdog> {
        let shared = Arc::new(Shared { watched: Mutex::new(Watched::Idle(time)), ended: Condvar::new() });
        let watched = Arc::clone(&shared);
        let name = "headlock-time-limit".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn(move || watched.watch(overdue))?;
        Ok(Watchdog { shared, thread: Some(thread) })
    }

    /// A call begins, which must end by then.
    pub(super) fn begin(&self, deadline: Instant) {
        self.shared.set(Watched::Running(deadline));
    }

    /// The call has ended; so much time is left for others.
    pub(super) fn pause(&self, left: Duration) {
        self.shared.set(Watched::Idle(left));
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.set(Watched::Ended);
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; if it did, there would be nothing to do about it here.
            let _ = thread.join();
        }
    }
}
