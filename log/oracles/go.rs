//! Go's packages `note` and `tlog`, asked through the program in `go/`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use headlock_log::digest::Digest;
use headlock_log::tile::Tile;

use crate::notes::{Checkpoints, Notes, Opened, Signer};
use crate::ours::Ours;
use crate::tiles::{self, Tiles};
use crate::trees::{self, Claim, Trees};
use crate::vectors;
use crate::{keys, notes, skipped};

/// Where Debian puts the packages.
const PACKAGES: &str = "/usr/share/gocode";

/// The program, running. It ends when its input does.
struct Go {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
}

/// Builds the program, once; nothing if there is no Go on the machine.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    let mut packages: OsString = std::env::var_os("GOPATH").unwrap_or_default();
    if !packages.is_empty() {
        packages.push(":");
    }
    packages.push(PACKAGES);
    let there = std::env::split_paths(&packages).any(|path| path.join("src/golang.org/x/mod/sumdb/tlog").is_dir());
    if !there {
        skipped("Go", "the package golang.org/x/mod is not there; Debian's is golang-golang-x-mod-dev");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = folder.join("go-oracle");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/go"))
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        .env("GOPATH", packages)
        .env("GOCACHE", folder.join("go-cache"))
        .output();
    let built = match built {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skipped("Go", "the command go is not there; Debian's is golang-go");
            return None;
        }
        built => built.unwrap(),
    };
    assert!(built.status.success(), "go build: {}", String::from_utf8_lossy(&built.stderr));
    Some(program)
}

impl Go {
    fn start() -> Option<Go> {
        let mut child = Command::new(program()?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().map(|input| BufWriter::with_capacity(1 << 20, input));
        let output = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
        Some(Go { child, input, output })
    }

    /// Asks all at once. An answer is what follows `ok`, or why not.
    fn ask_all(&mut self, questions: &[String]) -> Vec<Result<String, String>> {
        let Go { input, output, .. } = self;
        let input = input.as_mut().unwrap();
        std::thread::scope(|scope| {
            // Beside the reading, since neither pipe holds everything.
            scope.spawn(move || {
                for question in questions {
                    writeln!(input, "{question}").unwrap();
                }
                input.flush().unwrap();
            });
            let mut answer = || {
                let mut line = String::new();
                output.read_line(&mut line).unwrap();
                let line = line.strip_suffix('\n').expect("an answer");
                match line.split_once(' ') {
                    Some(("ok", answer)) => Ok(answer.to_owned()),
                    Some(("no", why)) => Err(why.to_owned()),
                    _ => panic!("expected `ok` or `no`, found {line:?}"),
                }
            };
            questions.iter().map(|_| answer()).collect()
        })
    }

    fn ask(&mut self, question: String) -> Result<String, String> {
        self.ask_all(&[question]).remove(0)
    }

    fn must(&mut self, question: String) -> String {
        let asked = question.chars().take(80).collect::<String>();
        self.ask(question).unwrap_or_else(|why| panic!("{asked}: {why}"))
    }
}

impl Drop for Go {
    fn drop(&mut self) {
        drop(self.input.take());
        let ended = self.child.wait();
        if !std::thread::panicking() {
            assert!(ended.is_ok_and(|status| status.success()), "Go's end");
        }
    }
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    vectors::hex(bytes.as_ref())
}

fn text(hex: &str) -> String {
    String::from_utf8(vectors::from_hex(hex)).unwrap()
}

fn digests(list: &str) -> Vec<Digest> {
    list.split(',').filter(|digest| !digest.is_empty()).map(|digest| digest.parse().unwrap()).collect()
}

fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

fn signer(name: &str, id: &str) -> Signer {
    (text(name), vectors::from_hex(id).try_into().unwrap())
}

impl Notes for Go {
    fn vkeys(&mut self, vkeys: &[String]) -> Vec<Option<Signer>> {
        let questions: Vec<String> = vkeys.iter().map(|vkey| format!("vkey {}", hex(vkey))).collect();
        let read = |answer: String| answer.split_once(' ').map(|(name, id)| signer(name, id));
        self.ask_all(&questions).into_iter().map(|answer| answer.ok().and_then(read)).collect()
    }

    fn private_keys(&mut self, keys: &[String]) -> Vec<Option<Signer>> {
        let questions: Vec<String> = keys.iter().map(|key| format!("skey {}", hex(key))).collect();
        let read = |answer: String| answer.split_once(' ').map(|(name, id)| signer(name, id));
        self.ask_all(&questions).into_iter().map(|answer| answer.ok().and_then(read)).collect()
    }

    fn generate(&mut self, seed: [u8; 32], name: &str) -> (String, String) {
        let answer = self.must(format!("generate {} {}", hex(seed), hex(name)));
        let (private, vkey) = answer.split_once(' ').unwrap();
        (text(private), text(vkey))
    }

    fn cosigner(&mut self, seed: [u8; 32], name: &str) -> String {
        text(&self.must(format!("cosigner {} {}", hex(seed), hex(name))))
    }

