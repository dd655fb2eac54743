//! `headlock registry draft` and `headlock key sign`: maintainers who are not the registry's operator.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use headlock_log::index::blob_path;
use headlock_log::note::{Signature, VerifierKey};
use headlock_log::record::{MAX_RECORD, MAX_RECORD_SIGNATURES, Record, Statement};

use super::maintainers::{Naming, describe};
use super::output::Output;
use super::registry::{Stated, kept_content};
use super::session::Place;
use super::words::count;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::registry::{Approval, Drafted, Folder, draft_handover, draft_release, homes};
use crate::{files, keys};

/// Largest draft read, in bytes: a record and two lines before it.
const MAX_DRAFT: u64 = MAX_RECORD as u64 + 1024;

/// Largest file of signatures read, in bytes.
const MAX_SIGNATURES: u64 = 16 << 10;

/// Releases and changes of maintainers, for maintainers who are not the registry's operator.
///
/// Whoever has a copy of the registry's folder writes a draft. Each maintainer signs it with `headlock key sign`, wherever
/// their key is. The operator publishes the draft with these signatures.
#[derive(Debug, Subcommand)]
pub(super) enum Draft {
    /// Write a release down, to be signed
    Release(Box<Release>),
    /// Write a change of a package's maintainers down, to be signed by old and new ones
    Maintainers(Handover),
    /// Publish a draft that is signed
    Publish(Publish),
}

/// Which registry a draft is for, and where it goes.
#[derive(Args, Debug)]
pub(super) struct For {
    /// The registry's folder, or a copy; it is only read
    #[arg(long, value_name = "DIR")]
    registry: PathBuf,
    /// The log's public key
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// Where to write the draft
    #[arg(short, long, alias = "output", value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
#[command(mut_arg("content", |content| {
    content.help("The release's content, which is only hashed: `draft publish` copies it; this or --sha256")
}))]
pub(super) struct Release {
    #[command(flatten)]
    draft: For,
    #[command(flatten)]
    release: Stated,
    #[command(flatten)]
    naming: Naming,
}

#[derive(Args, Debug)]
pub(super) struct Handover {
    #[command(flatten)]
    draft: For,
    /// The package: NAMESPACE:NAME
    package: String,
    #[command(flatten)]
    naming: Naming,
}

#[derive(Args, Debug)]
pub(super) struct Publish {
    #[command(flatten)]
    writer: Writer,
    /// The draft
    draft: PathBuf,
    /// What `headlock key sign` has printed, of one maintainer or several
    #[arg(long, value_name = "FILE")]
    signature: Vec<PathBuf>,
    /// The release's content, copied into the registry; without it, it is kept elsewhere
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
}

/// Signs a draft of `headlock registry draft`, and nothing else.
#[derive(Args, Debug)]
pub(super) struct Sign {
    /// The draft
    draft: PathBuf,
    /// The maintainer's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// What a draft begins with.
const DRAFT: &str = "headlock maintainers ";

impl For {
    fn open(&self, place: &Place) -> Result<(Folder, VerifierKey)> {
        let key = keys::read_public(&place.path(&self.log_key))?;
        Ok((Folder::new(place.path(&self.registry)), key))
    }

    fn write(&self, place: &Place, drafted: &Drafted, output: Output) -> Result<()> {
        let path = place.path(&self.out);
        files::refuse_other(&path, DRAFT.as_bytes(), "draft")?;
        files::replace(&path, drafted.text.as_bytes())?;
        let mut lines = vec![format!("wrote {}: {}, to be signed by", path.display(), drafted.what)];
        lines.extend(drafted.signers.iter().map(|signers| format!("  {signers}")));
        output.results(&lines)
    }
}

impl Draft {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        match self {
            Draft::Release(release) => {
                let Release { draft, release, naming } = release.as_ref();
                let mut release = release.release(place)?;
                let named = naming.read(place)?;
                let (folder, key) = draft.open(place)?;
                let (origin, homes) = homes(&folder, &key, &release.unplaced())?;
                release.place(&origin, &homes)?;
                release.lines().iter().for_each(|line| output.note(line));
                let drafted = draft_release(&folder, &key, &release.request, release.content(), named.as_ref())?;
                draft.write(place, &drafted, output)
            }
            Draft::Maintainers(Handover { draft, package, naming }) => {
                let named = naming.required(place)?;
                let (folder, key) = draft.open(place)?;
                draft.write(place, &draft_handover(&folder, &key, package, &named)?, output)
            }
            Draft::Publish(publish) => publish.run(place, output),
        }
    }
}

