//! The heads that a new lock pins, and whom that means to trust.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::SystemTime;

use headlock_log::checkpoint::Checkpoint;

use super::output::Output;
use crate::error::{Error, Result};
use crate::graph::{Mention, PinHeads, Vouched};
use crate::lock::{Cosignature, Lock};
use crate::manifest::lines_to_forbid;
use crate::pages::newest_checkpoint;
use crate::rotated;
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};

/// Heads that the lock pins already stay, if they are to; others are the newest that are served.
pub(super) struct Pins<'a> {
    access: &'a Access,
    old: Option<&'a Lock>,
    stay: bool,
    consent: Consent,
    output: Output,
}

/// Who says whether a log is to be trusted on another's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// Whoever is asked.
    Asked,
    /// Somebody has said yes.
    Given,
    /// Nobody: no lock is written.
    NotNeeded,
}

impl Consent {
    /// By an option `--yes`.
    pub(super) fn by(yes: bool) -> Consent {
        if yes { Consent::Given } else { Consent::Asked }
    }
}

impl<'a> Pins<'a> {
    pub(super) fn new(access: &'a Access, old: Option<&'a Lock>, consent: Consent, output: Output) -> Pins<'a> {
        Pins { access, old, stay: true, consent, output }
    }

    /// All heads are the newest that are served, whatever the lock pins.
    pub(super) fn newest(access: &'a Access, old: &'a Lock, consent: Consent, output: Output) -> Pins<'a> {
        Pins { access, old: Some(old), stay: false, consent, output }
    }

    /// Whether the lock has a head of the log that one of these keys has signed: then somebody has said yes to it before. A
    /// name alone, or a head under another key, says nothing.
    fn has(&self, Vouched { origin, keys, .. }: &Vouched) -> bool {
        let Some(old) = self.old else { return false };
        let mut held = old.logs().filter(|log| log.origin == *origin);
        held.any(|log| Checkpoint::verify_any(log.checkpoint().as_bytes(), keys).is_ok())
    }
}

impl PinHeads for Pins<'_> {
    fn pin(&mut self, trust: &Trust, origin: &str, _: &[Mention]) -> Result<(AcceptedHead, Vec<Cosignature>)> {
        let pinned = self.old.iter().filter(|_| self.stay).find_map(|old| {
            let log = old.claim.logs.iter().find(|log| log.origin == origin)?;
            Some((log, old.cosignatures.iter().filter(|held| held.origin == origin).cloned().collect::<Vec<_>>()))
        });
        if let Some((log, held)) = pinned {
            return Ok((rotated::accept(self.access, trust, log, &held)?, held));
        }
        let bytes = newest_checkpoint(self.access, trust, origin)?;
        let (head, cosignatures) = trust.accept_checkpoint(origin, &bytes)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        trust.judge_age(&head, now)?;
        if self.stay {
            self.output.note(&format!("pinned {origin} at {} records", head.head().size));
        }
        Ok((head, cosignatures))
    }

    /// A lock that has derived such a head goes on from there; otherwise the newest is pinned.
    fn takes_retired(&self, origin: &str) -> bool {
        self.old.is_some_and(|old| old.derived.logs.iter().any(|held| held.log.origin == origin))
    }

    fn consent(&mut self, vouched: &[Vouched]) -> Result<()> {
        let new: Vec<&Vouched> = vouched.iter().filter(|vouched| !self.has(vouched)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let is = if self.consent == Consent::Given { "newly trusted" } else { "would newly trust" };
        for Vouched { origin, keys, through, .. } in &new {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            self.output.note(&format!("{is}: {origin}, through {}, with {}", through.join(", "), keys.join(", ")));
        }
        match self.consent {
            Consent::Asked if !ask(self.output) => {}
            Consent::Asked | Consent::Given => return Ok(()),
            Consent::NotNeeded => {
                self.output.note("without --dry-run, that is asked about, or wants `--yes`");
                return Ok(());
            }
        }
        let origins: Vec<&str> = new.iter().map(|vouched| vouched.origin.as_str()).collect();
        Err(Error::refused(format!("{} would be newly trusted, and nobody has said yes", origins.join(", ")))
            .list(lines_to_forbid(&origins))
            .hint("`--yes` says yes to them; without `vouching` in the trust file each wants a line of its own in the policy"))
    }
}

/// Asks whoever sits at the terminal, if anyone does.
fn ask(output: Output) -> bool {
    let (input, mut stderr) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !stderr.is_terminal() {
        return false;
    }
    output.note("trust them? Type yes to go on.");
    let _ = stderr.flush();
    let mut line = String::new();
    input.lock().read_line(&mut line).is_ok() && matches!(line.trim(), "yes" | "y")
}
