//! The part of an index that a transaction touches: read from the registry as it is needed, written where it changed.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::index::{
    Bin, IndexError, MAX_BIN, MAX_ENTRIES, NODE_LENGTH, Node256, bin_of, bin_path, empty_bin, key_of_package, node_path,
};
use headlock_log::merkle::leaf_hash;

use super::store::Reader;
use super::tree::{Contents, bytes, required, root_of};
use crate::error::{Error, Result};

/// An index of which only what was asked for is in memory.
#[derive(Clone, Debug)]
pub(super) struct SparseIndex {
    /// The root as it was read; what is in memory may be newer.
    root: Digest,
    top: Option<Children>,
    lower: BTreeMap<u8, Children>,
    bins: BTreeMap<u16, BTreeMap<Digest, Digest>>,
    /// Bins that have changed.
    changed: BTreeSet<u16>,
    /// Lower nodes that have no file yet.
    unwritten: BTreeSet<u8>,
}

/// The hashes below a node.
type Children = Box<[Digest; 256]>;

impl SparseIndex {
    /// The index of this root.
    pub(super) fn of_root(root: Digest) -> SparseIndex {
        SparseIndex {
            root,
            top: None,
            lower: BTreeMap::new(),
            bins: BTreeMap::new(),
            changed: BTreeSet::new(),
            unwritten: BTreeSet::new(),
        }
    }

    /// The index without packages, all of it in memory.
    pub(super) fn empty() -> SparseIndex {
        let lower: Children = Box::new([empty_bin(); 256]);
        let top: Children = Box::new([root_of(&lower[..]); 256]);
        SparseIndex {
            root: root_of(&top[..]),
            top: Some(top),
            lower: (0..=255).map(|number| (number, lower.clone())).collect(),
            bins: BTreeMap::new(),
            changed: BTreeSet::new(),
            // They are all the same, and so is their file.
            unwritten: BTreeSet::from([0]),
        }
    }

    /// The index's root; later changes count from [`SparseIndex::finish`] on.
    pub(super) fn root(&self) -> Digest {
        self.root
    }

    /// The page of a package, if it has one.
    ///
    /// # Errors
    /// No: a file is not the one that its name says. Could not check: a file is missing.
    pub(super) fn page(&mut self, reader: &dyn Reader, package: &str) -> Result<Option<Digest>> {
        let key = key_of_package(package);
        Ok(self.bin(reader, bin_of(&key))?.get(&key).copied())
    }

    /// Whether there is room for a package that is not there, beside so many that are to come into the same bin.
    pub(super) fn has_room(&mut self, reader: &dyn Reader, package: &str, pending: usize) -> Result<bool> {
        Ok(self.bin(reader, bin_of(&key_of_package(package)))?.len() + pending < MAX_ENTRIES)
    }

    /// Gives a package a page.
    pub(super) fn insert(&mut self, reader: &dyn Reader, package: &str, page: Digest) -> Result<()> {
        let key = key_of_package(package);
        self.bin(reader, bin_of(&key))?.insert(key, page);
        self.changed.insert(bin_of(&key));
        Ok(())
    }

    /// Hashes what has changed. Returns the root, and the files that are new.
    pub(super) fn finish(&mut self, reader: &dyn Reader) -> Result<(Digest, Contents)> {
        let mut files = Contents::new();
        let mut unwritten = std::mem::take(&mut self.unwritten);
        for number in std::mem::take(&mut self.changed) {
            let bin = self.bins.entry(number).or_default();
            let bytes: Vec<u8> = bin.iter().flat_map(|(key, page)| [key.0, page.0]).flatten().collect();
            let hash = leaf_hash(&bytes);
            let [high, low] = number.to_be_bytes();
            self.lower(reader, high)?[usize::from(low)] = hash;
            unwritten.insert(high);
            files.push((bin_path(&hash), bytes));
        }
        for number in unwritten {
            let node = self.lower(reader, number)?.clone();
            let hash = root_of(&node[..]);
            self.top(reader)?[usize::from(number)] = hash;
            files.push((node_path(&hash), bytes(&node[..])));
        }
        let top = self.top(reader)?.clone();
        self.root = root_of(&top[..]);
        files.push((node_path(&self.root), bytes(&top[..])));
        Ok((self.root, files))
    }

