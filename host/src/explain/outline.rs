//! Which steps of a derivation are worth a line, and what each line rests on.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::problem::{Cause, Derivation};

use super::facts::Facts;

/// Most things that one sentence gives as reasons: other lines, and variables about which leaves say something.
const MOST_SUBJECTS: usize = 4;

/// Most reasons of one sentence, however few things they are about.
const MOST_REASONS: usize = 64;

/// What a line rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A leaf, by its step.
    Fact(usize),
    /// An earlier line.
    Line(usize),
}

/// A step that is said, and why it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) step: usize,
    pub(super) reasons: Vec<Reason>,
}

/// The lines of a derivation, the last of which says that there is no answer.
pub(super) struct Outline<'a> {
    pub(super) derivation: &'a Derivation,
    pub(super) lines: Vec<Line>,
}

impl<'a> Outline<'a> {
    /// Gathers the facts below each step upwards: steps that rest on few facts and are needed once are left out, their
    /// facts told where they lead; a step that is needed again, or that would make a sentence too long, gets a line.
    pub(super) fn new(derivation: &'a Derivation, facts: &mut Facts<'_>) -> Outline<'a> {
        let mut outline = Outline { derivation, lines: Vec::new() };
        let Some(last) = derivation.steps.len().checked_sub(1) else { return outline };
        let sizes = sizes(derivation);
        let uses = uses(derivation);
        let mut gathered: HashMap<usize, Vec<Reason>> = HashMap::new();
        let mut open = vec![last];
        while let Some(&step) = open.last() {
            if gathered.contains_key(&step) {
                open.pop();
                continue;
            }
            let reasons = match derivation.steps[step].cause {
                Cause::Requires | Cause::Nothing => match facts.is_worth_telling(derivation, step) {
                    true => vec![Reason::Fact(step)],
                    false => Vec::new(),
                },
                Cause::Both(a, b) => {
                    let causes = in_order(derivation, facts, &sizes, [a as usize, b as usize]);
                    let missing: Vec<usize> =
                        causes.into_iter().rev().filter(|cause| !gathered.contains_key(cause)).collect();
                    if !missing.is_empty() {
                        open.extend(missing);
                        continue;
                    }
                    outline.gather(&mut gathered, causes)
                }
            };
            let reasons = match uses[step] > 1 && reasons.len() > 1 {
                true => outline.tell(step, reasons),
                false => reasons,
            };
            gathered.insert(step, reasons);
            open.pop();
        }
        let reasons = gathered.remove(&last).unwrap_or_default();
        outline.tell(last, reasons);
        outline
    }

    /// The reasons of both causes, the longer ones told first if they are too many together.
    fn gather(&mut self, gathered: &mut HashMap<usize, Vec<Reason>>, causes: [usize; 2]) -> Vec<Reason> {
        let mut all = Vec::new();
        for cause in causes {
            for &reason in &gathered[&cause] {
                if !all.contains(&reason) {
                    all.push(reason);
                }
            }
        }
        let subjects: BTreeSet<Result<u32, usize>> = all.iter().map(|&reason| self.subject(reason)).collect();
        if subjects.len() <= MOST_SUBJECTS && all.len() <= MOST_REASONS {
            return all;
        }
        let mut told = Vec::new();
        for cause in causes {
            let reasons = gathered[&cause].clone();
            let reasons = match reasons.len() > 1 {
                true => self.tell(cause, reasons),
                false => reasons,
            };
            told.extend(reasons.iter().copied());
            gathered.insert(cause, reasons);
        }
        told
    }

    /// What a reason is about: the variable of a leaf's positive term, or a line.
    fn subject(&self, reason: Reason) -> Result<u32, usize> {
        match reason {
            Reason::Fact(leaf) => {
                let positive = self.derivation.steps[leaf].terms.iter().find(|term| term.positive);
                positive.map(|term| term.variable).ok_or(leaf)
            }
            Reason::Line(line) => Err(line),
        }
    }

    /// Gives a step a line, which is then all the reason that it needs.
    fn tell(&mut self, step: usize, reasons: Vec<Reason>) -> Vec<Reason> {
        self.lines.push(Line { step, reasons });
        vec![Reason::Line(self.lines.len() - 1)]
    }

    /// The numbers of those lines that others than the next refer to.
    pub(super) fn numbers(&self) -> Vec<Option<usize>> {
        let mut referred = vec![false; self.lines.len()];
        for (place, line) in self.lines.iter().enumerate() {
            for reason in &line.reasons {
                if let Reason::Line(to) = *reason {
                    referred[to] |= to + 1 != place;
                }
            }
        }
        let mut next = 0;
        referred
            .into_iter()
            .map(|referred| {
                next += usize::from(referred);
                referred.then_some(next)
            })
            .collect()
    }
}

/// For each step how many steps would be below it if each were told as often as it is used.
fn sizes(derivation: &Derivation) -> Vec<u64> {
    let mut sizes: Vec<u64> = Vec::with_capacity(derivation.steps.len());
    for step in &derivation.steps {
        sizes.push(match step.cause {
            Cause::Requires | Cause::Nothing => 1,
            Cause::Both(a, b) => 1_u64.saturating_add(sizes[a as usize]).saturating_add(sizes[b as usize]),
        });
    }
    sizes
}

/// For each step how many steps that the last one rests on use it.
fn uses(derivation: &Derivation) -> Vec<u32> {
    let mut uses = vec![0; derivation.steps.len()];
    if let Some(last) = uses.last_mut() {
        *last = 1;
    }
    for (place, step) in derivation.steps.iter().enumerate().rev() {
        if let Cause::Both(a, b) = step.cause
            && uses[place] > 0
        {
            uses[a as usize] += 1;
            if a != b {
                uses[b as usize] += 1;
            }
        }
    }
    uses
}

/// Two causes in an order that no numbering changes: the longer story first.
fn in_order(derivation: &Derivation, facts: &mut Facts<'_>, sizes: &[u64], [a, b]: [usize; 2]) -> [usize; 2] {
    let order = Reverse(sizes[a]).cmp(&Reverse(sizes[b]));
    let order = order.then_with(|| facts.conclusion(derivation, a).cmp(&facts.conclusion(derivation, b)));
    match order.is_gt() {
        true => [b, a],
        false => [a, b],
    }
}
