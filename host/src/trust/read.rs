//! A trust file's document, and what is wrong in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use headlock_log::digest::Digest;
use headlock_log::name::check_origin;
use headlock_log::note::{KeyKind, VerifierKey};
use headlock_log::policy::{LineFault, Policy, PolicyError};
use serde::Deserialize;

use super::attesters::AttestersForm;
use super::{Age, Attesters, POLICY, Trust, TrustDigests, TrustSource, absolute_url, solvers};
use crate::error::{Error, Result};
use crate::mistake::Mistake;
use crate::{close, files, table};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    logs: String,
    #[serde(default)]
    vouching: Vec<String>,
    #[serde(default, rename = "max-age")]
    max_age: Option<String>,
    #[serde(default)]
    retired: Vec<String>,
    #[serde(default)]
    mirrors: Vec<String>,
    #[serde(default)]
    urls: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "table::only")]
    solvers: Solvers,
    #[serde(default)]
    attesters: Option<table::Only<AttestersForm>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Solvers {
    #[serde(default)]
    accept: Vec<String>,
    #[serde(default, deserialize_with = "table::each")]
    published: Vec<solvers::RuleText>,
}

/// Reads what a document says. `policy` is as for [`Trust::parse`].
pub(super) fn trust(
    path: &Path,
    source: TrustSource,
    text: &str,
    document: Document,
    policy: impl FnOnce(&Path) -> Result<Option<String>>,
) -> Result<Trust> {
    let Document { logs, vouching, max_age, retired, mirrors, urls, solvers: Solvers { accept, published }, attesters } =
        document;
    let at = |mistake: Mistake| mistake.in_file(path, text);
    let attesters = attesters.map(|table::Only(form)| Attesters::new(form)).transpose();
    let attesters = attesters.map_err(|mistake| at(mistake.about("attesters").below("attesters")))?;
    let accepted = |(number, text): (usize, &String)| {
        let what = |error| format!("solvers.accept holds {text:?}: {error}");
        text.parse::<Digest>()
            .map_err(|error| at(Mistake::new(what(error)).entry(number).below("accept").below("solvers")))
    };
    let solvers = accept.iter().enumerate().map(accepted).collect::<Result<_>>()?;
    let policy_path = path.parent().unwrap_or(Path::new("")).join(&logs);
    let named = policy_path.display();
    let policy_text = policy(&policy_path)?
        .ok_or_else(|| at(Mistake::new(format!("the policy {named} is not there")).below("logs")))?;
    let digests = TrustDigests { file: Digest::of(text.as_bytes()), policy: Digest::of(policy_text.as_bytes()) };
    let is_usual = logs == POLICY && !files::is_linked(&policy_path);
    let policy = Policy::parse(&policy_text).map_err(|error| match source {
        TrustSource::Beside if !is_usual => no_policy(&policy_path, &error),
        _ => wrong_policy(&policy_path, &error),
    })?;
    let published = solvers::read(&policy_path, &policy, published);
    let solver_rules =
        published.map_err(|mistake| at(mistake.about("solvers.published").below("published").below("solvers")))?;
    let mut vouches = BTreeSet::new();
    for (number, origin) in vouching.into_iter().enumerate() {
        if policy.log(&origin).is_none() {
            let mistake = Mistake::new(format!("vouching names {origin:?}, which is no log of {named}"));
            let mistake = close_log(&policy, &origin).into_iter().fold(mistake, Mistake::hint);
            return Err(at(mistake.entry(number).below("vouching")));
        }
        vouches.insert(origin);
    }
    let retired = retired.iter().enumerate().map(|(number, text)| {
        retired_key(&policy_path, &policy, text)
            .map_err(|mistake| at(mistake.about("retired").entry(number).below("retired")))
    });
    let retired = retired.collect::<Result<_>>()?;
    // Both start from the trust file's own folder, which may be another than the policy's.
    let own = path.parent().unwrap_or(Path::new(""));
    let served = urls.into_iter().map(|(origin, urls)| {
        let within = |mistake: Mistake| at(mistake.below("urls"));
        check_origin(&origin).map_err(|error| within(Mistake::new(error).about("urls").named(&origin)))?;
        if urls.is_empty() {
            let mistake = Mistake::new(format!("expected URLs of {origin}, found none")).about("urls");
            return Err(within(mistake.below(&origin)));
        }
        let urls = absolute(own, &urls).map_err(|mistake| within(mistake.below(&origin)))?;
        Ok((origin, urls))
    });
    let urls = served.collect::<Result<_>>()?;
    let mirrors = absolute(own, &mirrors).map_err(|mistake| at(mistake.below("mirrors")))?;
    let max_age = max_age.map(|text| {
        let what = || format!("expected max-age as a number and one of s, m, h, d, such as \"7d\", found {text:?}");
        Age::parse(&text).ok_or_else(|| at(Mistake::new(what()).below("max-age")))
    });
    Ok(Trust {
        path: path.to_owned(),
        source,
        policy_path,
        policy,
        urls,
        mirrors,
        max_age: max_age.transpose()?,
        retired,
        vouching: vouches,
        solvers,
        attesters,
        digests,
        solver_rules,
    })
}

