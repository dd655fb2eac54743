//! Seeds that are made: of the vectors in docs/log.md, of the examples, of the rows in `mapping.txt`, and by hand. What a
//! fuzzer has found beside them, and is worth keeping, is in the same folders under other names.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::page::format_line;
use headlock_log::tile::push_entry;

use crate::note::{ORIGIN, log_key, witness_keys};
use crate::secret::SECRET;

/// A seed: its target, its file's name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

const LOG: &str = include_str!("../../docs/log.md");
const MANIFEST: &str = include_str!("../../docs/manifest.md");
const ROWS: &str = include_str!("../../host/src/registry/import/mapping.txt");
const LOCK: &str = include_str!("../../examples/wasi/headlock.lock");

/// All of them.
pub fn made() -> Vec<Seed> {
    let mut seeds = Vec::new();
    of_notes(&mut seeds);
    of_records(&mut seeds);
    of_files(&mut seeds);
    of_outside(&mut seeds);
    of_signing(&mut seeds);
    of_secrets(&mut seeds);
    for (target, length) in [
        ("canonical", 40),
        ("evidence", 40),
        ("fork", 40),
        ("index", 48),
        ("merkle", 40),
        ("mutated", 160),
        ("outcome", 160),
        ("page_fold", 40),
        ("solver", 120),
        ("tiles", 40),
    ] {
        for number in 0..4 {
            seeds.push((target, format!("choices-{number}"), choices(number, length)));
        }
    }
    seeds
}

/// Bytes that look like nothing; by them choices are made.
fn choices(number: u8, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut digest = Digest::of(&[number]);
    while bytes.len() < length {
        bytes.extend(digest.0);
        digest = Digest::of(&digest.0);
    }
    bytes.truncate(length);
    bytes
}

/// The text of the first block of a kind.
fn block<'a>(page: &'a str, kind: &str) -> &'a str {
    let begin = format!("```{kind}\n");
    let (_, behind) = page.split_once(&begin).expect("a block of this kind");
    behind.split_once("```").expect("its end").0
}

