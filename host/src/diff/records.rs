//! Records that logs have got from one lock to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use headlock_log::page::HashedPage;
use headlock_log::record::{Record, Subject};

use super::{Cause, release_name};
use crate::error::{Error, Result};
use crate::lock::LockedPackage;
use crate::pages::Pages;

/// Records that came in between, of the newer lock's logs.
pub(super) struct Records<'p> {
    pub(super) pages: &'p mut Pages,
    /// How many records the older lock had of each log.
    before: BTreeMap<&'p str, u64>,
    held: BTreeMap<(String, String), Option<Arc<HashedPage>>>,
}

impl<'p> Records<'p> {
    /// Of logs that had so many records before.
    pub(super) fn new(pages: &'p mut Pages, before: BTreeMap<&'p str, u64>) -> Records<'p> {
        Records { pages, before, held: BTreeMap::new() }
    }

    /// How many records the older lock had of a log; nothing if it was not about it.
    pub(super) fn size(&self, origin: &str) -> Option<u64> {
        self.before.get(origin).copied()
    }

    /// Looks at the records of a subject that came in between, the newest first, until one is what is looked for.
    fn newest<T>(
        &mut self,
        origin: &str,
        subject: Subject<'_>,
        look: impl Fn(u64, &Record<'_>) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(size) = self.size(origin).filter(|_| self.pages.has(origin)) else { return Ok(None) };
        let key = (origin.to_owned(), subject.to_string());
        if !self.held.contains_key(&key) {
            let page = self.pages.of_subjects(origin, &[&key.1])?.pop().flatten();
            self.held.insert(key.clone(), page);
        }
        let Some(Some(page)) = self.held.get(&key) else { return Ok(None) };
        let page = page
            .parse(origin, subject)
            .map_err(|error| Error::no(format!("the page of {subject} of {origin}: {error}")))?;
        Ok(page
            .lines
            .iter()
            .rev()
            .take_while(|(place, _)| *place >= size)
            .find_map(|(place, record)| look(*place, record)))
    }

    /// The record about a peer that came in between, the newest: whether it names the peer, and its place.
    fn word_on_peer(&mut self, log: &str, peer: &str) -> Result<Option<(bool, u64)>> {
        self.newest(log, Subject::Peers, |place, record| match record {
            Record::Peer(said) if said.peer == peer => Some((true, place)),
            Record::Unpeer(said) if said.peer == peer => Some((false, place)),
            _ => None,
        })
    }

    /// What came in between of what a release needs: the first such thing.
    pub(super) fn word_on_needs(
        &mut self,
        package: &LockedPackage,
        wanted: impl Fn(&Cause) -> bool,
    ) -> Result<Option<Cause>> {
        for target in &package.dependencies {
            let Some((registry, name, version)) = target.parts(Some(&package.registry)) else { continue };
            let needed = || release_name((registry, name, version));
            let mut found = match self.word_on(registry, name, version)? {
                Some(Cause::Yanked(place)) => Some(Cause::NeededYanked(needed(), place)),
                Some(Cause::Unyanked(place)) => Some(Cause::NeedsUnyanked(needed(), place)),
                _ => None,
            };
            if found.is_none() && registry != package.registry {
                found = self.word_on_peer(&package.registry, registry)?.map(|(is_peer, place)| match is_peer {
                    true => Cause::PeerCame(registry.to_owned(), place),
                    false => Cause::PeerGone(registry.to_owned(), place),
                });
            }
            if let Some(found) = found.filter(|cause| wanted(cause)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The newest record that changes a package's maintainers, if one came in between.
    pub(super) fn word_on_maintainers(&mut self, registry: &str, name: &str) -> Result<Option<u64>> {
        self.newest(registry, Subject::Package(name), |place, record| {
            matches!(record, Record::Maintainers(_)).then_some(place)
        })
    }

    /// The record by which a version was yanked, or its yank taken back, in between.
    pub(super) fn word_on(&mut self, registry: &str, name: &str, version: &str) -> Result<Option<Cause>> {
        self.newest(registry, Subject::Package(name), |place, record| match record {
            Record::Yank(mention) if mention.version == version => Some(Cause::Yanked(place)),
            Record::Unyank(mention) if mention.version == version => Some(Cause::Unyanked(place)),
            _ => None,
        })
    }
}
