//! Problems as text, for tests.
//!
//! ```text
//! root a ^1 +f                          the consumer depends on a, asking for feature f
//! link r s                              releases of registry r may depend on packages of s
//! override a s/a                        s/a stands in the place of a
//! prefer a 1.0.0                        ranks above other releases of a
//! a 1.0.0 yanked | needs b ^1 +f +g     a release and its dependencies
//! b 1.0.0 | may c ^2 | feature f: g @0+h | only native
//! ```
//!
//! `may` is an optional dependency, `@0+h` adds the first dependency with feature h, `only` names an exclusive
//! resource, `#7` a content. A package is in registry `r` unless it is written `s/name`.

mod render;

use std::collections::BTreeMap;

use semver::Version;

use crate::Solver;
use crate::contract::*;

/// In which order everything is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// As written.
    Forwards,
    /// The other way round, wherever order is free.
    Backwards,
}

/// A problem, and what the solver was told of it so far.
pub(crate) struct Teller {
    telling: Telling,
    roots: Vec<Vec<String>>,
    links: Vec<(String, String, Vec<String>)>,
    overrides: Vec<(String, String)>,
    preferences: Vec<(String, String)>,
    lines: BTreeMap<String, Vec<Vec<Vec<String>>>>,
    known: [Vec<String>; 7],
    new: Tables,
    releases: Vec<String>,
    /// The packages that each round asked for.
    pub(crate) rounds: Vec<String>,
}

const REGISTRIES: usize = 0;
const NAMES: usize = 1;
const PACKAGES: usize = 2;
const VERSIONS: usize = 3;
const REQUIREMENTS: usize = 4;
const FEATURES: usize = 5;
const EXCLUSIVES: usize = 6;

/// Solves a problem, told both ways. The outcome as text, see [`render`].
pub(crate) fn solve(text: &str) -> String {
    let forwards = Teller::new(text, Telling::Forwards).solve(u64::MAX);
    let backwards = Teller::new(text, Telling::Backwards).solve(u64::MAX);
    assert_eq!(forwards, backwards, "the order in which a problem is told changes the outcome");
    forwards
}

fn empty_tables() -> Tables {
    Tables {
        registries: vec![],
        names: vec![],
        packages: vec![],
        versions: vec![],
        requirements: vec![],
        features: vec![],
        exclusives: vec![],
    }
}

/// A call of `supply` without anything.
pub(crate) fn no_packages() -> Packages {
    Packages {
        tables: empty_tables(),
        supplied: vec![],
        releases: vec![],
        exclusives: vec![],
        dependencies: Dependencies { packages: vec![], requirements: vec![], features: vec![], optional: vec![] },
        dependency_features: vec![],
        features: Features { names: vec![], includes: vec![], additions: vec![] },
        included: vec![],
        additions: Additions { dependencies: vec![], features: vec![] },
        addition_features: vec![],
    }
}

impl Teller {
    pub(crate) fn new(text: &str, telling: Telling) -> Teller {
        let mut teller = Teller {
            telling,
            roots: vec![],
            links: vec![],
            overrides: vec![],
            preferences: vec![],
            lines: BTreeMap::new(),
            known: Default::default(),
            new: empty_tables(),
            releases: vec![],
            rounds: vec![],
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut parts: Vec<Vec<String>> =
                line.split('|').map(|part| part.split_whitespace().map(str::to_owned).collect()).collect();
            match parts[0][0].as_str() {
                "root" => teller.roots.push(parts.remove(0).split_off(1)),
                "link" => teller.links.push((parts[0][1].clone(), parts[0][2].clone(), parts[0][3..].to_vec())),
                "override" => teller.overrides.push((parts[0][1].clone(), parts[0][2].clone())),
                "prefer" => teller.preferences.push((parts[0][1].clone(), parts[0][2].clone())),
                name => teller.lines.entry(full_name(name)).or_default().push(parts),
            }
        }
        for releases in teller.lines.values_mut() {
            releases.sort_by_key(|parts| Version::parse(&parts[0][1]).expect("a version"));
        }
        teller
    }

