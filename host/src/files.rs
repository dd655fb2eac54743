//! Reading small text files with limits, and writing files that appear whole or not at all.

use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::Path;

use fs_err as fs;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::mistake::Place;

/// Reads a UTF-8 file of at most `limit` bytes; nothing if there is none.
///
/// # Errors
/// Malformed: larger, or not UTF-8. Could not check: any other failure to read.
pub fn read_text(path: &Path, limit: u64) -> Result<Option<String>> {
    let Some(bytes) = read_bytes(path, limit)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::malformed(format!("{}: expected UTF-8, found another byte at offset {at}", path.display()))
    })
}

/// Reads a file of at most `limit` bytes; nothing if there is none.
///
/// # Errors
/// Malformed: larger. Could not check: any other failure to read.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let bytes = read_start(path, limit + 1)?;
    if bytes.as_ref().is_some_and(|bytes| bytes.len() as u64 > limit) {
        return Err(Error::malformed(format!("{}: expected at most {limit} bytes, found more", path.display())));
    }
    Ok(bytes)
}

/// Refuses a file that is there, is not empty, and does not begin as what would take its place does.
///
/// # Errors
/// Malformed: such a file, or a name that no file can have. Could not check: it cannot be read.
pub fn refuse_other(path: &Path, start: &[u8], what: &str) -> Result<()> {
    match read_start(path, start.len() as u64)? {
        Some(found) if !found.is_empty() && found != start => {
            Err(Error::malformed(format!("{} exists already, and is no {what}", path.display()))
                .hint("name another file, or move that one away first"))
        }
        _ => Ok(()),
    }
}

/// Reads the first bytes of a file, as many as it has or `most`; nothing if there is none.
///
/// # Errors
/// Malformed: no file can have the name. Could not check: any other failure to read.
pub(crate) fn read_start(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
        // A NUL in its name: no file can be called so.
        Err(error) if error.kind() == IoKind::InvalidInput => {
            return Err(Error::malformed(format!("{} names no file: {error}", path.display())));
        }
        Err(error) => return Err(Error::could_not_check(format!("could not read {}: {error}", path.display()))),
    };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::with_capacity(room(length, most));
    file.take(most).read_to_end(&mut bytes).map_err(|error| Error::could_not_check(error.to_string()))?;
    Ok(Some(bytes))
}

/// How much room to make for a file that is said to have `length` bytes and must not have more than `limit`: so much
/// that its end is met without a second look.
pub(crate) fn room(length: u64, limit: u64) -> usize {
    usize::try_from(length.min(limit)).unwrap_or(0).saturating_add(1)
}

/// Opens a file to read it; a pipe, a device or a folder is refused without waiting for it.
///
/// # Errors
/// What the system says, or that it is no file.
pub(crate) fn open_regular(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(std::io::Error::other("expected a file, found something else")),
    }
}

/// Reads a TOML document; unknown and doubled fields are refused by the types that are read.
///
/// # Errors
/// Malformed, with the place and the line.
pub fn from_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    if text.starts_with('\u{feff}') {
        let what = "expected text, found a byte order mark at its start";
        return Err(Error::malformed(format!("{}: {what}", path.display())).hint("save the file without one"));
    }
    toml::from_str(text).map_err(|error| {
        let begins = error.span().and_then(|span| text.get(span)?.chars().next());
        let message =
            in_own_words(&error.message().replace('\n', " "), begins.is_some_and(|first| first.is_ascii_digit()));
        let malformed = Place::of(text, error.span()).error(ErrorKind::Malformed, path, &message);
        let is_package = |field: &str| message.starts_with("unknown field") && field.contains(':');
        if message.contains("unquoted key") {
            malformed.hint("a name with a colon stands in quotes: \"namespace:name\" = …")
        } else if message.split('`').nth(1).is_some_and(is_package) {
            malformed.hint("packages are listed below [dependencies]")
        } else {
            malformed
        }
    })
}

/// Checks that a folder is there before anything is done that wants it: `is_where` says what it is to be for.
///
/// # Errors
/// Malformed: it is not.
pub(crate) fn require_folder(folder: &Path, is_where: &str) -> Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let found = if folder.exists() { "another file" } else { "none" };
    Err(Error::malformed(format!("expected a folder at {}, where {is_where}, found {found}", folder.display()))
        .hint("make it first, or name another"))
}

