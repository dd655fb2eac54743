//! Names for people: what the numbers of an outcome stand for.

use crate::problem::{Catalog, Variable};

use super::Records;

/// Names things of one catalog, each with its registry's origin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    catalog: &'a Catalog,
}

impl<'a> Words<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Words<'a> {
        Words { catalog }
    }

    /// `wasi:io (registry.example)`
    pub(super) fn package(self, package: u32) -> String {
        let (origin, name) = self.catalog.package_key(package);
        format!("{name} ({origin})")
    }

    /// `wasi:io 0.2.1 (registry.example)`
    pub(super) fn release(self, release: u32) -> String {
        let (origin, name) = self.catalog.package_key(self.catalog.releases[release as usize].package);
        format!("{name} {} ({origin})", self.catalog.version_of(release))
    }

    /// `^1.2`, and the content where one is stated.
    pub(super) fn requirement(self, requirement: u32) -> String {
        let requirement = &self.catalog.requirements[requirement as usize];
        match &requirement.content {
            None => requirement.range.clone(),
            Some(content) => format!("{} with content {content}", requirement.range),
        }
    }

    /// `wasi:io ^0.2 (registry.example)`
    pub(super) fn wanted(self, package: u32, requirement: u32) -> String {
        let (origin, name) = self.catalog.package_key(package);
        format!("{name} {} ({origin})", self.requirement(requirement))
    }

    /// A release, or the consumer where there is none.
    pub(super) fn dependent(self, release: Option<u32>) -> String {
        release.map_or_else(|| "the consumer".to_owned(), |release| self.release(release))
    }

    /// `the dependency of wasi:http 0.2.1 (registry.example) on wasi:io ^0.2 (registry.example)`
    pub(super) fn dependency(self, dependent: Option<u32>, package: u32, requirement: u32) -> String {
        format!("the dependency of {} on {}", self.dependent(dependent), self.wanted(package, requirement))
    }

    /// A feature's name.
    pub(super) fn feature(self, feature: u32) -> &'a str {
        &self.catalog.feature_names[feature as usize]
    }

    /// An exclusive resource's name.
    pub(super) fn exclusive(self, exclusive: u32) -> &'a str {
        &self.catalog.exclusive_names[exclusive as usize]
    }

    /// How the versions of a track are written: `1.x`, `0.2.x`, `0.0.3`.
    pub(super) fn track(self, track: u32) -> String {
        self.catalog.track_name(track)
    }

    /// `wasi:io 0.2.x (registry.example)`
    pub(super) fn track_of_package(self, track: u32) -> String {
        let (origin, name) = self.catalog.package_key(self.catalog.releases[track as usize].package);
        format!("{name} {} ({origin})", self.track(track))
    }

    /// A variable that is known to be about things that exist.
    pub(super) fn variable(self, variable: Variable) -> String {
        match variable {
            Variable::Root => "the consumer".to_owned(),
            Variable::Release { track } => self.track_of_package(track),
            Variable::Feature { track, feature } => {
                format!("{} with feature {}", self.track_of_package(track), self.feature(feature))
            }
            Variable::Bound { dependent, package, requirement } => {
                format!("what {} is bound to", self.track_dependency(dependent, package, requirement))
            }
            Variable::BoundFeature { dependent, package, requirement, feature } => {
                let dependency = self.track_dependency(dependent, package, requirement);
                format!("what {dependency} is bound to with feature {}", self.feature(feature))
            }
            Variable::Exclusive { exclusive } => format!("the exclusive resource {}", self.exclusive(exclusive)),
            Variable::Wish => "the wish for a higher release".to_owned(),
        }
    }

    fn track_dependency(self, dependent: Option<u32>, package: u32, requirement: u32) -> String {
        let dependent = dependent.map_or_else(|| "the consumer".to_owned(), |track| self.track_of_package(track));
        format!("the dependency of {dependent} on {}", self.wanted(package, requirement))
    }

    /// A variable with one of its values, which need not make sense.
    pub(super) fn value(self, records: &Records<'_>, variable: Variable, value: Option<u32>) -> String {
        let subject = self.variable(variable);
        let Some(value) = value else {
            return format!("{subject} without a value");
        };
        match variable {
            Variable::Root if value == 0 => subject,
            Variable::Release { track } if self.is_on(records, track, value) => self.release(value),
            Variable::Feature { track, feature } if self.is_on(records, track, value) => {
                format!("{} with feature {}", self.release(value), self.feature(feature))
            }
            Variable::Bound { .. } | Variable::BoundFeature { .. } | Variable::Wish if records.is_track(value) => {
                format!("{subject} on {}", self.track_of_package(value))
            }
            Variable::Exclusive { .. } if (value as usize) < self.catalog.releases.len() => {
                format!("{subject} named by {}", self.release(value))
            }
            _ => format!("{subject} with the value {value}"),
        }
    }

    fn is_on(self, records: &Records<'_>, track: u32, value: u32) -> bool {
        (value as usize) < self.catalog.releases.len() && records.track_of(value) == track
    }
}
