//! `headlock solver fetch`.

use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::digest::Digest;

use super::known::{Known, check_name, known};
use super::write_component;
use crate::cli::json::FormatChoice;
use crate::cli::json::solvers::Fetched;
use crate::cli::output::Output;
use crate::cli::session::Place;
use crate::component::Solver;
use crate::error::{Error, Result};
use crate::solvers::component::Place as Served;
use crate::solvers::{Lookup, Release};

/// Gets a solver component that is published where the trust file accepts solvers from: its record is proven, its bytes are
/// hashed.
#[derive(Args, Debug)]
pub(in crate::cli) struct Fetch {
    /// Its version, or its sha256
    #[arg(value_name = "VERSION|SHA256")]
    which: String,
    /// Where to write it [default: NAMESPACE-NAME-VERSION.wasm]
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only from this registry, which need not be one that the trust file accepts solvers from
    #[arg(long, value_name = "ORIGIN")]
    registry: Option<String>,
    /// Ask the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) format: FormatChoice,
}

impl Fetch {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let trust = place.trust(self.trust.as_deref())?;
        let all = known(place, &trust, self.registry.as_deref())?;
        let found = self.find(&all)?;
        let Some(&(known, release)) = found.first() else {
            let registries: Vec<String> =
                all.iter().map(|known| format!("{} of {}", known.package, known.registry)).collect();
            return Err(Error::no(format!("there is no release {} of {}", self.which, registries.join(", ")))
                .hint("`headlock solver list` shows what there is"));
        };
        let mut served = Vec::new();
        for (known, _) in &found {
            served.push(Served { registry: known.registry.clone(), urls: trust.urls(&known.registry)? });
        }
        let cache = place.components();
        let lookup = Lookup { access: place.access(), cache: cache.as_ref() };
        let bytes = lookup.get(&release.content, &served)?;
        let solver = Solver::new(bytes).map_err(|error| {
            let (Release { version, record, .. }, Known { registry, package, .. }) = (release, known);
            let what = format!("{registry} has published as {package} {version}, record {record}, what is no solver");
            Error::new(error.kind(), what).because(error)
        })?;
        check_name(known, release, solver.inspection().name.as_ref())?;
        let path = match &self.output {
            Some(path) => place.path(path),
            None => place.path(Path::new(&format!("{}-{}.wasm", known.package.replace(':', "-"), release.version))),
        };
        write_component(&path, &solver)?;
        let Release { version, record, content, yanked } = release;
        let Known { registry, package, .. } = known;
        if let Some(yank) = yanked {
            output.warning(&format!("{package} {version} is yanked in {registry}: record {yank}"));
        }
        let line =
            format!("wrote {}: {package} {version}, sha256 {content}, record {record} of {registry}", path.display());
        output.report(&[line], || Fetched::of(&path, registry, package, release))
    }

    /// The releases that are meant: all of one component.
    fn find<'k>(&self, all: &'k [Known]) -> Result<Vec<(&'k Known, &'k Release)>> {
        let sha256 = self.which.parse::<Digest>().ok();
        let is_meant = |release: &Release| match sha256 {
            Some(sha256) => release.content == sha256,
            None => release.version.to_string() == self.which,
        };
        let found: Vec<(&Known, &Release)> = all
            .iter()
            .flat_map(|known| known.releases.iter().map(move |release| (known, release)))
            .filter(|(_, release)| is_meant(release))
            .collect();
        if found.iter().any(|(_, release)| release.content != found[0].1.content) {
            let line = |(known, release): &(&Known, &Release)| {
                format!("  {} of {}: sha256 {}", known.package, known.registry, release.content)
            };
            return Err(Error::refused(format!("there are several components of version {}", self.which))
                .list(found.iter().map(line).collect())
                .hint("name it by its sha256, or its registry with `--registry ORIGIN`"));
        }
        Ok(found)
    }
}
