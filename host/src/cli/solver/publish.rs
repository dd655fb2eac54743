//! `headlock solver publish`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::output::Output;
use crate::cli::session::{Place, read_solver};
use crate::cli::writer::Writer;
use crate::error::{Error, Result};
use crate::registry::{Published, ReleaseRequest};

/// Publishes a solver component as a release of the package and the version that it states.
#[derive(Args, Debug)]
pub(in crate::cli) struct Publish {
    /// The solver component
    file: PathBuf,
    #[command(flatten)]
    writer: Writer,
}

impl Publish {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.path(&self.file);
        let solver = read_solver(&path)?;
        let Some((package, version)) = solver.inspection().name.clone() else {
            let what = format!("{}: expected a solver that states its name and version, found none", path.display());
            return Err(Error::refused(what).hint("its custom section `headlock-solver` says `NAMESPACE:NAME VERSION`"));
        };
        // Its content is the file that was looked into: one that changes meanwhile is refused.
        let content = Some(solver.sha256());
        let request = ReleaseRequest { package, version, content, ..ReleaseRequest::default() };
        let key = self.writer.key(place)?;
        let published =
            self.writer.open(place, &key)?.publish(&request, Some(&path)).map_err(|error| match error.hint_text() {
                Some(_) => error,
                None => error.hint("what was published stays: another component is another version"),
            })?;
        let Published { place: record, content, head } = published;
        output.results(&[
            format!("published the solver {} {}: record {record}, sha256 {content}", request.package, request.version),
            key.head_line(&head),
        ])
    }
}
