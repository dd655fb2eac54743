//! What was tried, and how it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::judge::Verdict;

/// How often a kind of change of a kind of file ended in an exit code; which exceptions occurred; what went wrong.
#[derive(Default)]
pub(crate) struct Tally {
    counts: BTreeMap<(&'static str, &'static str, u8), u64>,
    exceptions: BTreeMap<&'static str, u64>,
    commands: u64,
    failures: Vec<String>,
}

impl Tally {
    /// Holds a verdict against what is expected: one of these codes, or 0 if and only if an exception says why.
    pub(crate) fn hold(
        &mut self,
        (kind, change): (&'static str, &'static str),
        what: impl FnOnce() -> String,
        verdict: &Verdict,
        expected: &[u8],
        exception: Option<&'static str>,
    ) {
        *self.counts.entry((kind, change, verdict.code)).or_default() += 1;
        if let Some(exception) = exception {
            *self.exceptions.entry(exception).or_default() += 1;
        }
        let as_expected = match exception {
            Some(_) => verdict.code == 0,
            None => expected.contains(&verdict.code) && verdict.code != 0,
        };
        if !as_expected {
            let expected = exception.map_or(format!("{expected:?}"), |exception| format!("0 ({exception})"));
            self.fail(format!("{}: expected {expected}, found {} {}", what(), verdict.code, verdict.text));
        }
    }

    /// Whether this is the first, tenth, hundredth… change of its kind with this end: then the command is asked, too.
    pub(crate) fn wants_command(&self, (kind, change): (&'static str, &'static str), code: u8) -> bool {
        let count = self.counts.get(&(kind, change, code)).copied().unwrap_or_default();
        matches!(count, 1 | 10 | 100 | 1000 | 10_000)
    }

    /// Holds the command's end against the verdict of this process.
    pub(crate) fn hold_command(&mut self, what: impl Fn() -> String, verdict: &Verdict, output: &std::process::Output) {
        self.commands += 1;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(verdict.code.into()) || said.contains("panicked") {
            self.fail(format!("{}: expected {} of the command, found {}: {said}", what(), verdict.code, output.status));
        }
        if verdict.code != 0 && !said.starts_with("error: ") {
            self.fail(format!("{}: expected an error of the command, found {said:?}", what()));
        }
    }

    pub(crate) fn fail(&mut self, what: String) {
        self.failures.push(what);
    }

    /// Adds what another has counted.
    pub(crate) fn add(&mut self, other: Tally) {
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
        for (key, count) in other.exceptions {
            *self.exceptions.entry(key).or_default() += count;
        }
        self.commands += other.commands;
        self.failures.extend(other.failures);
    }

    /// Prints the figures: a line a kind of file and of change, how many ended with each exit code.
    pub(crate) fn print(&self) {
        let rows: BTreeSet<(&str, &str)> = self.counts.keys().map(|(kind, change, _)| (*kind, *change)).collect();
        let mut text = format!("{:<28}{:<14}{}\n", "file", "change", "exit code × times");
        for (kind, change) in rows {
            let ends = (0..=5).filter_map(|code| Some((code, self.counts.get(&(kind, change, code))?)));
            let ends: Vec<String> = ends.map(|(code, count)| format!("{code} × {count}")).collect();
            text.push_str(&format!("{kind:<28}{change:<14}{}\n", ends.join(", ")));
        }
        for (exception, count) in &self.exceptions {
            text.push_str(&format!("{count:>8} exceptions: {exception}\n"));
        }
        let all: u64 = self.counts.values().sum();
        say(&format!("{text}{all:>8} changes in all, {} of them through the command, too", self.commands));
    }

    /// All went as expected, no kind of file was left out, and every exception occurred.
    pub(crate) fn require(&self, kinds: &[&'static str], exceptions: &[&'static str]) {
        const SHOWN: usize = 40;
        let shown: Vec<&str> = self.failures.iter().take(SHOWN).map(String::as_str).collect();
        assert!(self.failures.is_empty(), "{} went otherwise:\n{}", self.failures.len(), shown.join("\n"));
        let tried: BTreeSet<&str> = self.counts.keys().map(|(kind, ..)| *kind).collect();
        assert_eq!(tried, kinds.iter().copied().collect(), "kinds of files that were changed");
        let occurred: BTreeSet<&str> = self.exceptions.keys().copied().collect();
        assert_eq!(occurred, exceptions.iter().copied().collect(), "exceptions that occurred");
    }
}

/// Prints past the capture of the test's output: figures are for whoever reads a log.
pub(crate) fn say(text: &str) {
    // Nobody can be told that stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
