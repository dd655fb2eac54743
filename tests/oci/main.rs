//! Contents in registries of OCI: Debian's docker-registry, open, with passwords and with tokens that it checks, and servers that
//! mean no good. What is published and fetched is what was pushed, and no token and no password is printed or goes to anyone else.
//!
//! What is not installed is not tried, and the test says so; with `HEADLOCK_ORACLES=required` it fails.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

mod hostile;
mod registry;
#[path = "../private/server.rs"]
mod server;
mod tokens;
mod wkg;

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use headlock_log::digest::Digest;
use registry::Registry;
use server::Identity;

const PASSWORD: &str = "c0ffee-word";

/// The password of `me`, as docker-registry wants it: bcrypt.
const HTPASSWD: &str = "me:$2b$05$abcdefghijklmnopqrstuuLXNVOc7PUt65/zvCrjdYxx.a.0tLXaC\n";

/// A component that says nothing of itself.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// What the command printed, and how it ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    text: String,
}

/// A folder with a log, a project, and where a server's certificate is a root.
struct World {
    folder: tempfile::TempDir,
    identity: Identity,
    /// All that was ever printed.
    printed: RefCell<String>,
}

impl World {
    fn new() -> World {
        let world =
            World { folder: tempfile::tempdir().unwrap(), identity: Identity::new(), printed: RefCell::default() };
        world.write("roots.pem", &world.identity.pem);
        world.write("htpasswd", HTPASSWD);
        fs::create_dir(world.path("home")).unwrap();
        world.succeeds(&["key", "generate", "--name", "registry.example/a", "--out", "log.key"]);
        world.succeeds(&["registry", "init", "reg", "--key", "log.key"]);
        fs::create_dir(world.path("project")).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// A file that holds a secret.
    fn write_private(&self, name: &str, content: &str) {
        self.write(name, content);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SSL_CERT_FILE", self.path("roots.pem"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(&[], arguments)
    }

    fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_headlock")));
        let output = command.args(["--timeout", "3"]).args(arguments).envs(variables.iter().copied()).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        self.printed.borrow_mut().push_str(&text);
        Ran { code: output.status.code(), text }
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        self.succeeds_with(&[], arguments)
    }

    fn succeeds_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let ran = self.run_with(variables, arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.text);
        ran.text
    }

    fn ends(&self, ran: &Ran, code: i32, says: &str) {
        assert_eq!(ran.code, Some(code), "expected {says:?}: {}", ran.text);
        assert!(ran.text.contains(says), "expected {says:?}, found {}", ran.text);
    }

    /// Publishes a release whose content is elsewhere.
    fn publish(&self, name: &str, sha256: Digest) {
        let sha256 = sha256.to_string();
        self.succeeds(&[
            "registry",
            "publish",
            "--registry",
            "reg",
            "--key",
            "log.key",
            name,
            "1.0.0",
            "--sha256",
            &sha256,
        ]);
    }

    /// Publishes what a reference names.
    fn publish_from(&self, variables: &[(&str, &str)], reference: &str, options: &[&str]) -> Ran {
        let arguments = ["registry", "publish", "--registry", "reg", "--key", "log.key", reference, "--name", "my:app"];
        self.run_with(variables, &[&arguments, options].concat())
    }

    /// A project that locks these packages of the log in its folder.
    fn lock(&self, names: &[&str]) {
        self.lock_at("file:../reg", names);
    }

    /// A project that locks these packages of the log at a URL.
    fn lock_at(&self, url: &str, names: &[&str]) {
        let _ = fs::remove_dir_all(self.path("project"));
        fs::create_dir(self.path("project")).unwrap();
        self.succeeds(&["-C", "project", "init", "--log-key", "../log.key.pub", "--url", url]);
        let manifest = fs::read_to_string(self.path("project/headlock.toml")).unwrap();
        let lines: String = names.iter().map(|name| format!("\"{name}\" = \"1\"\n")).collect();
        self.write("project/headlock.toml", manifest + &lines);
        self.succeeds(&["-C", "project", "lock"]);
    }

    /// Fetches from these places into an empty folder, with nothing in a cache.
    fn fetch(&self, variables: &[(&str, &str)], places: &[&str]) -> Ran {
        let _ = fs::remove_dir_all(self.path("project/deps"));
        let mut arguments = vec!["-C", "project", "--no-cache", "fetch", "--into", "deps"];
        arguments.extend(places.iter().flat_map(|place| ["--from", place]));
        self.run_with(variables, &arguments)
    }

    fn fetched(&self, name: &str) -> Vec<u8> {
        fs::read(self.path("project/deps").join(name)).unwrap()
    }

    /// None of these was ever printed, or lies in a file that was written, but for those that hold it by their purpose.
    fn is_hidden(&self, secret: &str) {
        assert!(!self.printed.borrow().contains(secret), "{secret} was printed");
        let mut folders = vec![self.path("project"), self.path("reg"), self.path("home")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let bytes = fs::read(&path).unwrap();
                        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                        assert!(!found, "{secret} stands in {}", path.display());
                    }
                }
            }
        }
    }
}