    fn open(&mut self, vkeys: &[String], notes: &[Vec<u8>]) -> Vec<Opened> {
        let vkeys = join(&vkeys.iter().map(hex).collect::<Vec<_>>());
        let questions: Vec<String> = notes.iter().map(|note| format!("open {vkeys} {}", hex(note))).collect();
        let opened = |answer: Result<String, String>| match answer {
            Ok(answer) => {
                let (note, signers) = answer.split_once(' ').unwrap();
                let signers = signers.split(',').map(|one| one.split_once(':').unwrap());
                Opened::Signed(text(note), signers.map(|(name, id)| signer(name, id)).collect())
            }
            Err(why) if why.contains("malformed note") => Opened::NoNote,
            Err(why) if why.contains("no verifiable") || why.contains("invalid signature") => Opened::Refused,
            Err(why) => panic!("{why}"),
        };
        self.ask_all(&questions).into_iter().map(opened).collect()
    }

    fn sign(&mut self, private: &str, text: &str) -> Vec<u8> {
        vectors::from_hex(&self.must(format!("sign {} {}", hex(private), hex(text))))
    }

    fn cosign(&mut self, seed: [u8; 32], name: &str, time: u64, note: &[u8]) -> Vec<u8> {
        vectors::from_hex(&self.must(format!("cosign {} {} {time} {}", hex(seed), hex(name), hex(note))))
    }

    fn not_in_names(&mut self) -> BTreeSet<char> {
        let answer = self.must("not-in-names".to_owned());
        answer.split(',').map(|number| char::from_u32(number.parse().unwrap()).unwrap()).collect()
    }

    fn holds(&mut self, key: &[u8; 32], text: &str, signature: &[u8; 64]) -> bool {
        self.ask(format!("ed25519 {} {} {}", hex(key), hex(text), hex(signature))).is_ok()
    }

    fn takes_unused_bits(&self) -> bool {
        true
    }
}

impl Checkpoints for Go {
    fn checkpoints(&mut self, texts: &[String]) -> Vec<Option<(u64, Digest)>> {
        let questions: Vec<String> = texts.iter().map(|text| format!("checkpoint {}", hex(text))).collect();
        let read = |answer: String| {
            let (size, root) = answer.split_once(' ').unwrap();
            (size.parse().unwrap(), root.parse().unwrap())
        };
        self.ask_all(&questions).into_iter().map(|answer| answer.ok().map(read)).collect()
    }
}

impl Trees for Go {
    /// `tlog` shifts a 1 until it is larger, and beyond this size it never is.
    const LARGEST: u64 = 1 << 62;

    fn grow(&mut self, size: u64) {
        self.must(format!("grow {size}"));
    }

    fn leaf(&mut self, entry: &[u8]) -> Digest {
        self.must(format!("leaf {}", hex(entry))).parse().unwrap()
    }

    fn root(&mut self, size: u64) -> Digest {
        self.must(format!("root {size}")).parse().unwrap()
    }

    fn inclusion(&mut self, size: u64, places: &[u64]) -> Vec<Vec<Digest>> {
        let questions: Vec<String> = places.iter().map(|place| format!("prove-record {size} {place}")).collect();
        self.ask_all(&questions).into_iter().map(|answer| digests(&answer.unwrap())).collect()
    }

    fn consistency(&mut self, size: u64, olds: &[u64]) -> Vec<Vec<Digest>> {
        let questions: Vec<String> = olds.iter().map(|old| format!("prove-tree {size} {old}")).collect();
        self.ask_all(&questions).into_iter().map(|answer| digests(&answer.unwrap())).collect()
    }

    fn hold(&mut self, claims: &[Claim]) -> Vec<bool> {
        let question = |claim: &Claim| match claim {
            Claim::Inclusion { entry, place, size, root, proof } => {
                let leaf = headlock_log::merkle::leaf_hash(entry);
                format!("check-record {} {size} {root} {place} {leaf}", join(proof))
            }
            Claim::Consistency { old, old_root, size, root, proof } => {
                format!("check-tree {} {size} {root} {old} {old_root}", join(proof))
            }
        };
        let questions: Vec<String> = claims.iter().map(question).collect();
        self.ask_all(&questions).into_iter().map(|answer| answer.is_ok()).collect()
    }
}

impl Tiles for Go {
    fn tile(&mut self, tile: Tile) -> Vec<u8> {
        vectors::from_hex(&self.must(format!("tile {} {} {}", tile.level, tile.index, tile.width)))
    }

    fn between(&mut self, old: u64, new: u64) -> BTreeSet<String> {
        let answer = self.must(format!("tiles {old} {new}"));
        answer.split(',').filter(|path| !path.is_empty()).map(str::to_owned).collect()
    }

    fn path(&mut self, tile: Tile) -> String {
        self.must(format!("path {} {} {}", tile.level, tile.index, tile.width))
    }

    fn entries_path(&mut self, tile: Tile) -> String {
        self.must(format!("path -1 {} {}", tile.index, tile.width))
    }

