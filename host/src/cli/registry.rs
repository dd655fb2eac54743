//! `headlock registry`.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use fs_err as fs;
use headlock_log::digest::Digest;
use headlock_log::note::VerifierKey;

use super::artifact::{Told, Understood};
use super::json::FormatChoice;
use super::json::registry::{Imported, Publishing};
use super::maintainers::{Naming, Signing};
use super::output::Output;
use super::session::Place;
use super::words::{count, show};
use super::writer::{LogKey, Writer};
use crate::error::{Error, Result};
use crate::registry::import::{Finding, Until, import_crates_index};
use crate::registry::{
    self, Approval, DependencyRequest, FeatureRequest, Published, Rehearsed, ReleaseRequest, Signer,
};

/// Largest JSON record read, in bytes.
const MAX_REQUEST: u64 = 1 << 20;

/// Runs a registry, a folder of static files, or audits another's.
#[derive(Debug, Subcommand)]
pub(super) enum Registry {
    /// Make a new registry; its origin is the key's name, and the key signs no other registry
    Init(Init),
    /// Publish a release
    Publish(Box<Publish>),
    /// Yank a release: no new solve chooses it
    Yank(Mention),
    /// Take a yank back
    Unyank(Mention),
    /// Say whose word a package is
    #[command(subcommand)]
    Maintainers(super::maintainers::Maintainers),
    /// Releases and changes of maintainers that are signed elsewhere
    #[command(subcommand)]
    Draft(super::draft::Draft),
    /// Say which other registries its packages may depend on
    #[command(subcommand)]
    Peer(super::peer::Peer),
    /// Record the newest head of a peer
    Sync(super::peer::Sync),
    /// Replay a log and rebuild everything that it commits to
    Audit(super::audit::Audit),
    /// Take away pages and indexes that only heads need which nobody keeps
    Prune(super::prune::Prune),
    /// Sign what another machine has prepared, or the newest head with another key of the log, while keys change
    Sign(super::sign::Sign),
    /// Heads that wait for their signature
    #[command(subcommand)]
    Request(super::request::Request),
    /// Copy registries, to serve them from elsewhere
    Mirror(super::mirror::Mirror),
    /// Ask witnesses to cosign the newest head
    Witness(super::witness::Witness),
    /// Check the proof that a log has forked, without the registry
    CheckFork(super::check_fork::CheckFork),
    /// Hold a wkg.lock against what logs say
    CheckWkg(super::check_wkg::CheckWkg),
    /// Make releases from another registry's data
    #[command(subcommand)]
    Import(Import),
}

#[derive(Args, Debug)]
pub(super) struct Init {
    /// The registry's folder
    dir: PathBuf,
    #[command(flatten)]
    signing: LogKey,
}

#[derive(Args, Debug)]
pub(super) struct Publish {
    #[command(flatten)]
    writer: Writer,
    #[command(flatten)]
    release: Stated,
    /// Say what was understood, or why it would be refused, and publish nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(super) format: FormatChoice,
    #[command(flatten)]
    naming: Naming,
    #[command(flatten)]
    signing: Signing,
}

/// A release, as it is stated.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("whence").multiple(true))]
pub(super) struct Stated {
    /// The package, NAMESPACE:NAME, and its version; or, alone, a component, a WIT package, a folder of WIT text, or the content
    /// of an OCI registry, oci://HOST/REPOSITORY@sha256:HEX, which is read for name, version and dependencies. Not with --record
    #[arg(value_name = "PACKAGE|FILE", required_unless_present = "record", conflicts_with = "record")]
    subject: Option<String>,
    /// The version, if a package is named
    #[arg(requires = "whence", conflicts_with = "record")]
    version: Option<String>,
    #[command(flatten)]
    told: Told,
    /// The release as JSON, with the fields package, version, content, exclusives, dependencies, features
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dependency", "optional_dependency", "feature", "exclusive"])]
    record: Option<PathBuf>,
    /// The release's content, copied into the registry; this or --sha256, if a package is named
    #[arg(long, value_name = "FILE", group = "whence")]
    content: Option<PathBuf>,
    /// The content's sha256, where the content is kept elsewhere
    #[arg(long, value_name = "SHA256", group = "whence", conflicts_with = "record")]
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
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Registry {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Registry::Init(init) => {
                let dir = place.path(&init.dir);
                let key = init.signing.signer(place)?;
                let registry = registry::Registry::init(&dir, &key)?;
                warn_of_another(place, &key.verifier(), output);
                let head = registry.made();
                output.results(&key.done(&format!("made {}: the log {}", dir.display(), head.origin), head))
            }
            Registry::Publish(publish) => publish.run(place, output),
            Registry::Yank(mention) => {
                let key = mention.writer.key(place)?;
                let head = mention.writer.open(place, &key)?.yank(&mention.package, &mention.version)?;
                output.results(&key.done(&format!("yanked {} {}", mention.package, mention.version), &head))
            }
            Registry::Unyank(mention) => {
                let key = mention.writer.key(place)?;
                let head = mention.writer.open(place, &key)?.unyank(&mention.package, &mention.version)?;
                output.results(&key.done(&format!("unyanked {} {}", mention.package, mention.version), &head))
            }
            Registry::Maintainers(maintainers) => maintainers.run(place, output),
            Registry::Draft(draft) => draft.run(place, output),
            Registry::Peer(peer) => peer.run(place, output),
            Registry::Sync(sync) => sync.run(place, output),
            Registry::Audit(audit) => audit.run(place, output),
            Registry::Prune(prune) => prune.run(place, output),
            Registry::Sign(sign) => sign.run(place, output),
            Registry::Request(request) => request.run(place, output),
            Registry::Mirror(mirror) => mirror.run(place, output),
            Registry::Witness(witness) => witness.run(place, output),
            Registry::CheckFork(check) => check.run(place, output),
            Registry::CheckWkg(check) => check.run(place, output),
            Registry::Import(Import::CratesIndex(import)) => import.run(place, output),
        }
    }
}

