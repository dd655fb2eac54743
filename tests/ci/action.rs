//! action.yml, run as a runner would: each step's shell with its environment and the runner's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use saphyr::{LoadableYamlNode as _, Yaml};

use super::expression::{Context, resolve, runs};
use super::log::{self, Log};
use super::root;

/// The action as its file has it.
pub(crate) struct Action {
    /// Each input's default.
    inputs: BTreeMap<String, String>,
    outputs: Vec<(String, String)>,
    steps: Vec<Step>,
}

struct Step {
    name: String,
    id: Option<String>,
    condition: Option<String>,
    does: Does,
}

enum Does {
    Run { shell: String, script: String, env: Vec<(String, String)> },
    Use { what: String, with: Vec<(String, String)> },
}

/// What a job gives the action.
pub(crate) struct Job<'a> {
    pub(crate) workspace: &'a Path,
    /// The runner's folder for temporary files, the home folder beside it.
    pub(crate) temp: &'a Path,
    pub(crate) event: &'a str,
    pub(crate) inputs: &'a [(&'a str, &'a str)],
    /// What the workflow sets for every step.
    pub(crate) env: &'a [(&'a str, &'a str)],
    /// A program that the cache holds under whatever key is asked for.
    pub(crate) cached: Option<&'a Path>,
    /// A step that is killed as it begins.
    pub(crate) killed: Option<&'a str>,
}

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Each step's name and how it ended.
    pub(crate) steps: Vec<(String, String)>,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    pub(crate) log: Log,
    /// The whole output, and what went to stderr.
    pub(crate) said: String,
    pub(crate) stderr: String,
}

fn text(yaml: &Yaml<'_>, key: &str) -> Option<String> {
    yaml.as_mapping_get(key).map(|value| value.as_str().unwrap_or_else(|| panic!("{key} is no text")).to_owned())
}

fn pairs(yaml: Option<&Yaml<'_>>) -> Vec<(String, String)> {
    let Some(yaml) = yaml else { return Vec::new() };
    let pair = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
        (key.as_str().unwrap().to_owned(), value.as_str().unwrap_or_else(|| panic!("{key:?}: no text")).to_owned())
    };
    yaml.as_mapping().unwrap().iter().map(pair).collect()
}

impl Action {
    pub(crate) fn read() -> Action {
        let yaml = fs::read_to_string(root().join("action.yml")).unwrap();
        let documents = Yaml::load_from_str(&yaml).unwrap();
        let [action] = documents.as_slice() else { panic!("one document") };
        let named = |key: &str, of: &str| -> Vec<(String, String)> {
            let entries = action.as_mapping_get(key).unwrap().as_mapping().unwrap().iter();
            entries.map(|(name, entry)| (name.as_str().unwrap().to_owned(), text(entry, of).unwrap())).collect()
        };
        let runs = action.as_mapping_get("runs").unwrap();
        assert_eq!(text(runs, "using").as_deref(), Some("composite"));
        let steps = runs.as_mapping_get("steps").unwrap().as_sequence().unwrap().iter().map(step).collect();
        Action { inputs: named("inputs", "default").into_iter().collect(), outputs: named("outputs", "value"), steps }
    }

    /// Every script, and every `uses`.
    pub(crate) fn scripts(&self) -> (Vec<&str>, Vec<&str>) {
        let (mut scripts, mut used) = (Vec::new(), Vec::new());
        for step in &self.steps {
            match &step.does {
                Does::Run { script, .. } => scripts.push(script.as_str()),
                Does::Use { what, .. } => used.push(what.as_str()),
            }
        }
        (scripts, used)
    }

