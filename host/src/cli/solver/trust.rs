//! `headlock solver trust`.

use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::digest::Digest;
use semver::VersionReq;

use super::edit::{add_hash, add_rule};
use super::known::PACKAGE;
use crate::cli::output::Output;
use crate::cli::session::{Place, read_solver};
use crate::error::{Error, Result};
use crate::files;
use crate::trust::{MAX_TRUST, SolverRule, Trust};

/// Lets the trust file accept a solver: one component by its sha256, or those that a registry publishes, in a range of
/// versions, as long as they are not yanked.
#[derive(Args, Debug)]
pub(in crate::cli) struct TrustSolver {
    /// A solver component, or its sha256
    #[arg(value_name = "FILE|SHA256", required_unless_present = "registry", conflicts_with = "registry")]
    component: Option<String>,
    /// The registry that solvers are accepted from
    #[arg(long, value_name = "ORIGIN", requires = "versions")]
    registry: Option<String>,
    /// Which versions are accepted: a range such as '^0.1'
    #[arg(long, value_name = "RANGE", requires = "registry")]
    versions: Option<VersionReq>,
    /// The package that solvers are published as
    #[arg(long, value_name = "NAME", default_value = PACKAGE, requires = "registry")]
    package: String,
    /// Change this trust file, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

impl TrustSolver {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let (path, source) = place.trust_path(self.trust.as_deref())?;
        let before = Trust::read(&path, source)?;
        let text = files::read_text(&path, MAX_TRUST)?.unwrap_or_default();
        let (what, is_there, changed) = match (&self.component, &self.registry, &self.versions) {
            (_, Some(registry), Some(versions)) => {
                before.require_log(registry)?;
                let (registry, package, versions) = (registry.clone(), self.package.clone(), versions.clone());
                let rule = SolverRule { registry, package, versions };
                (format!("{rule}"), before.solver_rules.contains(&rule), add_rule(&text, &rule))
            }
            (component, ..) => {
                let (sha256, name) = self.component(place, component.as_deref().unwrap_or_default())?;
                (format!("sha256 {sha256}{name}"), before.solvers.contains(&sha256), add_hash(&text, &sha256))
            }
        };
        if is_there {
            return output.result(&format!("{} accepts {what} already", path.display()));
        }
        let by_hand = |what: String| {
            Error::malformed(format!("{} cannot be changed: {what}", path.display())).hint("add it by hand")
        };
        let changed = changed.map_err(by_hand)?;
        // What is written can be read, and says this.
        let after = Trust::parse(&path, source, &changed, |logs| files::read_text(logs, MAX_TRUST))?;
        if after.solvers.len() + after.solver_rules.len() != before.solvers.len() + before.solver_rules.len() + 1 {
            return Err(by_hand("its section [solvers] has an unusual form".to_owned()));
        }
        files::replace(&path, changed.as_bytes())?;
        output.result(&format!("changed {}: it accepts {what}, too", path.display()))
    }

    /// The sha256 of a component, and, of a file, what it calls itself.
    fn component(&self, place: &Place, named: &str) -> Result<(Digest, String)> {
        if let Ok(sha256) = named.parse::<Digest>() {
            return Ok((sha256, String::new()));
        }
        let solver = read_solver(&place.path(Path::new(named)))?;
        let name = solver.inspection().name.as_ref().map(|(name, version)| format!(", {name} {version}"));
        Ok((solver.sha256(), name.unwrap_or_default()))
    }
}
