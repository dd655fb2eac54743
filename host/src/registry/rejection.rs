//! Why a log does not take a record.

use headlock_log::checkpoint::CheckpointError;
use headlock_log::digest::Digest;
use headlock_log::page::{AuthorityFault, AuthorityWhy};
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
    /// The version is there, and says the same.
    #[error("{package} {version} is already published, with the same content, and says the same")]
    Same {
        /// The package.
        package: String,
        /// The version.
        version: String,
    },
    /// There is no such release.
    #[error("{package} {version} is not in the registry")]
    Missing {
        /// The package.
        package: String,
        /// The version.
        version: String,
        /// Whether there is the package, with other versions.
        has_package: bool,
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
    /// A dependency on a package of another registry, which is not a peer of this one.
    #[error("{dependency} is of the registry {registry}, which is not a peer of this one")]
    NoPeer {
        /// The package depended on.
        dependency: String,
        /// Its registry's origin.
        registry: String,
    },
    /// A dependency on a package of a peer that is not among those that may be depended on.
    #[error("{dependency} is of the peer {registry}, and not among its packages that may be depended on")]
    NotAllowed {
        /// The package depended on.
        dependency: String,
        /// Its registry's origin.
        registry: String,
    },
    /// A peer that is one, in the same words.
    #[error("{peer} is a peer already, and nothing else is said of it")]
    SamePeer {
        /// Its origin.
        peer: String,
    },
    /// The end of a peer that is none, or a head of one.
    #[error("{peer} is not a peer")]
    Stranger {
        /// Its origin.
        peer: String,
    },
    /// The log itself as its own peer.
    #[error("{peer} is this registry itself")]
    Itself {
        /// Its origin.
        peer: String,
    },
    /// A key that cannot be told from one that the peer had before.
    #[error("a key of {peer} has the id of another, under which this log has a head of it: the head would look forged")]
    SameId {
        /// Its origin.
        peer: String,
    },
    /// A head that none of the peer's keys has signed.
    #[error("the head of {peer} is not signed by a key that this log names for it: {error}")]
    Unsigned {
        /// Its origin.
        peer: String,
        /// Why.
        error: CheckpointError,
    },
    /// A head that is not newer than the newest that the log has.
    #[error("the head of {peer} with {size} records is not newer than the one with {known} that the log has")]
    NotNewer {
        /// Its origin.
        peer: String,
        /// How many records it has.
        size: u64,
        /// How many the newest has.
        known: u64,
    },
    /// A dependency that names the log's own origin, which a record leaves out.
    #[error("{dependency} names this registry, {registry}; a record says so by naming none")]
    OwnRegistry {
        /// The package depended on.
        dependency: String,
        /// The log's origin.
        registry: String,
    },
    /// A record that its package's maintainers have not signed.
    #[error("{}: {}", .0.what, .0.why)]
    Authority(#[from] AuthorityFault),
    /// A draft that was made when the package's page was another.
    #[error("{package} has got other records since the draft was made: it names another page before it")]
    Outdated {
        /// The package.
        package: String,
    },
    /// Maintainers of a package that is not there.
    #[error("{package} is not in the registry")]
    NoPackage {
        /// The package.
        package: String,
    },
    /// Maintainers whom the package has already.
    #[error("{package} has these maintainers already")]
    SameMaintainers {
        /// The package.
        package: String,
    },
    /// Not a record in its one form.
    #[error("not a record: {0}")]
    Invalid(#[from] RecordError),
    /// A field or kind of record that is the log's own to write.
    #[error("{0} is written by the log itself")]
    Reserved(&'static str),
    /// The subject's page would pass the limit.
    #[error("the page of {subject} would be longer than {limit} bytes")]
    PageFull {
        /// The subject's name.
        subject: String,
        /// Largest page.
        limit: usize,
    },
    /// The index has no room for a new subject of this name.
    #[error("{subject} cannot have a page: the index bin that its name falls in is full")]
    NoRoom {
        /// The subject's name.
        subject: String,
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
            Rejection::Missing { has_package: true, .. } => no("the package is there, with other versions"),
            Rejection::Missing { has_package: false, .. } => no("there is no package of this name"),
            Rejection::Same { .. } | Rejection::Yanked { .. } | Rejection::NotYanked { .. } => {
                no("there is nothing to do")
            }
            Rejection::NameTaken { .. } | Rejection::NoRoom { .. } => no("choose another name"),
            Rejection::NoPeer { .. } => no("`headlock registry peer add` makes it one"),
            Rejection::NotAllowed { .. } => no("`headlock registry peer add` says which packages may be depended on"),
            Rejection::SamePeer { .. } | Rejection::NotNewer { .. } => no("there is nothing to do"),
            Rejection::Stranger { .. } => no("`headlock registry peer list` lists the peers"),
            Rejection::SameId { .. } => Error::new(ErrorKind::Refused, text)
                .hint("two keys of one name with one id are no accident: ask for another"),
            Rejection::Itself { .. } => Error::malformed(text).hint("a registry may always depend on its own packages"),
            Rejection::Unsigned { .. } => Error::new(ErrorKind::Refused, text)
                .hint("if the peer has a new key, name it with `headlock registry peer add`"),
            Rejection::Authority(AuthorityFault { why: AuthorityWhy::Nobody(_), .. }) => {
                Error::new(ErrorKind::Refused, text).hint("its first release may name maintainers: `--maintainer FILE`")
            }
            Rejection::Authority(AuthorityFault { why: AuthorityWhy::Late, .. }) => {
                Error::new(ErrorKind::Refused, text).hint("`headlock registry maintainers set` changes them")
            }
            Rejection::Authority(AuthorityFault { why: AuthorityWhy::Stranger { .. }, .. }) => {
                Error::new(ErrorKind::Refused, text)
                    .hint("leave out that key, or that signature: it is no maintainer's")
            }
            Rejection::Authority(_) => Error::new(ErrorKind::Refused, text)
                .hint("maintainers sign here with `--maintainer-key FILE`, or elsewhere: `headlock registry draft`"),
            Rejection::Outdated { .. } => no("make the draft again, and let it be signed again"),
            Rejection::NoPackage { .. } => {
                no("the first release of a package may name its maintainers: `--maintainer FILE`")
            }
            Rejection::SameMaintainers { .. } => no("there is nothing to do"),
            Rejection::PageFull { .. } => no("go on under another package name"),
            Rejection::OwnRegistry { .. } => Error::malformed(text).hint("leave the registry out"),
            Rejection::Invalid(_) => Error::malformed(text),
            Rejection::Reserved(_) => Error::malformed(text).hint("leave it out"),
        }
    }
}
