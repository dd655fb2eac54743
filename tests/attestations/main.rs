//! Attestations that the command writes, held against tools that others wrote: PyPI's securesystemslib and in-toto-attestation,
//! npm's @sigstore/bundle and @sigstore/verify. They accept ours, and refuse a changed one.
//!
//! `HEADLOCK_ATTESTATION_TOOLS` names the folder that they are installed in, `target/attestations` without it. What is not there
//! is not tried, and the test says so; with `HEADLOCK_ORACLES=required` it fails.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

/// A project with a lock, and one attester.
struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    fn new() -> Stage {
        let stage = Stage { dir: tempfile::tempdir().unwrap() };
        for name in ["registry", "attester", "other"] {
            let (key, name) = (format!("{name}.key"), format!("{name}.example/key"));
            stage.done(&["key", "generate", "--name", &name, "--out", &key]);
        }
        std::fs::write(stage.path("content"), "content").unwrap();
        stage.done(&["registry", "init", "reg", "--key", "registry.key"]);
        let publish =
            ["registry", "publish", "--registry", "reg", "--key", "registry.key", "my:app", "1.0.0", "--content"];
        stage.done(&[&publish[..], &["content"]].concat());
        stage.done(&["init", "--log-key", "registry.key.pub", "--url", "file:reg"]);
        stage
    }

    fn depend_on(&self, dependency: &str) {
        let manifest = std::fs::read_to_string(self.path("headlock.toml")).unwrap();
        std::fs::write(self.path("headlock.toml"), format!("{manifest}{dependency}\n")).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the command, which must end well; gives what it prints.
    fn done(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headlock"));
        command.current_dir(self.dir.path()).env("HOME", self.path("home")).args(arguments);
        for name in ["HEADLOCK_CACHE", "HEADLOCK_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), value.to_string()).unwrap();
    }
}

/// A tool of another hand, which checks a file.
struct Tool {
    program: PathBuf,
    script: &'static str,
    /// How it is told a public key.
    form: &'static str,
}

fn tools() -> PathBuf {
    let named = std::env::var_os("HEADLOCK_ATTESTATION_TOOLS").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/attestations"))
}

/// Whether something of it is installed. Where all must be, it must.
fn has(path: &Path) -> bool {
    let is_there = path.exists();
    if !is_there {
        assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{} is not there", path.display());
        eprintln!("SKIPPED: {} is not there: see tests/README.md", path.display());
    }
    is_there
}

impl Tool {
    fn python() -> Option<Tool> {
        let program = tools().join("python/bin/python");
        has(&program).then_some(Tool { program, script: "statement.py", form: "hex" })
    }

    fn node() -> Option<Tool> {
        let program = PathBuf::from("node");
        has(&tools().join("node_modules/@sigstore/verify")).then_some(Tool {
            program,
            script: "bundle.mjs",
            form: "pem",
        })
    }

    /// What it says of a file under the public key of `key`, about `subject`.
    fn says(&self, stage: &Stage, file: &str, keyid: &str, key: &str, subject: &str) -> String {
        let public = stage.done(&["key", "show", key, "--format", self.form]);
        // In hexadecimal it is an argument, as PEM a file.
        let public = match self.form {
            "hex" => public.trim().to_owned(),
            _ => {
                std::fs::write(stage.path("public.pem"), public).unwrap();
                stage.path("public.pem").display().to_string()
            }
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/attestations").join(self.script);
        let mut command = Command::new(&self.program);
        command.arg(script).arg(stage.path(file)).args([keyid, &public]).arg(stage.path(subject));
        let output = command.env("HEADLOCK_ATTESTATION_TOOLS", tools()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
        let is_accepted = said.starts_with("accepted: ");
        assert!(is_accepted || said.starts_with("refused: "), "{file}: {said}");
        assert_eq!(output.status.success(), is_accepted, "{file}: {said}");
        said.trim().to_owned()
    }
}

/// What can be changed in an envelope, and in one within a bundle: each leaves it one that can be read.
fn changed(envelope: &Value) -> Vec<(&'static str, Value)> {
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    let with_payload = |text: String| {
        let mut changed = envelope.clone();
        changed["payload"] = STANDARD.encode(text).into();
        changed
    };
    let digest = payload.split("\"sha256\":\"").nth(1).unwrap()[..64].to_owned();
    let mut signature = envelope.clone();
    let mut bytes = STANDARD.decode(signature["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    bytes[0] ^= 1;
    signature["signatures"][0]["sig"] = STANDARD.encode(bytes).into();
    let mut kind = envelope.clone();
    kind["payloadType"] = "application/vnd.in-toto.json".into();
    vec![
        ("the subject", with_payload(payload.replacen(&digest, &"0".repeat(64), 1))),
        ("the result", with_payload(payload.replacen("\"result\":\"", "\"result\":\"un", 1))),
        ("a space at the end", with_payload(format!("{payload} "))),
        ("the signature", signature),
        ("the payload's type", kind),
    ]
}

/// Holds one file, an envelope or a bundle, against a tool.
fn hold_against(tool: &Tool, stage: &Stage, file: &str, subject: &str, result: &str) {
    let keyid = stage.done(&["key", "show", "attester.key", "--format", "keyid"]);
    let keyid = keyid.trim();
    let says = |file: &str, keyid: &str, key: &str, subject: &str| tool.says(stage, file, keyid, key, subject);
    assert_eq!(says(file, keyid, "attester.key.pub", subject), format!("accepted: {result}"));
    let whole = stage.json(file);
    let is_bundle = whole.get("dsseEnvelope").is_some();
    let with = |envelope: Value| match is_bundle {
        false => envelope,
        true => {
            let mut bundle = whole.clone();
            bundle["dsseEnvelope"] = envelope;
            bundle
        }
    };
    let envelope = if is_bundle { whole["dsseEnvelope"].clone() } else { whole.clone() };
    // The other alphabet is the same.
    let mut url_safe = envelope.clone();
    let decoded = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    url_safe["payload"] = URL_SAFE.encode(decoded).into();
    stage.write("changed.json", &with(url_safe));
    assert_eq!(says("changed.json", keyid, "attester.key.pub", subject), format!("accepted: {result}"));
    let mut refusals = 0;
    for (what, envelope) in changed(&envelope) {
        stage.write("changed.json", &with(envelope));
        let said = says("changed.json", keyid, "attester.key.pub", subject);
        assert!(said.starts_with("refused"), "{what}: {said}");
        refusals += 1;
    }
    let mut lying = envelope.clone();
    lying["signatures"][0]["keyid"] = "somebody.example+00000000".into();
    let mut lying = with(lying);
    if is_bundle {
        lying["verificationMaterial"]["publicKey"]["hint"] = "somebody.example+00000000".into();
    }
    stage.write("changed.json", &lying);
    // Another keyid, another key under the same keyid, and another file.
    let cases = [
        says("changed.json", keyid, "attester.key.pub", subject),
        says(file, keyid, "other.key.pub", subject),
        says(file, keyid, "attester.key.pub", "content"),
    ];
    for said in cases {
        assert!(said.starts_with("refused"), "{said}");
        refusals += 1;
    }
    assert_eq!(refusals, 8);
}

/// Has the command attest in a project with this dependency, and holds what it writes of a file against each tool that is there.
fn hold_what_is_attested(dependency: &str, commands: &[&[&str]], subject: &str, result: &str) {
    let tools = [(Tool::python(), "intoto"), (Tool::node(), "sigstore")];
    let tools = tools.map(|(tool, form)| tool.map(|tool| (tool, format!("{subject}.{form}.json"))));
    if tools.iter().flatten().next().is_none() {
        return;
    }
    let stage = Stage::new();
    stage.depend_on(dependency);
    for command in commands {
        stage.done(command);
    }
    for (tool, file) in tools.iter().flatten() {
        hold_against(tool, &stage, file, subject, result);
    }
}

#[test]
fn others_accept_what_the_command_signs_and_refuse_it_changed() {
    let attest: &[&str] = &["attest", "--key", "attester.key", "--trust", "trust.toml"];
    hold_what_is_attested("\"my:app\" = \"^1\"", &[&["lock"], attest], "headlock.lock", "verified");
}

#[test]
fn others_accept_that_there_is_no_answer() {
    let attest: &[&str] = &["attest", "--unsolvable", "--key", "attester.key", "--trust", "trust.toml"];
    hold_what_is_attested("\"my:app\" = \"^2\"", &[attest], "headlock.claim", "unsolvable");
}
