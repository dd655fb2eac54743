//! The one place that prints: results to stdout, everything else to stderr, untrusted text escaped.

use std::error::Error as StdError;
use std::io::{IsTerminal, Write};
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

    /// A result, to stdout. It may be many lines.
    pub(super) fn result(&self, text: &str) -> Result<()> {
        let text = escape(text);
        let mut out = std::io::stdout().lock();
        let write = out.write_all(text.as_bytes()).and_then(|()| match text.ends_with('\n') {
            true => Ok(()),
            false => out.write_all(b"\n"),
        });
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
        let mut text = format!("error: {error}");
        let mut source = error.source();
        let mut said = error.to_string();
        while let Some(cause) = source {
            // Errors that only pass on what is below them say the same again.
            if cause.to_string() != said {
                said = cause.to_string();
                text.push_str(&format!("\n  because: {said}"));
            }
            source = cause.source();
        }
        if let Some(hint) = error.hint_text() {
            text.push_str(&format!("\n  hint: {hint}"));
        }
        to_stderr(&text);
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

fn to_stderr(text: &str) {
    // Nobody can be told that stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "{}", escape(text));
}

/// Makes text from anywhere safe for a terminal: control characters but LF, and marks that reorder or hide text, are
/// written as `\u{…}`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push('\n'),
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
            ("plain text — with é\n", "plain text — with é\n"),
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
