//! PubGrub's own large problems, by its own provider and through the solver.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use headlock::problem::{Catalog, Outcome, ReleaseParts};
use headlock::solve::Solving;
use headlock_log::digest::Digest;
use headlock_log::record::{Dependency, Release};
use pubgrub::{OfflineDependencyProvider, Ranges, resolve};
use semver::Version;

use super::engines::Timed;
use super::native::Native;
use crate::report::{Section, count, milliseconds, ratio};

/// Packages, their versions, and for each dependency of a version the first accepted version and the first that is not.
type Problem = BTreeMap<u32, BTreeMap<u32, BTreeMap<u32, (u32, Option<u32>)>>>;

/// Where PubGrub's repository has it.
const FILE: &str = "test-examples/large_case_u16_NumberVersion.ron";

pub(crate) fn compared(folder: Option<&Path>) -> Result<Section> {
    let columns = ["", "problems", "solved", "PubGrub's provider", "through the solver", "solver / PubGrub"]
        .map(str::to_owned)
        .to_vec();
    let about = "Every version of every package of the one large problem in PubGrub's repository is solved for. PubGrub is asked \
                 by the provider that comes with it, in memory; the solver natively, from being told the first package to the \
                 answer, proven to be the highest. Version `n` is `1.n.0`, so that a package has one track as PubGrub has it."
        .to_owned();
    let title = "PubGrub's large problem";
    let Some(folder) = folder else {
        let notes = vec!["SKIPPED: `--large-cases DIR` names a copy of PubGrub's repository.".to_owned()];
        return Ok(Section { title, about, columns, rows: Vec::new(), notes });
    };
    let problem = parse(&fs::read_to_string(folder.join(FILE))?)?;
    let mut provider = OfflineDependencyProvider::<u32, Ranges<u32>>::new();
    for (package, versions) in &problem {
        for (version, dependencies) in versions {
            let range = |&(first, end): &(u32, Option<u32>)| match end {
                Some(end) => Ranges::between(first, end),
                None => Ranges::higher_than(first),
            };
            provider.add_dependencies(*package, *version, dependencies.iter().map(|(to, range_)| (*to, range(range_))));
        }
    }
    let texts = Texts::new(&problem)?;
    let (mut problems, mut solved, mut theirs, mut ours) = (0, 0, 0.0, 0.0);
    for (package, versions) in &problem {
        for version in versions.keys() {
            let began = Instant::now();
            let found = resolve(&provider, *package, *version).is_ok();
            theirs += began.elapsed().as_secs_f64();
            let (also, time) = solve(&texts, *package, *version)?;
            ours += time;
            ensure!(found == also, "package {package}, version {version}: PubGrub {found}, the solver {also}");
            problems += 1;
            solved += u64::from(found);
        }
    }
    let row = vec![
        "all".to_owned(),
        count(problems),
        count(solved),
        milliseconds(theirs),
        milliseconds(ours),
        ratio(ours / theirs),
    ];
    let notes = vec![
        "The solver reads names, versions and requirements as text, numbers them, and asks PubGrub again wherever a binding \
         is not to its highest candidate; PubGrub's provider is told numbers, and any answer will do."
            .to_owned(),
    ];
    Ok(Section { title, about, columns, rows: vec![row], notes })
}

/// The problem in the solver's words.
struct Texts {
    names: BTreeMap<u32, String>,
    versions: BTreeMap<u32, Vec<Text>>,
}

/// A version, as a value and as text, and for each dependency the package's name and the range.
type Text = (Version, String, Vec<(String, String)>);

impl Texts {
    fn new(problem: &Problem) -> Result<Texts> {
        let mut names = BTreeMap::new();
        for (package, versions) in problem {
            names.insert(*package, format!("large:p{package}"));
            for to in versions.values().flat_map(BTreeMap::keys) {
                names.insert(*to, format!("large:p{to}"));
            }
        }
        let mut texts = Texts { names, versions: BTreeMap::new() };
        for (package, versions) in problem {
            let mut list = Vec::new();
            for (version, dependencies) in versions {
                let text = format!("1.{version}.0");
                let dependencies = dependencies.iter().map(|(to, (first, end))| {
                    let mut range = format!(">=1.{first}.0");
                    if let Some(end) = end {
                        let _ = write!(range, ", <1.{end}.0");
                    }
                    (texts.names[to].clone(), range)
                });
                list.push((Version::parse(&text)?, text.clone(), dependencies.collect()));
            }
            texts.versions.insert(*package, list);
        }
        Ok(texts)
    }
}

