//! Registries and token services that mean no good: no secret goes where it is not for, nothing wrong is taken, and each ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::digest::Digest;

use crate::server::{Answer, Server};
use crate::{COMPONENT, World};

const TOKEN: &str = "tok-5f2b9e7c1a";
const GIVEN: &str = "given-by-a-service-8d1c";

/// A world with a project that locks `my:app`, whose content is the file `app`.
fn world() -> World {
    let world = World::new();
    world.write("app", "app");
    world.publish("my:app", Digest::of(b"app"));
    world.lock(&["my:app"]);
    world.write("answer", format!(r#"{{"access_token":"{GIVEN}","expires_in":60}}"#));
    world
}

fn challenge(realm: &str) -> Answer {
    Answer::Status(
        401,
        format!("www-authenticate: Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:a:pull,push\""),
    )
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// What a registry answers that wants a token of this service.
fn wanting(realm: String) -> impl Fn(&str, Option<&str>) -> Answer + Send + Sync + 'static {
    move |path, shown| match shown {
        Some(shown) if shown == bearer(GIVEN) && path.contains("/blobs/") => Answer::File("app".to_owned()),
        Some(shown) if shown == bearer(GIVEN) => Answer::Status(404, String::new()),
        _ => challenge(&realm),
    }
}

fn place(server: &Server) -> String {
    format!("oci://localhost:{}/acme", server.port)
}

#[test]
fn a_token_that_was_given_goes_to_its_registry_alone() {
    let world = world();
    let root = world.folder.path();
    let service = Server::new(&world.identity, root, |_, _| Answer::File("answer".to_owned()));
    let realm = format!("https://localhost:{}/token", service.port);
    let elsewhere = Server::new(&world.identity, root, |_, _| Answer::File("app".to_owned()));

    let registry = Server::new(&world.identity, root, wanting(realm.clone()));
    world.ends(&world.fetch(&[], &[&place(&registry)]), 0, "1 content, 1 fetched");
    assert_eq!(registry.shown(), [None, Some(bearer(GIVEN))]);

    // Storage that a registry redirects to, which proves itself by what is in the URL.
    let there = format!("https://localhost:{}/blob?X-Credential=a%2Fb%2Fc&Signature=a%2Bb%2Fc%3D", elsewhere.port);
    let redirecting = {
        let realm = realm.clone();
        Server::new(&world.identity, root, move |_, shown| match shown {
            Some(_) => Answer::Status(307, format!("location: {there}")),
            None => challenge(&realm),
        })
    };
    world.ends(&world.fetch(&[], &[&place(&redirecting)]), 0, "1 content, 1 fetched");
    assert_eq!(elsewhere.shown(), [None]);

    // A registry that repeats the token where it sends others.
    let there = format!("https://localhost:{}/blob?token={GIVEN}", elsewhere.port);
    let telling = Server::new(&world.identity, root, move |_, shown| match shown {
        Some(_) => Answer::Status(307, format!("location: {there}")),
        None => challenge(&realm),
    });
    let ran = world.fetch(&[], &[&place(&telling)]);
    world.ends(&ran, 4, "it redirects to a URL that repeats what was shown to it");
    assert!(elsewhere.shown().is_empty());

    // Who is redirected to does not say what is to be shown.
    let (other, fished) = (elsewhere.port, format!("https://localhost:{}/fish", elsewhere.port));
    let asking = Server::new(&world.identity, root, move |path, _| match path.starts_with("/asks") {
        true => challenge(&fished),
        false => Answer::Status(307, "location: /asks".to_owned()),
    });
    world.ends(&world.fetch(&[], &[&place(&asking)]), 4, "found status 401");
    assert!(elsewhere.shown().is_empty(), "{other}");
    world.is_hidden(GIVEN);
}

#[test]
fn a_secret_goes_where_the_user_says_and_not_where_a_registry_does() {
    let world = world();
    let root = world.folder.path();
    // A token for the registry is shown to it, and the service that it names is not asked.
    let thief = Server::new(&world.identity, root, |_, _| Answer::File("answer".to_owned()));
    let realm = format!("https://localhost:{}/token", thief.port);
    let registry = Server::new(&world.identity, root, move |_, shown| match shown {
        Some(shown) if shown == bearer(TOKEN) => Answer::File("app".to_owned()),
        _ => challenge(&realm),
    });
    let credentials = format!("[[credential]]\nurl = \"https://localhost:{}\"\ntoken = \"{TOKEN}\"\n", registry.port);
    world.write_private("credentials", &credentials);
    let file = world.path("credentials").display().to_string();
    let named = [("HEADLOCK_CREDENTIALS", &*file)];
    world.ends(&world.fetch(&named, &[&place(&registry)]), 0, "1 content, 1 fetched");
    assert_eq!(registry.shown(), [None, Some(bearer(TOKEN))]);
    assert!(thief.shown().is_empty());

    // A registry that names the service of another registry, which knows the user, gets what that one gives to anybody.
    let credentials = format!("[[credential]]\nurl = \"https://localhost:{}\"\ntoken = \"{TOKEN}\"\n", thief.port);
    world.write_private("credentials", &credentials);
    world.write_private("netrc", "machine localhost login me password c0ffee-word\n");
    let netrc = world.path("netrc").display().to_string();
    let registry = Server::new(&world.identity, root, wanting(format!("https://localhost:{}/token", thief.port)));
    let both = [("HEADLOCK_CREDENTIALS", &*file), ("NETRC", &*netrc)];
    world.ends(&world.fetch(&both, &[&place(&registry)]), 0, "1 content, 1 fetched");
    assert_eq!(thief.shown(), [None]);
    world.is_hidden(TOKEN);
    world.is_hidden(GIVEN);
}

#[test]
fn a_login_goes_to_the_service_of_its_registry_and_not_to_the_registry() {
    let world = world();
    let root = world.folder.path();
    // As the registries of code forges do it: a login at the registry itself is denied, and no word of what is wanted.
    let (basic, port) = (format!("Basic {}", STANDARD.encode("me:token")), Arc::new(AtomicUsize::new(0)));
    let own = Arc::clone(&port);
    let registry = Server::new(&world.identity, root, move |path, shown| match (path.split('?').next(), shown) {
        (Some("/token"), Some(shown)) if shown == basic && path.contains("service=token-service&") => {
            Answer::File("answer".to_owned())
        }
        (_, Some(shown)) if shown == bearer(GIVEN) => Answer::File("app".to_owned()),
        (Some("/token"), _) | (_, Some(_)) => Answer::Status(403, String::new()),
        // Two headers; and the password is a part of both of what is said in the second.
        (_, None) => Answer::Status(
            401,
            format!(
                "www-authenticate: Basic realm=\"a\"\r\nwww-authenticate: Bearer realm=\"https://localhost:{}/token\",service=\"token-service\"",
                own.load(Ordering::Relaxed)
            ),
        ),
    });
    port.store(registry.port.into(), Ordering::Relaxed);
    world.write_private("netrc", "machine localhost login me password token\n");
    let netrc = world.path("netrc").display().to_string();
    world.ends(&world.fetch(&[("NETRC", &netrc)], &[&place(&registry)]), 0, "1 content, 1 fetched");
}

#[test]
fn a_service_that_must_not_be_asked_is_not() {
    let world = world();
    let root = world.folder.path();
    let asked = |realm: &str, says: &str| {
        let registry = Server::new(&world.identity, root, wanting(realm.to_owned()));
        let ran = world.fetch(&[], &[&place(&registry)]);
        world.ends(&ran, 4, says);
    };
    asked(
        "http://localhost:1/token",
        "which is not asked: from a server to this host or its network, or from https to http",
    );
    asked("file:///etc/passwd", "which is not asked");
    asked("gopher://x/token", "which is no URL to ask: it begins with none of file://, https://, http://");
    asked("https://me:word@localhost/token", "which is no URL to ask: it has a user name");
    asked("https://localhost/token?scope=repository:other:push", "which is no URL to ask: it has a query, `?…`");
    asked("", "which is no URL to ask");
    asked(&format!("https://localhost/{}", "a".repeat(3000)), "which is no URL to ask: it is longer than 2048 bytes");
    world.is_hidden("me:word");
}

#[test]
fn what_is_no_token_is_told_and_not_repeated() {
    let world = world();
    let root = world.folder.path();
    let answers = [
        ("[]", "expected a token as JSON, found something else"),
        ("{}", "expected a token as JSON, found something else"),
        (r#"{"token":""}"#, "expected a token, and it is empty"),
        (r#"{"token":"sp lit-9e1"}"#, "expected a token, and it holds something else than visible ASCII, at offset 2"),
        (r#"{"token":"sp\nlit-9e1"}"#, "expected a token, and it holds something else than visible ASCII, at offset 2"),
    ];
    let long = format!(r#"{{"token":"{}"}}"#, "a".repeat(13_000));
    let huge = format!(r#"{{"token":"{}"}}"#, "a".repeat(70_000));
    let rest = [
        (&*long, "expected a token, and it is longer than 12288 bytes"),
        (&*huge, "expected at most 65536 bytes, found more"),
    ];
    for (answer, says) in answers.into_iter().chain(rest) {
        world.write("answer", answer);
        let service = Server::new(&world.identity, root, |_, _| Answer::File("answer".to_owned()));
        let realm = format!("https://localhost:{}/token", service.port);
        let registry = Server::new(&world.identity, root, wanting(realm.clone()));
        world.ends(&world.fetch(&[], &[&place(&registry)]), 4, &format!("the token of {realm}: {says}"));
    }
    world.is_hidden("lit-9e1");
}

#[test]
fn who_never_has_enough_is_not_asked_for_ever() {
    let world = world();
    let root = world.folder.path();
    let elsewhere = Server::new(&world.identity, root, |_, _| Answer::File("answer".to_owned()));
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&asked);
    let service = Server::new(&world.identity, root, move |_, _| {
        counting.fetch_add(1, Ordering::Relaxed);
        Answer::File("answer".to_owned())
    });
    let realm = format!("https://localhost:{}/token", service.port);
    let registry = Server::new(&world.identity, root, move |_, _| challenge(&realm));
    let ran = world.fetch(&[], &[&place(&registry)]);
    world.ends(&ran, 4, "found status 401");
    assert!(ran.text.contains("the credential of the token that https://localhost"), "{}", ran.text);
    assert_eq!((registry.shown().len(), asked.load(Ordering::Relaxed)), (2, 1));

    // A service that does not answer is asked once for all that wait.
    let silent = Server::new(&world.identity, root, |_, _| Answer::Nothing);
    let realm = format!("https://localhost:{}/token", silent.port);
    let registry = Server::new(&world.identity, root, move |_, _| challenge(&realm));
    let ran = world.fetch(&[], &[&place(&registry)]);
    world.ends(&ran, 4, &format!("the token of https://localhost:{}/token: no answer within", silent.port));

    // A service that sends on is not followed.
    let there = format!("https://localhost:{}/secret", elsewhere.port);
    let sending = Server::new(&world.identity, root, move |_, _| Answer::Status(302, format!("location: {there}")));
    let realm = format!("https://localhost:{}/token", sending.port);
    let registry = Server::new(&world.identity, root, move |_, _| challenge(&realm));
    world.ends(&world.fetch(&[], &[&place(&registry)]), 4, "it redirects, which is not followed here");
    assert!(elsewhere.shown().is_empty());

    // A service that is a registry, too, and sends on.
    let circle = Server::new(&world.identity, root, |_, _| challenge("https://localhost/token"));
    let realm = format!("https://localhost:{}/token", circle.port);
    let registry = Server::new(&world.identity, root, move |_, _| challenge(&realm));
    world.ends(&world.fetch(&[], &[&place(&registry)]), 4, "expected the file (status 200), found status 401");
    assert_eq!(circle.shown().len(), 1);
}

#[test]
fn what_a_registry_was_shown_it_cannot_have_told() {
    let world = world();
    let root = world.folder.path();
    world.write_private("netrc", "machine localhost login me password c0ffee-word\n");
    let netrc = world.path("netrc").display().to_string();
    // It takes the login, breaks, and then repeats it.
    let asked = AtomicUsize::new(0);
    let registry = Server::new(&world.identity, root, move |_, shown| match shown {
        None => Answer::Status(401, "www-authenticate: Basic realm=\"a\"".to_owned()),
        Some(_) if asked.fetch_add(1, Ordering::Relaxed) == 0 => Answer::Status(503, String::new()),
        Some(_) => challenge("https://localhost/c0ffee%2Dword"),
    });
    let ran = world.fetch(&[("NETRC", &netrc)], &[&place(&registry)]);
    world.ends(&ran, 4, "it wants a token of a URL that repeats what was shown to it");

    // It has a token of the service after the login, and sends to where the login stands.
    let port = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&port);
    let registry = Server::new(&world.identity, root, move |path, shown| match (path.starts_with("/token"), shown) {
        (true, Some(_)) => Answer::File("answer".to_owned()),
        (false, Some(shown)) if shown == bearer(GIVEN) => {
            Answer::Status(307, "location: https://localhost/c0ffee-word".to_owned())
        }
        _ => challenge(&format!("https://localhost:{}/token", own.load(Ordering::Relaxed))),
    });
    port.store(registry.port.into(), Ordering::Relaxed);
    let ran = world.fetch(&[("NETRC", &netrc)], &[&place(&registry)]);
    world.ends(&ran, 4, "it redirects to a URL that repeats what was shown to it");
    world.is_hidden("c0ffee-word");
    world.is_hidden("c0ffee%2Dword");
}

#[test]
fn something_wrong_says_more_than_something_that_failed() {
    let world = world();
    let root = world.folder.path();
    world.write("wrong", "wrong");
    let refusing = Server::new(&world.identity, root, |_, _| Answer::Status(403, String::new()));
    let lying = Server::new(&world.identity, root, |_, _| Answer::File("wrong".to_owned()));
    world.ends(&world.fetch(&[], &[&place(&refusing)]), 4, "found status 403");
    world.ends(&world.fetch(&[], &[&place(&refusing), &place(&lying)]), 1, "expected content with the sha256");
    world.ends(&world.fetch(&[], &[&place(&lying)]), 1, "expected content with the sha256");
    // The log itself has something else.
    let hex = Digest::of(b"app").to_string();
    std::fs::create_dir_all(world.path("reg/blob").join(&hex[..2])).unwrap();
    std::fs::write(world.path("reg/blob").join(&hex[..2]).join(&hex), "wrong").unwrap();
    world.ends(&world.fetch(&[], &[&place(&refusing)]), 1, "expected content with the sha256");
    std::fs::write(world.path("reg/blob").join(&hex[..2]).join(&hex), "app").unwrap();
    world.ends(&world.fetch(&[], &[&place(&refusing), &place(&lying)]), 0, "1 content, 1 fetched");
}

#[test]
fn a_manifest_is_held_to_what_it_says() {
    let world = world();
    let root = world.folder.path();
    let publish = |manifest: &str, blobs: u16| {
        world.write("manifest", manifest);
        let served = Server::new(&world.identity, root, move |path, _| match path.contains("/manifests/") {
            true => Answer::File("manifest".to_owned()),
            false if path.ends_with(&Digest::of(COMPONENT).to_string()) => Answer::File("component".to_owned()),
            false => Answer::Status(blobs, String::new()),
        });
        let digest = Digest::of(manifest.as_bytes());
        let reference = format!("oci://localhost:{}/acme@sha256:{digest}", served.port);
        world.publish_from(&[], &reference, &["--version", "9.0.0", "--dry-run"])
    };
    world.write("component", COMPONENT);
    let of = |size: u64| {
        let layer =
            format!(r#"{{"mediaType":"application/wasm","digest":"sha256:{}","size":{size}}}"#, Digest::of(COMPONENT));
        format!(r#"{{"schemaVersion":2,"layers":[{layer}]}}"#)
    };
    // Also where there is no good answer for a digest that is no blob's.
    for status in [404, 400, 405] {
        world.ends(&publish(&of(8), status), 0, "is my:app 9.0.0");
    }
    world.ends(&publish(&of(99), 404), 5, "its manifest says that its layer has 99 bytes, and it has 8");
    world.ends(&publish(&of(1 << 40), 404), 5, "expected a layer of at most 268435456 bytes, found 1099511627776");
}

#[test]
fn a_registry_is_not_overrun_and_a_repository_has_one_token() {
    const PACKAGES: usize = 40;
    let world = World::new();
    let root = world.folder.path();
    world.write("answer", format!(r#"{{"token":"{GIVEN}"}}"#));
    let names: Vec<String> = (0..PACKAGES).map(|number| format!("my:p{number}")).collect();
    for name in &names {
        world.write(&Digest::of(name.as_bytes()).to_string(), name);
        world.publish(name, Digest::of(name.as_bytes()));
    }
    let service = Server::new(&world.identity, root, |_, _| Answer::File("answer".to_owned()));
    let realm = format!("https://localhost:{}/token", service.port);
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let counting = Arc::clone(&most);
    let registry = Server::new(&world.identity, root, move |path, shown| {
        counting.fetch_max(1 + now.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(10));
        now.fetch_sub(1, Ordering::SeqCst);
        match shown {
            Some(_) => Answer::File(path.rsplit_once("sha256:").map(|(_, hex)| hex.to_owned()).unwrap_or_default()),
            None => challenge(&realm),
        }
    });
    // Of a log that is far away, so that many contents are wanted at a time.
    let log = Server::new(&world.identity, &world.path("reg"), |path, _| Answer::File(path[1..].to_owned()));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.lock_at(&format!("https://localhost:{}", log.port), &names);
    world.ends(&world.fetch(&[], &[&place(&registry)]), 0, &format!("{PACKAGES} contents, {PACKAGES} fetched"));
    assert_eq!(service.shown().len(), 1);
    assert!((2..=8).contains(&most.load(Ordering::SeqCst)), "{most:?} at a time");
}
