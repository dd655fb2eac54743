//! Whether every binding that could be thought to go to a release of higher rank has a derivation that it cannot.

use crate::problem::{Ceiling, Variable};

use super::queue::{Item, Items};
use super::{CeilingFault, Extension, Fault, Leaves, Limit, Meter, Records, Words, derivation};

/// Checks that exactly the items that are not forced and whose release is not the first of their candidates by rank have a
/// ceiling, and that each one's derivation holds in the problem with all earlier bindings kept and the wish for something
/// that ranks higher.
pub(super) fn check(
    leaves: &mut Leaves<'_>,
    items: &Items<'_>,
    ceilings: &[Ceiling],
    meter: &mut Meter,
) -> Result<(), Fault> {
    if let Some(pair) = ceilings.windows(2).find(|pair| pair[0].item >= pair[1].item) {
        return Err(CeilingFault::Order { before: pair[0].item, after: pair[1].item }.into());
    }
    if let Some(ceiling) = ceilings.iter().find(|ceiling| ceiling.item >= items.len()) {
        return Err(CeilingFault::NoItem { item: ceiling.item, count: items.len() }.into());
    }
    let words = Words::new(leaves.records().catalog());
    let mut extension = Extension::none();
    let mut ceilings = ceilings.iter().peekable();
    for (number, item) in (0..).zip(items.iter()) {
        let ceiling = ceilings.next_if(|ceiling| ceiling.item == number);
        let higher = match item.forced {
            true => Vec::new(),
            false => candidates_above(leaves.records(), &item, meter)?,
        };
        let dependency = || words.dependency(item.dependent, item.package, item.requirement);
        match (ceiling, higher.last()) {
            (None, None) => {}
            (Some(_), None) => {
                let why = match item.forced {
                    true => "was bound by an earlier item",
                    false => "is bound to the highest of its candidates",
                };
                return Err(CeilingFault::Unneeded { item: number, dependency: dependency(), why }.into());
            }
            (None, Some(&highest)) => {
                let (to, higher) = (words.release(item.to), words.release(highest));
                return Err(CeilingFault::Missing { item: number, dependency: dependency(), to, higher }.into());
            }
            (Some(ceiling), Some(_)) => {
                let bound = bound(leaves.records(), &item);
                extension.wish_for(leaves.records(), higher, bound);
                derivation::check(leaves, &extension, &ceiling.derivation, meter).map_err(|fault| match fault {
                    Fault::Derivation(fault) => {
                        let (item, to) = (number, words.release(item.to));
                        Fault::Ceiling(CeilingFault::Derivation { item, dependency: dependency(), to, fault })
                    }
                    other => other,
                })?;
            }
        }
        if ceilings.peek().is_some() {
            extension.keep(bound(leaves.records(), &item), leaves.records().track_of(item.to), item.to);
        }
    }
    Ok(())
}

/// The candidates of an item that rank above the release that it is bound to, ascending.
fn candidates_above(records: &mut Records<'_>, item: &Item<'_>, meter: &mut Meter) -> Result<Vec<u32>, Limit> {
    let preferred = records.preferred_beside(item.to);
    meter.work(preferred.len())?;
    let above: Vec<u32> = if preferred.contains(&item.to) {
        preferred
            .into_iter()
            .filter(|&release| release > item.to && records.accepts(item.requirement, release))
            .collect()
    } else if preferred.is_empty() && records.highest(item.package, item.requirement) == Some(item.to) {
        // The binding was checked to be legal and accepted, so there is a highest.
        Vec::new()
    } else if preferred.is_empty() {
        let accepted = records.accepted(item.package, item.requirement);
        let first = accepted.releases.partition_point(|&release| release <= item.to);
        accepted.releases[first..].to_vec()
    } else {
        let rank = records.rank(item.to);
        let accepted = records.accepted(item.package, item.requirement);
        meter.work(accepted.releases.len())?;
        accepted.releases.iter().copied().filter(|&release| records.rank(release) > rank).collect()
    };
    let mut candidates = Vec::new();
    for release in above {
        meter.work(1 + item.features.len() * records.features(release).len())?;
        if item.features.iter().all(|&feature| records.feature(release, feature).is_some()) {
            candidates.push(release);
        }
    }
    Ok(candidates)
}

/// The variable of an item's dependency, which matters if that spans tracks.
fn bound(records: &Records<'_>, item: &Item<'_>) -> Variable {
    let &Item { package, requirement, .. } = item;
    let dependent = item.dependent.map(|release| records.track_of(release));
    Variable::Bound { dependent, package, requirement }
}
