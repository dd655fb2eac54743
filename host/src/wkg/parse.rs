//! Reading: unknown and doubled fields, and values of another form, are refused with their line.

use std::collections::BTreeMap;
use std::path::Path;

use headlock_log::digest::Digest;
use headlock_log::name::{check_package_name, quoted};
use semver::{Version, VersionReq};
use serde::Deserialize;

use super::{Entry, Locked, MAX_WKG_LOCK, Package};
use crate::error::{Error, Result};
use crate::{files, table};

/// The only version of the format that there is.
const VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    #[serde(default, alias = "package", deserialize_with = "table::each")]
    packages: Vec<PackageTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageTable {
    name: Name,
    registry: Option<Registry>,
    #[serde(default, alias = "version", deserialize_with = "table::each")]
    versions: Vec<EntryTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryTable {
    requirement: Requirement,
    version: Chosen,
    digest: ContentDigest,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Registry(String);

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Requirement(VersionReq);

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Chosen(Version);

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct ContentDigest(Digest);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Name, String> {
        check_package_name(&text).map_err(|error| error.to_string())?;
        Ok(Name(text))
    }
}

impl TryFrom<String> for Registry {
    type Error = String;

    fn try_from(text: String) -> Result<Registry, String> {
        if !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Registry(text));
        }
        Err(format!("expected a registry's name of printable ASCII characters, found {}", quoted(&text)))
    }
}

impl TryFrom<String> for Requirement {
    type Error = String;

    fn try_from(text: String) -> Result<Requirement, String> {
        let read = VersionReq::parse(&text);
        read.map(Requirement).map_err(|error| format!("expected a requirement, found {}: {error}", quoted(&text)))
    }
}

impl TryFrom<String> for Chosen {
    type Error = String;

    fn try_from(text: String) -> Result<Chosen, String> {
        let read = Version::parse(&text);
        read.map(Chosen).map_err(|error| format!("expected a version, found {}: {error}", quoted(&text)))
    }
}

impl TryFrom<String> for ContentDigest {
    type Error = String;

    fn try_from(text: String) -> Result<ContentDigest, String> {
        // wkg reads capital letters, too.
        let digest = text.strip_prefix("sha256:").and_then(|hex| hex.to_ascii_lowercase().parse().ok());
        digest
            .map(ContentDigest)
            .ok_or_else(|| format!("expected a digest sha256: and 64 hexadecimal digits, found {}", quoted(&text)))
    }
}

impl Locked {
    /// Reads a file.
    ///
    /// # Errors
    /// Malformed: not there, too large, or as [`Locked::parse`]. Could not check: it cannot be read.
    pub fn read(path: &Path) -> Result<Locked> {
        let text = files::read_text(path, MAX_WKG_LOCK)?;
        let text = text.ok_or_else(|| Error::malformed(format!("there is no wkg.lock at {}", path.display())))?;
        Locked::parse(path, &text)
    }

