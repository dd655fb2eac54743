//! Where the components of another solver are.

use std::fs;
use std::path::{Path, PathBuf};

/// It imports nothing.
pub(crate) const PURE: &str = "solver.wasm";

/// One of the two components that the build makes, of the same sources; nothing if it has not been built.
pub(crate) fn component(name: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("HEADLOCK_ANOTHER") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/another/dist"),
    };
    let path = folder.join(name);
    if let Ok(path) = fs::canonicalize(&path) {
        return Some(path);
    }
    let required = std::env::var_os("HEADLOCK_ORACLES").is_some_and(|value| value == "required");
    assert!(!required, "{} is not there, and HEADLOCK_ORACLES says that it is required", path.display());
    eprintln!("SKIPPED: {} is not there; tests/another/README.md says how it is made", path.display());
    None
}
