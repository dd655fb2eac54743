//! A registry that wants a token of a service: docker-registry checks the token's signature, for whom it is, and for what.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use headlock_log::digest::Digest;
use rcgen::{KeyPair, SigningKey};

use crate::registry::{self, Registry};
use crate::server::{Answer, Server};
use crate::{COMPONENT, PASSWORD, World};

/// What signs tokens, and the certificate that says so.
struct Issuer {
    key: KeyPair,
    certificate: Vec<u8>,
    pem: String,
}

impl Issuer {
    fn new() -> Issuer {
        let made = rcgen::generate_simple_self_signed(vec!["tokens.example".to_owned()]).unwrap();
        Issuer { certificate: made.cert.der().to_vec(), pem: made.cert.pem(), key: made.signing_key }
    }

    /// A JSON Web Token that lets whoever has it pull from a repository.
    fn token(&self, repository: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let header = format!(r#"{{"typ":"JWT","alg":"ES256","x5c":["{}"]}}"#, STANDARD.encode(&self.certificate));
        let claims = format!(
            r#"{{"iss":"issuer","sub":"me","aud":"the registry","exp":{},"nbf":{},"iat":{now},"jti":"1","access":[{{"type":"repository","name":"{repository}","actions":["pull"]}}]}}"#,
            now + 300,
            now - 60,
        );
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = raw(&self.key.sign(signed.as_bytes()).unwrap());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The two numbers of a signature in ASN.1, 32 bytes each.
fn raw(signature: &[u8]) -> Vec<u8> {
    let mut rest = &signature[2..];
    let mut both = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = &number[number.len().saturating_sub(32)..];
        both.extend(vec![0; 32 - number.len()]);
        both.extend(number);
        rest = &rest[2 + length..];
    }
    both
}

#[test]
fn a_token_is_had_of_the_service_and_shown_to_its_registry() {
    if !registry::is_installed() {
        return;
    }
    let world = World::new();
    let open = Registry::open(world.folder.path());
    for name in ["app", "other"] {
        open.push(&format!("acme/my/{name}"), &[("application/wasm", &[COMPONENT, name.as_bytes()].concat())]);
        world.publish(&format!("my:{name}"), Digest::of(&[COMPONENT, name.as_bytes()].concat()));
    }
    let issuer = Issuer::new();
    world.write("issuer.pem", &issuer.pem);
    world.write("server.pem", &world.identity.pem);
    world.write("server.key", &world.identity.key);

    // The service: to whom it gives tokens, and what it was asked for.
    let asked = Arc::new(Mutex::new(Vec::new()));
    let given = Arc::new(AtomicUsize::new(0));
    let wants_password = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let service = {
        let (asked, given, wants) = (Arc::clone(&asked), Arc::clone(&given), Arc::clone(&wants_password));
        let folder = world.folder.path().to_owned();
        Server::new(&world.identity, &folder.clone(), move |path, _| {
            asked.lock().unwrap().push(path.to_owned());
            if wants.load(Ordering::Relaxed) {
                return Answer::Status(401, "www-authenticate: Basic realm=\"tokens\"".to_owned());
            }
            let (_, scope) = path.split_once("scope=repository%3A").unwrap();
            let repository = scope.trim_end_matches("%3Apull").replace("%2F", "/");
            let file = format!("answer-{}", given.fetch_add(1, Ordering::Relaxed));
            std::fs::write(folder.join(&file), format!(r#"{{"token":"{}"}}"#, issuer.token(&repository))).unwrap();
            Answer::File(file)
        })
    };
    let http = format!("  tls: {{certificate: {0}/server.pem, key: {0}/server.key}}\n", world.folder.path().display());
    let auth = format!(
        "auth:\n  token: {{realm: \"https://localhost:{}/token\", service: the registry, issuer: issuer, rootcertbundle: {}}}\n",
        service.port,
        world.path("issuer.pem").display()
    );
    let registry = Registry::start(world.folder.path(), &http, &auth);
    let place = format!("oci://localhost:{}/acme/*", registry.port);
    world.lock(&["my:app", "my:other"]);

    // To anybody.
    world.ends(&world.fetch(&[], &[&place]), 0, "2 contents, 2 fetched");
    assert_eq!(world.fetched("my/app/1.0.0.wasm"), [COMPONENT, b"app"].concat());
    let mut paths = std::mem::take(&mut *asked.lock().unwrap());
    paths.sort();
    let expected = ["app", "other"]
        .map(|name| format!("/token?service=the%20registry&scope=repository%3Aacme%2Fmy%2F{name}%3Apull"));
    assert_eq!(paths, expected);
    assert!(service.shown().iter().all(Option::is_none));

    // A service elsewhere gets no password: its registry would get what the service gives to the user.
    wants_password.store(true, Ordering::Relaxed);
    world.write_private("netrc", &format!("machine localhost login me password {PASSWORD}\n"));
    let netrc = world.path("netrc").display().to_string();
    let ran = world.fetch(&[("NETRC", &netrc)], &[&place]);
    let realm = format!("https://localhost:{}/token", service.port);
    world.ends(&ran, 4, &format!("the token of {realm}: expected the file (status 200), found status 401"));
    let shown = service.shown();
    assert!(!shown.is_empty() && shown.iter().all(Option::is_none));
    wants_password.store(false, Ordering::Relaxed);

    // A content to be published, by its manifest.
    let manifest = open.push("acme/my/app", &[("application/wasm", COMPONENT)]);
    let reference = format!("oci://localhost:{}/acme/my/app@sha256:{manifest}", registry.port);
    let ran = world.publish_from(&[("NETRC", &netrc)], &reference, &["--version", "2.0.0"]);
    world.ends(&ran, 0, &format!("content sha256 {}", Digest::of(COMPONENT)));

    world.is_hidden(PASSWORD);
    for number in 0..given.load(Ordering::Relaxed) {
        let answer = std::fs::read_to_string(world.path(&format!("answer-{number}"))).unwrap();
        let token = answer.trim_start_matches("{\"token\":\"").trim_end_matches("\"}");
        world.is_hidden(token);
    }
}
