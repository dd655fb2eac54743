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
#[cfg(not(target_family = "wasm"))]
mod body;
mod bundled;
mod cache;
mod clock;
mod content;
mod copies;
#[cfg_attr(target_family = "wasm", allow(dead_code, reason = "no server is asked"))]
mod credentials;
mod fetcher;
mod file;
#[cfg(not(target_family = "wasm"))]
mod http;
mod oci;
mod patience;
#[cfg_attr(target_family = "wasm", allow(dead_code, reason = "nothing comes from afar"))]
mod permits;
mod post;
#[cfg(not(target_family = "wasm"))]
mod proxy;
mod reader;
#[cfg(not(target_family = "wasm"))]
mod roots;
mod transport;
mod unreached;
mod url;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::bundle::Bundle;
use crate::error::Result;

pub use content::{Content, MAX_BLOB};
pub use copies::Copies;
pub use credentials::{Credentials, Netrc};
pub use fetcher::{Fetcher, Progress, Served};
pub use oci::{OciContents, OciPlace, OciReference, pull};
pub use post::{Posted, post};
pub use reader::LogReader;
pub(crate) use reader::{EVIDENCE, MAX_PAGE_BYTES, PageEnd, PageSource};
pub use url::{check_peer_url, check_redirect, check_url, folder_of};

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
    /// What private registries are asked with.
    pub credentials: Option<Arc<Credentials>>,
}

impl Access {
    /// What the server at a URL is shown.
    fn credential(&self, url: &url::Url) -> Result<Option<Arc<credentials::Credential>>> {
        self.credentials.as_ref().map_or(Ok(None), |credentials| credentials.for_url(url))
    }
}
