//! What the steps of a derivation say: leaves by the records that they were made of (see [`super::reasons`]), conclusions
//! by versions.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Extension, Leaves};
use crate::problem::{Cause, Derivation, Term, Variable};

use super::phrases::{Phrases, either};

/// Most requirements, or groups of releases, that one fact names.
const MOST_NAMED: usize = 3;

/// How a binding of the consumer ends.
const FOR_CONSUMER: &str = " for the consumer";

/// Tells facts of one catalog.
pub(super) struct Facts<'a> {
    pub(super) leaves: Leaves<'a>,
    pub(super) phrases: Phrases<'a>,
}

/// A fact: something said of values of a variable, which leads to something else.
struct Fact {
    from: Place,
    to: Option<Place>,
    text: String,
}

/// What a fact is about, for putting facts in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Consumer,
    Package(u32),
    Exclusive(u32),
}

/// What is said of which values, and what it leads to.
type Sayings = BTreeMap<(Said, Option<Place>), BTreeSet<u32>>;

/// What can be said of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    /// Of the release with the feature.
    OfValue(String),
    /// Of the release, whatever its features.
    OfRelease(String),
    /// The release is yanked.
    Yanked,
}

impl<'a> Facts<'a> {
    pub(super) fn new(leaves: Leaves<'a>, phrases: Phrases<'a>) -> Facts<'a> {
        Facts { leaves, phrases }
    }

    /// Whether a leaf says anything that is not plain from the names alone. That a release with a feature is a release is
    /// plain, and that a binding to a track is one to a release there.
    pub(super) fn is_worth_telling(&mut self, derivation: &Derivation, leaf: usize) -> bool {
        let step = &derivation.steps[leaf];
        let Some(subject) = step.terms.iter().find(|term| term.positive) else { return false };
        let variable = derivation.variables[subject.variable as usize];
        let objects = step.terms.iter().filter(|term| !term.positive);
        let plain = match variable {
            Variable::Bound { .. } | Variable::BoundFeature { .. } | Variable::Wish | Variable::Exclusive { .. } => {
                true
            }
            Variable::Feature { track, .. } => objects
                .map(|term| derivation.variables[term.variable as usize])
                .any(|object| object == (Variable::Release { track })),
            Variable::Root | Variable::Release { .. } => false,
        };
        !plain && !self.leaves.values(&Extension::none(), variable, &subject.ranges).is_empty()
    }

    /// What leaves say, each thing once, in an order that leads from the consumer on.
    pub(super) fn clauses(&mut self, derivation: &Derivation, leaves: impl Iterator<Item = usize>) -> Vec<String> {
        let mut said: BTreeMap<Variable, Sayings> = BTreeMap::new();
        for leaf in leaves {
            self.say(derivation, leaf, &mut said);
        }
        let mut facts: BTreeMap<String, Fact> = BTreeMap::new();
        for (variable, said) in said {
            for fact in self.facts(variable, said) {
                facts.insert(fact.text.clone(), fact);
            }
        }
        // Whoever needs something with a feature needs it.
        let texts: Vec<String> = facts.keys().cloned().collect();
        facts.retain(|text, _| !texts.iter().any(|longer| longer.starts_with(&format!("{text} with feature "))));
        in_order(facts.into_values().collect())
    }

    /// Adds what a leaf says of its variable's values.
    fn say(&mut self, derivation: &Derivation, leaf: usize, said: &mut BTreeMap<Variable, Sayings>) {
        let step = &derivation.steps[leaf];
        let Some(subject) = step.terms.iter().find(|term| term.positive) else { return };
        let variable = derivation.variables[subject.variable as usize];
        let object = step.terms.iter().find(|term| !term.positive && step.cause == Cause::Requires);
        let object = object.map(|term| derivation.variables[term.variable as usize]);
        let mut sayings = Sayings::new();
        for value in self.leaves.values(&Extension::none(), variable, &subject.ranges) {
            let what = match (self.why_not(variable, value), object) {
                (Some(reason), _) => Some((reason, None)),
                (None, Some(object)) => {
                    let to = self.place(object);
                    self.required(variable, value, object).map(|required| (Said::OfValue(required), Some(to)))
                }
                (None, None) => None,
            };
            if let Some(what) = what {
                sayings.entry(what).or_default().insert(value);
            }
        }
        // That a release is yanked matters only where nothing else can be said.
        if sayings.len() > 1 {
            sayings.remove(&(Said::Yanked, None));
        }
        let known = said.entry(variable).or_default();
        for (what, values) in sayings {
            known.entry(what).or_default().extend(values);
        }
    }

    /// What is said of a variable's values, in words.
    fn facts(&mut self, variable: Variable, said: Sayings) -> Vec<Fact> {
        let from = self.place(variable);
        let release = match variable {
            Variable::Feature { track, .. } => Variable::Release { track },
            other => other,
        };
        let mut groups: Vec<_> =
            said.into_iter().map(|(what, values)| (values.into_iter().collect::<Vec<u32>>(), what)).collect();
        groups.sort();
        let hidden = groups.split_off(groups.len().min(MOST_NAMED));
        let mut facts = Vec::new();
        for (values, (what, to)) in groups {
            let text = match what {
                Said::OfValue(what) => format!("{} {what}", self.subject(variable, &values)),
                Said::OfRelease(what) => format!("{} {what}", self.subject(release, &values)),
                Said::Yanked => format!("{} is yanked", self.subject(release, &values)),
            };
            facts.push(Fact { from, to, text });
        }
        if !hidden.is_empty() {
            let values: BTreeSet<u32> = hidden.into_iter().flat_map(|(values, _)| values).collect();
            let values: Vec<u32> = values.into_iter().collect();
            let text = format!("much the same holds for {}", self.subject(variable, &values));
            facts.push(Fact { from, to: None, text });
        }
        facts
    }

    fn place(&mut self, variable: Variable) -> Place {
        match variable {
            Variable::Root | Variable::Wish => Place::Consumer,
            Variable::Release { track } | Variable::Feature { track, .. } => {
                Place::Package(self.leaves.records().package_of(track))
            }
            Variable::Bound { package, .. } | Variable::BoundFeature { package, .. } => Place::Package(package),
            Variable::Exclusive { exclusive } => Place::Exclusive(exclusive),
        }
    }

    /// `the consumer`, `wasi:io 0.2.x`, `wasi:http 0.2.1 with feature default`
    fn subject(&mut self, variable: Variable, values: &[u32]) -> String {
        let with = |feature: u32| format!(" with feature {}", self.phrases.feature(feature));
        match variable {
            Variable::Root => "the consumer".to_owned(),
            Variable::Release { track } => self.releases(track, values),
            Variable::Feature { track, feature } => {
                let with = with(feature);
                format!("{}{with}", self.releases(track, values))
            }
            Variable::Bound { dependent, package, .. } => self.binding(dependent, package, values, ""),
            Variable::BoundFeature { dependent, package, feature, .. } => {
                let with = with(feature);
                self.binding(dependent, package, values, &with)
            }
            Variable::Exclusive { exclusive } => {
                let mut named: Vec<String> = Vec::new();
                for &value in values {
                    let track = self.leaves.records().track_of(value);
                    named.push(self.releases(track, &[value]));
                }
                named.sort();
                let exclusive = &self.phrases.catalog().exclusive_names[exclusive as usize];
                format!("the exclusive resource {exclusive} of {}", either(&named, MOST_NAMED))
            }
            Variable::Wish => "something higher".to_owned(),
        }
    }

    fn releases(&mut self, track: u32, values: &[u32]) -> String {
        let records = self.leaves.records();
        let versions = self.phrases.versions(track..records.track_end(track), values);
        self.phrases.of_package(records.package_of(track), &versions)
    }

    /// `wasi:io 0.2.x or 1.x for wasi:http 0.2.x`
    fn binding(&mut self, dependent: Option<u32>, package: u32, tracks: &[u32], with: &str) -> String {
        let dependent = match dependent {
            None => "the consumer".to_owned(),
            Some(track) => {
                let versions = self.phrases.track(track);
                self.phrases.of_package(self.leaves.records().package_of(track), &versions)
            }
        };
        let tracks: Vec<String> = tracks.iter().map(|&track| self.phrases.track(track)).collect();
        let bound = self.phrases.of_package(package, &either(&tracks, MOST_NAMED));
        format!("{bound}{with} for {dependent}")
    }

    /// What a step says, short.
    pub(super) fn conclusion(&mut self, derivation: &Derivation, step: usize) -> String {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for term in &derivation.steps[step].terms {
            let variable = derivation.variables[term.variable as usize];
            if variable == Variable::Root {
                continue;
            }
            let values = self.values(variable, term);
            match term.positive {
                true => with.push(self.subject(variable, &values)),
                false if values.is_empty() => {}
                false => without.push(self.subject(variable, &values)),
            }
        }
        with.sort_unstable();
        if with.is_empty() && !without.is_empty() && without.iter().all(|needed| needed.ends_with(FOR_CONSUMER)) {
            with.push("the consumer".to_owned());
        }
        // What one thing needs for itself need not say so again.
        if let [one] = with.as_slice() {
            let own = format!(" for {one}");
            for needed in &mut without {
                if let Some(shorter) = needed.strip_suffix(own.as_str()) {
                    *needed = shorter.to_owned();
                }
            }
        }
        without.sort();
        let needed = either(&without, MOST_NAMED);
        match (with.as_slice(), without.is_empty()) {
            ([], true) => "there is no answer".to_owned(),
            ([], false) => format!("every answer holds {needed}"),
            ([one], true) => format!("no answer holds {one}"),
            ([one], false) => format!("{one} needs {needed}"),
            ([one, two], true) => format!("no answer holds both {one} and {two}"),
            ([first @ .., last], true) => format!("no answer holds {} and {last} together", first.join(", ")),
            ([first @ .., last], false) => format!("{} and {last} together need {needed}", first.join(", ")),
        }
    }

    /// The values of a term that are worth naming: those that exist.
    fn values(&mut self, variable: Variable, term: &Term) -> Vec<u32> {
        self.leaves.values(&Extension::none(), variable, &term.ranges)
    }
}

/// On from where the last fact led; else from the consumer; else from where no other leads; else, in a circle, from
/// anywhere. The facts come sorted by text.
fn in_order(mut facts: Vec<Fact>) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::with_capacity(facts.len());
    let mut at: Option<Place> = None;
    while !facts.is_empty() {
        let leads = |from: Place| facts.iter().any(|fact| fact.to == Some(from));
        let next = facts
            .iter()
            .position(|fact| at == Some(fact.from))
            .or_else(|| facts.iter().position(|fact| fact.from == Place::Consumer))
            .or_else(|| facts.iter().position(|fact| !leads(fact.from)))
            .unwrap_or(0);
        let fact = facts.remove(next);
        clauses.push(fact.text);
        at = fact.to;
    }
    clauses
}
