//! A row of the crates.io index, and cargo's rules for reading it.
//!
//! A row is one version of one crate, a JSON object. Fields that this module does not name (`rust_version` and whatever
//! comes) are passed over, as cargo does: what changes a row's meaning raises its `v`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::refusal::Refusal;

/// The newest schema (`v`) of rows that is understood: 2 added `features2`, `dep:` and `?/`.
pub(super) const NEWEST_SCHEMA: u32 = 2;

/// What of a row is needed to put rows in order.
#[derive(Debug, Deserialize)]
pub(super) struct Stamp<'a> {
    /// The crate.
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    /// Its version.
    #[serde(borrow)]
    pub(super) vers: Cow<'a, str>,
    /// When it was published, `YYYY-MM-DDTHH:MM:SSZ`.
    #[serde(borrow, default)]
    pub(super) pubtime: Option<Cow<'a, str>>,
}

/// A row.
#[derive(Debug, Deserialize)]
pub(super) struct Row<'a> {
    /// The crate.
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    /// Its version.
    #[serde(borrow)]
    pub(super) vers: Cow<'a, str>,
    /// Dependencies of all kinds and targets.
    #[serde(borrow)]
    pub(super) deps: Vec<RowDependency<'a>>,
    /// Features in the syntax that every cargo reads.
    #[serde(borrow, default)]
    features: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
    /// Features in the syntax of schema 2.
    #[serde(borrow, default)]
    features2: Option<BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>>,
    /// sha256 of the crate file, in hexadecimal.
    #[serde(borrow)]
    pub(super) cksum: Cow<'a, str>,
    /// Whether it is yanked now.
    #[serde(default)]
    pub(super) yanked: Option<bool>,
    /// The native library that it links to.
    #[serde(borrow, default)]
    pub(super) links: Option<Cow<'a, str>>,
    /// The schema, 1 where none is stated.
    #[serde(default)]
    pub(super) v: Option<u32>,
}

/// A dependency of a row.
#[derive(Debug, Deserialize)]
pub(super) struct RowDependency<'a> {
    /// The name that features use: the crate's, unless `package` is there.
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    /// Accepted versions.
    #[serde(borrow)]
    pub(super) req: Cow<'a, str>,
    /// Features asked for.
    #[serde(borrow, default)]
    pub(super) features: Vec<Cow<'a, str>>,
    /// Whether only a feature brings it in.
    #[serde(default)]
    pub(super) optional: bool,
    /// Whether the feature `default` is asked for, too.
    #[serde(default = "yes")]
    pub(super) default_features: bool,
    /// `normal`, `build` or `dev`; cargo takes anything else for `normal`.
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    /// Another registry's index.
    #[serde(borrow, default)]
    pub(super) registry: Option<Cow<'a, str>>,
    /// The crate, where `name` is another name for it.
    #[serde(borrow, default)]
    package: Option<Cow<'a, str>>,
}

fn yes() -> bool {
    true
}

impl RowDependency<'_> {
    /// Whether it is there only for the crate's own tests and examples.
    pub(super) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }

    /// The crate depended on.
    pub(super) fn crate_name(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.name)
    }
}

