//! Locks and bundles for people to look at, made by the command: three of `examples/crates`, and one of two small registries.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use super::pieces::Finder;
use crate::component::sha256;

const EXAMPLE: &str = "examples/crates";

/// Whose content the sabotaged sample has something else for.
const TARGET: (&str, &str) = ("crates:url", "2.5.8");

/// The other solver: an older one.
const OTHER: &str = "tests/frozen/headlock-solver-0.1.0.wasm";

/// The private and the public keys of two logs, here for all to see: so the page comes out the same each time, and nobody
/// should believe anything else that is signed with them.
const KEYS: [(&str, &str, &str); 2] = [
    (
        "apps",
        "PRIVATE+KEY+apps.example/components+d9eae12e+AU7tUQTQgVB76+mUa+UP1Z3zff8KGS0+tLjT8t2GWle6",
        "apps.example/components+d9eae12e+ATa1SCQ3EszzPt4ASu3/FakRLZBtRAxyzk2eONPfmaPP",
    ),
    (
        "base",
        "PRIVATE+KEY+base.example/components+3b2b52f4+AZSxaVkSPnMQhcpHtTu+o/la7JTYoC/TVMAGyPM1uJXJ",
        "base.example/components+3b2b52f4+AR+rK59T875vvUD5gAnPaMi5Rork3Vg/8pzlnyPYQ3M0",
    ),
];

/// What is published: the registry, the package, the version, dependencies.
const RELEASES: [(&str, &str, &str, &[&str]); 7] = [
    ("base", "base:text", "2.0.0", &[]),
    ("base", "base:log", "1.0.0", &[]),
    ("base", "base:log", "1.1.0", &["base:text ^2"]),
    ("apps", "my:ui", "1.0.0", &["base:text ^2 of base.example/components"]),
    ("apps", "my:store", "0.3.0", &["base:log ^1 of base.example/components"]),
    ("apps", "my:app", "1.0.0", &["my:ui ^1", "my:store ^0.3"]),
    ("apps", "my:app", "1.1.0", &["my:ui ^1", "my:store ^0.3", "base:log ^1.1 of base.example/components"]),
];

/// What a person has who verifies, by the files' names.
pub(super) struct Sample {
    pub(super) id: &'static str,
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
}

/// Makes them.
pub(super) fn make(root: &Path, headlock: Option<&Path>) -> Result<Vec<Sample>> {
    let scratch = tempfile::tempdir()?;
    let program = match headlock {
        Some(program) => program.to_owned(),
        None => built(root)?,
    };
    let headlock = Headlock { program, scratch: scratch.path() };
    let example = root.join(EXAMPLE);
    let read = |folder: &Path, name: &str| fs::read(folder.join(name));
    let files = |folder: &Path, bundle: &Path| -> Result<Vec<(&'static str, Vec<u8>)>> {
        Ok(vec![
            ("headlock.lock", read(folder, "headlock.lock")?),
            ("headlock.bundle", fs::read(bundle)?),
            ("trust.toml", read(&example, "trust.toml")?),
            ("logs.policy", read(&example, "logs.policy")?),
        ])
    };

    let bundle = scratch.path().join("good.bundle");
    headlock.run(&example, &[OsStr::new("bundle"), OsStr::new("-o"), bundle.as_os_str()])?;
    let good = files(&example, &bundle)?;

    // Somebody has another content for a release: in the registry's own page, and in the lock.
    let mut sabotaged = good.clone();
    let real = content(&good[0].1)?;
    let other = sha256(b"somebody's own content");
    for (name, bytes) in &mut sabotaged[..2] {
        ensure!(replace(bytes, real.as_bytes(), other.as_bytes()) > 0, "{name} does not hold {real}");
    }

    // The same inputs at the same heads, by another component.
    let project = scratch.path().join("other");
    fs::create_dir_all(&project)?;
    for name in ["headlock.toml", "trust.toml"] {
        fs::write(project.join(name), read(&example, name)?)?;
    }
    let policy = String::from_utf8(read(&example, "logs.policy")?)?;
    let url = format!("file://{}", example.join("registry").display());
    fs::write(project.join("logs.policy"), policy.replace("file:registry", &url))?;
    let solver = fs::read(root.join(OTHER))?;
    let solver_path = scratch.path().join("other.wasm");
    fs::write(&solver_path, &solver)?;
    let named = [OsStr::new("--solver"), solver_path.as_os_str()];
    headlock.run(&project, &[&[OsStr::new("lock")], &named[..]].concat())?;
    let bundle = scratch.path().join("other.bundle");
    let accept = sha256(&solver);
    let mut arguments = vec![OsStr::new("bundle"), OsStr::new("--with-solver"), OsStr::new("-o"), bundle.as_os_str()];
    arguments.extend(named);
    arguments.extend([OsStr::new("--accept-solver"), OsStr::new(&accept)]);
    headlock.run(&project, &arguments)?;
    let other = files(&project, &bundle)?;
    Ok(vec![
        Sample { id: "good", files: good },
        Sample { id: "sabotaged", files: sabotaged },
        Sample { id: "other-solver", files: other },
        Sample { id: "two-registries", files: two_registries(&headlock)? },
    ])
}

