//! Dependencies' licences: everything that this project builds with, on any machine, is under terms on a short list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Terms that a dependency may be under. The one with conditions on changed files is `MPL-2.0`: its crates are used as
/// they are published.
const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Zlib",
];

/// Reads the licence of every dependency for every target from cargo and refuses those that [`ALLOWED`] does not cover.
pub(crate) fn check(root: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        ["tree", "--locked", "--workspace", "--all-features", "--target", "all", "--edges", "normal,build,dev"];
    let shape = ["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"];
    let output = Command::new(cargo).args(arguments).args(shape).current_dir(root).output().context("cargo tree")?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr).trim());
    let listing = String::from_utf8(output.stdout)?;
    let lines: BTreeSet<&str> = listing.lines().filter(|line| !line.is_empty()).collect();
    ensure!(!lines.is_empty(), "cargo tree lists no package");

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for line in lines {
        let (package, licence) = line.split_once('|').with_context(|| format!("cargo tree: no licence in {line:?}"))?;
        match is_allowed(licence) {
            Ok(true) => *counts.entry(licence).or_default() += 1,
            Ok(false) => refused.push(format!("{package}: {licence}")),
            Err(why) => refused.push(format!("{package}: {licence:?}: {why}")),
        }
    }
    if !refused.is_empty() {
        bail!("expected licences from the list in xtask/src/licences.rs, found\n  {}", refused.join("\n  "));
    }
    for (licence, count) in counts {
        println!("{count:4}  {licence}");
    }
    Ok(())
}

/// Whether an SPDX expression can be met by allowed terms alone. `/` is what old manifests write for `OR`.
fn is_allowed(expression: &str) -> Result<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    // Shunting-yard: `AND` binds tighter than `OR`.
    let (mut values, mut operators): (Vec<bool>, Vec<&str>) = (Vec::new(), Vec::new());
    let reduce = |values: &mut Vec<bool>, operator: &str| -> Result<()> {
        let (right, left) = (values.pop().context("a term is missing")?, values.pop().context("a term is missing")?);
        values.push(if operator == "AND" { left && right } else { left || right });
        Ok(())
    };
    while let Some(word) = words.next() {
        match word {
            "(" => operators.push(word),
            ")" => loop {
                match operators.pop().context("a `)` without its `(`")? {
                    "(" => break,
                    operator => reduce(&mut values, operator)?,
                }
            },
            "AND" | "OR" => {
                while operators.last().is_some_and(|last| *last == "AND" || *last == word) {
                    let operator = operators.pop().context("an operator")?;
                    reduce(&mut values, operator)?;
                }
                operators.push(word);
            }
            term => {
                let mut term = term.to_owned();
                if words.next_if_eq(&"WITH").is_some() {
                    term = format!("{term} WITH {}", words.next().context("nothing after WITH")?);
                }
                values.push(ALLOWED.contains(&term.as_str()));
            }
        }
    }
    while let Some(operator) = operators.pop() {
        ensure!(operator != "(", "a `(` without its `)`");
        reduce(&mut values, operator)?;
    }
    match values[..] {
        [value] => Ok(value),
        _ => bail!("expected one licence expression"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::is_allowed;

    #[test]
    fn an_alternative_is_enough_and_a_conjunction_needs_all() -> Result<()> {
        for expression in [
            "MIT",
            "MIT/Apache-2.0",
            "Unlicense OR MIT",
            "LGPL-3.0-or-later OR MPL-2.0",
            "(MIT OR GPL-2.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
            "GPL-2.0-only AND MIT OR ISC",
        ] {
            assert!(is_allowed(expression)?, "{expression}");
        }
        for expression in [
            "GPL-3.0-only",
            "MIT AND GPL-2.0-only",
            "(MIT OR ISC) AND GPL-2.0-only",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "MIT AND (GPL-2.0-only OR LGPL-2.1-only)",
        ] {
            assert!(!is_allowed(expression)?, "{expression}");
        }
        Ok(())
    }

    #[test]
    fn what_is_no_expression_is_no_licence() {
        for (expression, message) in [
            ("", "expected one licence expression"),
            ("MIT Apache-2.0", "expected one licence expression"),
            ("MIT OR", "a term is missing"),
            ("(MIT", "a `(` without its `)`"),
            ("MIT)", "a `)` without its `(`"),
            ("Apache-2.0 WITH", "nothing after WITH"),
        ] {
            assert_eq!(is_allowed(expression).expect_err("refused").to_string(), message, "{expression}");
        }
    }
}
