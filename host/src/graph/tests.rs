//! Graphs of small registries in folders.

use std::path::PathBuf;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;
use headlock_log::record::{Record, Sync};

use super::*;
use crate::error::ErrorKind;
use crate::inputs::{Forbidden, Input, Inputs};
use crate::pages::{Pages, newest_checkpoint};
use crate::registry::{PeerRequest, Registry};
use crate::sources::{Access, Network};
use crate::sync::newest_of_peer;
use crate::trust::{TrustSource, folder_url};

/// Registries by the first part of their origins, and a consumer.
struct Graphs {
    dir: tempfile::TempDir,
    /// Origins that the consumer's trust file lets vouch.
    vouching: Vec<String>,
    /// Those that it names.
    named: Vec<String>,
    forbidden: Vec<Forbidden>,
}

fn origin(name: &str) -> String {
    format!("{name}.example/log")
}

fn key(name: &str) -> SigningKey {
    SigningKey::generate_from_seed(&origin(name), Digest::of(name.as_bytes()).0).expect("a key")
}

/// The key that a log has after the first one.
fn second_key(name: &str) -> SigningKey {
    SigningKey::generate_from_seed(&origin(name), Digest::of(format!("{name} 2").as_bytes()).0).expect("a key")
}

fn access() -> Access {
    Access { network: Network::Offline, ..Access::default() }
}

