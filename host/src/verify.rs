//! Verifying a lock: its heads and its solver are held against what the verifier believes, all the rest is derived again
//! from its claim, and the bytes are compared.
//!
//! Nothing here prints, and nothing is remembered: whoever asks decides what a verdict is good for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use headlock_log::digest::Digest;
use headlock_log::name::in_ascii;
use headlock_log::note::VerifierKey;

use crate::component::Solver;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{self, Graph, Mention, PinHeads, Vouched};
use crate::heads::{Memory, Standing};
use crate::inputs::Inputs;
use crate::lock::{Claim, Cosignature, Derived, Lock, PinnedLog, SolverId, compare};
use crate::manifest::Manifest;
use crate::pages::Pages;
use crate::rotated;
use crate::solvers::{Judged, Judging, Place, refuse_unknown};
use crate::sources::Access;
use crate::trust::{AcceptedHead, Trust};
use crate::world::World;

/// Most differences that a failed verification lists.
const MAX_DIFFERENCES: usize = 20;

/// A lock to be verified, and what the verifier brings.
#[derive(Clone, Copy, Debug)]
pub struct Verification<'a> {
    /// Where the lock was read from, for messages.
    pub path: &'a Path,
    /// The lock.
    pub lock: &'a Lock,
    /// The manifest beside it, if there is one: it must ask for the same.
    pub manifest: Option<&'a Manifest>,
    /// Whom the verifier believes.
    pub trust: &'a Trust,
    /// How registries are reached.
    pub access: &'a Access,
    /// The heads that this host remembers, which can only refuse.
    pub memory: Option<&'a Memory>,
    /// The newest heads of solvers' registries that it has seen, which can only refuse, too.
    pub seen: Option<&'a Memory>,
    /// The solvers that whoever verifies accepts by their sha256, beside those of the trust file.
    pub accept: &'a [Digest],
}

/// What a verdict rests on.
#[derive(Debug)]
pub struct Verified {
    /// The logs, in the order of the lock, and their heads.
    pub graph: Graph,
    /// The trust file, with what logs vouch for.
    pub trust: Trust,
    /// How many records each is behind the newest head that this host remembers, or has looked at for the solver; nothing where the two cannot be compared,
    /// because everything was taken from a bundle.
    pub behind: Vec<Option<u64>>,
    /// The component that has run.
    pub solver: Solver,
    /// Who accepts it, and where it was published.
    pub judged: Judged,
}

impl Verification<'_> {
    /// Verifies. `component` gives the one that the lock names, which is accepted by then, and may be had at these places;
    /// `derive` runs it.
    ///
    /// # Errors
    /// The answer is no: the lock is not what its claim leads to, or a proof failed. Not current: a manifest that asks
    /// for something else. Refused: a head or a solver that is not accepted. Could not check: what the sources or the
    /// solver say.
    pub fn verify(
        &self,
        component: impl FnOnce(&SolverId, &[Place]) -> Result<Solver>,
        derive: impl FnOnce(&Solver, &Inputs, &Graph, &mut Pages) -> Result<Derived>,
    ) -> Result<Verified> {
        let Verification { lock, .. } = *self;
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, self.trust, self.access)?;
        let claim = &lock.claim.solver;
        World::named(&claim.world)?;
        refuse_unknown(claim, self.trust, self.accept)?;
        if let Some(manifest) = self.manifest {
            agree(manifest, lock)?;
        }
        let (mut trust, mut pages) = (self.trust.clone(), Pages::new(self.access));
        let graph = graph::resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        stated.check_all_used(self.path)?;
        let judging = Judging { access: self.access, trust: &trust, seen: self.seen, accept: self.accept };
        let mut judged = judging.judge(claim, &lock.cosignatures, &graph, &mut pages)?;
        let solver = component(claim, &judged.places)?;
        let id = SolverId::of(&solver);
        if id.imports != claim.imports {
            let list = |what: &str, imports: &[String]| format!("  {what}: {}", in_ascii(&imports.join(", ")));
            return Err(Error::no("the lock states other imports of its solver than the component has")
                .list(vec![list("the lock", &claim.imports), list("the component", &id.imports)]));
        }
        if !claim.is_of(&solver) {
            let (found, expected) = (claim.describe(), id.describe());
            return Err(Error::no(format!("the lock names its solver {found}, and the component is {expected}")));
        }
        pages.expect(&lock.derived);
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        let behind = match self.access.bundle {
            None => consult_memory(self.memory, &trust, &heads, &mut pages)?.into_iter().map(Some).collect(),
            Some(_) => consult_without_proofs(self.memory, &trust, &heads)?,
        };
        let behind = heads.iter().zip(behind).map(|(accepted, behind)| {
            let head = accepted.head();
            let seen = judged.newest_seen(&head.origin).map(|size| size.saturating_sub(head.size));
            behind.max(seen)
        });
        let behind = behind.collect();
        if let Some(publication) = &mut judged.publication
            && let Some(own) = &mut publication.pages
        {
            let head = [publication.accepted.clone()];
            match self.access.bundle {
                None => drop(consult_memory(self.memory, &trust, &head, own)?),
                Some(_) => drop(consult_without_proofs(self.memory, &trust, &head)?),
            }
        }
        let derived = derive(&solver, &lock.claim.inputs, &graph, &mut pages)?;
        self.compare(derived)?;
        if let Some(bundle) = &self.access.bundle {
            bundle.check_all_read()?;
        }
        Ok(Verified { graph, trust, behind, solver, judged })
    }

    /// Compares the bytes of the lock with those that the derivation leads to.
    fn compare(&self, derived: Derived) -> Result<()> {
        let again = Lock { derived, ..self.lock.clone() };
        if again.format() == self.lock.format() {
            return Ok(());
        }
        let differences = compare(self.lock, &again.derived);
        let mut lines: Vec<String> =
            differences.iter().take(MAX_DIFFERENCES).map(|difference| format!("  {difference}")).collect();
        if differences.len() > MAX_DIFFERENCES {
            lines.push(format!("  and {} more", differences.len() - MAX_DIFFERENCES));
        }
        let what = format!("{} is not what its inputs, heads and solver lead to", self.path.display());
        Err(Error::no(what)
            .list(lines)
            .hint("`headlock lock --restore`, beside the manifest, writes what they lead to"))
    }
}

