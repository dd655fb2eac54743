//! Witnesses: an independent one, written from C2SP's documents alone (witness.py, in tests/witness).

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{Running, Stage, has, schema};

/// A witness that runs.
struct Witness {
    name: &'static str,
    vkey: String,
    url: String,
    _running: Running,
}

fn python(arguments: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/witness/witness.py");
    let mut command = Command::new("python3");
    command.arg(script).args(arguments);
    command
}

impl Witness {
    fn start(stage: &Stage, name: &'static str, digit: &str, logs: &[&str]) -> Witness {
        let seed = digit.repeat(64);
        let key_name = format!("{name}.example");
        let named = ["--name", &key_name, "--seed", &seed];
        let vkey = python(&[&["vkey"], &named[..]].concat()).output().unwrap();
        let vkey = String::from_utf8(vkey.stdout).unwrap().trim().to_owned();
        let state = stage.path(&format!("{name}.state")).display().to_string();
        let logs: Vec<&str> = logs.iter().flat_map(|log| ["--log", log]).collect();
        let mut child = python(&[&["serve"], &named[..], &["--state", &state], &logs].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Witness { name, vkey, url: url.trim().to_owned(), _running: Running(child) }
    }

    fn line(&self) -> String {
        format!("witness {} {} {}\n", self.name, self.vkey, self.url)
    }
}

fn policy(stage: &Stage, lines: &[String], quorum: &str) {
    let log = format!("log {} file:a\n", stage.vkey("a"));
    std::fs::write(stage.path("logs.policy"), format!("{log}{}{quorum}\n", lines.concat())).unwrap();
}

const ASK: [&str; 6] = ["registry", "witness", "--registry", "a", "--policy", "logs.policy"];

#[test]
fn witnesses_cosign_what_goes_on_and_nothing_else() {
    if !has("python3") {
        return;
    }
    let stage = Stage::new();
    stage.registry("a");
    stage.done("", &["init", "--log-key", "a.key.pub", "--url", "file:a", "--quiet"]);
    let log = stage.vkey("a");
    let (one, two) = (Witness::start(&stage, "w1", "1", &[&log]), Witness::start(&stage, "w2", "2", &[&log]));
    let both = "group both all w1 w2\nquorum both";
    policy(&stage, &[one.line(), two.line()], both);
    // From nothing, again, and over many sizes, so that proofs of each shape come by.
    let said = stage.done("", &ASK);
    assert!(said.starts_with("cosigned by w1\ncosigned by w2\nhead: 1 record, root "), "{said}");
    let said = stage.done("", &[&ASK[..], &["--format", "json"]].concat());
    let object = schema::check(&said, "registry-witness");
    assert_eq!((&object["cosigned"], &object["failed"]), (&json!(["w1", "w2"]), &json!([])));
    for version in 0..40 {
        stage.publish("a", &["my:app", &format!("1.{version}.0")]);
        if version % 3 != 1 {
            stage.done("", &ASK);
        }
    }
    // A quorum of them is what a lock holds and needs.
    let manifest = std::fs::read_to_string(stage.path("headlock.toml")).unwrap() + "\"my:app\" = \"1\"\n";
    std::fs::write(stage.path("headlock.toml"), manifest).unwrap();
    stage.done("", &["lock"]);
    let said = stage.done("", &["verify"]);
    assert!(said.contains("log: a.example/log at 81 records, pinned, cosigned by w1, w2; "), "{said}");

    // k - 1 of k: the one that is there cosigns, and nobody is content with it.
    stage.publish("a", &["my:app", "2.0.0"]);
    let gone =
        Witness { url: "http://127.0.0.1:1".to_owned(), vkey: two.vkey.clone(), name: "w2", _running: two._running };
    policy(&stage, &[one.line(), gone.line()], both);
    let (code, said) = stage.ended("", &ASK);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("cosigned by w1\n") && said.contains("warning: w2: http://127.0.0.1:1: "), "{said}");
    assert!(said.contains("expected cosignatures that reach the quorum \"both\", found \"w1\""), "{said}");
    let (code, said) = stage.ended("", &["update"]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("expected cosignatures that reach the quorum \"both\", found \"w1\""), "{said}");
    // One cosigner is not two, whatever it is called.
    let twice = one.line().replacen("witness w1", "witness w2", 1);
    policy(&stage, &[one.line(), twice], both);
    let (code, said) = stage.ended("", &["update"]);
    assert_eq!(code, 2, "{said}");

    // An older copy, and another history: neither goes on from what the witness has.
    policy(&stage, &[one.line()], "quorum w1");
    let copy = |from: &str, to: &str| {
        let _ = std::fs::remove_dir_all(stage.path(to));
        let done = Command::new("cp").arg("-r").arg(stage.path(from)).arg(stage.path(to)).status().unwrap();
        assert!(done.success());
    };
    copy("a", "older");
    stage.publish("a", &["my:app", "2.1.0"]);
    stage.done("", &ASK);
    copy("a", "newer");
    copy("older", "a");
    let (_, said) = stage.ended("", &ASK);
    assert!(said.contains("the witness has seen a.example/log with 85 records, and this head has 83"), "{said}");
    stage.publish("a", &["my:app", "3.0.0"]);
    let (code, said) = stage.ended("", &ASK);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains(
            "the witness says that the head of a.example/log with 85 records does not go on from the one it has"
        ),
        "{said}"
    );
    // A log that it does not know, and a key that it does not.
    stage.registry("b");
    let other = format!("log {} file:b\n{}quorum w1\n", stage.vkey("b"), one.line());
    std::fs::write(stage.path("logs.policy"), other).unwrap();
    let (code, said) = stage.ended("", &["registry", "witness", "--registry", "b", "--policy", "logs.policy"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("the witness does not know the log b.example/log"), "{said}");
    copy("newer", "a");
    stage.done("", &["registry", "audit", "a", "--log-key", "a.key.pub"]);
}
