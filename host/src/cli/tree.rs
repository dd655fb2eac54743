//! `headlock tree`.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use headlock_log::name::in_ascii;

use super::json::FormatChoice;
use super::json::tree::{self, Shown};
use super::named::named;
use super::output::Output;
use super::session::Place;
use super::words::count;
use crate::error::{Error, Result};
use crate::lock::{Links, Lock};

/// Shows what the lock holds, from the consumer's dependencies down. Nothing is verified.
///
/// Behind a version stands in how many versions the package is there, if in several, and how many of how many maintainers
/// must sign the package's releases, or `!` if nobody must. What was shown before is marked `(*)` and not shown again.
#[derive(Args, Debug)]
pub(super) struct Tree {
    /// Show what needs this package, NAME or NAME@VERSION, instead
    #[arg(short, long, value_name = "PACKAGE")]
    invert: Option<String>,
    /// Show packages that are there in several versions, and what needs each
    #[arg(short, long, conflicts_with = "invert")]
    duplicates: bool,
    /// Show so many levels below the first and no more
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Tree {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.shown_lock(output)?;
        let links = Links::of(&lock)?;
        let depth = self.depth.unwrap_or(usize::MAX);
        let is_inverted = self.invert.is_some() || self.duplicates;
        let roots = match &self.invert {
            Some(spec) => named(&links, spec)?,
            None if self.duplicates => links.tracks().into_values().filter(|all| all.len() > 1).flatten().collect(),
            None => links.roots.clone(),
        };
        let needed_by = if is_inverted { links.needed_by() } else { Vec::new() };
        let below = if is_inverted { &needed_by } else { &links.needs };
        if self.format.is_json() {
            let shown = Shown { roots: &roots, below, is_inverted, depth };
            return output.object(tree::Tree::of(&place.lock_path(), &links, shown));
        }
        let mut lines = Drawing::new(&lock, &links, depth).draw(&roots, below)?;
        if self.duplicates && lines.is_empty() {
            lines.push("no package is there in several versions".to_owned());
        }
        lines.extend(without_maintainers(&lock).filter(|_| !roots.is_empty()));
        output.results(&lines)
    }
}

/// Largest tree drawn, in bytes: deep chains take space that is quadratic in the lock.
const MAX_TREE: usize = 64 << 20;

/// How a lock's releases are drawn.
struct Drawing<'l> {
    links: &'l Links<'l>,
    /// For each release in how many versions its package is there.
    versions: Vec<usize>,
    /// Whether there are several registries.
    several: bool,
    depth: usize,
}

impl<'l> Drawing<'l> {
    fn new(lock: &Lock, links: &'l Links<'l>, depth: usize) -> Drawing<'l> {
        let mut versions = vec![1; links.packages.len()];
        for all in links.tracks().into_values() {
            all.iter().for_each(|&place| versions[place] = all.len());
        }
        Drawing { links, versions, several: lock.logs().count() > 1, depth }
    }

    /// One line a release, those below it behind it; what was shown before is marked `(*)` and not shown again.
    fn draw(&self, roots: &[usize], below: &[Vec<usize>]) -> Result<Vec<String>> {
        let (mut lines, mut length) = (Vec::new(), 0);
        let mut shown = BTreeSet::new();
        // What is still to be shown, last first: the guide before it, whether it is the last of its siblings, which, and how
        // deep.
        let mut rest: Vec<(String, Branch, usize, usize)> =
            roots.iter().rev().map(|&root| (String::new(), Branch::Root, root, 0)).collect();
        while let Some((guide, branch, place, depth)) = rest.pop() {
            let (own, further) = match branch {
                Branch::Root => (String::new(), String::new()),
                Branch::Middle => (format!("{guide}├── "), format!("{guide}│   ")),
                Branch::Last => (format!("{guide}└── "), format!("{guide}    ")),
            };
            let again = shown.contains(&place) && !below[place].is_empty();
            let line = format!("{own}{}{}", self.describe(place), if again { " (*)" } else { "" });
            length += line.len() + 1;
            if length > MAX_TREE {
                return Err(Error::could_not_check(format!("the tree would have more than {MAX_TREE} bytes"))
                    .hint("`--depth N` shows so many levels"));
            }
            lines.push(line);
            if !again && depth < self.depth {
                shown.insert(place);
                for (number, &next) in below[place].iter().rev().enumerate() {
                    let branch = if number == 0 { Branch::Last } else { Branch::Middle };
                    rest.push((further.clone(), branch, next, depth + 1));
                }
            }
        }
        Ok(lines)
    }

    /// `my:app 1.0.0 (2 versions) of registry.example [2 of 3]`
    fn describe(&self, place: usize) -> String {
        let package = &self.links.packages[place];
        let word = match (package.record, &package.maintainers) {
            (None, _) => String::new(),
            (Some(_), Some(maintainers)) => format!(" [{}]", maintainers.share()),
            (Some(_), None) => " !".to_owned(),
        };
        let from = match (package.record, self.several) {
            (None, _) => " (local)".to_owned(),
            (Some(_), true) => format!(" of {}", package.registry),
            (Some(_), false) => String::new(),
        };
        let versions = match self.versions[place] {
            1 => String::new(),
            many => format!(" ({many} versions)"),
        };
        in_ascii(&format!("{} {}{versions}{from}{word}", package.name, package.version))
    }
}

/// How many packages name no maintainers' keys; nothing if all do.
fn without_maintainers(lock: &Lock) -> Option<String> {
    let released = lock.derived.packages.iter().filter(|package| package.record.is_some());
    let names: BTreeMap<(&str, &str), bool> = released
        .map(|package| ((package.registry.as_str(), package.name.as_str()), package.maintainers.is_some()))
        .collect();
    let without = names.values().filter(|has_maintainers| !**has_maintainers).count();
    let of = count(names.len() as u64, "package");
    (without > 0)
        .then(|| format!("!: no maintainers' keys ({without} of {of}): the registry alone says what is released"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    Root,
    Middle,
    Last,
}
