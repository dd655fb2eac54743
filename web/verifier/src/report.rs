//! What came of a verification, for the page to show: JSON whose texts are escaped, as the command's are.

use std::collections::BTreeMap;

use headlock::bundle;
use headlock::component;
use headlock::error::{Error, ErrorKind};
use headlock::graph::Basis;
use headlock::lock;
use headlock::report::{escape, failure, shown};
use headlock::solve::Solved;
use headlock::solvers::Accepted;
use headlock::trust;
use headlock::verify;
use serde::Serialize;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The command's exit code.
    pub exit: u8,
    /// What that means, in one word.
    pub class: &'static str,
    /// What the command says, line by line.
    pub lines: Vec<String>,
    /// What is wrong.
    pub failure: Option<Failure>,
    /// The solver that nobody accepts, where that is what is wrong.
    pub unaccepted: Option<String>,
    /// The trust file.
    pub trust: Option<Trust>,
    /// What the lock says; verified only if `verified` is there.
    pub lock: Option<Lock>,
    /// The bundle.
    pub bundle: Option<Bundle>,
    /// The solver that was to run.
    pub solver: Option<Solver>,
    /// What was re-executed.
    pub executed: Option<Executed>,
    /// What was verified.
    pub verified: Option<Verified>,
}

/// A failure.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// The sentence.
    pub message: String,
    /// What it lists.
    pub listed: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
}

/// A trust file: whom it believes.
#[derive(Debug, Serialize)]
pub struct Trust {
    name: String,
    quorum: String,
    logs: Vec<TrustedLog>,
    vouching: Vec<String>,
    solvers: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TrustedLog {
    origin: String,
    key: String,
}

/// What a lock says.
#[derive(Debug, Serialize)]
pub struct Lock {
    solver: SolverId,
    budget: u64,
    inputs: Vec<Input>,
    overrides: Vec<String>,
    preferences: usize,
    problem: String,
    outcome: String,
    logs: Vec<StatedLog>,
    /// Numbers of packages.
    roots: Vec<usize>,
    packages: Vec<Package>,
    consulted: usize,
}

#[derive(Debug, Serialize)]
struct SolverId {
    describe: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct Input {
    registry: String,
    name: String,
    requirement: String,
    features: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StatedLog {
    origin: String,
    size: u64,
    root: String,
    derived: Option<String>,
}

#[derive(Debug, Serialize)]
struct Package {
    registry: String,
    name: String,
    version: String,
    sha256: String,
    record: Option<u64>,
    features: Vec<String>,
    /// Numbers of packages.
    dependencies: Vec<usize>,
}

/// A bundle.
#[derive(Debug, Serialize)]
pub struct Bundle {
    files: usize,
    bytes: u64,
}

/// The solver.
#[derive(Debug, Serialize)]
pub struct Solver {
    sha256: String,
    bytes: usize,
    accepted: &'static str,
    is_released: bool,
}

/// What was re-executed.
#[derive(Debug, Serialize)]
pub struct Executed {
    rounds: u32,
    packages: usize,
    absent: usize,
    releases: usize,
    problem: String,
}

/// What was verified.
#[derive(Debug, Serialize)]
pub struct Verified {
    logs: Vec<VerifiedLog>,
    links: Vec<Link>,
    without: Vec<String>,
}

#[derive(Debug, Serialize)]
struct VerifiedLog {
    origin: String,
    size: u64,
    root: String,
    basis: String,
    key: String,
    cosigners: Vec<String>,
    vouched_by: Option<String>,
    retired: bool,
}

#[derive(Debug, Serialize)]
struct Link {
    dependent: String,
    dependency: String,
    /// Nothing for all.
    packages: Option<usize>,
}

fn escaped(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| escape(text)).collect()
}

impl Report {
    /// Says how it ended.
    pub(crate) fn end(mut self, error: Option<Error>) -> Report {
        let Some(error) = error else {
            (self.exit, self.class) = (0, "verified");
            return self;
        };
        self.exit = error.kind().exit_code();
        self.class = match error.kind() {
            ErrorKind::No => "no",
            ErrorKind::Malformed => "malformed",
            ErrorKind::NotCurrent => "not-current",
            ErrorKind::CouldNotCheck => "could-not-check",
            ErrorKind::Refused => "refused",
        };
        self.lines = failure(&error);
        self.failure = Some(Failure {
            message: shown(error.message()),
            listed: error.listed().iter().map(|line| shown(line)).collect(),
            hint: error.hint_text().map(shown),
        });
        self
    }

