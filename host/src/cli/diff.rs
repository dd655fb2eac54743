//! `headlock diff`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::changes;
use super::output::Output;
use super::session::Place;
use crate::diff::Diff;
use crate::error::{Error, Result};
use crate::graph;
use crate::lock::Lock;
use crate::pages::Pages;
use crate::verify::Stated;

/// Says what changed from one lock to another, and which record caused it. Exit 0 if nothing did, 1 if something did.
///
/// The newer lock's registries are read and proven at its heads. Neither lock is verified.
#[derive(Args, Debug)]
pub(super) struct Compare {
    /// The older lock
    old: PathBuf,
    /// The newer lock
    new: PathBuf,
    /// Believe the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

impl Compare {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let (old, new) = (read(place, &self.old)?, read(place, &self.new)?);
        if old == new {
            return output.result("the two locks say the same");
        }
        let mut trust = place.trust(self.trust.as_deref())?;
        let mut stated = Stated::new(&new.claim, &new.cosignatures, &trust, place.access())?;
        let mut pages = Pages::new(place.access());
        let graph = graph::resolve(&new.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        let diff = Diff::of(&old, &new, &graph, &mut pages)?;
        output.results(&changes::describe(&diff))?;
        Err(Error::no("the two locks differ"))
    }
}

fn read(place: &Place, path: &Path) -> Result<Lock> {
    let path = place.path(path);
    Lock::read(&path)?.ok_or_else(|| Error::malformed(format!("there is no lock at {}", path.display())))
}
