//! What a job's steps, outputs, annotations and summary are, as files: tests/ci/cases. `BLESS=1` writes them anew; read the diff.

use std::fs;

use super::action::{Action, Done, Job};
use super::root;
use super::stage::{HEADLOCK, Stage};

/// The trust file of another checkout.
const GIVEN: (&str, &str) = ("trust", "trusted/trust.toml");

/// How a job went, with what differs from run to run named.
fn describe(stage: &Stage, done: &Done) -> String {
    let mut text = String::from("steps:\n");
    for (name, ended) in &done.steps {
        text.push_str(&format!("  {name}: {ended}\n"));
    }
    text.push_str("outputs:\n");
    for (name, value) in &done.outputs {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    text.push_str("commands to the runner:\n");
    for command in &done.log.commands {
        text.push_str(&format!("  {command}\n"));
    }
    text.push_str("summary:\n");
    text.push_str(&done.summary);
    let program = sha256(&fs::read(HEADLOCK).unwrap());
    let version = format!("headlock {}", env!("CARGO_PKG_VERSION"));
    let text = text
        .replace(&stage.path("").display().to_string(), "[DIR]/")
        .replace(&version, "headlock [VERSION]")
        .replace(&program, "[SHA256]");
    name_digests(&text)
}

fn sha256(bytes: &[u8]) -> String {
    headlock_log::digest::Digest::of(bytes).to_string()
}

/// Each run of 64 hexadecimal digits is a digest.
fn name_digests(text: &str) -> String {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let bytes = text.as_bytes();
    let (mut named, mut from, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_digit(**byte)).count();
        if length == 64 {
            named.push_str(&text[from..at]);
            named.push_str("[SHA256]");
            from = at + length;
        }
        at += length.max(1);
    }
    named + &text[from..]
}

/// Compares with the file of that name.
fn expect(name: &str, stage: &Stage, done: &Done) {
    let path = root().join("tests/ci/cases").join(format!("{name}.txt"));
    let found = describe(stage, done);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}: BLESS=1 writes {}", path.display());
}

/// The verdict and the exit code must be these.
fn ends(done: &Done, verdict: &str, code: &str) {
    let found = (done.outputs["verdict"].as_str(), done.outputs["exit-code"].as_str());
    assert_eq!(found, (verdict, code), "{done:#?}");
    let failed = done.steps.iter().find(|(_, ended)| ended != "done");
    match code {
        "0" => assert_eq!(failed, None),
        code => assert_eq!(failed.unwrap().1, format!("exit code {code}")),
    }
}

/// Words that nothing may say of a lock of which nothing is known.
fn says_nothing_of_the_lock(done: &Done) {
    let said = format!("{}{:?}", done.summary, done.log.commands).to_lowercase();
    for word in ["dishonest", "the answer is no", "verified:", "what differs", "not what its inputs"] {
        assert!(!said.contains(word), "{word:?} in {said}");
    }
    assert!(said.contains("nothing is known of the lock"), "{said}");
}

#[test]
fn a_good_lock_is_verified_by_a_trust_file_from_elsewhere() {
    let stage = Stage::new();
    let done = stage.action(&[GIVEN, ("engine", "all")]);
    ends(&done, "verified", "0");
    assert!(done.log.commands.is_empty());
    expect("good", &stage, &done);
}

#[test]
fn without_a_trust_file_it_is_only_consistent() {
    let stage = Stage::new();
    let done = stage.action(&[]);
    ends(&done, "consistent", "0");
    assert_eq!(done.outputs["trust"], "beside");
    assert!(!done.summary.contains("headlock: verified"));
    expect("no-trust-file", &stage, &done);
}

