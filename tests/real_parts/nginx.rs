//! nginx, which serves registries and mirrors, and keeps to itself what a client fetches: docs/mirrors.md has the recipe.

use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Running, Stage, has};

/// A port that is free now.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// nginx with these `server` blocks, once it listens at all the ports.
fn nginx(stage: &Stage, servers: &str, ports: &[u16]) -> Running {
    let dir = stage.path("nginx");
    std::fs::create_dir_all(&dir).unwrap();
    let mut temporary = String::new();
    for what in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(temporary, "  {what}_temp_path {}/{what};", dir.display()).unwrap();
    }
    let configuration = format!(
        "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;\nevents {{}}\nhttp {{\n{temporary}  default_type application/octet-stream;\n{servers}}}\n",
        dir.display()
    );
    let path = dir.join("nginx.conf");
    std::fs::write(&path, configuration).unwrap();
    let child = Command::new("nginx")
        .arg("-p")
        .arg(&dir)
        .arg("-e")
        .arg(dir.join("error.log"))
        .arg("-c")
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    let began = Instant::now();
    while !ports.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
        assert!(began.elapsed() < Duration::from_secs(30), "nginx does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

/// A server for files in a folder, which notes what it is asked.
fn files(stage: &Stage, port: u16, folder: &str) -> String {
    format!(
        "  server {{ listen 127.0.0.1:{port}; root {}; access_log {}/nginx/{port}.log; gzip_static off; }}\n",
        stage.path(folder).display(),
        stage.dir.path().display()
    )
}

fn asked(stage: &Stage, port: u16) -> usize {
    let log = std::fs::read_to_string(stage.path(&format!("nginx/{port}.log"))).unwrap_or_default();
    log.lines().count()
}

#[test]
fn registries_and_mirrors_behind_a_web_server() {
    // Debian has it where only root's PATH leads.
    if !has("nginx") {
        return;
    }
    let stage = Stage::new();
    let [one, other, proxy] = [free_port(), free_port(), free_port()];
    stage.registry("a");
    stage.registry("b");
    stage.publish("b", &["their:lib", "1.0.0"]);
    let (a, b) = (format!("http://127.0.0.1:{one}/a"), format!("http://127.0.0.1:{other}/b"));
    let peer = ["registry", "peer", "add", "--registry", "a", "--key", "a.key", "--peer-key", "b.key.pub", "--url", &b];
    stage.done("", &peer);
    stage.publish("a", &["my:app", "1.0.0", "--dependency", "their:lib ^1 of b.example/log"]);
    let forward = format!(
        "  server {{ listen 127.0.0.1:{proxy}; access_log {}/nginx/{proxy}.log;\n    location /{}/ {{ proxy_pass {a}/; }}\n    location /{}/ {{ proxy_pass {b}/; }} }}\n",
        stage.dir.path().display(),
        hash("a"),
        hash("b"),
    );
    let servers = [files(&stage, one, ""), files(&stage, other, ""), forward].concat();
    let running = nginx(&stage, &servers, &[one, other, proxy]);

    stage.done("", &["registry", "sync", "b.example/log", "--registry", "a", "--key", "a.key"]);
    std::fs::create_dir(stage.path("p")).unwrap();
    stage.done("p", &["init", "--log-key", "../a.key.pub", "--url", &a, "--quiet"]);
    let append = |file: &str, text: &str| {
        let path = stage.path(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{before}{text}")).unwrap();
    };
    append("p/headlock.toml", "\"my:app\" = \"1\"\n");
    append("p/trust.toml", "vouching = [\"a.example/log\"]\n");
    stage.done("p", &["lock", "--yes"]);
    stage.done("p", &["verify", "--no-cache"]);
    stage.done("p", &["fetch", "--into", "deps", "--no-cache"]);
    let lock = std::fs::read(stage.path("p/headlock.lock")).unwrap();

    // Through the proxy alone: nobody else learns who fetches what, and the lock is the same.
    let before = [asked(&stage, one), asked(&stage, other)];
    append("p/trust.toml", &format!("mirrors = [\"http://127.0.0.1:{proxy}\"]\n"));
    std::fs::remove_file(stage.path("p/headlock.lock")).unwrap();
    stage.done("p", &["lock", "--yes", "--no-cache"]);
    assert_eq!(std::fs::read(stage.path("p/headlock.lock")).unwrap(), lock);
    stage.done("p", &["fetch", "--into", "deps2", "--no-cache"]);
    let through = [asked(&stage, one) - before[0], asked(&stage, other) - before[1]];
    assert!(through.iter().all(|asked| *asked > 0));
    assert_eq!(asked(&stage, proxy), through.iter().sum::<usize>(), "something was asked past the proxy");

    // A mirror of what the lock needs, behind the server; the registries are gone.
    stage.done("p", &["registry", "mirror", "--into", "../mirrors", "--for", "headlock.lock"]);
    for name in ["a", "b"] {
        std::fs::rename(stage.path(name), stage.path(&format!("{name}.gone"))).unwrap();
    }
    let trust = std::fs::read_to_string(stage.path("p/trust.toml")).unwrap();
    let trust = trust.replace(&format!("127.0.0.1:{proxy}\""), &format!("127.0.0.1:{one}/mirrors\""));
    std::fs::write(stage.path("p/trust.toml"), trust).unwrap();
    stage.done("p", &["verify", "--no-cache"]);
    stage.done("p", &["fetch", "--into", "deps3", "--no-cache"]);
    drop(running);
    let (code, said) = stage.ended("p", &["verify", "--no-cache", "--timeout", "1"]);
    assert_eq!(code, 4, "{said}");
}

/// sha256 of a registry's origin, as a mirror's folder has it.
fn hash(name: &str) -> String {
    headlock_log::digest::Digest::of(format!("{name}.example/log").as_bytes()).to_string()
}
