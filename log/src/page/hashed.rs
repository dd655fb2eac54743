//! A page's hashes: what it is named by, and what its records must name.

use super::{Page, PageError};
use crate::digest::{Digest, Hasher};
use crate::record::Subject;

/// Fewest bytes that a line takes: no record is shorter. So bytes with more lines than that are no page, and nothing is
/// kept for the lines beyond.
const SHORTEST_LINE: usize = 32;

/// The hashes of a page's beginnings. One pass makes them all.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hashes {
    /// sha256 of everything up to the end of each line that ends in a newline: what the record behind it must name.
    /// Of bytes that are no page, perhaps not of all.
    pub(super) ends: Vec<Digest>,
    /// sha256 of all of it.
    pub(super) whole: Digest,
}

impl Hashes {
    pub(super) fn of(bytes: &[u8]) -> Hashes {
        let mut hasher = Hasher::new();
        let lines = memchr::memchr_iter(b'\n', bytes).count().min(bytes.len() / SHORTEST_LINE);
        let mut ends = Vec::with_capacity(lines);
        let mut begin = 0;
        for newline in memchr::memchr_iter(b'\n', bytes).take(lines) {
            hasher.update(&bytes[begin..=newline]);
            ends.push(hasher.digest());
            begin = newline + 1;
        }
        hasher.update(&bytes[begin..]);
        Hashes { ends, whole: hasher.digest() }
    }
}

/// The bytes of a page, or of what is said to be one, hashed before anyone reads them: whoever compares them with a name
/// has also what reading them needs.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPage {
    bytes: Vec<u8>,
    hashes: Hashes,
}

impl HashedPage {
    /// Hashes bytes. That they are a page is for [`HashedPage::parse`] to say.
    pub fn new(bytes: Vec<u8>) -> HashedPage {
        HashedPage { hashes: Hashes::of(&bytes), bytes }
    }

    /// sha256 of all bytes: the page's name.
    pub fn digest(&self) -> Digest {
        self.hashes.whole
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As [`Page::parse`].
    ///
    /// # Errors
    /// As [`Page::parse`].
    pub fn parse<'a>(&'a self, origin: &str, subject: impl Into<Subject<'a>>) -> Result<Page<'a>, PageError> {
        Page::parse_hashed(&self.bytes, &self.hashes, origin, subject.into())
    }
}

impl AsRef<[u8]> for HashedPage {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for HashedPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashedPage").field("digest", &self.digest()).field("size", &self.bytes.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_as_they_came() {
        let page = HashedPage::new(b"7 {}\n".to_vec());
        assert_eq!((page.bytes(), page.as_ref()), (&b"7 {}\n"[..], &b"7 {}\n"[..]));
        assert_eq!(format!("{page:?}"), format!("HashedPage {{ digest: {}, size: 5 }}", Digest::of(b"7 {}\n")));
    }

    #[test]
    fn bytes_with_more_lines_than_a_page_can_have_are_no_page() {
        let page = HashedPage::new(vec![b'\n'; 1 << 20]);
        assert_eq!(page.digest(), Digest::of(&vec![b'\n'; 1 << 20]));
        assert_eq!(page.hashes.ends.len(), (1 << 20) / SHORTEST_LINE);
        assert!(matches!(page.parse("log.example", "a:b"), Err(PageError::Line { line: 1, .. })));
    }
}
