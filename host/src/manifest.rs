//! `headlock.toml`: what a consumer depends on, and the part of it that determines an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use headlock_log::name::{check_feature_name, check_origin, check_package_name};
use semver::VersionReq;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::{files, table};

/// The manifest's usual name.
pub const MANIFEST: &str = "headlock.toml";

/// Largest manifest read, in bytes.
pub const MAX_MANIFEST: u64 = 4 << 20;

/// Largest budget, in steps: TOML's numbers have 63 bits and a sign.
pub const MAX_BUDGET: u64 = i64::MAX as u64;

/// The solver's budget where nobody asks for another, in steps of the released solver. Locking bevy with its 572 releases
/// takes 500,000; what grows exponentially is over after a second or two where code is compiled.
pub const DEFAULT_BUDGET: u64 = 100_000_000;

/// A manifest as it was read: shape and names are right, nothing has been looked up.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was read from.
    pub path: PathBuf,
    /// The trust file, relative to the manifest's folder; none if none is named.
    pub trust: Option<String>,
    /// What it asks for.
    pub inputs: Inputs,
}

/// Everything of a manifest that an answer depends on. Sorted, without doubles: two manifests that ask for the same have
/// equal inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// An edge between registries that the consumer does without: what the one says of the other as its peer does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Origin of the depending registry; any, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependent: Option<String>,
    /// Origin of the registry depended on.
    pub dependency: String,
}

/// A dependency of the consumer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Origin of the registry's log.
    pub registry: String,
    /// Package name.
    pub name: String,
    /// Accepted versions, as the crate `semver` writes them.
    pub requirement: String,
    /// The only accepted content, where one is stated.
    #[serde(rename = "sha256", skip_serializing_if = "Option::is_none")]
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
        let dependent = self.dependent.as_deref().unwrap_or("any registry");
        write!(f, "{dependent} may not depend on {}", self.dependency)
    }
}

impl Inputs {
    /// The origins of all registries that the dependencies name, ascending.
    pub fn registries(&self) -> BTreeSet<&str> {
        self.dependencies.iter().map(|input| input.registry.as_str()).collect()
    }

    /// Whether the consumer does without an edge between two registries.
    pub fn forbids(&self, dependent: &str, dependency: &str) -> bool {
        let is_meant = |edge: &Forbidden| {
            edge.dependency == dependency && edge.dependent.as_deref().is_none_or(|named| named == dependent)
        };
        self.forbidden.iter().any(is_meant)
    }

    /// Sorts, and merges what is the same dependency twice.
    fn from_unsorted(budget: u64, dependencies: Vec<Input>, forbidden: Vec<Forbidden>) -> Inputs {
        let mut merged: BTreeMap<(String, String, String, Option<Digest>), BTreeSet<String>> = BTreeMap::new();
        for input in dependencies {
            let key = (input.registry, input.name, input.requirement, input.content);
            merged.entry(key).or_default().extend(input.features);
        }
        let dependencies = merged
            .into_iter()
            .map(|((registry, name, requirement, content), features)| Input {
                registry,
                name,
                requirement,
                content,
                features: features.into_iter().collect(),
            })
            .collect();
        let forbidden: BTreeSet<Forbidden> = forbidden.into_iter().collect();
        Inputs { budget, dependencies, forbidden: forbidden.into_iter().collect() }
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
        for input in &self.dependencies {
            check_origin(&input.registry).map_err(|error| error.to_string())?;
            check_package_name(&input.name).map_err(|error| error.to_string())?;
            let read = VersionReq::parse(&input.requirement)
                .map_err(|error| format!("ask for {} {:?}: {error}", input.name, input.requirement))?;
            if read.to_string() != input.requirement {
                return Err(format!("write the requirement {read} of {} as {:?}", input.name, input.requirement));
            }
            for feature in &input.features {
                check_feature_name(feature).map_err(|error| error.to_string())?;
            }
        }
        for Forbidden { dependent, dependency } in &self.forbidden {
            for origin in dependent.iter().chain([dependency]) {
                check_origin(origin).map_err(|error| error.to_string())?;
            }
        }
        if *self != Inputs::from_unsorted(self.budget, self.dependencies.clone(), self.forbidden.clone()) {
            return Err("are not in order, or name a dependency twice".to_owned());
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    trust: Option<String>,
    #[serde(default, rename = "package", deserialize_with = "table::only")]
    _package: About,
    #[serde(default, deserialize_with = "table::only")]
    solver: SolverTable,
    #[serde(default)]
    registries: BTreeMap<String, String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Wanted>,
    #[serde(default, deserialize_with = "table::each")]
    forbid: Vec<ForbidTable>,
}

/// `[[forbid]]`, with names of registries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForbidTable {
    dependent: Option<String>,
    dependency: String,
}

/// `[package]`: for people only, no answer depends on it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read so that a misspelt field is refused; no answer depends on it")]
struct About {
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SolverTable {
    budget: Option<u64>,
}

/// A dependency as written: a requirement, or a table.
struct Wanted(WantedTable);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedTable {
    version: String,
    registry: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    sha256: Option<String>,
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Wanted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a requirement such as \"^1.2\", or a table { version, registry, features, sha256 }")
            }

