//! `headlock registry request`, and signing what it writes.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use headlock_log::note::MAX_NOTE;
use headlock_log::record::Record;

use super::output::Output;
use super::session::Place;
use super::words::{count, head_line};
use super::writer::LogSigner;
use crate::error::{Error, Result};
use crate::registry::{self, Finished, MAX_REQUEST, Request as Wanted, Signer, Standing};
use crate::signing::LastSigned;
use crate::{files, keys};

/// Heads that wait for their signature, where the log's key is elsewhere.
#[derive(Debug, Subcommand)]
pub(super) enum Request {
    /// Write again what is to be signed
    Write(Write),
    /// Hand in the signature: the head becomes the newest
    Finish(Finish),
    /// Take back a head that nobody has signed, nor will
    Discard(Discard),
}

/// A registry with a head that waits.
#[derive(Args, Debug)]
struct Waiting {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's public key
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Write {
    #[command(flatten)]
    of: Waiting,
    /// Start from so many records, where whoever signs has signed no newer head
    #[arg(long, value_name = "SIZE")]
    since: Option<u64>,
    /// Where to write it
    #[arg(short, long, alias = "output", value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Finish {
    #[command(flatten)]
    of: Waiting,
    /// What `headlock registry sign` has written
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Discard {
    #[command(flatten)]
    of: Waiting,
}

/// Refuses a file that is there and no request.
pub(super) fn refuse_other(path: &Path) -> Result<()> {
    files::refuse_other(path, b"headlock request ", "request")
}

impl Request {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Request::Write(Write { of, since, out }) => {
                let key = keys::read_public(&place.path(&of.log_key))?;
                let request = registry::waiting(&place.path(&of.registry), &key, *since)?;
                let out = place.path(out);
                refuse_other(&out)?;
                files::replace(&out, request.format().as_bytes())?;
                output.results(&[format!("wrote {}", out.display()), head_line(request.head())])
            }
            Request::Finish(Finish { of, signature }) => {
                let key = keys::read_public(&place.path(&of.log_key))?;
                let path = place.path(signature);
                let signed = files::read_bytes(&path, MAX_NOTE as u64)?
                    .ok_or_else(|| Error::malformed(format!("there is no signature at {}", path.display())))?;
                let (head, finished) = registry::finish(&place.path(&of.registry), &key, &signed)?;
                let what = match finished {
                    Finished::Now => "signed",
                    Finished::Before => "was signed before",
                };
                output.results(&[what.to_owned(), head_line(&head)])
            }
            Request::Discard(Discard { of }) => {
                let key = keys::read_public(&place.path(&of.log_key))?;
                let head = registry::discard(&place.path(&of.registry), &key)?;
                output.results(&[format!("taken back: the head of {}", count(head.size, "record"))])
            }
        }
    }
}

/// Signs a request, or only shows it.
pub(super) fn sign(
    place: &Place,
    output: Output,
    path: &Path,
    signer: &LogSigner,
    last: &Path,
    is_first: bool,
    out: Option<&Path>,
) -> Result<()> {
    let text = files::read_text(path, MAX_REQUEST)?
        .ok_or_else(|| Error::malformed(format!("there is no request at {}", path.display())))?;
    let request = Wanted::parse(&text).map_err(|error| {
        Error::new(error.kind(), format!("{}: {error}", path.display()))
            .hint("a command that writes to a registry makes one with `--unsigned FILE`")
    })?;
    let key = signer.verifier();
    let last = LastSigned::open(last)?;
    let standing = request.stands(&key, last.last()?.as_ref(), is_first)?;
    let head = request.head();
    let (from, skipped) = match standing {
        Standing::Next { seen } => (request.since() + seen as u64, seen),
        Standing::Again => (head.size, request.records().len()),
    };
    let mut lines = vec![match standing {
        Standing::Again => format!("{}: a head that was signed here before", head.origin),
        Standing::Next { .. } => {
            let new = count(head.size.saturating_sub(from), "new record");
            format!("{}: {new} behind {from}", head.origin)
        }
    }];
    let new = request.records().get(skipped..).unwrap_or_default();
    for (place, encoded) in (from..).zip(new) {
        let record = Record::parse(encoded).map_err(|error| Error::malformed(error.to_string()))?;
        lines.push(format!("  record {place}: {}", in_words(&record)));
        // In words not all of it is said, and all of it is signed.
        if !matches!(record, Record::Epoch(_)) {
            lines.push(format!("    {}", String::from_utf8_lossy(encoded)));
        }
    }
    lines.push(head_line(head));
    let Some(out) = out else {
        lines.push("nothing is signed: `-o FILE` says where to write the signature".to_owned());
        return output.results(&lines);
    };
    let out = place.path(out);
    files::refuse_other(&out, format!("{}\n", head.origin).as_bytes(), &format!("signed head of {}", head.origin))?;
    // Before there is a signature: a second head of this size is never signed, whatever happens to the first one's.
    last.remember(head)?;
    let signature = Signer::sign(signer, head)?
        .ok_or_else(|| Error::malformed("expected a key or a program that signs, found neither"))?;
    let note = headlock_log::note::SignedNote::new(&head.text(), vec![signature])
        .map_err(|error| Error::could_not_check(error.to_string()))?;
    files::replace(&out, &note.format())?;
    lines.push(format!("signed: wrote {}", out.display()));
    output.results(&lines)
}

/// What a record says, in a line.
fn in_words(record: &Record<'_>) -> String {
    match record {
        Record::Release(release) => {
            let maintainers = if release.maintainers.is_some() { ", names maintainers" } else { "" };
            format!("release {} {}, content sha256 {}{maintainers}", release.package, release.version, release.content)
        }
        Record::Yank(yank) => format!("yank {} {}", yank.package, yank.version),
        Record::Unyank(unyank) => format!("unyank {} {}", unyank.package, unyank.version),
        Record::Maintainers(handover) => format!("other maintainers of {}", handover.package),
        Record::Peer(peer) => format!("{} is a peer, served at {}", peer.peer, peer.url),
        Record::Unpeer(unpeer) => format!("{} is no longer a peer", unpeer.peer),
        Record::Sync(sync) => format!("the head of {} with {}", sync.peer, count(sync.size, "record")),
        Record::Epoch(epoch) => format!("epoch, index {}", epoch.index),
    }
}
