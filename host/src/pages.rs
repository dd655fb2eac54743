//! The registries of one solve, each at its accepted head: what the solver asks for is read from here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::fork::Beginning;
use headlock_log::page::HashedPage;

use crate::error::{Error, Result};
use crate::fork::forked;
use crate::lock::{Consulted, Derived, LockedPackage};
use crate::solve::{AheadPage, PageFrom, PageToProve, ProvenPage, ReadPages};
use crate::sources::{Access, Fetcher, LogReader, PageEnd};
use crate::trust::{AcceptedHead, Trust};

/// Pages of the registries at accepted heads. What was read once is kept for the rest of the run.
#[derive(Debug)]
pub struct Pages {
    access: Access,
    logs: BTreeMap<String, Log>,
}

#[derive(Debug)]
struct Log {
    urls: Vec<String>,
    head: Head,
    fetcher: Arc<Fetcher>,
    reader: Option<LogReader>,
    /// Names to fetch ahead, before the first read, and when each will be asked for: a lock's word, which only saves time.
    ahead: BTreeMap<String, usize>,
    held: BTreeMap<String, Option<ProvenPage>>,
}

impl Pages {
    /// No registry yet.
    pub fn new(access: &Access) -> Pages {
        Pages { access: access.clone(), logs: BTreeMap::new() }
    }

    /// Adds the registry of a head, where the trust file says that it is served. Nothing is read yet.
    ///
    /// # Errors
    /// Malformed: a registry without a URL, or with one that cannot be used.
    pub fn open(&mut self, trust: &Trust, head: &AcceptedHead) -> Result<()> {
        let head = head.head().clone();
        let urls = urls(&self.access, trust, &head.origin)?;
        let fetcher = fetcher(&self.access, &head.origin, &urls)?;
        let log = Log { urls, fetcher, reader: None, ahead: BTreeMap::new(), held: BTreeMap::new(), head };
        self.logs.insert(log.head.origin.clone(), log);
        Ok(())
    }

    /// How registries are reached.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Whether the registry of an origin is here.
    pub fn has(&self, origin: &str) -> bool {
        self.logs.contains_key(origin)
    }

    /// The URLs of a registry; none of one that is not here, or comes from a bundle.
    pub fn urls(&self, origin: &str) -> Vec<String> {
        self.logs.get(origin).map(|log| log.urls.clone()).unwrap_or_default()
    }

    /// The proven pages about these subjects, by their names; nothing for a proven absence.
    ///
    /// # Errors
    /// As [`ReadPages::read`].
    pub(crate) fn of_subjects(&mut self, origin: &str, names: &[&str]) -> Result<Vec<Option<Arc<HashedPage>>>> {
        Ok(self.read(origin, names)?.into_iter().map(|page| page.map(|page| page.shared())).collect())
    }

    /// Names that will probably be asked for, to be fetched before the first read.
    pub fn expect(&mut self, derived: &Derived) {
        for (when, (registry, name)) in in_order_of_need(derived).into_iter().enumerate() {
            if let Some(log) = self.logs.get_mut(registry) {
                log.ahead.entry(name.to_owned()).or_insert(when);
            }
        }
    }

    /// Whether the log, as it was at the newer head, began with what it was at the older one. Both heads are verified,
    /// or remembered as verified.
    ///
    /// # Errors
    /// The answer is no: the newer head's own tiles do not hold. Could not check: they cannot be had.
    pub fn holds(&mut self, newer: &Head, older: &Head) -> Result<bool> {
        let log = self.log(&newer.origin)?;
        if log.head == *newer {
            return log.reader()?.holds(older);
        }
        LogReader::open(Arc::clone(&log.fetcher), newer)?.holds(older)
    }

    /// The leaf hashes that the log of an origin has at these places; nothing beyond its head.
    ///
    /// # Errors
    /// As [`Pages::holds`].
    pub(crate) fn leaves(&mut self, origin: &str, places: &[u64]) -> Result<Vec<Option<Digest>>> {
        self.log(origin)?.reader()?.leaves(places)
    }

