//! The page of a solver's package, at a head of a log.

use std::sync::Arc;

use headlock_log::checkpoint::Head;

use super::release::{Release, releases};
use crate::error::Result;
use crate::pages::{Pages, newest_checkpoint};
use crate::sources::{Access, Fetcher, LogReader};
use crate::trust::{AcceptedHead, Trust};

/// The releases of a package in a log that is open, at the head that it is open at; nothing if the log has no such package.
///
/// # Errors
/// As [`Pages`] reads pages, and as [`releases`].
pub fn open_releases(pages: &mut Pages, origin: &str, package: &str) -> Result<Option<Vec<Release>>> {
    let page = pages.of_subjects(origin, &[package])?.pop().flatten();
    page.map(|page| releases(origin, package, &page)).transpose()
}

/// As [`open_releases`], of a log that a reader has open.
///
/// # Errors
/// As [`LogReader::read_pages`], and as [`releases`].
pub fn read_releases(reader: &mut LogReader, package: &str) -> Result<Option<Vec<Release>>> {
    let origin = reader.head().origin.clone();
    let page = reader.read_pages(&[package])?.pop().flatten();
    page.map(|page| releases(&origin, package, &page)).transpose()
}

/// A log at a head, read where the trust file says that it is served.
///
/// # Errors
/// As [`Trust::urls`] and [`LogReader::open`].
pub fn open_at(access: &Access, trust: &Trust, head: &Head) -> Result<LogReader> {
    let urls = match access.bundle {
        Some(_) => Vec::new(),
        None => trust.urls(&head.origin)?,
    };
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    LogReader::open(Arc::new(Fetcher::new(access, &head.origin, &urls)?), head)
}

/// The newest head that is served and accepted, and the releases of a package there; none if the log has no such package.
///
/// # Errors
/// As [`newest_checkpoint`], [`open_at`] and [`read_releases`].
pub fn newest_releases(
    access: &Access,
    trust: &Trust,
    origin: &str,
    package: &str,
) -> Result<(AcceptedHead, Vec<Release>)> {
    let note = newest_checkpoint(access, trust, origin)?;
    let (accepted, _) = trust.accept_checkpoint(origin, &note)?;
    let mut reader = open_at(access, trust, accepted.head())?;
    let found = read_releases(&mut reader, package)?.unwrap_or_default();
    Ok((accepted, found))
}
