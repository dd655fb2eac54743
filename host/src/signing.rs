//! Signatures by a key that no file here holds: a program makes them, for a hardware key or a service; and what was signed last.

use std::ffi::OsString;
use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fs_err as fs;
use headlock_log::checkpoint::Head;
use headlock_log::note::{Signature, VerifierKey};

use crate::error::{Error, Result};
use crate::files;

/// The most that a program may answer, in bytes: a signature in base64, and a line's end.
const MAX_ANSWER: usize = 90;
/// How often a program is looked after that has answered and goes on.
const PAUSE: Duration = Duration::from_millis(5);

/// A program that signs: it is given the bytes on its standard input, and writes an Ed25519 signature over them to its standard
/// output, as 64 bytes or as base64, which a line's end may follow. No shell is between.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program: a path, or a name to look for on the path.
    pub path: PathBuf,
    /// What it is started with.
    pub arguments: Vec<OsString>,
    /// How long it may take.
    pub time: Duration,
}

impl Program {
    /// Has the text of a note signed, and checks the signature.
    ///
    /// # Errors
    /// Refused: what it answers is no signature by the key over the text. Could not check: it cannot be run, fails, takes too long,
    /// or answers something else.
    pub fn sign(&self, key: &VerifierKey, text: &str) -> Result<Signature> {
        let answer = self.answer(text.as_bytes())?;
        let bytes: [u8; 64] = match answer.as_slice().try_into() {
            Ok(bytes) => bytes,
            Err(_) => {
                let line = answer.strip_suffix(b"\n").unwrap_or(&answer);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let decoded = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
                decoded.ok_or_else(|| {
                    self.failed(format!(
                        "expected a signature of 64 bytes, or that in base64, found {} bytes",
                        answer.len()
                    ))
                })?
            }
        };
        if !key.verifies(text.as_bytes(), &bytes) {
            return Err(Error::refused(format!(
                "{}: expected a signature by {key} over what is to be signed, found another",
                self.path.display()
            ))
            .hint("it signs with another key, or something else than the bytes that it is given"));
        }
        Ok(Signature { name: key.name().to_owned(), id: key.id(), bytes: bytes.to_vec() })
    }

    fn failed(&self, what: String) -> Error {
        Error::could_not_check(format!("the signer {}: {what}", self.path.display()))
    }

    /// What the program answers.
    fn answer(&self, input: &[u8]) -> Result<Vec<u8>> {
        let began = Instant::now();
        let command =
            Command::new(&self.path).args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = command.map_err(|error| self.failed(error.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(input) {
                // It need not read what it can do without; its answer says whether it could.
                Err(error) if error.kind() != IoKind::BrokenPipe => {
                    stop(&mut child);
                    return Err(self.failed(error.to_string()));
                }
                _ => {}
            }
        }
        let (sender, receiver) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            // It is left alone when time is over: somebody else may hold the other end open.
            std::thread::spawn(move || {
                let mut answer = Vec::new();
                let read = stdout.take(MAX_ANSWER as u64 + 1).read_to_end(&mut answer);
                let _ = sender.send(read.map(|_| answer));
            });
        }
        let answer = match receiver.recv_timeout(self.time) {
            Ok(answer) => answer,
            Err(_) => {
                stop(&mut child);
                return Err(self.failed(format!("no answer within {} s", self.time.as_secs_f64())));
            }
        };
        let answer = match answer {
            Ok(answer) if answer.len() > MAX_ANSWER => {
                stop(&mut child);
                return Err(self.failed(format!("expected at most {MAX_ANSWER} bytes, found more")));
            }
            Ok(answer) => answer,
            Err(error) => {
                stop(&mut child);
                return Err(self.failed(error.to_string()));
            }
        };
        match self.end(&mut child, began)? {
            status if status.success() => Ok(answer),
            status => Err(self.failed(format!("it failed: {status}"))),
        }
    }

    /// Waits for the end of a program that has answered.
    fn end(&self, child: &mut Child, began: Instant) -> Result<ExitStatus> {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if began.elapsed() < self.time => std::thread::sleep(PAUSE),
                Ok(None) => {
                    stop(child);
                    return Err(self.failed(format!("it does not end within {} s", self.time.as_secs_f64())));
                }
                Err(error) => return Err(self.failed(error.to_string())),
            }
        }
    }
}

/// Ends a program.
fn stop(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// The last head that was signed with a key, in a file beside it. One process at a time reads and writes it, by the lock of
/// another one, which goes again where nothing was ever signed.
#[derive(Debug)]
pub struct LastSigned {
    path: PathBuf,
    lock_path: PathBuf,
    /// Closing it lets the lock go.
    _lock: std::fs::File,
}

/// Largest such file, in bytes.
const MAX_LAST: u64 = 4096;
const FIRST_LINE: &str = "headlock signed 1\n";
/// How often the file of the lock may be gone when the lock is got.
const MAX_TRIES: usize = 16;

impl LastSigned {
    /// Opens the file at a path, which need not be there.
    ///
    /// # Errors
    /// Could not check: another process has it, or its lock cannot be made.
    pub fn open(path: &Path) -> Result<LastSigned> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock_path = PathBuf::from(name);
        let failed = |error: std::io::Error| Error::could_not_check(error.to_string());
        for _ in 0..MAX_TRIES {
            let lock = fs::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&lock_path)
                .map_err(failed)?
                .into_parts()
                .0;
            match lock.try_lock() {
                // Whoever had it may have taken the file away.
                Ok(()) if !is_at(&lock, &lock_path) => continue,
                Ok(()) => return Ok(LastSigned { path: path.to_owned(), lock_path, _lock: lock }),
                Err(std::fs::TryLockError::WouldBlock) => break,
                Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(Error::could_not_check(format!("{} is used by another process", path.display()))
            .hint("wait until it is done, then do this again"))
    }

    /// The last head; nothing where none was signed.
    ///
    /// # Errors
    /// Could not check: the file cannot be read, or is something else.
    pub fn last(&self) -> Result<Option<Head>> {
        let Some(bytes) = files::read_bytes(&self.path, MAX_LAST)? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_prefix(FIRST_LINE));
        let head = text.and_then(|text| Head::parse(text).ok());
        head.map(Some).ok_or_else(|| {
            Error::could_not_check(format!("{}: expected the last signed head, found otherwise", self.path.display()))
                .hint("bring it back from a copy: without it nobody here knows what was signed")
        })
    }

    /// Remembers a head that is about to be signed.
    ///
    /// # Errors
    /// Could not check: the file cannot be written; then it is not to be signed.
    pub fn remember(&self, head: &Head) -> Result<()> {
        files::replace(&self.path, format!("{FIRST_LINE}{}", head.text()).as_bytes())
    }
}

impl Drop for LastSigned {
    fn drop(&mut self) {
        // While the lock is held.
        if cfg!(unix) && !self.path.exists() {
            // If it stays, the next one takes it.
            let _ = std::fs::remove_file(&self.lock_path);
        }
    }
}

/// Whether an open file is the one at a path.
fn is_at(file: &std::fs::File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let is_same =
            |one: std::fs::Metadata, other: std::fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
        file.metadata().ok().zip(std::fs::metadata(path).ok()).is_some_and(|(one, other)| is_same(one, other))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

#[cfg(test)]
mod tests;
