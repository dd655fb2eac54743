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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_the_order_of_insertion() {
        let mut table: Table<u32, ()> = Table::default();
        let numbers: Vec<u32> = (0..1000).map(|n| (n * 7919) % 1000).collect();
        table.extend(numbers.iter().map(|&number| (number, ())));
        assert!(table.keys().eq(&numbers));
    }

    #[test]
    fn a_hash_is_the_same_everywhere() {
        let hash = |numbers: &[u32]| {
            let mut hasher = Mixer::default();
            numbers.iter().for_each(|&number| hasher.write_u32(number));
            hasher.finish()
        };
        assert_eq!(hash(&[]), 0);
        assert_eq!(hash(&[1, 2]), 0xdaa8_ed61_39e4_4ed5);
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
    }
}
