//! What `registry publish` and `registry draft` make of a component, a WIT package, or a folder of WIT text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::digest::Digest;
use headlock_log::name::check_package_name;
use semver::{Version, VersionReq};
use tempfile::NamedTempFile;

use super::session::Place;
use super::words::count;
use crate::artifact::{self, Artifact, MAX_ARTIFACT, Need, text};
use crate::close;
use crate::error::{Error, Result};
use crate::files;
use crate::manifest::Manifest;
use crate::registry::{DependencyRequest, Home, ReleaseRequest};
use crate::sources::{OciReference, pull};

/// How many imports and exports are shown.
const MAX_SHOWN: usize = 100;

/// What is said of an artifact beside what it says itself.
#[derive(Args, Debug)]
pub(super) struct Told {
    /// Of a component that does not say it: the package, NAMESPACE:NAME
    #[arg(long, value_name = "PACKAGE", conflicts_with_all = ["version", "record"])]
    name: Option<String>,
    /// Of a component that does not say it: the version
    #[arg(long = "version", id = "told_version", value_name = "VERSION", conflicts_with_all = ["version", "record"])]
    version: Option<String>,
    /// A manifest (headlock.toml) whose [dependencies] count before the imports, and whose [package] gives name and version
    #[arg(long, value_name = "FILE", conflicts_with_all = ["version", "record"])]
    from_manifest: Option<PathBuf>,
    /// A package that is imported and no dependency, because whoever runs the component gives it
    #[arg(long, value_name = "PACKAGE", conflicts_with_all = ["version", "record"])]
    without: Vec<String>,
}

/// A release that is to be published, as it was understood.
pub(super) struct Understood {
    /// The release.
    pub(super) request: ReleaseRequest,
    /// Its bytes as a file; none, where they are elsewhere.
    content: Option<Content>,
    /// Of each dependency, who says so and where it is.
    origins: Vec<Origin>,
    /// What it was read from.
    read: Option<Read>,
}