/// Refuses to write below a folder where one of the folders in it is a link: somebody else's checkout may lead elsewhere.
///
/// # Errors
/// Could not check: one is.
pub(crate) fn refuse_links(folder: &Path, below: &Path) -> Result<()> {
    let parents = below.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
    for parent in parents.map(|parent| folder.join(parent)) {
        if std::fs::symlink_metadata(&parent).is_ok_and(|found| found.is_symlink()) {
            return Err(Error::could_not_check(format!("{}: expected a folder, found a link", parent.display()))
                .hint("nothing is written where it leads: take it away, or name another folder"));
        }
    }
    Ok(())
}

/// Whether a path leads over a link.
pub(crate) fn is_linked(path: &Path) -> bool {
    let mut links = path.ancestors().filter(|part| !part.as_os_str().is_empty());
    links.any(|part| std::fs::symlink_metadata(part).is_ok_and(|found| found.is_symlink()))
}

/// What serde says of a value of another kind, as all other errors say it, and in the words of TOML. To serde a time is a table;
/// it begins with a digit, as no table does.
fn in_own_words(message: &str, begins_with_digit: bool) -> String {
    let is_of_value = |message: &str| message.starts_with("invalid type: ") || message.starts_with("invalid value: ");
    let parts = message.rsplit_once(", expected ").filter(|_| is_of_value(message));
    let Some((found, expected)) = parts.and_then(|(found, expected)| Some((found.split_once(": ")?.1, expected)))
    else {
        return message.to_owned();
    };
    let found = match found {
        "sequence" => "a list",
        "map" if begins_with_digit => "a time",
        "map" => "a table",
        other => other.strip_suffix(" as i128").unwrap_or(other),
    };
    let expected = match expected {
        "a sequence" => "a list",
        "a map" | "fields with their names" => "a table",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0 to 18446744073709551615",
        other => other,
    };
    format!("expected {expected}, found {found}")
}

/// Replaces a file: another reader sees the old one or the new one, whole, and so does whoever comes after a crash.
///
/// # Errors
/// Could not check: what the file system says; the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error| could_not_write(path, &error);
    replace_with(path, |out| out.write_all(bytes).map_err(failed))
}

/// As [`replace`], with what is written piece by piece. If `write` fails, the old file is as it was.
///
/// # Errors
/// What `write` says. Could not check: what the file system says.
pub fn replace_with<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let failed = |error| could_not_write(path, &error);
    let folder = folder_of(path);
    let file = unnamed_in(folder).map_err(failed)?;
    // Not through the named file, whose errors repeat its name.
    let mut buffered = std::io::BufWriter::new(file.as_file());
    let written = write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    let persist = || -> std::io::Result<()> {
        file.as_file().sync_all()?;
        set_public(file.as_file())?;
        file.persist(path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()
    };
    persist().map_err(failed)?;
    Ok(written)
}

fn could_not_write(path: &Path, error: &std::io::Error) -> Error {
    Error::could_not_check(format!("could not write {}: {error}", path.display()))
}

/// Makes a file that only its owner may read, whole or not at all, unless there is one already. Returns whether it was
/// made.
///
/// # Errors
/// Could not check: what the file system says; then there is no file.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<bool> {
    // Temporary files are made with mode 0600.
    create_with(path, bytes, |_| Ok(()))
}

/// Makes a file, whole or not at all, unless there is one already, or a link. Returns whether it was made.
///
/// # Errors
/// As [`create_private`].
pub fn create(path: &Path, bytes: &[u8]) -> Result<bool> {
    create_with(path, bytes, set_public)
}

fn create_with(path: &Path, bytes: &[u8], set_mode: fn(&std::fs::File) -> std::io::Result<()>) -> Result<bool> {
    let folder = folder_of(path);
    let write = || -> std::io::Result<bool> {
        let file = unnamed_in(folder)?;
        set_mode(file.as_file())?;
        file.as_file().write_all(bytes)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => fs::File::open(folder)?.sync_all().map(|()| true),
            Err(error) if error.error.kind() == IoKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    };
    write().map_err(|error| could_not_write(path, &error))
}

/// The mode of a file that others than its owner may read or write; nothing for one that is private.
///
/// # Errors
/// Could not check: what the file system says.
pub(crate) fn mode_open_to_others(path: &Path) -> Result<Option<u32>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|error| Error::could_not_check(error.to_string()))?.permissions().mode();
        Ok((mode & 0o077 != 0).then_some(mode & 0o777))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(None)
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file in a folder. Its name is a random one, and no message repeats it.
fn unnamed_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let unnamed = |said: &str| said.split(" at path ").next().unwrap_or_default().to_owned();
    let file = tempfile::Builder::new().prefix(".headlock-").tempfile_in(folder);
    file.map_err(|error| std::io::Error::new(error.kind(), unnamed(&error.to_string())))
}

#[cfg(unix)]
fn set_public(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_public(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
