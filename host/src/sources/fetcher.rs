//! Getting one log's files from wherever they can be had: the cache, then each URL in turn.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headlock_log::digest::Digest;
use headlock_log::tile::Tile;
use tracing::debug_span;

use super::asking::Asking;
use super::bundled::Bundled;
use super::cache::{Cache, Keep};
use super::clock::Instant;
use super::content::Content;
use super::file::Folder;
#[cfg(not(target_family = "wasm"))]
use super::http::Server;
use super::oci::MAX_MANIFEST;
use super::patience::Patience;
use super::permits::Permits;
use super::transport::{Again, Answer, Failure, Transport};
use super::unreached::Unreached;
use super::url::{Scheme, Url};
use super::{Access, Network};
use crate::error::{Error, Result};
use crate::parallel::parallel;

/// How many large files are in memory at a time that are not checked yet, for they may be as long as a file may.
const LARGE_PARALLEL: usize = 8;

/// The largest checkpoint, in bytes.
const MAX_CHECKPOINT: u64 = headlock_log::note::MAX_NOTE as u64;

/// Is told of every file that arrives, in whatever order they do. For showing to people, nothing else.
pub trait Progress: Send + Sync {
    /// A file of so many bytes has arrived and been checked.
    fn file(&self, path: &str, bytes: u64);
}

/// What one URL gave.
#[derive(Debug)]
pub struct Served {
    /// The URL of the file.
    pub url: String,
    /// Its bytes, unverified; or why they could not be had.
    pub bytes: Result<Vec<u8>>,
}

/// Gets the files of one log.
pub struct Fetcher {
    origin: String,
    /// Whether all is taken from a bundle.
    is_bundle: bool,
    transports: Vec<Arc<dyn Transport>>,
    cache: Cache,
    patience: Patience,
    progress: Option<Arc<dyn Progress>>,
    /// Permits to hold something large that is not checked yet.
    large: Permits,
    asking: Asking,
    /// Files by their hashes, at their first URLs, that all URLs gave wrong, or took long not to give: they are not asked for again.
    given_up: Mutex<BTreeMap<String, (String, Trouble)>>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("origin", &self.origin).field("cache", &self.cache).finish_non_exhaustive()
    }
}

/// A file to get: where it stands, how large it may be, and what is made of its bytes once they are known to be right.
pub(super) struct Wanted<'a, T = Vec<u8>> {
    pub(super) path: String,
    pub(super) limit: u64,
    pub(super) keep: Keep,
    /// Makes something of the bytes, or says what was expected and what was found.
    pub(super) read: &'a (dyn Fn(Vec<u8>) -> Result<T, String> + Sync),
}

/// Why a place did not give a file that passes its check.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    /// It could not be had, and perhaps what to do about it.
    Failed(String, Option<String>),
    /// It was had, and is not what it should be.
    Wrong(String),
}

impl Fetcher {
    /// A fetcher for the log of this origin, which is served at these URLs; each is as good as the others. With a bundle,
    /// the URLs do not matter.
    ///
    /// # Errors
    /// Malformed: no URL, one that names no registry, or `http://` to another host where that is not allowed.
    pub fn new(access: &Access, origin: &str, urls: &[&str]) -> Result<Fetcher> {
        let patience = access.give_up.map(Patience::within).unwrap_or_default();
        Fetcher::with_patience(access, origin, urls, patience)
    }

    /// The forms in which a tile, or its entries, may be had: as it is, and the full one, once that has taken its place, which
    /// holds more than the head knows. A bundle is of one head: what the head does not know would ride along.
    pub(super) fn forms(&self, tile: Tile) -> Vec<Tile> {
        if tile.is_full() || self.is_bundle { vec![tile] } else { vec![tile, tile.full()] }
    }

