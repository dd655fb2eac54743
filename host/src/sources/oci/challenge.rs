//! What a registry wants to be shown, by its header `www-authenticate` (RFC 9110, 11.6.1).

/// A service that gives tokens for a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The URL of the service, unread.
    pub(super) realm: String,
    /// What the registry is called there.
    pub(super) service: Option<String>,
}

/// The first challenge that is for a bearer's token; nothing if there is none. What it says of a scope is not taken: what a
/// token is to be for whoever asks knows.
pub(super) fn bearer(header: &str) -> Option<Challenge> {
    let mut is_bearer = false;
    let (mut realm, mut service) = (None, None);
    for item in items(header) {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        let name = name.trim();
        // A scheme stands before its first parameter, with a space between, or alone.
        let (scheme, name) = match name.split_once([' ', '\t']) {
            Some((scheme, name)) => (Some(scheme), name.trim()),
            None if !item.contains('=') => (Some(name), ""),
            None => (None, name),
        };
        if let Some(scheme) = scheme {
            if is_bearer {
                break;
            }
            is_bearer = scheme.eq_ignore_ascii_case("bearer");
        }
        if !is_bearer {
            continue;
        }
        let slot = match name.to_ascii_lowercase().as_str() {
            "realm" => &mut realm,
            "service" => &mut service,
            _ => continue,
        };
        slot.get_or_insert(unquoted(value.trim()));
    }
    Some(Challenge { realm: realm?, service })
}

/// What stands between commas, but for those in quotation marks.
fn items(header: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let separates = move |character: char| {
        let escaped = std::mem::replace(&mut is_escaped, false);
        match character {
            '\\' if is_quoted && !escaped => is_escaped = true,
            '"' if !escaped => is_quoted = !is_quoted,
            ',' if !is_quoted => return true,
            _ => {}
        }
        false
    };
    header.split(separates).map(str::trim).filter(|item| !item.is_empty())
}

/// A value without its quotation marks.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Challenge, bearer};

    #[test]
    fn challenges_are_read() {
        let challenge = |realm: &str, service: Option<&str>| {
            Some(Challenge { realm: realm.to_owned(), service: service.map(str::to_owned) })
        };
        let url = "https://auth.example/token";
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#,
                challenge(url, Some("registry.example")),
            ),
            (r#"bearer Realm = "https://auth.example/token" , error="invalid_token""#, challenge(url, None)),
            (r#"Basic realm="a, b=c", Bearer realm="https://auth.example/token""#, challenge(url, None)),
            (r#"Negotiate, Bearer realm="https://auth.example/token", Basic realm="x""#, challenge(url, None)),
            (r#"Bearer realm="first", realm="second""#, challenge("first", None)),
            (r#"Bearer realm="a\"b\\c", service=d"#, challenge("a\"b\\c", Some("d"))),
            (r#"Bearer realm=https://auth.example/token"#, challenge(url, None)),
            (r#"Basic realm="registry""#, None),
            (r#"Bearer service="registry.example""#, None),
            ("Bearer", None),
            ("", None),
            (",,,", None),
            ("Bearer\trealm=\"https://auth.example/token\"", challenge(url, None)),
            (r#"Bearer realm="open"#, challenge("\"open", None)),
        ] {
            assert_eq!(bearer(header), expected, "{header}");
        }
    }
}
