//! Where a registry's files are: reading them, and the few operations that a writer needs, each of which a crash may
//! follow. [`LockedFolder`] does them in a folder; tests do them in memory and crash after each.

use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::error::{Error, Result};
use crate::files::open_regular;

/// Where a writer keeps what is its own. A copy of the registry needs none of it, and nobody need serve it.
pub(super) const WRITER: &str = ".writer";
/// From how many files on syncing the whole file system is quicker than syncing each.
const MANY: usize = 64;
/// How many files are synced together: as many as there are, within the memory that their names take.
const BATCH: usize = 1 << 16;
/// Held by whoever writes.
const LOCK: &str = ".writer/lock";

/// Reads the files of a registry.
pub trait Reader {
    /// The content of the file at `path`, relative to the registry's base, with `/`; none if there is no such file.
    ///
    /// # Errors
    /// Could not check: the file is longer than `limit` bytes, or cannot be read for any reason but its absence.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>>;
}

/// What a writer does to a registry's files. Nothing is durable before it is synced.
pub(super) trait Store: Reader {
    /// Whether there is such a file.
    fn exists(&self, path: &str) -> Result<bool>;
    /// The names in a folder, files and folders, ascending; none if there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<String>>;
    /// Makes a folder in one that is there. It may be there already.
    fn create_folder(&mut self, folder: &str) -> Result<()>;
    /// Adds bytes to the end of a file, which begins empty.
    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<()>;
    /// How many new files wait for one another, to be synced together.
    fn batch(&self) -> usize;
    /// Makes the content of files durable.
    fn sync_files(&mut self, paths: &[String]) -> Result<()>;
    /// Makes durable which files and folders these folders hold. The registry's base is `""`.
    fn sync_folders(&mut self, folders: &[String]) -> Result<()>;
    /// Gives a file another name, whose file, if there is one, is replaced.
    fn rename(&mut self, from: &str, to: &str) -> Result<()>;
    /// Takes a file away. It may be gone already.
    fn remove(&mut self, path: &str) -> Result<()>;
    /// Takes an empty folder away.
    fn remove_folder(&mut self, folder: &str) -> Result<()>;
}

/// A registry in a folder, to be read.
#[derive(Debug)]
pub struct Folder {
    base: PathBuf,
}

impl Folder {
    /// The registry in the folder `base`.
    pub fn new(base: impl Into<PathBuf>) -> Folder {
        Folder { base: base.into() }
    }

    fn path(&self, path: &str) -> PathBuf {
        match path {
            "" => self.base.clone(),
            path => self.base.join(path),
        }
    }
}

impl Reader for Folder {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let path = self.path(path);
        let failed = |error| Error::could_not_check(format!("could not read {}: {error}", path.display()));
        let file = match open_regular(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            let path = path.display();
            return Err(Error::could_not_check(format!("{path}: expected at most {limit} bytes, found more")));
        }
        Ok(Some(bytes))
    }
}

/// A registry in a folder, to be written by nobody else as long as this lives.
#[derive(Debug)]
pub(super) struct LockedFolder {
    folder: Folder,
    /// Closing it lets the lock go.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "it is held, not used"))]
    lock: fs::File,
}

impl LockedFolder {
    /// Takes the lock of a folder that is there.
    ///
    /// # Errors
    /// Could not check: another writer holds the lock, or the folder cannot be written.
    pub(super) fn lock(base: &Path) -> Result<LockedFolder> {
        let mut folder = Folder::new(base);
        folder.make_folder(WRITER)?;
        let path = folder.path(LOCK);
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        file.file().try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => {
                let base = base.display();
                Error::could_not_check(format!("{base} is being written by another process, which holds {LOCK}"))
                    .hint("wait until it is done, then do this again")
            }
            std::fs::TryLockError::Error(error) => failed(error),
        })?;
        Ok(LockedFolder { folder, lock: file })
    }
}

impl Folder {
    fn make_folder(&mut self, folder: &str) -> Result<()> {
        let path = self.path(folder);
        match fs::create_dir(&path) {
            Ok(()) => set_mode(&path, 0o755),
            Err(error) if error.kind() == IoKind::AlreadyExists => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Reader for LockedFolder {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.folder.read(path, limit)
    }
}

impl Store for LockedFolder {
    fn exists(&self, path: &str) -> Result<bool> {
        self.folder.path(path).try_exists().map_err(failed)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let entries = match fs::read_dir(self.folder.path(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            // A name that is not UTF-8 is none of ours.
            names.extend(entry.map_err(failed)?.file_name().into_string().ok());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create_folder(&mut self, folder: &str) -> Result<()> {
        self.folder.make_folder(folder)
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.path(path);
        let write = || -> std::io::Result<()> {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(bytes)?;
            set_file_mode(file.file(), 0o644)
        };
        write().map_err(failed)
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn sync_files(&mut self, paths: &[String]) -> Result<()> {
        if paths.len() > MANY && self.sync_everything()? {
            return Ok(());
        }
        paths.iter().try_for_each(|path| {
            fs::File::open(self.folder.path(path)).and_then(|file| file.sync_all()).map_err(failed)
        })
    }

    fn sync_folders(&mut self, folders: &[String]) -> Result<()> {
        if folders.len() > MANY && self.sync_everything()? {
            return Ok(());
        }
        folders.iter().try_for_each(|folder| sync_folder(&self.folder.path(folder)))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        fs::rename(self.folder.path(from), self.folder.path(to)).map_err(failed)
    }

    fn remove(&mut self, path: &str) -> Result<()> {
        match fs::remove_file(self.folder.path(path)) {
            Err(error) if error.kind() != IoKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    fn remove_folder(&mut self, folder: &str) -> Result<()> {
        match fs::remove_dir(self.folder.path(folder)) {
            Err(error) if error.kind() != IoKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }
}

impl LockedFolder {
    /// Syncs the whole file system, where that is one call. Returns whether it is.
    #[cfg(target_os = "linux")]
    fn sync_everything(&self) -> Result<bool> {
        match rustix::fs::syncfs(self.lock.file()) {
            Ok(()) => Ok(true),
            Err(error) => Err(failed(error.into())),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_everything(&self) -> Result<bool> {
        Ok(false)
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::could_not_check(error.to_string())
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<()> {
    fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Elsewhere folders cannot be opened, and renaming is as durable as the system makes it.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn set_file_mode(file: &std::fs::File, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_file_mode(_: &std::fs::File, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(failed)
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> Result<()> {
    Ok(())
}
