//! What a component is made of, told without running or compiling it: all that there is to know of a solver before an
//! engine has it.

use std::fmt;
use std::sync::Arc;

use headlock_log::digest::Digest;
use headlock_log::name::check_package_name;
use wasmparser::{ComponentExternalKind, ComponentInstance, ComponentTypeRef, Parser, Payload};

use crate::error::{Error, Result};
use crate::world::WORLD;

/// The largest component, in bytes. Compiling is bounded by nothing else.
pub const MAX_COMPONENT: u64 = 64 << 20;

/// The interface that a solver exports.
pub const SOLVING: &str = "headlock:solver/solving@0.1.0";

/// The custom section of a component in which a solver states `NAME VERSION`.
pub const NAME_SECTION: &str = "headlock-solver";

/// The interfaces of WASI 0.2 that a solver may import, of whatever version 0.2.N: the runtimes of some languages ask for
/// them. A host gives them with nothing behind, as docs/sealed.md says. Anything else is refused.
pub const SEALED: [&str; 20] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// How many imports, exports and modules are listed before a component is refused: a bound on memory, far above use.
const MAX_LISTED: usize = 10_000;

/// How many components and modules may lie in one another. Wasmtime takes time that is quadratic in it, and stack.
const MAX_NESTING: usize = 16;

/// How many instances of components a component may lead to. Each that instantiates two others, which do the same, doubles
/// what an engine unfolds before it runs anything; this is a bound on it, and far above use.
const MAX_UNFOLDED: u64 = 1 << 16;

/// How many names a refusal lists.
const MAX_NAMED: usize = 5;

/// Something that a component imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its name: `wasi:clocks/wall-clock@0.2.0`.
    pub name: String,
    /// What it is: `instance`, `func`, …
    pub kind: &'static str,
}

impl Import {
    /// Whether it is one of [`SEALED`].
    pub fn is_sealed(&self) -> bool {
        let is_version = |version: &str| {
            let patch = version.strip_prefix("0.2.").filter(|patch| *patch == "0" || !patch.starts_with('0'));
            patch.is_some_and(|patch| (1..=3).contains(&patch.len()) && patch.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (interface, version) = self.name.split_once('@').unwrap_or((&self.name, ""));
        self.kind == "instance" && is_version(version) && SEALED.contains(&interface)
    }
}

/// Something that a component exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name: `headlock:solver/solving@0.1.0`.
    pub name: String,
    /// What it is: `instance`, `func`, …
    pub kind: &'static str,
}

/// What a component is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The sha256 of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub size: usize,
    /// What it imports, in its own order.
    pub imports: Vec<Import>,
    /// What it exports, in its own order.
    pub exports: Vec<Export>,
    /// Sizes in bytes of the core modules inside, at any depth, in its own order. With one, an engine without the
    /// component model can run the very bytes that were hashed.
    pub core_modules: Vec<u64>,
    /// The world of a solver that it is for; nothing if it is no solver that this host knows.
    pub world: Option<&'static str>,
    /// What it calls itself, by its custom section [`NAME_SECTION`]: package name and version. A claim: only the sha256
    /// names a solver.
    pub name: Option<(String, String)>,
}

impl Inspection {
    /// Why it is no solver; nothing if it is one: it imports nothing but what is [`SEALED`], and exports [`SOLVING`].
    pub fn refusal(&self) -> Option<String> {
        let names = |all: &mut dyn Iterator<Item = &String>| {
            let names: Vec<String> = all.map(|name| format!("{name:?}")).collect();
            let more = names.len().saturating_sub(MAX_NAMED);
            let named = names[..names.len() - more].join(", ");
            if more == 0 { named } else { format!("{named} and {more} more") }
        };
        let open: Vec<&Import> = self.imports.iter().filter(|import| !import.is_sealed()).collect();
        if !open.is_empty() {
            let found = names(&mut open.iter().map(|import| &import.name));
            return Some(format!("a solver imports nothing but what can be sealed, and it imports {found}"));
        }
        if self.world.is_some() {
            return None;
        }
        let other = self.exports.iter().find(|export| export.name == SOLVING);
        let found = match other {
            Some(export) => format!("a {} of that name, and no instance", export.kind),
            None if self.exports.is_empty() => "nothing".to_owned(),
            None => names(&mut self.exports.iter().map(|export| &export.name)),
        };
        Some(format!("a solver exports {SOLVING:?}, and it exports {found}"))
    }

