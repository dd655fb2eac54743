//! Large random problems: dozens to hundreds of packages, hundreds to thousands of releases, the same for the same seed
//! everywhere.
//!
//! At this size what is drawn freely has no answer. So a set of releases is planned first, and what they declare is drawn
//! until it fits each other, but for some slips in some of the problems: with them, many have no answer, and for others it
//! is another. All that is not planned is drawn freely, and newer releases are pickier: what is planned is seldom the
//! highest, and going there takes search.

use std::collections::{BTreeMap, BTreeSet};

use semver::{BuildMetadata, Prerelease, Version, VersionReq};

use crate::oracle::problem::{Addition, Content, Declaration, Feature, MAIN, Package, Problem, Release, Requirement};
use crate::oracle::random::Random;

const REGISTRIES: &[&str] = &[MAIN, "alpha", "zeta"];
const FEATURES: &[&str] = &["default", "derive", "net", "std", "sync"];
const CONTENTS: &[&str] = &["a", "a1", "b", "c"];

/// How much of what a problem has; what is not a number of things is in percent.
struct Mix {
    packages: usize,
    /// Most releases of one package.
    releases: usize,
    dependencies: usize,
    exact: usize,
    /// Packages with several tracks.
    tracks: usize,
    features: usize,
    exclusives: usize,
    /// Declarations of planned releases that need not fit.
    slips: usize,
}

/// A package before its releases are drawn.
struct Plan {
    package: Package,
    versions: Vec<Version>,
    /// Places of the releases that are planned, each on another track.
    planned: BTreeSet<usize>,
    features: Vec<&'static str>,
    exclusive: Option<String>,
}

/// The problem of a seed.
pub(crate) fn problem(seed: u64) -> Problem {
    Drawing::new(seed).problem()
}

struct Drawing {
    random: Random,
    mix: Mix,
    plans: Vec<Plan>,
    links: BTreeSet<(String, String)>,
    /// Exclusive resources that a planned release names.
    taken: BTreeSet<String>,
}

impl Drawing {
    fn new(seed: u64) -> Drawing {
        let mut random = Random::new(seed);
        let mix = Mix {
            packages: random.pick(&[25, 40, 60, 90, 150, 250]),
            releases: random.pick(&[8, 14, 24]),
            dependencies: random.pick(&[65, 80, 90]),
            exact: random.pick(&[5, 12, 20]),
            tracks: random.pick(&[20, 45, 70]),
            features: random.pick(&[0, 40, 70]),
            exclusives: random.pick(&[0, 15, 40]),
            slips: random.pick(&[0, 3, 10, 20, 40]),
        };
        let registries = &REGISTRIES[..random.pick(&[1, 2, 3])];
        let mut links = BTreeSet::new();
        for from in registries {
            for to in registries.iter().filter(|to| *to != from) {
                if random.chance(85) {
                    links.insert(((*from).to_owned(), (*to).to_owned()));
                }
            }
        }
        let mut drawing = Drawing { random, mix, plans: Vec::new(), links, taken: BTreeSet::new() };
        for number in 0..drawing.mix.packages {
            let registry = drawing.random.pick(registries).to_owned();
            let plan = drawing.plan(Package { registry, name: format!("p:n{number:03}") });
            drawing.plans.push(plan);
        }
        drawing
    }

    fn plan(&mut self, package: Package) -> Plan {
        let versions: Vec<Version> = self.versions().into_iter().collect();
        let mut planned = BTreeMap::new();
        for _ in 0..self.random.pick(&[1, 1, 2]) {
            let place = self.random.below(versions.len());
            planned.entry(track(&versions[place])).or_insert(place);
        }
        let mut features = FEATURES.to_vec();
        features.retain(|_| self.random.chance(self.mix.features));
        let name = format!("lib{}", self.random.below(2 + self.mix.packages / 6));
        let exclusive = self.random.chance(self.mix.exclusives).then_some(name);
        Plan { package, versions, planned: planned.into_values().collect(), features, exclusive }
    }

