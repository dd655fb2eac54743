//! What this host remembers of logs: the newest head of each that it has verified.
//!
//! The memory can only refuse: a head that contradicts what was seen before is never accepted, and nothing is ever
//! accepted because it is remembered.

use std::path::{Path, PathBuf};

use fs_err as fs;
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::note::SignedNote;

use crate::error::{Error, Result};
use crate::files;
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

    fn path(&self, origin: &str) -> PathBuf {
        self.folder.join(Digest::of(origin.as_bytes()).to_string())
    }

    /// What is remembered of a log.
    ///
    /// # Errors
    /// Could not check: the file cannot be read, or holds something else.
    pub fn get(&self, origin: &str) -> Result<Option<Head>> {
        let path = self.path(origin);
        let Some(text) = files::read_text(&path, MAX_HEAD)? else { return Ok(None) };
        let head = SignedNote::parse(text.as_bytes()).ok().and_then(|note| Head::parse(note.text()).ok());
        match head {
            Some(head) if head.origin == origin => Ok(Some(head)),
            _ => Err(Error::could_not_check(format!("{}: expected the remembered head of {origin}", path.display()))
                .hint("the file was changed by something else; remove it to forget the log's head")),
        }
    }

    /// How a verified head stands to the remembered one.
    ///
    /// # Errors
    /// The answer is no: the log has signed two heads of one size. Could not check: as [`Memory::get`].
    pub fn compare(&self, head: &Head) -> Result<Standing> {
        let Some(known) = self.get(&head.origin)? else { return Ok(Standing::New) };
        if known.size == head.size {
            if known.root == head.root {
                return Ok(Standing::Same);
            }
            return Err(self.fork(&known, head));
        }
        Ok(if known.size < head.size { Standing::Ahead(known) } else { Standing::Behind(known) })
    }

    /// Remembers a head that was verified, as its log signed it, if it is larger than the remembered one and was proven consistent with it.
    ///
    /// # Errors
    /// Could not check: the file cannot be written.
    pub fn remember(&self, accepted: &AcceptedHead) -> Result<()> {
        let head = accepted.head();
        if self.get(&head.origin)?.is_some_and(|known| known.size >= head.size) {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(|error| Error::could_not_check(error.to_string()))?;
        files::replace(&self.path(&head.origin), accepted.checkpoint().as_bytes())
    }

    /// Two statements of one log that cannot both be true: the remembered one, and another that was verified.
    pub fn fork(&self, known: &Head, head: &Head) -> Error {
        let text = |head: &Head| format!("{} records, root {}", head.size, head.root_base64());
        let (origin, known, found) = (&head.origin, text(known), text(head));
        let place = self.path(origin);
        Error::no(format!(
            "the log {origin} has forked: this host has seen a head with {known}, and now one with {found}"
        ))
        .hint(format!(
            "keep this checkpoint and {}: both signed, they prove that the log's operator has made false statements",
            place.display()
        ))
    }
}
