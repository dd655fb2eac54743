//! A whole copy of another's registry, made from its entries: tiles, pages and indexes of every epoch follow from these, and
//! must be those that its log has committed to. So a copy that is whole has been audited on the way.
//!
//! Nothing is signed here, and every file has one content, so a run that is killed leaves nothing that is wrong; the next goes
//! on behind the last epoch that it finished. The checkpoint comes last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fs_err as fs;
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::index::page_path;
use headlock_log::page::MAX_PAGE;
use headlock_log::record::Record;

use super::files::Files;
use super::index::SparseIndex;
use super::journal::CHECKPOINT;
use super::lines::Lines;
use super::package::GrowingPage;
use super::store::{Folder, LockedFolder, Reader};
use super::tree::{Edge, required};
use super::{Step, replay};
use crate::error::{Error, Result};
use crate::sources::EVIDENCE;

/// How far a copy has got: size, root and index of its newest whole epoch, a line each.
const PROGRESS: &str = ".writer/mirror";

/// Longest such file, in bytes.
const MAX_PROGRESS: u64 = 256;

/// Gives the entries of a log, proven at a head.
pub trait Entries {
    /// Some entries from a place on, at least one, in their order.
    ///
    /// # Errors
    /// The answer is no: what is served is not what was signed. Could not check: it cannot be had.
    fn from(&mut self, place: u64) -> Result<Vec<Vec<u8>>>;
}

/// What mirroring came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// How many entries were there already.
    pub had: u64,
    /// How many were added.
    pub added: u64,
}

/// Whether a folder is a whole copy of another's registry, finished or not.
pub fn is_whole_copy(dir: &Path) -> bool {
    dir.join(PROGRESS).exists()
}

/// Copies a log up to a head into a folder, which is made if it is not there. `checkpoint` is that of the head.
///
/// # Errors
/// The answer is no: the log has committed to something that does not follow from its entries, or the folder is a copy of
/// another log. Could not check: as `entries` says, or the folder cannot be written.
pub fn mirror(
    dir: &Path,
    head: &Head,
    checkpoint: &[u8],
    entries: &mut dyn Entries,
    progress: &mut dyn FnMut(Step),
) -> Result<Mirrored> {
    fs::create_dir_all(dir).map_err(|error| Error::could_not_check(error.to_string()))?;
    let mut copy = Copy::open(Files::new(Box::new(LockedFolder::lock(dir)?))?, &head.origin)?;
    let had = copy.edge.size();
    while copy.edge.size() < head.size {
        for entry in entries.from(copy.edge.size())? {
            let place = copy.edge.size();
            copy.push(place, &entry)?;
            progress(Step::Records { done: place + 1, of: head.size });
            if place + 1 == head.size {
                break;
            }
        }
    }
    if copy.edge.root() != head.root || copy.edge.size() != copy.settled {
        let (origin, size) = (&head.origin, head.size);
        return Err(Error::no(format!(
            "{} is no copy of the log {origin} of the head with {size} records",
            dir.display()
        ))
        .hint("it has another history, or the log's head does not end in an epoch; mirror into another folder"));
    }
    copy.files.put(CHECKPOINT, checkpoint)?;
    copy.files.settle()?;
    Ok(Mirrored { had: had.min(head.size), added: head.size.saturating_sub(had) })
}

/// A copy on its way.
struct Copy {
    origin: String,
    files: Files,
    edge: Edge,
    index: SparseIndex,
    /// The size behind the newest whole epoch.
    settled: u64,
    /// Pages with records since then, by the names of their subjects.
    pages: BTreeMap<Box<str>, (GrowingPage<()>, Option<Digest>)>,
    lines: Lines,
}

impl Copy {
    fn open(files: Files, origin: &str) -> Result<Copy> {
        let (edge, index, settled) = match read_progress(&files)? {
            None => (Edge::default(), SparseIndex::empty(), 0),
            Some((size, root, index)) => (Edge::read(&files, size, &root)?.0, SparseIndex::of_root(index), size),
        };
        let (pages, lines, origin) = (BTreeMap::new(), Lines::default(), origin.to_owned());
        Ok(Copy { origin, files, edge, index, settled, pages, lines })
    }

    fn push(&mut self, place: u64, entry: &[u8]) -> Result<()> {
        let record = Record::parse(entry).map_err(|error| self.violation(place, &error.to_string()))?;
        if let Record::Epoch(epoch) = record {
            let index = self.pages(place)?;
            if index != epoch.index {
                let what =
                    format!("an epoch with the index {}, and that over all records before is {index}", epoch.index);
                return Err(self.violation(place, &what));
            }
            let full = self.edge.push(entry).map_err(|error| Error::no(error.to_string()))?;
            self.put(full)?;
            return self.settle(index);
        }
        let subject = record.subject().map(|subject| subject.to_string()).unwrap_or_default();
        let origin = self.origin.clone();
        let (page, _) = self.page(&subject)?;
        let expected = page.digest();
        match page.after(&origin, place, &record) {
            Ok(authority) => page.hand_to(authority),
            Err(fault) => return Err(self.violation(place, &format!("{}: {}", fault.what, fault.why))),
        }
        let Some(line) = page.push(place, &record, entry) else {
            return Err(self.violation(place, &format!("a page of {subject} that is longer than any reader takes")));
        };
        if record.prev() != expected {
            return Err(self.violation(place, &format!("a record of {subject} that does not name the page before it")));
        }
        self.lines.push(&mut self.files, &subject, &line)?;
        let full = self.edge.push(entry).map_err(|error| Error::no(error.to_string()))?;
        self.put(full)
    }

