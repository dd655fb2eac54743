//! What `--format json` writes is what docs/json/ says: every object is held against its schema, and every schema against an
//! object.
#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Two registries, of which one is the other's peer, a project, and files that others hand over.
const SETUP: &str = r#"
set -e
headlock key generate --name registry.example/log --out log.key; headlock key generate --name other.example/log --out other.key
headlock key generate --name alice.example --out alice.key
headlock registry init reg --key log.key; headlock registry init other --key other.key; echo content > c
publish() { headlock registry publish --registry reg --key log.key "$@"; }
publish my:logger 1.0.0 --content c --maintainer alice.key.pub --maintainer-key alice.key
publish my:logger 2.0.0 --content c --maintainer-key alice.key
publish my:net 0.2.0 --content c --dependency 'my:logger ^1'
publish my:app 0.1.0 --content c --dependency 'my:net ^0.2'
headlock registry publish --registry other --key other.key their:net 1.0.0 --content c
headlock registry peer add --registry reg --key log.key --peer-key other.key.pub --url file://$PWD/other
headlock registry sync other.example/log --registry reg --key log.key
headlock init --log-key log.key.pub --url file:reg; echo '"my:app" = "*"' >> headlock.toml
sed -i 's|^logs = .*|&\nvouching = ["registry.example/log"]|' trust.toml
mkdir bad; echo 'no lock' > bad/headlock.lock
cp "$SOLVER" solver.wasm; printf '\000asm\015\000\001\000' > empty.wasm
(grep -e ^logs -e ^vouching trust.toml; echo '[attesters]'; echo 'threshold = 1'; echo "keys = [\"$(cat alice.key.pub)\"]") > mine.toml
entry() { printf '\n[[packages]]\nname = "%s"\nregistry = "%s"\n\n[[packages.versions]]\nrequirement = "%s"\nversion = "%s"\ndigest = "sha256:%s"\n' "$@"; }
of() { sha256sum "$1" | cut -c 1-64; }; (echo 'version = 1'; entry my:app registry.example =0.1.0 0.1.0 $(of c)) > good.wkg
(echo 'version = 1'; entry my:app registry.example =0.1.0 0.1.0 $(of solver.wasm); entry my:logger registry.example =1.4.0 1.4.0 $(of c)
 entry my:none registry.example ^1 1.0.0 $(of c); entry my:net registry.example ^2 0.2.0 $(of c)) > wrong.wkg
"#;

