//! Private registries over TLS, asked by the command: who is shown a token, who is not, and that nothing that is printed or
//! written holds one.

mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use server::{Answer, Identity, Server};

const TOKEN: &str = "tok-5f2b9e7c1a";
const PASSWORD: &str = "pass-c0ffee\"word";

/// What the command printed, and how it ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    text: String,
}

struct World {
    folder: tempfile::TempDir,
    /// All that was ever printed.
    printed: std::cell::RefCell<String>,
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, variables: &[(&str, &Path)], arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_headlock"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("RUST_LOG", "trace")
            .env("HEADLOCK_TEST_TOKEN", TOKEN)
            .env("SSL_CERT_FILE", self.path("roots.pem"))
            .envs(variables.iter().copied())
            .output()
            .expect("the command");
        let text = [output.stdout, output.stderr]
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes))
            .collect::<Vec<_>>()
            .concat();
        self.printed.borrow_mut().push_str(&text);
        Ran { code: output.status.code(), text }
    }

    fn succeeds(&self, arguments: &[&str]) {
        let ran = self.run(&[], arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.text);
    }

    /// Makes a project whose log is at a URL, and locks it with nothing in any cache.
    fn lock(&self, url: &str, variables: &[(&str, &Path)], options: &[&str]) -> Ran {
        let _ = fs::remove_dir_all(self.path("project"));
        fs::create_dir(self.path("project")).expect("a folder");
        self.succeeds(&["-C", "project", "init", "--log-key", "../log.key.pub", "--url", url]);
        let manifest = self.path("project/headlock.toml");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        fs::write(&manifest, text.replace("[dependencies]\n", "[dependencies]\n\"my:app\" = \"1\"\n")).expect("a file");
        self.run(variables, &[&["-C", "project", "--timeout", "2", "lock"], options].concat())
    }

    /// Fails so, the URL's server apart.
    fn fails(&self, ran: &Ran, says: &str) {
        assert_eq!(ran.code, Some(4), "{}", ran.text);
        assert!(ran.text.contains(says), "expected {says:?}, found {}", ran.text);
    }
}

