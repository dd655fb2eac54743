//! What a person has given: files by what they are.

use std::path::Path;

use headlock::error::{Error, Result};
use headlock::lock::{Lock, MAX_LOCK};
use headlock::trust::{Trust, TrustSource};

/// Largest trust file or policy, in bytes.
const MAX_TRUST: u64 = 1 << 20;

/// What a file is given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The lock.
    Lock,
    /// The bundle.
    Bundle,
    /// The trust file.
    Trust,
    /// A policy.
    Policy,
    /// A solver component.
    Solver,
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// What it is given as.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// All that was given.
#[derive(Debug, Default)]
pub struct Given {
    files: Vec<File>,
}

impl Given {
    /// These files.
    pub fn new(files: Vec<File>) -> Given {
        Given { files }
    }

    /// Takes a file out.
    ///
    /// # Errors
    /// Malformed: several are given as the same, and which one is meant is not for us to say.
    pub(crate) fn take(&mut self, role: Role) -> Result<Option<File>> {
        let places: Vec<usize> = (0..self.files.len()).filter(|&place| self.files[place].role == role).collect();
        match places[..] {
            [] => Ok(None),
            [place] => Ok(Some(self.files.swap_remove(place))),
            _ => {
                let names: Vec<String> = places.iter().map(|&place| format!("{:?}", self.files[place].name)).collect();
                Err(Error::malformed(format!("expected one file of a kind, found {}", names.join(" and "))))
            }
        }
    }

    /// The lock.
    ///
    /// # Errors
    /// Malformed, as the command says. Not current: there is none.
    pub(crate) fn lock(&mut self) -> Result<(File, Lock)> {
        let file = self.take(Role::Lock)?.ok_or_else(|| Error::not_current("there is no lock among the files"))?;
        let lock = Lock::parse(Path::new(&file.name), text(&file, MAX_LOCK)?)?;
        Ok((file, lock))
    }

    /// The trust file, and the policy that it names.
    ///
    /// # Errors
    /// Malformed, as the command says.
    pub(crate) fn trust(&mut self) -> Result<Trust> {
        let file = self
            .take(Role::Trust)?
            .ok_or_else(|| Error::malformed("no trust file: a verdict rests on whom you believe, and one says whom"))?;
        let policies = &self.files;
        Trust::parse(Path::new(&file.name), TrustSource::Given, text(&file, MAX_TRUST)?, |path| {
            let wanted = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let mut named = policies.iter().filter(|file| file.role == Role::Policy && file.name == wanted);
            match (named.next(), named.next()) {
                (None, _) => Ok(None),
                (Some(found), None) => text(found, MAX_TRUST).map(|text| Some(text.to_owned())),
                (Some(_), Some(_)) => Err(Error::malformed(format!("expected one policy {wanted:?}, found several"))),
            }
        })
    }
}

/// A file's text, read as the command reads files.
fn text(file: &File, limit: u64) -> Result<&str> {
    let File { name, bytes, .. } = file;
    if bytes.len() as u64 > limit {
        return Err(Error::malformed(format!("{name}: expected at most {limit} bytes, found more")));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Error::malformed(format!("{name}: expected UTF-8, found another byte at offset {at}"))
    })
}
