//! `headlock solver`.

mod edit;
mod fetch;
mod known;
mod list;
mod publish;
mod trust;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::json::FormatChoice;
use crate::cli::json::solvers::{Inspected, Shown};
use crate::cli::output::Output;
use crate::cli::session::{Place, read_solver};
use crate::component::Solver as Component;
use crate::engine;
use crate::error::{Error, Result};
use crate::files;
use crate::lock::SolverId;
use crate::released;

/// Publishes, lists, gets and accepts solvers, and looks at components.
#[derive(Debug, Subcommand)]
pub(super) enum Solver {
    /// Show the solver that comes with headlock, or check that FILE could be one
    Show(Show),
    /// List what a component imports and exports, and whether it could be a solver
    Inspect(Inspect),
    /// Publish a solver in a registry, under the name and version that it states
    Publish(publish::Publish),
    /// List published solvers, and say which are accepted
    List(list::List),
    /// Get a published solver
    Fetch(fetch::Fetch),
    /// Let the trust file accept solvers
    Trust(trust::TrustSolver),
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// A solver component
    file: Option<PathBuf>,
    /// Write the one that comes with headlock to this file, too
    #[arg(short, long, alias = "out", value_name = "FILE", conflicts_with = "file")]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) format: FormatChoice,
}

#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// A component
    file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) format: FormatChoice,
}

/// Writes a component, which takes the place of nothing but a component.
fn write_component(path: &Path, solver: &Component) -> Result<()> {
    files::refuse_other(path, b"\0asm", "component")?;
    files::replace(path, solver.bytes())
}

impl Solver {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Solver::Publish(publish) => publish.run(place, output),
            Solver::List(list) => list.run(place, output),
            Solver::Fetch(fetch) => fetch.run(place, output),
            Solver::Trust(trust) => trust.run(place, output),
            Solver::Show(show) => {
                let solver = match &show.file {
                    Some(path) => read_solver(&place.path(path))?,
                    None => released::solver()?,
                };
                let id = SolverId::of(&solver);
                let own = id.sha256 == released::digest()?;
                let mut lines = vec![
                    format!("name: {}", id.name.as_deref().unwrap_or("not stated")),
                    format!("version: {}", id.version.as_deref().unwrap_or("not stated")),
                    format!("world: {}", id.world),
                    format!("sha256: {}", id.sha256),
                    format!("bytes: {}", solver.bytes().len()),
                    format!("released: {}", if own { "with this host" } else { "not with this host" }),
                ];
                if let Some(path) = show.output.as_ref().map(|path| place.path(path)) {
                    write_component(&path, &solver)?;
                    lines.push(format!("wrote {}", path.display()));
                }
                output.report(&lines, || Shown::of(&id, solver.bytes().len(), own))
            }
            Solver::Inspect(inspect) => {
                let path = place.path(&inspect.file);
                let bytes = files::read_start(&path, engine::MAX_COMPONENT + 1)?
                    .ok_or_else(|| Error::malformed(format!("there is no component at {}", path.display())))?;
                let inspection = engine::inspect(&bytes)?;
                let (mut lines, refusal) = (inspection.lines(), inspection.refusal());
                lines.extend(refusal.is_none().then(|| "it can be a solver".to_owned()));
                output.report(&lines, || Inspected::of(&inspection))?;
                match refusal {
                    None => Ok(()),
                    Some(why) => Err(Error::refused(format!("{} cannot be a solver: {why}", path.display()))),
                }
            }
        }
    }
}
