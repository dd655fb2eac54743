//! Packages: each one's page, proven to be the whole page at the head, or proven absent.
//!
//! The index, whose root stands in the head's last record, commits to every byte of a page. The log must agree: the
//! record that the page ends with stands in the log, at the place that the page says. The records before it are bound to
//! it by the page's own chain, which [`HashedPage::parse`] checks as it reads them; nobody can use a page without reading
//! it, and reading is what costs, so it is not done twice.
//!
//! All packages of one call go through the stages together: lower nodes, bins, pages, tiles; each stage in parallel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use headlock_log::digest::Digest;
use headlock_log::index::{IndexError, VerifiedIndex, empty_bin, key_of};
use headlock_log::merkle::{Row256, leaf_hash};
use headlock_log::page::HashedPage;
use tracing::debug_span;

use super::{EVIDENCE, LogReader, another, committed};
use crate::error::{Error, Result};
use crate::parallel::parallel_as_far;
use crate::sources::Fetcher;
use crate::sources::content::Content;
use crate::sources::fetcher::told;

/// Most bytes of pages that one reader reads, its sources, and one solve. The lock of a large program needs a thirtieth of
/// it; pages of many short features take eight times as much memory as they have bytes.
pub(crate) const MAX_PAGE_BYTES: u64 = 1 << 30;

/// A page that the index at a head commits to. Whether the log has its end is yet to be proven: see
/// [`LogReader::prove_ends`].
#[derive(Debug)]
pub(crate) struct IndexedPage {
    pub(crate) page: Arc<HashedPage>,
    pub(crate) end: PageEnd,
}

/// What a page says of its last record.
#[derive(Clone, Debug)]
pub(crate) struct PageEnd {
    /// The record's place in the log.
    place: u64,
    /// The record's leaf hash.
    leaf: Digest,
}

/// Gets pages of one log, from any thread.
#[derive(Clone, Debug)]
pub(crate) struct PageSource {
    fetcher: Arc<Fetcher>,
    origin: String,
    /// Bytes of pages read so far.
    read: Arc<AtomicU64>,
}

impl PageSource {
    pub(super) fn new(fetcher: Arc<Fetcher>, origin: &str) -> PageSource {
        PageSource { fetcher, origin: origin.to_owned(), read: Arc::default() }
    }

    /// The page of a package whose digest the index commits to.
    ///
    /// # Errors
    /// As [`LogReader::read_pages`], but for the page's end.
    pub(crate) fn page(&self, name: &str, digest: Digest) -> Result<IndexedPage> {
        let content = Content::Page(digest);
        let page = self.fetcher.read_content(content, |bytes| {
            let page = debug_span!("hash").in_scope(|| HashedPage::new(bytes));
            match content.compare(page.digest()) {
                Ok(()) => Ok(page),
                Err(what) => Err(told(what, another::page(&page, &self.origin, name))),
            }
        })?;
        let length = page.bytes().len() as u64;
        let read = self.read.fetch_add(length, Ordering::Relaxed) + length;
        if read > MAX_PAGE_BYTES {
            let (origin, limit) = (&self.origin, MAX_PAGE_BYTES >> 30);
            return Err(Error::could_not_check(format!("the pages asked of {origin} have more than {limit} GiB")));
        }
        let end =
            PageEnd::of(page.bytes()).map_err(|what| committed(&self.origin, &format!("a page of {name}"), &what))?;
        Ok(IndexedPage { page: Arc::new(page), end })
    }
}

impl PageEnd {
    /// The last record of a page.
    fn of(page: &[u8]) -> Result<PageEnd, &'static str> {
        let lines = page.strip_suffix(b"\n").ok_or("expected lines, each ending in a newline")?;
        let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let form = "expected a last line `PLACE RECORD`";
        let space = last.iter().position(|byte| *byte == b' ').ok_or(form)?;
        let place: u64 = std::str::from_utf8(&last[..space]).ok().and_then(|place| place.parse().ok()).ok_or(form)?;
        Ok(PageEnd { place, leaf: leaf_hash(&last[space + 1..]) })
    }
}

