//! The contents of a lock's releases, in a folder: each got by its hash, from whichever mirror has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;
use headlock_log::digest::Digest;
use headlock_log::index::blob_path;
use headlock_log::name::check_package_name;
use semver::Version;

use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::lock::{Lock, LockedPackage};
use crate::registry::Step;
use crate::sources::{Access, Content, Fetcher, MAX_BLOB, OciContents, OciPlace};

/// A content that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Origin of the registry that it was published in.
    pub registry: String,
    /// The package that it is of and its version, where these are known.
    pub release: Option<(String, String)>,
    /// Its sha256.
    pub sha256: Digest,
    /// Its file, below the folder: names only, nothing that leads out of it.
    pub path: PathBuf,
}

impl Wanted {
    /// A content that a registry has, at its place in a registry.
    pub fn blob(registry: &str, sha256: Digest) -> Wanted {
        Wanted { registry: registry.to_owned(), release: None, sha256, path: blob_path(&sha256).into() }
    }
}

/// What fetching came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that were there already.
    pub had: u64,
    /// Files that were got.
    pub got: u64,
    /// How many bytes these have.
    pub bytes: u64,
    /// How many of these came from OCI registries.
    pub elsewhere: u64,
    /// Why one that was wanted of an OCI registry first did not come from there, where something failed.
    pub failed: Option<String>,
}

/// The contents of a lock's releases by registry, but for local components, each at its place in a registry. `path` is for messages.
///
/// # Errors
/// Malformed: a package's name or a version that is none.
pub fn wanted(lock: &Lock, path: &Path) -> Result<BTreeMap<String, Vec<Wanted>>> {
    let mut by_registry: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    // What is in no registry no registry has.
    for package in lock.derived.packages.iter().filter(|package| package.record.is_some()) {
        check(package, path)?;
        let wanted = Wanted::blob(&package.registry, package.sha256);
        let all = by_registry.entry(package.registry.clone()).or_default();
        if !all.contains(&wanted) {
            all.push(wanted);
        }
    }
    Ok(by_registry)
}

/// Checks that a release's name and version are such: parts of a file's name that lead nowhere else.
///
/// # Errors
/// Malformed: they are not.
pub fn check(package: &LockedPackage, path: &Path) -> Result<()> {
    let LockedPackage { name, version, .. } = package;
    let malformed = |what: String| Error::malformed(format!("{}: {what}", path.display()));
    check_package_name(name).map_err(|error| malformed(error.to_string()))?;
    Version::parse(version).map_err(|error| malformed(format!("the version {version:?} of {name}: {error}")))?;
    Ok(())
}

/// Gets contents into a folder, and says how far it is: from OCI registries, or else from where `urls` says that their own are
/// served. What is there with the right content stays; what is got has its name only once its hash was checked. So whatever ends
/// this, the next run goes on where it ended.
///
/// # Errors
/// Refused: two contents would have one file. The answer is no: a mirror serves something else, and no other the content. Could not check: no mirror has it, or a file
/// cannot be written.
pub fn fetch(
    access: &Access,
    urls: &BTreeMap<String, Vec<String>>,
    elsewhere: &[OciPlace],
    wanted: &[Wanted],
    folder: &Path,
    progress: &(dyn Fn(Step) + Sync),
) -> Result<Fetched> {
    let files = distinct(wanted)?;
    // A content is the same whoever has it: the registries of other releases that have it are asked, too.
    let mut holders: BTreeMap<Digest, BTreeSet<&str>> = BTreeMap::new();
    for one in wanted {
        holders.entry(one.sha256).or_default().insert(&one.registry);
    }
    let (of, done) = (files.len() as u64, AtomicU64::new(0));
    let step = || progress(Step::Files { done: 1 + done.fetch_add(1, Ordering::Relaxed), of });
    fs::create_dir_all(folder).map_err(|error| Error::could_not_check(error.to_string()))?;
    let mut by_registry: BTreeMap<&str, Vec<&Wanted>> = BTreeMap::new();
    for one in files.into_values() {
        by_registry.entry(&one.registry).or_default().push(one);
    }
    let elsewhere = OciContents::new(access, elsewhere);
    let (had, got, bytes) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let (came, failed) = (AtomicU64::new(0), Mutex::new(None));
    let mut fetchers: BTreeMap<&str, Fetcher> = BTreeMap::new();
    for registry in by_registry.keys().copied().chain(holders.values().filter(|all| all.len() > 1).flatten().copied()) {
        let named: Vec<&str> = urls.get(registry).into_iter().flatten().map(String::as_str).collect();
        fetchers.insert(registry, Fetcher::new(access, registry, &named)?);
    }
    for (registry, wanted) in by_registry {
        let Some(fetcher) = fetchers.get(registry) else { continue };
        fetcher.each(&wanted, |one| {
            let path = folder.join(&one.path);
            if is_there(&path, &one.sha256)? {
                had.fetch_add(1, Ordering::Relaxed);
                step();
                return Ok(());
            }
            let also = holders.get(&one.sha256).into_iter().flatten().filter(|other| **other != one.registry);
            let also: Vec<&Fetcher> = also.filter_map(|other| fetchers.get(other)).collect();
            let content = match find(&elsewhere, fetcher, &also, one)? {
                Found::Elsewhere(content) => {
                    came.fetch_add(1, Ordering::Relaxed);
                    content
                }
                Found::Own { content, failed: None } => content,
                Found::Own { content, failed: Some(first) } => {
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    // The same one whichever came first.
                    *failed = Some(failed.take().into_iter().fold(first, |least, held| least.min(held)));
                    content
                }
            };
            let parent = path.parent().unwrap_or(folder);
            files::refuse_links(folder, &one.path)?;
            fs::create_dir_all(parent).map_err(|error| Error::could_not_check(error.to_string()))?;
            files::replace(&path, &content)?;
            got.fetch_add(1, Ordering::Relaxed);
            bytes.fetch_add(content.len() as u64, Ordering::Relaxed);
            step();
            Ok(())
        })?;
    }
    Ok(Fetched {
        had: had.into_inner(),
        got: got.into_inner(),
        bytes: bytes.into_inner(),
        elsewhere: came.into_inner(),
        failed: failed.into_inner().unwrap_or_else(PoisonError::into_inner),
    })
}

