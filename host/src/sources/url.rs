//! URLs of registries: an absolute base, strictly read, to which only paths of our own making are added.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// The longest URL, in bytes.
const MAX_URL: usize = 2048;

/// How a URL is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    File,
    Http,
    Https,
}

impl Scheme {
    fn prefix(self) -> &'static str {
        match self {
            Scheme::File => "file://",
            Scheme::Http => "http://",
            Scheme::Https => "https://",
        }
    }
}

/// Whether a URL may end in `?…`. Bases of registries have none; targets of redirects may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Query {
    Refused,
    Allowed,
}

/// An absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) scheme: Scheme,
    /// Host and port as written; empty for files.
    authority: String,
    /// Lowercase, without the brackets of an IPv6 address; empty for files.
    host: String,
    port: u16,
    /// Empty, or from its first slash on; a base has no slash at its end.
    path: String,
}

/// Checks that a URL can be the base of a registry: `file:///…`, `https://HOST…` or `http://HOST…`, without user name,
/// query or fragment.
///
/// # Errors
/// Malformed, with what is wrong.
pub fn check_url(url: &str) -> Result<()> {
    Url::parse_base(url).map(|_| ())
}

/// Checks the URL at which a log says that a peer is served, `from` being those of the log. What comes from a server leads
/// to servers, from https to https, and no nearer: never to this very host unless it is there itself, nor to an address of a
/// private network from elsewhere than one. What comes from a folder may lead anywhere. To what a name resolves is not looked
/// at.
///
/// # Errors
/// Malformed: no URL of a registry, or one that leads elsewhere.
pub fn check_peer_url(from: &[String], peer: &str) -> Result<()> {
    let target = Url::parse_base(peer)?;
    let from = from.iter().map(|url| Url::parse_base(url)).collect::<Result<Vec<Url>>>()?;
    let may = |from: &Url| match (from.scheme, target.scheme) {
        (Scheme::File, _) => true,
        (_, Scheme::File) | (Scheme::Https, Scheme::Http) => false,
        (Scheme::Http, _) | (Scheme::Https, Scheme::Https) => from.nearness() >= target.nearness(),
    };
    // Nothing is known of where a bundle is from, and nothing is asked for there.
    if from.iter().all(may) {
        return Ok(());
    }
    Err(Error::malformed(format!(
        "its URL {peer:?} leads from a server to a folder, to this host or its network, or from https to http"
    )))
}

/// Checks where a server redirects from the file `path` of the registry at `base`, and returns the URL that is asked next.
///
/// # Errors
/// Malformed: `base` names no registry. Could not check: the target is no URL, or must not be followed.
pub fn check_redirect(base: &str, path: &str, location: &str) -> Result<String> {
    let target = Url::parse_base(base)?.join(path).redirected(location).map_err(Error::could_not_check)?;
    Ok(target.to_string())
}

/// How near a host is to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// Anywhere.
    Elsewhere,
    /// In a private network.
    Network,
    /// This very host.
    Host,
}

impl Url {
    /// Reads the base URL of a registry; a slash at its end makes no difference.
    ///
    /// # Errors
    /// Malformed, with what is wrong.
    pub(super) fn parse_base(text: &str) -> Result<Url> {
        Url::parse(text, Query::Refused).map_err(|what| {
            Error::malformed(format!("the URL {text:?} names no registry: {what}"))
                .hint("expected file:///FOLDER, https://HOST/PATH, or http://HOST/PATH")
        })
    }

    fn parse(text: &str, query: Query) -> Result<Url, String> {
        if text.len() > MAX_URL {
            return Err(format!("it is longer than {MAX_URL} bytes"));
        }
        check_characters(text)?;
        let scheme = [Scheme::File, Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|scheme| text.starts_with(scheme.prefix()))
            .ok_or("it begins with none of file://, https://, http://")?;
        let rest = &text[scheme.prefix().len()..];
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (path, asked) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        if asked.contains('#') {
            return Err("it has a fragment, `#…`".to_owned());
        }
        if !asked.is_empty() && query == Query::Refused {
            return Err("it has a query, `?…`".to_owned());
        }
        let (host, port) = match scheme {
            Scheme::File if authority.is_empty() => (String::new(), 0),
            Scheme::File => return Err("a file URL names no host: file:///FOLDER".to_owned()),
            Scheme::Http => parse_authority(authority, 80)?,
            Scheme::Https => parse_authority(authority, 443)?,
        };
        check_path(path)?;
        let path = match query {
            Query::Refused => path.strip_suffix('/').unwrap_or(path).to_owned(),
            Query::Allowed => format!("{path}{asked}"),
        };
        if scheme == Scheme::File && path.is_empty() {
            return Err("it names no folder".to_owned());
        }
        Ok(Url { scheme, authority: authority.to_owned(), host, port, path })
    }

