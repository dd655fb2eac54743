//! `headlock key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::Output;
use super::session::Place;
use crate::error::Result;
use crate::keys;

/// Makes keys.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a new key: FILE holds the private one (mode 0600), FILE.pub the public one (a vkey)
    Generate(Generate),
    /// Show the public key of a private one
    Show(Show),
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The private key
    key: PathBuf,
    /// As the key of a cosigner, which vouches for heads of other logs; use it for no log
    #[arg(long)]
    cosigner: bool,
}

#[derive(Args, Debug)]
pub(super) struct Generate {
    /// The key's name; for a log, its origin
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where to write the private key; an existing file is refused
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Key {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Key::Generate(generate) => {
                let vkey = keys::generate(&generate.name, &place.path(&generate.out))?;
                output.result(&vkey)
            }
            Key::Show(show) => {
                let key = keys::read(&place.path(&show.key))?;
                let public = if show.cosigner { key.cosigner() } else { key.verifier() };
                output.result(&public.to_string())
            }
        }
    }
}
