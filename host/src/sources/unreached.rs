//! Registries behind a web server that is not asked: offline, and where WebAssembly runs.

#[cfg(target_family = "wasm")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(target_family = "wasm")]
use super::credentials::Credential;
#[cfg(target_family = "wasm")]
use super::patience::Patience;
use super::permits::Later;
#[cfg(target_family = "wasm")]
use super::post::Posted;
use super::transport::{Answer, Failure, Transport};
use super::url::Url;

/// A registry that is not reached: what is not in the cache is not there.
#[derive(Debug)]
pub(super) struct Unreached {
    base: Url,
}

impl Unreached {
    pub(super) fn new(base: Url) -> Unreached {
        Unreached { base }
    }
}

impl Transport for Unreached {
    fn get(&self, _: &str, _: u64, _: Duration, _: &Later<'_>) -> Result<Answer, Failure> {
        Err(Failure::lasting("not in the cache, and no server is asked while offline"))
    }

    fn url(&self, path: &str) -> String {
        self.base.join(path).to_string()
    }

    fn parallel(&self) -> usize {
        1
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// A server to post to, where there is none.
#[cfg(target_family = "wasm")]
#[derive(Debug)]
pub(super) struct Server;

#[cfg(target_family = "wasm")]
impl Server {
    pub(super) fn new(_: Url, _: &Patience, _: Option<Arc<Credential>>) -> Server {
        Server
    }

    pub(super) fn post(&self, _: &str, _: &[u8], _: u64, _: Duration) -> Result<Posted, Failure> {
        Err(Failure::lasting("no server is asked from here"))
    }
}
