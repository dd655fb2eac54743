//! The tables of text: each entry read once, and its place in the order of text.

use std::cmp::Ordering;

use semver::{Version, VersionReq};

use crate::contract;

/// A requirement, read.
pub(crate) struct Requirement {
    /// The range as written.
    range: String,
    /// The range as read.
    pub(crate) accepts: VersionReq,
    /// The only accepted content, where one is stated.
    pub(crate) content: Option<contract::Digest>,
}

/// All text that the solver was told. A number of the contract is a place in one of these lists.
#[derive(Default)]
pub(crate) struct Tables {
    registries: Vec<String>,
    names: Vec<String>,
    pub(crate) packages: Vec<contract::Package>,
    pub(crate) versions: Vec<Version>,
    pub(crate) requirements: Vec<Requirement>,
    features: Vec<String>,
    exclusives: Vec<String>,
    registry_order: Order,
    package_order: Order,
    requirement_order: Order,
    feature_order: Order,
    exclusive_order: Order,
}

/// Numbers in the order of what they stand for.
#[derive(Default)]
struct Order {
    /// Numbers, ascending by text.
    sorted: Vec<u32>,
    /// For each number, its place in `sorted`.
    ranks: Vec<u32>,
}

impl Order {
    /// Takes in the numbers up to `count`. Most are sorted already, and each new one finds its place among them.
    fn extend(&mut self, count: usize, what: &str, compare: impl Fn(usize, usize) -> Ordering) {
        let known = self.ranks.len();
        if known == count {
            return;
        }
        let compare = |a: u32, b: u32| compare(a as usize, b as usize);
        let mut new: Vec<u32> = (known as u32..count as u32).collect();
        new.sort_unstable_by(|a, b| compare(*a, *b));
        let mut sorted = Vec::with_capacity(count);
        let mut rest = self.sorted.as_slice();
        for &number in &new {
            let (before, behind) =
                rest.split_at(rest.partition_point(|other| compare(*other, number) == Ordering::Less));
            sorted.extend_from_slice(before);
            sorted.push(number);
            rest = behind;
            let known = rest.first().is_some_and(|other| compare(*other, number) == Ordering::Equal);
            assert!(!known, "tables.{what}: an entry stands there twice");
        }
        sorted.extend_from_slice(rest);
        let twice = new.windows(2).any(|pair| compare(pair[0], pair[1]) == Ordering::Equal);
        assert!(!twice, "tables.{what}: an entry stands there twice");
        self.sorted = sorted;
        self.ranks.resize(count, 0);
        for (rank, &number) in (0..).zip(&self.sorted) {
            self.ranks[number as usize] = rank;
        }
    }
}

impl Tables {
    /// Takes in what a call adds.
    ///
    /// # Panics
    /// On a version or a range that `semver` does not read, on an entry that stands there twice, and on a number that
    /// refers to nothing.
    pub(super) fn extend(&mut self, new: contract::Tables) {
        self.registries.extend(new.registries);
        self.names.extend(new.names);
        let (registries, names) = (self.registries.len(), self.names.len());
        for package in &new.packages {
            assert!((package.registry as usize) < registries, "tables.packages: no such registry");
            assert!((package.name as usize) < names, "tables.packages: no such name");
        }
        self.packages.extend(new.packages);
        self.versions.extend(new.versions.iter().map(|text| match Version::parse(text) {
            Ok(version) => version,
            Err(_) => panic!("tables.versions: not a version"),
        }));
        self.requirements.extend(new.requirements.into_iter().map(|requirement| Requirement {
            accepts: match VersionReq::parse(&requirement.range) {
                Ok(range) => range,
                Err(_) => panic!("tables.requirements: not a range"),
            },
            range: requirement.range,
            content: requirement.content,
        }));
        self.features.extend(new.features);
        self.exclusives.extend(new.exclusives);
        assert!(self.fits(), "tables: too many entries");
        self.sort();
    }

    /// Whether every number fits in 32 bits.
    fn fits(&self) -> bool {
        [
            self.registries.len(),
            self.names.len(),
            self.packages.len(),
            self.versions.len(),
            self.requirements.len(),
            self.features.len(),
            self.exclusives.len(),
        ]
        .into_iter()
        .all(|len| u32::try_from(len).is_ok())
    }

