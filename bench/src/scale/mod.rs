//! How costs grow with a registry: made-up ones of any size, through the command as users run it.

mod epochs;
mod generator;
mod registry;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use self::epochs::Audits;
use self::registry::{Fetched, Figures};
use crate::process;
use crate::report::{Report, Section, bytes, count, milliseconds};

/// Sizes that are always measured, in packages.
const SIZES: [u64; 2] = [2_000, 20_000];
/// The size that takes minutes and some 10 GB of disk.
const LARGEST: u64 = 200_000;

/// More than the command takes that does nothing, in bytes.
const MAX_IDLE: u64 = 16 << 20;

/// How far the sizes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// Up to 20,000 packages.
    Usual,
    /// Up to 200,000.
    Largest,
}

/// Measures registries of growing sizes with a command.
pub(crate) fn measure(command: &Path, sizes: Sizes, report: &mut Report) -> Result<()> {
    let largest = (sizes == Sizes::Largest).then_some(LARGEST);
    let idle = process::run(Command::new(command).arg("--version"))?.peak;
    ensure!(idle < MAX_IDLE, "a process begins with the peak memory of the one that starts it: measure scale first");
    let mut all: Vec<Figures> = Vec::new();
    for packages in SIZES.into_iter().chain(largest) {
        eprintln!("measuring a registry of {} packages", count(packages));
        all.push(registry::measure(command, packages)?);
    }
    report.push(fetching(&all));
    report.push(publishing(&all));
    report.push(importing(&all, idle));
    report.push(auditing(&all, idle, epochs::measure(command)?));
    Ok(())
}

fn fetching(all: &[Figures]) -> Section {
    let columns = ["packages", "records", "solve", "asked for", "files", "bytes", "files each", "bytes each", ""];
    let most = |of: fn(&Figures) -> &Fetched| all.iter().map(|figures| of(figures).bytes).max().unwrap_or(0);
    let row = |figures: &Figures, solve: &str, fetched: &Fetched, most: u64| {
        let asked = fetched.packages.max(1);
        vec![
            count(figures.packages),
            count(figures.records),
            solve.to_owned(),
            count(fetched.packages),
            count(fetched.files),
            bytes(fetched.bytes),
            format!("{:.1}", fetched.files as f64 / asked as f64),
            bytes(fetched.bytes / asked),
            bar(fetched.bytes, most),
        ]
    };
    let core = all.iter().map(|figures| row(figures, "same packages", &figures.core, most(|figures| &figures.core)));
    let spread =
        all.iter().map(|figures| row(figures, "drawn from all", &figures.spread, most(|figures| &figures.spread)));
    Section {
        title: "Scale: what a solve fetches",
        about: "`headlock lock` from nothing, of a registry on a web server on this machine that counts what it gives. *Same \
                packages*: a solve of the same 40 packages at every size, so that only the registry around them grows. *Drawn from \
                all*: eight roots spread over the whole registry; how much they need grows a little with what there is to need."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: core.chain(spread).collect(),
        notes: vec![
            "For each package a page, a bin and a tile of its last record, and of the tiles above and of the index's 256 lower \
             nodes those that are needed, each once: 32 tiles stand above the 7,813 that hold 2,000,000 records, five above the 884 of 226,119, one above the 88 of 22,363."
                .to_owned(),
        ],
    }
}

fn publishing(all: &[Figures]) -> Section {
    let columns = ["packages", "records", "files", "bytes", "time", "processor", "new package: time", "processor", ""];
    let most = all.iter().map(|figures| micro(figures.publish.cpu)).max().unwrap_or(0);
    let rows = all.iter().map(|figures| {
        let (publish, new) = (&figures.publish, &figures.publish_new);
        vec![
            count(figures.packages),
            count(figures.records),
            count(publish.files),
            bytes(publish.bytes),
            milliseconds(publish.wall),
            milliseconds(publish.cpu),
            milliseconds(new.wall),
            milliseconds(new.cpu),
            bar(micro(publish.cpu), most),
        ]
    });
    Section {
        title: "Scale: publishing one release",
        about: "`headlock registry publish`, from its start to its end, all that it writes being durable: median of nine, each a \
                transaction with an epoch and a head of its own. Files and bytes are those that it wrote and left. What is beyond \
                the processor's time is waiting for the disk. The bar is the processor's time."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        notes: vec![
            "A new package's name also goes into one of the writer's 256 files of names, which is read and written whole: one 256th \
             of all names."
                .to_owned(),
        ],
    }
}

