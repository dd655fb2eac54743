//! Hostile input that text in a shell cannot make: solver components, logs of records that are none, heads that are
//! signed and malformed, servers. Cases are data, in tests/hostile; each states its exit code and the whole text.
//! `BLESS=1` writes the texts anew. See tests/README.md.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test: a failure is a panic")]

#[path = "../host/src/engine/components.rs"]
#[allow(dead_code, reason = "the engine's own tests use more of it")]
mod components;
#[path = "hostile/project.rs"]
mod project;
#[path = "hostile/registry.rs"]
mod registry;
#[path = "hostile/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use components::{EXHAUSTED, INCOMPLETE, REALLOC, solver_with};
use project::{Project, Said};
use registry::{Log, checkpoint};

/// What a case expects.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Expected {
    why: String,
    exit: i32,
    /// All that is printed, both streams.
    says: String,
}

/// Cases of one kind, at least one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<T> {
    case: Vec<T>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/hostile").join(name)
}

fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let text = fs::read_to_string(data(name)).unwrap();
    let File { case } = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!case.is_empty(), "{name} holds no case");
    case
}

/// Compares what was said in each case with what its file expects, in the file's order.
fn compare(name: &str, expected: &[Expected], said: &[Said]) {
    assert_eq!(expected.len(), said.len());
    if std::env::var_os("BLESS").is_some() {
        return bless(name, said);
    }
    let mut wrong = String::new();
    for (expected, said) in expected.iter().zip(said) {
        let Expected { why, exit, says } = expected;
        if (*exit, says.as_str()) != (said.exit, said.text.as_str()) {
            wrong += &format!("{why}\n  expected {exit}: {says}\n  found    {}: {}\n", said.exit, said.text);
        }
    }
    assert!(wrong.is_empty(), "{name} (BLESS=1 writes the texts anew, not the exit codes):\n{wrong}");
}

fn bless(name: &str, said: &[Said]) {
    let text = fs::read_to_string(data(name)).unwrap();
    let mut parts = text.split("[[case]]");
    let mut blessed = parts.next().unwrap().to_owned();
    for (part, said) in parts.zip(said) {
        let (before, _) = part.split_once("\nsays = ").expect("what it says comes last in each case");
        blessed.push_str(&format!("[[case]]{before}\nsays = {}\n\n", toml::Value::from(said.text.as_str())));
    }
    fs::write(data(name), blessed.trim_end().to_owned() + "\n").unwrap();
}

/// A solver: the parts of its core module, or all of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SolverCase {
    why: String,
    exit: i32,
    says: String,
    /// The manifest's dependency, where it is another than that which the honest lock was made from.
    root: Option<String>,
    more: Option<String>,
    memory: Option<String>,
    fields: Option<String>,
    realloc: Option<String>,
    start: Option<String>,
    supply: Option<String>,
    component: Option<String>,
    module: Option<String>,
    bytes: Option<String>,
    /// How many components lie in one another.
    nested: Option<usize>,
    /// How many components instantiate the one before twice.
    doubled: Option<usize>,
    /// How many types are lists of one another.
    types: Option<usize>,
    modules: Option<usize>,
    zeros: Option<usize>,
    /// Bytes that take the place of others of the same length, for what the text format does not write.
    patch: Option<[String; 2]>,
    /// How many bytes of its end are not there.
    cut: Option<usize>,
}

