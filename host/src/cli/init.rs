//! `headlock init`.

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::session::Place;
use crate::error::{Error, Result};
use crate::files;
use crate::keys;
use crate::trust::absolute_url;

/// Writes headlock.toml, trust.toml and logs.policy for a registry.
#[derive(Args, Debug)]
pub(super) struct Init {
    /// The public key of the registry's log (a vkey file, such as registry.key.pub)
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// Where the registry is served: file:///FOLDER, file:FOLDER (from where the policy stands), https://, or http:// on
    /// this host
    #[arg(long, value_name = "URL")]
    url: String,
}

impl Init {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let key = keys::read_public(&place.path(&self.log_key))?;
        let origin = key.name();
        let manifest = place.manifest_path();
        let folder = place.folder();
        absolute_url(&folder, &self.url)?;
        let written = [
            (
                manifest,
                format!(
                    "trust = \"trust.toml\"\n\n[registries]\ndefault = \"{origin}\"\n\n[dependencies]\n\
                     # \"namespace:name\" = \"^1.2\"\n"
                ),
            ),
            (folder.join("trust.toml"), "logs = \"logs.policy\"\n".to_owned()),
            (
                folder.join("logs.policy"),
                format!(
                    "# C2SP tlog-policy: the logs that are believed, and who must have cosigned them\nlog {key} {}\nquorum none\n",
                    self.url
                ),
            ),
        ];
        for (path, _) in &written {
            if path.exists() {
                return Err(Error::malformed(format!("{} exists already, and is not overwritten", path.display()))
                    .hint("move it away first, or work in another folder (`-C DIR`)"));
            }
        }
        for (path, text) in &written {
            files::replace(path, text.as_bytes())?;
            output.note(&format!("wrote {}", path.display()));
        }
        Ok(())
    }
}