impl Graphs {
    /// The registries of these names, without peers. The trust file names the first, and lets it vouch.
    fn new(names: &[&str]) -> Graphs {
        let dir = tempfile::tempdir().expect("a folder");
        for name in names {
            Registry::init(&dir.path().join(name), &key(name)).expect("a registry");
        }
        let first = vec![origin(names[0])];
        Graphs { dir, vouching: first.clone(), named: first, forbidden: Vec::new() }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn url(&self, name: &str) -> String {
        folder_url(&self.folder(name)).expect("a URL")
    }

    fn peer_with(&self, by: &str, name: &str, keys: &[SigningKey], depth: Option<u32>) {
        let keys = keys.iter().map(SigningKey::verifier).collect();
        let request = PeerRequest { keys, url: self.url(name), packages: None, depth };
        let key = key(by);
        Registry::open(&self.folder(by), &key).expect("a registry").add_peer(&request).expect("a peer");
    }

    fn peer(&self, by: &str, name: &str) {
        self.peer_with(by, name, &[key(name)], None);
    }

    /// Records the newest head of a peer.
    fn sync(&self, by: &str, name: &str) -> Head {
        let newest =
            newest_of_peer(&access(), &origin(name), &[self.url(name)], &[key(name).verifier()], None).expect("a head");
        let key = key(by);
        Registry::open(&self.folder(by), &key).expect("a registry").sync(&newest).expect("a newer head");
        newest.head().clone()
    }

    /// Lets a log grow: by something that is not looked at here.
    fn grow(&self, name: &str) {
        let (key, package) = (key(name), format!("grown:{name}"));
        let mut registry = Registry::open(&self.folder(name), &key).expect("a registry");
        let version = format!("{}.0.0", registry.head().size);
        let json = format!(r#"{{"package":"{package}","version":"{version}","content":"{}"}}"#, Digest([1; 32]));
        let request = crate::registry::ReleaseRequest::parse(json.as_bytes(), "here").expect("a request");
        registry.publish(&request, None).expect("published");
    }

    fn trust(&self, quorum: &str) -> Trust {
        let lines = self.named.iter().map(|origin| {
            let name = origin.split('.').next().unwrap_or_default();
            format!("log {} {}\n", key(name).verifier(), self.url(name))
        });
        let policy = format!("{}{quorum}\n", lines.collect::<String>());
        let text = format!("logs = \"logs.policy\"\nvouching = {:?}\n", self.vouching);
        let path = self.dir.path().join("trust.toml");
        Trust::parse(&path, TrustSource::Given, &text, |_| Ok(Some(policy))).expect("a trust file")
    }

    fn inputs(&self, roots: &[&str]) -> Inputs {
        let input = |name: &&str| Input {
            registry: origin(name),
            name: "a:a".to_owned(),
            requirement: "*".to_owned(),
            content: None,
            features: Vec::new(),
        };
        let (dependencies, forbidden) = (roots.iter().map(input).collect(), self.forbidden.clone());
        Inputs { budget: 1, dependencies, forbidden, ..Inputs::default() }
    }

    fn resolve_with(&self, roots: &[&str], quorum: &str) -> Result<Graph> {
        let (mut trust, mut pages) = (self.trust(quorum), Pages::new(&access()));
        resolve(&self.inputs(roots), &mut trust, &mut pages, &mut Newest)
    }

    fn resolve(&self, roots: &[&str]) -> Result<Graph> {
        self.resolve_with(roots, "quorum none")
    }

    /// The graph in short: `name size`, and `< name` where the head is derived; then `name -> name`; then what does not
    /// count.
    fn drawn(&self, roots: &[&str]) -> Vec<String> {
        let graph = self.resolve(roots).expect("a graph");
        let short = |origin: &str| origin.trim_end_matches(".example/log").to_owned();
        let mut lines: Vec<String> = Vec::new();
        for log in &graph.logs {
            let head = log.accepted.head();
            lines.push(match &log.basis {
                Basis::Pinned => format!("{} {}", short(&head.origin), head.size),
                Basis::Derived { from, .. } => format!("{} {} < {}", short(&head.origin), head.size, short(from)),
            });
        }
        lines.extend(
            graph.links.iter().map(|link| format!("{} -> {}", short(&link.dependent), short(&link.dependency))),
        );
        let unusable =
            |edge: &Unusable| format!("{} -/ {}: {}", short(&edge.dependent), short(&edge.dependency), edge.why);
        lines.extend(graph.unusable.iter().map(unusable));
        lines
    }

    fn failure(&self, roots: &[&str]) -> (ErrorKind, String) {
        let error = self.resolve(roots).expect_err("no graph");
        (error.kind(), error.to_string())
    }
}

/// Pins the newest heads, as `headlock lock` does, and trusts whom the trust file trusts.
struct Newest;

impl PinHeads for Newest {
    fn pin(&mut self, trust: &Trust, origin: &str, _: &[Mention]) -> Result<(AcceptedHead, Vec<Cosignature>)> {
        trust.accept_checkpoint(origin, &newest_checkpoint(&access(), trust, origin)?)
    }

    fn consent(&mut self, _: &[Vouched]) -> Result<()> {
        Ok(())
    }
}

#[test]
fn one_root_implies_everything() {
    let graphs = Graphs::new(&["a", "b", "c"]);
    assert_eq!(graphs.drawn(&["a"]), ["a 1"]);
    graphs.peer("a", "b");
    graphs.peer("b", "c");
    graphs.peer("c", "a");
    assert_eq!(graphs.drawn(&["a"]), ["a 3", "b 3", "c 3", "a -> b", "b -> c", "c -> a"]);
    graphs.sync("b", "c");
    graphs.sync("a", "b");
    graphs.grow("c");
    graphs.grow("b");
    assert_eq!(graphs.drawn(&["a"]), ["a 5", "b 5 < a", "c 3 < b", "a -> b", "b -> c", "c -> a"]);
    let graph = graphs.resolve(&["a"]).expect("a graph");
    assert_eq!(graph.path_to("c.example/log"), ["a.example/log", "b.example/log", "c.example/log"]);
    assert_eq!(graph.path_to("a.example/log"), ["a.example/log"]);
    assert_eq!(graph.log("c.example/log").and_then(|log| log.vouched_by.as_deref()), Some("b.example/log"));
    assert_eq!((graph.pinned().len(), graph.derived().len()), (1, 2));
}

#[test]
fn pinned_comes_before_derived_and_near_before_far_and_large_before_small() {
    let mut graphs = Graphs::new(&["a", "b", "c", "d", "x"]);
    graphs.named.push(origin("x"));
    // x is as far by b as by c, and nearer than by d, which has seen more of it.
    for (by, name) in [("a", "b"), ("a", "c"), ("b", "x"), ("c", "x"), ("c", "d"), ("d", "x")] {
        graphs.peer(by, name);
    }
    graphs.sync("b", "x");
    assert!(graphs.drawn(&["a"]).contains(&"x 1 < b".to_owned()));
    graphs.grow("x");
    graphs.sync("c", "x");
    graphs.grow("x");
    graphs.sync("d", "x");
    assert!(graphs.drawn(&["a"]).contains(&"x 3 < c".to_owned()));
    // Of equal ones that of the first by its origin.
    let head = graphs.sync("b", "x");
    assert_eq!(head.size, 5);
    graphs.sync("c", "x");
    assert!(graphs.drawn(&["a"]).contains(&"x 5 < b".to_owned()));
    // What the consumer names is pinned.
    graphs.grow("x");
    assert!(graphs.drawn(&["a", "x"]).contains(&"x 7".to_owned()));
}

#[test]
fn a_peer_is_followed_as_far_as_is_said() {
    let graphs = Graphs::new(&["a", "b", "c", "d"]);
    graphs.peer("b", "c");
    graphs.peer("c", "d");
    for (depth, expected) in [
        (Some(0), &["a 3", "b 3", "a -> b"][..]),
        (Some(1), &["a 5", "b 3", "c 3", "a -> b", "b -> c"]),
        (Some(2), &["a 7", "b 3", "c 3", "d 1", "a -> b", "b -> c", "c -> d"]),
        (None, &["a 9", "b 3", "c 3", "d 1", "a -> b", "b -> c", "c -> d"]),
    ] {
        graphs.peer_with("a", "b", &[key("b")], depth);
        assert_eq!(graphs.drawn(&["a"]), expected);
    }
    // Who is nearer to the end may say less, and nobody more.
    graphs.peer_with("b", "c", &[key("c")], Some(0));
    assert_eq!(graphs.drawn(&["a"]), ["a 9", "b 5", "c 3", "a -> b", "b -> c"]);
    graphs.peer_with("a", "b", &[key("b")], Some(1));
    graphs.peer_with("b", "c", &[key("c")], Some(9));
    assert_eq!(graphs.drawn(&["a"]), ["a 11", "b 7", "c 3", "a -> b", "b -> c"]);
}

#[test]
fn of_two_ways_at_one_distance_the_further_counts() {
    let graphs = Graphs::new(&["a", "b", "c", "x", "y"]);
    graphs.peer("x", "y");
    graphs.peer_with("b", "x", &[key("x")], Some(0));
    graphs.peer_with("c", "x", &[key("x")], Some(1));
    graphs.peer("a", "b");
    let with_b = graphs.drawn(&["a"]);
    assert_eq!(with_b, ["a 3", "b 3", "x 3", "a -> b", "b -> x"]);
    graphs.peer("a", "c");
    assert_eq!(graphs.drawn(&["a"]).last().map(String::as_str), Some("x -> y"));
}

#[test]
fn nobody_vouches_unasked() {
    let mut graphs = Graphs::new(&["a", "b", "c"]);
    graphs.peer("a", "b");
    graphs.peer("b", "c");
    graphs.vouching.clear();
    let (kind, said) = graphs.failure(&["a"]);
    assert_eq!(kind, ErrorKind::Refused);
    assert!(said.starts_with("a.example/log names the peer b.example/log, and neither "), "{said}");
    // A log of the trust file's is one, and does not vouch either.
    graphs.named.push(origin("b"));
    let (_, said) = graphs.failure(&["a"]);
    assert!(said.starts_with("b.example/log names the peer c.example/log, "), "{said}");
    graphs.vouching.push(origin("b"));
    assert_eq!(graphs.drawn(&["a"]), ["a 3", "b 3", "c 1", "a -> b", "b -> c"]);
    // A word that is not asked for does not help: a peer of depth 0 has its own peers for itself.
    graphs.vouching.clear();
    graphs.peer_with("a", "b", &[key("b")], Some(0));
    assert_eq!(graphs.drawn(&["a"]), ["a 5", "b 3", "a -> b"]);
}

#[test]
fn an_edge_to_another_key_does_not_count() {
    let mut graphs = Graphs::new(&["a", "b", "x"]);
    graphs.named.extend([origin("b"), origin("x")]);
    graphs.peer("a", "x");
    graphs.peer("a", "b");
    graphs.peer_with("b", "x", &[second_key("x")], None);
    let other = "the head of the peer is signed by another key than it names";
    assert_eq!(graphs.drawn(&["a"]), ["a 5", "b 3", "x 1", "a -> b", "a -> x", &format!("b -/ x: {other}")]);
    // During a rotation both keys are named, and either will do.
    graphs.peer_with("b", "x", &[key("x"), second_key("x")], None);
    assert_eq!(graphs.drawn(&["a"]), ["a 5", "b 5", "x 1", "a -> b", "a -> x", "b -> x"]);
    // With nobody but b to name it, x is there by the trust file's key, and of no use to b.
    graphs.peer_with("b", "x", &[second_key("x")], None);
    assert_eq!(graphs.drawn(&["b"]), ["b 7", "x 1", &format!("b -/ x: {other}")]);
}

#[test]
fn a_rotated_out_key_is_refused() {
    let graphs = Graphs::new(&["a", "x"]);
    graphs.peer_with("a", "x", &[second_key("x")], None);
    let (kind, said) = graphs.failure(&["a"]);
    assert_eq!(kind, ErrorKind::Refused);
    assert!(said.starts_with("the checkpoint of x.example/log is not accepted: "), "{said}");
}

#[test]
fn what_the_consumer_forbids_is_not_followed() {
    let mut graphs = Graphs::new(&["a", "b", "c"]);
    graphs.peer("a", "b");
    graphs.peer("a", "c");
    graphs.peer("b", "c");
    graphs.forbidden = vec![Forbidden { dependent: Some(origin("a")), dependency: origin("c") }];
    let forbidden = "the manifest forbids it, with [[forbid]]";
    assert_eq!(graphs.drawn(&["a"]), ["a 5", "b 3", "c 1", "a -> b", "b -> c", &format!("a -/ c: {forbidden}")]);
    graphs.forbidden = vec![Forbidden { dependent: None, dependency: origin("b") }];
    assert_eq!(graphs.drawn(&["a"]), ["a 5", "c 1", "a -> c", &format!("a -/ b: {forbidden}")]);
}

#[test]
fn a_peer_that_forges_another_s_key_reaches_nothing_but_its_own_edge() {
    let mut graphs = Graphs::new(&["a", "b", "e", "x"]);
    graphs.peer("a", "b");
    graphs.peer("a", "e");
    graphs.peer("b", "x");
    graphs.sync("b", "x");
    // The forger has a larger head, under a key of its own, and the first origin of all those who name x.
    graphs.peer_with("e", "x", &[second_key("x")], None);
    let head = Head { origin: origin("x"), size: 900, root: Digest([9; 32]) };
    let forged = Checkpoint::sign(&head, &second_key("x")).expect("signed");
    let forged = Checkpoint::verify(&forged, &second_key("x").verifier()).expect("signed");
    let key_of_e = key("e");
    Registry::open(&graphs.folder("e"), &key_of_e).expect("a registry").sync(&forged).expect("recorded");
    // Whom to believe nobody can tell who has only their words: x is out of reach, and all else is there.
    let disputed = "other logs name it with other keys, and the trust file names none of them";
    assert_eq!(
        graphs.drawn(&["a"]),
        ["a 5", "b 5", "e 5", "a -> b", "a -> e", &format!("b -/ x: {disputed}"), &format!("e -/ x: {disputed}")]
    );
    // Who has the key is not disturbed.
    graphs.named.push(origin("x"));
    let other = "the head of the peer is signed by another key than it names";
    assert_eq!(
        graphs.drawn(&["a"]),
        ["a 5", "b 5", "e 5", "x 1 < b", "a -> b", "a -> e", "b -> x", &format!("e -/ x: {other}")]
    );
    // During a rotation the keys that all name are believed.
    graphs.named.pop();
    graphs.peer_with("e", "x", &[second_key("x"), key("x")], None);
    let drawn = graphs.drawn(&["a"]);
    assert!(drawn.contains(&"x 1 < b".to_owned()) && drawn.contains(&"e -> x".to_owned()), "{drawn:?}");
}

/// A head of a log that never was.
fn forged(name: &str, size: u64) -> Checkpoint {
    let (key, head) = (key(name), Head { origin: origin(name), size, root: Digest([9; 32]) });
    Checkpoint::verify(&Checkpoint::sign(&head, &key).expect("signed"), &key.verifier()).expect("signed")
}

#[test]
fn every_mention_is_of_one_history() {
    let graphs = Graphs::new(&["a", "b", "x"]);
    graphs.peer("a", "b");
    graphs.peer("a", "x");
    graphs.peer("b", "x");
    graphs.sync("a", "x");
    // An older head of the same history is consistent, and so is a newer one.
    graphs.grow("x");
    graphs.sync("b", "x");
    assert!(graphs.drawn(&["a"]).contains(&"x 1 < a".to_owned()));
    graphs.grow("x");
    graphs.sync("a", "x");
    assert!(graphs.drawn(&["a"]).contains(&"x 5 < a".to_owned()));
    // Another one of the same size, or of a smaller one, is not.
    let record = |size| {
        let key = key("b");
        Registry::open(&graphs.folder("b"), &key).expect("a registry").sync(&forged("x", size)).expect("recorded");
    };
    record(4);
    let (kind, said) = graphs.failure(&["a"]);
    assert_eq!(kind, ErrorKind::No);
    assert!(said.starts_with("the log x.example/log has forked: the record "), "{said}");
    assert!(said.contains(" of b.example/log holds a head with 4 records, root "), "{said}");
    record(5);
    assert_eq!(graphs.failure(&["a"]).0, ErrorKind::No);
}

#[test]
fn a_log_that_holds_what_its_peer_never_signed_lies() {
    let graphs = Graphs::new(&["a", "x"]);
    graphs.peer("a", "x");
    let signed = forged("x", 7);
    let signature = Sync::format_signature(&signed);
    let peer = origin("x");
    let sync = Sync { peer: &peer, size: 8, root: Digest([9; 32]), signature: &signature, prev: None };
    let key = key("a");
    let mut registry = Registry::open(&graphs.folder("a"), &key).expect("a registry");
    // The writer refuses it, so it is written by hand.
    let refused = registry.append(&[Record::Sync(sync)]).expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::Refused);
    registry.append_unchecked(&Record::Sync(sync)).expect("written");
    drop(registry);
    let (kind, said) = graphs.failure(&["a"]);
    assert_eq!(kind, ErrorKind::No);
    assert!(
        said.starts_with("a.example/log has made a false statement: its record 3 holds a head of x.example/log"),
        "{said}"
    );
}

#[test]
fn a_quorum_is_asked_for_pinned_heads_and_not_for_derived_ones() {
    let graphs = Graphs::new(&["a", "b"]);
    graphs.peer("a", "b");
    graphs.sync("a", "b");
    let witness = SigningKey::generate_from_seed("w.example", [7; 32]).expect("a key");
    let quorum = format!("witness w {}\nquorum w", witness.cosigner());
    let cosign = |graphs: &Graphs, name: &str| {
        let path = graphs.folder(name).join("checkpoint");
        let note = headlock_log::note::SignedNote::parse(&fs_err::read(&path).expect("a checkpoint")).expect("a note");
        let mut signatures = note.signatures().to_vec();
        signatures.push(witness.cosign(1_750_000_000, note.text()).expect("cosigned"));
        let note = headlock_log::note::SignedNote::new(note.text(), signatures).expect("a note");
        fs_err::write(&path, note.format()).expect("written");
    };
    let error = graphs.resolve_with(&["a"], &quorum).expect_err("nobody has cosigned");
    assert_eq!(error.kind(), ErrorKind::Refused);
    // Only a's head is cosigned, and b's follows from it.
    cosign(&graphs, "a");
    let graph = graphs.resolve_with(&["a"], &quorum).expect("a graph");
    let cosigners: Vec<&[String]> = graph.accepted().map(AcceptedHead::cosigners).collect();
    assert_eq!(cosigners, [&["w".to_owned()][..], &[]]);
    assert_eq!(graph.cosignatures().len(), 1);
    // Where nobody holds a head of b, it is asked for b's, too, whoever names its key.
    let graphs = Graphs::new(&["a", "b"]);
    graphs.peer("a", "b");
    cosign(&graphs, "a");
    let error = graphs.resolve_with(&["a"], &quorum).expect_err("b is not cosigned");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let said = error.to_string();
    assert!(said.starts_with("the checkpoint of b.example/log is not accepted: expected cosignatures"), "{said}");
    cosign(&graphs, "b");
    assert_eq!(graphs.resolve_with(&["a"], &quorum).expect("a graph").cosignatures().len(), 2);
}

#[test]
fn long_chains_end() {
    let names: Vec<String> = (0..MAX_LOGS + 1).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let graphs = Graphs::new(&names);
    for pair in names.windows(2).take(MAX_LOGS - 1) {
        graphs.peer(pair[0], pair[1]);
    }
    let graph = graphs.resolve(&["n0"]).expect("as long as it may be");
    assert_eq!((graph.logs.len(), graph.path_to(&origin(names[MAX_LOGS - 1])).len()), (MAX_LOGS, MAX_LOGS));
    graphs.peer(names[MAX_LOGS - 1], names[MAX_LOGS]);
    let (kind, said) = graphs.failure(&["n0"]);
    assert_eq!(
        (kind, said.as_str()),
        (ErrorKind::CouldNotCheck, "the registries and their peers are more than 256 logs")
    );
}

/// What a refusal proposes to write down becomes somebody's own word: it is nothing that the log could not say for itself.
#[test]
fn what_is_proposed_leads_no_nearer() {
    let graphs = Graphs::new(&["a"]);
    let proposed = |from: &str, url: &str| {
        let mention = Mention {
            by: origin("a"),
            record: 1,
            peer: origin("x"),
            keys: vec![key("x").verifier()],
            url: url.to_owned(),
            packages: None,
            depth: None,
            synced: None,
        };
        let from = |_: &str| vec![from.to_owned()];
        let error = super::error::untrusted(&origin("x"), &[mention], &graphs.trust("quorum none"), from, false);
        let line = error.listed().iter().find_map(|line| line.strip_prefix("  log ")).expect("a line").to_owned();
        line.split(' ').nth(1).expect("a URL").to_owned()
    };
    assert_eq!(proposed("https://a.example", "https://x.example"), "https://x.example");
    assert_eq!(proposed("file:///a", "file:///x"), "file:///x");
    for url in ["file:///etc", "http://x.example", "https://127.0.0.1", "https://me:s3cr3t@x.example", "x"] {
        assert_eq!(proposed("https://a.example", url), "URL", "{url}");
    }
}
