//! The one error of this crate: what kind of failure, what was expected and found, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

/// What a failure means for whoever asked. Each kind has one exit code.
///
/// "The answer is no" and "could not check" are never mixed up: the first is said only of something that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Checked, and the answer is no: a verification failed, a problem is unsolvable, a difference was found.
    No,
    /// Wrong usage, or a manifest, lock, trust file or record that is malformed.
    Malformed,
    /// A lock that is missing or not current.
    NotCurrent,
    /// Could not check: network, missing files of a registry or a bundle, budget or limit reached.
    CouldNotCheck,
    /// Refused: a key, a quorum, a solver that is not accepted.
    Refused,
}

impl ErrorKind {
    /// The exit code of the command.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::No => 1,
            ErrorKind::Malformed => 2,
            ErrorKind::NotCurrent => 3,
            ErrorKind::CouldNotCheck => 4,
            ErrorKind::Refused => 5,
        }
    }
}

/// A failure: one sentence for a person, perhaps with lines that list what was found, an optional hint, and the error
/// below it.
///
/// Whatever the sentence, a line, the hint or an error below repeats from outside may hold line feeds: who prints them
/// writes each as one line, so that no input writes lines of its own.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    lines: Vec<String>,
    hint: Option<String>,
    shown_by: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure of `kind`. The message says what was expected, what was found and where.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), lines: Vec::new(), hint: None, shown_by: None, source: None }
    }

    /// A failure about which all has been said.
    pub fn told(kind: ErrorKind) -> Error {
        Error::new(kind, "")
    }

    /// Whether all has been said about it.
    pub fn is_told(&self) -> bool {
        self.message.is_empty()
    }

    /// See [`ErrorKind::No`].
    pub fn no(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::No, message)
    }

    /// See [`ErrorKind::Malformed`].
    pub fn malformed(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Malformed, message)
    }

    /// See [`ErrorKind::NotCurrent`].
    pub fn not_current(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::NotCurrent, message)
    }

    /// See [`ErrorKind::CouldNotCheck`].
    pub fn could_not_check(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::CouldNotCheck, message)
    }

    /// See [`ErrorKind::Refused`].
    pub fn refused(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Refused, message)
    }

    /// Adds lines that stand below the sentence.
    pub fn list(mut self, lines: Vec<String>) -> Error {
        self.lines = lines;
        self
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the content of a file that shows to others what was found.
    pub fn shown_by(mut self, proof: impl Into<String>) -> Error {
        self.shown_by = Some(proof.into());
        self
    }

    /// Adds the error that led to this one.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence, without what stands below it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The lines that stand below the sentence.
    pub fn listed(&self) -> &[String] {
        &self.lines
    }

    /// The content of a file that shows to others what was found, where there is one.
    pub fn proof(&self) -> Option<&str> {
        self.shown_by.as_deref()
    }

    /// What to do next, where something can be said.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
