//! A head that is to be signed where its log's key is, with all that whoever signs needs to see what it adds to the last head
//! that they signed.
//!
//! ```text
//! headlock request 1
//! ORIGIN
//! SIZE
//! ROOT
//! since OLDER
//! checkpoint BASE64
//! subtree BASE64
//! record BASE64
//! ```
//!
//! The roots of the full subtrees of the log at OLDER, largest first, and the records from there on, the last being an epoch,
//! give both roots. `checkpoint` is the registry's own at that size, where it has one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::note::{MAX_NOTE, VerifierKey};
use headlock_log::record::{MAX_RECORD, Record};

use super::journal::{CHECKPOINT, MAX_CHECKPOINT};
use super::replay;
use super::store::Reader;
use crate::error::{Error, Result};
use crate::report::count;

/// Largest request, in bytes.
pub const MAX_REQUEST: u64 = 256 << 20;

const FIRST_LINE: &str = "headlock request 1";

/// What is to be signed, and what it adds to an older head. Its records lead from the one root to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    head: Head,
    since: Frontier,
    /// The log's checkpoint at the older size, unverified.
    checkpoint: Option<Vec<u8>>,
    records: Vec<Vec<u8>>,
}

/// How a request stands to the last head that its log's key has signed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It goes on from it by so many records, of which the first is the request's record of this number.
    Next {
        /// How many of the request's records were signed before.
        seen: usize,
    },
    /// It is that head: it may be signed again.
    Again,
}

impl Request {
    /// Makes the request for a head of a registry, from the records that it has at `since`.
    pub(super) fn of(reader: &dyn Reader, head: &Head, since: u64) -> Result<Request> {
        if since >= head.size {
            let size = head.size;
            return Err(Error::malformed(format!("expected a number of records below {size}, found {since}")));
        }
        let mut frontier = Frontier::new();
        replay::entries(reader, 0, since, &mut |_, entry| {
            frontier.push(leaf_hash(entry));
            Ok(())
        })?;
        Request::from(reader, head, frontier)
    }

    /// The same, where the older tree is known.
    pub(super) fn from(reader: &dyn Reader, head: &Head, since: Frontier) -> Result<Request> {
        let (mut records, mut length) = (Vec::new(), 0);
        replay::entries(reader, since.size(), head.size, &mut |_, entry| {
            length += entry.len() as u64;
            if length > MAX_REQUEST / 2 {
                return Err(Error::could_not_check(format!(
                    "expected at most {} bytes of new records, found more",
                    MAX_REQUEST / 2
                ))
                .hint("`headlock registry request discard` takes it back; then do it in parts"));
            }
            records.push(entry.to_vec());
            Ok(())
        })?;
        let held = reader.read(CHECKPOINT, MAX_CHECKPOINT)?;
        // Whoever has no memory of the log goes by what the key itself has signed.
        let checkpoint = held.filter(|_| since.size() > 0);
        let request = Request { head: head.clone(), since, checkpoint, records };
        request.roots(None)?;
        Ok(request)
    }

    /// The head that is to be signed.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The number of the first record.
    pub fn since(&self) -> u64 {
        self.since.size()
    }

    /// The records, as the log holds them; the last one is an epoch.
    pub fn records(&self) -> &[Vec<u8>] {
        &self.records
    }

    /// The request as text.
    pub fn format(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n{}since {}\n", self.head.text(), self.since.size());
        let mut line = |word: &str, bytes: &[u8]| {
            text.push_str(word);
            text.push(' ');
            STANDARD.encode_string(bytes, &mut text);
            text.push('\n');
        };
        self.checkpoint.iter().for_each(|checkpoint| line("checkpoint", checkpoint));
        self.since.roots().iter().for_each(|root| line("subtree", &root.0));
        self.records.iter().for_each(|record| line("record", record));
        text
    }

