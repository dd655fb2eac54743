//! What another file is that was served under a hash: with which words a lie comes.

use headlock_log::digest::Digest;
use headlock_log::index::{Bin, Node256, VerifiedIndex, bin_of, empty_bin};
use headlock_log::page::HashedPage;

/// A page that is not the one of this package that the index names.
pub(super) fn page(page: &HashedPage, origin: &str, package: &str) -> Option<String> {
    Some(match page.parse(origin, package) {
        Ok(page) => format!("a page of {package} that ends with record {}", page.last().0),
        Err(error) => format!("which is no page of {package}: {error}"),
    })
}

/// A bin that is not the one that these keys are in.
pub(super) fn bin(bytes: &[u8], keys: &[&(&str, Digest)]) -> Option<String> {
    let number = bin_of(&keys.first()?.1);
    match Bin::parse(bytes, number) {
        Ok(bin) => {
            without("a bin without", keys.iter().filter(|(_, key)| bin.get(key).is_none()).map(|(name, _)| *name))
        }
        Err(error) => Some(format!("which is no bin: {error}")),
    }
}

/// A lower node that is not the one of this number, above the bins of some of the keys.
pub(super) fn node(bytes: &[u8], number: u8, keys: &[(&str, Digest)]) -> Option<String> {
    let node = Node256::parse(bytes).ok()?;
    let below = keys.iter().filter(|(_, key)| VerifiedIndex::lower_of(key) == number);
    let is_absent = |key: &Digest| node.child(bin_of(key).to_be_bytes()[1]) == empty_bin();
    without("a node with the empty bin for", below.filter(|(_, key)| is_absent(key)).map(|(name, _)| *name))
}

/// Some names are enough.
fn without<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.take(3).collect();
    (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
}
