//! What is said of a solver at the newest head that can be seen of each registry that a trust file's rules name. A yank that
//! is seen counts against it; what cannot be seen counts for nothing.
//!
//! A head that is served and accepted speaks for a solver, too. One that is only remembered does not: it can only refuse.

use headlock_log::checkpoint::Head;
use headlock_log::note::VerifierKey;
use semver::Version;

use super::log::{open_at, read_releases};
use super::release::{Release, records};
use super::stated::Publication;
use super::yanked;
use crate::error::{Error, ErrorKind, Result};
use crate::fork::forked;
use crate::heads::Memory;
use crate::lock::SolverId;
use crate::pages::newest_checkpoint;
use crate::sources::{Access, EVIDENCE, LogReader};
use crate::trust::{AcceptedHead, Trust};

/// What could be seen of one registry.
#[derive(Clone, Debug)]
pub struct Look {
    /// Origin of the registry.
    pub registry: String,
    /// The solver's package.
    pub name: String,
    /// The newest head that could be read; or why there is none.
    pub seen: Result<Seen, String>,
    /// Where that is only remembered: the newest one that is served, accepted and a beginning of it, if it could be read.
    pub accepted: Option<Seen>,
}

/// The newest head of a registry that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many records it has.
    pub size: u64,
    /// Where it is from.
    pub from: Source,
    /// The release of the solver's version there, if there is one.
    pub release: Option<Release>,
}

/// Where a head is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is the head that the lock pins; and why none that is newer could be read, if any was asked for.
    Lock(Option<String>),
    /// It is served, and accepted.
    Served(Box<AcceptedHead>),
    /// This host has seen it before; and why none as new is served and accepted.
    Remembered(String),
}

/// A head that might be the newest.
struct Candidate {
    head: Head,
    from: Source,
    note: Option<String>,
}

/// Looks at each registry that a rule for the solver's package names, in the order of the rules. `memory` is of the newest
/// heads that were seen so; `publication` is where the lock says that the solver was published.
///
/// With a bundle, nothing is seen but what the lock pins.
///
/// # Errors
/// The answer is no: a log has forked, or says of the solver at its newest head what it did not say before.
pub fn look_around(
    access: &Access,
    trust: &Trust,
    memory: Option<&Memory>,
    claim: &SolverId,
    publication: Option<&Publication>,
) -> Result<Vec<Look>> {
    let version = claim.version.as_ref().and_then(|version| Version::parse(version).ok());
    let (Some(name), Some(version)) = (&claim.name, version) else { return Ok(Vec::new()) };
    // What is seen here beside the lock is not what its verification reads.
    let access = Access { copies: None, ..access.clone() };
    let mut looks: Vec<Look> = Vec::new();
    for rule in trust.solver_rules.iter().filter(|rule| rule.is_about(Some(name))) {
        if looks.iter().any(|look| look.registry == rule.registry) {
            continue;
        }
        let pinned = publication.filter(|publication| publication.origin() == rule.registry);
        let looking =
            Looking { access: &access, trust, memory, origin: &rule.registry, name, version: &version, pinned };
        looks.push(looking.look()?);
    }
    Ok(looks)
}

struct Looking<'a> {
    access: &'a Access,
    trust: &'a Trust,
    memory: Option<&'a Memory>,
    origin: &'a str,
    name: &'a str,
    version: &'a Version,
    pinned: Option<&'a Publication>,
}

