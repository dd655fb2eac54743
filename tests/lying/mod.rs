//! A registry whose operator says what they like, and a project that asks it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::index::{Index, bin_of, key_of_package, page_path};
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::note::SigningKey;
use headlock_log::page::format_line;
use headlock_log::record::{Epoch, Mention, Record, Release};
use headlock_log::tile::{Tile, push_entry};

pub(crate) const ORIGIN: &str = "registry.example/test";

pub(crate) fn key() -> SigningKey {
    SigningKey::generate_from_seed(ORIGIN, [7; 32]).unwrap()
}

/// A package whose name is in the same bin as `t:a`.
pub(crate) fn neighbour() -> String {
    let bin = bin_of(&key_of_package("t:a"));
    let names = (0..10_000_000).map(|number| format!("t:n{number}"));
    names.into_iter().find(|name| bin_of(&key_of_package(name)) == bin).expect("a name of the bin")
}

/// A registry as its operator writes it, honest or not, of at most 255 entries.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    pub(crate) entries: Vec<Vec<u8>>,
    /// The pages as they should be.
    pub(crate) pages: BTreeMap<String, Vec<u8>>,
    pub(crate) index: Index,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Registry {
    /// Adds a record, chained; nothing is shown of it yet.
    pub(crate) fn say(&mut self, package: &str, version: &str, kind: Kind) {
        let prev = self.pages.get(package).map(|page| Digest::of(page));
        self.add(package, record(package, version, kind, prev));
    }

    /// Adds a record as it is, to its package's page, too; nothing is shown of it yet.
    pub(crate) fn add(&mut self, package: &str, record: Vec<u8>) {
        self.pages.entry(package.to_owned()).or_default().extend(format_line(self.entries.len() as u64, &record));
        self.entries.push(record);
    }

    /// Lets the index lead to a page.
    pub(crate) fn show(&mut self, package: &str, page: &[u8]) {
        self.index.insert(key_of_package(package), Digest::of(page)).unwrap();
        self.files.insert(page_path(&Digest::of(page)), page.to_vec());
    }

    pub(crate) fn show_all(&mut self) {
        for (package, page) in self.pages.clone() {
            self.show(&package, &page);
        }
    }

    pub(crate) fn epoch(&mut self) {
        self.files.extend(self.index.files());
        self.epoch_of(self.index.root());
    }

    pub(crate) fn epoch_of(&mut self, index: Digest) {
        self.entries.push(Record::Epoch(Epoch { index }).encode());
    }

    /// Lines of the page of a package, by their numbers.
    pub(crate) fn lines(&self, package: &str, numbers: &[usize]) -> Vec<u8> {
        let all: Vec<&[u8]> = self.pages[package].split_inclusive(|byte| *byte == b'\n').collect();
        numbers.iter().flat_map(|number| all[*number].to_vec()).collect()
    }

    pub(crate) fn checkpoint(&self) -> String {
        let mut tree = Frontier::new();
        self.entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
        let head = Head { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
        String::from_utf8(Checkpoint::sign(&head, &key()).unwrap()).unwrap()
    }

    /// All files.
    pub(crate) fn served(&self) -> BTreeMap<String, Vec<u8>> {
        let mut served = self.files.clone();
        let tile = Tile { level: 0, index: 0, width: self.entries.len() as u16 };
        let mut bundle = Vec::new();
        self.entries.iter().for_each(|entry| push_entry(&mut bundle, entry).unwrap());
        served.insert(tile.entries_path(), bundle);
        served.insert(tile.path(), self.entries.iter().flat_map(|entry| leaf_hash(entry).0).collect());
        served.insert("checkpoint".to_owned(), self.checkpoint().into_bytes());
        served
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Release,
    Yank,
}

pub(crate) fn record(package: &str, version: &str, kind: Kind, prev: Option<Digest>) -> Vec<u8> {
    match kind {
        Kind::Release => {
            Record::Release(Release { prev, ..Release::new(package, version, Digest::of(version.as_bytes())) })
        }
        Kind::Yank => Record::Yank(Mention { package, version, prev }),
    }
    .encode()
}

/// `t:a` 1.0.0, 1.1.0, and the latter yanked: records 1, 2 and 5 of 7. Beside it `t:b`, and a package of the same bin.
/// Nothing is shown yet.
pub(crate) fn said() -> Registry {
    let mut registry = Registry::default();
    registry.epoch();
    registry.say("t:a", "1.0.0", Kind::Release);
    registry.say("t:a", "1.1.0", Kind::Release);
    registry.say("t:b", "1.0.0", Kind::Release);
    registry.say(&neighbour(), "1.0.0", Kind::Release);
    registry.say("t:a", "1.1.0", Kind::Yank);
    registry
}

pub(crate) fn honest() -> Registry {
    let mut registry = said();
    registry.show_all();
    registry.epoch();
    registry
}

/// The registry whose page of `t:a` is this one, the operator having signed it.
pub(crate) fn lying(page: &[u8]) -> Registry {
    let mut registry = said();
    registry.show_all();
    registry.show("t:a", page);
    registry.epoch();
    registry
}

/// A cache of the compiled solver, and a state folder with its key and without heads, for all projects to begin with.
pub(crate) fn bench() -> &'static tempfile::TempDir {
    static BENCH: OnceLock<tempfile::TempDir> = OnceLock::new();
    BENCH.get_or_init(|| tempfile::tempdir().unwrap())
}

/// The lock that follows from the honest registry. The first one compiles the solver.
pub(crate) fn honest_lock() -> &'static str {
    static LOCK: OnceLock<String> = OnceLock::new();
    LOCK.get_or_init(|| {
        let project = Project::new(&honest().served());
        let wrote = "wrote headlock.lock: 1 release, 0 more consulted, in 1 round\n".to_owned();
        assert_eq!(project.run(&["lock"]), (0, wrote));
        assert_eq!(project.run(&["verify"]).0, 0);
        fs::remove_dir_all(project.path("state/heads")).unwrap();
        fs::rename(project.path("state"), bench().path().join("state")).unwrap();
        fs::read_to_string(project.path("headlock.lock")).unwrap()
    })
}

