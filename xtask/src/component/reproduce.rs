//! Building the component twice under circumstances that differ in everything that should not matter.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use fs_err as fs;

use super::build::{Toolchain, build};
use super::{describe, first_difference};

/// Builds the component here and once more with another workspace folder, cargo home, place of the toolchain, umask and
/// dates of all files, and compares the bytes.
pub(crate) fn reproduce(root: &Path) -> Result<()> {
    let here = Toolchain::of(root)?;
    let one = build(root, &here)?;
    println!("here: {}", describe(&one));

    let scratch = tempfile::Builder::new().prefix("headlock component ").tempdir()?;
    let root_there = scratch.path().join("a folder/workspace");
    let mut there = Toolchain::of(root)?;
    there.cargo_home = scratch.path().join("home of cargo");
    there.sysroot = scratch.path().join("toolchain");
    there.cargo = ["sh", "-c", "umask 077; exec \"$@\"", "sh"].iter().map(OsString::from).chain(there.cargo).collect();
    there.variables.push(("SOURCE_DATE_EPOCH".into(), "1000000000".into()));

    copy(root, &root_there, &|path| path != root.join("target") && path != root.join(".git"), Content::Dated)?;
    for part in ["registry/cache", "registry/index", "config.toml"] {
        let from = here.cargo_home.join(part);
        if from.exists() {
            copy(&from, &there.cargo_home.join(part), &|_| true, Content::Dated)?;
        }
    }
    for part in ["bin", "lib"] {
        copy(&here.sysroot.join(part), &there.sysroot.join(part), &|_| true, Content::Shared)?;
    }
    let other = build(&root_there, &there)?;
    println!("there: {}", describe(&other));
    if one != other {
        let kept = scratch.keep();
        bail!(
            "the two differ from byte {} on; the second was built in {}",
            first_difference(&one, &other),
            kept.display()
        );
    }
    println!("the same bytes from another folder, cargo home, place of the toolchain, umask and file dates");
    Ok(())
}

/// How a file is copied.
#[derive(Clone, Copy)]
enum Content {
    /// Another file, last changed in 2001, that only its owner may read.
    Dated,
    /// The same file under a second name where the file system can, since toolchains are large.
    Shared,
}

/// Copies a file or a folder with all in it that `wanted` says yes to.
fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&Path) -> bool, content: Content) -> Result<()> {
    let mut waiting = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = waiting.pop() {
        if from.is_dir() {
            fs::create_dir_all(&to)?;
            for entry in fs::read_dir(&from)? {
                let entry = entry?;
                if wanted(&entry.path()) {
                    waiting.push((entry.path(), to.join(entry.file_name())));
                }
            }
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        match content {
            Content::Shared if fs::hard_link(&from, &to).is_ok() => {}
            Content::Shared => {
                fs::copy(&from, &to)?;
            }
            Content::Dated => {
                fs::write(&to, fs::read(&from)?)?;
                only_owner(&to)?;
                let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
                fs::File::options().write(true).open(&to)?.file().set_modified(date)?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn only_owner(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}

#[cfg(not(unix))]
fn only_owner(_: &Path) -> Result<()> {
    Ok(())
}