/// Whether there is an answer, and the seconds that the solver took.
fn solve(texts: &Texts, package: u32, version: u32) -> Result<(bool, f64)> {
    let mut catalog = Catalog::new(u64::from(u32::MAX));
    catalog.add_root("bench.example", &texts.names[&package], &format!("=1.{version}.0"), None, &[])?;
    let numbers: BTreeMap<&str, u32> = texts.names.iter().map(|(number, name)| (name.as_str(), *number)).collect();
    let mut session = Timed::new(Native::new());
    let mut outcome = session.start(&catalog)?;
    while let Outcome::Incomplete(missing) = &outcome {
        for &number in missing {
            let name = catalog.package_key(number).1.to_owned();
            let package = *numbers.get(name.as_str()).context("a package that is not there")?;
            let Some(versions) = texts.versions.get(&package) else {
                catalog.supply_absent(number);
                continue;
            };
            let records: Vec<Release<'_>> = versions
                .iter()
                .map(|(_, version, dependencies)| Release {
                    dependencies: dependencies
                        .iter()
                        .map(|(package, requirement)| {
                            let (content, features) = (None, Vec::new());
                            Dependency { registry: None, package, requirement, content, optional: false, features }
                        })
                        .map(Arc::new)
                        .collect(),
                    ..Release::new(&name, version, Digest([0; 32]))
                })
                .collect();
            let parts: Vec<ReleaseParts<'_>> = records
                .iter()
                .zip(versions)
                .map(|(record, (version, _, _))| ReleaseParts { record, version, yanked: false, place: 0 })
                .collect();
            catalog.supply(number, &parts)?;
        }
        outcome = session.supply(&catalog)?;
    }
    match outcome {
        Outcome::Solved(_) => Ok((true, session.seconds())),
        Outcome::Unsolvable(_) => Ok((false, session.seconds())),
        Outcome::Incomplete(_) | Outcome::Exhausted => anyhow::bail!("no outcome for {package} {version}"),
    }
}

/// Reads PubGrub's file: nested maps of numbers, in Rust's notation, with one range for each dependency.
fn parse(text: &str) -> Result<Problem> {
    let mut numbers = text
        .split(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '{' | '}'))
        .flat_map(|piece| piece.split_inclusive(['{', '}']))
        .flat_map(|piece| match piece.strip_suffix(['{', '}']) {
            Some(before) => [before, &piece[before.len()..]],
            None => [piece, ""],
        })
        .filter(|piece| !piece.is_empty())
        .peekable();
    let mut problem = Problem::new();
    let mut path: Vec<u32> = Vec::new();
    let mut depth = 0;
    while let Some(token) = numbers.next() {
        match token {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                path.truncate(depth.max(1) - 1);
            }
            "Some" | "None" => anyhow::bail!("{FILE}: expected a number, found {token}"),
            number => {
                let number: u32 = number.parse().with_context(|| format!("{FILE}: {number:?}"))?;
                path.truncate(depth - 1);
                path.push(number);
                match *path.as_slice() {
                    [package] => drop(problem.entry(package).or_default()),
                    [package, version] => {
                        problem.entry(package).or_default().entry(version).or_default();
                    }
                    [package, version, dependency] => {
                        let first = numbers.next().context("expected a range")?.parse()?;
                        let end = match numbers.next() {
                            Some("Some") => Some(numbers.next().context("expected a number")?.parse()?),
                            _ => None,
                        };
                        let versions = problem.entry(package).or_default();
                        let twice = versions.entry(version).or_default().insert(dependency, (first, end));
                        ensure!(twice.is_none(), "{FILE}: {dependency} twice");
                    }
                    _ => anyhow::bail!("{FILE}: expected three levels of maps"),
                }
            }
        }
    }
    ensure!(!problem.is_empty(), "{FILE}: expected problems, found none");
    Ok(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_maps_of_numbers() -> Result<()> {
        let text = "{\n  0: { 3: { 13: [ (10, Some(13)), ], 96: [(0, None),], }, 4: {}, },\n  13: { 10: {}, },\n}";
        let problem = parse(text)?;
        let first = BTreeMap::from([(13, (10, Some(13))), (96, (0, None))]);
        assert_eq!(problem[&0], BTreeMap::from([(3, first), (4, BTreeMap::new())]));
        assert_eq!(problem[&13], BTreeMap::from([(10, BTreeMap::new())]));
        assert!(parse("{}").is_err());
        Ok(())
    }
}
