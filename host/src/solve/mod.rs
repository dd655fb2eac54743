//! A solve: rounds between the solver and the registries, until the solver has an outcome.
//!
//! The rounds are a function of inputs, heads and solver alone: whoever replays them gets the same outcome. Nothing here
//! knows what fetches pages or what runs the solver.

mod agree;
mod ahead;

use std::collections::BTreeMap;
use std::sync::Arc;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::page::HashedPage;
use tracing::debug_span;

use crate::canonical::{self, Evidence};
use crate::check::{self, Checked};
use crate::error::{Error, Result};
use crate::graph::GraphLink;
use crate::inputs::{Inputs, Preference, Replacement};
use crate::maintainers::Maintainers;
use crate::parallel::{cores, parallel};
use crate::problem::{Catalog, Outcome, Part};
use crate::sources::PageEnd;
use crate::world::World;

pub use agree::Agreeing;
pub use ahead::AheadPage;
pub(crate) use ahead::PageFrom;

use ahead::{Ahead, ReadAhead};

/// Runs one solve in a solver.
pub trait Solving {
    /// The world that the solver is for: what it is told is read from pages as that world reads them.
    fn world(&self) -> World;

    /// The contract's `start`, with all that the catalog holds.
    ///
    /// # Errors
    /// Could not check: the solver trapped, reached a limit, or answered nonsense.
    fn start(&mut self, catalog: &Catalog) -> Result<Outcome>;

    /// The contract's `supply`, with what the catalog has got since the last call.
    ///
    /// # Errors
    /// As [`Solving::start`].
    fn supply(&mut self, catalog: &Catalog) -> Result<Outcome>;
}

/// A package's page, proven complete at its log's head.
#[derive(Clone, Debug)]
pub struct ProvenPage {
    page: Arc<HashedPage>,
}

impl ProvenPage {
    /// For whoever has proven it.
    pub(crate) fn new(page: Arc<HashedPage>) -> ProvenPage {
        ProvenPage { page }
    }

    /// The page, to be kept.
    pub(crate) fn shared(&self) -> Arc<HashedPage> {
        Arc::clone(&self.page)
    }

    /// The page. That its records are well-formed and chained is for whoever reads them to find.
    pub fn page(&self) -> &HashedPage {
        &self.page
    }
}

/// Gives packages' pages, or proven absences, at pinned heads.
pub trait ReadPages {
    /// One entry for each name, in the order of the names: the proven page, or nothing for a proven absence.
    ///
    /// # Errors
    /// The answer is no: a proof failed. Could not check: something could not be had.
    fn read(&mut self, origin: &str, names: &[&str]) -> Result<Vec<Option<ProvenPage>>>;

    /// Pages that will probably be asked for, in the order in which they will, each with a digest that the index at the
    /// head commits to. They are read while the solver is busy with others; nothing but time follows from which they are.
    fn ahead(&mut self) -> Vec<AheadPage> {
        Vec::new()
    }

    /// Proves what has not been of the pages that were read ahead and asked for.
    ///
    /// # Errors
    /// As [`ReadPages::read`].
    fn prove(&mut self, ends: &[PageToProve]) -> Result<()>;
}

/// A page that was read ahead and asked for, and whose end the log must have.
#[derive(Clone, Debug)]
pub struct PageToProve {
    pub(crate) origin: String,
    pub(crate) name: String,
    pub(crate) end: PageEnd,
}

/// Most packages that one solve may ask for.
pub const MAX_PACKAGES: usize = 200_000;

/// Most rounds of one solve: how deep dependencies can lie in one another. Real programs take some ten; a solver that asks
/// for one package at a time would take as many as there are packages, and each round looks through all that was told.
pub const MAX_ROUNDS: u32 = 10_000;

/// Most bytes of pages that one solve may ask for.
pub const MAX_PAGE_BYTES: u64 = crate::sources::MAX_PAGE_BYTES;

/// How many pages are held as records at a time: enough to keep every core busy, few enough that what is held stays small
/// beside the pages themselves.
const PAGES_AT_A_TIME: usize = 64;

/// Most releases that one solve may be told of; numbers in the contract have 32 bits.
const MAX_RELEASES: usize = 100_000_000;

/// A solve with a checked outcome.
#[derive(Debug)]
pub struct Solved {
    /// Everything that the solver was told.
    pub catalog: Catalog,
    /// What it answered, checked: an answer, a derivation that there is none, or that the budget ran out.
    pub checked: Checked,
    /// The pages and absences that it asked for.
    pub evidence: Evidence,
    /// The maintainers of the packages that it asked for, by registry and name, of those that have any.
    pub maintainers: BTreeMap<(String, String), Maintainers>,
    /// The sha256 of the problem.
    pub problem: Digest,
    /// How often it was given more.
    pub rounds: u32,
}

