//! Merkle trees as RFC 6962 section 2.1 defines them: hashes, roots, proofs.
//!
//! Everything is a pure function on digests. A *node* (level, index) is a full subtree: the 2^level leaves from
//! index · 2^level on. Proofs are made from whatever can name nodes (see [`crate::tile::VerifiedTiles::node`]) and are
//! checked by the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2.

mod row;
#[cfg(test)]
mod tests;

pub use row::Row256;

use crate::digest::{Digest, Hasher};

/// Largest size of a tree. It is Go's limit, too, and keeps sums of sizes from overflowing.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// The hash of an entry: sha256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(entry);
    hasher.digest()
}

/// The hash over two subtrees: sha256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Digest::of(&bytes)
}

/// The root of a tree without leaves: sha256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// The root of the full subtree over `hashes`, whose number must be a power of two; for none, [`empty_root`].
pub(crate) fn subtree_root(hashes: &[Digest]) -> Digest {
    debug_assert!(hashes.is_empty() || hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        for place in 0..row.len() / 2 {
            row[place] = node_hash(&row[2 * place], &row[2 * place + 1]);
        }
        row.truncate(row.len() / 2);
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// A growing tree, of which only the roots of its full subtrees are kept: one for each bit of its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Largest subtree first.
    roots: Vec<Digest>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The tree of `size` leaves whose full subtrees, largest first, have the given roots. Nothing if there are not as
    /// many as the size has bits set, or the size is beyond [`MAX_SIZE`].
    pub fn from_parts(size: u64, roots: Vec<Digest>) -> Option<Frontier> {
        (size <= MAX_SIZE && roots.len() == size.count_ones() as usize).then_some(Frontier { size, roots })
    }

    /// Adds a leaf, given its hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut root = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.roots.push(root);
        self.size += 1;
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the full subtrees, largest first.
    pub fn roots(&self) -> &[Digest] {
        &self.roots
    }

    /// The tree's root.
    pub fn root(&self) -> Digest {
        fold(&self.roots)
    }
}

/// The root over subtrees, largest first.
fn fold(roots: &[Digest]) -> Digest {
    roots.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// A proof that does not prove what it should, or cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A place that the tree does not have.
    #[error("expected a place below the tree's size {size}, found {index}")]
    Index {
        /// The place.
        index: u64,
        /// The size.
        size: u64,
    },
    /// A tree said to be the beginning of a smaller one.
    #[error("expected an older tree of at most {size} leaves, found one of {old}")]
    Shrunk {
        /// The older size.
        old: u64,
        /// The newer size.
        size: u64,
    },
    /// Too many or too few hashes.
    #[error("expected a proof of {expected} hashes, found {found}")]
    Length {
        /// How many such a proof has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The proof leads elsewhere.
    #[error("the proof leads to the root {found}, not to {expected}")]
    Root {
        /// The root to be reached.
        expected: Digest,
        /// The root reached.
        found: Digest,
    },
    /// The proof starts from another older tree.
    #[error("the proof starts from an older tree with the root {found}, not {expected}")]
    OldRoot {
        /// The root to start from.
        expected: Digest,
        /// The root that the proof starts from.
        found: Digest,
    },
    /// A hash that a proof needs is not known.
    #[error("the hash over leaves {start} to {end} is not known")]
    Unknown {
        /// The first leaf.
        start: u64,
        /// One past the last leaf.
        end: u64,
    },
}

/// Checks that the entry whose hash is `leaf` stands at `index` in the tree of `size` leaves with the root `root`.
///
/// # Errors
/// A place beyond the size, a proof of another length, or one that leads to another root.
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    let path = Path { level: 0, index, last: size - 1 };
    check_length(path.count(), proof.len())?;
    let mut found = *leaf;
    for ((_, side), hash) in path.zip(proof) {
        found = match side {
            Side::Left(_) => node_hash(hash, &found),
            Side::Right(_) | Side::Edge => node_hash(&found, hash),
        };
    }
    equal_root(*root, found)
}

/// Checks that the tree of `old_size` leaves with the root `old_root` is the beginning of the tree of `size` leaves
/// with the root `root`. The empty tree is the beginning of every tree, by the empty proof.
///
/// # Errors
/// An older size beyond the newer, a proof of another length, or one that joins other roots.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    size: u64,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old_size > size {
        return Err(ProofError::Shrunk { old: old_size, size });
    }
    if old_size == 0 || old_size == size {
        check_length(0, proof.len())?;
        return equal_old_root(*old_root, if old_size == 0 { empty_root() } else { *root });
    }
    let (path, from_root) = Path::from_last_subtree(old_size, size);
    check_length(path.count() + usize::from(!from_root), proof.len())?;
    let (first, rest) = match proof.split_first() {
        Some((first, rest)) if !from_root => (first, rest),
        _ => (old_root, proof),
    };
    let (mut old, mut new) = (*first, *first);
    for ((_, side), hash) in path.zip(rest) {
        match side {
            Side::Left(_) => {
                old = node_hash(hash, &old);
                new = node_hash(hash, &new);
            }
            Side::Right(_) | Side::Edge => new = node_hash(&new, hash),
        }
    }
    equal_old_root(*old_root, old)?;
    equal_root(*root, new)
}

