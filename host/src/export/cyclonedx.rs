//! A bill of materials in CycloneDX 1.6, as JSON.

use std::fmt::Write;
use std::path::Path;

use headlock_log::digest::Digest;
use serde::Serialize;

use super::releases::{Release, Releases};
use super::{Consumer, Exported, Names};
use crate::error::Result;
use crate::lock::{Lock, LockedPackage, PinnedLog, SolverId};
use crate::maintainers::Maintainers;

/// How a bill of materials begins.
pub const CYCLONEDX_START: &str = "{\n  \"$schema\": \"http://cyclonedx.org/schema/bom-1.6.schema.json\",\n";

const SCHEMA: &str = "http://cyclonedx.org/schema/bom-1.6.schema.json";

/// What the consumer is called where nobody says it.
const CONSUMER: &str = "consumer";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

/// The lock as a bill of materials: a component a release, by its purl and its hash, and who depends on whom. There is no time
/// in it and no serial number, so that a lock has one bill.
///
/// # Errors
/// Malformed: a lock that depends on what it does not hold, a name for a registry that it does not have.
pub fn cyclonedx(lock: &Lock, path: &Path, names: &Names, consumer: Option<&Consumer>) -> Result<Exported> {
    names.check(lock)?;
    let releases = Releases::of(lock, path)?;
    let edges = |places: &[usize]| places.iter().filter_map(|place| releases.all.get(*place)).map(reference).collect();
    let consumed = Dependency { reference: CONSUMER.to_owned(), depends_on: edges(&releases.roots) };
    let each =
        |release: &Release<'_>| Dependency { reference: reference(release), depends_on: edges(&release.dependencies) };
    let bom = Bom {
        schema: SCHEMA,
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: Metadata {
            tools: Tools { components: vec![plain("headlock", Some(env!("CARGO_PKG_VERSION").to_owned()))] },
            component: Component {
                reference: Some(CONSUMER.to_owned()),
                ..plain(
                    consumer.map_or(CONSUMER, |consumer| &consumer.name),
                    consumer.map(|consumer| consumer.version.to_string()),
                )
            },
            properties: provenance(lock),
        },
        components: releases.all.iter().map(|release| component(release, names)).collect(),
        dependencies: std::iter::once(consumed).chain(releases.all.iter().map(each)).collect(),
    };
    // Structs of strings and numbers: there is nothing in them that JSON has no form for.
    let text = serde_json::to_string_pretty(&bom).unwrap_or_default() + "\n";
    let lost = match consumer {
        Some(_) => Vec::new(),
        None => vec![format!(
            "the consumer is called {CONSUMER:?} in it, for a lock does not name it: --package NAME@VERSION does"
        )],
    };
    Ok(Exported { text: in_ascii(&text), lost })
}

/// A program, of which no more is known.
fn plain(name: &str, version: Option<String>) -> Component {
    Component {
        kind: "application",
        reference: None,
        group: None,
        name: name.to_owned(),
        version,
        hashes: Vec::new(),
        purl: None,
        properties: Vec::new(),
    }
}

/// As a lock refers to a release from outside: each has one.
fn reference(release: &Release<'_>) -> String {
    let LockedPackage { registry, name, version, .. } = release.locked;
    format!("{name} {version} {registry}")
}

fn component(release: &Release<'_>, names: &Names) -> Component {
    let LockedPackage { registry, name, version, sha256, record, maintainers, features, .. } = release.locked;
    let (group, short) = name.split_once(':').unwrap_or(("", name));
    let property = |name, value: &str| Property { name, value: value.to_owned() };
    let mut properties = vec![property("headlock:registry", registry)];
    match record {
        Some(record) => properties.push(property("headlock:record", &record.to_string())),
        None => properties.push(property("headlock:local", "true")),
    }
    let maintainers = maintainers.as_ref().map(Maintainers::texts).unwrap_or_default();
    properties.extend(maintainers.iter().map(|text| property("headlock:maintainers", text)));
    properties.extend(features.iter().map(|feature| property("headlock:feature", feature)));
    Component {
        kind: "library",
        reference: Some(reference(release)),
        group: Some(group.to_owned()),
        name: short.to_owned(),
        version: Some(version.clone()),
        hashes: vec![Hash { alg: "SHA-256", content: sha256.to_string() }],
        purl: Some(purl(release, names.of(registry))),
        properties,
    }
}

/// A package URL. Crates have a type of their own; there is none for packages of the component model, so they are generic, and
/// told apart by their content. The registry is named where somebody says what others call it.
fn purl(release: &Release<'_>, registry: Option<&str>) -> String {
    let LockedPackage { name, version, sha256, .. } = release.locked;
    let (group, short) = name.split_once(':').unwrap_or(("", name));
    let kind = match group {
        "crates" => "pkg:cargo".to_owned(),
        _ => format!("pkg:generic/{}", quoted(group)),
    };
    let registry = registry.map(|name| format!("&repository_url={}", quoted(name))).unwrap_or_default();
    format!("{kind}/{}@{}?checksum=sha256:{sha256}{registry}", quoted(short), quoted(version))
}

/// Percent-encoded, but for what a package URL leaves as it is.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' | b'/' => {
                quoted.push(char::from(byte))
            }
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(quoted, "%{byte:02X}");
            }
        }
    }
    quoted
}

/// What the components follow from.
fn provenance(lock: &Lock) -> Vec<Property> {
    let mut properties = Vec::new();
    let mut say = |name, value: String| properties.push(Property { name, value });
    say("headlock:lock:sha256", Digest::of(lock.format().as_bytes()).to_string());
    let SolverId { name, version, world, sha256, imports, published } = &lock.claim.solver;
    if let (Some(name), Some(version)) = (name, version) {
        say("headlock:solver", format!("{name} {version}"));
    }
    say("headlock:solver:sha256", sha256.to_string());
    say("headlock:solver:world", world.clone());
    imports.iter().for_each(|import| say("headlock:solver:import", import.clone()));
    if let Some(published) = published {
        say("headlock:solver:published", format!("{}, record {}", published.origin, published.record));
    }
    let head = |PinnedLog { origin, size, root, .. }: &PinnedLog| format!("{origin} {size} {root}");
    lock.claim.logs.iter().for_each(|log| say("headlock:head", head(log)));
    for derived in &lock.derived.logs {
        say("headlock:head", format!("{} derived from {}", head(&derived.log), derived.from));
    }
    say("headlock:problem:sha256", lock.derived.problem.to_string());
    say("headlock:outcome:sha256", lock.derived.outcome.to_string());
    properties
}

/// JSON with all that is not printable ASCII escaped.
fn in_ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, ' '..='~' | '\n') {
            ascii.push(character);
            continue;
        }
        // Two units where one does not hold it, as JSON has it. Writing to a String cannot fail.
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}
