//! Forks: two signed heads of one log that cannot both be true, shown to whoever has the log's keys and nothing else.
//!
//! Two heads of one size with different roots are a fork by themselves. Of two of different sizes the newer one says what the
//! log was at the older size: an RFC 6962 consistency proof leads from a root at that size to the newer head's root. If the
//! older head has another root, the log's signer has signed two histories.
//!
//! ```
//! use headlock_log::checkpoint::{Checkpoint, Head};
//! use headlock_log::digest::Digest;
//! use headlock_log::fork::Fork;
//! use headlock_log::note::SigningKey;
//!
//! let key = SigningKey::generate_from_seed("registry.example", [7; 32])?;
//! let signed = |root| {
//!     let head = Head { origin: "registry.example".to_owned(), size: 3, root: Digest([root; 32]) };
//!     Checkpoint::verify(&Checkpoint::sign(&head, &key)?, &key.verifier())
//! };
//! let fork = Fork::new(signed(1)?, signed(2)?, None)?;
//! assert_eq!(Fork::check(fork.format().as_bytes(), &[key.verifier()])?, fork);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, CheckpointError, Head};
use crate::digest::Digest;
use crate::merkle::{ProofError, verify_consistency};
use crate::name::quoted;
use crate::note::VerifierKey;

/// Longest proof of a fork, in bytes.
pub const MAX_FORK: usize = 16 << 10;

/// The first line.
const FIRST_LINE: &str = "headlock fork 1";

/// What it begins with in every version.
const KIND: &str = "headlock fork ";

/// Lines of a checkpoint: origin, size, root, nothing, signature.
const NOTE_LINES: usize = 5;

/// What a newer head says that the log was at an older size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The root at the older size.
    pub root: Digest,
    /// The consistency proof from that root to the newer head's.
    pub proof: Vec<Digest>,
}

/// Two heads of one log that its signer has signed, and that cannot both be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    older: Checkpoint,
    newer: Checkpoint,
    beginning: Option<Beginning>,
}

