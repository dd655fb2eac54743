//! Whose word a package's releases are: its maintainers, as a lock states them and people read them.

use std::fmt;

use headlock_log::name::in_ascii;
use headlock_log::note::VerifierKey;
use headlock_log::page::Keyring;
use headlock_log::record;
use serde::Deserialize;

/// The maintainers of a package at a head.
///
/// A lock states them as a list of texts: how many of how many, `2 of 3`, and the keys, vkeys in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Maintainers {
    threshold: u32,
    keys: Vec<String>,
}

impl Maintainers {
    /// Those that a page names.
    pub fn of(keyring: &Keyring) -> Maintainers {
        let keys = keyring.keys().iter().map(ToString::to_string).collect();
        Maintainers { threshold: keyring.threshold(), keys }
    }

    /// Those that a record names.
    pub fn named(named: &record::Maintainers<'_>) -> Maintainers {
        let keys = named.keys.iter().map(|key| (*key).to_owned()).collect();
        Maintainers { threshold: named.threshold, keys }
    }

    /// As they stand in a lock.
    pub fn texts(&self) -> Vec<String> {
        std::iter::once(self.share()).chain(self.keys.iter().cloned()).collect()
    }

    /// How many must sign.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// Their keys, in the order in which they are named.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// How many of how many must sign.
    pub fn share(&self) -> String {
        format!("{} of {}", self.threshold, self.keys.len())
    }
}

impl TryFrom<Vec<String>> for Maintainers {
    type Error = String;

    /// Reads what [`Maintainers::texts`] writes; a lock's one encoding sees to the rest.
    fn try_from(texts: Vec<String>) -> Result<Maintainers, String> {
        let mut texts = texts.into_iter();
        let share = texts.next().unwrap_or_default();
        let keys: Vec<String> = texts.collect();
        let threshold = share.split_once(" of ").and_then(|(threshold, _)| threshold.parse().ok());
        let maintainers = Maintainers { threshold: threshold.unwrap_or_default(), keys };
        if maintainers.share() != share {
            return Err("expected maintainers as `N of M` and M keys, found something else".to_owned());
        }
        let keys = maintainers.keys.iter().map(String::as_str).collect();
        let named = record::Maintainers { threshold: maintainers.threshold, keys };
        named.check().map_err(|error| error.to_string())?;
        Ok(maintainers)
    }
}

impl fmt::Display for Maintainers {
    /// The names of the keys, with the ids that tell keys of one name apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |key: &String| match VerifierKey::parse(key) {
            Ok(key) => in_ascii(&format!("{}+{:08x}", key.name(), u32::from_be_bytes(key.id()))),
            Err(_) => in_ascii(key),
        };
        let names: Vec<String> = self.keys.iter().map(name).collect();
        write!(f, "{} of {}", self.threshold, names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use headlock_log::note::SigningKey;

    use super::Maintainers;

    #[test]
    fn what_a_lock_states_is_read_as_it_is_written() {
        let vkey = |name: &str, seed| SigningKey::generate_from_seed(name, [seed; 32]).unwrap().verifier().to_string();
        let mut keys = [vkey("alice", 1), vkey("bob", 2)];
        keys.sort();
        let read =
            |texts: &[&str]| Maintainers::try_from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let [alice, bob] = keys.each_ref().map(String::as_str);
        let maintainers = read(&["2 of 2", alice, bob]).unwrap();
        assert_eq!(maintainers.texts(), ["2 of 2", alice, bob]);
        assert_eq!(maintainers.to_string(), "2 of alice+4124365a, bob+9ebaaa42");
        let form = "expected maintainers as `N of M` and M keys, found something else";
        for wrong in [
            &[][..],
            &["2 of 3", alice, bob],
            &["02 of 2", alice, bob],
            &["two of 2", alice, bob],
            &["2", alice, bob],
            &[alice, bob],
        ] {
            assert_eq!(read(wrong).unwrap_err(), form, "{wrong:?}");
        }
        let threshold = "expected maintainers with a threshold of 1 to the number of keys, found ";
        assert_eq!(read(&["0 of 2", alice, bob]).unwrap_err(), format!("{threshold}0 of 2"));
        assert_eq!(read(&["3 of 2", alice, bob]).unwrap_err(), format!("{threshold}3 of 2"));
        assert_eq!(read(&["0 of 0"]).unwrap_err(), "expected maintainers with 1 to 16 keys, found 0");
        assert!(read(&["1 of 2", bob, alice]).unwrap_err().starts_with("expected keys in ascending order"));
        assert!(read(&["1 of 1", "alice"]).unwrap_err().contains("expected a vkey"));
    }
}
