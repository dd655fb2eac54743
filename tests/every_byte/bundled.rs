//! A bundle of the project's lock.

use std::sync::Arc;

use headlock::bundle::Bundle;
use headlock::sources::{Access, Network};

use super::change::Ways;
use super::judge::{Verifier, judge};
use super::project::{COMPONENT, MANIFEST, World};
use super::subject::{Subject, Swap};
use super::table;
use super::tally::Tally;
use super::written::verifier;

const BUNDLE: &str = "lock.bundle";

pub(crate) fn bundle(world: &World) -> Tally {
    /// At how many places it is changed.
    const PLACES: usize = 4000;

    let mut tally = Tally::default();
    let project = world.project();
    let made = world.headlock(project.folder(), &["bundle", "-o", BUNDLE, "--solver", COMPONENT]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let path = project.path(BUNDLE);
    let judge = |what: &dyn Fn() -> String| {
        let verify = || {
            let access =
                Access { network: Network::Offline, bundle: Some(Arc::new(Bundle::open(&path)?)), ..Access::default() };
            Verifier { access, ..verifier(world) }.verify(project.folder(), None)
        };
        judge(what, verify).0
    };
    let command = || world.headlock(project.folder(), &["verify", "--solver", COMPONENT, "--bundle", BUNDLE]);
    let subject = Subject::new(table::BUNDLE, &path, &judge, &command);
    subject.bytes(&mut tally, PLACES, Ways::ByTurns);
    let more = [b"headlock bundle 1\n0 a\n", subject.good.strip_prefix(b"headlock bundle 1\n").unwrap()].concat();
    let swaps = [
        Swap::new("the same with a file more", more, 1),
        Swap::new("a bundle of nothing", b"headlock bundle 1\n\n".to_vec(), 4),
        Swap::new("the manifest", project.read(MANIFEST), 2),
    ];
    subject.as_a_whole(&mut tally, &swaps);
    tally
}