impl SolverCase {
    fn build(&self) -> Vec<u8> {
        let text = |text: &str| wat::parse_str(text).unwrap_or_else(|error| panic!("{}: {error}", self.why));
        let mut bytes = if let Some(whole) = self.component.as_ref().or(self.module.as_ref()) {
            text(whole)
        } else if let Some(bytes) = &self.bytes {
            bytes.clone().into_bytes()
        } else if let Some(depth) = self.nested {
            // Inside of one that exports what a solver does.
            let exporting = text(EXPORTING);
            [&exporting[..8], &section(&nested(depth)), &exporting[8..]].concat()
        } else if let Some(depth) = self.doubled {
            let twice = "(instance (instantiate $c)) (instance (instantiate $c))";
            let each = |n| format!("(component $c{n} (alias outer 1 $c{} (component $c)) {twice})", n - 1);
            let components: String = (1..=depth).map(each).collect();
            // The rest of what is exported by name.
            text(&format!(
                "(component (component $c0) {components} (instance (instantiate $c{depth})) {}",
                &EXPORTING[11..]
            ))
        } else if let Some(depth) = self.types {
            let types: String = (1..depth).map(|n| format!("(type $t{n} (list $t{}))", n - 1)).collect();
            let types = format!("(component (type $t0 (list u8)) {types})");
            [&text(&types)[..], &text(EXPORTING)[8..]].concat()
        } else if let Some(count) = self.modules {
            text(&format!("(component {})", "(core module) ".repeat(count)))
        } else if let Some(length) = self.zeros {
            vec![0; length]
        } else {
            let body = |text: &Option<String>| match text.as_deref() {
                None | Some("EXHAUSTED") => EXHAUSTED.to_owned(),
                Some("INCOMPLETE") => INCOMPLETE.to_owned(),
                Some(other) => other.to_owned(),
            };
            let realloc = self.realloc.as_deref().unwrap_or(REALLOC);
            let (memory, fields) = (self.memory.as_deref().unwrap_or("1"), self.fields.as_deref().unwrap_or_default());
            solver_with(realloc, memory, fields, &body(&self.start), &body(&self.supply))
        };
        if let Some([from, to]) = &self.patch {
            assert_eq!(from.len(), to.len(), "{}", self.why);
            let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is there");
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        bytes.truncate(bytes.len() - self.cut.unwrap_or_default());
        bytes
    }
}

/// Exports what a solver does, by name.
const EXPORTING: &str = r#"(component (instance $none) (export "headlock:solver/solving@0.1.0" (instance $none)))"#;

/// Components in one another, the innermost empty.
fn nested(depth: usize) -> Vec<u8> {
    const HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";
    // Written backwards, from the innermost to the outermost, for each begins with the length of what it holds.
    let mut reversed: Vec<u8> = HEADER.iter().rev().copied().collect();
    for _ in 0..depth {
        let head = [&HEADER[..], &section_head(reversed.len())].concat();
        reversed.extend(head.iter().rev());
    }
    reversed.reverse();
    reversed
}

/// A section that holds a component.
fn section(component: &[u8]) -> Vec<u8> {
    [&section_head(component.len()), component].concat()
}

/// The number of a section that holds a component, and its length in LEB128.
fn section_head(mut length: usize) -> Vec<u8> {
    let mut head = vec![4];
    while length >= 0x80 {
        head.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    head.push(length as u8);
    head
}

#[test]
fn solvers_that_do_what_they_must_not() {
    let cases: Vec<SolverCase> = cases("solvers.toml");
    let project = Project::new();
    let honest = project.honest_lock();
    let mut all = Vec::new();
    for case in &cases {
        let solver = case.build();
        fs::write(project.path("solver.wasm"), &solver).unwrap();
        let digest = Digest::of(&solver).to_string();
        let roots = [case.root.as_deref().unwrap_or(project::ROOT), case.more.as_deref().unwrap_or_default()];
        project.manifest(&roots);
        let run = ["--solver", "solver.wasm", "--time-limit", "1"];
        let mut said: Option<Said> = None;
        for engine in ["cranelift", "pulley"] {
            let now = project.run(&[&["lock", "--quiet", "--engine", engine], &run[..]].concat());
            if let Some(before) = &said {
                assert_eq!(before, &now, "{}: in {engine}", case.why);
            }
            let left = project.left();
            assert_eq!(left, if case.exit == 0 { vec!["headlock.lock"] } else { vec![] }, "{}", case.why);
            project.remove_lock();
            said = Some(now);
        }
        let said = said.expect("it was run");
        if case.exit != 0 {
            // A lock that claims to be made by it: not run by whoever has not accepted it, and no verdict by who has.
            project.manifest(&[project::ROOT]);
            project.claim(&honest, &digest);
            let text = fs::read(project.path("headlock.lock")).unwrap();
            let refused = project.run(&["verify", "--solver", "solver.wasm"]);
            assert_eq!((refused.exit, refused.text.contains("nor is accepted")), (5, true), "{}", case.why);
            if case.root.is_none() {
                let accept = ["verify", "--accept-solver", &digest];
                let verified = project.run(&[&accept[..], &run[..]].concat());
                assert_eq!(verified, said, "{}: verify", case.why);
            }
            assert_eq!(fs::read(project.path("headlock.lock")).unwrap(), text, "{}", case.why);
            project.remove_lock();
        }
        all.push(said);
    }
    let expected: Vec<Expected> =
        cases.into_iter().map(|SolverCase { why, exit, says, .. }| Expected { why, exit, says }).collect();
    compare("solvers.toml", &expected, &all);
}

/// A page of `my:a` of these records, or of this text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordCase {
    why: String,
    exit: i32,
    says: String,
    #[serde(default)]
    records: Vec<String>,
    page: Option<String>,
    /// A record that is `times` times this text, between the halves of the one record.
    repeat: Option<String>,
    #[serde(default)]
    times: usize,
    /// A byte that no text can hold, in the place of `?` in the records.
    byte: Option<u8>,
}

#[test]
fn records_that_are_none() {
    let cases: Vec<RecordCase> = cases("records.toml");
    let project = Project::new();
    let mut all = Vec::new();
    for case in &cases {
        let middle = case.repeat.as_deref().unwrap_or_default().repeat(case.times);
        let raw = |text: &String| -> Vec<u8> {
            let text = text.replace("REPEAT", &middle).replace("CONTENT", &"1".repeat(64));
            match case.byte {
                Some(byte) => text.bytes().map(|b| if b == b'?' { byte } else { b }).collect(),
                None => text.into_bytes(),
            }
        };
        let records: Vec<Vec<u8>> = case.records.iter().map(raw).collect();
        let log = Log::of_page(&records, case.page.as_ref().map(raw));
        project.serve(&log, &checkpoint(&log.head()));
        let said = project.run(&["lock", "--quiet"]);
        assert_eq!(project.left(), if said.exit == 0 { vec!["headlock.lock"] } else { vec![] }, "{}", case.why);
        project.remove_lock();
        all.push(said);
    }
    let expected: Vec<Expected> =
        cases.into_iter().map(|RecordCase { why, exit, says, .. }| Expected { why, exit, says }).collect();
    compare("records.toml", &expected, &all);
}

/// A checkpoint: a text that the log's key signs, or a whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadCase {
    why: String,
    exit: i32,
    says: String,
    /// `ORIGIN`, `SIZE` and `ROOT` stand for the honest ones.
    text: Option<String>,
    /// `TEXT` and `SIGNATURE` stand for the honest ones.
    file: Option<String>,
    repeat: Option<String>,
    #[serde(default)]
    times: usize,
}

