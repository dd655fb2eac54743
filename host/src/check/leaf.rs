//! The leaves of a derivation: what a value requires, and which values are available, by the two tables of
//! `docs/resolution.md`.

use std::collections::HashMap;
use std::rc::Rc;

use crate::problem::Variable;

use super::records::{Accepted, Supply};
use super::subset::{listed, numbered};
use super::{Edge, Limit, Meter, Records};

/// What a ceiling adds to a problem.
#[derive(Debug, Default)]
pub(crate) struct Extension {
    /// The only value that the consumer allows a variable: what earlier items have bound. Of dependencies only those
    /// that span count.
    kept: HashMap<Variable, u32>,
    wish: Option<Wish>,
}

/// The wish for a higher release.
#[derive(Debug)]
struct Wish {
    /// The higher candidates, ascending.
    higher: Vec<u32>,
    /// Their tracks, ascending.
    tracks: Vec<u32>,
    /// The dependency's variable, which counts only if the dependency spans.
    bound: Variable,
}

impl Extension {
    /// Nothing is added.
    pub(crate) fn none() -> Extension {
        Extension::default()
    }

    /// Keeps an item's binding. A track holds one release and a dependency is bound once, so no variable gets two values.
    pub(super) fn keep(&mut self, bound: Variable, track: u32, release: u32) {
        self.kept.insert(Variable::Release { track }, release);
        self.kept.insert(bound, track);
    }

    /// Wishes for one of these releases, ascending, instead of what was wished for before.
    pub(super) fn wish_for(&mut self, records: &Records<'_>, higher: Vec<u32>, bound: Variable) {
        let mut tracks: Vec<u32> = higher.iter().map(|&release| records.track_of(release)).collect();
        tracks.dedup();
        self.wish = Some(Wish { higher, tracks, bound });
    }

    /// Whether there is a wish.
    pub(super) fn wishes(&self) -> bool {
        self.wish.is_some()
    }
}

/// Whether a value is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Available {
    /// Nothing of what the record says rules it out by itself.
    Yes,
    /// It is ruled out.
    No,
}

/// A set of values that an edge, or a definition, allows a variable.
enum Allowed {
    One(u32),
    Releases(Rc<Accepted>),
    Tracks(Rc<Accepted>),
}

impl Allowed {
    fn values(&self) -> &[u32] {
        match self {
            Allowed::One(value) => std::slice::from_ref(value),
            Allowed::Releases(accepted) => &accepted.releases,
            Allowed::Tracks(accepted) => &accepted.tracks,
        }
    }
}

/// What a value requires of a variable, seen against what a step claims of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It requires what is claimed.
    Holds,
    /// It requires nothing of the variable.
    Nothing,
    /// It allows the variable this value, which the claim rules out.
    Allows(u32),
}

/// The records, and what was worked out of them for leaves.
#[derive(Debug)]
pub(crate) struct Leaves<'a> {
    records: Records<'a>,
    /// Of releases.
    available: HashMap<u32, Available>,
    /// Of releases with a feature.
    feature_available: HashMap<(u32, u32), Available>,
    /// For each exclusive resource the releases that name it, ascending; worked out at the first question.
    naming: Option<HashMap<u32, Vec<u32>>>,
}

impl<'a> Leaves<'a> {
    pub(crate) fn new(records: Records<'a>) -> Leaves<'a> {
        Leaves { records, available: HashMap::new(), feature_available: HashMap::new(), naming: None }
    }

    /// The records.
    pub(crate) fn records(&mut self) -> &mut Records<'a> {
        &mut self.records
    }

    /// The values within ranges that a variable may have at all, ascending: what exists, available or not. Of an
    /// unsupplied package there are none.
    pub(crate) fn values(&mut self, extension: &Extension, variable: Variable, ranges: &[(u32, u32)]) -> Vec<u32> {
        match variable {
            Variable::Root => listed(&[0], ranges).collect(),
            Variable::Release { track } | Variable::Feature { track, .. } => {
                numbered(track, self.records.track_end(track), ranges).collect()
            }
            Variable::Bound { package, requirement, .. } | Variable::BoundFeature { package, requirement, .. } => {
                let accepted = self.records.accepted(package, requirement);
                listed(&accepted.tracks, ranges).collect()
            }
            Variable::Exclusive { exclusive } => listed(self.naming(exclusive), ranges).collect(),
            Variable::Wish => listed(extension.wish.as_ref().map_or(&[], |wish| &wish.tracks), ranges).collect(),
        }
    }