fn private(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

#[test]
fn a_token_goes_to_whom_it_is_for_and_nowhere_else() {
    let world = World { folder: tempfile::tempdir().expect("a folder"), printed: String::new().into() };
    let identity = Identity::new();
    fs::write(world.path("roots.pem"), &identity.pem).expect("a file");
    fs::create_dir(world.path("home")).expect("a folder");
    fs::write(world.path("app.wasm"), "app").expect("a file");
    world.succeeds(&["key", "generate", "--name", "registry.example/private", "--out", "log.key"]);
    world.succeeds(&["registry", "init", "reg", "--key", "log.key"]);
    let publish =
        ["registry", "publish", "--registry", "reg", "--key", "log.key", "my:app", "1.0.0", "--content", "app.wasm"];
    world.succeeds(&publish);

    let bearer = format!("Bearer {TOKEN}");
    let basic = format!("Basic {}", STANDARD.encode(format!("me:{PASSWORD}")));
    let accepted = [bearer.clone(), basic.clone()];
    let elsewhere = {
        let accepted = accepted.clone();
        Server::new(&identity, &world.path("reg"), move |path, shown| match path.strip_prefix("/open/") {
            Some(path) => Answer::File(path.to_owned()),
            None if shown.is_some_and(|shown| accepted.iter().any(|one| one == shown)) => {
                Answer::File(path.trim_start_matches("/private/").to_owned())
            }
            None => Answer::Status(401, "www-authenticate: Bearer".to_owned()),
        })
    };
    let (other, known) = (elsewhere.port, accepted);
    let server = Server::new(&identity, &world.path("reg"), move |path, shown| {
        let (kind, rest) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let to = |place: String| Answer::Status(302, format!("location: {place}"));
        match kind {
            "moved" => to(format!("/private/{rest}")),
            "away" => to(format!("https://localhost:{other}/private/{rest}")),
            "away-open" => to(format!("https://localhost:{other}/open/{rest}")),
            "down" => to(format!("http://localhost:{other}/private/{rest}")),
            "tells" => to(format!("https://localhost:{other}/private/{rest}?token={TOKEN}")),
            "repeats" => Answer::Status(200, format!("content-encoding: {}", shown.unwrap_or("none"))),
            "leads" => to(format!("gopher://{}/", shown.unwrap_or("none").replace(' ', "+"))),
            "forbidden" => Answer::Status(403, "x: y".to_owned()),
            "hangs" => Answer::Nothing,
            "private" if shown.is_some_and(|shown| known.iter().any(|one| one == shown)) => {
                Answer::File(rest.to_owned())
            }
            _ => Answer::Status(401, "www-authenticate: Bearer".to_owned()),
        }
    });
    let at = |path: &str| format!("https://localhost:{}/{path}", server.port);
    let entry = |url: &str, token: &str| format!("[[credential]]\nurl = \"{url}\"\n{token}\n");
    let here = format!("token = \"{TOKEN}\"");
    private(&world.path("all.toml"), &entry(&at(""), &here));
    private(&world.path("one.toml"), &entry(&at("private"), "token-env = \"HEADLOCK_TEST_TOKEN\""));
    private(&world.path("moved.toml"), &entry(&at("moved"), &here));
    private(&world.path("netrc"), &format!("machine localhost login me password {PASSWORD:?}\n"));
    let [all, one, moved] = ["all", "one", "moved"].map(|name| ["--credentials".to_owned(), format!("../{name}.toml")]);
    let [all, one, moved] = [&all, &one, &moved].map(|[option, file]| [option.as_str(), file.as_str()]);
    let only = |expected: Option<&str>| {
        let shown = server.shown();
        assert!(!shown.is_empty() && shown.iter().all(|shown| shown.as_deref() == expected), "{shown:?}");
    };

    // Whoever shows nothing is told what would help.
    let ran = world.lock(&at("private"), &[], &[]);
    world.fails(&ran, "expected the file (status 200), found status 401");
    assert!(ran.text.contains("hint: if the registry is private: a file that `--credentials` names"), "{}", ran.text);
    only(None);
    // The token, from a file, from the environment, from a file that a variable names; a password from a netrc file.
    let cached: [(&str, &Path); 2] =
        [("HEADLOCK_CACHE", &world.path("cache")), ("HEADLOCK_STATE", &world.path("state"))];
    for (variables, options, expected) in [
        (vec![], all.to_vec(), &bearer),
        (vec![], one.to_vec(), &bearer),
        (vec![("HEADLOCK_CREDENTIALS", world.path("one.toml"))], vec![], &bearer),
        (vec![("NETRC", world.path("netrc"))], vec![], &basic),
        (vec![("NETRC", world.path("netrc"))], one.to_vec(), &bearer),
    ] {
        let variables: Vec<(&str, &Path)> = variables.iter().map(|(name, path)| (*name, path.as_path())).collect();
        let ran = world.lock(&at("private"), &variables, &options);
        assert_eq!(ran.code, Some(0), "{}", ran.text);
        only(Some(expected));
    }
    fs::copy(world.path("netrc"), world.path("home/.netrc")).expect("a file");
    let ran = world.lock(&at("private"), &[], &["--netrc"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    only(Some(&basic));
    world.fails(&world.lock(&at("private"), &[], &[]), "found status 401");
    only(None);
    // What is made of it can be verified, bundled and copied; the cache serves whoever has none.
    let ran = world.lock(&at("private"), &cached, &all);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    for arguments in [
        &["-C", "project", "verify"][..],
        &["-C", "project", "bundle", "-o", "../app.bundle"],
        &["-C", "project", "fetch", "--into", "../deps"],
        &["-C", "project", "registry", "mirror", "--into", "../mirrors", "--for", "headlock.lock"],
    ] {
        let ran = world.run(&cached, &[&arguments[..2], &all, &arguments[2..]].concat());
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.text);
    }
    server.shown();
    let ran = world.run(&cached, &["-C", "project", "verify"]);
    assert_eq!((ran.code, server.shown()), (Some(0), vec![]), "{}", ran.text);

    // It goes along within its origin, as far as it is for; not beyond, and not where it is not for.
    let ran = world.lock(&at("moved"), &[], &all);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    only(Some(&bearer));
    let ran = world.lock(&at("moved"), &[], &moved);
    world.fails(&ran, "found status 401");
    let hint = "moved.toml was not sent: the server redirects to where it is not for";
    assert!(ran.text.contains(hint), "{}", ran.text);
    server.shown();
    world.fails(&world.lock(&at("moved"), &[], &one), "found status 401");
    only(None);
    let none_elsewhere = || {
        let shown = elsewhere.shown();
        assert!(!shown.is_empty() && shown.iter().all(Option::is_none), "{shown:?}");
    };
    let ran = world.lock(&at("away"), &[("NETRC", &world.path("netrc"))], &all);
    world.fails(&ran, "found status 401");
    assert!(ran.text.contains("all.toml was not sent"), "{}", ran.text);
    only(Some(&bearer));
    none_elsewhere();
    world.fails(&world.lock(&at("away"), &[("NETRC", &world.path("netrc"))], &[]), "found status 401");
    none_elsewhere();
    let ran = world.lock(&at("away-open"), &[], &all);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    none_elsewhere();
    // Not in the clear.
    let down = format!("it redirects from https to http://localhost:{other}/private/checkpoint, which is not followed");
    world.fails(&world.lock(&at("down"), &[], &all), &down);
    let tells = "it redirects to a URL that repeats what was shown to it";
    world.fails(&world.lock(&at("tells"), &[], &all), tells);
    assert!(elsewhere.shown().is_empty());
    // Servers that repeat it, refuse it, or say nothing.
    world.fails(
        &world.lock(&at("repeats"), &[], &all),
        "expected no content encoding but gzip, found \"Bearer [secret]\"",
    );
    world.fails(&world.lock(&at("repeats"), &[("NETRC", &world.path("netrc"))], &[]), "found \"Basic [secret]\"");
    world.fails(&world.lock(&at("leads"), &[], &all), tells);
    let ran = world.lock(&at("forbidden"), &[], &all);
    world.fails(&ran, "found status 403");
    assert!(ran.text.contains("all.toml was sent: does it still hold, and for this?"), "{}", ran.text);
    world.fails(&world.lock(&at("hangs"), &[], &all), "no answer within ");

    // Who the server is, is known by the system's roots.
    let nobody = Identity::new();
    fs::write(world.path("others.pem"), &nobody.pem).expect("a file");
    world.fails(
        &world.lock(&at("private"), &[("SSL_CERT_FILE", &world.path("others.pem"))], &all),
        "invalid peer certificate: ",
    );
    fs::write(world.path("none.pem"), "").expect("a file");
    let ran = world.lock(&at("private"), &[("SSL_CERT_FILE", &world.path("none.pem"))], &all);
    world.fails(&ran, "this system has no root certificates to know a server by");
    assert!(ran.text.contains("hint: install them"), "{}", ran.text);

    // A password in a URL is refused, and not shown.
    let user = format!("https://me:{TOKEN}@localhost/");
    let ran = world.run(&[], &["-C", "project", "init", "--log-key", "../log.key.pub", "--url", &user]);
    assert_eq!(ran.code, Some(2), "{}", ran.text);
    for file in ["logs.policy", "trust.toml", "headlock.toml"] {
        let path = world.path("project").join(file);
        let held = fs::read_to_string(&path).expect("a file");
        let spoilt = match file {
            "logs.policy" => held.replace(&at("private"), &user),
            "trust.toml" => format!("mirrors = [\"{user}\"]\n{held}"),
            _ => format!("url = \"{user}\"\n{held}"),
        };
        fs::write(&path, spoilt).expect("a file");
        let ran = world.run(&[], &["-C", "project", "lock"]);
        assert_eq!(ran.code, Some(2), "{file}: {}", ran.text);
        fs::write(&path, held).expect("a file");
    }

    let secrets = [TOKEN.to_owned(), PASSWORD.to_owned(), PASSWORD.escape_debug().to_string(), basic[6..].to_owned()];
    let printed = world.printed.borrow();
    for secret in &secrets {
        assert!(!printed.contains(secret), "{secret} was printed: {printed}");
        assert!(!printed.contains(&STANDARD.encode(secret)), "{secret} was printed: {printed}");
    }
    let mut files = 0;
    let mut folders = vec![world.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !["all.toml", "moved.toml", "netrc", ".netrc"].contains(&name.as_str()) {
                files += 1;
                let bytes = fs::read(&path).expect("a file");
                let holds = |secret: &String| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!secrets.iter().any(holds), "{} holds a secret", path.display());
            }
        }
    }
    assert!(files > 30, "{files} files were written");
}
