//! The statement: in-toto's Statement v1, with a predicate of headlock's own type.

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::name::{check_origin, quoted};
use serde::{Deserialize, Serialize};

use super::facts::{Subject, head};
use super::json;
use crate::error::{Error, Result};
use crate::graph::{Basis, Graph, Unusable};
use crate::lock::{FORMAT, PinnedLog, PublishedSolver, SolverId};
use crate::solvers::Accepted;
use crate::table;
use crate::trust::TrustDigests;

/// in-toto's type of statements.
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of the predicate, its version with it: whatever is added or means something else is another type.
pub const PREDICATE_TYPE: &str = "urn:headlock:verification:v1";

/// A statement: what somebody says of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(deserialize_with = "table::each")]
    subject: Vec<Resource>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// What is said.
    #[serde(deserialize_with = "table::only")]
    pub predicate: Predicate,
}

/// A file, by its sha256. in-toto allows more in it, which says nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Resource {
    #[serde(default)]
    name: String,
    #[serde(deserialize_with = "table::only")]
    digest: DigestSet,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DigestSet {
    sha256: Digest,
}

/// What is said of a lock, or of a claim without an answer. docs/attestation.md says what each field means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// What came of it.
    pub result: Verdict,
    /// The program that did it.
    #[serde(deserialize_with = "table::only")]
    pub verifier: VerifierStated,
    /// The form of the subject.
    #[serde(deserialize_with = "table::only")]
    pub lock: LockStated,
    /// The solver that was run.
    #[serde(deserialize_with = "table::only")]
    pub solver: SolverStated,
    /// The engines that ran it and agreed, ascending.
    pub engines: Vec<String>,
    /// What was asked for.
    #[serde(deserialize_with = "table::only")]
    pub inputs: InputsStated,
    /// The logs' heads, ascending by origin.
    #[serde(deserialize_with = "table::each")]
    pub heads: Vec<HeadStated>,
    /// What logs say of peers and did not count, ascending.
    #[serde(deserialize_with = "table::each")]
    pub without: Vec<Edge>,
    /// The sha256 of the problem's canonical bytes.
    #[serde(deserialize_with = "table::only")]
    pub problem: Sha256,
    /// The sha256 of the answer's canonical bytes, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "table::maybe")]
    pub outcome: Option<Sha256>,
    /// Under whose trust: what the attester believed.
    #[serde(deserialize_with = "table::only")]
    pub trust: TrustStated,
}

/// What came of deriving again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum Verdict {
    /// The subject, a lock, is what its claim leads to, to the byte.
    Verified,
    /// The subject, a claim, leads to no answer: a derivation of that was checked.
    Unsolvable,
}

impl TryFrom<String> for Verdict {
    type Error = String;

    /// What serde derives takes `{"verified":null}` as well.
    fn try_from(text: String) -> std::result::Result<Verdict, String> {
        let all = [Verdict::Verified, Verdict::Unsolvable];
        all.into_iter()
            .find(|verdict| verdict.name() == text)
            .ok_or_else(|| format!("expected `verified` or `unsolvable`, found {}", quoted(&text)))
    }
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierStated {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The form of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockStated {
    /// The number of its format.
    pub format: u32,
}

/// A solver, and who accepted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolverStated {
    /// See [`SolverId::name`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// See [`SolverId::version`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// See [`SolverId::world`].
    pub world: String,
    /// See [`SolverId::sha256`].
    pub sha256: Digest,
    /// See [`SolverId::imports`].
    pub imports: Vec<String>,
    /// See [`SolverId::published`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "table::maybe")]
    pub published: Option<PublishedStated>,
    /// `released`, `trust`, `option` or `rule`.
    pub accepted: String,
}

/// Where a solver was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedStated {
    /// The log's origin.
    pub origin: String,
    /// How many records it had.
    pub size: u64,
    /// Its root hash then, base64 as in a checkpoint.
    pub root: String,
    /// Place of the release's record.
    pub record: u64,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputsStated {
    /// See [`crate::inputs::Inputs::digest`].
    pub sha256: Digest,
    /// How many dependencies.
    pub dependencies: u64,
    /// How many preferences.
    pub preferences: u64,
    /// What was replaced, in the lock's order.
    #[serde(deserialize_with = "table::each")]
    pub overrides: Vec<OverrideStated>,
}

/// An override: by another package, or by a local component of this version and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideStated {
    /// The replaced package's registry.
    pub registry: String,
    /// The replaced package.
    pub name: String,
    /// The registry of the package in its place.
    #[serde(default, rename = "by-registry", skip_serializing_if = "Option::is_none")]
    pub by_registry: Option<String>,
    /// The package in its place.
    #[serde(default, rename = "by-name", skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// The version of the local component in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The sha256 of that component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// A head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadStated {
    /// The log's origin.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The root hash, base64 as in a checkpoint.
    pub root: String,
    /// The log whose records it is derived from; none if it is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<String>,
    /// Whose word the log's keys rest on, if the attester's trust file names none.
    #[serde(default, rename = "vouched-by", skip_serializing_if = "Option::is_none")]
    pub vouched_by: Option<String>,
    /// The accepted head that speaks for it, if a retired key has signed it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "table::maybe")]
    pub successor: Option<Speaking>,
}

