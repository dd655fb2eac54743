//! One bundle, verified wherever it can be: the command's engines, the page, and a verifier of another hand.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::report::{Section, milliseconds, ratio};

/// What verifies and measures, and the page that it measures, from the repository's folder.
const MEASURES: &str = "web/tests/measure.mjs";
const PAGE: &str = "web/dist/index.html";

pub(crate) fn compared(headlock: &Path) -> Result<Section> {
    ensure!(Path::new(PAGE).exists(), "expected the page at {PAGE}; `cargo xtask page` makes it");
    let output = Command::new("node").arg(MEASURES).env("HEADLOCK", headlock).output().context("node")?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{MEASURES}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let measured = said.lines().map(row).collect::<Result<Vec<_>>>()?;
    let (_, _, own) = *measured.first().with_context(|| format!("{MEASURES} measured nothing"))?;
    let row = |&(name, first, then): &(&str, f64, f64)| {
        vec![name.to_owned(), milliseconds(first), milliseconds(then), ratio(then / own)]
    };
    Ok(Section {
        title: "One bundle, verified everywhere",
        about: "The page's good sample (examples/crates: 67 releases, proven by 203 files), from files to verdict, proofs and \
                comparison included. *First*: nothing is compiled or kept from before. *Then*: the median of seven more; the \
                command finds the solver compiled in its cache, the page and node compile verifier and solver each time."
            .to_owned(),
        columns: ["verifier", "first", "then", "then / the command"].map(str::to_owned).to_vec(),
        rows: measured.iter().map(row).collect(),
        notes: vec!["The verifier in Python hands over each value as a Python object, and is run once more only.".to_owned()],
    })
}

/// `NAME TAB FIRST TAB THEN`, in milliseconds.
fn row(line: &str) -> Result<(&str, f64, f64)> {
    let mut parts = line.split('\t');
    let (Some(name), Some(first), Some(then), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        anyhow::bail!("expected a name and two times, found {line:?}")
    };
    Ok((name, first.parse::<f64>()? / 1000.0, then.parse::<f64>()? / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_name_and_two_times() {
        assert!(row("the page\t1500\t250").is_ok_and(|found| found == ("the page", 1.5, 0.25)));
        for wrong in ["the page\t1500", "the page\t1500\t250\t1", "the page\tx\t250", ""] {
            assert!(row(wrong).is_err(), "{wrong:?}");
        }
    }
}
