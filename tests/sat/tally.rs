//! What there was in the problems that were solved: a test that meets no pre-release says nothing about them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use headlock::problem::{Cause, Derivation, Variable};

use crate::oracle::problem::Problem;

use super::queue::{Complete, Item};
use super::records::Records;

/// Counts by what is counted.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    /// Of these kinds, none so far.
    pub(super) fn of(kinds: &[&'static str]) -> Tally {
        Tally(kinds.iter().map(|&kind| (kind, 0)).collect())
    }

    pub(super) fn add(&mut self, kind: &'static str, count: usize) {
        *self.0.entry(kind).or_default() += count;
    }

    pub(super) fn count(&self, kind: &str) -> usize {
        self.0.get(kind).copied().unwrap_or_default()
    }

    pub(super) fn sum(&self) -> usize {
        self.0.values().sum()
    }

    /// How many kinds there were.
    pub(super) fn kinds(&self) -> usize {
        self.0.values().filter(|count| **count > 0).count()
    }

    /// Prints all counts, past the test's capture of output: they say what the test is worth.
    pub(super) fn print(&self, title: &str) {
        let mut text = format!("{title}\n");
        for (kind, count) in &self.0 {
            text += &format!("{count:>12} {kind}\n");
        }
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Each of the kinds has come by.
    pub(super) fn assert_none_is_zero(&self) {
        let missing: Vec<&str> = self.0.iter().filter(|(_, count)| **count == 0).map(|(kind, _)| *kind).collect();
        assert!(missing.is_empty(), "there was not one of: {}", missing.join("; "));
    }
}

/// What a problem may have in it, whether or not it has an answer.
pub(super) const IN_PROBLEMS: &[&str] =
    &["packages", "releases", "dependencies", "dependencies that span tracks", "replaced packages", "preferences"];

pub(super) fn problem(tally: &mut Tally, problem: &Problem, records: &Records<'_>) {
    tally.add("packages", problem.packages.len());
    tally.add("replaced packages", problem.overrides.len());
    tally.add("preferences", problem.preferences.len());
    tally.add("releases", records.releases.len());
    tally.add("dependencies", records.dependencies.len());
    let spanning = records.dependencies.iter().filter(|dependency| dependency.spans(records));
    tally.add("dependencies that span tracks", spanning.count());
}

/// What an answer may have in it.
pub(super) const IN_ANSWERS: &[&str] = &[
    "releases in answers",
    "features on",
    "packages on several tracks",
    "pre-releases in answers",
    "releases with build metadata in answers",
    "releases that name an exclusive resource in answers",
    "items",
    "forced items",
    "items of a spanning dependency",
    "items of a spanning dependency not on its highest track",
    "items whose highest match is yanked",
    "items that state a content",
    "items into another registry",
    "items whose highest accepted release lacks a feature",
    "items of a package in the place of another",
    "items bound to a preferred release below a higher one",
    "items whose preferred candidates could not be had",
    "ceilings",
];

pub(super) fn answer(tally: &mut Tally, records: &Records<'_>, answer: &Complete<'_>) {
    let mut packages = BTreeMap::new();
    for &id in answer.on.keys() {
        let numbered = &records.releases[id];
        *packages.entry(numbered.package).or_insert(0) += 1;
        tally.add("pre-releases in answers", usize::from(!numbered.version.pre.is_empty()));
        tally.add("releases with build metadata in answers", usize::from(!numbered.version.build.is_empty()));
        let naming = usize::from(!numbered.release.exclusives.is_empty());
        tally.add("releases that name an exclusive resource in answers", naming);
    }
    tally.add("releases in answers", answer.on.len());
    tally.add("features on", answer.on.values().map(BTreeSet::len).sum());
    tally.add("packages on several tracks", packages.values().filter(|count| **count > 1).count());
    tally.add("items", answer.items.len());
    tally.add("ceilings", answer.below_their_highest().len());
    for item in &answer.items {
        tally.add("forced items", usize::from(item.forced));
        if !item.forced {
            self::item(tally, records, item);
        }
    }
}

fn item(tally: &mut Tally, records: &Records<'_>, item: &Item<'_>) {
    let dependency = &records.dependencies[item.dependency];
    let track = |id: usize| records.releases[id].track;
    let highest = *dependency.accepted.last().expect("what is bound accepts something");
    tally.add("items of a spanning dependency", usize::from(dependency.spans(records)));
    let lower = usize::from(track(highest) != track(item.to));
    tally.add("items of a spanning dependency not on its highest track", lower);
    let range = dependency.requirement.read();
    let above = records.of(dependency.package).filter(|&id| id > highest);
    let mut yanked = above.filter(|&id| records.releases[id].release.yanked);
    let yanked = yanked.any(|id| range.matches(records.releases[id].version));
    tally.add("items whose highest match is yanked", usize::from(yanked));
    tally.add("items that state a content", usize::from(dependency.requirement.content.is_some()));
    let from = dependency.dependent.map(|id| &records.releases[id].package.registry);
    let into = usize::from(from.is_some_and(|from| *from != dependency.package.registry));
    tally.add("items into another registry", into);
    let in_place = usize::from(records.problem.overrides.values().any(|by| by == dependency.package));
    tally.add("items of a package in the place of another", in_place);
    let is_preferred = |id: usize| records.rank(id).0;
    let below = usize::from(is_preferred(item.to) && item.to < highest);
    tally.add("items bound to a preferred release below a higher one", below);
    let passed_over = usize::from(!is_preferred(item.to) && item.higher.iter().any(|&id| is_preferred(id)));
    tally.add("items whose preferred candidates could not be had", passed_over);
    let lacks = usize::from(!records.defines(highest, &item.features));
    tally.add("items whose highest accepted release lacks a feature", lacks);
}

/// What a derivation may have in it.
pub(super) const IN_DERIVATIONS: &[&str] = &[
    "derivations",
    "steps `requires`",
    "steps `nothing`",
    "steps `both`",
    "variables of releases",
    "variables of features",
    "variables of spanning dependencies",
    "variables of spanning dependencies with a feature",
    "variables of exclusive resources",
];

pub(super) fn derivation(tally: &mut Tally, derivation: &Derivation) {
    tally.add("derivations", 1);
    for step in &derivation.steps {
        let kind = match step.cause {
            Cause::Requires => "steps `requires`",
            Cause::Nothing => "steps `nothing`",
            Cause::Both(..) => "steps `both`",
        };
        tally.add(kind, 1);
    }
    for variable in &derivation.variables {
        let kind = match variable {
            Variable::Root | Variable::Wish => continue,
            Variable::Release { .. } => "variables of releases",
            Variable::Feature { .. } => "variables of features",
            Variable::Bound { .. } => "variables of spanning dependencies",
            Variable::BoundFeature { .. } => "variables of spanning dependencies with a feature",
            Variable::Exclusive { .. } => "variables of exclusive resources",
        };
        tally.add(kind, 1);
    }
}
