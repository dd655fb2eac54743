//! A log from rows of the crates.io index.
//!
//! What such a log is: an observation. Whoever signs it says "these rows I have seen, in this order of publication",
//! and from then on cannot take it back, nor show others something else. What it is not: crates.io's own log. crates.io
//! has signed none of it; a row that it changes, or never showed to the observer, leaves no trace here; the order is
//! that of the rows' `pubtime`, which crates.io states and nobody proves. Content is named by the rows' sha256, and not
//! kept.
//!
//! Rows go in by `pubtime`, then by crate, then by version. Rows without `pubtime` come first, as if they had always
//! been there: nobody can say that they were not. Yanks have no date, so a row that is yanked becomes a release and,
//! right behind it, a yank: a head of any date shows today's yanks, as the index itself does. All rows of one import go
//! into one epoch.
//!
//! Importing again goes on: a row that the log has already is passed over, a yank that came or went becomes a record. A
//! row that contradicts the log (another checksum, other dependencies) is named in the report, and the log stays as it
//! is.
//!
//! A row that cannot be carried over is named with the reason, and the others go in. Most reasons are cargo's own: it
//! passes over such a row, too. Not judged is what plays no part in resolution: targets, `rust_version`, `public`.

mod refusal;
mod release;
mod row;
mod rows;
mod time;

use std::path::{Path, PathBuf};

use headlock_log::checkpoint::Head;
use headlock_log::record::{MAX_RECORD, Record, RecordError};

pub use refusal::{Contradiction, Refusal};
pub use time::Until;

use self::row::Row;
use self::rows::{Place, Rows};
use super::Step;
use super::draft::Canonical;
use super::package::{Keep, Statement};
use super::rejection::Rejection;
use super::transaction::Transaction;
use super::writer::Registry;
use crate::error::{Error, Result};

/// Longest row, in bytes, whose record is not looked at for its length: records are two to three times as long as rows
/// without white space.
const SHORT_ROW: usize = MAX_RECORD / 8;
/// Bytes that `prev` adds to a record.
const PREV: usize = r#","prev":"""#.len() + 64;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Files with rows.
    pub files: u64,
    /// Rows, those of later days included.
    pub rows: u64,
    /// Rows that are releases now.
    pub released: u64,
    /// Yanks, of new releases and of old ones.
    pub yanked: u64,
    /// Yanks taken back.
    pub unyanked: u64,
    /// Rows that the log had already, yanked or not as they are.
    pub unchanged: u64,
    /// Rows published after the day at which the import stops.
    pub later: u64,
    /// Rows that could not be carried over.
    pub refused: Vec<Finding<Refusal>>,
    /// Rows that say otherwise than the log.
    pub contradicting: Vec<Finding<Contradiction>>,
    /// Files that hold no rows, and why not.
    pub strangers: Vec<(PathBuf, String)>,
    /// The newest head.
    pub head: Head,
}

/// A row, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<T> {
    /// The crate, empty where the row does not say.
    pub name: String,
    /// Its version, empty where the row does not say.
    pub version: String,
    /// The file.
    pub path: PathBuf,
    /// Number of the row in its file, from 1.
    pub row: u32,
    /// What is to be said.
    pub what: T,
}

/// Imports the rows in a folder, at any depth; see [`self`] for what becomes of them. With `until`, only those of
/// before and of the first second of that day.
///
/// # Errors
/// Malformed: the folder holds no rows. Could not check: files that cannot be read or written. Else as for
/// [`Transaction::commit`].
pub fn import_crates_index(
    dir: &Path,
    registry: &mut Registry<'_>,
    until: Option<&Until>,
    progress: &mut dyn FnMut(Step),
) -> Result<Report> {
    let rows = Rows::find(dir, until, &mut |seen| progress(Step::Rows(seen)))?;
    let mut report = Report {
        files: rows.files.len() as u64,
        rows: rows.entries.len() as u64 + rows.disordered.len() as u64 + rows.later,
        released: 0,
        yanked: 0,
        unyanked: 0,
        unchanged: 0,
        later: rows.later,
        refused: Vec::new(),
        contradicting: Vec::new(),
        strangers: rows.strangers.clone(),
        head: registry.head().clone(),
    };
    if report.rows == 0 {
        let dir = dir.display();
        return Err(Error::malformed(format!("expected rows of the crates.io index in {dir}, found none"))
            .hint("name a folder with rows: a checkout of the index, or cargo's cache of it"));
    }
    for row in &rows.disordered {
        report.refused.push(finding(&rows, row.place, &row.name, &row.version, row.why.clone()));
    }
    let mut transaction = registry.begin()?;
    let of = rows.entries.len() as u64;
    for (done, entry) in (1..).zip(&rows.entries) {
        let bytes = rows.read(entry.place)?;
        match serde_json::from_slice::<Row<'_>>(&bytes) {
            Ok(row) => match take(&mut transaction, &row, bytes.len(), &mut report) {
                Ok(None) => {}
                Ok(Some(what)) => {
                    report.contradicting.push(finding(&rows, entry.place, &row.name, &row.vers, what));
                }
                Err(NotTaken::Refused(what)) => {
                    report.refused.push(finding(&rows, entry.place, &row.name, &row.vers, what));
                }
                Err(NotTaken::Failed(error)) => return Err(error),
            },
            Err(error) => {
                let what = Refusal::NotARow { why: error.to_string() };
                report.refused.push(finding(&rows, entry.place, "", "", what));
            }
        }
        progress(Step::Records { done, of });
    }
    report.head = transaction.commit(progress)?;
    Ok(report)
}

