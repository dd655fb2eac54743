//! Hash tables that are the same everywhere: no seed, and iteration in the order of insertion.

use std::hash::{BuildHasherDefault, Hasher};

/// A hash table. Whoever iterates over it gets the order of insertion.
pub(crate) type Table<K, V> = indexmap::IndexMap<K, V, BuildHasherDefault<Mixer>>;

/// Mixes numbers into 64 bits, on every machine the same.
#[derive(Default)]
pub(crate) struct Mixer(u64);

impl Mixer {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        // The high bits of a product are the mixed ones; tables look at the low ones, too.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.add(u64::from(byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    /// Discriminants of enums come this way; as 64 bits they hash the same on every machine.
    fn write_isize(&mut self, number: isize) {
        self.add(number as u64);
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }
}
