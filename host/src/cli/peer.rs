//! `headlock registry peer` and `headlock registry sync`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use headlock_log::note::VerifierKey;

use super::json::FormatChoice;
use super::json::registry::Peers;
use super::output::Output;
use super::session::Place;
use super::words::head_line;
use super::writer::Writer;
use crate::close;
use crate::error::{Error, Result};
use crate::graph::{Mention, Synced};
use crate::keys;
use crate::registry::{KnownPeer, PeerRequest};
use crate::sources;
use crate::sync::{newest_of_peer, peers_of};
use crate::trust::folder_url;

/// Other logs that packages of a registry may depend on.
#[derive(Debug, Subcommand)]
pub(super) enum Peer {
    /// Let packages of this registry depend on those of another
    Add(Add),
    /// End that: releases that depend on the other registry are in no new answer
    Remove(Remove),
    /// List the peers, and which heads of them the registry has
    List(List),
}

#[derive(Args, Debug)]
pub(super) struct Add {
    #[command(flatten)]
    writer: Writer,
    /// The peer's public key; several are several keys of the one log
    #[arg(long, value_name = "FILE", required = true)]
    peer_key: Vec<PathBuf>,
    /// Where the peer is served: https://…, or file:///… for a folder
    #[arg(long, value_name = "URL")]
    url: String,
    /// A package of the peer that may be depended on, NAMESPACE:NAME; all, if none is named
    #[arg(long = "package", value_name = "PACKAGE")]
    packages: Vec<String>,
    /// How far the peer's own peers are followed: 0 for not at all; as far as they go, if it is not said
    #[arg(long, value_name = "NUMBER")]
    depth: Option<u32>,
}

#[derive(Args, Debug)]
pub(super) struct Remove {
    #[command(flatten)]
    writer: Writer,
    /// The peer's origin
    origin: String,
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's public key, which must have signed the head
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

/// Records the newest head of a peer, so that whoever reads this registry has the peer's head, too.
#[derive(Args, Debug)]
pub(super) struct Sync {
    #[command(flatten)]
    writer: Writer,
    /// The peer's origin
    origin: String,
    /// Where to read it, instead of where the registry says that it is served
    #[arg(long, value_name = "URL")]
    url: Vec<String>,
}

impl Peer {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Peer::Add(add) => add.run(place, output),
            Peer::Remove(remove) => {
                let key = remove.writer.key(place)?;
                let mut registry = remove.writer.open(place, &key)?;
                let peers = registry.peers()?;
                if !peers.contains_key(&remove.origin) {
                    return Err(stranger(&remove.origin, &peers, "`headlock registry peer list` lists the peers"));
                }
                let head = registry.remove_peer(&remove.origin)?;
                output.results(&key.done(&format!("{} is no longer a peer", remove.origin), &head))
            }
            Peer::List(list) => {
                let key = keys::read_public(&place.path(&list.log_key))?;
                let url = folder_url(&place.path(&list.registry))?;
                let (head, peers) = peers_of(place.access(), &url, &key)?;
                let mut lines: Vec<String> = peers.iter().flat_map(describe).collect();
                if lines.is_empty() {
                    lines.push(format!("{} has no peers", head.origin));
                }
                lines.push(head_line(&head));
                output.report(&lines, || Peers::of(&head, &peers))
            }
        }
    }
}

impl Add {
    fn run(&self, place: &Place, output: Output) -> Result<()> {
        sources::check_url(&self.url)?;
        let mut keys = Vec::new();
        for path in &self.peer_key {
            keys.push(keys::read_public(&place.path(path))?);
        }
        let origin = keys.first().map(VerifierKey::name).unwrap_or_default().to_owned();
        let packages = (!self.packages.is_empty()).then(|| self.packages.clone());
        let request = PeerRequest { keys, url: self.url.clone(), packages, depth: self.depth };
        let key = self.writer.key(place)?;
        let head = self.writer.open(place, &key)?.add_peer(&request)?;
        output.results(&key.done(&format!("{origin} is a peer"), &head))?;
        output.note(
            "note: whoever locks against this registry is asked for a word on that peer from now on: docs/manifest.md",
        );
        Ok(())
    }
}

impl Sync {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let key = self.writer.key(place)?;
        let mut registry = self.writer.open(place, &key)?;
        let mut peers = registry.peers()?;
        let Some(known) = peers.remove(&self.origin) else {
            let hint = "`headlock registry peer list` lists the peers, and `headlock registry peer add` makes it one";
            return Err(stranger(&self.origin, &peers, hint));
        };
        let keys: Vec<VerifierKey> = known.keys.iter().filter_map(|key| VerifierKey::parse(key).ok()).collect();
        let urls = if self.url.is_empty() { vec![known.url] } else { self.url.clone() };
        let newest = newest_of_peer(place.access(), &self.origin, &urls, &keys, known.synced.as_ref())?;
        let last = known.synced.as_ref().map(|known| &known.head);
        let size = newest.head().size;
        if let Some(last) = last.filter(|last| *last == newest.head()) {
            return output.result(&format!("the head of {} with {} records is the newest", self.origin, last.size));
        }
        let head = registry.sync(&newest)?;
        let before =
            last.map(|last| format!(", {} more than before", size.saturating_sub(last.size))).unwrap_or_default();
        output.results(&[format!("recorded {} at {size} records{before}", self.origin), key.head_line(&head)])
    }
}

/// A log that is no peer: one of them may have been meant.
fn stranger(origin: &str, peers: &BTreeMap<String, KnownPeer>, hint: &str) -> Error {
    let close = close::names(origin, peers.keys().map(String::as_str));
    Error::no(format!("{origin} is not a peer")).hint(match close::question(&close) {
        Some(question) => format!("{question} Else {hint}"),
        None => hint.to_owned(),
    })
}

/// What a log says of a peer, in a few lines.
fn describe(mention: &Mention) -> Vec<String> {
    let Mention { peer, record, url, .. } = mention;
    let mut lines = vec![format!("{peer}: record {record}, served at {url}")];
    lines.extend(mention.keys.iter().map(|key| format!("  key: {key}")));
    lines.extend(mention.packages.iter().map(|packages| format!("  packages: {}", packages.join(", "))));
    lines.extend(mention.depth.map(|depth| format!("  depth: {depth}")));
    lines.push(match &mention.synced {
        Some(Synced { record, head, .. }) => {
            format!("  head: {} records, root {}, record {record}", head.size, head.root_base64())
        }
        None => "  head: none is recorded; whoever locks pins one".to_owned(),
    });
    lines
}
