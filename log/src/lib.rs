//! What a package registry commits to, and how it is proven.
//!
//! A registry is a folder of static files, and everything in it hangs from one signed statement. This crate has the
//! formats and the proofs. It reads no file, asks no clock, and makes no random number; it builds for wasm32, too.
//!
//! # From a signature down to a dependency
//!
//! 1. A [`checkpoint`] is a signed [`note`] of three lines: the log's origin, its size, and the root of a [`merkle`]
//!    tree over all its entries: together, the *head*. A [`policy`] says whose signatures and cosignatures one
//!    believes.
//! 2. The tree is served in [`tile`]s. The tiles at its right edge give the root; every other one hashes to an entry of
//!    the tile above it. So any entry, and any older head, is proven by a few small files, and nobody has to ask the
//!    log for a proof. An older head is a beginning of this one if the tiles give its root at its size.
//! 3. The last entry of a log with a signed head is an epoch [`record`]. It holds the root of the [`index`], a tree of
//!    65,536 bins that leads from every package's name to its page; a bin that does not hold a name proves that there
//!    is no such package.
//! 4. A [`page`] holds all records of one package. Each names the page before it, so that the proof of its *last*
//!    record in the log vouches for all: whoever serves the page can leave none out, change none, and slip none in. Where a
//!    package has maintainers, its page holds nothing that they should have signed and have not, whoever signs the log.
//!
//! What stays a claim of whoever signed is that a page's end is its end, and that every `prev` names the page as it was:
//! that the log holds no record of the package beside them. Whoever replays the log sees whether it is true, and the
//! claim cannot be taken back: it is an entry. From one epoch to the next a page only grows ([`page::growth`]). Whoever has
//! found a false statement can show it to others: [`evidence`]; and so can who has met two heads that cannot both be true: [`fork`].
//!
//! # Files
//!
//! | path under the registry's base URL | what |
//! |---|---|
//! | `checkpoint` | the newest head, a signed note |
//! | `tile/<L>/<N>[.p/<W>]` | hashes of the tree ([`tile::Tile::path`]) |
//! | `tile/entries/<N>[.p/<W>]` | entries, that is records ([`tile::Tile::entries_path`], [`tile::parse_bundle`]) |
//! | `index/<aa>/<hex>` | a node of the index, named by its hash ([`index::node_path`]) |
//! | `bin/<aa>/<hex>` | a bin of the index, named by its hash ([`index::bin_path`]) |
//! | `page/<aa>/<hex>` | a page, named by its sha256 ([`index::page_path`]) |
//! | `blob/<aa>/<hex>` | content, named by its sha256 ([`index::blob_path`]) |
//!
//! # What is checked, and what is not yet
//!
//! Types tell: a [`note::SignedNote`] has been read, a [`note::VerifiedNote`] is signed; a [`checkpoint::Head`] is a
//! claim, a [`checkpoint::Checkpoint`] is signed by its log, and what a policy has [`policy::Accepted`] by its quorum
//! as well; [`tile::VerifiedTiles`] and [`index::VerifiedIndex`] hold nothing that was not proven against their root. A
//! [`page::Page`] is one in itself, and is proven by its digest in the index *and* its last record in the tiles.
//!
//! Everything has one encoding: what is read would be written the same, byte for byte, or it is refused. Every list and
//! text from outside has a limit that is checked before anything is done with it, and no input makes this crate panic.
//!
//! # Formats of others
//!
//! Notes, checkpoints, tiles, cosignatures and policies are C2SP's: signed-note, tlog-checkpoint, tlog-tiles,
//! tlog-cosignature and tlog-policy as of commit `5ba5ee830903e91240fc6f9f3a7a9293d49e69c9` of
//! <https://github.com/C2SP/C2SP>. Known signature types are 01 (Ed25519) and 04 (Ed25519 cosignatures). Where this
//! crate takes less than C2SP lets it, the item says so: extension lines of checkpoints, origins, sizes from 2^63 on,
//! keys of other types. Trees are RFC 6962's, versions and requirements those of the crate `semver`.
//!
//! # Example
//!
//! A registry with one package, from the inside and from the outside.
//!
//! ```
//! use headlock_log::checkpoint::{Checkpoint, Head};
//! use headlock_log::digest::Digest;
//! use headlock_log::index::{Index, VerifiedIndex, key_of_package, node_path};
//! use headlock_log::merkle::{Frontier, leaf_hash};
//! use headlock_log::note::SigningKey;
//! use headlock_log::page::{Page, format_line};
//! use headlock_log::policy::Policy;
//! use headlock_log::record::{Epoch, Mention, Record};
//! use headlock_log::tile::VerifiedTiles;
//!
//! // Inside: one record of a package, its page, the index, the epoch that commits to it, the head.
//! let record = Record::Yank(Mention { package: "wasi:http", version: "0.2.0", prev: None }).encode();
//! let page = format_line(0, &record);
//! let mut index = Index::new();
//! index.insert(key_of_package("wasi:http"), Digest::of(&page))?;
//! let epoch = Record::Epoch(Epoch { index: index.root() }).encode();
//! let mut tree = Frontier::new();
//! tree.push(leaf_hash(&record));
//! tree.push(leaf_hash(&epoch));
//! let tile = [leaf_hash(&record).0, leaf_hash(&epoch).0].concat();
//! let key = SigningKey::generate_from_seed("registry.example", [7; 32])?;
//! let head = Head { origin: "registry.example".to_owned(), size: tree.size(), root: tree.root() };
//! let checkpoint = Checkpoint::sign(&head, &key)?;
//!
//! // Outside: the head is accepted, the tiles give its root, the epoch is its last entry.
//! let policy = Policy::parse(&format!("log {}\nquorum none\n", key.verifier()))?;
//! let accepted = policy.accept("registry.example", &checkpoint)?;
//! let head = accepted.head();
//! assert_eq!(VerifiedTiles::edge(head.size).len(), 1);
//! let tiles = VerifiedTiles::open(head.size, &head.root, vec![tile])?;
//! assert_eq!(tiles.leaf(head.size - 1), Some(leaf_hash(&epoch)));
//! let Record::Epoch(epoch) = Record::parse(&epoch)? else { panic!("a log ends in an epoch") };
//!
//! // The index leads to the page, and the page's last record stands in the log.
//! let files: std::collections::BTreeMap<String, Vec<u8>> = index.files().collect();
//! let mut index = VerifiedIndex::open(&epoch.index, &files[&node_path(&epoch.index)])?;
//! let wanted = key_of_package("wasi:http");
//! let number = VerifiedIndex::lower_of(&wanted);
//! if let Some(hash) = index.missing_lower(number) {
//!     index.insert(number, &files[&node_path(&hash)])?;
//! }
//! let bin = headlock_log::index::bin_path(&index.bin(&wanted)?);
//! assert_eq!(index.get(&wanted, &files[&bin])?, Some(Digest::of(&page)));
//! let page = Page::parse(&page, "registry.example", "wasi:http")?;
//! let (place, leaf) = page.last();
//! assert_eq!(tiles.leaf(place), Some(leaf));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod digest;
pub mod evidence;
pub mod fork;
pub mod index;
pub mod merkle;
pub mod name;
pub mod note;
pub mod page;
pub mod policy;
pub mod record;
pub mod tile;
