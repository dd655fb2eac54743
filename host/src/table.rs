//! Structs that are read from tables of TOML and objects of JSON, and from nothing else: what serde derives also takes a
//! list of the fields' values, in their order, for a struct, and no file has that form.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Reads one struct, for `#[serde(deserialize_with)]`.
pub(crate) fn only<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Only::deserialize(deserializer).map(|Only(value)| value)
}

/// Reads a list of structs, for `#[serde(deserialize_with)]`.
pub(crate) fn each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::<Only<T>>::deserialize(deserializer).map(|list| list.into_iter().map(|Only(value)| value).collect())
}

/// Reads one struct where there is one, for `#[serde(deserialize_with)]`; with `#[serde(default)]` it may be missing.
pub(crate) fn maybe<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    only(deserializer).map(Some)
}

/// A struct that is read as said above.
#[derive(Clone, Debug)]
pub(crate) struct Only<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Named<T> {
            type Value = Only<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields with their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Only<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Only)
            }
        }
        deserializer.deserialize_map(Named(PhantomData))
    }
}
