//! The lock's one encoding.

use std::fmt::Write;

use super::{FORMAT, Lock, PublishedSolver};
use crate::inputs::{Input, Local, Override, Replacement};
use crate::maintainers::Maintainers;

const PREAMBLE: &str = "\
# Written by headlock, and verified by deriving it again: `headlock verify`.
# Editing it by hand makes it a false statement.
";

impl Lock {
    /// The lock's text. Every list in it has one order, every value one form.
    pub fn format(&self) -> String {
        let mut text = String::from(PREAMBLE);
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let claim = &self.claim;
        let derived = &self.derived;
        writeln!(out, "format = {FORMAT}")?;

        writeln!(out, "\n[solver]")?;
        for (key, value) in [("name", &claim.solver.name), ("version", &claim.solver.version)] {
            if let Some(value) = value {
                writeln!(out, "{key} = {}", quoted(value))?;
            }
        }
        writeln!(out, "world = {}", quoted(&claim.solver.world))?;
        writeln!(out, "sha256 = \"{}\"", claim.solver.sha256)?;
        list(out, "imports", claim.solver.imports.iter().map(String::as_str))?;
        if let Some(PublishedSolver { origin, size, root, signature, record }) = &claim.solver.published {
            writeln!(out, "\n[solver.published]\norigin = {}", quoted(origin))?;
            writeln!(out, "size = {size}\nroot = {}", quoted(root))?;
            writeln!(out, "signature = {}\nrecord = {record}", quoted(signature))?;
        }

        writeln!(out, "\n[inputs]\nbudget = {}", claim.inputs.budget)?;
        let preferences: Vec<String> = claim.inputs.preferences.iter().map(ToString::to_string).collect();
        list(out, "preferences", preferences.iter().map(String::as_str))?;
        for input in &claim.inputs.dependencies {
            dependency(out, "inputs.dependency", input)?;
        }
        for edge in &claim.inputs.forbidden {
            writeln!(out, "\n[[inputs.forbidden]]")?;
            if let Some(dependent) = &edge.dependent {
                writeln!(out, "dependent = {}", quoted(dependent))?;
            }
            writeln!(out, "dependency = {}", quoted(&edge.dependency))?;
        }
        for replaced in &claim.inputs.overrides {
            write_override(out, replaced)?;
        }

        writeln!(out, "\n[problem]\nsha256 = \"{}\"", derived.problem)?;
        writeln!(out, "\n[outcome]\nsha256 = \"{}\"", derived.outcome)?;
        list(out, "dependencies", derived.roots.iter().map(|target| target.0.as_str()))?;

        let pinned = claim.logs.iter().map(|log| (log, None));
        let mut logs: Vec<_> = pinned.chain(derived.logs.iter().map(|log| (&log.log, Some(&log.from)))).collect();
        logs.sort_by(|(a, _), (b, _)| a.origin.cmp(&b.origin));
        for (log, from) in logs {
            writeln!(out, "\n[[log]]\norigin = {}", quoted(&log.origin))?;
            writeln!(out, "size = {}\nroot = {}", log.size, quoted(&log.root))?;
            writeln!(out, "signature = {}", quoted(&log.signature))?;
            if let Some(from) = from {
                writeln!(out, "derived = {}", quoted(from))?;
            }
        }
        for consulted in &derived.consulted {
            writeln!(out, "\n[[consulted]]\nregistry = {}", quoted(&consulted.registry))?;
            list(out, "names", consulted.names.iter().map(String::as_str))?;
        }
        for package in &derived.packages {
            writeln!(out, "\n[[package]]")?;
            writeln!(out, "registry = {}", quoted(&package.registry))?;
            writeln!(out, "name = {}", quoted(&package.name))?;
            writeln!(out, "version = {}", quoted(&package.version))?;
            writeln!(out, "sha256 = \"{}\"", package.sha256)?;
            if let Some(record) = package.record {
                writeln!(out, "record = {record}")?;
            }
            let maintainers = package.maintainers.as_ref().map(Maintainers::texts).unwrap_or_default();
            list(out, "maintainers", maintainers.iter().map(String::as_str))?;
            list(out, "features", package.features.iter().map(String::as_str))?;
            list(out, "dependencies", package.dependencies.iter().map(|target| target.0.as_str()))?;
        }
        for cosignature in &self.cosignatures {
            writeln!(out, "\n[[cosignature]]")?;
            writeln!(out, "origin = {}\nline = {}", quoted(&cosignature.origin), quoted(&cosignature.line))?;
        }
        Ok(())
    }
}

fn dependency(out: &mut String, table: &str, input: &Input) -> std::fmt::Result {
    writeln!(out, "\n[[{table}]]")?;
    writeln!(out, "registry = {}", quoted(&input.registry))?;
    writeln!(out, "name = {}", quoted(&input.name))?;
    writeln!(out, "requirement = {}", quoted(&input.requirement))?;
    if let Some(content) = &input.content {
        writeln!(out, "sha256 = \"{content}\"")?;
    }
    list(out, "features", input.features.iter().map(String::as_str))
}

fn write_override(out: &mut String, replaced: &Override) -> std::fmt::Result {
    let Override { registry, name, by } = replaced;
    writeln!(out, "\n[[inputs.override]]\nregistry = {}\nname = {}", quoted(registry), quoted(name))?;
    match by {
        Replacement::Package { registry, name } => {
            writeln!(out, "by-registry = {}\nby-name = {}", quoted(registry), quoted(name))
        }
        Replacement::Local(Local { version, content, features, dependencies }) => {
            writeln!(out, "version = {}\nsha256 = \"{content}\"", quoted(version))?;
            list(out, "features", features.iter().map(String::as_str))?;
            dependencies.iter().try_for_each(|input| dependency(out, "inputs.override.dependency", input))
        }
    }
}

/// A list, an entry a line, so that differences read well; nothing where it is empty.
fn list<'a>(out: &mut String, key: &str, entries: impl Iterator<Item = &'a str>) -> std::fmt::Result {
    let mut entries = entries.peekable();
    if entries.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "{key} = [")?;
    for entry in entries {
        writeln!(out, "    {},", quoted(entry))?;
    }
    writeln!(out, "]")
}

/// A TOML basic string. The values of a lock hold no control characters: their own checks refuse them.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}
