//! From an answer to *the* answer: wherever PubGrub did not take the highest candidate, is a higher one possible?

use std::collections::BTreeSet;

use pubgrub::VersionSet;

use crate::catalog::Merged;
use crate::contract::{Ceiling, Derivation, Outcome};
use crate::derivation;
use crate::encoding::{Edge, Encoding, Origin, Requirement, Spanning, Variable};
use crate::queue::{Item, Queue};
use crate::search::{Model, Question, Verdict, search};
use crate::set::{Set, SetBuilder};

/// Solves what is known so far.
pub(crate) fn solve(encoding: &mut Encoding, budget: &mut u64) -> Outcome {
    match search(encoding, Question::default(), budget) {
        Verdict::Found(model) => Pass { encoding, budget, model, items: 0, fixed: Vec::new(), assumed: None }.run(),
        Verdict::Impossible(reason) => {
            let derivation = derivation::of(reason, encoding);
            Outcome::Unsolvable(shorter(derivation, encoding, budget))
        }
        Verdict::RootUnavailable => Outcome::Unsolvable(derivation::of_unavailable_root(encoding)),
        Verdict::Exhausted => Outcome::Exhausted,
    }
}

/// Knowing that there is no answer, looks for a shorter reason: with what root forces in view there often is one.
fn shorter(derivation: Derivation, encoding: &mut Encoding, budget: &mut u64) -> Derivation {
    let root = encoding.rules.root_requires(Vec::new());
    encoding.assume(root.list.into_iter());
    match search(encoding, Question::default(), budget) {
        Verdict::Impossible(reason) => {
            let other = derivation::of(reason, encoding);
            if other.steps.len() < derivation.steps.len() { other } else { derivation }
        }
        Verdict::Found(_) | Verdict::RootUnavailable | Verdict::Exhausted => derivation,
    }
}

/// The pass over an answer.
struct Pass<'a> {
    encoding: &'a mut Encoding,
    budget: &'a mut u64,
    model: Model,
    /// How many items have been taken from the queue.
    items: u32,
    /// What root requires so that these are bound as they are.
    fixed: Vec<Requirement>,
    /// How many of those requirements are assumed; nothing before the first question.
    assumed: Option<usize>,
}

/// What an item is bound to.
#[derive(Clone, Copy)]
struct Binding {
    track: u32,
    release: u32,
    /// The dependency, if it spans.
    spanning: Option<Spanning>,
}

/// Why the pass ended early.
enum Stop {
    Missing(BTreeSet<u32>),
    Exhausted,
}

