//! Reading the entries of a log one after the other.

use headlock_log::tile::{FULL_WIDTH, MAX_BUNDLE, Tile, parse_bundle};

use super::store::Reader;
use super::tree::required;
use crate::error::{Error, Result};

/// Reads entries `from..size` of a log that has `size`, in order, with their places.
///
/// # Errors
/// Could not check: a bundle is missing. No: a file is no bundle of as many entries as it should hold. Else what `each`
/// returns.
pub(super) fn entries(
    reader: &dyn Reader,
    from: u64,
    size: u64,
    each: &mut dyn FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut next = from;
    while let Some(tile) = Tile::of_entry(next, size) {
        let (path, bytes, width) = bundle(reader, tile)?;
        let entries = parse_bundle(&bytes, width).map_err(|error| Error::no(format!("{path}: {error}")))?;
        let first = tile.index * u64::from(FULL_WIDTH);
        for (place, entry) in (first..).zip(entries).take(usize::from(tile.width)) {
            if place == next {
                each(place, entry)?;
                next += 1;
            }
        }
    }
    Ok(())
}

/// The bundle below a tile; once it is full, a partial one may be gone.
fn bundle(reader: &dyn Reader, tile: Tile) -> Result<(String, Vec<u8>, u16)> {
    let path = tile.entries_path();
    match reader.read(&path, MAX_BUNDLE)? {
        Some(bytes) => Ok((path, bytes, tile.width)),
        None if tile.is_full() => required(reader, &path, MAX_BUNDLE).map(|bytes| (path, bytes, tile.width)),
        None => match reader.read(&tile.full().entries_path(), MAX_BUNDLE)? {
            Some(bytes) => Ok((tile.full().entries_path(), bytes, FULL_WIDTH)),
            None => required(reader, &path, MAX_BUNDLE).map(|bytes| (path, bytes, tile.width)),
        },
    }
}