/// The vectors by name.
pub(crate) fn vectors() -> BTreeMap<&'static str, &'static str> {
    let blocks = LOG.split("```vectors\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let lines = blocks.flat_map(str::lines);
    lines.filter_map(|line| line.split_once(' ').map(|(name, value)| (name, value.trim()))).collect()
}

fn text(seeds: &mut Vec<Seed>, target: &'static str, texts: &[&str]) {
    for (number, text) in texts.iter().enumerate() {
        seeds.push((target, format!("text-{number}"), text.as_bytes().to_vec()));
    }
}

fn of_notes(seeds: &mut Vec<Seed>) {
    let vectors = vectors();
    let checkpoint = block(LOG, "checkpoint");
    text(seeds, "note", &[checkpoint]);
    let (head, _) = checkpoint.split_at(checkpoint.find("\n\n").expect("a note") + 1);
    text(seeds, "checkpoint", &[checkpoint, head]);
    text(seeds, "key", &[vectors["vkey"], vectors["private"], vectors["witness-vkey"]]);
    let [w1, w2, w3] = witness_keys();
    let groups = format!(
        "# logs\nlog {}\n\twitness w1 {}\nwitness w2 {} https://w2.example/\nwitness w3 {}\n\
         group any any w1 w2\ngroup all all any w3\nquorum all\n",
        log_key().verifier(),
        w1.cosigner(),
        w2.cosigner(),
        w3.cosigner(),
    );
    text(seeds, "policy", &[block(LOG, "policy"), &groups]);
    let head = Head { origin: ORIGIN.to_owned(), size: 7, root: Digest([7; 32]) }.text();
    let line = |key: &headlock_log::note::SigningKey, time| format!("{}\n", key.cosign(time, &head).expect("a head"));
    let own = format!("{}\n", log_key().sign(&head).expect("a head"));
    text(seeds, "cosignature", &[&(line(&w1, 1) + &line(&w2, 2)), &(own + &line(&w3, 0) + &line(&w3, 1))]);
    debug_assert!(Checkpoint::verify(checkpoint.as_bytes(), &log_key().verifier()).is_ok());
}

fn of_records(seeds: &mut Vec<Seed>) {
    let vectors = vectors();
    let entry = |number: u8| vectors[format!("entry-{number}").as_str()];
    for number in 0..7 {
        seeds.push(("record", format!("entry-{number}"), entry(number).as_bytes().to_vec()));
    }
    let page = |places: &[u8]| -> Vec<u8> {
        places.iter().flat_map(|&place| format_line(place.into(), entry(place).as_bytes())).collect()
    };
    let (http, app) = (page(&[1, 3, 5]), page(&[2]));
    seeds.push(("growth", "http".to_owned(), [&[5, 1, 0xf0][..], &http].concat()));
    seeds.push(("page", "http".to_owned(), http));
    seeds.push(("page", "app".to_owned(), app));
    let kit = block(LOG, "page");
    seeds.push(("page", "kit".to_owned(), kit.as_bytes().to_vec()));
    for (number, line) in kit.lines().enumerate() {
        let (_, record) = line.split_once(' ').expect("a line of a page");
        seeds.push(("record", format!("kit-{number}"), record.as_bytes().to_vec()));
    }
    let mut bundle = vec![0, 7];
    for number in 0..7 {
        push_entry(&mut bundle, entry(number).as_bytes()).expect("an entry");
    }
    seeds.push(("bundle", "vectors".to_owned(), bundle));
    for name in ["http", "app"] {
        let bin = vectors[format!("bin-{name}").as_str()];
        let number = vectors[format!("number-{name}").as_str()];
        seeds.push(("bin", name.to_owned(), hex(&format!("{number}{bin}"))));
    }
    text(seeds, "tile", &[vectors["tile-path"], vectors["bundle-path"], vectors["tile-1234067"], "tile/63/x001/000"]);
    text(seeds, "name", &["acme:http", "wasi:io-streams_2", ORIGIN, "v1.2+x", "a/../b", "\u{202e}a\u{1b}[31m"]);
    let requirements =
        ["^1.2.3", "1", "*", "~0.1", ">=1.0.0-rc.1, <2", "=1.2.3", "1.*", "0.0.1+b.2", "> 18446744073709551615"];
    text(seeds, "requirement", &requirements);
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hexadecimal digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn of_files(seeds: &mut Vec<Seed>) {
    let manifest = block(MANIFEST, "toml").replace("<64 hex>", &"0f".repeat(32));
    text(seeds, "manifest", &[&manifest, include_str!("../../examples/wasi/headlock.toml")]);
    let trust = format!("logs = \"logs.policy\"\n\n[solvers]\naccept = [\"{}\"]\n", "0f".repeat(32));
    let rule = "registry = \"registry.example/components\"\npackage = \"headlock:solver\"\nversions = \"^0.1\"\n";
    let rules = format!("{trust}\n[[solvers.published]]\n{rule}");
    text(seeds, "trust", &[&trust, include_str!("../../examples/wasi/trust.toml"), &rules]);
    // A solver that was built anew is no reason for another seed.
    let solver = LOCK.split_once("\nsha256 = \"").expect("a lock").1.split('"').next().unwrap_or_default();
    let lock = LOCK.replace(solver, &"0f".repeat(32));
    let inputs = lock.split_once("\n[problem]").expect("a lock").0;
    let log = lock.split_once("[[log]]").expect("a lock").1.split("\n\n").next().unwrap_or_default();
    // It says where its solver was published: at the head of the log that it is about.
    let small = small_lock();
    let head = small.split_once("[[log]]\n").expect("a lock").1.split("\n\n").next().unwrap_or_default();
    let published = format!("\n\n[solver.published]\n{head}\nrecord = 5\n\n[inputs]");
    let published = small.replacen("\n\n[inputs]", &published, 1).replacen(
        "[solver]\n",
        "[solver]\nname = \"a:b\"\nversion = \"0.1.0\"\n",
        1,
    );
    text(seeds, "lock", &[&lock, &format!("{inputs}\n[[log]]{log}\n"), &small, &published]);
    let header = b"\0asm\x0d\0\x01\0";
    let name = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    let section = |id: u8, content: &[u8]| [&[id, content.len() as u8], content].concat();
    let stated = section(0, &[name("headlock-solver"), b"a:b 0.1.0".to_vec()].concat());
    let import = section(10, &[&[1, 0][..], &name("wasi:io/poll@0.2.0"), &[5, 0]].concat());
    let export = section(11, &[&[1, 0][..], &name("headlock:solver/solving@0.1.0"), &[5, 0, 0]].concat());
    let core = section(1, b"\0asm\x01\0\0\0");
    let components: [&[&[u8]]; 5] =
        [&[], &[&stated, &export], &[&core, &export], &[&import, &export], &[&section(4, header), &stated]];
    for (number, sections) in components.iter().enumerate() {
        seeds.push(("component", format!("sections-{number}"), [&header[..], &sections.concat()].concat()));
    }
    let instance = section(7, &[1, 0x42, 0]);
    let version = section(0, &[name("version"), b"1.2.3".to_vec()].concat());
    let implementing = section(10, &[&[1, 2][..], &name("primary"), &[1, 0], &name("a:b/c@1.0.0"), &[5, 0]].concat());
    let artifacts: [&[&[u8]]; 3] = [&[&instance, &import, &version], &[&instance, &implementing], &[&stated]];
    for (number, sections) in artifacts.iter().enumerate() {
        seeds.push(("artifact", format!("sections-{number}"), [&header[..], &sections.concat()].concat()));
    }
    let locked = format!("locked-dep=<a:b@1.2.3>,integrity=<sha256-{}>", "0f".repeat(32));
    let names = ["wasi:http/types@0.2.3-rc.1", "unlocked-dep=<a:b@{>=1.0.0 <2.0.0}>", locked.as_str(), "url=<a>"];
    text(seeds, "artifact", &names);
}

/// A lock whose head the key of the vectors has signed, with a cosignature: a claim that a trust file accepts.
fn small_lock() -> String {
    let head = Head { origin: ORIGIN.to_owned(), size: 7, root: Digest([7; 32]) };
    let [w1, ..] = witness_keys();
    let hash = "0f".repeat(32);
    let signature = log_key().sign(&head.text()).expect("a head");
    let cosignature = w1.cosign(1, &head.text()).expect("a head");
    let (root, size) = (head.root_base64(), head.size);
    let preamble = LOCK.split_once("\n[solver]").expect("a lock").0;
    format!(
        "{preamble}\n[solver]\nworld = \"headlock:solver@0.1.0\"\nsha256 = \"{hash}\"\n\n[inputs]\nbudget = 1\n\n\
         [[inputs.dependency]]\nregistry = \"{ORIGIN}\"\nname = \"a:b\"\nrequirement = \"^1\"\nsha256 = \"{hash}\"\n\n\
         [problem]\nsha256 = \"{hash}\"\n\n[outcome]\nsha256 = \"{hash}\"\n\n\
         [[log]]\norigin = \"{ORIGIN}\"\nsize = {size}\nroot = \"{root}\"\nsignature = \"{signature}\"\n\n\
         [[cosignature]]\norigin = \"{ORIGIN}\"\nline = \"{cosignature}\"\n"
    )
}

fn of_outside(seeds: &mut Vec<Seed>) {
    let hash = "0123456789abcdef".repeat(4);
    let rows: Vec<String> =
        ROWS.lines().filter_map(|line| line.strip_prefix("row ")).map(|row| row.replace("HASH", &hash)).collect();
    let most: Vec<&String> = rows.iter().filter(|row| row.contains("features2") || row.contains("dep:")).collect();
    for (number, row) in most.iter().take(6).enumerate() {
        seeds.push(("row", format!("mapping-{number}"), row.as_bytes().to_vec()));
    }
    text(seeds, "rows", &[&rows[..8].join("\n")]);
    text(seeds, "sparse", &["headlock bundle 1\n\n", "headlock bundle 1\n3 content/a\n0 logs/b/tile/0/000\n\nabc"]);
    let mut cache = b"\x03\x02\0\0\0state\0".to_vec();
    for row in &rows[..2] {
        cache.extend([b"1.0.0\0", row.as_bytes(), b"\0"].concat());
    }
    seeds.push(("rows", "cache".to_owned(), cache));
    let urls = [
        "https://registry.example:8443/a/b",
        "http://[::1]:8080/~u/x%20y",
        "file:///srv/reg",
        "file:../reg/./x",
        "https://a.example/%2E%2e/b",
    ];
    text(seeds, "url", &urls);
    let locations =
        ["https://cdn.example/x?signature=1", "//cdn.example/x", "/b/x", "001", "http://127.0.0.1:8000/c", "../x"];
    text(seeds, "redirect", &locations);
    let digest = format!("sha256:{}", "0f".repeat(32));
    let contents = [
        &format!("oci://registry.example:8443/acme/app@{digest}"),
        &format!("oci+http://[::1]/a.b/c__d--e@{digest}"),
        "oci://registry.example/acme/*",
        "oci://registry.example/pile",
        "oci://me:word@registry.example/acme:1.0.0",
    ];
    text(seeds, "oci", &contents);
    let entry = |requirement: &str, version: &str| {
        format!(
            "[[packages.versions]]\nrequirement = \"{requirement}\"\nversion = \"{version}\"\ndigest = \"sha256:{hash}\"\n"
        )
    };
    let package = |name: &str, registry: &str| format!("\n[[packages]]\nname = \"{name}\"\n{registry}");
    let registry = "registry = \"registry.example\"\n";
    let lock = [
        "# This file is written by a tool\nversion = 1\n".to_owned(),
        package("a:b", ""),
        entry("=1.0.0", "1.0.0"),
        entry(">=0.2.0-rc.1, <0.3", "0.2.9+b"),
        package("wasi:http", registry),
        entry("^0.2", "0.2.6"),
        package("a:c", registry),
    ]
    .concat();
    let old = lock.replace("[packages.versions]", "[package.version]").replace("[[packages]]", "[[package]]");
    text(seeds, "wkg_lock", &[&lock, &old]);
}

/// Which part of a request to get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Size,
    Root,
    Since,
    Subtree,
    Record,
}

/// A request for the head of a log of these entries, as docs/running-a-registry.md has it, one part of it wrong.
pub(crate) fn request_text(entries: &[&[u8]], since: usize, with_checkpoint: bool, wrong: Option<Part>) -> String {
    let tree = |length: usize| {
        let mut tree = Frontier::new();
        entries[..length].iter().for_each(|entry| tree.push(leaf_hash(entry)));
        tree
    };
    let head = |tree: &Frontier| Head { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
    let (older, newer) = (tree(since), tree(entries.len()));
    let mut wanted = head(&newer);
    wanted.size += u64::from(wrong == Some(Part::Size));
    wanted.root.0[7] ^= u8::from(wrong == Some(Part::Root));
    let stated = if wrong == Some(Part::Since) { older.size() + 1 } else { older.size() };
    let mut lines = format!("headlock request 1\n{}since {stated}\n", wanted.text());
    let mut line = |word: &str, bytes: &[u8]| lines.push_str(&format!("{word} {}\n", STANDARD.encode(bytes)));
    if with_checkpoint {
        line("checkpoint", &Checkpoint::sign(&head(&older), &log_key()).expect("a head"));
    }
    for (place, root) in older.roots().iter().enumerate() {
        let mut root = *root;
        root.0[0] ^= u8::from(wrong == Some(Part::Subtree) && place == 0);
        line("subtree", &root.0);
    }
    let vectors = vectors();
    for (place, entry) in entries[since..].iter().enumerate() {
        let another = if *entry == vectors["entry-0"].as_bytes() { "entry-1" } else { "entry-0" };
        let is_wrong = wrong == Some(Part::Record) && place == 0;
        line("record", if is_wrong { vectors[another].as_bytes() } else { entry });
    }
    lines
}

fn of_signing(seeds: &mut Vec<Seed>) {
    let vectors = vectors();
    let entries: Vec<&[u8]> = (0..7).map(|number| vectors[format!("entry-{number}").as_str()].as_bytes()).collect();
    for (number, (since, with_checkpoint)) in [(0, false), (5, true), (5, false)].into_iter().enumerate() {
        let request = request_text(&entries, since, with_checkpoint, None);
        seeds.push(("request", format!("text-{number}"), request.into_bytes()));
    }
    for number in 0..4 {
        seeds.push(("request", format!("choices-{number}"), [&[0], choices(number, 48).as_slice()].concat()));
    }
}

fn of_secrets(seeds: &mut Vec<Seed>) {
    let credentials = format!(
        "[[credential]]\nurl = \"https://registry.example/a/\"\ntoken = \"{SECRET}\"\n\n[[credential]]\n\
         url = \"http://127.0.0.1:8000\"\ntoken-env = \"CARGO_PKG_NAME\"\n"
    );
    let wrong =
        format!("[[credential]]\nurl = \"https://registry.example/a/\"\ntoken = \"\\u0007{SECRET}\"\nx = {SECRET}\n");
    let from_file = "[[credential]]\nurl = \"https://registry.example\"\ntoken-file = \"token\"\n";
    text(seeds, "credentials", &[&credentials, &wrong, from_file, ""]);
    let netrc = format!(
        "# for curl\nmachine registry.example login me password {SECRET}\nmachine [::1]\n\tuser \"a b\"\n\taccount x\n\tpassword \"{SECRET}\\n\\\"\"\n\
         macdef init\ncd {SECRET}\n\nmachine 127.0.0.1 password word\ndefault login anonymous password {SECRET}\n"
    );
    text(
        seeds,
        "netrc",
        &[&netrc, &format!("machine registry.example login \"{SECRET}"), &format!("password {SECRET}")],
    );
}
