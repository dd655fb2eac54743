//! The step that signs: what becomes of the key, and what is written; with a headlock that plays `attest`, and with the real one.

use std::fs;
use std::path::Path;

use super::action::Job;
use super::stage::{HEADLOCK, Stage};

const KEY: &str = "PRIVATE+KEY+signer.example+00000000+AAAA";

/// A headlock whose `attest` says what it was given, and ends with this code.
fn player(stage: &Stage, code: u8) -> String {
    let script = format!(
        r#"case " $* " in
*' attest '*) ;;
*) exec {HEADLOCK} "$@" ;;
esac
printf '%s\n' "$@" > {dir}arguments
tr '\0' '\n' < /proc/self/environ > {dir}environment
key= out=
while [ $# -gt 0 ]; do
    case $1 in --key) key=$2 ;; -o) out=$2 ;; esac
    shift
done
if [ -n "$key" ]; then stat -c %a "$key" > {dir}mode; cat "$key" > {dir}key; ls "$RUNNER_TEMP" > {dir}listed; fi
if [ {code} = 0 ]; then echo signed > "$out"; else echo 'error: the key is of nobody that the trust file knows' >&2; fi
exit {code}
"#,
        dir = stage.path("").display(),
    );
    stage.program("temp/kept/headlock", &script).display().to_string()
}

fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.path(name)).unwrap()
}

#[test]
fn the_key_is_in_a_file_of_nobody_elses_only_while_it_signs() {
    let stage = Stage::new();
    let program = player(&stage, 0);
    let inputs = [("headlock", program.as_str()), ("trust", "trusted/trust.toml"), ("attest", "true"), ("key", KEY)];
    let done = stage.action(&inputs);
    assert_eq!(done.outputs["verdict"], "verified", "{done:#?}");
    let out = stage.path("work/app/headlock.lock.intoto.json");
    assert_eq!(Path::new(&done.outputs["attestation"]), out);
    assert_eq!((read(&stage, "mode").as_str(), read(&stage, "key").as_str()), ("600\n", format!("{KEY}\n").as_str()));
    assert!(read(&stage, "listed").contains("headlock-key."));
    let told = read(&stage, "arguments") + &read(&stage, "environment");
    assert!(!told.contains(KEY) && !done.said.contains(KEY) && !done.summary.contains(KEY), "{told}");
    let trust = stage.path("work/trusted/trust.toml");
    for expected in [format!("--trust\n{}\n", trust.display()), format!("-o\n{}\n", out.display())] {
        assert!(read(&stage, "arguments").contains(&expected), "{expected}: {told}");
    }
    assert!(done.summary.contains("**Attestation**, signed"), "{}", done.summary);
    assert_eq!(fs::read_to_string(&out).unwrap(), "signed\n");
}

#[test]
fn a_step_that_fails_or_is_killed_leaves_no_key() {
    let stage = Stage::new();
    let program = player(&stage, 5);
    let inputs = [
        ("working-directory", "app"),
        ("headlock", program.as_str()),
        ("trust", "trusted/trust.toml"),
        ("attest", "true"),
        ("key", KEY),
    ];
    let (work, temp) = (stage.path("work"), stage.path("temp"));
    let job =
        Job { workspace: &work, temp: &temp, event: "push", inputs: &inputs, env: &[], cached: None, killed: None };
    // stage.job looks at what is left.
    let done = stage.job(&job);
    assert_eq!(done.outputs["verdict"], "refused", "{done:#?}");
    assert!(read(&stage, "listed").contains("headlock-key."));
    assert!(done.summary.contains("no attestation was written"), "{}", done.summary);
    assert!(!done.outputs.contains_key("attestation") || done.outputs["attestation"].is_empty());
    let done = stage.job(&Job { killed: Some("Attest it"), ..job });
    assert!(done.steps.contains(&("Attest it".to_owned(), "exit code 137".to_owned())), "{done:#?}");
    assert!(read(&stage, "home/seen").contains("headlock-key."));
    assert!(!work.join("headlock.lock.intoto.json").exists());
}

#[test]
fn a_statement_for_other_signers_needs_no_key_and_may_be_made_at_a_pull_request() {
    let stage = Stage::new();
    let program = player(&stage, 0);
    let inputs = [
        ("headlock", program.as_str()),
        ("trust", "trusted/trust.toml"),
        ("attest", "statement"),
        ("attestation", "out/statement.json"),
    ];
    fs::create_dir(stage.path("work/out")).unwrap();
    let done = stage.action_at("pull_request", &inputs);
    assert_eq!(done.outputs["verdict"], "verified", "{done:#?}");
    assert!(read(&stage, "arguments").contains("--statement-only\n"));
    assert!(!read(&stage, "arguments").contains("--key"));
    assert!(done.summary.contains("**Statement**, not signed yet"), "{}", done.summary);
}

#[test]
fn headlock_itself_attests() {
    let stage = Stage::new();
    stage.headlock("", &["key", "generate", "--name", "attester.example", "--out", "attester.key"]);
    let key = read(&stage, "attester.key");
    for attest in ["true", "statement"] {
        let key = if attest == "true" { key.trim() } else { "" };
        let done = stage.action(&[("trust", "trusted/trust.toml"), ("attest", attest), ("key", key)]);
        assert_eq!(done.outputs["verdict"], "verified", "{done:#?}");
        let written = fs::read_to_string(&done.outputs["attestation"]).unwrap();
        assert!(written.starts_with('{') && !done.said.contains("PRIVATE+KEY"), "{written}");
    }
    // A registry that is away: from a bundle, as the lock was verified.
    stage.headlock("work/app", &["bundle", "--quiet", "-o", "../headlock.bundle"]);
    fs::rename(stage.path("reg"), stage.path("away")).unwrap();
    let done = stage.action(&[
        ("trust", "trusted/trust.toml"),
        ("attest", "true"),
        ("key", key.trim()),
        ("bundle", "headlock.bundle"),
    ]);
    assert_eq!(done.outputs["verdict"], "verified", "{done:#?}");
    // What is no key signs nothing.
    let done = stage.action(&[("trust", "trusted/trust.toml"), ("attest", "true"), ("key", KEY)]);
    assert_ne!(done.outputs["exit-code"], "0", "{done:#?}");
}
