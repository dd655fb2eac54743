//! Files that are whole and durable, or not there, on top of a [`Store`].
//!
//! A new file is written under another name, synced and renamed, and its folder is synced, before anything relies on
//! it. Many files wait for one another, so that a disk is asked for thousands of them at once and not one by one.

use std::collections::BTreeSet;

use super::store::{Reader, Store};
use super::tree::required;
use crate::error::Result;

/// Where files grow before they are renamed.
const SCRATCH: &str = ".writer/new";
/// Largest file that is taken back before it has a name, in bytes.
const MAX_GROWN: u64 = 1 << 40;

/// Whole and durable files on top of a store: what is put or removed happens with the next [`Files::settle`].
pub(super) struct Files {
    store: Box<dyn Store>,
    /// Folders that are known to be there.
    known: BTreeSet<String>,
    /// Files that are written under another name, and their own.
    waiting: Vec<(Growing, String)>,
    /// Folders whose entries have changed since they were last synced.
    unsettled: BTreeSet<String>,
    /// Number of the next scratch file.
    next: u64,
}

/// A file that grows under another name; it is nothing until [`Files::finish`] gives it its own.
#[derive(Debug)]
pub(super) struct Growing(u64);

impl Growing {
    fn path(&self) -> String {
        format!("{SCRATCH}/{}", self.0)
    }
}

impl Reader for Files {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.store.read(path, limit)
    }
}

impl Files {
    /// Files in a store. Whatever an earlier writer left half-written is taken away.
    pub(super) fn new(store: Box<dyn Store>) -> Result<Files> {
        let (known, unsettled) = (BTreeSet::new(), BTreeSet::new());
        let mut files = Files { store, known, waiting: Vec::new(), unsettled, next: 0 };
        files.abandon()?;
        Ok(files)
    }

    /// Takes away what was written since the last [`Files::settle`] and is not there yet.
    pub(super) fn abandon(&mut self) -> Result<()> {
        self.waiting.clear();
        // What failed may have been the making of a folder.
        self.known = BTreeSet::from([String::new()]);
        self.ensure_folder(SCRATCH)?;
        for name in self.store.list(SCRATCH)? {
            self.store.remove(&format!("{SCRATCH}/{name}"))?;
        }
        Ok(())
    }

    /// Whether there is such a file.
    pub(super) fn exists(&self, path: &str) -> Result<bool> {
        self.store.exists(path)
    }

    /// The names in a folder.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.store.list(folder)
    }

    /// Writes a file, whole or not at all. It is there, and durable, after [`Files::settle`].
    pub(super) fn put(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let growing = self.begin();
        self.grow(&growing, bytes)?;
        self.finish(growing, path)
    }

    /// Writes a file under its own name, now: a crash may leave a part of it. Durable after [`Files::settle`].
    pub(super) fn put_in_place(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        self.remove(path)?;
        self.ensure_folder(folder_of(path))?;
        self.store.append(path, bytes)?;
        self.store.sync_files(&[path.to_owned()])?;
        self.unsettled.insert(folder_of(path).to_owned());
        Ok(())
    }

    /// Begins a file that is written bit by bit.
    pub(super) fn begin(&mut self) -> Growing {
        self.next += 1;
        Growing(self.next)
    }

    /// Adds to the end of a growing file.
    pub(super) fn grow(&mut self, growing: &Growing, bytes: &[u8]) -> Result<()> {
        self.store.append(&growing.path(), bytes)
    }

    /// The content of a growing file, which will get no name.
    pub(super) fn take(&mut self, growing: Growing) -> Result<Vec<u8>> {
        let path = growing.path();
        let bytes = required(&*self.store, &path, MAX_GROWN)?;
        self.store.remove(&path)?;
        Ok(bytes)
    }

    /// Gives a growing file its name. It is there, and durable, after [`Files::settle`]; perhaps before.
    pub(super) fn finish(&mut self, growing: Growing, path: &str) -> Result<()> {
        self.waiting.push((growing, path.to_owned()));
        match self.waiting.len() < self.store.batch() {
            true => Ok(()),
            false => self.name_waiting(),
        }
    }

    /// Takes a file away, for good after [`Files::settle`].
    pub(super) fn remove(&mut self, path: &str) -> Result<()> {
        if self.store.exists(path)? {
            self.store.remove(path)?;
            self.unsettled.insert(folder_of(path).to_owned());
        }
        Ok(())
    }

    /// Takes away a folder that holds nothing but files, and these.
    pub(super) fn remove_with_files(&mut self, folder: &str) -> Result<()> {
        let names = self.store.list(folder)?;
        if names.is_empty() && !self.store.exists(folder)? {
            return Ok(());
        }
        for name in names {
            self.store.remove(&format!("{folder}/{name}"))?;
        }
        self.store.remove_folder(folder)?;
        self.known.remove(folder);
        self.unsettled.remove(folder);
        self.unsettled.insert(folder_of(folder).to_owned());
        Ok(())
    }

    /// Makes everything durable that was written or taken away before.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.name_waiting()?;
        let folders: Vec<String> = std::mem::take(&mut self.unsettled).into_iter().collect();
        self.store.sync_folders(&folders)
    }

    /// Gives the files that wait their names, once their content is durable.
    fn name_waiting(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let scratch: Vec<String> = waiting.iter().map(|(growing, _)| growing.path()).collect();
        self.store.sync_files(&scratch)?;
        for ((_, path), scratch) in waiting.into_iter().zip(scratch) {
            self.ensure_folder(folder_of(&path))?;
            self.store.rename(&scratch, &path)?;
            self.unsettled.insert(folder_of(&path).to_owned());
        }
        Ok(())
    }

    fn ensure_folder(&mut self, folder: &str) -> Result<()> {
        if self.known.contains(folder) {
            return Ok(());
        }
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        for end in ends {
            let part = &folder[..end];
            if self.known.insert(part.to_owned()) {
                self.store.create_folder(part)?;
                self.unsettled.insert(folder_of(part).to_owned());
            }
        }
        Ok(())
    }
}

/// The folder that a file or folder is in.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
