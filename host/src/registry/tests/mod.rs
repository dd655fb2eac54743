//! What a writer promises, tried on a disk in memory and on a real folder.

mod appending;
mod auditing;
mod crashing;
mod disk;
mod evidence;
mod folder;
mod importing;
mod maintainers;
mod operator;
mod peers;
mod scale;
mod waiting;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;
use headlock_log::record::{Dependency, Mention, Peer, Record, Release, Sync};

use self::disk::Disk;
use super::audit::{Audit, audit};
use super::signer::Signer;
use super::writer::Registry;
use crate::error::Result;

const ORIGIN: &str = "registry.example/test";

fn key() -> SigningKey {
    SigningKey::generate_from_seed(ORIGIN, [7; 32]).unwrap()
}

fn init<'k>(disk: &Disk, key: &'k dyn Signer) -> Result<Registry<'k>> {
    Registry::init_in(Box::new(disk.clone()), key)
}

fn open<'k>(disk: &Disk, key: &'k dyn Signer) -> Result<Registry<'k>> {
    Registry::open_in(Box::new(disk.clone()), key)
}

fn audited(disk: &Disk) -> Audit {
    audit(disk, &key().verifier(), &mut |_| ()).unwrap()
}

/// A release of a package, its content named after both.
fn release<'a>(package: &'a str, version: &'a str) -> Record<'a> {
    Record::Release(Release::new(package, version, Digest::of(format!("{package} {version}").as_bytes())))
}

/// A release that depends on a package which it says is of a registry.
fn foreign<'a>(package: &'a str, registry: &'a str) -> Record<'a> {
    let Record::Release(mut release) = release(package, "1.0.0") else { unreachable!() };
    let registry = Some(registry);
    let (content, optional, features) = (None, false, Vec::new());
    let dependency = Dependency { registry, package: "t:d", requirement: "*", content, optional, features };
    release.dependencies.push(dependency.into());
    Record::Release(release)
}

fn yank<'a>(package: &'a str, version: &'a str) -> Record<'a> {
    Record::Yank(Mention { package, version, prev: None })
}

fn unyank<'a>(package: &'a str, version: &'a str) -> Record<'a> {
    Record::Unyank(Mention { package, version, prev: None })
}

/// A disk with a registry of `count` releases of one package, in one epoch.
fn filled(count: usize) -> Disk {
    let (disk, key) = (Disk::default(), key());
    let versions: Vec<String> = (0..count).map(|minor| format!("1.{minor}.0")).collect();
    let records: Vec<Record<'_>> = versions.iter().map(|version| release("t:many", version)).collect();
    let mut registry = init(&disk, &key).unwrap();
    registry.append(&records).unwrap();
    disk
}

const PEER: &str = "peer.example/log";

fn peer_key() -> SigningKey {
    SigningKey::generate_from_seed(PEER, [8; 32]).unwrap()
}

fn peer(vkey: &str) -> Record<'_> {
    let (packages, depth, prev) = (None, None, None);
    Record::Peer(Peer { peer: PEER, keys: vec![vkey], url: "https://peer.example/log", packages, depth, prev })
}

fn peer_head(size: u64) -> Head {
    Head { origin: PEER.to_owned(), size, root: Digest([3; 32]) }
}

fn sync_signature(size: u64) -> String {
    let signed = Checkpoint::sign(&peer_head(size), &peer_key()).unwrap();
    Sync::format_signature(&Checkpoint::verify(&signed, &peer_key().verifier()).unwrap())
}

fn sync(size: u64, signature: &str) -> Record<'_> {
    Record::Sync(Sync { peer: PEER, size, root: Digest([3; 32]), signature, prev: None })
}