/// A content, and where it came from.
enum Found {
    /// An OCI registry.
    Elsewhere(Vec<u8>),
    /// Where the release's own registry has its contents; and why no OCI registry had it, if one failed.
    Own { content: Vec<u8>, failed: Option<String> },
}

/// Finds a content in an OCI registry, or else where the release's own registry has its contents, or where those of others have
/// theirs.
fn find(elsewhere: &OciContents, fetcher: &Fetcher, others: &[&Fetcher], one: &Wanted) -> Result<Found> {
    let package = one.release.as_ref().map(|(name, _)| name.as_str());
    let failed = match elsewhere.find(package.unwrap_or_default(), one.sha256) {
        Ok(Some(content)) => return Ok(Found::Elsewhere(content)),
        Ok(None) => None,
        Err(error) if matches!(error.kind(), ErrorKind::CouldNotCheck | ErrorKind::No) => Some(error),
        Err(error) => return Err(error),
    };
    let blob = Content::Blob(one.sha256);
    let content = fetcher.content(blob).or_else(|own| match own.kind() {
        ErrorKind::CouldNotCheck => others.iter().find_map(|other| other.content(blob).ok()).ok_or(own),
        _ => Err(own),
    });
    match content {
        Ok(content) => Ok(Found::Own { content, failed: failed.map(|error| error.to_string()) }),
        Err(own) => {
            // A place that failed says more than a registry that has no contents, and what is wrong more than either.
            let says_more = |error: &Error| error.kind() == ErrorKind::No || own.kind() != ErrorKind::No;
            Err(of_release(one, failed.filter(says_more).unwrap_or(own)))
        }
    }
}

/// Says whose content it is.
fn of_release(one: &Wanted, error: Error) -> Error {
    let Some((name, version)) = &one.release else { return error };
    let named = Error::new(error.kind(), format!("no good content of {name} {version} of {} was found", one.registry));
    match error.hint_text().map(str::to_owned) {
        Some(hint) => named.because(error).hint(hint),
        None => named.because(error),
    }
}

/// What is wanted, each file once. A file has one content: two registries may have a package of one name each, or of two that
/// differ in case alone, which not every file system tells apart; and a layout may write two names alike.
///
/// # Errors
/// Refused: two contents would have one file.
pub fn distinct<'w>(wanted: impl IntoIterator<Item = &'w Wanted>) -> Result<BTreeMap<&'w Path, &'w Wanted>> {
    let mut files: BTreeMap<&Path, &Wanted> = BTreeMap::new();
    let mut caseless: BTreeMap<String, &Wanted> = BTreeMap::new();
    for one in wanted {
        files.entry(&one.path).or_insert(one);
        let first = caseless.entry(one.path.to_string_lossy().to_ascii_lowercase()).or_insert(one);
        if first.sha256 != one.sha256 {
            let path = one.path.display();
            return Err(Error::refused(format!(
                "{path} would be two contents, {} of {} and {} of {}",
                first.sha256, first.registry, one.sha256, one.registry
            ))
            .hint("`--layout content` names each file by its content"));
        }
    }
    Ok(files)
}

/// Whether a file has the content that it should have.
fn is_there(path: &Path, sha256: &Digest) -> Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_BLOB => {
            let found = files::read_bytes(path, MAX_BLOB)?;
            Ok(found.is_some_and(|bytes| Digest::of(&bytes) == *sha256))
        }
        Ok(metadata) if metadata.is_dir() => {
            Err(Error::could_not_check(format!("expected a file or nothing at {}, found a folder", path.display())))
        }
        _ => Ok(false),
    }
}
