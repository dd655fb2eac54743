//! The facts in examples/wasi/: which releases of the `wasi:*` WIT packages there are, what each depends on, and the
//! sha256 of its binary encoding.
//!
//! The texts are those that published crates carry. They are downloaded by cargo, which checks them, and stay out of this
//! repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use wit_parser::{InterfaceId, PackageId, PackageName, Resolve, SourceMap, Stability, TypeOwner, WorldItem};

use crate::component::sha256;

/// Where the records go, from the workspace's folder.
const RECORDS: &str = "examples/wasi/records";

/// A published crate, its version, and the folder in it whose `deps` are the packages of one release.
type Source = (&'static str, &'static str, &'static str);

const SOURCES: [Source; 11] = [
    ("wasi", "0.13.1+wasi-0.2.0", "wit"),
    ("wasi", "0.13.2+wasi-0.2.1", "wit"),
    ("wasi", "0.13.3+wasi-0.2.2", "wit"),
    ("wasi", "0.14.1+wasi-0.2.3", "wit"),
    ("wasi", "0.14.2+wasi-0.2.4", "wit"),
    ("wasmtime-wasi-http", "36.0.20", "wit"),
    ("wasip2", "1.0.3+wasi-0.2.9", "wit"),
    ("wasip2", "1.0.4+wasi-0.2.12", "wit"),
    ("wasmtime-wasi-config", "48.0.8", "wit"),
    ("wasmtime-wasi-keyvalue", "48.0.8", "wit"),
    ("wasmtime-wasi-http", "48.0.8", "src/p3/wit"),
];

/// Downloads the crates and writes a record a release, to be published with `headlock registry publish --record`.
pub(crate) fn write(root: &Path) -> Result<()> {
    let records = root.join(RECORDS);
    let home = root.join("target/wasi-facts");
    let mut written = 0;
    for source in SOURCES {
        let folder = download(&home, source)?;
        for (package, version, record) in facts(&folder).with_context(|| format!("{} {}", source.0, source.1))? {
            let path = records.join(&version).join(format!("{package}.json"));
            fs::create_dir_all(records.join(&version))?;
            fs::write(path, record)?;
            written += 1;
        }
    }
    println!("wrote {written} records to {RECORDS}");
    Ok(())
}

/// Has cargo download and unpack a crate, and returns the folder of its WIT.
fn download(home: &Path, (name, version, folder): Source) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let plain = version.split('+').next().unwrap_or(version);
    fs::create_dir_all(home)?;
    let output = Command::new(cargo)
        .args(["info", "--quiet", &format!("{name}@{plain}")])
        .env("CARGO_HOME", home)
        .current_dir(home) // `info` prefers what a workspace around it has
        .output()
        .context("cargo did not run")?;
    ensure!(output.status.success(), "cargo info {name}@{plain}: {}", String::from_utf8_lossy(&output.stderr).trim());
    for registry in fs::read_dir(home.join("registry/src"))? {
        let path = registry?.path().join(format!("{name}-{version}")).join(folder);
        if path.is_dir() {
            return Ok(path);
        }
    }
    anyhow::bail!("cargo info {name}@{plain} left no sources")
}

/// Package, version and record of every `wasi` package in the folder's `deps`.
fn facts(folder: &Path) -> Result<Vec<(String, String, String)>> {
    let mut resolve = Resolve::new();
    resolve.all_features = true; // what is gated is part of a package, too, marked as such
    resolve.push_dir(folder)?;
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder.join("deps"))? {
        let path = entry?.path();
        let mut sources = SourceMap::default();
        if path.is_dir() {
            sources.push_dir(&path)?
        } else {
            sources.push_file(&path)?
        };
        let parsed = sources.parse().map_err(|(_, error)| error).with_context(|| format!("{}", path.display()))?;
        texts.insert(parsed.main.name.clone(), parsed.main.foreign_deps);
    }
    let mut records = Vec::new();
    for (name, mentions) in texts {
        let id = *resolve.package_names.get(&name).with_context(|| format!("{name} was not read"))?;
        let content = sha256(&wit_component::encode(&resolve, id, false)?);
        let version = version_of(&name)?;
        let mut dependencies = Vec::new();
        for (dependency, items) in &mentions {
            let gated = |stabilities: &Vec<Stability>| stabilities.iter().all(|stability| gate(stability).is_some());
            dependencies.push((
                format!("{}:{}", dependency.namespace, dependency.name),
                format!("^{}", version_of(dependency)?),
                items.values().all(|(_, stabilities)| gated(stabilities)),
            ));
        }
        dependencies.sort();
        let features = features(&resolve, id);
        records.push((
            name.name.clone(),
            version.clone(),
            record(&name, &version, &content, &dependencies, &features)?,
        ));
    }
    Ok(records)
}

fn version_of(name: &PackageName) -> Result<String> {
    Ok(name.version.as_ref().with_context(|| format!("{name} has no version"))?.to_string())
}

/// The feature that an item is gated by.
fn gate(stability: &Stability) -> Option<&str> {
    match stability {
        Stability::Unstable { feature, .. } => Some(feature),
        Stability::Stable { .. } | Stability::Unknown => None,
    }
}

