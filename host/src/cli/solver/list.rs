//! `headlock solver list`.

use std::path::PathBuf;

use clap::Args;
use headlock_log::digest::Digest;

use super::known::{Known, known};
use crate::cli::json::FormatChoice;
use crate::cli::json::solvers::{Listed, Package, SolverRelease, Standing};
use crate::cli::output::Output;
use crate::cli::session::Place;
use crate::cli::words::count;
use crate::error::Result;
use crate::lock::Lock;
use crate::released;
use crate::solvers::Release;
use crate::trust::Trust;

/// Lists the solvers that are published where the trust file accepts solvers from, and says which are accepted.
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Only of this registry, which need not be one that the trust file accepts solvers from
    #[arg(long, value_name = "ORIGIN")]
    registry: Option<String>,
    /// Ask the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) format: FormatChoice,
}

impl List {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let trust = place.trust(self.trust.as_deref())?;
        let own = released::digest()?;
        let of_lock = Lock::read(&place.lock_path())?.map(|lock| lock.claim.solver.sha256);
        let (mut lines, mut packages) = (Vec::new(), Vec::new());
        for known in known(place, &trust, self.registry.as_deref())? {
            let size = known.accepted.head().size;
            lines.push(format!("{} of {}, at {}", known.package, known.registry, count(size, "record")));
            let mut releases = Vec::new();
            for release in &known.releases {
                let standing = standing(&trust, &known, release, own);
                let (is_own, has_made) = (release.content == own, Some(release.content) == of_lock);
                lines.push(line(release, &standing, is_own, has_made));
                releases.push(SolverRelease::of(release, &standing, is_own, has_made));
            }
            if known.releases.is_empty() {
                lines.push("  none".to_owned());
            }
            packages.push(Package::new(&known.package, &known.accepted, releases));
        }
        output.report(&lines, || Listed::new(packages))
    }
}

fn standing(trust: &Trust, known: &Known, release: &Release, own: Digest) -> Standing {
    let Release { version, content, yanked, .. } = release;
    let rule = trust
        .solver_rules
        .iter()
        .find(|rule| rule.registry == known.registry && rule.is_about(Some(&known.package)) && rule.covers(version));
    match rule {
        _ if trust.solvers.contains(content) => Standing::ByHash,
        _ if yanked.is_some() => Standing::NotAccepted,
        Some(rule) => Standing::ByRule { package: rule.package.clone(), versions: rule.versions.to_string() },
        None if *content == own => Standing::ByHost,
        None => Standing::NotAccepted,
    }
}

fn line(release: &Release, standing: &Standing, is_own: bool, has_made_lock: bool) -> String {
    let Release { version, record, content, yanked } = release;
    let mut said = vec![format!("record {record}")];
    said.extend(yanked.map(|record| format!("yanked: record {record}")));
    said.push(match standing {
        Standing::ByHash => "accepted by its sha256".to_owned(),
        Standing::ByRule { package, versions } => format!("accepted by the rule {package} {versions}"),
        Standing::ByHost => "accepted".to_owned(),
        Standing::NotAccepted => "not accepted".to_owned(),
    });
    said.extend(is_own.then(|| "came with this host".to_owned()));
    said.extend(has_made_lock.then(|| "has made the lock".to_owned()));
    format!("  {version}  sha256 {content}: {}", said.join(", "))
}