    /// What the log was at an older size, as a head of it has it.
    ///
    /// # Errors
    /// As [`Pages::holds`].
    pub(crate) fn beginning(&mut self, newer: &Head, size: u64) -> Result<Beginning> {
        let log = self.log(&newer.origin)?;
        if log.head == *newer {
            return log.reader()?.beginning(size);
        }
        LogReader::open(Arc::clone(&log.fetcher), newer)?.beginning(size)
    }

    fn log(&mut self, origin: &str) -> Result<&mut Log> {
        self.logs.get_mut(origin).ok_or_else(|| {
            Error::could_not_check(format!("a package of {origin} was asked for, whose head is not pinned"))
        })
    }
}

impl Log {
    fn reader(&mut self) -> Result<&mut LogReader> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => LogReader::open(Arc::clone(&self.fetcher), &self.head)?,
        };
        Ok(self.reader.insert(reader))
    }

    fn fetch(&mut self, names: &[&str]) -> Result<()> {
        let found = self.reader()?.read_pages(names)?;
        for (name, file) in names.iter().zip(found) {
            self.held.insert((*name).to_owned(), file.map(ProvenPage::new));
        }
        Ok(())
    }
}

impl Log {
    /// What will probably be asked for, and when.
    fn ahead(&mut self) -> Result<Vec<(usize, AheadPage)>> {
        let (expected, origin) = (self.ahead.clone(), self.head.origin.clone());
        let names: BTreeSet<&str> = expected.keys().map(String::as_str).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let page = |name: &str, digest, from| {
            let page = AheadPage { origin: origin.clone(), name: name.to_owned(), digest, from };
            (expected.get(name).copied().unwrap_or(usize::MAX), page)
        };
        if self.fetcher.is_near() {
            let digests = self.reader()?.page_digests(&names)?;
            let source = self.reader()?.page_source();
            return Ok(digests
                .into_iter()
                .map(|(name, digest)| page(name, digest, PageFrom::Source(source.clone())))
                .collect());
        }
        // From afar, all that is on the way at once is quicker than one thing after the other.
        let missing = names.iter().copied().filter(|name| !self.held.contains_key(*name)).collect();
        for (name, page) in self.reader()?.read_ahead(&missing)? {
            self.held.insert(name.to_owned(), page.map(ProvenPage::new));
        }
        let held = names.iter().filter_map(|name| Some((*name, self.held.get(*name)?.clone()?)));
        Ok(held.map(|(name, held)| page(name, held.page().digest(), PageFrom::Held(held))).collect())
    }
}

impl ReadPages for Pages {
    fn read(&mut self, origin: &str, names: &[&str]) -> Result<Vec<Option<ProvenPage>>> {
        let log = self.log(origin)?;
        let missing: Vec<&str> = names.iter().copied().filter(|name| !log.held.contains_key(*name)).collect();
        if !missing.is_empty() {
            log.fetch(&missing)?;
        }
        let page = |name: &&str| {
            let held = log.held.get(*name);
            held.cloned().ok_or_else(|| Error::could_not_check(format!("{origin} did not answer for {name}")))
        };
        names.iter().map(page).collect()
    }

    fn ahead(&mut self) -> Vec<AheadPage> {
        let mut pages: Vec<(usize, AheadPage)> = Vec::new();
        for (origin, log) in &mut self.logs {
            // What goes wrong with a name that only a lock mentions is no failure: it may never be asked for.
            match log.ahead() {
                Ok(found) => pages.extend(found),
                Err(error) => tracing::debug!(%error, origin, "fetching ahead failed"),
            }
        }
        pages.sort_by_key(|(when, _)| *when);
        pages.into_iter().map(|(_, page)| page).collect()
    }

    fn prove(&mut self, ends: &[PageToProve]) -> Result<()> {
        let mut by_origin: BTreeMap<&str, Vec<(&str, &PageEnd)>> = BTreeMap::new();
        for PageToProve { origin, name, end } in ends {
            by_origin.entry(origin).or_default().push((name, end));
        }
        by_origin.into_iter().try_for_each(|(origin, ends)| self.log(origin)?.reader()?.prove_ends(&ends))
    }
}

