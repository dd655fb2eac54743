//! What a solver is given: what a catalog has got since the last call, in the contract's types.

use headlock_log::digest::Digest;

use super::contract::solving as contract;
use crate::problem::{Catalog, Mark, State};

/// Text of a call's tables, by reference wherever the catalog has it as text.
struct Columns<'a> {
    registries: Vec<&'a str>,
    names: Vec<&'a str>,
    packages: Vec<contract::Package>,
    versions: Vec<String>,
    requirements: Vec<contract::Requirement<'a>>,
    features: Vec<&'a str>,
    exclusives: Vec<&'a str>,
}

/// One number for each entry of a list.
type Column = Vec<u32>;

fn texts(table: &[String]) -> Vec<&str> {
    table.iter().map(String::as_str).collect()
}

/// What stands beyond a mark; nothing where the list has not grown (or a mark of another catalog lies beyond it).
fn since<T>(list: &[T], mark: usize) -> &[T] {
    list.get(mark..).unwrap_or_default()
}

impl<'a> Columns<'a> {
    fn new(catalog: &'a Catalog, told: &Mark) -> Columns<'a> {
        Columns {
            registries: texts(since(&catalog.registries, told.registries)),
            names: texts(since(&catalog.names, told.names)),
            packages: since(&catalog.packages, told.packages)
                .iter()
                .map(|package| contract::Package { registry: package.registry, name: package.name })
                .collect(),
            versions: since(&catalog.versions, told.versions).iter().map(ToString::to_string).collect(),
            requirements: since(&catalog.requirements, told.requirements)
                .iter()
                .map(|requirement| contract::Requirement {
                    range: &requirement.range,
                    content: requirement.content.map(digest),
                })
                .collect(),
            features: texts(since(&catalog.feature_names, told.feature_names)),
            exclusives: texts(since(&catalog.exclusive_names, told.exclusive_names)),
        }
    }

    /// Calls back with the tables, which only borrow.
    fn tables<R>(&self, call: impl FnOnce(contract::Tables<'_>) -> R) -> R {
        let versions = texts(&self.versions);
        call(contract::Tables {
            registries: &self.registries,
            names: &self.names,
            packages: &self.packages,
            versions: &versions,
            requirements: &self.requirements,
            features: &self.features,
            exclusives: &self.exclusives,
        })
    }
}

/// The contract's form of a sha256: four big-endian numbers, first bytes first.
fn digest(digest: Digest) -> contract::Digest {
    let [a, b, c, d] = [0, 8, 16, 24]
        .map(|start| digest.0[start..start + 8].iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte)));
    (a, b, c, d)
}

