//! Files of registries: checkpoint, tiles, bundles, index nodes, bins, pages.

use std::fs;

use headlock::sources::{Access, Network};
use headlock::trust::{Trust, TrustSource};

use super::change::Ways;
use super::judge::{Verifier, judge};
use super::project::{COMPONENT, FIRST, LOCK, Project, SECOND, TRUST, World, files};
use super::same;
use super::subject::{Subject, Swap};
use super::table;
use super::tally::Tally;
use super::written::{verifier, verify};

/// Files of at most so many bytes are changed everywhere.
const SMALL: usize = 2048;
/// At how many places larger ones are changed.
const PLACES: usize = 512;

pub(crate) fn first(world: &World) -> Tally {
    registry(world, "first", "second")
}

pub(crate) fn second(world: &World) -> Tally {
    registry(world, "second", "first")
}

pub(crate) fn third(world: &World) -> Tally {
    registry(world, "third", "first")
}

pub(crate) fn fourth(world: &World) -> Tally {
    registry(world, "fourth", "first")
}

/// Every file of a registry that the verification of the lock reads.
fn registry(world: &World, name: &str, other: &str) -> Tally {
    let mut tally = Tally::default();
    let project = world.project();
    let verifier = verifier(world);
    // The lock and what trusts it stay as they are, and are read once.
    let read = verifier.read(project.folder(), None).unwrap();
    let judge = |what: &dyn Fn() -> String| judge(what, || verifier.verify_read(&read, None)).0;
    let command = || verify(world, &project);
    let folder = project.path(name);
    let paths = files(&folder).into_iter().filter(|path| table::of_registry(path).is_some());
    let (needed, unread): (Vec<String>, Vec<String>) = paths.partition(|path| {
        let (path, aside) = (folder.join(path), folder.join("aside"));
        fs::rename(&path, &aside).unwrap();
        let verdict = judge(&|| format!("without {}", path.display()));
        fs::rename(&aside, &path).unwrap();
        verdict.code != 0
    });
    for path in &needed {
        let row = table::of_registry(path).unwrap();
        let subject = Subject::new(row, &folder.join(path), &judge, &command);
        let most = if subject.good.len() <= SMALL { SMALL } else { PLACES };
        subject.bytes(&mut tally, most, Ways::ByTurns);
        let mut swaps = Vec::new();
        for held in needed.iter().chain(unread.iter().filter(|held| same_kind(held, path)).take(4)) {
            swaps.push((held.clone(), folder.join(held)));
        }
        swaps.push((format!("{other}'s"), project.path(other).join(path)));
        let swaps = swaps.into_iter().filter_map(|(what, path)| Some(Swap::new(&what, fs::read(path).ok()?, 1)));
        let swaps: Vec<Swap> = swaps.filter(|swap| swap.bytes != subject.good).collect();
        subject.as_a_whole(&mut tally, &swaps);
    }
    for path in &unread {
        let path = folder.join(path);
        let good = fs::read(&path).unwrap();
        fs::write(&path, b"something else").unwrap();
        let what = || format!("{}, which is not read", path.display());
        let kind = table::of_registry(path.strip_prefix(&folder).unwrap().to_str().unwrap()).unwrap().kind;
        tally.hold((kind, "of no use"), what, &judge(&what), &[], Some(same::UNREAD));
        fs::write(&path, good).unwrap();
    }
    tally
}

fn same_kind(one: &str, other: &str) -> bool {
    let kind = |path: &str| table::of_registry(path).map(|row| row.kind);
    kind(one) == kind(other)
}

/// A full tile and a full bundle where partial ones are gone: what the head knows of them is checked, and no more.
pub(crate) fn grown(world: &World) -> Tally {
    let mut tally = Tally::default();
    let project = world.grown_project();
    let verifier = verifier(world);
    let read = verifier.read(project.folder(), None).unwrap();
    let judge = |what: &dyn Fn() -> String| judge(what, || verifier.verify_read(&read, None)).0;
    let command = || verify(world, &project);
    let known = world.project();
    for (name, entries) in [("tile/0/001", false), ("tile/entries/001", true)] {
        let row = table::of_registry(name).unwrap();
        let mut subject = Subject::new(row, &project.path("second").join(name), &judge, &command);
        let partial = known.read(&format!("second/{name}.p/44"));
        let length = subject.good.len();
        let exception = |bad: &[u8]| {
            let in_form = if entries { bundled(bad) == Some(256) } else { bad.len() == length };
            (in_form && bad.starts_with(&partial)).then_some(same::BEYOND)
        };
        subject.exception = &exception;
        subject.bytes(&mut tally, PLACES, Ways::ByTurns);
        subject.as_a_whole(&mut tally, &[]);
    }
    tally
}

/// How many entries a bundle holds, each behind its length; nothing if it ends within one.
fn bundled(mut rest: &[u8]) -> Option<usize> {
    let mut count = 0;
    while let Some((length, behind)) = rest.split_first_chunk() {
        rest = behind.get(u16::from_be_bytes(*length).into()..)?;
        count += 1;
    }
    rest.is_empty().then_some(count)
}

/// What `headlock lock` pins when there is no lock yet.
pub(crate) fn checkpoint(world: &World) -> Tally {
    let mut tally = Tally::default();
    let project = world.project();
    fs::remove_file(project.path(LOCK)).unwrap();
    let verifier =
        Verifier { access: Access { network: Network::Offline, cache: None, ..Access::default() }, ..verifier(world) };
    let trust = Trust::read(&project.path(TRUST), TrustSource::Beside).unwrap();
    for (name, origin) in [("first", FIRST), ("second", SECOND)] {
        let path = project.path(name).join("checkpoint");
        let pinned = verifier.pin(&trust, origin).unwrap();
        let older = "an older checkpoint".to_owned();
        let judge = |what: &dyn Fn() -> String| {
            let (verdict, found) = judge(what, || verifier.pin(&trust, origin));
            let is_older = what().ends_with(&older);
            assert!(found.is_none_or(|found| (found != pinned) == is_older), "{}: another head is pinned", what());
            verdict
        };
        let command = || relock(world, &project);
        let mut subject = Subject::new(table::CHECKPOINT, &path, &judge, &command);
        let good = subject.good.clone();
        let exception = |bad: &[u8]| same::checkpoint(&good, bad, &[origin, "witness.example/w1"]);
        subject.exception = &exception;
        subject.bytes(&mut tally, usize::MAX, Ways::All);
        let (bytes, exception) = (world.older_checkpoint.clone(), Some(same::OLDER_HEAD));
        let older = match origin {
            FIRST => Swap { what: older.clone(), bytes, code: 0, exception },
            _ => Swap::new("another log's", bytes, 5),
        };
        subject.as_a_whole(&mut tally, &[older, Swap::new("the trust file", project.read(TRUST), 5)]);
    }
    tally
}

/// Locks, and takes the lock away again; it must be the one that it was before, or one at an older head. Nothing is
/// remembered: a host that has seen a newer head pins no older one.
fn relock(world: &World, project: &Project) -> std::process::Output {
    let output = world.headlock_anew(project.folder(), &["lock", "--quiet", "--solver", COMPONENT]);
    if output.status.success() {
        let found = project.read(LOCK);
        assert!(found == world.fresh_lock || found == world.older_lock, "another lock was written");
        fs::remove_file(project.path(LOCK)).unwrap();
    }
    assert!(!project.path(LOCK).exists(), "a lock was written by a command that failed");
    output
}
