//! Reading a registry: moving its files, and proving each before anyone sees it.
//!
//! A registry is a folder of files under a URL, `file://`, `https://` or `http://`. Nothing that comes from there is
//! believed: content-addressed files are checked against their names, tiles against a signed head, records against
//! tiles. All proofs are `headlock_log`'s; this module only decides which bytes they need, gets them from wherever they
//! can be had, and says whose fault it is if they do not hold:
//!
//! - what cannot be had is "could not check", with the URL and the reason;
//! - what was served in full and is not what its hash or its head says, or is longer than such a file can be, is "no":
//!   broken or dishonest, and not used.
//!
//! ```text
//! Url ── Transport ──┐
//!                    ├── Fetcher ── LogReader: head ── tiles ── epoch ── index ── bins ── pages
//!        Cache ──────┘
//! ```
//!
//! Files are fetched in parallel. Results stand in the order of what was asked for, and the first error in that order is
//! the error: timing reaches nobody.

mod asking;
mod body;
mod bundled;
mod cache;
mod content;
mod copies;
mod fetcher;
mod file;
mod http;
mod patience;
mod permits;
mod post;
mod reader;
mod transport;
mod url;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::bundle::Bundle;

pub use content::{Content, MAX_BLOB};
pub use copies::Copies;
pub use fetcher::{Fetcher, Progress, Served};
pub use post::{Posted, post};
pub use reader::LogReader;
pub(crate) use reader::{EVIDENCE, MAX_PAGE_BYTES, PageEnd, PageSource};
pub use url::{check_peer_url, check_redirect, check_url};

/// Which registries may be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// `file://`, and what the cache holds.
    Offline,
    /// Also `https://`, and `http://` to this host.
    #[default]
    Online,
    /// Also `http://` to any host. All content is proven even so; but whoever is on the way can see what is asked for,
    /// and can hold back newer heads.
    OnlineWithHttp,
}

/// How registries are reached.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Which registries may be reached.
    pub network: Network,
    /// The cache folder, which need not exist; nothing for no cache. What is in it is checked like anything else.
    pub cache: Option<PathBuf>,
    /// How long one URL may take for one file, all tries together; nothing for two minutes.
    pub give_up: Option<Duration>,
    /// A bundle that everything is taken from: no URL is asked.
    pub bundle: Option<Arc<Bundle>>,
    /// Where a copy of each file goes that was read and proven.
    pub copies: Option<Arc<Copies>>,
}
