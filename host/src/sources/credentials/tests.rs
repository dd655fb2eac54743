//! What is read from files of credentials, what is refused, and for which URLs they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::netrc::{Machine, Wrong, parse};
use super::*;
use crate::error::ErrorKind;

fn private(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    mode(path, 0o600);
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

fn url(text: &str) -> Url {
    Url::parse_base(text).expect(text)
}

/// What a URL is asked with.
fn header(credentials: &Credentials, text: &str) -> Option<String> {
    credentials.for_url(&url(text)).expect("credentials").map(|credential| credential.header().to_owned())
}

#[test]
fn the_longest_path_wins_and_others_get_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("credentials.toml");
    let entry = |url: &str, token: &str| format!("[[credential]]\nurl = \"{url}\"\ntoken = \"{token}\"\n");
    private(
        &path,
        &[
            entry("https://registry.example/private/", "all"),
            entry("https://registry.example/private/team", "team"),
            entry("https://registry.example:8443", "port"),
            entry("http://127.0.0.1:80/x", "near"),
        ]
        .concat(),
    );
    let netrc = folder.path().join("netrc");
    private(&netrc, "machine registry.example login me password word\nmachine 127.0.0.1 login me password near\n");
    let credentials = Credentials::new(Some(path), Some(Netrc { path: netrc, is_required: true }));
    let basic = |text: &str| Some(format!("Basic {}", STANDARD.encode(text)));
    for (url, expected) in [
        ("https://registry.example/private", Some("Bearer all".to_owned())),
        ("https://registry.example/private/other", Some("Bearer all".to_owned())),
        ("https://registry.example/private/team/x", Some("Bearer team".to_owned())),
        ("https://registry.example/private/teams", Some("Bearer all".to_owned())),
        ("https://registry.example/privately", basic("me:word")),
        ("https://REGISTRY.example:8443/a", Some("Bearer port".to_owned())),
        ("https://registry.example:9443/a", basic("me:word")),
        ("https://other.example/private", None),
        ("https://sub.registry.example/private", None),
        ("http://registry.example/private", None),
        ("http://127.0.0.1/x", Some("Bearer near".to_owned())),
        ("http://127.0.0.1:81/x", basic("me:near")),
        ("file:///private", None),
    ] {
        assert_eq!(header(&credentials, url), expected, "{url}");
    }
}

