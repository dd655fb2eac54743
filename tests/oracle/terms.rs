//! The terms of docs/resolution.md, to be read beside its section of that name.
//!
//! Each `self.off(Rule::…)`, here and in [`definition`](super::definition), leaves out one rule, so that a test can tell
//! which scenarios that rule decides. With no rule off, none of them does anything.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::outcome::{Answer, Binding, Chosen};
use super::problem::{Declaration, MAIN, Package, Problem, Release, Requirement};
use super::rule::{self, Rule};

/// One problem, in the page's terms.
pub(super) struct Terms<'a> {
    pub(super) problem: &'a Problem,
    /// The rule that is left out, if any.
    pub(super) off: Option<Rule>,
}

/// One release of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id<'a> {
    pub(super) package: &'a Package,
    pub(super) version: &'a Version,
}

/// The dependent, `None` for the consumer, and what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dependency<'a> {
    pub(super) dependent: Option<Id<'a>>,
    pub(super) package: &'a Package,
    pub(super) requirement: &'a Requirement,
    /// One that is not legal accepts nothing, so it is never the same as one that is.
    legal: bool,
    /// The feature that adds it; only without [`Rule::OneDependency`].
    by: Option<&'a str>,
}

pub(super) type Features<'a> = BTreeSet<&'a str>;
pub(super) type Asked<'a> = BTreeMap<Dependency<'a>, Features<'a>>;
pub(super) type Bindings<'a> = BTreeMap<Dependency<'a>, Id<'a>>;
pub(super) type On<'a> = BTreeMap<Id<'a>, Features<'a>>;

impl<'a> Terms<'a> {
    /// Whether the rule is left out.
    pub(super) fn off(&self, rule: Rule) -> bool {
        self.off == Some(rule)
    }

    pub(super) fn release(&self, id: Id<'a>) -> &'a Release {
        &self.problem.packages[id.package][id.version]
    }

    /// "Version, precedence"
    fn precedence(&self, a: &Version, b: &Version) -> Ordering {
        if self.off(Rule::Precedence) {
            return a.to_string().cmp(&b.to_string());
        }
        if self.off(Rule::BuildMetadataOrder) {
            return a.cmp_precedence(b).then(b.build.cmp(&a.build));
        }
        a.cmp(b)
    }

    /// "Track"
    pub(super) fn track(&self, id: Id<'a>) -> (&'a str, &'a str, [u64; 3], &'a str) {
        let registry = if self.off(Rule::RegistriesApart) { "" } else { &id.package.registry };
        let Version { major, minor, patch, .. } = *id.version;
        let track = match (major, minor) {
            _ if self.off(Rule::SeveralTracks) => [0, 0, 0],
            (0, 0) if self.off(Rule::PatchTracks) => [0, 0, 0],
            (0, 0) => [0, 0, patch],
            (0, _) if self.off(Rule::MinorTracks) => [0, 1, 0],
            (0, _) => [0, minor, 0],
            (_, _) if self.off(Rule::MajorTracks) => [major, minor, 0],
            (_, _) => [major, 0, 0],
        };
        let pre = if self.off(Rule::PreReleaseTrack) { id.version.pre.as_str() } else { "" };
        (registry, &id.package.name, track, pre)
    }

    /// "Requirement"
    fn accepts(&self, requirement: &Requirement, version: &Version, release: &Release) -> bool {
        let range = rule::range_without(self.off, requirement.read());
        let matches = if self.off(Rule::PreReleaseMatch) {
            range.matches(&Version { pre: semver::Prerelease::EMPTY, ..version.clone() })
        } else if self.off(Rule::AllComparators) && !range.comparators.is_empty() {
            range.comparators.iter().any(|comparator| comparator.matches(version))
        } else {
            range.matches(version)
        };
        let content = requirement.content.as_ref().is_none_or(|content| *content == release.content);
        matches && (content || self.off(Rule::Content))
    }

    /// "Link"
    fn legal(&self, dependent: Option<Id<'a>>, declared: &Package) -> bool {
        let to = &declared.registry;
        match dependent {
            None => !self.off(Rule::ConsumerAnywhere) || to == MAIN,
            Some(dependent) => {
                let from = &dependent.package.registry;
                (from == to && !self.off(Rule::OwnRegistry)) || self.problem.is_linked(from, declared)
            }
        }
    }

    /// "Override"
    fn replaced(&self, dependent: Option<Id<'a>>, declared: &'a Package) -> &'a Package {
        match self.problem.overrides.get(declared) {
            Some(replacement) if dependent.is_some() || !self.off(Rule::OverriddenRoots) => replacement,
            _ => declared,
        }
    }

    /// "Rank": whether a release is preferred.
    fn preferred(&self, id: Id<'a>) -> bool {
        self.problem.preferences.contains(&(id.package.clone(), id.version.clone()))
    }

