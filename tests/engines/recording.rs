//! A solve as data: each call, what it was given and what came back, as JSON that any engine's script can replay.
//!
//! Values have one form each, by their type in `wit/solver.wit`: a record is an object with the contract's field names, a
//! list or tuple an array, a variant `{"tag", "val"}`, an option its value or `null`, a `u64` its decimal digits as text,
//! since JSON's readers make floating-point numbers of what they cannot hold.

use headlock::problem::{self as host, Catalog, Mark, Outcome};
use headlock::solve::Solving;
use headlock::world::World;
use headlock_solver::contract;
use serde_json::{Value, json};

use super::native;

/// A solve whose calls are kept. What it is given is lowered here once more, by other code than the engine's.
pub(crate) struct Recorded<S> {
    inner: S,
    told: Mark,
    calls: Vec<Value>,
}

impl<S> Recorded<S> {
    pub(crate) fn new(inner: S) -> Recorded<S> {
        Recorded { inner, told: Mark::default(), calls: Vec::new() }
    }

    /// The solve, under a name.
    pub(crate) fn finish(self, name: &str) -> Value {
        json!({ "name": name, "calls": self.calls })
    }

    fn keep(&mut self, function: &str, given: Value, returned: &Outcome) {
        self.calls.push(json!({ "function": function, "given": given, "outcome": outcome(returned) }));
    }
}

impl<S: Solving> Solving for Recorded<S> {
    fn world(&self) -> World {
        self.inner.world()
    }

    fn start(&mut self, catalog: &Catalog) -> headlock::Result<Outcome> {
        let returned = self.inner.start(catalog)?;
        self.keep("start", problem(&native::problem(catalog)), &returned);
        self.told = catalog.mark();
        Ok(returned)
    }

    fn supply(&mut self, catalog: &Catalog) -> headlock::Result<Outcome> {
        let returned = self.inner.supply(catalog)?;
        self.keep("supply", packages(&native::packages(catalog, &self.told)), &returned);
        self.told = catalog.mark();
        Ok(returned)
    }
}

fn list<T>(items: &[T], one: impl Fn(&T) -> Value) -> Value {
    items.iter().map(one).collect()
}

fn digest((a, b, c, d): contract::Digest) -> Value {
    list(&[a, b, c, d], |word| json!(word.to_string()))
}

fn tables(tables: &contract::Tables) -> Value {
    json!({
        "registries": tables.registries,
        "names": tables.names,
        "packages": list(&tables.packages, |package| json!({ "registry": package.registry, "name": package.name })),
        "versions": tables.versions,
        "requirements": list(&tables.requirements, |requirement| {
            json!({ "range": requirement.range, "content": requirement.content.map(digest) })
        }),
        "features": tables.features,
        "exclusives": tables.exclusives,
    })
}

fn problem(problem: &contract::Problem) -> Value {
    json!({
        "tables": tables(&problem.tables),
        "roots": list(&problem.roots, |root| {
            json!({ "package": root.package, "requirement": root.requirement, "features": root.features })
        }),
        "links": list(&problem.links, |link| {
            json!({ "dependent": link.dependent, "dependency": link.dependency, "packages": link.packages })
        }),
        "overrides": list(&problem.overrides, |replaced| {
            json!({ "package": replaced.package, "replacement": replaced.replacement })
        }),
        "preferences": list(&problem.preferences, |preferred| {
            json!({ "package": preferred.package, "version": preferred.version })
        }),
        "budget": problem.budget.to_string(),
    })
}

fn packages(packages: &contract::Packages) -> Value {
    let contract::Packages { dependencies, features, additions, .. } = packages;
    json!({
        "tables": tables(&packages.tables),
        "supplied": list(&packages.supplied, |supplied| {
            json!({ "package": supplied.package, "releases": supplied.releases })
        }),
        "releases": list(&packages.releases, |release| json!({
            "version": release.version,
            "content": digest(release.content),
            "yanked": release.yanked,
            "exclusives": release.exclusives,
            "dependencies": release.dependencies,
            "features": release.features,
        })),
        "exclusives": packages.exclusives,
        "dependencies": {
            "packages": dependencies.packages,
            "requirements": dependencies.requirements,
            "features": dependencies.features,
            "optional": dependencies.optional,
        },
        "dependency-features": packages.dependency_features,
        "features": { "names": features.names, "includes": features.includes, "additions": features.additions },
        "included": packages.included,
        "additions": { "dependencies": additions.dependencies, "features": additions.features },
        "addition-features": packages.addition_features,
    })
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Solved(answer) => json!({ "tag": "solved", "val": {
            "roots": bindings(&answer.roots),
            "releases": list(&answer.releases, |chosen| json!({
                "release": chosen.release,
                "features": chosen.features,
                "bindings": bindings(&chosen.bindings),
            })),
            "ceilings": list(&answer.ceilings, |ceiling| {
                json!({ "item": ceiling.item, "derivation": derivation(&ceiling.derivation) })
            }),
        } }),
        Outcome::Incomplete(missing) => json!({ "tag": "incomplete", "val": missing }),
        Outcome::Unsolvable(reason) => json!({ "tag": "unsolvable", "val": derivation(reason) }),
        Outcome::Exhausted => json!({ "tag": "exhausted" }),
    }
}

fn bindings(bindings: &[host::Binding]) -> Value {
    list(
        bindings,
        |binding| json!({ "package": binding.package, "requirement": binding.requirement, "to": binding.to }),
    )
}

/// As the contract has it: all steps' terms in one list, and all terms' ranges in another.
fn derivation(derivation: &host::Derivation) -> Value {
    let terms: Vec<&host::Term> = derivation.steps.iter().flat_map(|step| &step.terms).collect();
    let ranges: Vec<(u32, u32)> = terms.iter().flat_map(|term| term.ranges.iter().copied()).collect();
    json!({
        "variables": list(&derivation.variables, variable),
        "steps": list(&derivation.steps, |step| json!({ "terms": step.terms.len(), "cause": cause(step.cause) })),
        "terms": list(&terms, |term| {
            json!({ "variable": term.variable, "positive": term.positive, "ranges": term.ranges.len() })
        }),
        "ranges": ranges,
    })
}

fn cause(cause: host::Cause) -> Value {
    match cause {
        host::Cause::Requires => json!({ "tag": "requires" }),
        host::Cause::Nothing => json!({ "tag": "nothing" }),
        host::Cause::Both(one, other) => json!({ "tag": "both", "val": [one, other] }),
    }
}

fn variable(variable: &host::Variable) -> Value {
    match *variable {
        host::Variable::Root => json!({ "tag": "root" }),
        host::Variable::Release { track } => json!({ "tag": "release", "val": track }),
        host::Variable::Feature { track, feature } => {
            json!({ "tag": "feature", "val": { "track": track, "feature": feature } })
        }
        host::Variable::Bound { dependent, package, requirement } => {
            json!({ "tag": "bound", "val": bound(dependent, package, requirement) })
        }
        host::Variable::BoundFeature { dependent, package, requirement, feature } => {
            let bound = bound(dependent, package, requirement);
            json!({ "tag": "bound-feature", "val": { "bound": bound, "feature": feature } })
        }
        host::Variable::Exclusive { exclusive } => json!({ "tag": "exclusive", "val": exclusive }),
        host::Variable::Wish => json!({ "tag": "wish" }),
    }
}

fn bound(dependent: Option<u32>, package: u32, requirement: u32) -> Value {
    json!({ "dependent": dependent, "package": package, "requirement": requirement })
}