/// A project that asks for `t:a`, and the registry that it asks.
pub(crate) struct Project(tempfile::TempDir);

impl Project {
    pub(crate) fn new(served: &BTreeMap<String, Vec<u8>>) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        for (path, bytes) in served {
            write(&format!("reg/{path}"), bytes);
        }
        let vkey = key().verifier().to_string();
        write("log.pub", vkey.as_bytes());
        write("logs.policy", format!("log {vkey} file:reg\nquorum none\n").as_bytes());
        write("trust.toml", b"logs = \"logs.policy\"\n");
        let manifest = "trust = \"trust.toml\"\n[registries]\ndefault = \"registry.example/test\"\n[dependencies]\n\"t:a\" = \"*\"\n";
        write("headlock.toml", manifest.as_bytes());
        for entry in fs::read_dir(bench().path().join("state")).into_iter().flatten() {
            let entry = entry.unwrap();
            fs::create_dir_all(folder.path().join("state")).unwrap();
            fs::copy(entry.path(), folder.path().join("state").join(entry.file_name())).unwrap();
        }
        Project(folder)
    }

    pub(crate) fn path(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    /// Runs the command: its exit code, and all that it said, with names for the folder and for digests.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(&self.0).args(arguments).arg("--quiet");
        command.env("HEADLOCK_CACHE", bench().path().join("cache")).env("HEADLOCK_STATE", self.path("state"));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), plain(&String::from_utf8(said).unwrap(), self.0.path()))
    }

    /// What `lock` says without a lock, and `verify` with this one.
    pub(crate) fn lock_and_verify(&self, lock: &str) -> [(i32, String); 2] {
        let locked = self.run(&["lock"]);
        assert!(locked.0 == 0 || !self.path("headlock.lock").exists(), "nothing is written: {locked:?}");
        fs::write(self.path("headlock.lock"), lock).unwrap();
        [locked, self.run(&["verify"])]
    }
}

pub(crate) fn plain(said: &str, folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap();
    let said = said.replace(&format!("file://{}/reg", folder.display()), "REG");
    let mut plain = String::new();
    let mut rest = said.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let run = rest[start..].find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len() - start);
        plain.push_str(&rest[..start]);
        plain.push_str(if run == 64 { "X" } else { &rest[start..start + run] });
        rest = &rest[start + run..];
    }
    plain.push_str(rest);
    // The folder of a file that is named by its hash is the hash's beginning.
    let mut words: Vec<&str> = plain.split('/').collect();
    words.retain(|word| word.len() != 2 || !word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    words.join("/")
}

/// The lock with another head in the place of the honest registry's.
pub(crate) fn at_head_of(lock: &str, registry: &Registry) -> String {
    let (old, new) = (honest().checkpoint(), registry.checkpoint());
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let lock = lock.replace(&format!("size = {}\n", old[1]), &format!("size = {}\n", new[1]));
    let lock = lock.replace(old[2], new[2]).replace(old[4], new[4]);
    assert!(lock.contains(new[2]) && lock.contains(new[4]));
    lock
}

/// A record of the other log of the same name, at a place.
pub(crate) fn of_another_log(place: u64, prev: Option<Digest>) -> Vec<u8> {
    format_line(place, &record("t:a", "9.0.0", Kind::Release, prev))
}
