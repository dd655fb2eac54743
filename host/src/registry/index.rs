//! The part of an index that a transaction touches: read from the registry as it is needed, written where it changed.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::index::{
    Bin, IndexError, MAX_BIN, MAX_ENTRIES, NODE_LENGTH, Node256, bin_of, bin_path, empty_bin, key_of, node_path,
};
use headlock_log::merkle::leaf_hash;

use super::store::Reader;
use super::tree::{bytes, required, root_of};
use crate::error::{Error, Result};

/// An index of which only what was asked for is in memory.
#[derive(Clone, Debug)]
pub(super) struct SparseIndex {
    /// The root as it was read; what is in memory may be newer.
    root: Digest,
    top: Option<Children>,
    lower: BTreeMap<u8, Children>,
    bins: BTreeMap<u16, Entries>,
    /// Bins that have changed.
    changed: BTreeSet<u16>,
    /// Lower nodes that have no file yet.
    unwritten: BTreeSet<u8>,
}

/// The entries of a bin: keys, ascending, and their pages.
type Entries = Vec<(Digest, Digest)>;

/// A part of an index that has a file of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// The bin of a number.
    Bin(u16),
    /// The lower node of a number.
    Lower(u8),
    /// The top node.
    Top,
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

    /// The page of a subject, by its name, if it has one.
    ///
    /// # Errors
    /// No: a file is not the one that its name says. Could not check: a file is missing.
    pub(super) fn page(&mut self, reader: &dyn Reader, subject: &str) -> Result<Option<Digest>> {
        let key = key_of(subject);
        let bin = self.bin(reader, bin_of(&key))?;
        Ok(place(bin, &key).ok().map(|place| bin[place].1))
    }

    /// Whether there is room for a subject that is not there, beside so many that are to come into the same bin.
    pub(super) fn has_room(&mut self, reader: &dyn Reader, subject: &str, pending: usize) -> Result<bool> {
        Ok(self.bin(reader, bin_of(&key_of(subject)))?.len() + pending < MAX_ENTRIES)
    }

    /// Gives a subject a page.
    pub(super) fn insert(&mut self, reader: &dyn Reader, subject: &str, page: Digest) -> Result<()> {
        let key = key_of(subject);
        let bin = self.bin(reader, bin_of(&key))?;
        match place(bin, &key) {
            Ok(place) => bin[place].1 = page,
            Err(place) => bin.insert(place, (key, page)),
        }
        self.changed.insert(bin_of(&key));
        Ok(())
    }

    /// Hashes what has changed. Returns the root.
    pub(super) fn finish(&mut self, reader: &dyn Reader) -> Result<Digest> {
        for number in self.changed.clone() {
            let hash = leaf_hash(&self.bytes(Part::Bin(number)));
            let [high, low] = number.to_be_bytes();
            self.lower(reader, high)?[usize::from(low)] = hash;
            self.unwritten.insert(high);
        }
        for number in self.unwritten.clone() {
            let hash = root_of(&self.lower(reader, number)?[..]);
            self.top(reader)?[usize::from(number)] = hash;
        }
        self.root = root_of(&self.top(reader)?[..]);
        Ok(self.root)
    }

    /// The parts that have changed and were hashed, those below before those above.
    pub(super) fn new_parts(&self) -> Vec<Part> {
        let bins = self.changed.iter().map(|number| Part::Bin(*number));
        bins.chain(self.unwritten.iter().map(|number| Part::Lower(*number))).chain([Part::Top]).collect()
    }

    /// Where a part that has been hashed stands.
    pub(super) fn path(&self, part: Part) -> String {
        let child = |children: Option<&Children>, number: u8| {
            children.map_or(empty_bin(), |children| children[usize::from(number)])
        };
        match part {
            Part::Bin(number) => {
                let [high, low] = number.to_be_bytes();
                bin_path(&child(self.lower.get(&high), low))
            }
            Part::Lower(number) => node_path(&child(self.top.as_ref(), number)),
            Part::Top => node_path(&self.root),
        }
    }

    /// The content of a part that is in memory.
    pub(super) fn bytes(&self, part: Part) -> Vec<u8> {
        let node = |children: Option<&Children>| children.map(|children| bytes(&children[..])).unwrap_or_default();
        match part {
            Part::Bin(number) => {
                let entries = self.bins.get(&number).into_iter().flatten();
                entries.flat_map(|(key, page)| [key.0, page.0]).flatten().collect()
            }
            Part::Lower(number) => node(self.lower.get(&number)),
            Part::Top => node(self.top.as_ref()),
        }
    }

    fn bin(&mut self, reader: &dyn Reader, number: u16) -> Result<&mut Entries> {
        if !self.bins.contains_key(&number) {
            let [high, low] = number.to_be_bytes();
            let hash = self.lower(reader, high)?[usize::from(low)];
            let mut bin = Entries::new();
            if hash != empty_bin() {
                let path = bin_path(&hash);
                let bytes = required(reader, &path, MAX_BIN as u64)?;
                let read = Bin::parse(&bytes, number).map_err(|error| damaged(&path, &error))?;
                check(&path, hash, read.hash())?;
                bin.extend_from_slice(read.entries());
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

/// Where a key is among entries, or would be.
fn place(entries: &[(Digest, Digest)], key: &Digest) -> Result<usize, usize> {
    entries.binary_search_by(|(held, _)| held.cmp(key))
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

    use headlock_log::index::{Index, key_of_package};

    use super::*;

    struct Memory(BTreeMap<String, Vec<u8>>);

    impl Memory {
        /// Hashes an index and keeps its new files.
        fn finish(&mut self, index: &mut SparseIndex) -> Digest {
            let root = index.finish(self).unwrap();
            self.0.extend(index.new_parts().into_iter().map(|part| (index.path(part), index.bytes(part))));
            root
        }
    }

    impl Reader for Memory {
        fn read(&self, path: &str, _: u64) -> Result<Option<Vec<u8>>> {
            Ok(self.0.get(path).cloned())
        }
    }

    #[test]
    fn it_is_the_index_that_readers_look_up() {
        let packages: Vec<String> = (0..500).map(|number| format!("t:p{number}")).collect();
        let (mut whole, mut memory) = (Index::new(), Memory(BTreeMap::new()));
        let mut root = memory.finish(&mut SparseIndex::empty());
        assert_eq!(root, whole.root());
        for round in packages.chunks(50) {
            let mut sparse = SparseIndex::of_root(root);
            for package in round {
                assert_eq!(sparse.page(&memory, package).unwrap(), None);
                let page = Digest::of(package.as_bytes());
                sparse.insert(&memory, package, page).unwrap();
                whole.insert(key_of_package(package), page).unwrap();
            }
            root = memory.finish(&mut sparse);
            assert_eq!(root, whole.root());
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
