//! Several URLs, the cache, being offline.

use std::fs;

use headlock_log::digest::Digest;
use headlock_log::index::page_path;

use super::registry::{Registry, files, grown, small};
use super::server::{Action, Server};
use super::*;

const NAMES: [&str; 4] = ["ns:a", "ns:b", "ns:c", "ns:none"];

/// A registry in a folder, and what is in it.
struct Place {
    folder: tempfile::TempDir,
    registry: Registry,
    head: Head,
    honest: Vec<Versions>,
}

impl Place {
    fn new() -> Place {
        let (registry, _, head) = small();
        let folder = tempfile::tempdir().expect("a folder");
        registry.write(folder.path());
        let honest = read(&Access::default(), &[&file_url(folder.path())], &head, &NAMES).expect("pages");
        Place { folder, registry, head, honest }
    }

    fn url(&self) -> String {
        file_url(self.folder.path())
    }

    fn read(&self, access: &Access, urls: &[&str]) -> Result<Vec<Versions>> {
        read(access, urls, &self.head, &NAMES)
    }

    fn page(&self) -> String {
        page_path(&Digest::of(&self.registry.pages["ns:b"]))
    }
}

#[test]
fn what_one_url_lacks_or_spoils_another_gives() {
    let (good, bad) = (Place::new(), Place::new());
    let access = Access::default();
    for path in files(bad.folder.path()) {
        let place = bad.folder.path().join(&path);
        let bytes = fs::read(&place).expect("a file");
        fs::write(&place, b"something else").expect("written");
        assert_eq!(good.read(&access, &[&bad.url(), &good.url()]).expect("pages"), good.honest, "{path}");
        fs::remove_file(&place).expect("removed");
        assert_eq!(good.read(&access, &[&bad.url(), &good.url()]).expect("pages"), good.honest, "{path}");
        fs::write(&place, bytes).expect("written");
    }
    // A URL where there is nothing at all, and one where another log is served.
    let nothing = format!("{}/nothing", good.url());
    assert_eq!(good.read(&access, &[&nothing, &good.url()]).expect("pages"), good.honest);
    let mut other = Registry::default();
    for number in 0..6 {
        other.release("ns:a", &format!("9.{number}.0"));
    }
    assert_eq!(other.epoch().size, good.head.size);
    let folder = tempfile::tempdir().expect("a folder");
    other.write(folder.path());
    assert_eq!(good.read(&access, &[&file_url(folder.path()), &good.url()]).expect("pages"), good.honest);
}

#[test]
fn wrong_content_says_more_than_a_missing_file() {
    let (one, other) = (Place::new(), Place::new());
    let page = one.page();
    fs::write(one.folder.path().join(&page), b"x").expect("written");
    fs::remove_file(other.folder.path().join(&page)).expect("removed");
    let text = format!(
        "{}/{page}: expected a page with the sha256 {}, found {}, which is no page of ns:b: expected a newline at the end \
         of the last line; was the page cut off?",
        one.url(),
        Digest::of(&one.registry.pages["ns:b"]),
        Digest::of(b"x")
    );
    fails(one.read(&Access::default(), &[&one.url(), &other.url()]), ErrorKind::No, &text);
    fails(one.read(&Access::default(), &[&other.url(), &one.url()]), ErrorKind::No, &text);
}

#[test]
fn a_cache_serves_without_any_server_and_is_never_believed() {
    let place = Place::new();
    let server = Server::serving(place.folder.path(), |_, _| Action::File);
    let cache = tempfile::tempdir().expect("a folder");
    let online = Access { cache: Some(cache.path().to_owned()), ..Access::default() };
    let offline = Access { network: Network::Offline, ..online.clone() };
    let url = server.url();
    let page = place.page();
    let error = place.read(&offline, &[&url]).expect_err("nothing there");
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
    assert_eq!(
        error.to_string(),
        format!("{url}/tile/0/000.p/7: not in the cache, and no server is asked while offline")
    );
    assert_eq!(place.read(&online, &[&url]).expect("pages"), place.honest);
    let asked = server.requests();
    assert_eq!(place.read(&online, &[&url]).expect("pages"), place.honest);
    assert_eq!(server.requests(), asked, "nothing was asked twice");
    assert_eq!(place.read(&offline, &[&url]).expect("pages"), place.honest);
    let kept = files(cache.path());
    assert!(kept.contains(&format!("content/{page}")), "{kept:?}");
    for path in &kept {
        let file = cache.path().join(path);
        let good = fs::read(&file).expect("a file");
        for bad in [b"something else".to_vec(), Vec::new(), vec![0; good.len()]] {
            fs::write(&file, bad).expect("written");
            let error = place.read(&offline, &[&url]).expect_err(path);
            assert_eq!(error.kind(), ErrorKind::CouldNotCheck, "{path}: {error}");
            assert!(error.to_string().ends_with("not in the cache, and no server is asked while offline"), "{error}");
            assert_eq!(place.read(&online, &[&url]).expect("pages"), place.honest, "{path}");
            assert_eq!(fs::read(&file).expect("a file"), good, "{path} was not replaced");
        }
    }
    assert_eq!(files(cache.path()), kept, "nothing is left behind");
}