    fn bin(&mut self, reader: &dyn Reader, number: u16) -> Result<&mut BTreeMap<Digest, Digest>> {
        if !self.bins.contains_key(&number) {
            let [high, low] = number.to_be_bytes();
            let hash = self.lower(reader, high)?[usize::from(low)];
            let mut bin = BTreeMap::new();
            if hash != empty_bin() {
                let path = bin_path(&hash);
                let bytes = required(reader, &path, MAX_BIN as u64)?;
                let read = Bin::parse(&bytes, number).map_err(|error| damaged(&path, &error))?;
                check(&path, hash, read.hash())?;
                bin.extend(read.entries().iter().copied());
            }
            self.bins.insert(number, bin);
        }
        Ok(self.bins.entry(number).or_default())
    }

    fn lower(&mut self, reader: &dyn Reader, number: u8) -> Result<&mut Children> {
        if !self.lower.contains_key(&number) {
            let hash = self.top(reader)?[usize::from(number)];
            self.lower.insert(number, node(reader, hash)?);
        }
        Ok(self.lower.entry(number).or_insert_with(|| Box::new([empty_bin(); 256])))
    }

    fn top(&mut self, reader: &dyn Reader) -> Result<&mut Children> {
        let top = match self.top.take() {
            Some(top) => top,
            None => node(reader, self.root)?,
        };
        Ok(self.top.insert(top))
    }
}

fn node(reader: &dyn Reader, hash: Digest) -> Result<Children> {
    let path = node_path(&hash);
    let bytes = required(reader, &path, NODE_LENGTH as u64)?;
    let node = Node256::parse(&bytes).map_err(|error| damaged(&path, &error))?;
    check(&path, hash, node.hash())?;
    Ok(Box::new(std::array::from_fn(|number| node.child(number as u8))))
}

fn check(path: &str, expected: Digest, found: Digest) -> Result<()> {
    let part = IndexError::Hash { what: "a part of the index", expected, found };
    if expected == found { Ok(()) } else { Err(damaged(path, &part)) }
}

fn damaged(path: &str, error: &IndexError) -> Error {
    Error::no(format!("{path}: {error}")).hint("bring it back from a copy of the registry")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use headlock_log::index::Index;

    use super::*;

    struct Memory(BTreeMap<String, Vec<u8>>);

    impl Reader for Memory {
        fn read(&self, path: &str, _: u64) -> Result<Option<Vec<u8>>> {
            Ok(self.0.get(path).cloned())
        }
    }

    #[test]
    fn it_is_the_index_that_readers_look_up() {
        let packages: Vec<String> = (0..500).map(|number| format!("t:p{number}")).collect();
        let (mut whole, mut memory) = (Index::new(), Memory(BTreeMap::new()));
        let (root, files) = SparseIndex::empty().finish(&memory).unwrap();
        assert_eq!(root, whole.root());
        memory.0.extend(files);
        let mut root = root;
        for round in packages.chunks(50) {
            let mut sparse = SparseIndex::of_root(root);
            for package in round {
                assert_eq!(sparse.page(&memory, package).unwrap(), None);
                let page = Digest::of(package.as_bytes());
                sparse.insert(&memory, package, page).unwrap();
                whole.insert(key_of_package(package), page).unwrap();
            }
            let (next, files) = sparse.finish(&memory).unwrap();
            assert_eq!(next, whole.root());
            memory.0.extend(files);
            root = next;
        }
        assert!(whole.files().all(|(path, bytes)| memory.0.get(&path) == Some(&bytes)));
    }

    #[test]
    fn a_bin_has_room_up_to_the_limit() {
        let mut whole = Index::new();
        let mut key = key_of_package("t:one-more");
        for number in 0..MAX_ENTRIES as u32 - 2 {
            key.0[2..6].copy_from_slice(&number.to_be_bytes());
            whole.insert(key, Digest::of(b"")).unwrap();
        }
        let memory = Memory(whole.files().collect());
        let mut sparse = SparseIndex::of_root(whole.root());
        assert!(sparse.has_room(&memory, "t:one-more", 1).unwrap());
        assert!(!sparse.has_room(&memory, "t:one-more", 2).unwrap());
        assert!(sparse.has_room(&memory, "t:elsewhere", 2).unwrap());
    }
}
