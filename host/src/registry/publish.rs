//! Publishing a release: from fields, or from a JSON file with the same fields.

use std::io::Read;
use std::path::Path;

use fs_err as fs;
use headlock_log::checkpoint::Head;
use headlock_log::digest::{Digest, Hasher};
use headlock_log::record::Release;
use semver::{Version, VersionReq};
use serde::Deserialize;

use super::draft::{Canonical, Draft, DraftDependency, DraftFeature};
use super::maintainers::{Approval, NamedMaintainers};
use super::writer::Registry;
use crate::error::{Error, Result};
use crate::table;

/// What is read of a content file at a time, in bytes.
const CHUNK: usize = 1 << 20;

/// A release to be published. Lists may stand in any order; the record's order is made here.
///
/// As JSON it has the fields of a release record, but for `prev`, which is the log's: `package`, `version`, `content`
/// (sha256), `exclusives`, `dependencies`, `features`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// `NAMESPACE:NAME`.
    pub package: String,
    /// A semantic version.
    pub version: String,
    /// sha256 of the content. May be missing where a content file is given, and must agree with it where both are.
    #[serde(default)]
    pub content: Option<Digest>,
    /// Exclusive resources: at most one release naming one of them is in an answer.
    #[serde(default)]
    pub exclusives: Vec<String>,
    /// Dependencies.
    #[serde(default, deserialize_with = "table::each")]
    pub dependencies: Vec<DependencyRequest>,
    /// Features.
    #[serde(default, deserialize_with = "table::each")]
    pub features: Vec<FeatureRequest>,
}

/// A dependency of a release to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DependencyRequest {
    /// Origin of the registry that the package is in; none for the release's own.
    #[serde(default)]
    pub registry: Option<String>,
    /// `NAMESPACE:NAME`.
    pub package: String,
    /// Accepted versions, in cargo's syntax.
    pub requirement: String,
    /// The only accepted content.
    #[serde(default)]
    pub content: Option<Digest>,
    /// Features asked for.
    #[serde(default)]
    pub features: Vec<String>,
    /// Whether only a feature brings it in.
    #[serde(default)]
    pub optional: bool,
}

/// A feature of a release to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureRequest {
    /// Its name.
    pub name: String,
    /// Other features of the release that it turns on.
    #[serde(default)]
    pub includes: Vec<String>,
    /// Dependencies that it adds.
    #[serde(default, deserialize_with = "table::each")]
    pub additions: Vec<AdditionRequest>,
}

/// A dependency that a feature adds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditionRequest {
    /// Place of the dependency in [`ReleaseRequest::dependencies`], from 0.
    pub dependency: usize,
    /// Further features that it is asked for.
    #[serde(default)]
    pub features: Vec<String>,
}

/// A release that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Place of its record in the log.
    pub place: u64,
    /// sha256 of its content.
    pub content: Digest,
    /// The new head.
    pub head: Head,
}

/// What publishing would come to; sha256 of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rehearsed {
    /// A release.
    Published(Digest),
    /// The content of one that was published without it.
    KeptContent(Digest),
}

impl ReleaseRequest {
    /// Reads a request from JSON.
    ///
    /// # Errors
    /// Malformed: not JSON, a field that is unknown, missing or there twice. `origin` names the text in the message.
    pub fn parse(json: &[u8], origin: &str) -> Result<ReleaseRequest> {
        serde_json::from_slice(json).map(|table::Only(request)| request).map_err(|error| {
            Error::malformed(format!("{origin}: expected a release as JSON, found otherwise: {error}"))
                .hint("its fields are package, version, content, exclusives, dependencies, features")
        })
    }

    /// In canonical order, with `content` for the record.
    pub(super) fn draft(&self, own: &str, content: Digest) -> Result<Draft> {
        let version = Version::parse(&self.version).map_err(|error| {
            Error::malformed(format!("expected a semantic version like 1.2.3, found `{}`", self.version.escape_debug()))
                .because(error)
        })?;
        let mut draft = Draft::new(self.package.clone(), version, content);
        draft.exclusives.extend(self.exclusives.iter().cloned());
        for dependency in &self.dependencies {
            draft.dependencies.push(dependency.draft(own)?);
        }
        for feature in &self.features {
            if draft.features.contains_key(&feature.name) {
                let name = feature.name.escape_debug();
                return Err(Error::malformed(format!("expected each feature once, found `{name}` twice")));
            }
            draft.features.insert(feature.name.clone(), feature.draft(self.dependencies.len())?);
        }
        Ok(draft)
    }
}

impl DependencyRequest {
    fn draft(&self, own: &str) -> Result<DraftDependency> {
        let requirement = VersionReq::parse(&self.requirement).map_err(|error| {
            let (package, found) = (self.package.escape_debug(), self.requirement.escape_debug());
            Error::malformed(format!("dependency {package}: expected a requirement like ^1.2, found `{found}`"))
                .because(error)
        })?;
        Ok(DraftDependency {
            registry: self.registry.clone().filter(|registry| registry != own),
            package: self.package.clone(),
            requirement: requirement.to_string(),
            content: self.content,
            optional: self.optional,
            features: self.features.iter().cloned().collect(),
        })
    }
}

