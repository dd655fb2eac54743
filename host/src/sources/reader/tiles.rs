//! The tiles and entries of a log, each proven as it arrives.

use std::collections::VecDeque;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::fork::Beginning;
use headlock_log::merkle::{ProofError, Row256, leaf_hash, prove_consistency};
use headlock_log::tile::{FULL_WIDTH, MAX_BUNDLE, Tile, VerifiedTiles, parse_bundle};

use crate::error::{Error, ErrorKind, Result};
use crate::sources::cache::Keep;
use crate::sources::fetcher::{Fetcher, Wanted};

/// How many bundles are got at a time by whoever reads all of them.
const BUNDLES_AHEAD: u64 = 64;

/// The tiles of a log at one head.
#[derive(Debug)]
pub(super) struct Tiles {
    verified: VerifiedTiles,
}

impl Tiles {
    /// Gets the right edge, which proves itself against the root only as a whole: so it is taken as a whole, from the
    /// cache or from one URL after the other.
    pub(super) fn open(fetcher: &Fetcher, head: &Head) -> Result<Tiles> {
        let edge = VerifiedTiles::edge(head.size);
        let open = |files: Vec<Vec<u8>>| VerifiedTiles::open(head.size, &head.root, files);
        let cached =
            edge.iter().map(|&tile| partial_tile(fetcher, tile, |wanted| Ok(fetcher.cached(wanted)))).collect();
        if let Ok(Some(files)) = all(cached)
            && let Ok(verified) = open(files.clone())
        {
            for (tile, bytes) in edge.iter().zip(&files) {
                fetcher.copy(Keep::ByLog, &tile.path(), bytes);
            }
            return Ok(Tiles { verified });
        }
        let mut first: Option<Error> = None;
        for place in 0..fetcher.places() {
            let files = fetcher.each(&edge, |&tile| {
                partial_tile(fetcher, tile, |wanted| fetcher.get_from(place, wanted))?
                    .ok_or_else(|| fetcher.missing(&fetcher.url_at(place, &tile.path())))
            });
            let failure = match files {
                Ok(files) => match open(files.clone()) {
                    Ok(verified) => {
                        for (tile, bytes) in edge.iter().zip(&files) {
                            fetcher.keep(Keep::ByLog, &tile.path(), bytes);
                        }
                        return Ok(Tiles { verified });
                    }
                    Err(error) => {
                        let base = fetcher.url_at(place, "");
                        let (origin, size) = (&head.origin, head.size);
                        Error::no(format!("{base} is not the log {origin} of the head with {size} records: {error}"))
                            .hint("another log, another history, or a broken copy is served there")
                    }
                },
                Err(error) => error,
            };
            // Something wrong says more than something that failed.
            if first.as_ref().is_none_or(|first| first.kind() != failure.kind() && failure.kind() == ErrorKind::No) {
                first = Some(failure);
            }
        }
        Err(first.unwrap_or_else(|| fetcher.missing(&fetcher.url("checkpoint"))))
    }

    /// Gets what is missing so that the leaves at these places are known.
    pub(super) fn load_leaves(&mut self, fetcher: &Fetcher, places: &[u64]) -> Result<()> {
        self.load(fetcher, self.verified.missing_for(places).into())
    }

    /// The leaf at a place whose tile has been loaded; nothing beyond the head.
    pub(super) fn leaf(&self, place: u64) -> Option<Digest> {
        self.verified.leaf(place)
    }

    /// The root that the log had at an older size.
    pub(super) fn root_at(&mut self, fetcher: &Fetcher, size: u64) -> Result<Digest> {
        self.load(fetcher, self.verified.missing_for_prefix(size).into())?;
        self.verified.root_at(size).ok_or_else(|| incomplete(fetcher))
    }

    /// The entries of the bundle that holds a place, and of some more behind it, each bundle proven; from the place on.
    pub(super) fn entries(&mut self, fetcher: &Fetcher, place: u64) -> Result<Vec<Vec<u8>>> {
        let step = u64::from(FULL_WIDTH);
        let first = place - place % step;
        let firsts: Vec<u64> =
            (0..BUNDLES_AHEAD).map(|bundle| first + bundle * step).filter(|at| *at < self.verified.size()).collect();
        self.load_leaves(fetcher, &firsts)?;
        let bundles = fetcher.each(&firsts, |&first| self.bundle(fetcher, first))?;
        Ok(bundles.concat().split_off((place - first) as usize))
    }