    /// The URL of a file of the registry. The path is one that our own code makes: names of files, slashes between.
    pub(super) fn join(&self, path: &str) -> Url {
        Url { path: format!("{}/{path}", self.path), ..self.clone() }
    }

    /// Where a redirect leads.
    ///
    /// # Errors
    /// A target that is no URL, or that must not be followed: from https to http, or from http to anywhere else.
    pub(super) fn redirected(&self, location: &str) -> Result<Url, String> {
        let absolute = if location.starts_with("//") {
            format!("{}{location}", self.scheme.prefix().trim_end_matches('/'))
        } else if location.starts_with('/') {
            format!("{}{}{location}", self.scheme.prefix(), self.authority)
        } else if location.contains("://") {
            location.to_owned()
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = path.rfind('/').map_or("", |slash| &path[..slash]);
            format!("{}{}{folder}/{location}", self.scheme.prefix(), self.authority)
        };
        let target = Url::parse(&absolute, Query::Allowed)
            .map_err(|what| format!("it redirects to {location:?}, which is no URL to follow: {what}"))?;
        let same_origin = (self.scheme, &self.host, self.port) == (target.scheme, &target.host, target.port);
        match (self.scheme, target.scheme) {
            (Scheme::Https, Scheme::Https) => Ok(target),
            (Scheme::Http, _) if same_origin => Ok(target),
            (Scheme::Https, _) => Err(format!("it redirects from https to {target}, which is not followed")),
            _ => Err(format!("it redirects to another place, {target}, which is not followed from http")),
        }
    }

    /// Whether the host is this very machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// How near the host is, as far as its name says.
    fn nearness(&self) -> Nearness {
        if self.host == "localhost" || self.host.ends_with(".localhost") {
            return Nearness::Host;
        }
        let address = match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
            Ok(address) => address,
            // What looks like a number is an address to some resolvers: 127.1, 2130706433, 0x7f.1.
            Err(_) => {
                let last = self.host.rsplit('.').find(|label| !label.is_empty()).unwrap_or_default();
                let is_number = last.starts_with(|first: char| first.is_ascii_digit());
                return if is_number { Nearness::Host } else { Nearness::Elsewhere };
            }
        };
        let is_near = match address {
            IpAddr::V4(address) => address.is_private() || address.is_link_local(),
            IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
        };
        match address.is_loopback() || address.is_unspecified() {
            true => Nearness::Host,
            false if is_near => Nearness::Network,
            false => Nearness::Elsewhere,
        }
    }

    /// The host, for messages.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The folder that a file URL names.
    pub(super) fn folder(&self) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        let mut bytes = Vec::with_capacity(self.path.len());
        let mut rest = self.path.as_bytes();
        while let Some((&byte, behind)) = rest.split_first() {
            let encoded = (byte == b'%').then(|| behind.split_first_chunk()).flatten();
            match encoded.and_then(|(pair, behind)| Some((hex(*pair)?, behind))) {
                Some((decoded, behind)) => {
                    bytes.push(decoded);
                    rest = behind;
                }
                None => {
                    bytes.push(byte);
                    rest = behind;
                }
            }
        }
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.scheme.prefix(), self.authority, self.path)
    }
}

