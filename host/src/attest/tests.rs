//! Who says what of a lock, and what a reader makes of it.

use std::path::Path;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;

use super::*;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Basis, Graph, GraphLog};
use crate::inputs::{Input, Inputs};
use crate::lock::{Claim, Derived, Lock, PinnedLog, SolverId};
use crate::solvers::Accepted;
use crate::trust::{Trust, TrustSource};

const ORIGIN: &str = "registry.example/log";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).expect("a name")
}

fn attester(seed: u8) -> SigningKey {
    key(&format!("attester{seed}.example"), seed)
}

/// Two attesters of one key each, and one of two keys.
fn trust(threshold: usize) -> Trust {
    let vkey = |seed| attester(seed).verifier();
    let text = format!(
        "logs = \"logs.policy\"\n[attesters]\nthreshold = {threshold}\nkeys = [\"{}\", \"{}\"]\n[attesters.groups]\nacme = [\"{}\", \"{}\"]\n",
        vkey(1),
        vkey(2),
        vkey(3),
        vkey(4)
    );
    read(&text).expect("a trust file")
}

fn read(text: &str) -> Result<Trust> {
    let policy = format!("log {}\nquorum none\n", key(ORIGIN, 9).verifier());
    Trust::parse(Path::new("trust.toml"), TrustSource::Given, text, |_| Ok(Some(policy)))
}

fn claim(budget: u64) -> Claim {
    let input = Input {
        registry: ORIGIN.to_owned(),
        name: "my:app".to_owned(),
        requirement: "^1".to_owned(),
        content: None,
        features: Vec::new(),
    };
    let inputs = Inputs { budget, dependencies: vec![input], ..Inputs::default() };
    let head = Head { origin: ORIGIN.to_owned(), size: 3, root: Digest::of(b"root") };
    let signature = key(ORIGIN, 9).sign(&head.text()).expect("a note").to_string();
    let log = PinnedLog { origin: ORIGIN.to_owned(), size: 3, root: head.root_base64(), signature };
    let world = "headlock:solver@0.1.0".to_owned();
    let solver = SolverId {
        name: None,
        version: None,
        world,
        sha256: Digest::of(b"solver"),
        imports: Vec::new(),
        published: None,
    };
    Claim { solver, inputs, logs: vec![log] }
}

fn lock(budget: u64) -> Subject {
    let (logs, roots, consulted, packages) = Default::default();
    let (problem, outcome) = (Digest::of(b"problem"), Digest::of(b"outcome"));
    let derived = Derived { logs, problem, outcome, roots, consulted, packages };
    Subject::Lock(Box::new(Lock { claim: claim(budget), derived, cosignatures: Vec::new() }))
}

fn unsolvable() -> Subject {
    Subject::Claim(Box::new(claim(7)), Vec::new())
}

fn graph(trust: &Trust) -> Graph {
    let [log] = <[PinnedLog; 1]>::try_from(claim(7).logs).expect("one head");
    let accepted = trust.accept_pinned(&log, &[]).expect("a head");
    let (cosignatures, vouched_by, distance, mentions) = Default::default();
    let log = GraphLog { accepted, basis: Basis::Pinned, cosignatures, vouched_by, distance, mentions };
    Graph { logs: vec![log], links: Vec::new(), unusable: Vec::new() }
}

fn statement(subject: &Subject, problem: &[u8]) -> Vec<u8> {
    let trust = trust(1);
    let (graph, accepted) = (graph(&trust), Accepted::Released);
    Statement::new(subject, Digest::of(problem), &graph, &accepted, &["pulley", "cranelift"], trust.digests).encode()
}

/// The statement of a lock, with a piece of its text replaced.
fn altered(from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(statement(&lock(7), b"problem")).expect("text");
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to).into_bytes()
}

fn signed(payload: &[u8], seeds: &[u8]) -> String {
    Envelope::sign(payload, &seeds.iter().map(|seed| attester(*seed)).collect::<Vec<_>>()).format()
}