/// What the objects of the project's life are: the exit code, the object, the command.
const RUNS: &[(i32, &str, &str)] = &[
    (3, "error", "headlock verify --format json"),
    (2, "error", "headlock verify --format json --no-such-option"),
    (2, "error", "headlock graph --format json"),
    (2, "error", "headlock -C \"$(printf 'no\\342\\200\\256\\033[2J\\177where')\" tree --format json"),
    (2, "error", "headlock -C bad tree --format=json"),
    (0, "lock", "headlock lock --yes --format json"),
    (0, "lock", "headlock lock --format json"),
    (0, "lock", "headlock lock --check --format json"),
    (0, "lock", "headlock lock --restore --format json"),
    (0, "verify", "headlock verify --engine all --format json"),
    (0, "bundle", "headlock bundle -o b --with-solver --format json"),
    (0, "verify", "headlock verify --bundle b --format json"),
    (0, "tree", "headlock tree --format json"),
    (0, "tree", "headlock tree --invert my:logger --depth 1 --format json"),
    (0, "tree", "headlock tree --duplicates --format json"),
    (0, "why", "headlock why my:app --format json"),
    (0, "why", "headlock why my:logger --format json"),
    (0, "why-registry", "headlock why --registry registry.example/log --format json"),
    (1, "error", "headlock why my:nothing --format json"),
    (0, "fetch", "headlock fetch --into deps --format json"),
    (0, "registry-audit", "headlock registry audit reg --log-key log.key.pub --format json"),
    (0, "registry-peer-list", "headlock registry peer list --registry reg --log-key log.key.pub --format json"),
    (0, "registry-peer-list", "headlock registry peer list --registry other --log-key other.key.pub --format json"),
    (
        0,
        "registry-maintainers-show",
        "headlock registry maintainers show --registry reg --log-key log.key.pub my:logger --format json",
    ),
    (
        0,
        "registry-maintainers-show",
        "headlock registry maintainers show --registry reg --log-key log.key.pub my:app --format json",
    ),
    (0, "solver-show", "headlock solver show --format json"),
    (5, "error", "headlock solver inspect c --format json"),
    (0, "solver-inspect", "headlock solver inspect solver.wasm --format json"),
    (5, "solver-inspect", "headlock solver inspect empty.wasm --format json"),
    (0, "attest", "headlock attest --key alice.key --trust mine.toml --format json"),
    (
        0,
        "check-attestation",
        "headlock check-attestation --attestation headlock.lock.intoto.json --trust mine.toml --format json",
    ),
    (
        0,
        "registry-publish",
        "headlock registry publish --registry reg --key log.key my:app 0.2.0 --content c --dependency 'my:logger ^2' --dry-run --format json",
    ),
    (
        0,
        "registry-publish",
        "headlock registry publish --registry reg --key log.key my:app 0.2.0 --content c --dependency 'my:logger ^2' --optional-dependency 'their:net ^1 of other.example/log' --feature 'net = their:net' --format json",
    ),
    (
        0,
        "registry-publish",
        "p='headlock registry publish --registry reg --key log.key my:kept 1.0.0'; echo kept > kept; $p --sha256 $(sha256sum < kept | cut -c 1-64) > sent; $p --content kept --format json",
    ),
    (
        0,
        "registry-publish",
        "headlock registry publish --registry reg --key log.key headlock:solver 0.1.1 --content solver.wasm --format json",
    ),
    (0, "solver-list", "headlock solver list --registry registry.example/log --format json"),
    (0, "solver-fetch", "headlock solver fetch 0.1.1 --registry registry.example/log -o got.wasm --format json"),
    (
        0,
        "solver-fetch",
        "headlock registry yank --registry reg --key log.key headlock:solver 0.1.1 > said; headlock solver fetch 0.1.1 --registry registry.example/log -o got.wasm --format json",
    ),
    (
        0,
        "registry-import",
        "headlock key generate --name crates.example/log --out crates.key > said; headlock registry init crates --key crates.key > said; mkdir rows; row() { printf '{\"name\":\"%s\",\"vers\":\"%s\",\"deps\":[],\"cksum\":\"%s\",\"features\":{},\"yanked\":false,\"v\":1}\\n' \"$@\"; }; zeros=$(printf '%064d' 0); (row one 1.0.0 $zeros; row one 1.1 $zeros) > rows/one; echo none > rows/two; headlock registry import crates-index rows --registry crates --key crates.key --format json",
    ),
    (
        0,
        "registry-import",
        "sed -i s/0000000000/1111111111/ rows/one; headlock registry import crates-index rows --registry crates --key-pub crates.key.pub --unsigned later --format json",
    ),
    (
        0,
        "registry-publish",
        "headlock registry publish --registry other --key-pub other.key.pub --unsigned wait their:net 1.1.0 --content c --format json",
    ),
    (
        0,
        "update",
        "cp headlock.lock old.lock; sed -i 's|^.registries.$|&\\nother = \"other.example/log\"|' headlock.toml; printf '[[forbid]]\\ndependency = \"other\"\\n' >> headlock.toml; headlock update --dry-run --format json",
    ),
    (0, "update", "headlock update --format json"),
    (0, "update", "headlock update --format json"),
    (0, "update", "headlock update my:app --format json"),
    (1, "diff", "headlock diff old.lock headlock.lock --format json"),
    (1, "diff", "headlock diff headlock.lock old.lock --format json"),
    (0, "diff", "headlock diff old.lock old.lock --format json"),
    (
        0,
        "deps",
        "mkdir -p wit; printf 'package my:thing; world w { import other:thing/x@1.2.0; }' > wit/w.wit; headlock deps --dry-run --format json",
    ),
    (0, "deps", "headlock deps --format json"),
    (2, "error", "echo x > wit/w.wit; headlock deps --format json"),
    (0, "registry-check-wkg", "headlock registry check-wkg good.wkg --format json"),
    (1, "registry-check-wkg", "headlock registry check-wkg wrong.wkg --format json"),
    (2, "error", "headlock registry audit --check-evidence c --log-key log.key.pub --format json"),
    (
        0,
        "lock",
        "cp headlock.lock old.lock; sed -i /other:thing/d headlock.toml; printf '[overrides]\\n\"my:logger\" = { path = \"c\", version = \"2.0.0\" }\\n' >> headlock.toml; headlock lock --format json",
    ),
    (1, "diff", "headlock diff old.lock headlock.lock --format json"),
    (0, "verify", "headlock verify --format json"),
    (0, "fetch", "headlock fetch --into more --layout content --format json"),
    (1, "error", "sed -i 's/^.my:app. = .*/\"my:app\" = \"^9\"/' headlock.toml; headlock lock --format json"),
    (0, "attest", "headlock attest --unsolvable --key alice.key --trust mine.toml --format json"),
    (
        0,
        "check-attestation",
        "headlock check-attestation --unsolvable --attestation headlock.claim.intoto.json --trust mine.toml --format json",
    ),
    (2, "error", "headlock check-attestation --attestation c --trust nowhere.toml --format json"),
    (
        0,
        "registry-check-fork",
        "cp -r reg before; publish() { headlock registry publish --registry reg --key log.key \"$@\" --content c > said; }; mkdir forks; headlock -C forks init --log-key ../log.key.pub --url file:../reg --quiet; echo '\"my:net\" = \"*\"' >> forks/headlock.toml; sed -i 's|^logs = .*|&\\nvouching = [\"registry.example/log\"]|' forks/trust.toml; publish my:net 0.3.0; headlock -C forks lock --yes > said; rm -r reg; mv before reg; publish my:net 0.4.0; publish my:net 0.5.0; headlock -C forks update > said 2>&1; headlock registry check-fork ../state/forks/*.fork --log-key log.key.pub --format json",
    ),
];