/// Gives the beginning of a solve: tables, roots, what is said of packages, budget.
pub(super) fn problem<R>(catalog: &Catalog, call: impl FnOnce(contract::Problem<'_>) -> R) -> R {
    let columns = Columns::new(catalog, &Mark::default());
    let roots: Vec<contract::Root<'_>> = catalog
        .roots
        .iter()
        .map(|root| contract::Root { package: root.package, requirement: root.requirement, features: &root.features })
        .collect();
    let links: Vec<contract::Link> = catalog
        .links
        .iter()
        .map(|link| contract::Link {
            dependent: link.dependent,
            dependency: link.dependency,
            packages: link.packages.as_deref(),
        })
        .collect();
    let overrides: Vec<contract::Override> = catalog
        .overrides
        .iter()
        .map(|replaced| contract::Override { package: replaced.package, replacement: replaced.replacement })
        .collect();
    let preferences: Vec<contract::Preference> = catalog
        .preferences
        .iter()
        .map(|preferred| contract::Preference { package: preferred.package, version: preferred.version })
        .collect();
    columns.tables(|tables| {
        call(contract::Problem {
            tables,
            roots: &roots,
            links: &links,
            overrides: &overrides,
            preferences: &preferences,
            budget: catalog.budget,
        })
    })
}

/// Gives the packages supplied since the mark, and what the tables have got since.
pub(super) fn packages<R>(catalog: &Catalog, told: &Mark, call: impl FnOnce(contract::Packages<'_>) -> R) -> R {
    let columns = Columns::new(catalog, told);
    let supplied: Vec<contract::Supplied> = since(&catalog.supplied, told.supplied)
        .iter()
        .map(|&package| {
            let releases = match catalog.states.get(package as usize) {
                Some(State::Present(releases)) => Some(releases.len()),
                _ => None,
            };
            contract::Supplied { package, releases }
        })
        .collect();
    let releases: Vec<contract::Release> = since(&catalog.releases, told.releases)
        .iter()
        .map(|release| contract::Release {
            version: release.version,
            content: digest(release.content),
            yanked: release.yanked,
            exclusives: release.exclusives.len(),
            dependencies: release.dependencies.len(),
            features: release.features.len(),
        })
        .collect();
    let dependencies = since(&catalog.dependencies, told.dependencies);
    let asked: Column = dependencies.iter().map(|dependency| dependency.package).collect();
    let requirements: Column = dependencies.iter().map(|dependency| dependency.requirement).collect();
    let asked_features: Column = dependencies.iter().map(|dependency| dependency.features.len()).collect();
    let optional = (0..).zip(dependencies).filter(|(_, dependency)| dependency.optional).map(|(place, _)| place);
    let optional: Column = optional.collect();
    let features = since(&catalog.features, told.features);
    let names: Column = features.iter().map(|feature| feature.name).collect();
    let includes: Column = features.iter().map(|feature| feature.includes.len()).collect();
    let added: Column = features.iter().map(|feature| feature.additions.len()).collect();
    let additions = since(&catalog.additions, told.additions);
    let places: Column = additions.iter().map(|addition| addition.dependency).collect();
    let added_features: Column = additions.iter().map(|addition| addition.features.len()).collect();
    columns.tables(|tables| {
        call(contract::Packages {
            tables,
            supplied: &supplied,
            releases: &releases,
            exclusives: since(&catalog.exclusives, told.exclusives),
            dependencies: contract::Dependencies {
                packages: &asked,
                requirements: &requirements,
                features: &asked_features,
                optional: &optional,
            },
            dependency_features: since(&catalog.dependency_features, told.dependency_features),
            features: contract::Features { names: &names, includes: &includes, additions: &added },
            included: since(&catalog.included, told.included),
            additions: contract::Additions { dependencies: &places, features: &added_features },
            addition_features: since(&catalog.addition_features, told.addition_features),
        })
    })
}

/// What the solver knows after `start`: the tables, and no package.
pub(super) fn after_start(catalog: &Catalog) -> Mark {
    let mark = catalog.mark();
    Mark {
        supplied: 0,
        releases: 0,
        exclusives: 0,
        dependencies: 0,
        dependency_features: 0,
        features: 0,
        included: 0,
        additions: 0,
        addition_features: 0,
        ..mark
    }
}

#[cfg(test)]
mod tests {
    use headlock_log::record;
    use semver::Version;

    use super::*;
    use crate::problem::ReleaseParts;

    const CONTENT: Digest = Digest([0x11; 32]);

    fn supply<'a>(catalog: &mut Catalog, package: u32, releases: &[(record::Release<'a>, bool)]) {
        let versions: Vec<Version> =
            releases.iter().map(|(record, _)| Version::parse(record.version).expect("a version")).collect();
        let parts: Vec<ReleaseParts<'_>> = releases
            .iter()
            .zip(&versions)
            .map(|((record, yanked), version)| ReleaseParts { record, version, yanked: *yanked, place: 7 })
            .collect();
        catalog.supply(package, &parts).expect("releases");
    }

    fn release<'a>(version: &'a str, dependencies: Vec<record::Dependency<'a>>) -> record::Release<'a> {
        record::Release {
            package: "ns:a",
            version,
            content: CONTENT,
            exclusives: Vec::new(),
            dependencies: dependencies.into_iter().map(Into::into).collect(),
            features: Vec::new(),
            maintainers: None,
            prev: None,
            signatures: Vec::new(),
        }
    }

    fn dependency<'a>(package: &'a str, requirement: &'a str, features: Vec<&'a str>) -> record::Dependency<'a> {
        record::Dependency { registry: None, package, requirement, content: None, features, optional: false }
    }

    fn consumer() -> Catalog {
        let mut catalog = Catalog::new(99);
        let mut content = [0; 32];
        content[7] = 1;
        content[8] = 2;
        content[31] = 3;
        catalog.add_root("one.example/r", "ns:a", "^1", None, &["f", "g"]).expect("a root");
        catalog.add_root("two.example/r", "ns:b", "*", Some(Digest(content)), &[]).expect("a root");
        catalog.add_link("one.example/r", "two.example/r", None);
        catalog.add_link("two.example/r", "one.example/r", Some(&["ns:a"]));
        catalog
    }

    #[test]
    fn start_gives_tables_roots_what_is_said_of_packages_and_budget() {
        let mut catalog = consumer();
        catalog.add_override(("one.example/r", "ns:a"), ("two.example/r", "ns:d"));
        catalog.add_preference("two.example/r", "ns:b", &Version::new(1, 2, 3));
        problem(&catalog, |problem| {
            assert_eq!(problem.tables.registries, ["one.example/r", "two.example/r"]);
            assert_eq!(problem.tables.names, ["ns:a", "ns:b", "ns:d"]);
            let packages: Vec<_> =
                problem.tables.packages.iter().map(|package| (package.registry, package.name)).collect();
            assert_eq!(packages, [(0, 0), (1, 1), (1, 2)]);
            let requirements: Vec<_> = problem
                .tables
                .requirements
                .iter()
                .map(|requirement| (requirement.range, requirement.content))
                .collect();
            assert_eq!(requirements, [("^1", None), ("*", Some((1, 2 << 56, 0, 3)))]);
            assert_eq!(problem.tables.features, ["f", "g"]);
            assert_eq!(problem.tables.versions, ["1.2.3"]);
            assert!(problem.tables.exclusives.is_empty());
            let roots: Vec<_> =
                problem.roots.iter().map(|root| (root.package, root.requirement, root.features.to_vec())).collect();
            assert_eq!(roots, [(0, 0, vec![0, 1]), (1, 1, vec![])]);
            let links: Vec<_> =
                problem.links.iter().map(|link| (link.dependent, link.dependency, link.packages)).collect();
            assert_eq!(links, [(0, 1, None), (1, 0, Some(&[0][..]))]);
            let overrides: Vec<_> =
                problem.overrides.iter().map(|replaced| (replaced.package, replaced.replacement)).collect();
            assert_eq!(overrides, [(0, 2)]);
            let preferences: Vec<_> =
                problem.preferences.iter().map(|preferred| (preferred.package, preferred.version)).collect();
            assert_eq!(preferences, [(1, 0)]);
            assert_eq!(problem.budget, 99);
        });
    }

    #[test]
    fn supply_gives_what_is_new_and_counts_what_each_owner_has() {
        let mut catalog = consumer();
        let told = after_start(&catalog);
        let mut second = release(
            "1.1.0",
            vec![
                dependency("ns:c", "^1", vec!["f", "h"]),
                record::Dependency {
                    registry: Some("two.example/r"),
                    content: Some(CONTENT),
                    optional: true,
                    ..dependency("ns:b", "*", vec!["g"])
                },
            ],
        );
        second.exclusives = vec!["z"];
        second.features = vec![
            record::Feature { name: "f", includes: vec!["g", "i"], additions: vec![] }.into(),
            record::Feature {
                name: "g",
                includes: vec![],
                additions: vec![record::Addition { dependency: 1, features: vec!["k"] }],
            }
            .into(),
        ];
        supply(&mut catalog, 0, &[(release("1.0.0", vec![]), true), (second, false)]);
        catalog.supply_absent(1);
        packages(&catalog, &told, |given| {
            assert!(given.tables.registries.is_empty());
            assert_eq!(given.tables.names, ["ns:c"]);
            assert_eq!(given.tables.versions, ["1.0.0", "1.1.0"]);
            assert_eq!(given.tables.features, ["h", "i", "k"]);
            assert_eq!(given.tables.exclusives, ["z"]);
            let packages: Vec<_> =
                given.tables.packages.iter().map(|package| (package.registry, package.name)).collect();
            assert_eq!(packages, [(0, 2)]);
            let requirements: Vec<_> = given.tables.requirements.iter().map(|requirement| requirement.range).collect();
            assert_eq!(requirements, ["*"]);
            let supplied: Vec<_> =
                given.supplied.iter().map(|supplied| (supplied.package, supplied.releases)).collect();
            assert_eq!(supplied, [(0, Some(2)), (1, None)]);
            let releases: Vec<_> = given
                .releases
                .iter()
                .map(|release| {
                    (release.version, release.yanked, release.exclusives, release.dependencies, release.features)
                })
                .collect();
            assert_eq!(releases, [(0, true, 0, 0, 0), (1, false, 1, 2, 2)]);
            assert_eq!(
                given.releases[0].content,
                (0x1111_1111_1111_1111, 0x1111_1111_1111_1111, 0x1111_1111_1111_1111, 0x1111_1111_1111_1111)
            );
            assert_eq!(given.exclusives, [0]);
            let dependencies = given.dependencies;
            assert_eq!(dependencies.packages, [2, 1]);
            assert_eq!(dependencies.requirements, [0, 2]);
            assert_eq!(dependencies.features, [2, 1]);
            assert_eq!(dependencies.optional, [1]);
            assert_eq!(given.dependency_features, [0, 2, 1]);
            let features = given.features;
            assert_eq!(
                (features.names, features.includes, features.additions),
                (&[0, 1][..], &[2, 0][..], &[0, 1][..])
            );
            assert_eq!(given.included, [1, 3]);
            assert_eq!((given.additions.dependencies, given.additions.features), (&[1][..], &[1][..]));
            assert_eq!(given.addition_features, [4]);
        });
        let told = catalog.mark();
        supply(&mut catalog, 2, &[(release("1.0.0", vec![dependency("ns:a", "^1", vec![])]), false)]);
        packages(&catalog, &told, |given| {
            assert!(given.tables.names.is_empty() && given.tables.versions.is_empty());
            assert_eq!(given.supplied.len(), 1);
            assert_eq!(given.releases[0].version, 0);
            assert_eq!((given.dependencies.packages, given.dependencies.requirements), (&[0][..], &[0][..]));
        });
    }
}
