//! The names of imports, and which packages they ask for.
//!
//! An interface's name says its package and perhaps a version: `wasi:http/types@0.2.3`. Older tools name implementations:
//! `unlocked-dep=<my:log@{>=1.0.0 <2.0.0}>` for one of a range, `locked-dep=<my:log@1.2.0>,integrity=<sha256-…>` for one
//! content. What is named by a URL or by its content alone is of no package. Any other name is plain, and nobody's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::digest::Digest;
use headlock_log::name::{check_package_name, quoted};
use semver::Version;

use crate::compatible::{self, without_build};

/// What is accepted of a package, as the name of an import says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accepted {
    /// Any version.
    Any,
    /// This one, and what can take its place as the Component Model has it.
    From(Version),
    /// Below the second, at least the first.
    Between(Option<Version>, Option<Version>),
    /// This one.
    Exactly(Version),
}

impl Accepted {
    /// As a requirement in cargo's syntax, which is that of the records.
    pub fn requirement(&self) -> String {
        match self {
            Accepted::Any | Accepted::Between(None, None) => "*".to_owned(),
            Accepted::From(version) => compatible::requirement(version).to_string(),
            Accepted::Between(Some(least), None) => format!(">={least}"),
            Accepted::Between(None, Some(bound)) => format!("<{bound}"),
            Accepted::Between(Some(least), Some(bound)) => format!(">={least}, <{bound}"),
            Accepted::Exactly(version) => compatible::exactly(version).to_string(),
        }
    }
}

/// What an import asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Something of a package.
    Package {
        /// `NAMESPACE:NAME`.
        package: String,
        /// Its accepted versions.
        accepted: Accepted,
        /// The only accepted content.
        content: Option<Digest>,
    },
    /// Something that is named by a URL, or by its content alone: of no package.
    Elsewhere,
    /// Something that whoever runs the component gives: a plain function, type, instance.
    Plain,
}

/// Reads the name of an import. `implements` and `suffix` are what stands beside it: the interface that an import with a
/// plain name has, and the rest of a version that the name holds the beginning of.
///
/// # Errors
/// Why no package of a registry can be meant: a part that is no version, range, content or package name.
pub fn read(name: &str, implements: Option<&str>, suffix: Option<&str>) -> Result<Asked, String> {
    if let Some(rest) = name.strip_prefix("unlocked-dep=") {
        let (query, rest) = bracketed(rest).ok_or("expected `unlocked-dep=<PACKAGE@{RANGE}>`")?;
        if !rest.is_empty() {
            return Err(format!("expected nothing behind the package, found {}", quoted(rest)));
        }
        let (path, range) = query.split_once('@').map_or((query, None), |(path, range)| (path, Some(range)));
        let accepted = range.map_or(Ok(Accepted::Any), range_of)?;
        return Ok(Asked::Package { package: package(path)?, accepted, content: None });
    }
    if let Some(rest) = name.strip_prefix("locked-dep=") {
        let (named, rest) = bracketed(rest).ok_or("expected `locked-dep=<PACKAGE@VERSION>`")?;
        let (path, version) = named.split_once('@').map_or((named, None), |(path, version)| (path, Some(version)));
        let accepted = version.map_or(Ok(Accepted::Any), |text| {
            version_of(text).map(|version| Accepted::Exactly(without_build(version)))
        })?;
        let content = match rest.strip_prefix(",integrity=").map(bracketed) {
            None if rest.is_empty() => None,
            Some(Some((integrity, ""))) => Some(content_of(integrity)?),
            _ => return Err(format!("expected `,integrity=<sha256-…>` or nothing, found {}", quoted(rest))),
        };
        return Ok(Asked::Package { package: package(path)?, accepted, content });
    }
    if ["url=", "relative-url=", "integrity="].iter().any(|scheme| name.starts_with(scheme)) {
        return Ok(Asked::Elsewhere);
    }
    match implements.or_else(|| name.contains(':').then_some(name)) {
        Some(interface) => {
            let (package, version) = interface_of(interface, suffix)?;
            let accepted = version.map_or(Accepted::Any, |version| Accepted::From(without_build(version)));
            Ok(Asked::Package { package, accepted, content: None })
        }
        None => Ok(Asked::Plain),
    }
}

