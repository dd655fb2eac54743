//! wkg as the one who pushes.

use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;

use crate::registry::{self, Registry};
use crate::{COMPONENT, World};

fn installed() -> Option<PathBuf> {
    let named = std::env::var_os("HEADLOCK_CLIENTS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients"));
    let path = folder.join("bin/wkg");
    if path.exists() {
        return Some(std::path::absolute(path).unwrap());
    }
    assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{} is not there", path.display());
    eprintln!("SKIPPED: {} is not there: see tests/README.md", path.display());
    None
}

#[test]
fn what_wkg_pushed_is_published_by_the_digest_that_it_prints_and_fetched() {
    let Some(wkg) = installed().filter(|_| registry::is_installed()) else { return };
    let world = World::new();
    let registry = Registry::open(world.folder.path());
    world.write("app.wasm", COMPONENT);
    let host = format!("127.0.0.1:{}", registry.port);
    let name = format!("{host}/acme/my/app:1.0.0");
    let output = world.command(&wkg).args(["oci", "push", "--insecure", &host, &name, "app.wasm"]).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    let (_, digest) = said.rsplit_once("sha256:").unwrap_or_else(|| panic!("no digest in {said}"));
    let digest: Digest = digest[..64].parse().unwrap();
    assert_ne!(digest, Digest::of(COMPONENT));

    let reference = format!("oci+http://{host}/acme/my/app@sha256:{digest}");
    let ran = world.publish_from(&[], &reference, &["--version", "1.0.0"]);
    world.ends(&ran, 0, &format!("content sha256 {}", Digest::of(COMPONENT)));
    world.lock(&["my:app"]);
    // From there alone: the log's own copy goes.
    std::fs::remove_dir_all(world.path("reg/blob")).unwrap();
    world.ends(&world.fetch(&[], &[&format!("oci+http://{host}/acme/*")]), 0, "1 content, 1 fetched");
    assert_eq!(world.fetched("my/app/1.0.0.wasm"), COMPONENT);
}
