//! The canonical bytes of a problem and of an answer, whose sha256 a lock holds.
//!
//! Lines of fields, separated by tabs, each line ended by LF. No field holds a tab or a line break: origins, names,
//! versions, requirements and features are printable ASCII. `docs/lock.md` is the specification.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;

use crate::graph::GraphLink;
use crate::inputs::{Input, Inputs, Local, Override, Preference, Replacement};
use crate::problem::{Answer, Binding, Catalog};

/// The pages and absences that a solver asked for: (origin, package) to the sha256 of the page.
pub type Evidence = BTreeMap<(String, String), Option<Digest>>;

/// The sha256 of the problem: the world, the inputs, the heads, and every page asked for. A page's sha256 stands for
/// all its records and their places.
pub fn problem_digest(
    world: &str,
    inputs: &Inputs,
    heads: &[Head],
    links: &[GraphLink],
    evidence: &Evidence,
) -> Digest {
    Digest::of(problem_text(world, inputs, heads, links, evidence).as_bytes())
}

/// The canonical bytes of a problem; see [`problem_digest`].
pub fn problem_text(world: &str, inputs: &Inputs, heads: &[Head], links: &[GraphLink], evidence: &Evidence) -> String {
    let mut text = format!("headlock problem 1\nworld\t{world}\nbudget\t{}\n", inputs.budget);
    let mut heads: Vec<&Head> = heads.iter().collect();
    heads.sort_by(|a, b| a.origin.cmp(&b.origin));
    for head in heads {
        line(&mut text, &["head", &head.origin, &head.size.to_string(), &head.root.to_string()]);
    }
    let mut links: Vec<&GraphLink> = links.iter().collect();
    links.sort();
    for link in links {
        let packages = link.packages.as_ref().map_or("*".to_owned(), |packages| packages.join(","));
        line(&mut text, &["link", &link.dependent, &link.dependency, &packages]);
    }
    for Override { registry, name, by } in &inputs.overrides {
        match by {
            Replacement::Package { registry: by_registry, name: by } => {
                line(&mut text, &["override", registry, name, by_registry, by]);
            }
            Replacement::Local(Local { version, content, features, dependencies }) => {
                line(&mut text, &["local", registry, name, version, &content.to_string(), &features.join(",")]);
                dependencies.iter().for_each(|input| dependency(&mut text, "needs", input));
            }
        }
    }
    for Preference { registry, name, version } in &inputs.preferences {
        line(&mut text, &["prefer", registry, name, &version.to_string()]);
    }
    inputs.dependencies.iter().for_each(|input| dependency(&mut text, "root", input));
    for ((origin, name), page) in evidence {
        let page = page.map_or("absent".to_owned(), |digest| digest.to_string());
        line(&mut text, &["page", origin, name, &page]);
    }
    text
}

fn dependency(text: &mut String, word: &str, input: &Input) {
    let content = optional(input.content.as_ref());
    line(text, &[word, &input.registry, &input.name, &input.requirement, &content, &input.features.join(",")]);
}

/// The sha256 of an answer.
pub fn answer_digest(catalog: &Catalog, answer: &Answer) -> Digest {
    Digest::of(answer_text(catalog, answer).as_bytes())
}

/// The canonical bytes of an answer: its releases with their features, and what each dependency is bound to, numbers
/// resolved to text. The ceilings are no part of it: they prove the answer, and another solver may prove it otherwise.
pub fn answer_text(catalog: &Catalog, answer: &Answer) -> String {
    let mut text = String::from("headlock answer 1\n");
    bindings(&mut text, catalog, &answer.roots);
    let releases: BTreeMap<_, _> = answer
        .releases
        .iter()
        .map(|chosen| {
            let release = &catalog.releases[chosen.release as usize];
            ((catalog.package_key(release.package), catalog.version_of(chosen.release)), chosen)
        })
        .collect();
    for (((origin, name), version), chosen) in releases {
        let content = catalog.releases[chosen.release as usize].content.to_string();
        let features: BTreeSet<&str> =
            chosen.features.iter().map(|&number| catalog.feature_names[number as usize].as_str()).collect();
        let features: Vec<&str> = features.into_iter().collect();
        line(&mut text, &["release", origin, name, &version.to_string(), &content, &features.join(",")]);
        bindings(&mut text, catalog, &chosen.bindings);
    }
    text
}

fn bindings(text: &mut String, catalog: &Catalog, bindings: &[Binding]) {
    let mut lines: Vec<[&str; 3]> = Vec::with_capacity(bindings.len());
    let mut rest: Vec<(String, String)> = Vec::with_capacity(bindings.len());
    for binding in bindings {
        let (origin, name) = catalog.package_key(binding.package);
        let requirement = &catalog.requirements[binding.requirement as usize];
        lines.push([origin, name, &requirement.range]);
        rest.push((optional(requirement.content.as_ref()), catalog.version_of(binding.to).to_string()));
    }
    let mut all: Vec<_> = lines.into_iter().zip(&rest).collect();
    all.sort();
    for ([origin, name, range], (content, version)) in all {
        line(text, &["binding", origin, name, range, content, version]);
    }
}

fn optional(digest: Option<&Digest>) -> String {
    // "-" sorts before every hex digit: no content before any.
    digest.map_or("-".to_owned(), |digest| digest.to_string())
}

fn line(text: &mut String, fields: &[&str]) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", fields.join("\t"));
}
