//! `headlock fetch`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::lock::current;
use super::output::Output;
use super::session::Place;
use super::words::plural;
use crate::contents::{Fetched, Wanted, check, fetch};
use crate::error::Result;
use crate::graph;
use crate::lock::{Lock, LockedPackage};
use crate::pages::Pages;
use crate::sources::{Access, Network};
use crate::trust::Trust;
use crate::verify::Stated;

/// Gets the content of each release in the lock, by its hash, from whichever mirror has it.
///
/// A file that is there with the right content is not asked for again; one with another is replaced. What a file is by its
/// name it is by its content: nothing has the name before its hash was checked. The lock itself is not verified.
#[derive(Args, Debug)]
pub(super) struct Fetch {
    /// The folder, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// How files are named
    #[arg(long, value_enum, default_value_t, value_name = "LAYOUT")]
    layout: Layout,
    /// Fail if a manifest beside the lock asks for something else than the lock was made from
    #[arg(long)]
    locked: bool,
    /// As --locked, and use no network: files and the cache only
    #[arg(long)]
    frozen: bool,
    /// Ask the logs that this trust file names where contents are, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// How the files of contents are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// NAMESPACE/NAME/VERSION.wasm, as wac's --deps-dir wants it
    #[default]
    Wac,
    /// NAMESPACE-NAME-VERSION.wasm, as in wkg's wit/deps
    Wkg,
    /// SHA256.wasm: where two registries have a package of one name, or nobody reads names
    Content,
}

impl Layout {
    fn path(self, package: &LockedPackage) -> PathBuf {
        let LockedPackage { name, version, sha256, .. } = package;
        let (namespace, name) = name.split_once(':').unwrap_or(("", name));
        match self {
            Layout::Wac => Path::new(namespace).join(name).join(format!("{version}.wasm")),
            Layout::Wkg => PathBuf::from(format!("{namespace}-{name}-{version}.wasm")),
            Layout::Content => PathBuf::from(format!("{sha256}.wasm")),
        }
    }
}

impl Fetch {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.lock()?;
        if (self.locked || self.frozen)
            && let Some(manifest) = place.manifest_if_any()?
        {
            current(&manifest, Some(&lock), &place.lock_path())?;
        }
        let access = match self.frozen {
            true => Access { network: Network::Offline, ..place.access().clone() },
            false => place.access().clone(),
        };
        let wanted =
            lock.derived.packages.iter().map(|package| self.wanted(place, package)).collect::<Result<Vec<_>>>()?;
        let urls = urls(&lock, place.trust(self.trust.as_deref())?, &access)?;
        let folder = place.path(&self.into);
        let bar = output.progress("fetching contents");
        let fetched = fetch(&access, &urls, &wanted, &folder);
        bar.finish_and_clear();
        let Fetched { had, got, bytes } = fetched?;
        let files = (had + got) as usize;
        output.result(&format!(
            "{}: {files} {}, {got} fetched ({bytes} bytes), {had} there already",
            folder.display(),
            plural(files, "content", "contents")
        ))
    }

    fn wanted(&self, place: &Place, package: &LockedPackage) -> Result<Wanted> {
        let LockedPackage { registry, sha256, .. } = package;
        check(package, &place.lock_path())?;
        Ok(Wanted { registry: registry.clone(), sha256: *sha256, path: self.layout.path(package) })
    }
}

/// Where the registries of a lock's releases are served: by the policy, and by the word of those that may vouch for the
/// others.
fn urls(lock: &Lock, mut trust: Trust, access: &Access) -> Result<BTreeMap<String, Vec<String>>> {
    let registries: BTreeSet<&str> = lock.derived.packages.iter().map(|package| package.registry.as_str()).collect();
    if registries.iter().any(|origin| trust.policy.log(origin).is_none()) {
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust)?;
        graph::resolve(&lock.claim.inputs, &mut trust, &mut Pages::new(access), &mut stated)?;
    }
    registries.into_iter().map(|origin| Ok((origin.to_owned(), trust.urls(origin)?))).collect()
}
