//! The other logs that packages of a registry may depend on, and the heads of them that it has seen.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::index::page_path;
use headlock_log::note::VerifierKey;
use headlock_log::page::{MAX_PAGE, Page};
use headlock_log::record::{Dependency, Peer, Record, Subject, Sync, Unpeer};

use super::rejection::Rejection;
use super::transaction::Transaction;
use super::tree::required;
use super::writer::Registry;
use crate::error::{Error, Result};

/// What an operator says of a peer. Lists may stand in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRequest {
    /// Its origin is the name of its keys.
    pub keys: Vec<VerifierKey>,
    /// Where it is served.
    pub url: String,
    /// The only packages of it that may be depended on; all, if there is no list.
    pub packages: Option<Vec<String>>,
    /// How far its own peers are followed; as far as they go, if it is not said.
    pub depth: Option<u32>,
}

/// A peer, as the newest head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPeer {
    /// The place of the record that says so.
    pub place: u64,
    /// Its keys, as vkeys.
    pub keys: Vec<String>,
    /// Where it is served.
    pub url: String,
    /// The only packages of it that may be depended on.
    pub packages: Option<Vec<String>>,
    /// How far its own peers are followed.
    pub depth: Option<u32>,
    /// Its newest head that the log has.
    pub synced: Option<KnownHead>,
}

/// A head of a peer that a log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// The place of the record that has it.
    pub place: u64,
    /// The head.
    pub head: Head,
    /// The peer's checkpoint.
    pub note: Vec<u8>,
}

impl KnownHead {
    fn of(place: u64, sync: &Sync<'_>) -> KnownHead {
        KnownHead { place, head: sync.head(), note: sync.note() }
    }
}

/// The peers of a log, by origin, as far as a transaction needs to know them.
pub(super) type KnownPeers = BTreeMap<String, KnownPeer>;

impl KnownPeer {
    fn of(place: u64, peer: &Peer<'_>) -> KnownPeer {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        KnownPeer {
            place,
            keys: owned(&peer.keys),
            url: peer.url.to_owned(),
            packages: peer.packages.as_deref().map(owned),
            depth: peer.depth,
            synced: None,
        }
    }

    fn says(&self, peer: &Peer<'_>) -> bool {
        KnownPeer { place: 0, synced: None, ..self.clone() } == KnownPeer::of(0, peer)
    }

    fn verifiers(&self) -> impl Iterator<Item = VerifierKey> {
        self.keys.iter().filter_map(|key| VerifierKey::parse(key).ok())
    }
}

impl Registry<'_> {
    /// Lets packages of this registry depend on those of another. What was said of it before is replaced.
    ///
    /// # Errors
    /// No: this is said already. Malformed: the registry itself, keys of several logs, or a URL or package that is none.
    /// Else as for [`Registry::publish`].
    pub fn add_peer(&mut self, request: &PeerRequest) -> Result<Head> {
        let origin = request.keys.first().map(VerifierKey::name).unwrap_or_default();
        let keys: BTreeSet<String> = request.keys.iter().map(ToString::to_string).collect();
        let packages: Option<BTreeSet<&str>> =
            request.packages.as_ref().map(|packages| packages.iter().map(String::as_str).collect());
        let peer = Peer {
            peer: origin,
            keys: keys.iter().map(String::as_str).collect(),
            url: &request.url,
            packages: packages.map(|packages| packages.into_iter().collect()),
            depth: request.depth,
            prev: None,
        };
        self.append(&[Record::Peer(peer)])
    }

    /// Ends that. Releases that depend on packages of the other registry stay in the log; no new answer holds them.
    ///
    /// # Errors
    /// No: it is not a peer. Else as for [`Registry::publish`].
    pub fn remove_peer(&mut self, origin: &str) -> Result<Head> {
        self.append(&[Record::Unpeer(Unpeer { peer: origin, prev: None })])
    }

    /// The peers at the newest head, by origin.
    ///
    /// # Errors
    /// As for [`Registry::publish`].
    pub fn peers(&mut self) -> Result<BTreeMap<String, KnownPeer>> {
        let mut transaction = self.begin()?;
        let origins: Vec<String> = transaction.peers()?.keys().cloned().collect();
        for origin in &origins {
            transaction.synced(origin)?;
        }
        Ok(transaction.peers.take().unwrap_or_default())
    }

    /// Records a head of a peer, which whoever reads this registry then has, too. That the newest one recorded before is
    /// a beginning of it is for the caller to have proven: see [`KnownPeer::synced`].
    ///
    /// # Errors
    /// No: not a peer, or no newer head. Refused: signed by none of the peer's keys. Else as for [`Registry::publish`].
    pub fn sync(&mut self, checkpoint: &Checkpoint) -> Result<Head> {
        let head = checkpoint.head();
        let signature = Sync::format_signature(checkpoint);
        let sync = Sync { peer: &head.origin, size: head.size, root: head.root, signature: &signature, prev: None };
        self.append(&[Record::Sync(sync)])
    }
}

#[cfg(test)]
impl Registry<'_> {
    /// Adds a record as it is, chained, whatever it says.
    pub(crate) fn append_unchecked(&mut self, record: &Record<'_>) -> Result<Head> {
        let mut transaction = self.begin()?;
        transaction.chain(record.clone())?;
        transaction.commit(&mut |_| ())
    }
}

