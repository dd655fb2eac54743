//! Whose attestations count, and how many are asked for.

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use headlock_log::note::{KeyKind, VerifierKey};
use serde::Deserialize;

use crate::mistake::Mistake;

/// Most keys of attesters in one trust file: each may be tried on each signature.
const MAX_KEYS: usize = 64;

/// What a trust file was, by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustDigests {
    /// The sha256 of the trust file.
    pub file: Digest,
    /// The sha256 of the policy that it names.
    pub policy: Digest,
}

/// The attesters that a trust file names: so many of them have to say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attesters {
    /// How many, at least one.
    threshold: usize,
    attesters: Vec<Attester>,
}

/// One hand, which counts once, whichever of its keys it signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attester {
    /// A group's name; of a key that stands alone, its keyid.
    pub name: String,
    /// Its keys, at least one.
    pub keys: Vec<VerifierKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttestersForm {
    threshold: usize,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
}

impl Attesters {
    /// Reads what stands under `[attesters]` in a trust file.
    ///
    /// # Errors
    /// No vkey of an Ed25519 key, one public key twice, under whatever names, an empty group, a threshold that nobody or
    /// everybody together reaches not.
    pub(super) fn new(form: AttestersForm) -> Result<Attesters, Mistake> {
        let AttestersForm { threshold, keys, groups } = form;
        let mut attesters = Vec::new();
        for key in read(&keys).map_err(|mistake| mistake.below("keys"))? {
            attesters.push(Attester { name: key.keyid(), keys: vec![key] });
        }
        let alone = attesters.len();
        for (name, keys) in groups {
            let at = |mistake: Mistake| mistake.below(&name).below("groups");
            if name.is_empty() || keys.is_empty() {
                let what = format!("expected groups with a name and keys, found {name:?} with {}", keys.len());
                return Err(at(Mistake::new(what)));
            }
            let keys = read(&keys).map_err(at)?;
            attesters.push(Attester { name, keys });
        }
        let of_key = |mistake: Mistake, attester: usize, number: usize| match attester < alone {
            true => mistake.entry(attester).below("keys"),
            false => mistake.entry(number).below(&attesters[attester].name).below("groups"),
        };
        let places = attesters.iter().enumerate().flat_map(|(attester, Attester { keys, .. })| {
            keys.iter().enumerate().map(move |(number, key)| (attester, number, key))
        });
        let all: Vec<(usize, usize, &VerifierKey)> = places.collect();
        if all.len() > MAX_KEYS {
            return Err(Mistake::new(format!("expected at most {MAX_KEYS} keys, found {}", all.len())));
        }
        for (at, &(attester, number, key)) in all.iter().enumerate() {
            let mut before = all[..at].iter().map(|(_, _, key)| key);
            let twice = before.clone().find(|same| same.public_key() == key.public_key());
            let what = match twice {
                Some(same) => {
                    let (one, other) = (same.keyid(), key.keyid());
                    format!("one public key stands twice, as {one} and as {other}: it counts once")
                }
                None if before.any(|same| same.keyid() == key.keyid()) => {
                    format!("two keys have the keyid {}", key.keyid())
                }
                None => continue,
            };
            return Err(of_key(Mistake::new(what), attester, number));
        }
        for (at, attester) in attesters.iter().enumerate() {
            if attesters[..at].iter().any(|before| before.name == attester.name) {
                let what = format!("two attesters have the name {:?}", attester.name);
                return Err(Mistake::new(what).named(&attester.name).below("groups"));
            }
        }
        let most = attesters.len();
        if threshold == 0 || threshold > most {
            let what = format!("expected a threshold from 1 to the number of attesters, {most}, found {threshold}");
            return Err(Mistake::new(what).below("threshold"));
        }
        Ok(Attesters { threshold, attesters })
    }

    /// How many have to say the same.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// All of them: keys that stand alone in the file's order, then groups by name.
    pub fn all(&self) -> &[Attester] {
        &self.attesters
    }

    /// The keys of all.
    pub fn keys(&self) -> Vec<VerifierKey> {
        self.attesters.iter().flat_map(|attester| attester.keys.clone()).collect()
    }

    /// Whose key it is.
    pub fn of(&self, key: &VerifierKey) -> Option<&Attester> {
        self.attesters.iter().find(|attester| attester.keys.contains(key))
    }
}

/// Reads a list of keys.
fn read(texts: &[String]) -> Result<Vec<VerifierKey>, Mistake> {
    let key = |(number, text): (usize, &String)| {
        let key: VerifierKey = text.parse().map_err(|error| Mistake::new(error).entry(number))?;
        match key.kind() {
            KeyKind::Ed25519 => Ok(key),
            KeyKind::Cosignature => {
                let what = format!("expected a key that signs statements (type 01), found a cosigner's: {key}");
                Err(Mistake::new(what).entry(number))
            }
        }
    };
    texts.iter().enumerate().map(key).collect()
}
