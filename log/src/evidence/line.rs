//! The lines of evidence, one encoding each: a name and what belongs to it, one space between.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::Digest;
use crate::index::MAX_BIN;
use crate::merkle::MAX_SIZE;
use crate::name::{check_origin, check_package_name};
use crate::page::MAX_PAGE;
use crate::record::{MAX_RECORD, Subject};

/// Most hashes of a proof: a tree has at most 63 levels.
const MAX_HASHES: usize = 64;

/// The forms of the line that says whose page it is about.
pub(super) const SUBJECT: &str = "`package NAME`, `peers` or `peer ORIGIN`";

/// Longest line, its newline included: the longest page.
pub const MAX_LINE: usize = "page \n".len() + base64_length(MAX_PAGE);

const fn base64_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Subject(Subject<'a>),
    Entry(u64, Cow<'a, [u8]>),
    Proof(Vec<Digest>),
    Bin(Cow<'a, [u8]>),
    Path(Vec<Digest>),
    Page(Cow<'a, [u8]>),
    Consistency(Vec<Digest>),
}

impl<'a> Item<'a> {
    /// Reads a line without its newline.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn parse(line: &'a str) -> Result<Item<'a>, &'static str> {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let item = match name {
            "package" if check_package_name(rest).is_ok() => Item::Subject(Subject::Package(rest)),
            "peers" if rest.is_empty() => Item::Subject(Subject::Peers),
            "peer" if check_origin(rest).is_ok() => Item::Subject(Subject::Peer(rest)),
            "package" | "peers" | "peer" => return Err(SUBJECT),
            "entry" => {
                let form = "`entry PLACE BASE64`, an entry of at most 65535 bytes at a place below 2^63 - 1";
                let (place, bytes) = rest.split_once(' ').unwrap_or((rest, ""));
                let place = place.parse().ok().filter(|place| *place < MAX_SIZE).ok_or(form)?;
                Item::Entry(place, bytes_of(bytes, MAX_RECORD).ok_or(form)?)
            }
            "proof" => Item::Proof(hashes(rest).ok_or("`proof HASH…`, at most 64 hashes in base64")?),
            "bin" => {
                let form = "`bin BASE64`, a bin of 1 to 262144 bytes";
                Item::Bin(bytes_of(rest, MAX_BIN).filter(|bytes| !bytes.is_empty()).ok_or(form)?)
            }
            "path" => Item::Path(hashes(rest).ok_or("`path HASH…`, at most 64 hashes in base64")?),
            "page" => Item::Page(bytes_of(rest, MAX_PAGE).ok_or("`page BASE64`, a page of at most 16777216 bytes")?),
            "consistency" => Item::Consistency(hashes(rest).ok_or("`consistency HASH…`, at most 64 hashes in base64")?),
            _ => return Err("a line of evidence"),
        };
        // One encoding: leading zeros, another space, other bits behind the last byte all give another text.
        let formatted = item.format();
        if formatted.strip_suffix('\n') == Some(line) {
            Ok(item)
        } else {
            Err("the one encoding of a line of evidence")
        }
    }

    /// The line, its newline included.
    pub(super) fn format(&self) -> String {
        match self {
            Item::Subject(Subject::Package(name)) => format!("package {name}\n"),
            Item::Subject(subject) => format!("{subject}\n"),
            Item::Entry(place, bytes) => format_line(&format!("entry {place}"), &[bytes]),
            Item::Proof(proof) => format_line("proof", proof),
            Item::Bin(bytes) => format_line("bin", &[bytes]),
            Item::Path(path) => format_line("path", path),
            Item::Page(bytes) => format_line("page", &[bytes]),
            Item::Consistency(proof) => format_line("consistency", proof),
        }
    }

    /// The line's name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Item::Subject(_) => "subject",
            Item::Entry(..) => "entry",
            Item::Proof(_) => "proof",
            Item::Bin(_) => "bin",
            Item::Path(_) => "path",
            Item::Page(_) => "page",
            Item::Consistency(_) => "consistency",
        }
    }
}

/// No bytes are no word.
fn format_line(name: &str, words: &[impl AsRef<[u8]>]) -> String {
    let mut line = name.to_owned();
    for word in words.iter().filter(|word| !word.as_ref().is_empty()) {
        line.push(' ');
        STANDARD.encode_string(word, &mut line);
    }
    line.push('\n');
    line
}

fn bytes_of<'a>(text: &str, limit: usize) -> Option<Cow<'a, [u8]>> {
    if text.len() > base64_length(limit) {
        return None;
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= limit).map(Cow::Owned)
}

fn hashes(text: &str) -> Option<Vec<Digest>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    if text.len() > MAX_HASHES * 45 {
        return None;
    }
    text.split(' ').map(|hash| Digest::from_slice(&STANDARD.decode(hash).ok()?)).collect()
}

/// The line of an entry in a replay.
pub fn format_replayed(place: u64, entry: &[u8]) -> String {
    Item::Entry(place, entry.into()).format()
}

/// The last line of a replay: the RFC 6962 proof that the replayed entries are the beginning of the checkpoint's tree.
pub fn format_consistency(proof: &[Digest]) -> String {
    Item::Consistency(proof.to_vec()).format()
}
