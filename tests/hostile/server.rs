//! A web server that has one answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

pub(crate) struct Server {
    address: SocketAddr,
}

impl Server {
    /// Answers every request with these bytes, and closes. It lives as long as the test does.
    pub(crate) fn answering(bytes: Vec<u8>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let Ok(mut connection) = connection else { return };
                let mut request = [0; 4096];
                // A client that has gone has had enough.
                let _ = connection.read(&mut request).and_then(|_| connection.write_all(&bytes));
            }
        });
        Server { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
