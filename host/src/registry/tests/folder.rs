//! A registry in a real folder.

use std::path::Path;

use super::*;
use crate::error::ErrorKind;
use crate::registry::{Folder, ReleaseRequest};

fn request(version: &str) -> ReleaseRequest {
    ReleaseRequest { package: "t:a".to_owned(), version: version.to_owned(), ..ReleaseRequest::default() }
}

fn audit_folder(dir: &Path) -> Audit {
    audit(&Folder::new(dir), &key().verifier(), &mut |_| ()).unwrap()
}

#[test]
fn publish_yank_unyank_and_audit() {
    let (dir, key) = (tempfile::tempdir().unwrap(), key());
    let base = dir.path().join("deep/reg");
    let content = dir.path().join("content");
    std::fs::write(&content, b"the content").unwrap();
    drop(Registry::init(&base, &key).unwrap());
    let mut registry = Registry::open(&base, &key).unwrap();
    let published = registry.publish(&request("1.0.0"), Some(&content)).unwrap();
    assert_eq!(published.content, Digest::of(b"the content"));
    let hex = published.content.to_string();
    assert_eq!(std::fs::read(base.join(format!("blob/{}/{hex}", &hex[..2]))).unwrap(), b"the content");
    assert_eq!(registry.yank("t:a", "1.0.0").unwrap().size, 5);
    assert_eq!(registry.unyank("t:a", "1.0.0").unwrap().size, 7);
    let audit = audit_folder(&base);
    audit.verdict().unwrap();
    assert_eq!((audit.packages, audit.releases, audit.epochs, audit.head.size), (1, 1, 4, 7));

    let stated = ReleaseRequest { content: Some(Digest::of(b"another")), ..request("2.0.0") };
    let error = registry.publish(&stated, Some(&content)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    let (another, path) = (Digest::of(b"another"), content.display());
    assert_eq!(error.to_string(), format!("{path}: expected content {another}, found {hex}"));
}

#[test]
fn there_is_one_writer() {
    let (dir, key) = (tempfile::tempdir().unwrap(), key());
    let first = Registry::init(dir.path(), &key).unwrap();
    let error = Registry::open(dir.path(), &key).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
    let base = dir.path().display();
    assert_eq!(error.to_string(), format!("{base} is being written by another process, which holds .writer/lock"));
    drop(first);
    Registry::open(dir.path(), &key).unwrap();
}

#[test]
fn a_folder_that_is_no_registry_stays_as_it_is() {
    let (dir, key) = (tempfile::tempdir().unwrap(), key());
    let error = Registry::open(dir.path(), &key).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    let found = format!("a folder without a checkpoint at {}", dir.path().display());
    assert_eq!(error.to_string(), format!("expected a registry, found {found}"));
    let nowhere = dir.path().join("nowhere");
    let error = Registry::open(&nowhere, &key).err().unwrap();
    assert_eq!(error.to_string(), format!("expected a registry, found no folder at {}", nowhere.display()));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn modes_do_not_depend_on_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, key) = (tempfile::tempdir().unwrap(), key());
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let mut registry = Registry::init(dir.path(), &key).unwrap();
    registry.append(&[release("t:a", "1.0.0")]).unwrap();
    rustix::process::umask(before);
    let mut open = vec![dir.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            if path.is_dir() {
                assert_eq!(mode, 0o755, "{}", path.display());
                open.push(path);
            } else if !path.ends_with("lock") {
                assert_eq!(mode, 0o644, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 10, "{files} files");
}
