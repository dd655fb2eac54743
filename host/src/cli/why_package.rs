//! `headlock why PACKAGE`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use headlock_log::name::in_ascii;

use super::json::why::Why;
use super::named::named;
use super::output::Output;
use super::session::{self, Place, SolverChoice};
use super::words::count;
use crate::bundle::Bundle;
use crate::check::Checked;
use crate::derive::unusable;
use crate::engine::Solver;
use crate::error::{Error, ErrorKind, Result};
use crate::explain::{self, Chosen, Hop, Name, Newer, WhyNot};
use crate::graph::{self, Graph};
use crate::inputs::{Input, Inputs};
use crate::lock::{Links, Lock, LockedPackage, SolverId};
use crate::pages::Pages;
use crate::solve::Solved;
use crate::solvers::{Judging, refuse_unknown};
use crate::sources::{Access, Network};
use crate::trust::Trust;
use crate::verify::Stated;

/// Most lines of what else needs a release.
const MAX_ALSO: usize = 5;

/// Most lines of why there is no answer with a release.
const MAX_EXPLAINED: usize = 8;

/// Most reasons why newer releases are not in the place of one.
const MAX_REASONS: usize = 8;

/// Most dependencies that are named as not accepting a release, and most releases that would be lower.
const MAX_NAMED: usize = 3;

/// What says why a release is in the lock.
pub(super) struct Asking<'a> {
    pub(super) place: &'a Place,
    pub(super) output: Output,
    pub(super) trust: Option<&'a Path>,
    pub(super) bundle: Option<&'a Path>,
    pub(super) solver: &'a SolverChoice,
}

