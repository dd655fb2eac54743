//! Twenty registries beside one with the same packages.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use headlock::registry::{PeerRequest, Registry, ReleaseRequest};
use headlock::trust::folder_url;
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;

use super::size_of;
use crate::process::run;
use crate::programs::Programs;
use crate::report::{Section, bytes, count, median, milliseconds, ratio};

/// How many registries there are.
const REGISTRIES: usize = 20;
/// How many packages each has.
const PACKAGES: usize = 25;
/// How often each runs.
const TIMES: usize = 9;

/// How the registries of a graph are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One registry with all packages.
    One,
    /// A registry has the others as peers, whose heads a lock pins.
    PassedThrough,
    /// It holds their heads, too.
    Mirrored,
}

impl Shape {
    fn describe(self) -> &'static str {
        match self {
            Shape::One => "one registry",
            Shape::PassedThrough => "20 registries, heads pinned",
            Shape::Mirrored => "20 registries, heads derived",
        }
    }

    /// The registry that a package is in.
    fn registry(self, package: usize) -> usize {
        if self == Shape::One { 0 } else { package / PACKAGES }
    }
}

fn origin(registry: usize) -> String {
    format!("r{registry}.example/log")
}

fn key(registry: usize) -> Result<SigningKey> {
    Ok(SigningKey::generate_from_seed(&origin(registry), Digest::of(&registry.to_be_bytes()).0)?)
}

/// A release of each package, which needs the two behind it: of its own registry, or of the next.
fn publish(shape: Shape, registry: &mut Registry<'_>, own: usize) -> Result<()> {
    let all = REGISTRIES * PACKAGES;
    for package in (0..all).rev().filter(|package| shape.registry(*package) == own) {
        let needs = [package + 1, package + PACKAGES].into_iter().filter(|needed| *needed < all);
        let dependencies: Vec<String> = needs
            .map(|needed| {
                let of = shape.registry(needed);
                let registry = if of == own { String::new() } else { format!(r#""registry":"{}","#, origin(of)) };
                format!(r#"{{{registry}"package":"bench:p{needed}","requirement":"^1"}}"#)
            })
            .collect();
        let json = format!(
            r#"{{"package":"bench:p{package}","version":"1.0.0","content":"{}","dependencies":[{}]}}"#,
            Digest([1; 32]),
            dependencies.join(",")
        );
        registry.publish(&ReleaseRequest::parse(json.as_bytes(), "here")?, None)?;
    }
    Ok(())
}

/// Makes the registries of a shape, the last first, so that each can hold a head of the next.
fn make(shape: Shape, folder: &Path) -> Result<()> {
    let last = shape.registry(REGISTRIES * PACKAGES - 1);
    for own in (0..=last).rev() {
        let key_of_own = key(own)?;
        let mut registry = Registry::init(&folder.join(format!("r{own}")), &key_of_own)?;
        if own < last {
            let next = key(own + 1)?.verifier();
            let url = folder_url(&folder.join(format!("r{}", own + 1)))?;
            registry.add_peer(&PeerRequest { keys: vec![next.clone()], url, packages: None, depth: None })?;
            if shape == Shape::Mirrored {
                let bytes = fs::read(folder.join(format!("r{}", own + 1)).join("checkpoint"))?;
                registry.sync(&headlock_log::checkpoint::Checkpoint::verify(&bytes, &next)?)?;
            }
        }
        publish(shape, &mut registry, own)?;
    }
    Ok(())
}

/// The command in a project, with a memory of its own: the shapes have logs of the same origins.
fn command(programs: &Programs, project: &Path, arguments: &[&str]) -> Command {
    let mut command = programs.command("cache", arguments);
    command.current_dir(project).env("HEADLOCK_STATE", project.join("state"));
    command
}

pub(crate) fn one_or_twenty(programs: &Programs) -> Result<Section> {
    let shapes = [Shape::One, Shape::PassedThrough, Shape::Mirrored];
    let mut projects = Vec::new();
    for shape in shapes {
        let folder = programs.folder.join(format!("{shape:?}"));
        fs::create_dir_all(&folder)?;
        make(shape, &folder)?;
        let project = folder.join("project");
        fs::create_dir_all(&project)?;
        fs::write(project.join("logs.policy"), format!("log {} file:../r0\nquorum none\n", key(0)?.verifier()))?;
        fs::write(project.join("trust.toml"), format!("logs = \"logs.policy\"\nvouching = [\"{}\"]\n", origin(0)))?;
        let manifest = format!(
            "trust = \"trust.toml\"\n[registries]\ndefault = \"{}\"\n[dependencies]\n\"bench:p0\" = \"1\"\n",
            origin(0)
        );
        fs::write(project.join("headlock.toml"), manifest)?;
        projects.push(project);
    }
    let mut times: Vec<(Vec<f64>, Vec<f64>)> = shapes.iter().map(|_| Default::default()).collect();
    for round in 0..=TIMES {
        for (project, (lock, verify)) in projects.iter().zip(&mut times) {
            let path = project.join("headlock.lock");
            if path.exists() {
                fs::remove_file(&path)?;
            }
            let locked = run(&mut command(programs, project, &["lock", "--yes"]))?.wall;
            let verified = run(&mut command(programs, project, &["verify"]))?.wall;
            // One run of each is not counted.
            if round > 0 {
                lock.push(locked);
                verify.push(verified);
            }
        }
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut first = None;
    for ((shape, project), (lock, verify)) in shapes.into_iter().zip(&projects).zip(times) {
        let mirror = project.join("mirror");
        let into = mirror.display().to_string();
        let arguments = ["registry", "mirror", "--into", &into, "--for", "headlock.lock", "--without-contents"];
        run(&mut command(programs, project, &arguments))?;
        let (files, read) = size_of(&mirror)?;
        let (lock, verify) = (median(lock), median(verify));
        let base = *first.get_or_insert(verify);
        rows.push(vec![
            shape.describe().to_owned(),
            milliseconds(lock),
            milliseconds(verify),
            ratio(verify / base),
            count(files),
            bytes(read),
        ]);
    }
    Ok(Section {
        title: "Twenty registries beside one",
        about: format!(
            "{} packages, each of one release that needs two others, in one registry, or {PACKAGES} in each of {REGISTRIES}, of which each has the next as \
             a peer; the trust file names the first, and lets it vouch. Whole processes, {TIMES} times in turn. Files and bytes are what verifying \
             reads, as a sparse mirror has them.",
            count((REGISTRIES * PACKAGES) as u64)
        ),
        columns: ["", "lock", "verify", "beside one", "files", "bytes"].map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}
