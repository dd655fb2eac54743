//! The registries of one solve, each at its accepted head: what the solver asks for is read from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use headlock_log::checkpoint::Head;

use crate::error::{Error, Result};
use crate::lock::Derived;
use crate::solve::{AheadPage, ProvenPage, ReadPages};
use crate::sources::{Access, Fetcher, LogReader};
use crate::trust::{AcceptedHead, Trust};

/// Pages of the registries at accepted heads. What was read once is kept for the rest of the run.
#[derive(Debug)]
pub struct Pages {
    logs: BTreeMap<String, Log>,
}

#[derive(Debug)]
struct Log {
    head: Head,
    fetcher: Arc<Fetcher>,
    reader: Option<LogReader>,
    /// Names to fetch ahead, before the first read: a lock's word, which only saves time.
    ahead: BTreeSet<String>,
    held: BTreeMap<String, Option<ProvenPage>>,
}

impl Pages {
    /// The registries of these heads, where the trust file says that they are served. Nothing is read yet.
    ///
    /// # Errors
    /// Malformed: a registry without a URL, or with one that cannot be used.
    pub fn new(access: &Access, trust: &Trust, heads: &[AcceptedHead]) -> Result<Pages> {
        let mut logs = BTreeMap::new();
        for head in heads {
            let head = head.head().clone();
            let fetcher = fetcher(access, trust, &head.origin)?;
            let log = Log { fetcher, reader: None, ahead: BTreeSet::new(), held: BTreeMap::new(), head };
            logs.insert(log.head.origin.clone(), log);
        }
        Ok(Pages { logs })
    }

    /// Names that will probably be asked for, to be fetched before the first read.
    pub fn expect(&mut self, derived: &Derived) {
        let packages = derived.packages.iter().map(|package| (&package.registry, &package.name));
        let consulted = derived.consulted.iter().flat_map(|c| c.names.iter().map(move |name| (&c.registry, name)));
        for (registry, name) in packages.chain(consulted) {
            if let Some(log) = self.logs.get_mut(registry) {
                log.ahead.insert(name.clone());
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
        let found = self.reader()?.read_packages(names)?;
        for (name, file) in names.iter().zip(found) {
            self.held.insert((*name).to_owned(), file.map(ProvenPage::new));
        }
        Ok(())
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
        let mut pages = Vec::new();
        for (origin, log) in &mut self.logs {
            let names = std::mem::take(&mut log.ahead);
            if names.is_empty() {
                continue;
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            // What goes wrong with a name that only a lock mentions is no failure: it may never be asked for.
            if let Err(error) = log.fetch(&names) {
                tracing::debug!(%error, origin, "fetching ahead failed");
            }
            let held = |name: &&str| Some((origin.clone(), (*name).to_owned(), log.held.get(*name)?.clone()?));
            pages.extend(names.iter().filter_map(held));
        }
        pages
    }
}

fn fetcher(access: &Access, trust: &Trust, origin: &str) -> Result<Arc<Fetcher>> {
    let urls = trust.urls(origin)?;
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    Ok(Arc::new(Fetcher::new(access, origin, &urls)?))
}

/// The newest checkpoint that a log's URLs serve and the trust file accepts.
///
/// # Errors
/// Could not check: no URL serves one. Refused: none that is served is accepted.
pub fn newest_checkpoint(access: &Access, trust: &Trust, origin: &str) -> Result<Vec<u8>> {
    let mut newest: Option<(u64, Vec<u8>)> = None;
    let mut failure = None;
    for served in fetcher(access, trust, origin)?.checkpoints() {
        let accepted = served.bytes.and_then(|bytes| {
            let (head, _, _) = trust.accept_checkpoint(origin, &bytes)?;
            Ok((head.head().size, bytes))
        });
        match accepted {
            Ok(found) if newest.as_ref().is_none_or(|newest| found.0 > newest.0) => newest = Some(found),
            Ok(_) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (newest, failure) {
        (Some((_, bytes)), _) => Ok(bytes),
        (None, Some(error)) => Err(error),
        (None, None) => Err(Error::could_not_check(format!("no URL is known for the log {origin}"))),
    }
}
