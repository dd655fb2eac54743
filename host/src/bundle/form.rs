//! The form of a bundle: a list of names and lengths, an empty line, and the files' bytes in the order of the list.

use std::io::{self, BufRead, Read};

use headlock_log::digest::Digest;
use headlock_log::name::quoted;

/// The first line.
pub const FIRST_LINE: &str = "headlock bundle 1\n";

/// Longest line of the list, in bytes, its newline included.
const MAX_LINE: u64 = 512;

/// Most files of a bundle.
const MAX_FILES: usize = 1 << 21;

/// Most bytes of a bundle.
const MAX_BYTES: u64 = 1 << 40;

/// What a bundle says that it holds.
#[derive(Debug)]
pub(super) struct List {
    pub(super) entries: Vec<Listed>,
    /// How many bytes the bundle has.
    pub(super) end: u64,
}

/// A file, and where it stands in the bundle.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) start: u64,
    pub(super) length: u64,
}

/// Bytes that are no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormError {
    #[error("expected `headlock bundle 1` as the first line: this is no bundle, or one of a newer headlock")]
    FirstLine,
    #[error(
        "line {line}: expected `LENGTH NAME`, LENGTH in decimal without leading zeros, or an empty line behind the last"
    )]
    Line { line: usize },
    #[error("line {line}: expected a name that comes after {}, found {}", quoted(.before), quoted(.found))]
    Order { line: usize, before: String, found: String },
    #[error("expected at most {MAX_FILES} files, found more")]
    TooMany,
    #[error("expected at most {MAX_BYTES} bytes, by what the list says, found more")]
    TooLong,
}

/// Reads the list of a bundle.
///
/// # Errors
/// What the system says; within, what is wrong with the list.
pub(super) fn read(bundle: &mut impl BufRead) -> io::Result<Result<List, FormError>> {
    let mut line = Vec::new();
    let mut read_line = |line: &mut Vec<u8>| -> io::Result<u64> {
        line.clear();
        bundle.by_ref().take(MAX_LINE).read_until(b'\n', line).map(|read| read as u64)
    };
    let mut start = read_line(&mut line)?;
    if line != FIRST_LINE.as_bytes() {
        return Ok(Err(FormError::FirstLine));
    }
    let mut entries: Vec<Listed> = Vec::new();
    loop {
        start += read_line(&mut line)?;
        if line == b"\n" {
            break;
        }
        let number = entries.len() + 2;
        let Some((length, name)) = parse_line(&line) else { return Ok(Err(FormError::Line { line: number })) };
        if let Some(before) = entries.last().filter(|before| before.name.as_str() >= name) {
            let (before, found) = (before.name.clone(), name.to_owned());
            return Ok(Err(FormError::Order { line: number, before, found }));
        }
        if entries.len() == MAX_FILES {
            return Ok(Err(FormError::TooMany));
        }
        entries.push(Listed { name: name.to_owned(), start: 0, length });
    }
    for entry in &mut entries {
        entry.start = start;
        start += entry.length;
        if start > MAX_BYTES {
            return Ok(Err(FormError::TooLong));
        }
    }
    Ok(Ok(List { entries, end: start }))
}

/// A length of at most [`MAX_BYTES`] and a name.
fn parse_line(line: &[u8]) -> Option<(u64, &str)> {
    let (length, name) = std::str::from_utf8(line).ok()?.strip_suffix('\n')?.split_once(' ')?;
    let is_one_form = length.bytes().all(|byte| byte.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let length = length.parse().ok().filter(|length| is_one_form && *length <= MAX_BYTES)?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then_some((length, name))
}

/// A line of the list.
pub(super) fn line(name: &str, length: u64) -> String {
    format!("{length} {name}\n")
}

/// The name of a file by its hash, whatever log it is of. Caches have it there, too.
pub(crate) fn by_hash(path: &str) -> String {
    format!("content/{path}")
}

/// The name of a file of a log, whose origin has this sha256. Caches have it there, too.
pub(crate) fn of_log(origin: &Digest, path: &str) -> String {
    format!("logs/{origin}/{path}")
}

/// The name of a solver component.
pub(super) fn component(sha256: &Digest) -> String {
    format!("solver/{sha256}")
}
