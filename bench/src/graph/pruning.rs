//! What a registry keeps of its past.

use std::path::Path;

use anyhow::Result;
use headlock::registry::{Registry, ReleaseRequest};
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;

use super::size_of;
use crate::report::{Section, bytes, count};

/// How many releases there are.
const RELEASES: u64 = 1_000;

pub(crate) fn storage(folder: &Path) -> Result<Section> {
    let dir = folder.join("pruned");
    let key = SigningKey::generate_from_seed("pruned.example/log", [5; 32])?;
    let mut registry = Registry::init(&dir, &key)?;
    for number in 0..RELEASES {
        let json = format!(r#"{{"package":"bench:one","version":"1.{number}.0","content":"{}"}}"#, Digest([1; 32]));
        registry.publish(&ReleaseRequest::parse(json.as_bytes(), "here")?, None)?;
    }
    drop(registry);
    let (files, before) = size_of(&dir)?;
    let pruned = headlock::registry::prune(&dir, &key.verifier(), &[].into())?;
    let (left, after) = size_of(&dir)?;
    Ok(Section {
        title: "What a registry keeps of its past",
        about: format!(
            "A registry of one package with {} releases, published one by one, and `headlock registry prune` that keeps the newest head alone.",
            count(RELEASES)
        ),
        columns: ["", "files", "bytes"].map(str::to_owned).to_vec(),
        rows: vec![
            vec!["before".to_owned(), count(files), bytes(before)],
            vec!["after".to_owned(), count(left), bytes(after)],
            vec!["taken away".to_owned(), count(pruned.removed), bytes(pruned.bytes)],
        ],
        notes: Vec::new(),
    })
}
