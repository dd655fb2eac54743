//! `headlock graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::Output;
use super::session::Place;
use crate::error::{Error, Result};
use crate::files;
use crate::picture::{self, Edges, Subject};

/// Draws what the lock holds: its releases, and which need which. Nothing is verified.
///
/// The picture is one SVG file without scripts, or text for graphviz. What a release needs stands to the right of it; an edge
/// that a longer way implies is left out.
#[derive(Args, Debug)]
pub(super) struct Graph {
    /// How it is written [default: as the name of --output ends, else svg]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Where to write it, instead of to stdout, which `-` is, too
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Draw the registries: the logs, their heads, and whose releases need those of whom
    #[arg(long)]
    registries: bool,
    /// Draw every edge
    #[arg(long)]
    all_edges: bool,
}

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a browser
    Svg,
    /// For graphviz
    Dot,
}

impl Graph {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.shown_lock(output)?;
        let subject = if self.registries { Subject::Registries } else { Subject::Packages };
        // Few registries are many ties, each of which says something.
        let edges = if self.all_edges || self.registries { Edges::All } else { Edges::Reduced };
        let (format, start, what) = match self.format()? {
            Format::Svg => (picture::Format::Svg, "<svg", "picture as SVG"),
            Format::Dot => (picture::Format::Dot, "// ", "graph for graphviz"),
        };
        let lines = picture::draw(&lock, subject, edges, format)?;
        let Some(path) = self.output.as_ref().filter(|path| path.as_os_str() != "-") else {
            return output.results(&lines);
        };
        let path = place.path(path);
        files::refuse_other(&path, start.as_bytes(), what)?;
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        files::replace(&path, text.as_bytes())?;
        output.result(&format!("wrote {}: {} bytes", path.display(), text.len()))
    }

    fn format(&self) -> Result<Format> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        match self.output.as_ref().and_then(|path| path.extension()).and_then(|end| end.to_str()) {
            Some("dot" | "gv") => Ok(Format::Dot),
            Some(other @ ("png" | "jpg" | "jpeg" | "pdf")) => {
                Err(Error::malformed(format!("expected a picture as svg or dot, found .{other}"))
                    .hint("graphviz makes others: `headlock graph --format dot | dot -Tpng -o FILE`"))
            }
            _ => Ok(Format::Svg),
        }
    }
}