impl Publish {
    fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.path(&self.draft);
        let text = read_draft(&path)?;
        let statement = parse(&path, &text)?.record;
        let mut signatures = Vec::new();
        for path in &self.signature {
            signatures.extend(read_signatures(&place.path(path))?);
        }
        let content = self.content.as_ref().map(|path| place.path(path));
        let key = self.writer.key(place)?;
        let mut registry = self.writer.open(place, &key)?;
        if let (Some(content), Record::Release(release)) = (&content, &statement)
            && registry.keep_missing_content_of_draft(&text, content)?
        {
            return output.result(&kept_content(&format!("{} {}", release.package, release.version)));
        }
        let approval = Approval { keys: &[], signatures: &signatures };
        let taken = registry.publish_draft(&text, content.as_deref(), &approval)?;
        output.results(&describe(&taken, &key))?;
        if let (None, Record::Release(release)) = (&content, &statement)
            && !self.writer.folder(place).join(blob_path(&release.content)).exists()
        {
            output.note(
                "note: no --content was given: whoever fetches needs it from elsewhere; the same once more, with --content, \
                 keeps it here",
            );
        }
        Ok(())
    }
}

impl Sign {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.path(&self.draft);
        let text = read_draft(&path)?;
        let key = keys::read(&place.path(&self.key))?;
        // So a maintainer's key never signs what a log's key would.
        let statement = parse(&path, &text)?;
        for line in in_words(&statement) {
            output.note(&format!("signed: {line}"));
        }
        // In words not all of it is said, and all of it is signed.
        text.lines().for_each(|line| output.note(&format!("  {line}")));
        let signature = key.sign(&text).map_err(|error| Error::could_not_check(error.to_string()))?;
        output.result(&signature.to_string())
    }
}

/// What whoever signs should have meant to sign; the draft itself says all.
fn in_words(statement: &Statement<'_>) -> Vec<String> {
    let origin = statement.origin;
    match &statement.record {
        Record::Release(release) => {
            let (package, version, content) = (release.package, release.version, release.content);
            let (needs, features) = (release.dependencies.len() as u64, release.features.len() as u64);
            let needs = if needs == 1 { "1 dependency".to_owned() } else { format!("{needs} dependencies") };
            let counts = format!("{needs}, {}", count(features, "feature"));
            let mut lines = vec![format!("{package} {version} of {origin}, content sha256 {content}, {counts}")];
            lines.extend(release.maintainers.as_ref().map(named));
            lines
        }
        Record::Maintainers(handover) => {
            vec![format!("other maintainers of {} of {origin}", handover.package), named(&handover.maintainers)]
        }
        _ => Vec::new(),
    }
}

fn named(named: &headlock_log::record::Maintainers<'_>) -> String {
    format!("maintainers: {}", crate::maintainers::Maintainers::named(named))
}

fn parse<'a>(path: &Path, text: &'a str) -> Result<Statement<'a>> {
    Statement::parse(text).map_err(|error| {
        Error::malformed(format!("{}: expected a draft: {error}", path.display()))
            .hint("`headlock registry draft` writes one")
    })
}

fn read_draft(path: &Path) -> Result<String> {
    files::read_text(path, MAX_DRAFT)?.ok_or_else(|| {
        Error::malformed(format!("there is no draft at {}", path.display()))
            .hint("`headlock registry draft` writes one")
    })
}

/// The signature lines of a file.
fn read_signatures(path: &Path) -> Result<Vec<Signature>> {
    let name = path.display();
    let text = files::read_text(path, MAX_SIGNATURES)?
        .ok_or_else(|| Error::malformed(format!("there is no signature at {name}")))?;
    if text.trim_start().starts_with("PRIVATE+KEY") {
        return Err(Error::malformed(format!("{name}: expected signatures, found a private key")));
    }
    let signatures =
        text.lines().take(MAX_RECORD_SIGNATURES + 1).map(str::parse::<Signature>).collect::<Result<Vec<_>, _>>();
    let signatures = signatures.map_err(|error| {
        Error::malformed(format!("{name}: {error}")).hint("`headlock key sign DRAFT --key FILE > SIGNATURE` makes one")
    })?;
    match signatures.len() {
        0 => Err(Error::malformed(format!("{name}: expected signatures, found none"))),
        _ => Ok(signatures),
    }
}
