//! Web servers as they are: slow, busy, cut off, or up to no good.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use headlock_log::digest::Digest;
use headlock_log::index::page_path;

use super::registry::small;
use super::server::{Action, Server, gzip};
use super::*;

/// Long enough for two hundred requests.
const MOMENT: Duration = Duration::from_secs(20);

const NAMES: [&str; 4] = ["ns:a", "ns:b", "ns:c", "ns:none"];

struct World {
    folder: tempfile::TempDir,
    head: Head,
    honest: Vec<Versions>,
    /// The path of a page.
    page: String,
    digest: Digest,
}

impl World {
    fn new() -> World {
        let (registry, _, head) = small();
        let folder = tempfile::tempdir().expect("a folder");
        registry.write(folder.path());
        let honest = read(&Access::default(), &[&file_url(folder.path())], &head, &NAMES).expect("pages");
        let digest = Digest::of(&registry.pages["ns:b"]);
        World { folder, head, honest, page: page_path(&digest), digest }
    }

    /// Reads all packages from a server that decides so.
    fn read(&self, decide: impl Fn(&str, usize) -> Action + Send + Sync + 'static) -> (Result<Vec<Versions>>, Server) {
        let server = Server::serving(self.folder.path(), decide);
        (read(&Access::default(), &[&server.url()], &self.head, &NAMES), server)
    }

    /// The same, by someone who does not wait for what stalls.
    fn read_fidgety(
        &self,
        decide: impl Fn(&str, usize) -> Action + Send + Sync + 'static,
    ) -> (Result<Vec<Versions>>, Server) {
        let server = Server::serving(self.folder.path(), decide);
        (read_from(fetcher_with(FIDGETY, &Access::default(), &[&server.url()]), &self.head, &NAMES), server)
    }

    /// Every file is had in the end.
    fn passes(&self, decide: impl Fn(&str, usize) -> Action + Send + Sync + 'static) {
        let (result, _server) = self.read(decide);
        assert_eq!(result.expect("pages"), self.honest);
    }

    /// The page is never had, for this reason; all other files are.
    fn page_fails(&self, action: Action, kind: ErrorKind, why: &str) {
        let page = self.page.clone();
        let (result, server) = self.read(move |path, _| if path == page { action.clone() } else { Action::File });
        fails(result, kind, &format!("{}/{}: {why}", server.url(), self.page));
    }
}

