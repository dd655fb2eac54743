//! What the time of a verification goes to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use headlock::engine::Backend;
use headlock::lock::{Lock, compare};

use super::{Project, TIMES, released_solver};
use crate::programs::Programs;
use crate::report::{Section, median, milliseconds};
use crate::spans::Spans;

/// The spans, in the order in which a verification comes to them.
const PARTS: [&str; 9] = ["load", "read", "hash", "index", "parse", "lower", "solve", "check", "format"];

pub(crate) fn of_verify(programs: &Programs) -> Result<Section> {
    let spans = Spans::watch();
    let mut rows = Vec::new();
    for root in &programs.roots {
        let folder = programs.folder.join(root);
        let mut measured: Vec<(BTreeMap<&'static str, Duration>, Duration)> = Vec::new();
        for _ in 0..=TIMES {
            spans.take();
            let began = Instant::now();
            let project = Project::open(&folder)?;
            let solver = released_solver(&programs.folder, Backend::Cranelift)?;
            let (derived, _) = project.derive(&mut solver.begin()?, &mut project.pages()?)?;
            let span = tracing::debug_span!("format").entered();
            let again = Lock { derived, ..project.lock.clone() };
            anyhow::ensure!(again.format() == project.lock.format(), "{:?}", compare(&project.lock, &again.derived));
            drop(span);
            measured.push((spans.take(), began.elapsed()));
        }
        // The first is not counted.
        measured.remove(0);
        let part = |name: &str| {
            let of = |(times, _): &(BTreeMap<&'static str, Duration>, _)| times.get(name).copied().unwrap_or_default();
            milliseconds(median(measured.iter().map(of).map(|time| time.as_secs_f64()).collect()))
        };
        let mut row = vec![root.clone()];
        row.extend(PARTS.map(part));
        row.push(milliseconds(median(measured.iter().map(|(_, all)| all.as_secs_f64()).collect())));
        rows.push(row);
    }
    let mut columns = vec!["root".to_owned()];
    columns.extend(PARTS.map(str::to_owned));
    columns.push("all, by the clock".to_owned());
    Ok(Section {
        title: "What verifying a lock takes its time for",
        about: "In one process, by the host's own spans: *load* the compiled solver, *read* the registry's files, *hash* and \
                *parse* pages, *lower* their records into the contract's lists, *solve* (crossing into the component \
                included), *check* what it answered, *format* the lock and compare."
            .to_owned(),
        columns,
        rows,
        notes: vec![
            "Reading, hashing and parsing are done on all cores at once: their times are added up over the threads, so the \
             parts may come to more than the clock shows."
                .to_owned(),
        ],
    })
}
