//! The text of a claim alone: what a lock would be derived from, where there is no lock because there is no answer.
//!
//! It is a lock without the sections that follow from the claim, so [`Lock::parse_claim`] reads it, and `lock --restore` tries
//! again what it says. It has one encoding, like a lock.

use std::path::Path;

use headlock_log::digest::Digest;

use super::parse::{self, Form};
use super::{Claim, Cosignature, Derived, Lock};
use crate::error::Result;
use crate::inputs::Inputs;

/// A claim's usual name, where it stands alone.
pub const CLAIM: &str = "headlock.claim";

const PREAMBLE: &str = "\
# Written by headlock: there is no answer to these inputs at these heads, so this is no lock.
# Copied to headlock.lock, it is tried again by `headlock lock --restore`.
";

/// The sections of a lock that follow from its claim and that are there even if there is nothing in them.
const FOLLOWING: [&str; 2] = ["[problem]", "[outcome]"];

impl Claim {
    /// The claim's text, with the cosignatures of its heads.
    pub fn format(&self, cosignatures: &[Cosignature]) -> String {
        let text = self.beside(cosignatures).format();
        let sections = sections(&text);
        let kept = sections.iter().filter(|section| !FOLLOWING.contains(&header(section)));
        let text: String = kept.copied().collect();
        // The comments of a lock say that it is one.
        let lines = text.split_inclusive('\n').skip_while(|line| line.starts_with('#'));
        std::iter::once(PREAMBLE).chain(lines).collect()
    }

    /// Reads a claim that stands alone, as [`Claim::format`] writes it; `path` is for messages.
    ///
    /// # Errors
    /// Malformed, as [`Lock::parse`]: among others a lock.
    pub fn parse(path: &Path, text: &str) -> Result<(Claim, Vec<Cosignature>)> {
        let (claim, cosignatures) = Lock::parse_claim(path, text)?;
        parse::in_order(path, &cosignatures)?;
        parse::canonical(path, Form::Claim, text, &claim.format(&cosignatures))?;
        Ok((claim, cosignatures))
    }

    /// A lock of nothing but the claim.
    fn beside(&self, cosignatures: &[Cosignature]) -> Lock {
        let nothing = Digest::of(b"");
        let (logs, roots, consulted, packages) = Default::default();
        let derived = Derived { logs, problem: nothing, outcome: nothing, roots, consulted, packages };
        Lock { claim: self.clone(), derived, cosignatures: cosignatures.to_owned() }
    }
}

impl Inputs {
    /// The sha256 of the inputs as a lock writes them: all lines from `[inputs]` to before the empty line above `[problem]`.
    pub fn digest(&self) -> Digest {
        let solver = super::SolverId {
            name: None,
            version: None,
            world: String::new(),
            sha256: Digest::of(b""),
            imports: Vec::new(),
            published: None,
        };
        let claim = Claim { solver, inputs: self.clone(), logs: Vec::new() };
        let text = claim.beside(&[]).format();
        let sections = sections(&text);
        let is_inputs = |section: &&&str| header(section) == "[inputs]" || header(section).starts_with("[[inputs.");
        let inputs: String = sections.iter().filter(is_inputs).copied().collect();
        Digest::of(format!("{}\n", inputs.trim_end_matches('\n')).as_bytes())
    }
}

/// The text cut before each line that begins a section; no other line of a lock begins with a bracket that opens.
fn sections(text: &str) -> Vec<&str> {
    let mut begins: Vec<usize> = text.match_indices("\n[").map(|(at, _)| at + 1).collect();
    begins.insert(0, 0);
    let ends = begins.iter().skip(1).copied().chain([text.len()]);
    begins.iter().zip(ends).map(|(&begin, end)| &text[begin..end]).collect()
}

/// A section's first line.
fn header(section: &str) -> &str {
    section.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::lock::{LOCK, PinnedLog, SolverId};

    fn claim() -> Claim {
        let solver = SolverId {
            name: None,
            version: None,
            world: "w".to_owned(),
            sha256: Digest::of(b"solver"),
            imports: Vec::new(),
            published: None,
        };
        let input = Input {
            registry: "registry.example".to_owned(),
            name: "my:app".to_owned(),
            requirement: "^1".to_owned(),
            content: None,
            features: vec!["a".to_owned()],
        };
        let inputs = Inputs { budget: 7, dependencies: vec![input], ..Inputs::default() };
        let [origin, root, signature] = ["registry.example", "AAAA", "— registry.example AAAA"].map(str::to_owned);
        Claim { solver, inputs, logs: vec![PinnedLog { origin, size: 1, root, signature }] }
    }

    #[test]
    fn a_claim_is_a_lock_without_what_follows() {
        let claim = claim();
        let cosignature = Cosignature { origin: "registry.example".to_owned(), line: "— w.example AAAA".to_owned() };
        let text = claim.format(std::slice::from_ref(&cosignature));
        let expected = format!(
            "{PREAMBLE}format = 1\n\n[solver]\nworld = \"w\"\nsha256 = \"{}\"\n\n[inputs]\nbudget = 7\n\n[[inputs.dependency]]\n\
             registry = \"registry.example\"\nname = \"my:app\"\nrequirement = \"^1\"\nfeatures = [\n    \"a\",\n]\n\n[[log]]\n\
             origin = \"registry.example\"\nsize = 1\nroot = \"AAAA\"\nsignature = \"— registry.example AAAA\"\n\n[[cosignature]]\n\
             origin = \"registry.example\"\nline = \"— w.example AAAA\"\n",
            Digest::of(b"solver")
        );
        assert_eq!(text, expected);
        let read = Claim::parse(Path::new(CLAIM), &text).expect("a claim");
        assert_eq!(read, (claim.clone(), vec![cosignature.clone()]));
        let (one, two) = (cosignature.clone(), Cosignature { line: "— x.example AAAA".to_owned(), ..cosignature });
        let claim_with = |held: &[&Cosignature]| claim.format(&held.iter().copied().cloned().collect::<Vec<_>>());
        assert!(Claim::parse(Path::new(CLAIM), &claim_with(&[&one, &two])).is_ok());
        for wrong in [[&two, &one], [&one, &one]] {
            let refused = Claim::parse(Path::new(CLAIM), &claim_with(&wrong)).expect_err("one encoding");
            assert!(refused.to_string().ends_with("the cosignatures are not in order, or one stands twice"));
        }
        let lock = claim.beside(&[]).format();
        assert!(Claim::parse(Path::new(LOCK), &lock).is_err(), "a lock is no claim");
        assert!(Lock::parse(Path::new(CLAIM), &text).is_err(), "a claim is no lock");
    }

    #[test]
    fn the_digest_of_inputs_is_of_the_lines_in_a_lock() {
        let claim = claim();
        let lock = claim.beside(&[]).format();
        let begin = lock.find("[inputs]").expect("a section");
        let end = lock.find("\n[problem]").expect("a section");
        assert_eq!(claim.inputs.digest(), Digest::of(&lock.as_bytes()[begin..end]));
        assert!(lock[begin..end].ends_with("]\n"));
    }
}
