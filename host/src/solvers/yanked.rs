//! The yanks of solvers that this host has seen, kept beside the heads that show them.
//!
//! A remembered head shows nothing once its files are no longer served, and whoever serves them may serve less on purpose. So
//! what it showed is kept, too. Like the heads it can only refuse.
//!
//! A file for each key of a registry's log, `KEY.yanks` beside the head; a line for each release, ascending:
//! `NAME VERSION RECORD SHA256 YANK SIZE`, the last three being the component, the place of the yank, and the size of the head.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fs_err as fs;
use headlock_log::name::check_package_name;
use headlock_log::note::VerifierKey;
use semver::Version;

use super::look::{Look, Seen, Source};
use super::release::Release;
use crate::error::{Error, Result};
use crate::files;
use crate::heads::Memory;

/// Largest file, in bytes: some hundred yanked solvers.
const MAX_YANKS: u64 = 64 << 10;

/// By package and version: the release, and the size of the head that shows it to be yanked.
type Yanks = BTreeMap<(String, Version), (Release, u64)>;

/// What this host has seen of a release of the log of this key: that it is yanked, at a head of this size.
///
/// # Errors
/// Could not check: the file cannot be read, or is none.
pub(super) fn seen(
    memory: &Memory,
    key: &VerifierKey,
    name: &str,
    version: &Version,
) -> Result<Option<(Release, u64)>> {
    Ok(read(memory, key)?.remove(&(name.to_owned(), version.clone())))
}

/// Keeps what looks have seen at heads that are served: the newest that there are.
///
/// # Errors
/// Could not check: the file cannot be read or written.
pub fn remember(memory: &Memory, looks: &[Look]) -> Result<()> {
    for Look { name, seen, .. } in looks {
        let Ok(Seen { size, from: Source::Served(accepted), release: Some(release) }) = seen else { continue };
        let mut yanks = read(memory, accepted.key())?;
        let place = (name.clone(), release.version.clone());
        let before = match release.yanked {
            Some(_) => yanks.insert(place, (release.clone(), *size)),
            None => yanks.remove(&place),
        };
        let now = release.yanked.map(|_| (release, *size));
        if before.as_ref().map(|(release, size)| (release, *size)) != now {
            write(memory, accepted.key(), &yanks)?;
        }
    }
    Ok(())
}

fn path(memory: &Memory, key: &VerifierKey) -> PathBuf {
    let mut path = memory.path(key).into_os_string();
    path.push(".yanks");
    path.into()
}

fn read(memory: &Memory, key: &VerifierKey) -> Result<Yanks> {
    let path = path(memory, key);
    let changed = |what: &str| {
        Error::could_not_check(format!(
            "{}: expected the yanks of solvers that this host has seen: {what}",
            path.display()
        ))
        .hint("the file was changed by something else; remove it to forget them")
    };
    let text = files::read_text(&path, MAX_YANKS).map_err(|error| changed(&error.to_string()))?.unwrap_or_default();
    let mut yanks = Yanks::new();
    for line in text.lines() {
        let (place, seen) = parse(line).ok_or_else(|| changed(&format!("found {line:?}")))?;
        yanks.insert(place, seen);
    }
    Ok(yanks)
}

fn parse(line: &str) -> Option<((String, Version), (Release, u64))> {
    let [name, version, record, content, yank, size] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    check_package_name(name).ok()?;
    let version = Version::parse(version).ok()?;
    let (record, yanked) = (record.parse().ok()?, Some(yank.parse().ok()?));
    let release = Release { version: version.clone(), record, content: content.parse().ok()?, yanked };
    Some(((name.to_owned(), version), (release, size.parse().ok()?)))
}

fn write(memory: &Memory, key: &VerifierKey, yanks: &Yanks) -> Result<()> {
    let lines = yanks.iter().map(|((name, version), (release, size))| {
        let Release { record, content, yanked, .. } = release;
        format!("{name} {version} {record} {content} {} {size}\n", yanked.unwrap_or_default())
    });
    let text: String = lines.collect();
    if text.len() as u64 > MAX_YANKS {
        return Err(Error::could_not_check("more yanks of solvers have been seen than are remembered"));
    }
    let path = path(memory, key);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::could_not_check(error.to_string()))?;
    }
    files::replace(&path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_yank() {
        let sha256 = "11".repeat(32);
        let line = format!("headlock:solver 0.1.1 1 {sha256} 3 5");
        let ((name, version), (release, size)) = parse(&line).expect("a yank");
        assert_eq!((name.as_str(), version.to_string().as_str(), size), ("headlock:solver", "0.1.1", 5));
        assert_eq!((release.record, release.yanked, release.content.to_string()), (1, Some(3), sha256));
        for wrong in ["", "a:b 1.0.0", &line[1..].replace(':', ""), &format!("{line} 6"), &line.replace(" 3 ", " x ")] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