impl Looking<'_> {
    fn look(&self) -> Result<Look> {
        let (registry, name) = (self.origin.to_owned(), self.name.to_owned());
        let (seen, accepted) = self.newest()?;
        Ok(Look { registry, name, seen, accepted })
    }

    /// The newest head that can be read, and one that is served, if the other is only remembered.
    fn newest(&self) -> Result<(Result<Seen, String>, Option<Seen>)> {
        let of_lock = self.pinned.map(|pinned| {
            let (size, release) = (pinned.accepted.head().size, Some(pinned.release.clone()));
            Seen { size, from: Source::Lock(None), release }
        });
        if self.access.bundle.is_some() {
            let none = || "the lock does not say that its solver was published there, so a bundle has nothing of it";
            return Ok((of_lock.ok_or_else(|| none().to_owned()), None));
        }
        let mut why = None;
        let mut remembered: Option<Seen> = None;
        for candidate in self.candidates(&mut why)? {
            if remembered.is_some() && matches!(candidate.from, Source::Remembered(_)) {
                continue;
            }
            match self.read(&candidate) {
                Ok(release) => {
                    let Candidate { head: Head { size, .. }, from, .. } = candidate;
                    let seen = Seen { size, from, release };
                    match (&seen.from, remembered) {
                        (Source::Remembered(_), _) => remembered = Some(seen),
                        (_, None) => return Ok((Ok(seen), None)),
                        (_, Some(newer)) => return Ok((Ok(newer), Some(seen))),
                    }
                }
                Err(error) if error.kind() == ErrorKind::CouldNotCheck => why = why.or(Some(error.to_string())),
                Err(error) => return Err(error),
            }
        }
        let why = why.unwrap_or_else(|| "what is served is older".to_owned());
        if remembered.is_none() {
            remembered = self.kept(&why)?;
        }
        Ok((
            match (remembered, of_lock) {
                (Some(seen), _) => Ok(seen),
                (None, Some(seen)) => Ok(Seen { from: Source::Lock(Some(why)), ..seen }),
                (None, None) => Err(why),
            },
            None,
        ))
    }

    /// A yank that was seen at a head which shows nothing any more, if that is newer than what the lock pins.
    fn kept(&self, why: &str) -> Result<Option<Seen>> {
        let Some(memory) = self.memory else { return Ok(None) };
        let pinned = self.pinned.map_or(0, |pinned| pinned.accepted.head().size);
        let mut newest: Option<Seen> = None;
        for key in self.trust.known_keys(self.origin) {
            let Some((release, size)) = yanked::seen(memory, &key, self.name, self.version)? else { continue };
            if size > newest.as_ref().map_or(pinned, |newest| newest.size) {
                newest = Some(Seen { size, from: Source::Remembered(why.to_owned()), release: Some(release) });
            }
        }
        Ok(newest)
    }

    /// Heads that might be the newest, the newest first: none that is older than what the lock pins.
    fn candidates(&self, why: &mut Option<String>) -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        let served = newest_checkpoint(self.access, self.trust, self.origin)
            .and_then(|note| Ok(self.trust.accept_checkpoint(self.origin, &note)?.0));
        match served {
            Ok(accepted) => {
                let (head, note) = (accepted.head().clone(), Some(accepted.checkpoint()));
                candidates.push(Candidate { head, from: Source::Served(Box::new(accepted)), note });
            }
            Err(error) if error.kind() == ErrorKind::No => return Err(error),
            // Whoever serves nothing, or what is not accepted, hides a yank; that is said, and is no verdict.
            Err(error) => *why = Some(error.to_string()),
        }
        for key in self.trust.known_keys(self.origin) {
            let Some(head) = self.memory.map(|memory| memory.get(&key)).transpose()?.flatten() else { continue };
            let why = why.clone().unwrap_or_else(|| "what is served is older".to_owned());
            candidates.push(Candidate { head, from: Source::Remembered(why), note: None });
        }
        // A stable sort: of equal ones, the served head speaks.
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.head.size));
        let pinned = self.pinned.map_or(0, |pinned| pinned.accepted.head().size);
        candidates.retain(|candidate| candidate.head.size >= pinned);
        Ok(candidates)
    }

    /// The release at a head, which must go on from what the lock pins and from what was seen before.
    fn read(&self, candidate: &Candidate) -> Result<Option<Release>> {
        let mut reader = open_at(self.access, self.trust, &candidate.head)?;
        self.go_on(candidate, &mut reader)?;
        if let Some(pinned) = self.pinned.filter(|pinned| *pinned.accepted.head() == candidate.head) {
            return Ok(Some(pinned.release.clone()));
        }
        let found = read_releases(&mut reader, self.name)?.unwrap_or_default();
        let release = found.into_iter().find(|release| release.version == *self.version);
        if let Some(pinned) = self.pinned {
            let same = |release: &Release| (release.record, release.content);
            if release.as_ref().map(same) != Some(same(&pinned.release)) {
                let (origin, name, version, size) = (self.origin, self.name, self.version, candidate.head.size);
                let what = format!(
                    "{origin} has made a false statement: {name} {version} was its record {}, and at the head with {size} \
                     records it says otherwise",
                    pinned.release.record
                );
                return Err(Error::no(what).hint(EVIDENCE));
            }
        }
        Ok(release)
    }

    fn go_on(&self, candidate: &Candidate, reader: &mut LogReader) -> Result<()> {
        let keys: Vec<VerifierKey> = self.trust.known_keys(self.origin);
        if let Some(pinned) = self.pinned
            && !reader.holds(pinned.accepted.head())?
        {
            let (older, newer) = (pinned.accepted.head(), &candidate.head);
            let text = |head: &Head| format!("{}, root {}", records(head.size), head.root_base64());
            let (origin, older, newer) = (self.origin, text(older), text(newer));
            let what = format!(
                "the log {origin} has forked: the lock has a head with {older}, and now there is one with {newer}"
            );
            let seen = candidate.note.clone().unwrap_or_default();
            let notes = [pinned.accepted.checkpoint(), seen];
            return Err(forked(what, [notes[0].as_bytes(), notes[1].as_bytes()], &keys, |_, size| {
                reader.beginning(size)
            }));
        }
        let (Source::Served(accepted), Some(memory)) = (&candidate.from, self.memory) else { return Ok(()) };
        for key in &keys {
            let Some(known) = memory.get(key)? else { continue };
            if known.size <= candidate.head.size {
                if !reader.holds(&known)? {
                    return Err(memory.fork(&known, accepted, key, |_, size| reader.beginning(size)));
                }
                continue;
            }
            // What is older than what was seen has to be its beginning. Where that cannot be shown, it speaks for nothing.
            let compared = open_at(self.access, self.trust, &known).and_then(|mut newer| {
                let holds = newer.holds(&candidate.head)?;
                Ok((newer, holds))
            });
            match compared {
                Ok((_, true)) => {}
                Ok((mut newer, false)) => {
                    return Err(memory.fork(&known, accepted, key, |_, size| newer.beginning(size)));
                }
                Err(_) => {
                    let (served, known) = (records(candidate.head.size), known.size);
                    return Err(Error::could_not_check(format!(
                        "the newest head that is served has {served}, and this host has seen one with {known}, with which it \
                         cannot be compared"
                    )));
                }
            }
        }
        Ok(())
    }
}