    fn versions(&mut self) -> BTreeSet<Version> {
        let several = self.random.chance(self.mix.tracks);
        let kind = self.random.below(10);
        let tracks = if several { 2 + self.random.below(3) as u64 } else { 1 };
        let on_each = 1 + self.mix.releases / tracks as usize;
        let mut versions = BTreeSet::new();
        for number in 1..=tracks {
            let (mut minor, mut patch) = (0, 0);
            for _ in 0..1 + self.random.below(on_each) {
                let version = match kind {
                    0 => Version::new(0, 0, 3 * number + minor),
                    1..4 => Version::new(0, number, 4 * minor + patch),
                    _ => Version::new(number, minor, patch),
                };
                if self.random.chance(12) {
                    let pre = self.random.pick(&["alpha", "beta.2", "beta.11", "rc.1"]);
                    let pre = Prerelease::new(pre).expect("a pre-release");
                    versions.insert(Version { pre, ..version.clone() });
                }
                if self.random.chance(5) {
                    let build = BuildMetadata::new(self.random.pick(&["b.2", "b.10"])).expect("build metadata");
                    versions.insert(Version { build, ..version.clone() });
                }
                versions.insert(version);
                match self.random.chance(60) {
                    true => (minor, patch) = (minor + 1, 0),
                    false => patch += 1,
                }
            }
        }
        versions
    }

    fn problem(mut self) -> Problem {
        let mut packages = BTreeMap::new();
        for of in 0..self.plans.len() {
            let mut releases = BTreeMap::new();
            for place in 0..self.plans[of].versions.len() {
                let release = self.release(of, place);
                releases.insert(self.plans[of].versions[place].clone(), release);
            }
            packages.insert(self.plans[of].package.clone(), releases);
        }
        let mut roots = Vec::new();
        for _ in 0..4 + self.random.below(5) {
            let to = self.random.below(1 + self.plans.len() / 4);
            let root = self.declaration(None, to, true);
            roots.push(Declaration { optional: false, ..root });
        }
        let (overrides, preferences) = (self.overrides(&mut packages), self.preferences());
        Problem { roots, links: self.links, overrides, preferences, packages }
    }

    /// Forks in the place of some packages: what fits these mostly fits them.
    fn overrides(
        &mut self,
        packages: &mut BTreeMap<Package, BTreeMap<Version, Release>>,
    ) -> BTreeMap<Package, Package> {
        let mut overrides = BTreeMap::new();
        for number in 0..self.random.pick(&[0, 0, 1, 3]) {
            let of = self.random.below(self.plans.len());
            let Plan { package, planned, versions, .. } = &self.plans[of];
            let (package, planned) = (package.clone(), planned.iter().map(|&place| versions[place].clone()));
            let planned: Vec<Version> = planned.collect();
            let registry = self.random.pick(REGISTRIES).to_owned();
            let fork = Package { registry, name: format!("q:fork{number}") };
            let mut releases = packages[&package].clone();
            releases.retain(|version, _| planned.contains(version) || self.random.chance(70));
            packages.insert(fork.clone(), releases);
            overrides.insert(package, fork);
        }
        overrides
    }

    fn preferences(&mut self) -> BTreeSet<(Package, Version)> {
        let share = self.random.pick(&[0, 0, 20, 80]);
        let mut preferences = BTreeSet::new();
        for plan in &self.plans {
            if self.random.chance(share) {
                let version = plan.versions[self.random.below(plan.versions.len())].clone();
                preferences.insert((plan.package.clone(), version));
            }
        }
        preferences
    }

    fn release(&mut self, of: usize, place: usize) -> Release {
        let count = self.plans[of].versions.len();
        let planned = self.plans[of].planned.contains(&place);
        let mut dependencies: Vec<Declaration> = Vec::new();
        let chance = self.mix.dependencies * (count + 2 * place) / (3 * count) + 10;
        while dependencies.len() < 6 && self.random.chance(chance) {
            let must_fit = planned && !self.random.chance(self.mix.slips);
            let to = self.target(of, must_fit);
            let declared = self.declaration(Some((of, place)), to, must_fit);
            let mut same = dependencies.iter();
            if same.all(|other| (&other.package, &other.requirement) != (&declared.package, &declared.requirement)) {
                dependencies.push(declared);
            }
        }
        let mut features = BTreeMap::new();
        let defined: Vec<&str> = self.plans[of].features.clone();
        let defined: Vec<&str> = defined.into_iter().filter(|_| planned || self.random.chance(90)).collect();
        for &name in &defined {
            features.insert(name.to_owned(), self.feature(name, &defined, &dependencies));
        }
        let mut exclusives = BTreeSet::new();
        if let Some(name) = self.plans[of].exclusive.clone().filter(|_| self.random.chance(75)) {
            let slip = self.random.chance(self.mix.slips);
            if !planned || slip || self.taken.insert(name.clone()) {
                exclusives.insert(name);
            }
        }
        let content = content(of, place);
        let yanked = self.random.chance(if planned { self.mix.slips } else { 7 });
        Release { yanked, content, exclusives, dependencies, features }
    }

