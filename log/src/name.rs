//! Names: of packages, of features and exclusive resources, of logs.
//!
//! All are printable ASCII without quotes and backslashes, so that a name looks the same everywhere, needs no escape in
//! JSON, and no two look alike by Unicode's doing.

/// Longest package name, in bytes, colon included.
pub const MAX_PACKAGE_NAME: usize = 128;

/// Longest name of a feature or an exclusive resource, in bytes.
pub const MAX_FEATURE_NAME: usize = 255;

/// Longest origin, in bytes.
pub const MAX_ORIGIN: usize = 255;

/// A name that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A package name that is not `NAMESPACE:NAME`.
    #[error(
        "expected a package name NAMESPACE:NAME, each a letter followed by letters, digits, `_` and `-`, found {}",
        spelled(.0)
    )]
    Package(String),
    /// A package name that is too long.
    #[error("expected a package name of at most {MAX_PACKAGE_NAME} bytes, found {0} bytes")]
    PackageLength(usize),
    /// Not a name of a feature or an exclusive resource.
    #[error("expected a letter, digit or `_`, followed by letters, digits, `_`, `+`, `.` and `-`, found {}", spelled(.0))]
    Feature(String),
    /// A name of a feature or an exclusive resource that is too long.
    #[error("expected a name of at most {MAX_FEATURE_NAME} bytes, found {0} bytes")]
    FeatureLength(usize),
    /// An origin with a character that it cannot have, or an empty one.
    #[error(
        "expected an origin of printable ASCII characters without spaces, `+`, `\"` and `\\`, found {}",
        spelled(.0)
    )]
    Origin(String),
    /// An origin that is too long.
    #[error("expected an origin of at most {MAX_ORIGIN} bytes, found {0} bytes")]
    OriginLength(usize),
    /// An origin that would not be a path.
    #[error("expected no empty, `.` or `..` part between the slashes of the origin, found {}", spelled(.0))]
    OriginPart(String),
}

/// Checks a package's name: `NAMESPACE:NAME`, each `[A-Za-z][A-Za-z0-9_-]*`, at most 128 bytes together.
///
/// # Errors
/// [`NameError::Package`] and [`NameError::PackageLength`].
pub fn check_package_name(name: &str) -> Result<(), NameError> {
    if name.len() > MAX_PACKAGE_NAME {
        return Err(NameError::PackageLength(name.len()));
    }
    match name.split_once(':') {
        Some((namespace, rest)) if is_part(namespace) && is_part(rest) => Ok(()),
        _ => Err(NameError::Package(name.to_owned())),
    }
}

fn is_part(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_alphabetic())
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Checks the name of a feature or of an exclusive resource: `[A-Za-z0-9_][A-Za-z0-9_+.-]*`, at most 255 bytes.
///
/// # Errors
/// [`NameError::Feature`] and [`NameError::FeatureLength`].
pub fn check_feature_name(name: &str) -> Result<(), NameError> {
    if name.len() > MAX_FEATURE_NAME {
        return Err(NameError::FeatureLength(name.len()));
    }
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if first && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'.' | b'-')) {
        Ok(())
    } else {
        Err(NameError::Feature(name.to_owned()))
    }
}

/// Checks a log's name, which is also the name of its key: 1 to 255 printable ASCII characters, none of them a space,
/// `+`, `"` or `\`; between slashes neither nothing nor `.` nor `..`.
///
/// C2SP's tlog-checkpoint recommends origins like URLs without their scheme, and demands less. A log whose origin is
/// refused here cannot be named in a record.
///
/// # Errors
/// [`NameError::Origin`], [`NameError::OriginLength`] and [`NameError::OriginPart`].
pub fn check_origin(origin: &str) -> Result<(), NameError> {
    if origin.len() > MAX_ORIGIN {
        return Err(NameError::OriginLength(origin.len()));
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'+' | b'"' | b'\\');
    if origin.is_empty() || !origin.bytes().all(allowed) {
        return Err(NameError::Origin(origin.to_owned()));
    }
    if origin.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(NameError::OriginPart(origin.to_owned()));
    }
    Ok(())
}

/// What is equal for two package names that one registry must not both have: lowercase, `_` written `-`.
pub fn same_name_key(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '_' => '-',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// Text from outside, for a message: quoted, on one line, control characters and marks of direction escaped, and cut
/// after 80 characters.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for (place, character) in text.chars().enumerate() {
        if place == 80 {
            quoted.push('…');
            break;
        }
        quoted.extend(character.escape_debug());
    }
    quoted.push('"');
    quoted
}

/// What stands where a name should, for a message: as [`quoted`], and all that is not printable ASCII escaped, so that
/// what only looks like a name is told from it.
fn spelled(text: &str) -> String {
    quoted(text).chars().map(|character| if character == '…' { "…".to_owned() } else { ascii(character) }).collect()
}

