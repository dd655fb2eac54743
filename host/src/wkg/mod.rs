//! `wkg.lock`, as the crate `wasm-pkg-core` 0.16 writes it and cargo-component wrote it before, held against what a log says.
//!
//! [`Locked::parse`] reads one, [`finding`] compares an entry with the releases of its package at a head. `docs/exchange.md` says
//! what such a file can and cannot be checked for.

mod finding;
mod parse;

use headlock_log::digest::Digest;
use semver::{Version, VersionReq};

pub use finding::{Finding, finding};

/// The file's usual name.
pub const WKG_LOCK: &str = "wkg.lock";

/// Largest file read, in bytes.
pub const MAX_WKG_LOCK: u64 = 16 << 20;

/// A file that was read: names, versions and digests are such, nothing is checked against anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Its packages, ascending by name and registry, each once.
    pub packages: Vec<Package>,
}

/// A package of a `wkg.lock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// What wkg's configuration calls the registry, where the file says it.
    pub registry: Option<String>,
    /// What it is locked to, in the file's order.
    pub entries: Vec<Entry>,
}

/// What a requirement of a package is locked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was asked for.
    pub requirement: VersionReq,
    /// What was chosen.
    pub version: Version,
    /// The sha256 of its content.
    pub sha256: Digest,
}

impl Locked {
    /// How many entries it has.
    pub fn entries(&self) -> usize {
        self.packages.iter().map(|package| package.entries.len()).sum()
    }
}
