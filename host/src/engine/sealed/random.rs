//! Randomness that is the same in every run: a runtime seeds its hash tables by it, nothing here is to be secret.

use headlock_log::digest::Digest;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

/// The most bytes of one call.
const MAX_BYTES: u64 = 1 << 20;

/// The bytes of sha256(`headlock sealed NAME\n` ‖ n as eight bytes, big-endian) for n = 0, 1, …, one block behind the other.
#[derive(Debug)]
pub(super) struct Stream {
    name: &'static str,
    block: u64,
    left: Vec<u8>,
}

impl Stream {
    pub(super) fn new(name: &'static str) -> Stream {
        Stream { name, block: 0, left: Vec::new() }
    }

    /// The next bytes.
    fn take(&mut self, count: usize) -> Vec<u8> {
        while self.left.len() < count {
            let mut block = format!("headlock sealed {}\n", self.name).into_bytes();
            block.extend(self.block.to_be_bytes());
            self.left.extend(Digest::of(&block).0);
            self.block += 1;
        }
        let rest = self.left.split_off(count);
        std::mem::replace(&mut self.left, rest)
    }

    fn bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        match usize::try_from(count) {
            Ok(few) if count <= MAX_BYTES => Ok(self.take(few)),
            _ => Err(wasmtime::Error::msg(format!("it asked for {count} random bytes, {MAX_BYTES} at most are given"))),
        }
    }

    /// The next eight bytes, the first of them the lowest.
    pub(super) fn number(&mut self) -> u64 {
        self.take(8).iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}

impl random::Host for Stream {
    fn get_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        self.bytes(count)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.number())
    }
}

impl insecure::Host for Stream {
    fn get_insecure_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        self.bytes(count)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.number())
    }
}

impl insecure_seed::Host for Stream {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.number(), self.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_however_it_is_taken() {
        let mut whole = Stream::new("random");
        let mut parts = Stream::new("random");
        let whole = whole.take(100);
        let mut taken = parts.take(1);
        taken.extend(parts.take(0));
        taken.extend(parts.number().to_le_bytes());
        taken.extend(parts.take(91));
        assert_eq!(taken, whole);
        assert_eq!(whole[..32], Digest::of(b"headlock sealed random\n\0\0\0\0\0\0\0\0").0);
        assert_ne!(Stream::new("insecure").take(32), whole[..32]);
    }

    #[test]
    fn what_is_asked_for_has_a_limit() {
        let mut stream = Stream::new("random");
        assert_eq!(stream.bytes(MAX_BYTES).expect("so many").len(), 1 << 20);
        for many in [MAX_BYTES + 1, u64::MAX] {
            let error = stream.bytes(many).expect_err("too many").to_string();
            assert!(error.contains("1048576 at most"), "{error}");
        }
    }
}