impl Transaction<'_, '_> {
    /// Whether a release of this log may have the dependency.
    pub(super) fn check_edge(&mut self, dependency: &Dependency<'_>) -> Result<(), Rejection> {
        let Some(origin) = dependency.registry else { return Ok(()) };
        let (package, registry) = (dependency.package.to_owned(), origin.to_owned());
        if origin == self.registry.origin() {
            return Err(Rejection::OwnRegistry { dependency: package, registry });
        }
        match self.peers()?.get(origin).map(|peer| &peer.packages) {
            None => Err(Rejection::NoPeer { dependency: package, registry }),
            Some(Some(allowed)) if !allowed.contains(&package) => {
                Err(Rejection::NotAllowed { dependency: package, registry })
            }
            Some(_) => Ok(()),
        }
    }

    pub(super) fn peer(&mut self, peer: &Peer<'_>) -> Result<u64, Rejection> {
        if peer.prev.is_some() {
            return Err(Rejection::Reserved("prev"));
        }
        Record::Peer(peer.clone()).check()?;
        let origin = peer.peer.to_owned();
        if origin == self.registry.origin() {
            return Err(Rejection::Itself { peer: origin });
        }
        if self.peers()?.get(&origin).is_some_and(|known| known.says(peer)) {
            return Err(Rejection::SamePeer { peer: origin });
        }
        let keys: Vec<VerifierKey> = peer.verifiers().collect();
        let ids: Vec<[u8; 4]> = keys.iter().map(VerifierKey::id).collect();
        let is_ambiguous = self.read_page(Subject::Peer(&origin), |page| {
            let newest = page.syncs().newest(&ids);
            newest.is_some_and(|(_, sync)| keys.iter().all(|key| sync.verify(key).is_err()))
        })?;
        if is_ambiguous {
            return Err(Rejection::SameId { peer: origin });
        }
        let place = self.chain(Record::Peer(peer.clone()))?;
        self.peers()?.insert(origin, KnownPeer::of(place, peer));
        Ok(place)
    }

    pub(super) fn unpeer(&mut self, unpeer: &Unpeer<'_>) -> Result<u64, Rejection> {
        if unpeer.prev.is_some() {
            return Err(Rejection::Reserved("prev"));
        }
        Record::Unpeer(*unpeer).check()?;
        if !self.peers()?.contains_key(unpeer.peer) {
            return Err(Rejection::Stranger { peer: unpeer.peer.to_owned() });
        }
        let place = self.chain(Record::Unpeer(*unpeer))?;
        self.peers()?.remove(unpeer.peer);
        Ok(place)
    }

    pub(super) fn sync(&mut self, sync: &Sync<'_>) -> Result<u64, Rejection> {
        if sync.prev.is_some() {
            return Err(Rejection::Reserved("prev"));
        }
        Record::Sync(*sync).check()?;
        let origin = sync.peer.to_owned();
        let known = self.peers()?.get(&origin).ok_or(Rejection::Stranger { peer: origin.clone() })?;
        let named: Vec<VerifierKey> = known.verifiers().collect();
        let key = named.iter().find(|key| Some(key.id()) == sync.key_id()).or(named.first());
        let checked = key.ok_or(Rejection::Stranger { peer: origin.clone() })?;
        sync.verify(checked).map_err(|error| Rejection::Unsigned { peer: origin.clone(), error })?;
        if let Some(known) = self.synced(&origin)?.filter(|known| known.head.size >= sync.size) {
            return Err(Rejection::NotNewer { peer: origin, size: sync.size, known: known.head.size });
        }
        let place = self.chain(Record::Sync(*sync))?;
        if let Some(peer) = self.peers()?.get_mut(&origin) {
            peer.synced = Some(KnownHead::of(place, sync));
        }
        Ok(place)
    }

    /// Adds a record that has been checked, behind its subject's page.
    fn chain(&mut self, mut record: Record<'_>) -> Result<u64, Rejection> {
        let subject = record.subject().map(|subject| subject.to_string()).unwrap_or_default();
        let page = self.page(&subject)?.page.digest();
        if page.is_none() {
            self.check_room(&subject)?;
        }
        record.set_prev(page);
        self.add(&subject, &record)
    }

    /// The log's peers.
    fn peers(&mut self) -> Result<&mut KnownPeers> {
        let peers = match self.peers.take() {
            Some(peers) => peers,
            None => {
                let origin = self.registry.origin().to_owned();
                self.read_page(Subject::Peers, |page| {
                    let peers = page.peers(&origin).peers.into_iter();
                    peers.map(|(origin, (place, peer))| (origin.to_owned(), KnownPeer::of(place, &peer))).collect()
                })?
            }
        };
        Ok(self.peers.insert(peers))
    }

    /// The newest head of a peer that the log has.
    fn synced(&mut self, origin: &str) -> Result<Option<KnownHead>> {
        let Some(known) = self.peers()?.get(origin).cloned() else { return Ok(None) };
        if known.synced.is_some() {
            return Ok(known.synced);
        }
        let ids: Vec<[u8; 4]> = known.verifiers().map(|key| key.id()).collect();
        let synced = self.read_page(Subject::Peer(origin), |page| {
            page.syncs().newest(&ids).map(|(place, sync)| KnownHead::of(place, sync))
        })?;
        if let Some(peer) = self.peers()?.get_mut(origin) {
            peer.synced.clone_from(&synced);
        }
        Ok(synced)
    }

    /// What the page that the registry has of a subject comes to; as nothing, without one.
    fn read_page<T: Default>(&mut self, subject: Subject<'_>, read: impl FnOnce(&Page<'_>) -> T) -> Result<T> {
        let Some(digest) = self.index.page(&self.registry.files, &subject.to_string())? else {
            return Ok(T::default());
        };
        let path = page_path(&digest);
        let bytes = required(&self.registry.files, &path, MAX_PAGE as u64)?;
        let page = Page::parse(&bytes, self.registry.origin(), subject)
            .map_err(|error| Error::no(format!("{path}: {error}")))?;
        Ok(read(&page))
    }
}
