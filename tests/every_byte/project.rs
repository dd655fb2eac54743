//! A project with two registries, small and whole: full and partial tiles, two levels, several epochs, cosigned heads, a
//! package that is absent, a yank, features, overrides of both kinds, preferences, and a solver of the verifier's own. A third registry is a peer of the first, which
//! holds a head of it; a fourth has published the solver, and the trust file accepts it from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use headlock::engine::{Backend, CompiledCache, Engine, Limits, LoadedSolver, Solver};
use headlock::registry::{Approval, NamedMaintainers, PeerRequest, Registry, ReleaseRequest};
use headlock::released;
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::note::{SignedNote, SigningKey};
use headlock_log::record::{Addition, Dependency, Feature, Mention, Record, Release};

/// The log of 512 records: no partial tile below level 1, a full bundle.
pub(crate) const FIRST: &str = "first.example/log";
/// The log of 300 records: partial tiles on both levels, a partial bundle.
pub(crate) const SECOND: &str = "second.example/log";

/// The log whose head the first one holds.
pub(crate) const THIRD: &str = "third.example/log";

/// The log that has published the solver.
pub(crate) const FOURTH: &str = "fourth.example/solvers";

/// The files of a project.
pub(crate) const LOCK: &str = "headlock.lock";
pub(crate) const MANIFEST: &str = "headlock.toml";
pub(crate) const TRUST: &str = "trust.toml";
pub(crate) const POLICY: &str = "logs.policy";
pub(crate) const COMPONENT: &str = "solver.wasm";
pub(crate) const OWN: &str = "own.wasm";

/// The project as it should be, to be copied, and all that it was made with.
pub(crate) struct World {
    scratch: tempfile::TempDir,
    pub(crate) solver: Solver,
    pub(crate) loaded: LoadedSolver,
    /// The lock as `headlock lock` makes it anew: without preferences.
    pub(crate) fresh_lock: Vec<u8>,
    /// A lock of the same manifest at an older head of the first log.
    pub(crate) older_lock: Vec<u8>,
    /// The older head's checkpoint.
    pub(crate) older_checkpoint: Vec<u8>,
}

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

fn release<'a>(package: &'a str, version: &'a str) -> Release<'a> {
    let content = Digest::of(format!("{package} {version}").as_bytes());
    let (exclusives, dependencies, features) = (Vec::new(), Vec::new(), Vec::new());
    let (maintainers, prev, signatures) = (None, None, Vec::new());
    Release { package, version, content, exclusives, dependencies, features, maintainers, prev, signatures }
}

fn dependency<'a>(package: &'a str, requirement: &'a str) -> Dependency<'a> {
    Dependency { registry: None, package, requirement, content: None, optional: false, features: Vec::new() }
}

/// Releases of packages that nobody asks for, so that the log has `size` records after the next epoch.
fn fill(registry: &mut Registry<'_>, size: u64) {
    let missing = size - 1 - registry.head().size;
    let named: Vec<(String, String)> =
        (0..missing).map(|n| (format!("fill:p{}", n % 9), format!("{size}.{n}.0"))).collect();
    let records: Vec<Record<'_>> =
        named.iter().map(|(package, version)| Record::Release(release(package, version))).collect();
    assert_eq!(registry.append(&records).unwrap().size, size);
}

/// A release that each of the maintainers signs; the first one names them.
fn maintained(registry: &mut Registry<'_>, package: &str, version: &str, maintainers: &[SigningKey]) {
    let Release { content, .. } = release(package, version);
    let request = ReleaseRequest {
        package: package.to_owned(),
        version: version.to_owned(),
        content: Some(content),
        ..ReleaseRequest::default()
    };
    let keys: Vec<_> = maintainers.iter().map(SigningKey::verifier).collect();
    let named = NamedMaintainers::new(2, &keys).unwrap();
    let approval = Approval { keys: maintainers, signatures: &[] };
    let is_first = version == "1.0.0";
    registry.publish_approved(&request, None, is_first.then_some(&named), &approval).unwrap();
}

