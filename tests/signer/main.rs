//! Keys that no file of headlock's holds: in a PEM file behind OpenSSL, and in an ssh-agent. Each publishes by itself, and signs
//! what another machine has prepared.
//!
//! What is not there is not tried (`SKIPPED: …`); with `HEADLOCK_ORACLES=required` the test fails.

#![allow(clippy::print_stdout, reason = "a test says that it was skipped")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use headlock_log::digest::Digest;
use headlock_log::note::{KeyKind, VerifierKey};

const ORIGIN: &str = "registry.example/elsewhere";

fn stand_in(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/signer").join(name).display().to_string()
}

/// Runs a program to its end, in a folder.
fn run(folder: &Path, program: &str, arguments: &[&str], socket: Option<&Path>) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("HEADLOCK_STATE", folder.join("state")).env("HEADLOCK_CACHE", folder.join("cache"));
    if let Some(socket) = socket {
        command.env("SSH_AUTH_SOCK", socket);
    }
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text) } else { Err(format!("{program} {arguments:?}: {text}")) }
}

fn has(program: &str, arguments: &[&str]) -> bool {
    let found =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok();
    if !found {
        assert!(std::env::var("HEADLOCK_ORACLES").is_err(), "{program} is missing");
        println!("SKIPPED: there is no {program}");
    }
    found
}

/// Publishes with a signer; then has what was prepared without one signed by it; audits.
fn publishes(folder: &Path, public: [u8; 32], signer: &[&str], socket: Option<&Path>) {
    let key = VerifierKey::new(ORIGIN, KeyKind::Ed25519, &public).expect("a key");
    std::fs::write(folder.join("log.pub"), format!("{key}\n")).expect("a file");
    std::fs::write(folder.join("kit.wasm"), "kit").expect("a file");
    let headlock = |arguments: &[&str]| run(folder, env!("CARGO_BIN_EXE_headlock"), arguments, socket);
    let by_signer: Vec<&str> = ["--key-pub", "log.pub", "--signer"].into_iter().chain(signer.iter().copied()).collect();
    let publish = |version: &str, with: &[&str]| {
        let kit = ["registry", "publish", "--registry", "reg", "my:kit", version, "--content", "kit.wasm"];
        headlock(&[&kit, with].concat())
    };
    headlock(&[&["registry", "init", "reg"][..], &by_signer].concat()).expect("made");
    publish("1.0.0", &by_signer).expect("published");
    publish("1.1.0", &["--key-pub", "log.pub", "--unsigned", "request"]).expect("prepared");
    let error = publish("1.2.0", &["--key-pub", "log.pub", "--unsigned", "other"]).expect_err("another waits");
    assert!(error.contains("waits for its signature"), "{error}");
    let sign = ["registry", "sign", "request", "-o", "signature"];
    let error = headlock(&[&sign, &by_signer[..]].concat()).expect_err("nothing is known");
    assert!(error.contains("nothing is known here of what was signed"), "{error}");
    let said = headlock(&[&sign, &by_signer[..], &["--first"]].concat()).expect("signed");
    assert!(said.contains("release my:kit 1.1.0, content sha256 "), "{said}");
    headlock(&[
        "registry",
        "request",
        "finish",
        "--registry",
        "reg",
        "--log-key",
        "log.pub",
        "--signature",
        "signature",
    ])
    .expect("finished");
    let said = headlock(&["registry", "audit", "reg", "--log-key", "log.pub"]).expect("audited");
    assert!(said.contains("head: 5 records"), "{said}");
}

#[test]
fn a_key_behind_openssl_signs() {
    if !has("openssl", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pem = folder.path().join("key.pem").display().to_string();
    run(folder.path(), "openssl", &["genpkey", "-algorithm", "ed25519", "-out", &pem], None).expect("a key");
    run(folder.path(), "openssl", &["pkey", "-in", &pem, "-pubout", "-outform", "DER", "-out", "pub.der"], None)
        .expect("its public key");
    let der = std::fs::read(folder.path().join("pub.der")).expect("a file");
    let public = der.last_chunk::<32>().expect("SubjectPublicKeyInfo ends in the key");
    let script = stand_in("openssl.sh");
    publishes(folder.path(), *public, &["/bin/sh", "--signer-arg", &script, "--signer-arg", &pem], None);
}

/// An agent until it is dropped.
struct Agent(std::process::Child, PathBuf);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_key_in_an_ssh_agent_signs() {
    if !has("ssh-agent", &["-h"]) || !has("ssh-add", &["-h"]) || !has("ssh-keygen", &["-h"]) || !has("python3", &["-V"])
    {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("agent");
    let child =
        Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().expect("an agent");
    let agent = Agent(child, socket);
    for _ in 0..200 {
        if agent.1.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let socket = Some(agent.1.as_path());
    run(folder.path(), "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "id"], None).expect("a key");
    run(folder.path(), "ssh-add", &["-q", "id"], socket).expect("added");
    std::fs::remove_file(folder.path().join("id")).expect("removed");
    let script = stand_in("agent.py");
    let public = run(folder.path(), "python3", &[&script, "--public"], socket).expect("the public key");
    let Digest(public) = public.trim().parse().expect("32 bytes in hexadecimal");
    publishes(folder.path(), public, &["python3", "--signer-arg", &script], socket);
}
