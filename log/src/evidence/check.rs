//! Checking evidence, line by line, so that a replay of any length takes no more memory than its packages.

use super::error::EvidenceError;
use super::falsehood::Falsehood;
use super::line::{Item, MAX_LINE, SUBJECT};
use super::replay::Replay;
use super::{Claim, FIRST_LINE, KIND, ProvenEntry};
use crate::checkpoint::{Checkpoint, Head};
use crate::digest::Digest;
use crate::note::VerifierKey;

/// Lines of the checkpoint: origin, size, root, nothing, signature.
const NOTE_LINES: usize = 5;
/// Longest of them, and of the first line, in bytes.
const MAX_NOTE_LINE: usize = 1024;

/// What evidence was found to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The head that the log signed.
    pub head: Head,
    /// What is false of what it signed.
    pub falsehood: Falsehood,
}

/// Checks evidence of at most a few lines, or a whole replay in memory.
///
/// # Errors
/// It is not of the form, not under the key, not proven, or shows nothing.
pub fn check(bytes: &[u8], key: &VerifierKey) -> Result<Checked, EvidenceError> {
    let mut check = Check::new(key);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        check.push(line)?;
    }
    check.finish()
}

/// Checks evidence as it is read.
#[derive(Debug)]
pub struct Check {
    key: VerifierKey,
    line: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing was read.
    Start,
    /// So many lines of the checkpoint were.
    Note(usize, Vec<u8>),
    /// The checkpoint holds.
    Kind(Head),
    /// The parts of a claim.
    Parts(Head, &'static Kind, Parts),
    /// A replay.
    Replay(Head, Box<Replay>),
}

/// Which lines a kind has.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    /// In their order, and whether each must be there.
    lines: &'static [(&'static str, bool)],
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "index",
        lines: &[
            ("subject", true),
            ("entry", true),
            ("proof", true),
            ("bin", false),
            ("path", true),
            ("page", false),
            ("entry", false),
            ("proof", false),
        ],
    },
    Kind {
        name: "prev",
        lines: &[("entry", true), ("proof", true), ("page", false), ("entry", false), ("proof", false)],
    },
    Kind { name: "record", lines: &[("entry", true), ("proof", true)] },
    Kind { name: "names", lines: &[("entry", true), ("proof", true), ("entry", true), ("proof", true)] },
    Kind { name: "maintainers", lines: &[("entry", true), ("proof", true), ("page", false)] },
];

/// The parts of a claim that were read.
#[derive(Debug, Default)]
struct Parts {
    /// How many of the kind's lines are behind.
    next: usize,
    subject: String,
    entries: Vec<(u64, Vec<u8>)>,
    proofs: Vec<Vec<Digest>>,
    bin: Vec<u8>,
    path: Vec<Digest>,
    page: Option<Vec<u8>>,
}

impl Check {
    /// Nothing read yet of evidence against the log of this key.
    pub fn new(key: &VerifierKey) -> Check {
        Check { key: key.clone(), line: 0, stage: Stage::Start }
    }