/// A newer head of the same log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speaking {
    /// How many records.
    pub size: u64,
    /// The root hash.
    pub root: String,
}

/// What one log says of another as its peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The log that says it.
    pub dependent: String,
    /// The peer.
    pub dependency: String,
}

/// A digest under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sha256 {
    /// The digest.
    pub sha256: Digest,
}

/// Which trust file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustStated {
    /// The sha256 of the trust file's bytes.
    pub sha256: Digest,
    /// Of the policy that it names.
    #[serde(deserialize_with = "table::only")]
    pub policy: Sha256,
}

/// What a value must say before the rest of it is read.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(rename = "predicateType")]
    predicate_type: String,
}

impl Statement {
    /// What was found of a subject: `problem` and `graph` are what it led to, `accepted` is who accepted its solver, `engines`
    /// ran it, `trust` was believed. That it was found is for the caller to answer for.
    pub fn new(
        subject: &Subject,
        problem: Digest,
        graph: &Graph,
        accepted: &Accepted,
        engines: &[&str],
        trust: TrustDigests,
    ) -> Statement {
        let mut engines: Vec<String> = engines.iter().map(ToString::to_string).collect();
        engines.sort();
        engines.dedup();
        let [name, version] = ["headlock", env!("CARGO_PKG_VERSION")].map(str::to_owned);
        let stated = |log: &crate::graph::GraphLog| {
            let from = match &log.basis {
                Basis::Pinned => None,
                Basis::Derived { from, .. } => Some(from.as_str()),
            };
            let successor = log.accepted.successor().map(|newer| {
                let PinnedLog { size, root, .. } = PinnedLog::from(newer);
                Speaking { size, root }
            });
            HeadStated { vouched_by: log.vouched_by.clone(), successor, ..head(&PinnedLog::from(&log.accepted), from) }
        };
        let edge = |Unusable { dependent, dependency, .. }: &Unusable| Edge {
            dependent: dependent.clone(),
            dependency: dependency.clone(),
        };
        let outcome = match subject {
            Subject::Lock(lock) => Some(Sha256 { sha256: lock.derived.outcome }),
            Subject::Claim(..) => None,
        };
        let predicate = Predicate {
            result: subject.verdict(),
            verifier: VerifierStated { name, version },
            lock: LockStated { format: FORMAT },
            solver: SolverStated::of(&subject.claim().solver, accepted),
            engines,
            inputs: InputsStated::of(&subject.claim().inputs),
            heads: graph.logs.iter().map(stated).collect(),
            without: graph.unusable.iter().map(edge).collect(),
            problem: Sha256 { sha256: problem },
            outcome,
            trust: TrustStated { sha256: trust.file, policy: Sha256 { sha256: trust.policy } },
        };
        let digest = DigestSet { sha256: subject.digest() };
        Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Resource { name: subject.name().to_owned(), digest }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate,
        }
    }

    /// The statement's bytes: JSON without white space, fields in the order of docs/attestation.md.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = json::line(self).into_bytes();
        // What is signed ends in no newline, as no note does.
        bytes.pop();
        bytes
    }

    /// Reads a statement from bytes that somebody who is known has signed. `what` names it in messages.
    ///
    /// # Errors
    /// Malformed: no Statement v1, a predicate of another type or version, a name that is not known in the predicate or stands
    /// twice anywhere, not exactly one subject.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Statement> {
        let Kind { kind, predicate_type } = json::parse(what, bytes)?;
        if kind != STATEMENT_TYPE {
            return Err(Error::malformed(format!(
                "{what}: expected a statement of type {STATEMENT_TYPE}, found {kind:?}"
            )));
        }
        if predicate_type != PREDICATE_TYPE {
            let text = format!("{what}: expected a predicate of type {PREDICATE_TYPE}, found {predicate_type:?}");
            return Err(Error::malformed(text).hint("another headlock may read it, if it is one of a lock"));
        }
        let statement: Statement = json::parse(what, bytes)?;
        let subjects = statement.subject.len();
        if subjects != 1 {
            return Err(Error::malformed(format!("{what}: expected a statement about one subject, found {subjects}")));
        }
        statement.predicate.check().map_err(|fault| Error::malformed(format!("{what}: {fault}")))?;
        Ok(statement)
    }

    /// The sha256 of the file that it is about.
    pub fn about(&self) -> Option<Digest> {
        self.subject.first().map(|subject| subject.digest.sha256)
    }
}

