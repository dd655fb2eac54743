//! `headlock registry maintainers`, and what commands want that name maintainers or sign as one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use headlock_log::note::SigningKey;

use super::json::FormatChoice;
use super::json::registry::MaintainersOf;
use super::output::Output;
use super::session::Place;
use super::writer::{LogSigner, Writer};
use crate::error::{Error, Result};
use crate::keys;
use crate::registry::{Approval, Folder, NamedMaintainers, Taken, maintainers};

/// Who the maintainers of a package are: whose signatures its releases need.
#[derive(Debug, Subcommand)]
pub(super) enum Maintainers {
    /// Give a package other maintainers: signed by enough of the old ones, if there are any, and of the new ones
    Set(Set),
    /// Show a package's maintainers
    Show(Show),
}

#[derive(Args, Debug)]
pub(super) struct Set {
    #[command(flatten)]
    writer: Writer,
    /// The package: NAMESPACE:NAME
    package: String,
    #[command(flatten)]
    naming: Naming,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's public key
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// The package: NAMESPACE:NAME
    package: String,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

/// Maintainers to be named.
#[derive(Args, Debug)]
pub(super) struct Naming {
    /// The public key of a maintainer of the package
    #[arg(long = "maintainer", value_name = "FILE")]
    maintainers: Vec<PathBuf>,
    /// How many of the maintainers must sign; may be left out with one
    #[arg(long, value_name = "NUMBER", requires = "maintainers")]
    threshold: Option<u32>,
}

/// Maintainers who sign here.
#[derive(Args, Debug)]
pub(super) struct Signing {
    /// The private key of a maintainer who signs; who signs elsewhere begins with `headlock registry draft`
    #[arg(long, value_name = "FILE")]
    maintainer_key: Vec<PathBuf>,
}

impl Naming {
    /// Nobody, if no key is given.
    pub(super) fn read(&self, place: &Place) -> Result<Option<NamedMaintainers>> {
        if self.maintainers.is_empty() {
            return Ok(None);
        }
        let keys =
            self.maintainers.iter().map(|path| keys::read_public(&place.path(path))).collect::<Result<Vec<_>>>()?;
        let threshold = match (self.threshold, keys.len()) {
            (Some(threshold), _) => threshold,
            (None, 1) => 1,
            (None, several) => {
                return Err(Error::malformed(format!(
                    "expected --threshold, how many of {several} maintainers must sign"
                ))
                .hint("with all of them, the loss of one key is the end of the package; with one, so is its theft"));
            }
        };
        NamedMaintainers::new(threshold, &keys).map(Some)
    }

    /// Somebody.
    pub(super) fn required(&self, place: &Place) -> Result<NamedMaintainers> {
        self.read(place)?.ok_or_else(|| {
            Error::malformed("expected --maintainer, found none")
                .hint("a package that has maintainers cannot be without; name the keys of those who take over")
        })
    }
}

impl Signing {
    pub(super) fn keys(&self, place: &Place) -> Result<Vec<SigningKey>> {
        self.maintainer_key.iter().map(|path| keys::read(&place.path(path))).collect()
    }
}

impl Maintainers {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Maintainers::Set(set) => {
                let maintainers = set.naming.required(place)?;
                let keys = set.signing.keys(place)?;
                let key = set.writer.key(place)?;
                let mut registry = set.writer.open(place, &key)?;
                let approval = Approval { keys: &keys, signatures: &[] };
                let taken = registry.set_maintainers(&set.package, &maintainers, &approval)?;
                output.results(&describe(&taken, &key))
            }
            Maintainers::Show(show) => {
                let key = keys::read_public(&place.path(&show.log_key))?;
                let found = maintainers(&Folder::new(place.path(&show.registry)), &key, &show.package)?;
                let lines = match &found {
                    Some((maintainers, record)) => {
                        let first = format!("{}: {} must sign, by record {record}:", show.package, maintainers.share());
                        std::iter::once(first).chain(maintainers.texts().into_iter().skip(1)).collect()
                    }
                    None => vec![format!("{}: no maintainers' keys", show.package)],
                };
                output.report(&lines, || MaintainersOf::of(&show.package, found.as_ref()))
            }
        }
    }
}

/// What has come into a registry.
pub(super) fn describe(taken: &Taken, key: &LogSigner) -> [String; 2] {
    let Taken { what, place, head } = taken;
    key.done(&format!("published {what}: record {place}"), head)
}
