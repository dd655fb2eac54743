//! Files of the project: lock, manifest, trust file, policy, component.

use std::fs;
use std::process::Output;

use headlock::sources::{Access, Network};

use super::change::{Change, Ways, changes};
use super::judge::{Verdict, Verifier, judge};
use super::project::{COMPONENT, FIRST, LOCK, MANIFEST, POLICY, Project, TRUST, World, policy as policy_text};
use super::same;
use super::subject::{Subject, Swap};
use super::table::{self, Quorum};
use super::tally::Tally;

/// Reads local registries only, and remembers nothing.
pub(crate) fn verifier(world: &World) -> Verifier<'_> {
    let access = Access { network: Network::Offline, cache: None, ..Access::default() };
    Verifier { solver: &world.solver, loaded: &world.loaded, access, memory: None }
}

/// `headlock verify` in a project.
pub(crate) fn verify(world: &World, project: &Project) -> Output {
    world.headlock(project.folder(), &["verify", "--solver", COMPONENT])
}

/// A file that `headlock verify` reads in the project, and how a change of it is judged.
fn subject_in<T>(world: &World, ask: impl FnOnce(&Project, &dyn Fn(&dyn Fn() -> String) -> Verdict) -> T) -> T {
    let project = world.project();
    let verifier = verifier(world);
    ask(&project, &|what| judge(what, || verifier.verify(project.folder(), None)).0)
}

pub(crate) fn lock(world: &World) -> Tally {
    let mut tally = Tally::default();
    let good = subject_in(world, |project, judge| {
        let command = || verify(world, project);
        let mut subject = Subject::new(table::LOCK, &project.path(LOCK), judge, &command);
        let good = subject.good.clone();
        let at = |change: Change| change.at().min(good.len() - 1);
        let expected = |change: Change| table::lock(&same::section(&good, at(change)), change, Quorum::Witness);
        subject.expected = Some(&expected);
        subject.bytes(&mut tally, usize::MAX, Ways::All);
        let older =
            Swap { exception: Some(same::OLDER_LOCK), ..Swap::new("an older lock", world.older_lock.clone(), 0) };
        let swaps = [
            older,
            Swap::new("a lock of something else", another_lock(world), 3),
            Swap::new("the manifest", project.read(MANIFEST), 2),
            Swap::new("the trust file", project.read(TRUST), 2),
            Swap::new("the component", project.read(COMPONENT), 2),
        ];
        subject.as_a_whole(&mut tally, &swaps);
        good.clone()
    });

    // By itself, in a folder without a manifest.
    let project = world.project();
    fs::remove_file(project.path(MANIFEST)).unwrap();
    let (verifier, trust) = (verifier(world), project.path(TRUST));
    let judge = |what: &dyn Fn() -> String| judge(what, || verifier.verify(project.folder(), Some(&trust))).0;
    let command = || world.headlock(project.folder(), &["verify", "--solver", COMPONENT, "--trust", TRUST]);
    let subject = Subject::new(table::LOCK_ALONE, &project.path(LOCK), &judge, &command);
    let in_inputs = |change: &Change| {
        let section = same::section(&good, change.at().min(good.len() - 1));
        section.contains("inputs") && !matches!(change, Change::Cut { .. })
    };
    let inputs: Vec<Change> = changes(&good, usize::MAX, Ways::ByTurns).into_iter().filter(in_inputs).collect();
    subject.some(&mut tally, &inputs);
    tally
}

