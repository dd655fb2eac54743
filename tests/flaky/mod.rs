//! A web server on loopback that serves a folder badly: every path fails once or twice before it is answered, in a way
//! that depends on the path alone.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How often each kind of trouble was made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) refused: u32,
    pub(crate) truncated: u32,
    pub(crate) slow: u32,
    pub(crate) answered: u32,
}

/// The server; it runs until the test ends.
pub(crate) struct Flaky {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: HashMap<String, u32>,
    troubles: Troubles,
}

enum Answer {
    Unavailable,
    Truncated,
    Slow,
    Whole,
}

impl Flaky {
    pub(crate) fn serve(folder: PathBuf) -> Flaky {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, state) = (folder.clone(), Arc::clone(&shared));
                // A client that hangs up is no failure of the test.
                thread::spawn(move || drop(answer_all(stream, &folder, &state)));
            }
        });
        Flaky { url, state }
    }

    pub(crate) fn troubles(&self) -> Troubles {
        self.state.lock().expect("no handler panics").troubles
    }
}

fn answer_all(stream: TcpStream, folder: &Path, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
        let Ok(body) = fs::read(folder.join(&path)) else {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        };
        let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        match choose(&path, state) {
            Answer::Unavailable => {
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nlater")?;
            }
            Answer::Truncated => {
                stream.write_all(whole.as_bytes())?;
                stream.write_all(&body[..body.len() / 2])?;
                return stream.shutdown(std::net::Shutdown::Both);
            }
            Answer::Slow => {
                stream.write_all(whole.as_bytes())?;
                let (first, second) = body.split_at(body.len() / 2);
                stream.write_all(first)?;
                stream.flush()?;
                thread::sleep(Duration::from_millis(150));
                stream.write_all(second)?;
            }
            Answer::Whole => stream.write_all(&[whole.as_bytes(), &body].concat())?,
        }
    }
}

fn choose(path: &str, state: &Mutex<State>) -> Answer {
    let mut state = state.lock().expect("no handler panics");
    let asked = state.asked.entry(path.to_owned()).or_default();
    *asked += 1;
    let asked = *asked;
    let kind = path.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 9;
    let troubles = &mut state.troubles;
    match (kind, asked) {
        (0, 1 | 2) => {
            troubles.refused += 1;
            Answer::Unavailable
        }
        (1, 1) => {
            troubles.truncated += 1;
            Answer::Truncated
        }
        (2, 1) => {
            troubles.slow += 1;
            Answer::Slow
        }
        _ => {
            troubles.answered += 1;
            Answer::Whole
        }
    }
}