    fn naming(&mut self, exclusive: u32) -> &[u32] {
        let records = &self.records;
        let naming = self.naming.get_or_insert_with(|| {
            let mut naming: HashMap<u32, Vec<u32>> = HashMap::new();
            for release in 0..records.catalog().releases.len() as u32 {
                for &exclusive in records.exclusives(release) {
                    naming.entry(exclusive).or_default().push(release);
                }
            }
            naming
        });
        naming.get(&exclusive).map_or(&[], Vec::as_slice)
    }

    /// Whether an existing value of a variable is available.
    pub(super) fn availability(
        &mut self,
        variable: Variable,
        value: u32,
        meter: &mut Meter,
    ) -> Result<Available, Limit> {
        match variable {
            Variable::Root => {
                let edges = self.records.root_edges();
                self.edges_open(None, edges, meter)
            }
            Variable::Release { .. } => self.release_availability(value, meter),
            Variable::Feature { feature, .. } => self.feature_availability(value, feature, meter),
            // What exists of these is available.
            Variable::Bound { .. } | Variable::BoundFeature { .. } | Variable::Exclusive { .. } | Variable::Wish => {
                Ok(Available::Yes)
            }
        }
    }

    fn release_availability(&mut self, release: u32, meter: &mut Meter) -> Result<Available, Limit> {
        if let Some(&known) = self.available.get(&release) {
            return Ok(known);
        }
        let available = match self.records.catalog().releases[release as usize].yanked {
            true => Available::No,
            false => {
                let edges = self.records.release_edges(release);
                self.edges_open(Some(release), edges, meter)?
            }
        };
        self.available.insert(release, available);
        Ok(available)
    }

    fn feature_availability(&mut self, release: u32, name: u32, meter: &mut Meter) -> Result<Available, Limit> {
        if let Some(&known) = self.feature_available.get(&(release, name)) {
            return Ok(known);
        }
        meter.work(1 + self.records.features(release).len())?;
        let available = match self.records.feature(release, name) {
            Some(feature) if !self.records.catalog().releases[release as usize].yanked => {
                let includes = self.records.includes(feature);
                meter.work(includes.len() * self.records.features(release).len())?;
                match includes.iter().all(|&name| self.records.feature(release, name).is_some()) {
                    true => {
                        let edges = self.records.feature_edges(release, feature);
                        self.edges_open(Some(release), edges, meter)?
                    }
                    false => Available::No,
                }
            }
            _ => Available::No,
        };
        self.feature_available.insert((release, name), available);
        Ok(available)
    }

    /// Whether each edge is open or has an accepted release; and if all of those stand on the track of `own`, whether
    /// `own` is one of them.
    fn edges_open(
        &mut self,
        own: Option<u32>,
        edges: impl Iterator<Item = Edge<'a>>,
        meter: &mut Meter,
    ) -> Result<Available, Limit> {
        for edge in edges {
            meter.work(1)?;
            let Supply::Known(accepted) = self.records.supply(edge) else { continue };
            let excludes = |own: u32| accepted.tracks == [self.records.track_of(own)] && !accepted.holds(own);
            if accepted.releases.is_empty() || own.is_some_and(excludes) {
                return Ok(Available::No);
            }
        }
        Ok(Available::Yes)
    }

    /// Whether what a value of a variable requires of another lies within ranges.
    pub(super) fn claim(
        &mut self,
        extension: &Extension,
        (variable, value): (Variable, u32),
        other: Variable,
        within: &[(u32, u32)],
        meter: &mut Meter,
    ) -> Result<Claim, Limit> {
        let allowed = self.allowed(extension, variable, value, other, meter)?;
        let Some((first, rest)) = allowed.split_first() else {
            return Ok(Claim::Nothing);
        };
        meter.work(first.values().len())?;
        let mut at = 0;
        for &value in first.values() {
            while within.get(at).is_some_and(|&(_, last)| last < value) {
                at += 1;
            }
            let inside = within.get(at).is_some_and(|&(first, _)| first <= value);
            if !inside && rest.iter().all(|allowed| allowed.values().binary_search(&value).is_ok()) {
                return Ok(Claim::Allows(value));
            }
        }
        meter.work(at)?;
        Ok(Claim::Holds)
    }

