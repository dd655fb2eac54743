//! Evidence against logs that lie, and that there is none against logs that do not.

mod form;
mod honest;
mod lies;
mod maintainers;

use super::*;
use crate::checkpoint::Head;
use crate::index::{Bin, Index, Node256, VerifiedIndex, bin_of, key_of_package, node_path, prove_bin};
use crate::merkle::{leaf_hash, prove_consistency, prove_inclusion, subtree_root};
use crate::note::SigningKey;
use crate::page::format_line;
use crate::record::{Epoch, Handover, Maintainers, Mention, Record, Release, format_signature};

const ORIGIN: &str = "registry.example/test";

fn key() -> SigningKey {
    SigningKey::generate_from_seed(ORIGIN, [7; 32]).unwrap()
}

fn release<'a>(package: &'a str, version: &'a str, prev: Option<Digest>) -> Record<'a> {
    Record::Release(Release { prev, ..Release::new(package, version, Digest([1; 32])) })
}

fn yank<'a>(package: &'a str, version: &'a str, prev: Option<Digest>) -> Record<'a> {
    Record::Yank(Mention { package, version, prev })
}

/// The key of a maintainer.
fn maintainer(number: u8) -> SigningKey {
    SigningKey::generate_from_seed(&format!("m{number}"), [number; 32]).unwrap()
}

/// The first release of `t:m`, which names a maintainer.
fn maintained_release(vkey: &str) -> Record<'_> {
    let Record::Release(mut first) = release("t:m", "1.0.0", None) else { unreachable!() };
    first.maintainers = Some(Maintainers { threshold: 1, keys: vec![vkey] });
    Record::Release(first)
}

fn handover<'a>(package: &'a str, vkey: &'a str, prev: Option<Digest>) -> Record<'a> {
    let maintainers = Maintainers { threshold: 1, keys: vec![vkey] };
    Record::Maintainers(Handover { package, maintainers, prev, signatures: Vec::new() })
}

/// The record, signed for this log.
fn signed(record: &Record<'_>, keys: &[SigningKey]) -> Vec<u8> {
    let statement = record.statement(ORIGIN).unwrap();
    let mut signatures: Vec<String> = keys.iter().map(|key| format_signature(&key.sign(&statement).unwrap())).collect();
    signatures.sort();
    let mut record = record.clone();
    record.set_signatures(signatures.iter().map(String::as_str).collect());
    record.encode()
}

/// A log, any entries at all. It keeps every index that it was told to commit to.
#[derive(Clone, Default)]
struct Log {
    entries: Vec<Vec<u8>>,
    /// By the places of the epochs.
    indexes: std::collections::BTreeMap<u64, Index>,
}

impl Log {
    fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Adds an entry; gives its line of a page.
    fn push(&mut self, entry: &[u8]) -> Vec<u8> {
        self.entries.push(entry.to_vec());
        format_line(self.size() - 1, entry)
    }

    /// Adds an epoch with these pages; gives its place.
    fn epoch(&mut self, pages: &[(&str, &[u8])]) -> u64 {
        let mut index = Index::new();
        for (package, page) in pages {
            index.insert(key_of_package(package), Digest::of(page)).unwrap();
        }
        self.epoch_of(index)
    }

    fn epoch_of(&mut self, index: Index) -> u64 {
        self.push(&Record::Epoch(Epoch { index: index.root() }).encode());
        self.indexes.insert(self.size() - 1, index);
        self.size() - 1
    }

    fn node(&self, level: u8, index: u64) -> Digest {
        let first = (index << level) as usize;
        let leaves: Vec<Digest> =
            self.entries[first..first + (1 << level)].iter().map(|entry| leaf_hash(entry)).collect();
        subtree_root(&leaves)
    }

    fn checkpoint(&self) -> Checkpoint {
        let mut tree = crate::merkle::Frontier::new();
        self.entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
        let head = Head { origin: ORIGIN.to_owned(), size: self.size(), root: tree.root() };
        Checkpoint::verify(&Checkpoint::sign(&head, &key()).unwrap(), &key().verifier()).unwrap()
    }

    fn proven(&self, place: u64) -> ProvenEntry {
        let proof = prove_inclusion(place, self.size(), |level, index| Some(self.node(level, index))).unwrap();
        ProvenEntry { place, entry: self.entries[place as usize].clone(), proof }
    }

    /// A claim about what the epoch at a place has of a package.
    fn index_claim(&self, epoch: u64, package: &str, page: Option<&[u8]>, entry: Option<u64>) -> Claim {
        let index = &self.indexes[&epoch];
        let files: std::collections::BTreeMap<String, Vec<u8>> = index.files().collect();
        let node = |hash: &Digest| Node256::parse(&files[&node_path(hash)]).unwrap();
        let key = key_of_package(package);
        let (top, number) = (node(&index.root()), bin_of(&key));
        let lower = node(&top.child(VerifiedIndex::lower_of(&key)));
        Claim::Index {
            subject: package.to_owned(),
            epoch: self.proven(epoch),
            bin: index.bin(number).format(),
            path: prove_bin(&top, &lower, number).unwrap(),
            page: page.map(<[u8]>::to_vec),
            entry: entry.map(|place| self.proven(place)),
        }
    }

    fn prev_claim(&self, record: u64, page: Option<&[u8]>, entry: Option<u64>) -> Claim {
        let entry = entry.map(|place| self.proven(place));
        Claim::Prev { record: self.proven(record), page: page.map(<[u8]>::to_vec), entry }
    }

    fn maintainers_claim(&self, record: u64, page: Option<&[u8]>) -> Claim {
        Claim::Maintainers { record: self.proven(record), page: page.map(<[u8]>::to_vec) }
    }

    fn evidence(&self, claim: &Claim) -> Vec<u8> {
        Evidence { checkpoint: &self.checkpoint(), claim }.format()
    }

    /// The first entries of the log as a replay.
    fn replay(&self, size: u64) -> Vec<u8> {
        let mut text = format_replay_start(&self.checkpoint());
        for (place, entry) in (0..size).zip(&self.entries) {
            text.push_str(&format_replayed(place, entry));
        }
        let proof = prove_consistency(size, self.size(), |level, index| Some(self.node(level, index))).unwrap();
        text.push_str(&format_consistency(&proof));
        text.into_bytes()
    }

    fn shows(&self, claim: &Claim) -> Result<String, String> {
        said(&self.evidence(claim))
    }
}

fn said(evidence: &[u8]) -> Result<String, String> {
    match check(evidence, &key().verifier()) {
        Ok(checked) => Ok(checked.falsehood.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// A log with two releases of `t:a`, a yank of the first and a release of `t:b`, honest to the last epoch: places 1, 2,
/// 3 and 4. With the page of `t:a` behind each of its records.
fn three_records() -> (Log, Vec<Vec<u8>>, Vec<u8>) {
    let mut log = Log::default();
    log.epoch(&[]);
    let mut pages: Vec<Vec<u8>> = vec![Vec::new()];
    type Make = fn(Option<Digest>) -> Record<'static>;
    let records: [Make; 3] =
        [|prev| release("t:a", "1.0.0", prev), |prev| release("t:a", "1.1.0", prev), |prev| yank("t:a", "1.0.0", prev)];
    for make in records {
        let before = pages.last().unwrap().clone();
        let prev = (!before.is_empty()).then(|| Digest::of(&before));
        let line = log.push(&make(prev).encode());
        pages.push([before, line].concat());
    }
    let other = log.push(&release("t:b", "1.0.0", None).encode());
    (log, pages, other)
}
