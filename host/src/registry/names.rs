//! Which package names are taken. Names are unique after lowercasing and `_` = `-`, and the log's index cannot be asked
//! for names that are merely alike: its keys are hashes.
//!
//! So a writer keeps the names in 256 files of its own, `.writer/names/<aa>`, `<aa>` the first two digits of the sha256
//! of the name that alike names share; a line a name. They hold at least the names of the log up to the size in
//! `.writer/names/size`; a name that only a dropped transaction brought may be there too, so a name counts only if the
//! index has it. Lost files are made anew from the log.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::name::{check_package_name, same_name_key};

use super::files::Files;
use super::store::Reader;
use crate::close;
use crate::error::{Error, Result};

const FOLDER: &str = ".writer/names";
const SIZE: &str = ".writer/names/size";
/// Largest file of names: some ten million packages in the registry.
const MAX_NAMES: u64 = 8 << 20;
/// Largest file of names that is looked at to suggest one, in bytes: half a million packages in the registry.
const MAX_COMPARED: u64 = 64 << 10;

type Bucket = BTreeSet<(Box<str>, Box<str>)>;

/// The names that are taken, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By bucket: what alike names share, and the name.
    buckets: BTreeMap<u8, Bucket>,
    changed: BTreeSet<u8>,
}

impl Names {
    /// Up to which size of the log the files hold every name; 0 if there are none.
    pub(super) fn known_size(reader: &dyn Reader) -> Result<u64> {
        let text = reader.read(SIZE, 32)?;
        Ok(text.and_then(|text| std::str::from_utf8(&text).ok()?.trim_end().parse().ok()).unwrap_or(0))
    }

    /// The names that are the same as `package` but for case, `-` and `_`, and not `package` itself.
    pub(super) fn alike(&mut self, reader: &dyn Reader, package: &str) -> Result<Vec<String>> {
        let key = same_name_key(package);
        let names = self.bucket(reader, &key)?.range((key.as_str().into(), Box::default())..);
        let names = names.take_while(|(held, _)| **held == key).map(|(_, name)| &**name);
        Ok(names.filter(|name| *name != package).map(str::to_owned).collect())
    }

    /// Names that may have been meant by one that is not there, the closest first; none, where there are too many names to
    /// look at. They may be of a dropped transaction.
    pub(super) fn close(reader: &dyn Reader, package: &str) -> Vec<String> {
        let texts = (0..=u8::MAX).map(|number| Ok(reader.read(&path(number), MAX_COMPARED)?.unwrap_or_default()));
        let Ok(texts) = texts.collect::<Result<Vec<Vec<u8>>>>() else { return Vec::new() };
        let lines = texts.iter().filter_map(|text| std::str::from_utf8(text).ok()).flat_map(str::lines);
        let names = lines.filter(|name| check_package_name(name).is_ok());
        close::packages(package, names).into_iter().map(str::to_owned).collect()
    }

    /// Notes a name.
    pub(super) fn insert(&mut self, reader: &dyn Reader, package: &str) -> Result<()> {
        let key = same_name_key(package);
        if self.bucket(reader, &key)?.insert((key.as_str().into(), package.into())) {
            self.changed.insert(number(&key));
        }
        Ok(())
    }

    /// Writes what has changed.
    pub(super) fn write(&mut self, files: &mut Files) -> Result<()> {
        for number in std::mem::take(&mut self.changed) {
            let names = self.buckets.get(&number).into_iter().flatten();
            let text: String = names.flat_map(|(_, name)| [name, "\n"]).collect();
            files.put(&path(number), text.as_bytes())?;
        }
        Ok(())
    }

    /// Says that the files, as they have been settled, hold every name of the log up to `size`.
    pub(super) fn vouch(files: &mut Files, size: u64) -> Result<()> {
        files.put(SIZE, format!("{size}\n").as_bytes())
    }

    fn bucket(&mut self, reader: &dyn Reader, key: &str) -> Result<&mut Bucket> {
        match self.buckets.entry(number(key)) {
            Entry::Occupied(bucket) => Ok(bucket.into_mut()),
            Entry::Vacant(vacant) => {
                let names = read(reader, &path(*vacant.key()))?;
                Ok(vacant.insert(names))
            }
        }
    }
}

/// Reads a file of names; without one, there are none.
fn read(reader: &dyn Reader, path: &str) -> Result<Bucket> {
    let damaged = || {
        Error::could_not_check(format!("{path}: expected package names, found something else"))
            .hint(format!("take the folder {FOLDER} away; it is made anew from the log"))
    };
    let text = reader.read(path, MAX_NAMES)?.unwrap_or_default();
    let mut names = Bucket::new();
    for line in std::str::from_utf8(&text).map_err(|_| damaged())?.lines() {
        check_package_name(line).map_err(|_| damaged())?;
        names.insert((same_name_key(line).into(), line.into()));
    }
    Ok(names)
}

fn number(key: &str) -> u8 {
    Digest::of(key.as_bytes()).0[0]
}

fn path(number: u8) -> String {
    format!("{FOLDER}/{number:02x}")
}
