//! Several runs at a time: two writers on one log, a reader beside a writer, two locks in one project.

use std::fs;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use headlock_log::checkpoint::Checkpoint;
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::tile::{MAX_BUNDLE, parse_bundle};

use super::stage::{AUDIT, ORIGIN, PUBLISH, Stage, copy_folder};

/// What is said of a key that is there.
const MOVE: &str = "name another file, or move that one away first";
/// What is said of a private key without its public one.
pub(crate) const HALF: &str = "a run that was broken off may have left it without its public key: then remove it; else \
                               name another file";

fn begun(stage: &Stage, arguments: &[&str]) -> Child {
    stage.command(&[]).args(arguments).spawn().unwrap()
}

/// The roots that the registry's log has had, by size, from its entries: 256 bundles at most.
fn roots(stage: &Stage) -> Vec<String> {
    let size = String::from_utf8(stage.read("reg/checkpoint")).unwrap();
    let size: usize = size.lines().nth(1).unwrap().parse().unwrap();
    let (mut tree, mut roots) = (Frontier::new(), vec![String::new()]);
    for bundle in 0..size.div_ceil(256) {
        let width = (size - 256 * bundle).min(256);
        let path = if width == 256 { format!("{bundle:03}") } else { format!("{bundle:03}.p/{width}") };
        let bytes = stage.read(&format!("reg/tile/entries/{path}"));
        assert!(bytes.len() as u64 <= MAX_BUNDLE);
        for entry in parse_bundle(&bytes, width as u16).unwrap() {
            tree.push(leaf_hash(entry));
            let head = headlock_log::checkpoint::Head { origin: String::new(), size: tree.size(), root: tree.root() };
            roots.push(head.root_base64());
        }
    }
    roots
}

#[test]
fn of_two_writers_one_is_told_to_wait_and_both_are_in_the_log() {
    let stage = Stage::new();
    let versions: Vec<String> = (0..12).map(|minor| format!("2.{minor}.0")).collect();
    let publish = |version: &str| -> Vec<String> {
        let release = ["my:logger", version, "--content", "content"];
        PUBLISH.iter().chain(&release).map(|argument| (*argument).to_owned()).collect()
    };
    let wait = "error: reg is being written by another process, which holds .writer/lock\n  hint: wait until it is done, \
                then do this again";
    // Whoever holds the lock, however long, is waited for by nobody.
    let held = fs::File::open(stage.path("reg/.writer/lock")).unwrap();
    held.lock().unwrap();
    let first = publish(&versions[0]);
    stage.headlock(&first.iter().map(String::as_str).collect::<Vec<_>>()).ends(4, wait);
    drop(held);
    let mut waiting = versions.clone();
    let is_over = AtomicBool::new(false);
    let heads = thread::scope(|scope| {
        // Whoever looks meanwhile sees whole heads, each under the key.
        let seen = scope.spawn(|| {
            let (key, mut heads) = (stage.key().verifier(), Vec::new());
            while !is_over.load(Ordering::Relaxed) {
                let head = Checkpoint::verify(&stage.read("reg/checkpoint"), &key).unwrap().head().clone();
                if heads.last() != Some(&head) {
                    heads.push(head);
                }
            }
            heads
        });
        while !waiting.is_empty() {
            let runs: Vec<(String, Child)> = waiting
                .drain(..)
                .map(|version| {
                    let arguments = publish(&version);
                    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    (version, begun(&stage, &arguments))
                })
                .collect();
            for (version, child) in runs {
                let said = stage.ended(child);
                if said.code != Some(0) {
                    said.ends(4, wait);
                    waiting.push(version);
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
        seen.join().unwrap()
    });
    stage.does(&AUDIT);
    let roots = roots(&stage);
    assert_eq!(roots.len(), 1 + 7 + 2 * versions.len(), "a record and an epoch each");
    assert!(heads.len() > 1);
    assert!(heads.is_sorted_by_key(|head| head.size));
    for head in heads {
        assert_eq!(roots[head.size as usize], head.root_base64(), "the head of size {}", head.size);
    }
}

#[test]
fn whoever_locks_while_a_registry_grows_has_one_head() {
    let stage = Stage::new();
    // So many records that the first tile fills up meanwhile, and its partial ones go.
    fs::create_dir(stage.path("rows")).unwrap();
    let rows: String = (0..236)
        .map(|minor| {
            format!(
                "{{\"name\":\"many\",\"vers\":\"1.{minor}.0\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false}}\n",
                "ab".repeat(32)
            )
        })
        .collect();
    fs::write(stage.path("rows/many"), rows).unwrap();
    stage.does(&["registry", "import", "crates-index", "rows", "--registry", "reg", "--key", "log.key"]);
    let is_over = AtomicBool::new(false);
    let locks = thread::scope(|scope| {
        let locking = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) || count < 2 {
                let folder = format!("project-{count}");
                copy_folder(&stage.path("project"), &stage.path(&folder));
                fs::remove_file(stage.path(&folder).join("headlock.lock")).unwrap();
                stage.does(&["-C", &folder, "lock"]);
                count += 1;
            }
            count
        });
        for minor in 0..14 {
            let version = format!("2.{minor}.0");
            stage.does(&[&PUBLISH[..], &["my:net", &version, "--content", "content"]].concat());
        }
        is_over.store(true, Ordering::Relaxed);
        locking.join().unwrap()
    });
    assert!(!stage.path("reg/tile/0/000.p").exists(), "the first tile has not filled up");
    for lock in 0..locks {
        stage.does(&["-C", &format!("project-{lock}"), "verify"]);
    }
    stage.does(&AUDIT);
}

