//! A solve: rounds between the solver and the registries, until the solver has an outcome.
//!
//! The rounds are a function of inputs, heads and solver alone: whoever replays them gets the same outcome. Nothing here
//! knows what fetches pages or what runs the solver.

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
use crate::manifest::Inputs;
use crate::parallel::{cores, parallel};
use crate::problem::{Catalog, Outcome};
use crate::world;

pub use ahead::AheadPage;

use ahead::Ahead;

/// Runs one solve in a solver.
pub trait Solving {
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

    /// Pages that will probably be asked for, in the order in which they will, proven like any other. They are read while
    /// the solver is busy with others; nothing but time follows from which they are.
    fn ahead(&mut self) -> Vec<AheadPage> {
        Vec::new()
    }
}

/// Most packages that one solve may ask for.
pub const MAX_PACKAGES: usize = 200_000;

/// Most rounds of one solve: how deep dependencies can lie in one another. Real programs take some ten; a solver that asks
/// for one package at a time would take as many as there are packages, and each round looks through all that was told.
pub const MAX_ROUNDS: u32 = 10_000;

/// Most bytes of pages that one solve may ask for.
pub const MAX_PAGE_BYTES: u64 = 4 << 30;

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
    /// The sha256 of the problem.
    pub problem: Digest,
    /// How often it was given more.
    pub rounds: u32,
}

/// Solves the inputs at the heads.
///
/// # Errors
/// What the pages or the solver lead to; could not check: a limit, or an outcome that the checker refuses (the solver
/// is broken or lies, which says nothing about a lock).
pub fn solve(inputs: &Inputs, heads: &[Head], session: &mut dyn Solving, pages: &mut dyn ReadPages) -> Result<Solved> {
    let mut catalog = Catalog::new(inputs.budget);
    for input in &inputs.dependencies {
        let features: Vec<&str> = input.features.iter().map(String::as_str).collect();
        catalog
            .add_root(&input.registry, &input.name, &input.requirement, input.content, &features)
            .map_err(|error| Error::malformed(format!("{} {:?}: {error}", input.name, input.requirement)))?;
    }
    let expected = pages.ahead();
    let ahead = Ahead::new(&expected);
    ahead.while_reading(|| {
        let told = Told { catalog, evidence: Evidence::new(), bytes: 0, ahead: &ahead };
        told.solve(inputs, heads, session, pages)
    })
}

/// What the solver has been told so far.
struct Told<'s, 'a> {
    catalog: Catalog,
    evidence: Evidence,
    /// Bytes of pages.
    bytes: u64,
    ahead: &'s Ahead<'a>,
}

impl Told<'_, '_> {
    fn solve(
        mut self,
        inputs: &Inputs,
        heads: &[Head],
        session: &mut dyn Solving,
        pages: &mut dyn ReadPages,
    ) -> Result<Solved> {
        let mut rounds = 0;
        let mut outcome = session.start(&self.catalog)?;
        loop {
            let check = debug_span!("check");
            let checked = check.in_scope(|| check::check(&self.catalog, &outcome)).map_err(refuse_outcome)?;
            let Outcome::Incomplete(missing) = &outcome else {
                let Told { catalog, evidence, .. } = self;
                let problem = canonical::problem_digest(world::WORLD, inputs, heads, &evidence);
                return Ok(Solved { catalog, checked, evidence, problem, rounds });
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
            by_origin.entry(origin.to_owned()).or_default().push((name.to_owned(), package));
        }
        for (origin, mut wanted) in by_origin {
            wanted.sort();
            let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
            let found = pages.read(&origin, &names)?;
            for page in found.iter().flatten() {
                self.bytes += page.page().bytes().len() as u64;
                if self.bytes > MAX_PAGE_BYTES {
                    let limit = MAX_PAGE_BYTES >> 30;
                    return Err(Error::could_not_check(format!("the solver asked for more than {limit} GiB of pages")));
                }
            }
            self.ahead.help(&origin, names.iter().copied());
            let asked: Vec<Asked<'_>> = wanted
                .iter()
                .zip(found)
                .map(|((name, package), page)| Asked { name, package: *package, page })
                .collect();
            for some in asked.chunks(PAGES_AT_A_TIME) {
                self.add(&origin, some)?;
            }
        }
        Ok(())
    }

    /// Adds packages of one registry. Reading is what costs, and each page is read by itself, perhaps ahead; what they
    /// come to is put together in their order.
    fn add(&mut self, origin: &str, some: &[Asked<'_>]) -> Result<()> {
        let read = parallel(cores(), some, |asked| match &asked.page {
            Some(page) if !self.ahead.has(origin, asked.name, page) => {
                let parse = debug_span!("parse");
                parse.in_scope(|| world::read_page(origin, asked.name, page.page())).map(Some)
            }
            _ => Ok(None),
        })?;
        for (Asked { name, package, page }, read) in some.iter().zip(read) {
            let digest = page.as_ref().map(|page| page.page().digest());
            self.evidence.insert((origin.to_owned(), (*name).to_owned()), digest);
            let part = match (page, read) {
                (None, _) => None,
                (Some(_), Some(part)) => Some(part),
                (Some(page), None) => Some(match self.ahead.take(origin, name) {
                    Some(read) => read?,
                    None => world::read_page(origin, name, page.page())?,
                }),
            };
            let _span = debug_span!("lower").entered();
            match part {
                None => self.catalog.supply_absent(*package),
                Some(part) => self.catalog.supply_part(*package, part),
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
    page: Option<ProvenPage>,
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
    use crate::manifest::Input;

    /// Asks for one package more each time, for ever.
    struct OneByOne(u32);

    impl Solving for OneByOne {
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
        let inputs = Inputs { budget: 1, dependencies: (0..=MAX_ROUNDS).map(input).collect() };
        let error = solve(&inputs, &[], &mut OneByOne(0), &mut Nothing).expect_err("stopped");
        let text = "the solver asked for packages more than 10000 times";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, text));
    }
}
