//! Files of tokens and passwords. Where they hold `SECRET` as one, no message does.

use std::io::Write as _;

use headlock::error::Result;
use headlock::sources::{Credentials, Netrc};

/// What no message may repeat.
pub(crate) const SECRET: &str = "hunter2-XYZZY";

/// URLs that are asked with what stands in a file, and whether a secret may go there at all.
const URLS: [(&str, bool); 6] = [
    ("https://registry.example/a/b", true),
    ("https://REGISTRY.example:443/a", true),
    ("http://127.0.0.1:8000/a", true),
    ("http://[::1]/a", true),
    ("http://registry.example/a", false),
    ("file:///registry.example/a", false),
];

/// A file that only its owner may read.
fn private(data: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("a temporary file takes bytes");
    file
}

/// Asks for each URL, twice alike; gives where the first credential stands. `may_say` is whether a message may repeat the secret.
fn ask(make: impl Fn() -> Credentials, may_say: bool) -> Vec<Option<String>> {
    let once = || -> Result<Vec<Option<String>>> {
        let credentials = make();
        URLS.iter().map(|(url, _)| credentials.place_for(url)).collect()
    };
    let (first, second) = (once(), once());
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first, second);
            for ((url, may_be_told), place) in URLS.iter().zip(&first) {
                assert!(*may_be_told || place.is_none(), "a secret goes to {url}");
                assert!(may_say || place.as_ref().is_none_or(|place| !place.contains(SECRET)), "{place:?}");
            }
            first
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            let said = format!("{first}\n{first:?}\n{}", first.hint_text().unwrap_or_default());
            assert!(may_say || !said.contains(SECRET), "{said}");
            Vec::new()
        }
        other => panic!("read twice, and not alike: {other:?}"),
    }
}

/// Of a file of credentials URLs may be repeated, and names of files and variables. A credential is for the URL that it names and
/// what is below.
pub fn credentials(data: &[u8]) {
    let file = private(data);
    let make = || Credentials::new(Some(file.path().to_owned()), None);
    let document = std::str::from_utf8(data).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let list = document.as_ref().and_then(|table| table.get("credential")?.as_array());
    let entries: Vec<&toml::Table> = list.into_iter().flatten().filter_map(toml::Value::as_table).collect();
    let texts = |keys: &[&str]| -> Vec<&str> {
        let pairs = entries.iter().flat_map(|entry| entry.iter());
        pairs.filter(|(key, _)| keys.contains(&key.as_str())).filter_map(|(_, value)| value.as_str()).collect()
    };
    let may_say = texts(&["url", "token-file", "token-env"]).iter().any(|text| text.contains(SECRET));
    let found = ask(make, may_say);
    if let [Some(_), ..] = found[..] {
        // By its text alone: a host's letters are small or not, its port said or not, and a slash may end it.
        let bases = texts(&["url"]).into_iter().map(|url| url.to_ascii_lowercase().replacen(":443", "", 1));
        let is_above = |base: String| {
            let rest = "https://registry.example/a/b".strip_prefix(base.trim_end_matches('/')).map(str::to_owned);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        assert!(bases.into_iter().any(is_above), "{}", String::from_utf8_lossy(data));
    }
}

/// Of a netrc file nothing is repeated but hosts.
pub fn netrc(data: &[u8]) {
    let file = private(data);
    let make = || Credentials::new(None, Some(Netrc { path: file.path().to_owned(), is_required: true }));
    // A quoted word may have a stroke before any letter.
    let text = String::from_utf8_lossy(data).replace('\\', "");
    let found = ask(make, is_a_host(&text));
    if found.iter().any(Option::is_some) {
        assert!(text.contains("machine") && text.contains("password"), "{text}");
    }
}

/// Whether the secret may stand where a host does: behind `machine`, up to a space that is in no quotation marks.
fn is_a_host(text: &str) -> bool {
    // What ends a word there, and nothing else that looks like a space.
    const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
    text.split("machine").skip(1).any(|behind| {
        let word = behind.trim_start_matches(SPACES);
        let end = if word.starts_with('"') { word.len() } else { word.find(SPACES).unwrap_or(word.len()) };
        word[..end].contains(SECRET)
    })
}
