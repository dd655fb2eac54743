//! What several registries cost, copies of them, and moving on.

mod copies;
mod moving;
mod pruning;
mod registries;

pub(crate) use copies::sizes;
pub(crate) use moving::update;
pub(crate) use pruning::storage;
pub(crate) use registries::one_or_twenty;

use std::path::Path;

use anyhow::Result;
use fs_err as fs;

/// How many files a folder has at any depth, and how many bytes they have.
fn size_of(folder: &Path) -> Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            // What is a writer's own is no part of a registry.
            match metadata.is_dir() {
                true if entry.file_name() == ".writer" => {}
                true => folders.push(entry.path()),
                false => (files, bytes) = (files + 1, bytes + metadata.len()),
            }
        }
    }
    Ok((files, bytes))
}
