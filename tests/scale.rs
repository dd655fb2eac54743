//! What costs do not grow with a registry, on made-up ones and through the command: see tests/README.md.
#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

#[path = "../bench/src/scale/generator.rs"]
mod generator;
#[path = "../bench/src/server.rs"]
#[allow(dead_code, reason = "the benchmark uses more of it")]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use generator::{CORE, CORE_ROOT, write_rows};
use server::{Files, Server, files_of};
use wait4::Wait4;

/// What was given of one kind of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Given {
    files: u64,
    bytes: u64,
}

/// By the path's first part: `checkpoint`, `tile`, `index`, `bin`, `page`. What is not there counts as without bytes.
type Counts = BTreeMap<String, Given>;

/// The files of a folder, counted as they are given.
fn counted(folder: PathBuf) -> (Arc<Files>, Arc<Mutex<Counts>>) {
    let (files, counts) = (files_of(folder), Arc::new(Mutex::new(Counts::new())));
    let counting = Arc::clone(&counts);
    let files = move |path: &str| {
        let file = files(path);
        let kind = path.split('/').next().unwrap_or_default().to_owned();
        let mut counts = counting.lock().unwrap();
        let given = counts.entry(kind).or_default();
        given.files += 1;
        given.bytes += file.as_ref().map_or(0, |file| file.len() as u64);
        file
    };
    (Arc::new(files), counts)
}

struct Bench(tempfile::TempDir);

impl Bench {
    /// A new registry, without records but the first epoch.
    fn new() -> Bench {
        let bench = Bench(tempfile::tempdir().unwrap());
        bench.headlock(&["key", "generate", "--name", "scale.example/made-up", "--out", "log.key"]);
        bench.headlock(&["registry", "init", "reg", "--key", "log.key"]);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the command, which must succeed. Gives the most memory that it held, in bytes.
    fn headlock(&self, arguments: &[&str]) -> u64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(&self.0).args(arguments);
        command.env("HEADLOCK_CACHE", self.path("cache")).env("HEADLOCK_STATE", self.path("state"));
        let used = command.stdout(Stdio::null()).spawn().unwrap().wait4().unwrap();
        assert!(used.status.success(), "{arguments:?}: {}", used.status);
        used.rusage.maxrss
    }

    fn import(&self) -> u64 {
        self.headlock(&["registry", "import", "crates-index", "rows", "--registry", "reg", "--key", "log.key"])
    }

    fn audit(&self) -> u64 {
        self.headlock(&["registry", "audit", "reg", "--log-key", "log.key.pub"])
    }

    /// The size of the registry's head.
    fn records(&self) -> u64 {
        let checkpoint = fs::read_to_string(self.path("reg/checkpoint")).unwrap();
        checkpoint.lines().nth(1).unwrap().parse().unwrap()
    }

    /// Locks a crate from nothing over HTTP; gives what was fetched, and the lock's releases without their places.
    fn lock(&self, name: &str) -> (Counts, Vec<String>) {
        let (files, counts) = counted(self.path("reg"));
        let server = Server::serve(files, Duration::ZERO).unwrap();
        fs::create_dir(self.path("project")).unwrap();
        self.headlock(&["-C", "project", "init", "--log-key", "../log.key.pub", "--url", &server.url]);
        let manifest = self.path("project/headlock.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, format!("{text}\"crates:{name}\" = \"^1\"\n")).unwrap();
        self.headlock(&["-C", "project", "--no-cache", "lock"]);
        let lock = fs::read_to_string(self.path("project/headlock.lock")).unwrap();
        let releases = lock.lines().filter(|line| line.starts_with("name = ") || line.starts_with("version = "));
        (counts.lock().unwrap().clone(), releases.map(str::to_owned).collect())
    }
}