    fn ordered<T>(&self, mut list: Vec<T>) -> Vec<T> {
        if self.telling == Telling::Backwards {
            list.reverse();
        }
        list
    }

    /// The number of a text in a table, and whether it is new.
    fn number(&mut self, table: usize, text: &str) -> (u32, bool) {
        let known = &mut self.known[table];
        match known.iter().position(|other| other == text) {
            Some(place) => (place as u32, false),
            None => {
                known.push(text.to_owned());
                (known.len() as u32 - 1, true)
            }
        }
    }

    fn registry(&mut self, text: &str) -> u32 {
        let (number, is_new) = self.number(REGISTRIES, text);
        self.new.registries.extend(is_new.then(|| text.to_owned()));
        number
    }

    fn package(&mut self, text: &str) -> u32 {
        let full = full_name(text);
        let (registry, name) = full.split_once('/').expect("a registry");
        let registry = self.registry(registry);
        let (name_number, is_new) = self.number(NAMES, name);
        self.new.names.extend(is_new.then(|| name.to_owned()));
        let (number, is_new) = self.number(PACKAGES, &full);
        self.new.packages.extend(is_new.then_some(Package { registry, name: name_number }));
        number
    }

    fn requirement(&mut self, text: &str) -> u32 {
        let (number, is_new) = self.number(REQUIREMENTS, text);
        let (range, content) = match text.split_once('#') {
            Some((range, content)) => (range, Some(digest(content))),
            None => (text, None),
        };
        self.new.requirements.extend(is_new.then(|| Requirement { range: range.replace('_', " "), content }));
        number
    }

    fn version(&mut self, text: &str) -> u32 {
        let (number, is_new) = self.number(VERSIONS, text);
        self.new.versions.extend(is_new.then(|| text.to_owned()));
        number
    }

    fn features(&mut self, words: &[String]) -> Vec<u32> {
        let names = self.ordered(words.iter().filter_map(|word| word.strip_prefix('+')).collect());
        names.into_iter().map(|name| self.feature(name)).collect()
    }

    fn feature(&mut self, name: &str) -> u32 {
        let (number, is_new) = self.number(FEATURES, name);
        self.new.features.extend(is_new.then(|| name.to_owned()));
        number
    }

    pub(crate) fn problem(&mut self, budget: u64) -> Problem {
        let roots = self.ordered(self.roots.clone());
        let roots = roots.iter().map(|words| Root {
            package: self.package(&words[0]),
            requirement: self.requirement(&words[1]),
            features: self.features(words),
        });
        let roots = roots.collect();
        let links = self.ordered(self.links.clone());
        let links = links.iter().map(|(dependent, dependency, packages)| Link {
            dependent: self.registry(dependent),
            dependency: self.registry(dependency),
            packages: (!packages.is_empty()).then(|| packages.iter().map(|name| self.package(name)).collect()),
        });
        let links = links.collect();
        let overrides = self.ordered(self.overrides.clone());
        let overrides = overrides
            .iter()
            .map(|(package, replacement)| Override {
                package: self.package(package),
                replacement: self.package(replacement),
            })
            .collect();
        let preferences = self.ordered(self.preferences.clone());
        let preferences = preferences
            .iter()
            .map(|(package, version)| Preference { package: self.package(package), version: self.version(version) })
            .collect();
        Problem {
            tables: std::mem::replace(&mut self.new, empty_tables()),
            roots,
            links,
            overrides,
            preferences,
            budget,
        }
    }

