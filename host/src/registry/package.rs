//! One package while records are added to it: its page's running hash, and which versions it has.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use headlock_log::digest::{Digest, Hasher};
use headlock_log::index::page_path;
use headlock_log::page::{Authority, AuthorityFault, MAX_PAGE, Page, format_line};
use headlock_log::record::{Record, Release};

use crate::error::{Error, Result};

/// What is known of a version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<K> {
    /// Whether the last word on it is a yank.
    pub(super) yanked: bool,
    /// What was kept of its release.
    pub(super) kept: K,
}

/// What is kept of each release while a page grows.
pub(super) trait Keep {
    /// What is kept of this one.
    fn of(release: &Release<'_>) -> Self;
}

/// Nothing is kept.
impl Keep for () {
    fn of(_: &Release<'_>) {}
}

/// What a release says, as much as tells it from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// sha256 of its content.
    pub(super) content: Digest,
    /// Of the whole record without `prev`, maintainers and signatures.
    record: Half,
}

impl Keep for Statement {
    fn of(release: &Release<'_>) -> Statement {
        // Whose word it is, is another matter.
        let bare = Release { maintainers: None, prev: None, signatures: Vec::new(), ..release.clone() };
        Statement { content: release.content, record: half(&Record::Release(bare).encode()) }
    }
}

/// Half of a sha256: there may be millions in memory. Two texts with the same half take 2^64 steps to find. Whoever
/// publishes them in one package gets the second version refused, or its row passed over.
type Half = [u8; 16];

fn half(bytes: &[u8]) -> Half {
    let mut half = Half::default();
    half.copy_from_slice(&Digest::of(bytes).0[..16]);
    half
}

/// A package's page as it grows. What was read and what was added are hashed and forgotten; the bytes of the page are
/// somebody else's.
#[derive(Clone, Debug)]
pub(super) struct GrowingPage<K> {
    hasher: Hasher,
    length: u64,
    versions: BTreeMap<Half, Known<K>>,
    authority: Authority,
}

impl<K: Keep> GrowingPage<K> {
    /// The page of a package that has none.
    pub(super) fn empty() -> GrowingPage<K> {
        GrowingPage { hasher: Hasher::new(), length: 0, versions: BTreeMap::new(), authority: Authority::default() }
    }

    /// Goes on with a page that the log of an origin has.
    ///
    /// # Errors
    /// No: the bytes are not the page of this digest, or no page of this package.
    pub(super) fn read(origin: &str, package: &str, digest: &Digest, bytes: &[u8]) -> Result<GrowingPage<K>> {
        let damaged = |why: String| {
            Error::no(format!("{}, the page of {package}: {why}", page_path(digest)))
                .hint("bring it back from a copy of the registry")
        };
        let page = Page::parse(bytes, origin, package).map_err(|error| damaged(error.to_string()))?;
        if page.digest != *digest {
            return Err(damaged(format!("its sha256 is {}", page.digest)));
        }
        let mut growing = GrowingPage::empty();
        growing.hasher.update(bytes);
        growing.length = bytes.len() as u64;
        growing.authority = page.authority().clone();
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
    pub(super) fn version(&self, version: &str) -> Option<&Known<K>> {
        self.versions.get(&half(version.as_bytes()))
    }

    /// Who must sign the package's next record.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Who must sign the one after the next, which is this one, at a place of the log of an origin.
    ///
    /// # Errors
    /// It is not signed as it must be.
    pub(super) fn after(&self, origin: &str, place: u64, record: &Record<'_>) -> Result<Authority, AuthorityFault> {
        let mut authority = self.authority.clone();
        authority.take(origin, place, record).map(|()| authority)
    }

    /// Lets these sign the next record.
    pub(super) fn hand_to(&mut self, authority: Authority) {
        self.authority = authority;
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
        let Some(version) = record.version().map(|version| half(version.as_bytes())) else { return };
        match (record, self.versions.entry(version)) {
            (Record::Release(release), Entry::Vacant(vacant)) => {
                vacant.insert(Known { yanked: false, kept: K::of(release) });
            }
            (Record::Yank(_), Entry::Occupied(mut known)) => known.get_mut().yanked = true,
            (Record::Unyank(_), Entry::Occupied(mut known)) => known.get_mut().yanked = false,
            _ => {}
        }
    }
}