/// The features that gate something in a package; for each, what it then imports or exports from other packages that is
/// gated there: package and feature.
type Features = BTreeMap<String, BTreeSet<(String, String)>>;

fn features(resolve: &Resolve, package: PackageId) -> Features {
    let mut features = Features::new();
    let mut note = |stability: &Stability, foreign: Option<(String, String)>| {
        if let Some(feature) = gate(stability) {
            features.entry(feature.to_owned()).or_default().extend(foreign);
        }
    };
    let foreign = |id: InterfaceId| {
        let interface = &resolve.interfaces[id];
        let owner = &resolve.packages[interface.package.filter(|owner| *owner != package)?].name;
        Some((format!("{}:{}", owner.namespace, owner.name), gate(&interface.stability)?.to_owned()))
    };
    for &id in resolve.packages[package].interfaces.values() {
        let interface = &resolve.interfaces[id];
        note(&interface.stability, None);
        interface.functions.values().for_each(|function| note(&function.stability, None));
        interface.types.values().for_each(|id| note(&resolve.types[*id].stability, None));
    }
    for &id in resolve.packages[package].worlds.values() {
        let world = &resolve.worlds[id];
        note(&world.stability, None);
        for item in world.imports.values().chain(world.exports.values()) {
            match item {
                WorldItem::Interface { id, stability, .. } => note(stability, foreign(*id)),
                WorldItem::Function(function) => note(&function.stability, None),
                WorldItem::Type { id, .. } => {
                    let ty = &resolve.types[*id];
                    let owner = if let TypeOwner::Interface(owner) = ty.owner { foreign(owner) } else { None };
                    note(&ty.stability, owner);
                }
            }
        }
    }
    features
}

/// The record as JSON. Names, versions and digests hold nothing that would have to be escaped.
fn record(
    name: &PackageName,
    version: &str,
    content: &str,
    dependencies: &[(String, String, bool)],
    features: &Features,
) -> Result<String> {
    let listed: Vec<String> = dependencies
        .iter()
        .map(|(package, requirement, optional)| {
            let optional = if *optional { r#", "optional": true"# } else { "" };
            format!(r#"    {{ "package": "{package}", "requirement": "{requirement}"{optional} }}"#)
        })
        .collect();
    let mut gates = Vec::new();
    for (feature, foreign) in features {
        let mut additions = Vec::new();
        for (package, asked) in foreign {
            let place = dependencies.iter().position(|(name, ..)| name == package);
            let place = place.with_context(|| format!("{feature} needs {package}, which is no dependency"))?;
            additions.push(format!(r#"{{ "dependency": {place}, "features": ["{asked}"] }}"#));
        }
        let additions = match additions.is_empty() {
            true => String::new(),
            false => format!(r#", "additions": [{}]"#, additions.join(", ")),
        };
        gates.push(format!(r#"    {{ "name": "{feature}"{additions} }}"#));
    }
    let mut fields = vec![
        format!(r#"  "package": "{}:{}""#, name.namespace, name.name),
        format!(r#"  "version": "{version}""#),
        format!(r#"  "content": "{content}""#),
    ];
    for (field, items) in [("dependencies", listed), ("features", gates)] {
        if !items.is_empty() {
            fields.push(format!("  \"{field}\": [\n{}\n  ]", items.join(",\n")));
        }
    }
    Ok(format!("{{\n{}\n}}\n", fields.join(",\n")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use anyhow::Result;
    use wit_parser::PackageName;

    use super::{Features, record};

    fn name() -> PackageName {
        PackageName { namespace: "wasi".to_owned(), name: "cli".to_owned(), version: None }
    }

    #[test]
    fn a_record_has_the_fields_of_a_release() -> Result<()> {
        let dependencies =
            [("wasi:clocks".to_owned(), "^0.2.4".to_owned(), false), ("wasi:io".to_owned(), "^0.2.4".to_owned(), true)];
        let gated = BTreeSet::from([("wasi:io".to_owned(), "new".to_owned())]);
        let features = Features::from([("gate".to_owned(), gated), ("other".to_owned(), BTreeSet::new())]);
        let expected = r#"{
  "package": "wasi:cli",
  "version": "0.2.4",
  "content": "00ff",
  "dependencies": [
    { "package": "wasi:clocks", "requirement": "^0.2.4" },
    { "package": "wasi:io", "requirement": "^0.2.4", "optional": true }
  ],
  "features": [
    { "name": "gate", "additions": [{ "dependency": 1, "features": ["new"] }] },
    { "name": "other" }
  ]
}
"#;
        assert_eq!(record(&name(), "0.2.4", "00ff", &dependencies, &features)?, expected);
        Ok(())
    }

    #[test]
    fn a_gate_on_what_is_no_dependency_is_refused() {
        let gated = BTreeSet::from([("wasi:io".to_owned(), "new".to_owned())]);
        let features = Features::from([("gate".to_owned(), gated)]);
        let refusal = record(&name(), "0.2.4", "00ff", &[], &features).expect_err("refused");
        assert_eq!(refusal.to_string(), "gate needs wasi:io, which is no dependency");
    }
}
