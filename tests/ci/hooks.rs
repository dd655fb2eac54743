//! The hooks under the real pre-commit, in a repository with several projects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::stage::{HEADLOCK, Stage};
use super::{program, root, skip};

/// A repository with projects, and one with the hooks.
struct Repositories {
    stage: Stage,
    pre_commit: PathBuf,
    /// The value of HEADLOCK.
    headlock: Option<String>,
    path: String,
}

/// The folders of the projects.
const PROJECTS: [&str; 4] = ["one", "one/nested", "with a space/and 'quotes'", "-C"];

impl Repositories {
    fn new() -> Option<Repositories> {
        let Some(pre_commit) = program("pre-commit") else {
            skip("the hooks", "pre-commit is not there");
            return None;
        };
        let path = std::env::var("PATH").unwrap();
        let repositories = Repositories { stage: Stage::new(), pre_commit, headlock: Some(HEADLOCK.to_owned()), path };
        repositories.fill();
        Some(repositories)
    }

    fn fill(&self) {
        let hooks = self.stage.path("hooks");
        for file in [".pre-commit-hooks.yaml", "ci/hooks/headlock.sh", "Cargo.toml"] {
            fs::create_dir_all(hooks.join(file).parent().unwrap()).unwrap();
            fs::copy(root().join(file), hooks.join(file)).unwrap();
        }
        self.git("hooks", &["init", "-q"]);
        self.git("hooks", &["add", "."]);
        self.git("hooks", &["commit", "-q", "-m", "hooks"]);
        fs::create_dir(self.stage.path("repo")).unwrap();
        self.git("repo", &["init", "-q"]);
        for project in PROJECTS {
            let folder = self.stage.path("repo").join(project);
            fs::create_dir_all(&folder).unwrap();
            for file in ["headlock.toml", "headlock.lock", "trust.toml", "logs.policy"] {
                fs::copy(self.stage.path("work/app").join(file), folder.join(file)).unwrap();
            }
        }
        fs::write(self.stage.path("repo/README"), "no project").unwrap();
        self.configure("      - id: headlock-lock-check\n");
        self.git("repo", &["add", "."]);
        self.git("repo", &["commit", "-q", "-m", "projects"]);
    }

    /// Writes pre-commit's configuration, with these hooks.
    fn configure(&self, hooks: &str) {
        let url = self.stage.path("hooks");
        let revision = self.git("hooks", &["rev-parse", "HEAD"]);
        let text = format!("repos:\n  - repo: {}\n    rev: {}\n    hooks:\n{hooks}", url.display(), revision.trim());
        fs::write(self.stage.path("repo/.pre-commit-config.yaml"), text).unwrap();
        self.git("repo", &["add", "."]);
    }

    fn command(&self, at: &str, program: &Path, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(program);
        command.current_dir(self.stage.path(at)).args(arguments).env_clear();
        command.env("PATH", &self.path).env("HOME", self.stage.path("home"));
        command.env("PRE_COMMIT_HOME", self.stage.path("home/pre-commit")).env("PRE_COMMIT_COLOR", "never");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example");
        }
        command.envs(self.headlock.iter().map(|headlock| ("HEADLOCK", headlock)));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
        (output.status.success(), said)
    }

    fn git(&self, at: &str, arguments: &[&str]) -> String {
        let (done, said) = self.command(at, Path::new("git"), arguments);
        assert!(done, "git {arguments:?}: {said}");
        said
    }

    fn pre_commit(&self, arguments: &[&str]) -> (bool, String) {
        self.command("repo", &self.pre_commit, arguments)
    }

    /// Commits what has changed, through the installed hook.
    fn commit(&self, files: &[&str]) -> (bool, String) {
        self.git("repo", &[&["add", "--"], files].concat());
        self.command("repo", Path::new("git"), &["commit", "-q", "-m", "change"])
    }
}

