//! Finding rows in a folder, and putting them in order.
//!
//! Read are the files of a checkout of the index (a row a line, a file a crate) and the files of cargo's own cache, at
//! any depth. Folders and files whose names begin with a dot are passed over, but for `.cache`, where cargo keeps its
//! own; so is `config.json`. A file that holds no rows is named in the report. Links to folders are not followed.
//!
//! Rows are read twice, once for their place in the order and once for what they say. In memory stay, of each row, the 28
//! bytes that say where it stands in the order and in which file; of each file, its path.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{ErrorKind as IoKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use fs_err as fs;
use semver::Version;

use super::refusal::Refusal;
use super::row::Stamp;
use super::time::{self, Stamped, Until};
use crate::error::{Error, Result};

/// How deep folders may lie in one another.
const MAX_DEPTH: usize = 16;
/// Largest file of rows, in bytes.
const MAX_FILE: u64 = 256 << 20;
/// The first byte of cargo's cache files, its format's version; then come the schema of the index in four bytes, and a
/// text and a zero byte that say which state of the index was cached.
const CACHE_VERSION: u8 = 3;
/// The schema that such a file has been written for.
const CACHE_SCHEMA: u32 = 2;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Number of the file, in [`Rows::files`].
    pub(super) file: u32,
    /// Number of the row in its file, from 1.
    pub(super) row: u32,
    /// Offset of its first byte.
    offset: u32,
    /// Its length in bytes.
    length: u32,
}

/// A row's place in the order: by time, crate, version; then by where it stands. Versions are long and seldom decide:
/// where they do, they are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Time of publication; zeros where the row has none.
    time: Stamped,
    /// Number of the crate's name, numbers ascending with names.
    name: u32,
    /// Where it is.
    pub(super) place: Place,
}

/// A row that could not be put in order.
#[derive(Clone, Debug)]
pub(super) struct Disordered {
    /// Its crate and version, as far as they could be read.
    pub(super) name: String,
    /// See `name`.
    pub(super) version: String,
    /// Where it is.
    pub(super) place: Place,
    /// Why.
    pub(super) why: Refusal,
}

/// All rows of a folder, in order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The files with rows, ascending.
    pub(super) files: Vec<PathBuf>,
    /// Rows in order.
    pub(super) entries: Vec<Entry>,
    /// Rows without an order.
    pub(super) disordered: Vec<Disordered>,
    /// Rows of times beyond the asked-for one.
    pub(super) later: u64,
    /// Files that are no files of rows, with the reason.
    pub(super) strangers: Vec<(PathBuf, String)>,
}

impl Rows {
    /// Finds and orders the rows of a folder. `progress` is told how many rows have been seen.
    ///
    /// # Errors
    /// Could not check: a folder or file that cannot be read, is too deep or too large.
    pub(super) fn find(dir: &Path, until: Option<&Until>, progress: &mut dyn FnMut(u64)) -> Result<Rows> {
        let mut rows = Rows::default();
        let mut names: BTreeMap<String, u32> = BTreeMap::new();
        let mut seen = 0;
        for path in files(dir)? {
            let bytes = read(&path)?;
            let ranges = match split(&bytes) {
                Ok(ranges) => ranges,
                Err(why) => {
                    rows.strangers.push((path, why));
                    continue;
                }
            };
            let file = rows.files.len() as u32;
            rows.files.push(path);
            for (row, range) in (1..).zip(ranges) {
                let place = Place { file, row, offset: range.start as u32, length: range.len() as u32 };
                match order(&bytes[range]) {
                    Ok((time, _, _)) if until.is_some_and(|until| !until.includes(&time)) => rows.later += 1,
                    Ok((time, name, _)) => {
                        let next = names.len() as u32;
                        let name = *names.entry(name).or_insert(next);
                        rows.entries.push(Entry { time: Stamped::of(&time), name, place });
                    }
                    Err((name, version, why)) => rows.disordered.push(Disordered { name, version, place, why }),
                }
                seen += 1;
            }
            progress(seen);
        }
        // Numbers were given in the order of files; renumbered by name, the derived order of entries is the wanted one but
        // for versions.
        let mut rank = vec![0; names.len()];
        for (number, &first) in (0..).zip(names.values()) {
            rank[first as usize] = number;
        }
        for entry in &mut rows.entries {
            entry.name = rank[entry.name as usize];
        }
        rows.entries.sort_unstable();
        rows.order_by_version()?;
        Ok(rows)
    }

    /// Puts rows of one crate and time in the order of their versions.
    fn order_by_version(&mut self) -> Result<()> {
        let mut entries = std::mem::take(&mut self.entries);
        for alike in entries.chunk_by_mut(|one, next| (one.time, one.name) == (next.time, next.name)) {
            if alike.len() == 1 {
                continue;
            }
            let mut versions: Vec<(Version, Entry)> = Vec::with_capacity(alike.len());
            for entry in alike.iter() {
                match order(&self.read(entry.place)?) {
                    Ok((_, _, version)) => versions.push((version, *entry)),
                    Err((_, _, why)) => return Err(self.changed(entry.place, &why)),
                }
            }
            versions.sort_unstable();
            alike.iter_mut().zip(versions).for_each(|(entry, (_, sorted))| *entry = sorted);
        }
        self.entries = entries;
        Ok(())
    }

