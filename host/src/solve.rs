//! A solve: rounds between the solver and the registries, until the solver has an outcome.
//!
//! The rounds are a function of inputs, heads and solver alone: whoever replays them gets the same outcome. Nothing here
//! knows what fetches pages or what runs the solver.

use std::collections::BTreeMap;
use std::sync::Arc;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;

use crate::canonical::{self, Evidence};
use crate::check::{self, Checked};
use crate::error::{Error, Result};
use crate::manifest::Inputs;
use crate::problem::{Catalog, Outcome};
use crate::world;

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
    /// The page's sha256.
    pub digest: Digest,
    /// The page.
    pub bytes: Arc<Vec<u8>>,
}

/// Gives packages' pages, or proven absences, at pinned heads.
pub trait ReadPages {
    /// One entry for each name, in the order of the names: the proven page, or nothing for a proven absence.
    ///
    /// # Errors
    /// The answer is no: a proof failed. Could not check: something could not be had.
    fn read(&mut self, origin: &str, names: &[&str]) -> Result<Vec<Option<ProvenPage>>>;
}

/// Most packages that one solve may ask for.
pub const MAX_PACKAGES: usize = 200_000;

/// Most bytes of pages that one solve may ask for.
pub const MAX_PAGE_BYTES: u64 = 4 << 30;

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
    let mut evidence = Evidence::new();
    let mut bytes = 0_u64;
    let mut rounds = 0;
    let mut outcome = session.start(&catalog)?;
    loop {
        let checked = check::check(&catalog, &outcome).map_err(refuse_outcome)?;
        let Outcome::Incomplete(missing) = &outcome else {
            let problem = canonical::problem_digest(world::WORLD, inputs, heads, &evidence);
            return Ok(Solved { catalog, checked, evidence, problem, rounds });
        };
        rounds += 1;
        if evidence.len() + missing.len() > MAX_PACKAGES {
            return Err(Error::could_not_check(format!("the solver asked for more than {MAX_PACKAGES} packages")));
        }
        supply(&mut catalog, missing, pages, &mut evidence, &mut bytes)?;
        tracing::debug!(rounds, asked = missing.len(), releases = catalog.releases.len(), "supplied");
        outcome = session.supply(&catalog)?;
    }
}

fn supply(
    catalog: &mut Catalog,
    missing: &[u32],
    pages: &mut dyn ReadPages,
    evidence: &mut Evidence,
    bytes: &mut u64,
) -> Result<()> {
    let mut by_origin: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    for &package in missing {
        let (origin, name) = catalog.package_key(package);
        by_origin.entry(origin.to_owned()).or_default().push((name.to_owned(), package));
    }
    for (origin, mut wanted) in by_origin {
        wanted.sort();
        let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
        let found = pages.read(&origin, &names)?;
        for ((name, package), page) in wanted.iter().zip(found) {
            evidence.insert((origin.clone(), name.clone()), page.as_ref().map(|page| page.digest));
            let Some(page) = page else {
                catalog.supply_absent(*package);
                continue;
            };
            *bytes += page.bytes.len() as u64;
            if *bytes > MAX_PAGE_BYTES {
                let limit = MAX_PAGE_BYTES >> 30;
                return Err(Error::could_not_check(format!("the solver asked for more than {limit} GiB of pages")));
            }
            world::supply_page(catalog, *package, &page.bytes)?;
            if catalog.releases.len() > MAX_RELEASES {
                return Err(Error::could_not_check(format!("the solver asked for more than {MAX_RELEASES} releases")));
            }
        }
    }
    Ok(())
}

/// An outcome that fails the check says that the solver is broken or lies, never that a lock is right or wrong.
fn refuse_outcome(fault: check::Fault) -> Error {
    Error::could_not_check(format!("the solver's outcome does not hold: {fault}"))
        .hint("this is a defect of the solver component, not of the lock; please report it with the lock's inputs")
}
