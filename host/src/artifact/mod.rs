//! What people build and publish: components, and packages of WIT. What the bytes say of themselves: what they are, their
//! name and version if they state them, what made them, what they import, and so which packages they need.
//!
//! Everything is read by one pass over the bytes, after the whole has been validated. Nothing is compiled or run.

pub mod name;
mod needs;
#[cfg(feature = "engine")]
pub mod text;
mod wit;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use headlock_log::digest::Digest;
use headlock_log::name::{check_package_name, quoted};
use semver::Version;
use wasmparser::{
    BinaryReader, ComponentExternName, ComponentName, ComponentNameSectionReader, Parser, Payload,
    ProducersSectionReader, Validator, WasmFeatures,
};

use crate::component::{broken, export_kind, import_kind, sections, stated_name};
use crate::error::{Error, Result};
pub use needs::Need;

/// The largest artifact, in bytes.
pub const MAX_ARTIFACT: u64 = crate::sources::MAX_BLOB;

/// How many imports, exports and tools are listed before an artifact is refused: a bound on memory, far above use.
const MAX_LISTED: usize = 10_000;

/// How many producers are told, and the largest section that is looked at for them.
const MAX_PRODUCERS: usize = 100;
/// See [`MAX_PRODUCERS`].
const MAX_SECTION: usize = 64 << 10;

/// The longest version that a section may state, in bytes.
const MAX_VERSION: usize = 256;

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A component, which runs.
    Component,
    /// A package of WIT, which others are written against.
    Wit,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Component => "a component",
            Kind::Wit => "a WIT package",
        })
    }
}

/// What had a part in making an artifact, by its `producers` section: `processed-by wit-component 0.234.0`. A claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    /// `language`, `processed-by`, `sdk`.
    pub field: String,
    /// The tool or language.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// An import or an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name: `wasi:http/types@0.2.3`.
    pub name: String,
    /// What it is: `instance`, `func`, …
    pub kind: &'static str,
    /// The interface that it has, where the name does not say it.
    pub implements: Option<String>,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        self.implements.iter().try_for_each(|interface| write!(f, " implements {interface}"))
    }
}

/// What an artifact says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The sha256 of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub size: usize,
    /// What it is.
    pub kind: Kind,
    /// The package that it calls itself. WIT packages do, components hardly ever.
    pub name: Option<String>,
    /// The version that it calls itself.
    pub version: Option<Version>,
    /// What made it, in its own order.
    pub producers: Vec<Producer>,
    /// What it imports, in its own order; of a WIT package what its interfaces and worlds name of other packages.
    pub imports: Vec<Item>,
    /// What it exports, in its own order.
    pub exports: Vec<Item>,
    /// The packages that the imports are of, ascending, its own not among them.
    pub needs: Vec<Need>,
}

impl Artifact {
    /// The packages that it needs if it is published as one of a name and version: of this package itself, none of the
    /// same track or of any version, for it brings that along.
    pub fn needs_as(&self, name: &str, version: &Version) -> Vec<Need> {
        needs::united(self.needs.clone(), Some(name), Some(version))
    }
}

/// Reads an artifact.
///
/// # Errors
/// Refused, each with what it is instead: larger than [`MAX_ARTIFACT`], a core module, no WebAssembly, of an older draft of
/// the format, not valid, names that no registry can have.
pub fn read(bytes: &[u8]) -> Result<Artifact> {
    require_component(bytes)?;
    // Bounds come first: validating takes time that is quadratic in how deep components lie in one another.
    sections(bytes).try_for_each(|section| section.map(drop))?;
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(bytes)
        .map_err(|error| Error::refused("expected a valid component, found one that is not").because(error))?;
    let mut outermost = Sections::default();
    for section in sections(bytes) {
        let (depth, payload) = section?;
        if depth == 1 {
            outermost.take(&payload)?;
        }
        let Sections { imports, exports, producers, types, .. } = &outermost;
        if imports.len().max(exports.len()).max(producers.len()).max(types.len()) > MAX_LISTED {
            return Err(broken(&format_args!("more than {MAX_LISTED} imports, exports, types or producers")));
        }
    }
    outermost.artifact(bytes)
}

/// Whether bytes begin as a component does, and what they are if not.
fn require_component(bytes: &[u8]) -> Result<()> {
    if bytes.len() as u64 > MAX_ARTIFACT {
        return Err(Error::refused(format!("expected at most {MAX_ARTIFACT} bytes, found {}", bytes.len())));
    }
    if Parser::is_component(bytes) {
        return Ok(());
    }
    let expected = "expected a component or a WIT package";
    Err(match bytes {
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Error::refused(format!("{expected}, found a core WebAssembly module"))
            .hint("`wasm-tools component new` makes a component of it, if it was built for one"),
        [0, b'a', b's', b'm', version @ .., _, _] if version.len() == 2 => draft(expected),
        [0, b'a', b's', b'm', _, _, _, _, ..] => draft(expected),
        [b'(', ..] | [b';', ..] => Error::refused(format!("{expected}, found what looks like its text"))
            .hint("`wasm-tools parse` makes bytes of it"),
        [] => Error::refused(format!("{expected}, found an empty file")),
        _ => Error::refused(format!("{expected}, found no WebAssembly"))
            .hint("what does not say itself what it is: `PACKAGE VERSION --content FILE`"),
    })
}

fn draft(expected: &str) -> Error {
    Error::refused(format!("{expected}, found WebAssembly of another version"))
        .hint("build it again with today's tools: the format of components had drafts before")
}

