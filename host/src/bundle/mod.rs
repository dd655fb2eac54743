//! Bundles: the files that the verification of one lock reads, in one file.
//!
//! A bundle is a sparse mirror. It says nothing and proves nothing: what is taken from it is checked like a file from
//! anywhere else. What it holds follows from the lock, so there is one bundle of a lock, and one that holds a file more
//! is refused by whoever has verified with it. The form is docs/bundle.md's.

mod form;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use headlock_log::digest::Digest;

use crate::error::{Error, Result};
use crate::files::open_regular;

pub use form::FIRST_LINE;
pub(crate) use form::{by_hash, of_log};
pub use write::{Part, Written, write};

/// A bundle, opened: which files it holds, and where. None has been looked at.
pub struct Bundle {
    path: PathBuf,
    source: Mutex<Box<dyn Source>>,
    entries: Vec<Entry>,
}

/// Where a bundle's bytes are.
trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// A file of a bundle.
#[derive(Debug)]
struct Entry {
    name: String,
    start: u64,
    length: u64,
    read: AtomicBool,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("path", &self.path).field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Bundle {
    /// Opens a bundle: reads which files it holds.
    ///
    /// # Errors
    /// Malformed: not a bundle. Could not check: it cannot be read.
    pub fn open(path: &Path) -> Result<Bundle> {
        let failed =
            |error: std::io::Error| Error::could_not_check(format!("could not read {}: {error}", path.display()));
        let file = open_regular(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::could_not_check(format!("there is no bundle at {}", path.display()))
                .hint("`headlock bundle -o FILE` makes one"),
            _ => failed(error),
        })?;
        let whole = file.metadata().map_err(failed)?.len();
        Bundle::over(path, file, whole)
    }

    /// A bundle of these bytes: reads which files it holds. `path` is for messages.
    ///
    /// # Errors
    /// Malformed: not a bundle.
    pub fn of_bytes(path: &Path, bytes: Vec<u8>) -> Result<Bundle> {
        let whole = bytes.len() as u64;
        Bundle::over(path, Cursor::new(bytes), whole)
    }

    fn over(path: &Path, mut source: impl Source + 'static, whole: u64) -> Result<Bundle> {
        let listed = form::read(&mut BufReader::new(&mut source))
            .map_err(|error| Error::could_not_check(format!("could not read {}: {error}", path.display())))?
            .map_err(|fault| Error::malformed(format!("{}: {fault}", path.display())))?;
        if listed.end != whole {
            let end = listed.end;
            return Err(Error::malformed(format!(
                "{}: expected {end} bytes, by what its list says, found {whole}",
                path.display()
            ))
            .hint("was it cut off?"));
        }
        let entry = |form::Listed { name, start, length }| Entry { name, start, length, read: AtomicBool::new(false) };
        let entries = listed.entries.into_iter().map(entry).collect();
        Ok(Bundle { path: path.to_owned(), source: Mutex::new(Box::new(source)), entries })
    }

    /// A file's bytes; nothing if there is no file of the name.
    ///
    /// # Errors
    /// It has more bytes than the limit, or cannot be read.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Option<std::result::Result<Vec<u8>, ReadError>> {
        let place = self.entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
        let entry = &self.entries[place];
        Some(if entry.length > limit { Err(ReadError::TooLong) } else { self.bytes(entry).map_err(ReadError::Failed) })
    }

    fn bytes(&self, entry: &Entry) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(entry.length).map_err(std::io::Error::other)?];
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.seek(SeekFrom::Start(entry.start))?;
        source.read_exact(&mut bytes)?;
        entry.read.store(true, Ordering::Relaxed);
        Ok(bytes)
    }

    /// A file's name, for messages.
    pub(crate) fn place(&self, name: &str) -> String {
        format!("{}: {name}", self.path.display())
    }

    /// The name of each file, ascending, and how many bytes it has.
    pub fn list(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries.iter().map(|entry| (entry.name.as_str(), entry.length))
    }

    /// A file's bytes, unchecked; nothing if there is no file of the name, or it has more bytes than the limit, or cannot
    /// be read.
    pub fn file(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        self.read(name, limit)?.ok()
    }

    /// How many files it holds.
    pub fn files(&self) -> usize {
        self.entries.len()
    }

    /// That each file was read: a bundle of this lock holds no other.
    ///
    /// # Errors
    /// The answer is no: it holds files that nobody has read.
    pub fn check_all_read(&self) -> Result<()> {
        let mut unread = self.entries.iter().filter(|entry| !entry.read.load(Ordering::Relaxed));
        let Some(first) = unread.next() else { return Ok(()) };
        let more = match unread.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let (path, name) = (self.path.display(), &first.name);
        Err(Error::no(format!("{path} holds a file that the lock's verification does not read: {name}{more}"))
            .hint("it is the bundle of another lock, or somebody has added to it; `headlock bundle` makes one"))
    }

    /// The component of this sha256, if the bundle carries it.
    ///
    /// # Errors
    /// The answer is no: it is another, or has more bytes than a component can have. Could not check: it cannot be read.
    pub fn component(&self, sha256: &Digest, limit: u64) -> Option<Result<Vec<u8>>> {
        let name = form::component(sha256);
        let place = self.place(&name);
        Some(match self.read(&name, limit)? {
            Ok(bytes) if Digest::of(&bytes) == *sha256 => Ok(bytes),
            Ok(bytes) => {
                Err(Error::no(format!("{place}: expected the component {sha256}, found {}", Digest::of(&bytes))))
            }
            Err(ReadError::TooLong) => Err(Error::no(format!("{place}: expected at most {limit} bytes, found more"))),
            Err(ReadError::Failed(error)) => Err(Error::could_not_check(format!("{place}: {error}"))),
        })
    }
}

/// Why a file of a bundle is not had.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It has more bytes than such a file can have.
    TooLong,
    /// What the system says.
    Failed(std::io::Error),
}
