//! What the records of a log about other logs come to, and which of them no log may hold.

use std::collections::BTreeMap;

use headlock_log::checkpoint::Head;
use headlock_log::note::VerifierKey;
use headlock_log::page::PeerVoid;
use headlock_log::record::{Peer, Record, Sync};

use super::Fault;

/// The peers so far.
#[derive(Debug, Default)]
pub(super) struct PeerFold {
    /// What the last word on each says, without `prev`, as a record.
    peers: BTreeMap<String, Vec<u8>>,
    /// The newest head of each that the log has seen, by the id of the key that signed it, with how many syncs came before.
    synced: BTreeMap<String, BTreeMap<[u8; 4], (u64, Head)>>,
    /// How many syncs there were.
    syncs: u64,
}

impl PeerFold {
    /// Takes a record of the log of an origin: why it changes nothing, or what is wrong with it.
    pub(super) fn take(&mut self, origin: &str, record: &Record<'_>) -> (Option<PeerVoid>, Option<Fault>) {
        match record {
            Record::Peer(peer) if peer.peer == origin => (Some(PeerVoid::Itself), None),
            Record::Peer(peer) => {
                let said = Record::Peer(Peer { prev: None, ..peer.clone() }).encode();
                let before = self.peers.insert(peer.peer.to_owned(), said.clone());
                ((before == Some(said)).then_some(PeerVoid::Same), None)
            }
            Record::Unpeer(unpeer) => match self.peers.remove(unpeer.peer) {
                Some(_) => (None, None),
                None => (Some(PeerVoid::NotPeer), None),
            },
            Record::Sync(sync) => (None, self.sync(sync)),
            _ => (None, None),
        }
    }

    fn sync(&mut self, sync: &Sync<'_>) -> Option<Fault> {
        let (peer, head) = (sync.peer.to_owned(), sync.head());
        let keys: Vec<VerifierKey> = match self.peers.get(sync.peer).map(|said| Record::parse(said)) {
            Some(Ok(Record::Peer(said))) => said.verifiers().collect(),
            _ => Vec::new(),
        };
        let Some(key) = keys.iter().find(|key| sync.verify(key).is_ok()) else {
            return Some(Fault::Unsigned { peer });
        };
        let synced = self.synced.entry(peer.clone()).or_default();
        // As for whoever writes: a head under a key that is no longer the peer's says nothing.
        let known = keys.iter().filter_map(|key| synced.get(&key.id())).max_by_key(|(number, _)| *number);
        if let Some((_, known)) = known
            && (known.size > head.size || (known.size == head.size && known.root != head.root))
        {
            return Some(Fault::SyncedBack { peer, size: head.size, known: known.size });
        }
        synced.insert(key.id(), (self.syncs, head));
        self.syncs += 1;
        None
    }
}
