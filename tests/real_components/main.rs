//! Real components and WIT packages, made by others: what is understood of each is what list.toml says, which was written
//! down from another reader before this one could read any. README.md says how.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use headlock::artifact::{self, Artifact, Kind, text};
use headlock_log::digest::Digest;
use serde::Deserialize;

#[derive(Deserialize)]
struct List {
    entry: Vec<Entry>,
}

/// What list.toml says of a file or folder.
#[derive(Deserialize)]
struct Entry {
    archive: String,
    path: String,
    kind: String,
    form: String,
    /// sha256 of a file's bytes; of a folder, of its files' in a way that README.md has.
    file_sha256: String,
    encoded_name: String,
    encoded_version: String,
    /// `accept`, `refuse`, or `open` where it had been left to whoever reads it.
    expect: String,
    #[serde(default)]
    producers: Vec<Producer>,
    /// Of one folder they are not written down.
    imports: Option<Vec<Import>>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Producer {
    field: String,
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Import {
    name: String,
    sort: String,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    package: String,
    requirement: String,
}

/// What became of an entry.
enum Came {
    /// It was understood as it is written down.
    Understood,
    /// It was refused, with a reason.
    Refused(String),
    /// It was understood otherwise.
    Otherwise(Vec<String>),
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/components");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "there is no {}", folder.display());
    None
}

fn read(entry: &Entry, path: &Path) -> Result<Artifact, String> {
    let described = |error: headlock::error::Error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        format!("{error}{source}")
    };
    let bytes = match entry.kind.as_str() {
        "wit-text-folder" => text::encode(path).map_err(described)?,
        _ => {
            let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(Digest::of(&bytes).to_string(), entry.file_sha256, "{}", path.display());
            match entry.form.starts_with("text") {
                true => wat::parse_bytes(&bytes).expect("the text of a component").into_owned(),
                false => bytes,
            }
        }
    };
    artifact::read(&bytes).map_err(described)
}

fn compare(entry: &Entry, found: &Artifact) -> Vec<String> {
    let mut otherwise = Vec::new();
    let mut same = |what: &str, expected: String, found: String| {
        if expected != found {
            otherwise.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    let kind = match entry.kind.as_str() {
        "component" => Kind::Component,
        _ => Kind::Wit,
    };
    same("kind", kind.to_string(), found.kind.to_string());
    same("name", entry.encoded_name.clone(), found.name.clone().unwrap_or_default());
    let version = found.version.as_ref().map(ToString::to_string).unwrap_or_default();
    same("version", entry.encoded_version.clone(), version);
    // What made a folder's bytes is this test.
    if kind == Kind::Component || entry.form == "binary" {
        let producers =
            entry.producers.iter().map(|Producer { field, name, version }| format!("{field} {name} {version}"));
        let own = found.producers.iter().map(|tool| format!("{} {} {}", tool.field, tool.name, tool.version));
        same("producers", sorted(producers), sorted(own));
    }
    let Some(imports) = &entry.imports else { return with_dependencies(entry, found, otherwise) };
    if kind == Kind::Component {
        let imports: Vec<String> = imports.iter().map(|Import { name, sort }| format!("{sort} {name}")).collect();
        let own: Vec<String> = found.imports.iter().map(|import| format!("{} {}", import.kind, import.name)).collect();
        same("imports", imports.join(", "), own.join(", "));
    } else {
        let imports: BTreeSet<String> = imports.iter().map(|import| import.name.clone()).collect();
        let own: BTreeSet<String> = found.imports.iter().map(|import| import.name.clone()).collect();
        same("imports", format!("{imports:?}"), format!("{own:?}"));
    }
    with_dependencies(entry, found, otherwise)
}

fn with_dependencies(entry: &Entry, found: &Artifact, mut otherwise: Vec<String>) -> Vec<String> {
    let dependencies = entry.dependencies.iter().map(|one| format!("{} {}", one.package, one.requirement));
    let own = found.needs.iter().map(|need| format!("{} {}", need.package, need.accepted.requirement()));
    let (expected, found) = (sorted(dependencies), sorted(own));
    if expected != found {
        otherwise.push(format!("dependencies: expected {expected}, found {found}"));
    }
    otherwise
}

fn sorted(all: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = all.collect();
    all.sort();
    all.join(", ")
}

/// Every entry, and what became of it. It prints how many of how many, and each that was not understood.
#[test]
#[expect(clippy::print_stdout, reason = "says what was compared, or that nothing was")]
fn real_components_are_understood_as_written_down() {
    let Some(folder) = folder() else {
        println!("SKIPPED: target/components is not there: tests/real_components/fetch.py gets it");
        return;
    };
    let list =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/real_components/list.toml"));
    let list: List = toml::from_str(&list.expect("list.toml")).expect("list.toml");
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    for entry in &list.entry {
        let path = folder.join(&entry.archive).join(&entry.path);
        let came = match read(entry, &path) {
            Err(why) => Came::Refused(why),
            Ok(found) => match compare(entry, &found) {
                otherwise if otherwise.is_empty() => Came::Understood,
                otherwise => Came::Otherwise(otherwise),
            },
        };
        let form = if entry.kind == "wit-text-folder" { "folders of WIT" } else { "files" };
        let count = counts.entry((form, entry.expect.as_str())).or_default();
        count[1] += 1;
        let at = format!("{}: {}", entry.archive, entry.path);
        match (entry.expect.as_str(), came) {
            ("accept", Came::Understood) | ("refuse" | "open", Came::Refused(_)) => count[0] += 1,
            ("accept", Came::Refused(why)) => wrong.push(format!("{at}: refused: {why}")),
            (_, Came::Otherwise(otherwise)) => wrong.push(format!("{at}: {}", otherwise.join("; "))),
            (expected, Came::Understood) => wrong.push(format!("{at}: expected {expected}, and it was understood")),
            (expected, Came::Refused(why)) => wrong.push(format!("{at}: unknown `{expected}`: {why}")),
        }
    }
    for ((form, expected), [came, of]) in &counts {
        println!("{form}, {expected}: {came} of {of}");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), list.entry.len(), wrong.join("\n"));
    assert_eq!(list.entry.len(), 105);
}
