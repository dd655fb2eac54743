//! Registries behind a web server.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use ureq::http::{HeaderMap, HeaderValue, StatusCode};
use ureq::{Agent, Body, Proxy, ProxyProtocol, RequestBuilder, Timeout};

use super::body::{Unpacking, Useless};
use super::credentials::Credential;
use super::patience::Patience;
use super::permits::Later;
use super::post::Posted;
use super::proxy::{Proxies, Way};
use super::roots;
use super::transport::{Again, Answer, Failure, Transport};
use super::url::{Scheme, Url};

/// How many redirects a request follows.
pub(super) const MAX_REDIRECTS: usize = 5;
/// How many files are asked for at a time: as many as most rounds ask for, so that none waits for another.
const PARALLEL: usize = 256;
/// Longest headers of an answer, in bytes.
const MAX_HEADERS: usize = 16 << 10;

/// Longest request, in bytes: a URL and a few headers.
const MAX_REQUEST: usize = 16 << 10;
/// How many bytes of a body are read at a time.
const PIECE: usize = 64 << 10;

/// What is asked of a server.
#[derive(Clone)]
pub(super) struct Asked<'a> {
    pub(super) url: Url,
    /// Media types that are wanted, where it matters.
    pub(super) accept: Option<&'a str>,
    /// What the server is shown.
    pub(super) credential: Option<&'a Credential>,
    /// What it was shown before: it may repeat that, too.
    pub(super) known: &'a [Arc<Credential>],
    /// How many redirects are followed.
    pub(super) redirects: usize,
}

impl Asked<'_> {
    /// All that must not be repeated.
    fn secrets(&self) -> impl Iterator<Item = &Credential> {
        self.credential.into_iter().chain(self.known.iter().map(|known| &**known))
    }
}

