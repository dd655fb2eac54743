//! A disk in memory that crashes: what was not synced may be there, in part, or not at all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::registry::store::{Reader, Store};

/// A disk. Clones are the same disk; [`Disk::copy`] is another.
#[derive(Clone, Default)]
pub(super) struct Disk(Rc<RefCell<State>>);

#[derive(Clone, Default)]
struct State {
    /// File contents, and how many bytes of each are durable.
    contents: Vec<(Vec<u8>, usize)>,
    /// What each path is now.
    now: BTreeMap<String, Node>,
    /// What each path may be after a crash: what it was when its folder was last synced, and what it has been since.
    past: BTreeMap<String, Vec<Option<Node>>>,
    /// How many operations are left before everything fails.
    fuse: Option<u64>,
    /// How many operations there were.
    operations: u64,
    /// How often each path was read, be there a file or none.
    reads: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

impl Disk {
    /// Another disk with the same files, all durable.
    pub(super) fn copy(&self) -> Disk {
        let mut state = self.0.borrow().clone();
        state.past.clear();
        state.contents.iter_mut().for_each(|(bytes, durable)| *durable = bytes.len());
        (state.fuse, state.operations) = (None, 0);
        Disk(Rc::new(RefCell::new(state)))
    }

    /// Lets all operations after so many fail.
    pub(super) fn fail_after(&self, operations: u64) {
        self.0.borrow_mut().fuse = Some(operations);
    }

    /// How many operations there were.
    pub(super) fn operations(&self) -> u64 {
        self.0.borrow().operations
    }

    /// How often each path was read since the last time that this was asked.
    pub(super) fn take_reads(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.0.borrow_mut().reads)
    }

    /// The disk after a crash; `seed` chooses among what may be left.
    pub(super) fn crash(&self, seed: u64) -> Disk {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        let mut choose = |count: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 11) as usize % count
        };
        let mut state = self.0.borrow().clone();
        for (path, past) in std::mem::take(&mut state.past) {
            // Seed 0: nothing that was not synced. Seed 1: all of it.
            let now = state.now.get(&path).copied();
            let node = match seed {
                0 => past[0],
                1 => now,
                _ => *[past.as_slice(), &[now]].concat().get(choose(past.len() + 1)).unwrap(),
            };
            match node {
                Some(node) => state.now.insert(path, node),
                None => state.now.remove(&path),
            };
        }
        for (bytes, durable) in &mut state.contents {
            let rest = bytes.len() - *durable;
            bytes.truncate(*durable + if seed == 0 { 0 } else { choose(rest + 1) });
            *durable = bytes.len();
        }
        let folders: BTreeSet<String> =
            state.now.iter().filter(|(_, node)| **node == Node::Folder).map(|(path, _)| path.clone()).collect();
        let is_there = |path: &str| path.match_indices('/').all(|(at, _)| folders.contains(&path[..at]));
        state.now.retain(|path, _| is_there(path));
        (state.fuse, state.operations) = (None, 0);
        Disk(Rc::new(RefCell::new(state)))
    }

    /// All files.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.0.borrow();
        let files = state.now.iter().filter_map(|(path, node)| match node {
            Node::File(number) => Some((path.clone(), state.contents[*number].0.clone())),
            Node::Folder => None,
        });
        files.collect()
    }

    /// Replaces a file, or takes it away.
    pub(super) fn set(&self, path: &str, content: Option<&[u8]>) {
        let mut state = self.0.borrow_mut();
        match content {
            Some(bytes) => {
                state.contents.push((bytes.to_vec(), bytes.len()));
                let number = state.contents.len() - 1;
                state.now.insert(path.to_owned(), Node::File(number));
            }
            None => {
                state.now.remove(path);
            }
        }
    }

    fn operate(&self) -> Result<std::cell::RefMut<'_, State>> {
        let mut state = self.0.borrow_mut();
        if let Some(fuse) = &mut state.fuse {
            *fuse = fuse.checked_sub(1).ok_or_else(|| Error::could_not_check("the disk has failed"))?;
        }
        state.operations += 1;
        Ok(state)
    }
}

impl State {
    fn change(&mut self, path: &str, node: Option<Node>) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        assert!(folder.is_empty() || self.now.get(folder) == Some(&Node::Folder), "no folder for {path}");
        let before = self.now.get(path).copied();
        self.past.entry(path.to_owned()).or_default().push(before);
        match node {
            Some(node) => self.now.insert(path.to_owned(), node),
            None => self.now.remove(path),
        };
    }
}

impl Reader for Disk {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let mut state = self.0.borrow_mut();
        *state.reads.entry(path.to_owned()).or_default() += 1;
        let Some(Node::File(number)) = state.now.get(path) else { return Ok(None) };
        let bytes = &state.contents[*number].0;
        match bytes.len() as u64 > limit {
            true => Err(Error::could_not_check(format!("{path}: expected at most {limit} bytes, found more"))),
            false => Ok(Some(bytes.clone())),
        }
    }
}

impl Store for Disk {
    fn exists(&self, path: &str) -> Result<bool> {
        Ok(self.0.borrow().now.contains_key(path))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let start = format!("{folder}/");
        let state = self.0.borrow();
        let names = state.now.keys().filter_map(|path| path.strip_prefix(&start)).filter(|name| !name.contains('/'));
        Ok(names.map(str::to_owned).collect())
    }

    fn create_folder(&mut self, folder: &str) -> Result<()> {
        let mut state = self.operate()?;
        if !state.now.contains_key(folder) {
            state.change(folder, Some(Node::Folder));
        }
        Ok(())
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut state = self.operate()?;
        let number = match state.now.get(path) {
            Some(Node::File(number)) => *number,
            Some(Node::Folder) => return Err(Error::could_not_check(format!("{path} is a folder"))),
            None => {
                state.contents.push((Vec::new(), 0));
                let number = state.contents.len() - 1;
                state.change(path, Some(Node::File(number)));
                number
            }
        };
        state.contents[number].0.extend_from_slice(bytes);
        Ok(())
    }

    /// Small, so that batches end everywhere.
    fn batch(&self) -> usize {
        5
    }

    fn sync_files(&mut self, paths: &[String]) -> Result<()> {
        for path in paths {
            let mut state = self.operate()?;
            let Some(&Node::File(number)) = state.now.get(path) else { panic!("no file {path}") };
            state.contents[number].1 = state.contents[number].0.len();
        }
        Ok(())
    }

    fn sync_folders(&mut self, folders: &[String]) -> Result<()> {
        for folder in folders {
            let mut state = self.operate()?;
            let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let inside = |path: &str| path.strip_prefix(&start).is_some_and(|name| !name.contains('/'));
            state.past.retain(|path, _| !inside(path));
        }
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        let mut state = self.operate()?;
        let Some(&node) = state.now.get(from) else { panic!("no file {from}") };
        state.change(to, Some(node));
        state.change(from, None);
        Ok(())
    }

    fn remove(&mut self, path: &str) -> Result<()> {
        let mut state = self.operate()?;
        if state.now.contains_key(path) {
            state.change(path, None);
        }
        Ok(())
    }

    fn remove_folder(&mut self, folder: &str) -> Result<()> {
        let names = self.list(folder)?;
        assert!(names.is_empty(), "{folder} is not empty: {names:?}");
        self.remove(folder)
    }
}
