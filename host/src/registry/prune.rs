//! Taking away what only heads need that nobody keeps: pages, bins and nodes of indexes. They follow from the log, so nothing
//! that was signed is lost; but whoever verifies a lock at such a head needs its bundle, or a copy that still has them.

use std::collections::BTreeSet;
use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::index::{Bin, MAX_BIN, NODE_LENGTH, Node256, bin_path, empty_bin, node_path, page_path};
use headlock_log::note::VerifierKey;
use headlock_log::record::Record;

use super::files::Files;
use super::journal::{CHECKPOINT, MAX_CHECKPOINT, is_unfinished};
use super::store::LockedFolder;
use super::tree::required;
use super::{mirror, replay};
use crate::error::{Error, Result};

/// What pruning came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Files that a kept head needs.
    pub kept: u64,
    /// Files that were taken away.
    pub removed: u64,
    /// How many bytes these had.
    pub bytes: u64,
}

/// Takes away the pages, bins and nodes that neither the newest head of the registry in a folder needs nor those of these
/// sizes. That they are heads of this log is for the caller to know.
///
/// # Errors
/// Refused: the checkpoint is not under the log's key. No: something is not what was signed. Could not check: a file that a
/// kept head needs is missing, or a file cannot be read or taken away. Nothing is taken away before all that is kept was found.
pub fn prune(dir: &Path, key: &VerifierKey, sizes: &BTreeSet<u64>) -> Result<Pruned> {
    let mut files = Files::new(Box::new(LockedFolder::lock(dir)?))?;
    let bytes = required(&files, CHECKPOINT, MAX_CHECKPOINT)?;
    let checkpoint =
        Checkpoint::verify(&bytes, key).map_err(|error| Error::refused(format!("{CHECKPOINT}: {error}")))?;
    let newest = checkpoint.head();
    // What was begun needs files that no head in the checkpoint does.
    if is_unfinished(&files)? {
        return Err(Error::could_not_check(
            "a writer was ended before it had finished, and may have signed a newer head",
        )
        .hint("publish something, which brings it to its end, and prune then"));
    }
    if mirror::progress(&files)?.is_some_and(|size| size != newest.size) {
        return Err(Error::could_not_check("this is a copy that is not finished")
            .hint("let `headlock registry mirror` finish it, and prune then"));
    }
    let mut needed = BTreeSet::new();
    for size in sizes.iter().chain([&newest.size]) {
        let root = index_root(&files, newest, *size)?;
        need_index(&files, root, &mut needed)?;
    }
    let mut pruned = Pruned { kept: needed.len() as u64, ..Pruned::default() };
    for kind in ["index", "bin", "page"] {
        for part in files.list(kind)? {
            let folder = format!("{kind}/{part}");
            for name in files.list(&folder)? {
                let path = format!("{folder}/{name}");
                if needed.contains(&path) {
                    continue;
                }
                pruned.bytes += std::fs::metadata(dir.join(&path)).map_or(0, |metadata| metadata.len());
                pruned.removed += 1;
                files.remove(&path)?;
            }
        }
    }
    files.settle()?;
    Ok(pruned)
}

/// The root of the index that the head of a size commits to.
fn index_root(files: &Files, newest: &Head, size: u64) -> Result<Digest> {
    let mut root = None;
    let no_epoch = || Error::no(format!("the log has no epoch at record {}", size.saturating_sub(1)));
    let last = size.checked_sub(1).filter(|last| *last < newest.size).ok_or_else(no_epoch)?;
    replay::entries(files, last, size, &mut |_, entry| {
        if let Ok(Record::Epoch(epoch)) = Record::parse(entry) {
            root = Some(epoch.index);
        }
        Ok(())
    })?;
    root.ok_or_else(no_epoch)
}

/// All files of an index, and the pages that it leads to.
fn need_index(files: &Files, root: Digest, needed: &mut BTreeSet<String>) -> Result<()> {
    let Some(top) = node(files, root, needed)? else { return Ok(()) };
    for high in 0..=u8::MAX {
        let Some(lower) = node(files, top.child(high), needed)? else { continue };
        for low in 0..=u8::MAX {
            let hash = lower.child(low);
            let path = bin_path(&hash);
            if hash == empty_bin() || needed.contains(&path) {
                continue;
            }
            let bytes = required(files, &path, MAX_BIN as u64)?;
            let bin = Bin::parse(&bytes, u16::from_be_bytes([high, low])).map_err(|error| damaged(&path, &error))?;
            for (_, page) in bin.entries() {
                let page = page_path(page);
                if !files.exists(&page)? {
                    return Err(Error::could_not_check(format!("expected {page} in the registry, found no such file")));
                }
                needed.insert(page);
            }
            needed.insert(path);
        }
    }
    Ok(())
}

/// A node, unless it was looked at before.
fn node(files: &Files, hash: Digest, needed: &mut BTreeSet<String>) -> Result<Option<Node256>> {
    let path = node_path(&hash);
    if needed.contains(&path) {
        return Ok(None);
    }
    let bytes = required(files, &path, NODE_LENGTH as u64)?;
    let node = Node256::parse(&bytes).map_err(|error| damaged(&path, &error))?;
    if node.hash() != hash {
        return Err(damaged(&path, &"it has another hash"));
    }
    needed.insert(path);
    Ok(Some(node))
}

fn damaged(path: &str, why: &dyn std::fmt::Display) -> Error {
    Error::no(format!("{path}: {why}")).hint("bring it back from a copy of the registry")
}
