//! Words that no file of the project may hold: a path of one machine, the host name of a package registry.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;

use crate::readme;

/// What stands beside the project's files in the workspace's folder, and the file in which cargo names its registry.
const SKIPPED: [&str; 3] = ["target", ".git", "Cargo.lock"];

/// Where a word belongs: files of the tree, and the name by which a Cargo.lock knows crates.io, which is no address that anything is
/// got from.
const EXCEPTIONS: [(&str, [&str; 3]); 2] =
    [("host/src/export/cargo.rs", CRATES_IO), ("tests/cli/export.txt", CRATES_IO)];

/// The registry's name, in pieces like the other words.
const CRATES_IO: [&str; 3] = ["git", "hub.com/rust-lang/crates", ".io-index"];

/// Reads every file under `root`, and that the README's first two blocks hold one command each.
pub(crate) fn check(root: &Path) -> Result<()> {
    readme::command(root, 1)?;
    readme::command(root, 2)?;
    let forbidden = forbidden();
    let mut found = Vec::new();
    let mut read = 0;
    let mut waiting: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if folder == root && SKIPPED.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                waiting.push(path);
            } else if entry.file_type()?.is_file() {
                read += 1;
                let bytes = fs::read(&path)?;
                let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                let wanted = forbidden.iter().filter(|word| !is_exception(&name, word));
                found.extend(wanted.filter_map(|word| report(&name, &bytes, word)));
            }
        }
    }
    if !found.is_empty() {
        found.sort();
        bail!("expected no path of a machine and no registry's host name, found\n  {}", found.join("\n  "));
    }
    println!(
        "{read} files hold none of {} words; the README's first two blocks hold one command each",
        forbidden.len()
    );
    Ok(())
}

/// The words, put together here so that this file holds none of them; and the folders of whoever runs this.
fn forbidden() -> Vec<String> {
    let mut words: Vec<String> = [
        ["index.", "crates", ".io"],
        ["static.", "crates", ".io"],
        ["registry.npm", "js", ".org"],
        ["files.python", "hosted", ".org"],
        CRATES_IO,
        ["proxy.go", "lang", ".org"],
        ["registry", "/src", "/"],
        ["/ro", "ot", "/"],
        ["/wo", "rk", "/main"],
        ["/Us", "ers", "/"],
        ["C:\\", "Us", "ers"],
    ]
    .iter()
    .map(|pieces| pieces.concat())
    .collect();
    for folder in [std::env::home_dir(), std::env::var_os("CARGO_HOME").map(PathBuf::from)].into_iter().flatten() {
        let folder = folder.display().to_string();
        if folder.trim_matches('/').len() > 1 && !words.contains(&format!("{folder}/")) {
            words.push(format!("{folder}/"));
        }
    }
    words
}

/// Whether a file may hold a word.
fn is_exception(name: &str, word: &str) -> bool {
    EXCEPTIONS.iter().any(|(file, pieces)| *file == name && pieces.concat() == word)
}

fn report(name: &str, bytes: &[u8], word: &str) -> Option<String> {
    let at = bytes.windows(word.len()).position(|window| window == word.as_bytes())?;
    let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
    Some(format!("{name}:{line}: {word}"))
}

#[cfg(test)]
mod tests {
    use super::{CRATES_IO, forbidden, is_exception, report};

    #[test]
    fn an_exception_is_of_one_file_and_one_word() {
        let word = CRATES_IO.concat();
        assert!(forbidden().contains(&word));
        assert!(is_exception("tests/cli/export.txt", &word));
        assert!(!is_exception("tests/cli/fetch.txt", &word));
        assert!(!is_exception("tests/cli/export.txt", &forbidden()[0]));
    }

    #[test]
    fn a_word_is_reported_with_its_line_and_words_near_it_are_not() {
        let word = forbidden().swap_remove(0);
        let text = format!("one\ntwo {word}\n");
        assert_eq!(report("a.txt", text.as_bytes(), &word), Some(format!("a.txt:2: {word}")));
        assert_eq!(report("a.txt", b"crates.io is a registry", &word), None);
    }
}
