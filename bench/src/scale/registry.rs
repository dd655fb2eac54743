//! One registry of a size, and everything that is measured of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use headlock::lock::Lock;

use super::generator::{CORE_ROOT, Written, crate_name, write_rows};
use crate::process::{self, Run, settle};
use crate::report::median;
use crate::server::{Server, files_of};

/// How often a release is published.
const TIMES: u64 = 9;
/// The day up to which the first import goes, near the end of the rows.
const UNTIL: &str = "2026-05-01";

/// What was measured of one registry.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) packages: u64,
    /// Rows and bytes of the index that it was imported from.
    pub(crate) rows: u64,
    pub(crate) row_bytes: u64,
    /// Records of the first import.
    pub(crate) imported: u64,
    /// Records at the end.
    pub(crate) records: u64,
    pub(crate) epochs: u64,
    pub(crate) import: Run,
    /// The second import.
    pub(crate) again: Run,
    /// The solve that is the same at every size.
    pub(crate) core: Fetched,
    /// The solve of roots from all over the registry.
    pub(crate) spread: Fetched,
    pub(crate) publish: Published,
    pub(crate) publish_new: Published,
    pub(crate) audit: Run,
}

/// What a solve fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetched {
    /// Packages that it asked for.
    pub(crate) packages: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// What publishing a release came to; medians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Published {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processors.
    pub(crate) cpu: f64,
    /// Files that were written and left.
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// A scratch folder with a registry, and the command that works on it.
struct Bench<'a> {
    command: &'a Path,
    scratch: tempfile::TempDir,
}

/// Makes a registry of so many packages, measures it, and takes it away.
pub(crate) fn measure(command: &Path, packages: u64) -> Result<Figures> {
    let bench = Bench { command, scratch: tempfile::tempdir()? };
    let Written { rows, bytes: row_bytes } = write_rows(&bench.path("rows"), packages)?;
    bench.run(&["key", "generate", "--name", "scale.example/made-up", "--out", "log.key"])?;
    bench.run(&["registry", "init", "reg", "--key", "log.key"])?;
    settle()?;
    let import = bench.import(&["--until", UNTIL])?;
    let imported = bench.records()?;
    settle()?;
    let again = bench.import(&[])?;
    fs::remove_dir_all(bench.path("rows"))?;
    settle()?;
    let publish = bench.publish(|number| format!("crates:{}", crate_name(packages * number / TIMES)))?;
    let publish_new = bench.publish(|number| format!("new:package-{number}"))?;
    let server = Server::serve(files_of(bench.path("reg")), Duration::ZERO)?;
    let core = bench.lock(&server, &[CORE_ROOT.to_owned()])?;
    let roots: Vec<String> = (0..8).map(|part| crate_name(packages * (2 * part + 1) / 16)).collect();
    let spread = bench.lock(&server, &roots)?;
    settle()?;
    let audit = bench.run(&["registry", "audit", "reg", "--log-key", "log.key.pub"])?;
    let records = bench.records()?;
    // The first epoch, one for each import and one for each release.
    let epochs = 1 + 2 + 2 * TIMES;
    Ok(Figures {
        packages,
        rows,
        row_bytes,
        imported,
        records,
        epochs,
        import,
        again,
        core,
        spread,
        publish,
        publish_new,
        audit,
    })
}

impl Bench<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Result<Run> {
        let mut command = Command::new(self.command);
        command.current_dir(&self.scratch).args(arguments);
        command.env("HEADLOCK_CACHE", self.path("cache")).env("HEADLOCK_STATE", self.path("state"));
        process::run(&mut command)
    }

    fn import(&self, more: &[&str]) -> Result<Run> {
        let import = ["registry", "import", "crates-index", "rows", "--registry", "reg", "--key", "log.key"];
        self.run(&[&import, more].concat())
    }

    /// The size of the registry's head.
    fn records(&self) -> Result<u64> {
        let checkpoint = fs::read_to_string(self.path("reg/checkpoint"))?;
        let size = checkpoint.lines().nth(1).context("a checkpoint without size")?;
        Ok(size.parse()?)
    }

    fn publish(&self, package: impl Fn(u64) -> String) -> Result<Published> {
        let (mut wall, mut cpu, mut files, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let sha256 = "00".repeat(32);
        for number in 0..TIMES {
            let begun = SystemTime::now();
            // Files have the time of the system's last tick.
            std::thread::sleep(Duration::from_millis(20));
            let package = package(number);
            let publish = ["registry", "publish", "--registry", "reg", "--key", "log.key", "--sha256", &sha256];
            let run = self.run(&[&publish[..], &[&package, "2.0.0"]].concat())?;
            wall.push(run.wall);
            cpu.push(run.cpu);
            let written = written_since(&self.path("reg"), begun)?;
            files.push(written.0 as f64);
            bytes.push(written.1 as f64);
        }
        let (files, bytes) = (median(files) as u64, median(bytes) as u64);
        Ok(Published { wall: median(wall), cpu: median(cpu), files, bytes })
    }

    /// Locks the newest releases of some crates, from nothing.
    fn lock(&self, server: &Server, crates: &[String]) -> Result<Fetched> {
        let project = self.path(&format!("project-{}", crates[0]));
        fs::create_dir(&project)?;
        let project = project.to_str().context("a scratch folder without a name in UTF-8")?;
        self.run(&["-C", project, "init", "--log-key", "../log.key.pub", "--url", &server.url])?;
        let manifest = Path::new(project).join("headlock.toml");
        let mut text = fs::read_to_string(&manifest)?;
        ensure!(text.contains("[dependencies]"), "a new manifest without dependencies");
        let wanted: String = crates.iter().map(|name| format!("\"crates:{name}\" = \"^1\"\n")).collect();
        text = text.replace("[dependencies]\n", &format!("[dependencies]\n{wanted}"));
        fs::write(&manifest, text)?;
        server.requests();
        self.run(&["-C", project, "--no-cache", "lock"])?;
        let requests = server.requests();
        let lock = Lock::read(&Path::new(project).join("headlock.lock"))?.context("no lock was written")?;
        let names = lock.derived.packages.iter().map(|package| package.name.as_str());
        let consulted = lock.derived.consulted.iter().flat_map(|consulted| consulted.names.iter().map(String::as_str));
        let packages: std::collections::BTreeSet<&str> = names.chain(consulted).collect();
        Ok(Fetched {
            packages: packages.len() as u64,
            files: requests.len() as u64,
            bytes: requests.iter().map(|request| request.bytes).sum(),
        })
    }
}

/// How many files in a folder, at any depth, were written after a time, and how many bytes they have.
fn written_since(folder: &Path, time: SystemTime) -> Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_dir() {
                open.push(entry.path());
            } else if found.modified()? > time {
                files += 1;
                bytes += found.len();
            }
        }
    }
    Ok((files, bytes))
}