    /// Parses a file's text; `path` is for messages.
    ///
    /// # Errors
    /// Malformed: no TOML, another version of the format, an unknown field, a value of another form, a package or a requirement
    /// of one that stands twice, no entry at all.
    pub fn parse(path: &Path, text: &str) -> Result<Locked> {
        let document: Document = files::from_toml(path, text)?;
        let malformed = |what: String| Error::malformed(format!("{}: {what}", path.display()));
        if document.version != VERSION {
            return Err(malformed(format!("expected version {VERSION} of wkg.lock, found {}", document.version)));
        }
        let mut packages: BTreeMap<(String, Option<String>), Vec<Entry>> = BTreeMap::new();
        for PackageTable { name: Name(name), registry, versions } in document.packages {
            let entries: Vec<Entry> = versions
                .into_iter()
                .map(|EntryTable { requirement, version, digest }| Entry {
                    requirement: requirement.0,
                    version: version.0,
                    sha256: digest.0,
                })
                .collect();
            if entries.is_empty() {
                return Err(malformed(format!("expected a locked version of {name}, found none"))
                    .hint("where nothing is locked there is nothing to check"));
            }
            let mut asked: Vec<String> = entries.iter().map(|entry| entry.requirement.to_string()).collect();
            asked.sort_unstable();
            if let Some([first, _]) = asked.array_windows().find(|[first, second]| first == second) {
                return Err(malformed(format!("{name} is locked twice for the requirement {first:?}")));
            }
            let what = format!("the package {name} stands twice");
            if packages.insert((name, registry.map(|Registry(registry)| registry)), entries).is_some() {
                return Err(malformed(what));
            }
        }
        let packages =
            packages.into_iter().map(|((name, registry), entries)| Package { name, registry, entries }).collect();
        let locked = Locked { packages };
        match locked.entries() {
            0 => Err(malformed("expected at least one locked version, found none".to_owned())
                .hint("where nothing is locked there is nothing to check")),
            _ => Ok(locked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn parse(text: &str) -> Result<Locked> {
        Locked::parse(Path::new("wkg.lock"), text)
    }

    fn with(name: &str, registry: &str, requirement: &str, version: &str, digest: &str) -> String {
        format!(
            "version = 1\n[[packages]]\nname = {name}\nregistry = {registry}\n[[packages.versions]]\nrequirement = {requirement}\nversion = {version}\ndigest = {digest}\n"
        )
    }

    #[test]
    fn what_wkg_and_cargo_component_write() {
        let digest = format!("\"sha256:{DIGEST}\"");
        let new = with("\"a:b\"", "\"a.example\"", "\"=1.0.0\"", "\"1.0.0\"", &digest);
        let locked = parse(&new).unwrap();
        assert_eq!(locked.packages[0].registry.as_deref(), Some("a.example"));
        assert_eq!(locked.packages[0].entries[0].sha256.to_string(), DIGEST);
        let old = new.replace("[[packages]]", "[[package]]").replace("[[packages.versions]]", "[[package.version]]");
        assert_eq!(parse(&old).unwrap(), locked);
        assert_eq!(parse(&new.replace("aabb", "AABB")).unwrap(), locked);
    }

    #[test]
    fn what_is_none_is_said_with_its_line() {
        let digest = format!("\"sha256:{DIGEST}\"");
        let (name, host, asked, version) = ("\"a:b\"", "\"h\"", "\"=1.0.0\"", "\"1.0.0\"");
        let good = with(name, host, asked, version, &digest);
        for (text, said) in [
            (String::new(), "wkg.lock:1: missing field `version`"),
            ("version = 1".to_owned(), "wkg.lock: expected at least one locked version, found none"),
            (
                "version = 1\n[[packages]]\nname = \"a:b\"".to_owned(),
                "wkg.lock: expected a locked version of a:b, found none",
            ),
            (good.replace("version = 1\n", "version = 2\n"), "wkg.lock: expected version 1 of wkg.lock, found 2"),
            (
                format!("x = 1\n{good}"),
                "wkg.lock:1: unknown field `x`, expected one of `version`, `package`, `packages`",
            ),
            (with("\"a\"", host, asked, version, &digest), "wkg.lock:3: expected a package name NAMESPACE:NAME"),
            (with("\"a:../b\"", host, asked, version, &digest), "wkg.lock:3: expected a package name NAMESPACE:NAME"),
            (with("[\"a:b\"]", host, asked, version, &digest), "wkg.lock:3: expected a string, found a list"),
            (with(name, "\"\"", asked, version, &digest), "wkg.lock:4: expected a registry's name"),
            (with(name, "\"a\\u202e\"", asked, version, &digest), "wkg.lock:4: expected a registry's name"),
            (with(name, host, "\"one\"", version, &digest), "wkg.lock:6: expected a requirement, found \"one\""),
            (with(name, host, asked, "\"1.0\"", &digest), "wkg.lock:7: expected a version, found \"1.0\""),
            (with(name, host, asked, version, "\"sha256:00\""), "wkg.lock:8: expected a digest sha256:"),
            (
                with(name, host, asked, version, &digest.replace("sha256", "sha512")),
                "wkg.lock:8: expected a digest sha256:",
            ),
            (with(name, host, asked, version, &format!("\"{DIGEST}\"")), "wkg.lock:8: expected a digest sha256:"),
            (format!("{good}{}", good.replace("version = 1\n", "")), "wkg.lock: the package a:b stands twice"),
            (
                format!(
                    "{good}[[packages.versions]]\nrequirement = \"= 1.0.0\"\nversion = {version}\ndigest = {digest}\n"
                ),
                "wkg.lock: a:b is locked twice for the requirement \"=1.0.0\"",
            ),
            (format!("{good}digest = {digest}\n"), "wkg.lock:9: duplicate key"),
            (format!("\u{feff}{good}"), "wkg.lock: expected text, found a byte order mark"),
        ] {
            let error = parse(&text).unwrap_err();
            assert_eq!(error.kind().exit_code(), 2, "{text}");
            assert!(error.to_string().starts_with(said), "{error}\n{text}");
        }
    }
}