fn hex([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

/// RFC 3986's characters, and `%` only before two hexadecimal digits.
fn check_characters(text: &str) -> Result<(), String> {
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        match byte {
            b'%' => {
                let decoded = behind.first_chunk().and_then(|pair| hex(*pair));
                match decoded {
                    None => return Err("a % stands before no two hexadecimal digits".to_owned()),
                    Some(0) => return Err("it holds %00".to_owned()),
                    Some(b'/' | b'\\') => return Err("it holds an encoded slash".to_owned()),
                    Some(_) => {}
                }
            }
            b'!' | b'#'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~' => {}
            _ => {
                let character = text[text.len() - rest.len()..].chars().next().unwrap_or_default();
                return Err(format!("it holds {character:?}, which a URL writes percent-encoded"));
            }
        }
        rest = behind;
    }
    Ok(())
}

fn parse_authority(authority: &str, default_port: u16) -> Result<(String, u16), String> {
    if authority.contains('@') {
        return Err("it has a user name".to_owned());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (address, port) = bracketed.split_once(']').ok_or("its host has a [ without ]")?;
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(format!("{address:?} is no IPv6 address"));
            }
            match port.is_empty() {
                true => (address, None),
                false => (address, Some(port.strip_prefix(':').ok_or("something follows its host")?)),
            }
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_name = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    if !is_name && !authority.starts_with('[') {
        return Err(format!("{host:?} is no host"));
    }
    let port = match port {
        None => default_port,
        Some(port) => port
            .parse::<u16>()
            .ok()
            .filter(|number| *number > 0 && number.to_string() == port)
            .ok_or_else(|| format!("{port:?} is no port"))?,
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// No path that another reader could take for another one.
fn check_path(path: &str) -> Result<(), String> {
    if matches!(path, "" | "/") {
        return Ok(());
    }
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    for segment in inner.split('/') {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        if plain.is_empty() {
            return Err("its path has two slashes in a row".to_owned());
        }
        if plain == "." || plain == ".." {
            return Err(format!("its path has the segment {segment:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn bases_are_read_and_joined() {
        let cases = [
            ("https://registry.example", "https://registry.example/checkpoint"),
            ("https://registry.example/", "https://registry.example/checkpoint"),
            ("https://Registry.example:8443/a/b/", "https://Registry.example:8443/a/b/checkpoint"),
            ("http://127.0.0.1:80/x", "http://127.0.0.1:80/x/checkpoint"),
            ("http://[::1]:8080/~u/x%20y", "http://[::1]:8080/~u/x%20y/checkpoint"),
            ("file:///srv/reg", "file:///srv/reg/checkpoint"),
            ("file:///srv/reg/", "file:///srv/reg/checkpoint"),
        ];
        for (base, expected) in cases {
            assert_eq!(Url::parse_base(base).expect(base).join("checkpoint").to_string(), expected);
        }
        let folder = Url::parse_base("file:///srv/a%20b%c3%a9/x%25").expect("a URL").folder();
        assert_eq!(folder, PathBuf::from("/srv/a bé/x%"));
    }

    #[test]
    fn what_is_no_base_is_refused_with_the_reason() {
        let cases = [
            ("", "it begins with none of file://, https://, http://"),
            ("registry.example", "it begins with none of file://, https://, http://"),
            ("HTTPS://registry.example", "it begins with none of file://, https://, http://"),
            ("ftp://registry.example", "it begins with none of file://, https://, http://"),
            ("https://", "\"\" is no host"),
            ("https:///path", "\"\" is no host"),
            ("https://user:password@registry.example", "it has a user name"),
            ("https://registry.example?x", "it has a query, `?…`"),
            ("https://registry.example/a?", "it has a query, `?…`"),
            ("https://registry.example/a#b", "it has a fragment, `#…`"),
            ("https://registry.example/a b", "it holds ' ', which a URL writes percent-encoded"),
            ("https://registry.example/é", "it holds 'é', which a URL writes percent-encoded"),
            ("https://registry.example/a\nb", "it holds '\\n', which a URL writes percent-encoded"),
            ("https://registry.example/%4", "a % stands before no two hexadecimal digits"),
            ("https://registry.example/%zz", "a % stands before no two hexadecimal digits"),
            ("https://registry.example/%00", "it holds %00"),
            ("https://registry.example/a%2Fb", "it holds an encoded slash"),
            ("https://registry.example/a/../b", "its path has the segment \"..\""),
            ("https://registry.example/a/%2E%2e/b", "its path has the segment \"%2E%2e\""),
            ("https://registry.example/./b", "its path has the segment \".\""),
            ("https://registry.example//b", "its path has two slashes in a row"),
            ("https://registry.example//", "its path has two slashes in a row"),
            ("https://registry.example/a//", "its path has two slashes in a row"),
            ("file:////", "its path has two slashes in a row"),
            ("https://registry.example:0", "\"0\" is no port"),
            ("https://registry.example:080", "\"080\" is no port"),
            ("https://registry.example:65536", "\"65536\" is no port"),
            ("https://registry.example:", "\"\" is no port"),
            ("https://[::1", "its host has a [ without ]"),
            ("https://[::1]8", "something follows its host"),
            ("https://[1.2.3.4]", "\"1.2.3.4\" is no IPv6 address"),
            ("https://a..b", "\"a..b\" is no host"),
            ("file://host/srv", "a file URL names no host: file:///FOLDER"),
            ("file:///", "it names no folder"),
            ("file://", "it names no folder"),
            ("file:///srv/../etc", "its path has the segment \"..\""),
        ];
        for (text, expected) in cases {
            let error = check_url(text).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert_eq!(error.to_string(), format!("the URL {text:?} names no registry: {expected}"));
        }
        let long = format!("https://registry.example/{}", "a".repeat(MAX_URL));
        assert!(check_url(&long).expect_err("too long").to_string().ends_with("it is longer than 2048 bytes"));
    }

    #[test]
    fn redirects_lead_only_where_they_may() {
        let https = Url::parse_base("https://registry.example/a").expect("a URL").join("tile/0/000");
        let http = Url::parse_base("http://127.0.0.1:8000/a").expect("a URL").join("tile/0/000");
        let followed = [
            (&https, "https://cdn.example/x?signature=1", "https://cdn.example/x?signature=1"),
            (&https, "//cdn.example/x", "https://cdn.example/x"),
            (&https, "/b/x", "https://registry.example/b/x"),
            (&https, "001", "https://registry.example/a/tile/0/001"),
            (&http, "/b/x?y", "http://127.0.0.1:8000/b/x?y"),
            (&http, "http://127.0.0.1:8000/c", "http://127.0.0.1:8000/c"),
        ];
        for (from, location, expected) in followed {
            assert_eq!(from.redirected(location).expect(location).to_string(), expected);
        }
        let refused = [
            (
                &https,
                "http://registry.example/x",
                "it redirects from https to http://registry.example/x, which is not followed",
            ),
            (&https, "file:///etc/passwd", "it redirects from https to file:///etc/passwd, which is not followed"),
            (
                &http,
                "http://127.0.0.1:8001/x",
                "it redirects to another place, http://127.0.0.1:8001/x, which is not followed from http",
            ),
            (
                &http,
                "https://127.0.0.1:8000/x",
                "it redirects to another place, https://127.0.0.1:8000/x, which is not followed from http",
            ),
            (
                &http,
                "http://10.0.0.1/x",
                "it redirects to another place, http://10.0.0.1/x, which is not followed from http",
            ),
            (
                &https,
                "gopher://x",
                "it redirects to \"gopher://x\", which is no URL to follow: it begins with none of file://, https://, http://",
            ),
            (
                &https,
                "https://user@x/",
                "it redirects to \"https://user@x/\", which is no URL to follow: it has a user name",
            ),
        ];
        for (from, location, expected) in refused {
            assert_eq!(from.redirected(location).expect_err(location), expected);
        }
    }

    #[test]
    fn a_peer_is_no_nearer_than_who_names_it() {
        let may = |from: &[&str], to: &str| {
            let from: Vec<String> = from.iter().map(|url| (*url).to_owned()).collect();
            check_peer_url(&from, to).is_ok()
        };
        let hosts =
            ["127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "[::1]", "[::]", "0.0.0.0", "2130706433", "0x7f.1", "0177.1"];
        let networks = ["10.1.2.3", "192.168.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]"];
        let ranks =
            [&["registry.example", "8.8.8.8", "[2001:db8::1]"][..], &networks, &hosts, &["localhost", "a.localhost"]];
        for (rank, from) in ranks.iter().enumerate() {
            for (other, to) in ranks.iter().enumerate() {
                for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                    let expected = rank.min(2) >= other.min(2);
                    let (from, to) = (format!("http://{from}/a"), format!("http://{to}:1/b"));
                    assert_eq!(may(&[&from], &to), expected, "{from} {to}");
                }
            }
        }
        assert!(may(&["file:///a"], "http://127.0.0.1/x") && may(&["file:///a"], "file:///b"));
        assert!(may(&[], "http://127.0.0.1/x"));
        assert!(!may(&["https://a.example"], "http://b.example") && may(&["http://a.example"], "https://b.example"));
        assert!(!may(&["https://a.example"], "file:///b"));
        // A log that is served in two places is as far away as the farther of them.
        assert!(!may(&["file:///a", "https://a.example"], "file:///b"));
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for (url, expected) in [
            ("http://localhost:1/x", true),
            ("http://LOCALHOST/x", true),
            ("http://127.9.9.9/x", true),
            ("http://[::1]/x", true),
            ("http://localhost.example/x", false),
            ("http://128.0.0.1/x", false),
            ("http://127.0.0.1.example/x", false),
        ] {
            assert_eq!(Url::parse_base(url).expect(url).is_loopback(), expected, "{url}");
        }
    }
}