/// A registry, its peer, and a lock that follows from both; the peer's head stands in the first one's log.
fn two_registries(headlock: &Headlock<'_>) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let folder = headlock.scratch.join("two");
    fs::create_dir_all(&folder)?;
    let run = |arguments: &[&str]| {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        headlock.run(&folder, &arguments)
    };
    for (name, private, public) in KEYS {
        let key = format!("{name}.key");
        fs::write(folder.join(&key), format!("{private}\n"))?;
        fs::set_permissions(folder.join(&key), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        fs::write(folder.join(format!("{key}.pub")), format!("{public}\n"))?;
        run(&["registry", "init", name, "--key", &key])?;
    }
    let apps = ["--registry", "apps", "--key", "apps.key"];
    run(&[&["registry", "peer", "add", "--peer-key", "base.key.pub", "--url", "https://base.example"], &apps[..]]
        .concat())?;
    for (registry, package, version, dependencies) in RELEASES {
        let (key, content) = (format!("{registry}.key"), sha256(format!("{package} {version}").as_bytes()));
        let mut arguments = vec!["registry", "publish", package, version, "--registry", registry, "--key", &key];
        arguments.extend(["--sha256", &content]);
        arguments.extend(dependencies.iter().flat_map(|dependency| ["--dependency", dependency]));
        run(&arguments)?;
    }
    let base = format!("file://{}", folder.join("base").display());
    run(&[&["registry", "sync", "base.example/components", "--url", &base], &apps[..]].concat())?;
    run(&["init", "--log-key", "apps.key.pub", "--url", "file:apps", "--quiet"])?;
    let manifest = fs::read_to_string(folder.join("headlock.toml"))?;
    fs::write(folder.join("headlock.toml"), format!("{manifest}\"my:app\" = \"1\"\n"))?;
    let trust = "logs = \"logs.policy\"\nvouching = [\"apps.example/components\"]\n";
    // Where the peer is served is for whoever makes the lock to know; the bundle has its files.
    fs::write(folder.join("here.toml"), format!("{trust}\n[urls]\n\"base.example/components\" = [\"file:base\"]\n"))?;
    fs::write(folder.join("trust.toml"), trust)?;
    run(&["lock", "--trust", "here.toml", "--yes", "--quiet"])?;
    run(&["bundle", "--trust", "here.toml", "-o", "headlock.bundle"])?;
    let names = ["headlock.lock", "headlock.bundle", "trust.toml", "logs.policy"];
    names.into_iter().map(|name| Ok((name, fs::read(folder.join(name))?))).collect()
}

/// The samples as a list of pieces, and the bytes that neither the verifier nor the first bundle has.
pub(super) fn pack(samples: &[Sample], verifier: &[u8]) -> (String, Vec<u8>) {
    let first: &[u8] = samples.first().and_then(|sample| sample.files.get(1)).map_or(&[], |(_, bytes)| bytes);
    let mut own = first.to_vec();
    // The verifier, then what the page has beside it, of which the first bundle is the beginning.
    let finder = Finder::new(vec![verifier, first]);
    let mut list = String::from("{");
    for (number, sample) in samples.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(list, "{comma}\n\"{}\":{{", sample.id);
        for (number, (name, bytes)) in sample.files.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let pieces: Vec<String> = finder
                .pieces(bytes, &mut own)
                .iter()
                .map(|piece| format!("[{},{},{}]", piece.source.min(1), piece.start, piece.end))
                .collect();
            let _ = write!(list, "{comma}\n\"{name}\":[{}]", pieces.join(","));
        }
        list.push('}');
    }
    list.push('}');
    (list, own)
}

/// The sha256 of the target's content, as the lock has it.
fn content(lock: &[u8]) -> Result<String> {
    let (name, version) = TARGET;
    let text = std::str::from_utf8(lock)?;
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\nsha256 = \"");
    let (_, behind) = text.split_once(&head).with_context(|| format!("the lock does not hold {name} {version}"))?;
    behind.get(..64).map(str::to_owned).context("the lock is cut short")
}

/// Replaces bytes by as many others, and says how often.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) -> usize {
    let places: Vec<usize> =
        bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from).map(|(place, _)| place).collect();
    for place in &places {
        bytes[*place..place + from.len()].copy_from_slice(to);
    }
    places.len()
}

/// The command, built.
fn built(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--locked", "--bin", "headlock"];
    let status = Command::new(cargo).args(arguments).current_dir(root).status()?;
    ensure!(status.success(), "cargo build --bin headlock failed: {status}");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(root.join(target).join("debug/headlock"))
}

/// The command, with a memory and a cache of its own.
struct Headlock<'a> {
    program: PathBuf,
    scratch: &'a Path,
}

impl Headlock<'_> {
    fn run(&self, folder: &Path, arguments: &[&OsStr]) -> Result<()> {
        let output = Command::new(&self.program)
            .arg("-C")
            .arg(folder)
            .args(arguments)
            .env("HEADLOCK_CACHE", self.scratch.join("cache"))
            .env("HEADLOCK_STATE", self.scratch.join("state"))
            .output()
            .with_context(|| format!("{} did not run", self.program.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "headlock {:?}: {}", arguments, said.trim());
        Ok(())
    }
}
