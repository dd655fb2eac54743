//! Sending something to a server: for witnesses, which answer what they are sent.

use super::fetcher::is_allowed;
#[cfg(not(target_family = "wasm"))]
use super::http::Server;
use super::patience::Patience;
#[cfg(target_family = "wasm")]
use super::unreached::Server;
use super::url::{Scheme, Url};
use super::{Access, Network};
use crate::error::{Error, Result};

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The status.
    pub status: u16,
    /// The media type of the body, if it says one.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends a body to a path behind a server's URL, once, and reads at most so many bytes of the answer.
///
/// # Errors
/// Malformed: no URL of a server, or one that may not be asked. Could not check: it does not answer, or with too much.
pub fn post(access: &Access, base: &str, path: &str, body: &[u8], limit: u64) -> Result<Posted> {
    let url = Url::parse_base(base)?;
    if url.scheme == Scheme::File {
        return Err(Error::malformed(format!("expected the URL of a server, found {base:?}")));
    }
    if access.network == Network::Offline {
        return Err(Error::could_not_check(format!("{base}: no server is asked while offline")));
    }
    is_allowed(access.network, &url)?;
    let patience = Patience::default();
    let time = access.give_up.unwrap_or(patience.give_up);
    let credential = access.credential(&url)?;
    let server = Server::new(url, &patience, credential);
    server.post(path, body, limit, time).map_err(|failure| Error::could_not_check(format!("{base}: {}", failure.what)))
}
