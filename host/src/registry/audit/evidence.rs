//! Writing down what shows a violation to whoever has the log's key and nothing else.
//!
//! All proofs are made from the entries themselves, read once more: no tile needs to be there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, CheckpointError};
use headlock_log::digest::Digest;
use headlock_log::evidence::{
    Check, Checked, Claim, Evidence, EvidenceError, MAX_LINE, ProvenEntry, format_consistency, format_replay_start,
    format_replayed,
};
use headlock_log::index::{VerifiedIndex, bin_of, key_of, prove_bin};
use headlock_log::merkle::{leaf_hash, node_hash, prove_consistency, prove_inclusion};
use headlock_log::note::{NoteError, VerifierKey};
use headlock_log::record::Record;

use super::Step;
use super::diagnosis::{bin, node};
use crate::error::{Error, Result};
use crate::files;
use crate::registry::replay;
use crate::registry::store::Reader;

/// What shows a violation, by places in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// See [`Claim::Index`].
    Index { subject: String, epoch: u64, page: Option<Vec<u8>>, entry: Option<u64> },
    /// See [`Claim::Prev`].
    Prev { place: u64, page: Option<Vec<u8>>, entry: Option<u64> },
    /// See [`Claim::Record`].
    Record(u64),
    /// See [`Claim::Names`].
    Names(u64, u64),
    /// See [`Claim::Maintainers`].
    Maintainers { place: u64, page: Option<Vec<u8>> },
    /// All entries up to this one.
    Replay(u64),
}

/// A violation that can be shown to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Showable {
    pub(super) checkpoint: Checkpoint,
    pub(super) ground: Ground,
}

impl Ground {
    fn places(&self) -> Vec<u64> {
        match self {
            Ground::Index { epoch: place, entry, .. } | Ground::Prev { place, entry, .. } => {
                std::iter::once(*place).chain(*entry).collect()
            }
            Ground::Record(place) | Ground::Maintainers { place, .. } => vec![*place],
            Ground::Names(first, second) => vec![*first, *second],
            Ground::Replay(_) => Vec::new(),
        }
    }
}

impl Showable {
    /// Writes the evidence, and checks it as anybody would while it is written. Nothing that does not hold is returned
    /// as written.
    pub(super) fn write(
        &self,
        reader: &dyn Reader,
        key: &VerifierKey,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(Step),
    ) -> Result<Checked> {
        let mut writer = Writer { out, check: Check::new(key) };
        match self.ground {
            Ground::Replay(last) => self.replay(reader, last, &mut writer, progress)?,
            _ => {
                let claim = self.claim(reader, progress)?;
                let bytes = Evidence { checkpoint: &self.checkpoint, claim: &claim }.format();
                bytes.split_inclusive(|byte| *byte == b'\n').try_for_each(|line| writer.line(line))?;
            }
        }
        writer.check.finish().map_err(|error| defect(&error))
    }

    /// The entries up to the last one, and the proof that they are the log's beginning.
    fn replay(
        &self,
        reader: &dyn Reader,
        last: u64,
        writer: &mut Writer<'_>,
        progress: &mut dyn FnMut(Step),
    ) -> Result<()> {
        let size = self.checkpoint.head().size;
        let mut nodes = Nodes::default();
        nodes.want(|node| prove_consistency(last + 1, size, node))?;
        let start = format_replay_start(&self.checkpoint);
        start.split_inclusive('\n').try_for_each(|line| writer.line(line.as_bytes()))?;
        replay::entries(reader, 0, size, &mut |place, entry| {
            if place <= last {
                writer.line(format_replayed(place, entry).as_bytes())?;
            }
            nodes.push(entry);
            progress(Step::Records { done: place + 1, of: size });
            Ok(())
        })?;
        writer.line(format_consistency(&nodes.prove(|node| prove_consistency(last + 1, size, node))?).as_bytes())
    }

    fn claim(&self, reader: &dyn Reader, progress: &mut dyn FnMut(Step)) -> Result<Claim> {
        let size = self.checkpoint.head().size;
        let mut entries: BTreeMap<u64, Vec<u8>> = self.ground.places().into_iter().map(|p| (p, Vec::new())).collect();
        let mut nodes = Nodes::default();
        for place in entries.keys() {
            nodes.want(|node| prove_inclusion(*place, size, node))?;
        }
        replay::entries(reader, 0, size, &mut |place, entry| {
            if let Some(wanted) = entries.get_mut(&place) {
                *wanted = entry.to_vec();
            }
            nodes.push(entry);
            progress(Step::Records { done: place + 1, of: size });
            Ok(())
        })?;
        let proven = |place: u64| -> Result<ProvenEntry> {
            let proof = nodes.prove(|node| prove_inclusion(place, size, node))?;
            Ok(ProvenEntry { place, entry: entries.get(&place).cloned().unwrap_or_default(), proof })
        };
        Ok(match &self.ground {
            Ground::Index { subject, epoch, page, entry } => {
                let epoch = proven(*epoch)?;
                let (bin, path) = bin_and_path(reader, &epoch.entry, subject)?;
                let (subject, page) = (subject.clone(), page.clone());
                Claim::Index { subject, epoch, bin, path, page, entry: entry.map(proven).transpose()? }
            }
            Ground::Prev { place, page, entry } => {
                let (record, page) = (proven(*place)?, page.clone());
                Claim::Prev { record, page, entry: entry.map(proven).transpose()? }
            }
            Ground::Names(first, second) => Claim::Names(proven(*first)?, proven(*second)?),
            Ground::Maintainers { place, page } => Claim::Maintainers { record: proven(*place)?, page: page.clone() },
            Ground::Record(place) | Ground::Replay(place) => Claim::Record(proven(*place)?),
        })
    }
}

