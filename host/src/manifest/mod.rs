//! `headlock.toml`: what a consumer depends on, and the part of it that determines an answer.

mod read;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::inputs::{Inputs, Replacement};
use crate::mistake::{Mistake, Place};
use crate::sources::MAX_BLOB;
use read::Document;

/// The manifest's usual name.
pub const MANIFEST: &str = "headlock.toml";

/// Largest manifest read, in bytes.
pub const MAX_MANIFEST: u64 = 4 << 20;

/// Most local components.
pub const MAX_LOCALS: usize = 256;

/// Most bytes of all their files together.
pub const MAX_LOCAL_BYTES: u64 = 1 << 30;

/// The content of a component whose file was not looked at, or is not there.
const UNKNOWN: Digest = Digest([0; 32]);

/// The solver's budget where nobody asks for another, in steps of the released solver. Locking bevy with its 572 releases
/// takes 500,000; what grows exponentially is over after a second or two where code is compiled.
pub const DEFAULT_BUDGET: u64 = 100_000_000;

/// A manifest as it was read: shape and names are right, nothing has been looked up.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its text.
    text: String,
    /// The registries' origins, by the names that the manifest gives them.
    pub registries: BTreeMap<String, String>,
    /// The trust file, relative to the manifest's folder; none if none is named.
    pub trust: Option<String>,
    /// What the project calls itself.
    pub about: About,
    /// What it asks for.
    pub inputs: Inputs,
    /// The files of local components, in no order that means anything.
    pub locals: Vec<LocalFile>,
}

/// The file of a local component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Origin of the replaced package's registry.
    pub registry: String,
    /// The replaced package.
    pub name: String,
    /// Where the file is.
    pub path: PathBuf,
    /// Whether it is there. If it is not, the inputs hold no content of it that means anything.
    pub is_there: bool,
    /// Where the manifest names it; known of the first that is not there.
    pub(crate) place: Place,
}

/// `[package]`: what the project calls itself, as written. No answer depends on it; who publishes the project may take
/// its name and version from here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// A line for people.
    pub description: Option<String>,
}

impl Manifest {
    /// Reads a manifest file, and the files of local components that are there.
    ///
    /// # Errors
    /// Malformed: not there, too large, not TOML, an unknown field, a name or requirement that is none, a registry that
    /// is not listed, a local component that cannot be read.
    pub fn read(path: &Path) -> Result<Manifest> {
        let left = Cell::new(MAX_LOCAL_BYTES);
        Manifest::parse(path, &text(path)?, |file| {
            let Some(bytes) = files::read_bytes(file, MAX_BLOB.min(left.get()))? else { return Ok(None) };
            left.set(left.get() - bytes.len() as u64);
            Ok(Some(Digest::of(&bytes)))
        })
    }

    /// Where the trust file is that the manifest in a file names, without looking at any other file.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_trust_path(path: &Path) -> Result<Option<PathBuf>> {
        Ok(Manifest::parse(path, &text(path)?, |_| Ok(None))?.trust_path())
    }

    /// Parses a manifest's text. `path` is where it stands; `content` gives the sha256 of a local component's file, or
    /// nothing if it is not there.
    ///
    /// # Errors
    /// As [`Manifest::read`], and what `content` says.
    pub fn parse(path: &Path, text: &str, content: impl Fn(&Path) -> Result<Option<Digest>>) -> Result<Manifest> {
        let document: Document = files::from_toml(path, text)?;
        read::manifest(path, text, document, content).map_err(|mistake| mistake.in_file(path, text))
    }

    /// Whether it asks for what a lock was made from. Preferences are the lock's own; and of a local component whose file
    /// is not there, the lock's word is taken.
    pub fn asks_for(&self, inputs: &Inputs) -> bool {
        let mut own = Inputs { preferences: inputs.preferences.clone(), ..self.inputs.clone() };
        for replaced in &mut own.overrides {
            let missing =
                self.missing().any(|file| (&file.registry, &file.name) == (&replaced.registry, &replaced.name));
            let locked = inputs.local(&replaced.registry, &replaced.name);
            if let (true, Replacement::Local(local), Some(locked)) = (missing, &mut replaced.by, locked) {
                local.content = locked.content;
            }
        }
        own == *inputs
    }

    /// The files of local components that are not there.
    pub fn missing(&self) -> impl Iterator<Item = &LocalFile> {
        self.locals.iter().filter(|file| !file.is_there)
    }

    /// Checks that the files of local components are there.
    ///
    /// # Errors
    /// Malformed: one is not.
    pub fn require_files(&self) -> Result<()> {
        let Some(LocalFile { name, path, place, .. }) = self.missing().next() else { return Ok(()) };
        let what = format!("override of {name:?}: there is no file at {}", path.display());
        Err(place
            .error(ErrorKind::Malformed, &self.path, &what)
            .hint("build the component, or take the override out of [overrides]"))
    }

    /// What is wrong with a registry, said where the manifest names it.
    pub fn at_registry(&self, origin: &str, error: &Error) -> Error {
        let mistake = Mistake::new(error.message()).of_kind(error.kind());
        let mistake = error.hint_text().into_iter().fold(mistake, Mistake::hint);
        let mut names: Vec<&String> =
            self.registries.iter().filter(|(_, own)| *own == origin).map(|(name, _)| name).collect();
        names.sort_by_key(|name| *name != "default");
        let mistake = names.first().into_iter().fold(mistake, |mistake, name| mistake.below(name).below("registries"));
        mistake.in_file(&self.path, &self.text)
    }

    /// Where the trust file is that the manifest names.
    pub fn trust_path(&self) -> Option<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        self.trust.as_ref().map(|name| folder.join(name))
    }
}

/// The text of a manifest file.
fn text(path: &Path) -> Result<String> {
    files::read_text(path, MAX_MANIFEST)?.ok_or_else(|| {
        Error::malformed(format!("there is no manifest at {}", path.display()))
            .hint("`headlock init` writes one; `-C DIR` or `--manifest-path FILE` names another place")
    })
}

/// The lines to write into a manifest to do without logs that others name as their peers, where it does not name them yet.
pub fn lines_to_forbid(origins: &[&str]) -> Vec<String> {
    let name = |place: usize| if place == 0 { "peer".to_owned() } else { format!("peer{}", place + 1) };
    let mut lines =
        vec!["to do without, write into the manifest, below [registries], under a name that is free:".to_owned()];
    lines.extend(origins.iter().enumerate().map(|(place, origin)| format!("  {} = {origin:?}", name(place))));
    lines.push("and at its end:".to_owned());
    for place in 0..origins.len() {
        lines.extend(["  [[forbid]]".to_owned(), format!("  dependency = {:?}", name(place))]);
    }
    lines
}