#[test]
fn two_locks_in_one_project_write_the_same_one() {
    let stage = Stage::new();
    let lock = stage.read("project/headlock.lock");
    let before = fs::read_dir(stage.path("project")).unwrap().count();
    for _ in 0..4 {
        fs::remove_file(stage.path("project/headlock.lock")).unwrap();
        let runs: Vec<Child> = (0..4).map(|_| begun(&stage, &["-C", "project", "lock", "--quiet"])).collect();
        for child in runs {
            let said = stage.ended(child);
            assert_eq!(said.code, Some(0), "{said:?}");
        }
        assert_eq!(stage.read("project/headlock.lock"), lock);
    }
    assert_eq!(fs::read_dir(stage.path("project")).unwrap().count(), before, "something is left behind");
}

#[test]
fn of_two_that_make_one_registry_or_one_key_one_does() {
    let stage = Stage::new();
    for (arguments, wrong) in [
        (
            &["registry", "init", "new", "--key", "log.key"][..],
            [
                String::new(),
                format!(
                    "error: expected a folder without a registry, found the registry {ORIGIN}, size 1\n  hint: publish to it, \
                     or name another folder"
                ),
                "error: new is being written by another process, which holds .writer/lock\n  hint: wait until it is done, \
                 then do this again"
                    .to_owned(),
            ],
        ),
        (
            &["key", "generate", "--name", "registry.example/new", "--out", "new.key"][..],
            // The last: the other one has not written its public key yet.
            [("new.key.pub", MOVE), ("new.key", MOVE), ("new.key", HALF)].map(|(name, hint)| {
                format!("error: {name} exists already, and a key is never overwritten\n  hint: {hint}")
            }),
        ),
    ] {
        let runs: Vec<Child> = (0..6).map(|_| begun(&stage, arguments)).collect();
        let said: Vec<_> = runs.into_iter().map(|child| stage.ended(child)).collect();
        let (made, others): (Vec<_>, Vec<_>) = said.into_iter().partition(|said| said.code == Some(0));
        assert_eq!(made.len(), 1, "{arguments:?}");
        for said in others {
            assert!(matches!(said.code, Some(2 | 4)) && wrong.contains(&said.err.trim_end().to_owned()), "{said:?}");
        }
    }
    stage.does(&["registry", "audit", "new", "--log-key", "log.key.pub"]);
    let key = String::from_utf8(stage.read("new.key")).unwrap();
    let key = headlock_log::note::SigningKey::parse(key.trim_end()).unwrap();
    assert_eq!(String::from_utf8(stage.read("new.key.pub")).unwrap().trim_end(), key.verifier().to_string());
}
