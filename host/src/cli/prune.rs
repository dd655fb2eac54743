//! `headlock registry prune`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::MAX_NOTE;

use super::output::Output;
use super::session::Place;
use super::words::{count, no_registry};
use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::registry::prune;
use crate::sources::{Fetcher, LogReader};
use crate::trust::folder_url;
use crate::{files, keys};

/// Takes away pages and indexes that neither the newest head needs nor the heads of the locks that are to be kept.
///
/// Nothing that was signed is lost: they follow from the log. Locks at other heads verify from their bundles.
#[derive(Args, Debug)]
pub(super) struct Prune {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's public key, which must have signed the head
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// Keep what verifying these locks needs
    #[arg(long, value_name = "LOCK", num_args = 1..)]
    keep: Vec<PathBuf>,
}

impl Prune {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let key = keys::read_public(&place.path(&self.log_key))?;
        let dir = place.path(&self.registry);
        let path = dir.join("checkpoint");
        let bytes = files::read_bytes(&path, MAX_NOTE as u64)?.ok_or_else(|| no_registry(&dir))?;
        let checkpoint =
            Checkpoint::verify(&bytes, &key).map_err(|error| Error::refused(format!("{}: {error}", path.display())))?;
        let url = folder_url(&dir)?;
        let fetcher = Arc::new(Fetcher::new(place.access(), key.name(), &[&url])?);
        let mut reader = LogReader::open(fetcher, checkpoint.head())?;
        let mut sizes = BTreeSet::new();
        for lock in &self.keep {
            let lock = place.path(lock);
            for head in heads(&lock, key.name())? {
                if !reader.holds(&head)? {
                    let (origin, size) = (&head.origin, head.size);
                    return Err(Error::no(format!(
                        "{} has a head of {origin} with {size} records that is none of this registry's",
                        lock.display()
                    ))
                    .hint("it is of a newer copy, or of another history"));
                }
                sizes.insert(head.size);
            }
        }
        let pruned = prune(&dir, &key, &sizes)?;
        output.result(&format!(
            "{}: {} taken away ({} bytes), {} kept",
            dir.display(),
            count(pruned.removed, "file"),
            pruned.bytes,
            pruned.kept
        ))
    }
}

/// The heads of a log in a lock: one, or none.
fn heads(path: &Path, origin: &str) -> Result<Vec<Head>> {
    let lock = Lock::read(path)?.ok_or_else(|| Error::malformed(format!("there is no lock at {}", path.display())))?;
    lock.logs().filter(|log| log.origin == origin).map(|log| log.head()).collect()
}
