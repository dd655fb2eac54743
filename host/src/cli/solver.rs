//! `headlock solver`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::Output;
use super::session::{Place, read_solver};
use crate::engine;
use crate::error::{Error, Result};
use crate::files;
use crate::lock::SolverId;
use crate::released;

/// Looks at solver components.
#[derive(Debug, Subcommand)]
pub(super) enum Solver {
    /// Show the solver that comes with headlock, or check that FILE could be one
    Show(Show),
    /// List what a component imports and exports, and whether it could be a solver
    Inspect(Inspect),
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// A solver component
    file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// A component
    file: PathBuf,
}

impl Solver {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Solver::Show(show) => {
                let solver = match &show.file {
                    Some(path) => read_solver(&place.path(path))?,
                    None => released::solver()?,
                };
                let id = SolverId::of(&solver);
                let own = id.sha256 == released::digest()?;
                output.results(&[
                    format!("name: {}", id.name.as_deref().unwrap_or("not stated")),
                    format!("version: {}", id.version.as_deref().unwrap_or("not stated")),
                    format!("world: {}", id.world),
                    format!("sha256: {}", id.sha256),
                    format!("bytes: {}", solver.bytes().len()),
                    format!("released: {}", if own { "with this host" } else { "not with this host" }),
                ])
            }
            Solver::Inspect(inspect) => {
                let path = place.path(&inspect.file);
                let bytes = files::read_start(&path, engine::MAX_COMPONENT + 1)?
                    .ok_or_else(|| Error::malformed(format!("there is no component at {}", path.display())))?;
                let inspection = engine::inspect(&bytes)?;
                output.results(&inspection.lines())?;
                match inspection.refusal() {
                    None => output.result("it can be a solver"),
                    Some(why) => Err(Error::refused(format!("{} cannot be a solver: {why}", path.display()))),
                }
            }
        }
    }
}
