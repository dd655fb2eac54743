//! What a repository is shown: what the user has for it, or a token that a service gives.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::challenge::{Challenge, bearer};
use crate::error::Result;
use crate::sources::Access;
use crate::sources::credentials::{Credential, may_be_told};
use crate::sources::fetcher::is_allowed;
use crate::sources::http::{Asked, Server};
use crate::sources::patience::Patience;
use crate::sources::permits::Later;
use crate::sources::transport::{Answer, Failure};
use crate::sources::url::{Url, shown};

/// The largest answer of a service, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// The longest name that a service may have for a registry, in bytes.
const MAX_SERVICE: usize = 256;

/// How much of what was shown is remembered, for messages without it: more than a run asks for.
const MAX_KNOWN: usize = 64;

/// What a repository is shown.
pub(super) struct Showing {
    access: Access,
    patience: Patience,
    /// The repository in the registry's API.
    base: Url,
    /// As services name it.
    repository: String,
    /// What the user has for it.
    own: Option<Arc<Credential>>,
    /// Rises with each time that something is asked for.
    asked: AtomicU64,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    /// What it is shown.
    held: Option<Arc<Credential>>,
    /// Why there is none, since it was last asked for.
    failed: Option<Failure>,
    /// All that it was shown, and the services.
    known: Vec<Arc<Credential>>,
}

/// What is read of a service's answer.
#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

impl Showing {
    pub(super) fn new(access: &Access, patience: &Patience, base: &Url) -> Result<Showing> {
        Ok(Showing {
            own: access.credential(base)?,
            access: access.clone(),
            patience: *patience,
            base: base.clone(),
            repository: base.behind("v2").unwrap_or_default(),
            asked: AtomicU64::new(0),
            now: Mutex::default(),
        })
    }

    /// What it was shown last; nothing at first.
    pub(super) fn held(&self) -> Option<Arc<Credential>> {
        self.now().held.clone()
    }

    /// All that it was shown, which it may repeat.
    pub(super) fn known(&self) -> Vec<Arc<Credential>> {
        self.now().known.clone()
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to show to a registry that refused what it was shown, and says what it wants; nothing if there is nothing else.
    pub(super) fn another(
        &self,
        refused: Option<&Arc<Credential>>,
        challenge: &str,
        time: Duration,
        large: &Later<'_>,
    ) -> Result<Option<Arc<Credential>>, Failure> {
        let (before, began) = (self.asked.load(Ordering::SeqCst), Instant::now());
        // Who comes while somebody asks waits, and takes what that one got.
        let mut now = self.now();
        let is_refused = |credential: &Arc<Credential>| refused.is_some_and(|refused| Arc::ptr_eq(credential, refused));
        if let Some(held) = now.held.clone().filter(|held| !is_refused(held)) {
            return Ok(Some(held));
        }
        if let Some(failure) = now.failed.clone().filter(|_| self.asked.load(Ordering::SeqCst) != before) {
            return Err(failure);
        }
        let challenge = bearer(challenge);
        // What the user has for the registry itself it is shown itself: a token always, a login where no service wants it.
        let own = self.own.as_ref().filter(|own| !is_refused(own) && (challenge.is_none() || own.is_token()));
        let next = match (own, challenge) {
            (Some(own), _) => Arc::clone(own),
            (None, Some(challenge)) if !self.own.as_ref().is_some_and(|own| own.is_token()) => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let left = time.saturating_sub(began.elapsed());
                let given = self.token(&challenge, &mut now.known, left, large);
                match given {
                    Ok(token) => Arc::new(token),
                    Err(failure) => {
                        (now.held, now.failed) = (None, Some(failure.clone()));
                        return Err(failure);
                    }
                }
            }
            (None, _) => return Ok(None),
        };
        (now.held, now.failed) = (Some(Arc::clone(&next)), None);
        remember(&mut now.known, &next);
        Ok(Some(next))
    }

