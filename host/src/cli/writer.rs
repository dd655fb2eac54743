//! What every command wants that writes to a registry.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use headlock_log::checkpoint::Head;
use headlock_log::note::{Signature, SigningKey, VerifierKey};

use super::request;
use super::session::Place;
use super::words::{count, head_line};
use crate::error::{Error, Result};
use crate::registry::{self, Request, Signer};
use crate::signing::Program;
use crate::{files, keys};

/// Which registry is written to, and who signs its heads.
#[derive(Args, Debug)]
pub(super) struct Writer {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    #[command(flatten)]
    signing: LogKey,
}

/// Who signs a registry's heads.
#[derive(Args, Debug)]
pub(super) struct LogKey {
    /// The log's private key
    #[arg(long, value_name = "FILE", required_unless_present_any = ["signer", "unsigned"], conflicts_with_all = ["signer", "unsigned"])]
    key: Option<PathBuf>,
    #[command(flatten)]
    program: ByProgram,
    /// Sign another time: write what is to be signed into this file, for `headlock registry sign`
    #[arg(long, value_name = "FILE", requires = "key_pub", conflicts_with = "signer")]
    unsigned: Option<PathBuf>,
}

/// A program that signs.
#[derive(Args, Debug)]
pub(super) struct ByProgram {
    /// A program that signs with the log's private key: it reads what is to be signed, and writes the signature, as 64 bytes or in
    /// base64
    #[arg(long, value_name = "PROGRAM", requires = "key_pub")]
    signer: Option<PathBuf>,
    /// What the signer is started with, an argument each
    #[arg(long, value_name = "ARGUMENT", requires = "signer", allow_hyphen_values = true)]
    signer_arg: Vec<OsString>,
    /// How long the signer may take
    #[arg(long, value_name = "SECONDS", requires = "signer", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    signer_timeout: u32,
    /// The log's public key, where the private one is elsewhere
    #[arg(long, value_name = "FILE")]
    key_pub: Option<PathBuf>,
}

/// Who signs the heads of a log.
pub(super) enum LogSigner {
    /// A key.
    Key(SigningKey),
    /// A program.
    Program(Program, VerifierKey),
    /// Whoever is given the request in this file.
    Later(PathBuf, VerifierKey),
}

impl Writer {
    pub(super) fn key(&self, place: &Place) -> Result<LogSigner> {
        self.signing.signer(place)
    }

    pub(super) fn folder(&self, place: &Place) -> PathBuf {
        place.path(&self.registry)
    }

    pub(super) fn open<'k>(&self, place: &Place, key: &'k LogSigner) -> Result<registry::Registry<'k>> {
        registry::Registry::open(&self.folder(place), key)
    }
}

impl LogKey {
    pub(super) fn signer(&self, place: &Place) -> Result<LogSigner> {
        if let Some(path) = &self.unsigned {
            let path = place.path(path);
            request::refuse_other(&path)?;
            return Ok(LogSigner::Later(path, self.program.public(place)?));
        }
        if let Some(key) = &self.key {
            refuse_remembered(&place.path(key))?;
        }
        self.program.signer(place, self.key.as_deref())
    }
}

/// A key that signs requests signs nothing else: what it signed last is remembered beside it, and nobody here would look.
fn refuse_remembered(key: &Path) -> Result<()> {
    let mut last = key.as_os_str().to_owned();
    last.push(".signed");
    let last = Path::new(&last);
    if !last.exists() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the key {} signs requests: {} says which head it signed last",
        key.display(),
        last.display()
    ))
    .hint("write a request with `--unsigned FILE --key-pub KEY`, and sign that: `headlock registry sign`"))
}

impl ByProgram {
    /// The program, or the key in a file; one of them is given.
    pub(super) fn signer(&self, place: &Place, key: Option<&Path>) -> Result<LogSigner> {
        match (&self.signer, key) {
            (None, Some(key)) => Ok(LogSigner::Key(keys::read(&place.path(key))?)),
            (signer, _) => {
                let path = signer.clone().unwrap_or_default();
                // A bare name is looked for on the path.
                let path = if path.components().count() > 1 { place.path(&path) } else { path };
                let time = Duration::from_secs(self.signer_timeout.into());
                let program = Program { path, arguments: self.signer_arg.clone(), time };
                Ok(LogSigner::Program(program, self.public(place)?))
            }
        }
    }

    /// The file of the key, for what is kept beside it.
    pub(super) fn beside<'a>(&'a self, key: Option<&'a Path>) -> &'a Path {
        key.or(self.key_pub.as_deref()).unwrap_or(Path::new(""))
    }

    fn public(&self, place: &Place) -> Result<VerifierKey> {
        keys::read_public(&place.path(self.key_pub.as_deref().unwrap_or(Path::new(""))))
    }
}

impl LogSigner {
    /// Whether what is made is signed another time.
    pub(super) fn is_later(&self) -> bool {
        matches!(self, LogSigner::Later(..))
    }

    /// What a command has done, and the head that it has made.
    pub(super) fn done(&self, what: &str, head: &Head) -> [String; 2] {
        let what = if self.is_later() { format!("prepared, not done: {what}") } else { what.to_owned() };
        [what, self.head_line(head)]
    }

    /// A head that a command has made, in words.
    pub(super) fn head_line(&self, head: &Head) -> String {
        match self {
            LogSigner::Later(path, _) => {
                let (size, root) = (count(head.size, "record"), head.root_base64());
                format!("not signed yet: {size}, root {root}; what is to be signed is in {}", path.display())
            }
            _ => head_line(head),
        }
    }
}

impl Signer for LogSigner {
    fn verifier(&self) -> VerifierKey {
        match self {
            LogSigner::Key(key) => key.verifier(),
            LogSigner::Program(_, key) | LogSigner::Later(_, key) => key.clone(),
        }
    }

    fn is_elsewhere(&self) -> bool {
        !matches!(self, LogSigner::Key(_))
    }

    fn sign(&self, head: &Head) -> Result<Option<Signature>> {
        match self {
            LogSigner::Key(key) => Signer::sign(key, head),
            LogSigner::Program(program, key) => program.sign(key, &head.text()).map(Some),
            LogSigner::Later(..) => Ok(None),
        }
    }

    fn take(&self, request: &Request) -> Result<()> {
        match self {
            LogSigner::Later(path, _) => files::replace(path, request.format().as_bytes()).map_err(|error| {
                error.hint("the head waits: `headlock registry request write` makes the request again")
            }),
            _ => Ok(()),
        }
    }
}
