//! `headlock.lock`: what was chosen, and everything needed to derive it again.
//!
//! A lock is text with one encoding. [`Lock::format`] writes it, [`Lock::parse`] accepts exactly what `format` writes:
//! it reads, formats, and compares bytes. `docs/lock.md` is the format's specification.
//!
//! | section | holds | checked by |
//! |---|---|---|
//! | `[solver]` | name and version as the component states them, world, sha256 | running that very component |
//! | `[solver.published]` | the release record of the solver, and the head that it was found at | the verifier's trust file; reading that log |
//! | `[inputs]` | what the manifest asked for, whole | comparing with the manifest, where there is one |
//! | `[problem]`, `[outcome]` | sha256 of their canonical bytes, the consumer's bindings | deriving both |
//! | `[[log]]` | heads: origin, size, root, the log's signature, and from which other log the head is derived, if it is | the verifier's trust file; deriving them |
//! | `[[consulted]]` | packages that the solver asked for and the answer does not hold | deriving them |
//! | `[[package]]` | the answer | deriving it |
//! | `[[cosignature]]` | cosignatures of the heads | the verifier's trust file; never compared |

mod claim;
mod compare;
mod format;
mod links;
mod parse;
mod published;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::name::in_ascii;
use serde::Deserialize;

use crate::component::Solver;
use crate::error::{Error, Result};
use crate::inputs::Inputs;
use crate::maintainers::Maintainers;
use crate::table;

pub use claim::CLAIM;
pub use compare::{Difference, compare};
pub use links::{Key, Links};
pub use published::PublishedSolver;

/// The lock's usual name.
pub const LOCK: &str = "headlock.lock";

/// The format that this host writes and reads.
pub const FORMAT: u32 = 1;

/// Largest lock read, in bytes. A lock of 572 releases has a quarter of a MiB.
pub const MAX_LOCK: u64 = 64 << 20;

/// A lock: well-formed, nothing in it verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// What a lock is derived from.
    pub claim: Claim,
    /// What is derived from it.
    pub derived: Derived,
    /// Cosignatures, ascending by origin, then by line.
    pub cosignatures: Vec<Cosignature>,
}

/// The part of a lock that determines all the rest: with it alone a lock can be rebuilt byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The solver.
    pub solver: SolverId,
    /// What the consumer asked for.
    pub inputs: Inputs,
    /// The pinned heads, ascending by origin: of each registry that the inputs name, and of their peers whose heads no
    /// log holds.
    pub logs: Vec<PinnedLog>,
}

/// The part of a lock that follows from its [`Claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The heads that logs hold of their peers, ascending by origin.
    pub logs: Vec<DerivedLog>,
    /// The sha256 of the problem's canonical bytes.
    pub problem: Digest,
    /// The sha256 of the answer's canonical bytes.
    pub outcome: Digest,
    /// The releases that the consumer's dependencies are bound to.
    pub roots: Vec<Target>,
    /// Packages that were asked for and are not in the answer, ascending by registry.
    pub consulted: Vec<Consulted>,
    /// The answer, ascending by registry, name and version.
    pub packages: Vec<LockedPackage>,
}

/// Which solver made a lock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolverId {
    /// Name, as the component states it; none if it states none.
    pub name: Option<String>,
    /// Version, as the component states it.
    pub version: Option<String>,
    /// The version of the contract that it implements.
    pub world: String,
    /// The sha256 of the component.
    pub sha256: Digest,
    /// What the component imports and was given, sealed; ascending.
    #[serde(default)]
    pub imports: Vec<String>,
    /// Where it was published, if a lock says so: no part of what it is.
    #[serde(default, deserialize_with = "table::maybe")]
    pub published: Option<PublishedSolver>,
}

impl SolverId {
    /// Which solver a component is.
    pub fn of(solver: &Solver) -> SolverId {
        let stated = solver.inspection().name.clone();
        let (name, version) = stated.unzip();
        let mut imports: Vec<String> = solver.inspection().imports.iter().map(|import| import.name.clone()).collect();
        imports.sort_unstable();
        let (world, sha256) = (solver.world().to_owned(), solver.sha256());
        SolverId { name, version, world, sha256, imports, published: None }
    }

