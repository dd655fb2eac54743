//! `headlock export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::Output;
use super::session::Place;
use crate::error::{Error, Result};
use crate::export::{
    CARGO_LOCK_START, CYCLONEDX_START, Consumer, Names, WKG_LOCK_START, cargo_lock, cyclonedx, wkg_lock,
};
use crate::files;

/// Writes the lock in another tool's format. The lock itself is not verified.
///
/// docs/exchange.md says what becomes of each field, and what is lost.
#[derive(Args, Debug)]
pub(super) struct Export {
    /// The format
    #[arg(value_enum)]
    format: Format,
    /// Write to this file instead of stdout, which `-` is, too
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// What the other tool calls the registry of an origin: for wkg a registry of its configuration, for cargo a source as in
    /// Cargo.lock, in purls the repository_url
    #[arg(long, value_name = "ORIGIN=NAME")]
    known_as: Vec<String>,
    /// What the lock's consumer is called; not for wkg-lock
    #[arg(long, value_name = "NAME@VERSION")]
    package: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// wkg.lock, of WebAssembly packages
    WkgLock,
    /// Cargo.lock, of crates
    CargoLock,
    /// A bill of materials: CycloneDX 1.6, JSON
    Cyclonedx,
}

impl Export {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let names = Names::parse(self.known_as.iter().map(String::as_str))?;
        let consumer = self.package.as_deref().map(|text| {
            text.parse::<Consumer>().map_err(|what| Error::malformed(format!("--package {text:?}: {what}")))
        });
        let consumer = consumer.transpose()?;
        if self.format == Format::WkgLock && consumer.is_some() {
            return Err(Error::malformed("--package is not for wkg-lock, which holds no consumer"));
        }
        let (lock, path) = (place.shown_lock(output)?, place.lock_path());
        let (exported, start, what) = match self.format {
            Format::WkgLock => (wkg_lock(&lock, &path, &names)?, WKG_LOCK_START, "wkg.lock"),
            Format::CargoLock => {
                (cargo_lock(&lock, &path, &names, consumer.as_ref())?, CARGO_LOCK_START, "Cargo.lock of cargo's")
            }
            Format::Cyclonedx => (
                cyclonedx(&lock, &path, &names, consumer.as_ref())?,
                CYCLONEDX_START,
                "CycloneDX 1.6 of this command's",
            ),
        };
        match self.output.as_ref().filter(|file| file.as_os_str() != "-") {
            None => output.results(&exported.text.lines().collect::<Vec<_>>())?,
            Some(file) => {
                let file = place.path(file);
                files::refuse_other(&file, start.as_bytes(), what)?;
                files::replace(&file, exported.text.as_bytes())?;
                output.note(&format!("wrote {}; the lock was not verified", file.display()));
            }
        }
        exported.lost.iter().for_each(|lost| output.note(&format!("note: {lost}")));
        Ok(())
    }
}