/// The package of an interface's name, and the version that it names.
///
/// # Errors
/// As for [`read`].
pub fn interface_of(name: &str, suffix: Option<&str>) -> Result<(String, Option<Version>), String> {
    let (path, version) = name.split_once('@').map_or((name, None), |(path, version)| (path, Some(version)));
    let version = match (version, suffix) {
        (Some(version), suffix) => Some(version_of(&format!("{version}{}", suffix.unwrap_or_default()))?),
        (None, Some(suffix)) => return Err(format!("expected a version before its end, {}", quoted(suffix))),
        (None, None) => None,
    };
    Ok((package(path)?, version))
}

/// The package of a path `NAMESPACE:NAME/…`.
fn package(path: &str) -> Result<String, String> {
    let name = path.split_once('/').map_or(path, |(name, _)| name);
    check_package_name(name).map_err(|error| error.to_string())?;
    Ok(name.to_owned())
}

/// What stands between `<` and `>`, and what follows. A range has brackets of its own: `{>=1.0.0 <2.0.0}`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('<')?;
    let end = if text.contains('{') { text.find("}>")? + 1 } else { text.find('>')? };
    Some((&text[..end], &text[end + 1..]))
}

fn range_of(text: &str) -> Result<Accepted, String> {
    if text == "*" {
        return Ok(Accepted::Any);
    }
    let shape = || format!("expected a range `{{>=VERSION <VERSION}}`, found {}", quoted(text));
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(shape)?;
    let (mut least, mut bound) = (None, None);
    for part in inner.split(' ') {
        if let Some(version) = part.strip_prefix(">=").filter(|_| least.is_none() && bound.is_none()) {
            least = Some(version_of(version)?);
        } else if let Some(version) = part.strip_prefix('<').filter(|_| bound.is_none()) {
            bound = Some(version_of(version)?);
        } else if inner != "*" {
            return Err(shape());
        }
    }
    Ok(Accepted::Between(least.map(without_build), bound.map(without_build)))
}

fn version_of(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|error| format!("expected a version, found {}: {error}", quoted(text)))
}