/// Who may have accepted a solver.
const ACCEPTED: [&str; 4] = ["released", "trust", "option", "rule"];

/// Longest name of a program or an engine, in bytes.
const MAX_NAME: usize = 100;

impl Predicate {
    /// Whether each value is of its form, as docs/attestation.md has it; what is not, in words.
    fn check(&self) -> std::result::Result<(), String> {
        let engines = &self.engines;
        if engines.is_empty() || !engines.is_sorted_by(|a, b| a < b) {
            let all: Vec<String> = engines.iter().take(8).map(|engine| quoted(engine)).collect();
            let found = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
            return Err(format!("expected engines in ascending order, found {found}"));
        }
        let VerifierStated { name, version } = &self.verifier;
        if let Some(other) = [name, version].into_iter().chain(engines).find(|word| !is_word(word)) {
            let what = "expected a name of letters, digits, `-`, `.`, `_` and `+`, at most 100 of them, for a program or an engine";
            return Err(format!("{what}, found {}", quoted(other)));
        }
        let accepted = &self.solver.accepted;
        if !ACCEPTED.contains(&accepted.as_str()) {
            return Err(format!(
                "expected a solver accepted by one of {}, found {}",
                ACCEPTED.join(", "),
                quoted(accepted)
            ));
        }
        if !self.heads.is_sorted_by(|a, b| a.origin < b.origin) {
            return Err("expected heads ascending by origin, found others".to_owned());
        }
        self.heads.iter().try_for_each(HeadStated::check)?;
        let edges = self.without.iter().map(|edge| (&edge.dependent, &edge.dependency));
        if !edges.clone().is_sorted_by(|a, b| a < b) {
            return Err("expected what did not count in ascending order, found another".to_owned());
        }
        edges.flat_map(|(one, other)| [one, other]).try_for_each(|origin| origin_fault(origin))
    }
}

impl HeadStated {
    fn check(&self) -> std::result::Result<(), String> {
        let HeadStated { origin, size, root, derived, vouched_by, successor } = self;
        let speaking = successor.iter().map(|Speaking { size, root }| (size, root));
        for (size, root) in std::iter::once((size, root)).chain(speaking) {
            Head::parse(&format!("{origin}\n{size}\n{root}\n"))
                .map_err(|error| format!("the head of {}: {error}", quoted(origin)))?;
        }
        derived.iter().chain(vouched_by).try_for_each(|origin| origin_fault(origin))
    }
}

fn origin_fault(origin: &str) -> std::result::Result<(), String> {
    check_origin(origin).map_err(|error| error.to_string())
}

/// The name of a program, of an engine, or a version: a word that runs into no other when it is shown.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte);
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(is_plain)
}

impl SolverStated {
    fn of(solver: &SolverId, accepted: &Accepted) -> SolverStated {
        let accepted = match accepted {
            Accepted::Released => "released",
            Accepted::ByTrust => "trust",
            Accepted::ByOption => "option",
            Accepted::ByRule { .. } => "rule",
        };
        SolverStated { accepted: accepted.to_owned(), ..SolverStated::of_nobody(solver) }
    }

    /// Without who accepts it.
    pub(super) fn of_nobody(solver: &SolverId) -> SolverStated {
        let SolverId { name, version, world, sha256, imports, published } = solver.clone();
        let published = published.map(|PublishedSolver { origin, size, root, record, .. }| PublishedStated {
            origin,
            size,
            root,
            record,
        });
        SolverStated { name, version, world, sha256, imports, published, accepted: String::new() }
    }

    /// As it is written.
    pub(super) fn describe(&self) -> String {
        json::line(self).trim_end().to_owned()
    }
}

impl OverrideStated {
    /// In words.
    pub(super) fn describe(&self) -> String {
        let OverrideStated { registry, name, by_registry, by_name, version, sha256 } = self;
        let by = |what: &str, value: Option<String>| value.map(|value| format!(", {what} {value}")).unwrap_or_default();
        let parts = [
            by("by registry", by_registry.clone()),
            by("by package", by_name.clone()),
            by("by version", version.clone()),
            by("by content", sha256.map(|digest| digest.to_string())),
        ];
        format!("{name} of {registry}{}", parts.concat())
    }
}

impl VerifierStated {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}