/// Objects that others hold against their schemas: tests/completeness.rs, tests/real_parts/witness.rs.
const ELSEWHERE: [&str; 2] = ["registry-audit-evidence", "registry-witness"];

fn shell(dir: &Path, command: &str) -> (i32, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_headlock")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let solver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../solver/released/headlock-solver.wasm");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(dir.join("work")).env_clear().env("PATH", path).env("SOLVER", solver);
    shell.env("HOME", dir).env("HEADLOCK_CACHE", dir.join("cache")).env("HEADLOCK_STATE", dir.join("state"));
    let output = shell.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), stdout, stderr)
}

fn schemas() -> BTreeSet<String> {
    let entries = fs::read_dir(schema::folder()).unwrap();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let name =
        |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().strip_suffix(".schema.json").map(str::to_owned);
    paths.iter().map(|path| name(path).unwrap()).collect()
}

#[test]
fn every_object_is_what_its_schema_says() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = fs::canonicalize(scratch.path()).unwrap();
    fs::create_dir(dir.join("work")).unwrap();
    let (code, _, said) = shell(&dir, SETUP);
    assert_eq!(code, 0, "{said}");
    let mut seen: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (expected, name, command) in RUNS {
        let (code, stdout, stderr) = shell(&dir, command);
        assert_eq!(code, *expected, "{command}: {stdout}{stderr}");
        let value = schema::check(&stdout, name);
        if *name == "error" {
            assert_eq!(value["exit"], *expected, "{command}");
            assert!(stderr.contains("error: "), "{command}: {stderr}");
        }
        seen.entry(name).or_default().push(value);
    }
    let held: BTreeSet<String> = seen.keys().chain(&ELSEWHERE).map(|name| (*name).to_owned()).collect();
    assert_eq!(held, schemas());
    what_was_written(&seen);
}

/// Some of it, so that objects are not only well formed.
fn what_was_written(seen: &BTreeMap<&str, Vec<Value>>) {
    let texts = |name: &str, pointer: &str| -> Vec<String> {
        seen[name]
            .iter()
            .map(|value| value.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {value}")).to_string())
            .collect()
    };
    assert_eq!(texts("lock", "/action"), [r#""wrote""#, r#""stays""#, r#""agrees""#, r#""restored""#, r#""wrote""#]);
    assert_eq!(texts("verify", "/lock/releases"), ["3", "3", "2"]);
    assert_eq!(texts("verify", "/engines")[0], r#"["cranelift","pulley"]"#);
    assert_eq!(texts("verify", "/lock/sha256")[0], texts("lock", "/lock/sha256")[0]);
    assert_eq!(texts("update", "/action"), [r#""would-write""#, r#""wrote""#, r#""stays""#, r#""wrote""#]);
    assert_eq!(texts("diff", "/same"), ["false", "false", "true", "false"]);
    assert_eq!(texts("tree", "/roots"), ["[0]", "[0]", "[]"]);
    assert_eq!(texts("tree", "/direction"), [r#""needs""#, r#""needed-by""#, r#""needed-by""#]);
    assert_eq!(texts("attest", "/verdict"), [r#""verified""#, r#""unsolvable""#]);
    assert_eq!(texts("fetch", "/copied"), ["0", "1"]);
    assert_eq!(texts("registry-check-wkg", "/wrong"), ["0", "4"]);
    assert_eq!(texts("solver-inspect", "/solver"), ["true", "false"]);
    let actions =
        ["understood", "published", "kept-content", "published", "prepared"].map(|action| format!("{action:?}"));
    assert_eq!(texts("registry-publish", "/action"), actions);
    assert_eq!(texts("deps", "/written"), ["false", "true"]);
    let bidi = seen["error"].iter().find(|error| error.to_string().contains('\u{202e}')).unwrap();
    assert_eq!(bidi["kind"], "malformed");
}

#[test]
fn what_a_schema_does_not_allow_is_refused() {
    let text = fs::read_to_string(schema::folder().join("error.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let good = r#"{"format":"headlock.error/1","exit":1,"kind":"no","message":"m","lines":[],"causes":[],"hint":null}"#;
    let spoilt = |from: &str, to: &str| {
        assert!(from.is_empty() || good.contains(from));
        let value: Value = serde_json::from_str(&good.replacen(from, to, 1)).unwrap();
        std::panic::catch_unwind(|| schema::validate(&schema, &schema, &value, "$")).is_err()
    };
    assert!(!spoilt("", ""));
    for (from, to) in [
        (r#""exit":1"#, r#""exit":"1""#),
        (r#""exit":1"#, r#""exit":9"#),
        (r#""kind":"no""#, r#""kind":"yes""#),
        (r#""hint":null"#, r#""hint":null,"more":1"#),
        (r#","hint":null"#, ""),
        (r#""lines":[]"#, r#""lines":[1]"#),
        ("error/1", "error/2"),
    ] {
        assert!(spoilt(from, to), "{to}");
    }
}
