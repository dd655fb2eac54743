//! Every change of every file that a verification rests on ends as table.rs says; what changes no meaning is listed in
//! same.rs. See tests/README.md.
#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

mod bundled;
mod change;
#[path = "../flaky/mod.rs"]
#[expect(dead_code, reason = "nobody counts its troubles here")]
mod flaky;
mod judge;
mod kept;
mod project;
mod real;
mod same;
mod served;
mod subject;
mod table;
mod tally;
mod written;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use project::World;
use table::ROWS;
use tally::Tally;

/// One kind of file, or a few.
type Job = fn(&World) -> Tally;

/// The longest first, so that two threads end at about the same time.
const JOBS: [Job; 15] = [
    written::lock,
    served::first,
    served::second,
    served::third,
    served::fourth,
    served::grown,
    bundled::bundle,
    written::policy,
    written::manifest,
    served::checkpoint,
    written::trust_file,
    kept::cached,
    real::example,
    written::component,
    kept::remembered_and_compiled,
];

#[test]
fn every_change_of_every_file_ends_as_the_table_says() {
    let world = World::new();
    let jobs = Mutex::new(VecDeque::from(JOBS));
    let tally = Mutex::new(Tally::default());
    let worker = || {
        loop {
            let job = jobs.lock().unwrap().pop_front();
            let Some(job) = job else { return };
            // The others go on, and the figures are printed.
            let found = catch_unwind(AssertUnwindSafe(|| job(&world)));
            let mut tally = tally.lock().unwrap();
            match found {
                Ok(found) => tally.add(found),
                Err(_) => tally.fail("a kind of file was not done: see the panic above".to_owned()),
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(worker);
        worker();
    });
    let tally = tally.into_inner().unwrap();
    tally.print();
    tally.require(&ROWS.map(|row| row.kind), &same::EXCEPTIONS);
}