#[test]
fn what_passes_is_waited_for() {
    let world = World::new();
    world.passes(|_, _| Action::File);
    world.passes(|_, _| Action::Gzip);
    world.passes(|_, _| Action::Late(Duration::from_millis(20)));
    for action in [
        Action::Status(503, vec![]),
        Action::Status(500, vec![]),
        Action::Status(429, vec![("retry-after", "1".to_owned())]),
        Action::Status(503, vec![("retry-after", "999999999".to_owned())]),
        Action::Status(503, vec![("retry-after", "Wed, 21 Oct 2065 07:28:00 GMT".to_owned())]),
        Action::Cut,
        Action::CutUnnoticed,
        Action::Garbage,
    ] {
        let began = Instant::now();
        // Four times in a row for each file, and the fifth is right.
        world.passes(move |_, times| if times < 5 { action.clone() } else { Action::File });
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[test]
fn what_stalls_is_asked_again() {
    let world = World::new();
    let (result, _server) = world.read_fidgety(|_, times| if times < 2 { Action::Stall } else { Action::File });
    assert_eq!(result.expect("pages"), world.honest);
    let page = world.page.clone();
    let (result, server) = world.read_fidgety(move |path, _| if path == page { Action::Stall } else { Action::File });
    let text = format!("{}/{}: nothing more came for 0.25 s", server.url(), world.page);
    fails(result, ErrorKind::CouldNotCheck, &text);
}

#[test]
fn what_drips_is_given_up_long_before_its_end() {
    let world = World::new();
    let page = world.page.clone();
    let dripping = move |path: &str, _| if path == page { Action::Drip } else { Action::File };
    let (result, server) = world.read_fidgety(dripping);
    // A byte every 20 ms never stalls; the whole page would take a quarter of a minute, five times.
    let text = format!("{}/{}: fewer than 1024 bytes a second came", server.url(), world.page);
    fails(result, ErrorKind::CouldNotCheck, &text);
    assert_eq!(server.times(&world.page), FIDGETY.tries as usize);
    let began = Instant::now();
    let page = world.page.clone();
    let dripping = move |path: &str, _| if path == page { Action::DripHeaders } else { Action::File };
    let (result, server) = world.read_fidgety(dripping);
    fails(result, ErrorKind::CouldNotCheck, &format!("{}/{}: no answer within 0.25 s", server.url(), world.page));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn all_tries_together_have_an_end() {
    let world = World::new();
    let page = world.page.clone();
    let server =
        Server::serving(world.folder.path(), move |path, _| if path == page { Action::Stall } else { Action::File });
    let url = server.url();
    // Enough for one try and a part of the second: what the first one met is told.
    let hasty = Patience { request: Duration::from_secs(1), give_up: Duration::from_millis(400), ..FIDGETY };
    let result = read_from(fetcher_with(hasty, &Access::default(), &[&url]), &world.head, &NAMES);
    fails(result, ErrorKind::CouldNotCheck, &format!("{url}/{}: nothing more came for 0.25 s", world.page));
    assert_eq!(server.times(&world.page), 2);
    // Less than one try.
    let hasty = Patience { give_up: Duration::from_millis(100), ..hasty };
    let result = read_from(fetcher_with(hasty, &Access::default(), &[&url]), &world.head, &NAMES);
    fails(result, ErrorKind::CouldNotCheck, &format!("{url}/{}: nothing more came for 0.1 s", world.page));
    assert_eq!(server.times(&world.page), 3);
}

#[test]
fn all_troubles_at_once_change_nothing() {
    let world = World::new();
    let troubles =
        [Action::Status(503, vec![]), Action::Cut, Action::CutUnnoticed, Action::Late(Duration::from_millis(30))];
    for seed in 0..8_usize {
        let troubles = troubles.clone();
        world.passes(move |path, times| {
            let dice = Digest::of(format!("{seed} {path} {times}").as_bytes()).0[0] as usize;
            if times < 5 && dice.is_multiple_of(2) { troubles[dice / 2 % troubles.len()].clone() } else { Action::Gzip }
        });
    }
}

#[test]
fn what_does_not_pass_is_told() {
    let world = World::new();
    let could_not = ErrorKind::CouldNotCheck;
    world.page_fails(Action::Status(503, vec![]), could_not, "expected the file (status 200), found status 503");
    world.page_fails(Action::Status(429, vec![]), could_not, "expected the file (status 200), found status 429");
    world.page_fails(Action::Status(403, vec![]), could_not, "expected the file (status 200), found status 403");
    world.page_fails(Action::Status(204, vec![]), could_not, "expected the file (status 200), found status 204");
    world.page_fails(Action::Status(404, vec![]), could_not, "expected a file, and there is none");
    world.page_fails(Action::Status(410, vec![]), could_not, "expected a file, and there is none");
    world.page_fails(Action::Cut, could_not, "the answer ended before its end");
    let too_long = "expected at most 16777216 bytes, found more";
    world.page_fails(Action::Endless, ErrorKind::No, too_long);
    world.page_fails(Action::Compressed(gzip(&[&[0; 1 << 20][..]; 64])), ErrorKind::No, too_long);
    let wrong = format!(
        "expected a page with the sha256 {}, found {}, which is no page of ns:b: expected a newline at the end of the last \
         line; was the page cut off?",
        world.digest,
        Digest::of(b"wrong")
    );
    world.page_fails(Action::Body(b"wrong".to_vec()), ErrorKind::No, &wrong);
}

/// The server answers nobody until it was asked for everything.
#[test]
fn no_request_waits_for_another() {
    const FILES: usize = 200;
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<Digest> = (0..FILES).map(|number| Digest::of(number.to_string().as_bytes())).collect();
    for (number, digest) in files.iter().enumerate() {
        let path = folder.path().join(page_path(digest));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, number.to_string()).expect("a file");
    }
    let asked = (Mutex::new(0), Condvar::new());
    let server = Server::serving(folder.path(), move |_, _| {
        let mut count = asked.0.lock().expect("not poisoned");
        *count += 1;
        asked.1.notify_all();
        let (count, _) = asked.1.wait_timeout_while(count, MOMENT, |count| *count < FILES).expect("not poisoned");
        if *count < FILES { Action::Garbage } else { Action::File }
    });
    let fetcher = fetcher(&Access::default(), &[&server.url()]);
    let found = fetcher.each(&files, |digest| fetcher.content(Content::Page(*digest))).expect("every file");
    assert!(found.iter().enumerate().all(|(number, bytes)| bytes == number.to_string().as_bytes()));
    assert_eq!(server.requests(), FILES);
}

#[test]
fn what_was_not_to_be_had_is_not_asked_for_again_and_what_came_is_kept() {
    let world = World::new();
    let page = world.page.clone();
    let server =
        Server::serving(
            world.folder.path(),
            move |path, _| {
                if path == page { Action::Body(b"wrong".to_vec()) } else { Action::File }
            },
        );
    let fetcher = fetcher(&Access::default(), &[&server.url()]);
    let mut reader = LogReader::open(fetcher, &world.head).expect("a head");
    let ahead = reader.read_ahead(&NAMES.into()).expect("what there is");
    let found: BTreeMap<&str, bool> = ahead.into_iter().map(|(name, page)| (name, page.is_some())).collect();
    assert_eq!(found, [("ns:a", true), ("ns:c", true), ("ns:none", false)].into());
    let (times, requests) = (server.times(&world.page), server.requests());
    assert_eq!(times, 2);
    let error = reader.read_pages(&["ns:b"]).expect_err("nobody has it");
    assert_eq!(error.kind(), ErrorKind::No);
    assert_eq!((server.times(&world.page), server.requests()), (times, requests + 1), "its bin, and nothing else");
}

#[test]
fn a_server_is_asked_a_few_times_and_not_more() {
    let world = World::new();
    for (action, times) in [
        (Action::Status(503, vec![]), 5),
        (Action::Cut, 5),
        (Action::CutUnnoticed, 5),
        (Action::Body(b"wrong".to_vec()), 2),
        (Action::Status(403, vec![]), 1),
        (Action::Endless, 1),
    ] {
        let what = format!("{action:?}");
        let server = Server::serving(world.folder.path(), move |_, _| action.clone());
        let fetcher = fetcher(&Access::default(), &[&server.url()]);
        fetcher.contents(&[Content::Page(world.digest)]).expect_err(&what);
        assert_eq!(server.requests(), times, "{what}");
    }
}

#[test]
fn redirects_are_followed_within_bounds() {
    let world = World::new();
    // To the file itself, within the server, in three hops.
    world.passes(|path, _| match path.split_once("?hops=") {
        Some((_, "3")) => Action::File,
        Some((path, hops)) => {
            let hops: usize = hops.parse().expect("a number");
            Action::Status(302, vec![("location", format!("/{path}?hops={}", hops + 1))])
        }
        None => Action::Status(301, vec![("location", format!("/{path}?hops=1"))]),
    });
    let could_not = ErrorKind::CouldNotCheck;
    let to = |location: &str| Action::Status(307, vec![("location", location.to_owned())]);
    world.page_fails(to(&format!("/{}", world.page)), could_not, "it redirects more than 5 times");
    world.page_fails(Action::Status(302, vec![]), could_not, "it redirects, and does not say where to");
    world.page_fails(
        to("http://192.0.2.1/x"),
        could_not,
        "it redirects to another place, http://192.0.2.1/x, which is not followed from http",
    );
    world.page_fails(
        to("file:///etc/passwd"),
        could_not,
        "it redirects to another place, file:///etc/passwd, which is not followed from http",
    );
    world.page_fails(
        to("/../x"),
        could_not,
        "it redirects to \"/../x\", which is no URL to follow: its path has the segment \"..\"",
    );
    let elsewhere = Server::serving(world.folder.path(), |_, _| Action::File);
    let location = format!("{}/{}", elsewhere.url(), world.page);
    world.page_fails(
        to(&location),
        could_not,
        &format!("it redirects to another place, {location}, which is not followed from http"),
    );
    assert_eq!(elsewhere.requests(), 0);
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let world = World::new();
    let url = Server::serving(world.folder.path(), |_, _| Action::File).url();
    // The server is gone with the end of the statement; give its thread a moment to let go of the port.
    std::thread::sleep(Duration::from_millis(50));
    let error = read(&Access::default(), &[&url], &world.head, &NAMES).expect_err("nobody there");
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
    assert!(error.to_string().starts_with(&format!("{url}/tile/0/000.p/7: ")), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}
