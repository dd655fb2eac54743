//! `headlock registry audit`.

use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::note::VerifierKey;

use super::json::FormatChoice;
use super::json::registry::{Audited, Evidence};
use super::output::Output;
use super::session::Place;
use super::words::{count, head_line, no_registry, show};
use crate::error::Result;
use crate::registry::Folder;
use crate::registry::audit::{self, audit};
use crate::{files, keys};

#[derive(Args, Debug)]
pub(super) struct Audit {
    /// The registry's folder; not with --check-evidence
    #[arg(required_unless_present = "check_evidence", conflicts_with = "check_evidence")]
    dir: Option<PathBuf>,
    /// The log's public key, which must have signed the head
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// If what was signed is false, write down what shows it to whoever has the log's key
    #[arg(long, value_name = "FILE", conflicts_with = "check_evidence")]
    evidence: Option<PathBuf>,
    /// Check what --evidence has written, with nothing but the log's key. Exit 0: the log has made a false statement
    #[arg(long, value_name = "FILE")]
    check_evidence: Option<PathBuf>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Audit {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let key = keys::read_public(&place.path(&self.log_key))?;
        if let Some(evidence) = &self.check_evidence {
            return check_evidence(&place.path(evidence), &key, output);
        }
        let dir = place.path(self.dir.as_deref().unwrap_or(Path::new("")));
        if !dir.join("checkpoint").exists() && !dir.join("tile").exists() {
            return Err(no_registry(&dir));
        }
        if let Some(path) = &self.evidence {
            files::refuse_other(&place.path(path), b"headlock evidence ", "evidence")?;
        }
        let reader = Folder::new(&dir);
        let bar = output.progress("auditing");
        let report = audit(&reader, &key, &mut |step| show(&bar, step));
        bar.finish_and_clear();
        let report = report?;
        for void in &report.voids.first {
            let audit::Void { place, of, .. } = void;
            output.note(&format!("note: record {place} of {of} is void: {}", void.why));
        }
        if let Err(error) = report.verdict() {
            for violation in report.violations.first.iter().skip(1) {
                output.note(&format!("also: {violation}"));
            }
            if let Some(path) = self.evidence.as_ref().map(|path| place.path(path)) {
                // What the audit found stands, whether it could be written down or not.
                match write_evidence(&report, &reader, &key, &path, output) {
                    Ok(true) => {
                        return Err(error.hint("whoever has the log's key checks it with `--check-evidence FILE`"));
                    }
                    Ok(false) => {}
                    Err(failure) => output.warning(&format!("no evidence is written: {failure}")),
                }
            }
            return Err(error);
        }
        if let Some(path) = &self.evidence {
            output.note(&format!("{} is not written: nothing is false", place.path(path).display()));
        }
        let audited = format!(
            "audited {}: {}, {}, {}; all that it commits to follows from its records; contents were not looked at",
            report.head.origin,
            count(report.epochs, "epoch"),
            count(report.packages, "package"),
            count(report.releases, "release"),
        );
        output.report(&[audited, head_line(&report.head)], || Audited::of(&report))
    }
}

/// Whether there was something to write.
fn write_evidence(
    report: &audit::Audit,
    reader: &Folder,
    key: &VerifierKey,
    path: &Path,
    output: Output,
) -> Result<bool> {
    if !report.has_evidence() {
        output.note(&format!("{} is not written: nothing that was signed is shown to be false", path.display()));
        return Ok(false);
    }
    let bar = output.progress("proving");
    let written =
        files::replace_with(path, |out| report.write_evidence(reader, key, out, &mut |step| show(&bar, step)));
    bar.finish_and_clear();
    match written? {
        Some(checked) => {
            output.result(&format!("wrote {}: evidence that {}", path.display(), checked.falsehood))?;
            Ok(true)
        }
        None => Ok(false),
    }
}

fn check_evidence(path: &Path, key: &VerifierKey, output: Output) -> Result<()> {
    let bar = output.progress("checking evidence");
    let checked = audit::check_evidence(path, key, &mut |step| show(&bar, step));
    bar.finish_and_clear();
    let checked = checked?;
    let (head, size) = (&checked.head, count(checked.head.size, "record"));
    let lines = [
        format!("{} has made a false statement: {}", head.origin, checked.falsehood),
        format!("signed head: {size}, root {}", head.root_base64()),
    ];
    output.report(&lines, || Evidence::of(head, checked.falsehood.to_string()))
}
