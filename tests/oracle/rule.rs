//! The rules of docs/resolution.md, and what is left of the definition when one of them is switched off.
//!
//! Where a rule is about what a problem says, it is switched off by saying something else ([`without`]); the others
//! are switches in the definition.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Op, VersionReq};

use super::problem::{Package, Problem};
use super::terms::{Asked, Bindings, Dependency, Features, Id};

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $rule:ident = $name:literal,)+) => {
        /// A rule. The doc of each says what holds without it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Rule { $($(#[doc = $doc])+ $rule,)+ }

        impl Rule {
            /// Every rule, in the order of docs/resolution.md.
            pub(crate) const ALL: &[Rule] = &[$(Rule::$rule,)+];

            /// The rule's name in scenario files.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Rule::$rule => $name,)+ }
            }
        }
    };
}

rules! {
    /// Versions compare as text.
    Precedence = "precedence",
    /// Of versions that differ in build metadata only, the first in order is the higher.
    BuildMetadataOrder = "build-metadata-order",
    /// Of versions that differ in build metadata only, there is the lowest.
    BuildMetadataTwins = "build-metadata-twins",
    /// 1.0.x and 1.1.x are two tracks.
    MajorTracks = "major-tracks",
    /// 0.1.x and 0.2.x are one track.
    MinorTracks = "minor-tracks",
    /// 0.0.1 and 0.0.2 are on one track.
    PatchTracks = "patch-tracks",
    /// A pre-release has a track of its own.
    PreReleaseTrack = "pre-release-track",
    /// A range matches a pre-release as it matches the version that it comes before.
    PreReleaseMatch = "pre-release-match",
    /// A range is an interval: it matches all between the lowest and the highest that it matches.
    ReleaseByRelease = "release-by-release",
    /// Every comparator is read as a caret.
    Operators = "operators",
    /// One comparator of a range is enough.
    AllComparators = "all-comparators",
    /// A stated content is not looked at.
    Content = "content",
    /// Requirements with one range but different contents are the same: the first in order.
    ContentsApart = "contents-apart",
    /// Of two declarations of one dependency, the features of the first count.
    Union = "union",
    /// A dependent's requirements of one package are bound to one release.
    RequirementsApart = "requirements-apart",
    /// A release may depend on packages of any registry.
    Links = "links",
    /// A link to a package is one to all of its registry.
    LinkPackages = "link-packages",
    /// A link goes both ways.
    LinkDirection = "link-direction",
    /// Links lead on to what is linked there.
    LinkOneStep = "link-one-step",
    /// A registry needs a link to its own packages, too.
    OwnRegistry = "own-registry",
    /// The consumer may depend on packages of the registry `main` only.
    ConsumerAnywhere = "consumer-anywhere",
    /// No package is replaced.
    Overrides = "overrides",
    /// The consumer's own dependencies are not replaced.
    OverriddenRoots = "overridden-roots",
    /// Whether a replaced dependency is legal is judged by what replaces it.
    LegalAsDeclared = "legal-as-declared",
    /// Packages of one name in two registries exclude each other on a track.
    RegistriesApart = "registries-apart",
    /// A yanked release is usable.
    Yanked = "yanked",
    /// A dependency on an absent package is dropped.
    Absent = "absent",
    /// A release that lacks an asked-for feature will do.
    LackingFeature = "lacking-feature",
    /// A feature includes nothing.
    Includes = "includes",
    /// What an included feature includes is not on.
    IncludesFurther = "includes-further",
    /// The feature `default` is on without being asked for.
    NoDefault = "no-default",
    /// An optional dependency is always there.
    Optional = "optional",
    /// A feature adds no dependency.
    Additions = "additions",
    /// An addition asks for the features that stand at the addition only.
    StandingFeatures = "standing-features",
    /// An addition asks for the features that stand at the dependency only.
    AdditionFeatures = "addition-features",
    /// Only the first dependent's features are on.
    FeaturesAddUp = "features-add-up",
    /// Dependencies on the release's own package are dropped.
    SelfDependency = "self-dependency",
    /// An answer in which releases depend on each other in a circle is none.
    Cycles = "cycles",
    /// A package may have many releases on a track.
    OnePerTrack = "one-per-track",
    /// A package has at most one release in all.
    SeveralTracks = "several-tracks",
    /// Exclusive resources are not looked at.
    Exclusive = "exclusive",
    /// Releases of one package may share an exclusive resource.
    ExclusiveTracks = "exclusive-tracks",
    /// What was tried and left stays in the answer.
    NothingElse = "nothing-else",
    /// A batch is sorted by name first, registry last.
    RegistryOrder = "registry-order",
    /// Names are sorted descending.
    NameOrder = "name-order",
    /// Ranges are sorted descending.
    RangeOrder = "range-order",
    /// No content comes after any.
    ContentOrder = "content-order",
    /// Names are compared without regard to case.
    ByteOrder = "byte-order",
    /// A batch stays in the order of declaration.
    SortedBatch = "sorted-batch",
    /// A release's own dependencies are one batch, what each feature adds is another.
    OneBatch = "one-batch",
    /// A batch enters the queue at its front.
    Breadth = "breadth",
    /// What a feature adds is a dependency of its own, though the release has the same one already.
    OneDependency = "one-dependency",
    /// A dependency that is asked for more features later is bound anew.
    Forced = "forced",
    /// The lowest candidate is taken.
    Highest = "highest",
    /// Only candidates on the highest track are.
    AnyTrack = "any-track",
    /// No release is preferred.
    Preferences = "preferences",
    /// Of several preferred candidates the lowest is taken first.
    PreferredByVersion = "preferred-by-version",
    /// Where a candidate is preferred, no other will do.
    PreferenceYields = "preference-yields",
    /// A release that is in the answer already is preferred.
    NoPreference = "no-preference",
    /// The highest candidate without a contradiction so far is taken for good.
    Lookahead = "lookahead",
    /// Whether there is a complete answer is asked without the features that later items ask for.
    LaterFeatures = "later-features",
    /// Forced items are not counted.
    ForcedCounted = "forced-counted",
    /// A ceiling is due wherever the range accepts something higher, features or not.
    CeilingFeatures = "ceiling-features",
}

