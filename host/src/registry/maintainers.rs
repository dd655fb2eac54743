//! Packages with maintainers: who they are, and how a record comes to their signatures, here or elsewhere.

use std::collections::BTreeSet;
use std::path::Path;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::index::page_path;
use headlock_log::note::{Signature, SigningKey, VerifierKey};
use headlock_log::page::{Keyring, MAX_PAGE};
use headlock_log::record::{self, Epoch, Handover, Maintainers, Record, Statement, format_signature};

use super::index::SparseIndex;
use super::journal::{CHECKPOINT, MAX_CHECKPOINT};
use super::package::GrowingPage;
use super::publish::{self, ReleaseRequest, hash_file};
use super::rejection::Rejection;
use super::store::Reader;
use super::transaction::Transaction;
use super::tree::{Edge, required};
use super::writer::Registry;
use crate::error::{Error, Result};

/// Maintainers to be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMaintainers {
    threshold: u32,
    /// As a record has them.
    keys: Vec<String>,
}

impl NamedMaintainers {
    /// So many of these.
    ///
    /// # Errors
    /// Malformed: not as a record may name them.
    pub fn new(threshold: u32, keys: &[VerifierKey]) -> Result<NamedMaintainers> {
        let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        keys.sort();
        let named = NamedMaintainers { threshold, keys };
        named.named().check().map_err(|error| Error::malformed(error.to_string()))?;
        Ok(named)
    }

    /// As they stand in a record.
    pub(super) fn named(&self) -> Maintainers<'_> {
        Maintainers { threshold: self.threshold, keys: self.keys.iter().map(String::as_str).collect() }
    }
}

/// What maintainers say to a record: keys that sign it here, and signatures that were made elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Approval<'s> {
    /// Keys.
    pub keys: &'s [SigningKey],
    /// Signatures.
    pub signatures: &'s [Signature],
}

impl Approval<'_> {
    /// The signatures of a record, as they stand in it. That they hold, and are enough, is for the page to say.
    fn sign(&self, record: &Record<'_>, origin: &str) -> Result<Vec<String>> {
        let mut signatures: BTreeSet<String> = record.signatures().iter().map(|text| (*text).to_owned()).collect();
        signatures.extend(self.signatures.iter().map(format_signature));
        if let Some(statement) =
            Some(record).filter(|_| !self.keys.is_empty()).and_then(|record| record.statement(origin))
        {
            for key in self.keys {
                let signature = key.sign(&statement).map_err(|error| Error::could_not_check(error.to_string()))?;
                signatures.insert(format_signature(&signature));
            }
        }
        Ok(signatures.into_iter().collect())
    }
}

/// A record that maintainers have signed, in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What it says, in words.
    pub what: String,
    /// Its place.
    pub place: u64,
    /// The new head.
    pub head: Head,
}

/// A record to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// What is signed: the text of a [`Statement`].
    pub text: String,
    /// What it says, in words.
    pub what: String,
    /// Who must sign, each in words.
    pub signers: Vec<String>,
}

