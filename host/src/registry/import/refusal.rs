//! Why a row is not carried over.

use headlock_log::digest::Digest;
use thiserror::Error;

/// Why a row is not carried over. The ones about features and dependencies are cargo's: it passes over such a row.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not a JSON object with the fields of a row.
    #[error("expected a row of the index, found something else: {}", shown(.why))]
    NotARow {
        /// What the JSON reader says.
        why: String,
    },
    /// A newer schema than any that is understood.
    #[error("expected a row of schema 1 or 2, found schema {found}")]
    Schema {
        /// Its schema.
        found: u32,
    },
    /// A name, version, requirement or checksum that a record cannot hold.
    #[error("{what} `{}` cannot be in a record: {}", shown(.found), shown(.why))]
    NotForRecords {
        /// What it is: `the name`, `the checksum`, …
        what: &'static str,
        /// As it stands in the row.
        found: String,
        /// What is wrong with it.
        why: String,
    },
    /// A time of publication in another form.
    #[error("expected a time of publication like 2025-06-01T12:00:00Z, found `{}`", shown(.found))]
    Time {
        /// As it stands in the row.
        found: String,
    },
    /// A dependency on a crate of another registry.
    #[error(
        "dependency `{}` is of another registry, and no log can depend on another yet",
        shown(.dependency)
    )]
    OtherRegistry {
        /// The dependency's name.
        dependency: String,
    },
    /// A dependency for tests that is optional.
    #[error("dependency `{}` is optional and for tests only, which cargo refuses", shown(.dependency))]
    OptionalDev {
        /// The dependency's name.
        dependency: String,
    },
    /// A feature that names what is not there.
    #[error(
        "feature `{}` names `{}`, which is neither a feature nor a dependency that it can turn on",
        shown(.feature),
        shown(.name)
    )]
    Unknown {
        /// The feature.
        feature: String,
        /// What it names.
        name: String,
    },
    /// A feature that turns on what is always there.
    #[error("feature `{}` turns on dependency `{}`, which is not optional", shown(.feature), shown(.dependency))]
    NotOptional {
        /// The feature.
        feature: String,
        /// The dependency's name.
        dependency: String,
    },
    /// A value that cargo does not read.
    #[error("feature `{}` has the value `{}`, which cargo does not accept", shown(.feature), shown(.value))]
    Syntax {
        /// The feature.
        feature: String,
        /// The value.
        value: String,
    },
    /// A feature that includes itself.
    #[error("feature `{}` includes itself, which stops cargo", shown(.feature))]
    IncludesItself {
        /// The feature.
        feature: String,
    },
    /// An optional dependency that no feature turns on.
    #[error("optional dependency `{}` is turned on by no feature, which cargo refuses", shown(.dependency))]
    UnusedOptional {
        /// The dependency's name.
        dependency: String,
    },
    /// A record beyond the limit of a log's entry.
    #[error("its record would be {found} bytes long, the limit is {limit}")]
    TooLong {
        /// Bytes of the record.
        found: usize,
        /// Largest record.
        limit: usize,
    },
    /// A name too like another one.
    #[error("`{package}` differs from `{taken}` only in case, `-` and `_`")]
    NameTaken {
        /// The package that the row would begin.
        package: String,
        /// The package that is there.
        taken: String,
    },
    /// The log's rules refuse the record for another reason.
    #[error("the log refuses it: {why}")]
    Rules {
        /// What the log says.
        why: String,
    },
}

/// Text of a row for a message: control characters and marks of direction escaped.
fn shown(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '\'' | '\\' => character.to_string(),
        other => other.escape_debug().to_string(),
    };
    text.chars().map(escape).collect()
}

/// How a row contradicts what the log holds of the same version. The log's first word stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Contradiction {
    /// Another checksum.
    #[error("the log has content {logged}, the row {row}")]
    Content {
        /// In the log.
        logged: Digest,
        /// In the row.
        row: Digest,
    },
    /// The same content with other dependencies, features or `links`.
    #[error("the row's dependencies, features or links are not those that the log holds")]
    Facts,
}
