//! A workspace as a runner has it: a checkout with a project, another checkout with a trust file, and a registry.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::action::{Action, Done, Job};

/// The built command.
pub(crate) const HEADLOCK: &str = env!("CARGO_BIN_EXE_headlock");

pub(crate) struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    /// Folders: `work`, the workspace, which is a checkout with the project `work/app`; `work/trusted`, another checkout; `reg`,
    /// the registry; `temp`, the runner's.
    pub(crate) fn new() -> Stage {
        let stage = Stage { dir: tempfile::tempdir().unwrap() };
        for folder in ["work/.git", "work/app", "work/trusted/.git", "temp", "home"] {
            fs::create_dir_all(stage.path(folder)).unwrap();
        }
        stage.headlock("", &["key", "generate", "--name", "registry.example/components", "--out", "registry.key"]);
        stage.headlock("", &["registry", "init", "reg", "--key", "registry.key"]);
        fs::write(stage.path("content"), "content").unwrap();
        for more in [
            &["my:logger", "1.0.0"][..],
            &["my:logger", "1.1.0"],
            &["my:app", "0.1.0", "--dependency", "my:logger ^1"],
            &["my:net", "0.2.0"],
        ] {
            let publish = ["registry", "publish", "--registry", "reg", "--key", "registry.key", "--content", "content"];
            stage.headlock("", &[&publish, more].concat());
        }
        let url = format!("file://{}", stage.path("reg").display());
        stage.headlock("work/app", &["init", "--quiet", "--log-key", "../../registry.key.pub", "--url", &url]);
        stage.edit("work/app/headlock.toml", |text| text.to_owned() + "\"my:app\" = \"^0.1\"\n");
        stage.headlock("work/app", &["lock", "--quiet"]);
        for name in ["trust.toml", "logs.policy"] {
            fs::copy(stage.path("work/app").join(name), stage.path("work/trusted").join(name)).unwrap();
        }
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // Where a folder for temporary files is a link, scripts see the folder that it leads to.
        fs::canonicalize(self.dir.path()).unwrap().join(name)
    }

    /// Runs headlock, which must end well.
    pub(crate) fn headlock(&self, at: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(HEADLOCK);
        let command = command.current_dir(self.path(at)).env_clear().env("HOME", self.path("home")).args(arguments);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// Changes a file's text, which must change.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&str) -> String) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        let changed = change(&text);
        assert_ne!(text, changed, "{name}");
        fs::write(self.path(name), changed).unwrap();
    }

    /// Writes a program.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A job at a push that runs the action on the project, with this headlock.
    pub(crate) fn action(&self, inputs: &[(&str, &str)]) -> Done {
        self.action_at("push", inputs)
    }

    pub(crate) fn action_at(&self, event: &str, inputs: &[(&str, &str)]) -> Done {
        let given = [("working-directory", "app"), ("headlock", HEADLOCK), ("engine", "cranelift")];
        let inputs: Vec<(&str, &str)> = given.iter().chain(inputs).copied().collect();
        self.job(&Job {
            workspace: &self.path("work"),
            temp: &self.path("temp"),
            event,
            inputs: &inputs,
            env: &[],
            cached: None,
            killed: None,
        })
    }

    pub(crate) fn job(&self, job: &Job<'_>) -> Done {
        let done = Action::read().run(job);
        // Whatever happened: nothing went past the guarded output, and nothing is left behind.
        // What went past the guarded output is the shell's own word of what was killed.
        let past: Vec<&str> =
            done.stderr.lines().filter(|line| !line.contains(" Killed ") && !line.contains(" Done ")).collect();
        assert!(past.is_empty() && super::log::read(&done.stderr).commands.is_empty(), "{done:?}");
        let left: Vec<_> = fs::read_dir(self.path("temp")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let left: Vec<_> = left.iter().filter(|name| !Path::new(name).join("").starts_with("kept")).collect();
        assert!(left.iter().all(|name| name.to_str().unwrap().len() == "headlock-".len() + 64), "left: {left:?}");
        done
    }
}