impl Registry<'_> {
    /// Gives a package other maintainers.
    ///
    /// # Errors
    /// No: there is no such package, or these are its maintainers. Refused: not signed as it must be. Else as for
    /// [`Registry::publish`].
    pub fn set_maintainers(
        &mut self,
        package: &str,
        maintainers: &NamedMaintainers,
        approval: &Approval<'_>,
    ) -> Result<Taken> {
        let handover = Handover { package, maintainers: maintainers.named(), prev: None, signatures: Vec::new() };
        let mut transaction = self.begin()?;
        let place = transaction.handover(&handover, approval)?;
        let head = transaction.commit(&mut |_| ())?;
        Ok(Taken { what: in_words(&Record::Maintainers(handover)), place, head })
    }

    /// Adds a record that was drafted and signed elsewhere; a release perhaps with its content.
    ///
    /// # Errors
    /// No: the package has got other records since. Malformed: no draft, or one of another log. Refused: not signed as it
    /// must be. Else as for [`Registry::publish`].
    pub fn publish_draft(&mut self, draft: &str, content: Option<&Path>, approval: &Approval<'_>) -> Result<Taken> {
        let mut record = record_of(draft, self.origin())?;
        let what = in_words(&record);
        let prev = record.prev();
        record.set_prev(None);
        let mut transaction = self.begin()?;
        let package = record.package().unwrap_or_default().to_owned();
        if transaction.page(&package)?.page.digest() != prev {
            // Its own record may be among them.
            if let Record::Release(release) = &record
                && let Err(same @ Rejection::Same { .. }) = transaction.check_unpublished(release)
            {
                return Err(same.into());
            }
            return Err(Rejection::Outdated { package }.into());
        }
        let place = match (&record, content) {
            (Record::Release(release), content) => {
                let found = content.map(hash_file).transpose()?;
                if let (Some(found), Some(path)) = (found.filter(|found| *found != release.content), content) {
                    let (path, stated) = (path.display(), release.content);
                    return Err(Error::malformed(format!("{path}: expected content {stated}, found {found}")));
                }
                let place = transaction.approved_release(release, approval)?;
                if let Some(path) = content {
                    transaction.keep_content(path, &release.content)?;
                }
                place
            }
            (Record::Maintainers(handover), None) => transaction.handover(handover, approval)?,
            _ => return Err(Error::malformed("a change of maintainers has no content")),
        };
        let head = transaction.commit(&mut |_| ())?;
        Ok(Taken { what, place, head })
    }

    /// As [`Registry::keep_missing_content`], of a release that was drafted.
    ///
    /// # Errors
    /// Malformed: no draft, or one of another log. Could not check: files that cannot be read or written.
    pub fn keep_missing_content_of_draft(&mut self, draft: &str, content: &Path) -> Result<bool> {
        let Record::Release(mut release) = record_of(draft, self.origin())? else { return Ok(false) };
        release.prev = None;
        let mut transaction = self.begin()?;
        if transaction.known(release.package, release.version)?.is_none() || hash_file(content)? != release.content {
            return Ok(false);
        }
        transaction.keep_missing_content(&release, content)
    }
}

/// The record that a draft for a log says.
fn record_of<'d>(draft: &'d str, origin: &str) -> Result<Record<'d>> {
    let statement = Statement::parse(draft).map_err(|error| Error::malformed(error.to_string()))?;
    if statement.origin != origin {
        let found = statement.origin;
        return Err(Error::malformed(format!("expected a draft for the log {origin}, found one for {found}")));
    }
    Ok(statement.record)
}

impl Transaction<'_, '_> {
    pub(super) fn handover(&mut self, handover: &Handover<'_>, approval: &Approval<'_>) -> Result<u64, Rejection> {
        let record = Record::Maintainers(handover.clone());
        record.check()?;
        let package = handover.package;
        let page = &self.page(package)?.page;
        if page.digest().is_none() {
            return Err(Rejection::NoPackage { package: package.to_owned() });
        }
        if page.authority().keyring().is_some_and(|keyring| keyring.says(&handover.maintainers)) {
            return Err(Rejection::SameMaintainers { package: package.to_owned() });
        }
        self.approve(package, record, approval)
    }

    /// Adds a checked record behind its package's page, with its maintainers' signatures.
    pub(super) fn approve(
        &mut self,
        package: &str,
        mut record: Record<'_>,
        approval: &Approval<'_>,
    ) -> Result<u64, Rejection> {
        record.set_prev(self.page(package)?.page.digest());
        let signatures = approval.sign(&record, self.registry.origin())?;
        if signatures.is_empty() {
            return self.add(package, &record);
        }
        let mut signed = record.clone();
        signed.set_signatures(signatures.iter().map(String::as_str).collect());
        // What is signed elsewhere has been read in no record yet.
        signed.check()?;
        self.add(package, &signed)
    }
}

/// What a draft, or a record that was added, says.
fn in_words(record: &Record<'_>) -> String {
    let package = record.package().unwrap_or_default();
    match record.version() {
        Some(version) => format!("the release of {package} {version}"),
        None => format!("a change of the maintainers of {package}"),
    }
}

/// The newest head of a registry that is only read, and the root of its index.
pub(super) fn newest(reader: &dyn Reader, key: &VerifierKey) -> Result<(Head, Digest)> {
    let bytes = required(reader, CHECKPOINT, MAX_CHECKPOINT)?;
    let checkpoint = Checkpoint::verify(&bytes, key).map_err(|error| {
        Error::refused(format!("{CHECKPOINT}: {error}")).hint("give the key of the log that the registry is")
    })?;
    let head = checkpoint.head().clone();
    let (_, last) = Edge::read(reader, head.size, &head.root)?;
    let Ok(Record::Epoch(Epoch { index })) = Record::parse(&last) else {
        return Err(Error::no("expected an epoch as the last record of the head, found none"));
    };
    Ok((head, index))
}

