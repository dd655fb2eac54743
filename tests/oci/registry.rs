//! Debian's docker-registry, started over one folder as often as wanted: open and in clear, to push to, and as others are asked.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use headlock_log::digest::Digest;

const PROGRAM: &str = "docker-registry";

/// Whether it is installed. Where all must be, it must.
pub(super) fn is_installed() -> bool {
    let found = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var_os("HEADLOCK_ORACLES").is_none(), "{PROGRAM} is not installed");
    eprintln!("SKIPPED: {PROGRAM} is not installed: see tests/README.md");
    false
}

/// A registry, until it is dropped.
pub(super) struct Registry {
    child: Child,
    pub(super) port: u16,
}

impl Registry {
    /// Starts one over the folder `store`; `rest` are lines of its configuration, below `http:` those of `http`.
    pub(super) fn start(folder: &Path, http: &str, rest: &str) -> Registry {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (store, configuration) = (folder.join("store"), folder.join(format!("registry-{port}.yml")));
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\nhttp:\n  addr: 127.0.0.1:{port}\n{http}{rest}",
            store.display()
        );
        fs::write(&configuration, text).unwrap();
        let said = configuration.with_extension("log");
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg(&configuration).stdout(Stdio::null()).stderr(fs::File::create(&said).unwrap());
        let child = command.spawn().unwrap();
        let mut registry = Registry { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = registry.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", fs::read_to_string(&said).unwrap());
            assert!(began.elapsed() < Duration::from_secs(60), "it does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// One that anybody may ask, and push to.
    pub(super) fn open(folder: &Path) -> Registry {
        Registry::start(folder, "", "")
    }

    /// Pushes an artifact of these layers, and returns the digest of its manifest.
    pub(super) fn push(&self, repository: &str, layers: &[(&str, &[u8])]) -> Digest {
        let config = b"{}";
        let described = |(media, bytes): &(&str, &[u8])| {
            let digest = self.push_blob(repository, bytes);
            format!(r#"{{"mediaType":"{media}","digest":"sha256:{digest}","size":{}}}"#, bytes.len())
        };
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{}]}}"#,
            described(&("application/vnd.wasm.config.v0+json", config)),
            layers.iter().map(described).collect::<Vec<_>>().join(",")
        );
        let digest = Digest::of(manifest.as_bytes());
        let path = format!("/v2/{repository}/manifests/sha256:{digest}");
        let media = "content-type: application/vnd.oci.image.manifest.v1+json\r\n";
        let (status, _) = self.send("PUT", &path, media, manifest.as_bytes());
        assert_eq!(status, 201, "{path}");
        digest
    }

    fn push_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        let (status, headers) = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), "", b"");
        assert_eq!(status, 202, "{headers}");
        let location = headers.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
        let path = location.split_once("://").map_or(location, |(_, rest)| &rest[rest.find('/').unwrap()..]);
        let digest = Digest::of(bytes);
        let (status, headers) = self.send("PUT", &format!("{path}&digest=sha256:{digest}"), "", bytes);
        assert_eq!(status, 201, "{headers}");
        digest
    }

    /// A request of its own connection; gives the status and the headers.
    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            self.port,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (headers, _) = answer.split_once("\r\n\r\n").unwrap();
        (headers.split(' ').nth(1).unwrap().parse().unwrap(), headers.replace("\r\n", "\n"))
    }

    /// Loses a blob's content, and puts another in its place.
    pub(super) fn spoil(folder: &Path, digest: &Digest, bytes: &[u8]) {
        let hex = digest.to_string();
        let path: PathBuf =
            folder.join("store/docker/registry/v2/blobs/sha256").join(&hex[..2]).join(&hex).join("data");
        assert!(path.exists());
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
