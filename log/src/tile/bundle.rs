//! Entry bundles: entries, each behind its length as two bytes, most significant first (C2SP tlog-tiles, "Log
//! entries").

use super::TileError;
use crate::record::{MAX_RECORD, RecordError};

/// Reads a bundle of exactly `width` entries.
///
/// # Errors
/// It ends too early or too late.
pub fn parse_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let mut rest = bytes;
    let mut entries = Vec::new();
    for entry in 0..width {
        let short = || TileError::BundleShort { width, entry };
        let (length, behind) = rest.split_first_chunk().ok_or_else(short)?;
        let (bytes, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(short)?;
        entries.push(bytes);
        rest = behind;
    }
    if rest.is_empty() { Ok(entries) } else { Err(TileError::BundleLong { width, rest: rest.len() }) }
}

/// Adds an entry to the end of a bundle.
///
/// # Errors
/// The entry is longer than [`MAX_RECORD`]; the bundle is as before.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), RecordError> {
    let length = u16::try_from(entry.len()).map_err(|_| RecordError::TooLong(entry.len()))?;
    const { assert!(MAX_RECORD == u16::MAX as usize) };
    bundle.extend(length.to_be_bytes());
    bundle.extend(entry);
    Ok(())
}
