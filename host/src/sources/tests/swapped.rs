//! A cache whose files are swapped all the while: what was checked is what is used, for each file is read once.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::registry::{files, small};
use super::server::{Action, Server};
use super::*;

const NAMES: [&str; 4] = ["ns:a", "ns:b", "ns:c", "ns:none"];

/// Swaps each file again and again, by renaming and in place; leaves them as they were.
fn swap(cached: &[(PathBuf, Vec<u8>)], is_over: &AtomicBool, swapped: &AtomicUsize) {
    for (path, good) in cached.iter().cycle() {
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        let aside = path.with_extension("aside");
        for round in 0..20 {
            if round % 2 == 0 {
                fs::write(path, &bad).expect("written");
                fs::write(path, good).expect("written");
            } else {
                for content in [&bad, good] {
                    fs::write(&aside, content).expect("written");
                    fs::rename(&aside, path).expect("renamed");
                }
            }
            swapped.fetch_add(1, Ordering::Relaxed);
        }
        if is_over.load(Ordering::Relaxed) {
            return;
        }
    }
}

#[test]
fn a_cache_that_is_swapped_meanwhile_gives_what_was_checked() {
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let honest = read(&Access::default(), &[&file_url(folder.path())], &head, &NAMES).expect("pages");
    let server = Server::serving(folder.path(), |_, _| Action::File);
    let url = server.url();
    let cache = tempfile::tempdir().expect("a folder");
    let online = Access { cache: Some(cache.path().to_owned()), ..Access::default() };
    let offline = Access { network: Network::Offline, ..online.clone() };
    assert_eq!(read(&online, &[&url], &head, &NAMES).expect("pages"), honest);
    let cached: Vec<(PathBuf, Vec<u8>)> = files(cache.path())
        .iter()
        .map(|path| (cache.path().join(path), fs::read(cache.path().join(path)).expect("a file")))
        .collect();
    let (is_over, swapped, asked) = (AtomicBool::new(false), AtomicUsize::new(0), server.requests());
    let (mut had, mut not_had) = (0, 0);
    std::thread::scope(|scope| {
        let attacker = scope.spawn(|| swap(&cached, &is_over, &swapped));
        for _ in 0..400 {
            // Whoever has a server gets the file from there instead; whoever has none could not check.
            assert_eq!(read(&online, &[&url], &head, &NAMES).expect("pages"), honest);
            match read(&offline, &[&url], &head, &NAMES) {
                Ok(pages) => {
                    assert_eq!(pages, honest);
                    had += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::CouldNotCheck, "{error}");
                    not_had += 1;
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
        attacker.join().expect("no file is gone");
    });
    // That both happened shows that the attacker was quick enough to be met.
    assert!(had > 0 && not_had > 0 && server.requests() > asked, "{had} and {not_had} in {swapped:?} swaps");
}
