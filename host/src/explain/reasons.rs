//! What the records say of one value: why it is not available, or what it requires.

use std::collections::BTreeSet;

use crate::check::{Edge, Supply};
use crate::problem::{Link, State, Variable};

use super::facts::{Facts, Said};

impl<'a> Facts<'a> {
    /// Why a value is not available, if it is not.
    pub(super) fn why_not(&mut self, variable: Variable, value: u32) -> Option<Said> {
        let catalog = self.phrases.catalog();
        let records = self.leaves.records();
        match variable {
            Variable::Root => {
                let edges = records.root_edges();
                self.dead_edge(None, edges)
            }
            Variable::Release { .. } | Variable::Feature { .. } if catalog.releases[value as usize].yanked => {
                Some(Said::Yanked)
            }
            Variable::Release { .. } => {
                let edges = records.release_edges(value);
                self.dead_edge(Some(value), edges)
            }
            Variable::Feature { feature, .. } => {
                let Some(defined) = records.feature(value, feature) else {
                    return Some(Said::OfRelease(format!("has no feature {}", self.phrases.feature(feature))));
                };
                let included = records.includes(defined).iter().find(|&&name| records.feature(value, name).is_none());
                if let Some(&included) = included {
                    let included = self.phrases.feature(included);
                    return Some(Said::OfValue(format!("needs its own feature {included} (there is none)")));
                }
                let edges = records.feature_edges(value, defined);
                self.dead_edge(Some(value), edges)
            }
            _ => None,
        }
    }

    /// The first, by text, of the edges that can never be followed.
    fn dead_edge(&mut self, dependent: Option<u32>, edges: impl Iterator<Item = Edge<'a>>) -> Option<Said> {
        let mut dead = BTreeSet::new();
        for edge in edges {
            let records = self.leaves.records();
            let Supply::Known(accepted) = records.supply(edge) else { continue };
            let excludes = |own: u32| accepted.tracks == [records.track_of(own)] && !accepted.releases.contains(&own);
            let reason = match accepted.releases.is_empty() {
                true => self.why_none(dependent, edge),
                false if dependent.is_some_and(excludes) => "another release on its own track".to_owned(),
                false => continue,
            };
            let wanted = self.phrases.requirement(edge.requirement);
            let wanted = self.phrases.of_replaced(edge.package, &wanted, [edge.declared]);
            dead.insert(format!("needs {wanted} ({reason})"));
        }
        dead.pop_first().map(Said::OfValue)
    }

    /// Why an edge accepts no release.
    fn why_none(&mut self, dependent: Option<u32>, edge: Edge<'a>) -> String {
        let catalog = self.phrases.catalog();
        let records = self.leaves.records();
        if let (Some(dependent), false) = (dependent, edge.legal) {
            let origin = |registry: u32| &catalog.registries[registry as usize];
            let (from, to) = (records.registry_of(dependent), catalog.packages[edge.declared as usize].registry);
            let into = origin(to);
            let has_link = |link: &Link| (link.dependent, link.dependency) == (from, to);
            return match catalog.links.iter().any(has_link) {
                true => format!("{into} is a peer of {}, but not for this package", origin(from)),
                false => format!("its registry may not depend on {into}"),
            };
        }
        if let Some(absence) = self.phrases.absence(edge.package) {
            return absence;
        }
        let wanted = &catalog.requirements[edge.requirement as usize];
        let State::Present(span) = catalog.states[edge.package as usize] else {
            return "not supplied".to_owned();
        };
        let fits = |release: u32| wanted.accepts.matches(catalog.version_of(release));
        let has_content =
            |release: u32| wanted.content.is_none_or(|content| content == catalog.releases[release as usize].content);
        match span.numbers().any(fits) {
            false => "no release fits".to_owned(),
            true if span.numbers().any(|release| fits(release) && has_content(release)) => {
                "every release that fits is yanked".to_owned()
            }
            true => "no release that fits has that content".to_owned(),
        }
    }

    /// What a value requires of another variable, in words, if anything.
    pub(super) fn required(&mut self, variable: Variable, value: u32, object: Variable) -> Option<String> {
        let catalog = self.phrases.catalog();
        let records = self.leaves.records();
        match (variable, object) {
            (Variable::Release { .. }, Variable::Exclusive { exclusive }) => {
                Some(format!("names the exclusive resource {}", catalog.exclusive_names[exclusive as usize]))
            }
            (Variable::Feature { track, feature }, Variable::Feature { track: at, feature: included })
                if at == track && records.includes(records.feature(value, feature)?).contains(&included) =>
            {
                Some(format!("has feature {} on", self.phrases.feature(included)))
            }
            (Variable::Root, _) => {
                let edges = records.root_edges();
                self.needs(edges, object)
            }
            (Variable::Release { .. }, _) => {
                let edges = records.release_edges(value);
                self.needs(edges, object)
            }
            (Variable::Feature { feature, .. }, _) => {
                let edges = records.feature_edges(value, records.feature(value, feature)?);
                self.needs(edges, object)
            }
            _ => None,
        }
    }

    /// The requirements of edges that are about a variable, each once.
    fn needs(&mut self, edges: impl Iterator<Item = Edge<'a>>, object: Variable) -> Option<String> {
        let records = self.leaves.records();
        let (package, only, feature) = match object {
            Variable::Release { track } => (records.package_of(track), None, None),
            Variable::Feature { track, feature } => (records.package_of(track), None, Some(feature)),
            Variable::Bound { package, requirement, .. } => (package, Some(requirement), None),
            Variable::BoundFeature { package, requirement, feature, .. } => (package, Some(requirement), Some(feature)),
            Variable::Root | Variable::Exclusive { .. } | Variable::Wish => return None,
        };
        let track = match object {
            Variable::Release { track } | Variable::Feature { track, .. } => Some(track),
            _ => None,
        };
        let (mut wanted, mut declared) = (BTreeSet::new(), BTreeSet::new());
        for edge in edges {
            let asks = feature.is_none_or(|feature| edge.asks(feature));
            if edge.package == package && only.is_none_or(|only| only == edge.requirement) && asks {
                // Of several requirements on one package only those on this track matter.
                let tracks = self.leaves.records().accepted(edge.package, edge.requirement).tracks.clone();
                if track.is_none_or(|track| tracks == [track]) {
                    wanted.insert(self.phrases.requirement(edge.requirement));
                    declared.insert(edge.declared);
                }
            }
        }
        let wanted: Vec<String> = wanted.into_iter().collect();
        let with =
            feature.map_or_else(String::new, |feature| format!(" with feature {}", self.phrases.feature(feature)));
        let wanted = match wanted.as_slice() {
            [] => return None,
            all => all.join(" and "),
        };
        Some(format!("needs {}{with}", self.phrases.of_replaced(package, &wanted, declared)))
    }
}