#[test]
fn tokens_come_from_files_and_the_environment_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("credentials.toml");
    private(&folder.path().join("token"), "from-a-file\r\n");
    fs::write(
        &path,
        "[[credential]]\nurl = \"https://a.example\"\ntoken-file = \"token\"\n\n\
         [[credential]]\nurl = \"https://b.example\"\ntoken-env = \"CARGO_PKG_NAME\"\n",
    )
    .expect("a file");
    // It holds no secret itself.
    mode(&path, 0o644);
    let credentials = Credentials::new(Some(path.clone()), None);
    assert_eq!(header(&credentials, "https://a.example/x").as_deref(), Some("Bearer from-a-file"));
    assert_eq!(
        std::env::var("CARGO_PKG_NAME").ok().map(|name| format!("Bearer {name}")),
        header(&credentials, "https://b.example/x")
    );
    mode(&folder.path().join("token"), 0o640);
    let error = Credentials::new(Some(path), None).for_url(&url("https://c.example")).expect_err("open to others");
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[test]
fn what_cannot_be_a_credential_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("c");
    let form = ":1: credential 1: expected [[credential]] tables, each with `url` and one of `token`, `token-file`, `token-env`";
    let one = |url: &str, token: &str| format!("[[credential]]\nurl = \"{url}\"\ntoken = {token}\n");
    let at = "https://a.example";
    for (text, expected) in [
        (
            "[[credential]]\nurl = \"https://a.example\"\ntoken = \"s3cr3t\n".to_owned(),
            ":3: expected TOML, found something else",
        ),
        ("token = \"s3cr3t\"\ntoken = \"s3cr3t\"\n".to_owned(), ":2: expected TOML, found something else"),
        ("token = \"s3cr3t\"\n".to_owned(), &form[":1: credential 1".len()..]),
        ("credential = \"s3cr3t\"\n".to_owned(), &form[":1: credential 1".len()..]),
        ("credential = [\"s3cr3t\"]\n".to_owned(), form),
        (one(at, "53"), form),
        (one(at, "\"s3cr3t\"\ns3cr3t = 1"), form),
        (one(at, "\"s3cr3t\"\ntoken-env = \"X\""), form),
        (one(at, "\"\""), ":3: credential 1: the token cannot be sent: it is empty"),
        (
            one(at, "\"s3cr3t\\r\\nX: y\""),
            ":3: credential 1: the token cannot be sent: it holds something else than visible ASCII, at offset 6",
        ),
        (
            one(at, "\"s3cr3t é\""),
            ":3: credential 1: the token cannot be sent: it holds something else than visible ASCII, at offset 6",
        ),
        (
            one(at, &format!("\"{}\"", "s3cr3t".repeat(1000))),
            ":3: credential 1: the token cannot be sent: it is longer than 4096 bytes",
        ),
        (
            one("http://a.example", "\"s3cr3t\""),
            ":2: credential 1: expected an https:// URL, or http:// to this host, found http://a.example",
        ),
        (
            one("file:///a", "\"s3cr3t\""),
            ":2: credential 1: expected an https:// URL, or http:// to this host, found file:///a",
        ),
        (
            one("https://me:s3cr3t@a.example", "\"x\""),
            ":2: credential 1: the URL \"https://…@a.example\" names no registry: it has a user name",
        ),
        (
            one(at, "\"x\"") + &one("https://a.example/", "\"s3cr3t\""),
            ":5: credential 2: the URL https://a.example/ stands there twice",
        ),
        (
            "[[credential]]\nurl = \"https://a.example\"\ntoken-env = \"HEADLOCK_NOT_SET\"\n".to_owned(),
            ": expected a token in the variable HEADLOCK_NOT_SET, which is not set",
        ),
    ] {
        private(&path, &text);
        let error = Credentials::new(Some(path.clone()), None).for_url(&url(at)).expect_err(&text);
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Malformed, format!("{}{expected}", path.display())));
        assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
    private(&path, &one(at, "\"s3cr3t\""));
    mode(&path, 0o644);
    let error = Credentials::new(Some(path.clone()), None).for_url(&url(at)).expect_err("open to others");
    let expected = format!("{}: expected mode 0600, found 0644", path.display());
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Refused, expected));
    fs::remove_file(&path).expect("removed");
    let error = Credentials::new(Some(path.clone()), None).for_url(&url(at)).expect_err("gone");
    assert_eq!(error.to_string(), format!("there are no credentials at {}", path.display()));
    // Nobody asks for a file's or another host's in the clear, so nothing is read.
    for other in ["file:///a", "http://a.example"] {
        assert!(Credentials::new(Some(path.clone()), None).for_url(&url(other)).expect("nothing").is_none());
    }
}

#[test]
fn netrc_is_read_as_curl_reads_it() {
    let machine = |host: Option<&str>, login: Option<&str>, password: Option<&str>| Machine {
        host: host.map(str::to_owned),
        login: login.map(|text| Secret::new(text.to_owned())),
        password: password.map(|text| Secret::new(text.to_owned())),
    };
    let text = "# a comment\n\
                machine a.example login me password word # another\n\
                machine\tb.example\r\n  login \"m e\"\n  password\n  \"a\\\"b\\\\c\\n\\q#\"\n\
                machine c.example password only#word\n\
                machine d.example account x login me\n\
                macdef init\nmachine e.example login no password no\n\n\
                default login anybody password anything\n";
    let expected = [
        machine(Some("a.example"), Some("me"), Some("word")),
        machine(Some("b.example"), Some("m e"), Some("a\"b\\c\nq#")),
        machine(Some("c.example"), None, Some("only#word")),
        machine(Some("d.example"), Some("me"), None),
        machine(None, Some("anybody"), Some("anything")),
    ];
    let read = parse(text).expect("a netrc file");
    assert!(read == expected, "{read:?}");
    assert_eq!(parse("").map(|machines| machines.len()), Ok(0));
    assert_eq!(parse("macdef x\nno end").map(|machines| machines.len()), Ok(0));
}