/// Reads `sha256-…`: 64 hexadecimal digits, as registries of components wrote them, or base64, as browsers have it.
fn content_of(text: &str) -> Result<Digest, String> {
    let shape = || format!("expected `sha256-` and a sha256 in hexadecimal digits or base64, found {}", quoted(text));
    let value = text.strip_prefix("sha256-").ok_or_else(shape)?;
    if let Ok(digest) = value.parse() {
        return Ok(digest);
    }
    let bytes = STANDARD.decode(value).map_err(|_| shape())?;
    bytes.try_into().map(Digest).map_err(|_| shape())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(name: &str) -> String {
        match read(name, None, None) {
            Ok(Asked::Package { package, accepted, content }) => {
                let content = content.map(|content| format!(" with {content}")).unwrap_or_default();
                format!("{package} {}{content}", accepted.requirement())
            }
            Ok(Asked::Elsewhere) => "elsewhere".to_owned(),
            Ok(Asked::Plain) => "plain".to_owned(),
            Err(why) => why,
        }
    }

    const HASH: &str = "d780a28ec35f001cf1e61401ec1ee22dad5821ccf8280affcf135074c7c53cf2";

    #[test]
    fn each_form_of_a_name_is_understood() {
        assert_eq!(needs("wasi:http/types@0.2.3"), "wasi:http ^0.2.3");
        assert_eq!(needs("wasi:http/types"), "wasi:http *");
        assert_eq!(needs("a:b/c/d@1.2.3+built"), "a:b ^1.2.3");
        assert_eq!(needs("a:b/c@0.0.3"), "a:b =0.0.3");
        assert_eq!(needs("a:b/c@0.2.0-draft"), "a:b =0.2.0-draft");
        assert_eq!(needs("unlocked-dep=<a:b>"), "a:b *");
        assert_eq!(needs("unlocked-dep=<a:b@*>"), "a:b *");
        assert_eq!(needs("unlocked-dep=<a:b@{*}>"), "a:b *");
        assert_eq!(needs("unlocked-dep=<a:b/c@{>=1.0.0}>"), "a:b >=1.0.0");
        assert_eq!(needs("unlocked-dep=<a:b@{<2.0.0}>"), "a:b <2.0.0");
        assert_eq!(needs("unlocked-dep=<a:b@{>=1.0.0 <2.0.0}>"), "a:b >=1.0.0, <2.0.0");
        assert_eq!(needs("locked-dep=<a:b>"), "a:b *");
        assert_eq!(needs("locked-dep=<a:b@1.0.0>"), "a:b =1.0.0");
        assert_eq!(needs("locked-dep=<a:b@1.0.0+built>"), "a:b =1.0.0");
        assert_eq!(
            needs(&format!("locked-dep=<a:b@1.0.0>,integrity=<sha256-{HASH}>")),
            format!("a:b =1.0.0 with {HASH}")
        );
        let base64 = "14CijsNfABzx5hQB7B7iLa1YIcz4KAr/zxNQdMfFPPI=";
        let name = format!("locked-dep=<a:b@1.0.0>,integrity=<sha256-{base64}>");
        assert_eq!(needs(&name), format!("a:b =1.0.0 with {HASH}"));
        assert_eq!(needs("url=<https://a.example/x>"), "elsewhere");
        assert_eq!(needs("integrity=<sha256-x>"), "elsewhere");
        assert_eq!(needs("num-keys"), "plain");
        assert_eq!(needs("[method]a.b"), "plain");
    }

    #[test]
    fn what_stands_beside_a_name_counts() {
        let package = |accepted| Asked::Package { package: "a:b".to_owned(), accepted, content: None };
        assert_eq!(read("primary", Some("a:b/c@1.2.0"), None), Ok(package(Accepted::From(Version::new(1, 2, 0)))));
        assert_eq!(read("a:b/c@0.2", None, Some(".6")), Ok(package(Accepted::From(Version::new(0, 2, 6)))));
        assert!(read("a:b/c", None, Some(".6")).is_err());
    }

    #[test]
    fn every_requirement_is_one() {
        for name in [
            "a:b/c@1.2.3",
            "a:b/c@0.0.3-x",
            "locked-dep=<a:b@1.0.0+b>",
            "unlocked-dep=<a:b@{>=1.0.0+b <2.0.0-rc.1}>",
            "unlocked-dep=<a:b>",
        ] {
            let Ok(Asked::Package { accepted, .. }) = read(name, None, None) else { panic!("{name}") };
            let requirement = semver::VersionReq::parse(&accepted.requirement()).expect(name);
            assert_eq!(requirement.to_string(), accepted.requirement(), "as the records write it");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_a_reason() {
        for (name, why) in [
            ("a:b/c@1.2", "expected a version, found \"1.2\""),
            ("a:b:c/d@1.0.0", "expected a package name NAMESPACE:NAME"),
            (":/", "expected a package name NAMESPACE:NAME"),
            ("unlocked-dep=a:b", "expected `unlocked-dep=<PACKAGE@{RANGE}>`"),
            ("unlocked-dep=<a:b@{1.0.0}>", "expected a range"),
            ("unlocked-dep=<a:b@{<2.0.0 >=1.0.0}>", "expected a range"),
            ("unlocked-dep=<a:b@{>=1.0.0 <2.0.0>", "expected `unlocked-dep=<PACKAGE@{RANGE}>`"),
            ("unlocked-dep=<a:b@{>=1.0.0}>x", "expected nothing behind the package"),
            ("unlocked-dep=<a>", "expected a package name"),
            ("locked-dep=<a:b@1>", "expected a version"),
            ("locked-dep=<a:b@1.0.0>,integrity=<md5-x>", "expected `sha256-`"),
            ("locked-dep=<a:b@1.0.0>,integrity=<sha256-AAAA>", "expected `sha256-`"),
            ("locked-dep=<a:b@1.0.0>,url=<x>", "expected `,integrity=<sha256-…>` or nothing"),
        ] {
            assert!(needs(name).starts_with(why), "{name}: {}", needs(name));
        }
    }
}
