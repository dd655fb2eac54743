//! `headlock tree`.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use headlock_log::name::in_ascii;

use super::output::Output;
use super::session::Place;
use crate::error::{Error, Result};
use crate::lock::{Lock, LockedPackage, Target};

/// Shows what the lock holds, from the consumer's dependencies down. Nothing is verified.
#[derive(Args, Debug)]
pub(super) struct Tree {}

impl Tree {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.lock()?;
        output.results(&draw(&lock)?)
    }
}

/// Largest tree drawn, in bytes: deep chains take space that is quadratic in the lock.
const MAX_TREE: usize = 64 << 20;

type Key<'a> = (&'a str, &'a str, &'a str);

/// One line a dependency; what was shown before is marked `(*)` and not shown again.
pub(super) fn draw(lock: &Lock) -> Result<Vec<String>> {
    let packages: BTreeMap<Key<'_>, &LockedPackage> = lock
        .derived
        .packages
        .iter()
        .map(|package| ((package.registry.as_str(), package.name.as_str(), package.version.as_str()), package))
        .collect();
    let several = lock.claim.logs.len() + lock.derived.logs.len() > 1;
    let (mut lines, mut length) = (Vec::new(), 0);
    let mut shown = BTreeSet::new();
    // What is still to be shown, last first: the guide before it, whether it is the last of its siblings, and which.
    let mut rest: Vec<(String, Branch, Key<'_>)> = Vec::new();
    push(&mut rest, None, "", &lock.derived.roots)?;
    while let Some((guide, branch, key)) = rest.pop() {
        let (registry, name, version) = key;
        let (own, below) = match branch {
            Branch::Root => (String::new(), String::new()),
            Branch::Middle => (format!("{guide}├── "), format!("{guide}│   ")),
            Branch::Last => (format!("{guide}└── "), format!("{guide}    ")),
        };
        let package = packages.get(&key).ok_or_else(|| dangling(&format!("{name} {version} of {registry}")))?;
        let from = match (package.record, several) {
            (None, _) => " (local)".to_owned(),
            (Some(_), true) => format!(" of {registry}"),
            (Some(_), false) => String::new(),
        };
        let new = shown.insert(key);
        let again = if new || package.dependencies.is_empty() { "" } else { " (*)" };
        let line = format!("{own}{}{again}", in_ascii(&format!("{name} {version}{from}")));
        length += line.len() + 1;
        if length > MAX_TREE {
            return Err(Error::could_not_check(format!("the tree would have more than {MAX_TREE} bytes")));
        }
        lines.push(line);
        if new {
            let start = rest.len();
            push(&mut rest, Some(registry), &below, &package.dependencies)?;
            if let Some((_, branch, _)) = rest.get_mut(start) {
                *branch = Branch::Last;
            }
        }
    }
    Ok(lines)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    Root,
    Middle,
    Last,
}

fn push<'a>(
    rest: &mut Vec<(String, Branch, Key<'a>)>,
    own: Option<&'a str>,
    guide: &str,
    targets: &'a [Target],
) -> Result<()> {
    let branch = if own.is_none() { Branch::Root } else { Branch::Middle };
    for target in targets.iter().rev() {
        let key = target.parts(own).ok_or_else(|| dangling(&target.0))?;
        rest.push((guide.to_owned(), branch, key));
    }
    Ok(())
}

fn dangling(what: &str) -> Error {
    Error::malformed(format!("the lock depends on {what:?}, which it does not hold"))
        .hint("`headlock verify` tells what else differs")
}
