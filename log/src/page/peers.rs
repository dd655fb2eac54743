//! What the pages about other logs say in the end: which are peers, and which heads of them the log has seen.

use std::collections::BTreeMap;

use super::Page;
use crate::record::{Peer, Record, Sync};

/// Other logs that packages of a log may depend on, by origin, each as the last word on it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peers<'a> {
    /// The peers.
    pub peers: BTreeMap<&'a str, (u64, Peer<'a>)>,
}

/// Why a record about peers changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerVoid {
    /// A peer that is one, in the same words.
    #[error("the peer is one already, and nothing else is said of it")]
    Same,
    /// The end of a peer that is none.
    #[error("it is not a peer")]
    NotPeer,
    /// The log's own origin.
    #[error("it is the log itself")]
    Itself,
}

impl<'a> Peers<'a> {
    /// Takes the next record at a place of the log of an origin; those that are not about peers are passed over.
    ///
    /// # Errors
    /// Why it changes nothing.
    pub fn take(&mut self, origin: &str, place: u64, record: &Record<'a>) -> Result<(), PeerVoid> {
        match record {
            Record::Peer(peer) if peer.peer == origin => Err(PeerVoid::Itself),
            Record::Peer(peer) => {
                let bare = |peer: &Peer<'a>| Peer { prev: None, ..peer.clone() };
                if self.peers.get(peer.peer).is_some_and(|(_, known)| bare(known) == bare(peer)) {
                    return Err(PeerVoid::Same);
                }
                self.peers.insert(peer.peer, (place, peer.clone()));
                Ok(())
            }
            Record::Unpeer(unpeer) => self.peers.remove(unpeer.peer).map(drop).ok_or(PeerVoid::NotPeer),
            _ => Ok(()),
        }
    }
}

impl<'a> Page<'a> {
    /// The peers that a page of [`Subject::Peers`](crate::record::Subject::Peers) comes to, in the log of an origin.
    pub fn peers(&self, origin: &str) -> Peers<'a> {
        let mut peers = Peers::default();
        for (place, record) in &self.lines {
            // What changes nothing is passed over.
            let _ = peers.take(origin, *place, record);
        }
        peers
    }

    /// The heads that a page of [`Subject::Peer`](crate::record::Subject::Peer) has, in the order of the log.
    pub fn syncs(&self) -> Syncs<'_, 'a> {
        Syncs { lines: &self.lines }
    }
}

/// The heads of a peer that a log has seen, with their records' places, the oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Syncs<'p, 'a> {
    lines: &'p [(u64, Record<'a>)],
}

impl<'p, 'a> Syncs<'p, 'a> {
    /// The newest that a key with one of these ids, the peer's as they are now, is said to have signed. A head under a key
    /// that is no longer the peer's says nothing.
    pub fn newest(&self, keys: &[[u8; 4]]) -> Option<(u64, &'p Sync<'a>)> {
        let mut newest_first = self.lines.iter().rev().filter_map(|(place, record)| match record {
            Record::Sync(sync) => Some((*place, sync)),
            _ => None,
        });
        newest_first.find(|(_, sync)| sync.key_id().is_some_and(|id| keys.contains(&id)))
    }
}
