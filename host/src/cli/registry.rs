//! `headlock registry`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fs_err as fs;
use headlock_log::digest::Digest;

use super::output::Output;
use super::session::Place;
use super::words::{count, head_line, show};
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::keys;
use crate::registry::import::{Finding, Until, import_crates_index};
use crate::registry::{self, DependencyRequest, FeatureRequest, Published, ReleaseRequest};

/// Largest JSON record read, in bytes.
const MAX_REQUEST: u64 = 1 << 20;

/// Runs a registry, a folder of static files, or audits another's.
#[derive(Debug, Subcommand)]
pub(super) enum Registry {
    /// Make a new registry; its origin is the key's name
    Init(Init),
    /// Publish a release
    Publish(Publish),
    /// Yank a release: no new solve chooses it
    Yank(Mention),
    /// Take a yank back
    Unyank(Mention),
    /// Say which other registries its packages may depend on
    #[command(subcommand)]
    Peer(super::peer::Peer),
    /// Record the newest head of a peer
    Sync(super::peer::Sync),
    /// Replay a log and rebuild everything that it commits to
    Audit(super::audit::Audit),
    /// Take away pages and indexes that only heads need which nobody keeps
    Prune(super::prune::Prune),
    /// Sign the newest head with another key of the log, while keys change
    Sign(super::sign::Sign),
    /// Copy registries, to serve them from elsewhere
    Mirror(super::mirror::Mirror),
    /// Ask witnesses to cosign the newest head
    Witness(super::witness::Witness),
    /// Check the proof that a log has forked, without the registry
    CheckFork(super::check_fork::CheckFork),
    /// Make releases from another registry's data
    #[command(subcommand)]
    Import(Import),
}

#[derive(Args, Debug)]
pub(super) struct Init {
    /// The registry's folder
    dir: PathBuf,
    /// The log's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Publish {
    #[command(flatten)]
    writer: Writer,
    /// The package, NAMESPACE:NAME; not with --record
    #[arg(required_unless_present = "record", conflicts_with = "record")]
    package: Option<String>,
    /// The version; not with --record
    #[arg(required_unless_present = "record", conflicts_with = "record")]
    version: Option<String>,
    /// The release as JSON, with the fields package, version, content, exclusives, dependencies, features
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dependency", "optional_dependency", "feature", "exclusive"])]
    record: Option<PathBuf>,
    /// The release's content, copied into the registry; this or --sha256
    #[arg(long, value_name = "FILE", required_unless_present_any = ["sha256", "record"])]
    content: Option<PathBuf>,
    /// The content's sha256, where the content is kept elsewhere
    #[arg(long, value_name = "SHA256", conflicts_with = "record")]
    sha256: Option<Digest>,
    /// A dependency: 'NAMESPACE:NAME REQUIREMENT', of a peer '… REQUIREMENT of ORIGIN', with features '… with FEATURE,FEATURE'
    #[arg(long, value_name = "DEPENDENCY")]
    dependency: Vec<String>,
    /// A dependency that is there only where a feature adds it, in the same form
    #[arg(long, value_name = "DEPENDENCY")]
    optional_dependency: Vec<String>,
    /// A feature: 'NAME', or 'NAME = OTHER, NAMESPACE:NAME, NAMESPACE:NAME/FEATURE': other features that it turns on,
    /// dependencies that it adds, features that it asks dependencies for
    #[arg(long, value_name = "FEATURE")]
    feature: Vec<String>,
    /// An exclusive resource, of which an answer holds one release at most
    #[arg(long, value_name = "NAME")]
    exclusive: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct Mention {
    #[command(flatten)]
    writer: Writer,
    /// The package: NAMESPACE:NAME
    package: String,
    /// The version
    version: String,
}

/// Where releases are taken from.
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Rows of the crates.io index: a folder of files, one a crate, at any depth
    CratesIndex(CratesIndex),
}

#[derive(Args, Debug)]
pub(super) struct CratesIndex {
    /// The folder of row files
    rows: PathBuf,
    #[command(flatten)]
    writer: Writer,
    /// Only what was published by the start of this day: YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

impl Registry {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Registry::Init(init) => {
                let dir = place.path(&init.dir);
                let key = keys::read(&place.path(&init.key))?;
                let registry = registry::Registry::init(&dir, &key)?;
                let head = registry.head();
                output.results(&[format!("made {}: the log {}", dir.display(), head.origin), head_line(head)])
            }
            Registry::Publish(publish) => publish.run(place, output),
            Registry::Yank(mention) => {
                let key = mention.writer.key(place)?;
                let head = mention.writer.open(place, &key)?.yank(&mention.package, &mention.version)?;
                output.results(&[format!("yanked {} {}", mention.package, mention.version), head_line(&head)])
            }
            Registry::Unyank(mention) => {
                let key = mention.writer.key(place)?;
                let head = mention.writer.open(place, &key)?.unyank(&mention.package, &mention.version)?;
                output.results(&[format!("unyanked {} {}", mention.package, mention.version), head_line(&head)])
            }
            Registry::Peer(peer) => peer.run(place, output),
            Registry::Sync(sync) => sync.run(place, output),
            Registry::Audit(audit) => audit.run(place, output),
            Registry::Prune(prune) => prune.run(place, output),
            Registry::Sign(sign) => sign.run(place, output),
            Registry::Mirror(mirror) => mirror.run(place, output),
            Registry::Witness(witness) => witness.run(place, output),
            Registry::CheckFork(check) => check.run(place, output),
            Registry::Import(Import::CratesIndex(import)) => import.run(place, output),
        }
    }
}