    /// The report as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Trust {
    pub(crate) fn new(trust: &trust::Trust) -> Trust {
        let logs = trust.policy.logs().iter();
        Trust {
            name: escape(&trust.path.display().to_string()),
            quorum: escape(&trust.policy.describe_quorum()),
            logs: logs
                .map(|log| TrustedLog { origin: escape(log.key.name()), key: escape(&log.key.to_string()) })
                .collect(),
            vouching: trust.vouching.iter().map(|origin| escape(origin)).collect(),
            solvers: trust.solvers.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Lock {
    pub(crate) fn new(lock: &lock::Lock) -> Lock {
        let packages = &lock.derived.packages;
        let keys = packages.iter().map(|package| (&*package.registry, &*package.name, &*package.version));
        let places: BTreeMap<(&str, &str, &str), usize> = keys.enumerate().map(|(place, key)| (key, place)).collect();
        let numbers = |targets: &[lock::Target], own: Option<&str>| -> Vec<usize> {
            targets.iter().filter_map(|target| places.get(&target.parts(own)?).copied()).collect()
        };
        let inputs = &lock.claim.inputs;
        let pinned = lock.claim.logs.iter().map(|log| (log, None));
        let derived = lock.derived.logs.iter().map(|derived| (&derived.log, Some(&derived.from)));
        Lock {
            solver: SolverId {
                describe: escape(&lock.claim.solver.describe()),
                sha256: lock.claim.solver.sha256.to_string(),
            },
            budget: inputs.budget,
            inputs: inputs
                .dependencies
                .iter()
                .map(|input| Input {
                    registry: escape(&input.registry),
                    name: escape(&input.name),
                    requirement: escape(&input.requirement),
                    features: escaped(&input.features),
                })
                .collect(),
            overrides: inputs.overrides.iter().map(|replaced| escape(&replaced.to_string())).collect(),
            preferences: inputs.preferences.len(),
            problem: lock.derived.problem.to_string(),
            outcome: lock.derived.outcome.to_string(),
            logs: pinned
                .chain(derived)
                .map(|(log, from)| StatedLog {
                    origin: escape(&log.origin),
                    size: log.size,
                    root: escape(&log.root),
                    derived: from.map(|from| escape(from)),
                })
                .collect(),
            roots: numbers(&lock.derived.roots, None),
            packages: packages
                .iter()
                .map(|package| Package {
                    registry: escape(&package.registry),
                    name: escape(&package.name),
                    version: escape(&package.version),
                    sha256: package.sha256.to_string(),
                    record: package.record,
                    features: escaped(&package.features),
                    dependencies: numbers(&package.dependencies, Some(&package.registry)),
                })
                .collect(),
            consulted: lock.derived.consulted.iter().map(|consulted| consulted.names.len()).sum(),
        }
    }
}

impl Bundle {
    pub(crate) fn new(bundle: &bundle::Bundle) -> Bundle {
        Bundle { files: bundle.files(), bytes: bundle.list().map(|(_, length)| length).sum() }
    }
}

impl Solver {
    pub(crate) fn new(solver: &component::Solver, accepted: Option<&Accepted>) -> Solver {
        let sha256 = solver.sha256();
        Solver {
            sha256: sha256.to_string(),
            bytes: solver.bytes().len(),
            accepted: match accepted {
                Some(Accepted::Released) => "released",
                Some(Accepted::ByTrust) => "trust",
                Some(Accepted::ByOption) => "here",
                // What is not accepted by itself is accepted by a rule: see where this is called.
                Some(Accepted::ByRule { .. }) | None => "rule",
            },
            is_released: headlock::released::digest().is_ok_and(|released| released == sha256),
        }
    }
}

impl Executed {
    pub(crate) fn new(solved: &Solved) -> Executed {
        Executed {
            rounds: solved.rounds,
            packages: solved.evidence.len(),
            absent: solved.evidence.values().filter(|page| page.is_none()).count(),
            releases: solved.catalog.releases.len(),
            problem: solved.problem.to_string(),
        }
    }
}

impl Verified {
    pub(crate) fn new(verified: &verify::Verified) -> Verified {
        let logs = verified.graph.logs.iter().map(|log| VerifiedLog {
            origin: escape(&log.accepted.head().origin),
            size: log.accepted.head().size,
            root: log.accepted.head().root_base64(),
            basis: match &log.basis {
                Basis::Pinned => "pinned by the lock".to_owned(),
                Basis::Derived { from, record } => escape(&format!("derived from record {record} of {from}")),
            },
            key: escape(&log.accepted.key().to_string()),
            cosigners: escaped(log.accepted.cosigners()),
            vouched_by: log.vouched_by.as_ref().map(|by| escape(by)),
            retired: log.accepted.successor().is_some(),
        });
        let links = verified.graph.links.iter().map(|link| Link {
            dependent: escape(&link.dependent),
            dependency: escape(&link.dependency),
            packages: link.packages.as_ref().map(Vec::len),
        });
        let without = verified
            .graph
            .unusable
            .iter()
            .map(|peer| escape(&format!("{} as a peer of {}: {}", peer.dependency, peer.dependent, peer.why)));
        Verified { logs: logs.collect(), links: links.collect(), without: without.collect() }
    }
}
