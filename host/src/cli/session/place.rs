//! Where a command works: its folder, its files, and what this host keeps.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use headlock_log::digest::Digest;

use crate::cli::Global;
use crate::cli::output::Output;
use crate::engine::CompiledCache;
use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::heads::Memory;
use crate::lock::{LOCK, Lock};
use crate::manifest::{MANIFEST, Manifest};
use crate::solvers::ComponentCache;
use crate::sources::{Access, Credentials, Netrc, Network};
use crate::trust::{TRUST, Trust, TrustSource};

/// Where a command works.
pub(in crate::cli) struct Place {
    directory: PathBuf,
    manifest: PathBuf,
    /// Whether the user has named it.
    is_named: bool,
    access: Access,
    cache: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Place {
    pub(in crate::cli) fn new(global: &Global) -> Place {
        let directory = global.directory.clone().unwrap_or_default();
        let manifest = directory.join(global.manifest_path.as_deref().unwrap_or(Path::new(MANIFEST)));
        let network = match (global.offline, global.allow_http) {
            (true, _) => Network::Offline,
            (false, false) => Network::Online,
            (false, true) => Network::OnlineWithHttp,
        };
        let cache = if global.no_cache { None } else { folder("HEADLOCK_CACHE", "XDG_CACHE_HOME", ".cache") };
        let state = folder("HEADLOCK_STATE", "XDG_STATE_HOME", ".local/state");
        let give_up = global.timeout.map(|seconds| Duration::from_secs(seconds.into()));
        let credentials = Some(Arc::new(credentials(global, &directory)));
        let access = Access { network, cache: cache.clone(), give_up, credentials, ..Access::default() };
        let is_named = global.manifest_path.is_some();
        Place { directory, manifest, is_named, access, cache, state }
    }

    /// A path as the user gave it, relative to where the command works.
    pub(in crate::cli) fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// The manifest's path.
    pub(in crate::cli) fn manifest_path(&self) -> PathBuf {
        self.manifest.clone()
    }

    /// The manifest's folder; empty for the current one.
    pub(in crate::cli) fn folder(&self) -> PathBuf {
        self.manifest.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The lock's path: beside the manifest.
    pub(in crate::cli) fn lock_path(&self) -> PathBuf {
        self.folder().join(LOCK)
    }

    /// The lock.
    pub(in crate::cli) fn lock(&self) -> Result<Lock> {
        let path = self.lock_path();
        Lock::read(&path)?.ok_or_else(|| {
            Error::not_current(format!("there is no lock at {}", path.display()))
                .hint("`headlock lock` writes one; `-C DIR` names another folder")
        })
    }

    /// The lock, to be shown; says so where the manifest beside it asks for something else by now.
    pub(in crate::cli) fn shown_lock(&self, output: Output) -> Result<Lock> {
        let lock = self.lock()?;
        if let Ok(Some(manifest)) = self.manifest_if_any()
            && !manifest.asks_for(&lock.claim.inputs)
        {
            let path = manifest.path.display();
            output.note(&format!(
                "note: {path} asks for something other than the lock was made from; `headlock lock` makes it anew"
            ));
        }
        Ok(lock)
    }

    /// The manifest, if there is one; one that the user has named there has to be.
    pub(in crate::cli) fn manifest_if_any(&self) -> Result<Option<Manifest>> {
        if self.is_named { Manifest::read(&self.manifest).map(Some) } else { self.manifest_to_be() }
    }

    /// The manifest, if there is one, of a command that would write it.
    pub(in crate::cli) fn manifest_to_be(&self) -> Result<Option<Manifest>> {
        self.has_manifest().then(|| Manifest::read(&self.manifest)).transpose()
    }

    fn has_manifest(&self) -> bool {
        // A link that leads nowhere is a manifest that cannot be read, not none.
        let found = std::fs::symlink_metadata(&self.manifest);
        !found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// The trust file: the one that the user names, else the one that the manifest names.
    pub(in crate::cli) fn trust(&self, given: Option<&Path>) -> Result<Trust> {
        let (path, source) = self.trust_path(given)?;
        // Whoever wrote the manifest could have named any file, to see what stands there: nothing of it is repeated.
        let may_be_any = source == TrustSource::Beside && !is_own(&self.folder(), &path, TRUST);
        Trust::read(&path, source).map_err(|error| match error.kind() {
            ErrorKind::Malformed if may_be_any && path.exists() => {
                Error::malformed(format!("{}: expected a trust file, found something else", path.display()))
                    .hint("`--trust FILE` names it as your own, and says what is wrong in it")
            }
            _ => error,
        })
    }

    /// Where the trust file is, and who names it.
    pub(in crate::cli) fn trust_path(&self, given: Option<&Path>) -> Result<(PathBuf, TrustSource)> {
        if let Some(path) = given {
            return Ok((self.path(path), TrustSource::Given));
        }
        let beside = match self.has_manifest() {
            true => Manifest::read_trust_path(&self.manifest)?,
            false => None,
        };
        let path = beside.ok_or_else(|| {
            let (why, hint) = match self.manifest.exists() {
                true => {
                    ("names none", "name one with `--trust FILE`, or with `trust = \"trust.toml\"` in the manifest")
                }
                false => (
                    "is not there to name one",
                    "name one with `--trust FILE`: `headlock init` writes one of your own; or another manifest with \
                     `--manifest-path FILE` or `-C DIR`",
                ),
            };
            Error::malformed(format!("no trust file: {} {why}", self.manifest.display())).hint(hint)
        })?;
        Ok((path, TrustSource::Beside))
    }

    /// How registries are reached.
    pub(in crate::cli) fn access(&self) -> &Access {
        &self.access
    }

    /// What this host remembers of logs' heads; nothing where there is no home folder.
    pub(in crate::cli) fn memory(&self) -> Option<Memory> {
        self.state.as_ref().map(|state| Memory::new(&state.join("heads")))
    }

    /// What this host remembers of solvers' registries: the newest heads that it has seen, which no lock need pin. They are
    /// kept apart, for a lock's own head of such a log may be all that a copy of it has.
    pub(in crate::cli) fn seen(&self) -> Option<Memory> {
        self.state.as_ref().map(|state| Memory::new(&state.join("solvers")))
    }

    /// Components that were got before.
    pub(in crate::cli) fn components(&self) -> Option<ComponentCache> {
        self.cache.as_deref().map(ComponentCache::new)
    }

    /// Writes what shows something to others into a file of its own, in the folder of this host's state; nothing where there is
    /// no home folder.
    pub(in crate::cli) fn keep_proof(&self, proof: &str) -> Result<Option<PathBuf>> {
        let Some(state) = &self.state else { return Ok(None) };
        let path = state.join("forks").join(format!("{}.fork", Digest::of(proof.as_bytes())));
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent).map_err(|error| Error::could_not_check(error.to_string()))?;
        }
        files::replace(&path, proof.as_bytes())?;
        Ok(Some(path))
    }

    pub(super) fn compiled_cache(&self) -> Option<CompiledCache> {
        let (cache, state) = (self.cache.as_ref()?, self.state.as_ref()?);
        CompiledCache::open(cache, state)
    }
}

/// Where credentials are: in files that the user names, and in no other.
fn credentials(global: &Global, directory: &Path) -> Credentials {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let given = global.credentials.as_ref().map(|path| directory.join(path));
    // Of a file that is named for whatever program reads such files, there need not be one.
    let named = set("NETRC").map(|path| Netrc { path, is_required: global.netrc });
    let at_home = || set("HOME").map(|home| Netrc { path: home.join(".netrc"), is_required: true });
    let netrc = named.or_else(|| at_home().filter(|_| global.netrc));
    Credentials::new(given.or_else(|| set("HEADLOCK_CREDENTIALS")), netrc)
}

/// A folder of headlock's own: from its variable, else below the platform's, else below the home folder.
fn folder(own: &str, platform: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set(own)
        .or_else(|| set(platform).map(|path| path.join("headlock")))
        .or_else(|| set("HOME").map(|home| home.join(below_home).join("headlock")))
}

/// Whether a file lies in a folder itself under a name, wherever links lead.
fn is_own(folder: &Path, file: &Path, name: &str) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match (std::fs::canonicalize(folder), std::fs::canonicalize(file)) {
        (Ok(folder), Ok(file)) => file == folder.join(name),
        _ => false,
    }
}