#[test]
fn each_project_whose_files_changed_is_checked_once() {
    let Some(repositories) = Repositories::new() else { return };
    let (done, said) = repositories.pre_commit(&["run", "--all-files", "--verbose"]);
    assert!(done, "{said}");
    assert_eq!(said.matches(" agree on 1 dependency").count(), PROJECTS.len(), "{said}");
    // As a commit has it: only the project that the commit is about.
    let (done, said) = repositories.pre_commit(&["install"]);
    assert!(done, "{said}");
    let append =
        |name: &str, line: &str| repositories.stage.edit(&format!("repo/{name}"), |text| text.to_owned() + line);
    append("README", "more");
    let (done, said) = repositories.commit(&["README"]);
    assert!(done && said.contains("(no files to check)Skipped"), "{said}");
    append("one/nested/headlock.toml", "\"my:net\" = \"*\"\n");
    let (done, said) = repositories.commit(&["one/nested/headlock.toml"]);
    assert!(!done, "{said}");
    assert!(said.contains("error: ./one/nested/headlock.lock was made from another manifest"), "{said}");
    assert!(said.contains("only in the manifest: my:net \"*\" of "), "{said}");
    assert!(said.contains("^ ./one/nested: exit code 3") && !said.contains("./one:"), "{said}");
    // All that fail are named, whatever they are called.
    append("with a space/and 'quotes'/headlock.toml", "x = [\n");
    append("-C/headlock.toml", "\"my:net\" = \"*\"\n");
    let (done, said) = repositories.commit(&["."]);
    assert!(!done, "{said}");
    for (project, code) in [("one/nested", 3), ("with a space/and 'quotes'", 2), ("-C", 3)] {
        assert!(said.contains(&format!("^ ./{project}: exit code {code}")), "{project}: {said}");
    }
    // Brought up to date, but the lock is not in the commit: pre-commit takes it away while hooks run.
    repositories.stage.headlock("repo/one/nested", &["lock", "--quiet"]);
    repositories.git("repo", &["restore", "--staged", "--worktree", "--", "with a space", "-C/headlock.toml"]);
    let (done, said) = repositories.commit(&["one/nested/headlock.toml"]);
    assert!(!done && said.contains("^ ./one/nested: exit code 3"), "{said}");
    let (done, said) = repositories.commit(&["one/nested"]);
    assert!(done, "{said}");
}

#[test]
fn a_lock_that_the_commit_leaves_behind_is_named() {
    let Some(repositories) = Repositories::new() else { return };
    let folder = repositories.stage.path("repo/new");
    fs::create_dir(&folder).unwrap();
    for file in ["headlock.toml", "headlock.lock"] {
        fs::copy(repositories.stage.path("work/app").join(file), folder.join(file)).unwrap();
    }
    repositories.pre_commit(&["install"]);
    let (done, said) = repositories.commit(&["new/headlock.toml"]);
    assert!(!done && said.contains("error: ./new/headlock.lock is not committed: `git add` it"), "{said}");
    // Whoever says so leaves it behind.
    fs::write(repositories.stage.path("repo/.gitignore"), "new/headlock.lock\n").unwrap();
    let (done, said) = repositories.commit(&["new/headlock.toml", ".gitignore"]);
    assert!(done, "{said}");
    // A lock without a manifest has nothing to be compared with.
    fs::create_dir(repositories.stage.path("repo/alone")).unwrap();
    fs::copy(repositories.stage.path("work/app/headlock.lock"), repositories.stage.path("repo/alone/headlock.lock"))
        .unwrap();
    let (done, said) = repositories.commit(&["alone"]);
    assert!(done, "{said}");
}

