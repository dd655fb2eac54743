//! One question to PubGrub: is there a complete answer?

use pubgrub::{DerivationTree, PubGrubError};

use crate::encoding::{Encoding, Provider, Requirement, Unavailable, Var, Variable};
use crate::set::Set;

/// PubGrub's reason why there is no answer.
pub(crate) type Reason = DerivationTree<Var, Set, Unavailable>;

/// More requirements of root and wish, for a ceiling; none for the problem itself.
#[derive(Default)]
pub(crate) struct Question {
    /// What root requires besides the consumer's dependencies.
    pub(crate) root: Vec<Requirement>,
    /// What each value of wish requires, ascending.
    pub(crate) wish: Vec<(u32, Vec<Requirement>)>,
}

/// What came of a question.
pub(crate) enum Verdict {
    /// There is one, leaving out packages that are missing.
    Found(Model),
    /// There is none, and this is why.
    Impossible(Reason),
    /// Root itself is not available.
    RootUnavailable,
    /// The budget ran out.
    Exhausted,
}

/// Values of variables that satisfy all requirements.
pub(crate) struct Model {
    values: Vec<Option<u32>>,
}

impl Model {
    /// The value of a variable.
    pub(crate) fn value(&self, encoding: &Encoding, variable: Variable) -> Option<u32> {
        let var = encoding.rules.variables.find(variable)?;
        self.values.get(var.index()).copied().flatten()
    }
}

/// Asks PubGrub.
pub(crate) fn search(encoding: &mut Encoding, question: Question, budget: &mut u64) -> Verdict {
    let root = encoding.rules.root_requires(question.root);
    if !root.available {
        return Verdict::RootUnavailable;
    }
    let provider = Provider::new(encoding, root.list, question.wish, budget);
    let result = pubgrub::resolve(&provider, Var::ROOT, 0u32);
    drop(provider);
    match result {
        Ok(selected) => {
            let mut values = vec![None; encoding.rules.variables.len()];
            // In no particular order: each value goes to its own place.
            for (var, value) in selected {
                values[var.index()] = Some(value);
            }
            Verdict::Found(Model { values })
        }
        Err(PubGrubError::NoSolution(reason)) => Verdict::Impossible(reason),
        Err(
            PubGrubError::ErrorInShouldCancel(_)
            | PubGrubError::ErrorChoosingVersion { .. }
            | PubGrubError::ErrorRetrievingDependencies { .. },
        ) => Verdict::Exhausted,
    }
}