#[test]
fn what_is_no_netrc_is_refused_by_line() {
    let word = "expected a word behind `login`, `password` or `account`";
    let long = format!("machine a login {}", "x".repeat(5000));
    let long_quoted = format!("machine a login \"{}\"", "é".repeat(3000));
    let many = "machine a\n".repeat(5000);
    for (text, line, what) in [
        ("machine", 1, "expected a host behind `machine`"),
        ("\n\nlogin x", 3, "expected `machine` or `default` before `login`, `password` or `account`"),
        ("machine a login", 1, word),
        (
            "machine a\npassword #x",
            2,
            "found a word that begins with #, which some take for a comment: put it in quotation marks",
        ),
        ("machine a password \"x\ny\"", 1, "expected a quotation mark at the end of a quoted word"),
        ("machine a password \"x\\", 1, "expected a quotation mark at the end of a quoted word"),
        ("machine a password \"x\"y", 1, "expected a space behind a quoted word"),
        (&long, 1, "expected words of at most 4096 bytes, found a longer one"),
        (&long_quoted, 1, "expected words of at most 4096 bytes, found a longer one"),
        (&many, 4097, "expected at most 4096 machines, found more"),
    ] {
        assert_eq!(parse(text).map(|_| ()), Err(Wrong { line, what }), "{text:?}");
    }
    let error = parse("machine a\nlogin x\npassword a word").expect_err("a space");
    assert_eq!(error.line, 3);
    assert!(error.what.starts_with("expected `machine`, "), "{}", error.what);
    // Whatever it is, it is read or refused.
    let bytes = ["machine ", "a ", "\"", "\\", "\n", "#", "macdef ", "login ", "é", "\r\n", "default ", "password "];
    let mut seed = 1_usize;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(bytes[(seed >> 33) % bytes.len()]);
        }
        let _ = parse(&text);
    }
}

#[test]
fn of_a_netrc_what_is_for_a_host_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("netrc");
    let read = |text: &str, is_required: bool| {
        private(&path, text);
        Credentials::new(None, Some(Netrc { path: path.clone(), is_required })).for_url(&url("https://a.example/x"))
    };
    let header = |text: &str| read(text, true).expect(text).map(|credential| credential.header().to_owned());
    let basic = |text: &str| Some(format!("Basic {}", STANDARD.encode(text)));
    assert_eq!(
        header("machine A.example login me password one\nmachine a.example login me password two"),
        basic("me:one")
    );
    assert_eq!(header("machine a.example login me\nmachine a.example login me password two"), basic("me:two"));
    assert_eq!(header("machine a.example password token"), basic(":token"));
    assert_eq!(header("machine b.example login me password one\ndefault login me password two"), None);
    for (text, expected) in [
        ("machine a.example login m:e password s3cr3t", ", machine a.example: its login holds a colon"),
        (
            "machine a.example login me password \"s3cr3t\\n\"",
            ", machine a.example: its password cannot be sent: it holds a control character, at offset 6",
        ),
        (
            "machine a.example login \"m\\re\" password s3cr3t",
            ", machine a.example: its login cannot be sent: it holds a control character, at offset 1",
        ),
    ] {
        let error = read(text, false).expect_err(text);
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Malformed, format!("{}{expected}", path.display())));
    }
    mode(&path, 0o604);
    let open = Credentials::new(None, Some(Netrc { path: path.clone(), is_required: false }));
    assert_eq!(open.for_url(&url("https://a.example")).expect_err("open to others").kind(), ErrorKind::Refused);
    fs::remove_file(&path).expect("removed");
    let none = |is_required| {
        let netrc = Some(Netrc { path: path.clone(), is_required });
        Credentials::new(None, netrc).for_url(&url("https://a.example")).map(|found| found.is_none())
    };
    assert!(none(false).expect("nothing"));
    assert_eq!(none(true).expect_err("gone").to_string(), format!("there is no netrc file at {}", path.display()));
}

#[test]
fn no_text_shows_a_secret() {
    let scope = Scope::Host("a.example".to_owned());
    let password = Secret::new("s3\"cr3t".to_owned());
    let credential = Credential::basic(scope, "me", password, "netrc".to_owned());
    assert!(!format!("{credential:?} {:?}", credential.secrets).contains("cr3t"));
    let encoded = STANDARD.encode("me:s3\"cr3t");
    let said = format!("{:?} Basic {encoded} s3\"cr3t", "s3\"cr3t");
    assert_eq!(credential.hide(said), "\"[secret]\" Basic [secret] [secret]");
}