    pub(crate) fn run(&self, job: &Job<'_>) -> Done {
        let mut context = Context::new();
        for (name, default) in &self.inputs {
            context.insert(format!("inputs.{name}"), default.clone());
        }
        for (name, value) in job.inputs {
            let known = context.insert(format!("inputs.{name}"), (*value).to_owned());
            assert!(known.is_some(), "the action has no input {name}");
        }
        let mut done = Done::default();
        let mut failed = false;
        for step in &self.steps {
            if !runs(step.condition.as_deref(), &context, failed) {
                continue;
            }
            let code = match &step.does {
                Does::Run { shell, script, env } => {
                    let env: Vec<_> = env.iter().map(|(name, value)| (name, resolve(value, &context))).collect();
                    step.run(job, shell, script, &env, &mut context, &mut done)
                }
                Does::Use { what, with } => {
                    let with: Context = with.iter().map(|(k, v)| (k.clone(), resolve(v, &context))).collect();
                    step.cache(job, what, &with, &mut context)
                }
            };
            let ended = if code == 0 { "done".to_owned() } else { format!("exit code {code}") };
            done.steps.push((step.name.clone(), ended));
            failed |= code != 0;
        }
        done.outputs = self.outputs.iter().map(|(name, value)| (name.clone(), resolve(value, &context))).collect();
        done.log = log::read(&done.said);
        done
    }
}

fn step(yaml: &Yaml<'_>) -> Step {
    let does = match text(yaml, "run") {
        Some(script) => {
            // `shell: bash` is said at every step of such an action; others would be started otherwise.
            let shell = text(yaml, "shell").unwrap();
            Does::Run { shell, script, env: pairs(yaml.as_mapping_get("env")) }
        }
        None => Does::Use { what: text(yaml, "uses").unwrap(), with: pairs(yaml.as_mapping_get("with")) },
    };
    Step { name: text(yaml, "name").unwrap(), id: text(yaml, "id"), condition: text(yaml, "if"), does }
}

impl Step {
    fn run(
        &self,
        job: &Job<'_>,
        shell: &str,
        script: &str,
        env: &[(&String, String)],
        context: &mut Context,
        done: &mut Done,
    ) -> i32 {
        assert_eq!(shell, "bash");
        // The runner's files are new for each step.
        let files = tempfile::tempdir().unwrap();
        let file = |name: &str| -> PathBuf {
            let path = files.path().join(name);
            fs::write(&path, "").unwrap();
            path
        };
        let (output, summary, script_file) = (file("output"), file("summary"), file("script.sh"));
        fs::write(&script_file, script).unwrap();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(&script_file);
        command.current_dir(job.workspace).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", job.temp.join("../home"));
        let runner =
            [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", job.event), ("RUNNER_OS", "Linux")];
        command.envs(runner).envs(job.env.iter().copied());
        command.env("GITHUB_ACTION_PATH", root()).env("GITHUB_WORKSPACE", job.workspace).env("RUNNER_TEMP", job.temp);
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
        command.env("GITHUB_ENV", file("env")).env("GITHUB_PATH", file("path")).env("GITHUB_STATE", file("state"));
        command.envs(env.iter().map(|(name, value)| (*name, value)));
        if job.killed == Some(self.name.as_str()) {
            command.env("BASH_ENV", root().join("tests/ci/killed.sh"));
        }
        let ended = command.output().unwrap();
        done.said.push_str(&String::from_utf8(ended.stdout).unwrap());
        done.stderr.push_str(&String::from_utf8_lossy(&ended.stderr));
        done.summary.push_str(&fs::read_to_string(&summary).unwrap());
        for name in ["env", "path", "state"] {
            assert_eq!(fs::read_to_string(files.path().join(name)).unwrap(), "", "nothing is set for later steps");
        }
        for line in fs::read_to_string(&output).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            assert!(!name.contains("<<"), "an output of several lines: {line}");
            let id = self.id.as_ref().unwrap();
            context.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        // Without a code it was killed.
        ended.status.code().unwrap_or(137)
    }

    /// The cache's actions: what is there is put at its place; what is missing is not.
    fn cache(&self, job: &Job<'_>, what: &str, with: &Context, context: &mut Context) -> i32 {
        let folder = Path::new(&with["path"]);
        assert!(with["key"].starts_with("headlock-") && folder.ends_with(&with["key"]), "{with:?}");
        match what.split('@').next().unwrap() {
            "actions/cache/restore" => {
                if let Some(cached) = job.cached {
                    fs::create_dir_all(folder.join("bin")).unwrap();
                    fs::copy(cached, folder.join("bin/headlock")).unwrap();
                    let id = self.id.as_ref().unwrap();
                    context.insert(format!("steps.{id}.outputs.cache-hit"), "true".to_owned());
                }
            }
            "actions/cache/save" => assert!(folder.join("bin/headlock").is_file()),
            other => panic!("nothing plays {other}"),
        }
        0
    }
}