fn check_length(expected: usize, found: usize) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::Length { expected, found }) }
}

fn equal_root(expected: Digest, found: Digest) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::Root { expected, found }) }
}

fn equal_old_root(expected: Digest, found: Digest) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::OldRoot { expected, found }) }
}

/// Makes the proof that [`verify_inclusion`] takes. `node` gives the hash of the node (level, index), if it knows it;
/// it is asked for nodes of the tree only.
///
/// # Errors
/// A place beyond the size, or a hash that is not known.
pub fn prove_inclusion(
    index: u64,
    size: u64,
    mut node: impl FnMut(u8, u64) -> Option<Digest>,
) -> Result<Vec<Digest>, ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    Path { level: 0, index, last: size - 1 }.hashes(size, &mut node)
}

/// Makes the proof that [`verify_consistency`] takes. `node` is as in [`prove_inclusion`].
///
/// # Errors
/// An older size beyond the newer, or a hash that is not known.
pub fn prove_consistency(
    old_size: u64,
    size: u64,
    mut node: impl FnMut(u8, u64) -> Option<Digest>,
) -> Result<Vec<Digest>, ProofError> {
    if old_size > size {
        return Err(ProofError::Shrunk { old: old_size, size });
    }
    if old_size == 0 || old_size == size {
        return Ok(Vec::new());
    }
    let (path, from_root) = Path::from_last_subtree(old_size, size);
    let mut proof = Vec::new();
    if !from_root {
        proof.push(known(path.level, path.index, &mut node)?);
    }
    proof.extend(path.hashes(size, &mut node)?);
    Ok(proof)
}

fn known(level: u8, index: u64, node: &mut impl FnMut(u8, u64) -> Option<Digest>) -> Result<Digest, ProofError> {
    node(level, index).ok_or(ProofError::Unknown { start: index << level, end: (index + 1) << level })
}

/// The root over the leaves from `start` to the tree's end, `start` being where a node at the right edge begins.
fn edge_root(start: u64, size: u64, node: &mut impl FnMut(u8, u64) -> Option<Digest>) -> Result<Digest, ProofError> {
    let mut roots = Vec::new();
    let mut place = start;
    while place < size {
        let level = (size - place).ilog2() as u8;
        roots.push(known(level, place >> level, node)?);
        place += 1 << level;
    }
    Ok(fold(&roots))
}

/// Where the hash stands that is joined next.
#[derive(Clone, Copy, Debug)]
enum Side {
    /// To the left: the node of this index.
    Left(u64),
    /// To the right: the node of this index, which is full.
    Right(u64),
    /// To the right: what there is to the tree's end, perhaps not full.
    Edge,
}

/// The way from a node up to the root: the level and side of each hash that is joined on it.
#[derive(Clone, Copy, Debug)]
struct Path {
    level: u8,
    /// The node's index at the level.
    index: u64,
    /// The index, at the level, of whatever holds the tree's last leaf.
    last: u64,
}

impl Path {
    /// The way from the last full subtree of an older tree, neither empty nor of the newer size. Tells whether that
    /// subtree is the whole older tree.
    fn from_last_subtree(old_size: u64, size: u64) -> (Path, bool) {
        let level = old_size.trailing_zeros() as u8;
        let path = Path { level, index: (old_size >> level) - 1, last: (size - 1) >> level };
        (path, old_size.is_power_of_two())
    }

    fn hashes(self, size: u64, node: &mut impl FnMut(u8, u64) -> Option<Digest>) -> Result<Vec<Digest>, ProofError> {
        self.map(|(level, side)| match side {
            Side::Left(index) | Side::Right(index) => known(level, index, node),
            Side::Edge => edge_root(((size - 1) >> level) << level, size, node),
        })
        .collect()
    }
}

impl Iterator for Path {
    type Item = (u8, Side);

    fn next(&mut self) -> Option<(u8, Side)> {
        while self.last > 0 {
            let (level, index, last) = (self.level, self.index, self.last);
            self.level += 1;
            self.index >>= 1;
            self.last >>= 1;
            if index % 2 == 1 {
                return Some((level, Side::Left(index - 1)));
            }
            if index < last {
                let side = if index + 1 < last { Side::Right(index + 1) } else { Side::Edge };
                return Some((level, side));
            }
        }
        None
    }
}