impl Asking<'_> {
    /// Says why the releases that are meant are in the lock. Where the registries cannot be read, what the lock alone says.
    ///
    /// # Errors
    /// As named, or as deriving the lock; could not check: the registries cannot be read.
    pub(super) fn run(&self, spec: &str) -> Result<()> {
        let lock = self.place.shown_lock(self.output)?;
        let links = Links::of(&lock)?;
        let meant = named(&links, spec)?;
        let derived = match self.derive(&lock) {
            Ok(derived) => derived,
            Err(error) if error.kind() == ErrorKind::CouldNotCheck => {
                let lines: Vec<String> = meant.iter().flat_map(|&place| by_lock(&links, place)).collect();
                self.output.results(&lines)?;
                let hint = error.hint_text().map(str::to_owned);
                let what =
                    "what binds it, and which newer releases there are, is in the registries, which could not be read";
                let error = Error::could_not_check(what).because(error);
                return Err(match hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                });
            }
            Err(error) => return Err(error),
        };
        same_releases(&links, &derived.solved)?;
        let explain = |place| self.explain(&lock, &links, place, &derived);
        let explained = meant.into_iter().map(explain).collect::<Result<Vec<Explained<'_>>>>()?;
        let teller = Teller::new(&links);
        let lines: Vec<String> = explained.iter().flat_map(|explained| explained.lines(&teller)).collect();
        self.output.report(&lines, || Why::of(&explained))
    }

    /// Solves again what the lock was made from.
    fn derive(&self, lock: &Lock) -> Result<Again> {
        let place = self.place;
        let trust = place.trust(self.trust)?;
        let access = match self.bundle {
            None => place.access().clone(),
            Some(path) => {
                let bundle = Some(Arc::new(Bundle::open(&place.path(path))?));
                Access { network: Network::Offline, bundle, ..Access::default() }
            }
        };
        let claim = &lock.claim.solver;
        let accept = self.solver.accepted();
        refuse_unknown(claim, &trust, accept)?;
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust, &access)?;
        let (mut trust, mut pages): (Trust, Pages) = (trust.clone(), Pages::new(&access));
        let graph = graph::resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        stated.check_all_used(&place.lock_path())?;
        let seen = place.seen();
        let judging = Judging { access: &access, trust: &trust, seen: seen.as_ref(), accept };
        let judged = judging.judge(claim, &lock.cosignatures, &graph, &mut pages)?;
        let solver = self.solver.for_claim(place, &access, claim, &judged.places)?;
        if !claim.is_of(&solver) {
            let (found, expected) = (claim.describe(), SolverId::of(&solver).describe());
            return Err(Error::no(format!("the lock names its solver {found}, and the component is {expected}")));
        }
        pages.expect(&lock.derived);
        let choice = self.solver.in_one_engine();
        let inputs = &lock.claim.inputs;
        let solved = session::solve_in_each(place, &solver, &choice, inputs, &graph, &mut pages, self.output)?;
        Ok(Again { solver, graph, pages: pages.into(), solved })
    }

    fn explain<'l>(&self, lock: &Lock, links: &Links<'l>, place: usize, again: &Again) -> Result<Explained<'l>> {
        let package = &links.packages[place];
        let name = release_name(package);
        let Checked::Solved(answer) = &again.solved.checked else { return Err(another(&name)) };
        let chosen = explain::chosen(&again.solved.catalog, answer, &name).ok_or_else(|| another(&name))?;
        let mut with = Vec::new();
        for newer in chosen.newer.iter().take(MAX_REASONS) {
            with.push(match (&newer.why, newer.versions.first()) {
                (WhyNot::NoAnswer { same_track: true }, Some(version)) => self.with(lock, &name, version, again)?,
                _ => None,
            });
        }
        Ok(Explained { package, chosen, with })
    }

    /// What there would be with another version.
    fn with(&self, lock: &Lock, (registry, name, _): &Name, version: &str, again: &Again) -> Result<Option<With>> {
        let mut inputs: Inputs = lock.claim.inputs.clone();
        let requirement = format!("={version}");
        inputs.dependencies.push(Input {
            registry: registry.clone(),
            name: name.clone(),
            requirement: requirement.split('+').next().unwrap_or_default().to_owned(),
            content: None,
            features: Vec::new(),
        });
        let choice = self.solver.in_one_engine();
        let mut pages = again.pages.borrow_mut();
        let solved =
            session::solve_in_each(self.place, &again.solver, &choice, &inputs, &again.graph, &mut pages, self.output)?;
        let Checked::Solved(before) = &again.solved.checked else { return Ok(None) };
        Ok(Some(match &solved.checked {
            Checked::Unsolvable(derivation) => {
                let mut lines = explain::explain(&solved.catalog, derivation, MAX_EXPLAINED);
                lines.extend(again.graph.unusable.iter().take(MAX_EXPLAINED).map(unusable));
                With::NoAnswer(lines)
            }
            Checked::Solved(after) => {
                let lowered = explain::lowered((&again.solved.catalog, before), (&solved.catalog, after));
                if lowered.is_empty() { With::OtherTrack } else { With::Lower(lowered) }
            }
            Checked::Incomplete | Checked::Exhausted => With::Unknown,
        }))
    }
}

/// Why a release is in the lock.
pub(super) struct Explained<'l> {
    pub(super) package: &'l LockedPackage,
    pub(super) chosen: Chosen,
    /// Of each of the first newer ones, what there would be with it, where that was tried.
    pub(super) with: Vec<Option<With>>,
}

/// What there would be with a newer release.
pub(super) enum With {
    /// No answer, for these reasons.
    NoAnswer(Vec<String>),
    /// What ranks before would be bound to another track.
    OtherTrack,
    /// These would be lower, each with its version then.
    Lower(Vec<(Name, String)>),
    /// The solver did not find out.
    Unknown,
}

