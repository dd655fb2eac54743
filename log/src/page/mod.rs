//! Pages: all records of one package, or of another subject, up to an epoch, in the order of the log, in a file named by
//! its sha256.
//!
//! A line is `PLACE RECORD`, PLACE being the record's place in the log, in decimal. Each record names, as `prev`, the
//! sha256 of the page before its line, and the first names none. So a proof that the *last* record stands in the log at
//! its place vouches for the whole page: whoever wanted to leave out, add or change a line in the middle would need
//! another record at the end.
//!
//! Where a package has maintainers, the page holds nothing that they should have signed and have not: see [`Authority`].

mod authority;
mod fold;
mod growth;
mod hashed;
mod peers;
#[cfg(test)]
mod tests;

pub use authority::{Authority, AuthorityFault, AuthorityWhy, Keyring, Whose};
pub use fold::{Folded, FoldedRelease, Void, VoidReason};
pub use growth::{GrowthError, growth};
pub use hashed::HashedPage;
pub use peers::{PeerVoid, Peers, Syncs};

use hashed::Hashes;

use crate::digest::Digest;
use crate::merkle::{MAX_SIZE, leaf_hash};
use crate::name::quoted;
use crate::record::{Before, Record, RecordError, Release, Subject, Texts};

/// Longest page, in bytes.
pub const MAX_PAGE: usize = 16 << 20;

/// A page that has been read and whose chain has been checked. What it says is proven once its last record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// What each record is about.
    pub subject: Subject<'a>,
    /// The records and their places in the log, ascending; at least one.
    pub lines: Vec<(u64, Record<'a>)>,
    /// sha256 of the page: its name.
    pub digest: Digest,
    last: (u64, Digest),
    authority: Authority,
}

/// Bytes that are not a page of the package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// More bytes than [`MAX_PAGE`].
    #[error("expected a page of at most {MAX_PAGE} bytes, found {0} bytes")]
    TooLong(usize),
    /// No line.
    #[error("expected a page of at least one line, found nothing")]
    Empty,
    /// Not UTF-8.
    #[error("expected a page in ASCII, found something else at byte {0}")]
    Utf8(usize),
    /// The last line does not end in a newline.
    #[error("expected a newline at the end of the last line; was the page cut off?")]
    CutOff,
    /// A line that is not acceptable.
    #[error("line {line}: {fault}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
}

/// What is wrong with a line of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Not a place, a space and a record.
    #[error("expected `PLACE RECORD`, PLACE in decimal without leading zeros")]
    Form,
    /// A place that does not come after the one before.
    #[error("expected a place after {before}, found {found}")]
    Place {
        /// The place of the line before.
        before: u64,
        /// This line's.
        found: u64,
    },
    /// Not a record.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// A record of something else.
    #[error("expected a record of {}, found one of {}", quoted(.expected), .found.as_deref().map_or("nothing that has a page".to_owned(), quoted))]
    Subject {
        /// The name of the page's subject.
        expected: String,
        /// That of the record's, if it has one.
        found: Option<String>,
    },
    /// A record that names another page before it.
    #[error("expected prev to be {}, the page before this line, found {}", or_absent(.expected), or_absent(.found))]
    Prev {
        /// sha256 of the page before the line.
        expected: Option<Digest>,
        /// What the record names.
        found: Option<Digest>,
    },
    /// A record that the package's maintainers have not signed.
    #[error("{0}")]
    Authority(#[from] AuthorityFault),
}

fn or_absent(digest: &Option<Digest>) -> String {
    digest.map_or("absent".to_owned(), |digest| digest.to_string())
}

/// About how many bytes the shorter of usual lines have, for a first guess of how many there are.
const USUAL_LINE: usize = 256;

