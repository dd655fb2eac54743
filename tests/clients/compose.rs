//! wac and wasm-tools, on contents that were fetched.

use crate::{Stage, installed};

const FETCHED: [&str; 3] = ["deps/my/api/1.0.0.wasm", "deps/my/app/0.1.0.wasm", "deps/my/logger/1.2.0.wasm"];

fn fetched() -> Stage {
    let stage = Stage::locked(&["\"my:app\" = \"^0.1\""]);
    stage.done(&["fetch", "--into", "deps"]);
    stage
}

#[test]
fn fetched_contents_are_components() {
    let Some(wasm_tools) = installed("bin/wasm-tools") else { return };
    let stage = fetched();
    for path in FETCHED {
        stage.client(&wasm_tools, &["validate", path], true);
    }
    let app = stage.client(&wasm_tools, &["component", "wit", FETCHED[1]], true);
    assert!(app.contains("import my:api/log@1.0.0;"), "{app}");
    let api = stage.client(&wasm_tools, &["component", "wit", FETCHED[0]], true);
    assert!(api.contains("package my:api@1.0.0;") && api.contains("interface log"), "{api}");
    // What is no component is not accepted, so it looks.
    stage.write("deps/none.wasm", "none");
    stage.client(&wasm_tools, &["validate", "deps/none.wasm"], false);
}

#[test]
fn wac_plugs_one_into_another() {
    let (Some(wac), Some(wasm_tools)) = (installed("bin/wac"), installed("bin/wasm-tools")) else { return };
    let stage = fetched();
    stage.client(&wac, &["plug", FETCHED[1], "--plug", FETCHED[2], "-o", "whole.wasm"], true);
    stage.client(&wasm_tools, &["validate", "whole.wasm"], true);
    let whole = stage.client(&wasm_tools, &["component", "wit", "whole.wasm"], true);
    assert!(whole.contains("export run") && !whole.contains("import my:api/log"), "{whole}");
}

#[test]
fn wac_finds_what_a_composition_names_by_name_and_version() {
    let (Some(wac), Some(wasm_tools)) = (installed("bin/wac"), installed("bin/wasm-tools")) else { return };
    let stage = fetched();
    stage.write(
        "whole.wac",
        "package my:whole;\nlet logger = new my:logger@1.2.0 {};\nlet app = new my:app@0.1.0 { ...logger };\nexport app.run;\n",
    );
    stage.client(&wac, &["compose", "whole.wac", "--deps-dir", "deps", "-o", "whole.wasm"], true);
    let whole = stage.client(&wasm_tools, &["component", "wit", "whole.wasm"], true);
    assert!(whole.contains("export run") && !whole.contains("import my:api/log"), "{whole}");
    // A version that the lock does not have is not there.
    stage.write("other.wac", "package my:whole;\nlet logger = new my:logger@1.2.1 {};\n");
    stage.client(&wac, &["compose", "other.wac", "--deps-dir", "deps", "-o", "other.wasm"], false);
}