impl FeatureRequest {
    fn draft(&self, dependencies: usize) -> Result<DraftFeature> {
        let mut draft = DraftFeature { includes: self.includes.iter().cloned().collect(), ..DraftFeature::default() };
        for addition in &self.additions {
            let (name, place) = (self.name.escape_debug(), addition.dependency);
            if place >= dependencies {
                let why = format!("adds dependency {place}, but there are {dependencies}, counted from 0");
                return Err(Error::malformed(format!("feature `{name}` {why}")));
            }
            draft.additions.entry(place).or_default().extend(addition.features.iter().cloned());
        }
        Ok(draft)
    }
}

impl Registry<'_> {
    /// Publishes one release. With a content file its bytes are kept in the registry under their sha256; without, the
    /// registry states facts about content that is elsewhere, and the request says its sha256.
    ///
    /// # Errors
    /// Malformed: a request that makes no record, or without content, or with another sha256 than the file's.
    /// No: the log's rules refuse it, see [`super::Rejection`]. Could not check: files that cannot be read or written.
    /// The log is as it was after any of them.
    pub fn publish(&mut self, request: &ReleaseRequest, content: Option<&Path>) -> Result<Published> {
        self.publish_approved(request, content, None, &Approval::default())
    }

    /// The same, of a package with maintainers: its first release may name them, and they sign.
    ///
    /// # Errors
    /// As [`Registry::publish`]. Refused: it is not signed as it must be.
    pub fn publish_approved(
        &mut self,
        request: &ReleaseRequest,
        content: Option<&Path>,
        maintainers: Option<&NamedMaintainers>,
        approval: &Approval<'_>,
    ) -> Result<Published> {
        let (hash, draft) = request.canonical(self.origin(), content)?;
        let release = named(&draft, maintainers);
        let mut transaction = self.begin()?;
        let place = transaction.approved_release(&release, approval)?;
        if let Some(path) = content {
            transaction.keep_content(path, &hash)?;
        }
        let head = transaction.commit(&mut |_| ())?;
        Ok(Published { place, content: hash, head })
    }

    /// Says what publishing would come to, and writes nothing.
    ///
    /// # Errors
    /// As [`Registry::publish_approved`].
    pub fn rehearse(
        &mut self,
        request: &ReleaseRequest,
        content: Option<&Path>,
        maintainers: Option<&NamedMaintainers>,
        approval: &Approval<'_>,
    ) -> Result<Rehearsed> {
        let (hash, draft) = request.canonical(self.origin(), content)?;
        let release = named(&draft, maintainers);
        let mut transaction = self.begin()?.rehearsal();
        if content.is_some() && transaction.lacks_content(&release)? {
            return Ok(Rehearsed::KeptContent(hash));
        }
        transaction.approved_release(&release, approval)?;
        Ok(Rehearsed::Published(hash))
    }

    /// Keeps the content of a release that was published as it is requested now, but without its content, and returns its
    /// sha256. Where that was not so, nothing is done.
    ///
    /// # Errors
    /// As [`Registry::publish`], but that the log's rules are not asked.
    pub fn keep_missing_content(
        &mut self,
        request: &ReleaseRequest,
        content: &Path,
        maintainers: Option<&NamedMaintainers>,
    ) -> Result<Option<Digest>> {
        let own = self.origin().to_owned();
        let mut transaction = self.begin()?;
        // Most are new, and their contents are read when they are published.
        if transaction.known(&request.package, &request.version)?.is_none() {
            return Ok(None);
        }
        let (hash, draft) = request.canonical(&own, Some(content))?;
        let release = named(&draft, maintainers);
        Ok(transaction.keep_missing_content(&release, content)?.then_some(hash))
    }
}

/// The record of a draft that names these maintainers, if any.
pub(super) fn named<'d>(draft: &'d Canonical, maintainers: Option<&'d NamedMaintainers>) -> Release<'d> {
    Release { maintainers: maintainers.map(NamedMaintainers::named), ..draft.release() }
}

impl ReleaseRequest {
    /// The sha256 of its content, and the release in canonical order, for the log of an origin.
    pub(super) fn canonical(&self, own: &str, content: Option<&Path>) -> Result<(Digest, Canonical)> {
        let hash = self.hash(content)?;
        Ok((hash, self.draft(own, hash)?.canonical()))
    }

    /// The sha256 of the content: of a file, or as it is stated.
    pub(super) fn hash(&self, content: Option<&Path>) -> Result<Digest> {
        Ok(match (content, self.content) {
            (Some(path), stated) => {
                let found = hash_file(path)?;
                if stated.is_some_and(|stated| stated != found) {
                    let path = path.display();
                    let stated = stated.unwrap_or(found);
                    return Err(Error::malformed(format!("{path}: expected content {stated}, found {found}")));
                }
                found
            }
            (None, Some(stated)) => stated,
            (None, None) => {
                return Err(Error::malformed("expected a content file or its sha256, found neither"));
            }
        })
    }
}

pub(super) fn hash_file(path: &Path) -> Result<Digest> {
    let mut hasher = Hasher::new();
    read_chunks(path, |chunk| {
        hasher.update(chunk);
        Ok(())
    })?;
    Ok(hasher.digest())
}

/// Reads a file bit by bit.
pub(super) fn read_chunks(path: &Path, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::malformed(format!("there is no content at {}", path.display())),
        std::io::ErrorKind::IsADirectory => {
            Error::malformed(format!("expected a file as the content, found the folder {}", path.display()))
                .hint("a folder of WIT text is published alone, and says itself what it is: `registry publish FOLDER`")
        }
        _ => Error::could_not_check(error.to_string()),
    };
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).map_err(failed)? {
            0 => return Ok(()),
            length => each(&chunk[..length])?,
        }
    }
}