impl Explained<'_> {
    fn lines(&self, teller: &Teller) -> Vec<String> {
        let Explained { package, chosen, with } = self;
        let mut lines = vec![teller.full(&release_name(package))];
        lines.extend(chosen.path.iter().map(|hop| format!("  {}", teller.hop(hop))));
        let also = chosen.also.len();
        lines.extend(chosen.also.iter().take(MAX_ALSO).map(|hop| format!("  also {}", teller.wanting(hop))));
        if also > MAX_ALSO {
            lines.push(format!("  and {} more", also - MAX_ALSO));
        }
        if chosen.newer.is_empty() && package.record.is_some() {
            lines.push("  at the lock's head its log has no newer release".to_owned());
        }
        for (newer, with) in chosen.newer.iter().zip(with) {
            lines.push(format!("  not {}: {}", versions(newer), teller.why(newer)));
            lines.extend(with.iter().flat_map(With::lines));
        }
        let more: usize = chosen.newer.iter().skip(MAX_REASONS).map(|newer| newer.versions.len()).sum();
        if more > 0 {
            lines.push(format!("  and {} more that are newer", count(more as u64, "release")));
        }
        lines.iter().map(|line| in_ascii(line)).collect()
    }
}

impl With {
    fn lines(&self) -> Vec<String> {
        match self {
            With::NoAnswer(lines) => lines.iter().map(|line| format!("    {line}")).collect(),
            With::OtherTrack => {
                vec!["    with it something that ranks before would be bound to another track".to_owned()]
            }
            With::Lower(lowered) => {
                let all = lowered.len();
                let lines = lowered
                    .iter()
                    .take(MAX_NAMED)
                    .map(|((_, name, before), after)| format!("    with it {name} would be {after}, not {before}"));
                let mut lines: Vec<String> = lines.collect();
                if all > MAX_NAMED {
                    lines.push(format!("    and {} more would be lower", count((all - MAX_NAMED) as u64, "release")));
                }
                lines
            }
            With::Unknown => {
                vec!["    whether there is an answer with it the solver did not find out within its budget".to_owned()]
            }
        }
    }
}

/// A lock solved again, and what it takes to do so once more.
struct Again {
    solver: Solver,
    graph: Graph,
    pages: std::cell::RefCell<Pages>,
    solved: Solved,
}

/// The lock holds the releases that its inputs lead to, and no others, and says where their records are.
fn same_releases(links: &Links<'_>, solved: &Solved) -> Result<()> {
    let Checked::Solved(answer) = &solved.checked else { return Ok(()) };
    let found: BTreeSet<Name> = links.packages.iter().map(release_name).collect();
    let of_answer = answer.releases().iter().map(|chosen| explain::name(&solved.catalog, chosen.release));
    let expected: BTreeSet<Name> = of_answer.collect();
    // What the lock has and should not is said before what it lacks.
    let stray = found.difference(&expected).next();
    if let Some(stray) = stray {
        return Err(another(stray));
    }
    if let Some((_, name, version)) = expected.difference(&found).next() {
        return Err(Error::no(format!("the lock does not hold {name} {version}, to which its inputs lead"))
            .hint("`headlock verify` tells what differs"));
    }
    let places: BTreeMap<Name, u64> = answer
        .releases()
        .iter()
        .map(|chosen| {
            (explain::name(&solved.catalog, chosen.release), solved.catalog.releases[chosen.release as usize].place)
        })
        .collect();
    for package in links.packages.iter() {
        if let (Some(stated), Some(&place)) = (package.record, places.get(&release_name(package)))
            && stated != place
        {
            let LockedPackage { name, version, .. } = package;
            let what = format!("the lock has {name} {version} in record {stated}, and it is in record {place}");
            return Err(Error::no(what).hint("`headlock verify` tells what differs"));
        }
    }
    Ok(())
}

fn release_name(package: &LockedPackage) -> Name {
    (package.registry.clone(), package.name.clone(), package.version.clone())
}

fn another((_, name, version): &Name) -> Error {
    Error::no(format!("the lock holds {name} {version}, and what it was made from does not lead there"))
        .hint("`headlock verify` tells what differs")
}

/// Says of names what the lock knows of them.
struct Teller {
    records: BTreeMap<Name, Option<u64>>,
    several: bool,
}

