//! New lines of pages on their way from the order of the log to the pages.
//!
//! A transaction meets packages in any order, and a page wants its lines together. So lines wait in 256 parts, by the
//! first byte of their subject's key; a part that reaches a limit is written down, into a file of its own, and at the end
//! one part after the other is sorted by subject. Memory holds 256 times the limit at most, then one part, however long
//! the transaction is.

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use headlock_log::index::key_of;

use super::files::{Files, Growing};
use crate::error::{Error, Result};

/// How many bytes of a part are in memory at most, if it has more than one line: 16 MiB for all of them.
const MAX_WAITING: usize = if cfg!(test) { 400 } else { 64 << 10 };
/// How many parts there are.
const PARTS: usize = 256;
/// Bytes before a name and a line: the length of the name, the length of the line.
const LENGTHS: usize = 2 + 4;

/// New lines of pages.
#[derive(Default)]
pub(super) struct Lines {
    /// By the first byte of the subject's key; none before the first line.
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    /// Lines that were written down; those in memory come behind them.
    written: Option<Growing>,
    waiting: Vec<u8>,
}

/// The lines of one part, each behind its subject's name.
pub(super) struct PartLines(Vec<u8>);

impl Lines {
    /// Adds the next line of a subject's page.
    ///
    /// # Errors
    /// Could not check: a file that cannot be written.
    pub(super) fn push(&mut self, files: &mut Files, subject: &str, line: &[u8]) -> Result<()> {
        self.parts.resize_with(PARTS, Part::default);
        let Digest(key) = key_of(subject);
        let Part { written, waiting } = &mut self.parts[usize::from(key[0])];
        if !waiting.is_empty() && waiting.len() + LENGTHS + subject.len() + line.len() > MAX_WAITING {
            let growing = written.take().unwrap_or_else(|| files.begin());
            files.grow(&growing, waiting)?;
            *written = Some(growing);
            waiting.clear();
        }
        waiting.extend_from_slice(&(subject.len() as u16).to_be_bytes());
        waiting.extend_from_slice(&(line.len() as u32).to_be_bytes());
        waiting.extend_from_slice(subject.as_bytes());
        waiting.extend_from_slice(line);
        Ok(())
    }

    /// Takes the lines of the subjects whose keys begin with a byte.
    ///
    /// # Errors
    /// Could not check: a file that cannot be read.
    pub(super) fn take(&mut self, files: &mut Files, byte: u8) -> Result<PartLines> {
        let Part { written, waiting } = self.parts.get_mut(usize::from(byte)).map(std::mem::take).unwrap_or_default();
        let Some(written) = written else { return Ok(PartLines(waiting)) };
        let mut lines = files.take(written)?;
        lines.extend_from_slice(&waiting);
        Ok(PartLines(lines))
    }
}

impl PartLines {
    /// The lines by subject, each subject's in the order in which they came.
    ///
    /// # Errors
    /// Could not check: what was written down is not what is there now.
    pub(super) fn by_subject(&self) -> Result<BTreeMap<&str, Vec<&[u8]>>> {
        let mut subjects: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
        let mut rest = &self.0[..];
        while !rest.is_empty() {
            let (name, line, behind) = next(rest)
                .ok_or_else(|| Error::could_not_check("a file in .writer/new has changed while it was in use"))?;
            subjects.entry(name).or_default().push(line);
            rest = behind;
        }
        Ok(subjects)
    }
}

/// The first name and line, and what comes behind.
fn next(rest: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (lengths, rest) = rest.split_at_checked(LENGTHS)?;
    let (name, line) = lengths.split_at_checked(2)?;
    let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(name.try_into().ok()?)))?;
    let (line, rest) = rest.split_at_checked(u32::from_be_bytes(line.try_into().ok()?) as usize)?;
    Some((std::str::from_utf8(name).ok()?, line, rest))
}
