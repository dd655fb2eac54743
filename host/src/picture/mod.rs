//! Pictures of a lock: its releases, or its registries, and who needs whom; as SVG, or as text for graphviz.
//!
//! ```text
//! lock ─► sketch (nodes, who needs whom) ─► drawn (which edges) ─► layers ─► layout (integers) ─► svg
//!                                                              └─► dot
//! ```
//!
//! Each step is a pure function, and all coordinates are whole numbers: one lock has one picture, on every machine.
//! Nothing is read but the lock, and nothing of it is believed: names are escaped, and what a picture may hold is limited.

mod dot;
mod layers;
mod layout;
mod reduce;
mod sketch;
mod svg;

#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::lock::Lock;

pub use sketch::{Edge, Mark, Node, Sketch, Tie};

/// Most releases or registries in a picture.
pub const MAX_NODES: usize = 10_000;

/// Most edges in a picture.
pub const MAX_EDGES: usize = 200_000;

/// Most places in a layout: nodes, and bends of the edges that pass layers.
pub const MAX_PLACES: usize = 400_000;

/// Largest picture, in bytes.
pub const MAX_PICTURE: usize = 64 << 20;

/// Of what a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Releases and what they need.
    Packages,
    /// Logs, their heads, and which releases need those of others.
    Registries,
}

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a browser.
    Svg,
    /// For graphviz.
    Dot,
}

/// Which edges are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// All.
    All,
    /// Only those that no longer way implies.
    Reduced,
}

/// The lines of a picture of a lock.
///
/// # Errors
/// Malformed: the lock depends on what it does not hold. Could not check: the picture would be too large.
pub fn draw(lock: &Lock, subject: Subject, edges: Edges, format: Format) -> Result<Vec<String>> {
    let mut sketch = match subject {
        Subject::Packages => Sketch::of_packages(lock)?,
        Subject::Registries => Sketch::of_registries(lock)?,
    };
    let count = sketch.nodes.iter().map(|node| node.edges.len()).sum();
    limit("nodes", sketch.nodes.len(), MAX_NODES)?;
    limit("edges", count, MAX_EDGES)?;
    if edges == Edges::Reduced {
        reduce::reduce(&mut sketch);
    }
    let lines = match format {
        Format::Dot => dot::format(&sketch),
        Format::Svg => {
            let layers = layers::Layers::of(&sketch)?;
            svg::format(&sketch, &layout::Layout::of(&sketch, layers))?
        }
    };
    limit("bytes", lines.iter().map(|line| line.len() + 1).sum(), MAX_PICTURE)?;
    Ok(lines)
}

/// So much is drawn and no more.
fn limit(what: &str, found: usize, most: usize) -> Result<()> {
    match found > most {
        true => Err(Error::could_not_check(format!("the picture would have {found} {what}, more than {most}"))
            .hint("`headlock tree` shows a part of a lock")),
        false => Ok(()),
    }
}
