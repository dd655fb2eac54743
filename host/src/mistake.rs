//! What is wrong in a TOML file that TOML itself takes, and the keys that lead there: said with the place and its lines.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, ErrorKind};
use crate::{files, snippet};

/// Something that is wrong, as a clause without its place. Whoever reads a part of a file says how the part is reached from
/// its own beginning; who calls adds what leads there.
#[derive(Debug)]
pub(crate) struct Mistake {
    kind: ErrorKind,
    what: String,
    hint: Option<String>,
    /// What leads there, the last step first.
    steps: Vec<Step>,
}

/// A step from a value to one in it.
#[derive(Debug)]
enum Step {
    /// The value of a key.
    Key(String),
    /// The key itself; always the last.
    Name(String),
    /// An entry of a list, counted from 0.
    Entry(usize),
}

/// Where something stands in a file: nothing, if it was not found there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line, counted from 1.
    line: Option<usize>,
    /// The lines, with the place marked.
    shown: Vec<String>,
}

impl Mistake {
    /// What is malformed.
    pub(crate) fn new(what: impl fmt::Display) -> Mistake {
        Mistake { kind: ErrorKind::Malformed, what: what.to_string(), hint: None, steps: Vec::new() }
    }

    /// The same, of another kind.
    pub(crate) fn of_kind(self, kind: ErrorKind) -> Mistake {
        Mistake { kind, ..self }
    }

