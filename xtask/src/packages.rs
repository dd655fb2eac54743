//! What would be published: each crate packed, and checked as whoever gets it has it, without this repository around it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

/// The crates that are published, each behind those that it needs.
const PUBLISHED: [&str; 3] = ["headlock-log", "headlock-solver", "headlock"];

/// Packs the crates, unpacks them elsewhere, and lets the compiler check them there, with the same lock and profiles.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut package = cargo(root);
    package.args(["package", "--locked", "--allow-dirty", "--no-verify", "--quiet"]);
    run(package.args(PUBLISHED.iter().flat_map(|name| ["--package", name])))?;
    let folder = root.join("target/package/check");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let (mut members, mut patches) = (Vec::new(), String::new());
    for name in PUBLISHED {
        let archive = archive(&root.join("target/package"), name)?;
        run(Command::new("tar").arg("--extract").arg("--gzip").arg("--file").arg(&archive).current_dir(&folder))?;
        let member = archive.file_stem().context("a file's name")?.to_string_lossy().into_owned();
        patches.push_str(&format!("{name} = {{ path = \"{member}\" }}\n"));
        members.push(format!("{member:?}"));
    }
    let whole = fs::read_to_string(root.join("Cargo.toml"))?;
    let profiles = whole.find("[profile.").map(|place| &whole[place..]).context("the workspace's profiles")?;
    let members = members.join(", ");
    let manifest =
        format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[patch.crates-io]\n{patches}\n{profiles}");
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    run(cargo(&folder)
        .args(["check", "--workspace", "--offline", "--quiet"])
        .env("CARGO_TARGET_DIR", root.join("target")))?;
    println!("{} are packed and hold all that they need", PUBLISHED.join(", "));
    Ok(())
}

/// The newest archive of a crate.
fn archive(folder: &Path, name: &str) -> Result<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let version = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".crate"));
        if version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit())) {
            found.push((fs::metadata(&path)?.modified()?, path));
        }
    }
    found.into_iter().max().map(|(_, path)| path).with_context(|| format!("no archive of {name}"))
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