impl<'a> Page<'a> {
    /// Reads a page of a package, or another subject, of the log of an origin: every record's one encoding, of that subject,
    /// at ascending places, each chained to the page before it, and signed by the package's maintainers where they must.
    ///
    /// # Errors
    /// Anything else, or beyond a limit.
    pub fn parse(bytes: &'a [u8], origin: &str, subject: impl Into<Subject<'a>>) -> Result<Page<'a>, PageError> {
        if bytes.len() > MAX_PAGE {
            return Err(PageError::TooLong(bytes.len()));
        }
        Page::parse_hashed(bytes, &Hashes::of(bytes), origin, subject.into())
    }

    fn parse_hashed(
        bytes: &'a [u8],
        hashes: &Hashes,
        origin: &str,
        subject: Subject<'a>,
    ) -> Result<Page<'a>, PageError> {
        if bytes.len() > MAX_PAGE {
            return Err(PageError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| PageError::Utf8(error.valid_up_to()))?;
        let mut lines: Vec<(u64, Record<'a>)> = Vec::with_capacity(hashes.ends.len().min(bytes.len() / USUAL_LINE));
        // The last release, which the next will repeat most of: its line, and its entries' texts.
        let mut before: Option<(usize, Texts<'a>)> = None;
        let mut authority = Authority::default();
        let mut last = None;
        let mut rest = text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes()).ok_or(PageError::CutOff)?;
            let (line, behind) = (&rest[..end], &rest[end + 1..]);
            let after = lines.last().map(|(place, _)| *place);
            let prev = match lines.len().checked_sub(1) {
                None => None,
                // Only of bytes that have too many lines there is none.
                Some(line) => {
                    Some(*hashes.ends.get(line).ok_or(PageError::Line { line: line + 2, fault: LineFault::Form })?)
                }
            };
            let known = before.as_ref().and_then(|(line, texts)| match lines.get(*line) {
                Some((_, Record::Release(release))) => Some((release, texts)),
                _ => None,
            });
            let Line { place, text, record, texts } = read_line(line, subject, after, prev, known)
                .map_err(|fault| PageError::Line { line: lines.len() + 1, fault })?;
            authority
                .take(origin, place, &record)
                .map_err(|fault| PageError::Line { line: lines.len() + 1, fault: fault.into() })?;
            last = Some((place, text));
            if matches!(record, Record::Release(_)) {
                before = Some((lines.len(), texts));
            }
            lines.push((place, record));
            rest = behind;
        }
        let (place, text) = last.ok_or(PageError::Empty)?;
        let last = (place, leaf_hash(text.as_bytes()));
        Ok(Page { subject, lines, digest: hashes.whole, last, authority })
    }

    /// Who must sign the package's next record.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The last record's place in the log and its leaf hash: what is to be proven of the page.
    pub fn last(&self) -> (u64, Digest) {
        self.last
    }

    /// The record of a folded release of this page; nothing for one of another.
    pub fn release(&self, release: &FoldedRelease) -> Option<&Release<'a>> {
        match self.lines.get(release.line) {
            Some((place, Record::Release(found))) if *place == release.place => Some(found),
            _ => None,
        }
    }
}

/// A line that was read.
struct Line<'a> {
    place: u64,
    /// The record's text.
    text: &'a str,
    record: Record<'a>,
    /// The texts of its entries.
    texts: Texts<'a>,
}

/// Reads a line after the one at the place `after`, if any; `prev` is what its record must name. `before` is the last
/// release, if any.
fn read_line<'a>(
    line: &'a str,
    subject: Subject<'_>,
    after: Option<u64>,
    prev: Option<Digest>,
    before: Before<'_, 'a>,
) -> Result<Line<'a>, LineFault> {
    let (place, text) = line.split_once(' ').ok_or(LineFault::Form)?;
    let found = parse_place(place).ok_or(LineFault::Form)?;
    if let Some(before) = after.filter(|after| found <= *after) {
        return Err(LineFault::Place { before, found });
    }
    let (record, texts) = Record::parse_text(text, before)?;
    if record.subject() != Some(subject) {
        let found = record.subject().map(|subject| subject.to_string());
        return Err(LineFault::Subject { expected: subject.to_string(), found });
    }
    if record.prev() != prev {
        return Err(LineFault::Prev { expected: prev, found: record.prev() });
    }
    Ok(Line { place: found, text, record, texts })
}

/// Reads a place in decimal: below [`MAX_SIZE`], without leading zeros.
fn parse_place(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    text.parse().ok().filter(|place| digits && !leading_zero && *place < MAX_SIZE)
}

/// The line of a page for a record at a place in the log, given its encoding.
pub fn format_line(place: u64, record: &[u8]) -> Vec<u8> {
    let mut line = format!("{place} ").into_bytes();
    line.extend_from_slice(record);
    line.push(b'\n');
    line
}