#[test]
fn what_was_pushed_is_published_and_fetched_by_digest() {
    if !registry::is_installed() {
        return;
    }
    let world = World::new();
    let registry = Registry::open(world.folder.path());
    let at = format!("oci+http://127.0.0.1:{}", registry.port);

    // By the digest of the manifest, and by that of the blob.
    let manifest = registry.push("acme/my/app", &[("application/wasm", COMPONENT)]);
    let by_manifest = world.publish_from(&[], &format!("{at}/acme/my/app@sha256:{manifest}"), &["--version", "1.0.0"]);
    world.ends(&by_manifest, 0, &format!("published my:app 1.0.0: record 1, content sha256 {}", Digest::of(COMPONENT)));
    let blob = Digest::of(COMPONENT);
    let by_blob = world.publish_from(&[], &format!("{at}/acme/my/app@sha256:{blob}"), &["--version", "1.0.1"]);
    world.ends(&by_blob, 0, &format!("content sha256 {blob}"));
    // A place that does not have it, and one that does not answer, where the log has it.
    world.lock(&["my:app"]);
    let ran = world.fetch(&[], &[&format!("{at}/none/*")]);
    world.ends(&ran, 0, "note: 1 content came from the registries: no place that --from names has them");
    let ran = world.fetch(&[], &["oci+http://127.0.0.1:1/none"]);
    world.ends(&ran, 0, "note: 1 content came from the registries: http://127.0.0.1:1/v2/none/blobs/sha256:");

    // Releases whose contents the log does not have: of one repository, or of one each.
    for (name, content) in [("my:one", "one"), ("my:two", "two")] {
        registry.push("pile", &[("application/wasm", content.as_bytes())]);
        registry.push(&format!("acme/{}", name.replace(':', "/")), &[("application/wasm", content.as_bytes())]);
        world.publish(name, Digest::of(content.as_bytes()));
    }
    world.lock(&["my:one", "my:two"]);
    for place in [format!("{at}/pile"), format!("{at}/acme/*")] {
        let ran = world.fetch(&[], &[&place]);
        world.ends(&ran, 0, "2 contents, 2 fetched (6 bytes)");
        assert_eq!(
            (world.fetched("my/one/1.0.0.wasm"), world.fetched("my/two/1.0.0.wasm")),
            (b"one".into(), b"two".into())
        );
    }
    // What one place does not have another has; what no place has the log may have; and what nobody has is missed.
    let ran = world.fetch(&[], &[&format!("{at}/acme/my/one"), &format!("{at}/acme/my/two")]);
    world.ends(&ran, 0, "2 contents, 2 fetched");
    let one = format!("{at}/acme/my/one");
    world.ends(&world.fetch(&[], &[&one]), 4, "expected a file, and there is none");
    // What the user has to mend is said, even where the log has the contents.
    world.ends(&world.fetch(&[], &["oci+http://other.example/a", &one]), 2, "is open to all on the way");
    let missing = world.fetch(&[("HEADLOCK_CREDENTIALS", "nothing")], &[&one]);
    world.ends(&missing, 2, "there are no credentials at nothing");
    world.ends(&world.fetch(&[], &[&format!("{at}/none/*")]), 4, "a registry need not hold contents");

    // Offline nobody is asked, but for what the cache has.
    let place = format!("{at}/pile");
    let ran = world.run(&["-C", "project", "--offline", "fetch", "--into", "off", "--from", &place]);
    world.ends(&ran, 4, "not in the cache, and no server is asked while offline");
    world.succeeds(&["-C", "project", "fetch", "--into", "on", "--from", &place]);

    // Something else in the place of a content.
    Registry::spoil(world.folder.path(), &Digest::of(b"two"), b"TWO");
    world.ends(&world.fetch(&[], &[&place]), 1, "expected content with the sha256");
    drop(registry);
    world.ends(&world.fetch(&[], &[&place]), 4, "/blobs/sha256:");
}