/// A true lock of another manifest.
fn another_lock(world: &World) -> Vec<u8> {
    let project = world.project();
    fs::remove_file(project.path(LOCK)).unwrap();
    let manifest = String::from_utf8(project.read(MANIFEST)).unwrap().replace("\"^1.0\"", "\"=1.0.0\"");
    fs::write(project.path(MANIFEST), manifest).unwrap();
    let output = world.headlock(project.folder(), &["lock", "--quiet", "--solver", COMPONENT]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    project.read(LOCK)
}

pub(crate) fn manifest(world: &World) -> Tally {
    let mut tally = Tally::default();
    subject_in(world, |project, judge| {
        let command = || verify(world, project);
        let mut subject = Subject::new(table::MANIFEST, &project.path(MANIFEST), judge, &command);
        let good = subject.good.clone();
        let exception = |bad: &[u8]| same::manifest(&good, bad);
        subject.exception = &exception;
        subject.bytes(&mut tally, usize::MAX, Ways::All);
        let text = String::from_utf8(good.clone()).unwrap();
        let swaps = [
            Swap::new("a manifest of something else", text.replace("acme:app", "acme:net").into_bytes(), 3),
            Swap::new("a manifest without a trust file", text.replace("trust = ", "# trust = ").into_bytes(), 2),
            Swap::new("the lock", project.read(LOCK), 2),
            Swap::new("the trust file", project.read(TRUST), 2),
            Swap::new("the policy", project.read(POLICY), 2),
        ];
        subject.as_a_whole(&mut tally, &swaps);
    });
    tally
}

pub(crate) fn trust_file(world: &World) -> Tally {
    let mut tally = Tally::default();
    subject_in(world, |project, judge| {
        let command = || verify(world, project);
        let mut subject = Subject::new(table::TRUST, &project.path(TRUST), judge, &command);
        let good = subject.good.clone();
        let exception = |bad: &[u8]| same::trust(&good, bad);
        subject.exception = &exception;
        subject.bytes(&mut tally, usize::MAX, Ways::All);
        let swaps = [
            Swap::new("a trust file that accepts no solver", format!("logs = \"{POLICY}\"\n").into_bytes(), 5),
            Swap::new("the manifest", project.read(MANIFEST), 2),
            Swap::new("the policy", project.read(POLICY), 2),
            Swap::new("the lock", project.read(LOCK), 2),
        ];
        subject.as_a_whole(&mut tally, &swaps);
    });
    tally
}

pub(crate) fn policy(world: &World) -> Tally {
    let mut tally = Tally::default();
    subject_in(world, |project, judge| {
        let command = || verify(world, project);
        let mut subject = Subject::new(table::POLICY, &project.path(POLICY), judge, &command);
        let good = subject.good.clone();
        let exception = |bad: &[u8]| same::policy(&good, bad);
        subject.exception = &exception;
        subject.bytes(&mut tally, usize::MAX, Ways::All);
        let crossed = policy_text("file:second", "file:first");
        let unknown = String::from_utf8(good.clone()).unwrap();
        let unknown: String =
            unknown.lines().filter(|line| !line.contains(FIRST)).map(|line| format!("{line}\n")).collect();
        let swaps = [
            // Logs of other sizes have other tiles.
            Swap::new("a policy with the logs' places crossed", crossed.into_bytes(), 4),
            Swap::new("a policy without one of the logs", unknown.into_bytes(), 5),
            Swap::new("the trust file", project.read(TRUST), 2),
            Swap::new("the lock", project.read(LOCK), 2),
        ];
        subject.as_a_whole(&mut tally, &swaps);
    });
    tally
}

/// The component that `--solver` names: half a megabyte, of which a part is changed.
pub(crate) fn component(world: &World) -> Tally {
    const PLACES: usize = 600;
    let mut tally = Tally::default();
    let project = world.project();
    let verifier = verifier(world);
    let read = verifier.read(project.folder(), None).unwrap();
    let path = project.path(COMPONENT);
    let judge = |what: &dyn Fn() -> String| judge(what, || verifier.verify_read(&read, Some(&path))).0;
    let command = || verify(world, &project);
    let subject = Subject::new(table::COMPONENT, &path, &judge, &command);
    subject.bytes(&mut tally, PLACES, Ways::ByTurns);
    let swaps = [
        Swap::new("the released component", headlock::released::solver().unwrap().bytes().to_vec(), 4),
        Swap::new("the manifest", project.read(MANIFEST), 4),
    ];
    subject.as_a_whole(&mut tally, &swaps);
    tally
}