/// The problem that says what would hold without the rule.
pub(super) fn without(rule: Rule, problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    let registries: BTreeSet<String> = problem.packages.keys().map(|package| package.registry.clone()).collect();
    match rule {
        Rule::Links => {
            let from = |from: &String| registries.iter().map(|to| (from.clone(), to.clone())).collect::<Vec<_>>();
            problem.links = registries.iter().flat_map(from).collect();
        }
        Rule::LinkPackages => {
            let whole = |(from, to): &(String, String)| {
                (from.clone(), to.split_once('/').map_or(to.clone(), |(registry, _)| registry.to_owned()))
            };
            problem.links = problem.links.iter().map(whole).collect();
        }
        Rule::LinkDirection => {
            let back: Vec<_> = problem.links.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
            problem.links.extend(back);
        }
        Rule::LinkOneStep => loop {
            let further: Vec<_> = problem
                .links
                .iter()
                .flat_map(|(from, over)| {
                    let on = problem.links.iter().filter(move |(at, _)| at == over);
                    on.map(|(_, to)| (from.clone(), to.clone()))
                })
                .filter(|link| !problem.links.contains(link))
                .collect();
            if further.is_empty() {
                break;
            }
            problem.links.extend(further);
        },
        Rule::Overrides => problem.overrides.clear(),
        Rule::Preferences => problem.preferences.clear(),
        Rule::BuildMetadataTwins => {
            for releases in problem.packages.values_mut() {
                let mut seen = BTreeSet::new();
                releases.retain(|version, _| {
                    seen.insert(semver::Version { build: semver::BuildMetadata::EMPTY, ..version.clone() })
                });
            }
        }
        Rule::ContentsApart => {
            let of_releases = problem.packages.values_mut().flat_map(BTreeMap::values_mut);
            for declarations in of_releases.map(|release| &mut release.dependencies).chain([&mut problem.roots]) {
                let mut first = BTreeMap::new();
                for declaration in declarations.iter() {
                    let same = (declaration.package.clone(), declaration.requirement.range.clone());
                    let content = &declaration.requirement.content;
                    let first = first.entry(same).or_insert_with(|| content.clone());
                    *first = content.clone().min(first.take());
                }
                for declaration in declarations {
                    let same = (declaration.package.clone(), declaration.requirement.range.clone());
                    declaration.requirement.content = first[&same].clone();
                }
            }
        }
        _ => {
            for release in problem.packages.values_mut().flat_map(BTreeMap::values_mut) {
                match rule {
                    Rule::Yanked => release.yanked = false,
                    Rule::Exclusive => release.exclusives.clear(),
                    Rule::Optional => release.dependencies.iter_mut().for_each(|declared| declared.optional = false),
                    _ => {}
                }
                for feature in release.features.values_mut() {
                    match rule {
                        Rule::Additions => feature.additions.clear(),
                        Rule::AdditionFeatures => feature.additions.iter_mut().for_each(|add| add.features.clear()),
                        _ => {}
                    }
                }
            }
        }
    }
    problem
}