            fn visit_str<E>(self, version: &str) -> Result<Wanted, E> {
                let version = version.to_owned();
                Ok(Wanted(WantedTable { version, registry: None, features: Vec::new(), sha256: None }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
                WantedTable::deserialize(MapAccessDeserializer::new(map)).map(Wanted)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl Manifest {
    /// Reads a manifest file.
    ///
    /// # Errors
    /// Malformed: not there, too large, not TOML, an unknown field, a name or requirement that is none, a registry that
    /// is not listed.
    pub fn read(path: &Path) -> Result<Manifest> {
        let text = files::read_text(path, MAX_MANIFEST)?.ok_or_else(|| {
            Error::malformed(format!("there is no manifest at {}", path.display()))
                .hint("`headlock init` writes one; `-C DIR` or `--manifest-path FILE` names another place")
        })?;
        Manifest::parse(path, &text)
    }

    /// Parses a manifest's text; `path` is for messages.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Manifest> {
        let document: Document = files::from_toml(path, text)?;
        let at = |what: String| Error::malformed(format!("{}: {what}", path.display()));
        for (alias, origin) in &document.registries {
            check_origin(origin).map_err(|error| at(format!("registry {alias:?}: {error}")))?;
        }
        let mut dependencies = Vec::with_capacity(document.dependencies.len());
        for (name, Wanted(wanted)) in document.dependencies {
            dependencies.push(input(&document.registries, name, wanted).map_err(at)?);
        }
        let budget = document.solver.budget.unwrap_or(DEFAULT_BUDGET);
        if budget > MAX_BUDGET {
            return Err(at(format!("expected a budget of at most {MAX_BUDGET} steps, found {budget}")));
        }
        let registry = |alias: &str| {
            named(&document.registries, alias).map_err(|known| {
                at(format!("forbid names the registry {alias:?}, which [registries] does not list ({known})"))
            })
        };
        let forbidden = document.forbid.iter().map(|ForbidTable { dependent, dependency }| {
            let dependent = dependent.as_deref().map(registry).transpose()?;
            Ok(Forbidden { dependent, dependency: registry(dependency)? })
        });
        let inputs = Inputs::from_unsorted(budget, dependencies, forbidden.collect::<Result<_>>()?);
        Ok(Manifest { path: path.to_owned(), trust: document.trust, inputs })
    }

    /// Where the trust file is that the manifest names.
    pub fn trust_path(&self) -> Option<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        self.trust.as_ref().map(|name| folder.join(name))
    }
}

/// The origin of a registry by its name in the manifest, or which names there are.
fn named(registries: &BTreeMap<String, String>, alias: &str) -> Result<String, String> {
    registries.get(alias).cloned().ok_or_else(|| {
        let known: Vec<&str> = registries.keys().map(String::as_str).collect();
        if known.is_empty() { "it is empty".to_owned() } else { format!("it lists {}", known.join(", ")) }
    })
}

/// Reads one dependency. An error is a clause without its place.
fn input(registries: &BTreeMap<String, String>, name: String, wanted: WantedTable) -> Result<Input, String> {
    check_package_name(&name).map_err(|error| format!("dependency {name:?}: {error}"))?;
    let alias = wanted.registry.as_deref().unwrap_or("default");
    let registry = named(registries, alias).map_err(|known| {
        format!("dependency {name:?} is looked for in registry {alias:?}, which [registries] does not list ({known})")
    })?;
    let requirement = VersionReq::parse(&wanted.version).map_err(|error| {
        format!("dependency {name:?} asks for {:?}, which is no requirement: {error}", wanted.version)
    })?;
    let content = match wanted.sha256 {
        None => None,
        Some(text) => Some(text.parse::<Digest>().map_err(|error| format!("dependency {name:?}: sha256: {error}"))?),
    };
    for feature in &wanted.features {
        check_feature_name(feature).map_err(|error| format!("dependency {name:?}: {error}"))?;
    }
    let requirement = requirement.to_string();
    Ok(Input { registry, name, requirement, content, features: wanted.features })
}