    fn parse(&mut self, path: &str) -> Option<Tile> {
        let answer = self.ask(format!("parse-path {}", hex(path))).ok()?;
        let numbers: Vec<i64> = answer.split(' ').map(|number| number.parse().unwrap()).collect();
        let [level, index, width] = numbers[..] else { panic!("three numbers") };
        Some(Tile { level: level.max(0).try_into().ok()?, index: index as u64, width: width as u16 })
    }

    fn read(
        &mut self,
        files: &BTreeMap<String, Vec<u8>>,
        size: u64,
        root: &Digest,
        leaves: &[u64],
    ) -> Option<Vec<Digest>> {
        let folder = folder("read");
        for (path, bytes) in files.iter().filter(|(path, _)| !path.starts_with("tile/entries/")) {
            let file = folder.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
        let read = self.ask(format!("read {} {size} {root} {}", hex_path(&folder), join(leaves)));
        std::fs::remove_dir_all(folder).unwrap();
        read.ok().map(|leaves| digests(&leaves))
    }
}

/// A folder that nobody else uses at a time.
fn folder(name: &str) -> PathBuf {
    let thread = std::thread::current();
    let name = format!("go-{name}-{}-{}", std::process::id(), thread.name().unwrap_or_default().replace("::", "-"));
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn hex_path(path: &Path) -> String {
    hex(path.to_str().unwrap())
}

asked! { Go::start();
    every_small_tree: |oracle| trees::every_small_tree(oracle, 600);
    every_wrong_proof: |oracle| trees::every_wrong_proof(oracle, 40);
    large_trees: trees::large_trees;
    proofs_of_any_size: |oracle| trees::proofs_of_any_size(oracle, 256);
    the_same_tiles: tiles::the_same_tiles;
    the_same_paths: tiles::the_same_paths;
    texts_of_paths: |oracle| tiles::texts_of_paths(oracle, 1024);
    each_reads_the_others_tiles: tiles::each_reads_the_others_tiles;
    texts_of_checkpoints: notes::texts_of_checkpoints;
    the_same_keys: keys::the_same_keys;
    odd_keys: keys::odd_keys;
    odd_signatures: keys::odd_signatures;
    signed_here_and_there: |oracle| notes::signed_here_and_there(oracle, 256);
    every_changed_byte: notes::every_changed_byte;
    texts_of_notes: |oracle| notes::texts_of_notes(oracle, 4096);
    edges_of_notes: notes::edges;
    names_of_keys: notes::names;
}

#[test]
fn each_reads_the_others_folder() {
    let Some(mut go) = Go::start() else { return };
    let ours = Ours::new(700);
    go.grow(ours.size());
    for size in [1, 255, 256, 257, 700] {
        let folder = folder("folder");
        let place = hex_path(&folder);
        go.must(format!("write {place} {size}"));
        let mut files = BTreeMap::new();
        for path in ours.files(size).into_keys() {
            files.insert(path.clone(), std::fs::read(folder.join(&path)).unwrap());
        }
        assert_eq!(files, ours.files(size));
        tiles::bundles_are_ours(&files, &ours, size);
        let leaves: Vec<Digest> = (0..size).map(|leaf| ours.leaf(leaf)).collect();
        assert_eq!(digests(&go.must(format!("bundles {place} {size}"))), leaves);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// The examples' registries as Go sees them: signed, every leaf proven by tiles, every entry in its bundle. The writer of
/// the tool made them.
#[test]
fn the_examples_registries() {
    let Some(mut go) = Go::start() else { return };
    for example in ["crates", "wasi"] {
        let project = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples")).join(example);
        let registry = project.join("registry");
        let policy = std::fs::read_to_string(project.join("logs.policy")).unwrap();
        let vkey = policy.lines().find_map(|line| line.strip_prefix("log ")?.split(' ').next()).unwrap();
        let checkpoint = std::fs::read(registry.join("checkpoint")).unwrap();
        let Opened::Signed(text, signers) = go.open(&[vkey.to_owned()], &[checkpoint]).remove(0) else {
            panic!("{example}'s checkpoint does not open")
        };
        assert_eq!(signers.len(), 1);
        assert_eq!(text.lines().next(), vkey.split('+').next());
        let (size, root) = go.checkpoints(&[text]).remove(0).unwrap();
        assert!(size > 100, "{example} has {size} entries");
        let place = hex_path(&registry);
        let leaves: Vec<u64> = (0..size).collect();
        let proven = go.must(format!("read {place} {size} {root} {}", join(&leaves)));
        assert_eq!(go.must(format!("bundles {place} {size}")), proven, "{example}");
        assert_eq!(digests(&proven).len() as u64, size);
    }
}

/// The texts that the tests of Go's package `note` hold, read out of Debian's package.
#[test]
fn vectors_of_gos_own_tests() {
    if program().is_none() {
        return;
    }
    let file = Path::new(PACKAGES).join("src/golang.org/x/mod/sumdb/note/note_test.go");
    let checked = vectors::check(&std::fs::read_to_string(file).unwrap());
    assert!(checked.vkeys >= 2 && checked.private_keys >= 1 && checked.signatures >= 2, "{checked:?}");
}