/// An artifact that was read.
struct Read {
    artifact: Artifact,
    path: PathBuf,
    /// Who says its name and its version.
    said_by: [&'static str; 2],
    /// Packages that are imported and no dependencies.
    without: Vec<String>,
}

/// Where a dependency comes from.
#[derive(Clone, Default)]
struct Origin {
    /// Who says so; nobody has to be told, where the command line says all.
    by: Option<String>,
    /// Whether its registry may be found out.
    is_open: bool,
    /// What the log knows of the package.
    home: Option<Home>,
}

/// The bytes of an artifact as a file.
enum Content {
    /// The file that was named.
    Given(PathBuf),
    /// One that was made of text, and goes away.
    Made(NamedTempFile),
    /// One that was got, and goes away.
    Got(NamedTempFile),
}

impl Told {
    /// Reads an artifact, and what is said of it. `stated` are dependencies that the command line names.
    pub(super) fn understand(&self, place: &Place, file: &str, stated: Vec<DependencyRequest>) -> Result<Understood> {
        let (bytes, content, path) = match OciReference::is_meant(file) {
            true => {
                let bytes = pull(place.access(), &file.parse()?)?;
                let content = Content::Got(kept(&bytes)?);
                (bytes, content, PathBuf::from(file))
            }
            false => {
                let path = place.path(Path::new(file));
                let (bytes, content) = read(&path, file)?;
                (bytes, content, path)
            }
        };
        let artifact = artifact::read(&bytes).map_err(|error| {
            let at = Error::new(error.kind(), format!("{}: {}", path.display(), error.message()));
            let at = match error.hint_text() {
                Some(hint) => at.hint(hint),
                None => at,
            };
            match std::error::Error::source(&error) {
                Some(source) => at.because(source.to_string()),
                None => at,
            }
        })?;
        let manifest = self.from_manifest.as_ref().map(|path| Manifest::read(&place.path(path))).transpose()?;
        let about = manifest.as_ref().map(|manifest| manifest.about.clone()).unwrap_or_default();
        let at = path.display().to_string();
        let stated_version = artifact.version.as_ref().map(Version::to_string);
        let (package, name_by) = one(&at, "name", artifact.name.clone(), &self.name, about.name)?;
        let (version, version_by) = one(&at, "version", stated_version, &self.version, about.version)?;
        check_package_name(&package).map_err(|error| Error::malformed(error.to_string()))?;
        let parsed = Version::parse(&version).map_err(|error| {
            Error::malformed(format!("expected a semantic version like 1.2.3, found {version:?}")).because(error)
        })?;
        let needs = artifact.needs_as(&package, &parsed);
        for unneeded in &self.without {
            if !needs.iter().any(|need| need.package == *unneeded) {
                return Err(Error::malformed(format!("{at} imports nothing of {unneeded}, which it is to do without")));
            }
        }
        let mut needed: Vec<Needed> =
            needs.iter().filter(|need| !self.without.contains(&need.package)).map(imported).collect();
        if let Some(manifest) = manifest {
            let listed = manifest.inputs.dependencies.into_iter().map(|input| DependencyRequest {
                registry: Some(input.registry),
                package: input.name,
                requirement: input.requirement,
                content: input.content,
                features: input.features,
                optional: false,
            });
            replace(&mut needed, listed.collect(), &manifest.path.display().to_string());
        }
        replace(&mut needed, stated, "the command line");
        let key = |(one, _): &Needed| (one.package.clone(), one.requirement.clone(), one.registry.clone());
        needed.sort_by_key(key);
        let (dependencies, origins) = needed.into_iter().unzip();
        let content_sha256 = Some(artifact.sha256);
        let request =
            ReleaseRequest { package, version, content: content_sha256, dependencies, ..ReleaseRequest::default() };
        let read = Read { artifact, path, said_by: [name_by, version_by], without: self.without.clone() };
        Ok(Understood { request, content: Some(content), origins, read: Some(read) })
    }
}

/// A dependency, and where it comes from.
type Needed = (DependencyRequest, Origin);

/// The bytes of a file, or those that a folder or a file of WIT text makes.
fn read(path: &Path, given: &str) -> Result<(Vec<u8>, Content)> {
    let is_text = path.is_dir() || path.extension().is_some_and(|extension| extension == "wit");
    if is_text {
        let bytes = text::encode(path)?;
        let content = Content::Made(kept(&bytes)?);
        return Ok((bytes, content));
    }
    let bytes = files::read_bytes(path, MAX_ARTIFACT)?.ok_or_else(|| {
        let missing = Error::malformed(format!("there is no component at {}", path.display()));
        match check_package_name(given) {
            Ok(()) => {
                missing.hint("a package is published with a version and a content: `PACKAGE VERSION --content FILE`")
            }
            Err(_) => missing,
        }
    })?;
    Ok((bytes, Content::Given(path.to_owned())))
}

/// A file for bytes that lie in none.
fn kept(bytes: &[u8]) -> Result<NamedTempFile> {
    let failed = |error: std::io::Error| Error::could_not_check(format!("a file for the package: {error}"));
    let file = NamedTempFile::new().map_err(failed)?;
    std::fs::write(file.path(), bytes).map_err(failed)?;
    Ok(file)
}

/// What an artifact, a flag and a manifest say of one thing, and who. A flag may say again what the artifact says, and
/// counts before a manifest.
fn one(
    at: &str,
    what: &str,
    own: Option<String>,
    flag: &Option<String>,
    manifest: Option<String>,
) -> Result<(String, &'static str)> {
    let (said, by) = match (flag, manifest) {
        (Some(flag), _) => (Some(flag.clone()), if what == "name" { "by --name" } else { "by --version" }),
        (None, Some(manifest)) => (Some(manifest), "by the manifest"),
        (None, None) => (None, ""),
    };
    match (own, said) {
        (Some(own), Some(said)) if own != said => {
            let clash = format!("{at}: it says that its {what} is {own}, and {said} is said {by}");
            Err(Error::refused(clash).hint("publish it as what it says it is, or build it again"))
        }
        (Some(own), _) => Ok((own, "by itself")),
        (None, Some(said)) => Ok((said, by)),
        (None, None) => Err(Error::malformed(format!("{at}: expected a {what}, and it does not say any"))
            .hint(format!("say it with `--{what}`, or with [package] of a manifest: `--from-manifest FILE`"))),
    }
}

fn imported(need: &Need) -> Needed {
    let Need { package, accepted, content } = need;
    let (package, requirement, content) = (package.clone(), accepted.requirement(), *content);
    let request = DependencyRequest { package, requirement, content, ..DependencyRequest::default() };
    (request, Origin { by: Some("imported".to_owned()), is_open: true, home: None })
}

/// Dependencies on a package that is named here take the place of those that there were.
fn replace(needed: &mut Vec<Needed>, named: Vec<DependencyRequest>, by: &str) {
    let names: BTreeSet<String> = named.iter().map(|request| request.package.clone()).collect();
    let (replaced, kept): (Vec<Needed>, _) =
        std::mem::take(needed).into_iter().partition(|(one, _)| names.contains(&one.package));
    *needed = kept;
    for request in named {
        let same = replaced.iter().filter(|(one, _)| one.package == request.package);
        let earlier: Vec<&str> = same.map(|(one, _)| one.requirement.as_str()).collect();
        let by = match earlier.is_empty() {
            true => format!("by {by}"),
            false => format!("by {by}, in place of {}", earlier.join(" and ")),
        };
        let is_open = request.registry.is_none();
        needed.push((request, Origin { by: Some(by), is_open, home: None }));
    }
}

impl Understood {
    /// A release that is stated whole.
    pub(super) fn stated(request: ReleaseRequest, content: Option<PathBuf>) -> Understood {
        let origins = vec![Origin::default(); request.dependencies.len()];
        Understood { request, content: content.map(Content::Given), origins, read: None }
    }