    fn sort(&mut self) {
        let Tables { registries, names, packages, requirements, features, exclusives, .. } = self;
        self.registry_order.extend(registries.len(), "registries", |a, b| by_bytes(&registries[a], &registries[b]));
        let ranks = &self.registry_order.ranks;
        self.package_order.extend(packages.len(), "packages", |a, b| {
            let (a, b) = (packages[a], packages[b]);
            let name = |package: contract::Package| names[package.name as usize].as_str();
            ranks[a.registry as usize].cmp(&ranks[b.registry as usize]).then_with(|| by_bytes(name(a), name(b)))
        });
        self.requirement_order.extend(requirements.len(), "requirements", |a, b| {
            let (a, b) = (&requirements[a], &requirements[b]);
            by_bytes(&a.range, &b.range).then_with(|| a.content.cmp(&b.content))
        });
        self.feature_order.extend(features.len(), "features", |a, b| by_bytes(&features[a], &features[b]));
        self.exclusive_order.extend(exclusives.len(), "exclusives", |a, b| by_bytes(&exclusives[a], &exclusives[b]));
    }

    /// Place of a package among all, by registry and name.
    pub(crate) fn package_rank(&self, package: u32) -> u32 {
        self.package_order.ranks[package as usize]
    }

    /// Place of a requirement among all, by range and content.
    pub(crate) fn requirement_rank(&self, requirement: u32) -> u32 {
        self.requirement_order.ranks[requirement as usize]
    }

    /// Place of a feature's name among all.
    pub(crate) fn feature_rank(&self, feature: u32) -> u32 {
        self.feature_order.ranks[feature as usize]
    }

    /// Place of an exclusive resource's name among all.
    pub(crate) fn exclusive_rank(&self, exclusive: u32) -> u32 {
        self.exclusive_order.ranks[exclusive as usize]
    }

    /// Sorts features by name and drops doubles.
    pub(crate) fn sort_features(&self, features: &mut Vec<u32>) {
        features.sort_unstable_by_key(|&feature| self.feature_rank(feature));
        features.dedup();
    }

    /// How many features, exclusive resources, packages and requirements there are.
    pub(super) fn counts(&self) -> Counts {
        let count = |len: usize| len as u32;
        Counts {
            registries: count(self.registries.len()),
            packages: count(self.packages.len()),
            versions: count(self.versions.len()),
            requirements: count(self.requirements.len()),
            features: count(self.features.len()),
            exclusives: count(self.exclusives.len()),
        }
    }
}

/// How long the tables are.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) registries: u32,
    pub(super) packages: u32,
    pub(super) versions: u32,
    pub(super) requirements: u32,
    pub(super) features: u32,
    pub(super) exclusives: u32,
}

/// The order of two texts by their bytes, eight at a time: inside of a component, what the library calls for it takes one
/// at a time, and names of one registry begin alike.
fn by_bytes(a: &str, b: &str) -> Ordering {
    let ((eights, _), (others, _)) = (a.as_bytes().as_chunks::<8>(), b.as_bytes().as_chunks::<8>());
    for (a, b) in eights.iter().zip(others) {
        if a != b {
            return u64::from_be_bytes(*a).cmp(&u64::from_be_bytes(*b));
        }
    }
    let same = 8 * eights.len().min(others.len());
    a.bytes().skip(same).cmp(b.bytes().skip(same))
}

#[cfg(test)]
mod tests {
    use super::by_bytes;

    #[test]
    fn texts_are_ordered_by_their_bytes() {
        let texts = [
            "",
            "a",
            "a\0",
            "ab",
            "abcdefg",
            "abcdefgh",
            "abcdefghi",
            "abcdefgz",
            "abcdefghijklmnop",
            "b",
            "ä",
            "\u{10ffff}",
        ];
        for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
            assert_eq!(by_bytes(a, b), a.as_bytes().cmp(b.as_bytes()), "{a:?} {b:?}");
        }
    }
}