    /// Lines `WHAT: VALUE`. A component's names may hold anything, line feeds, too.
    pub fn lines(&self) -> Vec<String> {
        let name = self.name.as_ref().map_or("not stated".to_owned(), |(name, version)| format!("{name} {version}"));
        let mut lines = vec![
            format!("sha256: {}", self.sha256),
            format!("bytes: {}", self.size),
            format!("name: {name}"),
            format!("world: {}", self.world.unwrap_or("none that this host knows")),
        ];
        lines.extend(self.core_modules.iter().map(|size| format!("core module: {size} bytes")));
        lines.extend(self.imports.iter().map(|import| {
            let sealed = if import.is_sealed() { "sealed" } else { "refused" };
            format!("import: {} {} ({sealed})", import.kind, import.name)
        }));
        lines.extend(self.exports.iter().map(|export| format!("export: {} {}", export.kind, export.name)));
        lines
    }
}

/// Reads what a component is made of. Nothing is compiled, and code is not validated.
///
/// # Errors
/// Refused: larger than [`MAX_COMPONENT`], no component, or cut short.
pub fn inspect(bytes: &[u8]) -> Result<Inspection> {
    if bytes.len() as u64 > MAX_COMPONENT {
        return Err(Error::refused(format!("expected a component of at most {MAX_COMPONENT} bytes, found more")));
    }
    if !Parser::is_component(bytes) {
        let found = if Parser::is_core_wasm(bytes) { "a core WebAssembly module" } else { "something else" };
        return Err(Error::refused(format!("expected a WebAssembly component, found {found}"))
            .hint("a core module becomes a component with wit-component or `wasm-tools component new`"));
    }
    let mut inspection = Inspection {
        sha256: Digest::of(bytes),
        size: bytes.len(),
        imports: Vec::new(),
        exports: Vec::new(),
        core_modules: Vec::new(),
        world: None,
        name: None,
    };
    // For each component or module that the reader is in, how many components it instantiates.
    let mut open: Vec<u64> = Vec::new();
    let mut unfolded = 1_u64;
    for section in sections(bytes) {
        let (depth, payload) = section?;
        match payload {
            Payload::Version { .. } => open.push(0),
            Payload::ModuleSection { unchecked_range, .. } => {
                inspection.core_modules.push((unchecked_range.end - unchecked_range.start) as u64);
            }
            Payload::End(_) => unfolded = unfolded.saturating_mul(open.pop().unwrap_or(0).max(1)),
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if let ComponentInstance::Instantiate { .. } = instance.map_err(|error| broken(&error))?
                        && let Some(count) = open.last_mut()
                    {
                        *count += 1;
                    }
                }
            }
            Payload::CustomSection(section) if depth == 1 && section.name() == NAME_SECTION => {
                let name = stated_name(section.data()).filter(|_| inspection.name.is_none());
                inspection.name = Some(name.ok_or_else(|| {
                    broken(&format_args!("its section {NAME_SECTION:?} is not one `NAMESPACE:NAME VERSION`"))
                })?);
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(|error| broken(&error))?;
                    let kind = import_kind(&import.ty);
                    inspection.imports.push(Import { name: import.name.name.to_owned(), kind });
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(|error| broken(&error))?;
                    let kind = export_kind(export.kind);
                    inspection.exports.push(Export { name: export.name.name.to_owned(), kind });
                }
            }
            _ => {}
        }
        let listed = inspection.imports.len() + inspection.exports.len() + inspection.core_modules.len();
        if listed > MAX_LISTED {
            return Err(broken(&format_args!("more than {MAX_LISTED} imports, exports and modules")));
        }
        if unfolded > MAX_UNFOLDED {
            return Err(broken(&format_args!("it leads to more than {MAX_UNFOLDED} instances of components")));
        }
    }
    if inspection.exports.iter().any(|export| export.name == SOLVING && export.kind == "instance") {
        inspection.world = Some(WORLD);
    }
    Ok(inspection)
}

