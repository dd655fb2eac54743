//! Compiling the solver so that nothing of the machine reaches the bytes.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use wit_component::ComponentEncoder;

use super::shape;

/// What the component is compiled for: a module that can import nothing.
const TRIPLE: &str = "wasm32-unknown-unknown";

/// The folder of build products, from the workspace's folder. Not cargo's usual one: other flags, other products.
pub(super) const TARGET: &str = "target/component";

/// The compilers and the environment of one build.
pub(super) struct Toolchain {
    /// The toolchain's own folder, which holds bin/, lib/ and the standard library's sources.
    pub(super) sysroot: PathBuf,
    /// cargo's folder of downloads.
    pub(super) cargo_home: PathBuf,
    /// What `rustc --version` says.
    pub(super) version: String,
    /// The compiler's commit, as paths inside the standard library name it.
    commit: String,
    /// A program and its first arguments that run cargo: cargo itself, or what sets up its surroundings first.
    pub(super) cargo: Vec<OsString>,
    /// Further variables.
    pub(super) variables: Vec<(OsString, OsString)>,
}

impl Toolchain {
    /// The toolchain that cargo uses in this workspace.
    pub(super) fn of(root: &Path) -> Result<Toolchain> {
        let rustc = |arguments: &[&str]| -> Result<String> {
            let output =
                Command::new("rustc").args(arguments).current_dir(root).output().context("rustc did not run")?;
            if !output.status.success() {
                bail!("rustc {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
            }
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let verbose = rustc(&["--version", "--verbose"])?;
        let line = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let cargo_home = match std::env::var_os("CARGO_HOME") {
            Some(folder) => root.join(folder),
            None => std::env::home_dir().context("neither CARGO_HOME nor a home folder is known")?.join(".cargo"),
        };
        let toolchain = Toolchain {
            sysroot: PathBuf::from(rustc(&["--print", "sysroot"])?),
            cargo_home,
            version: verbose.lines().next().unwrap_or_default().to_owned(),
            commit: line("commit-hash: ").context("rustc does not tell its commit")?,
            cargo: vec![std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())],
            variables: Vec::new(),
        };
        let library = toolchain.library();
        if !library.join("std/Cargo.toml").is_file() {
            bail!(
                "the standard library's sources are not there: expected them at {}.\n\
                 Run `rustup component add rust-src` in this folder.",
                library.display()
            );
        }
        Ok(toolchain)
    }

    /// The standard library's sources.
    fn library(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust/library")
    }

    /// Runs one cargo command with a known environment and known settings, whatever the caller's are.
    fn cargo(&self, root: &Path, arguments: &[&str], rustflags: &OsStr) -> Result<()> {
        let (program, first) = self.cargo.split_first().context("no program to run")?;
        let mut command = Command::new(program);
        command.args(first).args(arguments).current_dir(root).env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| is_passed_on(name)));
        command
            .env("CARGO_HOME", &self.cargo_home)
            .env("RUSTC", self.sysroot.join("bin/rustc"))
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            .env("RUSTC_BOOTSTRAP", "1") // -Zbuild-std on a stable toolchain
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags) // before all other places of flags; spaces in paths survive
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let status = command.status().with_context(|| format!("{} did not run", program.display()))?;
        if !status.success() {
            bail!("cargo {} failed: {status}", arguments.first().unwrap_or(&""));
        }
        Ok(())
    }
}

/// Variables that cargo needs to run and to download; all others could change what it builds.
fn is_passed_on(name: &OsStr) -> bool {
    const NAMES: [&str; 14] = [
        "PATH",
        "HOME",
        "USERPROFILE",
        "SYSTEMROOT",
        "TMPDIR",
        "TEMP",
        "TMP",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ];
    let name = name.to_string_lossy().to_ascii_uppercase();
    NAMES.contains(&name.as_str()) || name.starts_with("CARGO_NET_") || name.starts_with("CARGO_HTTP_")
}

