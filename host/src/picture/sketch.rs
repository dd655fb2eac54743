//! What is in a picture: nodes with their texts, and edges between them.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::name::in_ascii;

use crate::error::Result;
use crate::inputs::Replacement;
use crate::lock::{Links, Lock, LockedPackage, PinnedLog};
use crate::report::count;

/// How many others a node's text names.
const MAX_TOLD: usize = 12;

/// Nodes and edges. All texts are ASCII without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// What it is a picture of.
    pub title: String,
    /// The picture in a few sentences.
    pub description: String,
    /// The registries, which have a colour each.
    pub groups: Vec<String>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// How many edges there are that are not drawn.
    pub implied: usize,
}

/// A release, or a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What is written on it, a line each: one, or two.
    pub lines: Vec<String>,
    /// What is told of it where somebody points at it.
    pub told: Vec<String>,
    /// Place of its registry in the groups.
    pub group: usize,
    /// What is special about it.
    pub marks: BTreeSet<Mark>,
    /// To others, ascending, each once; none to itself.
    pub edges: Vec<Edge>,
}

/// An edge from the node that has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// To which node.
    pub to: usize,
    /// What is between them.
    pub tie: Tie,
    /// What is written on it, in text for graphviz; may be empty.
    pub label: String,
}

/// What is between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// The one needs the other.
    Needs,
    /// The one log holds the head of the other.
    Holds,
}

/// What is special about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The consumer itself.
    Consumer,
    /// The consumer asks for it.
    Root,
    /// It is there in several versions.
    Several,
    /// It stands in the place of something else: a fork or a component of the consumer's own.
    Override,
    /// It is in no registry.
    Local,
    /// A log whose head another log holds.
    Derived,
}

impl Mark {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Consumer => "the consumer",
            Mark::Root => "asked for by the consumer",
            Mark::Several => "in several versions",
            Mark::Override => "in the place of another, by an override",
            Mark::Local => "local, in no registry",
            Mark::Derived => "its head is held by another log",
        }
    }
}

impl Sketch {
    /// The releases of a lock.
    ///
    /// # Errors
    /// Malformed: the lock depends on what it does not hold.
    pub fn of_packages(lock: &Lock) -> Result<Sketch> {
        let links = Links::of(lock)?;
        let needed_by = links.needed_by();
        let origins: BTreeSet<&str> = links.packages.iter().map(|package| package.registry.as_str()).collect();
        let groups: BTreeMap<&str, usize> = origins.iter().copied().zip(0..).collect();
        let several: BTreeSet<usize> = links.tracks().into_values().filter(|all| all.len() > 1).flatten().collect();
        let roots: BTreeSet<usize> = links.roots.iter().copied().collect();
        let instead = replacing(lock);
        // What all names have in common is said once.
        let namespace = namespace(links.packages);
        let name = |place: usize| links.packages[place].name.clone() + " " + &links.packages[place].version;
        let node = |(place, package): (usize, &LockedPackage)| {
            let LockedPackage { registry, name: package_name, version, record, features, .. } = package;
            let replaced = instead.get(&(registry.as_str(), package_name.as_str()));
            let marks = [
                (Mark::Root, roots.contains(&place)),
                (Mark::Several, several.contains(&place)),
                (Mark::Override, replaced.is_some()),
                (Mark::Local, record.is_none()),
            ];
            let marks: BTreeSet<Mark> = marks.into_iter().filter_map(|(mark, is_so)| is_so.then_some(mark)).collect();
            let mut told = vec![format!("{package_name} {version} of {registry}")];
            told.extend(record.map(|record| format!("record {record}")));
            told.extend(marks.iter().map(|mark| mark.word().to_owned()));
            told.extend(replaced.map(|replaced| format!("in the place of {replaced}")));
            if !features.is_empty() {
                told.push(format!("features: {}", several_of(features.iter().cloned())));
            }
            told.push(match &package.maintainers {
                Some(maintainers) => format!("maintainers: {}", maintainers.share()),
                None => "maintainers: no keys".to_owned(),
            });
            told.push(format!("needs {}", several_of(links.needs[place].iter().map(|&to| name(to)))));
            told.push(format!("needed by {}", several_of(needed_by[place].iter().map(|&from| name(from)))));
            let edges: BTreeSet<usize> = links.needs[place].iter().copied().filter(|&to| to != place).collect();
            let edge = |to| Edge { to, tie: Tie::Needs, label: String::new() };
            Node {
                lines: vec![in_ascii(name(place).strip_prefix(&namespace).unwrap_or(&name(place)))],
                told: told.iter().map(|line| in_ascii(line)).collect(),
                group: groups.get(registry.as_str()).copied().unwrap_or(0),
                marks,
                edges: edges.into_iter().map(edge).collect(),
            }
        };
        let nodes: Vec<Node> = links.packages.iter().enumerate().map(node).collect();
        let edges: usize = nodes.iter().map(|node| node.edges.len()).sum();
        let (releases, registries) = (count(nodes.len() as u64, "release"), group_count(origins.len()));
        let asked: Vec<String> = roots.iter().map(|&root| name(root)).collect();
        let description = format!(
            "A lock of {releases} of {registries}, with {}. The consumer asks for {}. What a release needs stands to the right of it.",
            count(edges as u64, "edge"),
            several_of(asked.into_iter())
        );
        Ok(Sketch {
            title: match namespace.as_str() {
                "" => format!("{releases} of {registries}"),
                namespace => in_ascii(&format!("{releases} of {registries}, all named {namespace}NAME")),
            },
            description: in_ascii(&description),
            groups: origins.into_iter().map(in_ascii).collect(),
            nodes,
            implied: 0,
        })
    }