    pub(crate) fn supply(&mut self, asked: &[u32]) -> Packages {
        let mut packages = no_packages();
        for package in self.ordered(asked.to_vec()) {
            let name = self.known[PACKAGES][package as usize].clone();
            let releases = self.lines.get(&name).cloned();
            packages.supplied.push(Supplied { package, releases: releases.as_ref().map(|list| list.len() as u32) });
            for parts in releases.unwrap_or_default() {
                self.releases.push(format!("{} {}", name.trim_start_matches("r/"), parts[0][1]));
                self.add_release(&parts, &mut packages);
            }
        }
        packages.tables = std::mem::replace(&mut self.new, empty_tables());
        packages
    }

    fn add_release(&mut self, parts: &[Vec<String>], packages: &mut Packages) {
        let version = self.version(&parts[0][1]);
        let content = parts[0].iter().find_map(|word| word.strip_prefix('#')).map_or((0, 0, 0, 0), digest);
        let yanked = parts[0].iter().any(|word| word == "yanked");
        let of_kind = |kinds: &[&str]| -> Vec<Vec<String>> {
            parts[1..].iter().filter(|part| kinds.contains(&part[0].as_str())).cloned().collect()
        };
        let dependencies = self.ordered(of_kind(&["needs", "may"]));
        let features = self.ordered(of_kind(&["feature"]));
        let exclusives = self.ordered(of_kind(&["only"]));
        packages.releases.push(Release {
            version,
            content,
            yanked,
            exclusives: exclusives.len() as u32,
            dependencies: dependencies.len() as u32,
            features: features.len() as u32,
        });
        for words in exclusives {
            let (number, is_new) = self.number(EXCLUSIVES, &words[1]);
            self.new.exclusives.extend(is_new.then(|| words[1].clone()));
            packages.exclusives.push(number);
        }
        for words in &dependencies {
            let asked = self.features(words);
            let columns = &mut packages.dependencies;
            if words[0] == "may" {
                columns.optional.push(columns.packages.len() as u32);
            }
            columns.packages.push(self.package(&words[1]));
            columns.requirements.push(self.requirement(&words[2]));
            columns.features.push(asked.len() as u32);
            packages.dependency_features.extend(asked);
        }
        for words in features {
            self.add_feature(&words, dependencies.len(), packages);
        }
    }

    fn add_feature(&mut self, words: &[String], dependencies: usize, packages: &mut Packages) {
        let name = self.feature(words[1].trim_end_matches(':'));
        let included: Vec<&String> = words[2..].iter().filter(|word| !word.starts_with('@')).collect();
        let additions: Vec<&String> = words[2..].iter().filter(|word| word.starts_with('@')).collect();
        packages.features.names.push(name);
        packages.features.includes.push(included.len() as u32);
        packages.features.additions.push(additions.len() as u32);
        for word in self.ordered(included) {
            let number = self.feature(word);
            packages.included.push(number);
        }
        for word in self.ordered(additions) {
            let mut words = word[1..].split('+');
            let written: usize = words.next().and_then(|place| place.parse().ok()).expect("a place");
            let dependency = match self.telling {
                Telling::Forwards => written,
                Telling::Backwards => dependencies - 1 - written,
            };
            let further: Vec<u32> = words.map(|name| self.feature(name)).collect();
            packages.additions.dependencies.push(dependency as u32);
            packages.additions.features.push(further.len() as u32);
            packages.addition_features.extend(further);
        }
    }
}

impl Teller {
    /// Solves the problem. The outcome as text.
    pub(crate) fn solve(&mut self, budget: u64) -> String {
        let problem = self.problem(budget);
        let (mut solver, mut outcome) = Solver::start(problem);
        while let Outcome::Incomplete(asked) = &outcome {
            let mut names: Vec<&str> = asked.iter().map(|&package| self.name(package)).collect();
            names.sort_unstable();
            self.rounds.push(names.join(" "));
            let packages = self.supply(&asked.clone());
            outcome = solver.supply(packages);
        }
        self.outcome(&outcome)
    }
}

fn full_name(text: &str) -> String {
    if text.contains('/') { text.to_owned() } else { format!("r/{text}") }
}

fn digest(content: &str) -> Digest {
    (content.parse().expect("a number"), 0, 0, 0)
}
