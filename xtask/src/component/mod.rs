//! The released component: the same bytes from the same sources, wherever they are built.
//!
//! The solver is compiled for `wasm32-unknown-unknown` together with the standard library's own sources, since nothing
//! else makes the bytes depend on the sources and the toolchain alone, and wrapped as a component. It is committed beside
//! the sources, so nobody needs to build it to use it, and anybody can.

mod build;
mod reproduce;
mod shape;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use sha2::{Digest, Sha256};

use build::{Toolchain, build};
pub(crate) use reproduce::reproduce;

/// The released component, from the workspace's folder.
pub(crate) const RELEASED: &str = "solver/released/headlock-solver.wasm";

/// Builds the component and writes it with its sha256.
pub(crate) fn release(root: &Path) -> Result<()> {
    let bytes = build(root, &Toolchain::of(root)?)?;
    let path = root.join(RELEASED);
    fs::create_dir_all(path.parent().context("the released component stands in a folder")?)?;
    fs::write(&path, &bytes)?;
    fs::write(sum_path(&path), sum_line(&bytes))?;
    println!("wrote {RELEASED}: {}", describe(&bytes));
    Ok(())
}

/// Builds the component and compares it with the released one and its sha256.
pub(crate) fn check(root: &Path) -> Result<()> {
    let path = root.join(RELEASED);
    let released = fs::read(&path)?;
    let sum = fs::read_to_string(sum_path(&path))?;
    if sum != sum_line(&released) {
        bail!("{RELEASED}.sha256: expected {:?}, found {sum:?}", sum_line(&released));
    }
    let toolchain = Toolchain::of(root)?;
    let built = build(root, &toolchain)?;
    if built != released {
        let kept = root.join(build::TARGET).join("headlock-solver.wasm");
        fs::write(&kept, &built)?;
        bail!(
            "{RELEASED} is not what the sources give: expected {}, found {}, first difference at byte {}.\n\
             The rebuilt one, by {}, is at {}.\n\
             If the solver was meant to change, run `cargo xtask component` and commit both files.",
            describe(&built),
            describe(&released),
            first_difference(&built, &released),
            toolchain.version,
            kept.display()
        );
    }
    println!("{RELEASED} is what the sources give: {}", describe(&built));
    Ok(())
}

/// Compiles a library of the workspace to a core module that holds nothing of this machine, as small as can be.
pub(crate) fn module(root: &Path, package: &str, profile: &str) -> Result<Vec<u8>> {
    let toolchain = Toolchain::of(root)?;
    let module = build::compile(root, &toolchain, package, profile, "'s'")?;
    shape::check_strings(&module, &[root, &toolchain.cargo_home, &toolchain.sysroot])?;
    Ok(module)
}

/// Where the sha256 of a file stands.
fn sum_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}

/// A line as `sha256sum` writes and checks it in the component's folder.
fn sum_line(bytes: &[u8]) -> String {
    format!("{}  headlock-solver.wasm\n", sha256(bytes))
}

/// The sha256 of bytes in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn describe(bytes: &[u8]) -> String {
    format!("{} bytes, sha256 {}", bytes.len(), sha256(bytes))
}

fn first_difference(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
