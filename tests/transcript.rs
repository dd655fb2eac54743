//! Transcripts as tests/README.md has them, read and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A transcript with what its commands print now: `run` is given each `$ COMMAND` (continued by `> LINE`), and says it. Lines
/// that stand before the first command, and after `##`, are for people.
pub(crate) fn replay(transcript: &str, mut run: impl FnMut(&str) -> String) -> String {
    let mut replayed = String::new();
    let mut has_command = false;
    let mut lines = transcript.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else {
            if line.starts_with("## ") || !has_command {
                replayed.push_str(&format!("{line}\n"));
            }
            continue;
        };
        has_command = true;
        let mut command = first.to_owned();
        replayed.push_str(&format!("{line}\n"));
        while let Some(more) = lines.next_if(|line| line.starts_with("> ") || *line == ">") {
            command.push('\n');
            command.push_str(more.strip_prefix("> ").unwrap_or(""));
            replayed.push_str(&format!("{more}\n"));
        }
        replayed.push_str(&run(&command));
        replayed.push('\n');
    }
    replayed.truncate(replayed.trim_end().len());
    replayed.push('\n');
    replayed
}

/// Runs a command in the folder `work` below `dir`, both streams in one; `programs` come first on the path.
pub(crate) fn shell(command: &str, dir: &Path, programs: &Path, variables: &[(&str, &Path)]) -> Output {
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec 2>&1\n{command}")).current_dir(dir.join("work"));
    shell.env_clear().env("PATH", path).env("HOME", dir.join("home"));
    shell.env("HEADLOCK_CACHE", dir.join("cache")).env("HEADLOCK_STATE", dir.join("state"));
    shell
        .env("RELEASED_WIT", Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"))
        .env("EXAMPLES", tree.join("examples"));
    shell.envs(variables.iter().copied()).output().unwrap()
}

/// The transcripts whose names begin so.
pub(crate) fn beginning_with(beginning: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_meant = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "txt")
            && path.file_name().unwrap().to_str().unwrap().starts_with(beginning)
    };
    let mut paths: Vec<PathBuf> = entries.filter(is_meant).collect();
    paths.sort();
    paths
}
