//! Three locks and bundles for people to look at, made of `examples/crates` by the command.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use super::pieces::Finder;
use crate::component::{RELEASED, sha256};

const EXAMPLE: &str = "examples/crates";

/// Whose content the sabotaged sample has something else for.
const TARGET: (&str, &str) = ("crates:url", "2.5.8");

/// What the other solver has more than the released one: a custom section, which changes its sha256 and nothing else.
const NOTE: &[u8] = b"\0\x1b\x04notebuilt by somebody else";

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
    let solver = [fs::read(root.join(RELEASED))?, NOTE.to_vec()].concat();
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
    ])
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
