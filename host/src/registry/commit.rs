//! The end of a transaction: the epoch, the files that follow from it, and the new head.

use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::{Digest, Hasher};
use headlock_log::index::{blob_path, page_path};
use headlock_log::record::{Epoch, Record};
use headlock_log::tile::{Tile, VerifiedTiles};

use super::names::Names;
use super::publish::read_chunks;
use super::transaction::{Package, Progress, Transaction, old_page};
use super::writer::{Registry, State};
use super::{Step, journal};
use crate::error::{Error, Result};

impl Transaction<'_, '_> {
    /// Keeps a content file in the registry, under its sha256.
    pub(super) fn keep_content(&mut self, path: &Path, hash: &Digest) -> Result<()> {
        let files = &mut self.registry.files;
        if files.exists(&blob_path(hash))? {
            return Ok(());
        }
        let growing = files.begin();
        let mut hasher = Hasher::new();
        read_chunks(path, |chunk| {
            hasher.update(chunk);
            files.grow(&growing, chunk)
        })?;
        if hasher.digest() != *hash {
            let path = path.display();
            return Err(Error::could_not_check(format!("{path} has changed while it was read")).hint("do this again"));
        }
        files.finish(growing, &blob_path(hash));
        Ok(())
    }

    /// Writes the records, an epoch and a new head; without records, nothing. Returns the newest head.
    ///
    /// # Errors
    /// Could not check: files that cannot be read or written. No: files that are not what was signed. The head is the
    /// old one, unless the hint says otherwise.
    pub fn commit(self, progress: &mut dyn FnMut(Step)) -> Result<Head> {
        match self.progress {
            Progress::Fresh => Ok(self.registry.head().clone()),
            Progress::Started => self.seal(progress),
            Progress::Failed => {
                Err(Error::could_not_check("an earlier record of the transaction could not be written"))
            }
        }
    }

    /// Writes down that a transaction begins.
    pub(super) fn start(&mut self) -> Result<()> {
        if self.progress == Progress::Fresh {
            self.registry.unclean = true;
            journal::begin(&mut self.registry.files, self.registry.state.head.size)?;
            self.progress = Progress::Started;
        }
        Ok(())
    }

    /// Writes the epoch and everything that hangs on it, then the head.
    pub(super) fn seal(mut self, progress: &mut dyn FnMut(Step)) -> Result<Head> {
        let base = self.registry.state.head.size;
        let mut packages = std::mem::take(&mut self.packages);
        packages.retain(|_, package| package.is_changed());
        let mut new = Vec::new();
        for (name, package) in &packages {
            if let Some(digest) = package.page.digest() {
                self.index.insert(&self.registry.files, name, digest)?;
                new.push(page_path(&digest));
            }
        }
        let (index, parts) = self.index.finish(&self.registry.files)?;
        let epoch = Record::Epoch(Epoch { index }).encode();
        let full = self.edge.push(&epoch).map_err(|error| Error::could_not_check(error.to_string()))?;
        self.put(full)?;
        self.put(self.edge.partial(base))?;

        let files = &mut self.registry.files;
        new.extend(parts.iter().map(|(path, _)| path.clone()));
        let mut absent = Vec::new();
        for path in new {
            if !files.exists(&path)? {
                absent.push(path);
            }
        }
        journal::list(files, base, &absent)?;
        let of = (packages.len() + parts.len()) as u64;
        let mut done = 0;
        for package in packages.into_values() {
            self.write_page(package)?;
            done += 1;
            progress(Step::Files { done, of });
        }
        for part in parts {
            self.put([part])?;
            done += 1;
            progress(Step::Files { done, of });
        }
        let Registry { files, key, state, unclean } = &mut *self.registry;
        let head = Head { origin: key.name().to_owned(), size: self.edge.size(), root: self.edge.root() };
        self.names.write(files)?;
        // From here on everything that the head commits to is durable.
        files.settle()?;
        Names::vouch(files, head.size)?;
        let signed = Checkpoint::sign(&head, key).map_err(|error| Error::could_not_check(error.to_string()))?;
        journal::finish(files, &signed).map_err(|error| {
            error.hint(format!("the head of size {} is signed; whoever writes next finishes it", head.size))
        })?;
        *state = State { head: head.clone(), edge: self.edge.clone(), index };
        *unclean = false;
        // The head stands. Partial tiles that are full now are only in the way, and so no reason for an error.
        let _ = self.remove_partial(base, head.size);
        Ok(head)
    }

    fn write_page(&mut self, package: Package) -> Result<()> {
        let Some(digest) = package.page.digest() else { return Ok(()) };
        let files = &mut self.registry.files;
        match package.growing {
            Some(growing) => {
                files.grow(&growing, &package.added)?;
                files.finish(growing, &page_path(&digest));
                Ok(())
            }
            None => {
                let mut page = old_page(files, package.old)?;
                page.extend_from_slice(&package.added);
                files.put(&page_path(&digest), &page)
            }
        }
    }

    /// Takes away partial tiles that a log of size `old` had and that are full at size `new`: whoever looks for one
    /// takes the full one (C2SP tlog-tiles, "Partial Tiles").
    fn remove_partial(&mut self, old: u64, new: u64) -> Result<()> {
        for tile in VerifiedTiles::edge(old) {
            let end = |tile: Tile| (u128::from(tile.index) + 1) << (8 * (u32::from(tile.level) + 1));
            if end(tile) <= u128::from(new) {
                self.registry.files.remove_with_files(&format!("{}.p", tile.full().path()))?;
                if tile.level == 0 {
                    self.registry.files.remove_with_files(&format!("{}.p", tile.full().entries_path()))?;
                }
            }
        }
        self.registry.files.settle()
    }
}
