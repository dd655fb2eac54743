//! The vectors of `docs/log.md`, computed again: what stands in the specification is what this crate does.
//!
//! The document's fenced blocks say what they are: `vectors` (a line `NAME VALUE` each), `json` (a record a line),
//! `checkpoint`, `policy` and `evidence` (the file). The text in them is compared whole, so that none can be added, changed or lost
//! on one side only.

#![expect(clippy::unwrap_used, reason = "a test's panic is its failure")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::evidence::{Claim, Evidence, Falsehood, ProvenEntry, check};
use headlock_log::index::{
    Index, Node256, VerifiedIndex, bin_of, bin_path, empty_bin, key_of, key_of_package, node_path, page_path, prove_bin,
};
use headlock_log::merkle::{Frontier, leaf_hash, prove_consistency, prove_inclusion, verify_consistency};
use headlock_log::merkle::{empty_root, verify_inclusion};
use headlock_log::note::{SignedNote, SigningKey};
use headlock_log::page::{Page, format_line, growth};
use headlock_log::policy::Policy;
use headlock_log::record::{Addition, Dependency, Epoch, Feature, Mention, Record, Release, Subject};
use headlock_log::tile::{Tile, VerifiedTiles, push_entry};

const DOCUMENT: &str = include_str!("../../docs/log.md");

const ORIGIN: &str = "registry.example/components";
const HTTP: &str = "acme:http";
const APP: &str = "acme:app";
const ABSENT: &str = "acme:log";

/// Where the log's heads end, each behind an epoch.
const SIZES: [u64; 3] = [1, 5, 7];

/// The time of the cosignature.
const TIME: u64 = 1_750_000_000;

