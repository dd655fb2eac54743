//! What is checked is what is used: each file of the cache is opened once for each use, read into memory, checked there,
//! and looked at nowhere else. (That it is so while somebody swaps the files is tried where they are read, in
//! host/src/sources/tests/swapped.rs.)

use std::collections::BTreeMap;

use super::server::Server;
use super::stage::Stage;
use super::traced::{can_trace, opened};

#[test]
fn each_file_of_the_cache_is_opened_once() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let server = Server::serving(&stage.path("reg"), "nothing", vec![]);
    stage.serve_at(&server.url());
    stage.does(&["-C", "project", "verify"]);
    let (said, paths) = opened(&stage, &["-C", "project", "--offline", "verify"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let cache = stage.path("cache").display().to_string();
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for path in paths.iter().filter_map(|path| path.strip_prefix(&cache)) {
        *times.entry(path).or_default() += 1;
    }
    let kinds = ["/content/page/", "/content/bin/", "/content/index/", "/logs/", "/compiled/"];
    for kind in kinds {
        assert!(times.keys().any(|path| path.starts_with(kind)), "no {kind} among {times:?}");
    }
    let again: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(again.is_empty(), "opened more than once: {again:?}");
    // The compiled code is the same in the mind of the next run, and the trust file and the lock are read once, too.
    for name in ["headlock.lock", "trust.toml", "logs.policy", "compiled-code.key"] {
        assert_eq!(paths.iter().filter(|path| path.ends_with(name)).count(), 1, "{name}");
    }
}
