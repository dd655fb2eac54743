//! The body of an answer, unpacked as it comes, and never more of it than its limit.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use flate2::write::MultiGzDecoder;

/// How many bytes a body may unpack to before it counts as large. Almost all are smaller.
const LARGE: usize = 256 << 10;

/// A body that comes bit by bit: nobody's word on its length is believed.
pub(super) enum Unpacking<'p> {
    /// As it is.
    Plain(Unpacked<'p>),
    /// In gzip, one member after the other.
    Gzip(Box<MultiGzDecoder<Unpacked<'p>>>),
}

/// What has come, unpacked.
pub(super) struct Unpacked<'p> {
    bytes: Vec<u8>,
    limit: usize,
    is_too_long: bool,
    /// Waits until more than a few bytes may be held.
    hold_much: &'p dyn Fn(),
    waited: Duration,
}

/// Why a body is of no use.
#[derive(Debug)]
pub(super) enum Useless {
    /// It has more bytes than it may.
    TooLong,
    /// It is not what it is said to be packed in, or not all of it.
    Broken(io::Error),
}

impl<'p> Unpacking<'p> {
    /// A body of at most `limit` bytes. Before it holds more than a few it asks, as often as it likes.
    pub(super) fn new(is_gzip: bool, limit: u64, hold_much: &'p dyn Fn()) -> Unpacking<'p> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let unpacked = Unpacked { bytes: Vec::new(), limit, is_too_long: false, hold_much, waited: Duration::ZERO };
        match is_gzip {
            false => Unpacking::Plain(unpacked),
            true => Unpacking::Gzip(Box::new(MultiGzDecoder::new(unpacked))),
        }
    }

    /// The next piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), Useless> {
        let pushed = match self {
            Unpacking::Plain(unpacked) => unpacked.write_all(piece),
            Unpacking::Gzip(decoder) => decoder.write_all(piece),
        };
        pushed.map_err(|error| self.unpacked().useless(error))
    }

    /// That was all of it.
    pub(super) fn finish(self) -> Result<Vec<u8>, Useless> {
        let mut bytes = match self {
            Unpacking::Plain(unpacked) => unpacked.bytes,
            Unpacking::Gzip(mut decoder) => {
                let cut_off = || io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off, or no gzip");
                decoder.try_finish().map_err(|_| decoder.get_ref().useless(cut_off()))?;
                std::mem::take(&mut decoder.get_mut().bytes)
            }
        };
        // It may be held for long.
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    /// How long it was waited for until much may be held, which is not the sender's fault.
    pub(super) fn waited(&self) -> Duration {
        self.unpacked().waited
    }

    fn unpacked(&self) -> &Unpacked<'p> {
        match self {
            Unpacking::Plain(unpacked) => unpacked,
            Unpacking::Gzip(decoder) => decoder.get_ref(),
        }
    }
}

impl Unpacked<'_> {
    fn useless(&self, error: io::Error) -> Useless {
        if self.is_too_long { Useless::TooLong } else { Useless::Broken(error) }
    }
}

impl Write for Unpacked<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let length = self.bytes.len().saturating_add(piece.len());
        if length > self.limit {
            self.is_too_long = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if length > LARGE {
            let waits = Instant::now();
            (self.hold_much)();
            self.waited += waits.elapsed();
        }
        if length > self.bytes.capacity() {
            // Three allocations at most: what is on the way at a time is much.
            let room = match length {
                small if self.bytes.is_empty() => small,
                small if small <= LARGE => LARGE.min(self.limit),
                _ => self.limit,
            };
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    /// Pushes a body piece by piece.
    fn unpack(is_gzip: bool, limit: u64, body: &[u8], piece: usize) -> Result<Vec<u8>, String> {
        let asked = std::cell::Cell::new(false);
        let ask = || asked.set(true);
        let mut unpacking = Unpacking::new(is_gzip, limit, &ask);
        let text = |useless| match useless {
            Useless::TooLong => "too long".to_owned(),
            Useless::Broken(error) => error.to_string(),
        };
        body.chunks(piece).try_for_each(|piece| unpacking.push(piece)).map_err(text)?;
        let bytes = unpacking.finish().map_err(text)?;
        assert_eq!((bytes.capacity(), asked.get()), (bytes.len(), bytes.len() > LARGE));
        Ok(bytes)
    }

    #[test]
    fn what_comes_in_pieces_is_put_together() {
        for length in [0, 1, 1000, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE] {
            let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            for piece in [7, 4096, 64 << 10] {
                let limit = length as u64;
                assert!(unpack(false, limit, &bytes, piece) == Ok(bytes.clone()), "{length} {piece}");
                assert!(unpack(true, limit, &packed(&bytes), piece) == Ok(bytes.clone()), "{length} {piece}");
            }
        }
    }

    #[test]
    fn members_of_gzip_follow_one_another() {
        let body = [packed(b"one"), packed(b""), packed(b" two")].concat();
        for piece in [1, 3, 1000] {
            assert_eq!(unpack(true, 100, &body, piece), Ok(b"one two".to_vec()));
        }
    }

    #[test]
    fn no_more_is_held_than_may_be() {
        assert_eq!(unpack(false, 3, b"four", 1), Err("too long".to_owned()));
        assert_eq!(unpack(true, 1 << 20, &packed(&vec![0; (1 << 20) + 1]), 100), Err("too long".to_owned()));
        assert_eq!(unpack(true, 0, &packed(b""), 100), Ok(Vec::new()));
    }

    #[test]
    fn what_is_cut_off_or_no_gzip_is_told_from_what_is_whole() {
        let body = packed(b"all of it, and some more of it");
        for length in 0..body.len() {
            assert!(unpack(true, 100, &body[..length], 5).is_err(), "{length} bytes");
        }
        assert!(unpack(true, 100, b"no gzip at all", 5).is_err());
        assert!(unpack(true, 100, &[&body[..], b"and then"].concat(), 5).is_err());
    }
}