    /// The file of a row.
    pub(super) fn path(&self, place: Place) -> &Path {
        &self.files[place.file as usize]
    }

    /// Reads a row again.
    ///
    /// # Errors
    /// Could not check: the file is gone or shorter than it was.
    pub(super) fn read(&self, place: Place) -> Result<Vec<u8>> {
        let mut bytes = vec![0; place.length as usize];
        let mut read = || -> std::io::Result<()> {
            let mut file = fs::File::open(self.path(place))?;
            file.seek(SeekFrom::Start(u64::from(place.offset)))?;
            file.read_exact(&mut bytes)
        };
        read().map_err(|error| self.changed(place, &error))?;
        Ok(bytes)
    }

    fn changed(&self, place: Place, why: &dyn Display) -> Error {
        let path = self.path(place).display();
        Error::could_not_check(format!("{path}: row {} was there and could not be read again: {why}", place.row))
    }
}

/// The time (empty where there is none), crate and version of a row; else as much of crate and version as can be said.
pub(super) fn order(bytes: &[u8]) -> Result<(String, String, Version), (String, String, Refusal)> {
    let stamp: Stamp<'_> = serde_json::from_slice(bytes)
        .map_err(|error| (String::new(), String::new(), Refusal::NotARow { why: error.to_string() }))?;
    let (name, version) = (stamp.name.into_owned(), stamp.vers.into_owned());
    let time = stamp.pubtime.unwrap_or_default().into_owned();
    if !time.is_empty() && !time::is_time(&time) {
        return Err((name, version, Refusal::Time { found: time }));
    }
    match Version::parse(&version) {
        Ok(parsed) => Ok((time, name, parsed)),
        Err(error) => {
            let why = Refusal::NotForRecords { what: "the version", found: version.clone(), why: error.to_string() };
            Err((name, version, why))
        }
    }
}

/// All files below a folder that could hold rows, ascending.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        if depth > MAX_DEPTH {
            let path = folder.display();
            return Err(Error::could_not_check(format!("{path}: expected at most {MAX_DEPTH} folders in one another")));
        }
        let list = fs::read_dir(&folder).map_err(|error| {
            let error = Error::could_not_check(error.to_string());
            error.hint("name a folder with rows of the index: a checkout of it, or cargo's cache of it")
        })?;
        for entry in list {
            let entry = entry.map_err(|error| Error::could_not_check(error.to_string()))?;
            let name = entry.file_name();
            let hidden = name.as_encoded_bytes().starts_with(b".") && name != ".cache";
            if hidden || name == "config.json" {
                continue;
            }
            let mut kind = entry.file_type().map_err(|error| Error::could_not_check(error.to_string()))?;
            if kind.is_dir() {
                folders.push((entry.path(), depth + 1));
                continue;
            }
            if kind.is_symlink() {
                kind =
                    fs::metadata(entry.path()).map_err(|error| Error::could_not_check(error.to_string()))?.file_type();
            }
            if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match fs::File::open(path) {
        Ok(file) => file.take(MAX_FILE + 1).read_to_end(&mut bytes),
        Err(error) if error.kind() == IoKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
    .map_err(|error| Error::could_not_check(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        let path = path.display();
        return Err(Error::could_not_check(format!("{path}: expected at most {MAX_FILE} bytes of rows, found more")));
    }
    Ok(bytes)
}

/// Where the rows stand in a file of either kind; else why it is neither.
pub(super) fn split(bytes: &[u8]) -> Result<Vec<Range<usize>>, String> {
    match bytes.first() {
        Some(b'{') => Ok(parts(bytes, 0, b'\n').filter(|range| !range.is_empty()).collect()),
        Some(&CACHE_VERSION) => split_cache(bytes),
        Some(byte @ 0..=8) => {
            Err(format!("a file of cargo's cache in format {byte}; format {CACHE_VERSION} is what can be read"))
        }
        Some(_) => Err("neither rows of the index, a JSON object a line, nor a file of cargo's cache".to_owned()),
        None => Err("an empty file".to_owned()),
    }
}

fn split_cache(bytes: &[u8]) -> Result<Vec<Range<usize>>, String> {
    let torn = || "a file of cargo's cache that is cut off".to_owned();
    let schema = bytes.get(1..5).and_then(|schema| schema.try_into().ok()).map(u32::from_le_bytes).ok_or_else(torn)?;
    if schema != CACHE_SCHEMA {
        return Err(format!("a file of cargo's cache for schema {schema}; {CACHE_SCHEMA} is what can be read"));
    }
    // The state of the index, then version, row, version, row.
    let mut parts = parts(bytes, 5, 0);
    parts.next().ok_or_else(torn)?;
    let mut rows = Vec::new();
    while parts.next().is_some() {
        rows.push(parts.next().ok_or_else(torn)?);
    }
    match bytes.last() {
        Some(0) => Ok(rows),
        _ => Err(torn()),
    }
}

/// The parts of `bytes` from `start` on, each up to a separator or to the end.
fn parts(bytes: &[u8], start: usize, separator: u8) -> impl Iterator<Item = Range<usize>> {
    let mut next = start;
    std::iter::from_fn(move || {
        let rest = bytes.get(next..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|&byte| byte == separator).unwrap_or(rest.len());
        let range = next..next + length;
        next = range.end + 1;
        Some(range)
    })
}
