//! What makes a crash harmless: a head is signed only when everything it commits to is durable, and a signed head is
//! always finished.
//!
//! A transaction goes through these steps, each durable before the next:
//!
//! 1. `.writer/transaction` says from which size it starts.
//! 2. Entries and tiles. No head implies them yet.
//! 3. `.writer/transaction` lists the files of index/, bin/ and page/ that are not there yet; then these are written.
//! 4. Where the key is elsewhere, `.writer/waiting` says which head is to be signed.
//! 5. The new head is signed straight into `.writer/pending`.
//! 6. It becomes `checkpoint`.
//! 7. `.writer/pending`, `.writer/waiting`, then `.writer/transaction` are taken away.
//!
//! Whoever opens the folder next finds one of four states. A whole `.writer/pending`: the head was signed, and may
//! have been seen, so step 6 is done again. A head in `.writer/waiting`: it may have been signed elsewhere, so
//! nothing is done before its signature is brought, or it is taken back. A transaction from the size of the checkpoint: nothing was signed, so what
//! it wrote is taken away. Else there is nothing to do. A part of `.writer/pending` is no signature.

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::note::{SignedNote, VerifierKey};
use headlock_log::tile::{FULL_WIDTH, Tile};

use super::files::Files;
use super::store::Reader;
use super::tree::Edge;
use super::waiting;
use crate::error::{Error, Result};

/// The newest head.
pub(super) const CHECKPOINT: &str = "checkpoint";
const PENDING: &str = ".writer/pending";
/// The head that is to be signed elsewhere.
pub(super) const WAITING: &str = ".writer/waiting";
const TRANSACTION: &str = ".writer/transaction";
const FIRST_LINE: &str = "headlock transaction 1";
/// Largest checkpoint: a head and some hundred signatures.
pub(super) const MAX_CHECKPOINT: u64 = headlock_log::note::MAX_NOTE as u64;
/// Largest list of a transaction: ten million files.
const MAX_TRANSACTION: u64 = 1 << 30;
/// How much of such a list is in memory while it is written, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// What opening a folder found.
#[derive(Clone, Debug)]
pub(super) struct Recovered {
    /// The head, if there is one.
    pub(super) head: Option<Head>,
    /// What an earlier writer left.
    pub(super) left: Left,
}

/// What an earlier writer left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing.
    Nothing,
    /// A signed head, which is the checkpoint now.
    Signed,
    /// Files that no head implies; they are gone.
    Unsigned,
}

/// Brings the folder to a state without a transaction.
///
/// # Errors
/// Refused: the head in the folder is not under the log's key, or one waits for its signature. No: the
/// signed heads in the folder contradict each other.
pub(super) fn recover(files: &mut Files, key: &VerifierKey) -> Result<Recovered> {
    let mut head = match files.read(CHECKPOINT, MAX_CHECKPOINT)? {
        Some(bytes) => Some(verify(&bytes, key, CHECKPOINT)?),
        None => None,
    };
    let mut left = Left::Nothing;
    if let Some(bytes) = files.read(PENDING, MAX_CHECKPOINT)? {
        // A note that ends early is none, and was signed by nobody.
        if SignedNote::parse(&bytes).is_ok() {
            let pending = verify(&bytes, key, PENDING)?;
            let size = head.as_ref().map_or(0, |head| head.size);
            if pending.size > size {
                Edge::read(files, pending.size, &pending.root)?;
                publish(files, &bytes)?;
                head = Some(pending);
                left = Left::Signed;
            } else if head.as_ref() != Some(&pending) {
                let why = "two signed heads that do not extend one another";
                return Err(Error::no(format!("{CHECKPOINT} and {PENDING} hold {why}"))
                    .hint("keep both files: they are evidence that the key signed a fork"));
            }
        }
        files.remove(PENDING)?;
        files.settle()?;
    }
    if let Some(waits) = waiting::read(files)? {
        if waits.origin != key.name() {
            return Err(Error::refused(format!("the head in {WAITING} is of {}, not of {}", waits.origin, key.name()))
                .hint("give the key that the registry was made with"));
        }
        if head.as_ref().is_none_or(|head| head.size < waits.size) {
            // Whoever can write the folder can let a head wait: none is signed but by who has seen what it adds.
            return Err(waiting::refused(&waits));
        } else {
            files.remove(WAITING)?;
            files.settle()?;
        }
    }
    if let Some(bytes) = files.read(TRANSACTION, MAX_TRANSACTION)? {
        let (base, new) = parse(&bytes)?;
        let size = head.as_ref().map_or(0, |head| head.size);
        if base == size {
            roll_back(files, size, &new)?;
            left = Left::Unsigned;
        }
        files.remove(TRANSACTION)?;
        files.settle()?;
    }
    Ok(Recovered { head, left })
}

/// Whether whoever opens the folder next has something to bring to its end.
pub(super) fn is_unfinished(files: &Files) -> Result<bool> {
    Ok(files.exists(PENDING)? || files.exists(TRANSACTION)?)
}

