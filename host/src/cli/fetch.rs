//! `headlock fetch`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use headlock_log::digest::Digest;

use super::json::FormatChoice;
use super::json::files::Contents;
use super::output::Output;
use super::session::{Place, wanted};
use super::words::{count, plural, show};
use crate::contents::{self, Fetched, Wanted, check, fetch};
use crate::error::{Error, Result};
use crate::files;
use crate::graph;
use crate::lock::{Lock, LockedPackage};
use crate::pages::Pages;
use crate::sources::{Access, MAX_BLOB, Network, OciPlace};
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
    /// Fail if a manifest beside the lock asks for something other than the lock was made from
    #[arg(long)]
    locked: bool,
    /// As --locked, and use no network: files and the cache only
    #[arg(long)]
    frozen: bool,
    /// Ask the logs that this trust file names where contents are, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Ask an OCI registry first: oci://HOST/REPOSITORY, or oci://HOST/PREFIX/* with a repository PREFIX/NAMESPACE/NAME for
    /// each package; may be repeated
    #[arg(long, value_name = "PLACE")]
    from: Vec<String>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
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
        let from = self.from.iter().map(|text| text.parse()).collect::<Result<Vec<OciPlace>>>()?;
        let lock = place.shown_lock(output)?;
        if (self.locked || self.frozen)
            && let Some(manifest) = place.manifest_if_any()?
        {
            wanted::current(&manifest, Some(&lock), &place.lock_path())?;
        }
        let access = match self.frozen {
            true => Access { network: Network::Offline, ..place.access().clone() },
            false => place.access().clone(),
        };
        let (local, published): (Vec<&LockedPackage>, Vec<&LockedPackage>) =
            lock.derived.packages.iter().partition(|package| package.record.is_none());
        let wanted = published.iter().map(|package| self.wanted(place, package)).collect::<Result<Vec<_>>>()?;
        let local = local.into_iter().map(|package| Ok((package, self.wanted(place, package)?)));
        let local = local.collect::<Result<Vec<_>>>()?;
        contents::distinct(wanted.iter().chain(local.iter().map(|(_, wanted)| wanted)))?;
        let urls = urls(&lock, place.trust(self.trust.as_deref())?, &access)?;
        let folder = place.path(&self.into);
        let bar = output.progress("fetching contents");
        let fetched = fetch(&access, &urls, &from, &wanted, &folder, &|step| show(&bar, step));
        bar.finish_and_clear();
        let fetched = fetched?;
        let Fetched { had, got, bytes, .. } = fetched;
        let rest = fetched.got - fetched.elsewhere;
        if !from.is_empty() && rest > 0 {
            let why = fetched.failed.as_deref().unwrap_or("no place that --from names has them");
            output.note(&format!("note: {} came from the registries: {why}", count(rest, "content")));
        }
        copy_local(place, &local, &folder)?;
        let files = (had + got) as usize + local.len();
        let copied = if local.is_empty() { String::new() } else { format!(", {} copied", local.len()) };
        let lines = [format!(
            "{}: {files} {}, {got} fetched ({bytes} bytes), {had} there already{copied}; the lock was not verified",
            folder.display(),
            plural(files, "content", "contents")
        )];
        output.report(&lines, || {
            let copied = local.iter().map(|(package, wanted)| (*package, wanted));
            Contents::of(&folder, &fetched, published.iter().copied().zip(&wanted).chain(copied))
        })
    }

    fn wanted(&self, place: &Place, package: &LockedPackage) -> Result<Wanted> {
        let LockedPackage { registry, name, version, sha256, .. } = package;
        check(package, &place.lock_path())?;
        let path = self.layout.path(package);
        Ok(Wanted { registry: registry.clone(), release: Some((name.clone(), version.clone())), sha256: *sha256, path })
    }
}

/// Copies local components, which no registry has, from where the manifest says that they are. Each must have the content
/// that the lock names.
fn copy_local(place: &Place, local: &[(&LockedPackage, Wanted)], folder: &Path) -> Result<()> {
    if local.is_empty() {
        return Ok(());
    }
    let manifest = place.manifest_if_any()?;
    let files = manifest.as_ref().map(|manifest| manifest.locals.as_slice()).unwrap_or_default();
    for (package, wanted) in local {
        let (registry, name) = (&package.registry, &package.name);
        let what = format!("the local component in the place of {name}, content {}, is in no registry", wanted.sha256);
        let Some(file) = files.iter().find(|file| (&file.registry, &file.name) == (registry, name)) else {
            return Err(Error::could_not_check(format!("{what}, and no manifest beside the lock says where it is"))
                .hint("put the file where you need it, or fetch where the manifest is"));
        };
        let path = file.path.display();
        let bytes = files::read_bytes(&file.path, MAX_BLOB)?.ok_or_else(|| {
            Error::could_not_check(format!("{what}, and there is no file at {path}")).hint("build the component")
        })?;
        let found = Digest::of(&bytes);
        if found != wanted.sha256 {
            return Err(Error::not_current(format!("{what}, and {path} has the content {found}"))
                .hint("`headlock lock` takes the file as it is now"));
        }
        let to = folder.join(&wanted.path);
        files::refuse_links(folder, &wanted.path)?;
        if let Some(parent) = to.parent() {
            fs_err::create_dir_all(parent).map_err(|error| Error::could_not_check(error.to_string()))?;
        }
        files::replace(&to, &bytes)?;
    }
    Ok(())
}

/// Where the registries of a lock's releases are served: by the policy, and by the word of those that may vouch for the
/// others.
fn urls(lock: &Lock, mut trust: Trust, access: &Access) -> Result<BTreeMap<String, Vec<String>>> {
    let published = lock.derived.packages.iter().filter(|package| package.record.is_some());
    let registries: BTreeSet<&str> = published.map(|package| package.registry.as_str()).collect();
    if registries.iter().any(|origin| trust.policy.log(origin).is_none()) {
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust, access)?;
        graph::resolve(&lock.claim.inputs, &mut trust, &mut Pages::new(access), &mut stated)?;
    }
    registries.into_iter().map(|origin| Ok((origin.to_owned(), trust.urls(origin)?))).collect()
}
