//! Walking from the consumer's registries to their peers, one distance after the other.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::note::VerifierKey;

use super::mention::{Mention, read_mentions};
use super::{Basis, Graph, GraphLink, GraphLog, MAX_LOGS, PinHeads, Unusable, Vouched, Why, error, path_to};
use crate::error::Result;
use crate::inputs::Inputs;
use crate::pages::Pages;
use crate::rotated;
use crate::trust::Trust;

/// Resolves the graph of the consumer's inputs: accepts or derives the head of each log, and opens it in `pages`. The trust
/// file learns the keys and URLs of those that a log vouches for.
///
/// # Errors
/// Refused: a head that is not accepted. The answer is no: a log has made a false statement, two heads of a log are no
/// beginning of one another, or as `pin` says. Could not check: something cannot be had, or a limit.
pub fn resolve(inputs: &Inputs, trust: &mut Trust, pages: &mut Pages, pin: &mut dyn PinHeads) -> Result<Graph> {
    let mut walk = Walk {
        inputs,
        trust,
        pages,
        logs: BTreeMap::new(),
        disputed: BTreeSet::new(),
        said: Vec::new(),
        unusable: BTreeSet::new(),
    };
    let mut reached = Vec::new();
    for origin in inputs.registries() {
        let (accepted, cosignatures) = pin.pin(walk.trust, origin, &[])?;
        let log = GraphLog {
            accepted,
            basis: Basis::Pinned,
            cosignatures,
            vouched_by: None,
            distance: 0,
            mentions: Vec::new(),
        };
        walk.add(origin, log, Reach::ANY)?;
        reached.push(origin.to_owned());
    }
    let mut distance = 0;
    while !reached.is_empty() {
        distance += 1;
        reached = walk.step(&reached, distance, pin)?;
    }
    walk.check_mentions()?;
    Ok(walk.finish())
}

/// How far a log's peers are followed, and whether what it says of their keys is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reach {
    /// Nothing: as far as they go.
    further: Option<u32>,
    vouches: bool,
}

impl Reach {
    const ANY: Reach = Reach { further: None, vouches: false };

    /// How far the peers of a peer are followed.
    fn beyond(self, depth: Option<u32>) -> Option<u32> {
        let left = self.further.map(|further| further.saturating_sub(1));
        match (left, depth) {
            (Some(left), Some(depth)) => Some(left.min(depth)),
            (left, depth) => left.or(depth),
        }
    }
}

struct Walk<'w> {
    inputs: &'w Inputs,
    trust: &'w mut Trust,
    pages: &'w mut Pages,
    logs: BTreeMap<String, (GraphLog, Reach)>,
    /// Logs that have no head, for those who name them do not agree on a key.
    disputed: BTreeSet<String>,
    /// All that was said of peers and is not forbidden.
    said: Vec<Mention>,
    unusable: BTreeSet<Unusable>,
}

