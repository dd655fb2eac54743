//! What a lock says of itself, and a statement has to say of it, too; and what a claim says, where there is no answer.

use headlock_log::digest::Digest;

use super::statement::{HeadStated, InputsStated, OverrideStated, Predicate, Sha256, SolverStated, Verdict};
use crate::inputs::{Inputs, Override, Replacement};
use crate::lock::{CLAIM, Claim, Cosignature, DerivedLog, FORMAT, LOCK, Lock, PinnedLog};

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A lock, which was derived again.
    Lock(Box<Lock>),
    /// Inputs, heads and a solver that lead to no answer, and the cosignatures of the heads.
    Claim(Box<Claim>, Vec<Cosignature>),
}

/// What of a predicate follows from its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    solver: SolverStated,
    inputs: InputsStated,
    pinned: Vec<HeadStated>,
    /// Unknown of a claim: its derived heads follow from other logs' records.
    derived: Option<Vec<HeadStated>>,
    /// Unknown of a claim: it follows from the records.
    problem: Option<Digest>,
    outcome: Option<Digest>,
}

impl Subject {
    /// The name that statements give it.
    pub fn name(&self) -> &'static str {
        match self {
            Subject::Lock(_) => LOCK,
            Subject::Claim(..) => CLAIM,
        }
    }

    /// The only result that can be stated of it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Subject::Lock(_) => Verdict::Verified,
            Subject::Claim(..) => Verdict::Unsolvable,
        }
    }

    /// Its bytes: it has one encoding, and only that is read.
    pub fn text(&self) -> String {
        match self {
            Subject::Lock(lock) => lock.format(),
            Subject::Claim(claim, cosignatures) => claim.format(cosignatures),
        }
    }

    /// The sha256 of its bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Solver, inputs and pinned heads.
    pub fn claim(&self) -> &Claim {
        match self {
            Subject::Lock(lock) => &lock.claim,
            Subject::Claim(claim, _) => claim,
        }
    }

    /// The cosignatures of the pinned heads.
    pub fn cosignatures(&self) -> &[Cosignature] {
        match self {
            Subject::Lock(lock) => &lock.cosignatures,
            Subject::Claim(_, cosignatures) => cosignatures,
        }
    }

    /// The derived heads that it states; a claim states none.
    pub fn derived(&self) -> &[DerivedLog] {
        match self {
            Subject::Lock(lock) => &lock.derived.logs,
            Subject::Claim(..) => &[],
        }
    }

    /// What a statement has to say of it.
    pub fn facts(&self) -> Facts {
        let claim = self.claim();
        let lock = match self {
            Subject::Lock(lock) => Some(&lock.derived),
            Subject::Claim(..) => None,
        };
        Facts {
            solver: SolverStated::of_nobody(&claim.solver),
            inputs: InputsStated::of(&claim.inputs),
            pinned: claim.logs.iter().map(|log| head(log, None)).collect(),
            derived: lock.map(|derived| derived.logs.iter().map(|log| head(&log.log, Some(&log.from))).collect()),
            problem: lock.map(|derived| derived.problem),
            outcome: lock.map(|derived| derived.outcome),
        }
    }
}

impl Facts {
    /// What a predicate says otherwise, in words, with what was expected and found.
    pub fn differences(&self, predicate: &Predicate) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |is_same: bool, what: &str, expected: String, found: String| {
            if !is_same {
                differences.push(format!("{what}: expected {expected}, found {found}"));
            }
        };
        let format = predicate.lock.format;
        compare(format == FORMAT, "the format of the lock", FORMAT.to_string(), format.to_string());
        // Who accepted it is the attester's own business.
        let stated = SolverStated { accepted: String::new(), ..predicate.solver.clone() };
        compare(self.solver == stated, "the solver", self.solver.describe(), stated.describe());
        compare(self.inputs == predicate.inputs, "the inputs", self.inputs.describe(), predicate.inputs.describe());
        let of_lock = |head: &HeadStated| HeadStated { vouched_by: None, successor: None, ..head.clone() };
        let (derived, pinned): (Vec<_>, Vec<_>) =
            predicate.heads.iter().map(of_lock).partition(|head| head.derived.is_some());
        compare(self.pinned == pinned, "the pinned heads", heads(&self.pinned), heads(&pinned));
        if let Some(expected) = &self.derived {
            compare(*expected == derived, "the derived heads", heads(expected), heads(&derived));
        }
        if let Some(expected) = self.problem {
            let found = predicate.problem.sha256;
            compare(expected == found, "the sha256 of the problem", expected.to_string(), found.to_string());
        }
        let found = predicate.outcome.map(|Sha256 { sha256 }| sha256);
        let outcome = |digest: Option<Digest>| digest.map_or("none".to_owned(), |digest| digest.to_string());
        compare(self.outcome == found, "the sha256 of the outcome", outcome(self.outcome), outcome(found));
        differences
    }
}

impl InputsStated {
    /// What is stated of inputs.
    pub(super) fn of(inputs: &Inputs) -> InputsStated {
        InputsStated {
            sha256: inputs.digest(),
            dependencies: inputs.dependencies.len() as u64,
            preferences: inputs.preferences.len() as u64,
            overrides: inputs.overrides.iter().map(OverrideStated::of).collect(),
        }
    }

    fn describe(&self) -> String {
        let InputsStated { sha256, dependencies, preferences, overrides } = self;
        let overrides = listed(overrides.iter().map(OverrideStated::describe));
        format!("sha256 {sha256}, {dependencies} dependencies, {preferences} preferences, overrides {overrides}")
    }
}

impl OverrideStated {
    fn of(Override { registry, name, by }: &Override) -> OverrideStated {
        let (by_registry, by_name, version, sha256) = match by {
            Replacement::Package { registry, name } => (Some(registry.clone()), Some(name.clone()), None, None),
            Replacement::Local(local) => (None, None, Some(local.version.clone()), Some(local.content)),
        };
        OverrideStated { registry: registry.clone(), name: name.clone(), by_registry, by_name, version, sha256 }
    }
}

/// A head as it is stated, but for what only the attester knows of it.
pub(super) fn head(PinnedLog { origin, size, root, .. }: &PinnedLog, derived: Option<&str>) -> HeadStated {
    let (origin, root, derived) = (origin.clone(), root.clone(), derived.map(str::to_owned));
    HeadStated { origin, size: *size, root, derived, vouched_by: None, successor: None }
}

fn heads(heads: &[HeadStated]) -> String {
    let one = |HeadStated { origin, size, root, derived, .. }: &HeadStated| {
        let derived = derived.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
        format!("{origin} at {size} records, root {root}{derived}")
    };
    listed(heads.iter().map(one))
}

fn listed(each: impl Iterator<Item = String>) -> String {
    let each: Vec<String> = each.collect();
    if each.is_empty() { "none".to_owned() } else { each.join("; ") }
}
