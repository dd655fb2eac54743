//! Real programs at real dates, held against cargo itself: see tests/README.md. Needs index rows and cargo's answers in
//! `../shared`; without them it says so and checks nothing.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic, and figures are printed")]

#[path = "another/component.rs"]
mod component;
mod flaky;
mod native;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use component::{PURE, component};
use flaky::Flaky;
use headlock::derive::derive;
use headlock::graph::resolve;
use headlock::lock::Lock;
use headlock::pages::Pages;
use headlock::sources::{Access, Network};
use headlock::trust::{Trust, TrustSource};
use headlock::verify::Stated;
use native::Native;

const DATES: [&str; 8] =
    ["2024-01-01", "2024-07-01", "2025-01-01", "2025-07-01", "2026-01-01", "2026-05-01", "2026-09-01", "now"];
const ROOTS: [&str; 6] = ["bevy", "wasmtime-cli", "polars", "surrealdb", "tauri", "leptos"];
const ORIGIN: &str = "crates.example/index";

type Pairs = BTreeSet<(String, String)>;

#[test]
fn real_programs_lock_and_verify_as_cargo_has_it() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let archive = shared.join("data/crates-index.tar.xz");
    let oracle = shared.join("tools/cargo_oracle.py");
    if !archive.exists() || !oracle.exists() {
        eprintln!("SKIPPED: no index rows and cargo answers at {}: nothing was checked", shared.display());
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    fs::create_dir(&data).unwrap();
    run(Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(&data));
    let (rows, locks) = (data.join("crates-index/rows"), data.join("crates-index/locks"));
    let bench = Bench { scratch: scratch.path().to_owned(), oracle, rows, moving: Mutex::default() };
    bench.headlock(&["key", "generate", "--name", ORIGIN, "--out", "log.key"]);
    bench.headlock(&["registry", "init", "reg", "--key", "log.key"]);

    let mut tallies = Vec::new();
    for date in DATES {
        bench.import(date);
        let compared = two_at_a_time(|root| {
            let cargo = fs::read_to_string(locks.join(format!("{root}@{date}.Cargo.lock"))).ok();
            bench.compare(root, date, cargo.as_deref())
        });
        tallies.extend(compared.into_iter().flatten().map(|tally| (date, tally)));
    }
    assert_eq!(tallies.len(), 42, "answers that cargo has");
    bench.by_another_solver();
    bench.natively();
    bench.over_http();
    let share = |tallies: &mut dyn Iterator<Item = &(&str, Tally)>| {
        let (equal, all) = tallies.fold((0, 0), |(equal, all), (_, tally)| (equal + tally.equal, all + tally.cargo));
        eprintln!("{equal} of {all} pairs are cargo's");
        equal as f64 / all as f64
    };
    let moves: Vec<Tally> = tallies
        .iter()
        .filter_map(|(_, tally)| tally.moved)
        .map(|(equal, cargo)| Tally { equal, cargo, moved: None })
        .collect();
    assert_eq!(moves.len(), 36, "moves from one date to the next");
    let moved = share(&mut moves.iter().map(|tally| ("", *tally)).collect::<Vec<_>>().iter());
    assert!(moved >= 0.97, "of what changed between dates: {moved}");
    let now = share(&mut tallies.iter().filter(|(date, _)| *date == "now"));
    let all = share(&mut tallies.iter());
    assert!(now >= 0.995, "as of now: {now}");
    assert!(all >= 0.98, "over all dates: {all}");
}

/// Whether cargo itself is asked for what it thinks of an answer, which takes it most of a test's time: of all roots as of now,
/// and of two roots at each date before; of all with `HEADLOCK_ORACLES=all`.
fn is_asked(root: &str, date: &str) -> bool {
    let (date, root) = (DATES.iter().position(|it| *it == date), ROOTS.iter().position(|it| *it == root));
    let turn = date.zip(root).is_some_and(|(date, root)| date % 3 == root % 3);
    date == Some(DATES.len() - 1) || turn || std::env::var_os("HEADLOCK_ORACLES").is_some_and(|value| value == "all")
}

