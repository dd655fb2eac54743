//! The file that says which token is for which URL.

use std::path::Path;

use super::secret::{MAX_SECRET, Secret};
use super::{Credential, Scope, may_be_told, read_private, refuse_open, refuse_writable};
use crate::error::{Error, Result};
use crate::files;
use crate::mistake::Mistake;
use crate::sources::url::{Url, shown};

/// Largest file of credentials, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// Most credentials in it.
const MAX_CREDENTIALS: usize = 1024;

const FORM: &str = "expected [[credential]] tables, each with `url` and one of `token`, `token-file`, `token-env`";

const HINT: &str = "docs/private.md says what it can hold";

/// Reads a file of credentials. No message repeats a value of it but URLs, and names of files and variables.
pub(super) fn read(path: &Path) -> Result<Vec<Credential>> {
    let text = files::read_text(path, MAX_FILE)?
        .ok_or_else(|| Error::malformed(format!("there are no credentials at {}", path.display())))?;
    let wrong = |place: String, what: String| Error::malformed(format!("{}{place}: {what}", path.display())).hint(HINT);
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // What it says may repeat what is there.
        let line = error.span().and_then(|span| text.get(..span.start)).map(|before| 1 + before.matches('\n').count());
        wrong(line.map(|line| format!(":{line}")).unwrap_or_default(), "expected TOML, found something else".to_owned())
    })?;
    let list = match table.get("credential") {
        Some(toml::Value::Array(list)) if table.len() == 1 => list,
        None if table.is_empty() => return Ok(Vec::new()),
        _ => return Err(wrong(String::new(), FORM.to_owned())),
    };
    if list.len() > MAX_CREDENTIALS {
        return Err(wrong(
            String::new(),
            format!("expected at most {MAX_CREDENTIALS} credentials, found {}", list.len()),
        ));
    }
    let mut credentials: Vec<Credential> = Vec::new();
    let mut holds_secrets = false;
    for (number, entry) in list.iter().enumerate() {
        // The line's number alone: the line may hold a secret.
        let wrong = |key: Option<&str>, what: String| {
            let mistake = Mistake::new(what).about(format!("credential {}", number + 1)).hint(HINT);
            let mistake = key.into_iter().fold(mistake, |mistake, key| mistake.below(key));
            mistake.entry(number).below("credential").in_secret_file(path, &text)
        };
        let Entry { url, token } = Entry::of(entry).ok_or_else(|| wrong(None, FORM.to_owned()))?;
        let base = Url::parse_base(url).map_err(|error| wrong(Some("url"), error.to_string()))?;
        if !may_be_told(&base) {
            let what = format!("expected an https:// URL, or http:// to this host, found {base}");
            return Err(wrong(Some("url"), what).hint("over anything else a token is open to all on the way"));
        }
        let scope = Scope::Below(base);
        if credentials.iter().any(|other| other.scope == scope) {
            return Err(wrong(Some("url"), format!("the URL {} stands there twice", shown(url))));
        }
        holds_secrets |= matches!(token, Source::Here(_));
        let secret = token.secret(path)?;
        let from = token.name(path);
        secret.check_token().map_err(|what| wrong(Some(token.key()), format!("the token cannot be sent: {what}")))?;
        credentials.push(Credential::bearer(scope, secret, from));
    }
    match holds_secrets {
        true => refuse_open(path)?,
        false => refuse_writable(path)?,
    }
    Ok(credentials)
}

/// A table of the file.
struct Entry<'t> {
    url: &'t str,
    token: Source<'t>,
}

/// Where a token is.
enum Source<'t> {
    Here(&'t str),
    File(&'t str),
    Variable(&'t str),
}

impl<'t> Entry<'t> {
    fn of(value: &'t toml::Value) -> Option<Entry<'t>> {
        let table = value.as_table().filter(|table| table.len() == 2)?;
        let text = |key: &str| table.get(key).and_then(toml::Value::as_str);
        let token = text("token")
            .map(Source::Here)
            .or_else(|| text("token-file").map(Source::File))
            .or_else(|| text("token-env").map(Source::Variable))?;
        Some(Entry { url: text("url")?, token })
    }
}

impl Source<'_> {
    fn key(&self) -> &'static str {
        match self {
            Source::Here(_) => "token",
            Source::File(_) => "token-file",
            Source::Variable(_) => "token-env",
        }
    }

    fn name(&self, path: &Path) -> String {
        match self {
            Source::Variable(name) => format!("the variable {name}, which {} names", path.display()),
            Source::File(file) => format!("{}, which {} names", beside(path, file).display(), path.display()),
            Source::Here(_) => path.display().to_string(),
        }
    }

    fn secret(&self, path: &Path) -> Result<Secret> {
        match self {
            Source::Here(token) => Ok(Secret::new((*token).to_owned())),
            Source::File(file) => {
                let file = beside(path, file);
                let text = read_private(&file, MAX_SECRET as u64 + 2)?.ok_or_else(|| {
                    let (file, path) = (file.display(), path.display());
                    Error::malformed(format!("there is no token at {file}, which {path} names"))
                })?;
                let token = text.reveal().strip_suffix('\n').unwrap_or(text.reveal());
                Ok(Secret::new(token.strip_suffix('\r').unwrap_or(token).to_owned()))
            }
            Source::Variable(name) => match std::env::var(name) {
                Ok(token) if !token.is_empty() => Ok(Secret::new(token)),
                Ok(_) => Err(missing(path, name, "is empty")),
                Err(std::env::VarError::NotPresent) => Err(missing(path, name, "is not set")),
                Err(std::env::VarError::NotUnicode(_)) => Err(missing(path, name, "holds no UTF-8")),
            },
        }
    }
}

fn missing(path: &Path, name: &str, what: &str) -> Error {
    Error::malformed(format!("{}: expected a token in the variable {name}, which {what}", path.display()))
}

/// A path as a file names it: from its own folder.
fn beside(path: &Path, other: &str) -> std::path::PathBuf {
    path.parent().unwrap_or(Path::new("")).join(other)
}