/// What is kept of the sections of the outermost component.
#[derive(Default)]
struct Sections {
    imports: Vec<Item>,
    exports: Vec<Item>,
    producers: Vec<Producer>,
    /// Of each import, the packages that it asks for.
    needs: Vec<Need>,
    /// What each type of the component says of WIT, in the order of their numbers.
    types: Vec<Option<wit::Stated>>,
    /// For each export that is a type, the number of the type.
    exported: BTreeMap<usize, u32>,
    named: Option<String>,
    versioned: Option<Version>,
}

impl Sections {
    fn take(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import.map_err(|error| broken(&error))?;
                    if let Some(kind) = wit::new_type_of_import(&import.ty) {
                        self.types.push(kind);
                    }
                    let item = item(&import.name, import_kind(&import.ty));
                    self.needs.extend(Need::of(&import.name)?);
                    self.imports.push(item);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export.map_err(|error| broken(&error))?;
                    if export.kind == wasmparser::ComponentExternalKind::Type {
                        self.exported.insert(self.exports.len(), export.index);
                        self.types.push(None);
                    }
                    self.exports.push(item(&export.name, export_kind(export.kind)));
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section.clone() {
                    let ty = ty.map_err(|error| broken(&error))?;
                    self.types.push(wit::stated(&ty));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    let alias = alias.map_err(|error| broken(&error))?;
                    if wit::is_type(&alias) {
                        self.types.push(None);
                    }
                }
            }
            Payload::CustomSection(section) => match section.name() {
                "producers" => self.producers = producers(section.data()),
                "component-name" if self.named.is_none() => self.named = component_name(section.data()),
                "version" if self.versioned.is_none() => {
                    let text = std::str::from_utf8(section.data()).ok().filter(|text| text.len() <= MAX_VERSION);
                    self.versioned = text.and_then(|text| Version::parse(text.trim()).ok());
                }
                crate::component::NAME_SECTION => {
                    if let Some((name, version)) = stated_name(section.data()) {
                        (self.named, self.versioned) = (Some(name), Version::parse(&version).ok());
                    }
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn artifact(mut self, bytes: &[u8]) -> Result<Artifact> {
        let (sha256, size) = (Digest::of(bytes), bytes.len());
        let (kind, name, version) = match self.wit_package()? {
            Some((name, version)) => (Kind::Wit, Some(name), version),
            None => (Kind::Component, self.named.take(), self.versioned.take()),
        };
        let Sections { imports, exports, producers, needs, .. } = self;
        let needs = needs::united(needs, name.as_deref(), version.as_ref());
        Ok(Artifact { sha256, size, kind, name, version, producers, imports, exports, needs })
    }

    /// The package that the exports are interfaces and worlds of, if they are nothing but that.
    fn wit_package(&mut self) -> Result<Option<(String, Option<Version>)>> {
        if !self.imports.is_empty() || self.exports.is_empty() || self.exported.len() != self.exports.len() {
            return Ok(None);
        }
        let mut package: Option<(String, Option<Version>)> = None;
        let mut named = BTreeMap::new();
        for number in self.exported.values() {
            let stated = usize::try_from(*number).ok().and_then(|number| self.types.get(number)?.as_ref());
            let Some(stated) = stated else { return Ok(None) };
            let read = |name: &str| name::interface_of(name, None).map_err(|why| broken(&why));
            let of = read(&stated.name)?;
            if *package.get_or_insert_with(|| of.clone()) != of {
                return Err(broken(&format_args!("it is of several packages, {} among them", quoted(&stated.name))));
            }
            for wit::Named { name, implements, suffix } in &stated.named {
                let need = Need::of_name(name, implements.as_deref(), suffix.as_deref())?;
                if need.as_ref().is_some_and(|need| need.package != of.0) {
                    let item = Item { name: name.clone(), kind: "instance", implements: implements.clone() };
                    named.insert((item.name.clone(), item.implements.clone()), item);
                }
                self.needs.extend(need);
            }
            if named.len().max(self.needs.len()) > MAX_LISTED {
                return Err(broken(&format_args!("more than {MAX_LISTED} interfaces of other packages")));
            }
        }
        self.imports.extend(named.into_values());
        Ok(package)
    }
}

fn item(name: &ComponentExternName<'_>, kind: &'static str) -> Item {
    Item { name: name.name.to_owned(), kind, implements: name.implements.map(str::to_owned) }
}

/// What the section lists, as far as it is shown; nothing, where it is malformed or larger than people read: it is for them,
/// and real components have broken ones.
fn producers(data: &[u8]) -> Vec<Producer> {
    let read = || -> wasmparser::Result<Vec<Producer>> {
        let mut producers = Vec::new();
        for field in ProducersSectionReader::new(BinaryReader::new(data, 0))? {
            let field = field?;
            for value in field.values {
                let value = value?;
                if producers.len() == MAX_PRODUCERS {
                    return Ok(producers);
                }
                let (name, version) = (value.name.to_owned(), value.version.to_owned());
                producers.push(Producer { field: field.name.to_owned(), name, version });
            }
        }
        Ok(producers)
    };
    if data.len() > MAX_SECTION { Vec::new() } else { read().unwrap_or_default() }
}

/// The component's own name, if it is that of a package.
fn component_name(data: &[u8]) -> Option<String> {
    ComponentNameSectionReader::new(BinaryReader::new(data, 0))
        .find_map(|part| match part {
            Ok(ComponentName::Component { name, .. }) => Some(name.to_owned()),
            _ => None,
        })
        .filter(|name| check_package_name(name).is_ok())
}
