//! The end of a transaction: the epoch, the files that follow from it, and the new head.

use std::collections::BTreeMap;
use std::path::Path;

use headlock_log::checkpoint::Head;
use headlock_log::digest::{Digest, Hasher};
use headlock_log::index::{blob_path, page_path};
use headlock_log::page::MAX_PAGE;
use headlock_log::record::{Epoch, Record, Release};
use headlock_log::tile::{Tile, VerifiedTiles};

use super::names::Names;
use super::publish::read_chunks;
use super::rejection::Rejection;
use super::request::Request;
use super::transaction::{Progress, Transaction};
use super::tree::required;
use super::writer::{Registry, State};
use super::{Step, journal, signer, waiting};
use crate::error::{Error, Result};

/// What becomes of a head that was to be signed elsewhere and was not, as far as is known here.
fn unsigned(error: Error, is_elsewhere: bool, head: &Head) -> Error {
    if is_elsewhere { waiting::unsigned(error, head) } else { error }
}

/// A page that has grown.
struct Grown {
    /// The page that the registry has.
    old: Option<Digest>,
    /// The page that it will have.
    new: Digest,
}

impl Transaction<'_, '_> {
    /// Keeps a content file in the registry, under its sha256.
    pub(super) fn keep_content(&mut self, path: &Path, hash: &Digest) -> Result<()> {
        let files = &mut self.registry.files;
        if files.exists(&blob_path(hash))? {
            return Ok(());
        }
        let growing = files.begin();
        // One without bytes is a file, too.
        files.grow(&growing, &[])?;
        let mut hasher = Hasher::new();
        read_chunks(path, |chunk| {
            hasher.update(chunk);
            files.grow(&growing, chunk)
        })?;
        if hasher.digest() != *hash {
            let path = path.display();
            return Err(Error::could_not_check(format!("{path} has changed while it was read")).hint("do this again"));
        }
        files.finish(growing, &blob_path(hash))
    }

    /// Whether a release is published and says what this one says, and the registry has no such content.
    pub(super) fn lacks_content(&mut self, release: &Release<'_>) -> Result<bool> {
        match self.check_unpublished(release) {
            Err(Rejection::Same { .. }) => Ok(!self.registry.files.exists(&blob_path(&release.content))?),
            Ok(()) | Err(Rejection::Published { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the content of a release where the registry [lacks it](Transaction::lacks_content). Says whether that was so.
    pub(super) fn keep_missing_content(&mut self, release: &Release<'_>, path: &Path) -> Result<bool> {
        if !self.lacks_content(release)? {
            return Ok(false);
        }
        self.keep_content(path, &release.content)?;
        self.registry.files.settle()?;
        Ok(true)
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

    /// Writes the epoch and everything that hangs on it, then the head. One that is signed another time waits.
    pub(super) fn seal(mut self, progress: &mut dyn FnMut(Step)) -> Result<Head> {
        let base = self.registry.state.head.size;
        let changed = self.insert_pages()?;
        let index = self.index.finish(&self.registry.files)?;
        let epoch = Record::Epoch(Epoch { index }).encode();
        let full = self.edge.push(&epoch).map_err(|error| Error::could_not_check(error.to_string()))?;
        self.put(full)?;
        self.put(self.edge.partial(base))?;

        let parts = self.index.new_parts();
        let pages = changed.values().map(|page| page_path(&page.new));
        let new = pages.chain(parts.iter().map(|part| self.index.path(*part)));
        journal::list(&mut self.registry.files, base, new)?;
        let of = (changed.len() + parts.len()) as u64;
        let mut done = 0;
        let mut written = || {
            done += 1;
            progress(Step::Files { done, of });
        };
        self.write_pages(&changed, &mut written)?;
        for part in parts {
            self.registry.files.put(&self.index.path(part), &self.index.bytes(part))?;
            written();
        }
        let Registry { files, signer, state, unclean, waits } = &mut *self.registry;
        let key = signer.verifier();
        let head = Head { origin: key.name().to_owned(), size: self.edge.size(), root: self.edge.root() };
        self.names.write(files)?;
        // From here on everything that the head commits to is durable.
        files.settle()?;
        Names::vouch(files, head.size)?;
        if signer.is_elsewhere() {
            journal::wait(files, &head)?;
        }
        let signature = signer.sign(&head).map_err(|error| unsigned(error, signer.is_elsewhere(), &head))?;
        let Some(signature) = signature else {
            // The registry is what it was until the signature is there.
            signer.take(&Request::from(files, &head, state.edge.frontier().clone())?)?;
            *waits = Some(head.clone());
            return Ok(head);
        };
        let signed = signer::checkpoint(&head, &key, signature)
            .map_err(|error| unsigned(error, signer.is_elsewhere(), &head))?;
        journal::finish(files, &signed).map_err(|error| {
            error.hint(format!("the head of size {} is signed; whoever writes next finishes it", head.size))
        })?;
        *state = State { head: head.clone(), edge: self.edge.clone(), index };
        *unclean = false;
        // The head stands. Partial tiles that are full now are only in the way, and so no reason for an error.
        let _ = self.remove_partial(base, head.size);
        Ok(head)
    }

    /// Leads the index to the pages that have grown. What else was known of them is forgotten.
    fn insert_pages(&mut self) -> Result<BTreeMap<Box<str>, Grown>> {
        let mut changed = BTreeMap::new();
        for (name, page) in std::mem::take(&mut self.pages) {
            if let (old, Some(new)) = (page.old, page.page.digest())
                && old != Some(new)
            {
                self.index.insert(&self.registry.files, &name, new)?;
                changed.insert(name, Grown { old, new });
            }
        }
        Ok(changed)
    }

    /// Writes the pages that have grown.
    fn write_pages(&mut self, changed: &BTreeMap<Box<str>, Grown>, written: &mut dyn FnMut()) -> Result<()> {
        let files = &mut self.registry.files;
        for byte in 0..=u8::MAX {
            let part = self.lines.take(files, byte)?;
            for (name, lines) in part.by_subject()? {
                let Some(Grown { old, new }) = changed.get(name) else { continue };
                let mut page = match old {
                    Some(old) => required(files, &page_path(old), MAX_PAGE as u64)?,
                    None => Vec::new(),
                };
                lines.into_iter().for_each(|line| page.extend_from_slice(line));
                files.put(&page_path(new), &page)?;
                written();
            }
        }
        Ok(())
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
