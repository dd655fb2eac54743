//! Small random problems: the same for the same seed everywhere, with everything in them that the rules speak of.
//!
//! Three releases in four are on few tracks and ranges are often narrow, because problems in which everything fits
//! show nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use semver::{Version, VersionReq};

use super::problem::{Addition, Content, Declaration, Feature, MAIN, Package, Problem, Release, Requirement};

/// SplitMix64, or bytes from outside as long as there are some.
pub(crate) struct Random {
    state: u64,
    bytes: VecDeque<u8>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random { state: seed, bytes: VecDeque::new() }
    }

    /// A byte for each choice, then as from the seed 0. So whoever changes a byte changes a choice.
    #[allow(dead_code, reason = "for fuzzing, which is another crate")]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Random {
        Random { state: 0, bytes: bytes.iter().copied().collect() }
    }

    fn next(&mut self) -> u64 {
        if let Some(byte) = self.bytes.pop_front() {
            return byte.into();
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }

    fn some<'a>(&mut self, items: &[&'a str], percent: usize) -> BTreeSet<&'a str> {
        items.iter().copied().filter(|_| self.chance(percent)).collect()
    }
}

const PACKAGES: &[&str] = &["p:a", "p:B", "p:c", "p:d", "p:e", "p:g", "q:a", "q:f", "q:H"];
const REGISTRIES: &[&str] = &[MAIN, "alpha", "zeta"];
const FEATURES: &[&str] = &["default", "f", "g"];
const EXCLUSIVES: &[&str] = &["gl", "tls"];
const CONTENTS: &[&str] = &["a", "a1", "b", "c"];
const ONE_TRACK: &[&str] =
    &["1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "1.2.0", "1.2.0+b.2", "1.2.0+b.10", "1.10.0", "1.11.0-beta"];
const TRACKS: &[&str] = &[
    "0.0.1",
    "0.0.2",
    "0.1.0",
    "0.1.1",
    "0.2.0",
    "1.0.0-rc.1",
    "1.0.0",
    "1.1.0",
    "1.1.0+b",
    "2.0.0-alpha",
    "2.0.0",
    "2.1.0",
    "3.0.0",
];

/// How much of what a problem has, in percent.
struct Mix {
    one_track: usize,
    exact: usize,
    features: usize,
    exclusives: usize,
    dependencies: usize,
}

/// The problem of a seed.
pub(crate) fn problem(seed: u64) -> Problem {
    made_up(&mut Random::new(seed))
}

/// A problem, made up choice by choice.
pub(crate) fn made_up(random: &mut Random) -> Problem {
    let mix = Mix {
        one_track: random.pick(&[90, 75, 40]),
        exact: random.pick(&[10, 25, 40]),
        features: random.pick(&[0, 40, 80]),
        exclusives: random.pick(&[0, 0, 40]),
        dependencies: random.pick(&[60, 75, 85]),
    };
    let registries = &REGISTRIES[..random.pick(&[1, 1, 2, 3])];
    let mut versions: BTreeMap<Package, BTreeSet<Version>> = BTreeMap::new();
    let size = random.pick(&[5, 5, 5, 9]);
    for _ in 0..3 + random.below(size) {
        let package = Package { registry: random.pick(registries).to_owned(), name: random.pick(PACKAGES).to_owned() };
        let pool = if random.chance(mix.one_track) { ONE_TRACK } else { TRACKS };
        let picked = (0..2 + random.below(8)).map(|_| read(random.pick(pool)));
        versions.insert(package, picked.collect());
    }
    let known: Vec<(Package, Vec<Version>)> =
        versions.into_iter().map(|(package, versions)| (package, versions.into_iter().collect())).collect();
    let mut problem = Problem::default();
    for from in registries {
        for to in registries {
            if from == to {
                continue;
            }
            if random.chance(85) {
                problem.links.insert(((*from).to_owned(), (*to).to_owned()));
                continue;
            }
            for (package, _) in known.iter().filter(|(package, _)| package.registry == **to) {
                if random.chance(40) {
                    problem.links.insert(((*from).to_owned(), format!("{to}/{}", package.name)));
                }
            }
        }
    }
    for (package, versions) in &known {
        let mut releases = BTreeMap::new();
        for (place, version) in versions.iter().enumerate() {
            // Old releases ask for less, so that coming back to them often helps.
            let dependencies = mix.dependencies * (place + 1) / versions.len();
            releases.insert(version.clone(), release(random, &Mix { dependencies, ..mix }, &known));
        }
        problem.packages.insert(package.clone(), releases);
    }
    for _ in 0..1 + random.below(3) {
        let mut root = declaration(random, &Mix { exact: 5, ..mix }, &known);
        if let Some(other) = problem.roots.last().filter(|_| random.chance(15)) {
            root = again(random, &mix, other, root);
        }
        problem.roots.push(Declaration { optional: false, ..root });
    }
    if random.chance(30) {
        replace(random, registries, &known, &mut problem);
    }
    if random.chance(40) {
        for (package, versions) in &known {
            for _ in 0..random.pick(&[0, 1, 1, 2]) {
                let version = match random.chance(95) {
                    true => versions[random.below(versions.len())].clone(),
                    false => Version::new(9, 9, 9),
                };
                problem.preferences.insert((package.clone(), version));
            }
        }
    }
    problem
}

/// A fork in the place of a package, or another package.
fn replace(random: &mut Random, registries: &[&str], known: &[(Package, Vec<Version>)], problem: &mut Problem) {
    let package = known[random.below(known.len())].0.clone();
    let replacement = if random.chance(30) {
        known[random.below(known.len())].0.clone()
    } else {
        let fork = Package { registry: random.pick(registries).to_owned(), name: "p:fork".to_owned() };
        let mut releases = problem.packages[&package].clone();
        releases.retain(|_, _| random.chance(80));
        problem.packages.insert(fork.clone(), releases);
        fork
    };
    if package != replacement {
        problem.overrides.insert(package, replacement);
    }
}

fn read(version: &str) -> Version {
    Version::parse(version).unwrap_or_else(|error| panic!("{version}: {error}"))
}

fn release(random: &mut Random, mix: &Mix, known: &[(Package, Vec<Version>)]) -> Release {
    let mut dependencies = Vec::new();
    while dependencies.len() < 4 && random.chance(mix.dependencies) {
        let mut declared = declaration(random, mix, known);
        if let Some(other) = dependencies.last().filter(|_| random.chance(15)) {
            declared = again(random, mix, other, declared);
        }
        // A record lists nothing twice; two that differ in their features only are two.
        if !dependencies.contains(&declared) {
            dependencies.push(declared);
        }
    }
    let defined = if random.chance(mix.features) { random.some(FEATURES, 75) } else { BTreeSet::new() };
    let names: Vec<&str> = defined.iter().copied().collect();
    let features = names.iter().map(|name| {
        let known = if random.chance(3) { FEATURES } else { &names };
        let includes = random.some(known, 20).into_iter().filter(|other| other != name).map(str::to_owned).collect();
        let mut additions = Vec::new();
        for (dependency, declared) in dependencies.iter().enumerate() {
            // A file can only speak of the first of two that are the same but for their features.
            let first = dependencies[..dependency].iter().all(|earlier| !same(earlier, declared));
            if first && random.chance(40) {
                let features = if random.chance(mix.features) { random.some(FEATURES, 20) } else { BTreeSet::new() };
                let features = features.into_iter().map(str::to_owned).collect();
                additions.push(Addition { dependency, features });
            }
        }
        ((*name).to_owned(), Feature { includes, additions })
    });
    let features: BTreeMap<String, Feature> = features.collect();
    let exclusives = if random.chance(mix.exclusives) { random.some(EXCLUSIVES, 60) } else { BTreeSet::new() };
    Release {
        yanked: random.chance(8),
        content: Content::parse(random.pick(CONTENTS)),
        exclusives: exclusives.into_iter().map(str::to_owned).collect(),
        dependencies,
        features,
    }
}

fn same(a: &Declaration, b: &Declaration) -> bool {
    (&a.package, &a.requirement, a.optional) == (&b.package, &b.requirement, b.optional)
}

fn declaration(random: &mut Random, mix: &Mix, known: &[(Package, Vec<Version>)]) -> Declaration {
    let (package, versions) = known[random.below(known.len())].clone();
    let absent = random.chance(2);
    let matches = |range: &Requirement| versions.iter().any(|version| range.read().matches(version));
    let mut requirement = Requirement { range: range(random, mix, &versions), content: None };
    while !matches(&requirement) && random.chance(90) {
        requirement.range = range(random, mix, &versions);
    }
    requirement.content = random.chance(4).then(|| Content::parse(random.pick(CONTENTS)));
    let features = if random.chance(mix.features / 2) { random.some(FEATURES, 25) } else { BTreeSet::new() };
    Declaration {
        package: if absent { Package { name: "p:none".to_owned(), ..package } } else { package },
        requirement,
        features: features.into_iter().map(str::to_owned).collect(),
        optional: random.chance(mix.features / 2),
    }
}

/// Another declaration of nearly the same dependency.
fn again(random: &mut Random, mix: &Mix, other: &Declaration, fresh: Declaration) -> Declaration {
    let content = random.chance(40).then(|| Content::parse(random.pick(CONTENTS)));
    let features = if random.chance(mix.features) { random.some(FEATURES, 40) } else { BTreeSet::new() };
    Declaration {
        package: other.package.clone(),
        requirement: Requirement { range: other.requirement.range.clone(), content },
        features: features.into_iter().map(str::to_owned).collect(),
        ..fresh
    }
}

/// A range in the form that `semver` writes, mostly around versions that are there.
fn range(random: &mut Random, mix: &Mix, versions: &[Version]) -> String {
    let near = versions[random.below(versions.len())].clone();
    let far = versions[random.below(versions.len())].clone();
    let Version { major, minor, .. } = near;
    let bare = Version { build: semver::BuildMetadata::EMPTY, ..near };
    let text = if random.chance(mix.exact) {
        format!("={bare}")
    } else {
        let forms = [
            "*".to_owned(),
            format!("^{bare}"),
            format!("^{major}"),
            format!("^{major}.{minor}"),
            format!("~{major}.{minor}"),
            format!(">={bare}"),
            format!("<={bare}"),
            format!("<{bare}"),
            format!(">={major}, <{}", Version { build: semver::BuildMetadata::EMPTY, ..far }),
            format!("{major}.*"),
        ];
        forms[random.below(forms.len())].clone()
    };
    VersionReq::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}
