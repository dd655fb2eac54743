//! `headlock registry sign`.

use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::checkpoint::Checkpoint;
use headlock_log::note::MAX_NOTE;

use super::output::Output;
use super::request;
use super::session::Place;
use super::words::{head_line, no_registry};
use super::writer::{ByProgram, LogSigner};
use crate::error::{Error, Result};
use crate::registry::{Signer, add_cosignatures};
use crate::signing::LastSigned;
use crate::{files, keys};

/// Signs a head of a log: of a request that `--unsigned` has written, on the machine that has the key; or the newest one of a
/// registry with another key of the log, beside the signatures that it has.
///
/// A request is shown with all that it adds to the last head that was signed here, which is kept beside the key. A head that does not go
/// on from that one is never signed. Without `-o` it is only shown.
///
/// While a log changes its key, its heads are signed with both: who trusts the old one goes on, and who trusts the new one can
/// begin. Run it with --registry behind each command that makes a new head, until nobody needs the other key.
#[derive(Args, Debug)]
pub(super) struct Sign {
    /// What is to be signed, as `--unsigned` has written it
    #[arg(required_unless_present = "registry", conflicts_with_all = ["registry", "log_key"])]
    request: Option<PathBuf>,
    /// The registry's folder, to sign its newest head
    #[arg(long, value_name = "DIR", requires = "log_key", conflicts_with_all = ["out", "first"])]
    registry: Option<PathBuf>,
    /// The log's public key that has signed the head
    #[arg(long, value_name = "FILE", requires = "registry")]
    log_key: Option<PathBuf>,
    /// The private key to sign with; its name is the log's origin, too
    #[arg(long, value_name = "FILE", required_unless_present = "signer", conflicts_with = "signer")]
    key: Option<PathBuf>,
    #[command(flatten)]
    program: ByProgram,
    /// Where to write the signature of a request
    #[arg(short, long, alias = "output", value_name = "FILE")]
    out: Option<PathBuf>,
    /// This key has signed no newer head of the log than the one that the request starts from; to be said once
    #[arg(long)]
    first: bool,
    /// Where the last head of a request that was signed is kept; with --registry, which head that has to be [default: the key's file, `.signed` appended]
    #[arg(long, value_name = "FILE")]
    signed: Option<PathBuf>,
}

impl Sign {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let signer = self.program.signer(place, self.key.as_deref())?;
        let beside = place.path(self.program.beside(self.key.as_deref()));
        let mut default = beside.into_os_string();
        default.push(".signed");
        let default = PathBuf::from(default);
        let stated = self.signed.as_ref().map(|path| place.path(path));
        if let Some(request) = &self.request {
            let (out, last) = (self.out.as_deref(), stated.unwrap_or(default));
            return request::sign(place, output, &place.path(request), &signer, &last, self.first, out);
        }
        let (Some(registry), Some(log_key)) = (&self.registry, &self.log_key) else {
            return Err(Error::malformed("expected a request or --registry DIR, found neither"));
        };
        if let Some(stated) = stated.as_ref().filter(|path| !path.exists()) {
            return Err(Error::malformed(format!("there is no last head that was signed at {}", stated.display())));
        }
        let memories: Vec<PathBuf> = [default].into_iter().chain(stated).collect();
        self.add(output, &place.path(registry), &place.path(log_key), &signer, &memories)
    }

    /// Adds a signature to the newest head.
    fn add(&self, output: Output, dir: &Path, log_key: &Path, signer: &LogSigner, memories: &[PathBuf]) -> Result<()> {
        let known = keys::read_public(log_key)?;
        let key = signer.verifier();
        let path = dir.join("checkpoint");
        let bytes = files::read_bytes(&path, MAX_NOTE as u64)?.ok_or_else(|| no_registry(dir))?;
        let checkpoint = Checkpoint::verify(&bytes, &known).map_err(|error| {
            Error::refused(format!("{}: {error}", path.display())).hint("give the key that has signed it")
        })?;
        let head = checkpoint.head();
        if key.name() != head.origin {
            let (found, expected) = (key.name(), &head.origin);
            return Err(Error::malformed(format!("expected a key of the log {expected}, found one of {found}")));
        }
        // A key that signs requests signs nothing else: nobody here sees what another head adds to the last one.
        for last in memories.iter().filter(|path| path.exists()) {
            if LastSigned::open(last)?.last()?.as_ref() != Some(head) {
                let what = format!("the last head that was signed here, in {}, is another", last.display());
                return Err(Error::refused(what)
                    .hint("make a request for this head: `--unsigned`, or `headlock registry request write`"));
            }
        }
        let signature = signer.sign(head)?;
        let signature = signature.ok_or_else(|| Error::malformed("expected a key that signs, found none"))?;
        add_cosignatures(dir, &known, head, &[signature])?;
        output.results(&[format!("signed with {key}"), head_line(head)])
    }
}