/// The pinned heads that a lock states.
#[derive(Debug)]
pub struct Stated<'a> {
    logs: &'a [PinnedLog],
    cosignatures: &'a [Cosignature],
    access: &'a Access,
    accepted: BTreeMap<&'a str, AcceptedHead>,
    used: BTreeSet<&'a str>,
}

impl<'a> Stated<'a> {
    /// Those of a claim. The heads of logs that the trust file names are accepted by it at once, before anything else is
    /// read.
    ///
    /// # Errors
    /// Malformed: a cosignature of a log without a pinned head. Else as [`rotated::accept`].
    pub fn new(
        claim: &'a Claim,
        cosignatures: &'a [Cosignature],
        trust: &Trust,
        access: &'a Access,
    ) -> Result<Stated<'a>> {
        // Those of the head that its solver was published at are checked with it.
        let of_solver = claim.solver.published.as_ref().map(|published| published.origin.as_str());
        let is_held = |held: &Cosignature| {
            of_solver == Some(&held.origin) || claim.logs.iter().any(|log| log.origin == held.origin)
        };
        if let Some(stray) = cosignatures.iter().find(|held| !is_held(held)) {
            return Err(Error::malformed(format!(
                "the lock holds a cosignature of {:?}, whose head it does not hold",
                stray.origin
            )));
        }
        let wanted = claim.inputs.registries();
        let is_known =
            |log: &&PinnedLog| wanted.contains(log.origin.as_str()) || trust.policy.log(&log.origin).is_some();
        let mut accepted = BTreeMap::new();
        for log in claim.logs.iter().filter(is_known) {
            accepted.insert(log.origin.as_str(), rotated::accept(access, trust, log, cosignatures)?);
        }
        Ok(Stated { logs: &claim.logs, cosignatures, access, accepted, used: BTreeSet::new() })
    }

    /// Checks that the graph had a place for all of them.
    ///
    /// # Errors
    /// The answer is no: a head that nothing asks for.
    pub fn check_all_used(&self, path: &Path) -> Result<()> {
        let Some(stray) = self.logs.iter().find(|log| !self.used.contains(log.origin.as_str())) else { return Ok(()) };
        Err(Error::no(format!(
            "{} pins a head of {}, which no log asks for: it is no peer at these heads, or its head is derived",
            path.display(),
            stray.origin
        ))
        .hint("`headlock lock --restore`, beside the manifest, writes what the other heads lead to, once the entry is removed"))
    }
}

impl PinHeads for Stated<'_> {
    fn pin(&mut self, trust: &Trust, origin: &str, mentions: &[Mention]) -> Result<(AcceptedHead, Vec<Cosignature>)> {
        let Some(log) = self.logs.iter().find(|log| log.origin == origin) else {
            let by: Vec<&str> = mentions.iter().map(|mention| mention.by.as_str()).collect();
            let what = format!("the lock pins no head of {origin}, which is a peer of {}", by.join(", "));
            if let Some(held) = mentions.iter().find(|mention| mention.synced.is_some()) {
                let what = format!("{what}; {} holds one, under a key that the trust file does not name", held.by);
                return Err(Error::refused(what)
                    .hint("if the log's key has changed since, name the old one under `retired` in the trust file"));
            }
            return Err(Error::no(what).hint("no log holds a head of it, so the lock has to; `headlock lock` pins one"));
        };
        self.used.insert(&log.origin);
        let accepted = match self.accepted.get(origin) {
            Some(accepted) => accepted.clone(),
            None => rotated::accept(self.access, trust, log, self.cosignatures)?,
        };
        let held = self.cosignatures.iter().filter(|held| held.origin == origin);
        Ok((accepted, held.cloned().collect()))
    }

    fn chooses(&self) -> bool {
        false
    }

    /// What the lock does not pin it derives.
    fn takes_retired(&self, origin: &str) -> bool {
        !self.logs.iter().any(|log| log.origin == origin)
    }

    /// The trust file says whose word counts, and the verdict whose did.
    fn consent(&mut self, _: &[Vouched]) -> Result<()> {
        Ok(())
    }
}

