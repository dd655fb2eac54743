//! One package while records are added to it: its page's running hash, and which versions it has.

use std::collections::BTreeMap;

use headlock_log::digest::{Digest, Hasher};
use headlock_log::index::page_path;
use headlock_log::page::{MAX_PAGE, Page, format_line};
use headlock_log::record::{Record, Release};

use crate::error::{Error, Result};

/// What is known of a version.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// sha256 of its content.
    pub(super) content: Digest,
    /// Whether the last word on it is a yank.
    pub(super) yanked: bool,
    /// sha256 of its release record without `prev`.
    pub(super) facts: Digest,
}

/// A package's page as it grows. What was read and what was added are hashed and forgotten; the bytes of the page are
/// somebody else's.
#[derive(Clone, Debug)]
pub(super) struct GrowingPage {
    hasher: Hasher,
    length: u64,
    versions: BTreeMap<Box<str>, Known>,
}

impl GrowingPage {
    /// The page of a package that has none.
    pub(super) fn empty() -> GrowingPage {
        GrowingPage { hasher: Hasher::new(), length: 0, versions: BTreeMap::new() }
    }

    /// Goes on with a page that is there.
    ///
    /// # Errors
    /// No: the bytes are not the page of this digest, or no page of this package.
    pub(super) fn read(package: &str, digest: &Digest, bytes: &[u8]) -> Result<GrowingPage> {
        let damaged = |why: String| {
            Error::no(format!("{}, the page of {package}: {why}", page_path(digest)))
                .hint("bring it back from a copy of the registry")
        };
        let page = Page::parse(bytes, package).map_err(|error| damaged(error.to_string()))?;
        if page.digest != *digest {
            return Err(damaged(format!("its sha256 is {}", page.digest)));
        }
        let mut growing = GrowingPage::empty();
        growing.hasher.update(bytes);
        growing.length = bytes.len() as u64;
        for (_, record) in &page.lines {
            growing.note(record);
        }
        Ok(growing)
    }

    /// sha256 of the page so far; none if it is empty.
    pub(super) fn digest(&self) -> Option<Digest> {
        (self.length > 0).then(|| self.hasher.digest())
    }

    /// What is known of a version.
    pub(super) fn version(&self, version: &str) -> Option<&Known> {
        self.versions.get(version)
    }

    /// Adds a record at a place; returns its line, or nothing if the page would get too long.
    pub(super) fn push(&mut self, place: u64, record: &Record<'_>, encoded: &[u8]) -> Option<Vec<u8>> {
        let line = format_line(place, encoded);
        let length = self.length + line.len() as u64;
        if length > MAX_PAGE as u64 {
            return None;
        }
        self.length = length;
        self.hasher.update(&line);
        self.note(record);
        Some(line)
    }

    /// The first release of a version is the release; a yank of what is not there changes nothing.
    fn note(&mut self, record: &Record<'_>) {
        match record {
            Record::Release(release) if !self.versions.contains_key(release.version) => {
                let known = Known { content: release.content, yanked: false, facts: facts(release) };
                self.versions.insert(release.version.into(), known);
            }
            Record::Yank(mention) | Record::Unyank(mention) => {
                if let Some(known) = self.versions.get_mut(mention.version) {
                    known.yanked = matches!(record, Record::Yank(_));
                }
            }
            Record::Release(_) | Record::Epoch(_) => {}
        }
    }
}

/// sha256 of a release without its `prev`: equal for equal statements.
pub(super) fn facts(release: &Release<'_>) -> Digest {
    let bare = Release { prev: None, ..release.clone() };
    Digest::of(&Record::Release(bare).encode())
}