/// Compiles a library of the workspace to a core module, by a profile of this name.
pub(super) fn compile(
    root: &Path,
    toolchain: &Toolchain,
    package: &str,
    profile: &str,
    opt_level: &str,
) -> Result<Vec<u8>> {
    let std = "-Zbuild-std=std,panic_abort";
    // Downloads first: the folder that sources are unpacked to must be known before anything is compiled.
    toolchain.cargo(root, &["fetch", "--quiet", "--locked", "--target", TRIPLE, std], OsStr::new(""))?;
    let level = format!("opt-level={opt_level}");
    let settings: Vec<String> = [
        "inherits='release'",
        &level,
        "lto='fat'",
        "codegen-units=1",
        "debug=false",
        "debug-assertions=false",
        "overflow-checks=false",
        "incremental=false",
        "strip=true",
    ]
    .iter()
    .map(|setting| format!("--config=profile.{profile}.{setting}"))
    .collect();
    let mut arguments = vec!["build", "--quiet", "--locked", "--lib", "--package", package];
    arguments.extend(["--profile", profile, "--target", TRIPLE, "--target-dir", TARGET]);
    arguments.extend(settings.iter().map(String::as_str));
    arguments.extend(["--config=target.wasm32-unknown-unknown.linker='rust-lld'", std, "-Zbuild-std-features="]);
    toolchain.cargo(root, &arguments, &rustflags(root, toolchain)?)?;
    let file = format!("{profile}/{}.wasm", package.replace('-', "_"));
    Ok(fs::read(root.join(TARGET).join(TRIPLE).join(file))?)
}

/// Compiles the solver in the workspace `root` and wraps it as a component, whose shape and strings have been checked.
pub(super) fn build(root: &Path, toolchain: &Toolchain) -> Result<Vec<u8>> {
    let module = compile(root, toolchain, "headlock-solver", "component", "3")?;
    let mut component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .context("the solver's module does not make a component")?;
    state_name(&mut component, &version(root)?)?;
    shape::check(&component)?;
    shape::check_strings(&component, &[root, &toolchain.cargo_home, &toolchain.sysroot])?;
    Ok(component)
}

/// Appends the custom section in which a solver states its package's name and its version, as locks hold them.
fn state_name(component: &mut Vec<u8>, version: &str) -> Result<()> {
    const SECTION: &str = "headlock-solver";
    let stated = format!("headlock:solver {version}");
    let length = u8::try_from(1 + SECTION.len() + stated.len()).ok().filter(|length| *length < 0x80);
    let length = length.context("the solver's stated name is too long for one byte of length")?;
    component.extend([0, length, SECTION.len() as u8]); // id of custom sections, then LEB128 lengths below 128
    component.extend(SECTION.bytes().chain(stated.bytes()));
    Ok(())
}

/// The solver's version, which is its own: a host of any version runs it.
fn version(root: &Path) -> Result<String> {
    let manifest = fs::read_to_string(root.join("solver/Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    let version = line.and_then(|rest| rest.split_once('"')).map(|(version, _)| version.to_owned());
    version.context("solver/Cargo.toml states no version of its own")
}

/// Flags for every crate of the component: panics trap without a message, for nobody could read one, and no path in a
/// panic's place, which some could keep, tells where it was built.
fn rustflags(root: &Path, toolchain: &Toolchain) -> Result<OsString> {
    // The last prefix that fits wins, so the wider ones come first.
    let mut prefixes: Vec<(PathBuf, &str)> = Vec::new();
    let mut add = |folder: PathBuf, name| {
        if let Ok(real) = fs::canonicalize(&folder) {
            prefixes.push((real, name));
        }
        prefixes.push((folder, name));
    };
    add(toolchain.cargo_home.clone(), "/cargo");
    let sources = toolchain.cargo_home.join("registry/src");
    let mut registries: Vec<PathBuf> = match fs::read_dir(&sources) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?,
        Err(_) => Vec::new(), // every dependency comes from elsewhere
    };
    registries.sort();
    registries.into_iter().for_each(|registry| add(registry, "/crates"));
    add(root.to_owned(), "/headlock");
    add(toolchain.sysroot.clone(), "/sysroot");
    add(toolchain.library(), "/library");
    add(PathBuf::from(format!("/rustc/{}/library", toolchain.commit)), "/library");

    // 128-bit vectors are a part of WebAssembly 2.0, and as exact as any other instruction.
    let mut flags = OsString::from("-Zunstable-options\u{1f}-Cpanic=immediate-abort\u{1f}-Ctarget-feature=+simd128");
    for (folder, name) in prefixes {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    Ok(flags)
}
