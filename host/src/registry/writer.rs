//! A registry that is open for writing.

use std::path::Path;

use fs_err as fs;
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::name::check_origin;
use headlock_log::record::{Epoch, Record};

use super::files::Files;
use super::index::SparseIndex;
use super::journal::{self, Left};
use super::signer::Signer;
use super::store::{LockedFolder, Store};
use super::transaction::Transaction;
use super::tree::Edge;
use crate::error::{Error, Result};

/// A registry of which this process is the only writer.
pub struct Registry<'k> {
    pub(super) files: Files,
    pub(super) signer: &'k dyn Signer,
    pub(super) state: State,
    /// Whether a transaction may have left something behind.
    pub(super) unclean: bool,
    /// The head that was made here and waits for its signature.
    pub(super) waits: Option<Head>,
}

/// What the newest head says.
pub(super) struct State {
    pub(super) head: Head,
    pub(super) edge: Edge,
    /// Root of the index.
    pub(super) index: Digest,
}

impl State {
    fn read(files: &Files, head: Head) -> Result<State> {
        let (edge, last) = Edge::read(files, head.size, &head.root)?;
        match Record::parse(&last) {
            Ok(Record::Epoch(Epoch { index })) => Ok(State { head, edge, index }),
            _ => {
                let size = head.size;
                Err(Error::no(format!("expected an epoch as the last record of the head of size {size}, found none"))
                    .hint("this registry was not written by this program; audit it"))
            }
        }
    }
}

impl<'k> Registry<'k> {
    /// Makes a registry in a folder, which is made if it is not there. Its origin is the key's name; its first head,
    /// of size 1, commits to an index without packages. If it is signed another time, the registry has no head until then.
    ///
    /// # Errors
    /// Malformed: the folder holds a registry, or the key's name cannot be an origin. Could not check: the folder
    /// cannot be written, or somebody else is writing it.
    pub fn init(dir: &Path, signer: &'k dyn Signer) -> Result<Registry<'k>> {
        check_origin(signer.verifier().name()).map_err(|error| {
            Error::malformed(format!("the key's name cannot be the origin of a log: {error}"))
                .hint("make a key with another name")
        })?;
        fs::create_dir_all(dir).map_err(|error| Error::could_not_check(error.to_string()))?;
        Registry::init_in(Box::new(LockedFolder::lock(dir)?), signer)
    }

    /// Opens a registry for writing. What an earlier run signed is finished, what it did not sign is taken away.
    ///
    /// # Errors
    /// Malformed: the folder holds no registry. Refused: its head is not under the log's key, or one waits for its
    /// signature. No: it holds other tiles than
    /// those signed. Could not check: it cannot be read or written, files are missing, or somebody else is writing it.
    pub fn open(dir: &Path, signer: &'k dyn Signer) -> Result<Registry<'k>> {
        if !dir.is_dir() {
            return Err(no_registry(&format!("no folder at {}", dir.display())));
        }
        let exists =
            fs::exists(dir.join(journal::CHECKPOINT)).map_err(|error| Error::could_not_check(error.to_string()));
        // A folder that is no registry is not touched; one whose making was interrupted may lack its checkpoint.
        if !exists? && !fs::exists(dir.join(super::store::WRITER)).is_ok_and(|exists| exists) {
            return Err(no_registry(&format!("a folder without a checkpoint at {}", dir.display())));
        }
        Registry::open_in(Box::new(LockedFolder::lock(dir)?), signer)
    }

    pub(super) fn init_in(store: Box<dyn Store>, signer: &'k dyn Signer) -> Result<Registry<'k>> {
        let mut files = Files::new(store)?;
        let recovered = journal::recover(&mut files, &signer.verifier())?;
        if let Some(head) = recovered.head {
            // This very command, interrupted after it had signed.
            if recovered.left == Left::Signed && head.size == 1 {
                return Registry::load(files, signer, head);
            }
            let Head { origin, size, .. } = head;
            return Err(Error::malformed(format!(
                "expected a folder without a registry, found the registry {origin}, size {size}"
            ))
            .hint("publish to it, or name another folder"));
        }
        if let Some(tile) = journal::any_tile(&files)? {
            return Err(Error::malformed(format!(
                "expected a folder without a registry, found {tile}, but no checkpoint"
            ))
            .hint("if a checkpoint was lost, bring it back; else name another folder"));
        }
        let edge = Edge::default();
        let head = Head { origin: signer.verifier().name().to_owned(), size: 0, root: edge.root() };
        let index = SparseIndex::empty();
        let state = State { head, edge, index: index.root() };
        let mut registry = Registry { files, signer, state, unclean: false, waits: None };
        let mut transaction = Transaction::new(&mut registry, index);
        transaction.start()?;
        transaction.seal(&mut |_| ())?;
        Ok(registry)
    }

    pub(super) fn open_in(store: Box<dyn Store>, signer: &'k dyn Signer) -> Result<Registry<'k>> {
        let mut files = Files::new(store)?;
        match journal::recover(&mut files, &signer.verifier())?.head {
            Some(head) => Registry::load(files, signer, head),
            None => Err(no_registry("a folder without a checkpoint")),
        }
    }

    fn load(files: Files, signer: &'k dyn Signer, head: Head) -> Result<Registry<'k>> {
        let state = State::read(&files, head)?;
        Ok(Registry { files, signer, state, unclean: false, waits: None })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.state.head.origin
    }

    /// The newest head.
    pub fn head(&self) -> &Head {
        &self.state.head
    }

    /// The head that was made last: the newest, or one that waits for its signature.
    pub fn made(&self) -> &Head {
        self.waits.as_ref().unwrap_or(&self.state.head)
    }

    /// Begins a transaction. Nothing is written before the first record, and nothing stays if it is not committed.
    ///
    /// # Errors
    /// As for [`Registry::open`], where an earlier transaction was broken off.
    pub fn begin(&mut self) -> Result<Transaction<'_, 'k>> {
        if self.unclean {
            self.files.abandon()?;
            if let Some(head) = journal::recover(&mut self.files, &self.signer.verifier())?.head {
                self.state = State::read(&self.files, head)?;
            }
            self.unclean = false;
        }
        let index = SparseIndex::of_root(self.state.index);
        Ok(Transaction::new(self, index))
    }

    /// Adds records and an epoch, all or none.
    ///
    /// # Errors
    /// As for [`Registry::publish`]. `prev` of a record must be empty, and a record must be no epoch: these are the
    /// log's.
    pub fn append(&mut self, records: &[Record<'_>]) -> Result<Head> {
        let mut transaction = self.begin()?;
        for record in records {
            transaction.push(record)?;
        }
        transaction.commit(&mut |_| ())
    }
}

fn no_registry(found: &str) -> Error {
    Error::malformed(format!("expected a registry, found {found}"))
        .hint("name its folder, or make one with `headlock registry init`")
}
