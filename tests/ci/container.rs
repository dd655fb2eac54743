//! The container file: its command, run as the shell it is. The image itself is built by tests/ci/container.sh, by hand, as
//! docs/ci.md says.

use std::fs;
use std::process::Command;

use super::root;
use super::stage::{HEADLOCK, Stage};

#[test]
fn what_the_container_file_runs_builds_the_command_with_the_pinned_toolchain() {
    let file = fs::read_to_string(root().join("Containerfile")).unwrap();
    let joined = file.replace("\\\n", " ");
    let commands: Vec<&str> = joined.lines().filter_map(|line| line.strip_prefix("RUN ")).collect();
    let [command] = commands.as_slice() else { panic!("one RUN, found {commands:?}") };
    let stage = Stage::new();
    let out = stage.path("out");
    let command = command.replace("/out", out.to_str().unwrap());
    let told = stage.path("told");
    stage.program(
        "tools/cargo",
        &format!(
            "echo \"$@\" > {}; mkdir -p {out}/bin; cp {HEADLOCK} {out}/bin/headlock\n",
            told.display(),
            out = out.display()
        ),
    );
    let path = format!("{}:{}", stage.path("tools").display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh").args(["-c", &command]).env("PATH", path).env("PROFILE", "release").status().unwrap();
    assert!(done.success());
    let told = fs::read_to_string(told).unwrap();
    assert_eq!(
        told.trim(),
        format!("install --locked --path host --bin headlock --profile release --root {}", out.display())
    );
    for copied in ["bin/headlock", "state", "project"] {
        assert!(out.join(copied).exists() && file.contains(&format!("/out/{copied} ")), "{copied}");
    }
    // The toolchain that is pinned is the one of the image to build in.
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let version = toolchain.split('"').nth(1).unwrap();
    assert!(file.contains(&format!("/rust:{version}-slim-")), "{version}");
    assert!(file.contains("\nUSER 65532:65532\n"));
}