/// What is no fork, or not the proof of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// More bytes than [`MAX_FORK`].
    #[error("expected at most {MAX_FORK} bytes, found {0}")]
    TooLong(usize),
    /// Not of the form.
    #[error("expected {expected}, found {}", quoted(.found))]
    Form {
        /// What should stand there.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// A head that none of the keys has signed.
    #[error("its {which} head: {error}")]
    Checkpoint {
        /// Which of the two.
        which: &'static str,
        /// Why.
        error: CheckpointError,
    },
    /// Heads of two logs.
    #[error("expected two heads of one log, found those of {} and {}", quoted(.0), quoted(.1))]
    TwoLogs(String, String),
    /// The first head is larger than the second.
    #[error("expected the smaller head first, found one with {0} records before one with {1}")]
    Order(u64, u64),
    /// Something that needs the tree's beginning, and does not have it; or does not need it, and has it.
    #[error("expected {0}")]
    Beginning(&'static str),
    /// The beginning is not that of the newer head.
    #[error("the beginning is not proven to be that of the newer head: {0}")]
    Proof(#[from] ProofError),
    /// All of it can be true.
    #[error("it shows no fork: both heads can be true")]
    Consistent,
}

impl Fork {
    /// Two signed heads of one log, the smaller one first, and, if their sizes differ, what the newer one says that the log
    /// was at the older size.
    ///
    /// # Errors
    /// They can both be true, or what shows that they cannot is missing, or more than is needed.
    pub fn new(older: Checkpoint, newer: Checkpoint, beginning: Option<Beginning>) -> Result<Fork, ForkError> {
        let (old, new) = (older.head(), newer.head());
        if old.origin != new.origin {
            return Err(ForkError::TwoLogs(old.origin.clone(), new.origin.clone()));
        }
        if old.size > new.size {
            return Err(ForkError::Order(old.size, new.size));
        }
        let differs = match &beginning {
            None if old.size == new.size => old.root != new.root,
            Some(Beginning { root, proof }) if old.size < new.size => {
                verify_consistency(old.size, root, new.size, &new.root, proof)?;
                *root != old.root
            }
            None => return Err(ForkError::Beginning("the beginning of the newer head's tree, for the sizes differ")),
            Some(_) => return Err(ForkError::Beginning("no beginning, for the sizes are the same")),
        };
        if differs { Ok(Fork { older, newer, beginning }) } else { Err(ForkError::Consistent) }
    }

    /// The head of the smaller size.
    pub fn older(&self) -> &Head {
        self.older.head()
    }

    /// The head of the larger size.
    pub fn newer(&self) -> &Head {
        self.newer.head()
    }

    /// The proof's text, which [`Fork::check`] reads.
    pub fn format(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for checkpoint in [&self.older, &self.newer] {
            text.push_str(&format!("{}\n{}\n", checkpoint.head().text(), checkpoint.signature()));
        }
        if let Some(Beginning { root, proof }) = &self.beginning {
            text.push_str(&format!("beginning {}\n", STANDARD.encode(root)));
            text.push_str("consistency");
            for hash in proof {
                text.push(' ');
                STANDARD.encode_string(hash, &mut text);
            }
            text.push('\n');
        }
        text
    }

    /// Checks a proof with the log's keys.
    ///
    /// # Errors
    /// Not of the form, a head that none of the keys has signed, or no fork.
    pub fn check(bytes: &[u8], keys: &[VerifierKey]) -> Result<Fork, ForkError> {
        if bytes.len() > MAX_FORK {
            return Err(ForkError::TooLong(bytes.len()));
        }
        let form = |expected, found: &str| ForkError::Form { expected, found: found.to_owned() };
        let text = std::str::from_utf8(bytes).map_err(|_| form("text in UTF-8", "something else"))?;
        let mut lines = text.split_inclusive('\n');
        let first = lines.next().unwrap_or_default();
        if first.strip_suffix('\n') != Some(FIRST_LINE) {
            // Whatever else it is, a key perhaps, nothing of it is repeated.
            let found = if first.starts_with(KIND) { first } else { "another file" };
            return Err(form("`headlock fork 1`", found));
        }
        let mut head = |which| {
            let note: String = lines.by_ref().take(NOTE_LINES).collect();
            Checkpoint::verify_any(note.as_bytes(), keys).map_err(|error| ForkError::Checkpoint { which, error })
        };
        let (older, newer) = (head("first")?, head("second")?);
        let beginning = match (lines.next(), lines.next(), lines.next()) {
            (None, None, None) => None,
            (Some(root), proof, None) => Some(Beginning {
                root: parse_root(root).ok_or_else(|| form("`beginning ROOT`", root))?,
                proof: proof.and_then(parse_proof).ok_or_else(|| {
                    form("`consistency HASH…`, at most 64 hashes in base64", proof.unwrap_or_default())
                })?,
            }),
            (_, _, found) => return Err(form("no further line", found.unwrap_or_default())),
        };
        let fork = Fork::new(older, newer, beginning)?;
        // One encoding: other spaces, other bits, other signatures beside the log's give another text.
        if fork.format() == text { Ok(fork) } else { Err(form("the one encoding of a fork", "another")) }
    }
}

fn parse_root(line: &str) -> Option<Digest> {
    hash(line.strip_prefix("beginning ")?.strip_suffix('\n')?)
}

fn parse_proof(line: &str) -> Option<Vec<Digest>> {
    let rest = line.strip_prefix("consistency")?.strip_suffix('\n')?;
    let hashes: Vec<&str> = rest.split(' ').skip(1).collect();
    if hashes.len() > 64 {
        return None;
    }
    hashes.into_iter().map(hash).collect()
}

fn hash(text: &str) -> Option<Digest> {
    Digest::from_slice(&STANDARD.decode(text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Frontier, leaf_hash, prove_consistency, subtree_root};
    use crate::note::SigningKey;

    const ORIGIN: &str = "registry.example/test";

    fn key(seed: u8) -> SigningKey {
        SigningKey::generate_from_seed(ORIGIN, [seed; 32]).unwrap()
    }

    fn leaves(size: u64, salt: u8) -> Vec<Digest> {
        (0..size).map(|place| leaf_hash(&[salt, place as u8])).collect()
    }

    fn signed(size: u64, salt: u8) -> Checkpoint {
        let mut tree = Frontier::new();
        leaves(size, salt).into_iter().for_each(|leaf| tree.push(leaf));
        let head = Head { origin: ORIGIN.to_owned(), size, root: tree.root() };
        Checkpoint::verify(&Checkpoint::sign(&head, &key(1)).unwrap(), &key(1).verifier()).unwrap()
    }

    fn beginning(old: u64, size: u64, salt: u8) -> Beginning {
        let all = leaves(size, salt);
        let node = |level: u8, index: u64| {
            let first = (index << level) as usize;
            Some(subtree_root(&all[first..first + (1 << level)]))
        };
        Beginning { root: signed(old, salt).head().root, proof: prove_consistency(old, size, node).unwrap() }
    }

    fn keys() -> [VerifierKey; 2] {
        [key(2).verifier(), key(1).verifier()]
    }

    #[test]
    fn every_two_histories_are_shown_and_no_single_one() {
        for old in 1..20_u64 {
            for size in old..20 {
                let with = |salt| (size > old).then(|| beginning(old, size, salt));
                let fork = Fork::new(signed(old, 1), signed(size, 2), with(2)).unwrap();
                let text = fork.format();
                assert_eq!(Fork::check(text.as_bytes(), &keys()).as_ref(), Ok(&fork), "{text}");
                assert_eq!((fork.older().size, fork.newer().size), (old, size));
                assert!(text.len() <= MAX_FORK);
                // One history, in whichever words, is none.
                assert_eq!(Fork::new(signed(old, 1), signed(size, 1), with(1)), Err(ForkError::Consistent));
                let missing = Fork::new(signed(old, 1), signed(size, 2), None);
                assert_eq!(missing.is_err(), size > old);
                if size > old {
                    assert!(matches!(Fork::new(signed(old, 1), signed(size, 1), with(2)), Err(ForkError::Proof(_))));
                    let order = Fork::new(signed(size, 2), signed(old, 1), with(2));
                    assert_eq!(order, Err(ForkError::Order(size, old)));
                }
            }
        }
    }

    #[test]
    fn every_changed_byte_shows_nothing() {
        let text = Fork::new(signed(5, 1), signed(9, 2), Some(beginning(5, 9, 2))).unwrap().format();
        for at in 0..text.len() {
            for value in [text.as_bytes()[at] ^ 1, b'\n', b' ', b'A'] {
                let mut changed = text.clone().into_bytes();
                changed[at] = value;
                if changed != text.as_bytes() {
                    assert!(Fork::check(&changed, &keys()).is_err(), "byte {at} changed to {value:#04x}");
                }
            }
            assert!(Fork::check(&text.as_bytes()[..at], &keys()).is_err(), "cut off at {at}");
        }
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        let said = |text: &str| Fork::check(text.as_bytes(), &keys()).unwrap_err().to_string();
        let text = Fork::new(signed(5, 1), signed(9, 2), Some(beginning(5, 9, 2))).unwrap().format();
        assert_eq!(said(""), "expected `headlock fork 1`, found \"another file\"");
        assert_eq!(said(&format!("{text}\n")), "expected no further line, found \"\\n\"");
        assert_eq!(said(&"x".repeat(MAX_FORK + 1)), "expected at most 16384 bytes, found 16385");
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let equal = Fork::new(signed(5, 1), signed(5, 2), None).unwrap().format();
        assert_eq!(
            said(&format!("{equal}{}{}", lines[11], lines[12])),
            "expected no beginning, for the sizes are the same"
        );
        assert_eq!(
            said(&lines[..11].concat()),
            "expected the beginning of the newer head's tree, for the sizes differ"
        );
        assert_eq!(
            said(&lines[..12].concat()),
            "expected `consistency HASH…`, at most 64 hashes in base64, found \"\""
        );
        assert_eq!(said(&text.replace("beginning", "Beginning")).split(',').next(), Some("expected `beginning ROOT`"));
        let stranger = Fork::check(text.as_bytes(), &[key(2).verifier()]).unwrap_err();
        assert!(matches!(stranger, ForkError::Checkpoint { which: "first", .. }));
        assert!(Fork::check(text.as_bytes(), &[]).is_err());
        let other = SigningKey::generate_from_seed("other.example", [3; 32]).unwrap();
        let head = Head { origin: "other.example".to_owned(), size: 5, root: Digest([1; 32]) };
        let other = Checkpoint::verify(&Checkpoint::sign(&head, &other).unwrap(), &other.verifier()).unwrap();
        let two = Fork::new(other, signed(5, 1), None).unwrap_err().to_string();
        assert_eq!(
            two,
            "expected two heads of one log, found those of \"other.example\" and \"registry.example/test\""
        );
    }
}
