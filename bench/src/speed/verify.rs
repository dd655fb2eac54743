//! `headlock verify` beside `cargo generate-lockfile --offline` on the same rows.

use anyhow::Result;
use fs_err as fs;

use super::TIMES;
use crate::process::{in_turn, run};
use crate::programs::Programs;
use crate::report::{Section, bytes, count, median, milliseconds, ratio};

pub(crate) fn against_cargo(programs: &Programs) -> Result<Section> {
    let mut rows = Vec::new();
    for root in &programs.roots {
        let mut cargo = programs.cargo(root)?;
        let lock = cargo.get_current_dir().map(|folder| folder.join("Cargo.lock")).unwrap_or_default();
        let measured = in_turn(
            TIMES,
            || {
                // cargo keeps a lock that is there, so it is taken away.
                fs::remove_file(&lock)?;
                run(&mut cargo)
            },
            || run(&mut programs.command("cache", &["-C", root, "verify"])),
        )?;
        let mut cold = Vec::new();
        for _ in 0..3 {
            let cache = programs.folder.join("cold");
            if cache.exists() {
                fs::remove_dir_all(&cache)?;
            }
            cold.push(run(&mut programs.command("cold", &["-C", root, "verify"]))?.wall);
        }
        let of = |part: fn(&(crate::process::Run, crate::process::Run)) -> f64| {
            median(measured.iter().map(part).collect::<Vec<_>>())
        };
        let peak = measured.iter().map(|(_, headlock)| headlock.peak).max().unwrap_or(0);
        let cargo_peak = measured.iter().map(|(cargo, _)| cargo.peak).max().unwrap_or(0);
        rows.push(vec![
            root.clone(),
            milliseconds(of(|(cargo, _)| cargo.wall)),
            milliseconds(of(|(_, headlock)| headlock.wall)),
            ratio(of(|(cargo, headlock)| cargo.wall / headlock.wall)),
            ratio(of(|(cargo, headlock)| cargo.cpu / headlock.cpu)),
            milliseconds(median(cold)),
            bytes(cargo_peak),
            bytes(peak),
        ]);
    }
    let columns =
        ["root", "cargo", "verify", "cargo / verify", "by CPU time", "verify, cold", "peak memory, cargo", "verify"];
    Ok(Section {
        title: "Verifying a lock, beside cargo making one",
        about: format!(
            "Whole processes, {TIMES} runs of each in turn: `cargo generate-lockfile --offline` with the index in its cache and \
             no lock, and `headlock verify` of a lock of the same root, from a registry of the same {} rows in a folder, with \
             the solver's compiled code in its cache. *Cold* is verifying with an empty cache: the component is compiled first.",
            count(programs.imported.0)
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}
