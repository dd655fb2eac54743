//! Registries behind a web server.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, StatusCode};
use ureq::{Agent, Body, Proxy, Timeout};

use super::body::{Unpacking, Useless};
use super::patience::Patience;
use super::permits::Later;
use super::post::Posted;
use super::transport::{Again, Answer, Failure, Transport};
use super::url::{Scheme, Url};

/// How many redirects a request follows.
const MAX_REDIRECTS: usize = 5;
/// How many files are asked for at a time: as many as most rounds ask for, so that none waits for another.
const PARALLEL: usize = 256;
/// Longest headers of an answer, in bytes.
const MAX_HEADERS: usize = 16 << 10;

/// Longest request, in bytes: a URL and a few headers.
const MAX_REQUEST: usize = 16 << 10;
/// How many bytes of a body are read at a time.
const PIECE: usize = 64 << 10;

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
            .input_buffer_size(PIECE)
            .output_buffer_size(MAX_REQUEST)
            .max_idle_connections(PARALLEL)
            .max_idle_connections_per_host(PARALLEL)
            .build()
            .new_agent();
        Server { base, agent, patience: *patience }
    }

    /// Sends something, and reads the answer, whatever its status; no redirect is followed.
    pub(super) fn post(&self, path: &str, body: &[u8], limit: u64, time: Duration) -> Result<Posted, Failure> {
        let Patience { connect, stall, .. } = self.patience;
        let request = self
            .agent
            .post(self.base.join(path).to_string())
            .header("content-type", "text/plain; charset=utf-8")
            .config()
            .timeout_resolve(Some(connect.min(time)))
            .timeout_connect(Some(connect.min(time)))
            .timeout_send_request(Some(stall.min(time)))
            .timeout_send_body(Some(stall.min(time)))
            .timeout_recv_response(Some(stall.min(time)))
            .timeout_per_read(Some(stall.min(time)))
            .build();
        let asked = Instant::now();
        let response = request.send(body).map_err(|error| self.failure(&error, time))?;
        let (head, body) = response.into_parts();
        let content_type = head.headers.get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let is_gzip = is_gzip(&head.headers)?;
        match self.read(body, Unpacking::new(is_gzip, limit, &|| ()), asked, time) {
            Ok(body) => Ok(Posted { status: head.status.as_u16(), content_type, body }),
            Err(NotRead::TooLong) => {
                Err(Failure::lasting(format!("expected an answer of at most {limit} bytes, found more")))
            }
            Err(NotRead::Failed(failure)) => Err(failure),
        }
    }

    /// What a failed request means that had so much time.
    fn failure(&self, error: &ureq::Error, time: Duration) -> Failure {
        let [connect, stall] = [self.patience.connect, self.patience.stall].map(|part| part.min(time));
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                Failure::passing(format!("no connection within {} s", connect.as_secs_f64()))
            }
            ureq::Error::Timeout(Timeout::RecvResponse) => {
                Failure::passing(format!("no answer within {} s", stall.as_secs_f64()))
            }
            ureq::Error::Timeout(Timeout::PerRead) => {
                Failure::passing(format!("nothing more came for {} s", stall.as_secs_f64()))
            }
            ureq::Error::Timeout(_) => not_done(time),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Failure::passing("the answer ended before its end")
            }
            ureq::Error::Io(error) => Failure::passing(error.to_string()),
            ureq::Error::HostNotFound => Failure::lasting("there is no host of this name"),
            ureq::Error::Protocol(error) => Failure::passing(format!("the answer is no HTTP: {error}")),
            ureq::Error::LargeResponseHeader(..) => {
                Failure::lasting(format!("expected at most {MAX_HEADERS} bytes of headers, found more"))
            }
            other => Failure::lasting(other.to_string()),
        }
    }

    /// Reads a body as it comes. What comes too slowly is given up long before its time is over, counted from when the
    /// file was asked for; waiting for a permit does not count.
    fn read(&self, body: Body, mut into: Unpacking<'_>, asked: Instant, time: Duration) -> Result<Vec<u8>, NotRead> {
        let Patience { stall, slowest, .. } = self.patience;
        let began = Instant::now();
        let mut reader = body.into_reader();
        let (mut came, mut piece) = (0, [0; PIECE]);
        loop {
            match reader.read(&mut piece).map_err(ureq::Error::from) {
                Ok(0) => return Ok(into.finish()?),
                Ok(length) => {
                    came += length;
                    into.push(&piece[..length])?;
                }
                Err(error) => return Err(NotRead::Failed(self.failure(&error, time))),
            }
            let waited = began.elapsed().saturating_sub(into.waited());
            if asked.elapsed().saturating_sub(into.waited()) > time {
                return Err(NotRead::Failed(not_done(time)));
            }
            if waited > stall && (came as f64) < waited.as_secs_f64() * slowest as f64 {
                return Err(NotRead::Failed(Failure::passing(format!("fewer than {slowest} bytes a second came"))));
            }
        }
    }
}

/// Why a body was not read to its end.
enum NotRead {
    TooLong,
    Failed(Failure),
}

impl From<Useless> for NotRead {
    fn from(useless: Useless) -> NotRead {
        match useless {
            Useless::TooLong => NotRead::TooLong,
            Useless::Broken(error) => NotRead::Failed(Failure::passing(format!("it cannot be decompressed: {error}"))),
        }
    }
}

/// Whether a body is in gzip, by what its headers say.
fn is_gzip(headers: &HeaderMap) -> Result<bool, Failure> {
    let encodings: Vec<_> = headers.get_all("content-encoding").iter().collect();
    match encodings.as_slice() {
        [] => Ok(false),
        [one] if *one == "identity" => Ok(false),
        [one] if *one == "gzip" => Ok(true),
        [first, ..] => Err(Failure::lasting(format!("expected no content encoding but gzip, found {first:?}"))),
    }
}

impl Transport for Server {
    fn get(&self, path: &str, limit: u64, time: Duration, large: &Later<'_>) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut url = self.base.join(path);
        for _ in 0..=MAX_REDIRECTS {
            let left = time.checked_sub(began.elapsed()).ok_or_else(|| not_done(time))?;
            // The time of the whole is looked after where the body is read.
            let Patience { connect, stall, .. } = self.patience;
            let request = self
                .agent
                .get(url.to_string())
                .header("accept-encoding", "gzip")
                .config()
                .timeout_resolve(Some(connect.min(left)))
                .timeout_connect(Some(connect.min(left)))
                .timeout_send_request(Some(stall.min(left)))
                .timeout_recv_response(Some(stall.min(left)))
                .timeout_per_read(Some(stall.min(left)))
                .build();
            let response = request.call().map_err(|error| self.failure(&error, time))?;
            let (head, body) = response.into_parts();
            match head.status {
                StatusCode::OK => {
                    let is_gzip = is_gzip(&head.headers)?;
                    let is_chunked = head.headers.contains_key("transfer-encoding");
                    let is_framed = is_gzip || is_chunked || body.content_length().is_some();
                    let hold_much = || large.hold();
                    return match self.read(body, Unpacking::new(is_gzip, limit, &hold_much), began, time) {
                        Ok(bytes) => Ok(Answer::Found { bytes, is_framed }),
                        Err(NotRead::TooLong) => Ok(Answer::TooLong),
                        Err(NotRead::Failed(failure)) => Err(failure),
                    };
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Missing),
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
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

fn not_done(time: Duration) -> Failure {
    Failure::passing(format!("not done within {} s", time.as_secs_f64()))
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
    fn get(&self, _: &str, _: u64, _: Duration, _: &Later<'_>) -> Result<Answer, Failure> {
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
