//! What an answer becomes when one thing in it is changed.

use headlock::problem::{Answer, Binding, Catalog, Ceiling, Chosen, Derivation, State};

use crate::oracle::random::Random;

use super::forgeries;

/// One past every number that there is.
pub(super) const NONE: u32 = 1 << 30;

/// Changes one thing at a time.
pub(super) struct Mutants<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) random: Random,
    /// Most places at which each change is made; where there are more, some are drawn.
    pub(super) most: usize,
}

impl Mutants<'_> {
    /// Of `count` places all, or as many as are made.
    pub(super) fn places(&mut self, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..count).collect();
        self.random.shuffle(&mut places);
        places.truncate(self.most);
        places
    }

    /// Answers that differ from this one in what they hold, or in the order in which they hold it.
    pub(super) fn answers(&mut self, right: &Answer, judge: &mut dyn FnMut(&'static str, Answer)) {
        let mut with = |what, change: &dyn Fn(&mut Answer)| {
            let mut mutant = right.clone();
            change(&mut mutant);
            judge(what, mutant);
        };
        for place in self.places(right.releases.len()) {
            let chosen = &right.releases[place];
            let own = chosen.release;
            with("a release dropped", &|answer| {
                answer.releases.remove(place);
            });
            with("a release dropped with what is bound to it", &|answer| {
                answer.releases.remove(place);
                for bindings in all_bindings(answer) {
                    bindings.retain(|binding| binding.to != own);
                }
            });
            with("a release twice", &|answer| answer.releases.insert(place, chosen.clone()));
            with("a release that there is not", &|answer| answer.releases[place].release = NONE);
            with("releases swapped", &|answer| swap(&mut answer.releases, place));
            for other in self.others(own) {
                with("another version", &|answer| answer.releases[place].release = other);
                with("another version, all bound to it", &|answer| {
                    answer.releases[place].release = other;
                    for bindings in all_bindings(answer) {
                        bindings.iter_mut().filter(|binding| binding.to == own).for_each(|binding| binding.to = other);
                    }
                });
                with("another version beside it", &|answer| {
                    let beside = place + usize::from(other > own);
                    answer.releases.insert(beside, Chosen { release: other, ..chosen.clone() });
                });
            }
            for feature in 0..chosen.features.len() {
                with("a feature dropped", &|answer| {
                    answer.releases[place].features.remove(feature);
                });
                with("a feature twice", &|answer| {
                    let features = &mut answer.releases[place].features;
                    features.insert(feature, features[feature]);
                });
                with("features swapped", &|answer| swap(&mut answer.releases[place].features, feature));
            }
            for feature in (0..count(&self.catalog.feature_names)).chain([NONE]) {
                if !chosen.features.contains(&feature) {
                    with("a feature added", &|answer| {
                        let features = &mut answer.releases[place].features;
                        features.push(feature);
                        features.sort_by_key(|&feature| self.catalog.feature_names.get(feature as usize));
                    });
                }
            }
        }
        for release in self.places(self.catalog.releases.len()) {
            let release = u32::try_from(release).expect("numbers have 32 bits");
            if right.releases.iter().all(|chosen| chosen.release != release) {
                with("a release added", &|answer| {
                    answer.releases.push(Chosen { release, features: Vec::new(), bindings: Vec::new() });
                    answer.releases.sort_by_key(|chosen| self.order(chosen.release));
                });
            }
        }
        self.bindings(right, judge);
    }

    fn bindings(&mut self, right: &Answer, judge: &mut dyn FnMut(&'static str, Answer)) {
        let sizes: Vec<usize> = all_bindings(&mut right.clone()).map(|bindings| bindings.len()).collect();
        let all: Vec<(usize, usize)> =
            sizes.iter().enumerate().flat_map(|(of, &size)| (0..size).map(move |place| (of, place))).collect();
        let mut with = |what, of: usize, change: &dyn Fn(&mut Vec<Binding>)| {
            let mut mutant = right.clone();
            change(all_bindings(&mut mutant).nth(of).expect("a dependent"));
            judge(what, mutant);
        };
        let elsewhere: Vec<u32> = right.releases.iter().map(|chosen| chosen.release).collect();
        for chosen in self.places(all.len()) {
            let (of, place) = all[chosen];
            let right = all_bindings(&mut right.clone()).nth(of).expect("a dependent")[place];
            with("a binding dropped", of, &|bindings| {
                bindings.remove(place);
            });
            with("a binding twice", of, &|bindings| bindings.insert(place, right));
            with("bindings swapped", of, &|bindings| swap(bindings, place));
            for other in self.others(right.to) {
                with("bound to another version", of, &|bindings| bindings[place].to = other);
            }
            for other in [self.random.pick(&elsewhere), NONE] {
                with("bound to another package", of, &|bindings| bindings[place].to = other);
            }
            let package = self.random.below(self.catalog.packages.len());
            let requirement = self.random.below(self.catalog.requirements.len());
            for number in [u32::try_from(package).expect("32 bits"), NONE] {
                with("a dependency on another package", of, &|bindings| bindings[place].package = number);
            }
            for number in [u32::try_from(requirement).expect("32 bits"), NONE] {
                with("another requirement", of, &|bindings| bindings[place].requirement = number);
                let added = Binding { requirement: number, ..right };
                with("a binding added", of, &|bindings| bindings.insert(place + 1, added));
            }
        }
    }

    /// Answers that hold the same and have other ceilings.
    pub(super) fn ceilings(&mut self, right: &Answer, items: u32, judge: &mut dyn FnMut(&'static str, Answer)) {
        let mut with = |what, change: &dyn Fn(&mut Vec<Ceiling>)| {
            let mut mutant = right.clone();
            change(&mut mutant.ceilings);
            judge(what, mutant);
        };
        let ceilings = &right.ceilings;
        for place in self.places(ceilings.len()) {
            with("a ceiling dropped", &|all| {
                all.remove(place);
            });
            with("a ceiling twice", &|all| all.insert(place, ceilings[place].clone()));
            with("ceilings swapped", &|all| swap(all, place));
            for item in [ceilings[place].item.wrapping_sub(1), ceilings[place].item + 1, items, NONE] {
                with("a ceiling of another item", &|all| all[place].item = item);
            }
            let other = self.random.below(ceilings.len());
            with("another ceiling's derivation", &|all| all[place].derivation = ceilings[other].derivation.clone());
            for forged in forgeries::all() {
                with("a forged ceiling", &|all| all[place].derivation = forged.clone());
            }
        }
        for item in self.places(items as usize) {
            let item = u32::try_from(item).expect("items have 32 bits");
            let Err(place) = ceilings.binary_search_by_key(&item, |ceiling| ceiling.item) else { continue };
            let derivation = ceilings.first().map_or_else(Derivation::default, |ceiling| ceiling.derivation.clone());
            with("a ceiling added", &|all| all.insert(place, Ceiling { item, derivation: derivation.clone() }));
        }
    }

    /// The other releases of a release's package.
    fn others(&mut self, release: u32) -> Vec<u32> {
        let package = self.catalog.releases[release as usize].package;
        let State::Present(span) = self.catalog.states[package as usize] else { return Vec::new() };
        let others: Vec<u32> = span.numbers().filter(|&other| other != release).collect();
        self.places(others.len()).into_iter().map(|place| others[place]).collect()
    }

    /// In which order releases stand in an answer.
    fn order(&self, release: u32) -> ((&str, &str), &semver::Version) {
        let package = self.catalog.releases[release as usize].package;
        (self.catalog.package_key(package), self.catalog.version_of(release))
    }
}

/// The consumer's bindings, then those of each release.
fn all_bindings(answer: &mut Answer) -> impl Iterator<Item = &mut Vec<Binding>> {
    std::iter::once(&mut answer.roots).chain(answer.releases.iter_mut().map(|chosen| &mut chosen.bindings))
}

/// With the next one, if there is one.
pub(super) fn swap<T>(list: &mut [T], place: usize) {
    if place + 1 < list.len() {
        list.swap(place, place + 1);
    }
}

fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).expect("numbers have 32 bits")
}