/// Solves the inputs at the heads, with the links between their logs.
///
/// # Errors
/// What the pages or the solver lead to; could not check: a limit, or an outcome that the checker refuses (the solver
/// is broken or lies, which says nothing about a lock).
pub fn solve(
    inputs: &Inputs,
    heads: &[Head],
    links: &[GraphLink],
    session: &mut dyn Solving,
    pages: &mut dyn ReadPages,
) -> Result<Solved> {
    let mut catalog = Catalog::new(inputs.budget);
    for input in &inputs.dependencies {
        let features: Vec<&str> = input.features.iter().map(String::as_str).collect();
        catalog
            .add_root(&input.registry, &input.name, &input.requirement, input.content, &features)
            .map_err(|error| Error::malformed(format!("{} {:?}: {error}", input.name, input.requirement)))?;
    }
    for link in links {
        let packages: Option<Vec<&str>> =
            link.packages.as_ref().map(|packages| packages.iter().map(String::as_str).collect());
        catalog.add_link(&link.dependent, &link.dependency, packages.as_deref());
    }
    for replaced in &inputs.overrides {
        if let Replacement::Package { registry, name } = &replaced.by {
            catalog.add_override((&replaced.registry, &replaced.name), (registry, name));
        }
    }
    for Preference { registry, name, version } in &inputs.preferences {
        catalog.add_preference(registry, name, version);
    }
    let world = session.world();
    let expected = pages.ahead();
    let ahead = Ahead::new(world, &expected);
    ahead.while_reading(|| {
        let mut told = Told {
            world,
            inputs,
            catalog,
            evidence: Evidence::new(),
            maintainers: BTreeMap::new(),
            bytes: 0,
            ahead: &ahead,
            unproven: Vec::new(),
        };
        let ended = told.solve(session, pages);
        // Whatever came of it came of these pages, too.
        pages.prove(&told.unproven)?;
        let Told { catalog, evidence, maintainers, .. } = told;
        let (checked, rounds) = ended?;
        let problem = canonical::problem_digest(world.name(), inputs, heads, links, &evidence);
        Ok(Solved { catalog, checked, evidence, maintainers, problem, rounds })
    })
}

/// What the solver has been told so far.
struct Told<'s, 'a> {
    world: World,
    inputs: &'s Inputs,
    catalog: Catalog,
    evidence: Evidence,
    maintainers: BTreeMap<(String, String), Maintainers>,
    /// Bytes of pages.
    bytes: u64,
    ahead: &'s Ahead<'a>,
    /// Pages that were read ahead and asked for, and are not yet proven.
    unproven: Vec<PageToProve>,
}

impl Told<'_, '_> {
    /// The checked outcome, and how many rounds it took.
    fn solve(&mut self, session: &mut dyn Solving, pages: &mut dyn ReadPages) -> Result<(Checked, u32)> {
        let mut rounds = 0;
        let mut outcome = session.start(&self.catalog)?;
        loop {
            let check = debug_span!("check");
            let checked = check.in_scope(|| check::check(&self.catalog, &outcome)).map_err(refuse_outcome)?;
            let Outcome::Incomplete(missing) = &outcome else {
                return Ok((checked, rounds));
            };
            if rounds == MAX_ROUNDS {
                return Err(Error::could_not_check(format!(
                    "the solver asked for packages more than {MAX_ROUNDS} times"
                )));
            }
            rounds += 1;
            if self.evidence.len() + missing.len() > MAX_PACKAGES {
                return Err(Error::could_not_check(format!("the solver asked for more than {MAX_PACKAGES} packages")));
            }
            self.supply(missing, pages)?;
            tracing::debug!(rounds, asked = missing.len(), releases = self.catalog.releases.len(), "supplied");
            outcome = session.supply(&self.catalog)?;
        }
    }

    /// Adds the packages to the catalog.
    fn supply(&mut self, missing: &[u32], pages: &mut dyn ReadPages) -> Result<()> {
        let mut by_origin: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
        for &package in missing {
            let (origin, name) = self.catalog.package_key(package);
            if let Some(local) = self.inputs.local(origin, name) {
                // Its registry is not asked: what is in it says nothing of this one.
                let part = self.world.local_part(origin, name, local)?;
                self.catalog.supply_part(package, part);
                continue;
            }
            by_origin.entry(origin.to_owned()).or_default().push((name.to_owned(), package));
        }
        for (origin, mut wanted) in by_origin {
            wanted.sort();
            self.ahead.help(&origin, wanted.iter().map(|(name, _)| name.as_str()));
            let ahead: Vec<Option<ReadAhead>> = wanted.iter().map(|(name, _)| self.ahead.take(&origin, name)).collect();
            let absent = |(_, read): &(&(String, u32), &Option<ReadAhead>)| read.is_none();
            let names: Vec<&str> =
                wanted.iter().zip(&ahead).filter(absent).map(|((name, _), _)| name.as_str()).collect();
            let mut found = pages.read(&origin, &names)?.into_iter();
            let asked: Vec<Asked<'_>> = wanted
                .iter()
                .zip(ahead)
                .map(|((name, package), read)| {
                    let page = match read {
                        Some(read) => Page::Ahead(Box::new(read)),
                        None => found.next().flatten().map_or(Page::Absent, Page::Proven),
                    };
                    Asked { name, package: *package, page }
                })
                .collect();
            for asked in &asked {
                self.bytes += asked.length();
                if self.bytes > MAX_PAGE_BYTES {
                    let limit = MAX_PAGE_BYTES >> 30;
                    return Err(Error::could_not_check(format!("the solver asked for more than {limit} GiB of pages")));
                }
            }
            let mut asked = asked.into_iter();
            loop {
                let some: Vec<Asked<'_>> = asked.by_ref().take(PAGES_AT_A_TIME).collect();
                if some.is_empty() {
                    break;
                }
                self.add(&origin, some)?;
            }
        }
        Ok(())
    }

