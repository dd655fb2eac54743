//! What this host remembers of logs: the newest head of each that it has verified.
//!
//! A log is known by its keys, those that the trust file names for it, retired ones among them: whoever takes its name with
//! another key says nothing about it. The memory can only refuse: a head that contradicts what was seen before is never
//! accepted, and nothing is ever accepted because it is remembered.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};

use fs_err as fs;
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::fork::Beginning;
use headlock_log::note::VerifierKey;

use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::fork::forked;
use crate::trust::AcceptedHead;

/// Largest remembered head, in bytes.
const MAX_HEAD: u64 = 4096;

/// The newest verified head of each origin, a file each.
#[derive(Clone, Debug)]
pub struct Memory {
    folder: PathBuf,
}

/// How a head stands to the remembered one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is remembered of the log.
    New,
    /// It is the remembered head.
    Same,
    /// It is larger than the remembered one: the remembered one must be proven a prefix of it.
    Ahead(Head),
    /// It is smaller: it must be proven a prefix of the remembered one.
    Behind(Head),
}

impl Memory {
    /// The memory in a folder, which need not exist.
    pub fn new(folder: &Path) -> Memory {
        Memory { folder: folder.to_owned() }
    }

    /// A log is an origin and a key: under another key it is another log, whose statements bind nobody.
    pub(crate) fn path(&self, key: &VerifierKey) -> PathBuf {
        self.folder.join(Digest::of(key.to_string().as_bytes()).to_string())
    }

    /// What is remembered of the log of this key.
    ///
    /// # Errors
    /// Could not check: the file cannot be read, or is not a checkpoint that the key has signed.
    pub fn get(&self, key: &VerifierKey) -> Result<Option<Head>> {
        Ok(self.checkpoint(key)?.map(|(checkpoint, _)| checkpoint.head().clone()))
    }

    /// As [`Memory::get`], as its log signed it.
    fn checkpoint(&self, key: &VerifierKey) -> Result<Option<(Checkpoint, Vec<u8>)>> {
        let path = self.path(key);
        let changed = |error: Box<dyn StdError + Send + Sync>| {
            let what = format!("{}: expected the remembered head of {}", path.display(), key.name());
            Error::could_not_check(what)
                .because(error)
                .hint("the file was changed by something else; remove it to forget the log's head")
        };
        let bytes = match files::read_bytes(&path, MAX_HEAD) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            // No file of the user's is malformed: what this host wrote for itself cannot be read.
            Err(error) if error.kind() == ErrorKind::Malformed => return Err(changed(error.into())),
            Err(error) => return Err(error),
        };
        let checkpoint = Checkpoint::verify(&bytes, key).map_err(|error| changed(error.into()))?;
        Ok(Some((checkpoint, bytes)))
    }

    /// How a verified head stands to the one that is remembered under a key of its log, which need not be the key that has
    /// signed it: a log may have several.
    ///
    /// # Errors
    /// The answer is no: the log has signed two heads of one size. Could not check: as [`Memory::get`].
    pub fn compare(&self, accepted: &AcceptedHead, key: &VerifierKey) -> Result<Standing> {
        let head = accepted.head();
        let Some(known) = self.get(key)? else { return Ok(Standing::New) };
        if known.size == head.size {
            if known.root == head.root {
                return Ok(Standing::Same);
            }
            return Err(self.fork(&known, accepted, key, |_, _| Err(Error::no("of one size"))));
        }
        Ok(if known.size < head.size { Standing::Ahead(known) } else { Standing::Behind(known) })
    }

    /// Remembers a head that was verified, as its log signed it, if it is larger than the remembered one and was proven consistent with it.
    ///
    /// # Errors
    /// Could not check: the file cannot be written.
    pub fn remember(&self, accepted: &AcceptedHead) -> Result<()> {
        let head = accepted.head();
        if self.get(accepted.key())?.is_some_and(|known| known.size >= head.size) {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(|error| Error::could_not_check(error.to_string()))?;
        files::replace(&self.path(accepted.key()), accepted.checkpoint().as_bytes())
    }

    /// Two statements of one log that cannot both be true: the one that is remembered under a key, and another that was verified. `beginning` proves
    /// what the newer one says that the log was at the size of the older.
    pub fn fork(
        &self,
        known: &Head,
        accepted: &AcceptedHead,
        key: &VerifierKey,
        beginning: impl FnOnce(&Head, u64) -> Result<Beginning>,
    ) -> Error {
        let head = accepted.head();
        let text = |head: &Head| format!("{} records, root {}", head.size, head.root_base64());
        let (origin, known, found) = (&head.origin, text(known), text(head));
        let what =
            format!("the log {origin} has forked: this host has seen a head with {known}, and now one with {found}");
        let seen = self.checkpoint(key).ok().flatten().map(|(_, bytes)| bytes).unwrap_or_default();
        let keys = [key.clone(), accepted.key().clone()];
        forked(what, [&seen, accepted.checkpoint().as_bytes()], &keys, beginning)
    }
}