    /// Reads the next line, its newline included: at most [`MAX_LINE`] bytes.
    ///
    /// # Errors
    /// Not the line that should stand there, or a checkpoint that is not under the key.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), EvidenceError> {
        self.line += 1;
        // Whatever is no evidence, a key perhaps, nothing of it is repeated.
        let is_other = matches!(self.stage, Stage::Start) && !bytes.starts_with(KIND.as_bytes());
        let shown = if is_other { b"another file" } else { &bytes[..bytes.len().min(200)] };
        let wrong = |expected| EvidenceError::Line {
            line: self.line,
            expected,
            found: String::from_utf8_lossy(shown).trim_end_matches('\n').to_owned(),
        };
        if bytes.len() > MAX_LINE {
            return Err(wrong("a line of at most 22369630 bytes"));
        }
        let text = bytes.strip_suffix(b"\n").ok_or_else(|| wrong("a newline at the end of the line"))?;
        let text = std::str::from_utf8(text).map_err(|_| wrong("UTF-8"))?;
        let short = text.len() <= MAX_NOTE_LINE;
        match &mut self.stage {
            Stage::Start if text == FIRST_LINE => self.stage = Stage::Note(0, Vec::new()),
            Stage::Start => return Err(wrong("`headlock evidence 1`")),
            Stage::Note(count, note) if short => {
                note.extend_from_slice(bytes);
                *count += 1;
                if *count == NOTE_LINES {
                    let checkpoint = Checkpoint::verify(note, &self.key)?;
                    self.stage = Stage::Kind(checkpoint.head().clone());
                }
            }
            Stage::Note(..) => return Err(wrong("a line of a checkpoint")),
            Stage::Kind(head) => {
                let name = text.strip_prefix("kind ");
                self.stage = match KINDS.iter().find(|kind| Some(kind.name) == name) {
                    Some(kind) => Stage::Parts(head.clone(), kind, Parts::default()),
                    None if name == Some("replay") => Stage::Replay(head.clone(), Box::new(Replay::new(&head.origin))),
                    None => return Err(wrong("`kind index`, `prev`, `record`, `names`, `maintainers` or `replay`")),
                };
            }
            Stage::Parts(_, kind, parts) => {
                let item = Item::parse(text).map_err(wrong)?;
                parts.push(kind, item).map_err(wrong)?;
            }
            Stage::Replay(_, replay) => match Item::parse(text).map_err(wrong)? {
                Item::Entry(place, entry) => replay.push(place, entry.into_owned()).map_err(wrong)?,
                Item::Consistency(proof) => replay.prove(proof).map_err(wrong)?,
                _ => return Err(wrong("`entry` or `consistency`")),
            },
        }
        Ok(())
    }

    /// What the evidence shows, once all of it was read.
    ///
    /// # Errors
    /// It is not whole, not proven, or shows nothing.
    pub fn finish(self) -> Result<Checked, EvidenceError> {
        let (head, falsehood) = match self.stage {
            Stage::Start => return Err(EvidenceError::Incomplete("`headlock evidence 1`")),
            Stage::Note(..) => return Err(EvidenceError::Incomplete("a checkpoint")),
            Stage::Kind(_) => return Err(EvidenceError::Incomplete("`kind KIND`")),
            Stage::Parts(head, kind, parts) => {
                let falsehood = parts.claim(kind)?.judge(&head)?;
                (head, falsehood)
            }
            Stage::Replay(head, replay) => {
                let falsehood = replay.judge(&head)?;
                (head, falsehood)
            }
        };
        Ok(Checked { head, falsehood })
    }
}

impl Parts {
    fn push(&mut self, kind: &Kind, item: Item<'_>) -> Result<(), &'static str> {
        let rest = kind.lines.iter().skip(self.next);
        let optional = rest.clone().take_while(|(name, needed)| *name != item.name() && !needed).count();
        match kind.lines.get(self.next + optional) {
            Some((name, _)) if *name == item.name() => self.next += optional + 1,
            Some((name, _)) => return Err(form_of(name)),
            None => return Err("no further line"),
        }
        match item {
            Item::Subject(subject) => self.subject = subject.to_string(),
            Item::Entry(place, entry) => self.entries.push((place, entry.into_owned())),
            Item::Proof(proof) => self.proofs.push(proof),
            Item::Bin(bin) => self.bin = bin.into_owned(),
            Item::Path(path) => self.path = path,
            Item::Page(page) => self.page = Some(page.into_owned()),
            Item::Consistency(_) => return Err("no `consistency` here"),
        }
        Ok(())
    }

    fn claim(self, kind: &Kind) -> Result<Claim, EvidenceError> {
        if let Some((name, _)) = kind.lines.iter().skip(self.next).find(|(_, needed)| *needed) {
            return Err(EvidenceError::Incomplete(form_of(name)));
        }
        if self.entries.len() != self.proofs.len() {
            return Err(EvidenceError::Incomplete(form_of("proof")));
        }
        let entries = self.entries.into_iter().zip(self.proofs);
        let mut entries = entries.map(|((place, entry), proof)| ProvenEntry { place, entry, proof });
        let first = entries.next().ok_or(EvidenceError::Incomplete(form_of("entry")))?;
        let (second, page) = (entries.next(), self.page);
        Ok(match (kind.name, second) {
            ("index", entry) => {
                let (subject, bin, path) = (self.subject, self.bin, self.path);
                Claim::Index { subject, epoch: first, bin, path, page, entry }
            }
            ("prev", entry) => Claim::Prev { record: first, page, entry },
            ("names", Some(second)) => Claim::Names(first, second),
            ("maintainers", _) => Claim::Maintainers { record: first, page },
            _ => Claim::Record(first),
        })
    }
}

/// The form of a line that must be there.
fn form_of(name: &str) -> &'static str {
    match name {
        "subject" => SUBJECT,
        "entry" => "`entry PLACE BASE64`",
        "proof" => "`proof HASH…`",
        _ => "`path HASH…`",
    }
}
