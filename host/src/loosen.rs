//! Which requirements of a manifest would have to ask for less, where there is no answer: the fewest, each choice of them
//! solved again.

use semver::VersionReq;

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
    /// Whether it was shown that no choice helps: there is no answer if `*` is asked for of each.
    pub is_hopeless: bool,
}

/// What a try came to.
enum Tried {
    /// There is an answer.
    Answer(Loosened),
    /// There is none.
    None,
    /// It took too long to tell, or failed.
    Unknown,
}

/// Every smallest choice of dependencies that lets there be an answer if any version and content of them will do: single
/// ones, or pairs if no single one does; or else one choice of more, of which none can be left out. Only the first 64
/// dependencies are tried by themselves, pairs only of up to 12, and more only of up to 64. `solve` solves such inputs; where
/// it fails, the choice is passed over.
pub fn fewest(inputs: &Inputs, solve: &mut dyn FnMut(&Inputs) -> Result<Solved>) -> Fewest {
    let of = inputs.dependencies.len();
    let is_open = |place: &usize| {
        let input = &inputs.dependencies[*place];
        input.requirement != "*" || input.content.is_some()
    };
    let open: Vec<usize> = (0..of).filter(is_open).collect();
    let hopeless = Fewest { choices: Vec::new(), tried: of, of, is_hopeless: true };
    if open.is_empty() {
        return hopeless;
    }
    // What less would do, this does; but `*` accepts no pre-release, so what may ask for one stays as it is.
    let (named, loose): (Vec<usize>, Vec<usize>) =
        open.iter().partition(|place| names_pre_release(&inputs.dependencies[**place]));
    let all = match attempt(inputs, &loose, solve) {
        Tried::Answer(all) => Some(all),
        Tried::None if named.is_empty() => return hopeless,
        Tried::None | Tried::Unknown => None,
    };
    let tried = of.min(MAX_SINGLE);
    if let ([_], Some(all)) = (&open[..], &all) {
        return Fewest { choices: vec![all.clone()], tried: of, of, is_hopeless: false };
    }
    let singles = open.iter().filter(|place| **place < tried).map(|&one| vec![one]);
    let mut choices = answers(inputs, singles, solve);
    if choices.is_empty() && of <= MAX_PAIRED && open.len() > 2 {
        let pairs =
            open.iter().enumerate().flat_map(|(at, &one)| open[at + 1..].iter().map(move |&other| vec![one, other]));
        choices = answers(inputs, pairs, solve);
    }
    if choices.is_empty() && open.len() <= MAX_SINGLE {
        choices = all.map(|all| shrink(inputs, loose, all, solve)).into_iter().collect();
    }
    Fewest { choices, tried, of, is_hopeless: false }
}

/// Whether a dependency may accept a pre-release.
fn names_pre_release(input: &Input) -> bool {
    let range = VersionReq::parse(&input.requirement);
    range.is_ok_and(|range| range.comparators.iter().any(|comparator| !comparator.pre.is_empty()))
}

fn answers(
    inputs: &Inputs,
    choices: impl Iterator<Item = Vec<usize>>,
    solve: &mut dyn FnMut(&Inputs) -> Result<Solved>,
) -> Vec<Loosened> {
    let found = choices.filter_map(|choice| match attempt(inputs, &choice, solve) {
        Tried::Answer(found) => Some(found),
        Tried::None | Tried::Unknown => None,
    });
    found.collect()
}

/// Leaves out, one after the other, what need not be loosened.
fn shrink(
    inputs: &Inputs,
    all: Vec<usize>,
    mut found: Loosened,
    solve: &mut dyn FnMut(&Inputs) -> Result<Solved>,
) -> Loosened {
    let mut kept = all.clone();
    for place in all {
        let fewer: Vec<usize> = kept.iter().copied().filter(|&other| other != place).collect();
        if let Tried::Answer(smaller) = attempt(inputs, &fewer, solve) {
            (kept, found) = (fewer, smaller);
        }
    }
    found
}

fn attempt(inputs: &Inputs, choice: &[usize], solve: &mut dyn FnMut(&Inputs) -> Result<Solved>) -> Tried {
    let mut dependencies = inputs.dependencies.clone();
    let mut asked = Vec::with_capacity(choice.len());
    for &place in choice {
        let Some(dependency) = dependencies.get_mut(place) else { return Tried::Unknown };
        asked.push(dependency.clone());
        *dependency = Input { requirement: "*".to_owned(), content: None, ..dependency.clone() };
    }
    let Inputs { forbidden, overrides, preferences, .. } = inputs.clone();
    let budget = inputs.budget.min(TRY_BUDGET);
    let Ok(solved) = solve(&Inputs::from_unsorted(budget, dependencies, forbidden, overrides, preferences)) else {
        return Tried::Unknown;
    };
    let answer = match &solved.checked {
        Checked::Solved(answer) => answer,
        Checked::Unsolvable(_) => return Tried::None,
        Checked::Incomplete | Checked::Exhausted => return Tried::Unknown,
    };
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
    match dependencies.collect() {
        Some(dependencies) => Tried::Answer(Loosened { dependencies }),
        None => Tried::Unknown,
    }
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
        assert_eq!(tried(&asked), ["a:a *, a:b *, a:c *", "a:a *, a:b *, a:c ^3", "a:a ^1, a:b *, a:c *"]);
        let asked = inputs(&[("a:a", "^1"), ("a:b", "^2"), ("a:c", "^3")]);
        let all = ["a:a *, a:b *, a:c *"];
        let singles = ["a:a *, a:b ^2, a:c ^3", "a:a ^1, a:b *, a:c ^3", "a:a ^1, a:b ^2, a:c *"];
        let pairs = ["a:a *, a:b *, a:c ^3", "a:a *, a:b ^2, a:c *", "a:a ^1, a:b *, a:c *"];
        assert_eq!(tried(&asked), [&all[..], &singles, &pairs].concat());
    }

    #[test]
    fn many_are_not_tried_in_pairs() {
        let names: Vec<String> = (0..100).map(|number| format!("a:p{number}")).collect();
        let asked: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "^1")).collect();
        assert_eq!(tried(&inputs(&asked)).len(), 1 + MAX_SINGLE);
    }
}
