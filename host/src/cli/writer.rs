//! What every command wants that writes to a registry.

use std::path::PathBuf;

use clap::Args;
use headlock_log::note::SigningKey;

use super::session::Place;
use crate::error::Result;
use crate::{keys, registry};

/// Which registry is written to, and with which key.
#[derive(Args, Debug)]
pub(super) struct Writer {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Writer {
    pub(super) fn key(&self, place: &Place) -> Result<SigningKey> {
        keys::read(&place.path(&self.key))
    }

    pub(super) fn open<'k>(&self, place: &Place, key: &'k SigningKey) -> Result<registry::Registry<'k>> {
        registry::Registry::open(&place.path(&self.registry), key)
    }
}
