//! What differs between two locks, in words: this package, expected that version, by this record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use headlock_log::name::in_ascii;

use super::{Derived, DerivedLog, Lock, LockedPackage, PinnedLog};

/// One difference between a lock as found and as derived again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: a section, or a package.
    pub subject: String,
    /// What the derivation gives.
    pub expected: String,
    /// What the lock says.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All that is expected is ASCII: what only looks like it is told from it.
        let text = format!("{}: expected {}, found {}", self.subject, self.expected, self.found);
        f.write_str(&in_ascii(&text))
    }
}

/// Lists what differs between a lock as found and what was derived from its claim; nothing if all is the same. Packages
/// first, digests last, so that the first line says what happened.
pub fn compare(found: &Lock, expected: &Derived) -> Vec<Difference> {
    let mut differences = Vec::new();
    let found = &found.derived;
    packages(&found.packages, &expected.packages, &mut differences);
    let targets = |derived: &Derived| derived.roots.iter().map(|target| target.0.clone()).collect::<Vec<_>>();
    texts("the consumer's dependencies", targets(expected), targets(found), &mut differences);
    let consulted = |derived: &Derived| -> Vec<String> {
        let names = derived.consulted.iter().flat_map(|c| c.names.iter().map(move |name| (&c.registry, name)));
        names.map(|(registry, name)| format!("{name} of {registry}")).collect()
    };
    texts("the consulted packages", consulted(expected), consulted(found), &mut differences);
    let logs = |derived: &Derived| -> Vec<String> {
        let head = |held: &DerivedLog| {
            let PinnedLog { origin, size, root, .. } = &held.log;
            format!("{origin} at {size} records, root {root}, by {}", held.from)
        };
        derived.logs.iter().map(head).collect()
    };
    if logs(expected) != logs(found) {
        texts("the derived heads", logs(expected), logs(found), &mut differences);
    } else if expected.logs != found.logs {
        differences.push(Difference {
            subject: "the derived heads".to_owned(),
            expected: "the signatures that the logs hold".to_owned(),
            found: "others".to_owned(),
        });
    }
    let digests = [
        ("the problem's sha256", expected.problem, found.problem),
        ("the outcome's sha256", expected.outcome, found.outcome),
    ];
    for (subject, expected, found) in digests {
        if expected != found {
            differences.push(Difference {
                subject: subject.to_owned(),
                expected: expected.to_string(),
                found: found.to_string(),
            });
        }
    }
    differences
}

fn texts(subject: &str, expected: Vec<String>, found: Vec<String>, out: &mut Vec<Difference>) {
    if expected == found {
        return;
    }
    let (all_expected, all_found): (BTreeSet<&String>, BTreeSet<&String>) =
        (expected.iter().collect(), found.iter().collect());
    let list = |texts: Vec<&&String>| match texts.as_slice() {
        [] => "nothing more".to_owned(),
        some => some.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(", "),
    };
    let missing = list(all_expected.difference(&all_found).collect());
    let extra = list(all_found.difference(&all_expected).collect());
    let (expected, found) = match missing == extra {
        true => ("another order, or each once".to_owned(), "the same entries otherwise".to_owned()),
        false => (missing, extra),
    };
    out.push(Difference { subject: subject.to_owned(), expected, found });
}

fn packages(found: &[LockedPackage], expected: &[LockedPackage], out: &mut Vec<Difference>) {
    type Key<'a> = (&'a str, &'a str);
    let group = |packages: &'_ [LockedPackage]| -> BTreeMap<(String, String), Vec<LockedPackage>> {
        let mut groups: BTreeMap<(String, String), Vec<LockedPackage>> = BTreeMap::new();
        for package in packages {
            groups.entry((package.registry.clone(), package.name.clone())).or_default().push(package.clone());
        }
        groups
    };
    let (found, expected) = (group(found), group(expected));
    let keys: BTreeSet<Key<'_>> =
        found.keys().chain(expected.keys()).map(|(registry, name)| (registry.as_str(), name.as_str())).collect();
    for (registry, name) in keys {
        let key = (registry.to_owned(), name.to_owned());
        let none = Vec::new();
        let (found, expected) = (found.get(&key).unwrap_or(&none), expected.get(&key).unwrap_or(&none));
        if found == expected {
            continue;
        }
        let subject = format!("package {name} of {registry}");
        let versions = |packages: &[LockedPackage]| match packages {
            [] => "none".to_owned(),
            some => {
                let from = |package: &LockedPackage| match package.record {
                    Some(record) => format!("record {record}"),
                    None => "a local component".to_owned(),
                };
                let each = some.iter().map(|package| format!("{} ({})", package.version, from(package)));
                each.collect::<Vec<_>>().join(" and ")
            }
        };
        let shape = |packages: &[LockedPackage]| {
            packages.iter().map(|package| (package.version.clone(), package.record)).collect::<Vec<_>>()
        };
        if shape(found) != shape(expected) {
            out.push(Difference { subject, expected: versions(expected), found: versions(found) });
            continue;
        }
        for (found, expected) in found.iter().zip(expected) {
            fields(&format!("{subject}, version {}", found.version), found, expected, out);
        }
    }
}

fn fields(subject: &str, found: &LockedPackage, expected: &LockedPackage, out: &mut Vec<Difference>) {
    if found.sha256 != expected.sha256 {
        out.push(Difference {
            subject: format!("{subject}, its sha256"),
            expected: expected.sha256.to_string(),
            found: found.sha256.to_string(),
        });
    }
    let maintainers = |package: &LockedPackage| {
        package.maintainers.as_ref().map_or("none".to_owned(), |maintainers| maintainers.texts().join(", "))
    };
    if found.maintainers != expected.maintainers {
        out.push(Difference {
            subject: format!("{subject}, its maintainers"),
            expected: maintainers(expected),
            found: maintainers(found),
        });
    }
    texts(&format!("{subject}, its features"), expected.features.clone(), found.features.clone(), out);
    let targets =
        |package: &LockedPackage| package.dependencies.iter().map(|target| target.0.clone()).collect::<Vec<_>>();
    texts(&format!("{subject}, its dependencies"), targets(expected), targets(found), out);
}
