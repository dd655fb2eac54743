//! Who accepts a solver. Everything that this rests on was read before; nothing is read here.
//!
//! | accepted by | unless it is seen to be yanked |
//! |---|---|
//! | `--accept-solver SHA256` | whatever is seen |
//! | its sha256 in the trust file | whatever is seen: whoever wrote it there means this very component |
//! | a rule of the trust file: registry, package, versions | yes |
//! | this host, which was released with it | yes |
//!
//! A yank is seen in any registry that a rule names for the solver's package, whichever versions the rule is for. It counts if
//! the yanked release is this component.

use headlock_log::digest::Digest;
use semver::Version;

use super::look::{Look, Seen, Source};
use super::release::{Release, records};
use super::stated::Publication;
use crate::error::{Error, Result};
use crate::lock::SolverId;
use crate::released;
use crate::trust::Trust;

/// How many hashes a refusal lists.
const MAX_LISTED: usize = 5;

/// Who accepts a solver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// This host was released with it.
    Released,
    /// The trust file, by its hash.
    ByTrust,
    /// Whoever runs the command.
    ByOption,
    /// A rule of the trust file, by where it was published.
    ByRule {
        /// Origin of the registry.
        registry: String,
        /// Place of the release's record.
        record: u64,
        /// The rule, in words.
        rule: String,
    },
}

impl Accepted {
    /// In words, for a verdict.
    pub fn describe(&self) -> String {
        match self {
            Accepted::Released => "it came with this host".to_owned(),
            Accepted::ByTrust => "accepted by the trust file".to_owned(),
            Accepted::ByOption => "accepted by --accept-solver".to_owned(),
            Accepted::ByRule { registry, record, rule } => {
                format!("published in {registry}, record {record}, accepted by the trust file's rule {rule}")
            }
        }
    }
}

/// A yank of a solver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yank {
    /// Origin of the registry.
    pub registry: String,
    /// Place of the record.
    pub record: u64,
    /// How many records the head has that shows it.
    pub size: u64,
    /// Which head that is, in words.
    pub seen: &'static str,
}

/// Whether a rule of the trust file is about the package that a solver calls itself.
fn is_ruled(claim: &SolverId, trust: &Trust) -> bool {
    trust.solver_rules.iter().any(|rule| rule.is_about(claim.name.as_deref()))
}

/// Refuses a solver that nothing which could be read would make acceptable.
///
/// # Errors
/// Refused: neither this host, nor a hash, nor a rule for its package accepts it. Could not check: this build is damaged.
pub fn refuse_unknown(claim: &SolverId, trust: &Trust, options: &[Digest]) -> Result<()> {
    match is_ruled(claim, trust) {
        true => Ok(()),
        false => accept(claim, trust, options, None, &[]).map(drop),
    }
}

/// The yanks of a solver that are seen: in registries that rules for its package name.
pub fn yanks(claim: &SolverId, trust: &Trust, publication: Option<&Publication>, looks: &[Look]) -> Vec<Yank> {
    let is_named = |origin: &str| {
        trust.solver_rules.iter().any(|rule| rule.registry == origin && rule.is_about(claim.name.as_deref()))
    };
    let of = |release: &Release| release.yanked.filter(|_| release.content == claim.sha256);
    let pinned = publication.filter(|publication| is_named(publication.origin())).and_then(|publication| {
        let (registry, size) = (publication.origin().to_owned(), publication.accepted.head().size);
        Some(Yank { registry, record: of(&publication.release)?, size, seen: "the head that the lock pins" })
    });
    let newest = looks.iter().filter_map(|look| {
        let Seen { size, from, release } = look.seen.as_ref().ok()?;
        let seen = match from {
            Source::Lock(_) => return None,
            Source::Served(_) => "the newest head that is served",
            Source::Remembered(_) => "a head that this host has seen",
        };
        Some(Yank { registry: look.registry.clone(), record: of(release.as_ref()?)?, size: *size, seen })
    });
    pinned.into_iter().chain(newest).collect()
}