/// The contents of all fenced blocks of a kind.
fn blocks(kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in DOCUMENT.lines() {
        match &mut block {
            None if line.strip_prefix("```") == Some(kind) => block = Some(String::new()),
            Some(_) if line == "```" => found.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    assert!(!found.is_empty(), "docs/log.md has no block of {kind}");
    found
}

/// 32 bytes, each one more than the one before.
fn seed(first: u8) -> [u8; 32] {
    std::array::from_fn(|place| first + place as u8)
}

fn log_key() -> SigningKey {
    SigningKey::generate_from_seed(ORIGIN, seed(0)).unwrap()
}

fn witness_key() -> SigningKey {
    SigningKey::generate_from_seed("witness.example/w1", seed(32)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn list(digests: &[Digest]) -> String {
    digests.iter().map(Digest::to_string).collect::<Vec<_>>().join(" ")
}

/// The document's log.
#[derive(Default)]
struct Log {
    entries: Vec<Vec<u8>>,
    pages: BTreeMap<&'static str, Vec<u8>>,
    index: Index,
    tree: Frontier,
    /// The index's root and the tree's at each of the sizes.
    heads: Vec<(Digest, Digest)>,
}

impl Log {
    fn push(&mut self, record: &Record<'_>) {
        record.check().unwrap();
        let entry = record.encode();
        self.tree.push(leaf_hash(&entry));
        self.entries.push(entry);
    }

    fn prev(&self, package: &str) -> Option<Digest> {
        self.pages.get(package).map(|page| Digest::of(page))
    }

    fn say(&mut self, package: &'static str, record: &Record<'_>) {
        let line = format_line(self.tree.size(), &record.encode());
        self.push(record);
        self.pages.entry(package).or_default().extend(line);
    }

    fn seal(&mut self) {
        for (package, page) in &self.pages {
            self.index.insert(key_of_package(package), Digest::of(page)).unwrap();
        }
        self.push(&Record::Epoch(Epoch { index: self.index.root() }));
        assert_eq!(self.tree.size(), SIZES[self.heads.len()]);
        self.heads.push((self.index.root(), self.tree.root()));
    }

    fn leaves(&self) -> Vec<Digest> {
        self.entries.iter().map(|entry| leaf_hash(entry)).collect()
    }

    fn tile(&self) -> Vec<u8> {
        self.leaves().iter().flat_map(|leaf| leaf.0).collect()
    }

    fn bundle(&self) -> Vec<u8> {
        let mut bundle = Vec::new();
        for entry in &self.entries {
            push_entry(&mut bundle, entry).unwrap();
        }
        bundle
    }

    fn head(&self) -> Head {
        Head { origin: ORIGIN.to_owned(), size: self.tree.size(), root: self.tree.root() }
    }

    fn verified_tiles(&self) -> VerifiedTiles {
        VerifiedTiles::open(self.tree.size(), &self.tree.root(), vec![self.tile()]).unwrap()
    }
}

fn log() -> Log {
    let mut log = Log::default();
    log.seal();
    log.say(
        HTTP,
        &Record::Release(Release {
            features: vec![Feature { name: "tls", includes: Vec::new(), additions: Vec::new() }.into()],
            ..Release::new(HTTP, "1.0.0", Digest::of(b"http 1.0.0\n"))
        }),
    );
    log.say(
        APP,
        &Record::Release(Release {
            package: APP,
            version: "0.1.0-rc.1",
            content: Digest::of(b"app 0.1.0-rc.1\n"),
            exclusives: vec!["port.8080"],
            dependencies: vec![
                Dependency {
                    registry: None,
                    package: HTTP,
                    requirement: "^1.0",
                    content: None,
                    optional: false,
                    features: vec!["tls"],
                }
                .into(),
                Dependency {
                    registry: None,
                    package: ABSENT,
                    requirement: ">=0.4, <2",
                    content: None,
                    optional: true,
                    features: Vec::new(),
                }
                .into(),
            ],
            features: vec![
                Feature { name: "default", includes: vec!["log"], additions: Vec::new() }.into(),
                Feature {
                    name: "log",
                    includes: Vec::new(),
                    additions: vec![Addition { dependency: 1, features: vec!["json"] }],
                }
                .into(),
            ],
            maintainers: None,
            prev: None,
            signatures: Vec::new(),
        }),
    );
    let prev = log.prev(HTTP);
    log.say(HTTP, &Record::Yank(Mention { package: HTTP, version: "1.0.0", prev }));
    log.seal();
    let prev = log.prev(HTTP);
    log.say(HTTP, &Record::Unyank(Mention { package: HTTP, version: "1.0.0", prev }));
    log.seal();
    log
}

/// The page of `acme:http` after so many of its lines.
fn http_page(log: &Log, lines: usize) -> &[u8] {
    let page = &log.pages[HTTP];
    let end = page.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(lines - 1).unwrap().0;
    &page[..=end]
}

/// The names and values of all vectors, as they must stand in the document.
fn vectors() -> Vec<(String, String)> {
    let log = log();
    let mut vectors: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| vectors.push((name.to_owned(), value));
    let entries: Vec<&str> = log.entries.iter().map(|entry| std::str::from_utf8(entry).unwrap()).collect();

    add("seed", hex(&seed(0)));
    add("vkey", log_key().verifier().to_string());
    add("private", log_key().format());
    add("witness-seed", hex(&seed(32)));
    add("witness-vkey", witness_key().cosigner().to_string());

    add("empty-tree", empty_root().to_string());
    add("empty-bin", empty_bin().to_string());
    let empty = Index::new();
    let lower = VerifiedIndex::open(&empty.root(), &files(&empty)[&node_path(&empty.root())]).unwrap();
    add("empty-lower", lower.missing_lower(0).unwrap().to_string());
    add("empty-index", empty.root().to_string());

    for (place, entry) in entries.iter().enumerate() {
        add(&format!("entry-{place}"), (*entry).to_owned());
    }
    for (place, leaf) in log.leaves().iter().enumerate() {
        add(&format!("leaf-{place}"), leaf.to_string());
    }
    for lines in 1..=3 {
        add(&format!("page-http-{lines}"), Digest::of(http_page(&log, lines)).to_string());
    }
    add("page-app-1", Digest::of(&log.pages[APP]).to_string());
    add("page-http-path", page_path(&Digest::of(&log.pages[HTTP])));

    let files = files(&log.index);
    let mut index = VerifiedIndex::open(&log.index.root(), &files[&node_path(&log.index.root())]).unwrap();
    for (name, package) in [("http", HTTP), ("app", APP), ("log", ABSENT)] {
        let key = key_of_package(package);
        let number = VerifiedIndex::lower_of(&key);
        let lower = index.missing_lower(number);
        if let Some(hash) = lower {
            index.insert(number, &files[&node_path(&hash)]).unwrap();
        }
        add(&format!("key-{name}"), key.to_string());
        add(&format!("number-{name}"), format!("{:04x}", bin_of(&key)));
        if let Some(bytes) = files.get(&bin_path(&index.bin(&key).unwrap())) {
            add(&format!("bin-{name}"), hex(bytes));
        }
        add(&format!("bin-hash-{name}"), index.bin(&key).unwrap().to_string());
        add(&format!("lower-{name}"), lower.unwrap().to_string());
    }
    add("key-peers", key_of(Subject::Peers).to_string());
    add("key-peer", key_of(Subject::Peer(ORIGIN)).to_string());
    for (size, (index, _)) in SIZES.iter().zip(&log.heads) {
        add(&format!("index-{size}"), index.to_string());
    }
    for (size, (_, root)) in SIZES.iter().zip(&log.heads) {
        add(&format!("root-{size}"), root.to_string());
    }

    let tile = VerifiedTiles::edge(log.tree.size())[0];
    add("tile-path", tile.path());
    add("tile-sha256", Digest::of(&log.tile()).to_string());
    add("bundle-path", tile.entries_path());
    add("bundle-sha256", Digest::of(&log.bundle()).to_string());
    let tiles = log.verified_tiles();
    let inclusion = prove_inclusion(5, 7, |level, index| tiles.node(level, index)).unwrap();
    verify_inclusion(&log.leaves()[5], 5, 7, &inclusion, &log.heads[2].1).unwrap();
    add("inclusion-5-7", list(&inclusion));
    let consistency = prove_consistency(5, 7, |level, index| tiles.node(level, index)).unwrap();
    verify_consistency(5, &log.heads[1].1, 7, &log.heads[2].1, &consistency).unwrap();
    add("consistency-5-7", list(&consistency));
    add("edge-70000", VerifiedTiles::edge(70_000).iter().map(|tile| tile.path()).collect::<Vec<_>>().join(" "));
    add("edge-256", VerifiedTiles::edge(256).iter().map(|tile| tile.path()).collect::<Vec<_>>().join(" "));
    add("tile-1234067", Tile { level: 0, index: 1_234_067, width: 256 }.path());
    vectors
}

fn files(index: &Index) -> BTreeMap<String, Vec<u8>> {
    index.files().collect()
}

#[test]
fn every_vector_is_what_this_crate_computes() {
    let text = |vectors: Vec<(String, String)>| -> Vec<String> {
        vectors.into_iter().map(|(name, value)| format!("{name:<16} {value}")).collect()
    };
    let computed = text(vectors());
    let stated: Vec<String> = blocks("vectors").concat().lines().map(str::to_owned).collect();
    assert_eq!(stated, computed, "docs/log.md should hold:\n{}\n", computed.join("\n"));
}

#[test]
fn the_records_are_in_their_one_encoding_and_of_every_kind() {
    let mut kinds = BTreeMap::new();
    for line in blocks("json").concat().lines() {
        let record = Record::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(record.encode(), line.as_bytes());
        if let Record::Sync(sync) = record {
            // The head of the vectors, as its log signed it.
            assert_eq!(sync.verify(&log_key().verifier()).unwrap().head(), &log().head());
        }
        *kinds.entry(record.kind()).or_insert(0) += 1;
    }
    let all = ["epoch", "maintainers", "peer", "release", "sync", "unpeer", "unyank", "yank"];
    assert_eq!(kinds.into_keys().collect::<Vec<_>>(), all);
}

#[test]
fn the_checkpoint_is_signed_and_cosigned_and_the_policy_accepts_it() {
    let head = log().head();
    let signed = SignedNote::parse(&Checkpoint::sign(&head, &log_key()).unwrap()).unwrap();
    let mut signatures = signed.signatures().to_vec();
    signatures.push(witness_key().cosign(TIME, signed.text()).unwrap());
    let checkpoint = SignedNote::new(signed.text(), signatures).unwrap().format();
    let checkpoint = String::from_utf8(checkpoint).unwrap();
    assert_eq!(blocks("checkpoint").concat(), checkpoint, "docs/log.md should hold:\n{checkpoint}\n");

    let [policy] = &blocks("policy")[..] else { panic!("one policy") };
    let policy = Policy::parse(policy).unwrap();
    assert_eq!(policy.log(ORIGIN).map(|log| log.key.clone()), Some(log_key().verifier()));
    assert_eq!(policy.quorum(), Some("w1"));
    let accepted = policy.accept(ORIGIN, checkpoint.as_bytes()).unwrap();
    assert_eq!(accepted.head(), &head);
    let cosigners: Vec<(&str, u64)> =
        accepted.cosignatures().iter().map(|one| (one.witness.as_str(), one.time)).collect();
    assert_eq!(cosigners, [("w1", TIME)]);
}

#[test]
fn a_reader_who_has_only_the_files_finds_what_the_document_says() {
    let log = log();
    let tiles = log.verified_tiles();
    assert_eq!(tiles.root_at(5), Some(log.heads[1].1));
    assert_eq!(tiles.leaf(6), Some(leaf_hash(&log.entries[6])));
    let page = Page::parse(&log.pages[HTTP], ORIGIN, HTTP).unwrap();
    assert_eq!(page.last(), (5, tiles.leaf(5).unwrap()));
    let folded = page.fold();
    assert_eq!(folded.releases.iter().map(|release| release.yanked).collect::<Vec<_>>(), [false]);
    assert_eq!(folded.voids, []);
    growth(http_page(&log, 2), &log.pages[HTTP], 5).unwrap();
    assert_eq!(log.index.get(&key_of_package(ABSENT)), None);
}

/// The log of the vectors, but that its last epoch commits to the index of the epoch before: the unyank is left out.
#[test]
fn the_evidence_shows_what_it_is_said_to_show() {
    let log = log();
    let mut entries = log.entries.clone();
    entries[6] = entries[4].clone();
    let mut tree = Frontier::new();
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    let head = Head { origin: ORIGIN.to_owned(), size: 7, root: tree.root() };
    let checkpoint = Checkpoint::sign(&head, &log_key()).unwrap();
    let checkpoint = Checkpoint::verify(&checkpoint, &log_key().verifier()).unwrap();
    let leaves: Vec<u8> = entries.iter().flat_map(|entry| leaf_hash(entry).0).collect();
    let tiles = VerifiedTiles::open(7, &tree.root(), vec![leaves]).unwrap();
    let proven = |place: u64| {
        let proof = prove_inclusion(place, 7, |level, index| tiles.node(level, index)).unwrap();
        ProvenEntry { place, entry: entries[place as usize].clone(), proof }
    };
    let page = http_page(&log, 2);
    let mut index = Index::new();
    index.insert(key_of_package(HTTP), Digest::of(page)).unwrap();
    index.insert(key_of_package(APP), Digest::of(&log.pages[APP])).unwrap();
    assert_eq!(index.root(), log.heads[1].0);
    let (key, files) = (key_of_package(HTTP), files(&index));
    let node = |hash: &Digest| Node256::parse(&files[&node_path(hash)]).unwrap();
    let top = node(&index.root());
    let path = prove_bin(&top, &node(&top.child(VerifiedIndex::lower_of(&key))), bin_of(&key)).unwrap();
    let claim = Claim::Index {
        subject: HTTP.to_owned(),
        epoch: proven(6),
        bin: index.bin(bin_of(&key)).format(),
        path,
        page: Some(page.to_vec()),
        entry: Some(proven(5)),
    };
    let evidence = String::from_utf8(Evidence { checkpoint: &checkpoint, claim: &claim }.format()).unwrap();
    assert_eq!(blocks("evidence").concat(), evidence, "docs/log.md should hold:\n{evidence}\n");
    let checked = check(evidence.as_bytes(), &log_key().verifier()).unwrap();
    assert_eq!(checked.head, head);
    let Falsehood::Omitted { record, .. } = checked.falsehood else { panic!("{}", checked.falsehood) };
    assert_eq!(record.to_string(), "record 5, the unyank of acme:http 1.0.0");
}
