//! Registries behind a web server.

use std::fmt;
use std::io;
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode};
use ureq::{Agent, Proxy, Timeout};

use super::patience::Patience;
use super::transport::{Again, Answer, Failure, Transport};
use super::url::{Scheme, Url};

/// How many redirects a request follows.
const MAX_REDIRECTS: usize = 5;
/// How many files are asked for at a time.
const PARALLEL: usize = 16;
/// Longest headers of an answer, in bytes.
const MAX_HEADERS: usize = 16 << 10;

/// A registry behind a web server.
pub(super) struct Server {
    base: Url,
    agent: Agent,
    patience: Patience,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Server {
    pub(super) fn new(base: Url, patience: &Patience) -> Server {
        // A proxy is for reaching others.
        let proxy = if base.is_loopback() { None } else { Proxy::try_from_env() };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(base.scheme == Scheme::Https)
            // Redirects are followed here, by our own rules.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("headlock/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(MAX_HEADERS)
            .max_idle_connections(PARALLEL)
            .max_idle_connections_per_host(PARALLEL)
            .timeout_connect(Some(patience.connect))
            .timeout_per_read(Some(patience.stall))
            .timeout_per_call(Some(patience.request))
            .build()
            .new_agent();
        Server { base, agent, patience: *patience }
    }

    /// What a failed request means.
    fn failure(&self, error: &ureq::Error) -> Failure {
        let Patience { connect, stall, request, .. } = self.patience;
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                Failure::passing(format!("no connection within {} s", connect.as_secs_f64()))
            }
            ureq::Error::Timeout(Timeout::PerRead) => {
                Failure::passing(format!("nothing more came for {} s", stall.as_secs_f64()))
            }
            ureq::Error::Timeout(_) => Failure::passing(format!("not done within {} s", request.as_secs_f64())),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Failure::passing("the answer ended before its end")
            }
            ureq::Error::Io(error) => Failure::passing(error.to_string()),
            ureq::Error::HostNotFound => Failure::lasting("there is no host of this name"),
            ureq::Error::Decompress(_, error) => Failure::passing(format!("it cannot be decompressed: {error}")),
            ureq::Error::Protocol(error) => Failure::passing(format!("the answer is no HTTP: {error}")),
            other => Failure::lasting(other.to_string()),
        }
    }
}

impl Transport for Server {
    fn get(&self, path: &str, limit: u64) -> Result<Answer, Failure> {
        let mut url = self.base.join(path);
        for _ in 0..=MAX_REDIRECTS {
            let response = self.agent.get(url.to_string()).call().map_err(|error| self.failure(&error))?;
            let (head, body) = response.into_parts();
            match head.status {
                StatusCode::OK => {
                    return match body.into_with_config().limit(limit).read_to_vec() {
                        Ok(bytes) => Ok(Answer::Found(bytes)),
                        Err(ureq::Error::BodyExceedsLimit(_)) => Ok(Answer::TooLong),
                        Err(error) => Err(self.failure(&error)),
                    };
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Missing),
                status if status.is_redirection() => {
                    let location = head.headers.get("location").and_then(|value| value.to_str().ok());
                    let location =
                        location.ok_or_else(|| Failure::lasting("it redirects, and does not say where to"))?;
                    url = url.redirected(location).map_err(Failure::lasting)?;
                }
                status => return Err(refused(status, &head.headers)),
            }
        }
        Err(Failure::lasting(format!("it redirects more than {MAX_REDIRECTS} times")))
    }

    fn url(&self, path: &str) -> String {
        self.base.join(path).to_string()
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }

    fn is_lossy(&self) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// An answer that is neither the file nor the word that there is none.
fn refused(status: StatusCode, headers: &HeaderMap) -> Failure {
    let what = format!("expected the file (status 200), found status {}", status.as_u16());
    let may_pass = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY);
    if !may_pass {
        return Failure::lasting(what);
    }
    let asked = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u32>().ok()).unwrap_or(0);
    Failure { what, again: Again::After(Duration::from_secs(asked.into())) }
}

/// A registry behind a web server that must not be asked.
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
    fn get(&self, _: &str, _: u64) -> Result<Answer, Failure> {
        Err(Failure::lasting("not in the cache, and no server is asked while offline"))
    }

    fn url(&self, path: &str) -> String {
        self.base.join(path).to_string()
    }

    fn parallel(&self) -> usize {
        1
    }

    fn is_lossy(&self) -> bool {
        false
    }

    fn is_remote(&self) -> bool {
        true
    }
}
