//! Fetching a lock's contents from a web server, beside wget of the same files.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use headlock_log::digest::Digest;

use crate::process::{run, settle};
use crate::programs::Programs;
use crate::report::{Section, bytes, median, milliseconds, ratio};
use crate::server::{Server, files_of};

/// The registry's origin.
const ORIGIN: &str = "bench.example/contents";

/// How many contents there are of how many bytes.
const CONTENTS: [(usize, usize); 2] = [(300, 20_000), (100, 1_000_000)];

/// How often each thing is measured.
const TIMES: usize = 5;

pub(crate) fn throughput(programs: &Programs) -> Result<Section> {
    ensure!(Command::new("wget").arg("--version").output().is_ok(), "expected wget on the path");
    let folder = programs.folder.join("contents");
    let hashes = publish(programs, &folder)?;
    let server = Server::serve(files_of(folder.join("registry")), Duration::ZERO)?;
    let policy = fs::read_to_string(folder.join("logs.policy"))?;
    let served = format!("file://{}", folder.join("registry").display());
    fs::write(folder.join("logs.policy"), policy.replace(&served, &server.url))?;
    let urls: String = hashes.iter().map(|hash| format!("{}/blob/{}/{hash}\n", server.url, &hash[..2])).collect();
    fs::write(folder.join("urls"), urls)?;
    let size: usize = CONTENTS.iter().map(|(count, length)| count * length).sum();

    let headlock = |arguments: &[&str]| {
        let mut command = programs.command("contents-cache", &["-C", "contents", "fetch", "--into", "fetched"]);
        command.args(arguments);
        command
    };
    let wget = || {
        let mut command = Command::new("wget");
        command.current_dir(&folder).args(["--quiet", "--input-file", "urls", "--directory-prefix", "wget"]);
        command
    };
    let gone = |name: &str| match fs::remove_dir_all(folder.join(name)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => settle().map_err(std::io::Error::other),
    };
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..TIMES {
        gone("wget")?;
        times[0].push(run(&mut wget())?.wall);
        gone("fetched")?;
        times[1].push(run(&mut headlock(&["--no-cache"]))?.wall);
        // The first fills the cache, where contents are kept.
        gone("fetched")?;
        run(&mut headlock(&[]))?;
        gone("fetched")?;
        times[2].push(run(&mut headlock(&[]))?.wall);
        times[3].push(run(&mut headlock(&[]))?.wall);
    }
    let names = ["wget", "headlock fetch, cold", "headlock fetch, cache filled", "headlock fetch, all there already"];
    let times = times.map(median);
    let row = |(name, time): (&str, f64)| {
        vec![name.to_owned(), milliseconds(time), bytes((size as f64 / time) as u64), ratio(time / times[0])]
    };
    let (small, large) = (CONTENTS[0], CONTENTS[1]);
    Ok(Section {
        title: "Fetching contents, beside wget",
        about: format!(
            "The contents of a lock's {} releases ({} of {} bytes, {} of {} bytes) from a web server on loopback, each checked by \
             its hash before it has its name; wget of the same URLs checks nothing. Medians of {TIMES} runs in turn.",
            small.0 + large.0,
            small.0,
            small.1,
            large.0,
            large.1
        ),
        columns: ["what", "time", "a second", "time / wget"].map(str::to_owned).to_vec(),
        rows: names.into_iter().zip(times).map(row).collect(),
        notes: vec!["The lock is not verified by it. *All there already* reads and hashes what is there.".to_owned()],
    })
}

/// Publishes the contents, and locks a project that depends on all of them. Their hashes.
fn publish(programs: &Programs, folder: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(folder)?;
    let headlock = |arguments: &[&str]| -> Result<()> {
        let output = programs.command("cache", &["-C", "contents"]).args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    headlock(&["key", "generate", "--name", ORIGIN, "--out", "log.key"])?;
    headlock(&["registry", "init", "registry", "--key", "log.key"])?;
    let served = format!("file://{}", folder.join("registry").display());
    headlock(&["init", "--log-key", "log.key.pub", "--url", &served])?;
    let mut manifest = fs::read_to_string(folder.join("headlock.toml"))?;
    let mut hashes = Vec::new();
    // The same bytes each time, and none that a server could make less of.
    let mut state = 1_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let lengths = CONTENTS.iter().flat_map(|&(count, length)| std::iter::repeat_n(length, count));
    for (number, length) in lengths.enumerate() {
        let content: Vec<u8> = (0..length).map(|_| byte()).collect();
        fs::write(folder.join("content"), &content)?;
        let name = format!("bench:p{number}");
        let writer = ["--registry", "registry", "--key", "log.key"];
        headlock(&[&["registry", "publish", &name, "1.0.0", "--content", "content"], &writer[..]].concat())?;
        manifest.push_str(&format!("\"{name}\" = \"1\"\n"));
        hashes.push(Digest::of(&content).to_string());
    }
    fs::write(folder.join("headlock.toml"), manifest)?;
    headlock(&["lock"]).context("the lock of all contents")?;
    Ok(hashes)
}
