//! An entry beside what a log says of its package.

use headlock_log::digest::Digest;

use super::Entry;
use crate::solvers::Release;

/// What a log says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The release has that content.
    Agrees {
        /// Place of the release's record.
        record: u64,
        /// Place of the record that has yanked it, if it is yanked.
        yanked: Option<u64>,
    },
    /// The release has another content.
    Differs {
        /// Place of the release's record.
        record: u64,
        /// Its content.
        logged: Digest,
    },
    /// There are releases of the package, and this is none of them.
    NoRelease,
    /// There is no such package.
    NoPackage,
    /// The version is none that its own requirement accepts, whatever a log says.
    Contradicts,
}

impl Finding {
    /// Whether the entry says what the log says.
    pub fn agrees(&self) -> bool {
        matches!(self, Finding::Agrees { .. })
    }
}

/// Compares an entry with the releases of its package at a head; `None` where the log is proven to have no such package.
pub fn finding(entry: &Entry, releases: Option<&[Release]>) -> Finding {
    if !entry.requirement.matches(&entry.version) {
        return Finding::Contradicts;
    }
    let Some(releases) = releases else { return Finding::NoPackage };
    match releases.iter().find(|release| release.version == entry.version) {
        None => Finding::NoRelease,
        Some(release) if release.content == entry.sha256 => {
            Finding::Agrees { record: release.record, yanked: release.yanked }
        }
        Some(release) => Finding::Differs { record: release.record, logged: release.content },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding() {
        let content = Digest::of(b"content");
        let release = |version: &str, yanked| Release { version: version.parse().unwrap(), record: 3, content, yanked };
        let releases = [release("1.0.0", None), release("1.0.0+b", None), release("1.1.0", Some(5))];
        let entry = |requirement: &str, version: &str, sha256| Entry {
            requirement: requirement.parse().unwrap(),
            version: version.parse().unwrap(),
            sha256,
        };
        let of = |entry: &Entry| finding(entry, Some(&releases));
        assert_eq!(of(&entry("=1.0.0", "1.0.0", content)), Finding::Agrees { record: 3, yanked: None });
        assert_eq!(of(&entry("^1", "1.1.0", content)), Finding::Agrees { record: 3, yanked: Some(5) });
        let other = Digest::of(b"other");
        assert_eq!(of(&entry("^1", "1.0.0", other)), Finding::Differs { record: 3, logged: content });
        assert_eq!(of(&entry("^1", "1.2.0", content)), Finding::NoRelease);
        assert_eq!(of(&entry("^1", "1.0.0+c", content)), Finding::NoRelease);
        assert_eq!(of(&entry("^2", "1.0.0", content)), Finding::Contradicts);
        assert_eq!(finding(&entry("^1", "1.0.0", content), None), Finding::NoPackage);
    }
}
