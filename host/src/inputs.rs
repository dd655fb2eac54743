//! What an answer is asked for with: the consumer's dependencies, and what it states beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use headlock_log::digest::Digest;
use headlock_log::name::{check_feature_name, check_origin, check_package_name};
use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::table;

/// Largest budget, in steps: TOML's numbers have 63 bits and a sign.
pub const MAX_BUDGET: u64 = i64::MAX as u64;

/// Most overrides, and most preferences: far more than anybody states by hand, or a lock has releases.
pub const MAX_OVERRIDES: usize = 4_096;
/// See [`MAX_OVERRIDES`].
pub const MAX_PREFERENCES: usize = 200_000;

/// Everything that an answer depends on beside what logs say. Sorted, without doubles: two manifests that ask for the same
/// have equal inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// How many steps the solver may take.
    pub budget: u64,
    /// The consumer's dependencies, ascending by registry, name, requirement and content, each once.
    #[serde(rename = "dependency", default, deserialize_with = "table::each")]
    pub dependencies: Vec<Input>,
    /// Edges between registries that the consumer does without, ascending, each once.
    #[serde(default, deserialize_with = "table::each")]
    pub forbidden: Vec<Forbidden>,
    /// Packages that the consumer has replaced, ascending by registry and name, each once.
    #[serde(rename = "override", default, deserialize_with = "table::each")]
    pub overrides: Vec<Override>,
    /// Releases that rank above others of their packages, ascending, each once. No manifest states any: they are what an
    /// update of single packages keeps.
    #[serde(default)]
    pub preferences: Vec<Preference>,
}

/// An edge between registries that the consumer does without: what the one says of the other as its peer does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Origin of the depending registry; any, if none is named.
    #[serde(default)]
    pub dependent: Option<String>,
    /// Origin of the registry depended on.
    pub dependency: String,
}

/// A package that the consumer has replaced, and by what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "OverrideForm")]
pub struct Override {
    /// Origin of the replaced package's registry.
    pub registry: String,
    /// The replaced package.
    pub name: String,
    /// What stands in its place.
    pub by: Replacement,
}

/// What stands in the place of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// Another package: a fork.
    Package {
        /// Origin of its registry.
        registry: String,
        /// Its name.
        name: String,
    },
    /// One release, which is in no registry.
    Local(Local),
}

/// A release that the consumer has, in the place of all that a package's registry says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// Its version, as the crate `semver` writes it.
    pub version: String,
    /// The sha256 of its content.
    pub content: Digest,
    /// Features that it defines, ascending, each once. They turn on nothing.
    pub features: Vec<String>,
    /// What it depends on, in the order and form of the consumer's dependencies. Its registry's peers decide what of that
    /// is legal.
    pub dependencies: Vec<Input>,
}

/// An override as a lock holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideForm {
    registry: String,
    name: String,
    #[serde(rename = "by-registry")]
    by_registry: Option<String>,
    #[serde(rename = "by-name")]
    by_name: Option<String>,
    version: Option<String>,
    sha256: Option<Digest>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(rename = "dependency", default, deserialize_with = "table::each")]
    dependencies: Vec<Input>,
}

impl TryFrom<OverrideForm> for Override {
    type Error = &'static str;

    fn try_from(form: OverrideForm) -> Result<Override, &'static str> {
        let OverrideForm { registry, name, by_registry, by_name, version, sha256, features, dependencies } = form;
        let by = match (by_registry, by_name, version, sha256) {
            (Some(registry), Some(name), None, None) if features.is_empty() && dependencies.is_empty() => {
                Replacement::Package { registry, name }
            }
            (None, None, Some(version), Some(content)) => {
                Replacement::Local(Local { version, content, features, dependencies })
            }
            _ => return Err("an override is by by-registry and by-name, or by version and sha256"),
        };
        Ok(Override { registry, name, by })
    }
}

/// A release that ranks above others of its package. Written `NAME VERSION ORIGIN`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Preference {
    /// Origin of the registry.
    pub registry: String,
    /// Package name.
    pub name: String,
    /// Version.
    pub version: Version,
}

impl TryFrom<String> for Preference {
    type Error = String;

    fn try_from(text: String) -> Result<Preference, String> {
        let [name, version, registry] = text.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("expected a preference NAME VERSION ORIGIN, found {text:?}"));
        };
        let version = Version::parse(version).map_err(|error| format!("the preference {text:?}: {error}"))?;
        Ok(Preference { registry: registry.to_owned(), name: name.to_owned(), version })
    }
}