/// A registry behind a web server.
pub(super) struct Server {
    base: Url,
    proxies: Proxies,
    /// Asks without a proxy.
    direct: Agent,
    /// Asks by the proxy, if one is named that can be used.
    by_proxy: Option<Agent>,
    patience: Patience,
    /// What the server is shown.
    credential: Option<Arc<Credential>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Server {
    pub(super) fn new(base: Url, patience: &Patience, credential: Option<Arc<Credential>>) -> Server {
        let proxies = Proxies::of_environment();
        // What a server redirects to may be reached another way than the server.
        let by_proxy = proxies.proxy().map(|proxy| agent(&base, patience, Some(proxy)));
        let direct = agent(&base, patience, None);
        Server { base, proxies, direct, by_proxy, patience: *patience, credential }
    }

    /// What asks the server of a URL, and the variable that names its proxy.
    fn agent_for(&self, url: &Url) -> Result<(&Agent, Option<&'static str>), Failure> {
        let is_tls = url.scheme == Scheme::Https;
        match (self.proxies.way_to(url), &self.by_proxy) {
            (Way::Directly, _) => known(is_tls).map(|()| (&self.direct, None)),
            (Way::By(name), Some(agent)) => {
                known(is_tls || self.proxies.proxy().is_some_and(proxy_is_tls)).map(|()| (agent, Some(name)))
            }
            (Way::By(name) | Way::Barred(name), _) => Err(Failure {
                hint: Some(
                    "expected http://HOST:PORT or https://HOST:PORT; NO_PROXY names hosts that are asked without it"
                        .to_owned(),
                ),
                ..Failure::lasting(format!("the variable {name} is set, and names no proxy that can be used"))
            }),
        }
    }

    /// Adds what the server is shown. It is asked over its own base, or what that redirects to in its reach.
    fn shown<B>(
        &self,
        request: RequestBuilder<B>,
        credential: Option<&Credential>,
    ) -> Result<RequestBuilder<B>, Failure> {
        let Some(credential) = credential else { return Ok(request) };
        let mut value = HeaderValue::from_str(credential.header())
            .map_err(|_| Failure::lasting(format!("the token of {} cannot be sent", credential.from())))?;
        value.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, value))
    }

    /// What can be done about being refused.
    fn about_credentials(status: StatusCode, credential: Option<&Credential>, shown: bool) -> Option<String> {
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return None;
        }
        Some(match credential {
            None => "if the registry is private: a file that `--credentials` names says which token is for which URL \
                     (docs/private.md)"
                .to_owned(),
            Some(credential) if shown => {
                format!("the credential of {} was sent: does it still hold, and for this?", credential.from())
            }
            Some(credential) => format!(
                "the credential of {} was not sent: the server redirects to where it is not for",
                credential.from()
            ),
        })
    }

    /// Sends something, and reads the answer, whatever its status; no redirect is followed.
    pub(super) fn post(&self, path: &str, body: &[u8], limit: u64, time: Duration) -> Result<Posted, Failure> {
        self.send(path, body, limit, time).map_err(|failure| hidden(failure, self.credential.as_deref().into_iter()))
    }

    fn send(&self, path: &str, body: &[u8], limit: u64, time: Duration) -> Result<Posted, Failure> {
        let Patience { connect, stall, .. } = self.patience;
        let url = self.base.join(path);
        let (agent, by) = self.agent_for(&url)?;
        let request = agent.post(url.to_string());
        let request = self
            .shown(request, self.credential.as_deref())?
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
        let response = request.send(body).map_err(|error| by_proxy(by, self.failure(&error, time)))?;
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

/// What asks servers, over a proxy if one is given.
fn agent(base: &Url, patience: &Patience, proxy: Option<&Proxy>) -> Agent {
    let mut config = Agent::config_builder();
    if base.scheme == Scheme::Https || proxy.is_some_and(proxy_is_tls) {
        config = config.tls_config(roots::tls());
    }
    let Patience { connect, stall, .. } = *patience;
    config
        // As long as there is time. The first connection by these makes what TLS needs, once for all.
        .timeout_resolve(Some(connect))
        .timeout_connect(Some(connect))
        .timeout_send_request(Some(stall))
        .timeout_recv_response(Some(stall))
        .timeout_per_read(Some(stall))
        .http_status_as_error(false)
        .https_only(base.scheme == Scheme::Https)
        // Redirects are followed here, by our own rules.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy.cloned())
        .user_agent(concat!("headlock/", env!("CARGO_PKG_VERSION")))
        .max_response_header_size(MAX_HEADERS)
        .input_buffer_size(PIECE)
        .output_buffer_size(MAX_REQUEST)
        .max_idle_connections(PARALLEL)
        .max_idle_connections_per_host(PARALLEL)
        .build()
        .new_agent()
}

/// A server or a proxy that is reached over TLS cannot be known by its name without roots.
fn known(is_tls: bool) -> Result<(), Failure> {
    match is_tls.then(roots::missing).flatten() {
        None => Ok(()),
        Some(what) => Err(Failure {
            hint: Some(
                "install them (Debian's package ca-certificates), or name a PEM file by SSL_CERT_FILE".to_owned(),
            ),
            ..Failure::lasting(what)
        }),
    }
}

/// Whether a proxy is reached over TLS.
fn proxy_is_tls(proxy: &Proxy) -> bool {
    proxy.protocol() == ProxyProtocol::Https
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

impl Server {
    /// Asks for what a URL names, and where it is redirected to; what fails is told without what was shown.
    pub(super) fn ask(
        &self,
        asked: &Asked<'_>,
        limit: u64,
        time: Duration,
        large: &Later<'_>,
    ) -> Result<Answer, Failure> {
        self.follow(asked, limit, time, large).map_err(|failure| hidden(failure, asked.secrets()))
    }

    /// Asks for what a URL names, and where it is redirected to.
    fn follow(&self, asked: &Asked<'_>, limit: u64, time: Duration, large: &Later<'_>) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut url = asked.url.clone();
        let mut credential = asked.credential;
        for _ in 0..=asked.redirects {
            let left = time.checked_sub(began.elapsed()).ok_or_else(|| not_done(time))?;
            // The time of the whole is looked after where the body is read.
            let Patience { connect, stall, .. } = self.patience;
            let (agent, by) = self.agent_for(&url)?;
            let mut request = self.shown(agent.get(url.to_string()), credential)?.header("accept-encoding", "gzip");
            if let Some(types) = asked.accept {
                request = request.header("accept", types);
            }
            if left < connect.max(stall) {
                request = request
                    .config()
                    .timeout_resolve(Some(connect.min(left)))
                    .timeout_connect(Some(connect.min(left)))
                    .timeout_send_request(Some(stall.min(left)))
                    .timeout_recv_response(Some(stall.min(left)))
                    .timeout_per_read(Some(stall.min(left)))
                    .build();
            }
            let response = request.call().map_err(|error| by_proxy(by, self.failure(&error, time)))?;
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
                    // Told apart before it is read: parts of it would stand in messages.
                    if asked.secrets().any(|secret| secret.is_in_url(location)) {
                        return Err(Failure::lasting("it redirects to a URL that repeats what was shown to it"));
                    }
                    let next = url.redirected(location).map_err(Failure::lasting)?;
                    // Once it is left behind it does not come back: who redirects says where.
                    credential =
                        credential.filter(|credential| next.has_origin_of(&asked.url) && credential.covers(&next));
                    url = next;
                }
                status => {
                    let hint = Server::about_credentials(status, asked.credential, credential.is_some());
                    // Only who was asked first may say what is to be shown.
                    let is_first = url == asked.url;
                    let wants = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) && is_first;
                    let challenge = wants.then(|| challenges(&head.headers));
                    return Err(Failure { hint, challenge, ..refused(status, &head.headers) });
                }
            }
        }
        Err(Failure::lasting(match asked.redirects {
            0 => "it redirects, which is not followed here".to_owned(),
            most => format!("it redirects more than {most} times"),
        }))
    }
}

impl Transport for Server {
    fn get(&self, path: &str, limit: u64, time: Duration, large: &Later<'_>) -> Result<Answer, Failure> {
        let (url, credential) = (self.base.join(path), self.credential.as_deref());
        let asked = Asked { url, accept: None, credential, known: &[], redirects: MAX_REDIRECTS };
        self.ask(&asked, limit, time, large)
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

/// A failure without the secrets, which a server can repeat. What it wants to be shown stays as it is: it is read, not told.
fn hidden<'a>(failure: Failure, secrets: impl Iterator<Item = &'a Credential>) -> Failure {
    Failure { what: secrets.fold(failure.what, |what, secret| secret.hide(what)), ..failure }
}

/// What a server wants to be shown.
fn challenges(headers: &HeaderMap) -> String {
    let all: Vec<&str> = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    all.join(", ")
}

/// Says by whose proxy it was asked: that may be what fails.
fn by_proxy(variable: Option<&'static str>, failure: Failure) -> Failure {
    match variable {
        Some(name) => Failure { what: format!("{}, asked by the proxy that {name} names", failure.what), ..failure },
        None => failure,
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
    Failure { again: Again::After(Duration::from_secs(asked.into())), ..Failure::lasting(what) }
}