    pub(super) fn with_patience(access: &Access, origin: &str, urls: &[&str], patience: Patience) -> Result<Fetcher> {
        let transports: Vec<Arc<dyn Transport>> = match &access.bundle {
            Some(bundle) => vec![Arc::new(Bundled::new(Arc::clone(bundle), origin))],
            None if urls.is_empty() => return Err(Error::malformed(format!("the log {origin} has no URL"))),
            None => {
                urls.iter().map(|url| transport(access, Url::parse_base(url)?, &patience)).collect::<Result<_>>()?
            }
        };
        // What lies on this machine already is read where it lies.
        let is_remote = transports.iter().any(|transport| transport.is_remote());
        Ok(Fetcher::of(access, origin, transports, is_remote, patience))
    }

    /// A fetcher of contents from places that are named each time: repositories of OCI registries, which have nothing else of a
    /// log.
    pub(super) fn of_repositories(access: &Access, patience: Patience) -> Fetcher {
        Fetcher::of(access, "", Vec::new(), true, patience)
    }

    fn of(
        access: &Access,
        origin: &str,
        transports: Vec<Arc<dyn Transport>>,
        is_remote: bool,
        patience: Patience,
    ) -> Fetcher {
        let cache = Cache::new(access.cache.clone().filter(|_| is_remote), origin, access.copies.clone());
        let large = Permits::new(LARGE_PARALLEL);
        let asking = Asking::default();
        let (origin, is_bundle, given_up) = (origin.to_owned(), access.bundle.is_some(), Mutex::default());
        Fetcher { origin, is_bundle, transports, cache, patience, progress: None, large, asking, given_up }
    }

    /// The same, telling of every file that arrives.
    #[must_use]
    pub fn with_progress(self, progress: Arc<dyn Progress>) -> Fetcher {
        Fetcher { progress: Some(progress), ..self }
    }

    /// The log whose files these are.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether all files lie on this machine.
    pub(crate) fn is_near(&self) -> bool {
        !self.transports.iter().any(|transport| transport.is_remote())
    }

    /// The URL of a file at the first place that has it all, for messages.
    pub(super) fn url(&self, path: &str) -> String {
        self.transports.first().map(|transport| transport.url(path)).unwrap_or_default()
    }

    /// Files by their hashes, in the order of the names. At most as large as [`Content::limit`] each.
    ///
    /// # Errors
    /// Could not check: a file that nobody has, or that could not be got. The answer is no: nobody has it, and somebody
    /// served something else under its name.
    pub fn contents(&self, names: &[Content]) -> Result<Vec<Vec<u8>>> {
        self.each(names, |name| self.content(*name))
    }

    /// The log's checkpoint as each URL serves it, unverified, in the order of the URLs.
    pub fn checkpoints(&self) -> Vec<Served> {
        let path = "checkpoint";
        // Whether it is one is for whoever knows the keys to say, but a web page is none.
        let read = |bytes: Vec<u8>| match is_web_page(&bytes) {
            true => Err("expected a checkpoint, found a web page".to_owned()),
            false => Ok(bytes),
        };
        let wanted = Wanted { path: path.to_owned(), limit: MAX_CHECKPOINT, keep: Keep::ByLog, read: &read };
        let served = parallel(self.transports.len(), &self.transports, |transport| {
            let url = transport.url(path);
            let bytes = match self.ask(transport.as_ref(), &wanted) {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err(self.missing(&url)),
                // What is too long for a checkpoint is refused like anything else that is none.
                Err(Trouble::Wrong(what)) => Err(Error::refused(format!("{url}: {what}"))),
                Err(trouble) => Err(error(&url, trouble)),
            };
            Ok::<_, Error>(Served { url, bytes })
        });
        served.unwrap_or_default()
    }

    /// How many files to ask for at a time: as many as the places can bear.
    pub(super) fn threads(&self) -> usize {
        self.transports.iter().map(|transport| transport.parallel()).max().unwrap_or(1)
    }

