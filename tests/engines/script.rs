//! An engine of another hand, as a script that replays recordings.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A script, and what it needs.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    program: PathBuf,
    before: Vec<PathBuf>,
}

/// How a replay ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Ended {
    /// The rest of each line that begins so.
    pub(crate) fn lines<'a>(&'a self, beginning: &'static str) -> impl Iterator<Item = &'a str> {
        self.output.lines().filter_map(move |line| line.strip_prefix(beginning))
    }
}

impl Script {
    pub(crate) fn replay(&self, component: &Path, sha256: &str, recordings: &Path) -> Ended {
        let mut command = Command::new(&self.program);
        command.args(&self.before).arg(component).arg(sha256).arg(recordings);
        let output = command.output().unwrap();
        let text = |stream| String::from_utf8(stream).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("{}: {}", self.name, output.status));
        Ended { code, output: text(output.stdout), errors: text(output.stderr) }
    }
}

/// The engines that are installed, by .ci/run or by hand: `node_modules` and `python` in the folder that `HEADLOCK_ENGINES`
/// names, or in `target/engines`.
pub(crate) fn installed() -> Vec<Script> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/engines");
    let folder = std::env::var_os("HEADLOCK_ENGINES").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engines"));
    let (node, python) = (on_path("node"), folder.join("python/bin/python3"));
    let jco = folder.join("node_modules/@bytecodealliance/jco-transpile");
    let script = |name, program: &Path, before: &[&Path]| Script {
        name,
        program: program.to_owned(),
        before: before.iter().map(|argument| here.join(argument)).collect(),
    };
    let all = [
        (script("V8, by hand", &node, &[Path::new("v8_core.mjs")]), vec![&node]),
        (script("V8, by jco", &node, &[Path::new("v8_jco.mjs"), &folder]), vec![&node, &jco]),
        (script("wasmtime of PyPI", &python, &[Path::new("wasmtime_pypi.py")]), vec![&python]),
    ];
    let mut scripts = Vec::new();
    for (script, needs) in all {
        let Some(missing) = needs.into_iter().find(|path| !path.exists()) else {
            scripts.push(script);
            continue;
        };
        let why = format!("{} is not there; tests/README.md says how to get it", missing.display());
        assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{}: {why}", script.name);
        eprintln!("SKIPPED: {}: {why}", script.name);
    }
    scripts
}

/// Where a program is; its mere name where it is not.
fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| program.into())
}