    /// Adds what to do next.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Mistake {
        Mistake { hint: Some(hint.into()), ..self }
    }

    /// Puts a clause before what is said.
    pub(crate) fn about(self, clause: impl fmt::Display) -> Mistake {
        Mistake { what: format!("{clause}: {}", self.what), ..self }
    }

    /// It is in the value of this key; where that is a table or a list and nothing leads further, the key is marked.
    pub(crate) fn below(self, key: &str) -> Mistake {
        self.step(Step::Key(key.to_owned()))
    }

    /// It is this key.
    pub(crate) fn named(self, key: &str) -> Mistake {
        self.step(Step::Name(key.to_owned()))
    }

    /// It is in this entry of a list, counted from 0.
    pub(crate) fn entry(self, number: usize) -> Mistake {
        self.step(Step::Entry(number))
    }

    fn step(mut self, step: Step) -> Mistake {
        self.steps.push(step);
        self
    }

    /// Says it of the file at `path`, whose text is this.
    pub(crate) fn in_file(self, path: &Path, text: &str) -> Error {
        let error = self.place(text).error(self.kind, path, &self.what);
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Says it with the line, and shows none of the text: for files that hold secrets.
    pub(crate) fn in_secret_file(self, path: &Path, text: &str) -> Error {
        let place = Place { shown: Vec::new(), ..self.place(text) };
        let error = place.error(self.kind, path, &self.what);
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Where it stands.
    pub(crate) fn place(&self, text: &str) -> Place {
        // It is read a second time, and only where something is wrong.
        let Ok(document) = DeTable::parse(text) else { return Place::default() };
        Place::of(text, span(&document, &self.steps))
    }
}

impl Place {
    /// The place of a span of bytes.
    pub(crate) fn of(text: &str, span: Option<Range<usize>>) -> Place {
        let Some(span) = span else { return Place::default() };
        let before = text.get(..span.start.min(text.len())).unwrap_or_default();
        Place { line: Some(1 + before.matches('\n').count()), shown: snippet::of(text, span) }
    }

    /// An error there: `PATH:LINE: WHAT`, with the lines below it.
    pub(crate) fn error(&self, kind: ErrorKind, path: &Path, what: &str) -> Error {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let error = Error::new(kind, format!("{}{line}: {what}", path.display()));
        // Whoever made a link could have made it to any file, to see what stands there.
        if files::is_linked(path) { error } else { error.list(self.shown.clone()) }
    }
}

/// What the steps lead to; where they lead nowhere, the last that is there. Nothing, if they do not even begin.
fn span(document: &Spanned<DeTable<'_>>, steps: &[Step]) -> Option<Range<usize>> {
    let mut table = Some(document.get_ref());
    let mut list = None;
    let mut found = None;
    for step in steps.iter().rev() {
        let (key, value) = match (step, table, list) {
            (Step::Name(name), Some(table), _) => {
                return table.get_key_value(name.as_str()).map(|(key, _)| key.span()).or(found);
            }
            (Step::Key(name), Some(table), _) => match table.get_key_value(name.as_str()) {
                Some((key, value)) => (Some(key), value),
                None => return found,
            },
            (Step::Entry(number), _, Some(list)) => {
                let list: &[Spanned<DeValue<'_>>] = list;
                match list.get(*number) {
                    Some(value) => (None, value),
                    None => return found,
                }
            }
            _ => return found,
        };
        (table, list) = (value.get_ref().as_table(), value.get_ref().as_array().map(|list| &list[..]));
        // A table's value may be many lines, or only where its first key is.
        let is_one = table.is_none() && list.is_none();
        found = Some(key.filter(|_| !is_one).map_or_else(|| value.span(), Spanned::span));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = \"x\"\nlist = [\"one\", \"two\"]\n[t.\"n:m\"]\nv = 1\ninline = { deep = [{ w = 2 }] }\n[[many]]\n[[many]]\nv = 3\n";

    /// What is marked, and its line.
    fn marked(mistake: Mistake) -> (usize, String) {
        let document = DeTable::parse(TEXT).unwrap();
        let span = span(&document, &mistake.steps).unwrap();
        (Place::of(TEXT, Some(span.clone())).line.unwrap(), TEXT[span].to_owned())
    }

    fn wrong() -> Mistake {
        Mistake::new("wrong")
    }

    #[test]
    fn keys_lead_to_their_values() {
        let said = |line: usize, text: &str| (line, text.to_owned());
        assert_eq!(marked(wrong().below("a")), said(1, "\"x\""));
        assert_eq!(marked(wrong().named("a")), said(1, "a"));
        assert_eq!(marked(wrong().entry(1).below("list")), said(2, "\"two\""));
        assert_eq!(marked(wrong().below("list")), said(2, "list"));
        assert_eq!(marked(wrong().below("v").below("n:m").below("t")), said(4, "1"));
        assert_eq!(marked(wrong().below("n:m").below("t")), said(3, "\"n:m\""));
        let deep = wrong().below("w").entry(0).below("deep").below("inline").below("n:m").below("t");
        assert_eq!(marked(deep), said(5, "2"));
        assert_eq!(marked(wrong().below("v").entry(1).below("many")), said(8, "3"));
        assert_eq!(marked(wrong().entry(0).below("many")), said(6, "[[many]]"));
    }

    #[test]
    fn where_nothing_is_the_last_that_is_there_is_marked() {
        assert_eq!(marked(wrong().below("none").below("a")).1, "\"x\"");
        assert_eq!(marked(wrong().entry(7).below("list")).1, "list");
        assert_eq!(marked(wrong().named("none").below("n:m").below("t")).1, "\"n:m\"");
        assert_eq!(wrong().below("none").place(TEXT), Place::default());
        assert_eq!(wrong().entry(0).place(TEXT), Place::default());
        assert_eq!(wrong().place(TEXT), Place::default());
        assert_eq!(wrong().below("a").place("no TOML"), Place::default());
    }

    #[test]
    fn the_file_the_line_and_the_text_are_said() {
        let error =
            wrong().below("v").entry(1).below("many").about("many").hint("do").in_file(Path::new("f.toml"), TEXT);
        assert_eq!(error.to_string(), "f.toml:8: many: wrong\n  8 | v = 3\n    |     ^");
        assert_eq!(error.hint_text(), Some("do"));
        let error = wrong().of_kind(ErrorKind::CouldNotCheck).below("none").in_file(Path::new("f.toml"), TEXT);
        assert_eq!((error.to_string().as_str(), error.kind().exit_code()), ("f.toml: wrong", 4));
        let error = wrong().below("a").in_secret_file(Path::new("f.toml"), TEXT);
        assert_eq!(error.to_string(), "f.toml:1: wrong");
    }
}