/// Whether a head was signed and is not the checkpoint yet.
pub(super) fn is_signed(files: &Files) -> Result<bool> {
    Ok(files.read(PENDING, MAX_CHECKPOINT)?.is_some_and(|bytes| SignedNote::parse(&bytes).is_ok()))
}

/// The head of a checkpoint of the log.
pub(super) fn verify(bytes: &[u8], key: &VerifierKey, path: &str) -> Result<Head> {
    match Checkpoint::verify(bytes, key) {
        Ok(checkpoint) => Ok(checkpoint.head().clone()),
        Err(error) => Err(Error::refused(format!("{path} is not signed with the key of {}", key.name()))
            .because(error)
            .hint("give the key that the registry was made with")),
    }
}

/// Step 1.
pub(super) fn begin(files: &mut Files, base: u64) -> Result<()> {
    list(files, base, [])
}

/// Step 3, before the files are written: lists those of them that are not there.
pub(super) fn list(files: &mut Files, base: u64, paths: impl IntoIterator<Item = String>) -> Result<()> {
    let growing = files.begin();
    let mut text = format!("{FIRST_LINE}\nbase {base}\n");
    for path in paths {
        if files.exists(&path)? {
            continue;
        }
        text.push_str("new ");
        text.push_str(&path);
        text.push('\n');
        if text.len() >= MAX_TEXT {
            files.grow(&growing, text.as_bytes())?;
            text.clear();
        }
    }
    files.grow(&growing, text.as_bytes())?;
    files.finish(growing, TRANSACTION)?;
    files.settle()
}

/// Step 4.
pub(super) fn wait(files: &mut Files, head: &Head) -> Result<()> {
    files.put(WAITING, head.text().as_bytes())?;
    files.settle()
}

/// Steps 5 to 7, with what has been signed.
pub(super) fn finish(files: &mut Files, signed: &[u8]) -> Result<()> {
    files.put_in_place(PENDING, signed)?;
    files.settle()?;
    publish(files, signed)?;
    files.remove(PENDING)?;
    files.settle()?;
    if files.exists(WAITING)? {
        files.remove(WAITING)?;
        files.settle()?;
    }
    files.remove(TRANSACTION)?;
    files.settle()
}

fn publish(files: &mut Files, signed: &[u8]) -> Result<()> {
    files.put(CHECKPOINT, signed)?;
    files.settle()
}

/// Takes away what a transaction has written on top of a log of this size.
fn roll_back(files: &mut Files, size: u64, new: &[String]) -> Result<()> {
    for path in new {
        files.remove(path)?;
    }
    for path in tiles_beyond(files, size)? {
        files.remove(&path)?;
    }
    files.settle()
}

/// A tile or a bundle, if the registry has one.
pub(super) fn any_tile(files: &Files) -> Result<Option<String>> {
    Ok(tiles_beyond(files, 0)?.into_iter().next())
}

/// The tiles and bundles that a log of this size does not have.
fn tiles_beyond(files: &Files, size: u64) -> Result<Vec<String>> {
    let mut beyond = Vec::new();
    let mut folders: Vec<String> = files.list("tile")?.iter().map(|level| format!("tile/{level}")).collect();
    while let Some(folder) = folders.pop() {
        for name in files.list(&folder)? {
            let path = format!("{folder}/{name}");
            if name.starts_with('x') || name.ends_with(".p") {
                folders.push(path);
            } else if Tile::parse(&path).is_ok_and(|tile| !is_within(&tile, size)) {
                beyond.push(path);
            }
        }
    }
    beyond.sort_unstable();
    Ok(beyond)
}

/// Whether all that a tile covers is in a log of this size.
fn is_within(tile: &Tile, size: u64) -> bool {
    let width = u128::from(FULL_WIDTH);
    let hashes = u128::from(tile.index) * width + u128::from(tile.width);
    let unit = width.checked_pow(u32::from(tile.level));
    unit.and_then(|unit| unit.checked_mul(hashes)).is_some_and(|end| end <= u128::from(size))
}

fn parse(bytes: &[u8]) -> Result<(u64, Vec<String>)> {
    let read = || -> Option<(u64, Vec<String>)> {
        let mut lines = std::str::from_utf8(bytes).ok()?.lines();
        let (FIRST_LINE, base) = (lines.next()?, lines.next()?.strip_prefix("base ")?.parse().ok()?) else {
            return None;
        };
        let new = lines.map(|line| line.strip_prefix("new ").filter(|path| is_derived(path)).map(str::to_owned));
        Some((base, new.collect::<Option<_>>()?))
    };
    read().ok_or_else(|| {
        Error::could_not_check(format!(
            "{TRANSACTION}: expected the list of an unfinished transaction, found otherwise"
        ))
        .hint("no program of ours leaves such a file; bring the folder back from a copy")
    })
}

/// Whether a transaction may create, and its recovery take away, this path.
fn is_derived(path: &str) -> bool {
    let mut parts = path.split('/');
    let (Some(kind), Some(short), Some(hash), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    matches!(kind, "index" | "bin" | "page") && hash.len() == 64 && hex(hash) && hash.starts_with(short)
}