    /// The registries of a lock, and the consumer.
    ///
    /// # Errors
    /// As [`Sketch::of_packages`].
    pub fn of_registries(lock: &Lock) -> Result<Sketch> {
        let links = Links::of(lock)?;
        let mut logs: Vec<(&PinnedLog, Option<&str>)> = lock.claim.logs.iter().map(|log| (log, None)).collect();
        logs.extend(lock.derived.logs.iter().map(|held| (&held.log, Some(held.from.as_str()))));
        logs.sort_by(|(one, _), (other, _)| one.origin.cmp(&other.origin));
        // The consumer comes first.
        let places: BTreeMap<&str, usize> = logs.iter().map(|(log, _)| log.origin.as_str()).zip(1..).collect();
        let mut needs: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
        let place_of = |package: &LockedPackage| match package.record {
            Some(_) => places.get(package.registry.as_str()).copied(),
            // A local component is the consumer's own.
            None => Some(0),
        };
        for &root in &links.roots {
            let to = place_of(&links.packages[root]);
            needs.entry((0, to.unwrap_or(0))).or_default().insert(root);
        }
        for (package, targets) in links.packages.iter().zip(&links.needs) {
            for &target in targets {
                if let (Some(from), Some(to)) = (place_of(package), place_of(&links.packages[target])) {
                    needs.entry((from, to)).or_default().insert(target);
                }
            }
        }
        for input in &lock.claim.inputs.dependencies {
            needs.entry((0, places.get(input.registry.as_str()).copied().unwrap_or(0))).or_default();
        }
        let mut nodes = vec![Node {
            lines: vec!["the consumer".to_owned(), asked(lock)],
            told: vec!["the consumer".to_owned(), asked(lock)],
            group: 0,
            marks: BTreeSet::from([Mark::Consumer]),
            edges: Vec::new(),
        }];
        for (place, (log, from)) in logs.iter().enumerate() {
            let of = |package: &&LockedPackage| package.record.is_some() && package.registry == log.origin;
            let releases = count(links.packages.iter().filter(of).count() as u64, "release");
            let basis = from.map_or("pinned".to_owned(), |from| format!("derived from {from}"));
            let short = if from.is_some() { "derived" } else { "pinned" };
            let told = [
                log.origin.clone(),
                format!("head: {}, root {}", count(log.size, "record"), log.root),
                basis,
                format!("{releases} of the lock"),
            ];
            nodes.push(Node {
                lines: vec![in_ascii(&log.origin), format!("{}, {short}; {releases}", count(log.size, "record"))],
                told: told.iter().map(|line| in_ascii(line)).collect(),
                group: place + 1,
                marks: from.is_some().then_some(Mark::Derived).into_iter().collect(),
                edges: Vec::new(),
            });
        }
        for ((from, to), targets) in &needs {
            let what = match targets.len() {
                0 => "asks for packages of it".to_owned(),
                some => format!("needs {}", count(some as u64, "release")),
            };
            if from == to {
                continue;
            }
            let other = nodes[*to].told[0].clone();
            nodes[*from].told.push(format!("{what}: {other}"));
            nodes[*from].edges.push(Edge { to: *to, tie: Tie::Needs, label: what });
        }
        for (log, from) in &logs {
            let (Some(from), Some(&to)) = (from, places.get(log.origin.as_str())) else { continue };
            let Some(&from) = places.get(from).filter(|&&from| from != to) else { continue };
            nodes[from].told.push(in_ascii(&format!("holds the head of {}", log.origin)));
            nodes[from].edges.push(Edge { to, tie: Tie::Holds, label: "holds its head".to_owned() });
        }
        nodes.iter_mut().for_each(|node| node.edges.sort());
        let (pinned, derived) = (lock.claim.logs.len(), lock.derived.logs.len());
        Ok(Sketch {
            title: format!("{} of a lock", group_count(logs.len())),
            description: format!(
                "The registries of a lock, {pinned} with a pinned head and {derived} with one that another log holds. A line leads from whose releases need others to the registry of those; a broken line to a log whose head is held."
            ),
            groups: std::iter::once("the consumer".to_owned())
                .chain(logs.iter().map(|(log, _)| in_ascii(&log.origin)))
                .collect(),
            nodes,
            implied: 0,
        })
    }
}

