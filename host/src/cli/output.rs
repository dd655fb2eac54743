//! The one place that prints: results to stdout, everything else to stderr, untrusted text escaped.

use std::io::{BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde::Serialize;

use super::colour::{Color, Environment, coloured};
use super::json::{self, Format};
use crate::error::{Error, Result};
pub use crate::report::escape;
use crate::report::{self, shown};

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
    /// Whether what goes to stderr has colours; results have none.
    has_colours: bool,
    /// Where results are JSON: whether the one object of this run has been written.
    json: Option<&'static AtomicBool>,
}

impl Output {
    pub(super) fn new(volume: Volume, color: Color) -> Output {
        let names = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"];
        let [no_color, clicolor, clicolor_force, term] = names.map(std::env::var_os);
        let environment = Environment {
            no_color: no_color.as_deref(),
            clicolor: clicolor.as_deref(),
            clicolor_force: clicolor_force.as_deref(),
            term: term.as_deref(),
        };
        Output { volume, has_colours: color.decide(environment, std::io::stderr().is_terminal()), json: None }
    }

    /// The same, with results in this form.
    pub(super) fn reporting(self, format: Format) -> Output {
        match format {
            Format::Text => self,
            // One byte a run of the command.
            Format::Json => Output { json: Some(Box::leak(Box::new(AtomicBool::new(false)))), ..self },
        }
    }

    /// Whether results and errors only are said.
    pub(super) fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// What a command has found, as these lines or as one object.
    pub(super) fn report<T: AsRef<str>, R: Serialize>(&self, lines: &[T], object: impl FnOnce() -> R) -> Result<()> {
        match self.json {
            None => self.results(lines),
            Some(is_written) => write_object(is_written, &object()),
        }
    }

    /// A result of one line, to stdout.
    pub(super) fn result(&self, line: &str) -> Result<()> {
        self.results(&[line])
    }

    /// What a command has found, as an object, where lines would be too many.
    pub(super) fn object(&self, object: impl Serialize) -> Result<()> {
        self.report::<&str, _>(&[], || object)
    }

    /// A result, to stdout, a line each. Where results are JSON, what is not in the object is a note.
    pub(super) fn results<T: AsRef<str>>(&self, lines: &[T]) -> Result<()> {
        if self.json.is_some() {
            lines.iter().for_each(|line| self.note(line.as_ref()));
            return Ok(());
        }
        write_lines(lines.iter().map(|line| escape(line.as_ref())))
    }

    /// What happens, to stderr.
    pub(super) fn note(&self, text: &str) {
        if self.volume == Volume::Normal {
            self.say(&shown(text));
        }
    }

    /// What deserves attention, to stderr.
    pub(super) fn warning(&self, text: &str) {
        self.say(&shown(&format!("warning: {text}")));
    }

    /// A failure, with what led to it and what to do, to stderr.
    pub(super) fn error(&self, error: &Error) {
        if error.is_told() {
            return;
        }
        if let Some(is_written) = self.json {
            // If it cannot be written, the lines below say at least what has failed.
            let _ = write_object(is_written, &json::Failure::of(error));
        }
        report::failure(error).iter().for_each(|line| self.say(line));
    }

    /// A line that is safe to show.
    fn say(self, line: &str) {
        let line = if self.has_colours { coloured(line) } else { line.to_owned() };
        // Nobody can be told that stderr is gone.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// A progress bar on a terminal; nothing elsewhere.
    pub(super) fn progress(&self, what: &str) -> ProgressBar {
        if self.volume == Volume::Quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(escape(what));
        style(&bar, "{spinner} {msg}");
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

/// Writes the one object of a run, unless it is written already.
pub(super) fn write_object(is_written: &AtomicBool, object: &impl Serialize) -> Result<()> {
    let line = json::line(object)?;
    match is_written.swap(true, Ordering::SeqCst) {
        true => Ok(()),
        false => write_lines(std::iter::once(line)),
    }
}

/// Writes lines that are safe to show to stdout.
fn write_lines(mut lines: impl Iterator<Item = String>) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let write = lines.try_for_each(|line| writeln!(out, "{line}"));
    match write.and_then(|()| out.flush()) {
        // Whoever reads has had enough (`headlock tree | head`): no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Error::could_not_check(format!("could not write to stdout: {error}"))),
    }
}

/// Says how many of what are done, and of how many if that is known: then the bar shows how much time remains. With things of
/// another kind it begins anew.
pub(super) fn advance(bar: &ProgressBar, unit: &'static str, done: u64, of: Option<u64>) {
    if bar.prefix() != unit {
        bar.reset();
        bar.set_prefix(unit);
        style(
            bar,
            match of {
                None => "{spinner} {msg}, {pos} {prefix}, {rate}",
                Some(_) => "{spinner} {msg}, {pos} of {len} {prefix} {bar:24} {rate}, {eta} left",
            },
        );
    }
    if let Some(length) = of.filter(|_| bar.length() != of) {
        bar.set_length(length);
    }
    bar.set_position(done);
}

fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key("rate", |state: &ProgressState, line: &mut dyn std::fmt::Write| {
            // A line of progress that cannot be written is not missed.
            let _ = write!(line, "{:.0}/s", state.per_sec());
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_begins_anew_with_things_of_another_kind() {
        let bar = ProgressBar::hidden().with_elapsed(Duration::from_secs(3600));
        let shown = |bar: &ProgressBar| (bar.prefix(), bar.position(), bar.length());
        advance(&bar, "rows", 831, None);
        assert_eq!(shown(&bar), ("rows".to_owned(), 831, None));
        advance(&bar, "records", 1, Some(286));
        assert_eq!(shown(&bar), ("records".to_owned(), 1, Some(286)));
        advance(&bar, "records", 286, Some(286));
        advance(&bar, "files", 1, Some(9));
        assert_eq!(shown(&bar), ("files".to_owned(), 1, Some(9)));
        assert!(bar.elapsed() < Duration::from_secs(1800), "and its time does, too");
    }
}
