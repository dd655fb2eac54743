//! `headlock verify` beside `cargo generate-lockfile --offline` on the same rows.

use std::process::Command;

use anyhow::Result;
use fs_err as fs;

use crate::process::{Run, run, settle};
use crate::programs::Programs;
use crate::report::{Section, bytes, count, median, milliseconds, ratio};

/// How often each runs: a process that takes new memory on two cores is at the mercy of the machine for a while.
const TIMES: usize = 21;

/// A root, and what makes its lock.
struct Contest<'a> {
    root: &'a str,
    cargo: Command,
    programs: &'a Programs,
}

impl Contest<'_> {
    /// cargo makes the lock, headlock verifies its own, twice each: the second one counts, which finds memory as its like
    /// has left it.
    fn run(&mut self) -> Result<(Run, Run)> {
        self.cargo()?;
        let cargo = self.cargo()?;
        self.verify()?;
        Ok((cargo, self.verify()?))
    }

    fn cargo(&mut self) -> Result<Run> {
        // cargo keeps a lock that is there, so it is taken away.
        let lock = self.cargo.get_current_dir().map(|folder| folder.join("Cargo.lock")).unwrap_or_default();
        fs::remove_file(&lock)?;
        run(&mut self.cargo)
    }

    fn verify(&self) -> Result<Run> {
        run(&mut self.programs.command("cache", &["-C", self.root, "verify"]))
    }
}

/// Whose turn it is: each is once in a round, forwards and backwards in turn, and another begins each time.
fn place_in_round(round: usize, turn: usize, count: usize) -> usize {
    let turn = if round.is_multiple_of(2) { turn } else { count - 1 - turn };
    (round / 2 + turn) % count
}

pub(crate) fn against_cargo(programs: &Programs) -> Result<Section> {
    let contest = |root| Ok(Contest { root, cargo: programs.cargo(root)?, programs });
    let mut contests = programs.roots.iter().map(|root| contest(root)).collect::<Result<Vec<_>>>()?;
    // One run of each is not counted.
    contests.iter_mut().try_for_each(|contest| contest.run().map(|_| ()))?;
    settle()?;
    // Each root has its turn in each round, so that a machine that is slow for a while is so for all; and each round has
    // another order, for which memory one finds depends on who was there before.
    let mut all: Vec<Vec<(Run, Run)>> = contests.iter().map(|_| Vec::new()).collect();
    for round in 0..TIMES {
        for turn in 0..contests.len() {
            let place = place_in_round(round, turn, contests.len());
            all[place].push(contests[place].run()?);
        }
    }
    let mut rows = Vec::new();
    for (root, measured) in programs.roots.iter().zip(all) {
        let mut cold = Vec::new();
        for _ in 0..3 {
            let cache = programs.folder.join("cold");
            if cache.exists() {
                fs::remove_dir_all(&cache)?;
            }
            cold.push(run(&mut programs.command("cold", &["-C", root, "verify"]))?.wall);
        }
        let of = |part: fn(&(Run, Run)) -> f64| median(measured.iter().map(part).collect::<Vec<_>>());
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
            "Whole processes, {TIMES} rounds in changing order in which each has its turn, twice in a row, of which the second counts: `cargo generate-lockfile --offline` with the index in its cache and \
             no lock, and `headlock verify` of a lock of the same root, from a registry of the same {} rows in a folder, with \
             the solver's compiled code in its cache. *Cold* is verifying with an empty cache: the component is compiled first.",
            count(programs.imported.0)
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::place_in_round;

    #[test]
    fn each_has_its_turn_in_each_round() {
        for count in 1..7 {
            for round in 0..2 * count {
                let mut places: Vec<usize> = (0..count).map(|turn| place_in_round(round, turn, count)).collect();
                places.sort_unstable();
                assert_eq!(places, (0..count).collect::<Vec<_>>());
            }
            let mut first: Vec<usize> = (0..count).map(|round| place_in_round(2 * round, 0, count)).collect();
            first.sort_unstable();
            assert_eq!(first, (0..count).collect::<Vec<_>>());
        }
    }
}
