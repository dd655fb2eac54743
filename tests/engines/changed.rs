//! Recordings that are false, each in one place.

use serde_json::{Value, json};

/// The recording with each single thing in its outcomes changed: a number, a truth, a kind, a list's end.
pub(crate) fn outcomes(recording: &Value) -> Vec<Value> {
    let mut changed = Vec::new();
    for call in 0..recording["calls"].as_array().unwrap().len() {
        let path = format!("/calls/{call}/outcome");
        let mut paths = Vec::new();
        walk(recording.pointer(&path).unwrap(), path, &mut paths);
        changed.extend(paths.into_iter().flat_map(|path| at(recording, &path)));
    }
    assert!(!changed.is_empty());
    changed
}

/// The recording with each number of each release's content changed by one.
pub(crate) fn digests(recording: &Value) -> Vec<Value> {
    let given = recording["calls"][1]["given"]["releases"].as_array().unwrap();
    let places = (0..given.len()).flat_map(|release| (0..4).map(move |word| (release, word)));
    let change = |(release, word)| {
        let path = format!("/calls/1/given/releases/{release}/content/{word}");
        with(recording, &path, |value| {
            let number: u64 = value.as_str().unwrap().parse().unwrap();
            *value = json!((number ^ 1).to_string());
        })
    };
    places.map(change).collect()
}

/// Every value below one, itself included.
fn walk(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(place, entry)| walk(entry, format!("{path}/{place}"), paths));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| walk(field, format!("{path}/{name}"), paths));
        }
        _ => {}
    }
    paths.push(path);
}

fn at(recording: &Value, path: &str) -> Vec<Value> {
    let change = |change: &dyn Fn(&mut Value)| with(recording, path, change);
    match recording.pointer(path).unwrap() {
        Value::Null => vec![change(&|value| *value = json!(0))],
        Value::Bool(_) => vec![change(&|value| *value = json!(value == &json!(false)))],
        Value::Number(_) => vec![change(&|value| *value = json!(value.as_u64().unwrap() + 1))],
        Value::String(_) => vec![change(&|value| *value = json!("another"))],
        Value::Array(_) => vec![
            change(&|value| value.as_array_mut().unwrap().push(json!(0))),
            change(&|value| match value.as_array_mut().unwrap().pop() {
                Some(_) => {}
                None => *value = json!({}),
            }),
        ],
        Value::Object(_) => vec![change(&|value| {
            value.as_object_mut().unwrap().insert("more".to_owned(), Value::Null);
        })],
    }
}

fn with(recording: &Value, path: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut changed = recording.clone();
    change(changed.pointer_mut(path).unwrap());
    changed["name"] = json!(format!("{}, {path} changed", recording["name"].as_str().unwrap()));
    changed
}
