//! Reading locks: only what [`Lock::format`] writes.

use std::path::Path;

use headlock_log::digest::Digest;
use serde::Deserialize;

use super::{
    Claim, Consulted, Cosignature, Derived, DerivedLog, FORMAT, Lock, LockedPackage, MAX_LOCK, PinnedLog, SolverId,
    Target,
};
use crate::error::{Error, Result};
use crate::inputs::Inputs;
use crate::{files, table};

/// How many origins a message names.
const MAX_NAMED: usize = 5;

/// A lock's document, or one of which only the claim is left.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    #[serde(deserialize_with = "table::only")]
    solver: SolverId,
    #[serde(deserialize_with = "table::only")]
    inputs: Inputs,
    problem: Option<Problem>,
    outcome: Option<Outcome>,
    #[serde(default, rename = "log", deserialize_with = "table::each")]
    logs: Vec<Log>,
    #[serde(default)]
    consulted: Vec<Consulted>,
    #[serde(default, rename = "package")]
    packages: Vec<LockedPackage>,
    #[serde(default, rename = "cosignature", deserialize_with = "table::each")]
    cosignatures: Vec<Cosignature>,
}

/// A pinned or a derived head.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    origin: String,
    size: u64,
    root: String,
    signature: String,
    derived: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    sha256: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    sha256: Digest,
    #[serde(default)]
    dependencies: Vec<Target>,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Lock {
    /// Reads a lock file; nothing if there is none.
    ///
    /// # Errors
    /// As [`Lock::parse`]; could not check: the file cannot be read.
    pub fn read(path: &Path) -> Result<Option<Lock>> {
        files::read_text(path, MAX_LOCK)?.map(|text| Lock::parse(path, &text)).transpose()
    }

    /// Parses a lock's text; `path` is for messages.
    ///
    /// # Errors
    /// Malformed: another format, an unknown or doubled field, a value that is none, or anything that [`Lock::format`]
    /// would have written differently: the message names the first such line.
    pub fn parse(path: &Path, text: &str) -> Result<Lock> {
        let document = document(path, text)?;
        let missing = |what| Error::malformed(format!("{}: expected {what}, found none", path.display()));
        in_order(path, &document.cosignatures)?;
        let problem = document.problem.ok_or_else(|| missing("a section [problem]"))?;
        let outcome = document.outcome.ok_or_else(|| missing("a section [outcome]"))?;
        for LockedPackage { registry, name, version, sha256, record, maintainers, .. } in &document.packages {
            let local = document.inputs.local(registry, name);
            let is_so = match local {
                Some(local) => {
                    (record.is_none() && maintainers.is_none()) && (&local.version, local.content) == (version, *sha256)
                }
                None => record.is_some(),
            };
            if !is_so {
                let what = "expected either a record, or the version and sha256 of a local component in its place";
                return Err(Error::malformed(format!("{}: {what}, of package {name} of {registry}", path.display())));
            }
        }
        let (pinned, derived) = split(document.logs);
        let lock = Lock {
            claim: Claim { solver: document.solver, inputs: document.inputs, logs: pinned },
            derived: Derived {
                logs: derived,
                problem: problem.sha256,
                outcome: outcome.sha256,
                roots: outcome.dependencies,
                consulted: document.consulted,
                packages: document.packages,
            },
            cosignatures: document.cosignatures,
        };
        canonical(path, Form::Lock, text, &lock.format())?;
        Ok(lock)
    }

    /// Parses what is left of a lock: the claim, and the cosignatures if they are there. What follows from the claim is
    /// neither needed nor looked at.
    ///
    /// # Errors
    /// Malformed, as [`Lock::parse`], but the claim may be written in any way that TOML allows.
    pub fn parse_claim(path: &Path, text: &str) -> Result<(Claim, Vec<Cosignature>)> {
        let document = document(path, text)?;
        let (pinned, _) = split(document.logs);
        let claim = Claim { solver: document.solver, inputs: document.inputs, logs: pinned };
        Ok((claim, document.cosignatures))
    }
}

/// The pinned heads, and the derived ones.
fn split(logs: Vec<Log>) -> (Vec<PinnedLog>, Vec<DerivedLog>) {
    let (mut pinned, mut from_others) = (Vec::new(), Vec::new());
    for Log { origin, size, root, signature, derived } in logs {
        let log = PinnedLog { origin, size, root, signature };
        match derived {
            None => pinned.push(log),
            Some(from) => from_others.push(DerivedLog { log, from }),
        }
    }
    (pinned, from_others)
}

