//! Records on their way into a registry: all of them become part of it with one new head, or none does.

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use headlock_log::index::{bin_of, key_of, page_path};
use headlock_log::page::MAX_PAGE;
use headlock_log::record::{MAX_RECORD, Mention, Record, RecordError, Release, Subject};

use super::index::SparseIndex;
use super::lines::Lines;
use super::maintainers::Approval;
use super::names::Names;
use super::package::{GrowingPage, Keep, Known, Statement};
use super::peers::KnownPeers;
use super::rejection::Rejection;
use super::replay;
use super::tree::{Edge, required};
use super::writer::Registry;
use crate::error::{Error, Result};

/// Records on their way into a registry.
///
/// Dropped without [`Transaction::commit`], it leaves nothing but files that no head implies, and whoever writes next
/// takes these away.
pub struct Transaction<'r, 'k> {
    pub(super) registry: &'r mut Registry<'k>,
    pub(super) edge: Edge,
    pub(super) index: SparseIndex,
    pub(super) names: Names,
    /// Whether the names cover the whole log.
    names_whole: bool,
    /// The pages that were looked at, by the names of their subjects.
    pub(super) pages: BTreeMap<Box<str>, Growing>,
    /// The log's peers, once they were asked for.
    pub(super) peers: Option<KnownPeers>,
    /// How many subjects of each bin of the index are new.
    new_in_bin: BTreeMap<u16, usize>,
    pub(super) lines: Lines,
    pub(super) progress: Progress,
    /// Whether records are checked alone, and nothing of them is written.
    is_rehearsal: bool,
}

/// How far a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is written.
    Fresh,
    /// Entries are written.
    Started,
    /// A write failed; what is in memory and what is on disk may differ.
    Failed,
}

/// A page that was looked at.
pub(super) struct Growing {
    pub(super) page: GrowingPage<Statement>,
    /// The page that the registry has.
    pub(super) old: Option<Digest>,
}

impl<'r, 'k> Transaction<'r, 'k> {
    pub(super) fn new(registry: &'r mut Registry<'k>, index: SparseIndex) -> Transaction<'r, 'k> {
        Transaction {
            edge: registry.state.edge.clone(),
            index,
            names: Names::default(),
            names_whole: false,
            pages: BTreeMap::new(),
            peers: None,
            new_in_bin: BTreeMap::new(),
            lines: Lines::default(),
            progress: Progress::Fresh,
            is_rehearsal: false,
            registry,
        }
    }

    /// A transaction that takes or refuses one record as it would, and writes nothing.
    pub(super) fn rehearsal(mut self) -> Transaction<'r, 'k> {
        self.is_rehearsal = true;
        self
    }

    /// Adds a record; returns its place in the log. `prev` must be empty, and the record no epoch: these are the log's.
    ///
    /// # Errors
    /// Why the log does not take the record. Unless it is [`Rejection::Failed`], the transaction can go on without it.
    pub fn push(&mut self, record: &Record<'_>) -> Result<u64, Rejection> {
        match record {
            Record::Release(release) => self.release(release),
            Record::Yank(mention) if mention.prev.is_none() => self.yank(mention.package, mention.version),
            Record::Unyank(mention) if mention.prev.is_none() => self.unyank(mention.package, mention.version),
            Record::Yank(_) | Record::Unyank(_) => Err(Rejection::Reserved("prev")),
            Record::Maintainers(handover) if handover.prev.is_none() => self.handover(handover, &Approval::default()),
            Record::Maintainers(_) => Err(Rejection::Reserved("prev")),
            Record::Peer(peer) => self.peer(peer),
            Record::Unpeer(unpeer) => self.unpeer(unpeer),
            Record::Sync(sync) => self.sync(sync),
            Record::Epoch(_) => Err(Rejection::Reserved("an epoch")),
        }
    }

    /// Adds a release; see [`Transaction::push`].
    ///
    /// # Errors
    /// As for [`Transaction::push`].
    pub fn release(&mut self, release: &Release<'_>) -> Result<u64, Rejection> {
        if release.prev.is_some() {
            return Err(Rejection::Reserved("prev"));
        }
        self.approved_release(release, &Approval::default())
    }

    /// Adds a release that its package's maintainers have signed, or sign now.
    pub(super) fn approved_release(
        &mut self,
        release: &Release<'_>,
        approval: &Approval<'_>,
    ) -> Result<u64, Rejection> {
        let record = Record::Release(release.clone());
        record.check()?;
        for dependency in &release.dependencies {
            self.check_edge(dependency)?;
        }
        self.check_unpublished(release)?;
        let package = release.package;
        if self.page(package)?.page.digest().is_none() {
            self.check_new_package(package)?;
        }
        self.approve(package, record, approval)
    }

    /// Refuses a release of a version that is published, whatever it says.
    pub(super) fn check_unpublished(&mut self, release: &Release<'_>) -> Result<(), Rejection> {
        let Some(known) = self.known(release.package, release.version)? else { return Ok(()) };
        let (package, version) = (release.package.to_owned(), release.version.to_owned());
        if known.kept == Statement::of(release) {
            return Err(Rejection::Same { package, version });
        }
        Err(Rejection::Published { package, version, content: known.kept.content })
    }

    /// Adds a yank; see [`Transaction::push`].
    ///
    /// # Errors
    /// As for [`Transaction::push`].
    pub fn yank(&mut self, package: &str, version: &str) -> Result<u64, Rejection> {
        let prev = self.check_mention(package, version)?;
        if self.is_yanked(package, version)? {
            return Err(Rejection::Yanked { package: package.to_owned(), version: version.to_owned() });
        }
        self.add(package, &Record::Yank(Mention { package, version, prev }))
    }

