//! Scenario files: their reading, and their writing, so that a problem found at random can become a file. The format
//! is explained in tests/README.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use semver::Version;
use serde::Deserialize;

use super::problem::{Addition, Content, Declaration, Feature, Package, Problem, Release, Requirement};
use super::rule::Rule;

/// A file, read.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// The rules that decide it: with any one of them off, the oracle's answer is another.
    pub(crate) rules: Vec<Rule>,
    pub(crate) problem: Problem,
    /// The solver's steps, where the file gives it few.
    pub(crate) budget: Option<u64>,
    /// The expected outcome's text.
    pub(crate) expected: String,
    /// Packages that the derivation of an unsolvable problem must speak of.
    pub(crate) explained_by: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    why: String,
    #[serde(default)]
    rule: OneOrMany,
    roots: Vec<String>,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    overrides: Vec<String>,
    #[serde(default)]
    prefers: Vec<String>,
    budget: Option<u64>,
    #[serde(default)]
    packages: BTreeMap<String, BTreeMap<String, ReleaseForm>>,
    outcome: String,
    #[serde(default)]
    explained_by: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

/// A release: its dependencies, or a table.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReleaseForm {
    Depends(Vec<String>),
    Table(ReleaseTable),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReleaseTable {
    depends: Vec<String>,
    features: BTreeMap<String, Vec<String>>,
    exclusive: Vec<String>,
    content: Option<String>,
    yanked: bool,
}

/// Every scenario of tests/scenarios by name, at least one.
pub(crate) fn all() -> BTreeMap<String, Scenario> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/scenarios");
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}")) {
        let path = entry.unwrap_or_else(|error| panic!("{folder}: {error}")).path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        all.insert(name.clone(), Scenario::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    assert!(!all.is_empty(), "{folder} holds no scenario");
    all
}

impl Scenario {
    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Scenario, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let sentence = file.why.trim();
        if !sentence.ends_with('.') || sentence.len() < 20 {
            return Err(format!("why = {sentence:?} is not a sentence"));
        }
        let names = match file.rule {
            OneOrMany::One(name) => vec![name],
            OneOrMany::Many(names) => names,
        };
        let rule = |name: &String| {
            let found = Rule::ALL.iter().find(|rule| rule.name() == name);
            found.copied().ok_or_else(|| format!("no rule is called `{name}`; they stand in tests/oracle/rule.rs"))
        };
        let roots: Vec<Declaration> = file.roots.iter().map(|text| declaration(text)).collect::<Result<_, _>>()?;
        if let Some(root) = roots.iter().find(|root| root.optional) {
            return Err(format!("root `{root}`: the consumer's dependencies cannot be optional"));
        }
        let link = |text: &String| {
            let (from, to) = text.split_once(" -> ").ok_or_else(|| format!("link `{text}` is not `FROM -> TO`"))?;
            Ok::<_, String>((from.to_owned(), to.to_owned()))
        };
        let replaced = |text: &String| {
            let (package, by) = text.split_once(" => ").ok_or_else(|| format!("override `{text}` is not `P => Q`"))?;
            Ok::<_, String>((Package::parse(package), Package::parse(by)))
        };
        let preferred = |text: &String| {
            let (package, version) =
                text.split_once(' ').ok_or_else(|| format!("preference `{text}` is not `PACKAGE VERSION`"))?;
            let version = Version::parse(version).map_err(|error| format!("preference `{text}`: {error}"))?;
            Ok::<_, String>((Package::parse(package), version))
        };
        let mut packages = BTreeMap::new();
        for (name, forms) in file.packages {
            let mut releases = BTreeMap::new();
            for (version, form) in forms {
                let at = |error: String| format!("{name} {version}: {error}");
                let read = Version::parse(&version).map_err(|error| at(error.to_string()))?;
                releases.insert(read, release(form).map_err(at)?);
            }
            packages.insert(Package::parse(&name), releases);
        }
        Ok(Scenario {
            rules: names.iter().map(rule).collect::<Result<_, _>>()?,
            problem: Problem {
                roots,
                links: file.links.iter().map(link).collect::<Result<_, _>>()?,
                overrides: file.overrides.iter().map(replaced).collect::<Result<_, _>>()?,
                preferences: file.prefers.iter().map(preferred).collect::<Result<_, _>>()?,
                packages,
            },
            budget: file.budget,
            expected: file.outcome,
            explained_by: file.explained_by.iter().map(|name| Package::parse(name)).collect(),
        })
    }
}

