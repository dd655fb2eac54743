//! Why a problem has no answer, in a few sentences for a person.
//!
//! A derivation is made for checking: hundreds of small steps over variables and numbers. Here it becomes what somebody
//! would say. `outline.rs` chooses which of its steps are worth a line, and which facts each line rests on; `facts.rs`
//! says what a step concludes, and with `reasons.rs` what a leaf means, by the records that it was made of; `phrases.rs`
//! names packages and sets of versions.
//!
//! Nothing in the text depends on the order or the numbers in which the solver was told of things.

mod chosen;
mod facts;
mod outline;
mod phrases;
mod reasons;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use semver::Version;

use crate::check::{Checked, CheckedDerivation, Leaves, Records};
use crate::problem::{Catalog, State};

pub use chosen::{Chosen, Hop, Name, Newer, WhyNot, chosen, lowered, name};
use facts::Facts;
use outline::{Line, Outline, Reason};
use phrases::Phrases;

/// Says why there is no answer: one sentence a line, at most `most` lines (three at least), the last of which concludes
/// that there is none. Lines that others than the next refer to are numbered. The catalog is the one that the derivation
/// was checked against.
pub fn explain(catalog: &Catalog, derivation: &CheckedDerivation, most: usize) -> Vec<String> {
    let derivation = derivation.derivation();
    let phrases = Phrases::new(catalog);
    let mut facts = Facts::new(Leaves::new(Records::new(catalog)), phrases);
    let outline = Outline::new(derivation, &mut facts);
    let numbers = outline.numbers();
    let count = outline.lines.len();
    let most = most.max(3);
    let (first, last) = match count <= most {
        true => (count, count),
        false => (most - 2, count - 1),
    };
    let mut teller = Teller { facts: &mut facts, outline: &outline, numbers: &numbers };
    let mut lines: Vec<String> = (0..first).map(|line| teller.sentence(line)).collect();
    if first < last {
        let hidden = last - first;
        lines.push(format!("… and {hidden} more {}.", if hidden == 1 { "step" } else { "steps" }));
    }
    lines.extend((last..count).map(|line| teller.sentence(line)));
    lines
}

/// Most versions that are named as those that there are.
const VERSIONS_NAMED: usize = 8;