    /// Does something for each item, with as many at a time as the places can bear.
    pub(crate) fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
        parallel(self.threads(), items, work)
    }

    /// A file by its hash.
    pub(crate) fn content(&self, name: Content) -> Result<Vec<u8>> {
        self.content_or_say(name, &|_| None)
    }

    /// A content by its hash from the first repository that has it; nothing if none has.
    ///
    /// # Errors
    /// As [`Fetcher::contents`], but for a file that nobody has.
    pub(super) fn blob_of(&self, repositories: &[Arc<dyn Transport>], sha256: Digest) -> Result<Option<Vec<u8>>> {
        let name = Content::Blob(sha256);
        let read = |bytes: Vec<u8>| name.check(&bytes).map(|()| bytes);
        self.get_of(repositories, &Wanted { path: name.path(), limit: name.limit(), keep: Keep::ByHash, read: &read })
    }

    /// The manifest of a digest; nothing if no repository has it.
    ///
    /// # Errors
    /// As [`Fetcher::blob_of`].
    pub(super) fn manifest_of(&self, repositories: &[Arc<dyn Transport>], sha256: Digest) -> Result<Option<Vec<u8>>> {
        let read = |bytes: Vec<u8>| {
            let found = Digest::of(&bytes);
            let what = || format!("expected a manifest with the sha256 {sha256}, found {found}");
            if found == sha256 { Ok(bytes) } else { Err(what()) }
        };
        let (path, limit) = (format!("manifest/{sha256}"), MAX_MANIFEST);
        self.get_of(repositories, &Wanted { path, limit, keep: Keep::Never, read: &read })
    }

    /// A file by its hash; of another one in its place, what `say` says of it is told, too.
    pub(super) fn content_or_say(
        &self,
        name: Content,
        say: &(dyn Fn(&[u8]) -> Option<String> + Sync),
    ) -> Result<Vec<u8>> {
        self.read_content(name, |bytes| match name.check(&bytes) {
            Ok(()) => Ok(bytes),
            Err(what) => Err(told(what, say(&bytes))),
        })
    }

    /// A file by its hash, which reading it checks.
    pub(super) fn read_content<T: AsRef<[u8]>>(
        &self,
        name: Content,
        read: impl Fn(Vec<u8>) -> Result<T, String> + Sync,
    ) -> Result<T> {
        self.require(&Wanted { path: name.path(), limit: name.limit(), keep: Keep::ByHash, read: &read })
    }

    /// A file that must be there.
    pub(super) fn require<T: AsRef<[u8]>>(&self, wanted: &Wanted<'_, T>) -> Result<T> {
        self.get(wanted)?.ok_or_else(|| self.missing(&self.url(&wanted.path)))
    }

    /// A file that passes its check, from the cache or from the first URL that has it; nothing if no URL has it.
    ///
    /// # Errors
    /// As [`Fetcher::contents`], but for a file that nobody has.
    pub(super) fn get<T: AsRef<[u8]>>(&self, wanted: &Wanted<'_, T>) -> Result<Option<T>> {
        self.get_of(&self.transports, wanted)
    }

    fn get_of<T: AsRef<[u8]>>(&self, transports: &[Arc<dyn Transport>], wanted: &Wanted<'_, T>) -> Result<Option<T>> {
        if let Some(held) = self.cached(wanted) {
            self.cache.copy(wanted.keep, &wanted.path, held.as_ref());
            return Ok(Some(held));
        }
        // By the first place: others may have what these do not.
        let named = transports.first().map(|transport| transport.url(&wanted.path)).unwrap_or_default();
        if let Some((url, trouble)) = self.given_up().get(&named) {
            return Err(error(url, trouble.clone()));
        }
        let began = Instant::now();
        let mut first: Option<(String, Trouble)> = None;
        for transport in transports {
            match self.ask(transport.as_ref(), wanted) {
                Ok(Some(held)) => {
                    self.cache.put(wanted.keep, &wanted.path, held.as_ref());
                    return Ok(Some(held));
                }
                Ok(None) => {}
                Err(trouble) => {
                    let url = transport.url(&wanted.path);
                    tracing::debug!(url, ?trouble, "not had here");
                    // Something wrong says more than something that failed.
                    let replaces = match (&first, &trouble) {
                        (None, _) | (Some((_, Trouble::Failed(..))), Trouble::Wrong(_)) => true,
                        (Some(_), _) => false,
                    };
                    if replaces {
                        first = Some((url, trouble));
                    }
                }
            }
        }
        match first {
            None => Ok(None),
            Some((url, trouble)) => {
                // What failed quickly may be there soon.
                let is_lasting = matches!(trouble, Trouble::Wrong(_)) || began.elapsed() > self.patience.stall;
                if wanted.keep == Keep::ByHash && is_lasting {
                    self.given_up().insert(named, (url.clone(), trouble.clone()));
                }
                Err(error(&url, trouble))
            }
        }
    }

    fn given_up(&self) -> MutexGuard<'_, BTreeMap<String, (String, Trouble)>> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file from the cache, if it passes its check.
    pub(super) fn cached<T: AsRef<[u8]>>(&self, wanted: &Wanted<'_, T>) -> Option<T> {
        let bytes = debug_span!("read").in_scope(|| self.cache.get(wanted.keep, &wanted.path, wanted.limit))?;
        match (wanted.read)(bytes) {
            Ok(held) => {
                self.arrived(&wanted.path, held.as_ref());
                Some(held)
            }
            Err(what) => {
                tracing::debug!(path = wanted.path, what, "the cache holds something else");
                None
            }
        }
    }

    /// Keeps a file that has been checked by other means than its own check.
    pub(super) fn keep(&self, keep: Keep, path: &str, bytes: &[u8]) {
        self.cache.put(keep, path, bytes);
    }

    /// Copies a file of the cache that has been checked by other means than its own check.
    pub(super) fn copy(&self, keep: Keep, path: &str, bytes: &[u8]) {
        self.cache.copy(keep, path, bytes);
    }

    /// How many URLs there are.
    pub(super) fn places(&self) -> usize {
        self.transports.len()
    }

    /// A file that passes its check from one URL, with its URL; nothing if it has none.
    pub(super) fn get_from<T: AsRef<[u8]>>(&self, place: usize, wanted: &Wanted<'_, T>) -> Result<Option<T>> {
        let Some(transport) = self.transports.get(place) else { return Ok(None) };
        self.ask(transport.as_ref(), wanted).map_err(|trouble| error(&transport.url(&wanted.path), trouble))
    }

    /// The URL of a file at one place.
    pub(super) fn url_at(&self, place: usize, path: &str) -> String {
        self.transports.get(place).map(|transport| transport.url(path)).unwrap_or_default()
    }

    /// Asks one URL until it gives a file that passes its check, has none, or patience ends.
    fn ask<T: AsRef<[u8]>>(&self, transport: &dyn Transport, wanted: &Wanted<'_, T>) -> Result<Option<T>, Trouble> {
        let Patience { tries, give_up, request, .. } = self.patience;
        let began = Instant::now();
        let _asking = self.asking.begin();
        // Whoever shares the way with others takes longer, all tries together and each.
        let shared = |time: Duration| time.saturating_mul(self.asking.share());
        let (mut repeat, mut left, mut before, mut wrong) = (0, shared(give_up), None, None);
        loop {
            let large = self.large.later();
            let time = left.min(shared(request));
            let answer = debug_span!("read").in_scope(|| transport.get(&wanted.path, wanted.limit, time, &large));
            let is_page = matches!(&answer, Ok(Answer::Found { bytes, .. }) if is_web_page(bytes));
            let whole = match &answer {
                Ok(Answer::Found { bytes, is_framed: true }) if !bytes.is_empty() => Some(bytes.len()),
                _ => None,
            };
            let (trouble, again) = match answer {
                Ok(Answer::Missing) => return Ok(None),
                Ok(Answer::TooLong) => {
                    let limit = wanted.limit;
                    return Err(Trouble::Wrong(format!("expected at most {limit} bytes, found more")));
                }
                Ok(Answer::Found { bytes, .. }) => match (wanted.read)(bytes) {
                    Ok(held) => {
                        self.arrived(&wanted.path, held.as_ref());
                        return Ok(Some(held));
                    }
                    // A connection that is closed early can look like the end of the file.
                    Err(what) if transport.is_lossy() => {
                        let trouble = if is_page { error_page() } else { Trouble::Wrong(what) };
                        (trouble, Failure::passing(String::new()).again)
                    }
                    Err(what) => return Err(Trouble::Wrong(what)),
                },
                Err(Failure { what, again, hint, .. }) => (Trouble::Failed(what, hint), again),
            };
            let Again::After(asked) = again else { return Err(trouble) };
            repeat += 1;
            let pause = self.patience.pause_before(repeat, asked);
            // All of what was sent, and of the same length again: that is what is served.
            let is_served = matches!(trouble, Trouble::Wrong(_)) && whole.is_some() && wrong == whole;
            wrong = whole;
            match shared(give_up).checked_sub(began.elapsed()) {
                Some(rest) if repeat < tries && rest > pause && !is_served => left = rest - pause,
                // A try that the end of patience cut short says less than the one before it.
                None if matches!(trouble, Trouble::Failed(..)) => return Err(before.unwrap_or(trouble)),
                _ => return Err(trouble),
            }
            tracing::debug!(url = transport.url(&wanted.path), ?trouble, repeat, "asking again");
            before = Some(trouble);
            drop(large);
            std::thread::sleep(pause);
        }
    }

    /// A file that nobody has.
    pub(super) fn missing(&self, url: &str) -> Error {
        let is_content = url.contains("/blob/");
        Error::could_not_check(format!("{url}: expected a file, and there is none")).hint(match self.is_bundle {
            false if is_content => {
                "a registry need not hold contents: a mirror may, which `mirrors` or `[urls]` in the trust file names"
            }
            true => "this is the bundle of another lock, or not all of one: `headlock bundle` makes one",
            false => "either this is no registry, or not all of it, as a copy for other locks or one that was pruned: see where the trust file says that the log is read",
        })
    }

    fn arrived(&self, path: &str, bytes: &[u8]) {
        if let Some(progress) = &self.progress {
            progress.file(path, bytes.len() as u64);
        }
    }
}

