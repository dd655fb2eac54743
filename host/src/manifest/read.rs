//! A manifest's document, and what is wrong in it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use headlock_log::name::{check_feature_name, check_origin, check_package_name};
use semver::{Version, VersionReq};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::{About, DEFAULT_BUDGET, LocalFile, MAX_LOCALS, Manifest, UNKNOWN};
use crate::inputs::{Forbidden, Input, Inputs, Local, MAX_BUDGET, Override, Replacement};
use crate::mistake::{Mistake, Place};
use crate::{close, error, table};

type Result<T, E = Mistake> = std::result::Result<T, E>;

/// Names of registries, and the origins of their logs.
type Registries = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    trust: Option<String>,
    #[serde(default, deserialize_with = "table::only")]
    package: About,
    #[serde(default, deserialize_with = "table::only")]
    solver: SolverTable,
    #[serde(default)]
    registries: BTreeMap<String, String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Wanted>,
    #[serde(default)]
    overrides: BTreeMap<String, Replaced>,
    #[serde(default, deserialize_with = "table::each")]
    forbid: Vec<ForbidTable>,
}

/// An override as written: a package in the place of one, or a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideTable {
    /// Name of the replaced package's registry.
    registry: Option<String>,
    by: Option<String>,
    #[serde(rename = "by-registry")]
    by_registry: Option<String>,
    path: Option<String>,
    version: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Wanted>,
}

/// `[[forbid]]`, with names of registries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForbidTable {
    dependent: Option<String>,
    dependency: String,
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

/// An override's table.
struct Replaced(OverrideTable);

impl<'de> Deserialize<'de> for Replaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Replaced;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table such as { by = \"acme:log\" } or { path = \"log.wasm\", version = \"1.2.3\" }")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Replaced, A::Error> {
                OverrideTable::deserialize(MapAccessDeserializer::new(map)).map(Replaced)
            }
        }
        deserializer.deserialize_map(Shape)
    }
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

/// Reads what a document says. `content` is as for [`Manifest::parse`].
pub(super) fn manifest(
    path: &Path,
    text: &str,
    document: Document,
    content: impl Fn(&Path) -> error::Result<Option<Digest>>,
) -> Result<Manifest> {
    let Document { trust, package: about, solver, registries, dependencies, overrides, forbid } = document;
    for (alias, origin) in &registries {
        let named = |error| Mistake::new(error).about(format!("registry {alias:?}")).below(alias).below("registries");
        check_origin(origin).map_err(named)?;
    }
    let dependencies = inputs(&registries, dependencies, None)?;
    let budget = solver.budget.unwrap_or(DEFAULT_BUDGET);
    if budget > MAX_BUDGET {
        let what = format!("expected a budget of at most {MAX_BUDGET} steps, found {budget}");
        return Err(Mistake::new(what).below("budget").below("solver"));
    }
    let forbidden = forbid.iter().enumerate().map(|(number, ForbidTable { dependent, dependency })| {
        let registry = |key: &str, alias: &String| {
            named(&registries, alias, "forbid names the registry")
                .map_err(|mistake| mistake.below(key).entry(number).below("forbid"))
        };
        let dependent = dependent.as_ref().map(|alias| registry("dependent", alias)).transpose()?;
        Ok(Forbidden { dependent, dependency: registry("dependency", dependency)? })
    });
    let forbidden = forbidden.collect::<Result<_>>()?;
    let (mut read, mut paths) = (Vec::new(), BTreeMap::new());
    for (name, Replaced(table)) in overrides {
        let file = table.path.as_ref().map(|file| path.parent().unwrap_or(Path::new("")).join(file));
        let replaced = replaced(&registries, &name, table)
            .map_err(|mistake| mistake.about(format!("override of {name:?}")).below("overrides"))?;
        if let Some(file) = file {
            paths.insert((replaced.registry.clone(), replaced.name.clone()), file);
        }
        read.push(replaced);
    }
    let mut inputs = Inputs::from_unsorted(budget, dependencies, forbidden, read, Vec::new());
    inputs.check_overrides().map_err(|(name, what)| {
        let mistake = Mistake::new(format!("the overrides {what}"));
        name.iter().fold(mistake, |mistake, name| mistake.named(name)).below("overrides")
    })?;
    // Only what has the right form is looked at, each file once.
    if paths.len() > MAX_LOCALS {
        let what = format!("expected at most {MAX_LOCALS} local components, found {}", paths.len());
        return Err(Mistake::new(what).below("overrides"));
    }
    let locals = locals(text, &mut inputs, paths, content)?;
    Ok(Manifest { path: path.to_owned(), text: text.to_owned(), registries, trust, about, inputs, locals })
}

/// Looks at the files of local components, and states their contents in the inputs.
fn locals(
    text: &str,
    inputs: &mut Inputs,
    mut paths: BTreeMap<(String, String), PathBuf>,
    content: impl Fn(&Path) -> error::Result<Option<Digest>>,
) -> Result<Vec<LocalFile>> {
    let mut found: BTreeMap<PathBuf, Option<Digest>> = BTreeMap::new();
    let mut locals = Vec::new();
    for replaced in &mut inputs.overrides {
        let key = (replaced.registry.clone(), replaced.name.clone());
        let (Some(path), Replacement::Local(local)) = (paths.remove(&key), &mut replaced.by) else { continue };
        let (registry, name) = key;
        let at_path = |mistake: Mistake| mistake.below("path").below(&name).below("overrides");
        let digest = match found.get(&path) {
            Some(&known) => known,
            None => {
                let digest = content(&path).map_err(|error| {
                    let mistake = Mistake::new(&error).of_kind(error.kind()).about(format!("override of {name:?}"));
                    at_path(mistake)
                })?;
                found.insert(path.clone(), digest);
                digest
            }
        };
        local.content = digest.unwrap_or(UNKNOWN);
        // Only the first that is not there is ever spoken of.
        let is_there = digest.is_some();
        let is_first = !is_there && locals.iter().all(|file: &LocalFile| file.is_there);
        let place = if is_first { at_path(Mistake::new("")).place(text) } else { Place::default() };
        locals.push(LocalFile { registry, name, path, is_there, place });
    }
    Ok(locals)
}