    /// The page of a subject, to be grown.
    fn page(&mut self, subject: &str) -> Result<&mut (GrowingPage<()>, Option<Digest>)> {
        if !self.pages.contains_key(subject) {
            let old = self.index.page(&self.files, subject)?;
            let page = match &old {
                Some(digest) => {
                    let bytes = required(&self.files, &page_path(digest), MAX_PAGE as u64)?;
                    GrowingPage::read(&self.origin, subject, digest, &bytes)?
                }
                None => GrowingPage::empty(),
            };
            self.pages.insert(subject.into(), (page, old));
        }
        self.pages.get_mut(subject).ok_or_else(|| Error::could_not_check(format!("{subject} was forgotten")))
    }

    /// Writes the pages that have grown, and leads the index to them. Returns its root.
    fn pages(&mut self, place: u64) -> Result<Digest> {
        let grown = std::mem::take(&mut self.pages);
        for (subject, (page, _)) in &grown {
            if !self.index.has_room(&self.files, subject, 0)? && self.index.page(&self.files, subject)?.is_none() {
                return Err(self.violation(place, &format!("an index without room for {subject}")));
            }
            if let Some(digest) = page.digest() {
                self.index.insert(&self.files, subject, digest)?;
            }
        }
        for byte in 0..=u8::MAX {
            let part = self.lines.take(&mut self.files, byte)?;
            for (subject, lines) in part.by_subject()? {
                let Some((page, old)) = grown.get(subject) else { continue };
                let Some(new) = page.digest() else { continue };
                let mut bytes = match old {
                    Some(old) => required(&self.files, &page_path(old), MAX_PAGE as u64)?,
                    None => Vec::new(),
                };
                lines.into_iter().for_each(|line| bytes.extend_from_slice(line));
                self.files.put(&page_path(&new), &bytes)?;
            }
        }
        self.lines = Lines::default();
        self.index.finish(&self.files)
    }

    /// Writes what follows from an epoch, and notes that all up to it is there.
    fn settle(&mut self, index: Digest) -> Result<()> {
        for part in self.index.new_parts() {
            self.files.put(&self.index.path(part), &self.index.bytes(part))?;
        }
        let partial = self.edge.partial(self.settled);
        self.put(partial)?;
        self.files.settle()?;
        self.settled = self.edge.size();
        // What is in memory of the index is read anew where it is needed.
        self.index = SparseIndex::of_root(index);
        let progress = format!("{}\n{}\n{index}\n", self.settled, self.edge.root());
        self.files.put(PROGRESS, progress.as_bytes())?;
        self.files.settle()
    }

    fn put(&mut self, contents: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<()> {
        contents.into_iter().try_for_each(|(path, bytes)| self.files.put(&path, &bytes))
    }

    fn violation(&self, place: u64, what: &str) -> Error {
        Error::no(format!("{} holds, at record {place}, {what}: it is not copied further", self.origin)).hint(EVIDENCE)
    }
}

/// The contents of all releases of a log that has been copied.
///
/// # Errors
/// Could not check: entries that are missing. No: an entry that is no record.
pub fn contents(dir: &Path, head: &Head) -> Result<BTreeSet<Digest>> {
    let mut contents = BTreeSet::new();
    replay::entries(&Folder::new(dir), 0, head.size, &mut |place, entry| {
        match Record::parse(entry) {
            Ok(Record::Release(release)) => drop(contents.insert(release.content)),
            Ok(_) => {}
            Err(error) => return Err(Error::no(format!("record {place}: {error}"))),
        }
        Ok(())
    })?;
    Ok(contents)
}

/// How many records a copy of another's registry has, finished or not; nothing, if it is none.
pub(super) fn progress(files: &Files) -> Result<Option<u64>> {
    match files.exists(PROGRESS)? {
        true => Ok(read_progress(files)?.map(|(size, _, _)| size)),
        false => Ok(None),
    }
}

fn read_progress(files: &Files) -> Result<Option<(u64, Digest, Digest)>> {
    let Some(bytes) = files.read(PROGRESS, MAX_PROGRESS)? else {
        if files.exists(CHECKPOINT)? {
            return Err(Error::malformed("expected a copy of a registry or nothing, found a registry of its own")
                .hint("mirror into another folder"));
        }
        return Ok(None);
    };
    let parse = || {
        let mut lines = std::str::from_utf8(&bytes).ok()?.lines();
        let (size, root, index) = (lines.next()?, lines.next()?, lines.next()?);
        Some((size.parse().ok()?, root.parse().ok()?, index.parse().ok()?))
    };
    match parse() {
        Some(progress) => Ok(Some(progress)),
        None => Err(Error::could_not_check(format!("{PROGRESS}: expected how far the copy is, found something else"))
            .hint("take the file and the checkpoint away; the copy is then made anew, from what is there")),
    }
}