    /// Adds a yank's end; see [`Transaction::push`].
    ///
    /// # Errors
    /// As for [`Transaction::push`].
    pub fn unyank(&mut self, package: &str, version: &str) -> Result<u64, Rejection> {
        let prev = self.check_mention(package, version)?;
        if !self.is_yanked(package, version)? {
            return Err(Rejection::NotYanked { package: package.to_owned(), version: version.to_owned() });
        }
        self.add(package, &Record::Unyank(Mention { package, version, prev }))
    }

    /// What the log, this transaction included, says of a version.
    pub(super) fn known(&mut self, package: &str, version: &str) -> Result<Option<&Known<Statement>>> {
        Ok(self.page(package)?.page.version(version))
    }
}

/// The parts of the above that look at one page, or write one file.
impl Transaction<'_, '_> {
    /// The page of a subject, by its name.
    pub(super) fn page(&mut self, name: &str) -> Result<&mut Growing> {
        if !self.pages.contains_key(name) {
            let files = &self.registry.files;
            let old = self.index.page(files, name)?;
            let page = match &old {
                Some(digest) => {
                    let bytes = required(files, &page_path(digest), MAX_PAGE as u64)?;
                    GrowingPage::read(self.registry.origin(), name, digest, &bytes)?
                }
                None => GrowingPage::empty(),
            };
            self.pages.insert(name.into(), Growing { page, old });
        }
        self.pages.get_mut(name).ok_or_else(|| Error::could_not_check(format!("{name} was forgotten")))
    }

    /// Whether a name can be a new package's.
    fn check_new_package(&mut self, package: &str) -> Result<(), Rejection> {
        let files = &self.registry.files;
        let size = self.registry.state.head.size;
        if !self.names_whole {
            let known = Names::known_size(files)?;
            let names = &mut self.names;
            replay::entries(files, known.min(size), size, &mut |_, entry| {
                let record = Record::parse(entry).map_err(|error| Error::no(error.to_string()))?;
                record.package().map_or(Ok(()), |package| names.insert(files, package))
            })?;
            self.names_whole = true;
        }
        for taken in self.names.alike(files, package)? {
            let pushed = self.pages.get(taken.as_str()).is_some_and(|page| page.page.digest().is_some());
            if pushed || self.index.page(files, &taken)?.is_some() {
                return Err(Rejection::NameTaken { package: package.to_owned(), taken });
            }
        }
        self.check_room(package)
    }

    /// Whether a subject can have its first page.
    pub(super) fn check_room(&mut self, subject: &str) -> Result<(), Rejection> {
        let pending = self.new_in_bin.get(&bin_of(&key_of(subject))).copied().unwrap_or(0);
        if !self.index.has_room(&self.registry.files, subject, pending)? {
            return Err(Rejection::NoRoom { subject: subject.to_owned() });
        }
        Ok(())
    }

    /// Checks that a version is there; returns what a record on it names as the page before.
    fn check_mention(&mut self, package: &str, version: &str) -> Result<Option<Digest>, Rejection> {
        Record::Yank(Mention { package, version, prev: None }).check()?;
        let is_known = self.known(package, version)?.is_some();
        let digest = self.page(package)?.page.digest();
        match is_known {
            true => Ok(digest),
            false => Err(Rejection::Missing {
                package: package.to_owned(),
                version: version.to_owned(),
                has_package: digest.is_some(),
            }),
        }
    }

    fn is_yanked(&mut self, package: &str, version: &str) -> Result<bool> {
        Ok(self.known(package, version)?.is_some_and(|known| known.yanked))
    }

    /// Adds a record that has been checked and is chained.
    pub(super) fn add(&mut self, subject: &str, record: &Record<'_>) -> Result<u64, Rejection> {
        let encoded = record.encode();
        if encoded.len() > MAX_RECORD {
            return Err(RecordError::TooLong(encoded.len()).into());
        }
        let place = self.edge.size();
        let origin = self.registry.origin().to_owned();
        let state = self.page(subject)?;
        let authority = state.page.after(&origin, place, record)?;
        let is_new = state.page.digest().is_none();
        let Some(line) = state.page.push(place, record, &encoded) else {
            return Err(Rejection::PageFull { subject: subject.to_owned(), limit: MAX_PAGE });
        };
        state.page.hand_to(authority);
        self.write(subject, is_new, &encoded, &line).inspect_err(|_| self.progress = Progress::Failed)?;
        Ok(place)
    }

    fn write(&mut self, subject: &str, is_new: bool, encoded: &[u8], line: &[u8]) -> Result<()> {
        if self.is_rehearsal {
            return Ok(());
        }
        self.start()?;
        if is_new {
            if let Subject::Package(package) = subject.into() {
                self.names.insert(&self.registry.files, package)?;
            }
            *self.new_in_bin.entry(bin_of(&key_of(subject))).or_default() += 1;
        }
        let full = self.edge.push(encoded).map_err(|error| Error::malformed(error.to_string()))?;
        self.put(full)?;
        self.lines.push(&mut self.registry.files, subject, line)
    }

    pub(super) fn put(&mut self, contents: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<()> {
        for (path, bytes) in contents {
            self.registry.files.put(&path, &bytes)?;
        }
        Ok(())
    }
}
