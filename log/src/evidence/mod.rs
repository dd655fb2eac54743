//! Evidence: a file that shows, to whoever has a log's key and nothing else, that the log's signer made a false statement.
//!
//! A signed head vouches for every entry below it, an epoch among them for the index over all records before it, and a
//! record for its package's page before it. So some of what a log signed can contradict the rest: an epoch whose index
//! leads to a page without a record that stands before the epoch is false, and the checkpoint, the two entries, their
//! inclusion proofs, the bin and the page show it, however long the log is. Where the files of a false index are not to be
//! had, the entries up to it show the same: whoever replays them finds another root.
//!
//! What is shown is a contradiction among the signer's own statements, never that somebody said so: an honest log's proofs
//! do not combine into evidence against it, whoever combines them. docs/log.md specifies the format, and what each kind
//! shows.
//!
//! ```
//! use headlock_log::evidence::{Claim, Evidence, Falsehood, ProvenEntry, check};
//! # use headlock_log::checkpoint::{Checkpoint, Head};
//! # use headlock_log::merkle::{leaf_hash, node_hash};
//! # use headlock_log::note::SigningKey;
//! # let key = SigningKey::generate_from_seed("registry.example", [7; 32])?;
//! # let entry = br#"{"yank":{"package":"wasi:http","version":"0.2.0"}}"#.to_vec();
//! # let head = Head { origin: "registry.example".to_owned(), size: 1, root: leaf_hash(&entry) };
//! # let checkpoint = Checkpoint::verify(&Checkpoint::sign(&head, &key)?, &key.verifier())?;
//! // A signed head must end in an epoch, and this one ends in a yank.
//! let claim = Claim::Record(ProvenEntry { place: 0, entry, proof: Vec::new() });
//! let evidence = Evidence { checkpoint: &checkpoint, claim: &claim }.format();
//! assert_eq!(check(&evidence, &key.verifier())?.falsehood, Falsehood::NoEpoch { place: 0 });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod error;
mod falsehood;
mod judge;
mod line;
mod replay;
#[cfg(test)]
mod tests;

pub use check::{Check, Checked, check};
pub use error::EvidenceError;
pub use falsehood::{Commitment, Falsehood, RecordName};
pub use line::{MAX_LINE, format_consistency, format_replayed};

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use line::Item;

/// The first line.
const FIRST_LINE: &str = "headlock evidence 1";

/// What it begins with in every version.
const KIND: &str = "headlock evidence ";

/// An entry of the log, and the RFC 6962 proof that the checkpoint's tree has it at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenEntry {
    /// Its place, from 0.
    pub place: u64,
    /// Its bytes.
    pub entry: Vec<u8>,
    /// The inclusion proof.
    pub proof: Vec<Digest>,
}

/// What evidence holds beside the checkpoint, but for a replay, which is as long as the log: see [`format_replayed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// What an epoch's index says of a package, or of another subject, is false.
    Index {
        /// The subject's name.
        subject: String,
        /// The epoch.
        epoch: ProvenEntry,
        /// The subject's bin in the epoch's index; no bytes are the empty bin.
        bin: Vec<u8>,
        /// The inclusion proof of the bin in the index, the RFC 6962 tree over the 65,536 bins.
        path: Vec<Digest>,
        /// The page that the bin names; nothing if it names none, or is no bin.
        page: Option<Vec<u8>>,
        /// The entry that it contradicts; nothing if bin or page are none in themselves.
        entry: Option<ProvenEntry>,
    },
    /// What a record says of its subject's page before it is false.
    Prev {
        /// The record.
        record: ProvenEntry,
        /// The page that its `prev` names; nothing if it names none.
        page: Option<Vec<u8>>,
        /// The entry that it contradicts; nothing if the page is none in itself.
        entry: Option<ProvenEntry>,
    },
    /// An entry is one that no log may hold, or not where it stands.
    Record(ProvenEntry),
    /// Two packages whose names are the same.
    Names(ProvenEntry, ProvenEntry),
    /// A record of a package that its maintainers should have signed, and have not.
    Maintainers {
        /// The record.
        record: ProvenEntry,
        /// The page that its `prev` names; nothing if it names none.
        page: Option<Vec<u8>>,
    },
}

/// Evidence, to be written.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The head that the log signed.
    pub checkpoint: &'a Checkpoint,
    /// What it signed a contradiction with.
    pub claim: &'a Claim,
}

impl Evidence<'_> {
    /// The evidence's bytes, which [`check`] reads. They are evidence only if it says so.
    pub fn format(&self) -> Vec<u8> {
        let mut text = format_start(self.checkpoint, self.claim.kind());
        for item in self.claim.items() {
            text.push_str(&item.format());
        }
        text.into_bytes()
    }
}

/// The beginning of a replay: [`format_replayed`] for each entry from 0 on, of which the last is the false one, and
/// [`format_consistency`] are to follow.
pub fn format_replay_start(checkpoint: &Checkpoint) -> String {
    format_start(checkpoint, "replay")
}

fn format_start(checkpoint: &Checkpoint, kind: &str) -> String {
    format!("{FIRST_LINE}\n{}\n{}\nkind {kind}\n", checkpoint.head().text(), checkpoint.signature())
}

impl Claim {
    fn kind(&self) -> &'static str {
        match self {
            Claim::Index { .. } => "index",
            Claim::Prev { .. } => "prev",
            Claim::Record(_) => "record",
            Claim::Names(..) => "names",
            Claim::Maintainers { .. } => "maintainers",
        }
    }

    fn items(&self) -> Vec<Item<'_>> {
        let mut items = Vec::new();
        match self {
            Claim::Index { subject, epoch, bin, path, page, entry } => {
                items.push(Item::Subject(subject.as_str().into()));
                epoch.items(&mut items);
                items.extend((!bin.is_empty()).then(|| Item::Bin(bin.into())));
                items.push(Item::Path(path.clone()));
                items.extend(page.as_ref().map(|page| Item::Page(page.into())));
                entry.iter().for_each(|entry| entry.items(&mut items));
            }
            Claim::Prev { record, page, entry } => {
                record.items(&mut items);
                items.extend(page.as_ref().map(|page| Item::Page(page.into())));
                entry.iter().for_each(|entry| entry.items(&mut items));
            }
            Claim::Record(entry) => entry.items(&mut items),
            Claim::Names(first, second) => {
                first.items(&mut items);
                second.items(&mut items);
            }
            Claim::Maintainers { record, page } => {
                record.items(&mut items);
                items.extend(page.as_ref().map(|page| Item::Page(page.into())));
            }
        }
        items
    }
}

impl ProvenEntry {
    fn items<'a>(&'a self, items: &mut Vec<Item<'a>>) {
        items.push(Item::Entry(self.place, (&self.entry).into()));
        items.push(Item::Proof(self.proof.clone()));
    }
}