impl fmt::Display for Preference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.version, self.registry)
    }
}

/// A dependency of the consumer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Origin of the registry's log.
    pub registry: String,
    /// Package name.
    pub name: String,
    /// Accepted versions, as the crate `semver` writes them.
    pub requirement: String,
    /// The only accepted content, where one is stated.
    #[serde(rename = "sha256")]
    pub content: Option<Digest>,
    /// Features asked for, ascending.
    #[serde(default)]
    pub features: Vec<String>,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} of {}", self.name, self.requirement, self.registry)?;
        if !self.features.is_empty() {
            write!(f, " with {}", self.features.join(", "))?;
        }
        self.content.map_or(Ok(()), |digest| write!(f, " of content {digest}"))
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dependent {
            Some(dependent) => write!(f, "{dependent} may not depend on {}", self.dependency),
            None => write!(f, "no registry may depend on {}", self.dependency),
        }
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} by ", self.name, self.registry)?;
        match &self.by {
            Replacement::Package { registry, name } => write!(f, "{name} of {registry}"),
            Replacement::Local(Local { version, content, features, dependencies }) => {
                write!(f, "a local component, version {version}, content {content}")?;
                if !features.is_empty() {
                    write!(f, ", features {}", features.join(", "))?;
                }
                dependencies.iter().try_for_each(|needed| write!(f, ", which needs {needed}"))
            }
        }
    }
}

impl Inputs {
    /// The origins of all registries whose heads a lock pins, ascending: those that the dependencies name, and those of
    /// packages that stand in the place of others.
    pub fn registries(&self) -> BTreeSet<&str> {
        let by = self.overrides.iter().filter_map(|replaced| match &replaced.by {
            Replacement::Package { registry, .. } => Some(registry),
            Replacement::Local(_) => None,
        });
        self.dependencies.iter().map(|input| &input.registry).chain(by).map(String::as_str).collect()
    }

    /// The local component in the place of a package, if there is one.
    pub fn local(&self, registry: &str, name: &str) -> Option<&Local> {
        let key = |replaced: &Override| (replaced.registry.as_str(), replaced.name.as_str()).cmp(&(registry, name));
        let place = self.overrides.binary_search_by(key).ok()?;
        match &self.overrides[place].by {
            Replacement::Local(local) => Some(local),
            Replacement::Package { .. } => None,
        }
    }

    /// How many overrides and preferences there are, in words, to be put behind what they come with: `, with 1 override`.
    pub fn with_what_is_stated(&self) -> String {
        let count = |count: usize, one: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {one}s")),
        };
        let stated = [count(self.overrides.len(), "override"), count(self.preferences.len(), "preference")];
        let stated: Vec<String> = stated.into_iter().flatten().collect();
        if stated.is_empty() { String::new() } else { format!(", with {}", stated.join(" and ")) }
    }

    /// Whether the consumer does without an edge between two registries.
    pub fn forbids(&self, dependent: &str, dependency: &str) -> bool {
        let is_meant = |edge: &Forbidden| {
            edge.dependency == dependency && edge.dependent.as_deref().is_none_or(|named| named == dependent)
        };
        self.forbidden.iter().any(is_meant)
    }

    /// Sorts, and merges what is the same dependency twice.
    pub(crate) fn from_unsorted(
        budget: u64,
        dependencies: Vec<Input>,
        forbidden: Vec<Forbidden>,
        overrides: Vec<Override>,
        preferences: Vec<Preference>,
    ) -> Inputs {
        let mut overrides: Vec<Override> = overrides
            .into_iter()
            .map(|Override { registry, name, by }| {
                let by = match by {
                    Replacement::Local(Local { version, content, features, dependencies }) => {
                        Replacement::Local(Local {
                            version,
                            content,
                            features: sorted(features),
                            dependencies: merged(dependencies),
                        })
                    }
                    package @ Replacement::Package { .. } => package,
                };
                Override { registry, name, by }
            })
            .collect();
        overrides.sort();
        Inputs {
            budget,
            dependencies: merged(dependencies),
            forbidden: sorted(forbidden),
            overrides,
            preferences: sorted(preferences),
        }
    }

    /// Checks inputs that were read from elsewhere than a manifest: each value is in the form that a manifest's would
    /// get, and they are in order.
    ///
    /// # Errors
    /// What is wrong, as a clause to be put behind "the inputs".
    pub fn check(&self) -> Result<(), String> {
        if self.budget > MAX_BUDGET {
            return Err(format!("have a budget of {} steps, more than {MAX_BUDGET}", self.budget));
        }
        self.dependencies.iter().try_for_each(Input::check)?;
        for Forbidden { dependent, dependency } in &self.forbidden {
            for origin in dependent.iter().chain([dependency]) {
                check_origin(origin).map_err(|error| error.to_string())?;
            }
        }
        self.check_overrides().map_err(|(_, what)| what)?;
        for Preference { registry, name, .. } in &self.preferences {
            check_origin(registry).map_err(|error| error.to_string())?;
            check_package_name(name).map_err(|error| error.to_string())?;
        }
        let Inputs { budget, dependencies, forbidden, overrides, preferences } = self.clone();
        if *self != Inputs::from_unsorted(budget, dependencies, forbidden, overrides, preferences) {
            return Err("are not in order, or name something twice".to_owned());
        }
        Ok(())
    }

    /// Checks that overrides are well-formed, and that each says of one package alone what stands in its place.
    ///
    /// # Errors
    /// The replaced package whose override is wrong, if it is one's, and what is wrong, as a clause.
    pub(crate) fn check_overrides(&self) -> Result<(), (Option<String>, String)> {
        let limits = [
            ("overrides", self.overrides.len(), MAX_OVERRIDES),
            ("preferences", self.preferences.len(), MAX_PREFERENCES),
        ];
        for (what, found, most) in limits {
            if found > most {
                return Err((None, format!("state {found} {what}, more than {most}")));
            }
        }
        let key = |replaced: &Override| (replaced.registry.clone(), replaced.name.clone());
        let replaced: BTreeSet<(String, String)> = self.overrides.iter().map(key).collect();
        if replaced.len() < self.overrides.len() {
            return Err((None, "replace a package twice".to_owned()));
        }
        self.overrides.iter().try_for_each(|one| one.check(&replaced).map_err(|what| (Some(one.name.clone()), what)))
    }
}