impl Publish {
    fn run(&self, place: &Place, output: Output) -> Result<()> {
        let request = self.request(place)?;
        let content = self.content.as_ref().map(|path| place.path(path));
        let key = self.writer.key(place)?;
        let mut registry = self.writer.open(place, &key)?;
        let published = registry.publish(&request, content.as_deref())?;
        let Published { place, content, head } = published;
        output.results(&[
            format!("published {} {}: record {place}, content sha256 {content}", request.package, request.version),
            head_line(&head),
        ])
    }

    fn request(&self, place: &Place) -> Result<ReleaseRequest> {
        if let Some(path) = &self.record {
            let path = place.path(path);
            let bytes = crate::files::read_bytes(&path, MAX_REQUEST)?
                .ok_or_else(|| Error::malformed(format!("there is no record at {}", path.display())))?;
            return ReleaseRequest::parse(&bytes, &path.display().to_string());
        }
        let mut dependencies = Vec::new();
        for text in &self.dependency {
            dependencies.push(dependency(text)?);
        }
        for text in &self.optional_dependency {
            dependencies.push(DependencyRequest { optional: true, ..dependency(text)? });
        }
        let mut features = Vec::new();
        for text in &self.feature {
            features.push(feature(text, &dependencies)?);
        }
        Ok(ReleaseRequest {
            package: self.package.clone().unwrap_or_default(),
            version: self.version.clone().unwrap_or_default(),
            content: self.sha256,
            exclusives: self.exclusive.clone(),
            dependencies,
            features,
        })
    }
}

/// Reads `NAMESPACE:NAME REQUIREMENT [of ORIGIN] [with FEATURE,FEATURE]`.
fn dependency(text: &str) -> Result<DependencyRequest> {
    let shape = || {
        Error::malformed(format!(
            "expected a dependency 'NAMESPACE:NAME REQUIREMENT [of ORIGIN] [with FEATURES]', found {text:?}"
        ))
        .hint("for example: --dependency 'my:logger ^1.2 with color,json'")
    };
    let (package, rest) = text.trim().split_once(' ').ok_or_else(shape)?;
    let (requirement, features) = match rest.split_once(" with ") {
        Some((requirement, features)) => {
            (requirement, features.split(',').map(|name| name.trim().to_owned()).collect())
        }
        None => (rest, Vec::new()),
    };
    let (requirement, registry) = match requirement.split_once(" of ") {
        Some((requirement, origin)) => (requirement, Some(origin.trim().to_owned())),
        None => (requirement, None),
    };
    Ok(DependencyRequest {
        registry,
        package: package.to_owned(),
        requirement: requirement.trim().to_owned(),
        features,
        ..DependencyRequest::default()
    })
}

/// Reads `NAME [= PART, PART]`, a part being a feature, a package, or `PACKAGE/FEATURE`.
fn feature(text: &str, dependencies: &[DependencyRequest]) -> Result<FeatureRequest> {
    let (name, parts) = text.split_once('=').unwrap_or((text, ""));
    let mut feature = FeatureRequest { name: name.trim().to_owned(), ..FeatureRequest::default() };
    for part in parts.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if !part.contains(':') {
            feature.includes.push(part.to_owned());
            continue;
        }
        let (package, asked) = match part.split_once('/') {
            Some((package, asked)) => (package, vec![asked.to_owned()]),
            None => (part, Vec::new()),
        };
        let before = feature.additions.len();
        for (place, dependency) in dependencies.iter().enumerate().filter(|(_, dep)| dep.package == package) {
            debug_assert_eq!(dependency.package, package);
            feature.additions.push(registry::AdditionRequest { dependency: place, features: asked.clone() });
        }
        if feature.additions.len() == before {
            return Err(Error::malformed(format!("feature {:?} adds {package}, which is no dependency", feature.name))
                .hint(format!("state it with --optional-dependency '{package} REQUIREMENT'")));
        }
    }
    Ok(feature)
}

impl CratesIndex {
    fn run(&self, place: &Place, output: Output) -> Result<()> {
        let until = self.until.as_deref().map(Until::parse).transpose()?;
        let rows = place.path(&self.rows);
        require_folder(&rows)?;
        let key = self.writer.key(place)?;
        let mut registry = self.writer.open(place, &key)?;
        let bar = output.progress("importing rows");
        let report = import_crates_index(&rows, &mut registry, until.as_ref(), &mut |step| show(&bar, step));
        bar.finish_and_clear();
        let report = report?;
        for (path, why) in &report.strangers {
            output.note(&format!("note: {} holds no rows: {why}", path.display()));
        }
        for finding in &report.refused {
            output.note(&format!("not carried over: {}", describe(finding)));
        }
        for finding in &report.contradicting {
            output.warning(&format!("the log says otherwise: {}", describe(finding)));
        }
        let refused = report.refused.len();
        let imported = format!(
            "imported {} of {} in {}: {}, {}, {} unchanged, {} later, {refused} not carried over",
            report.released,
            count(report.rows, "row"),
            count(report.files, "file"),
            count(report.yanked, "yank"),
            count(report.unyanked, "unyank"),
            report.unchanged,
            report.later,
        );
        output.results(&[imported, head_line(&report.head)])
    }
}

fn describe<T: std::fmt::Display>(finding: &Finding<T>) -> String {
    let Finding { name, version, path, row, what } = finding;
    format!("{name} {version} ({}:{row}): {what}", path.display())
}

fn require_folder(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Error::malformed(format!("expected a folder of row files at {}, found a file", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::malformed(format!("expected a folder of row files at {}, found nothing", path.display())))
        }
        Err(error) => Err(Error::malformed(format!("expected a folder of row files: {error}"))),
    }
}