#[test]
fn a_trust_file_of_the_same_checkout_is_said_to_be_one() {
    let stage = Stage::new();
    let basis = |trust: &str| stage.action(&[("trust", trust)]).outputs["trust"].clone();
    assert_eq!(basis("app/trust.toml"), "same-checkout");
    // A submodule is at the commit that the checkout around it says, and a link leads where it leads.
    fs::remove_dir(stage.path("work/trusted/.git")).unwrap();
    fs::write(stage.path("work/trusted/.git"), "gitdir: elsewhere\n").unwrap();
    assert_eq!(basis("trusted/trust.toml"), "same-checkout");
    fs::remove_file(stage.path("work/trusted/.git")).unwrap();
    assert_eq!(basis("trusted/trust.toml"), "same-checkout");
    // Where there is no checkout at all, as without git.
    fs::remove_dir(stage.path("work/.git")).unwrap();
    assert_eq!(basis("trusted/trust.toml"), "same-checkout");
    fs::create_dir(stage.path("work/trusted/.git")).unwrap();
    assert_eq!(basis("trusted/trust.toml"), "given");
    std::os::unix::fs::symlink("../app/trust.toml", stage.path("work/trusted/link.toml")).unwrap();
    assert_eq!(basis("trusted/link.toml"), "same-checkout");
    fs::rename(stage.path("work/trusted"), stage.path("elsewhere")).unwrap();
    assert_eq!(basis(&stage.path("elsewhere/trust.toml").display().to_string()), "given");
    let done = stage.action(&[("trust", "app/trust.toml")]);
    expect("same-checkout", &stage, &done);
}

#[test]
fn a_lock_that_was_edited_is_refused_and_the_entry_named_with_its_line() {
    let stage = Stage::new();
    stage.edit("work/app/headlock.lock", |lock| {
        lock.replace("version = \"1.1.0\"\n", "version = \"1.0.0\"\n")
            .replace("\"my:logger 1.1.0\"", "\"my:logger 1.0.0\"")
    });
    let done = stage.action(&[GIVEN]);
    ends(&done, "no", "1");
    let lock = fs::read_to_string(stage.path("work/app/headlock.lock")).unwrap();
    let line = lock.lines().position(|line| line == "name = \"my:logger\"").unwrap() + 1;
    let annotated =
        format!("::error file=app/headlock.lock,line={line},title=headlock%3A the answer is no::package my:logger of ");
    assert!(done.log.commands.iter().any(|command| command.starts_with(&annotated)), "{annotated}: {done:#?}");
    expect("edited-lock", &stage, &done);
}

#[test]
fn a_manifest_that_moved_on_is_not_current() {
    let stage = Stage::new();
    stage.edit("work/app/headlock.toml", |text| text.to_owned() + "\"my:net\" = \"^0.2\"\n");
    let done = stage.action(&[GIVEN]);
    ends(&done, "not-current", "3");
    expect("stale-manifest", &stage, &done);
    fs::remove_file(stage.path("work/app/headlock.lock")).unwrap();
    let done = stage.action(&[GIVEN]);
    ends(&done, "not-current", "3");
    expect("no-lock", &stage, &done);
}

#[test]
fn a_solver_that_nobody_accepts_is_refused() {
    let stage = Stage::new();
    let digest = |lock: &str| lock.lines().find(|line| line.starts_with("sha256")).unwrap().to_owned();
    stage.edit("work/app/headlock.lock", |lock| {
        lock.replacen(&digest(lock), &format!("sha256 = \"{}\"", "1".repeat(64)), 1)
    });
    let done = stage.action(&[GIVEN]);
    ends(&done, "refused", "5");
    expect("solver-refused", &stage, &done);
}

#[test]
fn a_registry_that_is_away_says_nothing_of_the_lock() {
    let stage = Stage::new();
    stage.headlock("work/app", &["bundle", "--quiet", "-o", "../headlock.bundle"]);
    fs::rename(stage.path("reg"), stage.path("away")).unwrap();
    fs::remove_dir_all(stage.path("home")).unwrap();
    let done = stage.action(&[GIVEN]);
    ends(&done, "could-not-check", "4");
    says_nothing_of_the_lock(&done);
    expect("registry-away", &stage, &done);
    // A server that does not answer, and a bundle in its place.
    for file in ["work/trusted/logs.policy", "work/app/logs.policy"] {
        stage.edit(file, |policy| {
            policy.replace(&format!("file://{}", stage.path("reg").display()), "http://127.0.0.1:1")
        });
    }
    let done = stage.action(&[GIVEN]);
    ends(&done, "could-not-check", "4");
    says_nothing_of_the_lock(&done);
    let done = stage.action(&[GIVEN, ("bundle", "headlock.bundle"), ("offline", "true")]);
    ends(&done, "verified", "0");
    expect("bundle", &stage, &done);
}