impl Walk<'_> {
    fn add(&mut self, origin: &str, log: GraphLog, reach: Reach) -> Result<()> {
        if self.logs.len() == MAX_LOGS {
            return Err(error::too_many(MAX_LOGS));
        }
        self.pages.open(self.trust, &log.accepted)?;
        let vouches = reach.vouches || self.trust.vouching.contains(origin);
        self.logs.insert(origin.to_owned(), (log, Reach { vouches, ..reach }));
        Ok(())
    }

    /// Reads what the logs that were just reached say of their peers, and reaches those that are new.
    fn step(&mut self, reached: &[String], distance: u32, pin: &mut dyn PinHeads) -> Result<Vec<String>> {
        let mut new: BTreeMap<String, Vec<Mention>> = BTreeMap::new();
        for by in reached {
            let reach = self.logs.get(by).map_or(Reach::ANY, |(_, reach)| *reach);
            if reach.further == Some(0) {
                continue;
            }
            for mention in self.mentions(by)? {
                if !self.logs.contains_key(&mention.peer) && !self.disputed.contains(&mention.peer) {
                    new.entry(mention.peer.clone()).or_default().push(mention.clone());
                }
                self.said.push(mention);
            }
        }
        if self.logs.len() + new.len() > MAX_LOGS {
            return Err(error::too_many(MAX_LOGS));
        }
        let mut vouched: Vec<Vouched> = Vec::new();
        for (origin, mentions) in &new {
            if self.trust.policy.log(origin).is_some() {
                continue;
            }
            let voucher = self.voucher(origin, mentions, pin.chooses())?;
            // Whoever may not vouch has no say in this.
            let may: Vec<&Mention> = mentions.iter().filter(|mention| self.reach_of(mention).vouches).collect();
            let (retired, keys): (Vec<VerifierKey>, Vec<VerifierKey>) =
                common_keys(&may).into_iter().partition(|key| self.trust.retired.contains(key));
            if keys.is_empty() && !retired.is_empty() {
                // What the trust file calls retired nobody's word brings back.
                let by: Vec<&str> = may.iter().map(|mention| mention.by.as_str()).collect();
                return Err(error::retired(origin, &by));
            }
            match keys {
                keys if keys.is_empty() => drop(self.disputed.insert(origin.clone())),
                keys => vouched.push(self.vouched(&voucher, keys)),
            }
        }
        new.retain(|origin, _| !self.disputed.contains(origin));
        if !vouched.is_empty() {
            pin.consent(&vouched)?;
        }
        for Vouched { keys, url, through, .. } in &vouched {
            let by = through.last().map(String::as_str).unwrap_or_default();
            self.trust.believe(by, &self.pages.urls(by), keys, url)?;
        }
        for (origin, mentions) in &new {
            let vouched = vouched.iter().find(|vouched| vouched.origin == *origin);
            let vouched_by = vouched.and_then(|vouched| vouched.through.last().cloned());
            self.reach(origin, mentions, (distance, vouched_by), pin)?;
        }
        Ok(new.into_keys().collect())
    }

    /// What a log says of its peers, but for those that the consumer forbids.
    fn mentions(&mut self, by: &str) -> Result<Vec<Mention>> {
        let (inputs, pages) = (self.inputs, &mut *self.pages);
        let is_meant = |mention: &Mention| !inputs.forbids(by, &mention.peer);
        let (kept, forbidden) = read_mentions(by, is_meant, |names| pages.of_subjects(by, names))?;
        for Mention { by: dependent, peer: dependency, .. } in forbidden {
            self.unusable.insert(Unusable { dependent, dependency, why: Why::Forbidden });
        }
        Ok(kept)
    }

    /// How far the peers of the log that says something are followed.
    fn reach_of(&self, mention: &Mention) -> Reach {
        self.logs.get(&mention.by).map_or(Reach::ANY, |(_, reach)| *reach)
    }

    /// Whose word on the keys of a log counts that the trust file does not name: the first by its origin that may vouch.
    fn voucher(&self, origin: &str, mentions: &[Mention], chooses: bool) -> Result<Mention> {
        let voucher = mentions.iter().find(|mention| self.reach_of(mention).vouches).cloned();
        voucher.ok_or_else(|| {
            let mut keys = mentions.iter().flat_map(|mention| &mention.keys);
            if keys.all(|key| self.trust.retired.contains(key)) {
                return error::all_retired(origin, mentions, self.trust, chooses);
            }
            error::untrusted(origin, mentions, self.trust, |by| self.pages.urls(by), chooses)
        })
    }

    fn vouched(&self, mention: &Mention, keys: Vec<VerifierKey>) -> Vouched {
        let through = path_to(|origin| self.logs.get(origin).map(|(log, _)| log), &mention.by);
        Vouched { origin: mention.peer.clone(), keys, url: mention.url.clone(), through }
    }

    /// Fixes the head of a log that was not reached before.
    fn reach(
        &mut self,
        origin: &str,
        mentions: &[Mention],
        (distance, vouched_by): (u32, Option<String>),
        pin: &mut dyn PinHeads,
    ) -> Result<()> {
        // The largest head that was seen under a key of the log's, and of equal ones the one of the first log by its origin.
        let counts =
            |key: &VerifierKey| self.is_known(key) || pin.takes_retired(origin) && self.trust.retired.contains(key);
        let synced = mentions.iter().filter_map(|mention| Some((mention, mention.synced.as_ref()?)));
        let synced = synced.filter(|(_, synced)| counts(&synced.key));
        let newest = synced.rev().max_by_key(|(_, synced)| synced.head.size);
        let (accepted, basis, cosignatures) = match newest {
            Some((mention, synced)) => {
                let accepted = match self.trust.of_retired_key(origin, &synced.note) {
                    Some(checkpoint) => rotated::succeed(self.pages.access(), self.trust, &checkpoint)?,
                    None => self.trust.accept_derived(&mention.by, origin, &synced.note)?,
                };
                let basis = Basis::Derived { from: mention.by.clone(), record: synced.record };
                (accepted, basis, Vec::new())
            }
            None => {
                let (accepted, cosignatures) = pin.pin(self.trust, origin, mentions)?;
                (accepted, Basis::Pinned, cosignatures)
            }
        };
        // Who names another key says nothing of this log.
        let counting: Vec<Mention> = mentions.iter().filter(|mention| mention.names(accepted.key())).cloned().collect();
        let mut further: Option<Option<u32>> = None;
        for mention in &counting {
            further = furthest_of(further, self.reach_of(mention).beyond(mention.depth));
        }
        let vouches = counting.iter().any(|mention| self.reach_of(mention).vouches);
        let reach = Reach { further: further.unwrap_or(Some(0)), vouches };
        let log = GraphLog { accepted, basis, cosignatures, vouched_by, distance, mentions: counting };
        self.add(origin, log, reach)
    }

    /// Whether the policy names a log's key, or those who name the log were believed.
    fn is_known(&self, key: &VerifierKey) -> bool {
        self.trust.policy.logs().iter().any(|log| log.key == *key)
    }

    /// Each head that a log holds of another under a key of the other's must be of the same history as the one that was
    /// taken.
    fn check_mentions(&mut self) -> Result<()> {
        for mention in &self.said {
            let Some((log, _)) = self.logs.get(&mention.peer) else { continue };
            let Some(synced) = &mention.synced else { continue };
            let head = log.accepted.head();
            if synced.head == *head || !mention.names(log.accepted.key()) || !self.is_known(&synced.key) {
                continue;
            }
            let (newer, older) = if synced.head.size > head.size { (&synced.head, head) } else { (head, &synced.head) };
            if newer.size == older.size || !self.pages.holds(newer, older)? {
                let pages = &mut *self.pages;
                return Err(error::inconsistent(mention, synced, &log.accepted, |newer, size| {
                    pages.beginning(newer, size)
                }));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Graph {
        let mut links = BTreeSet::new();
        for mention in self.said {
            let Some((log, _)) = self.logs.get(&mention.peer) else {
                let (dependent, dependency) = (mention.by, mention.peer);
                self.unusable.insert(Unusable { dependent, dependency, why: Why::Disputed });
                continue;
            };
            let Mention { by: dependent, peer: dependency, packages, .. } = mention.clone();
            match mention.names(log.accepted.key()) {
                true => drop(links.insert(GraphLink { dependent, dependency, packages })),
                false => drop(self.unusable.insert(Unusable { dependent, dependency, why: Why::OtherKey })),
            }
        }
        Graph {
            logs: self.logs.into_values().map(|(log, _)| log).collect(),
            links: links.into_iter().collect(),
            unusable: self.unusable.into_iter().collect(),
        }
    }
}

/// The keys that all of some mentions of a log name.
fn common_keys(mentions: &[&Mention]) -> Vec<VerifierKey> {
    let first = mentions.first().map(|mention| mention.keys.clone()).unwrap_or_default();
    first.into_iter().filter(|key| mentions.iter().all(|mention| mention.names(key))).collect()
}

/// The furthest of two, of which nothing is as far as they go; the first may not be there.
fn furthest_of(one: Option<Option<u32>>, other: Option<u32>) -> Option<Option<u32>> {
    Some(match one {
        None => other,
        Some(one) => one.zip(other).map(|(one, other)| one.max(other)),
    })
}
