//! Files that a host keeps between runs: the cache, which nobody believes; compiled code, which is sealed; the heads that
//! it remembers, which can only refuse.

use std::fs;
use std::path::Path;
use std::process::Output;

use headlock::heads::Memory;
use headlock::sources::{Access, Network};

use super::change::{Change, Ways, places};
use super::flaky::Flaky;
use super::judge::{Verdict, Verifier, judge};
use super::project::{COMPONENT, POLICY, Project, World, files, headlock, policy};
use super::same;
use super::subject::{Subject, Swap};
use super::table;
use super::tally::Tally;
use super::written::verifier;

/// The command, with the folders that it keeps files in.
fn verify(project: &Project, kept: &Path) -> Output {
    let arguments = ["verify", "--solver", COMPONENT];
    headlock(project.folder(), &kept.join("cache"), &kept.join("state"), &arguments)
}

/// Registries behind a server, and a warm cache of all that the lock's verification reads.
pub(crate) fn cached(world: &World) -> Tally {
    const PLACES: usize = 8;
    let mut tally = Tally::default();
    let (project, kept) = (world.project(), tempfile::tempdir().unwrap());
    let server = Flaky::serve(project.folder().to_owned());
    let url = |name: &str| format!("{}/{name}", server.url);
    fs::write(project.path(POLICY), policy(&url("first"), &url("second"))).unwrap();
    world.copy_kept(kept.path());
    let cache = kept.path().join("cache");
    let online = Access { network: Network::Online, cache: Some(cache.clone()), ..Access::default() };
    let offline = Access { network: Network::Offline, cache: Some(cache.clone()), ..Access::default() };
    let [online, offline] = [online, offline].map(|access| Verifier { access, ..verifier(world) });
    let read = online.read(project.folder(), None).unwrap();
    online.verify_read(&read, None).unwrap();

    let kept_files = files(&cache).into_iter().filter(|path| !path.starts_with("compiled/"));
    for path in kept_files.collect::<Vec<_>>() {
        let path = cache.join(path);
        let good = fs::read(&path).unwrap();
        let command = || verify(&project, kept.path());
        let judge_online = |what: &dyn Fn() -> String| {
            let (verdict, _) = judge(what, || online.verify_read(&read, None));
            let mended = path.is_dir() || fs::read(&path).unwrap() == good;
            assert!(mended || verdict.code != 0, "{}: the cache was not mended", what());
            verdict
        };
        let mut subject = Subject::new(table::CACHED, &path, &judge_online, &command);
        let always = |_: &[u8]| Some(same::CACHE);
        (subject.exception, subject.dispensable) = (&always, Some(same::CACHE));
        subject.bytes(&mut tally, PLACES, Ways::ByTurns);
        subject.as_a_whole(&mut tally, &[]);

        let offline_command = || {
            let arguments = ["verify", "--offline", "--solver", COMPONENT];
            headlock(project.folder(), &cache, &kept.path().join("state"), &arguments)
        };
        let judge_offline = |what: &dyn Fn() -> String| judge(what, || offline.verify_read(&read, None)).0;
        let subject = Subject::new(table::CACHED_OFFLINE, &path, &judge_offline, &offline_command);
        let flips = places(good.len(), PLACES).into_iter().map(|at| Change::Replace { at, by: good[at] ^ 1 });
        subject.some(&mut tally, &flips.collect::<Vec<_>>());
        subject.as_a_whole(&mut tally, &[]);
    }
    tally
}

pub(crate) fn remembered_and_compiled(world: &World) -> Tally {
    let mut tally = Tally::default();
    let (project, kept) = (world.project(), tempfile::tempdir().unwrap());
    world.copy_kept(kept.path());
    remembered(&mut tally, world, &project, kept.path());
    compiled(&mut tally, &project, kept.path());
    tally
}

fn remembered(tally: &mut Tally, world: &World, project: &Project, kept: &Path) {
    let heads = kept.join("state/heads");
    let verifier = Verifier { memory: Some(Memory::new(&heads)), ..verifier(world) };
    let read = verifier.read(project.folder(), None).unwrap();
    let judge = |what: &dyn Fn() -> String| judge(what, || verifier.verify_read(&read, None)).0;
    let command = || verify(project, kept);
    let paths = files(&heads);
    assert_eq!(paths.len(), 4, "a head of each log");
    for (path, other) in paths.iter().zip(paths.iter().cycle().skip(1)) {
        let mut subject = Subject::new(table::REMEMBERED, &heads.join(path), &judge, &command);
        subject.dispensable = Some(same::FORGOTTEN);
        subject.bytes(tally, usize::MAX, Ways::ByTurns);
        let of_first = subject.good.starts_with(super::project::FIRST.as_bytes());
        let older = world.older_checkpoint.clone();
        let older = match of_first {
            true => Swap { exception: Some(same::FORGOTTEN), ..Swap::new("an older head", older, 0) },
            false => Swap::new("another log's checkpoint", older, 4),
        };
        subject.as_a_whole(tally, &[older, Swap::new("another log's", fs::read(heads.join(other)).unwrap(), 4)]);
    }
}

/// Compiling takes long, so a few places only; `compiled.rs` has a test of its own for thousands.
fn compiled(tally: &mut Tally, project: &Project, kept: &Path) {
    let folder = kept.join("cache/compiled");
    let paths = files(&folder);
    assert_eq!(paths.len(), 1, "one solver in one engine");
    let path = folder.join(&paths[0]);
    let good = fs::read(&path).unwrap();
    let mut some: Vec<Change> =
        places(good.len(), 4).into_iter().map(|at| Change::Replace { at, by: !good[at] }).collect();
    some.extend([0, 31, 32, good.len() - 1].map(|at| Change::Cut { at }));
    some.push(Change::Insert { at: good.len(), byte: 0 });
    for change in some {
        let bad = change.apply(&good);
        fs::write(&path, &bad).unwrap();
        let output = verify(project, kept);
        let verdict = Verdict { code: 0, text: String::new() };
        let what = || format!("{} {change:?}", path.display());
        tally.hold((table::COMPILED.kind, change.name()), what, &verdict, &[], Some(same::CACHE));
        tally.hold_command(what, &verdict, &output);
        if fs::read(&path).unwrap() == bad {
            tally.fail(format!("{}: the code was not compiled again", what()));
        }
    }
}
