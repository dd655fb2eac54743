//! Writing a bundle.

use std::io;
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;

use super::form;
use crate::error::{Error, Result};
use crate::files;

/// A file to go into a bundle.
#[derive(Debug)]
pub struct Part<'a> {
    name: String,
    length: u64,
    source: Source<'a>,
}

#[derive(Debug)]
enum Source<'a> {
    Bytes(&'a [u8]),
    File(PathBuf),
}

impl<'a> Part<'a> {
    /// A file of so many bytes, by its name in the bundle.
    pub(crate) fn file(name: String, length: u64, path: PathBuf) -> Part<'a> {
        Part { name, length, source: Source::File(path) }
    }

    /// A solver component.
    pub fn component(bytes: &'a [u8]) -> Part<'a> {
        Part { name: form::component(&Digest::of(bytes)), length: bytes.len() as u64, source: Source::Bytes(bytes) }
    }
}

/// How large a bundle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many files it holds.
    pub files: usize,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Writes the bundle of these files, whole or not at all.
///
/// # Errors
/// Could not check: what the file system says.
pub fn write(mut parts: Vec<Part<'_>>, path: &Path) -> Result<Written> {
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    let mut list = form::FIRST_LINE.to_owned();
    parts.iter().for_each(|part| list.push_str(&form::line(&part.name, part.length)));
    list.push('\n');
    let failed = |error: io::Error| Error::could_not_check(format!("could not write {}: {error}", path.display()));
    files::replace_with(path, |out| {
        out.write_all(list.as_bytes()).map_err(failed)?;
        let mut bytes = list.len() as u64;
        for part in &parts {
            match &part.source {
                Source::Bytes(bytes) => out.write_all(bytes).map_err(failed)?,
                Source::File(copy) => {
                    let copied = io::copy(&mut fs_err::File::open(copy).map_err(failed)?, out).map_err(failed)?;
                    if copied != part.length {
                        return Err(failed(io::Error::other(format!("the copy of {} has changed", part.name))));
                    }
                }
            }
            bytes += part.length;
        }
        Ok(Written { files: parts.len(), bytes })
    })
}