fn document(path: &Path, text: &str) -> Result<Document> {
    if let Some(at) = text.lines().position(|line| line.starts_with("<<<<<<< ")) {
        let what = format!("{}:{}: two versions of the lock that git could not merge", path.display(), at + 1);
        return Err(Error::malformed(what).hint(
            "take either whole (`git checkout --ours` or `--theirs`), then `headlock lock` makes it anew for the merged manifest",
        ));
    }
    // The version first: a newer format is said to be newer, not to be malformed.
    let head: String = text.lines().take_while(|line| !line.starts_with('[')).map(|line| format!("{line}\n")).collect();
    let version: Version = files::from_toml(path, &head)?;
    if version.format != FORMAT {
        let found = version.format;
        let error = Error::malformed(format!("{}: expected lock format {FORMAT}, found {found}", path.display()));
        return Err(if found > FORMAT { error.hint("a newer headlock may read it") } else { error });
    }
    let document: Document = files::from_toml(path, text)?;
    debug_assert_eq!(document.format, FORMAT);
    let solver = &document.solver;
    if solver.published.is_some() && (solver.name.is_none() || solver.version.is_none()) {
        let what = "expected the name and the version of a solver that was published, found none";
        return Err(Error::malformed(format!("{}: {what}", path.display())));
    }
    let inputs = &document.inputs;
    inputs.check().map_err(|what| Error::malformed(format!("{}: the inputs {what}", path.display())))?;
    let origins: Vec<&str> = document.logs.iter().map(|log| log.origin.as_str()).collect();
    if !origins.is_sorted_by(|a, b| a < b) {
        let what = "the heads are not in the order of their origins, or one stands twice";
        return Err(Error::malformed(format!("{}: {what}", path.display())));
    }
    let wanted: Vec<&str> = inputs.registries().into_iter().collect();
    let is_pinned = |origin: &&str| document.logs.iter().any(|log| log.origin == **origin && log.derived.is_none());
    if !wanted.iter().all(is_pinned) {
        let what = format!("expected pinned heads of the registries that the inputs name ({})", wanted.join(", "));
        let found: Vec<String> = origins.iter().take(MAX_NAMED).map(|origin| format!("{origin:?}")).collect();
        let more = if origins.len() > MAX_NAMED { " and more" } else { "" };
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        return Err(Error::malformed(format!("{}: {what}, found {found}{more}", path.display())));
    }
    if inputs.dependencies.is_empty() {
        let what = "expected inputs with at least one dependency, found none";
        return Err(Error::malformed(format!("{}: {what}", path.display()))
            .hint("a lock of nothing says nothing; there is nothing to verify"));
    }
    Ok(document)
}

/// Refuses cosignatures that are not ascending, each once: how they are written is theirs, and their order is not.
pub(super) fn in_order(path: &Path, cosignatures: &[Cosignature]) -> Result<()> {
    if cosignatures.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    let what = "the cosignatures are not in order, or one stands twice";
    Err(Error::malformed(format!("{}: {what}", path.display())))
}

/// What a text has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A lock.
    Lock,
    /// A claim that stands alone.
    Claim,
}

/// Refuses text that differs from what would have been written.
pub(super) fn canonical(path: &Path, form: Form, found: &str, expected: &str) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let at = found.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let line = 1 + memchr::memchr_iter(b'\n', &found.as_bytes()[..at]).count();
    let nth = |text: &'_ str| text.split_inclusive('\n').nth(line - 1).map(str::to_owned);
    let (expected, found) = (nth(expected), nth(found));
    // Line feeds are shown where nothing else differs.
    let bare = |line: &Option<String>| line.as_ref().map(|line| line.trim_end_matches('\n').to_owned());
    let differ = bare(&expected) != bare(&found);
    let show = |line: Option<String>| match line {
        None => "the end".to_owned(),
        Some(line) if differ && line != "\n" => format!("{:?}", line.trim_end_matches('\n')),
        Some(line) => format!("{line:?}"),
    };
    let what = format!("expected {}, found {}", show(expected), show(found));
    let (is_written, hint) = match form {
        Form::Lock => {
            ("a lock is", "locks have one encoding; restore the file, or rebuild it with `headlock lock --restore`")
        }
        Form::Claim => ("a claim is", "claims have one encoding; restore the file"),
    };
    Err(Error::malformed(format!("{}:{line}: this is not how {is_written} written: {what}", path.display())).hint(hint))
}
