//! `headlock key`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use headlock_log::digest::Digest;
use headlock_log::note::VerifierKey;

use super::output::Output;
use super::session::Place;
use crate::error::Result;
use crate::keys;

/// Makes keys.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a new key: FILE holds the private one (mode 0600), FILE.pub the public one (a vkey)
    Generate(Generate),
    /// Show a public key, or that of a private one
    Show(Show),
    /// Sign what a package's maintainers are to sign: prints the signature
    Sign(super::draft::Sign),
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The private key, or the public one (FILE.pub)
    key: PathBuf,
    /// As the key of a cosigner, which vouches for heads of other logs; use it for no log
    #[arg(long)]
    cosigner: bool,
    /// In which form
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
}

/// Forms of a public key.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    /// NAME+ID+BASE64, as policies and trust files name keys
    #[default]
    Vkey,
    /// NAME+ID, as attestations name keys
    Keyid,
    /// The key's 32 bytes in hexadecimal, without its name
    Hex,
    /// SubjectPublicKeyInfo as PEM (RFC 8410), without its name
    Pem,
}

impl Form {
    fn lines(self, key: &VerifierKey) -> Vec<String> {
        match self {
            Form::Vkey => vec![key.to_string()],
            Form::Keyid => vec![key.keyid()],
            Form::Hex => vec![Digest(key.public_key()).to_string()],
            Form::Pem => keys::pem(key).to_vec(),
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct Generate {
    /// The key's name; for a log, its origin
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where to write the private key; an existing file is refused
    #[arg(short, long, alias = "output", value_name = "FILE")]
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
                let mut public = keys::read_either(&place.path(&show.key))?;
                if show.cosigner {
                    public = keys::as_cosigner(&public)?;
                }
                output.results(&show.format.lines(&public))
            }
            Key::Sign(sign) => sign.run(place, output),
        }
    }
}
