//! Tables of distinct entries, and their numbers.

use std::collections::hash_map::{Entry, HashMap};
use std::hash::Hash;

use foldhash::fast::RandomState;

/// A table of distinct entries, numbered in the order of their first mention.
#[derive(Clone, Debug)]
pub(super) struct Table<K> {
    numbers: HashMap<K, u32, RandomState>,
}

impl<K: Eq + Hash> Table<K> {
    pub(super) fn new() -> Self {
        Table { numbers: HashMap::default() }
    }

    /// The key's number, and whether it is new. Numbers follow the order of mention, never the map's.
    pub(super) fn number(&mut self, key: K, next: usize) -> (u32, bool) {
        match self.numbers.entry(key) {
            Entry::Occupied(entry) => (*entry.get(), false),
            Entry::Vacant(entry) => (*entry.insert(next as u32), true),
        }
    }
}

impl Table<String> {
    /// The texts, by their numbers.
    pub(super) fn into_texts(self) -> Vec<String> {
        let mut texts = vec![String::new(); self.numbers.len()];
        // In no particular order: each goes to its own place.
        for (text, number) in self.numbers {
            texts[number as usize] = text;
        }
        texts
    }

    /// As [`Table::number`], numbered on from the last. Looking up by the text first spares a copy for the many that are
    /// known.
    pub(super) fn text(&mut self, text: &str) -> (u32, bool) {
        match self.numbers.get(text) {
            Some(&number) => (number, false),
            None => self.number(text.to_owned(), self.numbers.len()),
        }
    }
}

/// The number of a text, which is appended to the list of texts if it is new.
pub(super) fn text(numbers: &mut Table<String>, texts: &mut Vec<String>, text: &str) -> u32 {
    let (number, new) = numbers.text(text);
    if new {
        texts.push(text.to_owned());
    }
    number
}
