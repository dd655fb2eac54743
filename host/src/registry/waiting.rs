//! Heads that wait for their signature: everything that they commit to is durable, and nothing shows it yet.

use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::VerifierKey;

use super::files::Files;
use super::journal::{self, CHECKPOINT, MAX_CHECKPOINT, WAITING};
use super::request::Request;
use super::signer::checkpoint;
use super::store::{LockedFolder, Reader, Store};
use super::tree::Edge;
use crate::error::{Error, Result};
use crate::report::count;

/// Largest file that says which head waits: its three lines.
const MAX_WAITING: u64 = 4096;

/// How a signature has come to its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// The head that waited for it is the newest now.
    Now,
    /// It was before.
    Before,
}

/// The head that waits for its signature, if one does.
pub(super) fn read(reader: &dyn Reader) -> Result<Option<Head>> {
    let Some(bytes) = reader.read(WAITING, MAX_WAITING)? else { return Ok(None) };
    let head = std::str::from_utf8(&bytes).ok().and_then(|text| Head::parse(text).ok());
    head.map(Some).ok_or_else(|| {
        Error::could_not_check(format!("{WAITING}: expected the head that waits for its signature, found otherwise"))
            .hint("no program of ours leaves such a file; bring the folder back from a copy")
    })
}

/// A head waits, and nothing else can be done before it is signed.
pub(super) fn refused(head: &Head) -> Error {
    Error::refused(format!(
        "the head of {} with {} waits for its signature",
        head.origin,
        count(head.size, "record")
    )).hint(
        "sign its request (`headlock registry sign`) and hand the signature in (`headlock registry request finish`); \
         `headlock registry request write` makes the request again; if it was signed by nobody, `headlock registry request \
         discard` takes it back",
    )
}

/// The head that waits is not signed, and so nothing else can be.
pub(super) fn unsigned(error: Error, head: &Head) -> Error {
    error.hint(format!(
        "the head of {} waits: `headlock registry request write` makes the request for its signature; if it was signed by \
         nobody, `headlock registry request discard` takes it back",
        count(head.size, "record")
    ))
}

fn none_waits() -> Error {
    Error::malformed("expected a head that waits for its signature, found none")
}

/// The request for the head that waits in a registry's folder, from the size of the checkpoint on or an older one.
///
/// # Errors
/// Malformed: none waits. Refused: the checkpoint is not under the log's key. Could not check: a file cannot be read.
pub fn waiting(dir: &Path, key: &VerifierKey, since: Option<u64>) -> Result<Request> {
    waiting_in(Box::new(LockedFolder::lock(dir)?), key, since)
}

pub(super) fn waiting_in(store: Box<dyn Store>, key: &VerifierKey, since: Option<u64>) -> Result<Request> {
    let files = Files::new(store)?;
    let newest = newest(&files, key)?.map_or(0, |head| head.size);
    let head = read(&files)?.filter(|head| head.size > newest).ok_or_else(none_waits)?;
    Request::of(&files, &head, since.unwrap_or(newest))
}

fn newest(files: &Files, key: &VerifierKey) -> Result<Option<Head>> {
    let bytes = files.read(CHECKPOINT, MAX_CHECKPOINT)?;
    bytes.map(|bytes| journal::verify(&bytes, key, CHECKPOINT)).transpose()
}

/// Puts the signature in its place: the head that waits for it becomes the newest.
///
/// # Errors
/// Refused: it is not by the log's key, or of another head. Malformed: no head waits. No: the registry does not hold what was
/// signed. Could not check: a file cannot be read or written.
pub fn finish(dir: &Path, key: &VerifierKey, signed: &[u8]) -> Result<(Head, Finished)> {
    finish_in(Box::new(LockedFolder::lock(dir)?), key, signed)
}

pub(super) fn finish_in(store: Box<dyn Store>, key: &VerifierKey, signed: &[u8]) -> Result<(Head, Finished)> {
    let signed = Checkpoint::verify(signed, key)
        .map_err(|error| Error::refused(format!("expected a head that {} has signed: {error}", key.name())))?;
    let head = signed.head().clone();
    let mut files = Files::new(store)?;
    let newest = newest(&files, key)?;
    if newest.as_ref() == Some(&head) {
        journal::recover(&mut files, key)?;
        return Ok((head, Finished::Before));
    }
    let waits = read(&files)?.ok_or_else(none_waits)?;
    if waits != head {
        let text = |head: &Head| format!("{}, root {}", count(head.size, "record"), head.root_base64());
        return Err(Error::refused(format!(
            "expected the signature of the head with {}, which waits for it, found that of {}",
            text(&waits),
            text(&head)
        ))
        .hint("keep the signature: if it was made by the log's key, its head has to be what the log goes on with"));
    }
    if newest.is_some_and(|newest| newest.size >= head.size) {
        return Err(Error::no(format!(
            "the registry has another head than the signed one of {}",
            count(head.size, "record")
        ))
        .hint("keep both: they are evidence that the key signed a fork"));
    }
    Edge::read(&files, head.size, &head.root)?;
    let whole = checkpoint(&head, key, signed.signature().clone())?;
    journal::finish(&mut files, &whole)?;
    Ok((head, Finished::Now))
}

/// Takes back the head that waits: the registry is what it was before. To be done only where nobody has signed it, nor will.
///
/// # Errors
/// Malformed: none waits. Could not check: a file cannot be read or written.
pub fn discard(dir: &Path, key: &VerifierKey) -> Result<Head> {
    discard_in(Box::new(LockedFolder::lock(dir)?), key)
}

pub(super) fn discard_in(store: Box<dyn Store>, key: &VerifierKey) -> Result<Head> {
    let mut files = Files::new(store)?;
    let newest = newest(&files, key)?.map_or(0, |head| head.size);
    let head = read(&files)?.filter(|head| head.size > newest).ok_or_else(none_waits)?;
    if journal::is_signed(&files)? {
        return Err(
            Error::refused("the head that waits is signed already").hint("the next command that writes finishes it")
        );
    }
    files.remove(WAITING)?;
    files.settle()?;
    journal::recover(&mut files, key)?;
    Ok(head)
}