/// The namespace that all packages share, with its colon; nothing, if there are several, or but one package.
fn namespace(packages: &[LockedPackage]) -> String {
    let of = |package: &LockedPackage| package.name.split_once(':').map(|(namespace, _)| format!("{namespace}:"));
    let Some(first) = packages.first().and_then(of).filter(|_| packages.len() > 1) else { return String::new() };
    if packages.iter().all(|package| of(package).as_ref() == Some(&first)) { first } else { String::new() }
}

/// What the consumer asks for, in a few words.
fn asked(lock: &Lock) -> String {
    let asked = lock.claim.inputs.dependencies.len() as u64;
    let replaced = lock.claim.inputs.overrides.len() as u64;
    match replaced {
        0 => count(asked, "requirement"),
        _ => format!("{}, {}", count(asked, "requirement"), count(replaced, "override")),
    }
}

/// By package what it stands in the place of, by an override of the lock.
fn replacing(lock: &Lock) -> BTreeMap<(&str, &str), String> {
    let overrides = lock.claim.inputs.overrides.iter().map(|replaced| match &replaced.by {
        Replacement::Package { registry, name } => {
            ((registry.as_str(), name.as_str()), format!("{} of {}", replaced.name, replaced.registry))
        }
        Replacement::Local(_) => {
            ((replaced.registry.as_str(), replaced.name.as_str()), "all that its registry says of it".to_owned())
        }
    });
    overrides.collect()
}

fn group_count(registries: usize) -> String {
    match registries {
        1 => "1 registry".to_owned(),
        many => format!("{many} registries"),
    }
}

/// Some of a list, and how many more there are.
fn several_of(all: impl ExactSizeIterator<Item = String>) -> String {
    let length = all.len();
    let mut named: Vec<String> = all.take(MAX_TOLD).collect();
    match length {
        0 => "nothing".to_owned(),
        _ => {
            if length > MAX_TOLD {
                named.push(format!("{} more", length - MAX_TOLD));
            }
            named.join(", ")
        }
    }
}
