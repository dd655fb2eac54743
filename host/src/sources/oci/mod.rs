//! Contents in registries of OCI, which name them by their sha256, too: blobs of a repository (OCI's distribution
//! specification 1.1). They are places to have contents from, and no more: what a release is a log says.
//!
//! ```text
//! oci://HOST/REPOSITORY                 one repository for all packages
//! oci://HOST/PREFIX/*                   a repository PREFIX/NAMESPACE/NAME for each package, as wkg pushes them
//! oci://HOST/REPOSITORY@sha256:HEX      one content: a blob, or the manifest of an artifact with one layer
//! ```
//!
//! Over TLS; `oci+http://` is the same in clear.

#[cfg(not(target_family = "wasm"))]
mod challenge;
mod manifest;
mod name;
#[cfg(not(target_family = "wasm"))]
mod repository;
#[cfg(not(target_family = "wasm"))]
mod showing;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use headlock_log::digest::Digest;

use super::content::MAX_BLOB;
use super::fetcher::{Fetcher, is_allowed};
use super::patience::Patience;
use super::permits::{Later, Permits};
use super::transport::{Answer, Failure, Transport};
use super::unreached::Unreached;
use super::url::Url;
use super::{Access, Network};
use crate::error::{Error, ErrorKind, Result};

pub(super) use manifest::MAX_MANIFEST;
pub use name::{OciPlace, OciReference};

/// How many contents are asked for at a time, of all registries together: they count who asks.
const PARALLEL: usize = 8;

/// Contents that are in OCI registries, by package.
#[derive(Debug)]
pub struct OciContents<'a> {
    access: &'a Access,
    places: &'a [OciPlace],
    fetcher: Fetcher,
    permits: Permits,
    repositories: Repositories,
}

impl<'a> OciContents<'a> {
    /// Contents from these places, each as good as the others.
    pub fn new(access: &'a Access, places: &'a [OciPlace]) -> OciContents<'a> {
        let patience = patience(access);
        let fetcher = Fetcher::of_repositories(access, patience);
        let repositories = Repositories::new(patience);
        OciContents { access, places, fetcher, permits: Permits::new(PARALLEL), repositories }
    }

    /// A release's content by its sha256; nothing if no place has it.
    ///
    /// # Errors
    /// Malformed or refused: a place that may not be asked, or the user's credentials are not as they have to be. Could not
    /// check: it cannot be had. The answer is no: something else is served, and nobody has it.
    pub fn find(&self, package: &str, sha256: Digest) -> Result<Option<Vec<u8>>> {
        let bases = self.places.iter().filter_map(|place| place.base(package));
        let repositories = bases.map(|base| self.repositories.at(self.access, base)).collect::<Result<Vec<_>>>()?;
        // Nobody to ask: what the cache holds whoever is asked next looks for.
        if repositories.is_empty() {
            return Ok(None);
        }
        let _permit = self.permits.take();
        self.fetcher.blob_of(&repositories, sha256)
    }
}