#[test]
fn heads_that_are_none() {
    let cases: Vec<HeadCase> = cases("checkpoints.toml");
    let project = Project::new();
    let record = format!(r#"{{"release":{{"package":"my:a","version":"1.0.0","content":"{}"}}}}"#, "1".repeat(64));
    let log = Log::of_page(&[record.into_bytes()], None);
    let honest = log.head();
    let mut all = Vec::new();
    for case in &cases {
        let [origin, size, root] = [honest.origin.clone(), honest.size.to_string(), honest.root_base64()];
        let fill = |text: &str| text.replace("ORIGIN", &origin).replace("SIZE", &size).replace("ROOT", &root);
        let file = match (&case.text, &case.file) {
            (Some(text), None) => registry::sign(&fill(text)),
            (None, Some(file)) => {
                let text = honest.text();
                let note = registry::sign(&text);
                let signature = note.lines().last().unwrap();
                let repeated = case.repeat.as_deref().unwrap_or_default().repeat(case.times);
                file.replace("TEXT", &text).replace("SIGNATURE", signature).replace("REPEAT", &repeated)
            }
            _ => panic!("{}: expected either text or file", case.why),
        };
        project.serve(&log, file.as_bytes());
        let said = project.run(&["lock", "--quiet"]);
        assert_eq!(project.left(), if said.exit == 0 { vec!["headlock.lock"] } else { vec![] }, "{}", case.why);
        project.remove_lock();
        all.push(said);
    }
    let expected: Vec<Expected> =
        cases.into_iter().map(|HeadCase { why, exit, says, .. }| Expected { why, exit, says }).collect();
    compare("checkpoints.toml", &expected, &all);
}

/// What a server answers to everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerCase {
    why: String,
    exit: i32,
    says: String,
    /// The bytes of the answer: lines end in CR LF, and `BODY` is preceded by its length.
    answer: String,
}

#[test]
fn servers_whose_answers_would_write_to_the_terminal() {
    let cases: Vec<AnswerCase> = cases("answers.toml");
    let project = Project::new();
    let mut all = Vec::new();
    for case in &cases {
        let server = server::Server::answering(case.answer.replace('\n', "\r\n").into_bytes());
        project.served_at(&server.url());
        let said = project.run(&["lock", "--quiet"]);
        all.push(Said { text: said.text.replace(&server.url(), "[URL]"), ..said });
    }
    let expected: Vec<Expected> =
        cases.into_iter().map(|AnswerCase { why, exit, says, .. }| Expected { why, exit, says }).collect();
    compare("answers.toml", &expected, &all);
}
