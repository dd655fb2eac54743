//! Locks in the formats of other tools: what these can say of one, and what of it they cannot.
//!
//! | format | holds | for |
//! |---|---|---|
//! | [`wkg_lock`] | releases by the requirements that wkg asks with, and their digests | `wkg` and what is made of its crates |
//! | [`cargo_lock`] | crates, their checksums, who depends on whom | cargo |
//! | [`cyclonedx`] | components with hashes and purls, who depends on whom, where the lock comes from | readers of bills of materials |
//!
//! Each is a function of the lock's text and of what the caller adds: the same in, the same bytes out. `docs/exchange.md` says
//! what becomes of each field. Nothing here verifies a lock.

mod cargo;
mod cyclonedx;
mod releases;
mod wkg;

use std::collections::BTreeMap;

use headlock_log::name::check_origin;

use crate::error::{Error, Result};
use crate::lock::Lock;

pub use cargo::{CARGO_LOCK_START, cargo_lock};
pub use cyclonedx::{CYCLONEDX_START, cyclonedx};
pub use wkg::{WKG_LOCK_START, wkg_lock};

/// A lock in another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The file: printable ASCII and line feeds.
    pub text: String,
    /// What of the lock the file could not say and its reader may miss, a sentence each.
    pub lost: Vec<String>,
}

/// What another tool calls registries: a lock knows them by the origins of their logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `ORIGIN=NAME`, each origin once.
    ///
    /// # Errors
    /// Malformed: another form, an origin that is none or stands twice, a name that is not printable ASCII without spaces, `"`
    /// and `\`.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Names> {
        let mut names = BTreeMap::new();
        for text in texts {
            let malformed = |what: String| Error::malformed(format!("--known-as {text:?}: {what}"));
            let (origin, name) =
                text.split_once('=').ok_or_else(|| malformed("expected ORIGIN=NAME, found no `=`".to_owned()))?;
            check_origin(origin).map_err(|error| malformed(error.to_string()))?;
            let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            if name.is_empty() || !name.bytes().all(is_plain) {
                let what = "expected a name of printable ASCII characters without spaces, `\"` and `\\` behind the `=`";
                return Err(malformed(what.to_owned()));
            }
            if names.insert(origin.to_owned(), name.to_owned()).is_some() {
                return Err(malformed("the origin is named twice".to_owned()));
            }
        }
        Ok(Names(names))
    }

    /// What the registry of an origin is called; nothing if nobody said so.
    pub fn of(&self, origin: &str) -> Option<&str> {
        self.0.get(origin).map(String::as_str)
    }

    /// The origins that have a name.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The origins of the registries that are called so.
    pub fn origins<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(_, called)| *called == name).map(|(origin, _)| origin.as_str())
    }

    /// Refuses names of registries that a lock does not have.
    fn check(&self, lock: &Lock) -> Result<()> {
        for origin in self.0.keys() {
            if !lock.logs().any(|log| log.origin == *origin) {
                let known: Vec<&str> = lock.logs().map(|log| log.origin.as_str()).collect();
                let what =
                    format!("--known-as names {origin:?}, which is no registry of the lock ({})", known.join(", "));
                return Err(Error::malformed(what));
            }
        }
        Ok(())
    }
}

/// The consumer, whom a lock does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its name, as cargo has names.
    pub name: String,
    /// Its version.
    pub version: semver::Version,
}

/// Longest name of a consumer, in bytes.
const MAX_CONSUMER: usize = 64;

impl std::str::FromStr for Consumer {
    type Err = String;

    fn from_str(text: &str) -> Result<Consumer, String> {
        let (name, version) = text.split_once('@').ok_or("expected NAME@VERSION, found no `@`")?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            && name.len() <= MAX_CONSUMER;
        if !is_name {
            return Err(format!(
                "expected a name of at most {MAX_CONSUMER} letters, digits, `_` and `-`, the first no digit"
            ));
        }
        let version = version.parse().map_err(|error| format!("the version: {error}"))?;
        Ok(Consumer { name: name.to_owned(), version })
    }
}

#[cfg(test)]
mod tests;
