//! Which versions the Component Model takes for compatible.
//!
//! 1.x.y, 0.2.x and 0.0.3 are tracks: on one, a later version takes an earlier one's place. No version but itself takes the place of
//! a pre-release. Build metadata does not count.

use std::cmp::Ordering;

use semver::{BuildMetadata, Comparator, Op, Version, VersionReq};

/// What the versions of a track have in common: the same major version, the same minor version where the major one is 0, that very
/// version where both are 0.
pub type Track = (u64, u64, u64);

/// The track of a version. A pre-release is on that of its release.
pub fn track(version: &Version) -> Track {
    track_of((version.major, version.minor, version.patch))
}

/// The same, of a version's three numbers.
pub fn track_of(numbers: (u64, u64, u64)) -> Track {
    match numbers {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, _, _) => (major, 0, 0),
    }
}

/// Whether the higher of two versions can take the place of the lower one.
pub fn are_compatible(one: &Version, other: &Version) -> bool {
    match one.pre.is_empty() && other.pre.is_empty() {
        true => track(one) == track(other),
        false => one.cmp_precedence(other) == Ordering::Equal,
    }
}

/// What is asked for by naming a version: it, and what can take its place. `^VERSION` says that; `=VERSION`, where nothing can, of
/// 0.0.3 and of a pre-release.
pub fn requirement(version: &Version) -> VersionReq {
    let alone = !version.pre.is_empty() || (version.major, version.minor) == (0, 0);
    of(if alone { Op::Exact } else { Op::Caret }, version)
}

/// What asks for this version alone.
pub fn exactly(version: &Version) -> VersionReq {
    of(Op::Exact, version)
}

fn of(op: Op, Version { major, minor, patch, pre, .. }: &Version) -> VersionReq {
    let (minor, patch) = (Some(*minor), Some(*patch));
    VersionReq { comparators: vec![Comparator { op, major: *major, minor, patch, pre: pre.clone() }] }
}

/// A version without its build metadata.
pub fn without_build(version: Version) -> Version {
    Version { build: BuildMetadata::EMPTY, ..version }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    #[test]
    fn a_version_stands_for_what_is_compatible_with_it() {
        for (named, asked, yes, no) in [
            ("0.2.3", "^0.2.3", "0.2.9", "0.3.0"),
            ("1.2.3", "^1.2.3", "1.9.0", "1.2.2"),
            ("0.0.5", "=0.0.5", "0.0.5", "0.0.6"),
            ("0.3.0-rc-2025-09-16", "=0.3.0-rc-2025-09-16", "0.3.0-rc-2025-09-16", "0.3.0"),
            ("1.0.0+b", "^1.0.0", "1.0.0", "2.0.0"),
            ("1.0.0-a+b", "=1.0.0-a", "1.0.0-a+c", "1.0.0-b"),
        ] {
            let requirement = requirement(&version(named));
            assert_eq!(requirement.to_string(), asked);
            assert!(requirement.matches(&version(yes)), "{requirement} {yes}");
            assert!(!requirement.matches(&version(no)), "{requirement} {no}");
            assert_eq!(VersionReq::parse(asked).ok(), Some(requirement), "as it is written");
        }
        assert_eq!(exactly(&version("1.0.0+b")).to_string(), "=1.0.0");
    }

    /// The two ways to say it agree: the higher of two versions is what the lower one's requirement accepts.
    #[test]
    fn compatible_is_what_the_requirement_accepts() {
        let all = [
            "0.0.3",
            "0.0.4",
            "0.2.0-draft",
            "0.2.0-rc",
            "0.2.0",
            "0.2.9",
            "0.3.0",
            "1.2.0-a",
            "1.2.0",
            "1.2.0+built",
            "1.9.3",
            "2.0.0",
        ];
        for (lower, higher) in
            all.iter().enumerate().flat_map(|(place, one)| all[place..].iter().map(move |two| (one, two)))
        {
            let (lower, higher) = (version(lower), version(higher));
            let accepted = requirement(&lower).matches(&higher);
            assert_eq!(are_compatible(&lower, &higher), accepted, "{lower} {higher}");
            assert_eq!(are_compatible(&higher, &lower), accepted, "{higher} {lower}");
        }
        assert!(
            are_compatible(&version("0.2.0"), &version("0.2.9"))
                && are_compatible(&version("1.2.0"), &version("1.9.3"))
        );
        assert!(!are_compatible(&version("0.2.0-draft"), &version("0.2.0")));
        assert!(!are_compatible(&version("0.0.3"), &version("0.0.4")));
    }
}
