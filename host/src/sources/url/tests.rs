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
        ("https://registry.example/a/..;x/b", "its path has the segment \"..;x\""),
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
        assert_eq!(error.to_string(), format!("the URL {:?} names no registry: {expected}", shown(text)));
    }
    let long = format!("https://registry.example/{}", "a".repeat(MAX_URL));
    assert!(check_url(&long).expect_err("too long").to_string().ends_with("it is longer than 2048 bytes"));
}

#[test]
fn no_message_repeats_a_password() {
    for (text, expected) in [
        ("https://user:p@ss@registry.example/a", "https://…@registry.example/a"),
        ("https://user:pa/ss@registry.example/a", "https://…@registry.example/a"),
        ("user:pass@registry.example", "…@registry.example"),
        ("//user:pass@registry.example/x?y@z", "//…"),
        ("https://user:pa?ss@registry.example/", "https://…"),
        ("https://registry.example/x?signature=1#2", "https://registry.example/x?…"),
        ("https://registry.example/x", "https://registry.example/x"),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn what_stands_below_a_base_is_told_by_whole_segments() {
    let base = Url::parse_base("https://registry.example/a/b").expect("a URL");
    for (url, expected) in [
        ("https://registry.example/a/b", true),
        ("https://Registry.example:443/a/b/c", true),
        ("https://registry.example/a/bc", false),
        ("https://registry.example/a", false),
        ("https://registry.example/A/b", false),
        ("https://registry.example/a/%62", false),
        ("https://registry.example:8443/a/b", false),
        ("http://registry.example:443/a/b", false),
        ("https://registry.example.org/a/b", false),
    ] {
        assert_eq!(Url::parse_base(url).expect(url).is_below(&base), expected, "{url}");
    }
    let asked = base.join("x").redirected("/a/c?/a/b").expect("a URL");
    assert!(!asked.is_below(&base) && base.join("x?y").is_below(&base));
    assert!(base.is_below(&Url::parse_base("https://registry.example").expect("a URL")));
}

#[test]
fn redirects_lead_only_where_they_may() {
    let https = Url::parse_base("https://registry.example/a").expect("a URL").join("tile/0/000");
    let http = Url::parse_base("http://127.0.0.1:8000/a").expect("a URL").join("tile/0/000");
    let followed = [
        (&https, "https://cdn.example/x?signature=1", "https://cdn.example/x?signature=1"),
        (&https, "//cdn.example/x", "https://cdn.example/x"),
        (&https, "HTTPS://cdn.example//x/", "https://cdn.example//x/"),
        (&https, "/x?to=https://cdn.example/", "https://registry.example/x?to=https://cdn.example/"),
        (&https, "x?to=https://cdn.example/", "https://registry.example/a/tile/0/x?to=https://cdn.example/"),
        (&https, "https://cdn.example/x?a=b%2Fc|{d}&e=f/g#there", "https://cdn.example/x?a=b%2Fc|{d}&e=f/g"),
        (&https, "https://cdn.example/x#there", "https://cdn.example/x"),
        (&https, "/b/x", "https://registry.example/b/x"),
        (&https, "001", "https://registry.example/a/tile/0/001"),
        (&http, "/b/x?y", "http://127.0.0.1:8000/b/x?y"),
        (&http, "http://127.0.0.1:8000/c", "http://127.0.0.1:8000/c"),
    ];
    for (from, location, expected) in followed {
        assert_eq!(from.redirected(location).expect(location).to_string(), expected);
    }
    let long = format!("https://cdn.example/x?{}", "a".repeat(8000));
    assert_eq!(https.redirected(&long).expect("a URL").to_string(), long);
    let long = format!("https://cdn.example/x?{}", "a".repeat(9000));
    assert!(https.redirected(&long).expect_err("too long").ends_with("it is longer than 8192 bytes"));
    let refused = [
        (
            &https,
            "https://cdn.example/a%2Fb",
            "it redirects to \"https://cdn.example/a%2Fb\", which is no URL to follow: it holds an encoded slash",
        ),
        (
            &https,
            "https://cdn.example/../b",
            "it redirects to \"https://cdn.example/../b\", which is no URL to follow: its path has the segment \"..\"",
        ),
        (
            &https,
            "https://cdn.example/x?a b",
            "it redirects to \"https://cdn.example/x?…\", which is no URL to follow: its query holds ' ', which a URL writes percent-encoded",
        ),
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
        (&https, "https://user@x/", "it redirects to \"https://…@x/\", which is no URL to follow: it has a user name"),
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
    let also = ["0.1.2.3", "[64:ff9b::7f00:1]", "[::7f00:1]", "ip6-localhost", "localhost", "a.localhost"];
    let networks = [
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "100.100.100.200",
    ];
    let ranks = [&["registry.example", "8.8.8.8", "[2001:db8::1]", "100.128.0.1"][..], &networks, &hosts, &also];
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

#[test]
fn a_query_is_added_percent_encoded() {
    for (url, expected) in [
        ("https://auth.example/token", "https://auth.example/token?service=a%20%26b&scope=c%3Ad%2Fe%3Apull"),
        ("https://auth.example", "https://auth.example?service=a%20%26b&scope=c%3Ad%2Fe%3Apull"),
    ] {
        let asked = Url::parse_service(url).expect(url).asking(&[("service", "a &b"), ("scope", "c:d/e:pull")]);
        assert_eq!(asked.to_string(), expected);
    }
}

#[test]
fn urls_are_the_same_in_other_words() {
    let base = |text: &str| Url::parse_base(text).expect(text);
    assert_eq!(base("https://Registry.example/a"), base("https://registry.EXAMPLE:443/a/"));
    assert_ne!(base("https://registry.example/a"), base("https://registry.example/A"));
    assert_ne!(base("https://registry.example/a"), base("http://registry.example:443/a"));
}