#[test]
fn a_lock_by_itself_is_verified_by_itself() {
    let stage = Stage::new();
    fs::remove_file(stage.path("work/app/headlock.toml")).unwrap();
    let done = stage.action(&[GIVEN]);
    ends(&done, "verified", "0");
    assert!(done.summary.contains("manifest: none beside the lock"), "{}", done.summary);
    // A link that leads nowhere is no manifest that is not there.
    std::os::unix::fs::symlink("nowhere", stage.path("work/app/headlock.toml")).unwrap();
    ends(&stage.action(&[GIVEN]), "malformed", "2");
}

#[test]
fn a_link_to_a_name_that_the_shell_would_change_is_followed_nowhere() {
    // What the shell would make of each name is another folder, with a good lock.
    for (name, other) in [("app\n", "app"), ("a\np", "a p")] {
        let stage = Stage::new();
        let work = stage.path("work");
        fs::create_dir(work.join(name)).unwrap();
        for file in ["headlock.toml", "headlock.lock", "trust.toml", "logs.policy"] {
            fs::copy(work.join("app").join(file), work.join(name).join(file)).unwrap();
        }
        let lock = fs::read_to_string(work.join(name).join("headlock.lock")).unwrap();
        fs::write(work.join(name).join("headlock.lock"), lock.replacen("\ncontent = \"", "\ncontent = \"0", 1))
            .unwrap();
        fs::rename(work.join("app"), work.join(other)).unwrap();
        std::os::unix::fs::symlink(name, work.join("link")).unwrap();
        let done = stage.action(&[GIVEN, ("working-directory", "link")]);
        ends(&done, "malformed", "2");
        assert!(done.summary.contains("leads to a path with control characters"), "{}", done.summary);
    }
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let stage = Stage::new();
    let good = fs::read_to_string(stage.path("work/app/headlock.toml")).unwrap();
    let names = [
        r"</pre><img src=x onerror=alert(1)>",
        r"\n::error file=a::injected",
        r"::set-output name=verdict::verified",
        r"x ##[error]injected",
        r"](https://evil.example) **bold** `code` <!-- \u001b[2J \u202e",
    ];
    for name in names {
        fs::write(stage.path("work/app/headlock.toml"), format!("{good}\"{name}\" = \"1\"\n")).unwrap();
        let done = stage.action(&[GIVEN]);
        ends(&done, "malformed", "2");
        let [command] = done.log.commands.as_slice() else { panic!("{done:#?}") };
        let line = good.lines().count() + 1;
        let annotated = format!(
            "::error file=app/headlock.toml,line={line},title=headlock%3A a file or an option is malformed::dependency \""
        );
        assert!(command.starts_with(&annotated), "{command}");
        is_inert(&done.summary);
    }
    let done = stage.action(&[GIVEN]);
    expect("hostile-names", &stage, &done);
    fs::write(stage.path("work/app/headlock.toml"), good).unwrap();
    stage.edit("work/app/headlock.lock", |lock| {
        lock.replace("requirement = \"^0.1\"", "requirement = \"</pre> ::error::x ##[error]y\" # <b>")
    });
    let done = stage.action(&[GIVEN]);
    ends(&done, "malformed", "2");
    is_inert(&done.summary);
    expect("hostile-lock", &stage, &done);
}