fn transport(access: &Access, url: Url, patience: &Patience) -> Result<Arc<dyn Transport>> {
    if url.scheme == Scheme::File {
        return Ok(Arc::new(Folder::new(url)));
    }
    if access.network == Network::Offline {
        return Ok(Arc::new(Unreached::new(url)));
    }
    is_allowed(access.network, &url)?;
    server(access, url, patience)
}

#[cfg(not(target_family = "wasm"))]
fn server(access: &Access, url: Url, patience: &Patience) -> Result<Arc<dyn Transport>> {
    let credential = access.credential(&url)?;
    Ok(Arc::new(Server::new(url, patience, credential)))
}

#[cfg(target_family = "wasm")]
fn server(_: &Access, url: Url, _: &Patience) -> Result<Arc<dyn Transport>> {
    Ok(Arc::new(Unreached::new(url)))
}

/// Whether a server may be asked.
pub(super) fn is_allowed(network: Network, url: &Url) -> Result<()> {
    if url.scheme != Scheme::Http || url.is_loopback() || network == Network::OnlineWithHttp {
        return Ok(());
    }
    Err(Error::malformed(format!("{url} is not asked: http:// to {} is open to all on the way", url.host()))
        .hint("use https://, or allow it with --allow-http: content is proven even so"))
}

/// What is wrong with a file, and what else can be said of it.
pub(super) fn told(what: String, said: Option<String>) -> String {
    match said {
        Some(said) => format!("{what}, {said}"),
        None => what,
    }
}

/// Whether bytes that are not what was asked for are a web page: that of an error, of a login, of a proxy on the way.
/// They come in the place of the file, and say nothing about it.
fn is_web_page(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    let begins_with = |tag: &str| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()));
    begins_with("<!doctype html") || begins_with("<html")
}

fn error_page() -> Trouble {
    let what = "expected the file, found a web page: that of an error or of a login, sent with status 200";
    Trouble::Failed(what.to_owned(), None)
}

fn error(url: &str, trouble: Trouble) -> Error {
    match trouble {
        Trouble::Failed(what, hint) => {
            let error = Error::could_not_check(format!("{url}: {what}"));
            hint.into_iter().fold(error, Error::hint)
        }
        Trouble::Wrong(what) => Error::no(format!("{url}: {what}")),
    }
}
