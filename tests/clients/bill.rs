//! CycloneDX's own schema, and a reader of package URLs.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{ORIGIN, Stage, installed, said};

/// A change of a bill.
type Change = fn(&mut Value);

/// What the script says of a bill.
fn judged(python: &Path, bill: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/bill.py");
    said(&Command::new(python).arg(script).arg(bill).output().unwrap()).trim().to_owned()
}

#[test]
fn bills_of_materials_are_as_their_schema_has_it() {
    let Some(python) = installed("python/bin/python") else { return };
    let stage = Stage::locked(&["\"my:app\" = \"^0.1\""]);
    stage.done(&[
        "export",
        "cyclonedx",
        "-o",
        "bom.json",
        "--package",
        "mine@1.0.0",
        "--known-as",
        &format!("{ORIGIN}=https://registry.example/a?b"),
    ]);
    assert_eq!(judged(&python, &stage.path("bom.json")), "accepted: 3 components");
    // Twice the same bytes, and on stdout the same as in a file.
    let first = stage.read("bom.json");
    let output = stage.headlock(&[
        "export",
        "cyclonedx",
        "--package",
        "mine@1.0.0",
        "--known-as",
        &format!("{ORIGIN}=https://registry.example/a?b"),
    ]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), first);
    // What is changed is refused, so the script looks.
    let changes: [(&str, Change); 5] = [
        ("a hash", |bom| bom["components"][0]["hashes"][0]["content"] = "00".into()),
        ("a field", |bom| bom["components"][0]["x"] = 1.into()),
        ("an edge", |bom| bom["dependencies"][0]["dependsOn"][0] = "my:none".into()),
        ("a purl", |bom| bom["components"][0]["purl"] = "pkg:Generic/a@1".into()),
        ("a property", |bom| bom["metadata"]["properties"][0]["value"] = 1.into()),
    ];
    for (what, change) in changes {
        let mut bom: Value = serde_json::from_str(&first).unwrap();
        change(&mut bom);
        stage.write("changed.json", bom.to_string());
        let said = judged(&python, &stage.path("changed.json"));
        assert!(said.starts_with("refused: "), "{what}: {said}");
    }
}

#[test]
fn so_are_those_of_the_examples() {
    let Some(python) = installed("python/bin/python") else { return };
    let stage = Stage::new();
    for (example, components) in [("crates", 67), ("wasi", 7)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
        let bill = stage.path("bom.json");
        stage.done(&["-C", folder.to_str().unwrap(), "export", "cyclonedx", "-o", bill.to_str().unwrap()]);
        assert_eq!(judged(&python, &bill), format!("accepted: {components} components"));
    }
}
