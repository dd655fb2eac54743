//! WIT text: the packages that a folder's own package names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;
use headlock_log::name::check_package_name;
use wit_parser::{PackageName, SourceMap, UnresolvedPackageGroup};

use super::Asks;
use super::requirement::of_version;
use crate::error::{Error, Result};
use crate::files;

/// Most files of a folder, and most bytes of them together.
const MAX_FILES: usize = 1_000;
/// See [`MAX_FILES`].
const MAX_BYTES: u64 = 16 << 20;

/// Most interfaces and worlds of a text, and most of those beside it. What they use of one another makes encoding them take
/// time and memory that is far from their size.
const MAX_DECLARED: usize = 1_000;

/// Reads the WIT text right below a folder of a project, and asks for the packages that it names. Says whether there is any.
///
/// # Errors
/// Malformed: too much, no WIT text. Could not check: it cannot be read.
pub(super) fn read(project: &Path, folder: &Path, asks: &mut Asks) -> Result<bool> {
    let Some(group) = parse(&project.join(folder))? else { return Ok(false) };
    let own: BTreeSet<(&str, &str)> =
        std::iter::once(&group.main).chain(&group.nested).map(|package| key(&package.name)).collect();
    let place = folder.display().to_string();
    let named: BTreeSet<&PackageName> = std::iter::once(&group.main)
        .chain(&group.nested)
        .flat_map(|package| package.foreign_deps.keys())
        .filter(|name| !own.contains(&key(name)))
        .collect();
    for name in named {
        let full = full_name(name);
        if name.version.is_none() {
            asks.unsaid.push(format!("{place}: {full} is named without a version, so any is asked for"));
        }
        check_package_name(&full).map_err(|error| Error::malformed(format!("{place}: {error}")))?;
        asks.ask(&full, of_version(name.version.as_ref()), &place);
    }
    Ok(true)
}

/// The name and version of the package of a folder's WIT text, or of one file; nothing where there is none.
///
/// # Errors
/// As [`read`].
pub(crate) fn package_of(path: &Path) -> Result<Option<PackageName>> {
    Ok(parse(path)?.map(|group| group.main.name))
}

pub(super) fn full_name(PackageName { namespace, name, .. }: &PackageName) -> String {
    format!("{namespace}:{name}")
}

fn key(PackageName { namespace, name, .. }: &PackageName) -> (&str, &str) {
    (namespace, name)
}

/// Parses the files `*.wit` right below a folder, or a file; nothing where there are none.
fn parse(path: &Path) -> Result<Option<UnresolvedPackageGroup>> {
    let parsed = parse_any(path)?;
    check_declared(path, parsed.as_ref().map_or(0, declared))?;
    Ok(parsed)
}

/// As [`parse`], however much there is.
fn parse_any(path: &Path) -> Result<Option<UnresolvedPackageGroup>> {
    let mut sources = SourceMap::new();
    let (mut count, mut left) = (0, MAX_BYTES);
    for path in wit_files(path)? {
        count += 1;
        if count > MAX_FILES {
            return Err(Error::malformed(format!(
                "{}: expected at most {MAX_FILES} WIT files, found more",
                path.display()
            )));
        }
        let Some(text) = files::read_text(&path, left)? else { continue };
        left -= text.len() as u64;
        sources.push_str(&path.display().to_string(), text);
    }
    if count == 0 {
        return Ok(None);
    }
    let parsed = sources.parse().map_err(|(sources, error)| {
        let span = error.kind().span();
        let place = if span.is_known() { sources.render_location(span) } else { path.display().to_string() };
        Error::malformed(format!("{place}: {}", error.to_string().replace('\n', " ")))
    })?;
    Ok(Some(parsed))
}

/// How many interfaces and worlds a text has.
fn declared(group: &UnresolvedPackageGroup) -> usize {
    let all = std::iter::once(&group.main).chain(&group.nested);
    all.map(|package| package.interfaces.len() + package.worlds.len()).sum()
}

fn check_declared(place: &Path, found: usize) -> Result<()> {
    if found <= MAX_DECLARED {
        return Ok(());
    }
    let place = place.display();
    Err(Error::malformed(format!("{place}: expected at most {MAX_DECLARED} interfaces and worlds, found {found}")))
}

/// Counts the interfaces and worlds of the packages beside a folder's text, in its `deps`, as far as they are text that can
/// be read.
///
/// # Errors
/// Malformed: too many. Could not check: the folder cannot be read.
pub(crate) fn check_beside(folder: &Path) -> Result<()> {
    let deps = folder.join("deps");
    let Ok(entries) = fs::read_dir(&deps) else { return Ok(()) };
    let mut all = 0;
    for entry in entries {
        let path = entry.map_err(|error| Error::could_not_check(error.to_string()))?.path();
        let is_text = path.is_dir() || path.extension().is_some_and(|extension| extension == "wit");
        all += if is_text { parse_any(&path).ok().flatten().as_ref().map_or(0, declared) } else { 0 };
    }
    check_declared(&deps, all)
}

/// The WIT files of a path, ascending: itself, or what is right below it.
fn wit_files(path: &Path) -> Result<Vec<PathBuf>> {
    let is_wit = |path: &Path| path.extension().is_some_and(|extension| extension == "wit");
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Ok(vec![path.to_owned()]),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::could_not_check(error.to_string())),
    }
    let unreadable = |error: std::io::Error| Error::could_not_check(error.to_string());
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if is_wit(&path) {
            found.insert(path);
        }
        if found.len() > MAX_FILES {
            break;
        }
    }
    Ok(found.into_iter().collect())
}
