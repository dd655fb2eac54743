//! A web server on loopback that serves a folder, and counts what it gives.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What was given of one kind of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// By the path's first part: `checkpoint`, `tile`, `index`, `bin`, `page`. What is not there counts, too, as a file
/// without bytes.
pub(crate) type Counts = BTreeMap<String, Given>;

/// The server; it runs until the process ends.
pub(crate) struct Server {
    pub(crate) url: String,
    counts: Arc<Mutex<Counts>>,
}

impl Server {
    pub(crate) fn serve(folder: PathBuf) -> io::Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Mutex::new(Counts::new()));
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, counts) = (folder.clone(), Arc::clone(&shared));
                // A client that hangs up is done.
                thread::spawn(move || drop(answer_all(stream, &folder, &counts)));
            }
        });
        Ok(Server { url, counts })
    }

    /// What was given since the last time this was asked.
    pub(crate) fn take_counts(&self) -> Counts {
        std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answer_all(mut stream: TcpStream, folder: &Path, counts: &Mutex<Counts>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/');
        let body = fs::read(folder.join(path));
        let kind = path.split('/').next().unwrap_or_default().to_owned();
        {
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let given = counts.entry(kind).or_default();
            given.files += 1;
            given.bytes += body.as_ref().map_or(0, |body| body.len() as u64);
        }
        let (status, body) = match body {
            Ok(body) => ("200 OK", body),
            Err(_) => ("404 Not Found", Vec::new()),
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat())?;
    }
}
