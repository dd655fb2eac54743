//! How far verifying is from what no verification can do without: hashing the evidence once, and checking one signature.

use std::time::Instant;

use anyhow::Result;
use headlock::engine::Backend;
use headlock::solve::ReadPages;
use headlock::trust::AcceptedHead;
use sha2::{Digest, Sha256};

use super::{Project, TIMES, released_solver};
use crate::process::run;
use crate::programs::Programs;
use crate::report::{Section, bytes, count, median, milliseconds, ratio};

pub(crate) fn distance(programs: &Programs) -> Result<Section> {
    let mut rows = Vec::new();
    for root in &programs.roots {
        let project = Project::open(&programs.folder.join(root))?;
        let solver = released_solver(&programs.folder, Backend::Cranelift)?;
        let mut pages = project.pages()?;
        let (_, solved) = project.derive(&mut solver.begin()?, &mut pages)?;
        let mut evidence = Vec::new();
        for (origin, name) in solved.evidence.keys() {
            let page = pages.1.read(origin, &[name])?.remove(0);
            evidence.extend(page.map(|page| page.page().bytes().to_vec()));
        }
        let size: u64 = evidence.iter().map(|page| page.len() as u64).sum();
        let floors: Vec<f64> = (0..TIMES)
            .map(|_| {
                let began = Instant::now();
                for page in &evidence {
                    std::hint::black_box(Sha256::digest(page));
                }
                let accepted: Result<Vec<AcceptedHead>, _> =
                    project.lock.claim.logs.iter().map(|log| project.trust.accept_pinned(log, &[])).collect();
                accepted.map(|_| began.elapsed().as_secs_f64())
            })
            .collect::<Result<_, _>>()?;
        let floor = median(floors);
        let verify = || run(&mut programs.command("cache", &["-C", root, "verify"]));
        let verified: Vec<_> = (0..TIMES).map(|_| verify()).collect::<Result<_>>()?;
        let wall = median(verified.iter().map(|run| run.wall).collect());
        let cpu = median(verified.iter().map(|run| run.cpu).collect());
        rows.push(vec![
            root.clone(),
            count(evidence.len() as u64),
            bytes(size),
            milliseconds(floor),
            milliseconds(wall),
            ratio(wall / floor),
            ratio(cpu / floor),
        ]);
    }
    let columns = ["root", "pages", "evidence", "floor", "verify", "verify / floor", "by CPU time"];
    Ok(Section {
        title: "The distance to the floor",
        about: "The floor is what no verification can do without, on one core with the bytes in memory: each page hashed once, \
                one signature checked for each log. *Verify* is the whole process."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: vec![
            "The next factor of two would take two things, by the table above. Of bevy's processor time two \
             fifths go into parsing pages and lowering them: that would go where what a page comes to is kept \
             beside it, by the page's hash and under a key as compiled code is, and every host that keeps nothing \
             would gain nothing. Three tenths go into the solver, on one core while the others wait: it would \
             take a contract by which it is told only of releases that something accepts, or that it starts while \
             pages still come. Either alone gives a third; reading and hashing, a quarter, are the floor itself."
                .to_owned(),
        ],
    })
}