    /// Whether a text is meant as a request.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("headlock request ")
    }

    /// Reads a request. Its records are records, and lead from the one tree to the other.
    ///
    /// # Errors
    /// Malformed: it is none, or says of its records what they are not.
    pub fn parse(text: &str) -> Result<Request> {
        let wrong = |what: String| Error::malformed(format!("expected a request for a signature: {what}"));
        let mut lines =
            text.strip_suffix('\n').ok_or_else(|| wrong("its last line does not end".to_owned()))?.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(wrong(format!("its first line is not `{FIRST_LINE}`")));
        }
        let head: Vec<&str> = lines.by_ref().take(3).collect();
        let head = Head::parse(&(head.join("\n") + "\n")).map_err(|error| wrong(error.to_string()))?;
        let since = lines
            .next()
            .and_then(|line| line.strip_prefix("since "))
            .and_then(|text| text.parse::<u64>().ok().filter(|size| size.to_string() == text && *size < head.size));
        let since = since.ok_or_else(|| wrong("its fifth line says no size below that of the head".to_owned()))?;
        let mut lines = lines.peekable();
        let decode = |word: &str, text: &str, most: usize| {
            let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= most);
            bytes.ok_or_else(|| wrong(format!("a line `{word}` does not hold base64 of at most {most} bytes")))
        };
        let checkpoint = match lines.peek().and_then(|line| line.strip_prefix("checkpoint ")) {
            Some(text) => Some(decode("checkpoint", text, MAX_NOTE)?),
            None => None,
        };
        if checkpoint.is_some() {
            lines.next();
        }
        let mut roots = Vec::new();
        while let Some(text) = lines.peek().and_then(|line| line.strip_prefix("subtree ")) {
            let root = Digest::from_slice(&decode("subtree", text, 32)?);
            roots.push(root.ok_or_else(|| wrong("a line `subtree` does not hold 32 bytes".to_owned()))?);
            lines.next();
        }
        let since = Frontier::from_parts(since, roots)
            .ok_or_else(|| wrong("expected a subtree for each bit that is set in the older size".to_owned()))?;
        let mut records = Vec::new();
        for line in lines {
            let text = line.strip_prefix("record ").ok_or_else(|| wrong(format!("found the line {line:?}")))?;
            let record = decode("record", text, MAX_RECORD)?;
            Record::parse(&record).map_err(|error| wrong(error.to_string()))?;
            records.push(record);
        }
        let request = Request { head, since, checkpoint, records };
        request.roots(None)?;
        Ok(request)
    }

    /// Checks that the records lead to the head. Returns the root at a size, if it is one of those on the way.
    fn roots(&self, at: Option<u64>) -> Result<Option<Digest>> {
        let mut tree = self.since.clone();
        let mut found = (at == Some(tree.size())).then(|| tree.root());
        for record in &self.records {
            tree.push(leaf_hash(record));
            if at == Some(tree.size()) {
                found = Some(tree.root());
            }
        }
        let is_epoch = self.records.last().is_some_and(|last| matches!(Record::parse(last), Ok(Record::Epoch(_))));
        if (tree.size(), tree.root()) != (self.head.size, self.head.root) || !is_epoch {
            return Err(Error::malformed(
                "expected a request for a signature: its records do not lead to the head, or do not end in an epoch",
            ));
        }
        Ok(found)
    }

    /// How it stands to the last head that the key has signed here. Whoever signs does so only if this says how: a key that signs
    /// two heads that do not go on from one another has forked its log.
    ///
    /// # Errors
    /// Refused: of another log, or no head is known and it is not said that this is the first. No: it does not go on from the
    /// last one. Could not check: it begins behind it.
    pub fn stands(&self, key: &VerifierKey, last: Option<&Head>, is_first: bool) -> Result<Standing> {
        let Head { origin, size, .. } = &self.head;
        if origin != key.name() {
            return Err(Error::refused(format!("expected a head of the log {}, found one of {origin}", key.name())));
        }
        let Some(last) = last else {
            if !is_first {
                return Err(Error::refused(format!("nothing is known here of what was signed of {origin}"))
                    .hint("bring the file of the last signed head back, or say with --first that this key has signed no newer head than the request starts from"));
            }
            return self.first(key);
        };
        if is_first {
            let what = format!("--first, but a head of {origin} with {} was signed here", count(last.size, "record"));
            return Err(Error::malformed(what).hint("leave it out"));
        }
        if *last == self.head {
            return Ok(Standing::Again);
        }
        let (signed, since) = (last.size, self.since.size());
        if signed >= *size {
            return Err(Error::no(format!(
                "a head of {origin} with {} was signed here, and this one has {size} and is another",
                count(signed, "record")
            ))
            .hint(
                "to sign it would fork the log, or roll it back: nothing is signed. If the head that was signed was discarded \
                 at the registry, the same commands in the same order make it again",
            ));
        }
        if signed < since {
            return Err(Error::could_not_check(format!(
                "a head of {origin} with {} was signed here, and this request starts at {since}",
                count(signed, "record")
            ))
            .hint(format!("`headlock registry request write --since {signed}` makes one that starts there")));
        }
        match self.roots(Some(signed))? {
            Some(root) if root == last.root => {
                Ok(Standing::Next { seen: usize::try_from(signed - since).unwrap_or(usize::MAX) })
            }
            _ => Err(Error::no(format!(
                "the head of {origin} with {} that was signed here is no beginning of this one",
                count(signed, "record")
            ))
            .hint("to sign it would fork the log: nothing is signed")),
        }
    }

    /// Without a memory: it starts from nothing, or from a head that the key itself has signed.
    fn first(&self, key: &VerifierKey) -> Result<Standing> {
        let since = Head { origin: self.head.origin.clone(), size: self.since.size(), root: self.since.root() };
        let signed = self.checkpoint.as_ref().and_then(|bytes| Checkpoint::verify(bytes, key).ok());
        if since.size > 0 && signed.is_none_or(|signed| *signed.head() != since) {
            let what = format!("expected a request that starts from a head that the key of {} has signed", key.name());
            return Err(Error::refused(what).hint("`headlock registry request write` without --since makes one"));
        }
        Ok(Standing::Next { seen: 0 })
    }
}