/// Holds heads against what this host remembers, under every key that is known of their logs: what contradicts it is refused.
/// Returns how far behind the newest known head each is.
///
/// # Errors
/// The answer is no: a log has forked. Could not check: what is remembered cannot be read, or not be compared.
pub fn consult_memory(
    memory: Option<&Memory>,
    trust: &Trust,
    heads: &[AcceptedHead],
    pages: &mut Pages,
) -> Result<Vec<u64>> {
    let mut behind = vec![0; heads.len()];
    let Some(memory) = memory else { return Ok(behind) };
    for (accepted, behind) in heads.iter().zip(&mut behind) {
        // Where another head speaks for one, it is that which is held against what was seen.
        let speaking = accepted.successor().unwrap_or(accepted);
        *behind = speaking.head().size - accepted.head().size + consult(memory, trust, speaking, pages)?;
    }
    Ok(behind)
}

/// How far a head is behind the newest that is remembered.
fn consult(memory: &Memory, trust: &Trust, accepted: &AcceptedHead, pages: &mut Pages) -> Result<u64> {
    let head = accepted.head();
    let keys = trust.known_keys(&head.origin);
    let standings: Vec<(&VerifierKey, Standing)> =
        keys.iter().map(|key| Ok((key, memory.compare(accepted, key)?))).collect::<Result<_>>()?;
    // What was verified before was held against all that was known then: an older head that it cannot be compared with any
    // more, because a copy has no more than it needs, is no reason to refuse it.
    let is_known = standings.iter().any(|(_, standing)| *standing == Standing::Same);
    let mut behind = 0;
    for (key, standing) in standings {
        let (newer, older, known) = match &standing {
            Standing::New | Standing::Same => continue,
            Standing::Ahead(known) => (head, known, known),
            Standing::Behind(known) => (known, head, known),
        };
        let held = match pages.holds(newer, older) {
            Err(error) if is_known && newer == head && error.kind() == ErrorKind::CouldNotCheck => continue,
            held => held.map_err(|error| {
                let (origin, size) = (&head.origin, known.size);
                let what = format!("this host has seen {origin} with {size} records, and cannot compare");
                Error::new(error.kind(), what).because(error).hint(
                    "use a copy of the registry that is as new; to forget what was seen, HEADLOCK_STATE names another folder: `headlock help environment`",
                )
            })?,
        };
        if !held {
            return Err(memory.fork(known, accepted, key, |newer, size| pages.beginning(newer, size)));
        }
        behind = behind.max(newer.size - head.size);
    }
    Ok(behind)
}

/// As [`consult_memory`], without files that could prove anything of another head: what is not remembered, or is the
/// remembered head itself, is not behind; of others nothing is known.
///
/// # Errors
/// The answer is no: a log has signed two heads of one size. Could not check: what is remembered cannot be read.
fn consult_without_proofs(memory: Option<&Memory>, trust: &Trust, heads: &[AcceptedHead]) -> Result<Vec<Option<u64>>> {
    let compare = |accepted: &AcceptedHead| {
        let Some(memory) = memory else { return Ok(Some(0)) };
        let keys = trust.known_keys(&accepted.head().origin);
        let standings: Vec<Standing> = keys.iter().map(|key| memory.compare(accepted, key)).collect::<Result<_>>()?;
        let is = |standing: &Standing| standings.contains(standing);
        let all_new = standings.iter().all(|standing| *standing == Standing::New);
        Ok((is(&Standing::Same) || all_new).then_some(0))
    };
    heads.iter().map(compare).collect()
}

/// A manifest that lies beside the lock must ask for what the lock was made from.
fn agree(manifest: &Manifest, lock: &Lock) -> Result<()> {
    if manifest.asks_for(&lock.claim.inputs) {
        return Ok(());
    }
    Err(Error::not_current(format!("{} asks for something other than the lock was made from", manifest.path.display()))
        .hint(
            "`headlock lock --check` tells what; to verify the lock by itself, copy it to a folder without a manifest and pass --trust FILE",
        ))
}
