//! Every transcript of tests/cli is what the command says today; see tests/README.md. `BLESS=1` writes them anew.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

mod transcript;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use headlock::cli::escape;

/// Runs one transcript, each command in a shell, in a folder of its own, and gives it back with the output that it had.
fn replay(text: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let dir = fs::canonicalize(scratch.path()).unwrap();
    fs::create_dir(dir.join("work")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_headlock")).parent().unwrap();
    transcript::replay(text, |command| {
        let output = transcript::shell(command, &dir, programs, &[]);
        let said = String::from_utf8(output.stdout).expect("output is UTF-8");
        for line in said.lines() {
            assert_eq!(escape(line), line, "printed as it came, by: {command}");
        }
        let said = plain(&said, &dir);
        match output.status.code().expect("the command was not killed") {
            0 => said,
            code => format!("{said}? {code}\n"),
        }
    })
}

/// Puts names in the place of what differs between runs: the folder, digests, roots, keys and signatures.
fn plain(said: &str, dir: &Path) -> String {
    let said = said.replace(&dir.join("work").display().to_string(), "[DIR]");
    let said = said.replace(&dir.display().to_string(), "[SCRATCH]");
    let said =
        said.replace(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").display().to_string(), "[EXAMPLES]");
    let mut plain = String::with_capacity(said.len());
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut rest = said.as_str();
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        plain.push_str(&rest[..start]);
        plain.push_str(&named(word));
        rest = &rest[end..];
    }
    plain.push_str(rest);
    plain
}

fn named(word: &str) -> String {
    // Alone, or at the end of a path.
    let (folder, name) = word.rsplit_once('/').map_or(("", word), |(folder, name)| (folder, name));
    if name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return if folder.is_empty() && !word.starts_with('/') {
            "[SHA256]".to_owned()
        } else {
            format!("{folder}/[SHA256]")
        };
    }
    if word.len() == 44 && word.ends_with('=') && !word.contains(":") {
        return "[ROOT]".to_owned();
    }
    if word.len() >= 80 && !word.contains('.') && word.bytes().any(|b| b.is_ascii_uppercase()) {
        return "[SIGNATURE]".to_owned();
    }
    // A vkey: NAME+8 hex digits+base64, in which a `+` may stand.
    let mut parts = word.splitn(3, '+');
    if let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next())
        && id.len() == 8
        && key.len() == 44
    {
        return format!("{name}+[KEY]");
    }
    if let Some((name, id)) = word.split_once('+')
        && (!name.contains('/') || name.starts_with("example/"))
        && id.len() == 8
        && id.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return format!("{name}+[ID]");
    }
    word.to_owned()
}

fn transcripts() -> Vec<PathBuf> {
    let paths = transcript::beginning_with("");
    assert!(paths.len() >= 12, "expected a transcript for every command, found {}", paths.len());
    let Some(beginning) = std::env::var_os("TRANSCRIPTS") else { return paths };
    let paths = transcript::beginning_with(&beginning.into_string().unwrap());
    eprintln!("SKIPPED: all transcripts but the {} that were asked for", paths.len());
    paths
}

#[test]
fn the_command_says_what_the_transcripts_say() {
    let bless = std::env::var_os("BLESS").is_some();
    let paths = transcripts();
    // They wait for files and processes more than they compute.
    let rest = Mutex::new(paths.iter());
    let replayed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(path) = { rest.lock().unwrap().next() } {
                    let expected = fs::read_to_string(path).unwrap();
                    let found = replay(&expected);
                    replayed.lock().unwrap().push((path, expected, found));
                }
            });
        }
    });
    let mut replayed = replayed.into_inner().unwrap();
    replayed.sort();
    let mut failed = Vec::new();
    for (path, expected, found) in replayed {
        if found == expected {
            continue;
        }
        if bless {
            fs::write(path, found).unwrap();
            continue;
        }
        let name = path.file_name().unwrap().display().to_string();
        for (line, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
            if expected != found {
                eprintln!("{name}:{}\n  expected {expected}\n  found    {found}", line + 1);
                break;
            }
        }
        failed.push(name);
    }
    assert!(failed.is_empty(), "these say something else (BLESS=1 writes them anew): {failed:?}");
}
