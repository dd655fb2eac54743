//! An outcome in names, and its text: what is compared between the oracle, the solver and the engines.

use std::fmt;

use semver::Version;

use super::problem::{Package, Requirement};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Solved(Answer),
    Unsolvable,
    Exhausted,
}

/// Displayed as the scenario files have it: see tests/README.md.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) consumer: Vec<Binding>,
    pub(crate) releases: Vec<Chosen>,
    /// The items of the queue, counted from 0, that are bound lower than their highest candidate.
    pub(crate) ceilings: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Binding {
    pub(crate) package: Package,
    pub(crate) requirement: Requirement,
    pub(crate) to: Version,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Chosen {
    pub(crate) package: Package,
    pub(crate) version: Version,
    pub(crate) features: Vec<String>,
    pub(crate) bindings: Vec<Binding>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Solved(answer) => answer.fmt(f),
            Outcome::Unsolvable => f.write_str("unsolvable\n"),
            Outcome::Exhausted => f.write_str("exhausted\n"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("consumer\n")?;
        for binding in &self.consumer {
            writeln!(f, "  {binding}")?;
        }
        for release in &self.releases {
            write!(f, "{} {}", release.package, release.version)?;
            for feature in &release.features {
                write!(f, " +{feature}")?;
            }
            f.write_str("\n")?;
            for binding in &release.bindings {
                writeln!(f, "  {binding}")?;
            }
        }
        if !self.ceilings.is_empty() {
            f.write_str("ceilings")?;
            for item in &self.ceilings {
                write!(f, " {item}")?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.package, self.requirement, self.to)
    }
}