#[test]
fn a_manifest_of_something_else_is_refused() {
    if !registry::is_installed() {
        return;
    }
    let world = World::new();
    let registry = Registry::open(world.folder.path());
    let at = format!("oci+http://127.0.0.1:{}/acme/my/app@sha256", registry.port);
    let refused = |layers: &[(&str, &[u8])], says: &str| {
        let manifest = registry.push("acme/my/app", layers);
        let ran = world.publish_from(&[], &format!("{at}:{manifest}"), &["--version", "1.0.0"]);
        world.ends(&ran, 5, says);
    };
    refused(&[], "expected one layer, or one of type application/wasm, found 0");
    refused(&[("text/plain", b"a"), ("text/html", b"b")], "found 2, none of them of that type");
    refused(&[("application/wasm", COMPONENT), ("application/wasm", b"b")], "found 2, several of them of that type");
    refused(&[("application/wasm", b"no component")], "found no WebAssembly");
    let nothing = Digest::of(b"nothing");
    let ran = world.publish_from(&[], &format!("{at}:{nothing}"), &["--version", "1.0.0"]);
    world.ends(&ran, 4, "expected a blob or a manifest, and there is none");
    for (reference, says) in [
        ("oci://registry.example/a:1.0.0", "it has no digest, `@sha256:…`"),
        ("oci://registry.example/a:1.0.0@sha256:00", "it has a tag, which is another content tomorrow"),
        ("oci://registry.example/A@sha256:00", "no repository has a segment \"A\""),
        ("oci://registry.example@sha256:00", "it names no repository"),
        ("oci://me:word@registry.example/a@sha256:00", "is no host"),
        ("oci+http://registry.example/a@sha256:00", "its digest: expected 64 lowercase hexadecimal digits"),
    ] {
        world.ends(&world.publish_from(&[], reference, &["--version", "1.0.0"]), 2, says);
    }
    let far = format!("oci+http://registry.example/a@sha256:{nothing}");
    let ran = world.publish_from(&[], &far, &["--version", "1.0.0"]);
    world.ends(&ran, 2, "http:// to registry.example is open to all on the way");
    world.is_hidden("me:word");
}

#[test]
fn a_registry_with_passwords_is_told_by_netrc() {
    if !registry::is_installed() {
        return;
    }
    let world = World::new();
    let open = Registry::open(world.folder.path());
    open.push("acme/my/app", &[("application/wasm", COMPONENT)]);
    let (certificate, key) = (world.path("server.pem"), world.path("server.key"));
    world.write("server.pem", &world.identity.pem);
    world.write("server.key", &world.identity.key);
    let http = format!("  tls: {{certificate: {}, key: {}}}\n", certificate.display(), key.display());
    let auth = format!("auth:\n  htpasswd: {{realm: here, path: {}}}\n", world.path("htpasswd").display());
    let registry = Registry::start(world.folder.path(), &http, &auth);
    world.publish("my:app", Digest::of(COMPONENT));
    world.lock(&["my:app"]);

    let place = format!("oci://localhost:{}/acme/*", registry.port);
    world.ends(&world.fetch(&[], &[&place]), 4, "expected the file (status 200), found status 401");
    world.write_private("netrc", &format!("machine localhost login me password {PASSWORD}\n"));
    let netrc = world.path("netrc").display().to_string();
    let named = [("NETRC", &*netrc)];
    world.ends(&world.fetch(&named, &[&place]), 0, "1 content, 1 fetched");
    assert_eq!(world.fetched("my/app/1.0.0.wasm"), COMPONENT);
    world.write_private("netrc", "machine localhost login me password other-word\n");
    let ran = world.fetch(&named, &[&place]);
    world.ends(&ran, 4, "found status 401");
    assert!(ran.text.contains("was sent: does it still hold, and for this?"), "{}", ran.text);
    world.is_hidden(PASSWORD);
    world.is_hidden("other-word");
}
