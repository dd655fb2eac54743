//! Whether an answer is a complete one: the page's four conditions but for reachability, which [`super::queue`] checks,
//! and the order of every list.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::problem::{Answer, Binding, Catalog, Chosen, Feature};

use super::{AnswerFault, Edge, Records, Words};

/// An answer that is complete, but may hold what nothing leads to.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// The consumer, then every release in the answer's order.
    pub(super) nodes: Vec<Node<'a>>,
}

/// A dependent: the consumer or a release in an answer.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// The release; nothing for the consumer.
    pub(super) release: Option<u32>,
    /// The features that are on, ascending by number.
    pub(super) features: Vec<(u32, &'a Feature)>,
    /// What its dependencies are bound to.
    pub(super) bindings: &'a [Binding],
    /// For each binding the node that it is bound to.
    pub(super) targets: Vec<usize>,
    /// The bindings' places, ascending by numbers of package and requirement.
    places: Vec<usize>,
}

impl<'a> Node<'a> {
    fn new(release: Option<u32>, features: Vec<(u32, &'a Feature)>, bindings: &'a [Binding]) -> Node<'a> {
        let mut places: Vec<usize> = (0..bindings.len()).collect();
        places.sort_unstable_by_key(|&place| key(&bindings[place]));
        Node { release, features, bindings, targets: Vec::new(), places }
    }

    /// The place of the binding of a dependency, if it has one.
    pub(super) fn place(&self, package: u32, requirement: u32) -> Option<usize> {
        let found = self.places.binary_search_by_key(&(package, requirement), |&place| key(&self.bindings[place]));
        found.ok().map(|index| self.places[index])
    }

    /// The place of a feature among those that are on.
    pub(super) fn on(&self, feature: u32) -> Option<usize> {
        self.features.binary_search_by_key(&feature, |&(name, _)| name).ok()
    }

    /// All edges with the features that are on.
    fn edges(&self, records: &Records<'a>) -> Vec<Edge<'a>> {
        let Some(release) = self.release else {
            return records.root_edges().collect();
        };
        let added = self.features.iter().flat_map(|(_, feature)| records.feature_edges(release, feature));
        records.release_edges(release).chain(added).collect()
    }
}

/// Checks an answer, all but reachability.
pub(super) fn check<'a>(records: &Records<'a>, answer: &'a Answer) -> Result<View<'a>, AnswerFault> {
    let catalog = records.catalog();
    check_numbers(catalog, answer)?;
    check_order(catalog, answer)?;
    let mut nodes = vec![Node::new(None, Vec::new(), &answer.roots)];
    for chosen in &answer.releases {
        let features = check_features(records, chosen)?;
        nodes.push(Node::new(Some(chosen.release), features, &chosen.bindings));
    }
    check_once(records, answer)?;
    let by_release: BTreeMap<u32, usize> =
        nodes.iter().enumerate().filter_map(|(place, node)| Some((node.release?, place))).collect();
    for place in 0..nodes.len() {
        let targets = check_bindings(records, &nodes, place, &by_release)?;
        nodes[place].targets = targets;
    }
    Ok(View { nodes })
}

/// A binding's dependency, by its numbers.
fn key(binding: &Binding) -> (u32, u32) {
    (binding.package, binding.requirement)
}

/// Ascending by registry, name, range and content (none before any), as bytes.
pub(super) fn dependency_order(catalog: &Catalog, a: (u32, u32), b: (u32, u32)) -> Ordering {
    let package = |(package, _): (u32, u32)| catalog.package_key(package);
    let wanted = |(_, requirement): (u32, u32)| {
        let requirement = &catalog.requirements[requirement as usize];
        (&requirement.range, requirement.content)
    };
    match a.0 == b.0 {
        true => Ordering::Equal,
        false => package(a).cmp(&package(b)),
    }
    .then_with(|| match a.1 == b.1 {
        true => Ordering::Equal,
        false => wanted(a).cmp(&wanted(b)),
    })
}

fn check_numbers(catalog: &Catalog, answer: &Answer) -> Result<(), AnswerFault> {
    let within = |what, number, count| match (number as usize) < count {
        true => Ok(()),
        false => Err(AnswerFault::Number { what, number, count }),
    };
    for chosen in &answer.releases {
        within("release", chosen.release, catalog.releases.len())?;
        for &feature in &chosen.features {
            within("feature", feature, catalog.feature_names.len())?;
        }
    }
    let of_releases = answer.releases.iter().flat_map(|chosen| &chosen.bindings);
    for binding in answer.roots.iter().chain(of_releases) {
        within("package", binding.package, catalog.packages.len())?;
        within("requirement", binding.requirement, catalog.requirements.len())?;
        within("release", binding.to, catalog.releases.len())?;
    }
    Ok(())
}

fn check_order(catalog: &Catalog, answer: &Answer) -> Result<(), AnswerFault> {
    let words = Words::new(catalog);
    let key =
        |release: u32| (catalog.package_key(catalog.releases[release as usize].package), catalog.version_of(release));
    for pair in answer.releases.windows(2) {
        let (before, after) = (pair[0].release, pair[1].release);
        if key(before) >= key(after) {
            return Err(AnswerFault::ReleaseOrder { before: words.release(before), after: words.release(after) });
        }
    }
    let of_releases = answer.releases.iter().map(|chosen| (Some(chosen.release), &chosen.bindings));
    for (dependent, bindings) in std::iter::once((None, &answer.roots)).chain(of_releases) {
        for pair in bindings.windows(2) {
            if dependency_order(catalog, self::key(&pair[0]), self::key(&pair[1])) != Ordering::Less {
                return Err(AnswerFault::BindingOrder {
                    dependent: words.dependent(dependent),
                    before: words.wanted(pair[0].package, pair[0].requirement),
                    after: words.wanted(pair[1].package, pair[1].requirement),
                });
            }
        }
    }
    Ok(())
}

/// Checks that a release's features are defined, in order, and closed under includes.
fn check_features<'a>(records: &Records<'a>, chosen: &Chosen) -> Result<Vec<(u32, &'a Feature)>, AnswerFault> {
    let words = Words::new(records.catalog());
    let release = || words.release(chosen.release);
    for pair in chosen.features.windows(2) {
        let (before, after) = (words.feature(pair[0]), words.feature(pair[1]));
        if before >= after {
            let (before, after) = (before.to_owned(), after.to_owned());
            return Err(AnswerFault::FeatureOrder { release: release(), before, after });
        }
    }
    let mut names = chosen.features.clone();
    names.sort_unstable();
    // Sorting what is defined once keeps this cheap for releases with thousands of features.
    let mut defined: Vec<(u32, &Feature)> =
        records.features(chosen.release).iter().map(|feature| (feature.name, feature)).collect();
    defined.sort_unstable_by_key(|&(name, _)| name);
    let mut features = Vec::with_capacity(names.len());
    for &name in &names {
        let Ok(place) = defined.binary_search_by_key(&name, |&(name, _)| name) else {
            let feature = words.feature(name).to_owned();
            return Err(AnswerFault::FeatureUndefined { release: release(), feature });
        };
        features.push(defined[place]);
    }
    for &(name, feature) in &features {
        if let Some(&included) = records.includes(feature).iter().find(|name| names.binary_search(name).is_err()) {
            return Err(AnswerFault::FeatureOpen {
                release: release(),
                feature: words.feature(name).to_owned(),
                included: words.feature(included).to_owned(),
            });
        }
    }
    Ok(features)
}