impl Teller {
    fn new(links: &Links<'_>) -> Teller {
        let records: BTreeMap<Name, Option<u64>> =
            links.packages.iter().map(|package| (release_name(package), package.record)).collect();
        let several = links.packages.iter().any(|package| package.registry != links.packages[0].registry);
        Teller { records, several }
    }

    /// `my:app 1.0.0 (record 7 of registry.example)`
    fn full(&self, name: &Name) -> String {
        let (registry, package, version) = name;
        match self.records.get(name) {
            Some(Some(record)) => format!("{package} {version} (record {record} of {registry})"),
            Some(None) => format!("{package} {version} (local)"),
            None => format!("{package} {version} of {registry}"),
        }
    }

    /// As [`Teller::full`], without the registry where there is but one.
    fn short(&self, name: &Name) -> String {
        let (_, package, version) = name;
        match self.records.get(name) {
            Some(Some(record)) if !self.several => format!("{package} {version} (record {record})"),
            _ => self.full(name),
        }
    }

    fn hop(&self, Hop { by, wanted, to }: &Hop) -> String {
        let by = by.as_ref().map_or("the manifest asks for".to_owned(), |by| format!("{} needs", self.short(by)));
        format!("{by} {wanted}, which is {}", to.2)
    }

    fn wanting(&self, Hop { by, wanted, .. }: &Hop) -> String {
        match by {
            None => format!("the manifest asks for {wanted}"),
            Some(by) => format!("{} needs {wanted}", self.short(by)),
        }
    }

    fn why(&self, newer: &Newer) -> String {
        match &newer.why {
            WhyNot::Yanked => "yanked".to_owned(),
            WhyNot::Held => "in the lock, too, for others".to_owned(),
            WhyNot::Preferred => {
                "the lock prefers this one, which an update asked for, or kept while it moved others".to_owned()
            }
            WhyNot::NotAccepted(by) => {
                let mut named: Vec<String> = by.iter().take(MAX_NAMED).map(|hop| self.wanting(hop)).collect();
                if by.len() > MAX_NAMED {
                    named.push(format!("{} more do not accept it", by.len() - MAX_NAMED));
                }
                named.join("; ")
            }
            WhyNot::NoAnswer { same_track: true } => "no answer holds it and all that ranks before it".to_owned(),
            WhyNot::NoAnswer { same_track: false } => {
                "no answer binds this to it and all that ranks before as it is".to_owned()
            }
        }
    }
}

/// `2.0.0`, or `2.0.0 and 3 more, down to 1.2.0`
fn versions(newer: &Newer) -> String {
    match newer.versions.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [newest, other] => format!("{newest} and {other}"),
        [newest, between @ .., oldest] => format!("{newest} and {} more, down to {oldest}", between.len() + 1),
    }
}

/// The shortest way to a release from the consumer, as the lock alone has it.
fn by_lock(links: &Links<'_>, place: usize) -> Vec<String> {
    let mut before: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for &root in &links.roots {
        before.entry(root).or_insert_with(|| {
            queue.push_back(root);
            None
        });
    }
    while let Some(from) = queue.pop_front() {
        for &to in &links.needs[from] {
            before.entry(to).or_insert_with(|| {
                queue.push_back(to);
                Some(from)
            });
        }
    }
    let teller = Teller::new(links);
    let name = |place: usize| release_name(&links.packages[place]);
    let mut path = Vec::new();
    let mut next = Some(place);
    while let Some(to) = next {
        let by = before.get(&to).copied().flatten();
        path.push(match (by, before.contains_key(&to)) {
            (Some(by), _) => format!("  {} needs {}", teller.short(&name(by)), links.packages[to].name),
            (None, true) => format!("  the manifest asks for {}", links.packages[to].name),
            (None, false) => "  nothing in the lock leads to it".to_owned(),
        });
        next = by;
    }
    path.push(teller.full(&name(place)));
    path.reverse();
    path.iter().map(|line| in_ascii(line)).collect()
}