/// Does something with each root; what it gives, in the order of the roots. Most of it is waiting for one process.
fn two_at_a_time<T: Send>(work: impl Fn(&'static str) -> T + Sync) -> Vec<T> {
    let pair = |pair: &'static [&'static str]| {
        std::thread::scope(|scope| {
            let begun: Vec<_> = pair.iter().map(|root| scope.spawn(|| work(root))).collect();
            begun.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<T>>()
        })
    };
    ROOTS.chunks(2).flat_map(pair).collect()
}

/// How many (crate, version) pairs cargo's answer has, and how many of them ours; and the same of the pairs that came or went
/// since the date before.
#[derive(Clone, Copy)]
struct Tally {
    equal: usize,
    cargo: usize,
    moved: Option<(usize, usize)>,
}

struct Bench {
    scratch: PathBuf,
    oracle: PathBuf,
    rows: PathBuf,
    /// For each root that is moved from date to date what cargo's answer was at the last one.
    moving: Mutex<BTreeMap<String, Pairs>>,
}

impl Bench {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(&self.scratch).args(arguments);
        command.env("HEADLOCK_CACHE", self.scratch.join("cache")).env("HEADLOCK_STATE", self.scratch.join("state"));
        command
    }

    fn headlock(&self, arguments: &[&str]) -> String {
        run(&mut self.command(arguments))
    }

    fn import(&self, date: &str) {
        let rows = self.rows.to_str().unwrap();
        let mut arguments = vec!["registry", "import", "crates-index", rows, "--registry", "reg", "--key", "log.key"];
        if date != "now" {
            arguments.extend(["--until", date]);
        }
        eprintln!("{date}: {}", self.headlock(&arguments).lines().next().unwrap());
    }

    /// Locks and verifies a root at the registry's head, and holds the answer against cargo's; nothing where cargo has
    /// none, and then neither may we.
    fn compare(&self, root: &str, date: &str, cargo: Option<&str>) -> Option<Tally> {
        let project = format!("{root}@{date}");
        let dir = self.scratch.join(&project);
        fs::create_dir(&dir).unwrap();
        let url = format!("file://{}/reg", self.scratch.display());
        self.headlock(&["-C", &project, "init", "--log-key", "../log.key.pub", "--url", &url]);
        let manifest = fs::read_to_string(dir.join("headlock.toml")).unwrap();
        let wanted = format!("\"crates:{root}\" = {{ version = \"*\", features = [\"default\"] }}\n");
        fs::write(dir.join("headlock.toml"), manifest + &wanted).unwrap();
        let locked = self.command(&["-C", &project, "lock"]).output().unwrap();
        let Some(cargo) = cargo else {
            let said = String::from_utf8_lossy(&locked.stderr);
            assert_eq!(locked.status.code(), Some(1), "cargo has no answer for {project}, and we: {said}");
            let lines = said.lines().count();
            assert!(lines <= 60, "the derivation for {project} has {lines} lines");
            eprintln!("{project}: no answer, like cargo; explained in {lines} lines");
            return None;
        };
        succeed(&project, &locked);
        self.headlock(&["-C", &project, "lock", "--check"]);
        self.headlock(&["-C", &project, "verify"]);
        self.headlock(&["-C", &project, "tree"]);

        let path = dir.join("headlock.lock");
        let lock = Lock::read(&path).unwrap().unwrap();
        let ours: Pairs = lock.derived.packages.iter().map(|p| (krate(&p.name), p.version.clone())).collect();
        let theirs = cargo_pairs(cargo);
        if is_asked(root, date) {
            self.accepted_by_cargo(root, date, &project, &lock);
        }
        let equal = ours.intersection(&theirs).count();
        eprintln!("{project}: {equal} of {} pairs equal, ours has {}", theirs.len(), ours.len());
        let moved = self.moved(root, &project, &theirs);
        Some(Tally { equal, cargo: theirs.len(), moved })
    }

    /// A solver in another language, written from docs/ alone, gives the same answers as of now: tests/another.
    fn by_another_solver(&self) {
        let Some(solver) = component(PURE) else { return };
        let solver = solver.to_str().unwrap();
        let found = two_at_a_time(|root| {
            let (own, other) = (format!("{root}@now"), format!("{root}@another"));
            fs::create_dir(self.scratch.join(&other)).unwrap();
            for file in ["headlock.toml", "trust.toml", "logs.policy"] {
                fs::copy(self.scratch.join(&own).join(file), self.scratch.join(&other).join(file)).unwrap();
            }
            self.headlock(&["-C", &other, "lock", "--solver", solver, "--time-limit", "1200"]);
            let [own, other] =
                [own, other].map(|name| Lock::read(&self.scratch.join(name).join("headlock.lock")).unwrap().unwrap());
            assert_ne!(own.claim.solver.sha256, other.claim.solver.sha256, "{root}");
            assert_eq!(own.claim.logs, other.claim.logs, "{root}");
            assert_eq!(own.derived, other.derived, "{root}");
            own.derived.packages.len()
        });
        eprintln!("another solver: the same {found:?} releases");
    }

    /// Moves a root's lock on to the registry's head: it is then the lock that is made anew, and what the command says has
    /// changed is what differs, each change with its cause. How many pairs came or went in cargo's answers meanwhile, and how
    /// many of them in ours; nothing at the first date.
    fn moved(&self, root: &str, project: &str, theirs: &Pairs) -> Option<(usize, usize)> {
        let (fresh, moving) = (self.scratch.join(project), format!("{root}@moving"));
        let dir = self.scratch.join(&moving);
        let before = self.moving.lock().unwrap().insert(root.to_owned(), theirs.clone());
        let Some(before) = before else {
            fs::create_dir(&dir).unwrap();
            for file in ["headlock.toml", "trust.toml", "logs.policy", "headlock.lock"] {
                fs::copy(fresh.join(file), dir.join(file)).unwrap();
            }
            return None;
        };
        let path = dir.join("headlock.lock");
        let pairs = |path: &Path| -> Pairs {
            let lock = Lock::read(path).unwrap().unwrap();
            lock.derived.packages.iter().map(|p| (krate(&p.name), p.version.clone())).collect()
        };
        let old = pairs(&path);
        let said = self.headlock(&["-C", &moving, "update"]);
        assert_eq!(fs::read(&path).unwrap(), fs::read(fresh.join("headlock.lock")).unwrap(), "{moving}");
        let new = pairs(&path);
        // `+ NAME VERSION (…)`, `- NAME VERSION (…)`, `  NAME OLD -> NEW (…)`, or `  NAME VERSION of REGISTRY: features …`.
        let (mut gone, mut come, mut caused) = (Pairs::new(), Pairs::new(), (0, 0));
        for line in said.lines().filter(|line| line[2..].starts_with("crates:")) {
            let words: Vec<&str> = line[2..].split([' ', ',']).collect();
            let name = krate(words[0]);
            match (line.as_bytes()[0], words[2]) {
                (b'+', _) => drop(come.insert((name, words[1].to_owned()))),
                (b'-', _) => drop(gone.insert((name, words[1].to_owned()))),
                // The same release, for which other features are asked.
                (b' ', "of") if words.get(4) == Some(&"features") => continue,
                (_, "->") => {
                    gone.insert((name.clone(), words[1].to_owned()));
                    come.insert((name, words[3].to_owned()));
                }
                _ => panic!("{line}"),
            }
            caused.0 += usize::from(!line.ends_with("(it follows from other changes)"));
            caused.1 += 1;
        }
        assert_eq!(gone, old.difference(&new).cloned().collect(), "{moving}");
        assert_eq!(come, new.difference(&old).cloned().collect(), "{moving}");
        let theirs_gone: Pairs = before.difference(theirs).cloned().collect();
        let theirs_come: Pairs = theirs.difference(&before).cloned().collect();
        let equal = gone.intersection(&theirs_gone).count() + come.intersection(&theirs_come).count();
        let all = theirs_gone.len() + theirs_come.len();
        // What is left became possible by something further down.
        assert!(caused.1 - caused.0 <= caused.1 / 10, "{moving}: {caused:?} changes have a cause");
        eprintln!(
            "{moving} to {project}: {equal} of {all} changes are cargo's; {} of {} have a cause",
            caused.0, caused.1
        );
        Some((equal, all))
    }

    /// All roots once more, by the solver as a library: what follows is what the component's locks say.
    fn natively(&self) {
        for root in ROOTS {
            let dir = self.scratch.join(format!("{root}@now"));
            let lock = Lock::read(&dir.join("headlock.lock")).unwrap().unwrap();
            let mut trust = Trust::read(&dir.join("trust.toml"), TrustSource::Given).unwrap();
            let access = Access { network: Network::Offline, ..Access::default() };
            let (mut stated, mut pages) =
                (Stated::new(&lock.claim, &[], &trust, &access).unwrap(), Pages::new(&access));
            let graph = resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated).unwrap();
            let (derived, _) = derive(&lock.claim.inputs, &graph, &mut Native::new(), &mut pages).unwrap();
            assert_eq!(derived, lock.derived, "{root} natively");
        }
        eprintln!("natively: the same for all roots");
    }

    /// All roots once more, from a web server that fails, truncates and dawdles, in another folder, home, locale and
    /// time zone, and in both engines: the locks are the same bytes.
    fn over_http(&self) {
        let server = Flaky::serve(self.scratch.join("reg"));
        two_at_a_time(|root| {
            let elsewhere = self.scratch.join(format!("elsewhere ü/{root}"));
            fs::create_dir_all(&elsewhere).unwrap();
            let headlock = |arguments: &[&str]| {
                let mut command = self.command(arguments);
                command.current_dir(&elsewhere).env("HOME", &elsewhere).env("LANG", "tr_TR.UTF-8").env("LC_ALL", "C");
                command.env("TZ", "Pacific/Kiritimati").env("HEADLOCK_CACHE", elsewhere.join("cache"));
                command.env("HEADLOCK_STATE", elsewhere.join("state"));
                run(&mut command)
            };
            let key = self.scratch.join("log.key.pub");
            headlock(&["init", "--log-key", key.to_str().unwrap(), "--url", &server.url]);
            let before = self.scratch.join(format!("{root}@now"));
            fs::copy(before.join("headlock.toml"), elsewhere.join("headlock.toml")).unwrap();
            headlock(&["lock", "--engine", "all"]);
            headlock(&["verify"]);
            let locks = [before, elsewhere].map(|folder| fs::read(folder.join("headlock.lock")).unwrap());
            assert!(locks[0] == locks[1], "{root} has another lock over HTTP");
        });
        let troubles = server.troubles();
        eprintln!("over HTTP: {troubles:?}");
        assert!(troubles.refused > 100 && troubles.truncated > 100 && troubles.slow > 100, "{troubles:?}");
    }

    /// Cargo keeps our answer as it stands, edges included.
    fn accepted_by_cargo(&self, root: &str, date: &str, project: &str, lock: &Lock) {
        let mut lines = String::new();
        for package in &lock.derived.packages {
            lines.push_str(&format!("{} {}", krate(&package.name), package.version));
            for target in &package.dependencies {
                let (_, name, version) = target.parts(Some(ORIGIN)).unwrap();
                lines.push_str(&format!(" {}@{version}", krate(name)));
            }
            lines.push('\n');
        }
        let answer = self.scratch.join(project).join("answer.txt");
        fs::write(&answer, lines).unwrap();
        let mut command = Command::new("python3");
        command.arg(&self.oracle).arg(&self.rows).arg(root).arg(&answer);
        if date != "now" {
            command.args(["--until", date]);
        }
        let output = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "cargo does not accept {project} as it stands:\n{said}");
    }
}

fn krate(name: &str) -> String {
    name.strip_prefix("crates:").unwrap().to_owned()
}

/// The packages of a Cargo.lock that come from a registry.
fn cargo_pairs(lock: &str) -> Pairs {
    let document: toml::Table = lock.parse().unwrap();
    let packages = document["package"].as_array().unwrap().iter().filter(|package| package.get("source").is_some());
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    packages.map(|package| (text(package, "name"), text(package, "version"))).collect()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    succeed(&format!("{command:?}"), &output);
    String::from_utf8(output.stdout).unwrap()
}

fn succeed(what: &str, output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {:?}\n{said}", output.status.code());
}
