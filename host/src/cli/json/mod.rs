//! `--format json`: one object a run, on stdout. docs/json.md is the specification, docs/json/ has a schema for each.
//!
//! What is published has structs of its own, so that it stays when others change. Every field of a struct is always there,
//! in its order; where there is nothing it is null.

pub(super) mod attestation;
pub(super) mod changes;
pub(super) mod files;
pub(super) mod locks;
pub(super) mod parts;
pub(super) mod registry;
pub(super) mod solvers;
pub(super) mod tree;
pub(super) mod verdict;
pub(super) mod why;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Command;
use super::registry::{Import, Registry};
use super::solver::Solver;
use crate::error::{Error, ErrorKind, Result};
use crate::report;

/// How a command reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object, see docs/json.md
    Json,
}

/// How a command reports, as an option.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct FormatChoice {
    /// How results are written: for people, or as one JSON object
    #[arg(long = "format", id = "report_format", value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl FormatChoice {
    pub(super) fn is_json(self) -> bool {
        self.format == Format::Json
    }
}

/// How a command is to report; those that do not report have no such option.
pub(super) fn chosen(command: &Command) -> Format {
    use super::maintainers::Maintainers;
    use super::peer::Peer;
    let choice = match command {
        Command::Deps(command) => command.format,
        Command::Lock(command) => command.format,
        Command::Update(command) => command.format,
        Command::Verify(command) => command.format,
        Command::Attest(command) => command.format,
        Command::CheckAttestation(command) => command.format,
        Command::Bundle(command) => command.format,
        Command::Fetch(command) => command.format,
        Command::Diff(command) => command.format,
        Command::Tree(command) => command.format,
        Command::Why(command) => command.format,
        Command::Registry(Registry::Publish(command)) => command.format,
        Command::Registry(Registry::Audit(command)) => command.format,
        Command::Registry(Registry::CheckWkg(command)) => command.format,
        Command::Registry(Registry::Peer(Peer::List(command))) => command.format,
        Command::Registry(Registry::Maintainers(Maintainers::Show(command))) => command.format,
        Command::Registry(Registry::CheckFork(command)) => command.format,
        Command::Registry(Registry::Witness(command)) => command.format,
        Command::Registry(Registry::Import(Import::CratesIndex(command))) => command.format,
        Command::Solver(Solver::Fetch(command)) => command.format,
        Command::Solver(Solver::Show(command)) => command.format,
        Command::Solver(Solver::Inspect(command)) => command.format,
        Command::Solver(Solver::List(command)) => command.format,
        _ => return Format::Text,
    };
    choice.format
}

/// Whether arguments that are none of a command ask for JSON.
pub(super) fn is_asked(arguments: &[OsString]) -> bool {
    let mut pairs = arguments.iter().zip(arguments.iter().skip(1));
    arguments.iter().any(|argument| argument == "--format=json")
        || pairs.any(|(option, value)| option == "--format" && value == "json")
}

/// Why a command has failed.
#[derive(Serialize)]
pub(super) struct Failure {
    format: &'static str,
    exit: u8,
    kind: &'static str,
    message: String,
    lines: Vec<String>,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// What the lines of a failure say, cut where they are.
    pub(super) fn of(error: &Error) -> Failure {
        Failure {
            format: "headlock.error/1",
            exit: error.kind().exit_code(),
            kind: match error.kind() {
                ErrorKind::No => "no",
                ErrorKind::Malformed => "malformed",
                ErrorKind::NotCurrent => "not-current",
                ErrorKind::CouldNotCheck => "could-not-check",
                ErrorKind::Refused => "refused",
            },
            message: report::cut(error.message()),
            lines: error.listed().iter().map(|line| report::cut(line)).collect(),
            causes: report::causes(error).iter().map(|line| report::cut(line)).collect(),
            hint: error.hint_text().map(report::cut),
        }
    }

    /// Arguments that are none of a command.
    pub(super) fn of_usage(text: &str) -> Failure {
        let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let message = report::cut(first.strip_prefix("error: ").unwrap_or(first));
        let lines = lines.map(report::cut).collect();
        Failure {
            format: "headlock.error/1",
            exit: 2,
            kind: "malformed",
            message,
            lines,
            causes: Vec::new(),
            hint: None,
        }
    }
}

/// An object as it is written: one line of printable ASCII, so that no text in it does anything to a terminal.
pub(super) fn line(object: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(object)
        .map_err(|error| Error::could_not_check(format!("could not write JSON: {error}")))?;
    Ok(in_ascii(&text))
}

/// JSON text with whatever is not printable ASCII escaped. Such characters stand in strings only.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            ascii.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // A string takes all that is written to it.
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

/// A path, as text.
pub(super) fn path(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printable_ascii_and_the_same_text() {
        for text in ["plain", "é\u{202e}\u{7f}", "\u{1b}[2J\n\"\\", "\u{1f980} \u{e0041}", "\u{0}\u{9b}"] {
            let line = line(&text).unwrap_or_default();
            assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
            assert_eq!(serde_json::from_str::<String>(&line).ok().as_deref(), Some(text));
        }
        assert_eq!(line(&"\u{202e}\u{1f980}\u{7f}").ok().as_deref(), Some(r#""\u202e\ud83e\udd80\u007f""#));
    }

    #[test]
    fn arguments_that_are_no_command_can_ask_for_json() {
        let asked = |text: &str| is_asked(&text.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(asked("headlock verify --format json x"));
        assert!(asked("headlock --format=json"));
        assert!(!asked("headlock verify --format text json"));
    }

    #[test]
    fn a_failure_says_what_led_to_it() {
        let cause = Error::no("below").because("lowest");
        let error = Error::refused("above").list(vec!["one".to_owned()]).because(cause).hint("do");
        let expected = concat!(
            r#"{"format":"headlock.error/1","exit":5,"kind":"refused","message":"above","lines":["one"],"#,
            r#""causes":["below","lowest"],"hint":"do"}"#
        );
        assert_eq!(line(&Failure::of(&error)).ok().as_deref(), Some(expected));
    }
}