#[test]
fn a_solve_fetches_as_much_of_a_large_registry_as_of_a_small_one() {
    let measured = [200, 2_000].map(|packages| {
        let bench = Bench::new();
        write_rows(&bench.path("rows"), packages).unwrap();
        bench.import();
        (bench.records(), bench.lock(CORE_ROOT))
    });
    let [(small, (of_small, releases)), (large, (of_large, same_releases))] = measured;
    assert!(large > 8 * small, "{small} records, {large} records");
    assert_eq!(releases, same_releases);
    let names: BTreeSet<&String> = releases.iter().filter(|line| line.starts_with("name = \"crates:core-")).collect();
    assert_eq!(names.len() as u64, CORE);
    for counts in [&of_small, &of_large] {
        let files = |kind: &str| counts.get(kind).map_or(0, |given| given.files);
        // All of the core, and no other package.
        assert_eq!(files("page"), CORE, "{counts:?}");
        assert!(files("bin") <= CORE && files("index") <= 1 + CORE, "{counts:?}");
        // For each package one tile of level 0, once what stands above it; the bundle with the epoch.
        assert!(files("tile") <= CORE + 3, "{counts:?}");
        assert!(counts.keys().all(|kind| ["checkpoint", "tile", "bin", "index", "page"].contains(&kind.as_str())));
        // What a package costs beside its page: a tile, a lower node, a bin.
        let total: u64 = counts.values().map(|given| given.bytes).sum();
        assert!(total <= counts["page"].bytes + (CORE + 5) * (2 * 8_192 + 1_024), "{counts:?}");
    }
    // The pages are the same but for the places of their records, which have more digits.
    let grown = of_large["page"].bytes - of_small["page"].bytes;
    assert!(grown * 20 < of_small["page"].bytes, "{of_small:?} {of_large:?}");
    assert!(of_large["bin"].bytes <= 2 * of_small["bin"].bytes, "{of_small:?} {of_large:?}");
}

/// Writes rows of crates with a hundred versions each, 5 KB a row. Gives how many bytes they have.
fn write_long_rows(dir: &Path, crates: u64) -> u64 {
    fs::create_dir(dir).unwrap();
    let features: Vec<String> = (0..60).map(|number| format!("\"{}-{number:02}\":[]", "feature".repeat(10))).collect();
    let features = features.join(",");
    let mut bytes = 0;
    for number in 0..crates {
        let row = |version: u64| {
            format!(
                "{{\"name\":\"long-{number}\",\"vers\":\"1.{version}.0\",\"deps\":[],\"cksum\":\"{number:032x}{version:032x}\",\
                 \"features\":{{{features}}},\"yanked\":false,\"pubtime\":\"2020-01-01T00:{:02}:{:02}Z\"}}\n",
                version / 60,
                version % 60,
            )
        };
        let rows: String = (0..100).map(row).collect();
        bytes += rows.len() as u64;
        fs::write(dir.join(format!("long-{number}")), rows).unwrap();
    }
    bytes
}

#[test]
fn ten_times_the_records_do_not_take_ten_times_the_memory() {
    let [small, large] = [10, 100].map(|crates| {
        let bench = Bench::new();
        let bytes = write_long_rows(&bench.path("rows"), crates);
        let import = bench.import();
        assert_eq!(bench.records(), 1 + 100 * crates + 1);
        (bytes, import, bench.audit())
    });
    let more_bytes = large.0 - small.0;
    assert!(more_bytes > 40_000_000, "{more_bytes} bytes more");
    // At most 16 MiB of lines wait for their pages, of each of 9,000 records more stay 200 bytes, and the allocator keeps
    // as much again of what was freed. Rows or records that stayed would come on top of that, with 44 MB each.
    let (import, audit) = (large.1.saturating_sub(small.1), large.2.saturating_sub(small.2));
    assert!(import < 40 << 20, "importing {more_bytes} bytes more takes {import} bytes of memory more");
    assert!(audit < 8 << 20, "auditing {more_bytes} bytes more takes {audit} bytes of memory more");
}
