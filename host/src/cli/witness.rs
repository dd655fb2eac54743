//! `headlock registry witness`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use headlock_log::checkpoint::Checkpoint;
use headlock_log::policy::{MAX_POLICY, Policy};

use super::json::FormatChoice;
use super::json::registry::Witnessed;
use super::output::Output;
use super::session::Place;
use super::words::{count, head_line, no_registry};
use crate::error::{Error, Result};
use crate::files;
use crate::registry::add_cosignatures;
use crate::sources::{Fetcher, LogReader};
use crate::trust::{folder_url, wrong_policy};
use crate::witness::cosignature;

/// Asks the witnesses of a policy to cosign the registry's newest head, and keeps what they sign.
///
/// A witness is asked at its URL, the last word of its line in the policy. Exit 4 if the cosignatures that the registry has then do
/// not reach the policy's quorum.
#[derive(Args, Debug)]
pub(super) struct Witness {
    /// The registry's folder
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The policy: the log's key, the witnesses, their URLs, the quorum
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Witness {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.path(&self.policy);
        let text = files::read_text(&path, MAX_POLICY as u64)?
            .ok_or_else(|| Error::malformed(format!("there is no policy at {}", path.display())))?;
        let policy = Policy::parse(&text).map_err(|error| wrong_policy(&path, &error))?;
        let dir = place.path(&self.registry);
        let bytes = files::read_bytes(&dir.join("checkpoint"), headlock_log::note::MAX_NOTE as u64)?
            .ok_or_else(|| no_registry(&dir))?;
        let signed = policy.logs().iter().find_map(|log| Some((Checkpoint::verify(&bytes, &log.key).ok()?, &log.key)));
        let (checkpoint, key) = signed.ok_or_else(|| {
            Error::refused(format!("the checkpoint of {} is signed by no log of {}", dir.display(), path.display()))
        })?;
        if policy.witnesses().is_empty() {
            return Err(Error::malformed(format!(
                "expected a policy with witnesses to ask, found none in {}",
                path.display()
            ))
            .hint("a line `witness NAME VKEY URL` names one, and `quorum` says how many have to cosign"));
        }
        let head = checkpoint.head();
        let url = folder_url(&dir)?;
        let fetcher = Arc::new(Fetcher::new(place.access(), &head.origin, &[&url])?);
        let mut reader = LogReader::open(fetcher, head)?;
        let (mut signatures, mut cosigned) = (Vec::new(), Vec::new());
        let (mut failed, mut not_asked) = (Vec::new(), Vec::new());
        for witness in policy.witnesses() {
            let Some(url) = &witness.url else {
                output.note(&format!("note: {} is not asked: the policy gives no URL for it", witness.name));
                not_asked.push(witness.name.clone());
                continue;
            };
            let prove = &mut |old| Ok(reader.beginning(old)?.proof);
            match cosignature(place.access(), url, &witness.key, head, checkpoint.note(), prove) {
                Ok(signature) => {
                    cosigned.push(witness.name.clone());
                    signatures.push(signature);
                }
                Err(error) => {
                    output.warning(&format!("{}: {error}", witness.name));
                    failed.push(witness.name.clone());
                }
            }
        }
        let got = signatures.len() as u64;
        if got > 0 {
            add_cosignatures(&dir, key, head, &signatures)?;
        }
        let mut lines: Vec<String> = cosigned.iter().map(|name| format!("cosigned by {name}")).collect();
        lines.push(head_line(head));
        lines.push(count(got, "new cosignature"));
        let bytes =
            files::read_bytes(&dir.join("checkpoint"), headlock_log::note::MAX_NOTE as u64)?.unwrap_or_default();
        match policy.accept(&head.origin, &bytes) {
            Ok(_) => output.report(&lines, || Witnessed::of(head, cosigned, failed, not_asked)),
            Err(error) => {
                output.results(&lines)?;
                let what = format!("the registry's head is not accepted by {}: {error}", path.display());
                Err(Error::could_not_check(what)
                    .hint("ask again once the missing witnesses answer; those that have cosigned stay"))
            }
        }
    }
}