/// Gets a content by the digest of its blob, or by that of the manifest of an artifact whose one layer it is. Nothing is
/// believed: the bytes have the digest, or that which the manifest of this digest says.
///
/// # Errors
/// Malformed: a place that may not be asked. Refused: a manifest of something else. Could not check: it cannot be had. The
/// answer is no: something else is served.
pub fn pull(access: &Access, reference: &OciReference) -> Result<Vec<u8>> {
    let patience = patience(access);
    let OciReference { base, digest } = reference;
    let repository = [Repositories::new(patience).at(access, base.clone())?];
    let fetcher = Fetcher::of_repositories(access, patience);
    let manifest = || fetcher.manifest_of(&repository, *digest);
    let missing = || Error::could_not_check(format!("{reference}: expected a blob or a manifest, and there is none"));
    // Blobs first: whoever is asked for a manifest by the digest of a blob may read all of it and break.
    let manifest = match fetcher.blob_of(&repository, *digest) {
        // Some have manifests among their blobs.
        Ok(Some(bytes)) if !bytes.starts_with(b"{") => return Ok(bytes),
        Ok(Some(bytes)) => bytes,
        Ok(None) => manifest()?.ok_or_else(missing)?,
        // Who has no good answer for a digest that is no blob's may have one for a manifest's.
        Err(error) if error.kind() == ErrorKind::CouldNotCheck => match manifest() {
            Ok(Some(bytes)) => bytes,
            Ok(None) | Err(_) => return Err(error),
        },
        Err(error) => return Err(error),
    };
    let layer = manifest::layer(&manifest).map_err(|what| Error::refused(format!("{reference}: {what}")))?;
    if layer.size > MAX_BLOB {
        let what = format!("expected a layer of at most {MAX_BLOB} bytes, found {}", layer.size);
        return Err(Error::refused(format!("{reference}: {what}")));
    }
    let bytes = fetcher.blob_of(&repository, layer.digest)?.ok_or_else(|| {
        Error::could_not_check(format!("{reference}: expected the layer {}, and there is none", layer.digest))
    })?;
    if bytes.len() as u64 != layer.size {
        let what = format!("its manifest says that its layer has {} bytes, and it has {}", layer.size, bytes.len());
        return Err(Error::refused(format!("{reference}: {what}")));
    }
    Ok(bytes)
}

fn patience(access: &Access) -> Patience {
    access.give_up.map(Patience::within).unwrap_or_default()
}

/// The URL of a file, and the media types that it is asked for as; nothing for a file that no repository has: it has blobs and
/// manifests.
fn placed(base: &Url, path: &str) -> Option<(Url, Option<&'static str>)> {
    let hex = path.rsplit('/').next()?;
    let (folder, accept) = match path.split('/').next()? {
        "blob" => ("blobs", None),
        "manifest" => ("manifests", Some(manifest::MEDIA_TYPES)),
        _ => return None,
    };
    Some((base.join(&format!("{folder}/sha256:{hex}")), accept))
}

/// A file's URL, for messages.
fn url(base: &Url, path: &str) -> String {
    placed(base, path).map_or_else(|| base.to_string(), |(url, _)| url.to_string())
}

/// A repository that is not asked.
struct Silent(Url);

impl Transport for Silent {
    fn get(&self, path: &str, limit: u64, within: Duration, large: &Later<'_>) -> Result<Answer, Failure> {
        Unreached::new(self.0.clone()).get(path, limit, within, large)
    }

    fn url(&self, path: &str) -> String {
        url(&self.0, path)
    }

    fn parallel(&self) -> usize {
        1
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// The repositories that were asked.
struct Repositories {
    patience: Patience,
    /// By their URLs.
    known: Mutex<BTreeMap<String, Arc<dyn Transport>>>,
    #[cfg(not(target_family = "wasm"))]
    servers: repository::Servers,
}

impl Repositories {
    fn new(patience: Patience) -> Repositories {
        Repositories {
            patience,
            known: Mutex::default(),
            #[cfg(not(target_family = "wasm"))]
            servers: repository::Servers::default(),
        }
    }

    /// The way to a repository, the same each time.
    fn at(&self, access: &Access, base: Url) -> Result<Arc<dyn Transport>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let named = base.to_string();
        if let Some(repository) = known.get(&named) {
            return Ok(Arc::clone(repository));
        }
        let repository: Arc<dyn Transport> = match access.network {
            Network::Offline => Arc::new(Silent(base)),
            network => {
                is_allowed(network, &base)?;
                self.asked(access, base)?
            }
        };
        Ok(Arc::clone(known.entry(named).or_insert(repository)))
    }

    #[cfg(not(target_family = "wasm"))]
    fn asked(&self, access: &Access, base: Url) -> Result<Arc<dyn Transport>> {
        Ok(Arc::new(self.servers.repository(access, base, &self.patience)?))
    }

    /// No server is asked from where WebAssembly runs.
    #[cfg(target_family = "wasm")]
    fn asked(&self, _: &Access, base: Url) -> Result<Arc<dyn Transport>> {
        Ok(Arc::new(Silent(base)))
    }
}

impl fmt::Debug for Repositories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repositories").field("patience", &self.patience).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
