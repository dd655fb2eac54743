//! docs/verify-by-hand.md does what it says: its commands are run, and print what stands below them. `BLESS=1` writes that anew.
//!
//! A `sh` block is commands, the `text` block behind it what they print, a `python NAME` block the content of a file. What is to be done
//! `from a checkout` is done here. What needs wasmtime is left out where that is not installed (tests/README.md, *Other engines*), and
//! with `HEADLOCK_ORACLES=required` the test fails.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOOLS: [&str; 6] = ["bash", "jq", "openssl", "python3", "sha256sum", "xxd"];
/// Stands in the output behind what each block prints.
const END: &str = "-- end of the block --";

/// A part of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'p> {
    Prose(&'p str),
    /// Commands, what they need or how they are run, and what they print.
    Commands {
        note: &'p str,
        text: String,
        prints: String,
    },
    File {
        name: &'p str,
        text: String,
    },
}

fn parts(page: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            parts.push(Part::Prose(line));
            continue;
        };
        let text: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        match kind.split_once(' ').unwrap_or((kind, "")) {
            ("bash", note) => parts.push(Part::Commands { note, text, prints: String::new() }),
            ("python", name) => parts.push(Part::File { name, text }),
            ("text", "") => {
                while parts.last() == Some(&Part::Prose("")) {
                    parts.pop();
                }
                let Some(Part::Commands { prints, .. }) = parts.last_mut() else {
                    panic!("text stands behind no command: {text}")
                };
                *prints = text;
            }
            _ => panic!("expected a block of sh, text or python, found {kind:?}"),
        }
    }
    parts
}

fn format(parts: &[Part<'_>]) -> String {
    let block = |kind: &str, note: &str, text: &str| format!("```{}\n{text}```\n", format!("{kind} {note}").trim_end());
    let one = |part: &Part<'_>| match part {
        Part::Prose(line) => format!("{line}\n"),
        Part::File { name, text } => block("python", name, text),
        Part::Commands { note, text, prints } if prints.is_empty() => block("bash", note, text),
        Part::Commands { note, text, prints } => {
            format!("{}\n{}", block("bash", note, text), block("text", "", prints))
        }
    };
    parts.iter().map(one).collect()
}

/// A program on the path.
fn is_there(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
}

fn skip(why: &str) {
    assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[test]
fn the_commands_print_what_the_page_says() {
    if let Some(missing) = TOOLS.iter().find(|tool| !is_there(tool)) {
        return skip(&format!("{missing} is not there"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("docs/verify-by-hand.md");
    let page = fs::read_to_string(&path).unwrap();
    let before = parts(&page);
    assert_eq!(format(&before), page, "the page is written as it is read");

    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("by-hand");
    copy(&root.join("examples/crates"), &folder);
    copy(&root.join("solver/released/headlock-solver.wasm"), &folder);
    let engines = std::env::var_os("HEADLOCK_ENGINES").map_or_else(|| root.join("target/engines"), PathBuf::from);
    let has_wasmtime = engines.join("python/bin/python3").exists();
    if has_wasmtime {
        symlink(fs::canonicalize(engines.join("python")).unwrap(), folder.join("python")).unwrap();
    } else {
        skip("wasmtime is not there: the solver was not run by hand");
    }
    let is_run = |note: &str| match note {
        "" => true,
        "wasmtime" => has_wasmtime,
        "from a checkout" => false,
        other => panic!("{other:?} says nothing of how commands are run"),
    };

    let mut script = String::from("set -euo pipefail\nexec 2>&1\n");
    for part in &before {
        match part {
            Part::File { name, text } => fs::write(folder.join(name), text).unwrap(),
            Part::Commands { note, text, .. } if is_run(note) => script.push_str(&format!("{text}echo '{END}'\n")),
            Part::Commands { .. } | Part::Prose(_) => {}
        }
    }
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(&script).current_dir(&folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = shell.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}: {said}", output.status);

    let end = format!("{END}\n");
    let mut printed = said.split(&end);
    let after: Vec<Part<'_>> = before
        .iter()
        .map(|part| match part {
            Part::Commands { note, text, .. } if is_run(note) => {
                Part::Commands { note, text: text.clone(), prints: printed.next().unwrap().to_owned() }
            }
            other => other.clone(),
        })
        .collect();
    assert_eq!((printed.next(), printed.next()), (Some(""), None));
    if std::env::var_os("BLESS").is_some() {
        return fs::write(&path, format(&after)).unwrap();
    }
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after, "BLESS=1 writes what is printed now");
    }
}