/// A package at the newest head of a registry that is only read, and that head.
fn at_head(reader: &dyn Reader, key: &VerifierKey, package: &str) -> Result<(Head, GrowingPage<()>)> {
    let (head, index) = newest(reader, key)?;
    let page = match SparseIndex::of_root(index).page(reader, package)? {
        Some(digest) => {
            let bytes = required(reader, &page_path(&digest), MAX_PAGE as u64)?;
            GrowingPage::read(&head.origin, package, &digest, &bytes)?
        }
        None => GrowingPage::empty(),
    };
    Ok((head, page))
}

/// The maintainers of a package at the newest head of a registry; nothing if it has none.
///
/// # Errors
/// No: there is no such package. Refused: the head is not under the key. Could not check: files that are missing.
pub fn maintainers(
    reader: &dyn Reader,
    key: &VerifierKey,
    package: &str,
) -> Result<Option<(crate::maintainers::Maintainers, u64)>> {
    let (_, page) = at_head(reader, key, package)?;
    if page.digest().is_none() {
        return Err(Rejection::NoPackage { package: package.to_owned() }.into());
    }
    let keyring = page.authority().keyring();
    Ok(keyring.map(|keyring| (crate::maintainers::Maintainers::of(keyring), keyring.since())))
}

/// Writes down a release for its package's maintainers to sign, behind what the registry has of the package now.
///
/// # Errors
/// Malformed: as [`Registry::publish`]; or nobody is to sign. No: the version is there. Else as [`maintainers`].
pub fn draft_release(
    reader: &dyn Reader,
    key: &VerifierKey,
    request: &ReleaseRequest,
    content: Option<&Path>,
    named: Option<&NamedMaintainers>,
) -> Result<Drafted> {
    let (head, page) = at_head(reader, key, &request.package)?;
    let (_, draft) = request.canonical(&head.origin, content)?;
    let release = publish::named(&draft, named);
    if page.version(release.version).is_some() {
        let what = format!("{} {} is already published", release.package, release.version);
        return Err(Error::no(what).hint("a release is never replaced: draft another version"));
    }
    drafted(&head.origin, &page, Record::Release(release))
}

/// Writes down a change of a package's maintainers for old and new ones to sign.
///
/// # Errors
/// As [`draft_release`].
pub fn draft_handover(
    reader: &dyn Reader,
    key: &VerifierKey,
    package: &str,
    named: &NamedMaintainers,
) -> Result<Drafted> {
    let (head, page) = at_head(reader, key, package)?;
    if page.digest().is_none() {
        return Err(Rejection::NoPackage { package: package.to_owned() }.into());
    }
    if page.authority().keyring().is_some_and(|keyring| keyring.says(&named.named())) {
        return Err(Rejection::SameMaintainers { package: package.to_owned() }.into());
    }
    let handover = Handover { package, maintainers: named.named(), prev: None, signatures: Vec::new() };
    drafted(&head.origin, &page, Record::Maintainers(handover))
}

fn drafted(origin: &str, page: &GrowingPage<()>, mut record: Record<'_>) -> Result<Drafted> {
    record.set_prev(page.digest());
    record.check().map_err(|error| Error::malformed(format!("not a record: {error}")))?;
    let named: Option<&record::Maintainers<'_>> = match &record {
        Record::Release(release) => release.maintainers.as_ref(),
        Record::Maintainers(handover) => Some(&handover.maintainers),
        _ => None,
    };
    if let (Record::Release(release), Some(_), Some(_)) = (&record, named, page.digest()) {
        let what = format!("{} has releases: only the first may name maintainers", release.package);
        return Err(Error::no(what).hint("`headlock registry draft maintainers` changes them"));
    }
    let present = |keyring: &Keyring| crate::maintainers::Maintainers::of(keyring).to_string();
    let mut signers: Vec<String> = page.authority().keyring().map(present).into_iter().collect();
    if let Some(named) = named {
        let new = crate::maintainers::Maintainers::named(named);
        signers.push(if signers.is_empty() { new.to_string() } else { format!("{new}, who are new") });
    }
    if signers.is_empty() {
        let what = format!("there is nobody to sign: {} names no maintainers", record.package().unwrap_or_default());
        return Err(Error::no(what).hint("`headlock registry publish` publishes it as it is"));
    }
    let what = in_words(&record);
    let text = record.statement(origin).unwrap_or_default();
    Ok(Drafted { text, what, signers })
}