#[test]
fn links_that_lead_nowhere_are_files_that_cannot_be_read() {
    let Some(repositories) = Repositories::new() else { return };
    let hook = root().join("ci/hooks/headlock.sh");
    for (files, what) in
        [(&["headlock.toml", "headlock.lock"][..], &["lock-check", "verify"][..]), (&["headlock.lock"], &["verify"])]
    {
        let folder = repositories.stage.path("repo/linked");
        fs::create_dir(&folder).unwrap();
        for file in files {
            std::os::unix::fs::symlink("gone", folder.join(file)).unwrap();
        }
        for what in what {
            let (done, said) = repositories.command("repo", &hook, &[what, "linked/headlock.lock"]);
            assert!(!done && said.contains("^ ./linked: exit code "), "{what} {files:?}: {said}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn verify_takes_options_and_tells_could_not_check_from_no() {
    let Some(repositories) = Repositories::new() else { return };
    let run = |arguments: &[&str]| {
        repositories.pre_commit(&[&["run", "--all-files", "--verbose", "--hook-stage"], arguments].concat())
    };
    fs::copy(repositories.stage.path("work/trusted/trust.toml"), repositories.stage.path("repo/trust.toml")).unwrap();
    fs::copy(repositories.stage.path("work/trusted/logs.policy"), repositories.stage.path("repo/logs.policy")).unwrap();
    repositories.configure("      - id: headlock-verify\n        args: [--trust=trust.toml, --engine=cranelift]\n");
    let (done, said) = run(&["manual"]);
    assert!(done, "{said}");
    assert_eq!(said.matches("verified: 2 releases").count(), PROJECTS.len(), "{said}");
    assert_eq!(said.matches("/repo/trust.toml, given by --trust").count(), PROJECTS.len(), "{said}");
    // It does not run where it is not asked for.
    let (done, said) = run(&["pre-commit"]);
    assert!(done && !said.contains("verified"), "{said}");
    repositories
        .stage
        .edit("repo/one/headlock.lock", |lock| lock.replace("version = \"1.1.0\"", "version = \"1.0.0\""));
    let (done, said) = run(&["pre-push"]);
    assert!(!done, "{said}");
    assert!(
        said.contains("^ ./one: exit code 1") && said.contains("package my:logger of registry.example/components"),
        "{said}"
    );
    assert_eq!(said.matches("exit code").count(), 2, "{said}");
    fs::rename(repositories.stage.path("reg"), repositories.stage.path("away")).unwrap();
    fs::remove_dir_all(repositories.stage.path("home/.cache")).unwrap();
    let (done, said) = run(&["pre-push"]);
    assert!(!done && said.contains("./one/nested: could not be checked, which says nothing of the lock"), "{said}");
}

/// Whoever may commit may call a file like an option: it does not take the option's place, nor the option the file's.
#[test]
fn a_file_that_is_called_like_an_option_stops_the_hook() {
    let Some(repositories) = Repositories::new() else { return };
    fs::create_dir_all(repositories.stage.path("repo/--trust=ci")).unwrap();
    fs::write(repositories.stage.path("repo/--trust=ci/trust.toml"), "").unwrap();
    repositories.configure("      - id: headlock-verify\n        args: [--trust=ci/trust.toml]\n");
    let (done, said) = repositories.pre_commit(&["run", "--all-files", "--verbose", "--hook-stage", "manual"]);
    let expected = "error: --trust=ci/trust.toml is a file, and what the hook was told may be an option of that name";
    assert!(!done && said.contains(expected) && !said.contains("verified"), "{said}");
}

/// Without HEADLOCK: on the path with the version of the checkout, built there before, or built by a cargo that is not the real one.
#[test]
fn the_program_is_found_or_built_once() {
    let Some(mut repositories) = Repositories::new() else { return };
    repositories.headlock = None;
    let tools = repositories.stage.path("tools");
    let rest = repositories.path.clone();
    repositories.path = format!("{}:{rest}", tools.display());
    let run = |repositories: &Repositories| repositories.pre_commit(&["run", "--all-files", "--verbose"]);
    repositories.stage.program("tools/headlock", &format!("exec {HEADLOCK} \"$@\"\n"));
    let (done, said) = run(&repositories);
    assert!(done && said.contains("agree on 1 dependency") && !said.contains("building"), "{said}");
    // Another version is not what was asked for.
    repositories.stage.program("tools/headlock", "echo headlock 0.0.1\n");
    repositories.stage.program("tools/cargo", "exit 1\n");
    let (done, said) = run(&repositories);
    assert!(!done && said.contains("headlock could not be built, so nothing was checked"), "{said}");
    let cargo = format!(
        "[ \"$*\" = 'install --locked --quiet --path host --bin headlock --root target/hook' ] || exit 1\nmkdir -p target/hook/bin; cp {HEADLOCK} target/hook/bin/headlock\n"
    );
    repositories.stage.program("tools/cargo", &cargo);
    let (done, said) = run(&repositories);
    assert!(done && said.contains("building headlock ") && said.contains("agree on 1 dependency"), "{said}");
    repositories.stage.program("tools/cargo", "exit 1\n");
    let (done, said) = run(&repositories);
    assert!(done && !said.contains("building"), "{said}");
    // As somebody tries the hooks before they use them.
    repositories.headlock = Some(HEADLOCK.to_owned());
    let hooks = repositories.stage.path("hooks").display().to_string();
    let (done, said) =
        repositories.pre_commit(&["try-repo", &hooks, "headlock-lock-check", "--all-files", "--verbose"]);
    assert!(done && said.contains("agree on 1 dependency"), "{said}");
}
