//! Small problems as text.
//!
//! ```text
//! root a:a ^1 [f]              # a dependency of the consumer, with asked-for features
//! link one two                 # releases of registry `one` may depend on packages of `two`
//! override a:a two/b:b         # the second stands in the place of the first
//! prefer a:a 1.0.0             # ranks above other releases of its package
//! absent z:z                   # proven absent; what is mentioned and not given is not supplied
//! a:a 1.0.0 #7                 # a release of registry `one`, whose content is 32 bytes of 7
//!     needs two/b:b ^1#9 [g]   # a dependency on a package of registry `two`, with a content stated
//!     optional c:c *           # an optional one
//!     feature f: g +1 +0[h]    # feature f includes g, adds the second dependency, and the first with feature h
//!     exclusive openssl
//! a:a 1.1.0 yanked
//! ```

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use headlock_log::record::{Addition, Dependency, Feature, Release};
use semver::Version;

use crate::problem::{Catalog, ReleaseParts, Variable};

const DEFAULT_REGISTRY: &str = "one";

/// A release being read.
struct Draft<'a> {
    record: Release<'a>,
    version: Version,
    yanked: bool,
}

/// Reads a problem. Its packages are supplied in the order of their first release.
#[track_caller]
pub(crate) fn catalog(text: &str) -> Catalog {
    let mut catalog = Catalog::new(1_000);
    let mut order = Vec::new();
    let mut packages: BTreeMap<(&str, &str), Vec<Draft<'_>>> = BTreeMap::new();
    let mut absent = Vec::new();
    let mut current = None;
    for line in text.lines() {
        let line = line.split(" # ").next().unwrap_or("");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["root", name, range, features @ ..] => {
                let (registry, name) = package(name);
                let (range, content) = requirement(range);
                catalog.add_root(registry, name, range, content, &listed(features)).expect("a range");
            }
            ["link", dependent, dependency] => catalog.add_link(dependent, dependency, None),
            ["link", dependent, dependency, packages @ ..] => catalog.add_link(dependent, dependency, Some(packages)),
            ["override", name, by] => catalog.add_override(package(name), package(by)),
            ["prefer", name, version] => {
                let (registry, name) = package(name);
                catalog.add_preference(registry, name, &Version::parse(version).expect("a version"));
            }
            ["absent", name] => absent.push(package(name)),
            ["needs", name, range, features @ ..] => {
                draft(&mut packages, current).dependencies.push(dependency(name, range, features, false).into());
            }
            ["optional", name, range, features @ ..] => {
                draft(&mut packages, current).dependencies.push(dependency(name, range, features, true).into());
            }
            ["feature", name, parts @ ..] => {
                draft(&mut packages, current).features.push(feature(name.trim_end_matches(':'), parts).into());
            }
            ["exclusive", name] => draft(&mut packages, current).exclusives.push(name),
            [name, version, rest @ ..] => {
                let key = package(name);
                if !packages.contains_key(&key) {
                    order.push(key);
                }
                let content = rest.iter().find_map(|word| word.strip_prefix('#')).map_or(digest(0), content);
                let record = Release::new(key.1, version, content);
                let version = Version::parse(version).expect("a version");
                packages.entry(key).or_default().push(Draft { record, version, yanked: rest.contains(&"yanked") });
                current = Some(key);
            }
            other => panic!("a problem has no line {other:?}"),
        }
    }
    for key in order {
        let drafts = packages.get_mut(&key).expect("in order");
        drafts.sort_by(|a, b| a.version.cmp(&b.version));
        let parts: Vec<ReleaseParts<'_>> = (0..)
            .zip(drafts.iter())
            .map(|(place, draft)| ReleaseParts {
                record: &draft.record,
                version: &draft.version,
                yanked: draft.yanked,
                place,
            })
            .collect();
        let registry = catalog.registry(key.0);
        let number = catalog.package(registry, key.1);
        catalog.supply(number, &parts).expect("ranges");
    }
    for (registry, name) in absent {
        let registry = catalog.registry(registry);
        let number = catalog.package(registry, name);
        catalog.supply_absent(number);
    }
    catalog
}

fn draft<'p, 'a>(
    packages: &'p mut BTreeMap<(&'a str, &'a str), Vec<Draft<'a>>>,
    current: Option<(&'a str, &'a str)>,
) -> &'p mut Release<'a> {
    let drafts = current.and_then(|key| packages.get_mut(&key)).expect("a release stands before");
    &mut drafts.last_mut().expect("a release stands before").record
}

fn package(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or((DEFAULT_REGISTRY, text))
}

fn requirement(text: &str) -> (&str, Option<Digest>) {
    match text.split_once('#') {
        Some((range, number)) => (range, Some(content(number))),
        None => (text, None),
    }
}

fn content(number: &str) -> Digest {
    digest(number.parse().expect("a number"))
}

fn digest(number: u8) -> Digest {
    Digest([number; 32])
}

/// `[f` and `g]` as `f` and `g`.
fn listed<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().map(|word| word.trim_matches(['[', ']'])).filter(|word| !word.is_empty()).collect()
}

fn dependency<'a>(name: &'a str, range: &'a str, features: &[&'a str], optional: bool) -> Dependency<'a> {
    let (registry, package) = package(name);
    let (requirement, content) = requirement(range);
    Dependency { registry: Some(registry), package, requirement, content, features: listed(features), optional }
}

fn feature<'a>(name: &'a str, parts: &[&'a str]) -> Feature<'a> {
    let (added, includes): (Vec<&str>, Vec<&str>) = parts.iter().partition(|part| part.starts_with('+'));
    let additions = added.into_iter().map(|part| {
        let (place, features) = part[1..].split_once('[').unwrap_or((&part[1..], ""));
        let features = features.trim_end_matches(']').split(',').filter(|name| !name.is_empty()).collect();
        Addition { dependency: place.parse().expect("a place"), features }
    });
    Feature { name, includes, additions: additions.collect() }
}

/// The number of a release, written as in a problem: `a:a 1.0.0`.
#[track_caller]
pub(super) fn release(catalog: &Catalog, text: &str) -> u32 {
    let (name, version) = text.split_once(' ').expect("a name and a version");
    let version = Version::parse(version).expect("a version");
    let found = (0..catalog.releases.len() as u32).find(|&number| {
        catalog.package_key(catalog.releases[number as usize].package) == package(name)
            && *catalog.version_of(number) == version
    });
    found.expect("a release of the problem")
}

/// The number of a package, written as in a problem.
#[track_caller]
pub(super) fn package_number(catalog: &Catalog, text: &str) -> u32 {
    let numbers = 0..catalog.packages.len() as u32;
    numbers.into_iter().find(|&number| catalog.package_key(number) == package(text)).expect("a package of the problem")
}

/// The number of a requirement without content.
#[track_caller]
pub(super) fn requirement_number(catalog: &Catalog, range: &str) -> u32 {
    let found = catalog.requirements.iter().position(|known| known.range == range && known.content.is_none());
    found.expect("a requirement of the problem") as u32
}

/// The number of a feature.
#[track_caller]
pub(super) fn feature_number(catalog: &Catalog, name: &str) -> u32 {
    catalog.feature_names.iter().position(|known| known == name).expect("a feature of the problem") as u32
}

/// The variable of the track whose lowest release is written as in a problem.
#[track_caller]
pub(super) fn on(catalog: &Catalog, lowest: &str) -> Variable {
    Variable::Release { track: release(catalog, lowest) }
}
