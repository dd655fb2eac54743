//! A web server that serves a folder, or misbehaves.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// The file, or 404.
    File,
    /// The file, compressed.
    Gzip,
    /// The file after a while.
    Late(Duration),
    /// A status with headers and no body.
    Status(u16, Vec<(&'static str, String)>),
    /// The beginning of the file, said to be all of it, then the end of the connection.
    Cut,
    /// The beginning of the file, its length not said, then the end of the connection.
    CutUnnoticed,
    /// The beginning of the file, then nothing more.
    Stall,
    /// The file, a byte every 20 ms.
    Drip,
    /// Its headers, a byte every 20 ms.
    DripHeaders,
    /// Bytes without end.
    Endless,
    /// These bytes, said to be compressed.
    Compressed(Vec<u8>),
    /// These bytes.
    Body(Vec<u8>),
    /// No HTTP.
    Garbage,
}

/// All parts, one after the other, compressed.
pub(super) fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for part in parts {
        encoder.write_all(part).expect("memory");
    }
    encoder.finish().expect("memory")
}

type Decide = dyn Fn(&str, usize) -> Action + Send + Sync;

/// A server, until it is dropped.
pub(super) struct Server {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    decide: Box<Decide>,
    asked: Mutex<BTreeMap<String, usize>>,
    requests: AtomicUsize,
    stopped: AtomicBool,
}

impl Server {
    /// Serves a folder; what happens to a request depends on its path and on how often the path was asked for, from 1.
    pub(super) fn serving(root: &Path, decide: impl Fn(&str, usize) -> Action + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            decide: Box::new(decide),
            asked: Mutex::default(),
            requests: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A client that goes away is its own business.
                std::thread::spawn(move || stream.and_then(|stream| shared.talk(stream)));
            }
        });
        Server { address, shared }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often a path was asked for.
    pub(super) fn times(&self, path: &str) -> usize {
        self.shared.asked.lock().expect("a map").get(path).copied().unwrap_or_default()
    }

    pub(super) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let path = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            while reader.read_line(&mut line)? > 2 {}
            self.requests.fetch_add(1, Ordering::Relaxed);
            let times = {
                let mut asked = self.asked.lock().expect("a map");
                let times = asked.entry(path.clone()).or_default();
                *times += 1;
                *times
            };
            if !self.answer(&mut stream, &path, (self.decide)(&path, times))? {
                return Ok(());
            }
        }
    }

    /// Whether the connection goes on.
    fn answer(&self, stream: &mut TcpStream, path: &str, action: Action) -> std::io::Result<bool> {
        let file = fs::read(self.root.join(path.split('?').next().unwrap_or_default())).ok();
        let whole = |stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]| {
            let length = body.len();
            stream.write_all(format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n").as_bytes())?;
            stream.write_all(body)?;
            Ok(true)
        };
        let Some(file) = file else {
            return match action {
                Action::Status(..) | Action::Body(_) | Action::Compressed(_) => self.answer_any(stream, action),
                _ => whole(stream, 404, "", b"no such file"),
            };
        };
        let half = &file[..file.len() / 2];
        match action {
            Action::File => whole(stream, 200, "", &file),
            Action::Late(time) => {
                std::thread::sleep(time);
                whole(stream, 200, "", &file)
            }
            Action::Gzip => whole(stream, 200, "content-encoding: gzip\r\n", &gzip(&[&file])),
            Action::Cut => {
                stream.write_all(format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", file.len()).as_bytes())?;
                stream.write_all(half)?;
                Ok(false)
            }
            Action::CutUnnoticed => {
                stream.write_all(b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n")?;
                stream.write_all(half)?;
                Ok(false)
            }
            Action::Stall => {
                stream.write_all(format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", file.len()).as_bytes())?;
                stream.write_all(half)?;
                for _ in 0..50 {
                    if self.stopped.load(Ordering::Relaxed) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                }
                Ok(false)
            }
            Action::Drip => {
                stream.write_all(format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", file.len()).as_bytes())?;
                self.drip(stream, &file)
            }
            Action::DripHeaders => self.drip(stream, &[b"HTTP/1.1 200 x\r\nx: ", &[b'x'; 4096][..]].concat()),
            other => self.answer_any(stream, other),
        }
    }

    fn drip(&self, stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<bool> {
        for byte in bytes.chunks(1) {
            if self.stopped.load(Ordering::Relaxed) {
                return Ok(false);
            }
            stream.write_all(byte)?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(true)
    }

    fn answer_any(&self, stream: &mut TcpStream, action: Action) -> std::io::Result<bool> {
        match action {
            Action::Status(status, headers) => {
                let mut text = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n");
                for (name, value) in headers {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                stream.write_all(format!("{text}\r\n").as_bytes())?;
                Ok(true)
            }
            Action::Body(body) => {
                stream.write_all(format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes())?;
                stream.write_all(&body)?;
                Ok(true)
            }
            Action::Endless => {
                stream.write_all(b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n")?;
                loop {
                    stream.write_all(&[b'x'; 65_536])?;
                }
            }
            Action::Compressed(body) => {
                let length = body.len();
                stream.write_all(
                    format!("HTTP/1.1 200 x\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n").as_bytes(),
                )?;
                stream.write_all(&body)?;
                Ok(true)
            }
            _ => {
                stream.write_all(b"hello\r\n\r\n")?;
                Ok(false)
            }
        }
    }
}
