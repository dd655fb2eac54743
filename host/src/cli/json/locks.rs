//! What locking and updating tell.

use serde::Serialize;

use super::changes::Changes;
use super::parts::LockFile;
use crate::cli::session::Place;
use crate::lock::Lock;
use crate::moving;

/// `headlock.lock/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Locking {
    format: &'static str,
    action: &'static str,
    lock: LockFile,
    rounds: Option<u32>,
    changes: Option<Changes>,
}

/// `headlock.update/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Updating {
    format: &'static str,
    action: &'static str,
    lock: LockFile,
    rounds: u32,
    changes: Changes,
    held_back: Vec<HeldBack>,
}

/// A package that was to move, and could be newer if all were free.
#[derive(Serialize)]
pub(in crate::cli) struct HeldBack {
    registry: String,
    name: String,
    version: Option<String>,
    free_version: String,
}

impl Locking {
    pub(in crate::cli) fn new(
        action: &'static str,
        place: &Place,
        lock: &Lock,
        rounds: Option<u32>,
        changes: Option<Changes>,
    ) -> Locking {
        let lock = LockFile::of(lock, &place.lock_path());
        Locking { format: "headlock.lock/1", action, lock, rounds, changes }
    }
}

impl Updating {
    pub(in crate::cli) fn new(
        action: &'static str,
        place: &Place,
        lock: &Lock,
        rounds: u32,
        changes: Changes,
        held_back: &[moving::HeldBack],
    ) -> Updating {
        let held = |held: &moving::HeldBack| HeldBack {
            registry: held.registry.clone(),
            name: held.name.clone(),
            version: held.is.as_ref().map(ToString::to_string),
            free_version: held.would_be.to_string(),
        };
        let held_back = held_back.iter().map(held).collect();
        let lock = LockFile::of(lock, &place.lock_path());
        Updating { format: "headlock.update/1", action, lock, rounds, changes, held_back }
    }
}
