//! Which registry a package is of, where only its name is known.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::index::page_path;
use headlock_log::note::VerifierKey;
use headlock_log::page::{MAX_PAGE, Page};
use headlock_log::record::{Record, Subject};
use semver::Version;

use super::index::SparseIndex;
use super::maintainers::newest;
use super::names::Names;
use super::store::Reader;
use super::tree::required;
use super::writer::Registry;
use crate::error::{Error, Result};

/// Which registry a package is of, as far as a log can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// The log's own: it has records of the package, and these versions, ascending.
    Own(Vec<Version>),
    /// This peer: the log has no record of the package, and says that packages may depend on this one of the peer.
    Peer(String),
    /// One of these peers: it says so of several.
    Peers(Vec<String>),
    /// Nothing says so.
    Unknown {
        /// Packages of the log's own that may have been meant, the closest first. Only a registry's writer knows their names.
        close: Vec<String>,
        /// The peers all of whose packages may be depended on: one of them may have it.
        peers: Vec<String>,
    },
}

impl Registry<'_> {
    /// Where packages are, by the newest head.
    ///
    /// # Errors
    /// No: the registry's files are not what its head says. Could not check: a file that is missing.
    pub fn homes(&self, packages: &BTreeSet<&str>) -> Result<BTreeMap<String, Home>> {
        find(&self.files, self.origin(), self.state.index, packages)
    }
}

/// Where packages are, by the newest head of a registry that is only read, and the log's origin.
///
/// # Errors
/// As for [`Registry::homes`]. Refused: the head is not under the key.
pub fn homes(
    reader: &dyn Reader,
    key: &VerifierKey,
    packages: &BTreeSet<&str>,
) -> Result<(String, BTreeMap<String, Home>)> {
    let (head, index) = newest(reader, key)?;
    let homes = find(reader, &head.origin, index, packages)?;
    Ok((head.origin, homes))
}

fn find(reader: &dyn Reader, origin: &str, index: Digest, packages: &BTreeSet<&str>) -> Result<BTreeMap<String, Home>> {
    let mut index = SparseIndex::of_root(index);
    // Which packages the log names of which peers.
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open = Vec::new();
    if let Some(digest) = index.page(reader, &Subject::Peers.to_string())? {
        let path = page_path(&digest);
        let bytes = required(reader, &path, MAX_PAGE as u64)?;
        let page =
            Page::parse(&bytes, origin, Subject::Peers).map_err(|error| Error::no(format!("{path}: {error}")))?;
        for (peer, (_, said)) in page.peers(origin).peers {
            if said.packages.is_none() {
                open.push(peer.to_owned());
            }
            for package in said.packages.iter().flatten() {
                named.entry((*package).to_owned()).or_default().push(peer.to_owned());
            }
        }
    }
    let mut homes = BTreeMap::new();
    for &package in packages {
        let home = match index.page(reader, package)? {
            Some(digest) => Home::Own(versions(reader, origin, package, &digest)?),
            None => match named.get(package).map(Vec::as_slice) {
                None | Some([]) => Home::Unknown { close: close(reader, &mut index, package)?, peers: open.clone() },
                Some([peer]) => Home::Peer(peer.clone()),
                Some(peers) => Home::Peers(peers.to_vec()),
            },
        };
        homes.insert(package.to_owned(), home);
    }
    Ok(homes)
}

/// The versions of a package, ascending, of which the log has releases.
fn versions(reader: &dyn Reader, origin: &str, package: &str, digest: &Digest) -> Result<Vec<Version>> {
    let path = page_path(digest);
    let bytes = required(reader, &path, MAX_PAGE as u64)?;
    let page = Page::parse(&bytes, origin, Subject::Package(package))
        .map_err(|error| Error::no(format!("{path}: {error}")))?;
    let stated = page.lines.iter().filter_map(|(_, record)| match record {
        Record::Release(release) => Version::parse(release.version).ok(),
        _ => None,
    });
    let mut versions: Vec<Version> = stated.collect();
    versions.sort();
    Ok(versions)
}

/// The log's packages whose names are close to one that it does not have.
fn close(reader: &dyn Reader, index: &mut SparseIndex, package: &str) -> Result<Vec<String>> {
    let mut close = Vec::new();
    for name in Names::close(reader, package) {
        if index.page(reader, &name)?.is_some() {
            close.push(name);
        }
    }
    Ok(close)
}
