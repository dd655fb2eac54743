//! A web server on loopback that serves files with some delay, and remembers when it was asked for what.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Gives the file at a path, without a slash before it.
pub(crate) type Files = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// The files of a folder.
pub(crate) fn files_of(folder: PathBuf) -> Arc<Files> {
    Arc::new(move |path: &str| fs::read(folder.join(path)).ok())
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// When it had arrived.
    pub(crate) begun: Instant,
    /// When all of the answer had been handed to the system.
    pub(crate) done: Instant,
    /// How many bytes of a file it got: none of what is not there.
    pub(crate) bytes: u64,
}

/// The server. It runs until the process ends.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves the files, each answer begun so long after its request.
    pub(crate) fn serve(files: Arc<Files>, delay: Duration) -> io::Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (files, seen) = (Arc::clone(&files), Arc::clone(&seen));
                // A client that hangs up ends its connection, nothing else.
                thread::spawn(move || drop(answer(&stream, files.as_ref(), delay, &seen)));
            }
        });
        Ok(Server { url, requests })
    }

    /// The requests since this was last asked for.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answer(stream: &TcpStream, files: &Files, delay: Duration, seen: &Mutex<Vec<Request>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let begun = Instant::now();
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        thread::sleep(delay);
        let path = line.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
        let file = files(&path);
        let bytes = file.as_ref().map_or(0, |file| file.len() as u64);
        let mut text = match &file {
            Some(file) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", file.len()),
            None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        }
        .into_bytes();
        text.extend(file.unwrap_or_default());
        // Whoever has got an answer finds its request here.
        let seen = || seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen().push(Request { begun, done: Instant::now(), bytes });
        writer.write_all(&text)?;
        if let Some(request) = seen().iter_mut().rev().find(|request| request.begun == begun) {
            request.done = Instant::now();
        }
    }
}