/// A name, or what stands where one should, with all that is not printable ASCII escaped.
pub fn in_ascii(text: &str) -> String {
    text.chars().map(ascii).collect()
}

fn ascii(character: char) -> String {
    match character {
        ' '..='~' => character.to_string(),
        other => other.escape_unicode().to_string(),
    }
}

/// Another library's message, which may repeat text from outside: as [`quoted`], but without quotes, and longer.
pub(crate) fn harmless(message: &dyn std::fmt::Display) -> String {
    let escape = |character: char| match character {
        '"' | '\'' | '\\' => character.to_string(),
        other => other.escape_debug().to_string(),
    };
    message.to_string().chars().take(300).map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names() {
        for name in ["wasi:http", "crates:serde_json", "a:b", "Crates:Inflector", "ns-1_x:B9-_"] {
            assert_eq!(check_package_name(name), Ok(()), "{name}");
        }
        for name in [
            "", ":", "a", "a:", ":b", "a:b:c", "1a:b", "a:1b", "a:-b", "a:b c", "a:é", "a/b:c", "a:..", "a:b\n", "a:b+",
        ] {
            assert_eq!(check_package_name(name), Err(NameError::Package(name.to_owned())), "{name}");
        }
        let longest = format!("a:{}", "b".repeat(126));
        assert_eq!(check_package_name(&longest), Ok(()));
        assert_eq!(
            check_package_name(&format!("{longest}b")).unwrap_err().to_string(),
            "expected a package name of at most 128 bytes, found 129 bytes"
        );
        assert_eq!(
            check_package_name("serde").unwrap_err().to_string(),
            "expected a package name NAMESPACE:NAME, each a letter followed by letters, digits, `_` and `-`, found \"serde\""
        );
    }

    #[test]
    fn feature_names() {
        for name in ["default", "_x", "9p", "v1.2", "a+b", "simd-nightly", "A"] {
            assert_eq!(check_feature_name(name), Ok(()), "{name}");
        }
        for name in ["", "-a", "+a", ".", ".a", "a b", "a/b", "a?", "dep:a", "é", "a\"", "a\\", "a\0"] {
            assert_eq!(check_feature_name(name), Err(NameError::Feature(name.to_owned())), "{name}");
        }
        assert_eq!(check_feature_name(&"a".repeat(255)), Ok(()));
        assert_eq!(
            check_feature_name(&"a".repeat(256)).unwrap_err().to_string(),
            "expected a name of at most 255 bytes, found 256 bytes"
        );
        assert_eq!(
            check_feature_name("dep:a").unwrap_err().to_string(),
            "expected a letter, digit or `_`, followed by letters, digits, `_`, `+`, `.` and `-`, found \"dep:a\""
        );
    }

    #[test]
    fn origins() {
        for origin in ["crates.example/index", "registry.example", "a", "localhost:8080/x", "a/b/c.d", "~x/...", "a/.b"]
        {
            assert_eq!(check_origin(origin), Ok(()), "{origin}");
        }
        for origin in ["", "a b", "a+b", "a\n", "é.example", "a\"b", "a\\b", "\u{202e}a", "a\u{7f}"] {
            assert_eq!(check_origin(origin), Err(NameError::Origin(origin.to_owned())), "{origin}");
        }
        for origin in ["/", "/a", "a/", "a//b", "..", "a/..", "../a", "a/./b", "https://a.example/"] {
            assert_eq!(check_origin(origin), Err(NameError::OriginPart(origin.to_owned())), "{origin}");
        }
        assert_eq!(check_origin(&"a".repeat(255)), Ok(()));
        assert_eq!(
            check_origin(&"a".repeat(256)).unwrap_err().to_string(),
            "expected an origin of at most 255 bytes, found 256 bytes"
        );
        assert_eq!(
            check_origin("a\u{202e}b").unwrap_err().to_string(),
            "expected an origin of printable ASCII characters without spaces, `+`, `\"` and `\\`, found \"a\\u{202e}b\""
        );
        assert_eq!(
            check_origin("a/../b").unwrap_err().to_string(),
            "expected no empty, `.` or `..` part between the slashes of the origin, found \"a/../b\""
        );
    }

    #[test]
    fn names_that_differ_only_in_case_and_dashes_are_the_same() {
        assert_eq!(same_name_key("Crates:Serde_JSON"), "crates:serde-json");
        assert_eq!(same_name_key("crates:serde-json"), "crates:serde-json");
        assert_ne!(same_name_key("crates:serdejson"), "crates:serde-json");
    }

    #[test]
    fn quoted_text_is_short_and_harmless() {
        assert_eq!(quoted("a\u{1b}[31m\u{202e}\n\"b\""), r#""a\u{1b}[31m\u{202e}\n\"b\"""#);
        assert_eq!(quoted(&"x".repeat(80)), format!("\"{}\"", "x".repeat(80)));
        assert_eq!(quoted(&"x".repeat(81)), format!("\"{}…\"", "x".repeat(80)));
    }
}