/// Who accepts a solver.
///
/// # Errors
/// Refused: nobody, or it is yanked. Could not check: this build of the host is damaged.
pub fn accept(
    claim: &SolverId,
    trust: &Trust,
    options: &[Digest],
    publication: Option<&Publication>,
    looks: &[Look],
) -> Result<Accepted> {
    if options.contains(&claim.sha256) {
        return Ok(Accepted::ByOption);
    }
    if trust.solvers.contains(&claim.sha256) {
        return Ok(Accepted::ByTrust);
    }
    if let Some(yank) = yanks(claim, trust, publication, looks).first() {
        return Err(refuse_yanked(claim, yank));
    }
    let mut reasons = Vec::new();
    for rule in trust.solver_rules.iter().filter(|rule| rule.is_about(claim.name.as_deref())) {
        let version = claim.version.as_ref().and_then(|version| Version::parse(version).ok());
        let published = match version {
            Some(version) if rule.covers(&version) => published_in(&rule.registry, claim, publication, looks),
            _ => Err("its version is another".to_owned()),
        };
        match published {
            Ok(record) => {
                let (registry, rule) = (rule.registry.clone(), format!("{} {}", rule.package, rule.versions));
                return Ok(Accepted::ByRule { registry, record, rule });
            }
            Err(why) => reasons.push(format!("  {} accepts {rule}: {why}", trust.path.display())),
        }
    }
    if claim.sha256 == released::digest()? {
        return Ok(Accepted::Released);
    }
    Err(unknown(claim, trust, reasons))
}

/// The record of a solver in a registry, by an accepted head; or why there is none.
fn published_in(
    registry: &str,
    claim: &SolverId,
    publication: Option<&Publication>,
    looks: &[Look],
) -> Result<u64, String> {
    let stated = publication.filter(|publication| publication.origin() == registry);
    if let Some(publication) = stated.filter(|publication| publication.is_accepted) {
        return Ok(publication.release.record);
    }
    let Some(look) = looks.iter().find(|look| look.registry == registry) else {
        return Err("nothing of that registry was read".to_owned());
    };
    let seen = look.accepted.as_ref().map_or(look.seen.as_ref(), Ok);
    let Seen { size, from, release } = seen.map_err(|why| format!("nothing of it can be read: {why}"))?;
    match (from, release) {
        (Source::Lock(_), _) => {
            Err("the lock derives the head from another log's records: the policy's quorum has not seen it".to_owned())
        }
        (_, None) => Err(format!("there is no such release at the head with {}", records(*size))),
        (_, Some(release)) if release.content != claim.sha256 => {
            Err(format!("that release, record {}, is the component {}", release.record, release.content))
        }
        (Source::Remembered(_), Some(_)) => Err("the head that shows it is only remembered".to_owned()),
        (_, Some(release)) => Ok(release.record),
    }
}

/// The refusal of a solver that is yanked.
pub fn refuse_yanked(claim: &SolverId, yank: &Yank) -> Error {
    let Yank { registry, record, size, seen } = yank;
    Error::refused(format!("the solver {} is yanked in {registry}: record {record}", claim.full_name()))
        .list(vec![format!("  seen at {}, {seen}", records(*size))])
        .hint(
            "make the lock with another solver: `headlock solver list` shows them; to accept this one all the same, pass \
             --accept-solver SHA256, or list its sha256 in the trust file under [solvers]",
        )
}

fn unknown(claim: &SolverId, trust: &Trust, reasons: Vec<String>) -> Error {
    let path = trust.path.display();
    let mut lines = Vec::new();
    lines
        .extend(released::solver().ok().map(|own| format!("  with this host came {}", SolverId::of(&own).full_name())));
    lines.extend(trust.solvers.iter().take(MAX_LISTED).map(|sha256| format!("  {path} accepts sha256 {sha256}")));
    if trust.solvers.len() > MAX_LISTED {
        lines.push(format!("  {path} accepts {} more by their sha256", trust.solvers.len() - MAX_LISTED));
    }
    lines.extend(reasons);
    let others = trust.solver_rules.iter().filter(|rule| !rule.is_about(claim.name.as_deref()));
    lines.extend(others.map(|rule| format!("  {path} accepts {rule}: another package")));
    if trust.solvers.is_empty() && trust.solver_rules.is_empty() {
        lines.push(format!("  {path} accepts no other"));
    }
    let what = format!("the lock was made by the solver {}", claim.full_name());
    Error::refused(format!("{what}: it neither came with this host nor is accepted")).list(lines).hint(
        "if you trust that component, pass --accept-solver SHA256, or list it in the trust file under [solvers]: `headlock solver trust`",
    )
}