/// Checks files named a, b, … under a threshold.
fn check_all(threshold: usize, subject: &Subject, files: &[String]) -> Result<Agreement> {
    let trust = trust(threshold);
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let given =
        names.into_iter().zip(files).map(|(name, text)| Given { name, bytes: text.clone().into_bytes() }).collect();
    Check { subject, trust: &trust, under: Under::Any }.run(given)
}

fn check(threshold: usize, files: &[String]) -> Result<Agreement> {
    check_all(threshold, &lock(7), files)
}

fn ended<T: std::fmt::Debug>(result: Result<T>) -> (ErrorKind, String) {
    let error: Error = result.expect_err("refused");
    (error.kind(), error.message().to_owned())
}

#[test]
fn a_statement_has_one_encoding() {
    let (digest, key) = (lock(7).digest(), key(ORIGIN, 9).verifier());
    let policy = Digest::of(format!("log {key}\nquorum none\n").as_bytes());
    let inputs = Digest::of(
        b"[inputs]\nbudget = 7\n\n[[inputs.dependency]]\nregistry = \"registry.example/log\"\nname = \"my:app\"\nrequirement = \"^1\"\n",
    );
    let root = Head { origin: ORIGIN.to_owned(), size: 3, root: Digest::of(b"root") }.root_base64();
    let [problem, outcome, solver] = [&b"problem"[..], b"outcome", b"solver"].map(Digest::of);
    let (file, version) = (trust(1).digests.file, env!("CARGO_PKG_VERSION"));
    let expected = [
        r#"{"_type":"https://in-toto.io/Statement/v1","#.to_owned(),
        format!(r#""subject":[{{"name":"headlock.lock","digest":{{"sha256":"{digest}"}}}}],"#),
        r#""predicateType":"urn:headlock:verification:v1","predicate":{"result":"verified","#.to_owned(),
        format!(r#""verifier":{{"name":"headlock","version":"{version}"}},"lock":{{"format":1}},"#),
        format!(
            r#""solver":{{"world":"headlock:solver@0.1.0","sha256":"{solver}","imports":[],"accepted":"released"}},"#
        ),
        r#""engines":["cranelift","pulley"],"#.to_owned(),
        format!(r#""inputs":{{"sha256":"{inputs}","dependencies":1,"preferences":0,"overrides":[]}},"#),
        format!(r#""heads":[{{"origin":"registry.example/log","size":3,"root":"{root}"}}],"without":[],"#),
        format!(r#""problem":{{"sha256":"{problem}"}},"outcome":{{"sha256":"{outcome}"}},"#),
        format!(r#""trust":{{"sha256":"{file}","policy":{{"sha256":"{policy}"}}}}}}}}"#),
    ];
    assert_eq!(String::from_utf8(statement(&lock(7), b"problem")).expect("text"), expected.concat());
    assert_eq!(signed(&statement(&lock(7), b"problem"), &[1]), signed(&statement(&lock(7), b"problem"), &[1]));
}

#[test]
fn attesters_count_and_not_signatures() {
    let ours = statement(&lock(7), b"problem");
    let one = |seeds: &[u8]| signed(&ours, seeds);
    let cases: [(&[String], usize); 8] = [
        (&[one(&[1])], 1),
        (&[one(&[1, 1])], 1),
        (&[one(&[1]), one(&[1])], 1),
        (&[one(&[3, 4])], 1),
        (&[one(&[3]), one(&[4])], 1),
        (&[one(&[1, 2])], 2),
        (&[one(&[1]), one(&[2]), one(&[4])], 3),
        (&[one(&[7]), one(&[8])], 0),
    ];
    for (files, count) in cases {
        for threshold in 1..=3 {
            match check(threshold, files) {
                Ok(agreement) => assert_eq!((count, count >= threshold), (agreement.by.len(), true)),
                Err(error) => assert_eq!((error.kind(), count < threshold), (ErrorKind::Refused, true), "{error}"),
            }
        }
    }
    let error = check(2, &[one(&[1, 7])]).expect_err("one of two");
    let text = "expected the word of 2 of the 3 attesters that trust.toml names, found that of 1";
    let (counted, unknown) = (attester(1).verifier().keyid(), attester(7).verifier().keyid());
    let lines = [
        format!("  counted: {counted}"),
        format!("  ignored: the signature by {unknown} in a, a key that the trust file does not name"),
    ];
    assert_eq!((error.message(), error.listed()), (text, &lines[..]));
}

#[test]
fn keyids_are_hints_and_lies_are_refused() {
    let ours = signed(&statement(&lock(7), b"problem"), &[1]);
    let [first, second] = [1, 2].map(|seed| attester(seed).verifier().keyid());
    // Without one every known key is tried; with a known key's name only that is.
    let nameless = ours.replace(&format!("\"keyid\":\"{first}\","), "");
    assert_eq!(check(1, &[nameless]).expect("holds").by.into_iter().collect::<Vec<_>>(), [first.as_str()]);
    assert!(check(1, &[ours.replace(&first, "")]).is_ok());
    let (kind, text) = ended(check(1, &[ours.replace(&first, &second)]));
    assert_eq!((kind, text), (ErrorKind::Refused, format!("a: the signature by {second} does not hold")));
    // A name that nobody has is nobody's, whoever has signed.
    let (kind, _) = ended(check(1, &[ours.replace(&first, "x.example+00000000")]));
    assert_eq!(kind, ErrorKind::Refused);
    // What does not hold spoils what would do by itself.
    let (kind, _) = ended(check(1, &[ours.clone(), ours.replace(&first, &second)]));
    assert_eq!(kind, ErrorKind::Refused);
}

#[test]
fn a_statement_is_about_this_file_and_says_what_it_says() {
    let sign = |payload: &[u8]| [signed(payload, &[1])];
    let (kind, text) = ended(check(1, &sign(&statement(&lock(8), b"problem"))));
    assert_eq!(kind, ErrorKind::No);
    assert!(text.starts_with("a: expected a statement about headlock.lock with sha256 "), "{text}");
    let (kind, text) = ended(check(1, &sign(&altered(r#""result":"verified""#, r#""result":"unsolvable""#))));
    assert_eq!((kind, text.as_str()), (ErrorKind::No, "a: expected the result verified, found unsolvable"));
    let digest = |text: &[u8]| Digest::of(text).to_string();
    let cases = [
        (r#""format":1"#.to_owned(), r#""format":2"#.to_owned()),
        (r#""size":3"#.to_owned(), r#""size":4"#.to_owned()),
        (r#""preferences":0"#.to_owned(), r#""preferences":1"#.to_owned()),
        (r#""dependencies":1"#.to_owned(), r#""dependencies":2"#.to_owned()),
        (digest(b"problem"), digest(b"other")),
        (digest(b"outcome"), digest(b"other")),
        (digest(b"solver"), digest(b"other")),
        (format!(r#","outcome":{{"sha256":"{}"}}"#, digest(b"outcome")), String::new()),
        (r#""overrides":[]"#.to_owned(), r#""overrides":[{"registry":"r","name":"n"}]"#.to_owned()),
        (r#""size":3,"#.to_owned(), r#""size":3,"derived":"x","#.to_owned()),
    ];
    for (from, to) in cases {
        let (kind, text) = ended(check(1, &sign(&altered(&from, &to))));
        let expected = "a: the statement says something else of headlock.lock than it says itself";
        assert_eq!((kind, text.as_str()), (ErrorKind::No, expected), "{from}");
    }
}

#[test]
fn what_is_not_this_predicate_is_malformed() {
    let cases = [
        ("verification:v1", "verification:v2"),
        ("in-toto.io/Statement/v1", "in-toto.io/Statement/v2"),
        (r#""format":1"#, r#""format":1,"more":1"#),
        (r#""format":1"#, r#""format":1,"format":1"#),
        (r#""result":"verified""#, r#""result":"verified","result":"verified""#),
        (r#""result":"verified""#, r#""result":"maybe""#),
        (r#""result":"verified","#, ""),
        (r#"{"_type""#, r#"{"x":{"y":1,"y":2},"_type""#),
        (r#"{"format":1}"#, "[1]"),
        (r#""size":3"#, r#""size":3.0"#),
        (r#""size":3"#, r#""size":-3"#),
        (r#""size":3"#, r#""size":18446744073709551616"#),
        (r#""result":"verified""#, r#""result":{"verified":null}"#),
        (r#""accepted":"released""#, r#""accepted":"nobody""#),
        (r#""accepted":"released""#, r#""accepted":"""#),
        (r#""without":[]"#, r#""without":[{"dependent":"no origin","dependency":"b.example/log"}]"#),
        (
            r#""without":[]"#,
            r#""without":[{"dependent":"b.example/log","dependency":"a"},{"dependent":"a.example/log","dependency":"b"}]"#,
        ),
        (r#""size":3"#, r#""size":3,"vouched-by":"no origin \n at all""#),
        (r#""size":3"#, r#""size":3,"successor":{"size":0,"root":"not base64"}"#),
        (r#"["cranelift","pulley"]"#, "[]"),
        (r#"["cranelift","pulley"]"#, r#"[""]"#),
        (r#"["cranelift","pulley"]"#, r#"["cranelift, pulley, under this trust file"]"#),
        (r#""name":"headlock","#, r#""name":"headlock, checked","#),
        (r#"["cranelift","pulley"]"#, r#"["pulley","pulley"]"#),
        (
            r#""subject":["#,
            r#""subject":[{"digest":{"sha256":"0000000000000000000000000000000000000000000000000000000000000000"}},"#,
        ),
        (r#""name":"headlock.lock","digest""#, r#""digest":{"sha512":""},"digest""#),
    ];
    for (from, to) in cases {
        let (kind, text) = ended(check(1, &[signed(&altered(from, to), &[1])]));
        assert_eq!(kind, ErrorKind::Malformed, "{to}: {text}");
    }
    for trailing in ["{}", "x", "\u{0}"] {
        let payload = altered(r#""result":"verified""#, r#""result":"verified""#);
        let (kind, _) = ended(check(1, &[signed(&[&payload, trailing.as_bytes()].concat(), &[1])]));
        assert_eq!(kind, ErrorKind::Malformed, "{trailing:?}");
    }
    // What in-toto and DSSE let others add is no matter.
    for (from, to) in [(r#""name":"headlock.lock","#, r#""uri":"x","#), (r#"{"_type""#, r#"{ "more" : [ ] , "_type""#)]
    {
        assert!(check(1, &[signed(&altered(from, to), &[1])]).is_ok(), "{to}");
    }
}

#[test]
fn what_is_no_envelope_is_malformed() {
    let ours = signed(&statement(&lock(7), b"problem"), &[1]);
    let bundle =
        Envelope::sign(&statement(&lock(7), b"problem"), &[attester(1)]).format_bundle().expect("one signature");
    assert!(check(1, std::slice::from_ref(&bundle)).is_ok());
    let older = "application/vnd.dev.sigstore.bundle+json;version=0.3";
    assert!(check(1, &[bundle.replace("application/vnd.dev.sigstore.bundle.v0.3+json", older)]).is_ok());
    let (keyid, other) = (attester(1).verifier().keyid(), "\"hint\":\"x\"");
    let signature =
        ours.split("\"signatures\":[").nth(1).expect("signatures").trim_end().trim_end_matches("]}").to_owned();
    let unnamed = signature.replace(&format!("\"keyid\":\"{keyid}\","), "");
    assert!(check(1, &[ours.replace(&signature, &[unnamed.as_str(); MAX_UNNAMED].join(","))]).is_ok());
    let cases = [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!("{ours}{ours}"),
        format!("{ours}x"),
        format!("\u{feff}{ours}"),
        ours.replacen("{\"payload\"", "{\"payloadType\":\"x\",\"payload\"", 1),
        ours.replacen("{\"keyid\"", "{\"sig\":\"\",\"keyid\"", 1),
        ours.replace(&signature, ""),
        ours.replace(&signature, &vec![signature.as_str(); MAX_SIGNATURES + 1].join(",")),
        ours.replace(&signature, &[unnamed.as_str(); MAX_UNNAMED + 1].join(",")),
        ours.replace("\"payload\":\"", "\"payload\":\"-/"),
        ours.replace("\"sig\":\"", "\"sig\":\"*"),
        bundle.replace(&format!("\"hint\":\"{keyid}\""), other),
        bundle.replace("bundle.v0.3+json", "bundle.v0.4+json"),
        bundle.replace(&signature, &format!("{signature},{signature}")),
        bundle.replacen("{\"mediaType\"", "{\"payload\":\"\",\"mediaType\"", 1),
        ours.replacen("{\"payload\"", &format!("{{\"dsseEnvelope\":{},\"payload\"", ours.trim_end()), 1),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
        format!("{{\"x\":{}1{},{}", "[".repeat(200), "]".repeat(200), &ours[1..]),
    ];
    for text in cases {
        let (kind, said) = ended(check(1, std::slice::from_ref(&text)));
        assert_eq!(kind, ErrorKind::Malformed, "{text}: {said}");
    }
    // Signed, and no statement.
    let (kind, text) = ended(check(1, &[ours.replace("vnd.in-toto+json", "x")]));
    assert_eq!((kind, text), (ErrorKind::Refused, format!("a: the signature by {keyid} does not hold")));
}

#[test]
fn a_bundle_of_a_certificate_says_nothing() {
    let bundle =
        Envelope::sign(&statement(&lock(7), b"problem"), &[attester(7)]).format_bundle().expect("one signature");
    let keyid = attester(7).verifier().keyid();
    let bundle =
        bundle.replace(&format!("\"publicKey\":{{\"hint\":\"{keyid}\"}}"), "\"certificate\":{\"rawBytes\":\"\"}");
    let (kind, _) = ended(check(1, &[bundle.replace(&keyid, "")]));
    assert_eq!(kind, ErrorKind::Refused);
    assert!(Envelope::sign(b"{}", &[attester(1), attester(2)]).format_bundle().is_none());
}

#[test]
fn that_there_is_no_answer_is_another_thing() {
    let subject = unsolvable();
    let ours = statement(&subject, b"problem");
    let agreement = check_all(2, &subject, &[signed(&ours, &[1, 2])]).expect("two say so");
    assert_eq!(agreement.said[0].predicate.result, Verdict::Unsolvable);
    // Neither is taken for the other.
    assert_eq!(ended(check(1, &[signed(&ours, &[1])])).0, ErrorKind::No);
    assert_eq!(ended(check_all(1, &subject, &[signed(&statement(&lock(7), b"problem"), &[1])])).0, ErrorKind::No);
    // What follows from a claim stands in none: attesters must say the same of it.
    let other = statement(&subject, b"other");
    let (kind, text) = ended(check_all(2, &subject, &[signed(&ours, &[1]), signed(&other, &[2])]));
    assert_eq!(kind, ErrorKind::No);
    assert!(text.starts_with("a and b contradict each other"), "{text}");
}

#[test]
fn another_trust_file_is_said_and_refused_where_the_same_is_asked_for() {
    let (subject, ours) = (lock(7), signed(&statement(&lock(7), b"problem"), &[1]));
    let run = |trust: &Trust, under| {
        let given = vec![Given { name: "a".to_owned(), bytes: ours.clone().into_bytes() }];
        Check { subject: &subject, trust, under }.run(given)
    };
    // The statement was found under the one with a threshold of 1.
    for (threshold, is_same) in [(1, true), (2, false)] {
        let text =
            format!("logs = \"logs.policy\"\n[attesters]\nthreshold = 1\nkeys = [\"{}\"]\n", attester(1).verifier());
        let trust = if is_same { trust(threshold) } else { read(&text).expect("a trust file") };
        assert_eq!(run(&trust, Under::Any).expect("counts").said[0].is_same_trust, is_same);
        match run(&trust, Under::Same) {
            Ok(_) => assert!(is_same),
            Err(error) => assert_eq!((error.kind(), is_same), (ErrorKind::Refused, false)),
        }
    }
}

#[test]
fn attesters_are_keys_that_differ() {
    let vkey = |seed| attester(seed).verifier();
    let one = key("one.example", 5).verifier();
    let other = key("other.example", 5).verifier();
    let cases = [
        (
            format!("threshold = 0\nkeys = [\"{}\"]", vkey(1)),
            "3: attesters: expected a threshold from 1 to the number of attesters, 1, found 0",
        ),
        (
            format!("threshold = 2\nkeys = [\"{}\"]", vkey(1)),
            "3: attesters: expected a threshold from 1 to the number of attesters, 1, found 2",
        ),
        (
            "threshold = 1".to_owned(),
            "3: attesters: expected a threshold from 1 to the number of attesters, 0, found 1",
        ),
        ("threshold = 1\nkeys = [\"x\"]".to_owned(), "4: attesters: expected a vkey NAME+ID+BASE64, found \"x\""),
        (
            "threshold = 1\ngroups = { a = [] }".to_owned(),
            "4: attesters: expected groups with a name and keys, found \"a\" with 0",
        ),
    ];
    for (text, expected) in cases {
        let found = ended(read(&format!("logs = \"logs.policy\"\n[attesters]\n{text}\n")));
        assert_eq!(found, (ErrorKind::Malformed, format!("trust.toml:{expected}")));
    }
    let twice = |keys: String| {
        let (kind, text) = ended(read(&format!("logs = \"logs.policy\"\n[attesters]\nthreshold = 1\n{keys}\n")));
        assert_eq!(kind, ErrorKind::Malformed);
        assert!(text.contains(": attesters: one public key stands twice"), "{text}");
    };
    twice(format!("keys = [\"{one}\", \"{one}\"]"));
    twice(format!("keys = [\"{one}\", \"{other}\"]"));
    twice(format!("keys = [\"{one}\"]\ngroups = {{ a = [\"{other}\"] }}"));
    twice(format!("groups = {{ a = [\"{one}\"], b = [\"{other}\"] }}"));
    // A group that is called as a key that stands alone: each would count for the other.
    let (lone, group) = (vkey(1), vkey(2));
    let named = format!("keys = [\"{lone}\"]\ngroups = {{ \"{}\" = [\"{group}\"] }}", lone.keyid());
    let found = ended(read(&format!("logs = \"logs.policy\"\n[attesters]\nthreshold = 1\n{named}\n")));
    assert_eq!(
        found,
        (ErrorKind::Malformed, format!("trust.toml:5: attesters: two attesters have the name {:?}", lone.keyid()))
    );
    let cosigner = key("one.example", 5).cosigner();
    let (kind, _) =
        ended(read(&format!("logs = \"logs.policy\"\n[attesters]\nthreshold = 1\nkeys = [\"{cosigner}\"]\n")));
    assert_eq!(kind, ErrorKind::Malformed);
    assert!(trust(3).attesters.is_some());
}

#[test]
fn heads_are_held_against_the_reader_s_own_trust() {
    let trust = trust(1);
    let standings = accept_heads(&trust, &lock(7)).expect("accepted");
    assert_eq!(standings, [(ORIGIN.to_owned(), 3, HeadStanding::Accepted(Vec::new()))]);
    let other = format!("log {}\nquorum none\n", key(ORIGIN, 8).verifier());
    let read = |more: &str, policy: String| {
        let text = format!("logs = \"logs.policy\"\n{more}");
        Trust::parse(Path::new("trust.toml"), TrustSource::Given, &text, |_| Ok(Some(policy))).expect("a trust file")
    };
    assert_eq!(ended(accept_heads(&read("", other.clone()), &lock(7))).0, ErrorKind::Refused);
    // A registry that the consumer names is nobody's to vouch for.
    let stranger = format!("log {}\nquorum none\n", key("stranger.example", 8).verifier());
    let vouching = read("vouching = [\"stranger.example\"]\n", stranger);
    assert_eq!(ended(accept_heads(&vouching, &lock(7))).0, ErrorKind::Refused);
    // A retired key wants a newer head, which is not asked for here.
    let retired = read(&format!("retired = [\"{}\"]\n", key(ORIGIN, 9).verifier()), other);
    assert_eq!(ended(accept_heads(&retired, &lock(7))).0, ErrorKind::CouldNotCheck);
}