impl Override {
    /// Checks that it is well-formed, and names nothing that is replaced itself.
    fn check(&self, replaced: &BTreeSet<(String, String)>) -> Result<(), String> {
        let Override { registry, name, by } = self;
        check_origin(registry).map_err(|error| error.to_string())?;
        check_package_name(name).map_err(|error| error.to_string())?;
        match by {
            Replacement::Package { registry, name: by } => {
                check_origin(registry).map_err(|error| error.to_string())?;
                check_package_name(by).map_err(|error| error.to_string())?;
                if replaced.contains(&(registry.clone(), by.clone())) {
                    return Err(format!("replace {name} by {by}, which is replaced itself"));
                }
            }
            Replacement::Local(Local { version, features, dependencies, .. }) => {
                let read = Version::parse(version)
                    .map_err(|error| format!("replace {name} by a version {version:?}: {error}"))?;
                if read.to_string() != *version {
                    return Err(format!("write the version {read} of {name} as {version:?}"));
                }
                for feature in features {
                    check_feature_name(feature).map_err(|error| error.to_string())?;
                }
                dependencies.iter().try_for_each(Input::check)?;
            }
        }
        Ok(())
    }
}

impl Input {
    /// Checks that each value is in the form that a manifest's would get.
    fn check(&self) -> Result<(), String> {
        let Input { registry, name, requirement, features, .. } = self;
        check_origin(registry).map_err(|error| error.to_string())?;
        check_package_name(name).map_err(|error| error.to_string())?;
        let read =
            VersionReq::parse(requirement).map_err(|error| format!("ask for {name} {requirement:?}: {error}"))?;
        if read.to_string() != *requirement {
            return Err(format!("write the requirement {read} of {name} as {requirement:?}"));
        }
        features.iter().try_for_each(|feature| check_feature_name(feature).map_err(|error| error.to_string()))
    }
}

/// Ascending, each once.
fn sorted<T: Ord>(list: Vec<T>) -> Vec<T> {
    let set: BTreeSet<T> = list.into_iter().collect();
    set.into_iter().collect()
}

/// Ascending, and what is the same dependency twice is one, with the features of both.
fn merged(dependencies: Vec<Input>) -> Vec<Input> {
    let mut merged: BTreeMap<(String, String, String, Option<Digest>), BTreeSet<String>> = BTreeMap::new();
    for input in dependencies {
        let key = (input.registry, input.name, input.requirement, input.content);
        merged.entry(key).or_default().extend(input.features);
    }
    merged
        .into_iter()
        .map(|((registry, name, requirement, content), features)| Input {
            registry,
            name,
            requirement,
            content,
            features: features.into_iter().collect(),
        })
        .collect()
}
