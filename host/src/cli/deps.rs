//! `headlock deps`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::json::{self, FormatChoice};
use super::output::Output;
use super::session::Place;
use crate::deps::{self, Merged, Outcome, Wanted};
use crate::error::{Error, Result};
use crate::files;
use crate::manifest::MAX_MANIFEST;

/// Adds to the manifest what a project's other files depend on: WIT text in wit/, wkg.toml, deps.toml, and
/// [package.metadata.component] in Cargo.toml.
///
/// What the manifest has stays as it is, whatever those files say.
#[derive(Args, Debug)]
pub(super) struct Deps {
    /// The project's folder [default: the manifest's]
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// What the manifest calls the registry of what is added [default: default]
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
    /// Say what would be added, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Deps {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.manifest_path();
        let text = files::read_text(&path, MAX_MANIFEST)?.ok_or_else(|| {
            Error::malformed(format!("there is no manifest at {}", path.display()))
                .hint("`headlock init` writes one; `-C DIR` or `--manifest-path FILE` names another place")
        })?;
        let from = self.from.as_ref().map_or_else(|| place.folder(), |from| place.path(from));
        let found = deps::read(&from)?;
        let Merged { text: merged, outcomes } = deps::merge(&path, &text, &found, self.registry.as_deref())?;
        let mut lines = Vec::new();
        for (name, outcome) in &outcomes {
            let Some(Wanted { requirement, places }) = found.wanted.get(name) else { continue };
            let of = places.join(", ");
            lines.push(match outcome {
                Outcome::Added => format!("added: {name:?} = \"{requirement}\" ({of})"),
                Outcome::There => format!("there already: {name:?} = \"{requirement}\" ({of})"),
                Outcome::Differs(stated) => {
                    format!("differs: {name:?} stays {stated:?}, and {of} would have \"{requirement}\"")
                }
            });
        }
        lines.extend(found.unsaid.iter().map(|what| format!("for you to see to: {what}")));
        if lines.is_empty() {
            lines.push("nothing is depended on".to_owned());
        }
        let added = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Added).count();
        if added > 0 && !self.dry_run {
            files::replace(&path, merged.as_bytes())?;
        }
        let is_written = added > 0 && !self.dry_run;
        output.report(&lines, || json::files::Deps::of(&path, &found, &outcomes, is_written))?;
        self.conclude(added, &path, output);
        Ok(())
    }

    fn conclude(&self, added: usize, path: &Path, output: Output) {
        let path = path.display();
        output.note(&match (added, self.dry_run) {
            (0, _) => format!("{path} stays as it is"),
            (_, true) => format!("{path} stays as it is: --dry-run"),
            (_, false) => format!("wrote {path}: {added} added; `headlock lock` makes a lock of it"),
        });
    }
}
