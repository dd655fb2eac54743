//! What a log says of its peers.

use std::sync::Arc;

use headlock_log::checkpoint::Head;
use headlock_log::note::VerifierKey;
use headlock_log::page::{HashedPage, Page};
use headlock_log::record::{Peer, Subject, Sync};

use super::MAX_PEERS;
use crate::error::{Error, Result};
use crate::sources::EVIDENCE;

/// What one log says of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Origin of the log that says it.
    pub by: String,
    /// The place of the record that says it.
    pub record: u64,
    /// The peer's origin.
    pub peer: String,
    /// The peer's keys.
    pub keys: Vec<VerifierKey>,
    /// Where the peer is served.
    pub url: String,
    /// The only packages of it that may be depended on, ascending.
    pub packages: Option<Vec<String>>,
    /// How far its own peers are followed.
    pub depth: Option<u32>,
    /// The newest head of it that the log has.
    pub synced: Option<Synced>,
}

/// A head of a peer that a log holds, signed by the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The place of the record that holds it.
    pub record: u64,
    /// The head.
    pub head: Head,
    /// The key that has signed it.
    pub key: VerifierKey,
    /// The peer's checkpoint.
    pub note: Vec<u8>,
}

/// The peers of a log, ascending by origin, from its page about them. Which heads it has seen is not in this page.
///
/// # Errors
/// The answer is no: the log has committed to a page that is none. Could not check: more peers than are followed.
fn mentions(origin: &str, page: &HashedPage) -> Result<Vec<Mention>> {
    let page = parse(origin, Subject::Peers, page)?;
    let peers = page.peers(origin).peers;
    if peers.len() > MAX_PEERS {
        return Err(Error::could_not_check(format!(
            "{origin} has {} peers, and no more than {MAX_PEERS} are followed",
            peers.len()
        )));
    }
    let mention = |(peer, (record, said)): (&str, (u64, Peer<'_>))| Mention {
        by: origin.to_owned(),
        record,
        peer: peer.to_owned(),
        keys: said.verifiers().collect(),
        url: said.url.to_owned(),
        packages: said.packages.map(|packages| packages.into_iter().map(str::to_owned).collect()),
        depth: said.depth,
        synced: None,
    };
    Ok(peers.into_iter().map(mention).collect())
}

/// The peers of a log, ascending by origin, with the newest head of each that the log has; `read` gives the log's pages by
/// the names of what they are about.
///
/// # Errors
/// The answer is no: the log has committed to a page that is none, or to a head that the peer has not signed. Could not
/// check: more peers than are followed. Else those of `read`.
pub(crate) fn read_mentions(
    origin: &str,
    is_meant: impl Fn(&Mention) -> bool,
    mut read: impl FnMut(&[&str]) -> Result<Vec<Option<Arc<HashedPage>>>>,
) -> Result<(Vec<Mention>, Vec<Mention>)> {
    let Some(page) = read(&[&Subject::Peers.to_string()])?.pop().flatten() else { return Ok(Default::default()) };
    let (mut meant, others): (Vec<Mention>, Vec<Mention>) = mentions(origin, &page)?.into_iter().partition(is_meant);
    let names: Vec<String> = meant.iter().map(|mention| Subject::Peer(&mention.peer).to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (mention, page) in meant.iter_mut().zip(read(&names)?) {
        if let Some(page) = page {
            mention.add_synced(&page)?;
        }
    }
    Ok((meant, others))
}

impl Mention {
    /// Adds what the log's page of this peer says.
    ///
    /// # Errors
    /// The answer is no: the log has committed to a page that is none, or to a head that the peer has not signed.
    fn add_synced(&mut self, page: &HashedPage) -> Result<()> {
        let page = parse(&self.by, Subject::Peer(&self.peer), page)?;
        let ids: Vec<[u8; 4]> = self.keys.iter().map(VerifierKey::id).collect();
        let Some((record, sync)) = page.syncs().newest(&ids) else { return Ok(()) };
        self.synced = Some(self.read(record, sync)?);
        Ok(())
    }

    fn read(&self, record: u64, sync: &Sync<'_>) -> Result<Synced> {
        let signed = self.keys.iter().filter(|key| Some(key.id()) == sync.key_id());
        let mut failure = None;
        for key in signed {
            match sync.verify(key) {
                Ok(_) => return Ok(Synced { record, head: sync.head(), key: key.clone(), note: sync.note() }),
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.map(|error| error.to_string()).unwrap_or_default();
        Err(unsigned(&self.by, &self.peer, record, &failure))
    }

    /// Whether a key is one that the log names for the peer.
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.keys.contains(key)
    }
}

fn parse<'a>(origin: &str, subject: Subject<'a>, page: &'a HashedPage) -> Result<Page<'a>> {
    page.parse(origin, subject).map_err(|error| {
        Error::no(format!("{origin} has committed to a page of {subject} that is none: {error}")).hint(EVIDENCE)
    })
}

/// A log holds a head of a peer that the peer has not signed.
fn unsigned(by: &str, peer: &str, record: u64, failure: &str) -> Error {
    Error::no(format!("{by} has made a false statement: its record {record} holds a head of {peer}, and {failure}"))
        .hint(EVIDENCE)
}
