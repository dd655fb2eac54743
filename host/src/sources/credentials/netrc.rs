//! Reading `netrc` files, in curl's way of quoting: `machine HOST login NAME password WORD`.

use std::path::Path;

use super::secret::{MAX_SECRET, Secret};
use super::{Credential, Scope, read_private};
use crate::error::{Error, Result};

/// Largest netrc file, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// Most machines in it.
const MAX_MACHINES: usize = 4096;

/// What stands behind one `machine`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// Nothing for `default`.
    pub(super) host: Option<String>,
    pub(super) login: Option<Secret>,
    pub(super) password: Option<Secret>,
}

/// What is wrong with a netrc file, and in which line. It repeats nothing of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// Reads a netrc file, the first machine of a name being the one that counts. `default` is for any host, and logs name hosts:
/// it is not used.
pub(super) fn read(path: &Path, is_required: bool) -> Result<Vec<Credential>> {
    let Some(text) = read_private(path, MAX_FILE)? else {
        return match is_required {
            true => Err(Error::malformed(format!("there is no netrc file at {}", path.display()))),
            false => Ok(Vec::new()),
        };
    };
    let machines = parse(text.reveal())
        .map_err(|Wrong { line, what }| Error::malformed(format!("{}:{line}: {what}", path.display())))?;
    let mut credentials: Vec<Credential> = Vec::new();
    for machine in machines {
        let Machine { host: Some(host), login, password: Some(password) } = machine else { continue };
        let scope = Scope::Host(host.trim_matches(['[', ']']).to_ascii_lowercase());
        let login = login.unwrap_or_else(|| Secret::new(String::new()));
        let check = || {
            if login.reveal().contains(':') {
                return Err("its login holds a colon".to_owned());
            }
            if !login.reveal().is_empty() {
                login.check_password().map_err(|what| format!("its login cannot be sent: {what}"))?;
            }
            password.check_password().map_err(|what| format!("its password cannot be sent: {what}"))
        };
        check().map_err(|what| Error::malformed(format!("{}, machine {host}: {what}", path.display())))?;
        if credentials.iter().all(|other| other.scope != scope) {
            credentials.push(Credential::basic(scope, login.reveal(), password, path.display().to_string()));
        }
    }
    Ok(credentials)
}

/// The machines of a netrc file, in its order.
pub(super) fn parse(text: &str) -> Result<Vec<Machine>, Wrong> {
    let mut words = Words { rest: text, line: 1 };
    let mut machines: Vec<Machine> = Vec::new();
    while let Some(word) = words.next_keyword()? {
        let here = words.line;
        match word.as_str() {
            "machine" => {
                let host = words.value("expected a host behind `machine`")?;
                machines.push(Machine { host: Some(host), ..Machine::default() });
            }
            "default" => machines.push(Machine::default()),
            "macdef" => words.skip_macro(),
            "login" | "user" | "password" | "account" => {
                let value = words.value("expected a word behind `login`, `password` or `account`")?;
                let before = "expected `machine` or `default` before `login`, `password` or `account`";
                let machine = machines.last_mut().ok_or(Wrong { line: here, what: before })?;
                match word.as_str() {
                    "account" => {}
                    "password" => machine.password = Some(Secret::new(value)),
                    _ => machine.login = Some(Secret::new(value)),
                }
            }
            _ => {
                let what = "expected `machine`, `default`, `login`, `password`, `account` or `macdef`, found another word; \
                            one with a space is put in quotation marks";
                return Err(Wrong { line: here, what });
            }
        }
        if machines.len() > MAX_MACHINES {
            return Err(Wrong { line: here, what: "expected at most 4096 machines, found more" });
        }
    }
    Ok(machines)
}

/// The words of a text.
struct Words<'t> {
    rest: &'t str,
    /// The line in which the rest begins, from 1.
    line: usize,
}

impl Words<'_> {
    fn skip_space(&mut self) {
        let rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let skipped = self.rest.len() - rest.len();
        self.line += self.rest.get(..skipped).map_or(0, |space| space.matches('\n').count());
        self.rest = rest;
    }

    /// The next word where one of a few is expected: a comment may stand in its place.
    fn next_keyword(&mut self) -> Result<Option<String>, Wrong> {
        loop {
            self.skip_space();
            match self.rest.starts_with('#') {
                true => self.skip_line(),
                false => return self.word(),
            }
        }
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.find('\n').and_then(|end| self.rest.get(end..)).unwrap_or_default();
    }

    /// Skips to behind the next empty line, or to the end.
    fn skip_macro(&mut self) {
        while !self.rest.is_empty() {
            self.skip_line();
            self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
            self.line += 1;
            if self.rest.starts_with('\n') || self.rest.starts_with("\r\n") {
                return;
            }
        }
    }

    /// A word of any kind.
    fn value(&mut self, expected: &'static str) -> Result<String, Wrong> {
        self.skip_space();
        if self.rest.starts_with('#') {
            let what = "found a word that begins with #, which some take for a comment: put it in quotation marks";
            return Err(Wrong { line: self.line, what });
        }
        let line = self.line;
        self.word()?.ok_or(Wrong { line, what: expected })
    }

    fn word(&mut self) -> Result<Option<String>, Wrong> {
        let line = self.line;
        let wrong = |what: &'static str| Wrong { line, what };
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([' ', '\t', '\r', '\n']).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            if word.len() > MAX_SECRET {
                return Err(wrong("expected words of at most 4096 bytes, found a longer one"));
            }
            self.rest = rest;
            return Ok((!word.is_empty()).then(|| word.to_owned()));
        };
        let (mut word, mut characters) = (String::new(), quoted.chars());
        loop {
            let character = match characters.next() {
                Some('"') => break,
                Some('\\') => match characters.next() {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some('\n') | None => return Err(wrong("expected a quotation mark at the end of a quoted word")),
                    Some(other) => other,
                },
                Some('\n') | None => return Err(wrong("expected a quotation mark at the end of a quoted word")),
                Some(other) => other,
            };
            word.push(character);
            if word.len() > MAX_SECRET {
                return Err(wrong("expected words of at most 4096 bytes, found a longer one"));
            }
        }
        self.rest = characters.as_str();
        match self.rest.is_empty() || self.rest.starts_with([' ', '\t', '\r', '\n']) {
            true => Ok(Some(word)),
            false => Err(wrong("expected a space behind a quoted word")),
        }
    }
}
