//! Files as pieces of others: samples have most of their bytes in common, and one of them a solver with the verifier.

use std::collections::BTreeMap;

/// How many bytes are looked for at a time.
const BLOCK: usize = 64;

/// A piece: bytes of one of several sources, from a place on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) source: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Finds bytes in sources.
pub(super) struct Finder<'s> {
    sources: Vec<&'s [u8]>,
    blocks: BTreeMap<&'s [u8], (usize, usize)>,
}

impl<'s> Finder<'s> {
    pub(super) fn new(sources: Vec<&'s [u8]>) -> Finder<'s> {
        let mut blocks = BTreeMap::new();
        for (source, bytes) in sources.iter().enumerate() {
            for (number, block) in bytes.chunks_exact(BLOCK).enumerate() {
                blocks.entry(block).or_insert((source, number * BLOCK));
            }
        }
        Finder { sources, blocks }
    }

    /// The pieces that make up bytes. What no source has is appended to `own`, which is the source behind the last.
    pub(super) fn pieces(&self, bytes: &[u8], own: &mut Vec<u8>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let (mut done, mut place) = (0, 0);
        while let Some(block) = bytes.get(place..place + BLOCK) {
            let Some(&(source, start)) = self.blocks.get(block) else {
                place += 1;
                continue;
            };
            let held = self.sources[source];
            let same = |(a, b): &(&u8, &u8)| a == b;
            let before = bytes[done..place].iter().rev().zip(held[..start].iter().rev()).take_while(same).count();
            let length = bytes[place..].iter().zip(&held[start..]).take_while(same).count();
            self.own(&bytes[done..place - before], own, &mut pieces);
            pieces.push(Piece { source, start: start - before, end: start + length });
            place += length;
            done = place;
        }
        self.own(&bytes[done..], own, &mut pieces);
        pieces
    }

    fn own(&self, bytes: &[u8], own: &mut Vec<u8>, pieces: &mut Vec<Piece>) {
        if !bytes.is_empty() {
            let start = own.len();
            own.extend(bytes);
            pieces.push(Piece { source: self.sources.len(), start, end: own.len() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_bytes() {
        let one: Vec<u8> = (0..5000_u32).map(|number| (number * number / 7) as u8).collect();
        let other: Vec<u8> = one.iter().map(|byte| byte ^ 0x55).collect();
        let finder = Finder::new(vec![&one, &other]);
        let changed = [&one[..1003], b"new", &other[70..4000], &one[900..], b"end"].concat();
        let mut own = Vec::new();
        for bytes in [&changed[..], &one, b"", b"short"] {
            let before = own.len();
            let pieces = finder.pieces(bytes, &mut own);
            let sources = [&one[..], &other, &own];
            let made: Vec<u8> =
                pieces.iter().flat_map(|piece| &sources[piece.source][piece.start..piece.end]).copied().collect();
            assert_eq!(made, bytes);
            assert!(own.len() - before <= 8, "{pieces:?}");
        }
    }
}
