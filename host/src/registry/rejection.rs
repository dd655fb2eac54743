//! Why a log does not take a record.

use headlock_log::digest::Digest;
use headlock_log::record::RecordError;
use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// Why a log does not take a record. The log is as it was.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Rejection {
    /// The version is there. The first release of a version is the release, for ever.
    #[error("{package} {version} is already published, with content {content}")]
    Published {
        /// The package.
        package: String,
        /// The version.
        version: String,
        /// sha256 of the content that it has.
        content: Digest,
    },
    /// There is no such release.
    #[error("{package} {version} is not in the registry")]
    Missing {
        /// The package.
        package: String,
        /// The version.
        version: String,
    },
    /// The release is yanked.
    #[error("{package} {version} is already yanked")]
    Yanked {
        /// The package.
        package: String,
        /// The version.
        version: String,
    },
    /// The release is not yanked.
    #[error("{package} {version} is not yanked")]
    NotYanked {
        /// The package.
        package: String,
        /// The version.
        version: String,
    },
    /// A new package with a name too like another's.
    #[error(
        "{package} cannot be a new package: {taken} is one, and names that differ only in case, `-` and `_` are the same"
    )]
    NameTaken {
        /// The new package.
        package: String,
        /// The one that is there.
        taken: String,
    },
    /// A dependency on a package of another registry, which no log can have yet.
    #[error("{dependency} is of the registry {registry}: no log can depend on another yet")]
    NoPeer {
        /// The package depended on.
        dependency: String,
        /// Its registry's origin.
        registry: String,
    },
    /// A dependency that names the log's own origin, which a record leaves out.
    #[error("{dependency} names this registry, {registry}; a record says so by naming none")]
    OwnRegistry {
        /// The package depended on.
        dependency: String,
        /// The log's origin.
        registry: String,
    },
    /// Not a record in its one form.
    #[error("not a record: {0}")]
    Invalid(#[from] RecordError),
    /// A field or kind of record that is the log's own to write.
    #[error("{0} is written by the log itself")]
    Reserved(&'static str),
    /// The package's page would pass the limit.
    #[error("the page of {package} would be longer than {limit} bytes")]
    PageFull {
        /// The package.
        package: String,
        /// Largest page.
        limit: usize,
    },
    /// The index has no room for a new package of this name.
    #[error("{package} cannot be a new package: the index bin that its name falls in is full")]
    NoRoom {
        /// The package.
        package: String,
    },
    /// The registry could not be read or written.
    #[error("{0}")]
    Failed(Error),
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Rejection {
        Rejection::Failed(error)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Error {
        let text = rejection.to_string();
        let no = |hint: &str| Error::new(ErrorKind::No, text.clone()).hint(hint);
        match rejection {
            Rejection::Failed(error) => error,
            Rejection::Published { .. } => no("a release is never replaced: publish another version"),
            Rejection::Missing { .. } => no("name a package and a version that are published"),
            Rejection::Yanked { .. } | Rejection::NotYanked { .. } => no("there is nothing to do"),
            Rejection::NameTaken { .. } | Rejection::NoRoom { .. } => no("choose another name"),
            Rejection::NoPeer { .. } => no("depend on packages of this registry only"),
            Rejection::PageFull { .. } => no("go on under another package name"),
            Rejection::OwnRegistry { .. } => Error::malformed(text).hint("leave the registry out"),
            Rejection::Invalid(_) => Error::malformed(text),
            Rejection::Reserved(_) => Error::malformed(text).hint("leave it out"),
        }
    }
}
