//! Bundles: what is read goes into one, and is read from it.

use std::fs;

use super::registry::{grown, small};
use super::server::{Action, Server};
use super::*;
use crate::bundle::write;

const NAMES: [&str; 4] = ["ns:a", "ns:b", "ns:c", "ns:none"];

/// Reads the packages, and gives what they are and the bundle of what was read.
fn bundle(access: &Access, url: &str, head: &Head) -> (Vec<Versions>, Vec<u8>) {
    let copies = Arc::new(Copies::new().expect("a folder"));
    let copying = Access { copies: Some(Arc::clone(&copies)), ..access.clone() };
    let found = read(&copying, &[url], head, &NAMES).expect("pages");
    let file = tempfile::NamedTempFile::new().expect("a file");
    write(copies.parts().expect("copies"), file.path()).expect("written");
    (found, fs::read(file.path()).expect("a bundle"))
}

#[test]
fn the_bundle_is_the_same_wherever_its_files_come_from() {
    let (folder, head) = grown();
    let near = Access::default();
    let (honest, first) = bundle(&near, &file_url(folder.path()), &head);

    let server = Server::serving(folder.path(), |_, _| Action::File);
    let url = server.url();
    assert_eq!(bundle(&near, &url, &head), (honest.clone(), first.clone()), "from a server");
    let cache = tempfile::tempdir().expect("a folder");
    let cached = Access { cache: Some(cache.path().to_owned()), ..Access::default() };
    for what in ["into a cache", "from a cache"] {
        assert_eq!(bundle(&cached, &url, &head), (honest.clone(), first.clone()), "{what}");
    }
    let offline = Access { network: Network::Offline, ..cached };
    assert_eq!(bundle(&offline, &url, &head), (honest.clone(), first.clone()), "from a cache alone");
    // The full tiles that hold more than the head knows.
    for partial in ["tile/0/000.p/7", "tile/entries/000.p/7"] {
        fs::remove_file(folder.path().join(partial)).expect("removed");
    }
    for url in [&url, &file_url(folder.path())] {
        assert_eq!(bundle(&near, url, &head), (honest.clone(), first.clone()), "from full tiles at {url}");
    }

    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), &first).expect("written");
    let opened = Arc::new(crate::bundle::Bundle::open(file.path()).expect("a bundle"));
    let sealed = Access { network: Network::Offline, bundle: Some(Arc::clone(&opened)), ..Access::default() };
    assert_eq!(read(&sealed, &[], &head, &NAMES).expect("pages"), honest);
    opened.check_all_read().expect("all of it was read");
    assert_eq!(bundle(&sealed, "", &head), (honest, first), "from a bundle");
}

#[test]
fn a_bundle_holds_no_more_of_a_tile_than_its_head_knows() {
    let (folder, head) = grown();
    let (_, honest) = bundle(&Access::default(), &file_url(folder.path()), &head);
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), &honest).expect("written");
    let opened = crate::bundle::Bundle::open(file.path()).expect("a bundle");
    for (partial, full) in [("tile/0/000.p/7", "tile/0/000"), ("tile/entries/000.p/7", "tile/entries/000")] {
        let log = headlock_log::digest::Digest::of(head.origin.as_bytes());
        let of_log = |path: &str| crate::bundle::of_log(&log, path);
        let files: Vec<(String, Vec<u8>)> = opened
            .list()
            .map(|(name, length)| {
                let bytes = opened.file(name, length).expect("a file");
                match name == of_log(partial) {
                    true => (of_log(full), fs::read(folder.path().join(full)).expect("the full one")),
                    false => (name.to_owned(), bytes),
                }
            })
            .collect();
        let list: String = files.iter().map(|(name, bytes)| format!("{} {name}\n", bytes.len())).collect();
        let mut changed = format!("headlock bundle 1\n{list}\n").into_bytes();
        files.iter().for_each(|(_, bytes)| changed.extend(bytes));
        let other = tempfile::NamedTempFile::new().expect("a file");
        fs::write(other.path(), changed).expect("written");
        let other_bundle = Arc::new(crate::bundle::Bundle::open(other.path()).expect("a bundle"));
        let access = Access { network: Network::Offline, bundle: Some(other_bundle), ..Access::default() };
        let missing = format!("{}: {partial} of {ORIGIN}: expected a file, and there is none", other.path().display());
        fails(read(&access, &[], &head, &NAMES), ErrorKind::CouldNotCheck, &missing);
    }
}

#[test]
fn what_is_not_in_a_bundle_is_nowhere() {
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), "headlock bundle 1\n\n").expect("written");
    let nothing = Arc::new(crate::bundle::Bundle::open(file.path()).expect("a bundle"));
    let access = Access { bundle: Some(nothing), ..Access::default() };
    fails(
        read(&access, &[&file_url(folder.path())], &head, &NAMES),
        ErrorKind::CouldNotCheck,
        &format!("{}: tile/0/000.p/7 of {ORIGIN}: expected a file, and there is none", file.path().display()),
    );
}
