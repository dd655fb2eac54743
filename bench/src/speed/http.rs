//! Locking from a web server that is not near.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::run;
use crate::programs::Programs;
use crate::report::{Section, bytes, count, milliseconds};
use crate::server::{Request, Server, files_of};

/// How long after a request its answer begins.
const DELAY: Duration = Duration::from_millis(20);

pub(crate) fn lock(programs: &Programs) -> Result<Section> {
    let registry = programs.registry();
    let server = Server::serve(files_of(registry), DELAY)?;
    let mut rows = Vec::new();
    for root in &programs.roots {
        let folder = programs.folder.join(format!("http-{root}"));
        programs.project(root, &folder, &server.url)?;
        let name = folder.display().to_string();
        let cache = format!("http-cache-{root}");
        server.requests();
        let locked = run(&mut programs.command(&cache, &["-C", &name, "lock"]))?;
        let requests = server.requests();
        let again = run(&mut programs.command(&format!("{cache}-empty"), &["-C", &name, "verify"]))?;
        let ahead = server.requests();
        let (waves, most) = waves(&requests);
        let size: u64 = requests.iter().map(|request| request.bytes).sum();
        rows.push(vec![
            root.clone(),
            count(requests.len() as u64),
            bytes(size),
            waves.to_string(),
            most.to_string(),
            milliseconds(locked.wall),
            milliseconds(again.wall),
            count(ahead.len() as u64),
        ]);
    }
    let columns = ["root", "requests", "bytes", "waves", "at once, most", "lock", "verify", "its requests"];
    Ok(Section {
        title: "Locking over HTTP, 20 ms away",
        about: format!(
            "From a server on loopback that waits {} ms before each answer, with nothing in the cache. A *wave* is requests that \
             could all be made at once, and were: one begins when every request before it was answered. Verifying knows from \
             the lock what will be asked for, and fetches it ahead.",
            DELAY.as_millis()
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}

/// How many times all requests before had been answered when one arrived, and how many were open at once at most.
fn waves(requests: &[Request]) -> (usize, usize) {
    let mut moments: Vec<(Instant, bool)> = Vec::new();
    for request in requests {
        moments.push((request.begun, true));
        moments.push((request.done, false));
    }
    // At one moment an end comes before a beginning.
    moments.sort();
    let (mut waves, mut open, mut most) = (0, 0_usize, 0);
    for (_, begins) in moments {
        if begins {
            waves += usize::from(open == 0);
            open += 1;
            most = most.max(open);
        } else {
            open -= 1;
        }
    }
    (waves, most)
}