    /// "Usable": a dependency's accepted releases, ascending by rank.
    pub(super) fn accepted(&self, dependency: Dependency<'a>) -> Vec<Id<'a>> {
        let package = dependency.package;
        let Some(releases) = self.problem.packages.get(package).filter(|_| dependency.legal) else {
            return Vec::new();
        };
        let mut accepted: Vec<Id<'_>> = releases
            .iter()
            .filter(|(version, release)| !release.yanked && self.accepts(dependency.requirement, version, release))
            .map(|(version, _)| Id { package, version })
            .collect();
        if self.off(Rule::ReleaseByRelease)
            && let (Some(first), Some(last)) = (accepted.first(), accepted.last())
        {
            let between = releases.range(first.version..=last.version).filter(|(_, release)| !release.yanked);
            accepted = between.map(|(version, _)| Id { package, version }).collect();
        }
        if self.off(Rule::AnyTrack)
            && let Some(&last) = accepted.last()
        {
            accepted.retain(|&id| self.track(id) == self.track(last));
        }
        accepted.sort_by(|a, b| self.precedence(a.version, b.version));
        accepted.sort_by_key(|&id| self.preferred(id));
        if self.off(Rule::PreferredByVersion) {
            let first = accepted.partition_point(|&id| !self.preferred(id));
            accepted[first..].reverse();
        }
        if self.off(Rule::PreferenceYields) && accepted.iter().any(|&id| self.preferred(id)) {
            accepted.retain(|&id| self.preferred(id));
        }
        accepted
    }

    /// "Usable": of the accepted releases those that define every asked-for feature, ascending by rank.
    pub(super) fn candidates(&self, dependency: Dependency<'a>, features: &Features<'a>) -> Vec<Id<'a>> {
        let mut candidates = self.accepted(dependency);
        candidates.retain(|&id| self.defines(id, features));
        candidates
    }

    pub(super) fn defines(&self, id: Id<'a>, features: &Features<'a>) -> bool {
        let release = self.release(id);
        self.off(Rule::LackingFeature) || features.iter().all(|&feature| release.features.contains_key(feature))
    }

    /// "Features": with all that they include.
    pub(super) fn closed(&self, id: Id<'a>, features: &Features<'a>) -> Features<'a> {
        let release = self.release(id);
        let mut closed = features.clone();
        if self.off(Rule::NoDefault) && release.features.contains_key("default") {
            closed.insert("default");
        }
        loop {
            let defined = closed.iter().filter_map(|&feature| release.features.get(feature));
            let included: Features<'_> = defined.flat_map(|f| &f.includes).map(String::as_str).collect();
            if included.is_subset(&closed) || self.off(Rule::Includes) {
                return closed;
            }
            closed.extend(included);
            if self.off(Rule::IncludesFurther) {
                return closed;
            }
        }
    }

    pub(super) fn roots(&self) -> Vec<(Dependency<'a>, Features<'a>)> {
        self.problem.roots.iter().filter_map(|declaration| self.ask(None, declaration)).collect()
    }

    /// "Features": a release's dependencies that are not optional.
    pub(super) fn fixed(&self, id: Id<'a>) -> Vec<(Dependency<'a>, Features<'a>)> {
        let declarations = self.release(id).dependencies.iter();
        let fixed = declarations.filter(|declaration| !declaration.optional);
        fixed.filter_map(|declaration| self.ask(Some(id), declaration)).collect()
    }

    /// "Features": the dependencies that one feature adds.
    pub(super) fn added(&self, id: Id<'a>, feature: &'a str) -> Vec<(Dependency<'a>, Features<'a>)> {
        let release = self.release(id);
        let additions = release.features.get(feature).into_iter().flat_map(|feature| &feature.additions);
        additions
            .filter_map(|addition| {
                let (mut dependency, features) = self.ask(Some(id), &release.dependencies[addition.dependency])?;
                dependency.by = Some(feature).filter(|_| self.off(Rule::OneDependency));
                let standing = if self.off(Rule::StandingFeatures) { Features::new() } else { features };
                let further = addition.features.iter().map(String::as_str);
                Some((dependency, standing.into_iter().chain(further).collect()))
            })
            .collect()
    }

    fn ask(&self, dependent: Option<Id<'a>>, declaration: &'a Declaration) -> Option<(Dependency<'a>, Features<'a>)> {
        let Declaration { package, requirement, features, .. } = declaration;
        let own = dependent.is_some_and(|dependent| dependent.package == package);
        let dropped = (self.off(Rule::Absent) && !self.problem.packages.contains_key(package))
            || (self.off(Rule::SelfDependency) && own);
        let features = features.iter().map(String::as_str).collect();
        let replacement = self.replaced(dependent, package);
        let legal = match self.off(Rule::LegalAsDeclared) {
            true => self.legal(dependent, replacement),
            false => self.legal(dependent, package),
        };
        let package = if legal { replacement } else { package };
        (!dropped).then_some((Dependency { dependent, package, requirement, legal, by: None }, features))
    }

    /// "Dependency": declarations with the same four are one, features united.
    pub(super) fn united(&self, declared: &[(Dependency<'a>, Features<'a>)]) -> Asked<'a> {
        let mut united = Asked::new();
        for (dependency, features) in declared {
            let first = !united.contains_key(dependency);
            let union = united.entry(*dependency).or_default();
            if first || !self.off(Rule::Union) {
                union.extend(features);
            }
        }
        united
    }
}

/// An answer as it is compared: every list sorted as the contract has it.
pub(super) fn in_text(bindings: &Bindings<'_>, on: &On<'_>, ceilings: Vec<u32>) -> Answer {
    let of = |dependent: Option<Id<'_>>| -> Vec<Binding> {
        let of = bindings.iter().filter(|(dependency, _)| dependency.dependent == dependent);
        let of: BTreeSet<Binding> = of
            .map(|(dependency, to)| Binding {
                package: dependency.package.clone(),
                requirement: dependency.requirement.clone(),
                to: to.version.clone(),
            })
            .collect();
        of.into_iter().collect()
    };
    let releases = on.iter().map(|(&id, features)| Chosen {
        package: id.package.clone(),
        version: id.version.clone(),
        features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        bindings: of(Some(id)),
    });
    Answer { consumer: of(None), releases: releases.collect(), ceilings }
}
