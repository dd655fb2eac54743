//! `headlock registry sign`.

use std::path::PathBuf;

use clap::Args;
use headlock_log::checkpoint::Checkpoint;
use headlock_log::note::MAX_NOTE;

use super::output::Output;
use super::session::Place;
use super::words::head_line;
use crate::error::{Error, Result};
use crate::registry::add_cosignatures;
use crate::{files, keys};

/// Signs the newest head with another key of the log, beside the signatures that it has.
///
/// While a log changes its key, its heads are signed with both: who trusts the old one goes on, and who trusts the new one can
/// begin. Run it behind each command that makes a new head, until nobody needs the other key.
#[derive(Args, Debug)]
pub(super) struct Sign {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's public key that has signed the head
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// The private key to sign with; its name is the log's origin, too
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Sign {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let known = keys::read_public(&place.path(&self.log_key))?;
        let key = keys::read(&place.path(&self.key))?;
        let dir = place.path(&self.registry);
        let path = dir.join("checkpoint");
        let bytes = files::read_bytes(&path, MAX_NOTE as u64)?
            .ok_or_else(|| Error::malformed(format!("there is no registry at {}", dir.display())))?;
        let checkpoint = Checkpoint::verify(&bytes, &known).map_err(|error| {
            Error::refused(format!("{}: {error}", path.display())).hint("give the key that has signed it")
        })?;
        let head = checkpoint.head();
        if key.name() != head.origin {
            let (found, expected) = (key.name(), &head.origin);
            return Err(Error::malformed(format!("expected a key of the log {expected}, found one of {found}")));
        }
        let signature = key.sign(&head.text()).map_err(|error| Error::could_not_check(error.to_string()))?;
        add_cosignatures(&dir, &known, head, &[signature])?;
        output.results(&[format!("signed with {}", key.verifier()), head_line(head)])
    }
}