    /// Adds packages of one registry. Reading is what costs, and each page is read by itself; what they come to is put
    /// together in their order.
    fn add(&mut self, origin: &str, some: Vec<Asked<'_>>) -> Result<()> {
        let world = self.world;
        let read = parallel(cores(), &some, |asked| match &asked.page {
            Page::Proven(page) => {
                let parse = debug_span!("parse");
                parse.in_scope(|| world.read_page(origin, asked.name, page.page())).map(Some)
            }
            Page::Ahead(_) | Page::Absent => Ok(None),
        })?;
        for (Asked { name, package, page }, read) in some.into_iter().zip(read) {
            let (digest, part): (Option<Digest>, Option<Part>) = match page {
                Page::Absent => (None, None),
                Page::Proven(page) => (Some(page.page().digest()), read),
                Page::Ahead(read) => {
                    let (origin, name) = (origin.to_owned(), name.to_owned());
                    self.unproven.extend(read.end.map(|end| PageToProve { origin, name, end }));
                    (Some(read.digest), Some(read.part))
                }
            };
            let key = (origin.to_owned(), name.to_owned());
            if let Some(maintainers) = part.as_ref().and_then(Part::maintainers) {
                self.maintainers.insert(key.clone(), maintainers.clone());
            }
            self.evidence.insert(key, digest);
            let _span = debug_span!("lower").entered();
            match part {
                None => self.catalog.supply_absent(package),
                Some(part) => self.catalog.supply_part(package, part),
            }
            if self.catalog.releases.len() > MAX_RELEASES {
                return Err(Error::could_not_check(format!("the solver asked for more than {MAX_RELEASES} releases")));
            }
        }
        Ok(())
    }
}

/// A package that the solver asked for.
struct Asked<'n> {
    name: &'n str,
    package: u32,
    page: Page,
}

/// What there is of a package.
enum Page {
    Absent,
    Proven(ProvenPage),
    Ahead(Box<ReadAhead>),
}

impl Asked<'_> {
    /// How many bytes its page has.
    fn length(&self) -> u64 {
        match &self.page {
            Page::Absent => 0,
            Page::Proven(page) => page.page().bytes().len() as u64,
            Page::Ahead(read) => read.length,
        }
    }
}

/// An outcome that fails the check says that the solver is broken or lies, never that a lock is right or wrong.
fn refuse_outcome(fault: check::Fault) -> Error {
    Error::could_not_check(format!("the solver's outcome does not hold: {fault}"))
        .hint("this is a defect of the solver component, not of the lock; please report it with the lock's inputs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::inputs::Input;

    /// Asks for one package more each time, for ever.
    struct OneByOne(u32);

    impl Solving for OneByOne {
        fn world(&self) -> World {
            World::V0_1_0
        }

        fn start(&mut self, _: &Catalog) -> Result<Outcome> {
            Ok(Outcome::Incomplete(vec![0]))
        }

        fn supply(&mut self, _: &Catalog) -> Result<Outcome> {
            self.0 += 1;
            Ok(Outcome::Incomplete(vec![self.0]))
        }
    }

    /// Proves that there is nothing.
    struct Nothing;

    impl ReadPages for Nothing {
        fn read(&mut self, _: &str, names: &[&str]) -> Result<Vec<Option<ProvenPage>>> {
            Ok(vec![None; names.len()])
        }

        fn prove(&mut self, _: &[PageToProve]) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_solver_that_asks_for_ever_is_stopped() {
        let input = |number| Input {
            registry: "registry.example".to_owned(),
            name: format!("ns:n{number:05}"),
            requirement: "*".to_owned(),
            content: None,
            features: Vec::new(),
        };
        let dependencies = (0..=MAX_ROUNDS).map(input).collect();
        let inputs = Inputs { budget: 1, dependencies, ..Inputs::default() };
        let error = solve(&inputs, &[], &[], &mut OneByOne(0), &mut Nothing).expect_err("stopped");
        let text = "the solver asked for packages more than 10000 times";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, text));
    }
}
