//! Why variables are forced, as steps.

use pubgrub::VersionSet;

use super::steps::{Steps, Term};
use crate::contract::Cause;
use crate::encoding::{Encoding, Forced, Settled, Source, Var};
use crate::hashing::Table;
use crate::set::Set;

/// Steps that say which values variables must have.
#[derive(Default)]
pub(super) struct Settlements {
    /// For each settled variable, the step that says so, once it is needed.
    steps: Table<Var, Option<u32>>,
}

impl Settlements {
    /// Notes that a part of what forces a variable is needed.
    pub(super) fn need(&mut self, source: Source, encoding: &Encoding) {
        let mut todo = vec![source];
        while let Some(source) = todo.pop() {
            if let Source::Settled(var) = source
                && self.steps.insert(var, None).is_none()
                && let Some((forced, settled)) = settled(var, encoding)
            {
                todo.extend(decisive(forced, settled).iter().map(|(source, _)| *source));
                todo.extend(settled.echoed.map(Source::Settled));
            }
        }
    }

    /// Shows all that is needed.
    pub(super) fn show(&mut self, encoding: &Encoding, steps: &mut Steps) {
        let mut vars: Vec<Var> = self.steps.keys().copied().collect();
        vars.sort_by_key(|&var| settled(var, encoding).map(|(_, settled)| settled.rank));
        for var in vars {
            let Some((forced, settled)) = settled(var, encoding) else { continue };
            let mut shown: Option<(Set, u32)> = None;
            for part in decisive(forced, settled) {
                let step = self.part(var, part, encoding, steps);
                shown = Some(match shown {
                    None => (part.1.clone(), step),
                    Some((set, before)) => {
                        let set = set.intersection(&part.1);
                        let step = steps.resolve(vec![Term::negative(var, set.clone())], before, step);
                        (set, step)
                    }
                });
            }
            let Some((set, mut step)) = shown else { continue };
            if let Some(echoed) = settled.echoed
                && let Some(Some(fact)) = self.steps.get(&echoed)
            {
                // With any other value, the variable that it echoes would have that one, too.
                let value = Set::singleton(settled.value);
                let others = set.intersection(&value.complement());
                let leaf = vec![Term::positive(var, others.clone()), Term::negative(echoed, others.clone())];
                let leaf = steps.add(leaf, Cause::Requires);
                let no_other = steps.resolve(vec![Term::positive(var, others)], leaf, *fact);
                step = steps.resolve(vec![Term::negative(var, value)], step, no_other);
            }
            self.steps.insert(var, Some(step));
        }
    }

    /// The step that says that a variable has a value within a set, given root.
    pub(super) fn part(&self, var: Var, part: &(Source, Set), encoding: &Encoding, steps: &mut Steps) -> u32 {
        let (source, set) = part;
        let required = Term::negative(var, set.clone());
        match *source {
            Source::Root => steps.add(vec![Term::root(), required], Cause::Requires),
            Source::Settled(from) => {
                let value = settled(from, encoding).map_or(0, |(_, settled)| settled.value);
                let leaf = vec![Term::positive(from, Set::singleton(value)), required.clone()];
                let leaf = steps.add(leaf, Cause::Requires);
                match self.steps.get(&from) {
                    Some(Some(fact)) => steps.resolve(vec![required], leaf, *fact),
                    _ => leaf,
                }
            }
        }
    }
}

fn settled(var: Var, encoding: &Encoding) -> Option<(&Forced, Settled)> {
    let forced = encoding.forced(var)?;
    Some((forced, forced.settled?))
}

/// The parts that settle a variable: those up to the first that leaves no other value. An echo needs only to be forced.
fn decisive(forced: &Forced, settled: Settled) -> &[(Source, Set)] {
    let mut left = Set::full();
    let count = forced.parts.iter().position(|(_, set)| {
        left = left.intersection(set);
        settled.echoed.is_some() || left == Set::singleton(settled.value)
    });
    count.map_or(&forced.parts, |last| &forced.parts[..=last])
}
