//! As much of JSON Schema (draft 2020-12) as docs/json/ uses; a keyword that is not known here is a failure. Stricter than it: an
//! object has all of its properties, and no others.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Keywords that check nothing.
const ABOUT: [&str; 5] = ["$schema", "$id", "$defs", "title", "description"];

/// Where the schemas are.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json")
}

/// Holds an object, as it was written, against the schema of its format, which has this name.
pub(super) fn check(text: &str, name: &str) -> Value {
    let line = text.strip_suffix('\n').unwrap();
    assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "one line of printable ASCII: {text:?}");
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(value["format"], format!("headlock.{name}/1"), "{line}");
    let schema = fs::read_to_string(folder().join(format!("{name}.schema.json"))).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    validate(&schema, &schema, &value, "$");
    value
}

/// Fails unless the value is what the schema says.
pub(super) fn validate(root: &Value, schema: &Value, value: &Value, at: &str) {
    let keywords = schema.as_object().unwrap_or_else(|| panic!("{at}: expected a schema, found {schema}"));
    for (keyword, stated) in keywords {
        match keyword.as_str() {
            about if ABOUT.contains(&about) => {}
            "$ref" => {
                let pointer = stated.as_str().and_then(|stated| stated.strip_prefix('#'));
                let meant = pointer.and_then(|pointer| root.pointer(pointer));
                validate(root, meant.unwrap_or_else(|| panic!("{at}: nothing is at {stated}")), value, at);
            }
            "const" => assert_eq!(value, stated, "{at}"),
            "enum" => assert!(stated.as_array().unwrap().contains(value), "{at}: {value} is not in {stated}"),
            "type" => assert!(types(stated).any(|kind| is(value, kind)), "{at}: {value} is no {stated}"),
            "minimum" => assert!(value.is_null() || value.as_u64() >= stated.as_u64(), "{at}: {value} < {stated}"),
            "pattern" => {
                let fits = value.as_str().is_none_or(|text| matches(text, stated.as_str().unwrap()));
                assert!(fits, "{at}: {value} does not match {stated}");
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    validate(root, stated, item, &format!("{at}[{place}]"));
                }
            }
            "anyOf" => assert!(any(root, stated, value, at), "{at}: {value} is none of {stated}"),
            "properties" => {
                let Some(object) = value.as_object() else { continue };
                let properties = stated.as_object().unwrap();
                assert_eq!(schema["additionalProperties"], false, "{at}");
                let required: Vec<&str> = types(&schema["required"]).collect();
                let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let mut sorted = required.clone();
                sorted.sort_unstable();
                names.sort_unstable();
                assert_eq!(sorted, names, "{at}: all that an object may have it has");
                for name in object.keys() {
                    assert!(properties.contains_key(name), "{at}: there is no {name}");
                }
                for (name, property) in properties {
                    let found = object.get(name).unwrap_or_else(|| panic!("{at}: {name} is missing"));
                    validate(root, property, found, &format!("{at}.{name}"));
                }
            }
            "required" | "additionalProperties" => assert!(schema.get("properties").is_some(), "{at}"),
            unknown => panic!("{at}: {unknown} is a keyword that this does not know"),
        }
    }
}

/// Null, or what a definition says: the one form in which `anyOf` is used.
fn any(root: &Value, stated: &Value, value: &Value, at: &str) -> bool {
    let [null, other] = stated.as_array().unwrap().as_slice() else { panic!("{at}: expected null and another") };
    assert_eq!(null["type"], "null", "{at}");
    if !value.is_null() {
        validate(root, other, value, at);
    }
    true
}

/// The texts of a list, or the one text.
fn types(stated: &Value) -> impl Iterator<Item = &str> {
    let several = stated.as_array().map(Vec::as_slice).unwrap_or_default();
    stated.as_str().into_iter().chain(several.iter().map(|text| text.as_str().unwrap()))
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("{unknown} is a type that this does not know"),
    }
}

/// The patterns that there are.
fn matches(text: &str, pattern: &str) -> bool {
    let of = |length: usize, all: &dyn Fn(u8) -> bool| text.len() == length && text.bytes().all(all);
    match pattern {
        "^[0-9a-f]{64}$" => of(64, &|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
        "^[A-Za-z0-9+/]{43}=$" => {
            text.ends_with('=') && of(44, &|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        }
        unknown => panic!("{unknown} is a pattern that this does not know"),
    }
}
