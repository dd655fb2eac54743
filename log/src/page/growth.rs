//! From one epoch to a later one a page only grows, and only by what the log has got since.

use super::parse_place;

/// A newer page that is not an older one with newer records: evidence against the log, where both were committed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrowthError {
    /// The newer page does not begin with the older.
    #[error("expected the newer page to begin with the older one's {length} bytes, and they differ at byte {at}")]
    NotPrefix {
        /// How many bytes the older page has.
        length: usize,
        /// Where they differ, or the newer one ends.
        at: usize,
    },
    /// A record was added that the older head had, and whose line the older page should have held.
    #[error("expected every added record at place {size} or later, the older head's size, found one at place {place}")]
    Place {
        /// The older head's size.
        size: u64,
        /// The record's place.
        place: u64,
    },
    /// What was added are no lines of a page.
    #[error("expected lines of a page behind the older one, found something else")]
    Form,
}

/// Checks that the page `newer` is the page `older`, as committed to by a head of `older_head_size` entries, with
/// nothing but later records added. That each is a page is for [`super::Page::parse`] to say.
///
/// # Errors
/// It is not.
pub fn growth(older: &[u8], newer: &[u8], older_head_size: u64) -> Result<(), GrowthError> {
    let Some(added) = newer.strip_prefix(older) else {
        let at = older.iter().zip(newer).take_while(|(older, newer)| older == newer).count();
        return Err(GrowthError::NotPrefix { length: older.len(), at });
    };
    let added = std::str::from_utf8(added).map_err(|_| GrowthError::Form)?;
    for line in added.split_inclusive('\n') {
        let place = line.split_once(' ').and_then(|(place, _)| parse_place(place)).ok_or(GrowthError::Form)?;
        if place < older_head_size {
            return Err(GrowthError::Place { size: older_head_size, place });
        }
    }
    Ok(())
}
