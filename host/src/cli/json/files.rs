//! What commands tell that get or write files.

use std::path::Path;

use headlock_log::digest::Digest;
use serde::Serialize;

use super::path;
use crate::bundle::Written;
use crate::contents::{Fetched, Wanted};
use crate::deps::{Found, Outcome};
use crate::lock::LockedPackage;

/// `headlock.fetch/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Contents {
    format: &'static str,
    into: String,
    fetched: u64,
    bytes: u64,
    present: u64,
    copied: usize,
    contents: Vec<Content>,
}

#[derive(Serialize)]
struct Content {
    registry: String,
    name: String,
    version: String,
    sha256: Digest,
    local: bool,
    path: String,
}

impl Contents {
    /// Of what was fetched into a folder: releases of registries, then local ones.
    pub(in crate::cli) fn of<'a>(
        folder: &Path,
        fetched: &Fetched,
        all: impl Iterator<Item = (&'a LockedPackage, &'a Wanted)>,
    ) -> Contents {
        let content = |(package, wanted): (&LockedPackage, &Wanted)| Content {
            registry: package.registry.clone(),
            name: package.name.clone(),
            version: package.version.clone(),
            sha256: wanted.sha256,
            local: package.record.is_none(),
            path: path(&wanted.path),
        };
        let contents: Vec<Content> = all.map(content).collect();
        Contents {
            format: "headlock.fetch/1",
            into: path(folder),
            fetched: fetched.got,
            bytes: fetched.bytes,
            present: fetched.had,
            copied: contents.iter().filter(|content| content.local).count(),
            contents,
        }
    }
}

/// `headlock.bundle/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Bundle {
    format: &'static str,
    path: String,
    files: usize,
    bytes: u64,
    lock: String,
}

impl Bundle {
    pub(in crate::cli) fn of(at: &Path, written: &Written, lock: &Path) -> Bundle {
        let Written { files, bytes, .. } = *written;
        Bundle { format: "headlock.bundle/1", path: path(at), files, bytes, lock: path(lock) }
    }
}

/// `headlock.deps/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Deps {
    format: &'static str,
    manifest: String,
    written: bool,
    dependencies: Vec<Dependency>,
    unsaid: Vec<String>,
}

#[derive(Serialize)]
struct Dependency {
    name: String,
    requirement: String,
    files: Vec<String>,
    outcome: &'static str,
    stays: Option<String>,
}

impl Deps {
    pub(in crate::cli) fn of(at: &Path, found: &Found, outcomes: &[(String, Outcome)], written: bool) -> Deps {
        let dependency = |(name, outcome): &(String, Outcome)| {
            let wanted = found.wanted.get(name)?;
            let (outcome, stays) = match outcome {
                Outcome::Added => ("added", None),
                Outcome::There => ("there", None),
                Outcome::Differs(stays) => ("differs", Some(stays.clone())),
            };
            let (requirement, files) = (wanted.requirement.to_string(), wanted.places.clone());
            Some(Dependency { name: name.clone(), requirement, files, outcome, stays })
        };
        let dependencies = outcomes.iter().filter_map(dependency).collect();
        Deps { format: "headlock.deps/1", manifest: path(at), written, dependencies, unsaid: found.unsaid.clone() }
    }
}
