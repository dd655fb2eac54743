//! A registry of a few lines, written with nothing but the log's own formats.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::index::{Index, key_of_package, page_path};
use headlock_log::merkle::{Frontier, leaf_hash, node_hash};
use headlock_log::page::format_line;
use headlock_log::record::{Epoch, Mention, Record, Release};
use headlock_log::tile::{push_entry, tiles_between};

use super::ORIGIN;

/// A registry in memory.
#[derive(Clone, Default)]
pub(super) struct Registry {
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) pages: BTreeMap<String, Vec<u8>>,
    pub(super) index: Index,
    changed: BTreeSet<String>,
    /// Sizes of the heads that there have been.
    pub(super) heads: Vec<u64>,
    /// Derived files of all epochs.
    files: BTreeMap<String, Vec<u8>>,
}

impl Registry {
    /// Publishes a release.
    pub(super) fn release(&mut self, package: &str, version: &str) {
        let prev = self.pages.get(package).map(|page| Digest::of(page));
        let record =
            Record::Release(Release { prev, ..Release::new(package, version, Digest::of(version.as_bytes())) });
        self.append(package, &record.encode());
    }

    /// Yanks a release.
    pub(super) fn yank(&mut self, package: &str, version: &str) {
        let prev = self.pages.get(package).map(|page| Digest::of(page));
        self.append(package, &Record::Yank(Mention { package, version, prev }).encode());
    }

    fn append(&mut self, package: &str, record: &[u8]) {
        let line = format_line(self.entries.len() as u64, record);
        self.pages.entry(package.to_owned()).or_default().extend(line);
        self.changed.insert(package.to_owned());
        self.entries.push(record.to_vec());
    }

    /// Commits the index over all pages, and makes a head.
    pub(super) fn epoch(&mut self) -> Head {
        for name in std::mem::take(&mut self.changed) {
            let page = &self.pages[&name];
            self.index.insert(key_of_package(&name), Digest::of(page)).expect("room in the bin");
            self.files.insert(page_path(&Digest::of(page)), page.clone());
        }
        self.commit()
    }

    /// Commits the index as it is, and makes a head.
    pub(super) fn commit(&mut self) -> Head {
        self.files.extend(self.index.files());
        self.commit_to(self.index.root())
    }

    /// Commits an index, and makes a head.
    pub(super) fn commit_to(&mut self, index: Digest) -> Head {
        self.entries.push(Record::Epoch(Epoch { index }).encode());
        self.head()
    }

    /// Adds a file.
    pub(super) fn file(&mut self, path: String, bytes: Vec<u8>) {
        self.files.insert(path, bytes);
    }

    /// A head over all entries, epoch or not.
    pub(super) fn head(&mut self) -> Head {
        self.heads.push(self.entries.len() as u64);
        self.head_at(self.entries.len())
    }

    /// The head that the log had at a size.
    pub(super) fn head_at(&self, size: usize) -> Head {
        let mut tree = Frontier::new();
        for entry in &self.entries[..size] {
            tree.push(leaf_hash(entry));
        }
        Head { origin: ORIGIN.to_owned(), size: size as u64, root: tree.root() }
    }

    /// Writes the registry as every of its heads left it: partial tiles of older heads included.
    pub(super) fn write(&self, folder: &Path) {
        for (path, bytes) in &self.files {
            write(folder, path, bytes);
        }
        let levels = self.levels();
        let mut old = 0;
        for &size in &self.heads {
            for tile in tiles_between(old, size) {
                let start = tile.index as usize * 256;
                let end = start + usize::from(tile.width);
                let hashes = &levels[usize::from(tile.level)][start..end];
                write(folder, &tile.path(), &hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>());
                if tile.level == 0 {
                    let mut bundle = Vec::new();
                    for entry in &self.entries[start..end] {
                        push_entry(&mut bundle, entry).expect("a record");
                    }
                    write(folder, &tile.entries_path(), &bundle);
                }
            }
            old = size;
        }
    }

    /// The hashes of each level of tiles, by RFC 6962's words.
    fn levels(&self) -> Vec<Vec<Digest>> {
        let mut levels = vec![self.entries.iter().map(|entry| leaf_hash(entry)).collect::<Vec<Digest>>()];
        while let Some(above) = levels.last().map(|level| level.chunks_exact(256).map(root_of_256).collect::<Vec<_>>())
        {
            if above.is_empty() {
                break;
            }
            levels.push(above);
        }
        levels
    }
}

fn root_of_256(hashes: &[Digest]) -> Digest {
    let mut hashes = hashes.to_vec();
    while hashes.len() > 1 {
        hashes = hashes.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    hashes[0]
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("written");
}

/// Three packages in two epochs, and the heads of both.
pub(super) fn small() -> (Registry, Head, Head) {
    let mut registry = Registry::default();
    registry.release("ns:a", "1.0.0");
    registry.release("ns:b", "1.0.0");
    let first = registry.epoch();
    registry.release("ns:a", "1.1.0");
    registry.release("ns:c", "0.1.0");
    registry.yank("ns:a", "1.0.0");
    let second = registry.epoch();
    (registry, first, second)
}

/// The three packages at their second head, in a folder of a log that has grown since: its full tiles are there, too.
pub(super) fn grown() -> (tempfile::TempDir, Head) {
    let (mut registry, _, head) = small();
    for number in 0..300 {
        registry.release("ns:d", &format!("1.{number}.0"));
    }
    registry.epoch();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    (folder, head)
}

/// All files under a folder, as paths from there, ascending.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).expect("inside").display().to_string());
            }
        }
    }
    files.sort();
    files
}