    /// Whether it is this component, wherever that was published.
    pub fn is_of(&self, solver: &Solver) -> bool {
        SolverId { published: None, ..self.clone() } == SolverId::of(solver)
    }

    /// Name, version and sha256 in words.
    pub fn full_name(&self) -> String {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => in_ascii(&format!("{name} {version}, sha256 {}", self.sha256)),
            _ => format!("without a name, sha256 {}", self.sha256),
        }
    }

    /// Its name, version and world in words, and what it was given.
    pub fn describe(&self) -> String {
        let what = match (&self.name, &self.version) {
            (Some(name), Some(version)) => format!("{name} {version}"),
            _ => "an unnamed component".to_owned(),
        };
        let given = match self.imports.len() {
            0 => String::new(),
            1 => ", given one sealed import".to_owned(),
            many => format!(", given {many} sealed imports"),
        };
        in_ascii(&format!("{what} of world {}{given}", self.world))
    }
}

/// The head of a log, with the log's own signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedLog {
    /// Origin: the log's name.
    pub origin: String,
    /// How many records the log had.
    pub size: u64,
    /// The root hash, base64 as in a checkpoint.
    pub root: String,
    /// The signature line, as in a checkpoint.
    pub signature: String,
}

impl PinnedLog {
    /// The head as its log is said to have signed it.
    pub fn checkpoint(&self) -> String {
        let PinnedLog { origin, size, root, signature } = self;
        format!("{origin}\n{size}\n{root}\n\n{signature}\n")
    }

    /// The head, which nobody has accepted.
    ///
    /// # Errors
    /// Malformed: not the three lines of a checkpoint.
    pub fn head(&self) -> Result<Head> {
        let PinnedLog { origin, size, root, .. } = self;
        Head::parse(&format!("{origin}\n{size}\n{root}\n"))
            .map_err(|error| Error::malformed(format!("the head of {origin} in the lock: {error}")))
    }
}

/// The head of a log that follows from another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedLog {
    /// The head.
    pub log: PinnedLog,
    /// Origin of the log that holds it.
    pub from: String,
}

/// Packages of one registry that were asked for and are not in the answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consulted {
    /// Origin.
    pub registry: String,
    /// Package names, ascending.
    pub names: Vec<String>,
}

/// A release in the answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// Origin.
    pub registry: String,
    /// Package name.
    pub name: String,
    /// Version.
    pub version: String,
    /// The sha256 of the content.
    pub sha256: Digest,
    /// Place of the release's record in the log; none of a local component.
    pub record: Option<u64>,
    /// The package's maintainers at the head; none of a package that names none, and of a local component.
    #[serde(default)]
    pub maintainers: Option<Maintainers>,
    /// Features that are on, ascending.
    #[serde(default)]
    pub features: Vec<String>,
    /// The releases that its dependencies are bound to, ascending, each once.
    #[serde(default)]
    pub dependencies: Vec<Target>,
}

impl Lock {
    /// All its heads: the pinned ones, then the derived ones.
    pub fn logs(&self) -> impl Iterator<Item = &PinnedLog> {
        self.claim.logs.iter().chain(self.derived.logs.iter().map(|derived| &derived.log))
    }
}

/// A release, as another refers to it: `NAME VERSION`, and the origin behind it if it is of another registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Target(pub String);

impl Target {
    /// Writes a reference to a release of `registry`, from within `own` (none: from the consumer, who has no registry,
    /// so that the origin is always written).
    pub fn new(own: Option<&str>, registry: &str, name: &str, version: &str) -> Target {
        match own == Some(registry) {
            true => Target(format!("{name} {version}")),
            false => Target(format!("{name} {version} {registry}")),
        }
    }

    /// Registry, name and version, the registry being `own` where none is written; nothing if it is no such reference.
    pub fn parts<'a>(&'a self, own: Option<&'a str>) -> Option<(&'a str, &'a str, &'a str)> {
        let mut parts = self.0.split(' ');
        let (name, version) = (parts.next()?, parts.next()?);
        let registry = parts.next().or(own)?;
        parts.next().is_none().then_some((registry, name, version))
    }
}

/// A cosignature of a head.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosignature {
    /// Origin of the log whose head it is.
    pub origin: String,
    /// The signature line.
    pub line: String,
}
