//! Vectors that others have published in the tests of their packages, C2SP's among them.
//!
//! The source distribution of `tlog-scales` 0.0.3, a Python package, holds the key and the note of C2SP's signed-note,
//! and a checkpoint of a public log with cosignatures of public witnesses, and one witness's key. `HEADLOCK_PUBLISHED`
//! names its `tests/test_signing.py`.

use std::path::Path;

use crate::{skipped, vectors};

#[test]
fn a_packages_tests_with_c2sps_note_and_a_public_witness() {
    let Some(file) = std::env::var_os("HEADLOCK_PUBLISHED") else {
        return skipped("published vectors", "HEADLOCK_PUBLISHED does not name them");
    };
    let document = std::fs::read_to_string(Path::new(&file)).unwrap();
    let checked = vectors::check(&document);
    assert!(checked.vkeys >= 2 && checked.notes >= 2 && checked.signatures >= 2, "{checked:?}");
}