/// The origin of a registry by its name in the manifest, which a clause names that ends in it.
fn named(registries: &Registries, alias: &str, clause: &str) -> Result<String> {
    registries.get(alias).cloned().ok_or_else(|| {
        let known: Vec<&str> = registries.keys().map(String::as_str).collect();
        let listed = if known.is_empty() { "it is empty".to_owned() } else { format!("it lists {}", known.join(", ")) };
        let mistake = Mistake::new(format!("{clause} {alias:?}, which [registries] does not list ({listed})"));
        let called = registries.iter().find(|(_, origin)| *origin == alias).map(|(name, _)| name);
        let hint = match called {
            Some(name) => Some(format!("[registries] calls it {name:?}")),
            None if alias.contains('/') && check_origin(alias).is_ok() => Some(format!(
                "give the origin a name below [registries], such as other = {alias:?}, and write that name here"
            )),
            None => close::question(&close::names(alias, known)),
        };
        hint.into_iter().fold(mistake, Mistake::hint)
    })
}

/// Reads one override. A local component has no content yet.
fn replaced(registries: &Registries, name: &str, table: OverrideTable) -> Result<Override> {
    check_package_name(name).map_err(|error| Mistake::new(error).named(name))?;
    let here = |mistake: Mistake| mistake.below(name);
    let find = |key: &str, alias: &str| {
        named(registries, alias, "it names the registry").map_err(|mistake| here(mistake.below(key)))
    };
    let alias = table.registry.as_deref().unwrap_or("default");
    let registry = find("registry", alias)?;
    let OverrideTable { by, by_registry, path, version, features, dependencies, .. } = table;
    let is_package = by.is_some() || by_registry.is_some();
    let wrong = |what: &str| Err(here(Mistake::new(what)));
    let by = match (is_package, path, version) {
        (true, None, None) if features.is_empty() && dependencies.is_empty() => Replacement::Package {
            registry: by_registry.map_or_else(|| Ok(registry.clone()), |alias| find("by-registry", &alias))?,
            name: match by {
                None => name.to_owned(),
                Some(by) => {
                    check_package_name(&by).map_err(|error| here(Mistake::new(error).below("by")))?;
                    by
                }
            },
        },
        (false, Some(_), Some(version)) => {
            let version = Version::parse(&version)
                .map_err(|error| {
                    let what = format!("expected a version such as 1.2.3, found {version:?}: {error}");
                    here(Mistake::new(what).below("version"))
                })?
                .to_string();
            check_features(&features).map_err(here)?;
            // Where nothing else is said, it needs packages of the registry that it stands in for.
            let dependencies = inputs(registries, dependencies, Some(alias)).map_err(here)?;
            Replacement::Local(Local { version, content: UNKNOWN, features, dependencies })
        }
        (false, None, None) => {
            return wrong(
                "expected `by` or `by-registry` (another package), or `path` and `version` (a local component)",
            );
        }
        (true, None, None) => return wrong("`features` and `dependencies` are a local component's"),
        (true, _, _) => return wrong("expected another package (`by`) or a local component (`path`), found both"),
        (false, Some(_), None) => return wrong("`path` goes with the `version` that the component stands for"),
        (false, None, Some(_)) => return wrong("`version` goes with the `path` of a local component"),
    };
    Ok(Override { registry, name: name.to_owned(), by })
}

/// Reads the table `dependencies` of a manifest or an override, whose packages are of the registry `of` where they name none.
fn inputs(registries: &Registries, table: BTreeMap<String, Wanted>, of: Option<&str>) -> Result<Vec<Input>> {
    let read = |(name, Wanted(wanted)): (String, Wanted)| input(registries, name, wanted, of.unwrap_or("default"));
    table.into_iter().map(read).collect::<Result<_>>().map_err(|mistake| mistake.below("dependencies"))
}

/// Reads one dependency.
fn input(registries: &Registries, name: String, wanted: WantedTable, of: &str) -> Result<Input> {
    let about = |mistake: Mistake| mistake.about(format!("dependency {name:?}"));
    check_package_name(&name).map_err(|error| about(Mistake::new(error)).named(&name))?;
    let WantedTable { version, registry, features, sha256 } = wanted;
    let alias = registry.as_deref().unwrap_or(of);
    let clause = format!("dependency {name:?} is looked for in registry");
    let origin = named(registries, alias, &clause).map_err(|mistake| match registry {
        Some(_) => mistake.below("registry").below(&name),
        None => mistake.named(&name),
    })?;
    let requirement = VersionReq::parse(&version).map_err(|error| {
        let what = format!("dependency {name:?} asks for {version:?}, which is no requirement: {error}");
        Mistake::new(what).below("version").below(&name)
    })?;
    let content = sha256.map(|text| text.parse::<Digest>()).transpose();
    let content = content.map_err(|error| about(Mistake::new(error).about("sha256")).below("sha256").below(&name))?;
    check_features(&features).map_err(|mistake| about(mistake).below(&name))?;
    Ok(Input { registry: origin, name, requirement: requirement.to_string(), content, features })
}

/// Checks names of features that stand under `features`.
fn check_features(features: &[String]) -> Result<()> {
    features.iter().enumerate().try_for_each(|(number, feature)| {
        check_feature_name(feature).map_err(|error| Mistake::new(error).entry(number).below("features"))
    })
}