/// The first log up to the record before its last epoch.
fn first(registry: &mut Registry<'_>, third: &Checkpoint) {
    let maintainers = [key("ann", 21), key("ben", 22)];
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        maintained(registry, "acme:log", version, &maintainers);
    }
    let peer = key(THIRD, 3).verifier();
    let url = "https://third.example/log".to_owned();
    registry
        .add_peer(&PeerRequest { keys: vec![peer], url, packages: Some(vec!["base:b".to_owned()]), depth: Some(1) })
        .unwrap();
    registry.sync(third).unwrap();
    let yank = Mention { package: "acme:log", version: "1.2.0", prev: None };
    registry.append(&[Record::Yank(yank)]).unwrap();
    fill(registry, 400);
    let mut net = release("acme:net", "0.2.0");
    net.dependencies = vec![
        Dependency { optional: true, ..dependency("acme:log", "^1") }.into(),
        Dependency { registry: Some(THIRD), ..dependency("base:b", "^3") }.into(),
    ];
    let additions = vec![Addition { dependency: 0, features: Vec::new() }];
    net.features = vec![Feature { name: "tls", includes: Vec::new(), additions }.into()];
    let mut app = release("acme:app", "1.0.0");
    app.dependencies = vec![Dependency { features: vec!["tls"], ..dependency("acme:net", "^0.2") }.into()];
    registry.append(&[Record::Release(net), Record::Release(app)]).unwrap();
    // The newest cannot be had: what it needs is not there.
    let mut newest = release("acme:app", "1.1.0");
    newest.dependencies = vec![dependency("acme:none", "*").into()];
    registry.append(&[Record::Release(newest)]).unwrap();
}

fn third(registry: &mut Registry<'_>) {
    registry
        .append(&[Record::Release(release("base:b", "3.0.0")), Record::Release(release("base:c", "1.0.0"))])
        .unwrap();
}

fn second(registry: &mut Registry<'_>) {
    let mut cli = release("tool:cli", "2.1.0");
    cli.features = vec![Feature { name: "fast", includes: Vec::new(), additions: Vec::new() }.into()];
    registry.append(&[Record::Release(release("tool:cli", "1.0.0")), Record::Release(cli)]).unwrap();
    fill(registry, 300);
}

/// The head's checkpoint, signed by its log, the witness, and a key that no policy names.
fn checkpoint(head: &Head, log: &SigningKey) -> Vec<u8> {
    let (witness, stranger) = (key("witness.example/w1", 11), key("stranger.example/x", 12));
    let text = head.text();
    let signatures =
        vec![log.sign(&text).unwrap(), witness.cosign(1_750_000_000, &text).unwrap(), stranger.sign(&text).unwrap()];
    SignedNote::new(&text, signatures).unwrap().format()
}

/// The released solver with a section that no engine reads: another component, which does the same.
fn own_component() -> Vec<u8> {
    let mut bytes = released::solver().unwrap().bytes().to_vec();
    bytes.extend(b"\x00\x0c\x08verifierown");
    bytes
}

pub(crate) fn policy(first: &str, second: &str) -> String {
    let keys = (key(FIRST, 1).verifier(), key(SECOND, 2).verifier(), key("witness.example/w1", 11).cosigner());
    let (third, fourth) = (key(THIRD, 3).verifier(), key(FOURTH, 4).verifier());
    format!(
        "# Logs, and who must have cosigned them.\nlog {} {first}\nlog\t{} {second}\nlog {third} file:third\nlog {fourth} file:fourth\n\nwitness w1 {}\nquorum w1\n",
        keys.0, keys.1, keys.2
    )
}

