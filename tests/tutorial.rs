//! docs/tutorial.md does what it says: its commands are run, one behind the other, and print what stands below them, where `…`
//! stands for anything. `BLESS=1` writes what is printed, for an author to put `…` where it differs each time.
#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Stands in the output behind what each block prints.
const END: &str = "-- end of the block --";

/// Commands, and what they print.
struct Block {
    commands: String,
    prints: String,
    /// The lines of the page before the commands.
    before: String,
}

fn blocks(page: &str) -> (Vec<Block>, String) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut prose = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let text = |lines: &mut std::str::Lines<'_>| -> String {
            lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
        };
        match line {
            "```bash" => {
                let commands = text(&mut lines);
                blocks.push(Block { commands, prints: String::new(), before: std::mem::take(&mut prose) });
            }
            "```text" => {
                blocks.last_mut().unwrap().prints = text(&mut lines);
                prose.clear();
            }
            other => prose.push_str(&format!("{other}\n")),
        }
    }
    (blocks, prose)
}

fn format(blocks: &[Block], rest: &str) -> String {
    let one = |block: &Block| {
        let prints = if block.prints.is_empty() { String::new() } else { format!("\n```text\n{}```\n", block.prints) };
        format!("{}```bash\n{}```\n{prints}", block.before, block.commands)
    };
    blocks.iter().map(one).collect::<String>() + rest
}

/// Whether a text is what is expected, where `…` stands for anything on its line.
fn is(expected: &str, found: &str) -> bool {
    let line = |expected: &str, found: &str| {
        let parts: Vec<&str> = expected.split('…').collect();
        let [first, middle @ .., last] = parts.as_slice() else { return expected == found };
        let rest = found.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
        middle.iter().fold(rest, |rest, part| rest?.split_once(part).map(|(_, after)| after)).is_some()
    };
    expected.lines().count() == found.lines().count()
        && expected.lines().zip(found.lines()).all(|(one, two)| line(one, two))
}

/// A shell that runs a script in a folder, with headlock on the path.
fn bash(option: &str, script: &str, folder: &Path) -> Command {
    let headlock = Path::new(env!("CARGO_BIN_EXE_headlock")).parent().unwrap();
    let programs = format!("{}:{}", headlock.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.arg(option).arg(script).current_dir(folder).env_clear().env("PATH", programs).env("HOME", folder);
    shell
}

#[test]
fn the_commands_print_what_the_tutorial_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("docs/tutorial.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = blocks(&page);
    assert!(before.len() > 8, "the tutorial has commands");

    let scratch = tempfile::tempdir().unwrap();
    let mut script = String::from("set -uo pipefail\nexec 2>&1\n");
    for block in &before {
        script.push_str(&format!("{}echo '{END}'\n", block.commands));
    }
    let output = bash("-c", &script, scratch.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let end = format!("{END}\n");
    let mut printed = said.split(&end);
    let mut wrong = Vec::new();
    let mut after = Vec::new();
    for Block { commands, prints, before } in before {
        let found = printed.next().unwrap().to_owned();
        let same = is(&prints, &found);
        if !same {
            wrong.push(format!("$ {commands}expected:\n{prints}found:\n{found}"));
        }
        after.push(Block { commands, prints: if same { prints } else { found }, before });
    }
    assert_eq!((printed.next(), printed.next()), (Some(""), None), "{said}");
    if std::env::var_os("BLESS").is_some() {
        return fs::write(&path, format(&after, &rest)).unwrap();
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 writes what is printed now", wrong.join("\n"));
}

#[test]
fn a_text_is_compared_but_for_what_differs_each_time() {
    for (expected, found, same) in [
        ("a\n", "a\n", true),
        ("a\n", "b\n", false),
        ("a …\n", "a bc\n", true),
        ("a … c\n", "a b c\n", true),
        ("a … c\n", "a b d\n", false),
        ("… c …\n", "a c b\n", true),
        ("a\n", "a\nb\n", false),
        ("a …\n", "b c\n", false),
    ] {
        assert_eq!(is(expected, found), same, "{expected:?} {found:?}");
    }
}

/// What the README says in words before a block, by the block's first command, as commands. `OLD` and `ROWS` are a reader's own.
const SAID: [(&str, &str); 6] = [
    ("headlock -C project lock", r#"sed -i '/^\[dependencies\]/a "my:app" = "^0.1"' project/headlock.toml"#),
    (
        "headlock -C project update --yes",
        r#"cp project/headlock.lock old.lock; sed -i '/^logs = /a vouching = ["registry.example/components"]' project/trust.toml"#,
    ),
    ("headlock diff OLD headlock.lock", "cd project; cp ../old.lock OLD"),
    ("echo mine > project/mine.wasm", "cd .."),
    (
        "headlock deps",
        r#"mkdir -p tools/wit; headlock -C tools init --log-key ../registry.key.pub --url file://$PWD/reg; cd tools
sed -i '/^logs = /a vouching = ["registry.example/components"]' trust.toml
echo '"my:logger" = "1"' >> headlock.toml; headlock lock --yes; echo 'package my:tool; world tool { import my:logger/log@1.0.0; }' > wit/tool.wit"#,
    ),
    ("headlock key generate --name crates.example/index", "cd ..; ln -s $ROOT/examples/crates/rows ROWS"),
];

/// The blocks of commands of the README's walk through, in order.
fn walk(readme: &str) -> Vec<String> {
    let (_, walk) = readme.split_once("## A registry and a lock of your own\n").unwrap();
    let (walk, _) = walk.split_once("\n## How to read a lock\n").unwrap();
    let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
    for line in walk.lines() {
        match line.strip_prefix("    ") {
            Some(command) => blocks.last_mut().unwrap().push(command),
            None => blocks.push(Vec::new()),
        }
    }
    blocks.into_iter().filter(|block| !block.is_empty()).map(|block| block.join("\n")).collect()
}

#[test]
fn the_readmes_commands_do_what_it_says() {
    let root = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    let blocks = walk(&fs::read_to_string(root.join("README.md")).unwrap());
    let mut said: Vec<(&str, &str)> = SAID.to_vec();
    let mut script = String::from("set -euo pipefail\n");
    for block in &blocks {
        if let Some(at) = said.iter().position(|(first, _)| block.starts_with(first)) {
            script.push_str(&format!("{}\n", said.remove(at).1));
        }
        // A part of a manifest is no command.
        match block.starts_with('[') {
            true => script.push_str(&format!(
                "mkdir ammonia; headlock -C ammonia init --log-key ../crates.key.pub --url file://$PWD/crates\n\
                 sed -i '/^\\[dependencies\\]/d' ammonia/headlock.toml; cat >> ammonia/headlock.toml <<'END'\n{block}\nEND\n\
                 headlock -C ammonia lock; headlock -C ammonia verify\n"
            )),
            // It ends with 1 where there are differences, as there are here.
            false => script.push_str(&format!("{}\n", block.replace("diff OLD headlock.lock", "diff OLD headlock.lock || [ $? = 1 ]"))),
        }
    }
    assert!(blocks.len() > 12 && said.is_empty(), "{} blocks, and not met: {said:?}", blocks.len());
    let scratch = tempfile::tempdir().unwrap();
    let output = bash("-xc", &script, scratch.path()).env("ROOT", &root).output().unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{error}");
    assert_eq!(out.matches("\nverified: ").count() + usize::from(out.starts_with("verified: ")), 5, "{out}");
    assert!(out.contains("attested: ") && out.contains("audited registry.example/components: "), "{out}");
}
