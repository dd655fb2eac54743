//! Why something is in a lock.

use serde::Serialize;

use super::parts::{Log, Record, Release};
use crate::cli::why_package::{Explained, With};
use crate::explain::{self, WhyNot};
use crate::graph::{Graph, GraphLog, Mention};
use crate::inputs::Inputs;

/// `headlock.why/1`.
#[derive(Serialize)]
pub(in crate::cli) struct Why {
    format: &'static str,
    releases: Vec<WhyRelease>,
}

#[derive(Serialize)]
struct WhyRelease {
    registry: String,
    name: String,
    version: String,
    record: Option<u64>,
    path: Vec<Hop>,
    also: Vec<Hop>,
    newer: Vec<Newer>,
}

#[derive(Serialize)]
struct Hop {
    by: Option<Release>,
    wanted: String,
    to: Release,
}

#[derive(Serialize)]
struct Newer {
    versions: Vec<String>,
    why: &'static str,
    not_accepted_by: Vec<Hop>,
    otherwise: Option<Otherwise>,
}

/// What there would be with the newest of them.
#[derive(Serialize)]
struct Otherwise {
    kind: &'static str,
    lower: Vec<Lower>,
    explanation: Vec<String>,
}

#[derive(Serialize)]
struct Lower {
    registry: String,
    name: String,
    version: String,
    would_be: String,
}

impl Why {
    pub(in crate::cli) fn of(explained: &[Explained<'_>]) -> Why {
        Why { format: "headlock.why/1", releases: explained.iter().map(release).collect() }
    }
}

fn release(Explained { package, chosen, with }: &Explained<'_>) -> WhyRelease {
    let all = |hops: &[explain::Hop]| hops.iter().map(hop).collect();
    let withs = with.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    WhyRelease {
        registry: package.registry.clone(),
        name: package.name.clone(),
        version: package.version.clone(),
        record: package.record,
        path: all(&chosen.path),
        also: all(&chosen.also),
        newer: chosen.newer.iter().zip(withs).map(newer).collect(),
    }
}

fn hop(explain::Hop { by, wanted, to }: &explain::Hop) -> Hop {
    Hop { by: by.as_ref().map(Release::of), wanted: wanted.clone(), to: Release::of(to) }
}

fn newer((newer, with): (&explain::Newer, Option<&With>)) -> Newer {
    let (why, not_accepted_by) = match &newer.why {
        WhyNot::Yanked => ("yanked", Vec::new()),
        WhyNot::Held => ("held", Vec::new()),
        WhyNot::Preferred => ("preferred", Vec::new()),
        WhyNot::NotAccepted(by) => ("not-accepted", by.iter().map(hop).collect()),
        WhyNot::NoAnswer { same_track: true } => ("no-answer", Vec::new()),
        WhyNot::NoAnswer { same_track: false } => ("bound-elsewhere", Vec::new()),
    };
    Newer { versions: newer.versions.clone(), why, not_accepted_by, otherwise: with.map(otherwise) }
}

fn otherwise(with: &With) -> Otherwise {
    let plain = |kind| Otherwise { kind, lower: Vec::new(), explanation: Vec::new() };
    match with {
        With::NoAnswer(lines) => Otherwise { explanation: lines.clone(), ..plain("no-answer") },
        With::OtherTrack => plain("other-track"),
        With::Lower(lower) => {
            let one = |((registry, name, version), would_be): &(explain::Name, String)| Lower {
                registry: registry.clone(),
                name: name.clone(),
                version: version.clone(),
                would_be: would_be.clone(),
            };
            Otherwise { lower: lower.iter().map(one).collect(), ..plain("lower") }
        }
        With::Unknown => plain("unknown"),
    }
}

/// `headlock.why-registry/1`.
#[derive(Serialize)]
pub(in crate::cli) struct WhyRegistry {
    format: &'static str,
    origin: String,
    path: Vec<Step>,
    also: Vec<Record>,
}

#[derive(Serialize)]
struct Step {
    #[serde(flatten)]
    log: Log,
    vouched_by: Option<String>,
    by: &'static str,
    peer_of: Option<Record>,
}

impl WhyRegistry {
    pub(in crate::cli) fn of(graph: &Graph, inputs: &Inputs, origin: &str) -> WhyRegistry {
        let mut path: Vec<Step> = Vec::new();
        let mut before: Option<String> = None;
        for origin in graph.path_to(origin) {
            let Some(log) = graph.log(&origin) else { continue };
            path.push(step(log, before.as_deref(), inputs));
            before = Some(origin);
        }
        let record = |mention: &Mention| Record { origin: mention.by.clone(), record: mention.record };
        let mentions = graph.log(origin).map(|log| log.mentions.as_slice()).unwrap_or_default();
        let also = mentions.iter().skip(1).map(record).collect();
        WhyRegistry { format: "headlock.why-registry/1", origin: origin.to_owned(), path, also }
    }
}

fn step(log: &GraphLog, before: Option<&str>, inputs: &Inputs) -> Step {
    let origin = &log.accepted.head().origin;
    let by = match before {
        Some(_) => "peer",
        None if inputs.dependencies.iter().any(|input| input.registry == *origin) => "dependency",
        None => "override",
    };
    let mention = before.and_then(|before| log.mentions.iter().find(|mention| mention.by == before));
    let peer_of = mention.map(|mention| Record { origin: mention.by.clone(), record: mention.record });
    Step { log: Log::of(&log.accepted, &log.basis), vouched_by: log.vouched_by.clone(), by, peer_of }
}
