//! The command under `strace`, which can kill it at a system call, let the call fail, or say what it opens.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::stage::{Said, Stage};

/// The calls by which a program changes a file system; also writing to a terminal, which changes none.
const CHANGES: &str = "write,pwrite64,writev,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,\
                       fsync,fdatasync,syncfs,ftruncate,chmod,fchmod,fchmodat,copy_file_range";

/// What befalls a run at one of its changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is killed in the place of the change.
    Killed,
    /// There is no room for it, nor for any later one of its kind.
    Full,
    /// It fails, as on a broken disk; the others do not.
    Broken,
}

impl Fault {
    pub(crate) const ALL: [Fault; 3] = [Fault::Killed, Fault::Full, Fault::Broken];
}

/// One of the changes that a run makes: the system call, and which of its kind, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    call: String,
    number: u32,
}

/// Whether `strace` is there and may trace. Where it is not, it is said aloud, and nothing is tried.
pub(crate) fn can_trace() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=mkdir", "-e", "inject=mkdir:error=ENOSPC", "true"]);
        let can = command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !can {
            eprintln!("SKIPPED: strace is not there or may not trace, so nothing is killed at its writes");
        }
        can
    })
}

/// The changes that a command makes, each kind in its order. It makes them in the stage.
pub(crate) fn changes(stage: &Stage, arguments: &[&str]) -> Vec<Change> {
    let (said, trace) = traced(stage, &["-e", &format!("trace={CHANGES}")], arguments);
    assert_eq!(said.code, Some(0), "{said:?}");
    let mut changes: Vec<Change> = Vec::new();
    // Threads are counted each for itself, here and by what strikes.
    let mut counted: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for line in trace.lines().filter(|line| line.contains('(')) {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start().split('(').next().unwrap();
        let number = counted.entry((thread, call)).or_default();
        *number += 1;
        let is_known = changes.iter().any(|change| change.call == call && change.number >= *number);
        if !is_known {
            changes.push(Change { call: call.to_owned(), number: *number });
        }
    }
    changes
}

/// Runs the command and lets a fault befall it at a change. Returns what it said, and whether the change was met.
pub(crate) fn struck(stage: &Stage, fault: Fault, change: &Change, arguments: &[&str]) -> (Said, bool) {
    let Change { call, number } = change;
    let inject = match fault {
        Fault::Killed => format!("inject={call}:signal=KILL:when={number}"),
        Fault::Full => format!("inject={call}:error=ENOSPC:when={number}+"),
        Fault::Broken => format!("inject={call}:error=EIO:when={number}"),
    };
    let (said, trace) = traced(stage, &["-e", &format!("trace={call}"), "-e", &inject], arguments);
    let met = match fault {
        Fault::Killed => said.code.is_none(),
        Fault::Full | Fault::Broken => trace.contains("(INJECTED)"),
    };
    (said, met)
}

/// Runs the command under `strace`, and returns what it said and what was traced. (The filter of calls that would make
/// this quicker, --seccomp-bpf, sends no signals.)
fn traced(stage: &Stage, options: &[&str], arguments: &[&str]) -> (Said, String) {
    let record = stage.path("trace");
    let wrapper = ["strace", "-f", "-qq", "-s", "4096", "-o", record.to_str().unwrap()];
    let child = stage.command(&[&wrapper, options].concat()).args(arguments).spawn().unwrap();
    let said = stage.ended(child);
    let trace = std::fs::read_to_string(&record).unwrap();
    std::fs::remove_file(record).unwrap();
    (said, trace)
}

/// Runs the command and returns what it said, and each path that it opened, as often as it did.
pub(crate) fn opened(stage: &Stage, arguments: &[&str]) -> (Said, Vec<String>) {
    let (said, trace) = traced(stage, &["-e", "trace=open,openat,openat2"], arguments);
    let path = |line: &str| line.contains("open").then(|| line.split('"').nth(1).map(str::to_owned)).flatten();
    let paths = trace.lines().filter(|line| !line.contains("ENOENT")).filter_map(path).collect();
    (said, paths)
}