/// The sections of a component and of all that lies in it, in the order of its bytes, each with how many components and
/// modules it lies in. Ends with the first error.
///
/// # Errors
/// Refused: bytes that are no sections, components and modules that lie too deep in one another, and one that goes on where
/// the file has ended. The parser itself takes a module for whole whose sections end there, whatever its stated size.
pub(crate) fn sections<'b>(bytes: &'b [u8]) -> impl Iterator<Item = Result<(usize, Payload<'b>)>> {
    let mut depth = 0_usize;
    let placed = move |payload: wasmparser::Result<Payload<'b>>| {
        let payload = payload.map_err(|error| broken(&error))?;
        let lies_in = depth;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ModuleSection { unchecked_range: range, .. }
            | Payload::ComponentSection { unchecked_range: range, .. }
                if range.end > bytes.len() =>
            {
                let (size, found) = (range.end - range.start, bytes.len() - range.start);
                return Err(broken(&format_args!(
                    "expected {size} bytes of what begins at byte {}, found {found}",
                    range.start
                )));
            }
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(broken(&format_args!("more than {MAX_NESTING} components in one another")));
        }
        Ok((lies_in, payload))
    };
    Parser::new(0)
        .parse_all(bytes)
        .map(placed)
        .scan(false, |is_over, section| (!std::mem::replace(is_over, section.is_err())).then_some(section))
}

pub(crate) fn broken(error: &dyn fmt::Display) -> Error {
    Error::refused(format!("the component is malformed: {error}"))
}

/// Reads `NAME VERSION`.
pub(crate) fn stated_name(bytes: &[u8]) -> Option<(String, String)> {
    let (name, version) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
    check_package_name(name).ok()?;
    let read = semver::Version::parse(version).ok()?;
    (read.to_string() == version).then(|| (name.to_owned(), version.to_owned()))
}

pub(crate) fn import_kind(kind: &ComponentTypeRef) -> &'static str {
    match kind {
        ComponentTypeRef::Module(_) => "module",
        ComponentTypeRef::Func(_) => "func",
        ComponentTypeRef::Value(_) => "value",
        ComponentTypeRef::Type(_) => "type",
        ComponentTypeRef::Instance(_) => "instance",
        ComponentTypeRef::Component(_) => "component",
    }
}

pub(crate) fn export_kind(kind: ComponentExternalKind) -> &'static str {
    match kind {
        ComponentExternalKind::Module => "module",
        ComponentExternalKind::Func => "func",
        ComponentExternalKind::Value => "value",
        ComponentExternalKind::Type => "type",
        ComponentExternalKind::Instance => "instance",
        ComponentExternalKind::Component => "component",
    }
}

/// A solver: the bytes of a component that imports nothing but what is [`SEALED`], and exports [`SOLVING`], and their sha256. Whether anyone
/// accepts it is another question.
#[derive(Clone)]
pub struct Solver {
    bytes: Arc<[u8]>,
    inspection: Arc<Inspection>,
}

impl Solver {
    /// Takes a component for a solver.
    ///
    /// # Errors
    /// Refused: too large, no component, an import that is not [`SEALED`], or no [`SOLVING`] among its exports.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Solver> {
        let bytes = bytes.into();
        let inspection = inspect(&bytes)?;
        if let Some(why) = inspection.refusal() {
            return Err(Error::refused(format!("the component {} is no solver: {why}", inspection.sha256)));
        }
        Ok(Solver { bytes, inspection: Arc::new(inspection) })
    }

    /// The sha256 of its bytes: its name.
    pub fn sha256(&self) -> Digest {
        self.inspection.sha256
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it is made of.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// The world that it is for, as locks name it.
    pub fn world(&self) -> &'static str {
        WORLD
    }
}

impl fmt::Debug for Solver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Solver").field("sha256", &self.inspection.sha256).field("size", &self.bytes.len()).finish()
    }
}
