//! Requirements, of versions that WIT texts name and of several that files ask for at once.

use semver::{Comparator, Op, Version, VersionReq};

use crate::compatible::{self, track_of};

/// What a WIT text asks for that names a package with this version; any version where it names none.
pub fn of_version(version: Option<&Version>) -> VersionReq {
    version.map_or(VersionReq::STAR, compatible::requirement)
}

/// One requirement that accepts what each of several accepts.
///
/// # Errors
/// Two of which no version can meet both.
pub(super) fn both_of<'r>(all: impl IntoIterator<Item = &'r VersionReq>) -> Result<VersionReq, [VersionReq; 2]> {
    // Of those on one track the highest; of two tracks there is no version.
    let (mut highest, mut others): (Option<&VersionReq>, Vec<&VersionReq>) = (None, Vec::new());
    for one in all {
        match (lowest(one), highest.and_then(|known| Some((known, lowest(known)?)))) {
            (Some(_), None) => highest = Some(one),
            (Some(new), Some((known, old))) => {
                if track_of(new) != track_of(old) {
                    return Err([known.clone(), one.clone()]);
                }
                // `=0.0.3` and `^0.0.3` are the same, written as one.
                if new > old || (new == old && is_exact(one)) {
                    highest = Some(one);
                }
            }
            (None, _) if one.comparators.is_empty() || others.contains(&one) => {}
            (None, _) => others.push(one),
        }
    }
    others.sort_by_key(|one| one.to_string());
    let comparators: Vec<Comparator> =
        highest.into_iter().chain(others).flat_map(|one| one.comparators.iter().cloned()).collect();
    Ok(VersionReq { comparators })
}

/// Whether two requirements accept the same, as far as can be told.
pub(super) fn are_same(one: &VersionReq, other: &VersionReq) -> bool {
    let both = lowest(one).zip(lowest(other));
    one == other || both.is_some_and(|(one, other)| one == other && track_of(one) == one && one.0 == 0 && one.1 == 0)
}

fn is_exact(requirement: &VersionReq) -> bool {
    matches!(requirement.comparators.as_slice(), [Comparator { op: Op::Exact, .. }])
}

/// The lowest version that a requirement for one track accepts, `^1.2` or `=0.0.3`; nothing of any other.
fn lowest(requirement: &VersionReq) -> Option<(u64, u64, u64)> {
    let [Comparator { op, major, minor, patch, pre }] = requirement.comparators.as_slice() else { return None };
    let is_on_one = match (op, major, minor, patch) {
        // `^0` is on many tracks.
        (Op::Caret, 0, None | Some(0), None) => false,
        (Op::Caret, ..) | (Op::Exact, 0, Some(0), Some(_)) => pre.is_empty(),
        _ => false,
    };
    is_on_one.then_some((*major, minor.unwrap_or(0), patch.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_write_one() {
        let same = |one: &str, other: &str| are_same(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("^0.0.3", "=0.0.3") && same("1", "^1"));
        assert!(!same("^0.0.3", "=0.0.4") && !same("^0.1.0", "=0.1.0") && !same("^0.0.3", "=0.0.3-a"));
    }

    #[test]
    fn several_are_one_where_one_can_be_met() {
        let both = |all: &[&str]| {
            let all: Vec<VersionReq> = all.iter().map(|text| text.parse().unwrap()).collect();
            both_of(&all).map(|one| one.to_string()).map_err(|two| two.map(|one| one.to_string()))
        };
        for (all, one) in [
            (&["^0.2.0", "^0.2.3", "^0.2.1"][..], "^0.2.3"),
            (&["1", "^1.2"], "^1.2"),
            (&["*", "^1.2.3"], "^1.2.3"),
            (&["*", "*"], "*"),
            (&["=1.2.3", "^1"], "^1, =1.2.3"),
            (&[">=1, <2", "^1.5", ">=1, <2"], "^1.5, >=1, <2"),
            (&["^0", "^0.2"], "^0.2, ^0"),
            (&["~2", "=2.0.0"], "=2.0.0, ~2"),
            (&["=0.0.3", "^0.0.3"], "=0.0.3"),
            (&["^0.0.3", "=0.0.3"], "=0.0.3"),
        ] {
            assert_eq!(both(all).as_deref(), Ok(one), "{all:?}");
        }
        for all in [
            ["^0.2.3", "^0.3.0"],
            ["^1", "^2"],
            ["^0.0.1", "^0.0.2"],
            ["=0.0.1", "=0.0.2"],
            ["=0.0.1", "^0.1"],
            ["^1", "^0.1"],
        ] {
            assert_eq!(both(&all), Err(all.map(str::to_owned)));
        }
    }
}
