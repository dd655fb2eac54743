//! Tiles: how a log's tree and entries are cut into files that never change (C2SP tlog-tiles).
//!
//! A tile of level L holds up to 256 hashes, each over 256^L leaves. The rightmost tile of a level may be partial; a
//! partial tile may be gone once the full one is there, which begins with the same hashes: whoever does not find one
//! asks for [`Tile::full`] and keeps the first [`Tile::length`] bytes.

mod bundle;
#[cfg(test)]
mod tests;
mod verified;

use std::fmt;

pub use bundle::{parse_bundle, push_entry};
pub use verified::VerifiedTiles;

use crate::digest::{Digest, LENGTH};
use crate::name::quoted;

/// How many hashes, or entries, a full tile or bundle holds.
pub const FULL_WIDTH: u16 = 256;

/// Longest bundle, in bytes: as many entries as fit, each behind its length.
pub const MAX_BUNDLE: u64 = FULL_WIDTH as u64 * (2 + crate::record::MAX_RECORD as u64);

/// Highest level that a path may name (C2SP tlog-tiles, "Merkle Tree").
pub const MAX_LEVEL: u8 = 63;

/// Bits of a leaf's place that one level of tiles takes.
const BITS: u32 = 8;

/// One tile, or the bundle of the entries below it.
///
/// The order is by level, then by index, then by width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// Level, at most [`MAX_LEVEL`]; a tile of level 0 holds the hashes of entries.
    pub level: u8,
    /// Place among the tiles of the level.
    pub index: u64,
    /// How many hashes it holds, 1 to 256.
    pub width: u16,
}

/// A tile or a bundle that is not one, or not the one that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// A path that names no tile.
    #[error("expected the path of a tile, like tile/0/x001/067 or tile/1/000.p/3, found {}", quoted(.0))]
    Path(String),
    /// A bundle that ends within an entry, or holds fewer entries than it should.
    #[error("expected a bundle of {width} entries, and it ends within entry {entry}")]
    BundleShort {
        /// How many entries it should hold.
        width: u16,
        /// The entry, from 0, that is not whole.
        entry: u16,
    },
    /// A bundle that goes on after its last entry.
    #[error("expected a bundle of {width} entries, and {rest} bytes follow them")]
    BundleLong {
        /// How many entries it should hold.
        width: u16,
        /// How many bytes are left.
        rest: usize,
    },
    /// A tile of another length.
    #[error("{tile}: expected {} bytes, found {found}", .tile.length())]
    Length {
        /// The tile.
        tile: Tile,
        /// How many bytes there are.
        found: usize,
    },
    /// Another number of tiles than the right edge has.
    #[error("expected the {expected} tiles of the tree's right edge, found {found}")]
    Edge {
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The right edge is that of another tree.
    #[error("the tiles of the right edge give the root {found}, and the head says {expected}")]
    Root {
        /// The head's root.
        expected: Digest,
        /// The root of the tiles.
        found: Digest,
    },
    /// A tile that does not hash to what the tile above it says.
    #[error("{tile} gives the hash {found}, and the tile above it says {expected}")]
    Hash {
        /// The tile.
        tile: Tile,
        /// The hash in the tile above.
        expected: Digest,
        /// The tile's own.
        found: Digest,
    },
    /// A tile that cannot be checked yet, or is none of the tree.
    #[error("{0} is not a full tile of the tree, or the tile above it is not there yet")]
    Parent(Tile),
}

impl Tile {
    /// The tile of level 0 that holds the hash of the entry at `index` in a log of `size` entries; also the bundle that
    /// holds the entry. Nothing if the log has no such entry.
    pub fn of_entry(index: u64, size: u64) -> Option<Tile> {
        (index < size).then(|| Tile::nth(0, index >> BITS, size))
    }

    /// The tile of a level, as wide as a log of `size` entries makes it, which must have it.
    fn nth(level: u8, index: u64, size: u64) -> Tile {
        let hashes = hashes_at(level, size) - (index << BITS);
        Tile { level, index, width: hashes.min(u64::from(FULL_WIDTH)) as u16 }
    }

    /// The same tile once it is full.
    pub fn full(self) -> Tile {
        Tile { width: FULL_WIDTH, ..self }
    }

    /// Whether it is full.
    pub fn is_full(self) -> bool {
        self.width == FULL_WIDTH
    }

    /// How many bytes it has.
    pub fn length(self) -> usize {
        usize::from(self.width) * LENGTH
    }

    /// Where the tile stands under the registry's base URL: `tile/0/x001/067`, `tile/1/000.p/3`.
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// Where the entries below a tile of level 0 stand: `tile/entries/x001/067`.
    pub fn entries_path(self) -> String {
        format!("tile/entries/{}", self.place())
    }

    fn place(self) -> String {
        let mut place = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            place = format!("x{:03}/{place}", rest % 1000);
            rest /= 1000;
        }
        if !self.is_full() {
            place.push_str(&format!(".p/{}", self.width));
        }
        place
    }

    /// The tile that [`Tile::path`] writes so; or, for what [`Tile::entries_path`] writes, the tile of level 0 above
    /// the bundle.
    ///
    /// # Errors
    /// Not the path of a tile or a bundle, or not its only one.
    pub fn parse(path: &str) -> Result<Tile, TileError> {
        let tile = || {
            let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
            let tile = match level {
                "entries" => Tile::parse_place(0, place)?,
                level => Tile::parse_place(level.parse().ok().filter(|level| *level <= MAX_LEVEL)?, place)?,
            };
            let again = if level == "entries" { tile.entries_path() } else { tile.path() };
            (again == path).then_some(tile)
        };
        tile().ok_or_else(|| TileError::Path(path.to_owned()))
    }

    /// Reads leniently: the caller writes it again and compares.
    fn parse_place(level: u8, place: &str) -> Option<Tile> {
        let (place, width) = match place.split_once(".p/") {
            Some((place, width)) => (place, width.parse().ok().filter(|width| (1..FULL_WIDTH).contains(width))?),
            None => (place, FULL_WIDTH),
        };
        let mut index: u64 = 0;
        for part in place.split('/') {
            let number: u64 = part.trim_start_matches('x').parse().ok().filter(|number| *number < 1000)?;
            index = index.checked_mul(1000)?.checked_add(number)?;
        }
        Some(Tile { level, index, width })
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// How many hashes a level has in all: full subtrees of 256^level leaves.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(BITS * u32::from(level)).unwrap_or(0)
}

/// All tiles of a log of `size` entries, ascending.
pub fn tiles(size: u64) -> Vec<Tile> {
    tiles_between(0, size)
}

/// The tiles that a log of `new` entries has and one of `old` entries has not, ascending: what a writer adds when the
/// log grows. A partial tile that grew is among them with its new width.
pub fn tiles_between(old: u64, new: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in 0..=MAX_LEVEL {
        let (before, after) = (hashes_at(level, old), hashes_at(level, new));
        if after == 0 {
            break;
        }
        if before < after {
            let indices = before >> BITS..after.div_ceil(u64::from(FULL_WIDTH));
            tiles.extend(indices.map(|index| Tile::nth(level, index, new)));
        }
    }
    tiles
}