impl Pass<'_> {
    fn run(mut self) -> Outcome {
        match self.settle() {
            Ok(outcome) => outcome,
            Err(Stop::Missing(packages)) => Outcome::Incomplete(packages.into_iter().collect()),
            Err(Stop::Exhausted) => Outcome::Exhausted,
        }
    }

    /// Walks the queue, raising each binding as far as it goes.
    fn settle(&mut self) -> Result<Outcome, Stop> {
        self.check_complete()?;
        let mut queue = Queue::new(self.encoding.catalog());
        let mut ceilings = Vec::new();
        while let Some(item) = queue.next() {
            let Some(mut binding) = self.binding(&item) else { continue };
            if queue.forced(&item).is_none()
                && let Some(derivation) = self.raise(&item, &mut binding)?
            {
                ceilings.push(Ceiling { item: self.items, derivation });
            }
            self.fix(binding);
            queue.bind(self.encoding.catalog(), &item, binding.release);
        }
        Ok(Outcome::Solved(queue.answer(self.encoding.catalog(), ceilings)))
    }

    /// Asks whether the item can be bound to something higher, as long as it can; the model follows. The ceiling, if
    /// that ends below the highest candidate.
    fn raise(&mut self, item: &Item, binding: &mut Binding) -> Result<Option<Derivation>, Stop> {
        loop {
            let higher = self.candidates_above(item, binding.release);
            if higher.is_empty() {
                return Ok(None);
            }
            let question = self.question(higher, binding.spanning);
            match search(self.encoding, question, self.budget) {
                Verdict::Found(model) => {
                    self.model = model;
                    self.check_complete()?;
                    let Some(raised) = self.binding(item) else { return Ok(None) };
                    *binding = raised;
                }
                Verdict::Impossible(reason) => return Ok(Some(derivation::of(reason, self.encoding))),
                Verdict::RootUnavailable => return Ok(Some(derivation::of_unavailable_root(self.encoding))),
                Verdict::Exhausted => return Err(Stop::Exhausted),
            }
        }
    }

    /// What the model binds an item to; nothing if the package is missing.
    fn binding(&mut self, item: &Item) -> Option<Binding> {
        let dependent = item.dependent.map(|release| self.encoding.catalog().track(release));
        let (track, spanning) = match self.encoding.rules.edge(dependent, &item.dependency) {
            Edge::Missing | Edge::Nowhere => return None,
            Edge::Track(track, _) => (track, None),
            Edge::Spanning(bound, _, _) => (self.model.value(self.encoding, Variable::Bound(bound))?, Some(bound)),
        };
        let release = self.model.value(self.encoding, Variable::Release { track })?;
        Some(Binding { track, release, spanning })
    }

    /// The candidates of an item's dependency that rank above a release: tracks, ascending, each with its candidates.
    fn candidates_above(&mut self, item: &Item, release: u32) -> Vec<(u32, Set)> {
        let Merged { package, requirement, ref features, .. } = item.dependency;
        let Some(accepted) = self.encoding.rules.catalog.accepted(package, requirement) else { return Vec::new() };
        let accepted: Vec<(u32, Set)> = accepted.tracks().to_vec();
        let catalog = self.encoding.catalog();
        // Lower ones are looked at only where one of them may be preferred.
        let above = match catalog.has_preferences() {
            true => Set::full(),
            false => Set::range(release + 1, u32::MAX),
        };
        let accepted = accepted.into_iter().map(|(track, set)| (track, set.intersection(&above)));
        let rank = |value: u32| (catalog.is_preferred(value), value);
        let is_candidate = |&value: &u32| {
            rank(value) > rank(release)
                && catalog.is_usable(value)
                && features.iter().all(|&feature| catalog.defines(value, feature))
        };
        let candidates = |set: Set| {
            let mut candidates = SetBuilder::default();
            let values = set.ranges().iter().flat_map(|&(first, last)| first..=last);
            values.filter(is_candidate).for_each(|value| candidates.push((value, value)));
            candidates.finish()
        };
        let tracks = accepted.map(|(track, set)| (track, candidates(set)));
        tracks.filter(|(_, set)| !set.is_empty()).collect()
    }

    /// Binds the next item for all questions to come.
    fn fix(&mut self, binding: Binding) {
        let Binding { track, release, spanning } = binding;
        let origin = Origin::Fixed { item: self.items };
        if let Some(bound) = spanning {
            self.fixed.push(self.encoding.require(Variable::Bound(bound), Set::singleton(track), origin));
        }
        self.fixed.push(self.encoding.require(Variable::Release { track }, Set::singleton(release), origin));
        self.items += 1;
    }

    /// Is there an answer with all earlier items as they are bound, and this one higher?
    fn question(&mut self, higher: Vec<(u32, Set)>, spanning: Option<Spanning>) -> Question {
        let assumed = self.assumed.unwrap_or_else(|| {
            let root = self.encoding.rules.root_requires(Vec::new());
            self.encoding.assume(root.list.into_iter());
            0
        });
        self.encoding.assume(self.fixed[assumed..].iter().cloned());
        self.assumed = Some(self.fixed.len());

        let mut question = Question { root: self.fixed.clone(), wish: Vec::new() };
        let tracks = higher.iter().fold(Set::empty(), |set, (track, _)| set.union(&Set::singleton(*track)));
        question.root.push(self.encoding.require(Variable::Wish, tracks, Origin::Wish));
        for (track, set) in higher {
            let mut requirements = vec![self.encoding.require(Variable::Release { track }, set, Origin::Wish)];
            if let Some(bound) = spanning {
                requirements.push(self.encoding.require(Variable::Bound(bound), Set::singleton(track), Origin::Wish));
            }
            question.wish.push((track, requirements));
        }
        question
    }

    /// An answer that lacks packages is none: they must be supplied first.
    fn check_complete(&mut self) -> Result<(), Stop> {
        let mut missing = BTreeSet::new();
        let mut queue = Queue::new(self.encoding.catalog());
        while let Some(item) = queue.next() {
            match self.binding(&item) {
                Some(binding) => queue.bind(self.encoding.catalog(), &item, binding.release),
                None => {
                    missing.insert(item.dependency.package);
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(Stop::Missing(missing)) }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::solve;

    /// The answer to a problem, without its ceilings.
    fn answer(problem: &str) -> Vec<String> {
        let outcome = solve(problem);
        outcome.lines().take_while(|line| !line.starts_with("item")).map(str::to_owned).collect()
    }

    /// The items that have a ceiling.
    fn ceilings(problem: &str) -> Vec<String> {
        solve(problem).lines().filter(|line| line.starts_with("item")).map(str::to_owned).collect()
    }

    #[test]
    fn the_highest_on_whatever_track() {
        let problem = "
            root a *
            a 0.9.0
            a 1.0.0
            a 2.0.0-rc.1
            a 2.0.0 yanked";
        assert_eq!(answer(problem), ["consumer: a * = a 1.0.0", "a 1.0.0:"]);
        assert_eq!(ceilings(problem), [""; 0]);
    }

    #[test]
    fn earlier_items_come_first_whatever_they_cost_later_ones() {
        let problem = "
            root a *
            root b *
            a 1.0.0
            a 1.1.0 | needs c =1.0.0
            b 1.0.0
            b 1.1.0 | needs c =1.1.0
            b 1.2.0 | needs c =1.1.0
            c 1.0.0
            c 1.1.0";
        let expected =
            ["consumer: a * = a 1.1.0, b * = b 1.0.0", "a 1.1.0: c =1.0.0 = c 1.0.0", "b 1.0.0:", "c 1.0.0:"];
        assert_eq!(answer(problem), expected);
        assert_eq!(ceilings(problem), ["item 1 no higher"]);
    }

    #[test]
    fn two_requirements_may_bind_to_two_tracks() {
        let problem = "
            root a ^1
            root a >=1,<3
            root b ^1
            a 1.0.0
            a 2.0.0
            b 1.0.0 | needs a >=1.0.0";
        let expected = [
            "consumer: a >=1,<3 = a 2.0.0, a ^1 = a 1.0.0, b ^1 = b 1.0.0",
            "a 1.0.0:",
            "a 2.0.0:",
            "b 1.0.0: a >=1.0.0 = a 2.0.0",
        ];
        assert_eq!(answer(problem), expected);
    }

    #[test]
    fn features_that_are_asked_for_later_count() {
        let problem = "
            root a ^1
            root b ^1
            a 1.0.0 | feature f: g | feature g:
            a 1.1.0 | feature f:  g
            a 1.2.0
            b 1.0.0 | needs c ^1
            c 1.0.0 | needs a ^1 +f";
        let expected = [
            "consumer: a ^1 = a 1.0.0, b ^1 = b 1.0.0",
            "a 1.0.0 +f +g:",
            "b 1.0.0: c ^1 = c 1.0.0",
            "c 1.0.0: a ^1 = a 1.0.0",
        ];
        assert_eq!(answer(problem), expected);
        // Not the item that asks for the feature: what lacks it is no candidate there.
        assert_eq!(ceilings(problem), ["item 0 no higher", "item 3 no higher"]);
    }

    #[test]
    fn a_forced_item_has_no_ceiling_and_counts() {
        let problem = "
            root a *
            root z *
            a 1.0.0 | may b * | feature f: @0 | feature g: @0+x
            b 1.0.0 | feature x: @0 | may z ^1
            b 2.0.0
            z 1.0.0
            z 2.0.0 | needs a * +f +g";
        let expected = [
            "consumer: a * = a 1.0.0, z * = z 2.0.0",
            "a 1.0.0 +f +g: b * = b 1.0.0",
            "b 1.0.0 +x: z ^1 = z 1.0.0",
            "z 1.0.0:",
            "z 2.0.0: a * = a 1.0.0",
        ];
        assert_eq!(answer(problem), expected);
        assert_eq!(ceilings(problem), [""; 0]);
    }

    #[test]
    fn what_is_preferred_ranks_first_and_may_still_not_be_had() {
        let problem = |preferences: &str| {
            format!(
                "root a *
                 root b *
                 {preferences}
                 a 1.0.0
                 a 1.1.0 | needs c ^1
                 a 2.0.0
                 a 3.0.0 yanked
                 b 1.0.0 | needs c >=1.1
                 b 1.1.0 | needs c >=1.1
                 c 1.0.0
                 c 1.1.0
                 c 1.2.0"
            )
        };
        let bound = |preferences: &str| answer(&problem(preferences))[0].clone();
        assert_eq!(bound(""), "consumer: a * = a 2.0.0, b * = b 1.1.0");
        assert_eq!(bound("prefer a 1.0.0"), "consumer: a * = a 1.0.0, b * = b 1.1.0");
        assert_eq!(bound("prefer a 1.0.0\nprefer a 1.1.0"), "consumer: a * = a 1.1.0, b * = b 1.1.0");
        assert_eq!(bound("prefer a 3.0.0\nprefer a 4.0.0\nprefer z 1.0.0"), bound(""));
        let preferred = problem("prefer a 1.1.0\nprefer c 1.1.0");
        assert_eq!(answer(&preferred)[1..], ["a 1.1.0: c ^1 = c 1.1.0", "b 1.1.0: c >=1.1 = c 1.1.0", "c 1.1.0:"]);
        assert_eq!(ceilings(&preferred), [""; 0]);
        // A preferred one that cannot be had is explained like a higher one.
        let preferred = problem("prefer b 1.0.0\nprefer c 1.0.0");
        assert_eq!(answer(&preferred)[0], "consumer: a * = a 2.0.0, b * = b 1.0.0");
        assert_eq!(ceilings(&preferred), [""; 0]);
        let preferred = problem("prefer a 1.1.0\nprefer c 1.0.0");
        assert_eq!(answer(&preferred)[1], "a 1.1.0: c ^1 = c 1.2.0");
        assert_eq!(ceilings(&preferred), ["item 2 no higher"]);
    }

    #[test]
    fn a_preference_chooses_among_tracks() {
        let problem = "
            root a >=1
            root b ^1
            prefer a 1.0.0
            a 1.0.0
            a 1.1.0
            a 2.0.0
            b 1.0.0 | needs a ^2";
        assert_eq!(answer(problem)[0], "consumer: a >=1 = a 1.0.0, b ^1 = b 1.0.0");
        assert_eq!(ceilings(problem), [""; 0]);
    }

    #[test]
    fn an_override_changes_what_is_depended_on_and_allows_nothing() {
        let problem = |more: &str| {
            format!(
                "root a *
                 root b ^1
                 override b s/fork
                 {more}
                 a 1.0.0
                 a 1.1.0 | needs b ^1 +f
                 a 1.2.0 | needs s/fork ^1
                 b 1.9.0
                 s/fork 1.0.0 | feature f:
                 s/fork 1.1.0
                 s/fork 2.0.0"
            )
        };
        // What depends on the fork itself still needs a link, what depends on the package that it replaces does not.
        let expected = [
            "consumer: a * = a 1.1.0, s/fork ^1 = s/fork 1.0.0",
            "a 1.1.0: s/fork ^1 = s/fork 1.0.0",
            "s/fork 1.0.0 +f:",
        ];
        assert_eq!(answer(&problem("")), expected);
        assert_eq!(ceilings(&problem("")), ["item 0 no higher", "item 1 no higher"]);
        let expected = ["consumer: a * = a 1.2.0, s/fork ^1 = s/fork 1.1.0", "a 1.2.0: s/fork ^1 = s/fork 1.1.0"];
        assert_eq!(answer(&problem("link r s"))[..2], expected);
        // Two declarations that have become one are legal only if both are.
        let both = "a 1.3.0 | needs b ^1 | needs s/fork ^1";
        assert_eq!(answer(&problem(both))[0], "consumer: a * = a 1.1.0, s/fork ^1 = s/fork 1.0.0");
        let both = format!("link r s\n{both}");
        assert_eq!(answer(&problem(&both))[0], "consumer: a * = a 1.3.0, s/fork ^1 = s/fork 1.1.0");
        // What is not legal is not replaced.
        let foreign = "t/x 1.0.0 | needs b ^1\nroot t/x *";
        assert!(solve(&problem(foreign)).starts_with("unsolvable"));
        assert!(!solve(&problem(&format!("{foreign}\nlink t r"))).starts_with("unsolvable"));
    }

    #[test]
    fn registries_may_be_linked_one_way() {
        let problem = "
            root a *
            root s/a *
            link r s
            a 1.0.0 | needs s/a ^1
            s/a 1.0.0
            s/a 1.1.0 | needs a ^1";
        let expected = ["consumer: a * = a 1.0.0, s/a * = s/a 1.0.0", "a 1.0.0: s/a ^1 = s/a 1.0.0", "s/a 1.0.0:"];
        assert_eq!(answer(problem), expected);
        assert_eq!(ceilings(problem), ["item 1 no higher", "item 2 no higher"]);
    }

    #[test]
    fn a_link_may_be_to_some_packages_only() {
        let problem = |link: &str| {
            format!(
                "root a *
                 {link}
                 a 1.0.0
                 a 1.1.0 | needs s/b ^1
                 a 1.2.0 | needs s/c ^1
                 s/b 1.0.0
                 s/c 1.0.0"
            )
        };
        let bound = |link: &str| answer(&problem(link))[0].clone();
        assert_eq!(bound("link r s"), "consumer: a * = a 1.2.0");
        assert_eq!(bound("link r s s/b s/c"), "consumer: a * = a 1.2.0");
        assert_eq!(bound("link r s s/b"), "consumer: a * = a 1.1.0");
        assert_eq!(bound("link r s s/d"), "consumer: a * = a 1.0.0");
        assert_eq!(bound("link s r"), "consumer: a * = a 1.0.0");
    }
}
