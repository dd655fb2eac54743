//! The one place that prints: results to stdout, everything else to stderr, untrusted text escaped.

use std::error::Error as StdError;
use std::io::{BufWriter, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Error, Result};

/// How much to say beside results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volume {
    /// Results and errors only.
    Quiet,
    /// Notes, warnings and progress, too.
    Normal,
}

/// Prints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    volume: Volume,
}

impl Output {
    pub(super) fn new(volume: Volume) -> Output {
        Output { volume }
    }

    /// A result of one line, to stdout.
    pub(super) fn result(&self, line: &str) -> Result<()> {
        self.results(&[line])
    }

    /// A result, to stdout, a line each.
    pub(super) fn results<T: AsRef<str>>(&self, lines: &[T]) -> Result<()> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let write = lines.iter().try_for_each(|line| writeln!(out, "{}", escape(line.as_ref())));
        match write.and_then(|()| out.flush()) {
            // Whoever reads has had enough (`headlock tree | head`): no failure.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| Error::could_not_check(format!("could not write to stdout: {error}"))),
        }
    }

    /// What happens, to stderr.
    pub(super) fn note(&self, text: &str) {
        if self.volume == Volume::Normal {
            to_stderr(text);
        }
    }

    /// What deserves attention, to stderr.
    pub(super) fn warning(&self, text: &str) {
        to_stderr(&format!("warning: {text}"));
    }

    /// A failure, with what led to it and what to do, to stderr.
    pub(super) fn error(&self, error: &Error) {
        to_stderr(&format!("error: {}", error.message()));
        for line in error.listed() {
            to_stderr(line);
        }
        let mut source = error.source();
        let mut said = error.to_string();
        while let Some(cause) = source {
            // Errors that only pass on what is below them say the same again.
            if cause.to_string() != said {
                said = cause.to_string();
                to_stderr(&format!("  because: {said}"));
            }
            source = cause.source();
        }
        if let Some(hint) = error.hint_text() {
            to_stderr(&format!("  hint: {hint}"));
        }
    }

    /// A progress bar on a terminal; nothing elsewhere.
    pub(super) fn progress(&self, what: &str) -> ProgressBar {
        if self.volume == Volume::Quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(escape(what));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}{prefix} {per_sec}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

/// Longest line to stderr, in characters: what is repeated from a file can be as long as the file.
const MAX_LINE: usize = 4096;

fn to_stderr(line: &str) {
    let (shown, rest) = match line.char_indices().nth(MAX_LINE) {
        None => (line, String::new()),
        Some((end, _)) => (&line[..end], format!("… and {} more characters", line[end..].chars().count())),
    };
    // Nobody can be told that stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "{}{rest}", escape(shown));
}

/// Makes text from anywhere one line that is safe for a terminal: control characters, line feeds among them, and marks
/// that reorder or hide text are written as `\u{…}`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            hidden if hidden.is_control() || is_hidden(hidden) => escaped.extend(hidden.escape_unicode()),
            shown => escaped.push(shown),
        }
    }
    escaped
}

/// Bidi controls, zero-width and other invisible format characters, line separators, tags.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn control_characters_and_hidden_marks_are_escaped() {
        let cases = [
            ("plain text — with é", "plain text — with é"),
            ("one\ntwo", "one\\u{a}two"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\rb\tc", "a\\u{d}b\\u{9}c"),
            ("\u{202e}drawkcab", "\\u{202e}drawkcab"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }
}
