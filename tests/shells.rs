//! What `headlock completions` and `headlock man` write is read by the programs that it is for, without a complaint; and a
//! shell that has it completes. A program that is not there is not tried, and the test says so; with
//! `HEADLOCK_ORACLES=required` it fails.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Whether a program is there.
fn has(program: &str) -> bool {
    let there = std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join(program).is_file());
    if !there {
        assert!(std::env::var_os("HEADLOCK_ORACLES").is_none_or(|value| value != "required"), "{program} is not there");
        eprintln!("SKIPPED: {program} is not there");
    }
    there
}

/// What a program prints, on both streams; it must end well.
fn run<I: AsRef<OsStr>>(dir: &Path, program: &str, arguments: impl IntoIterator<Item = I>) -> String {
    let mut command = Command::new(program);
    command.current_dir(dir).env("HOME", dir).env("TERM", "dumb").args(arguments);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{program}: {said}");
    said
}

/// A folder with the completions of a shell in a file of this name.
fn completions(shell: &str, name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), run(dir.path(), env!("CARGO_BIN_EXE_headlock"), ["completions", shell])).unwrap();
    dir
}

#[test]
fn bash_completes() {
    if !has("bash") {
        return;
    }
    let dir = completions("bash", "headlock");
    let script = "set -e; . ./headlock; COMP_WORDS=(headlock registry pub); COMP_CWORD=2; \
                  _headlock headlock pub registry; echo \"${COMPREPLY[@]}\"";
    assert_eq!(run(dir.path(), "bash", ["--norc", "-c", script]), "publish\n");
}

#[test]
fn zsh_reads_its_completions() {
    if !has("zsh") {
        return;
    }
    let dir = completions("zsh", "_headlock");
    assert_eq!(run(dir.path(), "zsh", ["-f", "-n", "_headlock"]), "");
    let script =
        "fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u; whence -w _headlock; echo $_comps[headlock]";
    assert_eq!(run(dir.path(), "zsh", ["-f", "-c", script]), "_headlock: function\n_headlock\n");
}

#[test]
fn fish_completes() {
    if !has("fish") {
        return;
    }
    let dir = completions("fish", "headlock.fish");
    assert_eq!(run(dir.path(), "fish", ["--no-execute", "headlock.fish"]), "");
    let script = "source headlock.fish; complete --do-complete 'headlock registry pub'";
    let said = run(dir.path(), "fish", ["--no-config", "-c", script]);
    assert_eq!(said.split_whitespace().next(), Some("publish"), "{said}");
}

#[test]
fn man_reads_every_page() {
    if !has("mandoc") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), env!("CARGO_BIN_EXE_headlock"), ["man", "--into", "pages"]);
    let mut pages = 0;
    for entry in fs::read_dir(dir.path().join("pages")).unwrap() {
        let page = entry.unwrap().path();
        pages += 1;
        let text = run(dir.path(), "mandoc", [OsStr::new("-T"), OsStr::new("html"), page.as_os_str()]);
        assert!(
            text.contains("id=\"EXIT_STATUS\"") && text.contains(concat!("headlock ", env!("CARGO_PKG_VERSION"))),
            "{text}"
        );
        let lint = ["-T", "lint", "-W", "error"].map(OsStr::new);
        assert_eq!(run(dir.path(), "mandoc", lint.into_iter().chain([page.as_os_str()])), "", "{}", page.display());
    }
    assert!(pages > 50, "{pages} pages");
}
