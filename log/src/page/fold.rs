//! What a page says in the end: its releases, which of them are yanked, and what says nothing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use semver::Version;

use super::Page;
use crate::record::Record;

/// What a page says in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Releases, ascending by precedence, build metadata as the last tie-break; no version twice.
    pub releases: Vec<FoldedRelease>,
    /// Records that change nothing, in the order of the page.
    pub voids: Vec<Void>,
}

/// A release and the last word on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedRelease {
    /// Place of its record in the log.
    pub place: u64,
    /// Its version.
    pub version: Version,
    /// Whether the last word on it is a yank.
    pub yanked: bool,
    /// Which line of the page, from 0, is its record.
    pub line: usize,
}

/// A record that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Void {
    /// Its place in the log.
    pub place: u64,
    /// Why.
    pub why: VoidReason,
}

/// Why a record changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoidReason {
    /// A release of a version that was released before: the first one stays.
    #[error("the version was released before")]
    Released,
    /// A yank, or a yank taken back, of a version that was not released before.
    #[error("the version was not released before")]
    NotReleased,
    /// A yank of a version that is yanked.
    #[error("the version is yanked already")]
    Yanked,
    /// A yank taken back of a version that is not yanked.
    #[error("the version is not yanked")]
    NotYanked,
}

impl Page<'_> {
    /// Takes the records one after the other: the first release of a version is the release; later ones change nothing,
    /// and neither do yanks of what is not there. Two versions that differ only in build metadata are two.
    pub fn fold(&self) -> Folded {
        let mut releases: BTreeMap<Version, FoldedRelease> = BTreeMap::new();
        let mut voids = Vec::new();
        for (line, (place, record)) in self.lines.iter().enumerate() {
            // A record has been read, so its version is one; an epoch has none, and is in no page.
            let Some(version) = record.version().and_then(|version| Version::parse(version).ok()) else { continue };
            let why = match (record, releases.entry(version)) {
                (Record::Release(_), Entry::Vacant(vacant)) => {
                    let version = vacant.key().clone();
                    vacant.insert(FoldedRelease { place: *place, version, yanked: false, line });
                    None
                }
                (Record::Release(_), Entry::Occupied(_)) => Some(VoidReason::Released),
                (_, Entry::Vacant(_)) => Some(VoidReason::NotReleased),
                (record, Entry::Occupied(mut release)) => {
                    let yank = matches!(record, Record::Yank(_));
                    let was = std::mem::replace(&mut release.get_mut().yanked, yank);
                    (was == yank).then_some(if yank { VoidReason::Yanked } else { VoidReason::NotYanked })
                }
            };
            voids.extend(why.map(|why| Void { place: *place, why }));
        }
        Folded { releases: releases.into_values().collect(), voids }
    }
}