/// What becomes of a row by itself, in a log that holds nothing yet: the encoding of its release's record.
///
/// # Errors
/// Why it cannot be carried over.
pub fn record_of_row(row: &[u8]) -> Result<Vec<u8>, Refusal> {
    rows::order(row).map_err(|(_, _, why)| why)?;
    let parsed: Row<'_> = serde_json::from_slice(row).map_err(|error| Refusal::NotARow { why: error.to_string() })?;
    let mut canonical = release::draft(&parsed)?.canonical();
    if row.len() > SHORT_ROW {
        canonical = fitting(canonical);
    }
    let record = Record::Release(canonical.release());
    let encoded = record.encode();
    if encoded.len() > MAX_RECORD {
        return Err(Refusal::TooLong { found: encoded.len(), limit: MAX_RECORD });
    }
    record.check().map_err(|error| Refusal::Rules { why: error.to_string() })?;
    Ok(encoded)
}

/// The rows of a file of either kind, a checkout's or that of cargo's cache.
///
/// # Errors
/// Why it is neither.
pub fn rows_of_file(bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    Ok(rows::split(bytes)?.into_iter().map(|range| &bytes[range]).collect())
}

fn finding<T>(rows: &Rows, place: Place, name: &str, version: &str, what: T) -> Finding<T> {
    let path = rows.path(place).to_owned();
    Finding { name: name.to_owned(), version: version.to_owned(), path, row: place.row, what }
}

/// Why a row is not in the log.
enum NotTaken {
    Refused(Refusal),
    Failed(Error),
}

impl From<Refusal> for NotTaken {
    fn from(refusal: Refusal) -> NotTaken {
        NotTaken::Refused(refusal)
    }
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> NotTaken {
        NotTaken::Failed(error)
    }
}

impl From<Rejection> for NotTaken {
    fn from(rejection: Rejection) -> NotTaken {
        NotTaken::Refused(match rejection {
            Rejection::Failed(error) => return NotTaken::Failed(error),
            Rejection::NameTaken { package, taken } => Refusal::NameTaken { package, taken },
            Rejection::Invalid(RecordError::TooLong(found)) => Refusal::TooLong { found, limit: MAX_RECORD },
            other => Refusal::Rules { why: other.to_string() },
        })
    }
}

/// Brings the log to what a row of some length says. Returns in what the row contradicts the log.
fn take(
    transaction: &mut Transaction<'_, '_>,
    row: &Row<'_>,
    length: usize,
    report: &mut Report,
) -> Result<Option<Contradiction>, NotTaken> {
    let mut canonical = release::draft(row)?.canonical();
    if length > SHORT_ROW {
        canonical = fitting(canonical);
    }
    let release = canonical.release();
    let (package, version) = (release.package, release.version);
    let mut contradiction = None;
    let mut records = 0;
    let was_yanked = match transaction.known(package, version)? {
        Some(known) if known.kept.content != release.content => {
            return Ok(Some(Contradiction::Content { logged: known.kept.content, row: release.content }));
        }
        Some(known) => {
            if known.kept != Statement::of(&release) {
                contradiction = Some(Contradiction::Facts);
            }
            known.yanked
        }
        None => {
            transaction.release(&release)?;
            report.released += 1;
            records += 1;
            false
        }
    };
    match (was_yanked, row.yanked.unwrap_or(false)) {
        (false, true) => {
            transaction.yank(package, version)?;
            report.yanked += 1;
        }
        (true, false) => {
            transaction.unyank(package, version)?;
            report.unyanked += 1;
        }
        _ if records == 0 && contradiction.is_none() => report.unchanged += 1,
        _ => {}
    }
    Ok(contradiction)
}

/// The record as it is, or, where that would be too long, without includes that others imply. A few crates have
/// thousands of features; the limit is the same for every place in the log, so that importing again makes the same
/// record.
fn fitting(canonical: Canonical) -> Canonical {
    match Record::Release(canonical.release()).encode().len() + PREV > MAX_RECORD {
        true => canonical.into_draft().without_implied_includes().canonical(),
        false => canonical,
    }
}
