//! Making a problem that shows something as small as it can be while it still shows it.

use semver::Version;

use super::problem::{Package, Problem, Release};

/// Takes away part after part as long as `shows` holds of what is left.
pub(crate) fn shrink(problem: &Problem, shows: impl Fn(&Problem) -> bool) -> Problem {
    let mut smallest = problem.clone();
    loop {
        let Some(smaller) = smaller(&smallest).into_iter().find(&shows) else {
            return smallest;
        };
        smallest = smaller;
    }
}

/// The problem without each of its parts, larger parts first.
fn smaller(problem: &Problem) -> Vec<Problem> {
    let mut all = Vec::new();
    for package in problem.packages.keys() {
        all.push(with(problem, |smaller| drop(smaller.packages.remove(package))));
    }
    let releases: Vec<(&Package, &Version)> = problem
        .packages
        .iter()
        .flat_map(|(package, releases)| releases.keys().map(move |version| (package, version)))
        .collect();
    for &(package, version) in &releases {
        all.push(with(problem, |smaller| {
            smaller.packages.get_mut(package).and_then(|releases| releases.remove(version));
        }));
    }
    for root in 0..problem.roots.len() {
        all.push(with(problem, |smaller| drop(smaller.roots.remove(root))));
        all.push(with(problem, |smaller| smaller.roots[root].features.clear()));
    }
    for link in &problem.links {
        all.push(with(problem, |smaller| smaller.links.retain(|other| other != link)));
    }
    for package in problem.overrides.keys() {
        all.push(with(problem, |smaller| drop(smaller.overrides.remove(package))));
    }
    for preferred in &problem.preferences {
        all.push(with(problem, |smaller| smaller.preferences.retain(|other| other != preferred)));
    }
    for &(package, version) in &releases {
        for release in smaller_releases(&problem.packages[package][version]) {
            all.push(with(problem, |smaller| {
                smaller.packages.get_mut(package).and_then(|releases| releases.insert(version.clone(), release));
            }));
        }
    }
    all.retain(|smaller| smaller != problem);
    all
}

fn with(problem: &Problem, change: impl FnOnce(&mut Problem)) -> Problem {
    let mut changed = problem.clone();
    change(&mut changed);
    changed
}

fn smaller_releases(release: &Release) -> Vec<Release> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Release)| {
        let mut changed = release.clone();
        change(&mut changed);
        all.push(changed);
    };
    with(&|smaller| smaller.yanked = false);
    with(&|smaller| smaller.exclusives.clear());
    for place in 0..release.dependencies.len() {
        with(&|smaller| remove_dependency(smaller, place));
        with(&|smaller| smaller.dependencies[place].features.clear());
        with(&|smaller| smaller.dependencies[place].optional = false);
    }
    for (name, feature) in &release.features {
        with(&|smaller| {
            smaller.features.remove(name);
            smaller.features.values_mut().for_each(|other| other.includes.retain(|included| included != name));
        });
        for place in 0..feature.additions.len() {
            with(&|smaller| {
                if let Some(feature) = smaller.features.get_mut(name) {
                    feature.additions.remove(place);
                }
            });
            with(&|smaller| {
                if let Some(feature) = smaller.features.get_mut(name) {
                    feature.additions[place].features.clear();
                }
            });
        }
        for included in &feature.includes {
            with(&|smaller| {
                if let Some(feature) = smaller.features.get_mut(name) {
                    feature.includes.remove(included);
                }
            });
        }
    }
    // A record lists nothing twice.
    all.retain(|smaller| {
        let mut declared = smaller.dependencies.iter().enumerate();
        declared.all(|(place, dependency)| !smaller.dependencies[..place].contains(dependency))
    });
    all
}

fn remove_dependency(release: &mut Release, place: usize) {
    release.dependencies.remove(place);
    for feature in release.features.values_mut() {
        feature.additions.retain(|addition| addition.dependency != place);
        for addition in &mut feature.additions {
            addition.dependency -= usize::from(addition.dependency > place);
        }
    }
}
