//! What a row says, as a record: a registry's words for cargo's.
//!
//! | in a row | in a record |
//! |---|---|
//! | `name` | package `crates:NAME` |
//! | `vers`, `cksum` | version, content |
//! | `links` | an exclusive resource of that name |
//! | dependencies, `normal` and `build`, of all targets | dependencies; `dev` is left out |
//! | `req` | the same requirement, written as the crate `semver` writes it |
//! | `default_features` | the feature `default`, asked for like any other |
//! | `package` | the package; the name that features use is gone, features refer to dependencies by place |
//! | a feature, explicit or implicit | a feature of that name; `default` is always there |
//! | `name` in a feature | a feature that it includes |
//! | `dep:x` | adds every dependency named x that is optional |
//! | `x/f` | adds every dependency named x, asked for f too; where one of them is optional, also includes feature `x`, if there is one |
//! | `x?/f` | adds every dependency named x, asked for f too (cargo's resolver takes x, too; only its build leaves it out) |
//! | a dependency on the crate itself | left out where the release satisfies it, kept where another release must |

use headlock_log::digest::Digest;
use semver::{Version, VersionReq};

use super::refusal::Refusal;
use super::row::{NEWEST_SCHEMA, Row, RowDependency, Value};
use crate::registry::draft::{Draft, DraftDependency};

/// The namespace of imported packages.
const NAMESPACE: &str = "crates";

/// A row's crate as a package.
pub(super) fn package(crate_name: &str) -> String {
    format!("{NAMESPACE}:{crate_name}")
}

/// A row as a release. Names are not checked here; the log does that.
///
/// # Errors
/// Why the row cannot be carried over.
pub(super) fn draft(row: &Row<'_>) -> Result<Draft, Refusal> {
    let schema = row.v.unwrap_or(1);
    if schema > NEWEST_SCHEMA {
        return Err(Refusal::Schema { found: schema });
    }
    let not_for_records =
        |what, found: &str, why: String| Refusal::NotForRecords { what, found: found.to_owned(), why };
    let version =
        Version::parse(&row.vers).map_err(|error| not_for_records("the version", &row.vers, error.to_string()))?;
    let content: Digest =
        row.cksum.parse().map_err(|_| not_for_records("the checksum", &row.cksum, "not a sha256".to_owned()))?;
    let features = row.features()?;

    let mut draft = Draft::new(package(&row.name), version, content);
    draft.exclusives.extend(row.links.as_deref().map(str::to_owned));
    // Where each dependency of the row went in the draft.
    let mut places = Vec::with_capacity(row.deps.len());
    for dependency in &row.deps {
        places.push(add_dependency(&mut draft, row, dependency)?);
    }
    let named = |name: &str| {
        let all = row.deps.iter().zip(&places).filter(move |(dependency, _)| dependency.name == name);
        all.filter_map(|(dependency, place)| place.map(|place| (place, dependency.optional))).collect::<Vec<_>>()
    };
    for (&name, values) in &features {
        let feature = draft.features.entry(name.to_owned()).or_default();
        for &value in values {
            match value {
                Value::Feature(included) => {
                    feature.includes.insert(included.to_owned());
                }
                Value::Dependency(dependency) => {
                    for (place, _) in named(dependency).into_iter().filter(|&(_, optional)| optional) {
                        feature.additions.entry(place).or_default();
                    }
                }
                Value::DependencyFeature { dependency, feature: asked, weak } => {
                    for (place, _) in named(dependency) {
                        feature.additions.entry(place).or_default().insert(asked.to_owned());
                    }
                    let optional = row.deps.iter().any(|other| other.name == dependency && other.optional);
                    if optional && !weak && dependency != name && features.contains_key(dependency) {
                        feature.includes.insert(dependency.to_owned());
                    }
                }
            }
        }
    }
    draft.features.entry("default".to_owned()).or_default();
    Ok(draft)
}

/// The dependency's place in the draft, none where it is left out.
fn add_dependency(draft: &mut Draft, row: &Row<'_>, dependency: &RowDependency<'_>) -> Result<Option<usize>, Refusal> {
    if dependency.is_dev() {
        return Ok(None);
    }
    if dependency.registry.is_some() {
        return Err(Refusal::OtherRegistry { dependency: dependency.name.to_string() });
    }
    let accepts = VersionReq::parse(&dependency.req).map_err(|error| Refusal::NotForRecords {
        what: "the requirement",
        found: dependency.req.to_string(),
        why: error.to_string(),
    })?;
    let name = dependency.crate_name();
    if name == row.name && accepts.matches(&draft.version) {
        return Ok(None);
    }
    let mut wanted = DraftDependency::new(package(name), accepts.to_string());
    wanted.optional = dependency.optional;
    // Old rows hold empty names here, which cargo passes over.
    wanted.features.extend(dependency.features.iter().filter(|name| !name.is_empty()).map(|name| name.to_string()));
    if dependency.default_features {
        wanted.features.insert("default".to_owned());
    }
    draft.dependencies.push(wanted);
    Ok(Some(draft.dependencies.len() - 1))
}

#[cfg(test)]
mod tests {
    use headlock_log::record::Record;

    use super::*;

    /// The record of a row, or the reason why there is none.
    fn record(row: &str) -> Result<String, String> {
        let row: Row<'_> = serde_json::from_str(row).unwrap();
        let canonical = draft(&row).map_err(|refusal| refusal.to_string())?.canonical();
        let record = Record::Release(canonical.release());
        record.check().unwrap();
        Ok(String::from_utf8(record.encode()).unwrap())
    }

    #[test]
    fn every_rule_of_the_mapping() {
        let hash = "0123456789abcdef".repeat(4);
        let mut cases = 0;
        for case in include_str!("mapping.txt").split("\n\n").filter(|case| !case.starts_with('#')) {
            let lines: Vec<&str> = case.trim_end().lines().collect();
            let [sentence, row, expected] = lines[..] else { panic!("a sentence, a row, a result: {case}") };
            let row = row.strip_prefix("row ").unwrap_or_else(|| panic!("a row: {case}"));
            let found = match record(&row.replace("HASH", &hash)) {
                Ok(record) => format!("record {}", record.replace(&hash, "HASH")),
                Err(reason) => format!("refused {reason}"),
            };
            assert_eq!(found, expected, "{sentence}");
            cases += 1;
        }
        assert!(cases > 30, "only {cases} cases were found");
    }

    #[test]
    fn implied_includes_go_and_what_is_turned_on_stays() {
        let row = format!(
            r#"{{"name":"a","vers":"1.0.0","deps":[],"cksum":"{}","features":{{"a":["b","c"],"b":["c"],"c":[],"p":["q","r"],"q":["r"],"r":["q"]}}}}"#,
            "0".repeat(64),
        );
        let row: Row<'_> = serde_json::from_str(&row).unwrap();
        let shorter = draft(&row).unwrap().without_implied_includes();
        let includes = |name: &str| shorter.features[name].includes.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(includes("a"), ["b"]);
        assert_eq!(includes("b"), ["c"]);
        // Either of the two that include each other would do; one of them stays.
        assert_eq!(includes("p"), ["r"]);
        assert_eq!(includes("q"), ["r"]);
        assert_eq!(includes("r"), ["q"]);
    }
}