/// The bin of a subject in an epoch's index, and the proof that it is there. Both were read before.
fn bin_and_path(reader: &dyn Reader, epoch: &[u8], subject: &str) -> Result<(Vec<u8>, Vec<Digest>)> {
    let key = key_of(subject);
    let found = || {
        let Ok(Record::Epoch(epoch)) = Record::parse(epoch) else { return None };
        let top = node(reader, &epoch.index)?;
        let lower = node(reader, &top.child(VerifiedIndex::lower_of(&key)))?;
        let path = prove_bin(&top, &lower, bin_of(&key)).ok()?;
        Some((bin(reader, &lower.child(bin_of(&key).to_be_bytes()[1]))?, path))
    };
    found().ok_or_else(|| Error::could_not_check(format!("the index's files for {subject} were there and are gone")))
}

/// Writes lines, and has them checked.
struct Writer<'a> {
    out: &'a mut dyn Write,
    check: Check,
}

impl Writer<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.check.push(line).map_err(|error| defect(&error))?;
        self.out.write_all(line).map_err(|error| Error::could_not_check(format!("could not write: {error}")))
    }
}

fn defect(error: &dyn std::fmt::Display) -> Error {
    Error::could_not_check(format!("what was found cannot be shown to others: {error}"))
        .hint("the registry changed while it was read, or this is a defect of headlock; keep a copy of the registry")
}

/// Checks evidence in a file with nothing but the log's key. A replay is read line by line: memory grows with its
/// packages, not with its length.
///
/// # Errors
/// Malformed: no evidence in form, or no such file. Refused: its checkpoint is not under the key. No: something is not
/// proven, or nothing false is shown. Could not check: the file cannot be read.
pub fn check_evidence(path: &Path, key: &VerifierKey, progress: &mut dyn FnMut(Step)) -> Result<Checked> {
    let name = path.display();
    let file = files::open_regular(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::malformed(format!("there is no evidence at {name}")),
        _ => Error::could_not_check(format!("could not read {name}: {error}")),
    })?;
    let (mut file, mut check, mut line) = (BufReader::new(file), Check::new(key), Vec::new());
    for lines in 1.. {
        line.clear();
        let read = file.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| Error::could_not_check(format!("could not read {name}: {error}")))?;
        if read == 0 {
            break;
        }
        check.push(&line).map_err(|error| not_shown(path, key, &error))?;
        progress(Step::Lines(lines));
    }
    check.finish().map_err(|error| not_shown(path, key, &error))
}

fn not_shown(path: &Path, key: &VerifierKey, error: &EvidenceError) -> Error {
    let (name, origin) = (path.display(), key.name());
    let said = match error {
        EvidenceError::Line { .. } | EvidenceError::Incomplete(_) => {
            return Error::malformed(format!("{name}: {error}"))
                .hint("`headlock registry audit --evidence FILE` writes evidence");
        }
        EvidenceError::Checkpoint(CheckpointError::Note(NoteError::Bad(_) | NoteError::Unknown(_))) => {
            return Error::refused(format!("{name}: {error}"))
                .hint("give the key of the log that it is evidence against; if it is that key, the file was changed");
        }
        EvidenceError::Checkpoint(_) => return Error::malformed(format!("{name}: {error}")),
        _ => error,
    };
    Error::no(format!("{name} is no evidence against {origin}: {said}"))
}

/// Hashes of a tree, of those subtrees that proofs need, while the leaves come by.
#[derive(Debug, Default)]
struct Nodes {
    wanted: BTreeMap<(u8, u64), Option<Digest>>,
    /// How many leaves came by, and the roots of the full subtrees over them, largest first.
    size: u64,
    roots: Vec<Digest>,
}

impl Nodes {
    /// Notes what making a proof asks for.
    fn want<E: std::fmt::Display>(
        &mut self,
        prove: impl FnOnce(&mut dyn FnMut(u8, u64) -> Option<Digest>) -> Result<Vec<Digest>, E>,
    ) -> Result<()> {
        let wanted = &mut self.wanted;
        prove(&mut |level, index| {
            wanted.insert((level, index), None);
            Some(Digest([0; 32]))
        })
        .map(drop)
        .map_err(|error| defect(&error))
    }

    fn push(&mut self, entry: &[u8]) {
        let (mut hash, mut level, mut index) = (leaf_hash(entry), 0, self.size);
        self.keep(level, index, hash);
        while index % 2 == 1 {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
            }
            (level, index) = (level + 1, index / 2);
            self.keep(level, index, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    fn keep(&mut self, level: u8, index: u64, hash: Digest) {
        if let Some(wanted) = self.wanted.get_mut(&(level, index)) {
            *wanted = Some(hash);
        }
    }

    /// Makes the proof, once all leaves came by.
    fn prove<E: std::fmt::Display>(
        &self,
        prove: impl FnOnce(&mut dyn FnMut(u8, u64) -> Option<Digest>) -> Result<Vec<Digest>, E>,
    ) -> Result<Vec<Digest>> {
        prove(&mut |level, index| self.wanted.get(&(level, index)).copied().flatten()).map_err(|error| defect(&error))
    }
}
