//! Verdicts and failures in words, and how text from anywhere is made safe to show. The command prints these lines; whoever
//! embeds the library can show the same.

mod solver;

use std::error::Error as StdError;
use std::path::Path;

use crate::error::Error;
use crate::graph::{Basis, Unusable};
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::trust::{AcceptedHead, Trust, TrustSource};
use crate::verify::Verified;

/// Longest line of a failure, in characters: what is repeated from a file can be as long as the file.
const MAX_LINE: usize = 4096;

/// What a verdict tells beside what was verified.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Whom the verifier believes.
    pub trust: &'a Trust,
    /// What ran the solver.
    pub engine: &'a str,
    /// The bundle that all was taken from, and how many files it holds.
    pub bundle: Option<(&'a Path, usize)>,
    /// The manifest beside the lock.
    pub manifest: Option<&'a Manifest>,
}

/// What a lock that verifies was held against, a line each. Text from anywhere is in them as it is: see [`escape`].
pub fn verdict(lock: &Lock, verified: &Verified, beside: &Beside<'_>) -> Vec<String> {
    let Verified { graph, behind, judged, .. } = verified;
    let mut verdict = vec![
        format!("verified: {}", verified_releases(lock)),
        format!("  trust: {}", beside.trust.describe()),
        format!(
            "  solver: {} sha256 {}, {}",
            lock.claim.solver.describe(),
            lock.claim.solver.sha256,
            judged.accepted.describe()
        ),
    ];
    verdict.extend(solver::lines(judged, &lock.claim.solver.sha256));
    verdict.push(format!("  engine: {}", beside.engine));
    for (log, behind) in graph.logs.iter().zip(behind) {
        let age = match behind {
            Some(0) if judged.newest_seen(&log.accepted.head().origin).is_some() => "no newer head is known".to_owned(),
            Some(0) => "no newer head is known to this host (none was asked for)".to_owned(),
            Some(records) => format!("{records} records behind the newest head known to this host"),
            None => "not compared with the head known to this host, for which a bundle has no proof".to_owned(),
        };
        let head = log.accepted.head();
        let basis = basis(&log.basis, &log.accepted);
        let vouched = log.vouched_by.as_ref().map(|by| format!(", its keys by the word of {by}")).unwrap_or_default();
        verdict.push(format!("  log: {} at {} records, {basis}{vouched}; {age}", head.origin, head.size));
    }
    for Unusable { dependent, dependency, why } in &graph.unusable {
        verdict.push(format!("  without: {dependency} as a peer of {dependent}: {why}"));
    }
    verdict.extend(lock.claim.inputs.overrides.iter().map(|replaced| format!("  override: {replaced}")));
    if !lock.claim.inputs.preferences.is_empty() {
        let preferred = lock.claim.inputs.preferences.len();
        let (releases, rank) = match preferred {
            1 => ("release", "ranks"),
            _ => ("releases", "rank"),
        };
        verdict.push(format!(
            "  preferences: {preferred} {releases} that the lock states {rank} above others, which may be newer"
        ));
    }
    if let Some((path, files)) = beside.bundle {
        verdict.push(format!(
            "  bundle: {}, {files} {}, no other read",
            path.display(),
            plural(files, "file", "files")
        ));
    }
    verdict.push(match beside.manifest {
        Some(manifest) => {
            let missing: Vec<String> = manifest
                .missing()
                .map(|file| format!("; {} is not there and was not compared", file.path.display()))
                .collect();
            format!("  manifest: {} asks for the same{}", manifest.path.display(), missing.concat())
        }
        None => "  manifest: none beside the lock".to_owned(),
    });
    verdict
}

/// The same in one line: how much was verified, and whose word it rests on.
pub fn short_verdict(lock: &Lock, trust: &Trust) -> String {
    let path = trust.path.display();
    let under = match trust.source {
        TrustSource::Given => format!("{path}, given by --trust"),
        TrustSource::Beside => format!("the trust file found beside the lock, {path}"),
    };
    format!("verified: {}, under {under}", verified_releases(lock))
}

fn verified_releases(lock: &Lock) -> String {
    let releases = lock.derived.packages.len();
    format!("{releases} {}{}", plural(releases, "release", "releases"), lock.claim.inputs.with_what_is_stated())
}

/// Why a head is accepted.
fn basis(basis: &Basis, accepted: &AcceptedHead) -> String {
    let cosigned = match accepted.cosigners() {
        [] => String::new(),
        some => format!(", cosigned by {}", some.join(", ")),
    };
    let basis = match basis {
        Basis::Pinned => format!("pinned{cosigned}"),
        Basis::Derived { from, record } => format!("derived from record {record} of {from}"),
    };
    let retired = accepted.successor().map(|newer| {
        format!(" under a retired key, as a beginning of the accepted head with {} records", newer.head().size)
    });
    format!("{basis}{}", retired.unwrap_or_default())
}

/// What a failure says, line by line, each safe to show: the sentence, what it lists, what led to it, and what to do.
pub fn failure(error: &Error) -> Vec<String> {
    let mut lines = vec![format!("error: {}", error.message())];
    lines.extend(error.listed().iter().cloned());
    lines.extend(causes(error).into_iter().map(|cause| format!("  because: {cause}")));
    lines.extend(error.hint_text().map(|hint| format!("  hint: {hint}")));
    lines.iter().map(|line| shown(line)).collect()
}

/// What led to a failure, in words, the nearest first. Text from anywhere is in them as it is.
pub fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut source = error.source();
    let mut said = error.to_string();
    while let Some(cause) = source {
        // Errors that only pass on what is below them say the same again.
        if cause.to_string() != said {
            said = cause.to_string();
            causes.push(said.clone());
        }
        source = cause.source();
    }
    causes
}

/// A line cut where it is too long, with its characters as they are.
pub fn cut(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}… and {} more characters", &line[..end], line[end..].chars().count()),
    }
}

/// A line as it is shown: cut where it is too long, and escaped.
pub fn shown(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE) {
        None => escape(line),
        Some((end, _)) => format!("{}… and {} more characters", escape(&line[..end]), line[end..].chars().count()),
    }
}

/// The word for so many.
pub(crate) fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// So many of a thing whose plural has an s.
pub(crate) fn count(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Makes text from anywhere one line that is safe for a terminal: control characters, line feeds among them, and marks
/// that reorder or hide text are written as `\u{…}`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            hidden if hidden.is_control() || is_hidden(hidden) => escaped.extend(hidden.escape_unicode()),
            shown => escaped.push(shown),
        }
    }
    escaped
}

/// Bidi controls, zero-width and other invisible format characters, line separators, tags.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn control_characters_and_hidden_marks_are_escaped() {
        let cases = [
            ("plain text — with é", "plain text — with é"),
            ("one\ntwo", "one\\u{a}two"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\rb\tc", "a\\u{d}b\\u{9}c"),
            ("\u{202e}drawkcab", "\\u{202e}drawkcab"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }
}