/// What a feature turns on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value<'a> {
    /// `name`: another feature.
    Feature(&'a str),
    /// `dep:name`: an optional dependency.
    Dependency(&'a str),
    /// `name/feature` or, weak, `name?/feature`: a feature of a dependency.
    DependencyFeature {
        /// The dependency's name.
        dependency: &'a str,
        /// Its feature.
        feature: &'a str,
        /// Whether there is a question mark.
        weak: bool,
    },
}

impl<'a> Value<'a> {
    fn parse(text: &'a str) -> Value<'a> {
        match text.split_once('/') {
            Some((dependency, feature)) => match dependency.strip_suffix('?') {
                Some(dependency) => Value::DependencyFeature { dependency, feature, weak: true },
                None => Value::DependencyFeature { dependency, feature, weak: false },
            },
            None => match text.strip_prefix("dep:") {
                Some(dependency) => Value::Dependency(dependency),
                None => Value::Feature(text),
            },
        }
    }
}

/// Features by name, each with what it turns on in the order of the row.
pub(super) type Features<'a> = BTreeMap<&'a str, Vec<Value<'a>>>;

impl Row<'_> {
    /// All features: `features` and `features2` together, and the implicit ones. An optional dependency has an implicit
    /// feature of its name unless there is a feature of that name, or a `dep:` with it anywhere.
    ///
    /// # Errors
    /// What cargo refuses a row for: a value that names nothing, `dep:` or `?` on what is not optional, `dep:` with
    /// `/`, two slashes, a feature that includes itself, an optional dependency that no feature can turn on, an
    /// optional dependency for tests.
    pub(super) fn features(&self) -> Result<Features<'_>, Refusal> {
        let declared = self.declared_features();
        let mut optional: BTreeMap<&str, bool> = BTreeMap::new();
        for dependency in &self.deps {
            if dependency.is_dev() && dependency.optional {
                return Err(Refusal::OptionalDev { dependency: dependency.name.to_string() });
            }
            *optional.entry(&dependency.name).or_default() |= dependency.optional;
        }
        let hidden: BTreeSet<&str> = declared
            .values()
            .flatten()
            .filter_map(|value| match *value {
                Value::Dependency(name) => Some(name),
                _ => None,
            })
            .collect();
        let mut features = declared.clone();
        for (&name, _) in optional.iter().filter(|&(_, &optional)| optional) {
            if !declared.contains_key(name) && !hidden.contains(name) {
                features.insert(name, vec![Value::Dependency(name)]);
            }
        }
        for (&feature, values) in &features {
            for &value in values {
                check(feature, value, &features, &optional)?;
            }
        }
        let used: BTreeSet<&str> = features
            .values()
            .flatten()
            .filter_map(|value| match *value {
                Value::Feature(_) => None,
                Value::Dependency(name) | Value::DependencyFeature { dependency: name, .. } => Some(name),
            })
            .collect();
        match optional.iter().find(|&(name, &optional)| optional && !used.contains(name)) {
            Some((name, _)) => Err(Refusal::UnusedOptional { dependency: (*name).to_owned() }),
            None => Ok(features),
        }
    }

    fn declared_features(&self) -> Features<'_> {
        let mut declared = Features::new();
        for (name, values) in self.features.iter().chain(self.features2.iter().flatten()) {
            declared.entry(name.as_ref()).or_default().extend(values.iter().map(|value| Value::parse(value)));
        }
        declared
    }
}

fn check(
    feature: &str,
    value: Value<'_>,
    features: &Features<'_>,
    optional: &BTreeMap<&str, bool>,
) -> Result<(), Refusal> {
    let unknown = |name: &str| Refusal::Unknown { feature: feature.to_owned(), name: name.to_owned() };
    let required = |name: &str| Refusal::NotOptional { feature: feature.to_owned(), dependency: name.to_owned() };
    let syntax = |text: String| Refusal::Syntax { feature: feature.to_owned(), value: text };
    match value {
        Value::Feature(name) if name == feature => Err(Refusal::IncludesItself { feature: feature.to_owned() }),
        Value::Feature(name) if features.contains_key(name) => Ok(()),
        Value::Feature(name) => Err(unknown(name)),
        Value::Dependency(name) => match optional.get(name) {
            None => Err(unknown(name)),
            Some(false) => Err(required(name)),
            Some(true) => Ok(()),
        },
        Value::DependencyFeature { dependency, feature: asked, weak } => {
            if asked.contains('/') || dependency.starts_with("dep:") {
                let mark = if weak { "?" } else { "" };
                return Err(syntax(format!("{dependency}{mark}/{asked}")));
            }
            match optional.get(dependency) {
                None => Err(unknown(dependency)),
                Some(false) if weak => Err(required(dependency)),
                Some(_) => Ok(()),
            }
        }
    }
}