impl World {
    pub(crate) fn new() -> World {
        let scratch = tempfile::tempdir().unwrap();
        let project = scratch.path().join("project");
        let (first_key, second_key) = (key(FIRST, 1), key(SECOND, 2));
        let third_key = key(THIRD, 3);
        let mut registry = Registry::init(&project.join("third"), &third_key).unwrap();
        third(&mut registry);
        drop(registry);
        let third = fs::read(project.join("third/checkpoint")).unwrap();
        let third = Checkpoint::verify(&third, &third_key.verifier()).unwrap();
        let mut registry = Registry::init(&project.join("first"), &first_key).unwrap();
        first(&mut registry, &third);
        let older_checkpoint = checkpoint(registry.head(), &first_key);
        fill(&mut registry, 512);
        fs::write(project.join("first/checkpoint"), checkpoint(registry.head(), &first_key)).unwrap();
        let mut registry = Registry::init(&project.join("second"), &second_key).unwrap();
        second(&mut registry);
        fs::write(project.join("second/checkpoint"), checkpoint(registry.head(), &second_key)).unwrap();
        let solver = Solver::new(own_component()).unwrap();
        let fourth_key = key(FOURTH, 4);
        let mut registry = Registry::init(&project.join("fourth"), &fourth_key).unwrap();
        let (package, version) = solver.inspection().name.clone().unwrap();
        let own = Release { content: solver.sha256(), ..release(&package, &version) };
        registry.append(&[Record::Release(own), Record::Release(release(&package, "9.9.9"))]).unwrap();
        fs::write(project.join("fourth/checkpoint"), checkpoint(registry.head(), &fourth_key)).unwrap();
        drop(registry);

        fs::write(project.join(COMPONENT), own_component()).unwrap();
        fs::write(project.join(POLICY), policy("file:first", "file:second")).unwrap();
        let trust = format!(
            "# Whom this verifier believes.\nlogs = \"{POLICY}\"\n\n[[solvers.published]]\nregistry = \"{FOURTH}\"\n\
             package = \"{package}\"\nversions = \"^{version}\"\n"
        );
        fs::write(project.join(TRUST), trust).unwrap();
        let manifest = format!(
            "# What is asked for.\ntrust = \"{TRUST}\"\n\n[package]\nname = \"example\"\n\n[solver]\nbudget = 100000\n\n\
             [registries]\ndefault = \"{FIRST}\"\nsecond = \"{SECOND}\"\n\n[dependencies]\n\"acme:app\" = \"^1.0\"\n\
             \"tool:cli\" = {{ version = \">=1, <3\", registry = \"second\", features = [\"fast\"] }}\n\
             \"tool:old\" = {{ version = \"1\", registry = \"second\" }}\n\"tool:own\" = {{ version = \"1\", registry = \"second\" }}\n\n\
             [overrides]\n\"tool:old\" = {{ by = \"tool:cli\", registry = \"second\" }}\n\
             \"tool:own\" = {{ path = \"{OWN}\", version = \"1.0.0\", registry = \"second\", features = [\"a\"], \
             dependencies = {{ \"tool:cli\" = \"2\" }} }}\n"
        );
        fs::write(project.join(OWN), "a component of one's own").unwrap();
        fs::write(project.join(MANIFEST), manifest).unwrap();

        let (cache, state) = (scratch.path().join("cache"), scratch.path().join("state"));
        let lock = || {
            let output = headlock(&project, &cache, &state, &["lock", "--quiet", "--solver", COMPONENT]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        // First at the older head, as a mirror that is behind would serve it.
        let newest = fs::read(project.join("first/checkpoint")).unwrap();
        fs::write(project.join("first/checkpoint"), &older_checkpoint).unwrap();
        lock();
        let older_lock = fs::read(project.join(LOCK)).unwrap();
        fs::remove_file(project.join(LOCK)).unwrap();
        fs::write(project.join("first/checkpoint"), newest).unwrap();
        lock();
        let fresh_lock = fs::read(project.join(LOCK)).unwrap();
        // It states preferences, too.
        let output = headlock(
            &project,
            &cache,
            &state,
            &["update", "--quiet", "--solver", COMPONENT, "acme:app", "tool:cli@1.0.0"],
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

        let compiled = CompiledCache::open(&cache, &state).unwrap();
        let loaded = Engine::new(Limits::default()).load(&solver, Backend::Cranelift, Some(&compiled)).unwrap();
        World { scratch, solver, loaded, fresh_lock, older_lock, older_checkpoint }
    }

    /// A copy of the project.
    pub(crate) fn project(&self) -> Project {
        let folder = tempfile::tempdir().unwrap();
        copy(&self.scratch.path().join("project"), folder.path());
        Project { folder }
    }

    /// The second log as it stood when it had 600 records, whose operator has taken the partial tile and bundle away that
    /// the lock's head had.
    pub(crate) fn grown_project(&self) -> Project {
        let project = self.project();
        let (folder, key) = (project.path("second"), key(SECOND, 2));
        let mut registry = Registry::open(&folder, &key).unwrap();
        fill(&mut registry, 600);
        drop(registry);
        for partial in ["tile/0/001.p/44", "tile/entries/001.p/44"] {
            // The writer may have taken it away itself.
            drop(fs::remove_file(folder.join(partial)));
        }
        project
    }

    /// What the command keeps between runs, copied: the heads that it remembers, and compiled code with its key.
    pub(crate) fn copy_kept(&self, folder: &Path) {
        for kept in ["cache", "state"] {
            copy(&self.scratch.path().join(kept), &folder.join(kept));
        }
    }

    /// Runs the command in a project, on a host that remembers nothing.
    pub(crate) fn headlock_anew(&self, project: &Path, arguments: &[&str]) -> Output {
        let kept = tempfile::tempdir().unwrap();
        self.copy_kept(kept.path());
        fs::remove_dir_all(kept.path().join("state/heads")).unwrap();
        headlock(project, &kept.path().join("cache"), &kept.path().join("state"), arguments)
    }

    /// Runs the command in a project.
    pub(crate) fn headlock(&self, project: &Path, arguments: &[&str]) -> Output {
        headlock(project, &self.scratch.path().join("cache"), &self.scratch.path().join("state"), arguments)
    }
}

/// Runs the command in a folder.
pub(crate) fn headlock(folder: &Path, cache: &Path, state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
    command.current_dir(folder).args(arguments).env("HEADLOCK_CACHE", cache).env("HEADLOCK_STATE", state);
    command.output().unwrap()
}

/// A copy of the project that may be spoilt.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }
}

/// Copies a folder, but for what only a writer needs.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap().is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(from, to).unwrap()),
        }
    }
}

/// The files below a folder, as paths from it, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}
