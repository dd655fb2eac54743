//! `headlock init`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::name::check_origin;
use headlock_log::note::VerifierKey;
use headlock_log::policy::Policy;

use super::output::Output;
use super::session::Place;
use super::words::plural;
use crate::error::{Error, Result};
use crate::files;
use crate::keys;
use crate::lock::LOCK;
use crate::manifest::Manifest;
use crate::sources;
use crate::trust::{POLICY, TRUST, Trust, TrustSource, absolute_url};

/// Writes headlock.toml, trust.toml and logs.policy for a registry; beside a manifest the other two, if neither is there.
///
/// The key's file is what whoever runs the registry hands out: get it from elsewhere than the registry itself. To try out: `headlock
/// key generate` makes a key, `headlock registry init DIR --key FILE` a registry.
#[derive(Args, Debug)]
pub(super) struct Init {
    /// The public key of the registry's log (a vkey file, such as registry.key.pub)
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// Where the registry is served: file:///FOLDER, file:FOLDER (from where the policy stands), https://, or http:// on
    /// this host; verifying bundles wants none
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Init {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let key = keys::read_public(&place.path(&self.log_key))?;
        let origin = key.name();
        check_origin(origin).map_err(|error| Error::malformed(format!("the key's name: {error}")))?;
        let manifest = place.manifest_path();
        let folder = place.folder();
        let url = self.url.as_ref().map(|url| absolute_url(&folder, url)).transpose()?;
        files::require_folder(&folder, "the manifest would be")?;
        let log = self.url.iter().fold(format!("log {key}"), |line, url| format!("{line} {url}"));
        let kept = place.manifest_to_be()?;
        // Of a project that somebody has begun elsewhere. What it names is a file beside the manifest, or none that is made.
        let named = kept.as_ref().and_then(|kept| kept.trust.as_deref());
        let trust = named.map_or(TRUST, |named| named.strip_prefix("./").unwrap_or(named));
        let written = [
            (manifest.clone(), MANIFEST.replace("ORIGIN", origin)),
            (folder.join(trust), format!("logs = \"{POLICY}\"\n")),
            (
                folder.join(POLICY),
                format!(
                    "# C2SP tlog-policy: the logs that are believed, and who must have cosigned them\n{log}\nquorum none\n"
                ),
            ),
        ];
        check_names(&written, trust)?;
        let [_, _, (_, policy)] = &written;
        let is_apart =
            |url: &&String| url.contains(|character: char| character.is_whitespace() || character.is_control());
        if let Some(url) = self.url.as_ref().filter(is_apart) {
            let what = format!("expected a URL without spaces, which end it in a policy, found {url:?}");
            return Err(Error::malformed(what).hint("a space is %20 in a URL"));
        }
        Policy::parse(policy).map_err(|error| Error::malformed(format!("the policy would be none: {error}")))?;
        let missing = &written[usize::from(kept.is_some())..];
        let there: Vec<&(PathBuf, String)> = missing.iter().filter(|(path, _)| is_there(path)).collect();
        if !there.is_empty() {
            return Err(already(&there, &key, &log, kept.as_ref(), &folder));
        }
        for (path, text) in missing {
            if !files::create(path, text.as_bytes())? {
                return Err(already(&[&(path.clone(), String::new())], &key, &log, kept.as_ref(), &folder));
            }
            output.note(&format!("wrote {}", path.display()));
        }
        if let Some(missing) = url.as_deref().and_then(missing_folder) {
            output.warning(&format!("there is no folder {}, where the registry would be read", missing.display()));
        }
        if let Some(kept) = kept {
            output.note(&format!("{} stays as it is", manifest.display()));
            if kept.trust.is_none() {
                output.warning(&format!("it names no trust file; at its top, `trust = {TRUST:?}` names this one"));
            }
            if !kept.registries.values().any(|own| own == origin) {
                output.warning(&format!(
                    "it has no registry {origin}; below [registries], `NAME = {origin:?}` says what the manifest calls it"
                ));
            }
        }
        Ok(())
    }
}

/// A manifest to begin with.
const MANIFEST: &str =
    "trust = \"trust.toml\"\n\n[registries]\ndefault = \"ORIGIN\"\n\n[dependencies]\n# \"namespace:name\" = \"^1.2\"\n";

/// Checks that the files are beside one another, and not one file twice.
fn check_names(written: &[(PathBuf, String); 3], trust: &str) -> Result<()> {
    let [manifest, _, _] = written.each_ref().map(|(path, _)| path.file_name().map(OsStr::to_owned));
    let is_file_name = Path::new(trust).file_name() == Some(OsStr::new(trust));
    let taken = [manifest.as_deref(), Some(OsStr::new(POLICY)), Some(OsStr::new(LOCK))];
    if !is_file_name || taken.contains(&Some(OsStr::new(trust))) {
        let what = format!("expected the trust file as a file of its own beside the manifest, found {trust:?}");
        return Err(Error::malformed(what)
            .hint("it is what the manifest calls `trust`: write that file yourself (docs/manifest.md)"));
    }
    if [POLICY, LOCK].iter().any(|name| manifest.as_deref() == Some(OsStr::new(name))) {
        return Err(Error::malformed(format!("expected another name for the manifest than {POLICY} and {LOCK}")));
    }
    Ok(())
}

/// Whether there is anything of this name.
fn is_there(path: &Path) -> bool {
    !std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Some of the files are there: what to write into them.
fn already(
    there: &[&(PathBuf, String)],
    key: &VerifierKey,
    log: &str,
    manifest: Option<&Manifest>,
    folder: &Path,
) -> Error {
    let origin = key.name();
    let names: Vec<String> = there.iter().map(|(path, _)| path.display().to_string()).collect();
    let (is, them) = (plural(names.len(), "is", "are"), names.join(" and "));
    let what = format!("there {is} already {them}, and nothing is overwritten");
    let trust = manifest.and_then(Manifest::trust_path).unwrap_or_else(|| folder.join(TRUST));
    let trust = Trust::read(&trust, TrustSource::Beside).ok();
    let is_believed = trust.as_ref().is_some_and(|trust| trust.policy.keys(origin).any(|known| known == key));
    let is_named = manifest.is_some_and(|manifest| manifest.registries.values().any(|own| own == origin));
    let mut lines = Vec::new();
    if !is_believed {
        let policy = trust.map_or_else(|| folder.join(POLICY), |trust| trust.policy_path().to_owned());
        lines.push(format!("to believe this log, too, write into {}, above its `quorum`:", policy.display()));
        lines.push(format!("  {log}"));
    }
    if !is_named {
        lines.push("to use this registry beside others, write into the manifest, below [registries]:".to_owned());
        lines.push(format!("  other = {origin:?}"));
    }
    Error::malformed(what)
        .hint(match lines.is_empty() {
            true => "this registry and its key are there already; another project wants another folder (`-C DIR`)",
            false => "or move what is there away first, or work in another folder (`-C DIR`)",
        })
        .list(lines)
}

/// The folder that a URL names, if there is none.
fn missing_folder(url: &str) -> Option<PathBuf> {
    sources::folder_of(url).filter(|folder| !folder.is_dir())
}