fn importing(all: &[Figures], idle: u64) -> Section {
    let columns = [
        "packages",
        "rows",
        "bytes of rows",
        "records",
        "time",
        "records/s",
        "processor",
        "records/s of it",
        "again: rows/s of it",
        "peak memory",
        "a record",
        "",
    ];
    let most = all.iter().map(|figures| figures.import.peak).max().unwrap_or(0);
    let rows = all.iter().map(|figures| {
        let (import, again) = (&figures.import, &figures.again);
        let a_second = |records: u64, seconds: f64| count((records as f64 / seconds) as u64);
        vec![
            count(figures.packages),
            count(figures.rows),
            bytes(figures.row_bytes),
            count(figures.imported),
            format!("{:.1} s", import.wall),
            a_second(figures.imported, import.wall),
            format!("{:.1} s", import.cpu),
            a_second(figures.imported, import.cpu),
            a_second(figures.rows, again.cpu),
            bytes(import.peak),
            bytes(import.peak.saturating_sub(idle) / figures.imported.max(1)),
            bar(import.peak, most),
        ]
    });
    Section {
        title: "Scale: importing",
        about: "`headlock registry import crates-index` of made-up rows, up to a day that leaves out one row in twenty, into a new \
                registry: one epoch. *Again*: the same folder up to its last row, into the same registry. The bar is the peak of \
                memory."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        notes: vec![format!(
            "No row, record, page or tile stays in memory. What stays is, of each row, its place in the order (28 bytes); of each \
             version, hashes of what it said (65 bytes, in nodes that are two thirds full); and of each package its name, the state \
             of its page's hash, its file and its entry of the index (about 1 KB). Beside these at most 16 MiB of lines wait for \
             their pages. The command itself takes {}.",
            bytes(idle)
        )],
    }
}

fn auditing(all: &[Figures], idle: u64, epochs: Audits) -> Section {
    let columns = ["packages", "records", "epochs", "time", "processor", "a record", "peak memory", "a record", ""];
    let each = |figures: &Figures| figures.audit.cpu / figures.records.max(1) as f64;
    let most = all.iter().map(|figures| (each(figures) * 1e9) as u64).max().unwrap_or(0);
    let rows = all.iter().map(|figures| {
        vec![
            count(figures.packages),
            count(figures.records),
            count(figures.epochs),
            format!("{:.1} s", figures.audit.wall),
            format!("{:.1} s", figures.audit.cpu),
            format!("{:.1} µs", each(figures) * 1e6),
            bytes(figures.audit.peak),
            bytes(figures.audit.peak.saturating_sub(idle) / figures.records.max(1)),
            bar((each(figures) * 1e9) as u64, most),
        ]
    });
    Section {
        title: "Scale: auditing",
        about: "`headlock registry audit` of the same registries: every entry is read once, checked and forgotten, every file of the \
                newest epoch is read once and compared. The bar is the processor's time for a record: linear is flat."
            .to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        notes: vec![format!(
            "An epoch costs what has changed since the one before it, not what the index holds: {} records that come in as many \
             epochs take {} of processor time, in one epoch {}.",
            count(epochs::EPOCHS),
            milliseconds(epochs.apart),
            milliseconds(epochs.together)
        )],
    }
}

/// A bar as long as a value is large, beside the largest.
fn bar(value: u64, most: u64) -> String {
    let eighths = (u128::from(value) * 80).div_ceil(u128::from(most.max(1))) as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.extend(" ▏▎▍▌▋▊▉".chars().nth(eighths % 8).filter(|part| *part != ' '));
    bar
}

fn micro(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

/// The command that stands beside this program.
pub(crate) fn command() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("headlock"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::generator::{CORE, crate_name, write_rows};
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        assert_eq!([0, 1, 40, 79, 80].map(|value| bar(value, 80)), ["", "▏", "█████", "█████████▉", "██████████"]);
        assert_eq!(bar(0, 0), "");
        assert_eq!(bar(u64::MAX, u64::MAX), "██████████");
    }

    #[test]
    fn every_crate_has_a_name_of_its_own() {
        let names: BTreeSet<String> = (0..LARGEST).map(crate_name).collect();
        assert_eq!(names.len() as u64, LARGEST);
    }

    #[test]
    fn an_index_has_ten_rows_a_crate_and_the_same_core_at_every_size() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let mut written = Vec::new();
        for crates in [500, 1_000] {
            let folder = dir.path().join(crates.to_string());
            let rows = write_rows(&folder, crates)?.rows;
            assert!((8 * crates..13 * crates).contains(&rows), "{rows} rows of {crates} crates");
            let mut core = String::new();
            for name in (0..CORE).map(crate_name) {
                core.push_str(&fs_err::read_to_string(folder.join(&name[..2]).join(&name[2..4]).join(&name))?);
            }
            written.push((rows, core));
        }
        assert!(written[0].0 < written[1].0);
        assert_eq!(written[0].1, written[1].1);
        Ok(())
    }
}