    /// All that a value of a variable requires of another: their intersection holds.
    fn allowed(
        &mut self,
        extension: &Extension,
        variable: Variable,
        value: u32,
        other: Variable,
        meter: &mut Meter,
    ) -> Result<Vec<Allowed>, Limit> {
        let mut allowed = Vec::new();
        match variable {
            Variable::Root => {
                self.collect(None, self.records.root_edges(), other, &mut allowed, meter)?;
                if let Some(&value) = extension.kept.get(&other)
                    && self.is_there(other)
                {
                    allowed.push(Allowed::One(value));
                }
                if let (Some(wish), Variable::Wish) = (&extension.wish, other) {
                    allowed
                        .push(Allowed::Tracks(Rc::new(Accepted { releases: Vec::new(), tracks: wish.tracks.clone() })));
                }
            }
            Variable::Release { track } => {
                self.collect(Some(track), self.records.release_edges(value), other, &mut allowed, meter)?;
                if let Variable::Exclusive { exclusive } = other
                    && self.records.exclusives(value).contains(&exclusive)
                {
                    allowed.push(Allowed::One(value));
                }
            }
            Variable::Feature { track, feature } => {
                meter.work(self.records.features(value).len())?;
                if other == (Variable::Release { track }) {
                    allowed.push(Allowed::One(value));
                }
                if let Some(feature) = self.records.feature(value, feature) {
                    if let Variable::Feature { track: at, feature: included } = other
                        && at == track
                        && self.records.includes(feature).contains(&included)
                    {
                        allowed.push(Allowed::One(value));
                    }
                    let edges = self.records.feature_edges(value, feature);
                    self.collect(Some(track), edges, other, &mut allowed, meter)?;
                }
            }
            Variable::Bound { package, requirement, .. } => {
                if other == (Variable::Release { track: value }) {
                    allowed.push(self.on_track(package, requirement, value));
                }
            }
            Variable::BoundFeature { dependent, package, requirement, feature } => {
                if other == (Variable::Bound { dependent, package, requirement }) {
                    allowed.push(Allowed::One(value));
                }
                if other == (Variable::Feature { track: value, feature }) {
                    allowed.push(self.on_track(package, requirement, value));
                }
            }
            Variable::Exclusive { .. } => {}
            Variable::Wish => {
                if let Some(wish) = &extension.wish {
                    if other == (Variable::Release { track: value }) {
                        let releases = self.releases_on(&wish.higher, value);
                        allowed.push(Allowed::Releases(Rc::new(Accepted { releases, tracks: Vec::new() })));
                    }
                    if wish.bound == other && self.is_there(other) {
                        allowed.push(Allowed::One(value));
                    }
                }
            }
        }
        Ok(allowed)
    }

    /// Whether there is a variable in the problem: that of a dependency only if it spans.
    fn is_there(&mut self, variable: Variable) -> bool {
        match variable {
            Variable::Bound { package, requirement, .. } => self.records.accepted(package, requirement).spans(),
            _ => true,
        }
    }

    /// The accepted releases of a dependency that stand on one track.
    fn on_track(&mut self, package: u32, requirement: u32, track: u32) -> Allowed {
        let accepted = self.records.accepted(package, requirement);
        let releases = self.releases_on(&accepted.releases, track);
        Allowed::Releases(Rc::new(Accepted { releases, tracks: vec![track] }))
    }

    fn releases_on(&self, releases: &[u32], track: u32) -> Vec<u32> {
        listed(releases, &[(track, self.records.track_end(track) - 1)]).collect()
    }

    /// What edges require of a variable. `dependent` is the track of the release that they belong to.
    fn collect(
        &mut self,
        dependent: Option<u32>,
        edges: impl Iterator<Item = Edge<'a>>,
        other: Variable,
        allowed: &mut Vec<Allowed>,
        meter: &mut Meter,
    ) -> Result<(), Limit> {
        // Most edges are about other packages: passing over them must be cheap.
        let package = match other {
            Variable::Release { track } | Variable::Feature { track, .. } => self.records.package_of(track),
            Variable::Bound { dependent: of, package, .. } | Variable::BoundFeature { dependent: of, package, .. }
                if of == dependent =>
            {
                package
            }
            _ => return Ok(()),
        };
        for edge in edges {
            meter.work(1)?;
            if edge.package != package {
                continue;
            }
            let Supply::Known(accepted) = self.records.supply(edge) else { continue };
            let on = |track: u32| accepted.tracks == [track];
            match other {
                Variable::Release { track } if on(track) => allowed.push(Allowed::Releases(accepted)),
                Variable::Feature { track, feature } if on(track) && edge.asks(feature) => {
                    allowed.push(Allowed::Releases(accepted));
                }
                Variable::Bound { requirement, .. } if requirement == edge.requirement && accepted.spans() => {
                    allowed.push(Allowed::Tracks(accepted));
                }
                Variable::BoundFeature { requirement, feature, .. }
                    if requirement == edge.requirement && accepted.spans() && edge.asks(feature) =>
                {
                    allowed.push(Allowed::Tracks(accepted));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
