//! A log of few entries, whatever they are, written with nothing but the log's formats.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::index::{Index, key_of_package, page_path};
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::note::SigningKey;
use headlock_log::page::format_line;
use headlock_log::record::{Epoch, Record};
use headlock_log::tile::{push_entry, tiles_between};

pub(crate) const ORIGIN: &str = "registry.example/components";

/// The key of docs/log.md.
pub(crate) fn key() -> SigningKey {
    let seed: Vec<u8> = (0..32).collect();
    SigningKey::generate_from_seed(ORIGIN, seed.try_into().unwrap()).unwrap()
}

pub(crate) fn checkpoint(head: &Head) -> Vec<u8> {
    Checkpoint::sign(head, &key()).unwrap()
}

/// A note of any text, signed.
pub(crate) fn sign(text: &str) -> String {
    format!("{text}\n{}\n", key().sign(text).unwrap())
}

/// Entries, and files beside the tiles.
pub(crate) struct Log {
    entries: Vec<Vec<u8>>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Log {
    /// `my:a` 1.0.0 and 1.1.0, `my:b` 1.0.0.
    pub(crate) fn honest() -> Log {
        let mut entries = Vec::new();
        let mut pages: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (package, version) in [("my:a", "1.0.0"), ("my:a", "1.1.0"), ("my:b", "1.0.0")] {
            let page = pages.entry(package).or_default();
            let content = Digest::of(version.as_bytes());
            let prev = match page.is_empty() {
                true => String::new(),
                false => format!(r#","prev":"{}""#, Digest::of(page)),
            };
            let record =
                format!(r#"{{"release":{{"package":"{package}","version":"{version}","content":"{content}"{prev}}}}}"#);
            page.extend(format_line(entries.len() as u64, record.as_bytes()));
            entries.push(record.into_bytes());
        }
        Log::of_pages(entries, &pages)
    }

    /// A log of these entries, and an epoch that commits to a page of `my:a`: of the entries' lines, or of other bytes.
    pub(crate) fn of_page(entries: &[Vec<u8>], page: Option<Vec<u8>>) -> Log {
        let lines = || entries.iter().zip(0..).flat_map(|(entry, place)| format_line(place, entry)).collect();
        let page = page.unwrap_or_else(lines);
        // What is too long for a log can still stand in a page.
        let entries = entries.iter().filter(|entry| entry.len() < 65_536).cloned().collect();
        Log::of_pages(entries, &[("my:a", page)].into())
    }

    fn of_pages(mut entries: Vec<Vec<u8>>, pages: &BTreeMap<&str, Vec<u8>>) -> Log {
        let mut index = Index::new();
        let mut files = BTreeMap::new();
        for (package, page) in pages {
            index.insert(key_of_package(package), Digest::of(page)).unwrap();
            files.insert(page_path(&Digest::of(page)), page.clone());
        }
        files.extend(index.files());
        entries.push(Record::Epoch(Epoch { index: index.root() }).encode());
        Log { entries, files }
    }

    pub(crate) fn head(&self) -> Head {
        let mut tree = Frontier::new();
        for entry in &self.entries {
            tree.push(leaf_hash(entry));
        }
        Head { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() }
    }

    /// Writes all but the checkpoint. At most 255 entries: one tile.
    pub(crate) fn write(&self, folder: &Path) {
        for (path, bytes) in &self.files {
            write(folder, path, bytes);
        }
        for tile in tiles_between(0, self.entries.len() as u64) {
            let hashes: Vec<u8> = self.entries.iter().flat_map(|entry| leaf_hash(entry).0).collect();
            let mut bundle = Vec::new();
            for entry in &self.entries {
                push_entry(&mut bundle, entry).unwrap();
            }
            write(folder, &tile.path(), &hashes);
            write(folder, &tile.entries_path(), &bundle);
        }
    }
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