/// Checks what an answer may hold only so many times: nothing yanked, one release a track, one an exclusive resource.
fn check_once(records: &Records<'_>, answer: &Answer) -> Result<(), AnswerFault> {
    let words = Words::new(records.catalog());
    let mut tracks: BTreeMap<u32, u32> = BTreeMap::new();
    let mut exclusives: BTreeMap<u32, u32> = BTreeMap::new();
    for release in answer.releases.iter().map(|chosen| chosen.release) {
        if records.catalog().releases[release as usize].yanked {
            return Err(AnswerFault::Yanked { release: words.release(release) });
        }
        if let Some(lower) = tracks.insert(records.track_of(release), release) {
            return Err(AnswerFault::Track { lower: words.release(lower), higher: words.release(release) });
        }
        for &exclusive in records.exclusives(release) {
            match exclusives.insert(exclusive, release) {
                Some(first) if first != release => {
                    return Err(AnswerFault::Exclusive {
                        exclusive: words.exclusive(exclusive).to_owned(),
                        first: words.release(first),
                        second: words.release(release),
                    });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Checks that a dependent's bindings are those of its dependencies, and each to a release that will do. Returns for each
/// the node that it leads to.
fn check_bindings(
    records: &Records<'_>,
    nodes: &[Node<'_>],
    place: usize,
    by_release: &BTreeMap<u32, usize>,
) -> Result<Vec<usize>, AnswerFault> {
    let node = &nodes[place];
    let catalog = records.catalog();
    let words = Words::new(catalog);
    let mut targets = Vec::with_capacity(node.bindings.len());
    for binding in node.bindings {
        check_acceptance(records, node.release, binding)?;
        let Some(&target) = by_release.get(&binding.to) else {
            let dependency = words.dependency(node.release, binding.package, binding.requirement);
            return Err(AnswerFault::Outside { dependency, to: words.release(binding.to) });
        };
        targets.push(target);
    }
    let mut needed = vec![false; node.bindings.len()];
    for edge in node.edges(records) {
        let dependency = || words.dependency(node.release, edge.package, edge.requirement);
        if !edge.legal {
            let origin = |registry: u32| catalog.registries[registry as usize].clone();
            return Err(AnswerFault::NotLegal {
                dependency: dependency(),
                // The consumer may depend on anything, so there is a release.
                from: node.release.map(|release| origin(records.registry_of(release))).unwrap_or_default(),
                into: origin(catalog.packages[edge.declared as usize].registry),
            });
        }
        let Some(place) = node.place(edge.package, edge.requirement) else {
            return Err(AnswerFault::Unbound { dependency: dependency() });
        };
        needed[place] = true;
        let target = &nodes[targets[place]];
        if let Some(feature) = edge.features().find(|&feature| target.on(feature).is_none()) {
            return Err(AnswerFault::FeatureOff {
                dependency: dependency(),
                to: words.release(node.bindings[place].to),
                feature: words.feature(feature).to_owned(),
            });
        }
    }
    match needed.iter().position(|needed| !needed) {
        None => Ok(targets),
        Some(place) => {
            let binding = &node.bindings[place];
            Err(AnswerFault::NoDependency {
                dependent: words.dependent(node.release),
                wanted: words.wanted(binding.package, binding.requirement),
                to: words.release(binding.to),
            })
        }
    }
}

/// Checks that a binding is to a release of its package, and accepted.
fn check_acceptance(records: &Records<'_>, dependent: Option<u32>, binding: &Binding) -> Result<(), AnswerFault> {
    let catalog = records.catalog();
    let words = Words::new(catalog);
    let &Binding { package, requirement, to } = binding;
    let dependency = || words.dependency(dependent, package, requirement);
    if records.package_of(to) != package {
        return Err(AnswerFault::OtherPackage { dependency: dependency(), to: words.release(to) });
    }
    match records.accepts(requirement, to) {
        true => Ok(()),
        false => Err(AnswerFault::NotAccepted { dependency: dependency(), to: words.release(to) }),
    }
}
