//! What the page of a package says of its releases.

use std::fmt;

use headlock_log::digest::Digest;
use headlock_log::page::HashedPage;
use headlock_log::record::Record;
use semver::Version;

use crate::error::{Error, Result};
use crate::sources::EVIDENCE;

/// A release of a solver, by the page of its package at one head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// Place of the release's record.
    pub record: u64,
    /// The sha256 of the component.
    pub content: Digest,
    /// Place of the record that has yanked it; nothing if it is not yanked.
    pub yanked: Option<u64>,
}

/// The releases of a page, ascending by version.
///
/// # Errors
/// The answer is no: it is no page of the package. It was proven before, so the log has committed to it.
pub fn releases(origin: &str, name: &str, page: &HashedPage) -> Result<Vec<Release>> {
    let malformed = |what: &dyn fmt::Display| {
        Error::no(format!("{origin} has committed to a page of {name} that is none: {what}")).hint(EVIDENCE)
    };
    let page = page.parse(origin, name).map_err(|error| malformed(&error))?;
    let mut releases = Vec::new();
    for folded in &page.fold().releases {
        let Some(record) = page.release(folded) else {
            return Err(malformed(&format_args!("its record {} is no release", folded.place)));
        };
        // The last word on it is a yank: so the first yank behind the last that took one back.
        let is_of = |record: &Record<'_>| record.version() == Some(record_version(&folded.version).as_str());
        let mut yanked = None;
        for (place, record) in page.lines.iter().filter(|(place, record)| *place > folded.place && is_of(record)) {
            match record {
                Record::Yank(_) => yanked = yanked.or(Some(*place)),
                Record::Unyank(_) => yanked = None,
                _ => {}
            }
        }
        let yanked = if folded.yanked { yanked.or(Some(folded.place)) } else { None };
        let (version, record, content) = (folded.version.clone(), folded.place, record.content);
        releases.push(Release { version, record, content, yanked });
    }
    Ok(releases)
}

/// So many records, in words.
pub(super) fn records(count: u64) -> String {
    format!("{count} record{}", if count == 1 { "" } else { "s" })
}

/// A version as a record writes it.
fn record_version(version: &Version) -> String {
    version.to_string()
}

#[cfg(test)]
mod tests {
    use headlock_log::page::format_line;

    use super::*;

    const NAME: &str = "headlock:solver";

    /// A page of these records, without `prev`, at places from 3.
    fn page(records: &[&str]) -> HashedPage {
        let mut page = Vec::new();
        for (place, record) in (3..).zip(records) {
            let prev = match page.is_empty() {
                true => String::new(),
                false => format!(r#","prev":"{}""#, Digest::of(&page)),
            };
            page.extend(format_line(place, record.replace("}}", &format!("{prev}}}}}")).as_bytes()));
        }
        HashedPage::new(page)
    }

    fn release(version: &str) -> String {
        let content = Digest::of(version.as_bytes());
        format!(r#"{{"release":{{"package":"{NAME}","version":"{version}","content":"{content}"}}}}"#)
    }

    fn mention(kind: &str, version: &str) -> String {
        format!(r#"{{"{kind}":{{"package":"{NAME}","version":"{version}"}}}}"#)
    }

    #[test]
    fn the_record_that_counts_is_named() {
        let records = [
            release("0.1.1"),
            release("0.1.0"),
            mention("yank", "0.1.0"),
            mention("unyank", "0.1.0"),
            mention("yank", "0.1.0"),
            mention("yank", "0.1.0"),
            mention("yank", "0.1.1"),
            mention("unyank", "0.1.1"),
            release("0.1.1"),
        ];
        let found = releases("log.example", NAME, &page(&records.each_ref().map(String::as_str))).unwrap();
        let said: Vec<(String, u64, Option<u64>)> =
            found.iter().map(|release| (release.version.to_string(), release.record, release.yanked)).collect();
        assert_eq!(said, [("0.1.0".to_owned(), 4, Some(7)), ("0.1.1".to_owned(), 3, None)]);
        assert_eq!(found[1].content, Digest::of(b"0.1.1"));
    }

    #[test]
    fn a_page_of_another_package_is_none() {
        let error = releases("log.example", "headlock:other", &page(&[&release("0.1.0")])).unwrap_err();
        assert_eq!(error.kind().exit_code(), 1);
        assert!(error.to_string().contains("expected a record of \"headlock:other\""), "{error}");
    }
}