    /// Its content's file, if it has one.
    pub(super) fn content(&self) -> Option<&Path> {
        self.content.as_ref().map(|content| match content {
            Content::Given(path) => path.as_path(),
            Content::Made(file) | Content::Got(file) => file.path(),
        })
    }

    fn dependencies(&self) -> impl Iterator<Item = (&DependencyRequest, &Origin)> {
        self.request.dependencies.iter().zip(&self.origins)
    }

    /// The packages of which no registry is named.
    pub(super) fn unplaced(&self) -> BTreeSet<&str> {
        let open = self.request.dependencies.iter().filter(|request| request.registry.is_none());
        open.map(|request| request.package.as_str()).collect()
    }

    /// Takes what the log of an origin knows of where packages are. What is imported is of the peer that alone is said to
    /// have it, where the log has no record of it; what is stated is the log's own, where it names no registry.
    pub(super) fn place(&mut self, own: &str, homes: &BTreeMap<String, Home>) -> Result<()> {
        for (request, origin) in self.request.dependencies.iter_mut().zip(&mut self.origins) {
            if request.registry.as_deref() == Some(own) && self.read.is_some() {
                request.registry = None;
                continue;
            }
            if request.registry.is_some() {
                continue;
            }
            origin.home = homes.get(&request.package).cloned();
            if !origin.is_open {
                continue;
            }
            match &origin.home {
                Some(Home::Peer(peer)) => request.registry = Some(peer.clone()),
                Some(Home::Peers(peers)) => {
                    let DependencyRequest { package, requirement, .. } = request;
                    let what = format!("{package} may be of several peers: {}", peers.join(", "));
                    return Err(Error::malformed(what)
                        .hint(format!("say of which: `--dependency '{package} {requirement} of ORIGIN'`")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What was understood, a line each, of a release with this content.
    pub(super) fn summary(&self, content: Digest) -> Vec<String> {
        if self.read.is_some() {
            return self.lines();
        }
        let ReleaseRequest { package, version, exclusives, features, .. } = &self.request;
        let mut lines = vec![format!("{package} {version}, content sha256 {content}")];
        lines.extend(self.dependencies().map(|(request, origin)| format!("  needs {}", line(request, origin))));
        lines.extend(features.iter().map(|feature| format!("  has the feature {}", feature.name)));
        lines.extend(exclusives.iter().map(|name| format!("  is exclusive by {name}")));
        lines
    }

    /// What was understood, a line each; of a release that is stated whole, what may not be meant.
    pub(super) fn lines(&self) -> Vec<String> {
        match &self.read {
            Some(read) => {
                let mut lines = read.lines(&self.request);
                if let Some(Content::Made(_)) = self.content {
                    lines.insert(1, "  its bytes were made of text".to_owned());
                }
                lines.extend(self.dependencies().map(|(request, origin)| format!("  needs {}", line(request, origin))));
                lines.extend(read.without.iter().map(|package| format!("  does without {package}, which it imports")));
                if self.request.dependencies.is_empty() {
                    lines.push("  needs nothing".to_owned());
                }
                lines
            }
            None => self.dependencies().filter_map(|(request, origin)| unknown(request, origin)).collect(),
        }
    }
}

/// Asks whether one of a log's packages was meant.
fn question(close: &[String]) -> Option<String> {
    close::question(&close.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A dependency that a log has no release of.
fn unknown(request: &DependencyRequest, origin: &Origin) -> Option<String> {
    let package = &request.package;
    let elsewhere = match origin.home.as_ref()? {
        Home::Own(versions) => return unmet(request, versions).map(|unmet| format!("note: {unmet}")),
        Home::Unknown { close, peers } => {
            let said = question(close).or_else(|| perhaps_of(package, peers));
            said.map(|said| format!("; {said}")).unwrap_or_default()
        }
        Home::Peer(peer) => format!("; a dependency on the peer's says so: '{package} … of {peer}'"),
        Home::Peers(peers) => format!("; a dependency on a peer's says so: of {}", peers.join(" or ")),
    };
    Some(format!("note: this registry has no release of {package} yet{elsewhere}"))
}

/// Where a package may be that the registry has nothing of.
fn perhaps_of(package: &str, peers: &[String]) -> Option<String> {
    (!peers.is_empty()).then(|| format!("if {} has it, '{package} REQUIREMENT of ORIGIN' says so", peers.join(" or ")))
}

/// That no version that there is meets a dependency.
fn unmet(request: &DependencyRequest, versions: &[Version]) -> Option<String> {
    let DependencyRequest { package, requirement, .. } = request;
    let range = VersionReq::parse(requirement).ok()?;
    let newest = versions.last()?;
    let is_met = versions.iter().any(|version| range.matches(version));
    (!is_met).then(|| {
        format!("this registry has no release of {package} that {requirement:?} accepts yet; the newest is {newest}")
    })
}

fn line(request: &DependencyRequest, origin: &Origin) -> String {
    let DependencyRequest { package, requirement, content, features, registry, optional } = request;
    let mut line = format!("{package} {requirement}");
    if let Some(origin) = registry {
        line += &format!(" of {origin}");
    }
    if !features.is_empty() {
        line += &format!(" with {}", features.join(", "));
    }
    if let Some(content) = content {
        line += &format!(", of content {content}");
    }
    if *optional {
        line += ", if a feature adds it";
    }
    let mut remarks: Vec<String> = origin.by.iter().cloned().collect();
    match (registry, &origin.home) {
        (None, Some(Home::Unknown { close, peers })) => {
            remarks.push("this registry has no release of it yet".to_owned());
            remarks.extend(question(close).or_else(|| perhaps_of(package, peers)));
        }
        (None, Some(Home::Own(versions))) => remarks.extend(unmet(request, versions)),
        _ => {}
    }
    match remarks.is_empty() {
        true => line,
        false => format!("{line} ({})", remarks.join("; ")),
    }
}

impl Read {
    fn lines(&self, request: &ReleaseRequest) -> Vec<String> {
        let Artifact { sha256, size, kind, producers, imports, exports, .. } = &self.artifact;
        let [name_by, version_by] = self.said_by;
        let by = if name_by == version_by { name_by.to_owned() } else { format!("{name_by} and {version_by}") };
        let mut lines = vec![
            format!("{}: {kind} of {}, sha256 {sha256}", self.path.display(), count(*size as u64, "byte")),
            format!("  is {} {}, {by}", request.package, request.version),
        ];
        let tool = |tool: &artifact::Producer| format!("  {}: {} {}", tool.field, tool.name, tool.version);
        lines.extend(producers.iter().take(MAX_SHOWN).map(|one| tool(one).trim_end().to_owned()));
        lines.extend(listed("imports", imports));
        lines.extend(listed("exports", exports));
        lines
    }
}

fn listed(what: &str, all: &[artifact::Item]) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(MAX_SHOWN).map(|item| format!("  {what} {item}")).collect();
    if all.len() > MAX_SHOWN {
        lines.push(format!("  {what} {} more", all.len() - MAX_SHOWN));
    }
    lines
}