fn release(form: ReleaseForm) -> Result<Release, String> {
    let table = match form {
        ReleaseForm::Depends(depends) => ReleaseTable { depends, ..ReleaseTable::default() },
        ReleaseForm::Table(table) => table,
    };
    let dependencies: Vec<Declaration> =
        table.depends.iter().map(|text| declaration(text)).collect::<Result<_, _>>()?;
    let mut features = BTreeMap::new();
    for (name, entries) in table.features {
        let mut feature = Feature::default();
        for entry in entries {
            if entry.contains(' ') {
                feature.additions.push(addition(&entry, &dependencies)?);
            } else {
                feature.includes.insert(entry);
            }
        }
        features.insert(name, feature);
    }
    Ok(Release {
        yanked: table.yanked,
        content: table.content.as_deref().map(Content::parse).unwrap_or_default(),
        exclusives: table.exclusive.into_iter().collect(),
        dependencies,
        features,
    })
}

/// `PACKAGE RANGE [#CONTENT] [+FEATURE]… [?]`
fn declaration(text: &str) -> Result<Declaration, String> {
    let (package, rest) = text.split_once(' ').ok_or_else(|| format!("`{text}` has no range"))?;
    let (mut range, mut content, mut features, mut optional) = (Vec::new(), None, BTreeSet::new(), false);
    for word in rest.split(' ') {
        if let Some(feature) = word.strip_prefix('+') {
            features.insert(feature.to_owned());
        } else if let Some(digits) = word.strip_prefix('#') {
            content = Some(Content::parse(digits));
        } else if word == "?" {
            optional = true;
        } else {
            range.push(word);
        }
    }
    let requirement = Requirement { range: range.join(" "), content };
    let read = semver::VersionReq::parse(&requirement.range).map_err(|error| format!("`{text}`: {error}"))?;
    if read.to_string() != requirement.range {
        return Err(format!("`{text}`: the range is written `{read}`"));
    }
    let declaration = Declaration { package: Package::parse(package), requirement, features, optional };
    match declaration.to_string() {
        written if written == text => Ok(declaration),
        written => Err(format!("`{text}` is written `{written}`")),
    }
}

/// A dependency of the release without the features that stand there, and the further features.
fn addition(text: &str, dependencies: &[Declaration]) -> Result<Addition, String> {
    let named = declaration(text)?;
    let same = |other: &Declaration| {
        (&other.package, &other.requirement, other.optional) == (&named.package, &named.requirement, named.optional)
    };
    let place = dependencies.iter().position(same);
    let dependency = place.ok_or_else(|| format!("`{text}` adds none of the release's dependencies"))?;
    Ok(Addition { dependency, features: named.features })
}

/// A problem as a scenario file, whose `why` is still to be written.
pub(crate) fn format(problem: &Problem, outcome: &str) -> String {
    let mut text = format!("why = \"\"\nroots = {}\n", strings(problem.roots.iter().map(ToString::to_string)));
    let mut write = |part: String| text.push_str(&part);
    if !problem.links.is_empty() {
        let links = problem.links.iter().map(|(from, to)| format!("{from} -> {to}"));
        write(format!("links = {}\n", strings(links)));
    }
    if !problem.overrides.is_empty() {
        let overrides = problem.overrides.iter().map(|(package, by)| format!("{package} => {by}"));
        write(format!("overrides = {}\n", strings(overrides)));
    }
    if !problem.preferences.is_empty() {
        let preferred = problem.preferences.iter().map(|(package, version)| format!("{package} {version}"));
        write(format!("prefers = {}\n", strings(preferred)));
    }
    write(format!("outcome = \"\"\"\n{outcome}\"\"\"\n"));
    for (package, releases) in &problem.packages {
        write(format!("\n[packages.{:?}]\n", package.to_string()));
        for (version, release) in releases {
            write(format!("{:?} = {}\n", version.to_string(), release_form(release)));
        }
    }
    text
}

fn strings(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", "))
}

fn release_form(release: &Release) -> String {
    let depends = strings(release.dependencies.iter().map(ToString::to_string));
    let only_depends = Release { dependencies: release.dependencies.clone(), ..Release::default() };
    if *release == only_depends {
        return depends;
    }
    let mut parts = Vec::new();
    if !release.dependencies.is_empty() {
        parts.push(format!("depends = {depends}"));
    }
    if !release.features.is_empty() {
        let mut features = String::new();
        for (name, feature) in &release.features {
            let additions = feature.additions.iter().map(|addition| {
                let dependency = release.dependencies[addition.dependency].clone();
                Declaration { features: addition.features.clone(), ..dependency }.to_string()
            });
            let comma = if features.is_empty() { "" } else { ", " };
            let entries = strings(feature.includes.iter().cloned().chain(additions));
            let _ = write!(features, "{comma}{name:?} = {entries}");
        }
        parts.push(format!("features = {{ {features} }}"));
    }
    if !release.exclusives.is_empty() {
        parts.push(format!("exclusive = {}", strings(release.exclusives.iter().cloned())));
    }
    if release.content != Content::default() {
        parts.push(format!("content = \"{}\"", release.content.to_string().trim_start_matches('#')));
    }
    if release.yanked {
        parts.push("yanked = true".to_owned());
    }
    format!("{{ {} }}", parts.join(", "))
}
