//! Outcomes as text: names and versions instead of numbers.

use super::{EXCLUSIVES, FEATURES, PACKAGES, REQUIREMENTS, Teller};
use crate::contract::*;

impl Teller {
    /// A package's name, without the usual registry.
    pub(super) fn name(&self, package: u32) -> &str {
        self.known[PACKAGES][package as usize].trim_start_matches("r/")
    }

    fn release(&self, release: u32) -> &str {
        self.releases.get(release as usize).map_or("?", String::as_str)
    }

    /// An outcome: a line for each release of the answer with its features and bindings, then the ceilings; or the
    /// derivation.
    pub(super) fn outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Incomplete(_) => "incomplete".to_owned(),
            Outcome::Exhausted => "exhausted".to_owned(),
            Outcome::Unsolvable(derivation) => format!("unsolvable\n{}", self.derivation(derivation)),
            Outcome::Solved(answer) => {
                let mut lines = vec![format!("consumer: {}", self.bindings(&answer.roots))];
                for chosen in &answer.releases {
                    let features =
                        chosen.features.iter().map(|&number| format!(" +{}", self.known[FEATURES][number as usize]));
                    let features: String = features.collect();
                    lines.push(format!(
                        "{}{features}: {}",
                        self.release(chosen.release),
                        self.bindings(&chosen.bindings)
                    ));
                }
                for ceiling in &answer.ceilings {
                    lines.push(format!("item {} no higher\n{}", ceiling.item, self.derivation(&ceiling.derivation)));
                }
                lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn bindings(&self, bindings: &[Binding]) -> String {
        let binding = |binding: &Binding| {
            let requirement = &self.known[REQUIREMENTS][binding.requirement as usize];
            format!("{} {requirement} = {}", self.name(binding.package), self.release(binding.to))
        };
        bindings.iter().map(binding).collect::<Vec<_>>().join(", ")
    }

    /// A derivation, a line a step: its terms, and the numbers of the steps that it follows from.
    fn derivation(&self, derivation: &Derivation) -> String {
        let mut terms = derivation.terms.iter();
        let mut ranges = derivation.ranges.iter();
        let mut lines = Vec::new();
        for (number, step) in derivation.steps.iter().enumerate() {
            let terms: Vec<String> = terms
                .by_ref()
                .take(step.terms as usize)
                .map(|term| {
                    let variable = &derivation.variables[term.variable as usize];
                    let ranges = ranges.by_ref().take(term.ranges as usize);
                    let ranges: Vec<String> = ranges.map(|range| self.range(variable, *range)).collect();
                    let sign = if term.positive { "" } else { "not " };
                    format!("{sign}{} {{{}}}", self.variable(variable), ranges.join(", "))
                })
                .collect();
            let cause = match step.cause {
                Cause::Requires => "required".to_owned(),
                Cause::Nothing => "not available".to_owned(),
                Cause::Both((first, second)) => format!("{first}, {second}"),
            };
            lines.push(format!("  {number}: {} ({cause})", terms.join("; ")));
        }
        assert!(terms.next().is_none() && ranges.next().is_none(), "lists longer than counted");
        lines.join("\n")
    }

    fn range(&self, variable: &Variable, (first, last): (u32, u32)) -> String {
        let version = |number: u32| match variable {
            Variable::Root => number.to_string(),
            Variable::Exclusive(_) => self.release(number).to_owned(),
            _ => self.release(number).split_whitespace().last().unwrap_or("?").to_owned(),
        };
        if first == last { version(first) } else { format!("{}..{}", version(first), version(last)) }
    }

    fn variable(&self, variable: &Variable) -> String {
        match variable {
            Variable::Root => "consumer".to_owned(),
            Variable::Wish => "wish".to_owned(),
            Variable::Release(track) => format!("[{}]", self.release(*track)),
            Variable::Feature(feature) => {
                format!("[{}]+{}", self.release(feature.track), self.known[FEATURES][feature.feature as usize])
            }
            Variable::Bound(bound) => self.bound(bound),
            Variable::BoundFeature(feature) => {
                format!("{}+{}", self.bound(&feature.bound), self.known[FEATURES][feature.feature as usize])
            }
            Variable::Exclusive(exclusive) => format!("<{}>", self.known[EXCLUSIVES][*exclusive as usize]),
        }
    }

    fn bound(&self, bound: &BoundVariable) -> String {
        let dependent = bound.dependent.map_or("consumer", |track| self.release(track));
        let requirement = &self.known[REQUIREMENTS][bound.requirement as usize];
        format!("[{dependent} -> {} {requirement}]", self.name(bound.package))
    }
}
