//! A web server that speaks TLS, says what it was asked with, and answers as it is told.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server answers.
pub(super) enum Answer {
    /// A file of the registry.
    File(String),
    /// A status, with a header.
    Status(u16, String),
    /// Nothing, for a while.
    #[allow(dead_code, reason = "for some of its users")]
    Nothing,
}

/// Paths, and the header `authorization`.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

type Decide = dyn Fn(&str, Option<&str>) -> Answer + Send + Sync;

/// A server that runs until the test ends.
pub(super) struct Server {
    pub(super) port: u16,
    asked: Asked,
}

/// A certificate for `localhost`, and what a server needs to show it.
pub(super) struct Identity {
    pub(super) pem: String,
    #[allow(dead_code, reason = "for some of its users")]
    pub(super) key: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    pub(super) fn new() -> Identity {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a configuration");
        Identity { pem: made.cert.pem(), key: made.signing_key.serialize_pem(), config: Arc::new(config) }
    }
}

impl Server {
    pub(super) fn new(
        identity: &Identity,
        root: &Path,
        decide: impl Fn(&str, Option<&str>) -> Answer + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared { root: root.to_owned(), decide: Box::new(decide), asked: Arc::clone(&asked) });
        let config = Arc::clone(&identity.config);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, config) = (Arc::clone(&shared), Arc::clone(&config));
                // A client that goes away is its own business.
                std::thread::spawn(move || stream.and_then(|stream| shared.talk(stream, config)));
            }
        });
        Server { port, asked }
    }

    /// With what it was asked, since it was last asked this.
    pub(super) fn shown(&self) -> Vec<Option<String>> {
        let mut asked = self.asked.lock().expect("a list");
        std::mem::take(&mut *asked).into_iter().map(|(_, shown)| shown).collect()
    }
}

struct Shared {
    root: PathBuf,
    decide: Box<Decide>,
    asked: Asked,
}

impl Shared {
    fn talk(&self, stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
        let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
        let mut reader = BufReader::new(StreamOwned::new(connection, stream));
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut shown = None;
            loop {
                line.clear();
                if reader.read_line(&mut line)? <= 2 {
                    break;
                }
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("authorization")
                {
                    shown = Some(value.trim().to_owned());
                }
            }
            let answer = (self.decide)(&path, shown.as_deref());
            self.asked.lock().expect("a list").push((path, shown));
            let text = match answer {
                Answer::File(path) => match fs::read(self.root.join(path)) {
                    Ok(file) => {
                        let head = format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", file.len());
                        [head.as_bytes(), &file].concat()
                    }
                    Err(_) => b"HTTP/1.1 404 x\r\ncontent-length: 0\r\n\r\n".to_vec(),
                },
                Answer::Status(status, header) => {
                    format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n{header}\r\n\r\n").into_bytes()
                }
                Answer::Nothing => {
                    std::thread::sleep(Duration::from_secs(5));
                    return Ok(());
                }
            };
            reader.get_mut().write_all(&text)?;
            reader.get_mut().flush()?;
        }
    }
}
