//! What a lock holds.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::parts::Locked;
use super::path;
use crate::lock::Links;

/// `headlock.tree/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Tree {
    format: &'static str,
    lock: String,
    direction: &'static str,
    roots: Vec<usize>,
    releases: Vec<Node>,
}

#[derive(Serialize)]
struct Node {
    #[serde(flatten)]
    release: Locked,
    below: Option<Vec<usize>>,
}

/// What of a lock is shown.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Shown<'a> {
    /// The releases that are on top, as places in the lock.
    pub(in crate::cli) roots: &'a [usize],
    /// What is below each release of the lock.
    pub(in crate::cli) below: &'a [Vec<usize>],
    /// Whether these are what needs it.
    pub(in crate::cli) is_inverted: bool,
    /// How many levels below the first are shown.
    pub(in crate::cli) depth: usize,
}

impl Tree {
    /// Each release once, level by level, so that each is as high as it can be.
    pub(in crate::cli) fn of(lock: &Path, links: &Links<'_>, shown: Shown<'_>) -> Tree {
        let Shown { roots, below, is_inverted, depth } = shown;
        // Of a place in the lock its place here; those found, in that order, with their level.
        let (mut places, mut found): (BTreeMap<usize, usize>, Vec<(usize, usize)>) = Default::default();
        let mut find = |found: &mut Vec<(usize, usize)>, place: usize, level: usize| {
            *places.entry(place).or_insert_with(|| {
                found.push((place, level));
                found.len() - 1
            })
        };
        let roots = roots.iter().map(|&root| find(&mut found, root, 0)).collect();
        let mut releases = Vec::new();
        while let Some(&(place, level)) = found.get(releases.len()) {
            let next = below.get(place).filter(|_| level < depth);
            let below = next.map(|next| next.iter().map(|&next| find(&mut found, next, level + 1)).collect());
            let Some(package) = links.packages.get(place) else { break };
            releases.push(Node { release: Locked::of(package), below });
        }
        let direction = if is_inverted { "needed-by" } else { "needs" };
        Tree { format: "headlock.tree/1", lock: path(lock), direction, roots, releases }
    }
}