    /// Asks a service for a token.
    fn token(
        &self,
        challenge: &Challenge,
        known: &mut Vec<Arc<Credential>>,
        time: Duration,
        large: &Later<'_>,
    ) -> Result<Credential, Failure> {
        let Challenge { realm, service } = challenge;
        let url = self.service(realm, known)?;
        let at = |failure: Failure| Failure { what: format!("the token of {url}: {}", failure.what), ..failure };
        if service.as_ref().is_some_and(|service| service.len() > MAX_SERVICE) {
            return Err(at(Failure::lasting(format!(
                "its registry has a name of more than {MAX_SERVICE} bytes there"
            ))));
        }
        // A registry that names the service of another is not to get what that one gives to its user.
        let own = match url.has_origin_of(&self.base) {
            true => self.access.credential(&url).map_err(|error| Failure::lasting(error.to_string()))?,
            false => None,
        };
        own.iter().for_each(|own| remember(known, own));
        let scope = format!("repository:{}:pull", self.repository);
        let service = service.iter().map(|service| ("service", &**service));
        let pairs: Vec<(&str, &str)> = service.chain([("scope", &*scope)]).collect();
        let (server, credential) = (Server::new(url.server(), &self.patience, None), own.as_deref());
        let asked = Asked { url: url.asking(&pairs), accept: None, credential, known, redirects: 0 };
        // What a service wants to be shown no other service is asked for.
        let asked =
            server.ask(&asked, MAX_ANSWER, time, large).map_err(|failure| Failure { challenge: None, ..at(failure) });
        let bytes = match asked? {
            Answer::Found { bytes, .. } => bytes,
            Answer::Missing => return Err(at(Failure::lasting("expected a token, and there is none"))),
            Answer::TooLong => {
                return Err(at(Failure::lasting(format!("expected at most {MAX_ANSWER} bytes, found more"))));
            }
        };
        let given: Option<Given> = serde_json::from_slice(&bytes).ok();
        let tokens = given.into_iter().flat_map(|given| [given.token, given.access_token]).flatten();
        let token = tokens.max_by_key(|token| !token.is_empty());
        let token = token.ok_or_else(|| at(Failure::lasting("expected a token as JSON, found something else")))?;
        let whom = if own.is_some() { "that user" } else { "anybody" };
        let from = format!("the token that {url} gives to {whom}");
        Credential::given(&self.base, token, from).map_err(|what| at(Failure::lasting(what)))
    }

    /// The URL of the service, if it may be asked.
    fn service(&self, realm: &str, known: &[Arc<Credential>]) -> Result<Url, Failure> {
        // Before it is read or told: parts of it would stand in messages.
        if known.iter().any(|secret| secret.is_in_url(realm)) {
            return Err(Failure::lasting("it wants a token of a URL that repeats what was shown to it"));
        }
        let named = shown(realm);
        if !may_be_told(&self.base) {
            return Err(Failure::lasting(format!(
                "it wants a token of {named:?}, and would be shown it in clear, for all on the way: use oci://"
            )));
        }
        let url = Url::parse_service(realm).map_err(|what| {
            Failure::lasting(format!("it wants a token of {named:?}, which is no URL to ask: {what}"))
        })?;
        if !self.base.may_lead_to(&url) {
            return Err(Failure::lasting(format!(
                "it wants a token of {named:?}, which is not asked: from a server to this host or its network, or from \
                 https to http"
            )));
        }
        is_allowed(self.access.network, &url).map_err(|error| Failure::lasting(error.to_string()))?;
        Ok(url)
    }
}

/// The oldest is forgotten first.
fn remember(known: &mut Vec<Arc<Credential>>, credential: &Arc<Credential>) {
    if known.iter().any(|known| Arc::ptr_eq(known, credential)) {
        return;
    }
    if known.len() == MAX_KNOWN {
        known.remove(0);
    }
    known.push(Arc::clone(credential));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Network;
    use crate::sources::permits::Permits;

    #[test]
    fn no_token_is_asked_for_that_would_be_shown_in_clear_to_another_host() {
        let access = Access { network: Network::OnlineWithHttp, ..Access::default() };
        let base = Url::parse_base("http://registry.example/v2/acme").expect("a URL");
        let showing = Showing::new(&access, &Patience::default(), &base).expect("nothing to read");
        let permits = Permits::new(1);
        let challenge = "Bearer realm=\"https://auth.example/token\"";
        let failure = showing.another(None, challenge, Duration::from_secs(1), &permits.later());
        let failure = failure.expect_err("a refusal");
        assert!(failure.what.contains("would be shown it in clear"), "{failure:?}");
    }
}