    fn feature(&mut self, name: &str, defined: &[&str], dependencies: &[Declaration]) -> Feature {
        let mut includes: BTreeSet<String> = BTreeSet::new();
        for other in defined.iter().filter(|other| **other != name) {
            if self.random.chance(15) {
                includes.insert((*other).to_owned());
            }
        }
        let mut additions = Vec::new();
        for (dependency, declared) in dependencies.iter().enumerate() {
            if self.random.chance(if declared.optional { 50 } else { 15 }) {
                let target = self.plans.iter().find(|plan| plan.package == declared.package);
                let mut further = target.map(|plan| plan.features.clone()).unwrap_or_default();
                further.retain(|_| self.random.chance(25));
                let features = further.into_iter().map(str::to_owned).collect();
                additions.push(Addition { dependency, features });
            }
        }
        Feature { includes, additions }
    }

    /// Mostly a package a little further on, or one of the last, on which many depend.
    fn target(&mut self, of: usize, must_fit: bool) -> usize {
        loop {
            let count = self.plans.len();
            let to = match self.random.below(20) {
                0 => self.random.below(count),
                1..5 => count - 1 - self.random.below(count.div_ceil(8)),
                _ => (of + 1 + self.random.below(8)).min(count - 1),
            };
            let (from, into) = (&self.plans[of].package.registry, &self.plans[to].package.registry);
            let legal = from == into || self.links.contains(&(from.clone(), into.clone()));
            if legal || !must_fit && self.random.chance(10) {
                return to;
            }
        }
    }

    fn declaration(&mut self, from: Option<(usize, usize)>, to: usize, must_fit: bool) -> Declaration {
        // Newer releases look at newer ones.
        let count = self.plans[to].versions.len();
        let lowest = match from {
            Some((of, place)) if !must_fit => count * place / (2 * self.plans[of].versions.len()),
            _ => 0,
        };
        let mut tries = 0;
        let requirement = loop {
            let range = self.range(from.is_some(), to, lowest);
            let stated = self.random.chance(3);
            let near = lowest + self.random.below(count - lowest);
            let requirement = Requirement { range, content: stated.then(|| content(to, near)) };
            let read = requirement.read();
            let fits = |place: &usize| {
                read.matches(&self.plans[to].versions[*place])
                    && requirement.content.as_ref().is_none_or(|stated| *stated == content(to, *place))
            };
            let fitting = match must_fit {
                true => self.plans[to].planned.iter().any(fits),
                false => (0..count).any(|place| fits(&place)) || self.random.chance(10),
            };
            tries += 1;
            if fitting {
                break requirement;
            }
            if tries == 50 {
                let planned = *self.plans[to].planned.first().expect("each package has a planned release");
                let version = Version { build: BuildMetadata::EMPTY, ..self.plans[to].versions[planned].clone() };
                break Requirement { range: format!("^{version}"), content: None };
            }
        };
        let mut features = self.plans[to].features.clone();
        features.retain(|_| self.random.chance(30));
        let Package { registry, name } = self.plans[to].package.clone();
        let absent = !must_fit && self.random.chance(1);
        Declaration {
            package: Package { registry, name: if absent { "p:none".to_owned() } else { name } },
            requirement,
            features: features.into_iter().map(str::to_owned).collect(),
            optional: self.random.chance(self.mix.features / 3),
        }
    }

    /// A range in the form that `semver` writes, around a version that is there.
    fn range(&mut self, may_be_exact: bool, to: usize, lowest: usize) -> String {
        let versions = &self.plans[to].versions;
        let near = versions[lowest + self.random.below(versions.len() - lowest)].clone();
        let bare = Version { build: BuildMetadata::EMPTY, ..near };
        let Version { major, minor, .. } = bare;
        let text = match self.random.below(100) {
            chance if may_be_exact && chance < self.mix.exact => format!("={bare}"),
            _ => match self.random.below(16) {
                0 => "*".to_owned(),
                1 => format!(">={bare}"),
                2 => format!("<={bare}"),
                3 => format!(">={major}.{minor}, <{}.0.0", major + 2),
                4 => format!("~{major}.{minor}"),
                5 => format!("~{bare}"),
                6 => format!("{major}.{minor}.*"),
                7 | 8 => format!("^{major}"),
                9 | 10 => format!("^{major}.{minor}"),
                _ => format!("^{bare}"),
            },
        };
        VersionReq::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
    }
}

/// The same for a release whenever it is asked, so that it can be stated before the release is drawn.
fn content(of: usize, place: usize) -> Content {
    Content::parse(CONTENTS[(7 * of + place) % CONTENTS.len()])
}

fn track(version: &Version) -> [u64; 3] {
    match (version.major, version.minor) {
        (0, 0) => [0, 0, version.patch],
        (0, minor) => [0, minor, 0],
        (major, _) => [major, 0, 0],
    }
}
