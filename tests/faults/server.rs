//! A web server on loopback that serves a folder, but for some paths, where it does what a test says. One connection, one
//! request: what one answer does to a connection is not the next one's business.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Between two bytes that drip. The command is given so little time that a second is long.
const DRIP: Duration = Duration::from_millis(50);

/// A part of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Bytes, as fast as they go.
    Bytes(Vec<u8>),
    /// Bytes, one by one.
    Drip(Vec<u8>),
    /// These bytes again and again, as long as anyone takes them, but not more than 10 GB.
    Endless(Vec<u8>),
    /// Nothing, until the client goes away.
    Silence,
    /// Nothing, and the connection is reset.
    Reset,
}

/// What a file's request is answered with: one part after the other, then the connection's end.
pub(crate) type Answer = Vec<Part>;

/// A server, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// Paths that begin so are answered so.
    beginning: String,
    answer: Answer,
    asked: AtomicUsize,
    sent: AtomicUsize,
    stopped: AtomicBool,
}

impl Server {
    /// Serves a folder, but answers the paths that begin so otherwise.
    pub(crate) fn serving(folder: &Path, beginning: &str, answer: Answer) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            beginning: beginning.to_owned(),
            answer,
            asked: AtomicUsize::new(0),
            sent: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A client that goes away is its own business.
                thread::spawn(move || drop(shared.answer(stream)));
            }
        });
        Server { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many of the other answers were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// How many bytes of them were sent.
    pub(crate) fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = look_at(&stream)?;
        let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        if !path.starts_with(&self.beginning) {
            read_away(&mut stream, request.len())?;
            return match fs::read(self.folder.join(&path)) {
                Ok(file) => stream.write_all(&ok("", &file)),
                Err(_) => stream.write_all(&status("404 Not Found", "")),
            };
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        if matches!(self.answer[..], [Part::Reset]) {
            // Closed with the request unread: that is a reset.
            return Ok(());
        }
        read_away(&mut stream, request.len())?;
        for part in &self.answer {
            match part {
                Part::Bytes(bytes) => self.send(&mut stream, bytes)?,
                Part::Drip(bytes) => {
                    for byte in bytes.chunks(1) {
                        self.send(&mut stream, byte)?;
                        thread::sleep(DRIP);
                    }
                }
                Part::Endless(bytes) => {
                    for _ in 0..10_000_000_000 / bytes.len() {
                        self.send(&mut stream, bytes)?;
                    }
                }
                Part::Silence => self.wait(&mut stream)?,
                Part::Reset => {}
            }
        }
        Ok(())
    }

    fn send(&self, stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(ErrorKind::Interrupted.into());
        }
        stream.write_all(bytes)?;
        self.sent.fetch_add(bytes.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Waits until the client goes away, or the test is over.
    fn wait(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_millis(100)))?;
        let mut byte = [0];
        while !self.stopped.load(Ordering::Relaxed) {
            match stream.read(&mut byte) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => break,
            }
        }
        Ok(())
    }
}

/// A request's head, which is not taken from the connection yet.
fn look_at(stream: &TcpStream) -> std::io::Result<String> {
    let mut bytes = [0; 8192];
    loop {
        let length = stream.peek(&mut bytes)?;
        let head = String::from_utf8_lossy(&bytes[..length]);
        if let Some(end) = head.find("\r\n\r\n") {
            return Ok(head[..end + 4].to_owned());
        }
        if length == 0 || length == bytes.len() {
            return Err(ErrorKind::InvalidData.into());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn read_away(stream: &mut TcpStream, length: usize) -> std::io::Result<()> {
    stream.read_exact(&mut vec![0; length])
}

/// An answer of status 200, `headers` being lines that end in CR LF.
pub(crate) fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// An answer without a body.
pub(crate) fn status(status: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n").into_bytes()
}

/// The head of an answer of status 200, whatever follows.
pub(crate) fn head(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}