#[test]
fn a_cache_keeps_what_was_proven_and_no_more() {
    let (folder, head) = grown();
    let path = |name: &str| folder.path().join(name);
    let partial = |name: &str| fs::read(path(name)).expect("a file");
    let (tile, bundle) = (partial("tile/0/000.p/7"), partial("tile/entries/000.p/7"));
    // Only the full ones are there, and spoilt behind what the head knows.
    for (full, proven) in [("tile/0/000", tile.len()), ("tile/entries/000", bundle.len())] {
        fs::remove_file(path(&format!("{full}.p/7"))).expect("removed");
        let mut bytes = partial(full);
        bytes[proven + 2] ^= 1;
        fs::write(path(full), bytes).expect("written");
    }
    let server = Server::serving(folder.path(), |_, _| Action::File);
    let cache = tempfile::tempdir().expect("a folder");
    let online = Access { network: Network::Online, cache: Some(cache.path().to_owned()), ..Access::default() };
    let honest = read(&online, &[&server.url()], &head, &NAMES).expect("pages");
    let kept = files(cache.path());
    let ends = |end: &str| kept.iter().find(|path| path.ends_with(end)).map(|path| cache.path().join(path));
    assert_eq!((ends("tile/0/000"), ends("tile/entries/000")), (None, None), "{kept:?}");
    for (name, bytes) in [("tile/0/000.p/7", tile), ("tile/entries/000.p/7", bundle)] {
        assert_eq!(fs::read(ends(name).expect(name)).expect("a file"), bytes, "{name}");
    }
    let offline = Access { network: Network::Offline, ..online };
    assert_eq!(read(&offline, &[&server.url()], &head, &NAMES).expect("pages"), honest);
}

#[test]
fn caches_of_two_logs_do_not_meet() {
    let place = Place::new();
    let server = Server::serving(place.folder.path(), |_, _| Action::File);
    let cache = tempfile::tempdir().expect("a folder");
    let access = Access { cache: Some(cache.path().to_owned()), ..Access::default() };
    assert_eq!(place.read(&access, &[&server.url()]).expect("pages"), place.honest);
    let offline = Access { network: Network::Offline, ..access };
    let fetcher = Fetcher::new(&offline, "registry.example/other", &[&server.url()]).expect("a fetcher");
    LogReader::open(Arc::new(fetcher), &place.head).expect_err("tiles are kept by log");
}

#[test]
fn a_cache_that_cannot_be_written_is_no_failure() {
    let place = Place::new();
    let server = Server::serving(place.folder.path(), |_, _| Action::File);
    let cache = tempfile::NamedTempFile::new().expect("a file");
    let access = Access { cache: Some(cache.path().to_owned()), ..Access::default() };
    assert_eq!(place.read(&access, &[&server.url()]).expect("pages"), place.honest);
}

#[test]
fn what_lies_on_this_machine_is_not_kept_twice() {
    let place = Place::new();
    let cache = tempfile::tempdir().expect("a folder");
    let access = Access { network: Network::Offline, cache: Some(cache.path().to_owned()), ..Access::default() };
    assert_eq!(place.read(&access, &[&place.url()]).expect("pages"), place.honest);
    assert_eq!(files(cache.path()), [] as [String; 0]);
}

#[test]
fn checkpoints_come_from_every_url_in_order() {
    let (one, other) = (Place::new(), Place::new());
    fs::write(one.folder.path().join("checkpoint"), b"one\n").expect("written");
    let server = Server::serving(other.folder.path(), |_, _| Action::Body(b"served\n".to_vec()));
    let urls = [one.url(), other.url(), server.url()];
    let fetcher = fetcher(&Access::default(), &[&urls[0], &urls[1], &urls[2]]);
    let served: Vec<(String, Result<Vec<u8>, String>)> = fetcher
        .checkpoints()
        .into_iter()
        .map(|served| (served.url, served.bytes.map_err(|error| error.to_string())))
        .collect();
    let missing = format!("{}/checkpoint: expected a file, and there is none", urls[1]);
    assert_eq!(
        served,
        [
            (format!("{}/checkpoint", urls[0]), Ok(b"one\n".to_vec())),
            (format!("{}/checkpoint", urls[1]), Err(missing)),
            (format!("{}/checkpoint", urls[2]), Ok(b"served\n".to_vec())),
        ]
    );
    fs::write(one.folder.path().join("checkpoint"), vec![b'x'; 65_537]).expect("written");
    let large = fetcher.checkpoints().remove(0).bytes;
    let text = format!("{}/checkpoint: expected at most 65536 bytes, found more", urls[0]);
    fails(large, ErrorKind::Refused, &text);
}

#[test]
fn places_that_are_no_files_are_told() {
    let place = Place::new();
    let path = place.folder.path().join("checkpoint");
    fs::create_dir(&path).expect("a folder");
    let fetcher = fetcher(&Access::default(), &[&place.url()]);
    let text = format!("{}/checkpoint: expected a file, found something else", place.url());
    fails(fetcher.checkpoints().remove(0).bytes, ErrorKind::CouldNotCheck, &text);
    fs::remove_dir(&path).expect("removed");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).expect("a pipe");
    fails(fetcher.checkpoints().remove(0).bytes, ErrorKind::CouldNotCheck, &text);
}

#[test]
fn urls_are_checked_before_anything_is_asked() {
    let new = |network, urls: &[&str]| Fetcher::new(&Access { network, ..Access::default() }, ORIGIN, urls);
    fails(new(Network::Online, &[]), ErrorKind::Malformed, "the log registry.example/test has no URL");
    fails(
        new(Network::Online, &["http://192.0.2.1/r"]),
        ErrorKind::Malformed,
        "http://192.0.2.1/r is not asked: http:// to 192.0.2.1 is open to all on the way",
    );
    new(Network::OnlineWithHttp, &["http://192.0.2.1/r"]).expect("allowed");
    new(Network::Offline, &["http://192.0.2.1/r"]).expect("nobody is asked");
    new(Network::Online, &["http://localhost:8000/r"]).expect("this machine");
    let error = new(Network::Online, &["registry.example"]).expect_err("no URL");
    assert_eq!(error.kind(), ErrorKind::Malformed);
}
