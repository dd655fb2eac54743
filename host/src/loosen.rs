//! Which requirements of a manifest would have to ask for less, where there is no answer: the fewest, each choice of them
//! solved again.

use crate::check::Checked;
use crate::error::Result;
use crate::inputs::{Input, Inputs};
use crate::solve::Solved;

/// The steps that one try may take. What takes more is passed over: a hint is no promise that there is no other.
pub const TRY_BUDGET: u64 = 2_000_000;

/// How many dependencies are tried one by one.
const MAX_SINGLE: usize = 64;

/// How many dependencies are tried in pairs, of which there are half as many as its square.
const MAX_PAIRED: usize = 12;

/// Requirements that, loosened together, leave an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loosened {
    /// For each the dependency as it is asked for, and the version that it is then bound to.
    pub dependencies: Vec<(Input, String)>,
}

/// What was found, and how far it was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fewest {
    /// The choices.
    pub choices: Vec<Loosened>,
    /// Of how many dependencies, from the first on, each was tried.
    pub tried: usize,
    /// How many there are.
    pub of: usize,
}

/// Every smallest choice of dependencies that lets there be an answer if any version and content of them will do: single
/// ones, or pairs if no single one does. Nothing, if neither does, or if it takes too long to tell; only the first 64
/// dependencies are tried, and pairs only of up to 12. `solve` solves such inputs; where it fails, the choice is passed over.
pub fn fewest(inputs: &Inputs, solve: &mut dyn FnMut(&Inputs) -> Result<Solved>) -> Fewest {
    let of = inputs.dependencies.len();
    let tried = of.min(MAX_SINGLE);
    let singles = (0..tried).map(|one| vec![one]);
    let found: Vec<Loosened> = singles.filter_map(|choice| attempt(inputs, &choice, solve)).collect();
    if !found.is_empty() || of > MAX_PAIRED {
        return Fewest { choices: found, tried, of };
    }
    let pairs = (0..of).flat_map(|one| (one + 1..of).map(move |other| vec![one, other]));
    Fewest { choices: pairs.filter_map(|choice| attempt(inputs, &choice, solve)).collect(), tried, of }
}

fn attempt(inputs: &Inputs, choice: &[usize], solve: &mut dyn FnMut(&Inputs) -> Result<Solved>) -> Option<Loosened> {
    let mut dependencies = inputs.dependencies.clone();
    let mut asked = Vec::with_capacity(choice.len());
    for &place in choice {
        let dependency = dependencies.get_mut(place)?;
        if dependency.requirement == "*" && dependency.content.is_none() {
            return None;
        }
        asked.push(dependency.clone());
        *dependency = Input { requirement: "*".to_owned(), content: None, ..dependency.clone() };
    }
    let Inputs { forbidden, overrides, preferences, .. } = inputs.clone();
    let budget = inputs.budget.min(TRY_BUDGET);
    let solved = solve(&Inputs::from_unsorted(budget, dependencies, forbidden, overrides, preferences)).ok()?;
    let Checked::Solved(answer) = &solved.checked else { return None };
    let catalog = &solved.catalog;
    let version = |input: &Input| {
        let mut roots = answer.answer().roots.iter();
        let binding = roots.find(|binding| {
            // What has been replaced is bound under another name.
            catalog.package_key(binding.package) == (input.registry.as_str(), input.name.as_str())
        })?;
        Some(catalog.version_of(binding.to).to_string())
    };
    let dependencies = asked.into_iter().map(|input| version(&input).map(|version| (input, version)));
    Some(Loosened { dependencies: dependencies.collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn inputs(asked: &[(&str, &str)]) -> Inputs {
        let dependencies = asked.iter().map(|(name, requirement)| Input {
            registry: "a.example/log".to_owned(),
            name: (*name).to_owned(),
            requirement: (*requirement).to_owned(),
            content: None,
            features: Vec::new(),
        });
        Inputs::from_unsorted(100_000_000, dependencies.collect(), Vec::new(), Vec::new(), Vec::new())
    }

    /// What is tried, as `name requirement`, where nothing helps.
    fn tried(inputs: &Inputs) -> Vec<String> {
        let mut tried = Vec::new();
        let found = fewest(inputs, &mut |inputs| {
            assert_eq!(inputs.budget, TRY_BUDGET);
            let asked = inputs.dependencies.iter().map(|input| format!("{} {}", input.name, input.requirement));
            tried.push(asked.collect::<Vec<_>>().join(", "));
            Err(Error::no("there is none"))
        });
        assert!(found.choices.is_empty());
        assert_eq!((found.tried, found.of), (inputs.dependencies.len().min(MAX_SINGLE), inputs.dependencies.len()));
        tried
    }

    #[test]
    fn single_ones_are_tried_before_pairs() {
        let asked = inputs(&[("a:a", "^1"), ("a:b", "*"), ("a:c", "^3")]);
        assert_eq!(tried(&asked), ["a:a *, a:b *, a:c ^3", "a:a ^1, a:b *, a:c *", "a:a *, a:b *, a:c *"]);
    }

    #[test]
    fn many_are_not_tried_in_pairs() {
        let names: Vec<String> = (0..100).map(|number| format!("a:p{number}")).collect();
        let asked: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "^1")).collect();
        assert_eq!(tried(&inputs(&asked)).len(), MAX_SINGLE);
    }
}