impl LogReader {
    /// For each name, in the order of the names: the package's page, complete at this head; nothing if the log has no
    /// such package at this head.
    ///
    /// # Errors
    /// The answer is no: what is served is not what the head commits to, or the log has committed to something false: a
    /// head without epoch, a bin or a page that is none, a page whose last record does not stand in the log. Could not
    /// check: a file that cannot be had.
    pub fn read_pages(&mut self, names: &[&str]) -> Result<Vec<Option<Arc<HashedPage>>>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let _span = debug_span!("index").entered();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        let digests = self.page_digests(&distinct)?;
        let pages = self.pages(&digests)?;
        let mut found: BTreeMap<&str, Arc<HashedPage>> = digests.iter().map(|(name, _)| *name).zip(pages).collect();
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let mut results: Vec<Option<Arc<HashedPage>>> = Vec::with_capacity(names.len());
        for &name in names {
            let result = match first.get(name) {
                Some(&place) => results[place].clone(),
                None => found.remove(name),
            };
            first.entry(name).or_insert(results.len());
            results.push(result);
        }
        Ok(results)
    }

    /// As [`LogReader::read_pages`], of names that may not be asked for: what cannot be had is left out, and once a page
    /// could not be had, what was not begun by then, too.
    ///
    /// # Errors
    /// As [`LogReader::read_pages`], as far as the index and the ends of pages go.
    pub(crate) fn read_ahead<'a>(
        &mut self,
        names: &BTreeSet<&'a str>,
    ) -> Result<BTreeMap<&'a str, Option<Arc<HashedPage>>>> {
        let _span = debug_span!("index").entered();
        let digests = self.page_digests(names)?;
        // Which names these are is nobody's word, so they do not count as asked for.
        let source = self.page_source();
        let read = parallel_as_far(self.fetcher.threads(), &digests, |&(name, digest)| source.page(name, digest));
        let pages = digests.iter().zip(read).filter_map(|((name, _), page)| Some((*name, page?.ok()?)));
        let pages = self.proven(pages.collect())?;
        let exist: BTreeSet<&str> = digests.iter().map(|(name, _)| *name).collect();
        let absent = names.difference(&exist).map(|name| (*name, None));
        Ok(pages.into_iter().map(|(name, page)| (name, Some(page))).chain(absent).collect())
    }

    /// Where pages are had from, for one solve: it counts their bytes by itself.
    pub(crate) fn page_source(&self) -> PageSource {
        PageSource::new(Arc::clone(&self.fetcher), &self.head.origin)
    }

    /// The digests of the packages' pages; those that are absent are left out.
    ///
    /// # Errors
    /// As [`LogReader::read_pages`], as far as the index goes.
    pub(crate) fn page_digests<'a>(&mut self, names: &BTreeSet<&'a str>) -> Result<Vec<(&'a str, Digest)>> {
        let keys: Vec<(&str, Digest)> = names.iter().map(|&name| (name, key_of(name))).collect();
        self.load_lower_nodes(&keys)?;
        let origin = self.head.origin.clone();
        let fetcher = Arc::clone(&self.fetcher);
        let index = self.index()?;
        let wrong = |error: IndexError| committed(&origin, "an index", &error);
        let bin_of_key: Vec<Digest> =
            keys.iter().map(|(_, key)| index.bin(key)).collect::<Result<_, _>>().map_err(wrong)?;
        let mut wanted: BTreeMap<Digest, Vec<&(&str, Digest)>> = BTreeMap::new();
        for (key, hash) in keys.iter().zip(&bin_of_key).filter(|(_, hash)| **hash != empty_bin()) {
            wanted.entry(*hash).or_default().push(key);
        }
        let wanted: Vec<(Digest, Vec<&(&str, Digest)>)> = wanted.into_iter().collect();
        let bins = fetcher.each(&wanted, |(hash, keys)| {
            fetcher.content_or_say(Content::Bin(*hash), &|bytes| another::bin(bytes, keys))
        })?;
        let mut bins: BTreeMap<Digest, Vec<u8>> = wanted.into_iter().map(|(hash, _)| hash).zip(bins).collect();
        bins.insert(empty_bin(), Vec::new());
        let mut digests = Vec::with_capacity(keys.len());
        for ((name, key), hash) in keys.iter().zip(&bin_of_key) {
            let bin = bins.get(hash).map(Vec::as_slice).unwrap_or_default();
            if let Some(digest) = index.get(key, bin).map_err(wrong)? {
                digests.push((*name, digest));
            }
        }
        Ok(digests)
    }

    /// Gets the lower nodes of the index that the keys need.
    fn load_lower_nodes(&mut self, keys: &[(&str, Digest)]) -> Result<()> {
        let fetcher = Arc::clone(&self.fetcher);
        let index = self.index()?;
        let numbers: BTreeSet<u8> = keys.iter().map(|(_, key)| VerifiedIndex::lower_of(key)).collect();
        let missing: Vec<(u8, Content)> = numbers
            .into_iter()
            .filter_map(|number| Some((number, Content::Node(index.missing_lower(number)?))))
            .collect();
        let nodes = fetcher.each(&missing, |&(number, name)| {
            fetcher.read_content(name, |bytes| {
                let wrong = IndexError::NodeLength(bytes.len());
                let row = Row256::new(bytes).ok_or_else(|| wrong.to_string())?;
                match name.compare(row.root()) {
                    Ok(()) => Ok(row),
                    Err(what) => Err(told(what, another::node(row.as_ref(), number, keys))),
                }
            })
        })?;
        for ((number, _), row) in missing.into_iter().zip(nodes) {
            index.insert_node(number, row.into()).map_err(|error| Error::no(error.to_string()))?;
        }
        Ok(())
    }

    /// Gets pages, in the order of the digests, and proves of each that its last record stands in the log.
    fn pages(&mut self, digests: &[(&str, Digest)]) -> Result<Vec<Arc<HashedPage>>> {
        let pages = self.fetcher.each(digests, |&(name, digest)| self.source.page(name, digest))?;
        let pages = self.proven(digests.iter().map(|(name, _)| *name).zip(pages).collect())?;
        Ok(pages.into_iter().map(|(_, page)| page).collect())
    }

    /// These pages, once each one's last record is proven to stand in the log.
    fn proven<'a>(&mut self, pages: Vec<(&'a str, IndexedPage)>) -> Result<Vec<(&'a str, Arc<HashedPage>)>> {
        let ends: Vec<(&str, &PageEnd)> = pages.iter().map(|(name, page)| (*name, &page.end)).collect();
        self.prove_ends(&ends)?;
        Ok(pages.into_iter().map(|(name, indexed)| (name, indexed.page)).collect())
    }

    /// Proves that the log has the last record of each page.
    ///
    /// # Errors
    /// The answer is no: it does not. Could not check: tiles that cannot be had.
    pub(crate) fn prove_ends(&mut self, ends: &[(&str, &PageEnd)]) -> Result<()> {
        let places: Vec<u64> = ends.iter().map(|(_, end)| end.place).collect();
        self.tiles.load_leaves(&self.fetcher, &places)?;
        ends.iter().try_for_each(|(name, end)| self.check_end(name, end))
    }

    /// The index says that the page ends with this record at this place; the log must say so, too.
    fn check_end(&self, name: &str, end: &PageEnd) -> Result<()> {
        let (origin, size, place) = (&self.head.origin, self.head.size, end.place);
        let false_statement = |what: String| {
            Error::no(format!("{origin} has made a false statement: its index at the head with {size} records says that the page of {name} {what}"))
                .hint(EVIDENCE)
        };
        match self.tiles.leaf(place) {
            Some(leaf) if leaf == end.leaf => Ok(()),
            Some(leaf) => Err(false_statement(format!(
                "ends with the record {place} of leaf hash {}, and the log has one of {leaf} there",
                end.leaf
            ))),
            None => Err(false_statement(format!("ends with the record {place}, which the log does not have"))),
        }
    }
}