/// A summary holds no HTML but `pre`, and within it nothing but text.
fn is_inert(summary: &str) {
    let outside: String =
        summary.split("<pre>").map(|part| part.split_once("</pre>").map_or(part, |(_, after)| after)).collect();
    assert!(!outside.contains(['<', '>']), "{outside}");
    for inside in summary.split("<pre>").skip(1) {
        let (inside, _) = inside.split_once("</pre>").unwrap();
        assert!(!inside.contains(['<', '>', '"', '\'']), "{inside}");
        assert!(!inside.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{inside:?}");
    }
    assert_eq!(summary.matches("<pre>").count(), summary.matches("</pre>").count());
}

#[test]
fn whatever_a_program_prints_is_shown_and_does_nothing() {
    let stage = Stage::new();
    let fake = |body: &str| {
        let script = format!(
            "case \"$*\" in --version) echo 'headlock 9.9.9 ::error::x' ;; *'lock --check') ;; *) {body} ;; esac\n"
        );
        stage.program("temp/kept/headlock", &script);
        stage.action(&[GIVEN, ("headlock", stage.path("temp/kept/headlock").to_str().unwrap())])
    };
    let done = fake(
        "printf '::set-output name=verdict::verified\\n::stop-commands::x\\n::x::\\n##[add-path]/evil\\n\\0\\001\\033[2J\\377\\302\\205</pre><script>\\r\\n'; exit 1",
    );
    ends(&done, "no", "1");
    assert_eq!(done.log.commands.len(), 1, "{done:#?}");
    is_inert(&done.summary);
    // Too much: cut, and said to be.
    let done = fake(
        "head -c 3000000 /dev/zero | tr '\\0' '&'; yes '  package a: expected b, found c' | head -n 100000; exit 1",
    );
    ends(&done, "no", "1");
    assert_eq!(done.log.commands.len(), 8);
    assert!(done.summary.len() < 1 << 20, "{}", done.summary.len());
    assert!(done.summary.contains("more lines, which the log of this step has"));
    // What is no exit code of headlock's is no verdict.
    for (body, code) in [("kill -9 $$", "137"), ("exit 101", "101"), ("exit 6", "6"), ("exit 127", "127")] {
        let done = fake(body);
        ends(&done, "could-not-check", code);
        says_nothing_of_the_lock(&done);
    }
}

/// An event, inputs, and what is said of them.
type Wrong<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn wrong_inputs_are_named_and_nothing_is_checked() {
    let stage = Stage::new();
    let attests: [(&str, &str); 2] = [GIVEN, ("attest", "true")];
    let cases: [Wrong<'_>; 10] = [
        ("push", &[("engine", "quick")], "the input `engine` is &quot;quick&quot;"),
        ("push", &[("engine", "all\n::error::x")], "the input for ENGINE has control characters"),
        ("push", &[("working-directory", "app\u{1b}[2J")], "the input for DIRECTORY has control characters"),
        ("push", &[("working-directory", "nowhere")], "there is no folder nowhere"),
        ("push", &[("trust", "</pre>.toml")], "there is no trust file &lt;/pre&gt;.toml"),
        ("push", &[("attest", "yes")], "the input `attest` is &quot;yes&quot;"),
        ("push", &[("attest", "true"), ("key", "k")], "an attestation is asked for, and no trust file is named"),
        ("push", &attests, "an attestation is to be signed, and there is no key"),
        (
            "pull_request",
            &[GIVEN, ("attest", "true"), ("key", "k")],
            "an attestation would be signed at the event pull_request",
        ),
        ("pull_request_target", &[GIVEN, ("attest", "true"), ("key", "k")], "signed at the event pull_request_target"),
    ];
    for (event, inputs, expected) in cases {
        let done = stage.action_at(event, inputs);
        ends(&done, "malformed", "2");
        assert!(done.summary.contains(expected), "{expected}: {}", done.summary);
        assert_eq!(done.log.commands.len(), 1, "{done:#?}");
        is_inert(&done.summary);
        let ran: Vec<&str> = done.steps.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(ran, ["Look at the inputs", "Remove the key"]);
    }
}

/// Without the input `headlock`: from the cache, or built by a cargo that is not the real one and keeps what it was told.
#[test]
fn the_program_is_taken_from_the_cache_or_built_from_the_actions_source() {
    let stage = Stage::new();
    let inputs = [("working-directory", "app"), GIVEN];
    let tools = stage.path("tools");
    let real = std::env::var("PATH").unwrap();
    let path = format!("{}:{real}", tools.display());
    let (work, temp) = (stage.path("work"), stage.path("temp"));
    let env = [("PATH", path.as_str()), ("RUSTFLAGS", "-D warnings"), ("RUSTUP_TOOLCHAIN", "nightly")];
    let job =
        Job { workspace: &work, temp: &temp, event: "push", inputs: &inputs, env: &env, cached: None, killed: None };
    let clean = || {
        for entry in fs::read_dir(&temp).unwrap() {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
    };
    let cargo = format!(
        "pwd > {dir}/told; echo \"$@\" >> {dir}/told; echo \"${{RUSTFLAGS-none}} ${{RUSTUP_TOOLCHAIN-none}}\" >> {dir}/told
         while [ \"$1\" != --root ]; do shift; done; mkdir -p \"$2/bin\"; cp {HEADLOCK} \"$2/bin/headlock\"; mkdir -p {dir}/temp/headlock-target\n",
        dir = stage.path("").display(),
    );
    stage.program("tools/cargo", &cargo);
    let done = stage.job(&job);
    ends(&done, "verified", "0");
    assert!(done.summary.contains("built in this job, from the source of this action"), "{}", done.summary);
    let told = fs::read_to_string(stage.path("told")).unwrap();
    let [folder, arguments, unset] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
    assert_eq!((folder, unset), (root().to_str().unwrap(), "none none"));
    assert!(arguments.starts_with("install --locked --path host --bin headlock --root "), "{arguments}");
    let ran: Vec<&str> = done.steps.iter().map(|(name, _)| name.as_str()).collect();
    assert!(ran.contains(&"Look for headlock in the cache") && ran.contains(&"Keep headlock in the cache"), "{ran:?}");
    // A second time in the job it is there.
    stage.program("tools/cargo", "exit 1\n");
    assert!(stage.job(&job).summary.contains("built before in this job"));
    clean();
    let cached = Job { cached: Some(HEADLOCK.as_ref()), ..job };
    let done = stage.job(&cached);
    ends(&done, "verified", "0");
    assert!(done.summary.contains("from the cache, where a job before this one put it"), "{}", done.summary);
    assert!(!done.steps.iter().any(|(name, _)| name == "Keep headlock in the cache"));
    clean();
    // A cache that holds what is no headlock; a build that fails; no cargo at all.
    let other = stage.program("other", "echo something else\n");
    for (job, expected) in [
        (Job { cached: Some(&other), ..job }, "is not headlock"),
        (Job { env: &env, ..job }, "headlock could not be built"),
    ] {
        let done = stage.job(&job);
        ends(&done, "could-not-check", "4");
        says_nothing_of_the_lock(&done);
        assert!(done.summary.contains(expected), "{}", done.summary);
        clean();
    }
    // What signs is not taken from the cache, nor is what a step before it in the job took from there.
    let signs = [("working-directory", "app"), GIVEN, ("attest", "true"), ("key", "k")];
    let done = stage.job(&Job { inputs: &signs, cached: Some(HEADLOCK.as_ref()), ..job });
    assert!(!done.steps.iter().any(|(name, _)| name == "Look for headlock in the cache"), "{done:#?}");
    clean();
    ends(&stage.job(&cached), "verified", "0");
    let done = stage.job(&Job { inputs: &signs, ..job });
    ends(&done, "could-not-check", "4");
    assert!(done.summary.contains("headlock could not be built"), "{}", done.summary);
}

#[test]
fn no_script_of_the_action_holds_an_expression_and_what_it_uses_is_pinned() {
    let action = Action::read();
    let (scripts, used) = action.scripts();
    assert!(!scripts.is_empty() && !used.is_empty());
    for script in scripts {
        let file = script.strip_prefix("bash \"$GITHUB_ACTION_PATH/").and_then(|rest| rest.strip_suffix('"'));
        assert!(root().join(file.unwrap()).is_file(), "{script}");
    }
    for what in used {
        let (_, commit) = what.split_once('@').unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{what}");
    }
}