    /// The entries of one bundle, whose leaves are loaded.
    fn bundle(&self, fetcher: &Fetcher, first: u64) -> Result<Vec<Vec<u8>>> {
        let tile = Tile::of_entry(first, self.verified.size()).ok_or_else(|| incomplete(fetcher))?;
        let leaves: Option<Vec<(u64, Digest)>> =
            (first..).take(tile.width.into()).map(|place| Some((place, self.leaf(place)?))).collect();
        let leaves = leaves.ok_or_else(|| incomplete(fetcher))?;
        for held in fetcher.forms(tile) {
            let read = |bytes: Vec<u8>| {
                check_entries(&bytes, held, &leaves)?;
                Ok(bytes)
            };
            let keep = if held == tile { Keep::ByLog } else { Keep::Never };
            let wanted = Wanted { path: held.entries_path(), limit: MAX_BUNDLE, keep, read: &read };
            let Some(bytes) = fetcher.get(&wanted)? else { continue };
            let entries = parse_bundle(&bytes, held.width).map_err(|error| Error::no(error.to_string()))?;
            if held != tile {
                let proven: usize = entries.iter().take(leaves.len()).map(|entry| 2 + entry.len()).sum();
                fetcher.keep(Keep::ByLog, &tile.entries_path(), &bytes[..proven]);
            }
            return Ok(entries.iter().take(leaves.len()).map(|entry| entry.to_vec()).collect());
        }
        Err(fetcher.missing(&fetcher.url(&tile.entries_path())))
    }

    /// What the log was at an older size, proven from the head.
    pub(super) fn beginning(&mut self, fetcher: &Fetcher, size: u64) -> Result<Beginning> {
        let root = self.root_at(fetcher, size)?;
        // A proof has fewer hashes than a size has bits, and each round loads one that was missing.
        for _ in 0..=2 * u64::BITS {
            match prove_consistency(size, self.verified.size(), |level, index| self.verified.node(level, index)) {
                Ok(proof) => return Ok(Beginning { root, proof }),
                Err(ProofError::Unknown { start, .. }) => self.load_leaves(fetcher, &[start])?,
                Err(_) => break,
            }
        }
        Err(incomplete(fetcher))
    }

    /// The entry at a place, from the bundle that holds it: all that the head says of the bundle is checked.
    pub(super) fn entry(&mut self, fetcher: &Fetcher, place: u64) -> Result<Vec<u8>> {
        self.load_leaves(fetcher, &[place])?;
        let first = place - place % u64::from(FULL_WIDTH);
        let entries = self.bundle(fetcher, first)?;
        entries.into_iter().nth((place - first) as usize).ok_or_else(|| incomplete(fetcher))
    }

    /// Gets full tiles, which stand behind the tiles above them, a level at a time.
    fn load(&mut self, fetcher: &Fetcher, mut rest: VecDeque<Tile>) -> Result<()> {
        while let Some(level) = rest.front().map(|tile| tile.level) {
            let mut tiles = Vec::new();
            while let Some(tile) = rest.pop_front_if(|tile| tile.level == level) {
                // The hash of all that a tile holds is one entry of the tile above it.
                let hash = self.verified.node(8 * (level + 1), tile.index).ok_or_else(|| incomplete(fetcher))?;
                tiles.push((tile, hash));
            }
            let files = fetcher.each(&tiles, |&(tile, expected)| {
                let read = |bytes: Vec<u8>| {
                    let wrong = length(tile, &bytes);
                    let row = Row256::new(bytes).ok_or(wrong)?;
                    let found = row.root();
                    if found == expected {
                        return Ok(row);
                    }
                    Err(format!("expected the tile with the hash {expected}, found one with {found}"))
                };
                let limit = tile.length() as u64;
                fetcher.require(&Wanted { path: tile.path(), limit, keep: Keep::ByLog, read: &read })
            })?;
            for ((tile, _), row) in tiles.into_iter().zip(files) {
                self.verified.insert_row(tile, row).map_err(|error| Error::no(error.to_string()))?;
            }
        }
        Ok(())
    }
}

/// Checks the entries of a bundle that have known leaves, each against its own.
fn check_entries(bytes: &[u8], bundle: Tile, leaves: &[(u64, Digest)]) -> Result<(), String> {
    let entries = parse_bundle(bytes, bundle.width).map_err(|error| error.to_string())?;
    for ((place, expected), entry) in leaves.iter().zip(entries) {
        let found = leaf_hash(entry);
        if found != *expected {
            return Err(format!("expected the record {place} with the leaf hash {expected}, found one with {found}"));
        }
    }
    Ok(())
}

/// A partial tile, or as much of the full one where the partial one is gone.
fn partial_tile(
    fetcher: &Fetcher,
    tile: Tile,
    get: impl Fn(&Wanted<'_>) -> Result<Option<Vec<u8>>>,
) -> Result<Option<Vec<u8>>> {
    for held in fetcher.forms(tile) {
        let read = |bytes: Vec<u8>| if bytes.len() == held.length() { Ok(bytes) } else { Err(length(held, &bytes)) };
        let wanted = Wanted { path: held.path(), limit: held.length() as u64, keep: Keep::ByLog, read: &read };
        if let Some(mut bytes) = get(&wanted)? {
            bytes.truncate(tile.length());
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// All of them, if none is missing.
fn all(files: Vec<Result<Option<Vec<u8>>>>) -> Result<Option<Vec<Vec<u8>>>> {
    files.into_iter().collect()
}

fn length(tile: Tile, bytes: &[u8]) -> String {
    format!("expected a tile of {} bytes, found {} bytes", tile.length(), bytes.len())
}

/// What `VerifiedTiles` says is missing has been loaded; so this is never seen, and is no verdict if it is.
fn incomplete(fetcher: &Fetcher) -> Error {
    Error::could_not_check(format!("the tiles of {} do not reach what is to be proven", fetcher.origin()))
}