/// Says what keeps a release out of an answer, as far as it can be seen at once: there is none, it is yanked, or what
/// depends on its package wants another. A line each; and what to do.
pub fn why_not(
    catalog: &Catalog,
    checked: &Checked,
    (registry, name): (&str, &str),
    version: &Version,
) -> (Vec<String>, &'static str) {
    let mut numbers = 0..catalog.packages.len() as u32;
    let package = numbers.find(|&number| catalog.package_key(number) == (registry, name));
    let releases: Vec<u32> = match package.map(|package| catalog.states[package as usize]) {
        Some(State::Present(span)) => span.numbers().collect(),
        Some(State::Unknown | State::Absent) | None => Vec::new(),
    };
    let phrases = Phrases::new(catalog);
    // What was not read is nobody's in the answer.
    let Some(package) = package.filter(|&package| catalog.states[package as usize] != State::Unknown) else {
        return (
            vec![format!("nothing in the answer depends on {name} of {registry}")],
            "`headlock tree` shows what the lock holds",
        );
    };
    let Some(&release) = releases.iter().find(|&&release| catalog.version_of(release) == version) else {
        let newest = releases.iter().rev().filter(|&&release| !catalog.releases[release as usize].yanked);
        let newest: Vec<String> =
            newest.take(VERSIONS_NAMED).map(|&release| catalog.version_of(release).to_string()).collect();
        let has = format!("{} has no release {version} at the head that is read", phrases.of_package(package, ""));
        let newest = match newest.as_slice() {
            [] => String::new(),
            [one] => format!("; its newest is {one}"),
            several => format!("; its newest are {}", several.join(", ")),
        };
        let hint = "`--precise` wants a version that there is, whole; newer ones of a peer are read when the registry that \
                    names it has recorded its head (`headlock registry sync`)";
        return (vec![format!("{has}{newest}")], hint);
    };
    if catalog.releases[release as usize].yanked {
        let what = format!("{} is yanked", phrases.of_package(package, &version.to_string()));
        return (vec![what], "a yanked release is in no new answer");
    }
    let Checked::Solved(answer) = checked else { return (Vec::new(), "") };
    let records = Records::new(catalog);
    let of_releases = answer.releases().iter().map(|chosen| (Some(chosen.release), &chosen.bindings[..]));
    let of_package = of_releases.chain([(None, answer.roots())]).flat_map(|(dependent, bindings)| {
        let meant = bindings.iter().filter(|binding| binding.package == package);
        meant.map(move |binding| (dependent, binding))
    });
    let bound: Vec<_> = of_package.collect();
    // Who wants another track has nothing to do with it, unless everybody does.
    let is_same_track = |to: u32| records.track_of(to) == records.track_of(release);
    let is_wanted = bound.iter().any(|(_, binding)| is_same_track(binding.to));
    let (mut lines, mut is_manifests) = (BTreeSet::new(), true);
    for (dependent, binding) in bound {
        if (is_same_track(binding.to) || !is_wanted) && !records.accepts(binding.requirement, release) {
            let wanted = phrases.of_package(package, &phrases.requirement(binding.requirement));
            is_manifests &= dependent.is_none();
            lines.insert(match dependent {
                None => format!("the manifest asks for {wanted}"),
                Some(release) => {
                    let version = catalog.version_of(release).to_string();
                    format!("{} needs {wanted}", phrases.of_package(records.package_of(release), &version))
                }
            });
        }
    }
    let hint = match lines.is_empty() {
        true => "something else that the lock holds has to move first: `headlock update` with its name, or with none",
        false if is_manifests => "change what the manifest asks for",
        false => {
            "let these move first, to versions that need another of it: `headlock update` with their names; what the manifest asks for, change there"
        }
    };
    (lines.into_iter().collect(), hint)
}

struct Teller<'t, 'a> {
    facts: &'t mut Facts<'a>,
    outline: &'t Outline<'a>,
    /// For each line the number by which others refer to it.
    numbers: &'t [Option<usize>],
}

impl Teller<'_, '_> {
    /// `Because a:a 1.x needs b:b ^2 and c:c 1.0.0 needs b:b ^1, no answer holds both a:a 1.x and c:c 1.0.0. (1)`
    fn sentence(&mut self, line: usize) -> String {
        let Line { step, reasons } = &self.outline.lines[line];
        let derivation = self.outline.derivation;
        let continues = reasons.iter().any(|&reason| is_before(reason, line));
        let mut clauses = Vec::new();
        for &reason in reasons.iter().filter(|&&reason| !is_before(reason, line)) {
            match reason {
                Reason::Line(line) => {
                    let conclusion = self.facts.conclusion(derivation, self.outline.lines[line].step);
                    let number = self.numbers[line].map_or_else(String::new, |number| format!(" ({number})"));
                    clauses.push(format!("{conclusion}{number}"));
                }
                Reason::Fact(_) => {}
            }
        }
        let leaves = reasons.iter().filter_map(|&reason| match reason {
            Reason::Fact(step) => Some(step),
            Reason::Line(_) => None,
        });
        clauses.extend(self.facts.clauses(derivation, leaves));
        let conclusion = self.facts.conclusion(derivation, *step);
        let sentence = match (continues, clauses.is_empty()) {
            (true, true) => format!("So {conclusion}."),
            (true, false) => format!("And because {}, {conclusion}.", listed(&clauses)),
            (false, true) => format!("{}.", capitalized(&conclusion)),
            (false, false) => format!("Because {}, {conclusion}.", listed(&clauses)),
        };
        match self.numbers[line] {
            Some(number) => format!("{sentence} ({number})"),
            None => sentence,
        }
    }
}

/// Whether a reason is the line just above.
fn is_before(reason: Reason, line: usize) -> bool {
    matches!(reason, Reason::Line(before) if before + 1 == line)
}

/// `a`, `a and b`, `a, b and c`
fn listed(clauses: &[String]) -> String {
    match clauses {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