/// What is wrong with a policy that its reader has named, with its line where it is one line's. The line is not shown.
pub fn wrong_policy(path: &Path, error: &PolicyError) -> Error {
    let path = path.display();
    match error {
        PolicyError::Line { line, fault } => {
            let wrong = Error::malformed(format!("{path}:{line}: {fault}"));
            match fault {
                LineFault::Control(b'\r') => {
                    wrong.hint("its line ends are those of Windows: a policy has line feeds alone")
                }
                _ => wrong,
            }
        }
        other => Error::malformed(format!("{path}: {other}")),
    }
}

/// The same of a policy that a trust file names which lies beside a lock: whoever wrote that could have named any file, to see
/// what stands there, so no word of it is repeated.
fn no_policy(path: &Path, error: &PolicyError) -> Error {
    let line = match error {
        PolicyError::Line { line, .. } => format!(":{line}"),
        _ => String::new(),
    };
    Error::malformed(format!("{}{line}: expected a policy of logs, found something else", path.display()))
        .hint("`--trust FILE` names the trust file as your own, and says what is wrong in its policy")
}

/// Asks whether a log that the policy names was meant by an origin that is none's.
fn close_log(policy: &Policy, origin: &str) -> Option<String> {
    close::question(&close::names(origin, policy.logs().iter().map(|log| log.key.name())))
}

/// What to do about an origin that is of no log of the policy.
pub(super) fn unknown_log(policy: &Policy, path: &Path, origin: &str) -> String {
    let add = format!(
        "add a line `log VKEY URL` to {}, if you trust the log; VKEY is what its .pub file holds",
        path.display()
    );
    match close_log(policy, origin) {
        Some(question) => format!("{question} Else {add}"),
        None => add,
    }
}

/// Reads a key that a log had.
fn retired_key(path: &Path, policy: &Policy, text: &str) -> Result<VerifierKey, Mistake> {
    let key: VerifierKey = text.parse().map_err(Mistake::new)?;
    if key.kind() != KeyKind::Ed25519 {
        return Err(Mistake::new(format!("expected a log's key, found a witness's: {text:?}")));
    }
    if policy.keys(key.name()).any(|known| *known == key) {
        return Err(Mistake::new(format!("{} names the key, too: {key}", path.display())));
    }
    Ok(key)
}

/// URLs in their absolute form.
fn absolute(folder: &Path, urls: &[String]) -> Result<Vec<String>, Mistake> {
    let read = |(number, url): (usize, &String)| {
        absolute_url(folder, url).map_err(|error| {
            let mistake = Mistake::new(&error).entry(number);
            error.hint_text().into_iter().fold(mistake, Mistake::hint)
        })
    };
    urls.iter().enumerate().map(read).collect()
}
