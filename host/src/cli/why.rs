//! `headlock why`.

use std::path::PathBuf;

use clap::Args;

use super::json::FormatChoice;
use super::json::why::WhyRegistry;
use super::output::Output;
use super::session::{Place, SolverChoice};
use super::why_package::Asking;
use crate::error::{Error, Result};
use crate::graph::{self, Basis, Graph, GraphLog};
use crate::inputs::Inputs;
use crate::pages::Pages;
use crate::verify::Stated;

/// Says why a release is in the lock: what leads to it, what requires it, and why newer ones are not in its place. The lock
/// is solved again, from proven pages at its heads.
///
/// With --registry instead how a registry came into the lock: which logs name it as a peer, from the manifest's registries
/// on, and where its head is from. The logs are read and proven at the lock's heads; what was solved is not verified.
#[derive(Args, Debug)]
pub(super) struct Why {
    /// What to explain, NAME or NAME@VERSION
    #[arg(value_name = "PACKAGE", required_unless_present = "registry", conflicts_with = "registry")]
    package: Option<String>,
    /// The registry's origin
    #[arg(long, value_name = "ORIGIN")]
    registry: Option<String>,
    /// Believe the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Take all that is to be read from this bundle, for a package
    #[arg(long, value_name = "FILE", conflicts_with = "registry")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Why {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        if let Some(package) = &self.package {
            let (trust, bundle) = (self.trust.as_deref(), self.bundle.as_deref());
            return Asking { place, output, trust, bundle, solver: &self.solver }.run(package);
        }
        let registry = self.registry.as_deref().unwrap_or_default();
        let lock = place.shown_lock(output)?;
        let mut trust = place.trust(self.trust.as_deref())?;
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust, place.access())?;
        let mut pages = Pages::new(place.access());
        let graph = graph::resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        stated.check_all_used(&place.lock_path())?;
        if graph.log(registry).is_none() {
            let logs: Vec<String> = graph.accepted().map(|head| head.head().origin.clone()).collect();
            return Err(Error::no(format!("{registry} is not in the lock"))
                .hint(format!("the lock is about {}", logs.join(", "))));
        }
        let inputs = &lock.claim.inputs;
        output.report(&describe(&graph, inputs, registry), || WhyRegistry::of(&graph, inputs, registry))
    }
}

/// A line for each log on the way, and one for each that names the last as a peer.
fn describe(graph: &Graph, inputs: &Inputs, origin: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut before: Option<String> = None;
    for origin in graph.path_to(origin) {
        let Some(log) = graph.log(&origin) else { continue };
        lines.push(match &before {
            None if inputs.dependencies.iter().any(|input| input.registry == origin) => {
                format!("{origin}: the manifest depends on packages of it")
            }
            None => format!("{origin}: an override of the manifest puts packages of it in the place of others"),
            Some(before) => {
                let record = log.mentions.iter().find(|mention| mention.by == *before).map(|mention| mention.record);
                let record = record.map(|record| record.to_string()).unwrap_or_default();
                format!("{origin}: a peer of {before}, by its record {record}")
            }
        });
        lines.extend(about(log));
        before = Some(origin);
    }
    let Some(last) = graph.log(origin) else { return lines };
    for mention in last.mentions.iter().skip(1) {
        lines.push(format!("also a peer of {}, by its record {}", mention.by, mention.record));
    }
    lines
}

fn about(log: &GraphLog) -> Vec<String> {
    let head = log.accepted.head();
    let (size, root) = (head.size, head.root_base64());
    let mut lines = vec![match &log.basis {
        Basis::Pinned => format!("  head: {size} records, root {root}, pinned by the lock"),
        Basis::Derived { from, record } => {
            format!("  head: {size} records, root {root}, derived from record {record} of {from}")
        }
    }];
    lines.push(match &log.vouched_by {
        None if log.accepted.successor().is_some() => "  key: a retired one, by the trust file".to_owned(),
        None => format!("  key: {}, by the trust file", log.accepted.key()),
        Some(by) => format!("  key: {}, by the word of {by}", log.accepted.key()),
    });
    lines
}
