//! `headlock diff`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::changes;
use super::json::FormatChoice;
use super::json::changes::{Changes, Difference};
use super::output::Output;
use super::session::Place;
use super::words::count;
use crate::diff::Diff;
use crate::error::{Error, ErrorKind, Result};
use crate::graph;
use crate::grown;
use crate::lock::Lock;
use crate::pages::Pages;
use crate::verify::Stated;

/// Says what changed from one lock to another, and which record caused it. Exit 0 if nothing did, 1 if something did.
///
/// The newer lock's registries are read and proven at its heads, and have to hold what the older lock says of their packages, as
/// far as a head is not an older one than the older lock's.
/// Neither lock is verified.
#[derive(Args, Debug)]
pub(super) struct Compare {
    /// The older lock
    old: PathBuf,
    /// The newer lock
    new: PathBuf,
    /// Believe the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Compare {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let (old, new) = (read(place, &self.old)?, read(place, &self.new)?);
        if old == new {
            return output.report(&["the two locks say the same"], Difference::none);
        }
        let mut trust = place.trust(self.trust.as_deref())?;
        let mut stated = Stated::new(&new.claim, &new.cosignatures, &trust, place.access())?;
        let mut pages = Pages::new(place.access());
        let graph = graph::resolve(&new.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        let diff = Diff::of(&old, &new, &graph, &mut pages)?;
        let grown = grown::check_pages(&old, &new, &mut pages);
        let lines = changes::describe(&diff);
        match grown {
            Err(error) if error.kind() == ErrorKind::No => {
                output.results(&lines)?;
                return Err(error);
            }
            _ => output.report(&lines, || Difference::of(Changes::of(&diff, &old, &new)))?,
        }
        match grown {
            Ok(()) => {}
            // A copy for the newer lock alone need not have it.
            Err(error) => output.warning(&format!("what the older lock says was not looked for: {error}")),
        }
        for (origin, before, after) in diff.moved_back() {
            output.note(&format!(
                "note: {origin} is at an older head in the second lock, {} in the place of {before} (whether that goes on from it was not asked): the older lock is named first",
                count(after, "record")
            ));
        }
        changes::warnings(&diff).iter().for_each(|warning| output.warning(warning));
        output.note(match diff.is_empty() {
            false => "the two locks differ",
            true => "the two locks differ, in what was consulted, what releases are bound to, or who cosigned",
        });
        Err(Error::told(ErrorKind::No))
    }
}

fn read(place: &Place, path: &Path) -> Result<Lock> {
    let path = place.path(path);
    Lock::read(&path)?.ok_or_else(|| Error::malformed(format!("there is no lock at {}", path.display())))
}