/// Says so where this host has seen another log of the key: whoever knows that one takes the new one for a fork of it.
fn warn_of_another(place: &Place, key: &VerifierKey, output: Output) {
    if let Some(Ok(Some(seen))) = place.memory().map(|memory| memory.get(key)) {
        let size = count(seen.size, "record");
        output.warning(&format!(
            "this host has seen a log of this key with {size}: to whoever knows it the new one is a fork; a key of its own, \
             `headlock key generate`, makes it another log"
        ));
    }
}

/// A release was published without its content, which the registry has now.
pub(super) fn kept_content(what: &str) -> String {
    format!("kept the content of {what}, which was published without it: the log is as it was")
}

impl Publish {
    fn run(&self, place: &Place, output: Output) -> Result<()> {
        let mut release = self.release.release(place)?;
        let maintainers = self.naming.read(place)?;
        let keys = self.signing.keys(place)?;
        let key = self.writer.key(place)?;
        let mut registry = self.writer.open(place, &key)?;
        let homes = registry.homes(&release.unplaced())?;
        release.place(registry.origin(), &homes)?;
        let (request, content) = (&release.request, release.content());
        let approval = Approval { keys: &keys, signatures: &[] };
        if self.dry_run {
            let rehearsed = registry.rehearse(request, content, maintainers.as_ref(), &approval);
            let rehearsed = rehearsed.inspect_err(|_| release.lines().iter().for_each(|line| output.note(line)));
            let (done, sha256) = match rehearsed? {
                Rehearsed::Published(sha256) => ("published", sha256),
                Rehearsed::KeptContent(sha256) => ("changed, and the content would be kept", sha256),
            };
            let request = ReleaseRequest { content: Some(sha256), ..request.clone() };
            output.report(&release.summary(sha256), || Publishing::of("understood", &request, None))?;
            output.note(&format!("nothing is {done}: --dry-run"));
            return Ok(());
        }
        release.lines().iter().for_each(|line| output.note(line));
        if let Some(content) = content
            && let Some(sha256) = registry.keep_missing_content(request, content, maintainers.as_ref())?
        {
            let what = format!("{} {}", request.package, request.version);
            let request = ReleaseRequest { content: Some(sha256), ..request.clone() };
            return output.report(&[kept_content(&what)], || Publishing::of("kept-content", &request, None));
        }
        let published = registry.publish_approved(request, content, maintainers.as_ref(), &approval)?;
        let Published { place, content, head } = &published;
        let done = if key.is_later() { "prepared" } else { "published" };
        let lines = [
            format!("{done} {} {}: record {place}, content sha256 {content}", request.package, request.version),
            key.head_line(head),
        ];
        output.report(&lines, || Publishing::of(done, request, Some(&published)))
    }
}

impl Stated {
    /// The release that is stated, or that an artifact makes.
    pub(super) fn release(&self, place: &Place) -> Result<Understood> {
        if let Some(path) = &self.record {
            let path = place.path(path);
            let bytes = crate::files::read_bytes(&path, MAX_REQUEST)?
                .ok_or_else(|| Error::malformed(format!("there is no record at {}", path.display())))?;
            let request = ReleaseRequest::parse(&bytes, &path.display().to_string())?;
            return Ok(Understood::stated(request, self.content.as_ref().map(|path| place.path(path))));
        }
        let subject = self.subject.clone().unwrap_or_default();
        let mut dependencies = Vec::new();
        for text in &self.dependency {
            dependencies.push(dependency(text)?);
        }
        for text in &self.optional_dependency {
            dependencies.push(DependencyRequest { optional: true, ..dependency(text)? });
        }
        let (exclusives, content) = (self.exclusive.clone(), self.content.as_ref().map(|path| place.path(path)));
        let Some(version) = &self.version else {
            if content.is_some() || self.sha256.is_some() {
                let what = format!("expected the version of {subject}, whose content is given, found none");
                return Err(Error::malformed(what).hint("`PACKAGE VERSION --content FILE`, or a component alone"));
            }
            let mut understood = self.told.understand(place, &subject, dependencies)?;
            understood.request.exclusives = exclusives;
            for text in &self.feature {
                let feature = feature(text, &understood.request.dependencies)?;
                understood.request.features.push(feature);
            }
            return Ok(understood);
        };
        let features = self.feature.iter().map(|text| feature(text, &dependencies)).collect::<Result<_>>()?;
        let (package, version, sha256) = (subject, version.clone(), self.sha256);
        let request = ReleaseRequest { package, version, content: sha256, exclusives, dependencies, features };
        Ok(Understood::stated(request, content))
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
        let bar = output.progress("importing");
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
        output.report(&[imported, key.head_line(&report.head)], || Imported::of(&report, key.is_later()))
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
