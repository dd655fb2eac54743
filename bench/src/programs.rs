//! Real programs to measure with: index rows of crates, a registry made of them, and a project with a lock for each
//! root.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;

use crate::server::{Files, Server};

/// The origin of the registry.
pub(crate) const ORIGIN: &str = "bench.example/crates";

/// Everything that is measured with, in a scratch folder.
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
    /// The command, built beside this program.
    pub(crate) headlock: PathBuf,
    pub(crate) rows: PathBuf,
    pub(crate) roots: Vec<String>,
    /// How many rows were imported, and the seconds that it took.
    pub(crate) imported: (u64, f64),
}

impl Programs {
    /// Imports the rows into a registry and locks each root.
    pub(crate) fn new(folder: &Path, rows: &Path, roots: &[String]) -> Result<Programs> {
        let headlock = command()?;
        let rows = fs::canonicalize(rows)?;
        let mut programs =
            Programs { folder: folder.to_owned(), headlock, rows, roots: roots.to_vec(), imported: (0, 0.0) };
        programs.run(&["key", "generate", "--name", ORIGIN, "--out", "log.key"])?;
        programs.run(&["registry", "init", "registry", "--key", "log.key"])?;
        let began = std::time::Instant::now();
        let rows = programs.rows.display().to_string();
        programs.run(&["registry", "import", "crates-index", &rows, "--registry", "registry", "--key", "log.key"])?;
        programs.imported = (programs.count_rows()?, began.elapsed().as_secs_f64());
        let url = format!("file://{}", programs.registry().display());
        for root in &programs.roots {
            programs.project(root, &programs.folder.join(root), &url)?;
            programs.run(&["-C", root, "lock"])?;
        }
        Ok(programs)
    }

    /// The registry's folder.
    pub(crate) fn registry(&self) -> PathBuf {
        self.folder.join("registry")
    }

    /// A project that depends on a root and reads the registry at a URL.
    pub(crate) fn project(&self, root: &str, folder: &Path, url: &str) -> Result<()> {
        fs::create_dir_all(folder)?;
        let key = self.folder.join("log.key.pub").display().to_string();
        let folder_name = folder.display().to_string();
        self.run(&["-C", &folder_name, "init", "--log-key", &key, "--url", url])?;
        let manifest = fs::read_to_string(folder.join("headlock.toml"))?;
        let wanted = format!("\"crates:{root}\" = {{ version = \"*\", features = [\"default\"] }}\n");
        fs::write(folder.join("headlock.toml"), manifest + &wanted)?;
        Ok(())
    }

    /// The command with a cache and a memory of its own.
    pub(crate) fn command(&self, cache: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.headlock);
        command.current_dir(&self.folder).args(arguments);
        command.env("HEADLOCK_CACHE", self.folder.join(cache)).env("HEADLOCK_STATE", self.folder.join("state"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let output = self.command("cache", arguments).output()?;
        ensure!(
            output.status.success(),
            "headlock {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    fn count_rows(&self) -> Result<u64> {
        let mut count = 0;
        for entry in fs::read_dir(&self.rows)? {
            count +=
                fs::read(entry?.path())?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64;
        }
        Ok(count)
    }

    /// A cargo project of a root, whose cargo home has the same rows in its cache. Returns what makes its lock offline.
    pub(crate) fn cargo(&self, root: &str) -> Result<Command> {
        let home = self.folder.join(format!("cargo-home-{root}"));
        let project = self.folder.join(format!("cargo-{root}"));
        fs::create_dir_all(project.join("src"))?;
        fs::write(project.join("src/lib.rs"), "")?;
        fs::write(
            project.join("Cargo.toml"),
            format!(
                "[package]\nname = \"root-{root}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{root} = \"*\"\n[workspace]\n"
            ),
        )?;
        let rows = self.rows.clone();
        let files: Arc<Files> = Arc::new(move |path: &str| match path {
            "config.json" => Some(b"{\"dl\":\"http://127.0.0.1:9/dl\"}".to_vec()),
            path => fs::read(rows.join(path.rsplit('/').next()?)).ok(),
        });
        let server = Server::serve(files, Duration::ZERO)?;
        fs::create_dir_all(&home)?;
        fs::write(
            home.join("config.toml"),
            format!(
                "[source.crates-io]\nreplace-with = \"rows\"\n[source.rows]\nregistry = \"sparse+{}/\"\n",
                server.url
            ),
        )?;
        let command = |arguments: &[&str]| {
            // The program itself, where this was started by cargo: not rustup, which would look for it first.
            let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            command.current_dir(&project).arg("generate-lockfile").args(arguments);
            command.env("CARGO_HOME", &home).env("CARGO_NET_RETRY", "0").env_remove("RUSTUP_TOOLCHAIN");
            command
        };
        let output = command(&[]).output().context("could not start cargo")?;
        if !output.status.success() {
            bail!("cargo has no answer for {root}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(command(&["--offline"]))
    }
}

/// The command that is measured: the one that was built with this program.
fn command() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let headlock = here.with_file_name("headlock");
    ensure!(headlock.exists(), "expected the command at {}; `cargo xtask bench` builds both", headlock.display());
    Ok(headlock)
}
