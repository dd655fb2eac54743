//! The component of a solver, by its hash: from a file, a bundle, this host, the cache, or the log that it was published in.
//!
//! Wherever it is from, it is hashed before anyone looks into it.

use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;

use super::look::{Look, Source};
use super::stated::Publication;
use crate::component::{MAX_COMPONENT, Solver};
use crate::error::{Error, Result};
use crate::files;
use crate::lock::SolverId;
use crate::released;
use crate::sources::{Access, Content, Fetcher};
use crate::trust::Trust;

/// Components that were got from logs, in files by their sha256. What is in there is hashed each time.
#[derive(Clone, Debug)]
pub struct ComponentCache {
    folder: PathBuf,
}

impl ComponentCache {
    /// The one within this host's cache folder, which need not exist.
    pub fn new(cache: &Path) -> ComponentCache {
        ComponentCache { folder: cache.join("solver") }
    }

    fn path(&self, sha256: &Digest) -> PathBuf {
        self.folder.join(format!("{sha256}.wasm"))
    }

    /// The component, if it is here and is it.
    pub fn get(&self, sha256: &Digest) -> Option<Vec<u8>> {
        let bytes = files::read_start(&self.path(sha256), MAX_COMPONENT + 1).ok().flatten()?;
        let found = Digest::of(&bytes);
        if found != *sha256 {
            tracing::debug!(%sha256, %found, "the cache of components holds something else");
            return None;
        }
        Some(bytes)
    }

    /// Keeps a component. Failing to is no failure.
    pub fn put(&self, bytes: &[u8]) {
        let path = self.path(&Digest::of(bytes));
        let made = fs_err::create_dir_all(&self.folder).map_err(|error| Error::could_not_check(error.to_string()));
        if let Err(error) = made.and_then(|()| files::replace(&path, bytes)) {
            tracing::debug!(path = %path.display(), %error, "not kept in the cache");
        }
    }
}

/// A registry that has published a component, and where it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Origin of the registry.
    pub registry: String,
    /// Its URLs.
    pub urls: Vec<String>,
}

/// The registries that have published a solver: the one that the lock states, then those that were seen to.
pub fn places(claim: &SolverId, trust: &Trust, publication: Option<&Publication>, looks: &[Look]) -> Vec<Place> {
    let has = |look: &&Look| {
        let seen = look.seen.as_ref().ok().filter(|seen| !matches!(seen.from, Source::Lock(_)));
        seen.and_then(|seen| seen.release.as_ref()).is_some_and(|release| release.content == claim.sha256)
    };
    let stated = publication.map(|publication| publication.origin().to_owned());
    let seen = looks.iter().filter(has).map(|look| look.registry.clone());
    let mut places: Vec<Place> = Vec::new();
    for registry in stated.into_iter().chain(seen) {
        if !places.iter().any(|place| place.registry == registry)
            && let Ok(urls) = trust.urls(&registry)
        {
            places.push(Place { registry, urls });
        }
    }
    places
}

/// Where components are looked for.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// How registries are reached. With a bundle, neither they nor the cache are asked.
    pub access: &'a Access,
    /// Components that were got before.
    pub cache: Option<&'a ComponentCache>,
}

impl Lookup<'_> {
    /// The component that a lock names: `given`, if there is one, else the one that this host was released with, else one of
    /// the cache, else one of these places.
    ///
    /// # Errors
    /// Could not check: the component at hand is another, or nobody has it. The answer is no: a registry serves something else
    /// as it. Refused: it is too large, or it is the one, and no solver.
    pub fn find(&self, claim: &SolverId, given: Option<Vec<u8>>, places: &[Place]) -> Result<Solver> {
        if given.is_some() || claim.sha256 == released::digest()? || self.access.bundle.is_some() {
            return named_solver(claim, given);
        }
        match self.get(&claim.sha256, places) {
            Ok(bytes) => Solver::new(bytes),
            Err(_) if places.is_empty() => named_solver(claim, None),
            Err(error) => {
                let what = format!("the component of the solver {} cannot be had", claim.full_name());
                Err(Error::new(error.kind(), what).because(error).hint("`--solver FILE` names the component"))
            }
        }
    }

    /// A component from the cache, else from the first of these places that has it.
    ///
    /// # Errors
    /// Could not check: nobody has it. The answer is no: a registry serves something else as it.
    pub fn get(&self, sha256: &Digest, places: &[Place]) -> Result<Vec<u8>> {
        if let Some(bytes) = self.cache.and_then(|cache| cache.get(sha256)) {
            return Ok(bytes);
        }
        let mut first = None;
        for place in places {
            match self.fetch(place, sha256) {
                Ok(bytes) => return Ok(bytes),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| Error::could_not_check(format!("nobody is known to have the component {sha256}"))))
    }

    /// Gets a component from where it was published, and keeps it.
    ///
    /// # Errors
    /// Could not check: no URL has it. The answer is no: one serves something else, and no other the component.
    fn fetch(&self, place: &Place, sha256: &Digest) -> Result<Vec<u8>> {
        let urls: Vec<&str> = place.urls.iter().map(String::as_str).collect();
        // A component is no file that the verification of a lock reads of its logs.
        let access = Access { copies: None, ..self.access.clone() };
        let fetcher = Fetcher::new(&access, &place.registry, &urls)?;
        let bytes = fetcher.contents(&[Content::Blob(*sha256)])?.pop().unwrap_or_default();
        if let Some(cache) = self.cache {
            cache.put(&bytes);
        }
        Ok(bytes)
    }
}

/// The component that a lock names, of these bytes, or the one that this host was released with. Bytes of another
/// sha256 are not looked into: whatever they are, they are not it. More than a component can have are none.
///
/// # Errors
/// Could not check: the component at hand is another. Refused: it is too large, or it is the one, and no solver.
pub fn named_solver(claim: &SolverId, bytes: Option<Vec<u8>>) -> Result<Solver> {
    if let Some(bytes) = bytes.as_ref().filter(|bytes| bytes.len() as u64 > MAX_COMPONENT) {
        return Solver::new(bytes.as_slice());
    }
    let found = match &bytes {
        Some(bytes) => Digest::of(bytes),
        None => released::digest()?,
    };
    if found != claim.sha256 {
        return Err(Error::could_not_check(format!(
            "the lock was made by the solver {}, and the component at hand is {found}",
            claim.sha256,
        ))
        .hint("`--solver FILE` names the component"));
    }
    match bytes {
        Some(bytes) => Solver::new(bytes),
        None => released::solver(),
    }
}