/// The packages that a lock mentions, about as a solver will ask for them: along the dependencies, from the roots outwards.
/// Those that nothing leads to come last.
fn in_order_of_need<'d>(derived: &'d Derived) -> Vec<(&'d str, &'d str)> {
    let key = |package: &'d LockedPackage| (package.registry.as_str(), package.name.as_str(), package.version.as_str());
    let mut rest: BTreeMap<_, _> = derived.packages.iter().map(|package| (key(package), package)).collect();
    let mut queue: VecDeque<_> = derived.roots.iter().filter_map(|target| target.parts(None)).collect();
    let mut order = Vec::with_capacity(derived.packages.len());
    while let Some(target) = queue.pop_front() {
        if let Some(package) = rest.remove(&target) {
            // A local component has no page.
            order.extend(package.record.map(|_| (target.0, target.1)));
            queue.extend(package.dependencies.iter().filter_map(|target| target.parts(Some(&package.registry))));
        }
    }
    order.extend(rest.into_values().filter(|package| package.record.is_some()).map(|package| {
        let (registry, name, _) = key(package);
        (registry, name)
    }));
    let names =
        |consulted: &'d Consulted| consulted.names.iter().map(|name| (consulted.registry.as_str(), name.as_str()));
    order.extend(derived.consulted.iter().flat_map(names));
    order
}

/// Where a log is served. What is in a bundle is nowhere else.
fn urls(access: &Access, trust: &Trust, origin: &str) -> Result<Vec<String>> {
    if access.bundle.is_some() { Ok(Vec::new()) } else { trust.urls(origin) }
}

fn fetcher(access: &Access, origin: &str, urls: &[String]) -> Result<Arc<Fetcher>> {
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    Ok(Arc::new(Fetcher::new(access, origin, &urls)?))
}

/// The newest checkpoint that a log's URLs serve and the trust file accepts. Where they serve several, the others must be
/// of its beginning.
///
/// # Errors
/// Could not check: no URL serves one, or it cannot be compared with another. Refused: none that is served is accepted.
/// The answer is no: two are accepted, and are no beginning of one another.
pub fn newest_checkpoint(access: &Access, trust: &Trust, origin: &str) -> Result<Vec<u8>> {
    let fetcher = fetcher(access, origin, &urls(access, trust, origin)?)?;
    let mut accepted: Vec<(AcceptedHead, String, Vec<u8>)> = Vec::new();
    let mut failure = None;
    for served in fetcher.checkpoints() {
        let url = served.url;
        let head = served.bytes.and_then(|bytes| Ok((trust.accept_served(origin, &bytes)?.0, bytes)));
        match head {
            Ok((head, bytes)) => accepted.push((head, url, bytes)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    // Of equal ones, the first URL's.
    let Some(newest) = (0..accepted.len()).rev().max_by_key(|&place| accepted[place].0.head().size) else {
        return Err(failure.unwrap_or_else(|| Error::could_not_check(format!("no URL is known for the log {origin}"))));
    };
    let (accepted_head, url, bytes) = accepted.swap_remove(newest);
    let head = accepted_head.head();
    for (other_head, at, other_bytes) in accepted.iter().filter(|(other, ..)| other.head() != head) {
        let other = other_head.head();
        let is_beginning = other.size < head.size && LogReader::open(Arc::clone(&fetcher), head)?.holds(other)?;
        if !is_beginning {
            let text = |head: &Head| format!("a head with {} records, root {}", head.size, head.root_base64());
            let what = format!("the log {origin} has forked: {url} serves {}, and {at} {}", text(head), text(other));
            let keys = [accepted_head.key().clone(), other_head.key().clone()];
            return Err(forked(what, [&bytes, other_bytes], &keys, |newer, size| {
                LogReader::open(Arc::clone(&fetcher), newer)?.beginning(size)
            }));
        }
    }
    Ok(bytes)
}
