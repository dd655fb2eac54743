//! A repository as a way to contents.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::showing::Showing;
use super::{placed, url};
use crate::error::Result;
use crate::sources::Access;
use crate::sources::credentials::Credential;
use crate::sources::http::{Asked, MAX_REDIRECTS, Server};
use crate::sources::patience::Patience;
use crate::sources::permits::Later;
use crate::sources::transport::{Answer, Failure, Transport};
use crate::sources::url::Url;

/// The servers that were asked, whose connections all their repositories share.
#[derive(Default)]
pub(super) struct Servers(Mutex<BTreeMap<String, Arc<Server>>>);

impl Servers {
    pub(super) fn repository(&self, access: &Access, base: Url, patience: &Patience) -> Result<Repository> {
        let showing = Showing::new(access, patience, &base)?;
        let at = base.server();
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let server = servers.entry(at.to_string()).or_insert_with(|| Arc::new(Server::new(at, patience, None)));
        Ok(Repository { server: Arc::clone(server), base, showing })
    }
}

/// A repository of an OCI registry: it has blobs, manifests, and no other file of a log.
pub(super) struct Repository {
    server: Arc<Server>,
    /// In the registry's API.
    base: Url,
    /// What it is shown.
    showing: Showing,
}

impl Transport for Repository {
    /// Asks as whoever it was that was answered before; at first as nobody, for many answer anybody, and those who do not
    /// say what they want.
    fn get(&self, path: &str, limit: u64, time: Duration, large: &Later<'_>) -> Result<Answer, Failure> {
        let Some((url, accept)) = placed(&self.base, path) else { return Ok(Answer::Missing) };
        let began = Instant::now();
        let ask = |shown: Option<&Arc<Credential>>| {
            let (known, credential) = (self.showing.known(), shown.map(|shown| &**shown));
            let asked = Asked { url: url.clone(), accept, credential, known: &known, redirects: MAX_REDIRECTS };
            self.server.ask(&asked, limit, time.saturating_sub(began.elapsed()), large)
        };
        let shown = self.showing.held();
        let failure = match ask(shown.as_ref()) {
            Err(failure) => failure,
            answer => return answer,
        };
        let Some(challenge) = &failure.challenge else { return Err(failure) };
        match self.showing.another(shown.as_ref(), challenge, time.saturating_sub(began.elapsed()), large)? {
            Some(credential) => ask(Some(&credential)),
            None => Err(failure),
        }
    }

    fn url(&self, path: &str) -> String {
        url(&self.base, path)
    }

    fn is_lossy(&self) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        true
    }
}
