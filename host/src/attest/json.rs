//! JSON in which no name stands twice: two readers who keep another of the two would read two statements.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Result};
use crate::table::Only;

/// Reads an object, of names that the type does not know, too, unless it refuses them; nothing but white space may follow.
/// `what` names the text in messages.
///
/// # Errors
/// Malformed: no JSON, a name that stands twice in one object, wherever it is, or what the type refuses.
pub(super) fn parse<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T> {
    let malformed = |error: serde_json::Error| Error::malformed(format!("{what}: no attestation: {error}"));
    let mut text = serde_json::Deserializer::from_slice(bytes);
    Once.deserialize(&mut text).map_err(malformed)?;
    text.end().map_err(malformed)?;
    serde_json::from_slice(bytes).map(|Only(value)| value).map_err(malformed)
}

/// Writes a value as one line: no white space between its parts, a line feed at its end.
pub(super) fn line<T: Serialize>(value: &T) -> String {
    // Structs of strings and numbers: there is nothing in them that JSON has no form for.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// Goes through any value. How deep it may be is serde_json's own limit, 128.
#[derive(Clone, Copy)]
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(Once)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("the name {name:?} stands twice in one object")));
            }
            seen.insert(name);
            members.next_value_seed(Once)?;
        }
        Ok(())
    }
}