/// A range as it is read without a rule about comparators.
pub(super) fn range_without(off: Option<Rule>, mut range: VersionReq) -> VersionReq {
    if off == Some(Rule::Operators) {
        range.comparators.iter_mut().for_each(|comparator| comparator.op = Op::Caret);
    }
    range
}

/// Contradictions that there are only without a rule.
pub(super) fn contradictory_without(off: Option<Rule>, bindings: &Bindings<'_>, asked: &Asked<'_>) -> bool {
    let bound = asked.keys().filter_map(|dependency| Some((dependency, bindings.get(dependency)?)));
    match off {
        Some(Rule::RequirementsApart) => {
            let mut first: BTreeMap<(Option<Id<'_>>, &Package), &Id<'_>> = BTreeMap::new();
            bound
                .into_iter()
                .any(|(dependency, to)| *first.entry((dependency.dependent, dependency.package)).or_insert(to) != to)
        }
        Some(Rule::Cycles) => {
            let mut edges: Vec<(Id<'_>, Id<'_>)> =
                bound.filter_map(|(from, to)| Some((from.dependent?, *to))).collect();
            // Whatever nothing depends on lies on no circle, so take it away until nothing changes.
            loop {
                let targets: BTreeSet<Id<'_>> = edges.iter().map(|edge| edge.1).collect();
                let before = edges.len();
                edges.retain(|edge| targets.contains(&edge.0));
                if edges.len() == before {
                    return before > 0;
                }
            }
        }
        _ => false,
    }
}

/// Sorts a batch, which is sorted already, as it would be without a rule about order.
pub(super) fn sort_without<'a>(
    off: Option<Rule>,
    batch: &mut [(Dependency<'a>, Features<'a>)],
    declared: &[(Dependency<'a>, Features<'a>)],
) {
    let key = |item: &(Dependency<'a>, Features<'a>)| (item.0.package, item.0.requirement);
    match off {
        Some(Rule::RegistryOrder) => {
            batch.sort_by_key(|item| (&item.0.package.name, item.0.requirement, &item.0.package.registry));
        }
        Some(Rule::NameOrder) => batch.sort_by(|a, b| {
            let registry = a.0.package.registry.cmp(&b.0.package.registry);
            registry.then_with(|| b.0.package.name.cmp(&a.0.package.name))
        }),
        Some(Rule::RangeOrder) => batch.sort_by(|a, b| {
            let package = a.0.package.cmp(b.0.package);
            package.then_with(|| b.0.requirement.range.cmp(&a.0.requirement.range))
        }),
        Some(Rule::ContentOrder) => batch.sort_by_key(|item| {
            let (package, requirement) = key(item);
            (package, &requirement.range, requirement.content.is_none(), requirement.content.clone())
        }),
        Some(Rule::ByteOrder) => batch.sort_by_key(|item| {
            let (package, requirement) = key(item);
            (package.registry.to_lowercase(), package.name.to_lowercase(), requirement)
        }),
        Some(Rule::SortedBatch) => {
            batch.sort_by_key(|item| declared.iter().position(|other| other.0 == item.0));
        }
        _ => {}
    }
}
