use super::*;
use crate::error::ErrorKind;

#[test]
fn places_are_read_and_refused() {
    let long = "a/".repeat(127) + "aa";
    for (text, package, expected) in [
        ("oci://registry.example/a/b", "my:app", Some("https://registry.example/v2/a/b")),
        ("oci://registry.example/a/*", "my:app", Some("https://registry.example/v2/a/my/app")),
        ("oci://registry.example/*", "my:app", Some("https://registry.example/v2/my/app")),
        ("oci+http://127.0.0.1:5000/x-y__z.0/*", "my:app", Some("http://127.0.0.1:5000/v2/x-y__z.0/my/app")),
        ("oci://[::1]:5000/a", "my:app", Some("https://[::1]:5000/v2/a")),
        // No registry has a repository of such a name.
        ("oci://registry.example/*", "my:App", None),
        ("oci://registry.example/*", "none", None),
        ("oci://registry.example/a--b/c", "my:app", Some("https://registry.example/v2/a--b/c")),
    ] {
        let place: OciPlace = text.parse().expect(text);
        assert_eq!(place.base(package).map(|base| base.to_string()).as_deref(), expected, "{text}");
    }
    for (text, expected) in [
        ("", "it begins with neither oci:// nor oci+http://"),
        ("registry.example/a", "it begins with neither oci:// nor oci+http://"),
        ("https://registry.example/a", "it begins with neither oci:// nor oci+http://"),
        ("oci://registry.example", "it names no repository"),
        ("oci://registry.example/", "it names no repository"),
        ("oci:///a", "\"\" is no host"),
        ("oci://user:word@registry.example/a", "\"…@registry.example\" is no host"),
        ("oci://user:word@registry.example:443", "it names no repository"),
        ("oci://user:word@sha256:00", "it names no repository"),
        ("oci://user:word@sha256/a@sha256:00", "is no host"),
        ("oci://registry.example:0/a", "\"registry.example:0\" is no host"),
        ("oci://registry.example/a?x", "no repository has a segment \"a?x\""),
        ("oci://registry.example/a#x", "no repository has a segment \"a#x\""),
        ("oci://registry.example/../a", "no repository has a segment \"..\""),
        ("oci://registry.example/a//b", "no repository has a segment \"\""),
        ("oci://registry.example/a/", "no repository has a segment \"\""),
        ("oci://registry.example/a_", "no repository has a segment \"a_\""),
        ("oci://registry.example/a___b", "no repository has a segment \"a___b\""),
        ("oci://registry.example/a._b", "no repository has a segment \"a._b\""),
        ("oci://registry.example/A", "no repository has a segment \"A\""),
        ("oci://registry.example/a%2fb", "no repository has a segment \"a%2fb\""),
        ("oci://registry.example/a*", "its * is no whole segment"),
        ("oci://registry.example/*/*", "no repository has a segment \"*\""),
        ("oci://registry.example/a:1.0.0", "no repository has a segment \"a:1.0.0\""),
        ("oci://registry.example/a@sha256:00", "it names one content, not where contents are"),
        (&format!("oci://registry.example/{long}"), "its repository has more than 255 bytes"),
    ] {
        let error = text.parse::<OciPlace>().expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().ends_with(expected), "{text}: {error}");
        assert!(!error.to_string().contains("word"), "{error}");
    }
}

#[test]
fn references_are_said_as_they_were_read() {
    let hex = "0f".repeat(32);
    for text in ["oci://registry.example/a/b", "oci+http://127.0.0.1:5000/v2/a"] {
        let text = format!("{text}@sha256:{hex}");
        let reference: OciReference = text.parse().expect(&text);
        assert_eq!(reference.to_string(), text);
    }
    assert!(OciReference::is_meant("oci://") && !OciReference::is_meant("oci"));
}
