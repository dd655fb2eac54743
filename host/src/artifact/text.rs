//! A folder of WIT text, or one file of it, as the bytes of a package.

use std::path::{Path, PathBuf};

use fs_err as fs;

use wit_parser::{Resolve, ResolveError, ResolveErrorKind};

use crate::error::{Error, Result};
use crate::files;

/// Encodes the package in a folder, whose own packages it depends on stand in `deps`, or in one file. What is behind
/// `@unstable` is left out, as tools do that are not asked for it.
///
/// # Errors
/// Malformed: the text is no WIT, names packages that are not there, or has neither an interface nor a world.
pub fn encode(path: &Path) -> Result<Vec<u8>> {
    check_files(path, 0, &mut (MAX_FILES, MAX_BYTES))?;
    // The text itself first: where it is none, its place is said.
    if crate::deps::wit_package(path)?.is_none() {
        return Err(Error::malformed(format!("{}: expected WIT text, found no file `*.wit`", path.display()))
            .hint("packages that it uses have theirs in `deps`"));
    }
    // What they use of one another is encoded with each that uses it.
    crate::deps::check_beside(path)?;
    let failed = |error: anyhow::Error| {
        let what = format!("{}: a package of WIT text that cannot be read whole", path.display());
        // Its own text has lines, and repeats the path.
        let why = error.root_cause().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        let deps = path.join("deps");
        if let Some(component) = component_beside(&deps) {
            let component = component.display();
            return Error::malformed(format!("{component}: expected a WIT package, found a component"))
                .hint("what a text uses of others is in WIT packages: move the component away");
        }
        let hint = other_version(&error, &deps).unwrap_or_else(|| {
            if path.is_file() {
                return "what other packages say is in the folder's `deps`: publish the folder of the file".to_owned();
            }
            format!(
                "each package that it uses needs its WIT text, or its bytes, in the folder's `deps`: `headlock fetch --layout wkg \
                 --into {}` gets those of a lock",
                deps.display()
            )
        });
        Error::malformed(what).because(why).hint(hint)
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(path).map_err(&failed)?;
    let stated = resolve.packages.get(package);
    if stated.is_none_or(|package| package.interfaces.is_empty() && package.worlds.is_empty()) {
        let what = format!("{}: expected a package with an interface or a world, found neither", path.display());
        return Err(Error::malformed(what).hint("a package without either says nothing that others could use"));
    }
    wit_component::encode(&resolve, package, false).map_err(failed)
}

/// A component among the packages beside a text, where only WIT packages can be.
fn component_beside(deps: &Path) -> Option<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(deps).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let is_component = |path: &PathBuf| {
        let bytes = files::read_bytes(path, MAX_BYTES).ok().flatten();
        bytes.and_then(|bytes| super::read(&bytes).ok()).is_some_and(|artifact| artifact.kind == super::Kind::Component)
    };
    paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "wasm")).find(is_component)
}

/// What to do where the text names a package in another version than `deps` has it.
fn other_version(error: &anyhow::Error, deps: &Path) -> Option<String> {
    let said = error.chain().find_map(|cause| cause.downcast_ref::<ResolveError>())?;
    let ResolveErrorKind::PackageNotFound { requested, known, .. } = said.kind() else { return None };
    let has = known.iter().find(|known| (&known.namespace, &known.name) == (&requested.namespace, &requested.name))?;
    let name = format!("{}:{}", requested.namespace, requested.name);
    let (deps, there) = (deps.display(), has.version.as_ref()?);
    Some(match &requested.version {
        Some(named) => format!(
            "the text names {name} in version {named}, and {deps} has {there}: write @{there} into the text, or ask for \
             {name:?} = \"={named}\" in the manifest, lock, and fetch again"
        ),
        None => {
            format!("the text names {name} without a version, and {deps} has {there}: write @{there} into the text")
        }
    })
}

/// Most files of a folder, those of the packages that it uses included, and most bytes of them together.
const MAX_FILES: usize = 10_000;
/// See [`MAX_FILES`].
const MAX_BYTES: u64 = 64 << 20;
/// How deep its folders may lie in one another.
const MAX_FOLDERS: usize = 8;

/// Refuses what is no file and no folder, and too much of them, before any is read.
fn check_files(path: &Path, depth: usize, left: &mut (usize, u64)) -> Result<()> {
    let unreadable = |error: std::io::Error| Error::could_not_check(error.to_string());
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(unreadable)?,
    };
    let too_much = |what: String| Error::malformed(format!("{}: expected at most {what}, found more", path.display()));
    if found.is_dir() {
        if depth == MAX_FOLDERS {
            return Err(too_much(format!("{MAX_FOLDERS} folders in one another")));
        }
        for entry in fs::read_dir(path).map_err(unreadable)? {
            check_files(&entry.map_err(unreadable)?.path(), depth + 1, left)?;
        }
        return Ok(());
    }
    if !found.is_file() {
        return Err(Error::malformed(format!("{}: expected a file, found something else", path.display())));
    }
    let (files, bytes) = left;
    *files = files.checked_sub(1).ok_or_else(|| too_much(format!("{MAX_FILES} files")))?;
    *bytes = bytes.checked_sub(found.len()).ok_or_else(|| too_much(format!("{MAX_BYTES} bytes")))?;
    Ok(())
}
